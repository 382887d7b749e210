"""Everything needed to answer, at one version of the index: saved by the build, loaded by the service."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from index import store
from index.articles import Article
from index.confidence import Confidence
from index.dialogue import Alone, Dialogue, Numbers, Reading, by_itself
from index.encoder import Encoder, Vectors
from index.errors import DamagedIndex, ForeignIndex
from index.lexicon import bag
from index.mapped import Integers, Texts
from index.matcher import DOCUMENTS, Candidates, Matcher
from index.ranking import Ranking
from index.spelling import Speller
from index.suggestion import Suggester
from index.text import key, normalise

MOST_IN_CONTEXT = 100
"""Entries compared for a reading in context, where the one meant is seldom the one that the words speak for most."""

_ARTICLES = TypeAdapter(tuple[Article, ...])


@dataclass(frozen=True)
class Snapshot:
    """`version` is its name in the store, `manifest` what the build says of it."""

    version: str
    manifest: dict[str, Any]
    articles: tuple[Article, ...]
    drawings: Texts  # SVG of all figures
    exact: Integers  # the row of every known way of asking, by its key; -1 for a question to decline
    texts: Texts  # of the matcher's phrasings, in their order
    matcher: Matcher
    ranking: Ranking
    confidence: Confidence
    speller: Speller
    suggester: Suggester
    dialogue: Dialogue

    def save(self, folder: Path) -> None:
        """Write all files and seal them with the manifest."""
        (folder / "articles.json").write_bytes(_ARTICLES.dump_json(self.articles))
        store.save(self.drawings, folder, "drawings")
        store.save(self.exact, folder, "exact")
        store.save(self.texts, folder, "texts")
        store.save(self.matcher, folder, "matcher")
        store.save(self.ranking, folder, "ranking")
        store.save(self.confidence, folder, "confidence")
        store.save(self.speller, folder, "speller")
        store.save(self.suggester, folder, "suggester")
        store.save(self.dialogue, folder, "dialogue")
        store.write_manifest(folder, self.manifest)

    def compare(self, encoder: Encoder, texts: Sequence[str]) -> list[Reading]:
        """What matching makes of normalised texts."""
        vectors = encoder.encode_queries(texts)
        compared = self.matcher.compare(vectors, [self.matcher.compare_words(bag(text)) for text in texts])
        ranked = self.ranking.best_first(self.matcher.weigh(compared, MOST_IN_CONTEXT))
        return self.readings(texts, vectors, *ranked)

    def readings(self, texts: Sequence[str], vectors: Vectors, ranked: Candidates, scores: Vectors) -> list[Reading]:
        """Texts with their vectors (q, d), ranked candidates and scores (q, c), as readings."""
        columns = ranked.entries, self.confidence.share(scores), self.confidence.in_scope(ranked, scores).tolist()
        return [Reading(*row) for row in zip(texts, vectors, *columns, strict=True)]

    def alone(self, reading: Reading, probabilities: Numbers) -> Alone:
        """The question of a reading by itself, given its candidates' probabilities (c,)."""
        lexicon = self.matcher.lexicon
        return by_itself(self.dialogue, reading, probabilities, lexicon.hear(bag(reading.text)), lexicon, DOCUMENTS)

    def ask_alone(self, encoder: Encoder, questions: Sequence[str]) -> list[Alone]:
        """Questions by themselves. One that stands in the corpus word for word as out of scope has no probability."""
        if not questions:
            return []
        texts = [normalise(question) for question in questions]
        asked = np.array([[self.exact.get(key(text)) != -1] for text in texts])
        readings = self.compare(encoder, [self.speller.read(text) for text in texts])
        return [
            self.alone(reading, may * reading.in_scope * reading.shares)
            for reading, may in zip(readings, asked, strict=True)
        ]


def load_snapshot(folder: Path, encoder: Encoder) -> Snapshot:
    """The version in use under `folder`, ready to answer with `encoder`.

    Raises `MissingIndex`, `DamagedIndex`, or `ForeignIndex` when it was built by another encoder.
    """
    return load_version(folder / store.current_version(folder), encoder)


def load_version(version: Path, encoder: Encoder) -> Snapshot:
    """The version at this very path, with the same checks."""
    manifest = store.read_manifest(version)
    _check_encoder(manifest, encoder, version)
    try:
        return Snapshot(
            version=version.name,
            manifest=manifest,
            articles=_ARTICLES.validate_json((version / "articles.json").read_bytes()),
            drawings=store.load(Texts, version, "drawings"),
            exact=store.load(Integers, version, "exact"),
            texts=store.load(Texts, version, "texts"),
            matcher=store.load(Matcher, version, "matcher"),
            ranking=store.load(Ranking, version, "ranking"),
            confidence=store.load(Confidence, version, "confidence"),
            speller=store.load(Speller, version, "speller"),
            suggester=store.load(Suggester, version, "suggester"),
            dialogue=store.load(Dialogue, version, "dialogue"),
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, StopIteration) as error:
        remedy = f"Build it again: python -m scripts.build_index --out {version.parent}"
        raise DamagedIndex(f"{version}: cannot be loaded ({error}). {remedy}") from error


def _check_encoder(manifest: dict[str, Any], encoder: Encoder, version: Path) -> None:
    built = manifest.get("encoder")
    asked = {"name": encoder.name, "revision": encoder.revision, "dimension": encoder.dimension}
    if built != asked:
        raise ForeignIndex(
            f"{version}: was built with encoder {built}, but the encoder in use is {asked}. "
            f"Build it again: WENJIN_ENCODER={encoder.name} python -m scripts.build_index --out {version.parent}"
        )
