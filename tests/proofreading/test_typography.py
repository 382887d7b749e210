from collections.abc import Callable

import pytest

from proofreading.manuscript import Manuscript
from proofreading.typography import check_typography
from tests.proofreading.conftest import FIRST_LINE

Read = Callable[..., Manuscript]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("half-width", "先算一遍, 再算一遍"),
        ("half-width", "取 $x$, 其中各项为零"),
        ("half-width", "用 SGD; 其余不变"),
        ("half-width", "到此为止."),
        ("half-width", "真的吗?"),
        ("half-width", "卷积(convolution)是运算"),
        ("half-width", "偏置 (可省略) 也行"),
        ("half-width", '所谓"黑箱"'),
        ("half-width", "诸如此类..."),
        ("half-width", "两者--其实一样"),
        ("half-width", "约 3~5 层"),
        ("spacing", "用SGD 训练"),
        ("spacing", "用 SGD训练"),
        ("spacing", "共 3层"),
        ("spacing", "降到 5%以下"),
        ("spacing", "令$x$ 为零"),
        ("spacing", "调用 `f`之后"),
        ("spacing", "多 余的空格"),
        ("spacing", "逗号， 之后"),
        ("spacing", "（ 括号）"),
        ("spacing", "有据可查[@law2014rights]。"),
        ("spacing", "有据（可查） [@law2014rights]。"),
    ],
)
def test_a_slip_is_found_once_and_placed(rule: str, text: str, manuscript: Read) -> None:
    (finding,) = check_typography([manuscript(f"开头。\n\n{text}\n")])
    assert (finding.rule, finding.problem.line, finding.warning) == (rule, FIRST_LINE + 2, False)


@pytest.mark.parametrize(
    "text",
    [
        "在 $x=0$ 处取 0.5，见 [@law2014rights; @shop2020terms, §2]。",
        "卷积（convolution，如 3×3）“局部”相连 [@law2014rights]；",
        "从 (1, 0) 到 (0.61, 0.39)，即 4:1，比 `a,b` 快 25%。",
        "“强先验”[@law2014rights]。",
        "Kingma, D. and Ba, J. (2015). Adam: a method, etc.",
        "代码 `x,y:z` 与 $f(x),g$ 不是正文",
        "Fast R-CNN 与 VGG-16、PyTorch 2.0",
        "方程 (1) 假定各项独立。(2) 的关键在于求和",
    ],
)
def test_good_typesetting_passes(text: str, manuscript: Read) -> None:
    assert list(check_typography([manuscript(text)])) == []


def test_what_a_figure_is_said_to_show_is_prose_too(manuscript: Read) -> None:
    read = manuscript("图：\n\n![曲线,很陡的那条](curve.svg)\n", {"e1-test/curve.svg": "<svg/>"})
    (finding,) = check_typography([read])
    assert "曲线,很陡" in finding.problem.cause
