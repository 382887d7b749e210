import pytest

from index.courtesy import without_courtesy
from index.text import normalise


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("您好，什么是卷积？谢谢！", "什么是卷积?"),
        ("你好，我想请教一下，什么是卷积", "什么是卷积"),
        ("不好意思打扰了，想问问大家：什么是卷积？多谢指点", "什么是卷积?"),
        ("请问一下各位，什么是卷积，先谢过啦", "什么是卷积"),
        ("麻烦问一下，什么是卷积，感谢！", "什么是卷积"),
        ("老师好，什么是卷积，辛苦了", "什么是卷积"),
        ("Hi there, what is convolution? Thanks a lot!", "what is convolution?"),
        ("Excuse me, could you please tell me: what is convolution", "what is convolution"),
        ("Sorry to bother you, what is convolution? Many thanks in advance.", "what is convolution?"),
    ],
)
def test_courtesies_go(said: str, asked: str) -> None:
    assert without_courtesy(normalise(said)) == asked


@pytest.mark.parametrize(
    "text",
    [
        "你好",
        "谢谢！",
        "hi there",
        "thank you",
        "请问什么是卷积",  # part of the sentence
        "can you move my money to my savings",
        "could you tell me how convolution works",
        "hello world 程序",
        "大家都用 relu",
        "../../etc",
        "",
    ],
)
def test_what_is_no_clause_of_its_own_or_all_there_is_stays(text: str) -> None:
    normalised = normalise(text)
    assert without_courtesy(normalised) == normalised


def test_a_long_text_of_stops_takes_no_time() -> None:
    assert without_courtesy("," * 1000) == "," * 1000
    assert without_courtesy("你好," * 250) == "你好," * 250
