"""One question in, one decided answer out, on the toy index."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import store
from index.answerer import Answerer
from index.answers import Answer, Match
from index.build import build_index
from index.confidence import Confidence, Status
from index.dialogue import Turn
from index.errors import DamagedIndex, ForeignIndex, MissingIndex
from index.reader import read_corpus
from index.text import normalise
from tests.conftest import TOY_ENTRIES, ToyEncoder, ToyEntry, write_toy_corpus

GIBBERISH = "qwrtz plmokn"


def publish(folder: Path, word: str) -> str:
    """Build an index whose one entry answers with `word`; its version."""
    path = folder.parent / f"{word}.jsonl"
    entry = {"id": word, "question": "怎么退货", "answer": word}
    path.write_text(json.dumps(entry, ensure_ascii=False), "utf-8")
    return build_index(read_corpus(path), ToyEncoder(), folder).version


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of an index that answers "old"."""
    publish(tmp_path / "built", "old")
    return tmp_path / "built"


def words_of(answerer: Answerer) -> str:
    article = answerer.ask("怎么退货").article
    assert article is not None
    return article.answer


def ways_of_asking(answerer: Answerer, id_: str) -> list[str]:
    snapshot = answerer.snapshot
    at = [article.entry.id for article in snapshot.articles].index(id_)
    return [snapshot.texts[row] for row in snapshot.matcher.rows_of(at).tolist()]


@pytest.mark.parametrize("entry", TOY_ENTRIES, ids=lambda entry: entry.id)
def test_a_canonical_question_is_matched_exactly(toy_answerer: Answerer, entry: ToyEntry) -> None:
    answer = toy_answerer.ask(entry.question)
    assert (answer.status, answer.match, answer.confidence) == (Status.ANSWERED, Match.EXACT, 1.0)
    assert answer.matched_question == entry.question
    assert answer.article is not None
    assert answer.article.entry.id == answer.candidates[0].id == entry.id


@pytest.mark.parametrize("entry", TOY_ENTRIES, ids=lambda entry: entry.id)
def test_a_phrasing_is_matched_word_for_word(toy_answerer: Answerer, entry: ToyEntry) -> None:
    for line in entry.phrasings.splitlines():
        if line and not line.startswith("# "):
            answer = toy_answerer.ask(line)
            assert (answer.match, answer.confidence, answer.matched_question) == (Match.PHRASING, 1.0, line)
            assert answer.candidates[0].id == entry.id


@pytest.mark.parametrize(
    ("asked", "matched", "match"),
    [
        ("  商品不满意，怎么退货", "商品不满意怎么退货？", Match.EXACT),
        ("請問退货要怎么办理", "請問退貨要怎麼辦理", Match.PHRASING),
        ("ＲＥＳＥＴ password!!", "reset password", Match.PHRASING),
    ],
)
def test_word_for_word_overlooks_script_width_case_and_punctuation(
    toy_answerer: Answerer, asked: str, matched: str, match: Match
) -> None:
    answer = toy_answerer.ask(asked)
    assert (answer.matched_question, answer.match, answer.confidence) == (matched, match, 1.0)


@pytest.mark.parametrize(
    ("asked", "entry"),
    [("发票抬头错了", "invoice-title"), ("积分怎么用", "points"), ("密码忘记了怎么办", "password")],
)
def test_other_words_are_matched_by_meaning_with_a_confidence_below_one(
    toy_answerer: Answerer, asked: str, entry: str
) -> None:
    answer = toy_answerer.ask(asked)
    assert (answer.status, answer.match) == (Status.ANSWERED, Match.MEANING)
    assert answer.article is not None
    assert answer.article.entry.id == entry
    assert 0.5 < answer.confidence < 1
    assert answer.matched_question in ways_of_asking(toy_answerer, entry)


