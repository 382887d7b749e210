"""The check of an image, against a stand-in for the engine that says what a test wants it to say."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from scripts.check_image import BASE, main

GOOD: dict[str, Any] = {
    "Size": 500_000_000,
    "Config": {"User": "10001:10001", "Healthcheck": {"Test": ["CMD", "healthy"]}},
}


def engine(folder: Path, facts: dict[str, Any], answer: dict[str, Any], exit_code: int = 0) -> str:
    """A command that takes Docker's words and notes them in `words`."""
    script = folder / "engine"
    script.write_text(
        f"""#!/usr/bin/env python3
import json, sys
words = sys.argv[1:]
with open({str(folder / "words")!r}, "a") as log: print(*words, file=log)
if words[:2] == ["image", "inspect"]:
    print(json.dumps([{facts!r} if words[2] != {BASE!r} else {{"Size": 200_000_000}}]))
elif words[0] == "exec" and "id" in words: print("10001")
elif words[0] == "exec" and "python" in words: print({json.dumps(answer)!r})
elif words[0] == "run": print("c0ffee")
elif words[0] == "wait": print({exit_code})
""",
        "utf-8",
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)


RIGHT = {"status": "answered", "id": "q13"}


def test_a_good_image_is_run_hardened_with_one_worker_and_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--engine", engine(tmp_path, GOOD, RIGHT), "wenjin"]) == 0
    printed = capsys.readouterr().out
    assert f"wenjin adds 300 MB to {BASE}" in printed
    assert "workers 2: healthy after" in printed
    words = (tmp_path / "words").read_text("utf-8")
    for workers in (1, 2):
        hardened = "--read-only --network none --cap-drop ALL --security-opt no-new-privileges"
        assert f"run --detach {hardened} --env WENJIN_WORKERS={workers} wenjin" in words
    assert words.count("kill --signal TERM c0ffee") == words.count("rm --force --volumes c0ffee") == 2


@pytest.mark.parametrize(
    ("facts", "answer", "exit_code", "message"),
    [
        (GOOD | {"Size": 551_000_000}, RIGHT, 0, "adds 351 MB to its base, 350 are allowed"),
        (GOOD | {"Config": {"User": ""}}, RIGHT, 0, "runs as root"),
        (GOOD | {"Config": {"User": "10001"}}, RIGHT, 0, "has no HEALTHCHECK"),
        (GOOD, {"status": "no_answer", "id": None}, 0, "was not answered with q13"),
        (GOOD, RIGHT, 137, "with exit code 137"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    facts: dict[str, Any],
    answer: dict[str, Any],
    exit_code: int,
    message: str,
) -> None:
    assert main(["--engine", engine(tmp_path, facts, answer, exit_code), "wenjin"]) == 1
    assert message in capsys.readouterr().err


def test_an_engine_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--engine", "no-such-engine", "wenjin"]) == 1
    assert "no-such-engine" in capsys.readouterr().err
