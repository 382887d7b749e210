"""Run a container image as production would and see what it promises: `python -m scripts.check_image wenjin`.

Read-only root file system, no network, no capabilities, the image's own unprivileged user; with one worker and with two
it must become healthy, answer a question and be gone within five seconds of SIGTERM. Needs an engine with Docker's
command line (`--engine podman` will do), nothing installed. Prints what the image adds to its base, and what fills it.
"""

import argparse
import json
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

BASE = "python:3.11-slim-bookworm"
LIMIT_MB = 350  # what the default image may add to its base
START_SECONDS = 120  # generous: how fast it starts is for `make bench` to say
STOP_SECONDS = 5
QUESTION = "为什么现在都用 ReLU，不用 sigmoid 了？"
ANSWER = "q13"

_ASK = """
import json, os, sys, urllib.request
address = "http://127.0.0.1:" + os.environ["WENJIN_PORT"] + "/ask"
request = urllib.request.Request(address, sys.argv[1].encode(), {"Content-Type": "application/json"})
print(urllib.request.urlopen(request, timeout=10).read().decode())
"""
_FILLS = "du -xm --max-depth=1 /app /app/index /opt/wenjin/lib/python3*/site-packages | sort -rn | head -20"


class ImageFault(Exception):
    """The image does not do what it promises."""


class Engine:
    """Docker's command line, or one that takes the same words."""

    def __init__(self, command: str) -> None:
        self._command = shlex.split(command)

    def __call__(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([*self._command, *words], capture_output=True, text=True)
        if check and done.returncode:
            raise ImageFault(f"{shlex.join([*self._command, *words])} failed: {(done.stderr or done.stdout).strip()}")
        return done

    def inspect(self, image: str) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self("image", "inspect", image).stdout)[0]
        return facts


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="check_image", description=__doc__)
    parser.add_argument("image")
    parser.add_argument("--engine", default="docker", help="its command line (%(default)s)")
    parser.add_argument("--limit", type=int, default=LIMIT_MB, help="MB that it may add to its base (%(default)s)")
    options = parser.parse_args(argv)
    engine = Engine(options.engine)
    try:
        _check_facts(engine, options.image, options.limit)
        for workers in (1, 2):
            _check_run(engine, options.image, workers)
    except (ImageFault, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _check_facts(engine: Engine, image: str, limit: int) -> None:
    """What can be told without running the service: user, health check, size."""
    facts = engine.inspect(image)
    added = (facts["Size"] - engine.inspect(BASE)["Size"]) / 1e6
    fills = engine("run", "--rm", "--network", "none", image, "sh", "-c", _FILLS).stdout
    print(f"{image} adds {added:.0f} MB to {BASE}\n{fills}")
    user = facts["Config"].get("User", "")
    if user.split(":")[0] in ("", "0", "root"):
        raise ImageFault(f"{image} runs as {user or 'root'}")
    if added > limit:
        raise ImageFault(f"{image} adds {added:.0f} MB to its base, {limit} are allowed")


def _check_run(engine: Engine, image: str, workers: int) -> None:
    """One life of a container: healthy, answering, stopped."""
    hardened = ("--read-only", "--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
    began = time.monotonic()
    container = engine("run", "--detach", *hardened, "--env", f"WENJIN_WORKERS={workers}", image).stdout.strip()
    try:
        _wait_until_healthy(engine, image, container)
        ready = time.monotonic() - began
        body = json.dumps({"question": QUESTION}, ensure_ascii=False)
        answer = json.loads(engine("exec", container, "python", "-c", _ASK, body).stdout)
        if (answer["status"], answer["id"]) != ("answered", ANSWER):
            raise ImageFault(f"{QUESTION} was not answered with {ANSWER}: {answer}")
        identity = engine("exec", container, "id", "-u").stdout.strip()
        began = time.monotonic()
        engine("kill", "--signal", "TERM", container)
        code = engine("wait", container).stdout.strip()
        stopped = time.monotonic() - began
        if stopped > STOP_SECONDS or code != "0":
            raise ImageFault(f"after SIGTERM it took {stopped:.1f} s to leave, with exit code {code}")
    finally:
        engine("rm", "--force", "--volumes", container, check=False)
    print(
        f"workers {workers}: healthy after {ready:.1f} s, answered {answer['id']} as user {identity}, "
        f"gone {stopped:.1f} s after SIGTERM"
    )


def _wait_until_healthy(engine: Engine, image: str, container: str) -> None:
    """Ask the image's own health check until it is content."""
    config = engine.inspect(image)
    check = (config.get("Healthcheck") or config["Config"].get("Healthcheck") or {"Test": []})["Test"]
    if check[:1] != ["CMD"]:
        raise ImageFault(f"{image} has no HEALTHCHECK in exec form")
    deadline = time.monotonic() + START_SECONDS
    while engine("exec", container, *check[1:], check=False).returncode:
        if time.monotonic() > deadline:
            log = engine("logs", container, check=False)
            raise ImageFault(f"not healthy after {START_SECONDS} s:\n{log.stdout}{log.stderr}")
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