def test_a_probability_next_to_one_is_not_shown_as_certainty(
    toy_answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Confidence, "probabilities", lambda _, __, scores: np.eye(1, scores.shape[1]) * 0.99996)
    answer = toy_answerer.ask("钱几天可以退回来呀")
    assert (answer.match, answer.confidence) == (Match.MEANING, 0.9999)
    assert answer.candidates[0].confidence == 0.9999


@pytest.mark.parametrize("asked", ["门店几点开门", "門店幾點開門？", "tell me a JOKE"])
def test_a_question_to_decline_is_declined_word_for_word(toy_answerer: Answerer, asked: str) -> None:
    answer = toy_answerer.ask(asked)
    assert (answer.status, answer.confidence) == (Status.NO_ANSWER, 0.0)
    assert {candidate.confidence for candidate in answer.candidates} == {0.0}


def test_a_question_to_decline_is_declined_even_when_it_sounds_like_an_entry(tmp_path: Path) -> None:
    corpus = write_toy_corpus(tmp_path / "corpus")
    with (corpus / "out_of_scope.txt").open("a", encoding="utf-8") as file:
        file.write("商品不满意，要怎么退货呢？\n")
    build_index(read_corpus(corpus), ToyEncoder(), tmp_path / "built")
    answer = Answerer(ToyEncoder(), tmp_path / "built").ask("商品不满意，要怎么退货呢？", explain=True)
    assert answer.explain is not None
    assert answer.explain["in_scope"] > 0.01  # by itself it would have had some confidence
    assert (answer.status, answer.confidence) == (Status.NO_ANSWER, 0.0)


def test_what_is_not_answered_holds_candidates_and_nothing_else(toy_answerer: Answerer) -> None:
    answer = toy_answerer.ask("门店几点开门")
    assert answer.status is Status.NO_ANSWER
    assert (answer.article, answer.matched_question, answer.match, answer.passage) == (None,) * 4
    assert answer.citations == ()
    assert len(answer.candidates) == 3


def test_a_threshold_of_nought_answers_whatever_is_asked(toy_answerer: Answerer) -> None:
    answer = toy_answerer.ask(GIBBERISH, threshold=0.0)
    assert (answer.status, answer.match) == (Status.ANSWERED, Match.MEANING)
    assert answer.article is not None
    assert answer.article.entry.id == answer.candidates[0].id
    assert answer.confidence == toy_answerer.ask(GIBBERISH).confidence


def test_a_threshold_above_one_answers_nothing(toy_answerer: Answerer) -> None:
    answer = toy_answerer.ask("商品不满意怎么退货？", threshold=1.01)
    assert (answer.status, answer.confidence) == (Status.CLARIFY, 1.0)


@pytest.mark.parametrize("asked", ["退货怎么弄", "商品不满意怎么退货？", "门店几点开门", GIBBERISH])
def test_candidates_are_distinct_and_come_best_first(toy_answerer: Answerer, asked: str) -> None:
    answer = toy_answerer.ask(asked, top=20)
    confidences = [candidate.confidence for candidate in answer.candidates]
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] == answer.confidence
    assert sum(confidences) <= 1.001  # rounded to four digits each
    assert {candidate.id for candidate in answer.candidates} == {entry.id for entry in TOY_ENTRIES}


@pytest.mark.parametrize("top", [1, 2, 5])
def test_as_many_candidates_are_given_as_asked_for(toy_answerer: Answerer, top: int) -> None:
    assert toy_answerer.ask("退货怎么弄", top=top).candidates == toy_answerer.ask("退货怎么弄", top=8).candidates[:top]


@pytest.mark.parametrize("entry", TOY_ENTRIES, ids=lambda entry: entry.id)
def test_a_passage_is_that_piece_of_the_answer(toy_answerer: Answerer, entry: ToyEntry) -> None:
    answer = toy_answerer.ask(entry.question)
    assert answer.article is not None
    assert answer.passage is not None
    text = answer.article.answer[answer.passage.start : answer.passage.end]
    assert answer.passage.text == text == text.strip() != ""
    assert any((p.start, p.end) == (answer.passage.start, answer.passage.end) for p in answer.article.passages)


