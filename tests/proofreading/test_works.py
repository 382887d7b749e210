from collections.abc import Callable

import pytest

from index.entries import Corpus
from proofreading.works import check_works
from tests.proofreading.conftest import WORKS

CITED = "答案 [@law2014rights; @shop2020terms; @more2021title]。"


def test_works_that_are_complete_and_cited_pass(write: Callable[..., Corpus]) -> None:
    assert list(check_works(write("答案 [@law2014rights; @shop2020terms]。"))) == []


@pytest.mark.parametrize(
    ("work", "cause"),
    [
        ("title = {T}, year = {2021}, journal = {J}", "more2021title lacks an address (doi, eprint or url)"),
        ("title = {T}, year = {2021}, url = {https://a.b}", "more2021title lacks a venue (journal, booktitle, "),
        ("title = {T}, year = {in press}, journal = {J}, doi = {10.1/1}", "more2021title lacks a year"),
        ("title = {T}, year = {2020}, journal = {J}, doi = {10.1/1}", "more2021title does not name the year 2020"),
    ],
)
def test_an_incomplete_work_is_told_with_its_line(work: str, cause: str, write: Callable[..., Corpus]) -> None:
    bib = f"{WORKS}\n@article{{more2021title,\n  author = {{More, A}}, {work}}}\n"
    (finding,) = check_works(write(CITED, {"references.bib": bib}))
    assert finding.problem.cause.startswith(cause)
    assert (finding.problem.path.name, finding.problem.line) == ("references.bib", WORKS.count("\n") + 2)


def test_a_work_that_nobody_cites_or_that_stands_twice_is_told(write: Callable[..., Corpus]) -> None:
    bib = WORKS + WORKS.replace("law2014rights", "law2014again").replace("Consumer Rights", "{Consumer} rights")
    bib = bib.replace("shop2020terms", "shop2020second", 1)[: bib.rindex("@misc")]
    causes = [
        f.problem.cause for f in check_works(write("答案 [@law2014rights; @law2014again]。", {"references.bib": bib}))
    ]
    assert causes == ["shop2020second is cited by no answer", "law2014again has the title and year of law2014rights"]
