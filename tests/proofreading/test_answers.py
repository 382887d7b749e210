from collections.abc import Callable

import pytest

from proofreading.answers import LONGEST, check_answers
from proofreading.manuscript import Manuscript
from tests.proofreading.conftest import FIRST_LINE

Read = Callable[..., Manuscript]
CITED = "[@law2014rights; @shop2020terms]"


def findings(manuscript: Manuscript) -> list[tuple[str, int]]:
    return [(finding.rule, finding.problem.line - FIRST_LINE) for finding in check_answers([manuscript])]


def test_a_good_answer_passes(manuscript: Read) -> None:
    table = "| 甲 | 乙 |\n| --- | --- |\n| $p(x\\mid y)$ | `a\\|b` |\n"
    answer = f"答案 {CITED}，**要点**。\n\n## 一\n\n### 二\n\n## 三\n\n```python\n# 注\n```\n\n{table}"
    assert findings(manuscript(answer)) == []


@pytest.mark.parametrize(
    ("rule", "line", "answer"),
    [
        ("opening", 0, f"## 标题\n\n答案 {CITED}\n"),
        ("heading", 2, f"答案 {CITED}\n\n# 标题\n"),
        ("heading", 4, f"答案 {CITED}\n\n## 标题\n\n#### 小标题\n"),
        ("code", 2, f"答案 {CITED}\n\n```\npass\n```\n"),
        ("code", 2, f"答案 {CITED}\n\n    pass\n"),
        ("sources", 0, "答案 [@law2014rights, §1] 与 [@law2014rights, §2]\n"),
        ("markup", 0, f"**“要点”**是 {CITED}\n"),
        ("markup", 1, f"答案 {CITED}\n价格 $ 与美元\n"),
        ("markup", 0, f"答案 {CITED}<br>换行\n"),
        ("markup", 2, f"答案 {CITED}\n\n<div>块</div>\n"),
        ("table", 4, f"答案 {CITED}\n\n| 甲 | 乙 |\n| --- | --- |\n| 丙|丁 | 戊 |\n"),
    ],
)
def test_what_is_out_of_shape_is_found_where_it_stands(rule: str, line: int, answer: str, manuscript: Read) -> None:
    assert findings(manuscript(answer)) == [(rule, line)]


def test_a_corpus_without_works_need_not_cite(manuscript: Read) -> None:
    assert list(check_answers([manuscript("答案。")], cited=False)) == []


def test_too_long_an_answer_is_a_warning(manuscript: Read) -> None:
    assert list(check_answers([manuscript(f"{'字' * (LONGEST - 1)}{CITED}。")])) == []
    (finding,) = check_answers([manuscript(f"{'字' * LONGEST}{CITED}。")])
    assert (finding.rule, finding.warning) == ("length", True)
