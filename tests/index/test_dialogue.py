"""Reading a question in its context: what is carried, which facts count, and in which direction."""

from collections.abc import Sequence

import numpy as np
import pytest

from index.articles import Article
from index.dialogue import (
    CHOICE,
    LEANING,
    LEANS_AT,
    SCOPE,
    Alone,
    Carried,
    Reading,
    Turn,
    Weights,
    carry,
    make_case,
    resolve,
    texts_in_context,
)
from index.entries import Entry
from index.rehearsal import DEFAULT

LEARNED = Weights(*(np.array(weights) for weights in DEFAULT))

PLACES = {"a": 0, "b": 1, "c": 2, "d": 3}


def article(id_: str, topics: Sequence[str], related: Sequence[str] = ()) -> Article:
    entry = Entry(id_, f"问题 {id_.upper()}", "答", topics=tuple(topics), related=tuple(related))
    return Article(entry=entry, answer="答", citations=(), passages=(), figures={})


ARTICLES = (
    article("a", ["甲", "乙"], related=["b"]),
    article("b", ["甲"]),
    article("c", ["乙", "甲"]),
    article("d", ["丙"]),
)


def reading(text: str, shares: Sequence[float], in_scope: float) -> Reading:
    """All four entries as candidates, in their order."""
    return Reading(text, np.zeros(2, np.float32), np.arange(4), np.array(shares), in_scope)


EVEN = (0.25, 0.25, 0.25, 0.25)


def alone(
    in_scope: float = 0.1, shares: Sequence[float] = EVEN, leaning: Sequence[float] = (1, 0, 1, 0.4, 0, 1)
) -> Alone:
    found = reading("怎么办", shares, in_scope)
    return Alone(found, in_scope * found.shares, np.array(leaning, float), familiar=0.8, bare=0.9)


@pytest.mark.parametrize(
    ("history", "carried"),
    [
        ([], None),
        ([Turn("你好")], Carried("你好", None)),
        ([Turn("问", "a")], Carried("问", 0)),
        ([Turn("问", "a"), Turn("谢谢")], Carried("问", 0)),
        ([Turn("问", "a"), Turn("再问", "b"), Turn("天气")], Carried("再问", 1)),
        ([Turn("问", "a"), Turn("含糊", None, ("b", "c"))], Carried("含糊", None)),
        ([Turn("问", "gone"), Turn("哦")], Carried("哦", None)),
    ],
)
def test_the_latest_turn_with_a_subject_is_carried(history: list[Turn], carried: Carried | None) -> None:
    assert carry(history, PLACES) == carried


def test_a_question_is_put_after_the_earlier_one_and_after_the_canonical_one() -> None:
    assert texts_in_context("怎么办", Carried("什麼是 A？", 0), ARTICLES) == ["什么是 a? 怎么办", "问题 a 怎么办"]
    assert texts_in_context("怎么办", Carried("问题 A", 0), ARTICLES) == ["问题 a 怎么办"]
    assert texts_in_context("怎么办", Carried("你好", None), ARTICLES) == ["你好 怎么办"]


def test_a_case_tells_the_ties_to_the_entry_that_answered() -> None:
    case = make_case(alone(), [reading("x", EVEN, 0.5)], Carried("问", 0), ARTICLES)
    ties = {id_: tuple(row) for id_, row in zip("abcd", case.choice[:, 3:].tolist(), strict=True)}
    assert CHOICE[3:] == ("same", "related", "topic", "leading_topic")
    assert ties == {"a": (1, 0, 1, 1), "b": (0, 1, 1, 1), "c": (0, 0, 1, 0), "d": (0, 0, 0, 0)}


def test_an_entry_that_a_reading_does_not_have_gets_no_more_than_its_last_one() -> None:
    some = Reading("x", np.zeros(2, np.float32), np.array([3, 1]), np.array([0.9, 0.1]), 0.5)
    case = make_case(alone(), [some], Carried("问", 0), ARTICLES)
    assert np.exp(case.choice[:, 1]) == pytest.approx([0.1, 0.1, 0.1, 0.9])


def test_a_question_that_stands_alone_is_not_bent_and_costs_no_further_reading() -> None:
    def refuse(_: Sequence[str]) -> list[Reading]:
        raise AssertionError("asked for a reading")

    question = alone(0.9, (0.7, 0.1, 0.1, 0.1), leaning=(1, 4.6, 0, 1.5, 2, 0.2))
    assert LEARNED.leans(question.leaning) < LEANS_AT
    resolved = resolve(LEARNED, question, Carried("问", 3), ARTICLES, refuse)
    assert resolved.entries is question.reading.entries
    assert resolved.probabilities is question.probabilities
    assert resolved.details["carried_over"] is None


def test_a_question_that_leans_goes_where_its_context_points() -> None:
    def compare(texts: Sequence[str]) -> list[Reading]:
        return [reading(text, (0.4, 0.4, 0.1, 0.1), 0.95) for text in texts]

    question = alone(0.1)
    resolved = resolve(LEARNED, question, Carried("什么是 A", 0), ARTICLES, compare)
    assert ARTICLES[int(resolved.entries[0])].entry.id == "b"  # related, and of the same topics
    assert resolved.probabilities[0] > question.probabilities.max()
    assert resolved.probabilities.sum() <= 1
    assert list(resolved.probabilities) == sorted(resolved.probabilities, reverse=True)
    assert resolved.details["carried_over"] == {"question": "什么是 A", "id": "a"}
    assert [r["text"] for r in resolved.details["readings"]] == ["什么是 a 怎么办", "问题 a 怎么办"]


@pytest.mark.parametrize(
    ("fact", "rises"), [("in_scope", False), ("refers", True), ("length", False), ("substance", False), ("bare", True)]
)
def test_each_fact_counts_in_its_direction_for_leaning(fact: str, rises: bool) -> None:
    facts = np.array([1, 0, 0, 0.5, 1, 0.5])
    more = facts + np.eye(len(LEANING))[LEANING.index(fact)]
    assert (LEARNED.leans(more) > LEARNED.leans(facts)) is rises


def test_every_fact_counts_for_an_answer_in_context() -> None:
    assert (LEARNED.scope[1:] > 0).all()
    assert (LEARNED.choice > 0).all()
    assert (len(LEARNED.scope), len(LEARNED.choice)) == (len(SCOPE), len(CHOICE))


def test_the_answer_is_a_mixture_of_both_cases() -> None:
    """By hand: leaning with probability 1/2, in scope in context with 1/2, all entries alike there."""
    even = Weights(np.zeros(len(LEANING)), np.zeros(len(SCOPE)), np.zeros(len(CHOICE)))
    case = make_case(alone(0.8, (1, 0, 0, 0)), [reading("x", EVEN, 0.5)], Carried("问", 0), ARTICLES)
    assert even.probabilities(case) == pytest.approx([0.4 + 0.0625, 0.0625, 0.0625, 0.0625])
