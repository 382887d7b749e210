import numpy as np
import pytest

from index.transcripts import Transcripts, transcribe


@pytest.fixture(scope="module")
def texts() -> Transcripts:
    syllables = {"门": ["men"], "西安门": ["xi", "an", "men"], "先": ["xian"]}
    return transcribe(["lstm 门", "西安门, 2", "", "先"], syllables)


def test_texts_stand_side_by_side(texts: Transcripts) -> None:
    assert [texts.letters(at) for at in range(4)] == ["lstmmen", "xianmen2", "", "xian"]
    assert texts.starts.tolist() == [0, 6, 11, 12, 14]
    assert texts.text_of(np.array([0, 5, 6, 12])).tolist() == [0, 0, 1, 3]


def test_places_are_the_same_in_every_form(texts: Transcripts) -> None:
    assert texts.as_written("门").tolist() == [4, 8]
    assert [places.tolist() for places in texts.as_sounded("men")] == [[4, 8], [5, 9]]
    assert [places.tolist() for places in texts.as_sounded("xian")] == [[6, 12], [8, 13]]
    assert [places.tolist() for places in texts.as_sounded("lstmm")] == [[0], [5]]
    assert texts.as_initials(["x", "a", "me"]).tolist() == [6]
    assert texts.as_initials(["x", "a", "mi"]).tolist() == []
    assert texts.place(1, 4) == 8


def test_only_what_opens_a_word_is_found_by_its_sound(texts: Transcripts) -> None:
    assert texts.as_written("stm").tolist() == [1]
    assert texts.as_sounded("stm")[0].tolist() == []
    assert texts.as_sounded("en")[0].tolist() == []


def test_nothing_is_found_over_the_end_of_a_text(texts: Transcripts) -> None:
    assert texts.as_written("门西").tolist() == []
    assert texts.as_written("先先").tolist() == []
