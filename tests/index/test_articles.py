"""Entries as they are served, and their figures."""

from pathlib import Path

import pytest

from index.articles import Size, draw, write_articles
from index.entries import Corpus, Entry


def corpus(**figures: str) -> Corpus:
    named = {f"{name}.svg": svg for name, svg in figures.items()}
    return Corpus(Path("faq"), (Entry("q1", "问？", "答", figures=named), Entry("q2", "问？", "答")), "digest")


@pytest.mark.parametrize(
    ("svg", "size"),
    [
        ('<svg viewBox="0 0 9 9" width="360" height="120.4"></svg>', (360, 120)),
        ('<?xml version="1.0"?>\n<svg\n  width="8.6"\n  class="a" height="9">', (9, 9)),
        ('<svg viewBox="0 0 9 9"><rect width="1" height="2"/></svg>', None),
        ('<svg width="100%" height="2">', None),
        ("", None),
    ],
)
def test_a_figure_has_the_size_that_its_drawing_names(svg: str, size: Size | None) -> None:
    [article, bare] = write_articles(corpus(a=svg))
    assert (article.figures, bare.figures) == ({"a.svg": size}, {})
    assert article.entry.figures == {}


def test_a_drawing_is_found_by_entry_and_name_and_is_as_it_was() -> None:
    drawings = draw(corpus(a="<svg>梯度\n</svg>", ab="", b="<svg/>"))
    assert drawings.get("q1", "a.svg") == "<svg>梯度\n</svg>".encode()
    assert drawings.get("q1", "ab.svg") == b""
    assert drawings.get("q2", "a.svg") is None
    assert drawings.get("q1", "a") is None
