"""BibTeX: what a reference shows, and how an entry that cannot be read is reported."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.bibliography import read_bibliography
from index.entries import Reference
from index.errors import Problem

PATH = Path("references.bib")


def read(text: str) -> tuple[dict[str, Reference], list[Problem]]:
    return read_bibliography(PATH, text)


def reference(**fields: str) -> Reference:
    """The work that BibTeX with these fields stands for, beside an author, a title and a year."""
    given_fields = {"author": "Smith, Ann", "title": "Losses", "year": "2020"} | fields
    body = ", ".join(f"{name} = {{{value}}}" for name, value in given_fields.items())
    references, problems = read(f"@misc{{key, {body}}}\n")
    assert problems == []
    return references["key"]


def test_an_entry_is_read_whole() -> None:
    text = """
@inproceedings{he2016deep,
  author = {He, Kaiming and Zhang, Xiangyu},
  title = {Deep Residual Learning for Image Recognition},
  booktitle = {Proceedings of {CVPR}},
  pages = {770--778},
  year = 2016,
  doi = {10.1109/CVPR.2016.90},
  eprint = {1512.03385},
  archivePrefix = {arXiv}
}
"""
    assert read(text) == (
        {
            "he2016deep": Reference(
                key="he2016deep",
                title="Deep Residual Learning for Image Recognition",
                authors=("Kaiming He", "Xiangyu Zhang"),
                year=2016,
                venue="Proceedings of CVPR",
                url="https://doi.org/10.1109/CVPR.2016.90",
            )
        },
        [],
    )


@pytest.mark.parametrize(
    ("author", "shown"),
    [
        ("He, Kaiming", ("Kaiming He",)),
        ("Kaiming He", ("Kaiming He",)),
        ("van der Maaten, Laurens and Hinton, Geoffrey", ("Laurens van der Maaten", "Geoffrey Hinton")),
        ("Strang, Jr., Gilbert", ("Gilbert Strang Jr.",)),
        ("{The Nobel Foundation}", ("The Nobel Foundation",)),
        ("Abadi, Mart{\\'i}n and others", ("Martín Abadi", "et al.")),
        ("Carothers, Jane", ("Jane Carothers",)),
        ("周志华", ("周志华",)),
    ],
)
def test_authors_are_shown_given_name_first(author: str, shown: tuple[str, ...]) -> None:
    assert reference(author=author).authors == shown


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("{TensorFlow}: A System", "TensorFlow: A System"),
        ('K{\\"u}nstliche  Intelligenz\n  heute', "Künstliche Intelligenz heute"),
        ("Research \\& Development --- 50\\% more", "Research & Development — 50% more"),
        ("Convergence Rate $O(1/k^2)$", "Convergence Rate $O(1/k^2)$"),
    ],
)
def test_titles_are_shown_without_latex(title: str, shown: str) -> None:
    assert reference(title=title).title == shown


@pytest.mark.parametrize(("year", "shown"), [("1998", 1998), ("c. 1998", 1998), ("in press", None)])
def test_the_year_is_a_number_or_unknown(year: str, shown: int | None) -> None:
    assert reference(year=year).year == shown


def test_the_venue_is_where_it_appeared() -> None:
    assert reference(publisher="MIT Press", booktitle="Proc. ICML").venue == "Proc. ICML"
    assert reference(publisher="MIT Press", journal="Nature").venue == "Nature"
    assert reference(eprint="1412.6980", archivePrefix="arXiv").venue == "arXiv"
    assert reference().venue == ""


def test_the_address_is_the_doi_or_else_the_preprint_or_else_the_url() -> None:
    url = "https://x.org/a"
    assert reference(url=url, eprint="1412.6980", doi="10.1/a").url == "https://doi.org/10.1/a"
    assert reference(url=url, eprint="1412.6980").url == "https://arxiv.org/abs/1412.6980"
    assert reference(url=url).url == url
    assert reference().url is None


@pytest.mark.parametrize("doi", ["10.1/a_b", "https://doi.org/10.1/a_b", "http://dx.doi.org/10.1/a_b", "10.1/a\\_b"])
def test_a_doi_may_be_written_in_many_ways(doi: str) -> None:
    assert reference(doi=doi).url == "https://doi.org/10.1/a_b"


def test_an_address_keeps_the_characters_that_latex_would_read() -> None:
    url = "https://x.org/~ann/a%20b_c?x=1&y=2#z"
    assert reference(url=url).url == url


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x.org/a", "x.org/a"])
def test_an_address_that_is_not_of_the_web_is_not_shown(url: str) -> None:
    assert reference(url=url).url is None


@pytest.mark.parametrize("missing", ["author", "title", "year"])
@pytest.mark.parametrize("empty", [True, False])
def test_a_missing_or_empty_field_is_named_with_key_and_line(missing: str, *, empty: bool) -> None:
    lines = [f"{name} = {{X}}," for name in ("author", "title", "year") if name != missing]
    text = "\n\n@misc{key,\n" + "\n".join([*lines, f"{missing} = {{}}" if empty else ""]) + "\n}\n"
    assert read(text) == ({}, [Problem(PATH, 3, f"key has no {missing}", "Add it")])


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("\n@misc{key, title = {T}", 2, "Unexpectedly reached end of file"),
        ("@misc{a, author={A}, title={T}, year=1}\n" * 2, 2, "Duplicate entry key 'a'"),
        ("@misc{a, author={A}, title={T}, title={U}, year=1}", 1, "Duplicate field keys on entry: 'title'"),
        ("@misc{a, author={A, B, C, D}, title={T}, year=1}", 1, "Too many commas"),
    ],
)
def test_what_is_not_bibtex_is_named_by_line(text: str, line: int, cause: str) -> None:
    (problem,) = read(text)[1]
    assert (problem.path, problem.line) == (PATH, line)
    assert cause in problem.cause


def test_one_bad_entry_does_not_hide_the_good_ones() -> None:
    references, problems = read("@misc{bad, title = {T}}\n@misc{good, author={A}, title={T}, year=1}\n")
    assert (list(references), len(problems)) == (["good"], 1)


def test_comments_and_preambles_are_passed_over() -> None:
    assert read("% a line\n@comment{x}\n@preamble{x}\n") == ({}, [])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["@misc{", "a,", "author = {", "title=", "year = ", '"', "{", "}", ",", " and ", "\\'", "#", "\n", "$", "~"]
        )
        | st.text(max_size=5),
        max_size=15,
    ).map("".join)
)
def test_any_text_gives_references_and_problems(text: str) -> None:
    references, problems = read(text)
    assert all(reference.key == key and reference.title is not None for key, reference in references.items())
    assert all(problem.line >= 1 and problem.cause for problem in problems)
