"""What people ask and do not get: unanswered, asked back and disliked questions of the log, grouped by meaning.

    python -m scripts.gaps [--since 30d] [--min-count 3] [--json]
    python -m scripts.gaps --patch --accept g1a2b3c=q13 --decline g4d5e6f > gaps.patch && git apply gaps.patch

Each group comes with the entry that is nearest to its most frequent question, and the confidence that this entry
answers it. Questions that the index of today answers, or that the corpus declines word for word, are left out. A patch
adds the questions of the groups named to the entries named, or to those to decline; read it before you apply it.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from tqdm import tqdm

from index.answerer import Answerer
from index.encoder import load_encoder
from index.errors import WenjinError
from scripts.gap_groups import Group, group
from scripts.gap_patch import Choice, patch
from scripts.gap_questions import open_gaps, unhelped
from service.database import open_engine, reading
from service.settings import Settings

EXAMPLES = 3
"""Questions of a group in a line of the table."""

EXAMPLE_LENGTH = 60
"""Characters of each."""

KINDS = {"no_answer": "unanswered", "clarify": "asked back", "disliked": "disliked"}


def main(argv: Sequence[str] | None = None) -> int:
    settings = Settings()
    parser = argparse.ArgumentParser(
        prog="gaps", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--since", type=_moment, help="only what was asked since, a date (UTC) or a time such as 30d")
    parser.add_argument("--min-count", type=int, default=1, help="only groups asked so many times (%(default)s)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="everything about each group, as JSON")
    form.add_argument("--patch", action="store_true", help="a patch for the corpus, from --accept and --decline")
    parser.add_argument("--accept", action="append", default=[], metavar="GROUP=ID", help="the entry that answers it")
    parser.add_argument(
        "--decline", action="append", default=[], metavar="GROUP", help="the corpus is not to answer it"
    )
    parser.add_argument("--database", default=settings.database, help="where the log is (WENJIN_DATABASE)")
    parser.add_argument("--corpus", type=Path, default=settings.corpus, help="what a patch is for (%(default)s)")
    parser.add_argument("--index", type=Path, default=settings.index_dir, help="where versions are kept (%(default)s)")
    parser.add_argument("--encoder", default=settings.encoder, help="as the index was built (%(default)s)")
    options = parser.parse_args(argv)
    if bool(options.accept or options.decline) != options.patch:
        parser.error("--patch goes with --accept GROUP=ID or --decline GROUP, and they with it")
    try:
        return _run(options)
    except (WenjinError, OSError) as error:
        print(error, file=sys.stderr)
    except SQLAlchemyError as error:
        print(f"the question log cannot be read: {getattr(error, 'orig', None) or error}", file=sys.stderr)
    return 1


def _moment(text: str) -> datetime:
    if days := re.fullmatch(r"(\d{1,5})d", text):
        return datetime.now(UTC) - timedelta(days=int(days[1]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a date such as 2026-11-27 nor days such as 30d"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _run(options: argparse.Namespace) -> int:
    if not options.database:
        raise WenjinError("WENJIN_DATABASE: is empty, so no log is kept. Name the database with --database.")
    engine = open_engine(options.database)
    try:
        with reading(engine) as connection:
            wordings = unhelped(connection, options.since)
    finally:
        engine.dispose()
    answerer = Answerer(load_encoder(options.encoder, options.index), options.index)
    gaps = list(open_gaps(tqdm(wordings, disable=not sys.stderr.isatty()), answerer))
    groups = [found for found in group(gaps, answerer) if found.count >= options.min_count]
    if options.patch:
        print(patch(_choices(groups, options), options.corpus), end="")
    elif options.json:
        document = {"index_version": answerer.snapshot.version, "groups": [_record(found) for found in groups]}
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        print(_table(groups))
        print(
            f"\n{len(wordings) - len(gaps)} more wordings are answered, or declined on purpose, today", file=sys.stderr
        )
    return 0


def _choices(groups: Sequence[Group], options: argparse.Namespace) -> list[Choice]:
    """What the person has chosen. Raises `WenjinError` for a group that is not there or is named twice."""
    by_name = {found.name: found for found in groups}
    named = [tuple(text.partition("=")[::2]) for text in options.accept] + [(name, None) for name in options.decline]
    for name, times in Counter(name for name, _ in named).items():
        if name not in by_name or times > 1:
            cause = "is named twice" if name in by_name else "is no group of these questions (any more)"
            raise WenjinError(f"{name}: {cause}. There are: {', '.join(by_name) or 'none'}")
    return [Choice(by_name[name], id_) for name, id_ in named]


def _record(found: Group) -> dict[str, Any]:
    wordings, nearest = found.wordings, found.answer.candidates[0]
    return {
        "group": found.name,
        "count": found.count,
        **{name.replace(" ", "_"): found.times[kind] for kind, name in KINDS.items()},
        "clients": len(set().union(*(wording.clients for wording in wordings))),
        "last": max(wording.last for wording in wordings).isoformat() + "Z",
        "nearest": {"id": nearest.id, "question": nearest.question, "confidence": nearest.confidence},
        "reasons": dict(sum((wording.reasons for wording in wordings), Counter[str]()).most_common()),
        "comments": [comment for wording in wordings for comment in wording.comments],
        "questions": [{"question": wording.text, "count": wording.count} for wording in wordings],
    }


def _table(groups: Sequence[Group]) -> str:
    head = ("group", "asked", *KINDS.values(), "nearest", "confidence", "questions")
    rows = [head]
    for found in groups:
        nearest = found.answer.candidates[0]
        texts = [wording.text for wording in found.wordings]
        more = f" (+{len(texts) - EXAMPLES})" if len(texts) > EXAMPLES else ""
        counts = (str(found.count), *(str(found.times[kind]) for kind in KINDS))
        questions = " | ".join(_shortened(text) for text in texts[:EXAMPLES]) + more
        rows.append((found.name, *counts, nearest.id, f"{nearest.confidence:.2f}", questions))
    widths = [max(len(row[at]) for row in rows) for at in range(len(head) - 1)]
    right = range(1, 2 + len(KINDS))  # the counts; what is wide, as Chinese is, comes last
    return "\n".join(
        "  ".join(
            [*(row[at].rjust(w) if at in right else row[at].ljust(w) for at, w in enumerate(widths)), row[len(widths)]]
        )
        for row in rows
    )


def _shortened(text: str) -> str:
    return text if len(text) <= EXAMPLE_LENGTH else text[: EXAMPLE_LENGTH - 1] + "…"


if __name__ == "__main__":
    sys.exit(main())