@pytest.mark.parametrize(
    ("asked", "beginning"),
    [
        ("退款要在银行清算多少天，信用卡和借记卡", "## 为什么要等"),
        ("仓库签收后退款几个工作日原路返回", "退款在仓库签收后"),
    ],
)
def test_the_passage_is_the_one_the_question_is_about(toy_answerer: Answerer, asked: str, beginning: str) -> None:
    answer = toy_answerer.ask(asked, threshold=0.0)
    assert answer.passage is not None
    assert answer.passage.text.startswith(beginning)


def test_citations_are_numbered_where_their_marks_say(toy_answerer: Answerer) -> None:
    answer = toy_answerer.ask("商品不满意怎么退货？")
    assert answer.article is not None
    marks = [[answer.article.answer[a:b] for a, b in citation.marks] for citation in answer.citations]
    assert marks == [["[1, §2]", "[1]"], ["[2]"]]
    assert [citation.reference.key for citation in answer.citations] == ["law2014rights", "shop2020terms"]


@pytest.mark.parametrize("asked", ["", "   ", "\u200b\n\t", "\x00"])
def test_a_question_without_a_printable_character_is_refused(toy_answerer: Answerer, asked: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        toy_answerer.ask(asked)


@pytest.mark.parametrize("asked", ["？！", "\ud800退货", "🙂", "退" * 1000, "a" * 1000])
def test_odd_questions_are_decided_like_any_other(toy_answerer: Answerer, asked: str) -> None:
    answer = toy_answerer.ask(asked)
    assert 0 <= answer.confidence <= 1
    assert len(answer.candidates) == 3


@pytest.mark.parametrize("asked", ["发票抬头错了", GIBBERISH, "退货怎么弄"])
def test_explain_shows_the_same_confidence(toy_answerer: Answerer, asked: str) -> None:
    answer = toy_answerer.ask(asked, explain=True, top=8)
    details = answer.explain
    assert details is not None
    assert [candidate["id"] for candidate in details["candidates"]] == [c.id for c in answer.candidates]
    for candidate, shown in zip(answer.candidates, details["candidates"], strict=True):
        assert details["in_scope"] * shown["share"] == pytest.approx(candidate.confidence, abs=2e-4)
    answered = answer.confidence >= details["thresholds"]["answered"]
    assert (answer.status is Status.ANSWERED) == answered


def test_explain_changes_nothing_else_and_can_be_written_as_json(toy_answerer: Answerer) -> None:
    explained, plain = toy_answerer.ask("发票抬头错了", explain=True), toy_answerer.ask("发票抬头错了")
    assert plain.explain is None
    assert (explained.status, explained.candidates, explained.passage) == (
        plain.status,
        plain.candidates,
        plain.passage,
    )
    assert "发票抬头错了" in json.dumps(explained.explain, ensure_ascii=False, allow_nan=False)


def test_explain_shows_how_the_question_was_read(toy_answerer: Answerer) -> None:
    answer = toy_answerer.ask("您好，tuihuo liucheng，谢谢！", explain=True)
    assert answer.explain is not None
    assert (answer.explain["normalised"], answer.explain["read_as"]) == ("您好,tuihuo liucheng,谢谢!", "退货流程")
    assert answer.candidates[0].id == "returns"


def test_a_question_that_is_all_courtesy_is_asked_as_it_is(toy_answerer: Answerer) -> None:
    answer = toy_answerer.ask("你好呀", explain=True)
    assert answer.explain is not None
    assert answer.explain["read_as"] == "你好呀"
    assert answer.status is Status.NO_ANSWER


def test_suggestions_name_the_entry_and_the_text_that_matched(toy_answerer: Answerer) -> None:
    first = toy_answerer.suggest("tuihuo l", limit=3)[0]
    assert (first.id, first.matched, first.highlights) == ("returns", "退货流程", ((0, 3),))


def test_explain_says_when_a_question_stands_in_the_corpus(toy_answerer: Answerer) -> None:
    known = {asked: toy_answerer.ask(asked, explain=True).explain for asked in ("开发票", "门店几点开门", "发票")}
    assert [details and details["known_word_for_word"] for details in known.values()] == [True, True, False]


# Histories

INVOICE = Turn("怎么开具电子发票？", "invoice")


@pytest.mark.parametrize("asked", ["忘记密码了怎么登录？", "商品坏了要怎么送去维修", "How long does my refund take?"])
def test_a_question_that_stands_alone_is_answered_as_without_a_history(toy_answerer: Answerer, asked: str) -> None:
    assert toy_answerer.ask(asked, [INVOICE, Turn("谢谢")]) == toy_answerer.ask(asked)


@pytest.mark.parametrize("asked", ["門店幾點開門", "今天天气怎么样？"])
def test_a_question_to_decline_is_declined_after_an_answer_too(toy_answerer: Answerer, asked: str) -> None:
    assert toy_answerer.ask(asked, [INVOICE]).status is Status.NO_ANSWER


def test_gibberish_after_an_answer_is_not_answered(toy_answerer: Answerer) -> None:
    answer = toy_answerer.ask(GIBBERISH, [INVOICE])
    assert answer.status is not Status.ANSWERED
    assert answer.confidence < 0.5


def test_a_question_that_leans_is_read_after_what_was_said(toy_answerer: Answerer) -> None:
    alone, after = (toy_answerer.ask("怎么改呢", history, explain=True) for history in ([], [INVOICE]))
    assert alone.status is Status.NO_ANSWER
    assert {candidate.id for candidate in after.candidates[:2]} == {"invoice", "invoice-title"}
    assert after.confidence > 10 * alone.confidence
    assert (alone.explain or {})["history"] is None
    said = (after.explain or {})["history"]
    assert said["leans"] > 0.5
    assert said["carried_over"] == {"question": INVOICE.question, "id": "invoice"}


def test_the_answer_to_a_follow_up_is_a_whole_one(toy_answerer: Answerer) -> None:
    answer = toy_answerer.ask("那抬头写错了呢？", [INVOICE])
    assert (answer.status, answer.match) == (Status.ANSWERED, Match.MEANING)
    assert answer.article is not None
    assert answer.matched_question in ways_of_asking(toy_answerer, answer.article.entry.id)
    assert answer.confidence == answer.candidates[0].confidence < 1
    assert sum(candidate.confidence for candidate in answer.candidates) <= 1.001


@pytest.mark.parametrize(
    ("asked", "picked"), [("第二个呢", "points"), ("the first one", "invoice"), ("最后一个", "points")]
)
def test_an_ordinal_picks_what_was_offered(toy_answerer: Answerer, asked: str, picked: str) -> None:
    answer = toy_answerer.ask(asked, [Turn("那个票", None, ("invoice", "points"))])
    assert answer.article is not None
    assert (answer.article.entry.id, answer.match, answer.confidence) == (picked, Match.EXACT, 1.0)


def test_an_ordinal_picks_nothing_from_an_earlier_turn(toy_answerer: Answerer) -> None:
    earlier = Turn("那个票", None, ("invoice", "points"))
    assert toy_answerer.ask("第二个呢", [earlier, INVOICE]).match is not Match.EXACT


def test_ids_that_are_no_longer_there_are_passed_over(toy_answerer: Answerer) -> None:
    gone = Turn("怎么开具电子发票？", "gone", ("also-gone",))
    assert toy_answerer.ask("第一个", [gone]).match is not Match.EXACT
    assert toy_answerer.ask("忘记密码了怎么登录？", [gone]) == toy_answerer.ask("忘记密码了怎么登录？")


IDS = st.sampled_from([None, "invoice", "points", "gone", ""])
SAID = st.sampled_from(["那呢", "第二个", "怎么退货", "它", "?"]) | st.text(max_size=80)
TURNS = st.lists(st.builds(Turn, SAID, IDS, st.lists(IDS.filter(bool), max_size=3).map(tuple)), max_size=10)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=TURNS, asked=SAID.filter(normalise))
def test_whatever_was_said_the_candidates_are_ranked_probabilities(
    toy_answerer: Answerer, history: list[Turn], asked: str
) -> None:
    answer = toy_answerer.ask(asked, history, top=20, explain=True)
    confidences = [candidate.confidence for candidate in answer.candidates]
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] == answer.confidence
    assert confidences[-1] >= 0
    assert sum(confidences) <= 1.001
    assert len({candidate.id for candidate in answer.candidates}) == len(confidences) == len(TOY_ENTRIES)
    json.dumps(answer.explain, allow_nan=False)


