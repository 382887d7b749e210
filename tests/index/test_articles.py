"""Entries as they are served, and their figures."""

from dataclasses import replace
from pathlib import Path

import pytest

from index.articles import Figure, Size, draw, write_articles
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
    assert (article.figures, bare.figures) == ({"a.svg": Figure(0, size)}, {})
    assert article.entry.figures == {}


def test_a_drawing_has_the_number_that_its_figure_says_and_is_as_it_was() -> None:
    first = corpus(a="<svg>梯度\n</svg>", ab="", b="<svg/>")
    third = replace(first.entries[0], id="q3", figures={"a.svg": "<svg>3</svg>"})
    both = replace(first, entries=(*first.entries, third))
    drawings = draw(both)
    shown = {(it.entry.id, name): drawings[f.drawing] for it in write_articles(both) for name, f in it.figures.items()}
    assert shown == {
        ("q1", "a.svg"): "<svg>梯度\n</svg>",
        ("q1", "ab.svg"): "",
        ("q1", "b.svg"): "<svg/>",
        ("q3", "a.svg"): "<svg>3</svg>",
    }
