from pathlib import Path

import numpy as np
import pytest

from index import store
from index.confidence import Asked, Confidence
from index.errors import DamagedIndex
from index.matcher import CONTEXTS, SIGNALS, Candidates
from index.strays import Stray, Strays, find_strays, load_strays


def asked(entries: list[list[int]], scores: list[list[float]], owners: list[int]) -> Asked:
    found = np.array(entries)
    count, width = found.shape
    signals = np.zeros((count, width, len(SIGNALS)), np.float32)
    candidates = Candidates(found, signals, np.zeros((count, len(CONTEXTS)), np.float32))
    right = found == np.array(owners)[:, None]
    return Asked(candidates, np.array(scores, np.float32), right, np.full(count, True), np.full(count, 1 / count))


@pytest.fixture
def certain() -> Confidence:
    """Believes that every question is in scope; answers from three quarters."""
    nothing = np.zeros(len(SIGNALS) + 1 + 2 * len(CONTEXTS))
    return Confidence(1.0, 500.0, nothing, nothing, nothing + 1, answer_at=0.75)


def test_what_goes_astray_is_told_with_its_probabilities(certain: Confidence) -> None:
    third = float(np.log(3))
    found = find_strays(
        (
            ["mine", "narrowly lost", "clearly lost"],
            np.array([0, 0, 1]),
            asked([[0, 1], [1, 0], [0, 2]], [[2, 0], [third, 0], [9, 0]], [0, 0, 1]),
        ),
        (["declined", "answered"], asked([[0, 1], [1, 0]], [[0, 0], [third * 2, 0]], [-1, -1])),
        ["a", "b", "c"],
        certain,
    )
    assert found.tried == {"a": 2, "b": 1}
    assert found.phrasings == (
        Stray("clearly lost", "b", "a", 0.9999, 0.0),  # its own entry is not even a candidate
        Stray("narrowly lost", "a", "b", 0.75, 0.25),
    )
    assert found.declined == (Stray("answered", "", "b", 0.9, 0.0),)
    assert found.found() == {"a": 0.5, "b": 0.0}


def test_strays_are_kept_with_the_version_and_agree_with_its_figures(toy_index: Path) -> None:
    version = toy_index / store.current_version(toy_index)
    strays, left_out = load_strays(version), store.read_manifest(version)["quality"]["left_out_phrasings"]
    assert sum(strays.tried.values()) == left_out["questions"]
    assert 1 - len(strays.phrasings) / left_out["questions"] == pytest.approx(left_out["top1"], abs=1e-4)
    assert all(stray.winner != stray.owner and stray.won >= stray.kept for stray in strays.phrasings)


@pytest.mark.parametrize("text", [None, "", "{}", '{"tried": {}, "phrasings": [{"text": 1}], "declined": []}'])
def test_a_version_without_strays_says_how_to_get_them(text: str | None, tmp_path: Path) -> None:
    Strays({"a": 1}, (), ()).save(tmp_path)
    assert load_strays(tmp_path) == Strays({"a": 1}, (), ())
    (tmp_path / "strays.json").unlink()
    if text is not None:
        (tmp_path / "strays.json").write_text(text)
    with pytest.raises(DamagedIndex, match=r"Build it again: python -m scripts\.build_index"):
        load_strays(tmp_path)
