import math

import pytest

from index.pinyin import fit_sounds, syllables_of
from index.sounds import Sounds

QUESTIONS = [
    "卷积神经网络的原理",
    "卷积层是什么",
    "卷积核的大小怎么选",
    "怎么防止过拟合",
    "过拟合是什么",
    "过拟合怎么办",
    "长短期记忆网络的门",
    "lstm 的门控单元",
    "学习率策略",
    "为什么要归一化",
]


@pytest.fixture(scope="module")
def sounds() -> Sounds:
    return fit_sounds(QUESTIONS, ["被动学习率"] * 2, syllables_of(QUESTIONS))


def test_letters_join_syllables_and_keep_what_has_none(sounds: Sounds) -> None:
    assert sounds.letters("过你和") == "guonihe"
    assert sounds.letters("bn层") == "bnceng"


@pytest.mark.parametrize("typed", ["juan ji shen jing wang luo", "juanjishenjingwangluo", "juanji shenjing wangluo"])
def test_pinyin_is_read_as_the_corpus_writes_it(sounds: Sounds, typed: str) -> None:
    assert sounds.spell_out(typed.split(), {}) == "卷积神经网络"


def test_latin_words_stay_among_pinyin(sounds: Sounds) -> None:
    assert sounds.spell_out(["lstm", "demenkong"], {"lstm": math.log(0.1)}) == "lstm 的门控"


def test_what_is_no_pinyin_stays(sounds: Sounds) -> None:
    assert sounds.spell_out(["pytorch", "dataloader"], {}) == "pytorch dataloader"


def test_a_run_never_starts_in_the_middle_of_a_syllable(sounds: Sounds) -> None:
    assert sounds.spell_out(["be", "i"], {}) == "be i"


def test_both_spellings_of_a_syllable_are_read(sounds: Sounds) -> None:
    assert sounds.spell_out(["celve"], {}) == sounds.spell_out(["celue"], {}) == "策略"


def test_words_of_the_same_sound_are_mended(sounds: Sounds) -> None:
    assert sounds.mend("怎么防止过你和") == "怎么防止过拟合"
    assert sounds.mend("卷机神经网络") == "卷积神经网络"


@pytest.mark.parametrize("known", ["卷积神经网络", "被动学习率", "天气怎么样", ""])
def test_what_is_known_or_sounds_like_nothing_known_stays(sounds: Sounds, known: str) -> None:
    assert sounds.mend(known) == known


def test_a_pair_that_the_corpus_knows_is_not_torn_apart() -> None:
    questions = ["卷积层"] * 9 + ["积极分子"]
    sounds = fit_sounds(questions, [], syllables_of(questions))
    assert sounds.mend("卷极层") == "卷积层"
    assert sounds.mend("一卷积极分子") == "一卷积极分子"


def test_a_corpus_without_chinese_has_no_sounds() -> None:
    sounds = fit_sounds(["how to return"], [], {})
    assert sounds.letters("退") == "退"
    assert sounds.mend("退货") == "退货"
