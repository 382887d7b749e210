from collections.abc import Callable

import pytest

from proofreading.drawings import LARGEST, LARGEST_ANIMATED, check_drawings
from proofreading.manuscript import Manuscript
from tests.proofreading.conftest import FIRST_LINE

Read = Callable[..., Manuscript]

STILL = "<style>@media(prefers-reduced-motion:reduce){*{animation:none}}</style>"
MOVING = "<style>@keyframes go{to{opacity:0}}path{animation:go 2s}</style>"


def svg(inside: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{inside}</svg>'


def causes(manuscript: Manuscript) -> list[str]:
    return [finding.problem.cause for finding in check_drawings([manuscript])]


def shown(read: Read, drawing: str) -> list[str]:
    return causes(read("见图。\n\n![一条先慢后快地上升的曲线](curve.svg)\n", {"e1-test/curve.svg": drawing}))


@pytest.mark.parametrize(
    "inside",
    [
        "<path d='M0 0'/>",
        MOVING + STILL,
        "<defs><path id='p'/></defs><use xlink:href='#p'/><rect style='fill:url(#g)'/>",
        MOVING + STILL + " " * (LARGEST + 1),
    ],
)
def test_a_good_figure_passes(inside: str, manuscript: Read) -> None:
    assert shown(manuscript, svg(inside)) == []


@pytest.mark.parametrize(
    ("drawing", "cause"),
    [
        (svg(" " * LARGEST), "takes 60,"),
        (svg(MOVING + STILL + " " * LARGEST_ANIMATED), "takes 150,"),
        (svg(MOVING), "moves even for those who ask for stillness"),
        (svg("<animate attributeName='x'/>" + STILL), "moves by SMIL"),
        (svg("<script>1</script>"), "is active or brings something from elsewhere: <script>"),
        (svg("<rect onclick='x()'/>"), "is active or brings something from elsewhere: onclick="),
        (svg("<use xlink:href='https://example.com/#a'/>"), "is active or brings something from elsewhere: href="),
        (svg("<style>@import 'x.css';</style>"), "is active or brings something from elsewhere: @import"),
        (svg("<rect style='fill:url(https://example.com)'/>"), "is active or brings something from elsewhere: url("),
        ("<svg/>", "is active or brings something from elsewhere: <svg>"),
        (svg("<path>"), "is not XML: mismatched tag"),
        ("<!DOCTYPE svg>" + svg(""), "declares a document type"),
    ],
)
def test_a_bad_figure_is_told(drawing: str, cause: str, manuscript: Read) -> None:
    (found,) = shown(manuscript, drawing)
    assert found.startswith(cause)


def test_a_figure_that_no_answer_shows_is_told(manuscript: Read) -> None:
    assert causes(manuscript("没有图。\n", {"e1-test/left.svg": svg("")})) == ["is shown by no answer"]


def test_a_description_of_a_word_or_two_is_too_little(manuscript: Read) -> None:
    read = manuscript("见图。\n\n![曲线图](curve.svg)\n", {"e1-test/curve.svg": svg("")})
    (finding,) = check_drawings([read])
    assert (finding.problem.line, finding.problem.cause) == (FIRST_LINE + 2, "the figure's text says little: '曲线图'")
