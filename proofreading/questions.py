"""How entries are asked for: in the given words, in enough other words, and in words that lead to them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from index import store
from index.entries import Corpus
from index.errors import MissingIndex, UnusableIndex
from index.strays import Strays, load_strays
from proofreading.findings import Finding, error, warning
from proofreading.manuscript import Manuscript

CANONICAL = "canonical.tsv"
"""`id<TAB>question` for questions whose wording is not the author's to change."""

FEWEST_PHRASINGS, FEWEST_PLAIN, FEWEST_CALIBRATING = 50, 12, 5

STYLES = (
    *("plain", "keyword", "formal", "colloquial", "scenario", "interview"),
    *("indirect", "mixed", "english", "traditional", "typo"),
)

LEANS = 0.8
"""The probability of another entry from which on a phrasing is said to lean to it."""


def check_canonical(corpus: Corpus, manuscripts: Sequence[Manuscript]) -> Iterator[Finding]:
    """Questions of `canonical.tsv` that no entry asks, or not word for word."""
    path = corpus.path / CANONICAL
    entries = {manuscript.entry.id: manuscript for manuscript in manuscripts}
    for line, text in enumerate(path.read_text("utf-8").splitlines() if path.exists() else [], 1):
        id_, tab, question = text.partition("\t")
        if not tab:
            yield error("canonical", path, line, "is not an id, a tab and a question", "Correct the line")
        elif id_ not in entries:
            yield error("canonical", path, line, f"{id_} has no entry", "Write it")
        elif (manuscript := entries[id_]).entry.question != question:
            cause = f"the question is not word for word that of {CANONICAL}: {question!r}"
            remedy = "Restore it; questions.txt is the place for other words"
            yield error("canonical", manuscript.path, manuscript.field_line("question"), cause, remedy)


def check_counts(manuscripts: Sequence[Manuscript], fewest: int = FEWEST_PHRASINGS) -> Iterator[Finding]:
    """Entries with too few phrasings."""
    for manuscript in manuscripts:
        if (count := len(manuscript.entry.phrasings)) < fewest:
            remedy = f"Write {fewest} or more, the way people type; the short and plain ones help most"
            yield error("phrasings", manuscript.path.parent / "questions.txt", 0, f"{count} phrasings", remedy)


def check_variety(corpus: Corpus, manuscripts: Sequence[Manuscript]) -> Iterator[Finding]:
    """Entries that some kind of person is not yet seen to ask for, in a corpus that tells kinds of person apart."""
    if not any(way.style for entry in corpus.entries for way in entry.phrasings):
        return
    accepted = Counter(id_ for question in corpus.calibration for id_ in question.accept)
    for manuscript in manuscripts:
        path, entry = manuscript.path.parent / "questions.txt", manuscript.entry
        styles = Counter(way.style for way in entry.phrasings)
        if lacking := [style for style in STYLES if not styles[style]]:
            remedy = "Write some under a heading of that name"
            yield warning("variety", path, 0, f"nobody asks in the style {', '.join(lacking)}", remedy)
        if styles["plain"] < FEWEST_PLAIN:
            remedy = f"Write {FEWEST_PLAIN} or more: they are what most people type"
            yield warning("variety", path, 0, f"{styles['plain']} plain phrasings", remedy)
        if corpus.calibration and accepted[entry.id] < FEWEST_CALIBRATING:
            cause = f"{accepted[entry.id]} calibration questions accept {entry.id}"
            remedy = f"Write {FEWEST_CALIBRATING} or more that copy no phrasing"
            yield warning("variety", corpus.path / "calibration.jsonl", 0, cause, remedy)


def check_strays(corpus: Corpus, manuscripts: Sequence[Manuscript], built: Path) -> Iterator[Finding]:
    """Phrasings that lean to another entry and out-of-scope lines that would be answered, both while they are left out
    of the index: the build's cross-validation knows them."""
    try:
        version = built / store.current_version(built)
        if store.read_manifest(version)["corpus"]["digest"] != corpus.digest:
            raise MissingIndex(f"{version}: was built from another state of the corpus")
        strays = load_strays(version)
    except UnusableIndex as problem:
        cause, remedy = (
            f"nobody knows which phrasings lean to another entry: {problem}",
            "Build the index, then lint again",
        )
        yield warning("stray", built, 0, cause, remedy)
        return
    yield from _leaning(strays, manuscripts)
    if corpus.out_of_scope:
        yield from _answered(strays, corpus.path / "out_of_scope.txt")


def _leaning(strays: Strays, manuscripts: Sequence[Manuscript]) -> Iterator[Finding]:
    files = {m.entry.id: m.path.parent / "questions.txt" for m in manuscripts}
    questions = {m.entry.question: m for m in manuscripts}
    lines = {id_: _lines(path) for id_, path in files.items()}
    for stray in strays.phrasings:
        if stray.won >= LEANS and stray.text not in questions:
            cause = f"{stray.text!r} leans to {stray.winner} ({stray.won:.2f} against {stray.kept:.2f})"
            remedy = "Move it, reword it, or give both entries more that sets them apart"
            yield warning("leaning", files[stray.owner], lines[stray.owner].get(stray.text, 0), cause, remedy)


def _answered(strays: Strays, path: Path) -> Iterator[Finding]:
    lines = _lines(path)
    for stray in strays.declined:
        cause = f"{stray.text!r} would be answered by {stray.winner} with confidence {stray.won:.2f} but for this line"
        remedy = "Add more like it, or remove it if the entry does answer it"
        yield warning("answered", path, lines.get(stray.text, 0), cause, remedy)


def _lines(path: Path) -> dict[str, int]:
    """Each line of the file -> its number."""
    return (
        {text.strip(): line for line, text in enumerate(path.read_text("utf-8-sig").splitlines(), 1)}
        if path.exists()
        else {}
    )
