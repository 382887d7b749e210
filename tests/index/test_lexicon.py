"""Wording against dense oracles that know the grams by name and keep a vocabulary."""

import zlib
from collections import Counter
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.encoder import Vectors
from index.lexicon import (
    BUCKETS,
    LanguageModel,
    Lexicon,
    bag,
    bucket_rows,
    build_language_model,
    build_lexicon,
    grams,
    join,
)

TEXTS = st.text(alphabet="ab 梯度消", max_size=8)
ROUNDING = 1e-4
"""Of a cosine, from weights in 16 bits."""

DOCUMENTS = st.lists(TEXTS, min_size=1, max_size=6)

PHRASINGS = ["什么是梯度消失", "梯度消失 是啥", "how to train an rnn", "rnn training", "", "训练 rnn 时梯度爆炸爆炸"]


def scores_of(lexicon: Lexicon, text: str) -> list[Vectors]:
    return lexicon.scores(lexicon.hear(bag(text)))


def tfidf(documents: list[str], query: str) -> list[float]:
    """Cosines between TF-IDF vectors over the vocabulary of documents and query together."""
    counts = [Counter(grams(text)) for text in [*documents, query]]
    vocabulary = sorted(set().union(*counts))
    frequency = [sum(gram in count for count in counts[:-1]) for gram in vocabulary]
    idf = np.array([log((1 + len(documents)) / (1 + f)) + 1 for f in frequency])
    rows = np.array([[1 + log(count[gram]) if gram in count else 0.0 for gram in vocabulary] for count in counts])
    rows = (rows * idf).reshape(len(counts), -1)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(lengths > 0, lengths, 1)
    return [float(row @ rows[-1]) for row in rows[:-1]]


def query_likelihood(phrasings: list[str], labels: list[int], entries: int, query: str) -> list[float]:
    """Zhai & Lafferty's equation 6 over the square root of the number of known grams, gram by gram."""
    sets = [set(grams(text)) for text in phrasings]
    everywhere = Counter(gram for held in sets for gram in held)
    total = sum(everywhere.values()) + len(everywhere)
    known = set(grams(query)) & set(everywhere)
    scores = []
    for entry in range(entries):
        counts = Counter(gram for held, label in zip(sets, labels, strict=True) if label == entry for gram in held)
        score = len(known) * log(LanguageModel.MASS / (sum(counts.values()) + LanguageModel.MASS))
        for gram in known:
            share = (everywhere[gram] + 1) / total
            score += log(1 + counts[gram] / (LanguageModel.MASS * share))
        scores.append(score / sqrt(max(len(known), 1)))
    return scores


def test_chinese_is_cut_into_runs_of_one_to_three_characters() -> None:
    assert Counter(grams("梯度消失")) == Counter(["梯", "度", "消", "失", "梯度", "度消", "消失", "梯度消", "度消失"])


def test_latin_is_cut_into_words_pairs_and_pieces() -> None:
    assert Counter(grams("an rnn")) == Counter(
        ["w:an", "w:rnn", "b:an rnn"]
        + ["c:" + piece for piece in (" a", "an", "n ", " r", "rn", "nn", "n ")]
        + ["c:" + piece for piece in (" an", "an ", "n r", " rn", "rnn", "nn ")]
        + ["c:" + piece for piece in (" an ", "an r", "n rn", " rnn", "rnn ")]
        + ["c:" + piece for piece in (" an r", "an rn", "n rnn", " rnn ")]
    )


def test_chinese_and_latin_do_not_run_into_each_other() -> None:
    assert {"w:rnn", "梯度"} <= set(grams("rnn梯度"))
    assert not any(set(gram[2:]) & set("梯度") for gram in grams("rnn梯度") if ":" in gram)


def test_punctuation_and_underscores_are_no_grams() -> None:
    assert grams("?!，。__") == []
    assert set(grams("梯，度")) == {"梯", "度"}


@given(TEXTS)
@settings(max_examples=50)
def test_a_bag_holds_each_gram_once_with_the_logarithm_of_its_count(text: str) -> None:
    hashes, counted = bag(text)
    expected = {zlib.crc32(gram.encode()): 1 + log(count) for gram, count in Counter(grams(text)).items()}
    assert hashes.tolist() == sorted(expected)
    assert counted.tolist() == pytest.approx([expected[number] for number in hashes.tolist()], rel=1e-6)


@given(DOCUMENTS, TEXTS)
@settings(max_examples=80)
def test_lexical_scores_equal_a_dense_oracle(documents: list[str], query: str) -> None:
    [scores] = scores_of(build_lexicon([bag(text) for text in documents]), query)
    np.testing.assert_allclose(scores, tfidf(documents, query), atol=ROUNDING)


@given(st.lists(st.lists(TEXTS, max_size=4), min_size=1, max_size=3), TEXTS)
@settings(max_examples=80)
def test_fields_of_one_lexicon_score_as_if_each_were_alone(fields: list[list[str]], query: str) -> None:
    bags = [[bag(text) for text in documents] for documents in fields]
    scores = scores_of(build_lexicon(*bags), query)
    assert [len(part) for part in scores] == [len(documents) for documents in fields]
    for part, documents in zip(scores, fields, strict=True):
        np.testing.assert_allclose(part, tfidf(documents, query), atol=ROUNDING)


