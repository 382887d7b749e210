"""Normalised text: what is folded into one form, and that the function keeps its promises on any text at all."""

import re
import string
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.text import HAN, key, normalise

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
"""Every code point there is, lone surrogates and unassigned ones included."""


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("ＢａｔｃｈＮｏｒｍ（ＢＮ）！", "batchnorm(bn)!"),
        ("ﬁne-tuning", "fine-tuning"),
        ("x² ① ㎏ ㈱", "x2 1 kg (株)"),
        ("ﾃﾞｰﾀ", "データ"),
        ("cafe\u0301", "caf\u00e9"),
    ],
)
def test_compatible_forms_and_full_width_are_folded(typed: str, folded: str) -> None:
    assert normalise(typed) == folded


@pytest.mark.parametrize(
    ("typed", "folded"),
    [("LSTM 和 ReLU", "lstm 和 relu"), ("STRAẞE straße", "strasse strasse"), ("ΣΊΣΥΦΟΣ", "σίσυφοσ")],
)
def test_case_is_folded(typed: str, folded: str) -> None:
    assert normalise(typed) == folded


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("梯度\u200b爆\u200d炸\ufeff", "梯度爆炸"),
        ("soft\u00admax\u2060", "softmax"),
        ("\u202eabc\u202c", "abc"),
        ("a\x00b\x07c\x1b", "abc"),
        ("\ud800梯度\udfff", "梯度"),
        ("\ue000私有\U000f0000", "私有"),
    ],
)
def test_zero_width_control_private_and_surrogate_characters_vanish(typed: str, folded: str) -> None:
    assert normalise(typed) == folded


def test_an_invisible_character_does_not_keep_a_letter_from_its_accent() -> None:
    assert normalise("e\u200d\u0301") == "é"


def test_white_space_of_every_kind_becomes_single_spaces() -> None:
    assert normalise("\u3000什么\t是\r\n\u00a0卷积 \u2003？\x0b\x85\u2029") == "什么 是 卷积 ?"


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("請問什麼是遞歸神經網絡", "请问什么是递归神经网络"),
        ("損失函數與激勵函數", "损失函数与激励函数"),
        ("梯度消失該怎麼辦", "梯度消失该怎么办"),
        ("乾燥的乾隆皇帝", "干燥的乾隆皇帝"),
    ],
)
def test_traditional_becomes_simplified_and_simplified_stays(traditional: str, simplified: str) -> None:
    assert normalise(traditional) == simplified == normalise(simplified)


@pytest.mark.parametrize("nothing", ["", " \n\t\u3000", "\u200b\ufeff", "\x00\x1f", "\ud800\udfff"])
def test_nothing_printable_normalises_to_the_empty_string(nothing: str) -> None:
    assert normalise(nothing) == ""


@given(ANY_TEXT)
def test_any_text_normalises_to_printable_nfkc_in_single_spaces(text: str) -> None:
    normalised = normalise(text)
    assert not re.search(r"^ | $|  ", normalised)
    assert all(char == " " or not char.isspace() for char in normalised)
    assert {unicodedata.category(char)[0] for char in normalised} <= set("LMNPSZ")
    assert unicodedata.is_normalized("NFKC", normalised)
    normalised.encode("utf-8")


@given(ANY_TEXT)
@example("薴麻")  # OpenCC takes it to 苧, and that to 苎
@example("İΐ\u0345\u0301ŉ")
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_normalising_any_single_character_twice_changes_nothing() -> None:
    once = normalise(" ".join(map(chr, range(0x110000)))).split()
    twice = normalise(" ".join(once)).split()
    assert [(a, b) for a, b in zip(once, twice, strict=True) if a != b] == []


@given(st.text(string.printable, max_size=60))
def test_on_ascii_it_is_lower_case_and_single_spaces(text: str) -> None:
    assert normalise(text) == " ".join(text.lower().split())


@given(st.text("梯度爆炸 aB1。？,-_（）\u3000", max_size=30))
def test_texts_that_differ_in_punctuation_space_and_case_have_one_key(text: str) -> None:
    shouted = "".join(f" {char.upper()}！" for char in text)
    assert key(normalise(shouted)) == key(normalise(text))


def test_the_key_keeps_letters_and_digits_alone() -> None:
    assert key(normalise("R-CNN、Fast_R-CNN（2015）：区别？")) == "rcnnfastrcnn2015区别"


@pytest.mark.parametrize("bare", ["", "？！……", "_ - _", "（）"])
def test_bare_punctuation_has_no_key(bare: str) -> None:
    assert key(normalise(bare)) == ""


@pytest.mark.parametrize("char", "梯㐀\ufa0e\U00020000")
def test_chinese_characters_of_all_planes_are_han(char: str) -> None:
    assert re.fullmatch(f"[{HAN}]", char)


@pytest.mark.parametrize("char", "aあア。々가０")
def test_letters_kana_and_punctuation_are_not_han(char: str) -> None:
    assert not re.fullmatch(f"[{HAN}]", char)
