"""Turn an FAQ (CSV, XLSX, JSONL or Q&A Markdown) into a corpus: a folder of entries, or one .jsonl file.

    python -m scripts.import_faq SOURCE --out PATH [--dry-run] [--sheet NAME] [--question-column NAME ...]

Reports row by row what is wrong or passed over. Exit code 0 when every row went in, 1 when some were passed over,
2 when nothing could be read or PATH is there already. All that is read is text: nothing of it is ever run, nor
names a path that its characters do not allow.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from index.entries import Entry
from index.errors import WenjinError
from index.reader import read_corpus
from scripts.faq_intake import take_in
from scripts.faq_markdown import read_markdown
from scripts.faq_rows import Source
from scripts.faq_sources import HEADERS, read_csv, read_jsonl, read_xlsx


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="import_faq", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, help="a .csv, .tsv, .xlsx, .jsonl, .md or .txt file")
    parser.add_argument("--out", type=Path, required=True, help="folder to make, or file if it ends in .jsonl")
    parser.add_argument("--dry-run", action="store_true", help="write nothing, print what would be written")
    parser.add_argument("--sheet", help="sheet of a workbook (the first)")
    for role in HEADERS:
        parser.add_argument(f"--{role}-column", metavar="NAME", help=f"header of the column that holds the {role}")
    parser.add_argument(
        "--reviewed",
        type=date.fromisoformat,
        default=date.today(),
        help="day the answers were last checked (%(default)s)",
    )
    options = parser.parse_args(argv)
    try:
        return _run(options)
    except (WenjinError, OSError) as error:
        print(f"Nothing was written.\n{error}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    out: Path = options.out
    if os.path.lexists(out):
        raise WenjinError(f"{out}: is there already. Name another place, or move it away.")
    names = {role: name for role in HEADERS if (name := getattr(options, f"{role}_column")) is not None}
    source = _read(options.source, names, options.sheet)
    single = out.suffix == ".jsonl"
    entries = take_in(source, single=single)
    for finding in source.findings:
        print(finding)
    if not entries:
        raise WenjinError(f"{options.source}: holds no question that could be taken in.")
    if options.dry_run:
        _preview(entries, out)
    else:
        _write(entries, out, options.reviewed, single=single)
    lost = sum(finding.lost for finding in source.findings)
    others = sum(len(entry.phrasings) for entry in entries)
    print(
        f"{out}: {'would hold' if options.dry_run else 'holds'} {len(entries)} entries with {others} other ways of "
        f"asking; {lost} rows passed over, {len(source.findings) - lost} warnings"
    )
    return 1 if lost else 0


def _read(path: Path, names: dict[str, str], sheet: str | None) -> Source:
    if not path.is_file():
        raise WenjinError(f"{path}: there is no such file. Name one to import.")
    match path.suffix.lower():
        case ".csv" | ".tsv":
            return read_csv(path, names)
        case ".xlsx" | ".xlsm":
            return read_xlsx(path, names, sheet)
        case ".jsonl" | ".ndjson":
            return read_jsonl(path, names)
        case ".md" | ".markdown" | ".txt":
            return read_markdown(path)
    raise WenjinError(f"{path}: is of no kind known here. Save it as .csv, .xlsx, .jsonl or .md.")


def _preview(entries: Sequence[Entry], out: Path) -> None:
    for entry in entries:
        place = out if out.suffix == ".jsonl" else out / entry.id
        print(f"{place}: {entry.id}: {entry.title} ({len(entry.phrasings)} other ways of asking)")


def _write(entries: Sequence[Entry], out: Path, reviewed: date, *, single: bool) -> None:
    """Write beside `out`, read it back, and only then give it its name."""
    out.parent.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(prefix=".importing-", dir=out.parent))
    try:
        made = workplace / out.name
        if single:
            made.write_text("".join(_json(entry) + "\n" for entry in entries), "utf-8")
        else:
            for entry in entries:
                _write_folder(entry, made / entry.id, reviewed)
        read_corpus(made)
        os.rename(made, out)
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


def _json(entry: Entry) -> str:
    record: dict[str, Any] = {
        "id": entry.id,
        "question": entry.question,
        "aliases": [way.text for way in entry.phrasings],
    }
    record |= {"answer": entry.answer, "topics": list(entry.topics), "url": entry.url}
    return json.dumps(record, ensure_ascii=False)


def _write_folder(entry: Entry, folder: Path, reviewed: date) -> None:
    folder.mkdir(parents=True)
    fields: dict[str, Any] = {"id": entry.id, "question": entry.question, "title": entry.title}
    fields |= {"topics": list(entry.topics) or ["FAQ"], "related": [], "reviewed": reviewed}
    front = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, default_flow_style=None, width=10**9)
    (folder / "answer.md").write_text(f"---\n{front}---\n{entry.answer}\n", "utf-8", newline="\n")
    # `# ` at the beginning of a line would name a style.
    lines = [re.sub(r"\A# ", "#", way.text) for way in entry.phrasings]
    (folder / "questions.txt").write_text("".join(line + "\n" for line in lines), "utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
