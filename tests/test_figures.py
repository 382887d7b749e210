"""The corpus's figures are what their code draws."""

import re
from pathlib import Path

import pytest

from figures.__main__ import CORPUS, all_figures
from figures.drawing import Drawing

FIGURES = dict(all_figures())
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_figure_is_drawn_as_it_lies_in_the_corpus(path: Path) -> None:
    """To a twentieth of a pixel: the last bits of what is computed depend on the processor."""
    kept, drawn = path.read_text("utf-8"), FIGURES[path].svg()
    assert _NUMBER.sub("", kept) == _NUMBER.sub("", drawn), "draw it anew: make figures"
    numbers = [[float(number) for number in _NUMBER.findall(text)] for text in (kept, drawn)]
    assert numbers[0] == pytest.approx(numbers[1], abs=0.05), "draw it anew: make figures"


def test_every_figure_has_its_code() -> None:
    assert set(CORPUS.glob("*/*.svg")) == set(FIGURES)


def test_small_words_are_refused() -> None:
    with pytest.raises(AssertionError, match="too small"):
        Drawing(100, "t", "d").text(0, 0, "x", size=9)
