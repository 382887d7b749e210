"""Search and signals against direct computation. What words contribute is taken from `Lexicon` and
`LanguageModel`, which have oracles of their own."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from index.adapter import unit
from index.classifier import fit_classifier
from index.encoder import Vectors
from index.lexicon import Bag, bag, bucket_rows, build_language_model, build_lexicon, join
from index.matcher import (
    CANDIDATES,
    CONTEXTS,
    NEAREST,
    SIGNALS,
    WORDS,
    Candidates,
    Matcher,
    Words,
    _means_of_best,
    fit_matcher,
)
from index.rows import Rows

ENTRIES = 5
EIGHT = 0.015  # how far a cosine of six dimensions may be moved by the eight bits in which searched rows are kept
SIXTEEN = 1e-4  # and a lexical one by the sixteen in which weights are kept
TEXTS = [
    ["怎样退货", "退货流程是什么", "return an item"],
    ["退款多久到账", "refund time", "退款什么时候到"],
    ["忘记密码", "reset my password", "登录不上"],
    ["开发票", "invoice please", "电子发票怎么开"],
    ["积分规则", "loyalty points", "积分过期吗"],
]
DECLINED = ["今天天气怎么样", "tell me a joke", "发票多少钱一斤"]
PASSAGES = [
    (0, "十四天内可以退货"),
    (0, "选择申请退货"),
    (1, "三个工作日内到账"),
    (3, "填写抬头与税号"),
    (4, "两年后过期"),
]
ASKED = ["怎么退货", "refund 多久", "发票抬头", "今天天气好吗", "password points"]


def random_unit(rows: int, dimension: int = 6, seed: int = 7) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32))


def tiny_rows() -> tuple[Rows, Rows]:
    """Questions, out-of-scope ones in between, and passages; vectors know nothing of the texts."""
    texts = [(label, text) for label, group in enumerate(TEXTS) for text in group]
    texts[4:4] = [(-1, text) for text in DECLINED]
    vectors = random_unit(len(texts))
    questions = Rows(vectors, [bag(text) for _, text in texts], np.array([label for label, _ in texts]))
    passages = Rows(
        random_unit(len(PASSAGES), seed=8),
        [bag(text) for _, text in PASSAGES],
        np.array([label for label, _ in PASSAGES]),
    )
    return questions, passages


@pytest.fixture(scope="module")
def rows() -> tuple[Rows, Rows]:
    return tiny_rows()


@pytest.fixture(scope="module")
def matcher(rows: tuple[Rows, Rows]) -> Matcher:
    return fit_matcher(*rows, ENTRIES)


@pytest.fixture(scope="module")
def asked() -> Rows:
    return Rows(random_unit(len(ASKED), seed=9), [bag(text) for text in ASKED], np.zeros(len(ASKED), np.int64))


@pytest.fixture(scope="module")
def found(matcher: Matcher, asked: Rows) -> Candidates:
    return matcher.candidates(asked.vectors, asked.bags)


def signal(found: Candidates, name: str) -> NDArray[np.float32]:
    """(q, entries): what the candidates say, put back in the order of the entries."""
    values = np.full((len(found.entries), ENTRIES), np.nan, np.float32)
    np.put_along_axis(values, found.entries, found.signals[..., SIGNALS.index(name)], axis=1)
    return values


def words_of(matcher: Matcher, bags: Sequence[Bag]) -> list[Words]:
    return [matcher.compare_words(words) for words in bags]


def best(values: NDArray[np.float32], count: int) -> float:
    """Mean of the `count` highest."""
    return float(np.mean(np.sort(values)[::-1][:count]))


@pytest.mark.parametrize("count", [1, 3, 4])
def test_the_mean_of_the_best_equals_a_slow_oracle(count: int) -> None:
    generator = np.random.default_rng(count)
    for _ in range(8):
        scores = -np.sort(-generator.normal(size=15).astype(np.float32))
        labels = generator.integers(-2, 8, size=15)  # below 0 and above 5 are to be passed over
        own = [scores[labels == group].tolist()[:count] for group in range(6)]
        expected = [np.mean(group + [scores.min()] * (count - len(group))) for group in own]
        np.testing.assert_allclose(_means_of_best(scores, labels, [count] * 6), expected, atol=1e-6)


def test_the_mean_of_the_best_of_no_hits_is_nought() -> None:
    assert _means_of_best(np.zeros(0, np.float32), np.zeros(0, np.int64), [2] * 3).tolist() == [0] * 3


def test_nearest_is_the_cosine_of_the_nearest_phrasing(rows: tuple[Rows, Rows], asked: Rows, found: Candidates) -> None:
    questions, _ = rows
    for entry in range(ENTRIES):
        expected = (asked.vectors @ questions.vectors[questions.labels == entry].T).max(axis=1)
        np.testing.assert_allclose(signal(found, "nearest")[:, entry], expected, atol=EIGHT)


def test_mean_is_the_cosine_of_the_unit_mean(rows: tuple[Rows, Rows], asked: Rows, found: Candidates) -> None:
    questions, _ = rows
    for entry in range(ENTRIES):
        mean = questions.vectors[questions.labels == entry].mean(axis=0)
        np.testing.assert_allclose(
            signal(found, "mean")[:, entry], asked.vectors @ mean / np.linalg.norm(mean), atol=1e-5
        )


def test_neighbours_is_the_mean_of_four_with_the_farthest_hit_for_a_missing_one(
    rows: tuple[Rows, Rows], asked: Rows, found: Candidates
) -> None:
    questions, _ = rows
    own = np.stack([questions.vectors[questions.labels == entry] for entry in range(ENTRIES)])
    centres = unit(own.mean(axis=1))
    for at, vector in enumerate(asked.vectors):
        farthest = min((questions.vectors @ vector).min(), (centres @ vector).min())
        expected = [best(np.append(group @ vector, farthest), 4) for group in own]  # three phrasings each
        np.testing.assert_allclose(signal(found, "neighbours")[at], expected, atol=EIGHT)


def test_passage_signals_are_of_the_nearest_passage(rows: tuple[Rows, Rows], asked: Rows, found: Candidates) -> None:
    _, passages = rows
    cosines = asked.vectors @ passages.vectors.T
    lexicon = build_lexicon(passages.bags)
    words = np.stack([lexicon.scores(lexicon.hear(words))[0] for words in asked.bags])
    for entry in range(ENTRIES):
        own = passages.labels == entry
        # Without a passage: the farthest of all, and no words in common.
        expected = cosines[:, own].max(axis=1) if own.any() else cosines.min(axis=1)
        np.testing.assert_allclose(signal(found, "passage")[:, entry], expected, atol=EIGHT)
        expected = words[:, own].max(axis=1) if own.any() else np.zeros(len(ASKED))
        np.testing.assert_allclose(signal(found, "passage_words")[:, entry], expected, atol=SIXTEEN)


def test_line_and_document_are_lexical_cosines(rows: tuple[Rows, Rows], asked: Rows, found: Candidates) -> None:
    questions, _ = rows
    lines = build_lexicon(questions.bags)
    documents = build_lexicon([join([bag(text) for text in group]) for group in TEXTS])
    for at, words in enumerate(asked.bags):
        [each] = lines.scores(lines.hear(words))
        expected = [each[questions.labels == entry].max() for entry in range(ENTRIES)]
        np.testing.assert_allclose(signal(found, "line")[at], expected, atol=SIXTEEN)
        expected = documents.scores(documents.hear(words))[0]
        np.testing.assert_allclose(signal(found, "document")[at], expected, atol=SIXTEEN)


def test_language_is_learned_from_phrasings_in_scope_only(
    rows: tuple[Rows, Rows], asked: Rows, found: Candidates
) -> None:
    questions, _ = rows
    inside = questions.only(questions.labels >= 0)
    lexicon = build_lexicon(inside.bags)
    model = build_language_model(lexicon, inside.bags, inside.labels, ENTRIES)
    expected = np.stack([model.scores(lexicon.hear(words)) for words in asked.bags])
    np.testing.assert_allclose(signal(found, "language"), expected, atol=1e-5)


def test_the_classifier_sees_vectors_adapted_and_centred_and_words(
    rows: tuple[Rows, Rows], asked: Rows, found: Candidates
) -> None:
    questions, _ = rows
    lines = build_lexicon(questions.bags)

    def features(part: Rows) -> Vectors:
        # So few phrasings leave the adapter the identity, with a centre of nought.
        return np.hstack(
            [part.vectors, part.vectors, WORDS * bucket_rows([lines.hear(words) for words in part.bags], lines, 0)]
        )

    inside = questions.only(questions.labels >= 0)
    classifier = fit_classifier(features(inside), inside.labels, ENTRIES)
    np.testing.assert_allclose(signal(found, "classifier"), classifier(features(asked)), atol=1e-3)


def test_contexts_tell_how_near_the_questions_to_decline_are(
    rows: tuple[Rows, Rows], asked: Rows, found: Candidates
) -> None:
    questions, _ = rows
    declined = questions.labels < 0
    cosines = asked.vectors @ questions.vectors[declined].T
    lexicon = build_lexicon(questions.bags)
    lines = np.stack([lexicon.scores(lexicon.hear(words))[0] for words in asked.bags])[:, declined]
    expected = np.column_stack([cosines.max(axis=1), cosines.mean(axis=1), lines.max(axis=1)])
    np.testing.assert_allclose(found.contexts, expected, atol=EIGHT)
    assert found.contexts[3, CONTEXTS.index("line_declined")] > 0.5  # 今天天气好吗


def test_without_questions_to_decline_contexts_are_as_far_as_the_farthest_row(
    rows: tuple[Rows, Rows], asked: Rows
) -> None:
    questions, passages = rows
    inside = questions.only(questions.labels >= 0)
    contexts = fit_matcher(inside, passages, ENTRIES).candidates(asked.vectors, asked.bags).contexts
    np.testing.assert_allclose(contexts[:, 0], (asked.vectors @ inside.vectors.T).min(axis=1), atol=EIGHT)
    assert not contexts[:, 2].any()


def test_candidates_come_in_the_order_of_their_signals_in_units_of_spread(matcher: Matcher, found: Candidates) -> None:
    promise = (found.signals / matcher.scale).sum(axis=2)
    assert np.array_equal(promise, -np.sort(-promise, axis=1))
    assert all(sorted(row) == list(range(ENTRIES)) for row in found.entries.tolist())


def test_of_many_entries_only_the_most_promising_are_handed_on() -> None:
    entries = CANDIDATES + 4
    labels = np.repeat(np.arange(entries), 2)
    questions = Rows(random_unit(len(labels), 16), [bag(f"问题{label}") for label in labels.tolist()], labels)
    none = questions.take(np.zeros(0, np.int64))
    matcher = fit_matcher(questions, none, entries)
    found = matcher.candidates(questions.vectors, questions.bags)
    assert found.entries.shape == (len(labels), CANDIDATES)
    every = matcher.weigh(matcher.compare(questions.vectors, words_of(matcher, questions.bags)), most=entries)
    assert [sorted(row) for row in every.entries.tolist()] == [list(range(entries))] * len(labels)
    assert all(label in row for label, row in zip(labels.tolist(), found.entries.tolist(), strict=True))


def test_an_entry_beyond_the_reach_of_the_search_is_credited_with_the_farthest_hit() -> None:
    generator = np.random.default_rng(11)
    crowd = unit(np.eye(1, 8) + generator.normal(size=(NEAREST + 40, 8)).astype(np.float32) * 0.1)
    lonely = -np.eye(1, 8, dtype=np.float32)
    vectors = unit(np.concatenate([crowd, lonely]).astype(np.float32))
    questions = Rows(vectors, [bag("问")] * len(vectors), np.append(np.zeros(len(crowd), np.int64), 1))
    asked = np.eye(1, 8, dtype=np.float32)
    fitted = fit_matcher(questions, questions.take(np.zeros(0, np.int64)), 2)
    found = fitted.candidates(asked, [bag("问")])
    nearest = found.signals[0, found.entries[0] == 1, SIGNALS.index("nearest")][0]
    _, hits = fitted.adapted.search(fitted.adapter(asked), NEAREST)
    hits = hits[0][hits[0] < len(vectors)]
    assert len(vectors) - 1 not in hits
    assert nearest == pytest.approx(float((vectors[hits] @ asked[0]).min()), abs=EIGHT)
    assert fitted.nearest_row(1, fitted.compare(asked, words_of(fitted, [bag("问")]))[0]) == len(vectors) - 1


def test_the_nearest_row_is_one_of_the_entry(matcher: Matcher, asked: Rows) -> None:
    for entry in range(ENTRIES):
        own = matcher.rows_of(entry)
        expected = own[np.argmax(matcher.vectors.cosines(own, asked.vectors[0]))]
        assert (
            matcher.nearest_row(entry, matcher.compare(asked.vectors[:1], words_of(matcher, asked.bags[:1]))[0])
            == expected
        )


def test_the_best_passage_counts_among_the_entrys_own(matcher: Matcher, rows: tuple[Rows, Rows]) -> None:
    _, passages = rows
    for at, found in enumerate(matcher.compare(passages.vectors, words_of(matcher, passages.bags))):
        entry = PASSAGES[at][0]
        assert matcher.best_passage(entry, found) == at - passages.labels.tolist().index(entry)
        assert matcher.best_passage(2, found) is None


def test_with_an_adapter_means_neighbours_and_the_classifiers_features_are_adapted() -> None:
    each = 16  # enough for the adapter to learn
    labels = np.repeat(np.arange(ENTRIES), each)
    questions = Rows(random_unit(len(labels), 8), [bag(f"{n} 问") for n in range(len(labels))], labels)
    asked = random_unit(3, 8, seed=9)
    fitted = fit_matcher(questions, questions.take(np.zeros(0, np.int64)), ENTRIES)
    assert fitted.adapter.shrinkage is not None
    found = fitted.candidates(asked, [bag("问")] * 3)
    rows, adapted = fitted.adapter(questions.vectors), fitted.adapter(asked)
    words = WORDS * bucket_rows([fitted.lexicon.hear(bag("问"))] * 3, fitted.lexicon, 1)
    features = np.hstack([adapted, unit(asked - questions.vectors.mean(axis=0)), words])
    assert fitted.classifier is not None
    np.testing.assert_allclose(signal(found, "classifier"), fitted.classifier(features), atol=1e-4)
    for entry in range(ENTRIES):
        own = rows[labels == entry]
        mean = own.mean(axis=0) / np.linalg.norm(own.mean(axis=0))
        np.testing.assert_allclose(signal(found, "mean")[:, entry], adapted @ mean, atol=1e-5)
        expected = [best(own @ vector, 4) for vector in adapted]
        np.testing.assert_allclose(signal(found, "neighbours")[:, entry], expected, atol=EIGHT)
        plain = (asked @ questions.vectors[labels == entry].T).max(axis=1)
        np.testing.assert_allclose(signal(found, "nearest")[:, entry], plain, atol=EIGHT)


def test_questions_asked_together_or_alone_get_the_same(matcher: Matcher, asked: Rows, found: Candidates) -> None:
    for at in range(len(ASKED)):
        alone = matcher.candidates(asked.vectors[at : at + 1], asked.bags[at : at + 1])
        assert np.array_equal(alone.entries[0], found.entries[at])
        np.testing.assert_allclose(alone.signals[0], found.signals[at], atol=1e-5)
        np.testing.assert_allclose(alone.contexts[0], found.contexts[at], atol=1e-5)