def test_an_article_is_found_by_its_id(toy_answerer: Answerer) -> None:
    article = toy_answerer.article("points")
    assert article is not None
    assert article.entry.question == "会员积分怎样使用？"
    assert toy_answerer.article("nobody") is None


def test_four_threads_get_the_answers_that_one_gets(toy_answerer: Answerer) -> None:
    questions = [entry.title for entry in TOY_ENTRIES] * 3
    expected = [toy_answerer.ask(question) for question in questions]
    found: dict[int, list[Answer]] = {}

    def ask_all(number: int) -> None:
        found[number] = [toy_answerer.ask(question) for question in questions]

    threads = [threading.Thread(target=ask_all, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(4)] == [expected] * 4


def test_refresh_swaps_in_a_new_version(folder: Path) -> None:
    answerer = Answerer(ToyEncoder(), folder)
    assert not answerer.refresh()
    version = publish(folder, "new")
    assert words_of(answerer) == "old"
    assert answerer.refresh()
    assert words_of(answerer) == "new"
    assert answerer.ask("怎么退货").index_version == answerer.snapshot.version == version
    assert answerer.article("new") is not None
    assert answerer.article("old") is None
    assert not answerer.refresh()


def test_refresh_follows_the_pointer_back(folder: Path) -> None:
    old = store.current_version(folder)
    publish(folder, "new")
    answerer = Answerer(ToyEncoder(), folder)
    store.point_to(folder, old)
    assert answerer.refresh()
    assert words_of(answerer) == "old"


def _damage(folder: Path) -> None:
    (folder / store.current_version(folder) / "articles.json").write_text("[]", "utf-8")


def _make_foreign(folder: Path) -> None:
    path = folder / store.current_version(folder) / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"toy"', '"other"'), "utf-8")


def _remove(folder: Path) -> None:
    shutil.rmtree(folder / store.current_version(folder))


@pytest.mark.parametrize(
    ("harm", "error"), [(_damage, DamagedIndex), (_make_foreign, ForeignIndex), (_remove, DamagedIndex)]
)
def test_refresh_refuses_a_bad_version_once_while_the_old_one_answers(
    folder: Path, harm: Callable[[Path], None], error: type[Exception]
) -> None:
    answerer = Answerer(ToyEncoder(), folder)
    publish(folder, "bad")
    harm(folder)
    with pytest.raises(error):
        answerer.refresh()
    assert words_of(answerer) == "old"
    assert not answerer.refresh()
    publish(folder, "good")
    assert answerer.refresh()
    assert words_of(answerer) == "good"


def test_an_index_that_was_removed_goes_on_answering(folder: Path) -> None:
    answerer = Answerer(ToyEncoder(), folder)
    shutil.rmtree(folder)
    assert not answerer.refresh()
    assert words_of(answerer) == "old"


def test_without_an_index_there_is_no_answerer(tmp_path: Path) -> None:
    with pytest.raises(MissingIndex):
        Answerer(ToyEncoder(), tmp_path)
