"""BibTeX in, `Reference`s out. Knows nothing of entries."""

import re
from pathlib import Path

from bibtexparser import middlewares
from bibtexparser.entrypoint import parse_string
from bibtexparser.model import Entry as Record

from index.entries import Reference
from index.errors import Problem

_VENUE_FIELDS = ("journal", "booktitle", "publisher", "school", "institution", "howpublished", "archiveprefix")


def read_bibliography(path: Path, text: str) -> tuple[dict[str, Reference], list[Problem]]:
    """All works of a `.bib` file by key, and what is wrong with it. `path` is only used to name the file."""
    library = parse_string(
        text,
        append_middleware=[
            middlewares.NormalizeFieldKeys(),
            middlewares.LatexDecodingMiddleware(),
            middlewares.SeparateCoAuthors(),
            middlewares.SplitNameParts(),
        ],
    )
    problems = [
        Problem(path, (block.start_line or 0) + 1, f"not a BibTeX entry: {block.error}", "Correct or remove it")
        for block in library.failed_blocks
    ]
    references = {}
    for record in library.entries:
        missing = [name for name in ("author", "title", "year") if name not in record.fields_dict]
        if missing:
            line = (record.start_line or 0) + 1
            problems.append(Problem(path, line, f"{record.key} has no {', '.join(missing)}", "Add it"))
            continue
        references[record.key] = _reference(record)
    return references, problems


def _reference(record: Record) -> Reference:
    year = re.search(r"\d{4}", _value(record, "year"))
    return Reference(
        key=record.key,
        title=_plain(_value(record, "title")),
        authors=tuple(_author(name) for name in record.fields_dict["author"].value),
        year=int(year[0]) if year else None,
        venue=next((_plain(_value(record, name)) for name in _VENUE_FIELDS if _value(record, name)), ""),
        url=_address(record),
    )


def _value(record: Record, name: str) -> str:
    return str(record.fields_dict[name].value) if name in record.fields_dict else ""


def _plain(text: str) -> str:
    return " ".join(text.replace("{", "").replace("}", "").split())


def _author(name: middlewares.NameParts) -> str:
    return _plain(" ".join([*name.first, *name.von, *name.last, *name.jr])).replace("others", "et al.")


def _address(record: Record) -> str | None:
    if doi := _value(record, "doi"):
        return "https://doi.org/" + doi.removeprefix("https://doi.org/")
    if eprint := _value(record, "eprint"):
        return "https://arxiv.org/abs/" + eprint
    url = _value(record, "url")
    return url if url.startswith(("https://", "http://")) else None
