"""Reads a corpus, from a folder of entries or from one `.jsonl` file, into the same `Corpus`.

Everything that breaks the contract of `corpus/README.md` is gathered and raised at once as a `CorpusError`.
"""

from dataclasses import replace
from pathlib import Path

from index.entries import CheckedQuestion, Corpus, Entry, Phrasing
from index.errors import CorpusError, Problem
from index.folder import read_folder
from index.jsonl import read_jsonl
from index.sources import Sources
from index.text import key, normalise


def read_corpus(path: Path) -> Corpus:
    """Read the corpus at `path`: a folder, or one `.jsonl` file.

    Raises `CorpusError` with every problem found. Entries come back in the order of their ids' folders or
    lines.
    """
    sources = Sources(path)
    if path.is_dir():
        return _check_questions(sources, read_folder(sources, path))
    if path.is_file():
        return _check_questions(sources, read_jsonl(sources, path))
    raise CorpusError([Problem(path, 0, "no such corpus", "Name a folder of entries or a .jsonl file")])


def _check_questions(sources: Sources, read: Corpus) -> Corpus:
    """The corpus with each question in one place. Raises `CorpusError` with all that was noted in `sources`."""
    if not read.entries and not sources.problems:
        sources.note(sources.root, 0, "holds no entry", "Add one; corpus/README.md shows how")
    entries = _drop_repeats(sources, read.entries)
    if sources.problems:
        raise CorpusError(sources.problems)
    return replace(
        read,
        entries=entries,
        out_of_scope=_distinct_out_of_scope(sources, entries, read.out_of_scope),
        calibration=_unasked_calibration(sources, entries, read.calibration),
        warnings=tuple(sources.warnings),
    )


def _drop_repeats(sources: Sources, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Entries without phrasings that repeat one of their own; one that stands in two entries is a problem."""
    owner: dict[str, str] = {}
    distinct = []
    for entry in entries:
        kept = []
        for position, way in enumerate(entry.ways_of_asking):
            name = key(normalise(way.text))
            path, line = sources.places.get((entry.id, way.text), (sources.root, 0))
            if not name:
                sources.note(path, line, f"{entry.id}: {way.text!r} holds no letter or digit", "Remove the phrasing")
            elif name not in owner:
                owner[name] = entry.id
                kept.append((position, way))
            elif owner[name] != entry.id:
                cause = f"{way.text!r} is asked by both {owner[name]} and {entry.id}"
                sources.note(path, line, cause, "Keep it in the entry it fits better")
            elif way.text != entry.question:
                sources.warn(path, line, f"{way.text!r} repeats another phrasing and is passed over", "Remove it")
        distinct.append(replace(entry, phrasings=tuple(way for position, way in kept if position)))
    return tuple(distinct)


def _distinct_out_of_scope(
    sources: Sources, entries: tuple[Entry, ...], questions: tuple[Phrasing, ...]
) -> tuple[Phrasing, ...]:
    """Questions to decline, each once. One that an entry asks is passed over with a warning: the entry wins."""
    asked = _askers(entries)
    kept: dict[str, Phrasing] = {}
    for question in questions:
        normalised = normalise(question.text)
        name = key(normalised) or normalised
        if name in asked:
            path, line = sources.places["out_of_scope.txt", question.text]
            cause = f"{question.text!r} is asked by {asked[name]} and is passed over"
            sources.warn(path, line, cause, "Remove it here or there")
        elif name in kept:
            path, line = sources.places["out_of_scope.txt", question.text]
            sources.warn(path, line, f"{question.text!r} repeats another line and is passed over", "Remove it")
        elif name:
            kept[name] = question
    return tuple(kept.values())


def _unasked_calibration(
    sources: Sources, entries: tuple[Entry, ...], questions: tuple[CheckedQuestion, ...]
) -> tuple[CheckedQuestion, ...]:
    """Questions that no entry asks in the same words: on those that one does, there is nothing to learn."""
    asked = _askers(entries)
    kept = []
    for question in questions:
        if (name := key(normalise(question.text))) in asked:
            path, line = sources.places["calibration.jsonl", question.text]
            cause = f"{question.text!r} is asked by {asked[name]} and is passed over"
            sources.warn(path, line, cause, "Remove it, or the phrasing that it copies")
        else:
            kept.append(question)
    return tuple(kept)


def _askers(entries: tuple[Entry, ...]) -> dict[str, str]:
    """Key of each way of asking -> id of the entry that asks it."""
    return {key(normalise(way.text)): entry.id for entry in entries for way in entry.ways_of_asking}
