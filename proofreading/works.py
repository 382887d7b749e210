"""The bibliography: every work findable, under the kind of key it should have, once, and cited."""

import re
from collections.abc import Iterator
from pathlib import Path

from index.citations import cited_keys
from index.entries import Corpus
from index.text import key, normalise
from proofreading.findings import Finding, error


def check_works(corpus: Corpus) -> Iterator[Finding]:
    """Works without year, venue or address, works that stand twice, and works that nobody cites."""
    path = corpus.path / "references.bib"
    lines = _lines(path)
    cited = {name for entry in corpus.entries for _, name in cited_keys(entry.answer)}
    titles: dict[tuple[str, int | None], str] = {}
    for work in corpus.references.values():
        line = lines.get(work.key, 0)
        lacking = [
            what
            for what, given in (
                ("a year", work.year),
                ("a venue (journal, booktitle, publisher, …)", work.venue),
                ("an address (doi, eprint or url)", work.url),
            )
            if not given
        ]
        if lacking:
            yield error("work", path, line, f"{work.key} lacks {' and '.join(lacking)}", "Add what is missing")
        if work.year and str(work.year) not in work.key:
            cause = f"{work.key} does not name the year {work.year}"
            yield error("work", path, line, cause, "A key is surname, year and first word of the title")
        if work.key not in cited:
            yield error("work", path, line, f"{work.key} is cited by no answer", "Cite it or remove it")
        if (other := titles.setdefault((key(normalise(work.title)), work.year), work.key)) != work.key:
            cause = f"{work.key} has the title and year of {other}"
            yield error("work", path, line, cause, "Keep one of them")


def _lines(path: Path) -> dict[str, int]:
    """Key of each work -> the line on which it begins."""
    if not path.exists():
        return {}
    starts = re.compile(r"^\s*@\w+\s*\{\s*([^,\s]+)\s*,")
    numbered = enumerate(path.read_text("utf-8-sig").splitlines(), 1)
    return {found[1]: line for line, text in numbered if (found := starts.match(text))}
