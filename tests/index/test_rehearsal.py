"""What is learned from dialogues, and that it is learned rightly."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.build import build_index
from index.dialogue import CHOICE, LEANING, SCOPE, Case, Weights
from index.entries import CheckedQuestion
from index.reader import read_corpus
from index.rehearsal import DEFAULT, ENOUGH, Played, _flat, _Stack, cross_fitted, fit_weights, play, unrehearsed
from index.snapshot import Snapshot, load_snapshot
from tests.conftest import ToyEncoder, write_toy_corpus

LEARNED = Weights(*(np.array(weights) for weights in DEFAULT))


@pytest.fixture(scope="module")
def snapshot(toy_index: Path) -> Snapshot:
    return load_snapshot(toy_index, ToyEncoder())


def made_up(count: int) -> tuple[list[Played], np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Turns of which half lean: those that refer, with no odds by themselves; and questions that stand alone.

    Among five entries the one named as related is right when a turn leans, the first by itself when not.
    """
    generator = np.random.default_rng(1)
    played = []
    for number in range(count):
        leans, inside = number % 2 == 0, number % 5 > 0
        leaning = np.array([1, -1 if leans else 3, leans, generator.uniform(0.3, 1), 1, leans], float)
        scope = np.array([1, 0, 2 * inside, 2 * inside, inside, 0.5], float) + generator.normal(0, 0.3, len(SCOPE))
        choice = generator.normal(-2, 0.5, (5, len(CHOICE))) * (np.arange(len(CHOICE)) < 3)
        choice[3, CHOICE.index("related")] = 1
        by_itself = np.full(5, 0.02) if leans or not inside else np.array([0.9, 0.02, 0.02, 0.02, 0.02])
        right = np.arange(5) == (3 if leans else 0)
        case = Case(leaning, scope, np.arange(5), choice, by_itself)
        played.append(Played(case, right & inside, inside, number // 4))
    standing = np.column_stack(
        [np.ones(40), np.full(40, 4), np.zeros(40), np.full(40, 1.5), np.full(40, 2), np.zeros(40)]
    )
    return played, standing


def test_the_gradient_is_that_of_the_loss() -> None:
    played, standing = made_up(30)
    stack = _Stack.of(played, standing)
    point = _flat(DEFAULT) + np.random.default_rng(0).normal(0, 0.3, len(_flat(DEFAULT)))
    _, gradient = stack.loss(point)
    steps = 1e-5 * np.eye(len(point))
    numeric = [(stack.loss(point + step)[0] - stack.loss(point - step)[0]) / 2e-5 for step in steps]
    assert gradient == pytest.approx(numeric, rel=1e-4, abs=1e-4)


def test_the_loss_is_the_likelihood_of_a_single_turn() -> None:
    played, _ = made_up(1)
    one = replace(played[0], in_scope=True, right=np.arange(5) == 3)
    value, _ = _Stack.of([one], np.zeros((0, len(LEANING)))).loss(_flat(DEFAULT))
    assert value == pytest.approx(-np.log(LEARNED.probabilities(one.case)[3]))


def test_what_leans_and_where_it_leads_is_learned() -> None:
    played, standing = made_up(120)
    weights = fit_weights(played, standing)
    leans = [weights.leans(one.case.leaning) for one in played]
    assert min(leans[::2]) > 0.9
    assert max(leans[1::2]) < 0.5
    assert max(weights.leans(facts) for facts in standing) < 0.05
    assert weights.choice.argmax() == CHOICE.index("related")


def test_figures_are_cross_fitted() -> None:
    played, standing = made_up(120)
    figures = cross_fitted(played, standing)
    assert (figures["turns"], figures["out_of_scope"]) == (96, 24)
    assert figures["top1"] == 1.0
    assert figures["calibration_error"] < 0.1


def test_turns_are_played_as_if_those_before_were_answered_rightly(snapshot: Snapshot) -> None:
    dialogue = [
        CheckedQuestion("发票抬头错了", frozenset({"invoice-title", "invoice"})),
        CheckedQuestion("谢谢", frozenset()),
        CheckedQuestion("那怎么重开", frozenset({"invoice-title"})),
    ]
    thanks, again = play([dialogue], snapshot, ToyEncoder())
    assert (thanks.in_scope, again.in_scope) == (False, True)
    ids = [snapshot.articles[at].entry.id for at in again.case.entries.tolist()]
    same = again.case.choice[:, CHOICE.index("same")].astype(bool)
    assert [id_ for id_, is_same in zip(ids, same, strict=True) if is_same] == ["invoice-title"]
    assert [id_ for id_, is_right in zip(ids, again.right, strict=True) if is_right] == ["invoice-title"]


def test_without_dialogues_the_default_is_used(snapshot: Snapshot) -> None:
    assert np.array_equal(snapshot.dialogue.weights.leaning, LEARNED.leaning)
    assert "dialogues" not in snapshot.manifest["quality"]


def test_questions_that_mean_nothing_by_themselves_are_of_unit_length() -> None:
    bare = unrehearsed(ToyEncoder()).bare
    assert len(bare) > 100
    assert np.linalg.norm(bare, axis=1) == pytest.approx(np.ones(len(bare)), abs=1e-5)


def test_a_build_learns_from_enough_dialogues(tmp_path: Path) -> None:
    corpus = write_toy_corpus(tmp_path / "corpus")
    turns = [
        {"query": "商品不满意怎么退货？", "accept": ["returns"]},
        {"query": "那钱多久到", "accept": ["refund"]},
        {"query": "天气好吗", "accept": []},
    ]
    lines = [{"turns": turns}] * (ENOUGH // 2) + [{"turns": turns[:2], "split": "test"}]
    (corpus / "dialogues.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    report = build_index(read_corpus(corpus), ToyEncoder(), tmp_path / "built")
    weights = load_snapshot(tmp_path / "built", ToyEncoder()).dialogue.weights
    assert not np.array_equal(weights.leaning, LEARNED.leaning)
    quality = report.manifest["quality"]["dialogues"]
    assert (quality["turns"], quality["out_of_scope"], quality["top1"]) == (ENOUGH // 2, ENOUGH // 2, 1.0)
