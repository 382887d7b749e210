"""Measure an index on labelled questions, through the very path that answers users.

    python -m scripts.evaluate --queries questions.jsonl [--out-of-scope more.jsonl] [--index DIR] [--json OUT]
    python -m scripts.evaluate --bank FOLDER [--json OUT]
    python -m scripts.evaluate --explain "RNN 是啥"

A line of questions is {"query", "accept": [ids], "style"?}; an empty `accept` means out of scope. A bank is a
folder with `faq.jsonl`, from which an index is built for the occasion, and `queries.jsonl`, of which the
questions with "split": "test" are asked.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from index.answerer import Answerer
from index.build import build_index
from index.confidence import Status
from index.encoder import Encoder, load_encoder
from index.errors import WenjinError
from index.quality import auroc, calibration_error
from index.reader import read_corpus
from service.settings import Settings

RESAMPLES = 1000
_DEPTH = 20  # candidates looked at for the reciprocal rank


@dataclass(frozen=True)
class Question:
    text: str
    accept: frozenset[str]
    style: str


@dataclass(frozen=True)
class Results:
    """What came of n questions, as arrays of length n."""

    in_scope: NDArray[np.bool_]
    rank: NDArray[np.float64]  # of the first right candidate, from 1; inf when there is none
    confidence: NDArray[np.float64]
    answered: NDArray[np.bool_]
    declined: NDArray[np.bool_]

    def only(self, chosen: NDArray[Any]) -> "Results":
        return Results(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _helped(r: Results) -> NDArray[np.bool_]:
    """Rightly answered, or asked back with the right one among the three candidates."""
    return np.where(r.answered, r.rank == 1, ~r.declined & (r.rank <= 3))


METRICS: dict[str, tuple[str, Callable[[Results], float]]] = {
    "top1": ("first candidate right, of questions in scope", lambda r: _mean(r.rank[r.in_scope] == 1)),
    "top3": ("right among the first three, of questions in scope", lambda r: _mean(r.rank[r.in_scope] <= 3)),
    "mrr": ("mean reciprocal rank, of questions in scope", lambda r: _mean(1 / r.rank[r.in_scope])),
    "auroc": (
        "a question in scope has more confidence than one out of scope",
        lambda r: auroc(r.confidence[r.in_scope], r.confidence[~r.in_scope]),
    ),
    "precision": ("right among all that were answered", lambda r: _mean((r.rank == 1)[r.answered])),
    "coverage": ("rightly answered, of questions in scope", lambda r: _mean((r.answered & (r.rank == 1))[r.in_scope])),
    "helped": (
        "rightly answered, or asked back with the right one shown, of questions in scope",
        lambda r: _mean(_helped(r)[r.in_scope]),
    ),
    "refusal": ("not answered, of questions out of scope", lambda r: _mean(~r.answered[~r.in_scope])),
    "declined": (
        "told plainly that there is no answer, of questions out of scope",
        lambda r: _mean(r.declined[~r.in_scope]),
    ),
    "accuracy": (
        "in scope and first candidate right and not declined, or out of scope and declined",
        lambda r: _mean(np.where(r.in_scope, (r.rank == 1) & ~r.declined, r.declined)),
    ),
    "calibration": (
        "expected calibration error of the confidence, ten bins of equal size",
        lambda r: calibration_error(r.confidence, r.rank == 1),
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    settings = Settings()
    parser = argparse.ArgumentParser(
        prog="evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--queries", type=Path, help="labelled questions")
    what.add_argument("--bank", type=Path, help="a folder with faq.jsonl and queries.jsonl")
    what.add_argument("--explain", metavar="QUESTION_OR_ID", help="show what each step makes of one question")
    parser.add_argument("--out-of-scope", type=Path, help="further questions, all of them out of scope")
    parser.add_argument("--index", type=Path, default=settings.index_dir, help="where versions are kept (%(default)s)")
    parser.add_argument("--encoder", default=settings.encoder, help="as the index was built (%(default)s)")
    parser.add_argument("--split", default="test", help="which questions of a bank to ask (%(default)s)")
    parser.add_argument(
        "--json", type=Path, help="also write the figures, and every question with what came of it, here"
    )
    options = parser.parse_args(argv)
    try:
        return _run(options)
    except (WenjinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    encoder = load_encoder(options.encoder, options.index)
    if options.bank:
        questions = _read(options.bank / "queries.jsonl", split=options.split)
        with _index_of(options.bank / "faq.jsonl", encoder) as answerer:
            return _report(questions, answerer, options.json)
    answerer = Answerer(encoder, options.index)
    if options.explain:
        article = answerer.article(options.explain)
        question = article.entry.question if article else options.explain
        answer = answerer.ask(question, explain=True)
        print(
            json.dumps(
                {"question": question, "status": answer.status, **(answer.explain or {})}, ensure_ascii=False, indent=1
            )
        )
        return 0
    questions = _read(options.queries)
    if options.out_of_scope:
        questions += _read(options.out_of_scope, in_scope=False)
    return _report(questions, answerer, options.json)


def _read(path: Path, *, split: str | None = None, in_scope: bool = True) -> list[Question]:
    """The questions of a file; of one split only, where lines name their split."""
    questions = []
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise WenjinError(f"{path}: is not UTF-8. Save it as UTF-8.") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            accept = frozenset(_ids(record.get("accept", []))) if in_scope else frozenset[str]()
            style = record.get("style") or record.get("kind") or ""
            if split is None or record.get("split", split) == split:
                questions.append(Question(record["query"], accept, style))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WenjinError(f'{path}:{number}: is not {{"query", "accept"}}: {error}') from error
    return questions


def _ids(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("accept is not a list")
    return value


@contextmanager
def _index_of(faq: Path, encoder: Encoder) -> Iterator[Answerer]:
    with tempfile.TemporaryDirectory() as folder:
        build_index(read_corpus(faq), encoder, Path(folder))
        yield Answerer(encoder, Path(folder))


def _report(questions: Sequence[Question], answerer: Answerer, out: Path | None) -> int:
    results, records = ask_all(questions, answerer)
    styles = np.array([question.style for question in questions])
    figures = {"all": measure(results)}
    for style in sorted(set(styles.tolist()) - {""}):
        figures[style] = measure(results.only(styles == style))
    print(_table(figures))
    if out:
        document = {"index": answerer.snapshot.manifest | {"files": None}, "figures": figures, "questions": records}
        out.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


def ask_all(questions: Sequence[Question], answerer: Answerer) -> tuple[Results, list[dict[str, Any]]]:
    """Ask every question; the arrays, and a record for each."""
    rows, records = [], []
    for question in tqdm(questions, disable=not sys.stderr.isatty()):
        answer = answerer.ask(question.text, top=_DEPTH)
        ids = [candidate.id for candidate in answer.candidates]
        rank = next((at for at, id_ in enumerate(ids, 1) if id_ in question.accept), None)
        status = answer.status
        rows.append(
            (
                bool(question.accept),
                rank or np.inf,
                answer.confidence,
                status is Status.ANSWERED,
                status is Status.NO_ANSWER,
            )
        )
        records.append(
            {
                "query": question.text,
                "accept": sorted(question.accept),
                "style": question.style,
                "status": status,
                "confidence": answer.confidence,
                "first": ids[0],
                "rank": rank,
            }
        )
    columns = [np.array(column) for column in zip(*rows, strict=True)] or [np.zeros(0)] * 5
    in_scope, ranks, confidence, answered, declined = columns
    return (
        Results(
            in_scope.astype(bool),
            ranks.astype(float),
            confidence.astype(float),
            answered.astype(bool),
            declined.astype(bool),
        ),
        records,
    )


def measure(results: Results) -> dict[str, dict[str, float | int]]:
    """Every metric with its bootstrap 95 % interval (percentile; questions resampled in and out of scope
    apart)."""
    inside, outside = np.flatnonzero(results.in_scope), np.flatnonzero(~results.in_scope)
    generator = np.random.default_rng(0)
    samples = [
        results.only(
            np.concatenate([generator.choice(part, len(part)) for part in (inside, outside) if len(part)] or [inside])
        )
        for _ in range(RESAMPLES)
    ]
    figures: dict[str, dict[str, float | int]] = {"questions": {"in_scope": len(inside), "out_of_scope": len(outside)}}
    for name, (_, metric) in METRICS.items():
        value = metric(results)
        if not np.isnan(value):
            spread = np.array([metric(sample) for sample in samples])
            low, high = np.nanpercentile(spread, [2.5, 97.5])
            figures[name] = {"value": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}
    return figures


def _table(figures: dict[str, dict[str, dict[str, float | int]]]) -> str:
    overall = figures["all"]
    lines = [
        f"{overall['questions']['in_scope']} questions in scope, {overall['questions']['out_of_scope']} out of scope",
        "",
    ]
    for name, (meaning, _) in METRICS.items():
        if name in overall:
            f = overall[name]
            lines.append(f"{name:12} {f['value']:.3f}  [{f['low']:.3f}, {f['high']:.3f}]  {meaning}")
    if len(figures) > 1:
        width = max(14, *(len(style) + 2 for style in figures))
        lines += ["", f"{'':{width}}{'n':>6}" + "".join(f"{name:>12}" for name in METRICS)]
        for style, row in figures.items():
            count = sum(row["questions"].values())
            cells = "".join(f"{row[name]['value']:12.3f}" if name in row else f"{'':12}" for name in METRICS)
            lines.append(f"{style:{width}}{count:6}{cells}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
