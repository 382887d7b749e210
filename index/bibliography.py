"""BibTeX in, `Reference`s out. Knows nothing of entries."""

import re
from pathlib import Path

from bibtexparser import middlewares
from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.model import Block, ParsingFailedBlock
from bibtexparser.model import Entry as Record

from index.entries import Reference
from index.errors import Problem

_ADDRESS_FIELDS = ("doi", "eprint", "url")
_VENUE_FIELDS = ("journal", "booktitle", "publisher", "school", "institution", "howpublished", "archiveprefix")


def read_bibliography(path: Path, text: str) -> tuple[dict[str, Reference], list[Problem]]:
    """All works of a `.bib` file by key, and what is wrong with it. `path` is only used to name the file."""
    library = parse_string(
        text,
        append_middleware=[
            middlewares.NormalizeFieldKeys(),
            _LatexDecoding(),
            middlewares.SeparateCoAuthors(),
            middlewares.SplitNameParts(),
        ],
    )
    problems = [
        Problem(path, (block.start_line or 0) + 1, f"not a BibTeX entry: {_reason(block)}", "Correct or remove it")
        for block in library.failed_blocks
    ]
    references = {}
    for record in library.entries:
        missing = [name for name in ("author", "title", "year") if not _given(record, name)]
        if missing:
            line = (record.start_line or 0) + 1
            problems.append(Problem(path, line, f"{record.key} has no {', '.join(missing)}", "Add it"))
            continue
        references[record.key] = _reference(record)
    return references, problems


class _LatexDecoding(middlewares.LatexDecodingMiddleware):
    """Spares addresses, where `~` and `%` stand for themselves; only what must be escaped in LaTeX is restored."""

    def transform_entry(self, entry: Record, library: Library) -> Block:
        spared = {name: _value(entry, name) for name in _ADDRESS_FIELDS if name in entry.fields_dict}
        decoded = super().transform_entry(entry, library)
        for name, value in spared.items():
            entry.fields_dict[name].value = re.sub(r"\\([_%&#~$])", r"\1", value)
        return decoded


def _reason(block: ParsingFailedBlock) -> str:
    return str(getattr(block.error, "abort_reason", block.error)).split(". Note: ")[0].rstrip(".")


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


def _given(record: Record, name: str) -> bool:
    return name in record.fields_dict and bool(record.fields_dict[name].value)


def _value(record: Record, name: str) -> str:
    return str(record.fields_dict[name].value) if name in record.fields_dict else ""


def _plain(text: str) -> str:
    return " ".join(text.replace("{", "").replace("}", "").split())


def _author(name: middlewares.NameParts) -> str:
    full = _plain(" ".join([*name.first, *name.von, *name.last, *name.jr]))
    return "et al." if full == "others" else full


def _address(record: Record) -> str | None:
    if doi := _value(record, "doi"):
        return "https://doi.org/" + re.sub(r"^https?://(dx\.)?doi\.org/", "", doi)
    if eprint := _value(record, "eprint"):
        return "https://arxiv.org/abs/" + eprint
    url = _value(record, "url")
    return url if url.startswith(("https://", "http://")) else None