@pytest.mark.parametrize(("documents", "size"), [(256, 3), (257, 4), (65_536, 4), (65_537, 6)])
def test_a_posting_is_as_small_as_the_number_of_documents_allows(
    documents: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.lexicon.COMMON", documents)
    postings = build_lexicon([bag("a")] * documents).postings
    assert postings.documents.itemsize + postings.weights.itemsize == size
    np.testing.assert_array_equal(np.unique(postings.documents), np.arange(documents))


@pytest.mark.parametrize(("common", "share"), [(2, 0), (0, 2 / 7)])
def test_a_gram_that_too_many_documents_hold_is_as_if_nobody_wrote_it(
    common: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.lexicon.COMMON", common)
    monkeypatch.setattr("index.lexicon.COMMON_SHARE", share)
    common_too = ["梯·度", "梯·消", "梯·度", "爆·炸", "消·失", "失·炸", "梯"]
    without = ["度", "消", "度", "爆·炸", "消·失", "失·炸", ""]
    lexicon, reduced = (build_lexicon([bag(text) for text in texts]) for texts in (common_too, without))
    for query in ("梯·度", "梯·消·天", "梯"):
        expected = scores_of(reduced, query.replace("梯", "·"))[0]
        np.testing.assert_allclose(scores_of(lexicon, query)[0], expected, atol=ROUNDING)
    held = np.diff(lexicon.postings.starts)[lexicon.hear(bag("梯")).at]
    assert held.tolist() == [0]


def test_a_document_is_wholly_similar_to_itself() -> None:
    lexicon = build_lexicon([bag(text) for text in PHRASINGS])
    for at, text in enumerate(PHRASINGS):
        assert scores_of(lexicon, text)[0][at] == pytest.approx(1 if text else 0, abs=ROUNDING)


def test_unknown_grams_make_a_query_less_similar() -> None:
    lexicon = build_lexicon([bag("梯度消失"), bag("卷积")])
    alone, diluted, foreign = (scores_of(lexicon, text)[0][0] for text in ("梯度", "梯度天气", "天气"))
    assert alone > diluted > foreign == 0


@pytest.mark.parametrize("query", ["", "，。", "zzz"])
def test_a_query_without_known_grams_scores_nothing(query: str) -> None:
    bags = [bag(text) for text in ("梯度消失", "卷积")]
    lexicon = build_lexicon(bags)
    assert scores_of(lexicon, query)[0].tolist() == [0, 0]
    model = build_language_model(lexicon, bags, np.array([0, 1]), 2)
    assert model.scores(lexicon.hear(bag(query))).tolist() == [0, 0]


def test_a_lexicon_of_nothing_answers_with_nothing() -> None:
    assert scores_of(build_lexicon([]), "梯度")[0].shape == (0,)
    assert scores_of(build_lexicon([bag("")]), "梯度")[0].tolist() == [0]


@given(st.lists(st.tuples(TEXTS, st.integers(0, 2)), min_size=1, max_size=6), TEXTS)
@settings(max_examples=80)
def test_language_scores_equal_the_formula(phrasings: list[tuple[str, int]], query: str) -> None:
    texts, labels = [text for text, _ in phrasings], [label for _, label in phrasings]
    bags = [bag(text) for text in texts]
    lexicon = build_lexicon(bags, [bag(query)])  # what only another field holds counts as unknown
    model = build_language_model(lexicon, bags, np.array(labels), 3)
    np.testing.assert_allclose(
        model.scores(lexicon.hear(bag(query))), query_likelihood(texts, labels, 3, query), atol=1e-4
    )


@given(st.lists(TEXTS, max_size=4))
@settings(max_examples=50)
def test_a_join_counts_the_grams_of_all_texts(texts: list[str]) -> None:
    hashes, counted = join([bag(text) for text in texts])
    expected = Counter(zlib.crc32(gram.encode()) for text in texts for gram in grams(text))
    assert hashes.tolist() == sorted(expected)
    assert counted.tolist() == pytest.approx([1 + log(expected[number]) for number in hashes.tolist()], rel=1e-4)


def test_bucket_rows_are_signed_weights_summed_by_hash() -> None:
    bags = [bag(text) for text in PHRASINGS]
    lexicon = build_lexicon(bags)
    for row, (hashes, counted) in zip(bucket_rows([lexicon.hear(it) for it in bags], lexicon, 0), bags, strict=True):
        expected = np.zeros(BUCKETS)
        for number, count in zip(hashes.tolist(), counted.tolist(), strict=True):
            holding = sum(number in held.tolist() for held, _ in bags)
            idf = log((1 + len(bags)) / (1 + holding)) + 1
            expected[number % BUCKETS] += (1 if number >= 2**31 else -1) * count * idf
        expected /= np.linalg.norm(expected) or 1
        np.testing.assert_allclose(row, expected, atol=1e-5)


def test_bucket_rows_pass_over_unknown_grams() -> None:
    lexicon = build_lexicon([bag("梯度")], [bag("xyz")])  # what another field holds is unknown to this one
    alone, mixed, foreign = bucket_rows([lexicon.hear(bag(it)) for it in ("梯度", "梯度 xyz", "xyz")], lexicon, 0)
    np.testing.assert_allclose(mixed, alone, atol=1e-6)
    assert not foreign.any()
