from collections.abc import Callable

import pytest

from proofreading.formulas import Typesetter, check_formulas
from proofreading.manuscript import Manuscript
from tests.proofreading.conftest import FIRST_LINE


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    return Typesetter()


def test_the_judge_is_the_version_that_browsers_load(typesetter: Typesetter) -> None:
    assert typesetter.version == "0.19.1"


@pytest.mark.parametrize(
    "tex", [r"\frac{1}{2}", r"\operatorname{ReLU}(x)", r"\begin{cases}1,&x>0\\0\end{cases}", r"\text{偏置}+b"]
)
def test_what_can_be_set_passes(tex: str, typesetter: Typesetter) -> None:
    assert typesetter.complaint(tex, display=True) == ""


@pytest.mark.parametrize(
    ("tex", "complaint"),
    [
        (r"\frac{1}{2", "expected '}'"),
        (r"\nosuchthing", "Undefined control sequence"),
        ("偏置", "Unicode text character"),
    ],
)
def test_what_cannot_or_only_with_a_warning_is_refused(tex: str, complaint: str, typesetter: Typesetter) -> None:
    assert complaint in typesetter.complaint(tex, display=False)


def test_a_broken_formula_is_found_where_it_stands(manuscript: Callable[..., Manuscript]) -> None:
    (finding,) = check_formulas([manuscript("好的 $a$。\n\n坏的 $\\frac{$。\n\n$$\nb\n$$\n")])
    assert finding.problem.line == FIRST_LINE + 2
    assert finding.problem.cause.startswith("formula '\\\\frac{' does not typeset: Unexpected end of input")
