"""Measure an index on labelled questions, through the very path that answers users.

    python -m scripts.evaluate --queries questions.jsonl [--out-of-scope more.jsonl] [--index DIR] [--json OUT]
    python -m scripts.evaluate --dialogues dialogues.jsonl [--split test] [--index DIR] [--json OUT]
    python -m scripts.evaluate --bank FOLDER [--json OUT]
    python -m scripts.evaluate --explain "RNN 是啥"

A line of questions is {"query", "accept": [ids], "style"?}; an empty `accept` means out of scope. A line of dialogues
is {"turns": [such questions]}; each turn is asked with the history that a client would send: what was asked before,
what answered it, and what was offered when it was asked back. A bank is a folder with `faq.jsonl`, from which an index
is built for the occasion, and `queries.jsonl`. Of dialogues and banks those lines are asked whose "split" is "test",
or that have none.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from index.answerer import Answerer
from index.answers import Answer
from index.build import build_index
from index.confidence import Status
from index.dialogue import Turn
from index.encoder import Encoder, load_encoder
from index.errors import WenjinError
from index.reader import read_corpus
from scripts.labelled import Conversation, Question, read_conversations, read_questions
from scripts.metrics import METRICS, TURN_METRICS, Figures, Metrics, Results, TurnResults, measure, table
from service.settings import Settings

_DEPTH = 20  # candidates looked at for the reciprocal rank
_SHOWN = 3  # candidates that a client offers when it asks back

Record = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    settings = Settings()
    parser = argparse.ArgumentParser(
        prog="evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--queries", type=Path, help="labelled questions")
    what.add_argument("--dialogues", type=Path, help="labelled conversations")
    what.add_argument("--bank", type=Path, help="a folder with faq.jsonl and queries.jsonl")
    what.add_argument("--explain", metavar="QUESTION_OR_ID", help="show what each step makes of one question")
    parser.add_argument("--out-of-scope", type=Path, help="further questions, all of them out of scope")
    parser.add_argument("--index", type=Path, default=settings.index_dir, help="where versions are kept (%(default)s)")
    parser.add_argument("--encoder", default=settings.encoder, help="as the index was built (%(default)s)")
    parser.add_argument("--split", default="test", help="which lines of dialogues or a bank to ask (%(default)s)")
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
        questions = read_questions(options.bank / "queries.jsonl", split=options.split)
        with _index_of(options.bank / "faq.jsonl", encoder) as answerer:
            return _report_questions(questions, answerer, options.json)
    answerer = Answerer(encoder, options.index)
    if options.explain:
        return _explain(options.explain, answerer)
    if options.dialogues:
        return _report_turns(read_conversations(options.dialogues, split=options.split), answerer, options.json)
    questions = read_questions(options.queries)
    if options.out_of_scope:
        questions += read_questions(options.out_of_scope, in_scope=False)
    return _report_questions(questions, answerer, options.json)


@contextmanager
def _index_of(faq: Path, encoder: Encoder) -> Iterator[Answerer]:
    with tempfile.TemporaryDirectory() as folder:
        build_index(read_corpus(faq), encoder, Path(folder))
        yield Answerer(encoder, Path(folder))


def _explain(question_or_id: str, answerer: Answerer) -> int:
    article = answerer.article(question_or_id)
    question = article.entry.question if article else question_or_id
    answer = answerer.ask(question, explain=True)
    shown = {"question": question, "status": answer.status, **(answer.explain or {})}
    print(json.dumps(shown, ensure_ascii=False, indent=1))
    return 0


def _report_questions(questions: Sequence[Question], answerer: Answerer, out: Path | None) -> int:
    results, records = ask_all(questions, answerer)
    figures = {"all": measure(results), **_by_style(questions, results, METRICS)}
    print(table(figures))
    return _write(out, answerer, figures, {"questions": records})


def _report_turns(conversations: Sequence[Conversation], answerer: Answerer, out: Path | None) -> int:
    results, records = converse(conversations, answerer)
    figures = {"all": measure(results, TURN_METRICS)}
    for name, chosen in kinds_of_turns(conversations).items():
        if chosen.any():
            figures[name] = measure(results.only(chosen), TURN_METRICS)
    turns = [turn for conversation in conversations for turn in conversation.turns]
    figures |= _by_style(turns, results, TURN_METRICS)
    print(table(figures, TURN_METRICS, f"turns of {len(conversations)} conversations"))
    return _write(out, answerer, figures, {"turns": records})


def _by_style(questions: Sequence[Question], results: Results, metrics: Metrics) -> dict[str, Figures]:
    styles = np.array([question.style for question in questions])
    return {style: measure(results.only(styles == style), metrics) for style in sorted(set(styles.tolist()) - {""})}


def _write(out: Path | None, answerer: Answerer, figures: Mapping[str, Figures], asked: Record) -> int:
    if out:
        document = {"index": answerer.snapshot.manifest | {"files": None}, "figures": figures, **asked}
        out.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


def ask_all(questions: Sequence[Question], answerer: Answerer) -> tuple[Results, list[Record]]:
    """Ask every question; the arrays, and a record for each."""
    records = [
        _record(question, answerer.ask(question.text, top=_DEPTH))
        for question in tqdm(questions, disable=not sys.stderr.isatty())
    ]
    return Results(**_columns(records)), records


def converse(conversations: Sequence[Conversation], answerer: Answerer) -> tuple[TurnResults, list[Record]]:
    """Ask every turn as a client would that keeps the history; the arrays, and a record for each turn. Each turn is
    also asked without the history, to compare."""
    records, alone, number_of = [], [], []
    for number, conversation in enumerate(tqdm(conversations, disable=not sys.stderr.isatty())):
        history: list[Turn] = []
        for turn in conversation.turns:
            answer = answerer.ask(turn.text, history, top=_DEPTH, explain=True)
            before = (answer.explain or {})["history"]
            records.append(_record(turn, answer) | {"conversation": number, "history": before})
            alone.append(_record(turn, answerer.ask(turn.text, top=_DEPTH)))
            number_of.append(number)
            history = [*history, _turn(turn.text, answer)][-10:]  # as many as the service takes
    right_alone = Results(**_columns(alone)).right
    return TurnResults(**_columns(records), conversation=np.array(number_of, np.int64), alone=right_alone), records


def _turn(question: str, answer: Answer) -> Turn:
    """What a client keeps of a turn."""
    offered = answer.candidates[:_SHOWN] if answer.status is Status.CLARIFY else ()
    id_ = answer.article.entry.id if answer.article else None
    return Turn(question, id_, tuple(candidate.id for candidate in offered))


def kinds_of_turns(conversations: Sequence[Conversation]) -> dict[str, NDArray[np.bool_]]:
    """Which turns, of all in a row, are of which kind: first of their conversation, later and in scope, in scope with
    no accepted entry in common with the turn before, or out of scope."""
    kinds = []
    for conversation in conversations:
        for at, turn in enumerate(conversation.turns):
            later = at > 0 and bool(turn.accept)
            switch = later and not turn.accept & conversation.turns[at - 1].accept
            kinds.append((at == 0, later, switch, not turn.accept))
    columns = np.array(kinds, bool).reshape(-1, 4).T
    return dict(zip(("first turn", "later turn", "topic switch", "out of scope"), columns, strict=True))


def _record(question: Question, answer: Answer) -> Record:
    ids = [candidate.id for candidate in answer.candidates]
    return {
        "query": question.text,
        "accept": sorted(question.accept),
        "style": question.style,
        "status": answer.status,
        "confidence": answer.confidence,
        "first": ids[0],
        "rank": next((at for at, id_ in enumerate(ids, 1) if id_ in question.accept), None),
    }


def _columns(records: Sequence[Record]) -> dict[str, NDArray[Any]]:
    """The records as the fields of `Results`."""
    return {
        "in_scope": np.array([bool(record["accept"]) for record in records], bool),
        "rank": np.array([record["rank"] or np.inf for record in records], float),
        "confidence": np.array([record["confidence"] for record in records], float),
        "answered": np.array([record["status"] is Status.ANSWERED for record in records], bool),
        "declined": np.array([record["status"] is Status.NO_ANSWER for record in records], bool),
    }


if __name__ == "__main__":
    sys.exit(main())
