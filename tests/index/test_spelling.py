from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.pinyin import syllables_of
from index.spelling import Speller, fit_speller, neighbours, slip_weight
from index.text import normalise

QUESTIONS = [
    *["什么是 lstm", "lstm 的门", "overfitting 怎么办", "怎么防止过拟合", "过拟合的原因"] * 3,
    *["dropout 有什么用", "how to prevent overfitting", "shopping list", "my shopping cart"] * 3,
]


@pytest.fixture(scope="module")
def speller() -> Speller:
    return fit_speller(QUESTIONS, ["answers know regularisation"], syllables_of(QUESTIONS), ["shipping", "elephant"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("zenme fangzhi guonihe", "怎么防止过拟合"),
        ("zěnme fángzhǐ guònǐhé", "怎么防止过拟合"),
        ("怎么防止guonihe", "怎么防止过拟合"),
        ("怎么防止过你和", "怎么防止过拟合"),
        ("overfiting 怎么办", "overfitting 怎么办"),
        ("how to prevent ovefritting", "how to prevent overfitting"),
        ("dropoit 有什么用", "dropout 有什么用"),
        ("shenme shi lstm", "什么是 lstm"),
    ],
)
def test_what_was_meant(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize(
    "text",
    [*sorted(set(QUESTIONS)), "my shipping cart", "regularisation", "shoppings", "lstn2 loss", "¿dónde está?", "", "?"],
)
def test_what_is_known_or_no_slip_stays(speller: Speller, text: str) -> None:
    assert speller.correct(text) == text


@given(st.text(max_size=40))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(_SPELLER.correct(normalise(text)), str)


_SPELLER = fit_speller(QUESTIONS, [], syllables_of(QUESTIONS))


def test_only_genuine_words_near_the_corpus_are_kept(speller: Speller) -> None:
    assert speller.genuine == ["shipping"]  # and no elephants


@pytest.mark.parametrize(
    ("typed", "meant", "weight"),
    [
        ("gradieent", "gradient", 10),  # doubled
        ("gradinet", "gradient", 10),  # changed places
        ("gradirnt", "gradient", 1),  # the key beside it
        ("gradint", "gradient", 1),  # left out
        ("gradixnt", "gradient", 0.1),
        ("pradient", "gradient", 0),  # nobody misses the first letter so far
        ("gradient", "gradients", 0),
        ("rasax", "rasa", 0),
        ("rnb", "rnn", 0.02),
    ],
)
def test_slips_of_fingers_weigh_by_kind(typed: str, meant: str, weight: float) -> None:
    assert slip_weight(typed, meant) == pytest.approx(weight)


def test_neighbours_are_mutual() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    assert all(a in neighbours(b) for a in letters for b in neighbours(a))
    assert set(neighbours("s")) == set("adwezx")
    assert neighbours("1") == ""


def test_a_corpus_without_chinese_reads_no_pinyin() -> None:
    speller: Any = fit_speller(["how to return an item"], [], {})
    assert speller.correct("juanji shenme") == "juanji shenme"
