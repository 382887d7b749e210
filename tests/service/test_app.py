import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from index import store
from index.answerer import Answerer
from index.build import build_index
from index.reader import read_corpus
from service.app import create_app
from service.database import migrate, open_engine, writing
from service.settings import Settings
from tests.conftest import TOY_ENTRIES, ToyEncoder, write_toy_corpus
from tests.service.conftest import environment, serving

CANONICAL = "商品不满意怎么退货？"
ASKED_BACK = "发票抬头和开票"
DECLINED = "今天天气怎么样"
FIELDS = {
    *("status", "id", "question", "matched_question", "match", "confidence", "answer", "passage", "citations"),
    *("candidates", "related", "message_id", "figures", "index_version", "took_ms", "explain"),
}
DECISION_FIELDS = ("id", "question", "matched_question", "match", "answer", "passage")


def ask(client: TestClient, question: str, **more: Any) -> dict[str, Any]:
    response = client.post("/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    return dict(response.json())


# POST /ask


def test_an_answer_comes_with_everything_the_design_names(client: TestClient) -> None:
    answer = ask(client, CANONICAL)
    assert set(answer) == FIELDS
    assert (answer["status"], answer["id"], answer["question"]) == ("answered", "returns", CANONICAL)
    assert (answer["match"], answer["matched_question"], answer["confidence"]) == ("exact", CANONICAL, 1.0)
    assert answer["answer"].startswith("收到商品后 14 天内可以退货，运费由我们承担[1, §2]。\n\n## 步骤")
    assert answer["related"] == [{"id": "refund", "question": "退款多久到账？"}]
    assert answer["explain"] is None


@pytest.mark.parametrize(
    ("question", "match", "matched"),
    [
        ("商品不满意 怎麼退貨?", "exact", CANONICAL),
        ("ｒｅｔｕｒｎ Policy！", "phrasing", "return policy"),
        ("退款什么时候能到账啊", "meaning", "退款什么时候到"),
    ],
)
def test_an_answer_says_how_the_question_was_recognised(
    client: TestClient, question: str, match: str, matched: str
) -> None:
    answer = ask(client, question)
    assert (answer["status"], answer["match"], answer["matched_question"]) == ("answered", match, matched)


@pytest.mark.parametrize(("question", "status"), [(ASKED_BACK, "clarify"), (DECLINED, "no_answer")])
def test_without_an_answer_its_fields_are_null_and_candidates_are_listed(
    client: TestClient, question: str, status: str
) -> None:
    answer = ask(client, question)
    assert set(answer) == FIELDS
    assert answer["status"] == status
    assert [answer[name] for name in DECISION_FIELDS] == [None] * 6
    assert (answer["citations"], answer["related"]) == ([], [])
    assert len(answer["candidates"]) == 3


@pytest.mark.parametrize("question", [CANONICAL, "退款什么时候能到账啊", ASKED_BACK, DECLINED, "xyzzy"])
def test_candidates_come_best_first_and_the_first_has_the_confidence(client: TestClient, question: str) -> None:
    answer = ask(client, question, top=20)
    questions = {entry.id: entry.question for entry in TOY_ENTRIES}
    found = answer["candidates"]
    confidences = [candidate["confidence"] for candidate in found]
    assert {candidate["id"]: candidate["question"] for candidate in found} == questions
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] == answer["confidence"]
    assert sum(confidences) <= 1.001
    assert answer["id"] in (None, found[0]["id"])


def test_citation_marks_stand_where_their_numbers_are(client: TestClient) -> None:
    answer = ask(client, CANONICAL)
    assert [(work["n"], work["key"]) for work in answer["citations"]] == [(1, "law2014rights"), (2, "shop2020terms")]
    marked = [[answer["answer"][a:b] for a, b in work["marks"]] for work in answer["citations"]]
    assert marked == [["[1, §2]", "[1]"], ["[2]"]]
    assert answer["citations"][1] | {"marks": []} == {
        "n": 2,
        "key": "shop2020terms",
        "title": "Terms of Sale",
        "authors": ["Example Shop"],
        "year": 2020,
        "venue": "Online",
        "url": "https://shop.example/terms",
        "marks": [],
    }


@pytest.mark.parametrize("entry", TOY_ENTRIES, ids=lambda entry: entry.id)
def test_the_passage_is_the_part_of_the_answer_at_its_offsets(client: TestClient, entry: Any) -> None:
    answer = ask(client, entry.question)
    passage = answer["passage"]
    assert passage["text"] == answer["answer"][passage["start"] : passage["end"]]
    assert passage["text"].strip()


def test_the_passage_is_the_one_the_question_is_about(client: TestClient) -> None:
    assert "银行清算需要时间" in ask(client, "退款为什么要等银行清算", threshold=0)["passage"]["text"]


@pytest.mark.parametrize(("top", "listed"), [(1, 1), (5, 5), (20, 8)])
def test_top_says_how_many_candidates_are_listed(client: TestClient, top: int, listed: int) -> None:
    assert len(ask(client, DECLINED, top=top)["candidates"]) == listed


@pytest.mark.parametrize(("threshold", "status"), [(0, "answered"), (0.5, "answered"), (1, "clarify")])
def test_the_threshold_takes_the_place_of_the_index_s_own(client: TestClient, threshold: float, status: str) -> None:
    assert ask(client, ASKED_BACK, threshold=threshold)["status"] == status


def test_explain_tells_what_each_step_saw(client: TestClient) -> None:
    answer = ask(client, "退款什麼時候能到賬啊", explain=True)
    explained = answer["explain"]
    assert (explained["normalised"], explained["known_word_for_word"]) == ("退款什么时候能到账啊", False)
    assert explained["candidates"][0]["id"] == answer["id"] == "refund"
    product = explained["in_scope"] * explained["candidates"][0]["share"]
    assert answer["confidence"] == pytest.approx(product, abs=2e-4)


def test_a_canonical_question_is_not_bent_by_the_history(client: TestClient) -> None:
    turns = [{"question": "怎么退货", "id": "returns"}, {"question": "天气", "id": None}, {"question": "哦"}]
    alone, after = ask(client, CANONICAL), ask(client, CANONICAL, history=turns)
    varying = {"message_id": "", "took_ms": 0}
    assert after | varying == alone | varying


def test_a_follow_up_is_understood_from_the_history(client: TestClient) -> None:
    turns = [{"question": "怎么开具电子发票？", "id": "invoice"}, {"question": "谢谢"}]
    answer = ask(client, "那抬头写错了呢？", history=turns, explain=True)
    assert (answer["status"], answer["id"]) == ("answered", "invoice-title")
    assert answer["explain"]["history"]["carried_over"] == {"question": "怎么开具电子发票？", "id": "invoice"}


def test_what_was_offered_can_be_picked_by_its_number(client: TestClient) -> None:
    turns = [{"question": "发票", "offered": ["invoice", "invoice-title"]}]
    answer = ask(client, "第二个", history=turns)
    assert (answer["status"], answer["id"], answer["confidence"]) == ("answered", "invoice-title", 1.0)


def test_every_message_has_an_id_of_its_own(client: TestClient) -> None:
    assert len({ask(client, CANONICAL)["message_id"] for _ in range(3)}) == 3


def test_the_longest_question_is_answered(client: TestClient) -> None:
    assert ask(client, "退" * 1000)["candidates"]


def test_offsets_count_code_points_beyond_the_first_plane(client: TestClient) -> None:
    assert ask(client, "\U0001f600 \U00020000 退货")["candidates"]


# GET /suggest


@pytest.mark.parametrize("typed", ["tuihuo", "退货", "退貨", "推货", "thlc", "退huo"])
def test_what_is_half_typed_brings_the_canonical_question(client: TestClient, typed: str) -> None:
    response = client.get("/suggest", params={"q": typed})
    first = response.json()[0]
    assert (first["id"], first["question"]) == ("returns", CANONICAL)
    assert "退货" in "".join(first["matched"][start:end] for start, end in first["highlights"])
    assert response.headers["cache-control"] == "public, max-age=60"


def test_no_more_is_suggested_than_asked_for_and_nothing_where_nothing_is_found(client: TestClient) -> None:
    assert len(client.get("/suggest", params={"q": "退", "limit": 1}).json()) == 1
    assert client.get("/suggest", params={"q": "xyzzy"}).json() == []
    assert client.get("/suggest", params={"q": "？！"}).json() == []


# The other routes


def test_entries_are_listed_without_their_answers(client: TestClient) -> None:
    lines = client.get("/entries").json()
    assert len(lines) == len(TOY_ENTRIES)
    delivery = {"id": "delivery", "question": "下单以后几天能送到？", "title": "配送时间", "topics": ["shop"]}
    assert delivery in lines


def test_an_entry_shows_the_answer_that_asking_gives(client: TestClient) -> None:
    page, answer = client.get("/entries/returns").json(), ask(client, CANONICAL)
    for name in ("id", "question", "answer", "citations", "related"):
        assert page[name] == answer[name]
    assert (page["title"], page["reviewed"], page["url"]) == ("退货", "2026-11-23", None)


@pytest.mark.parametrize("id_", ["nope", "RETURNS", "%00", "..%5Creturns", "退货"])
def test_an_unknown_entry_is_not_found(client: TestClient, id_: str) -> None:
    response = client.get(f"/entries/{id_}")
    assert (response.status_code, response.json()["detail"]) == (404, "There is no such entry.")


FIGURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><title>Map</title></svg>'


@pytest.fixture(scope="module")
def illustrated(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The toy corpus with a figure before a citation."""
    folder = tmp_path_factory.mktemp("illustrated")
    corpus = write_toy_corpus(folder / "corpus")
    (corpus / "returns-toy" / "map.svg").write_text(FIGURE, "utf-8")
    answer = corpus / "returns-toy" / "answer.md"
    answer.write_text(answer.read_text("utf-8").replace("## 步骤", "![门店地图](map.svg)\n\n## 步骤"), "utf-8")
    build_index(read_corpus(corpus), ToyEncoder(), folder / "index")
    return TestClient(create_app(Settings(), Answerer(ToyEncoder(), folder / "index")))


def test_a_figure_is_served_where_its_answer_addresses_it(illustrated: TestClient) -> None:
    answer = ask(illustrated, CANONICAL)
    assert "![门店地图](/entries/returns/map.svg)" in answer["answer"]
    marked = [[answer["answer"][a:b] for a, b in work["marks"]] for work in answer["citations"]]
    assert marked == [["[1, §2]", "[1]"], ["[2]"]]
    figure = illustrated.get("/entries/returns/map.svg")
    assert (figure.status_code, figure.headers["content-type"], figure.text) == (200, "image/svg+xml", FIGURE)
    assert "default-src 'none'" in figure.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "returns/nope.svg",
        "refund/map.svg",
        "nope/map.svg",
        "returns/answer.md",
        "returns/..%2Fmap.svg",
        "returns/map.svg%00",
    ],
)
def test_an_unknown_figure_is_not_found(illustrated: TestClient, path: str) -> None:
    response = illustrated.get(f"/entries/{path}")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


def test_the_process_lives_and_is_ready(client: TestClient, toy_index: Path) -> None:
    assert client.get("/livez").json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["entries"], ready["trouble"]) == ("ready", 8, None)
    assert ready["index_version"] == store.current_version(toy_index) == ask(client, CANONICAL)["index_version"]


# A new index while running


@pytest.fixture
def own_index(toy_index: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the toy index that may be changed; removed, because a started service unpacks 65 MB into it."""
    yield Path(shutil.copytree(toy_index, tmp_path / "index"))
    shutil.rmtree(tmp_path / "index", ignore_errors=True)


@contextmanager
def running(index: Path) -> Iterator[TestClient]:
    settings = Settings(index_dir=index, refresh_seconds=0.005)
    with TestClient(create_app(settings, Answerer(ToyEncoder(), index))) as client:
        yield client


def until(client: TestClient, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask for readiness until it is as wanted, asking questions all the while."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ready = client.get("/readyz").json()
        if condition(ready):
            return dict(ready)
        assert ask(client, CANONICAL)["id"] == "returns"
    raise AssertionError(f"never became so: {ready}")


def publish_bad_version(index: Path) -> str:
    good = store.current_version(index)
    bad = index / "99991231T000000Z-bad"
    shutil.copytree(index / good, bad)
    with (bad / "articles.json").open("ab") as file:
        file.write(b" ")
    store.point_to(index, bad.name)
    return good


def test_a_newer_index_is_swapped_in_while_questions_are_answered(own_index: Path, tmp_path: Path) -> None:
    old = store.current_version(own_index)
    corpus = write_toy_corpus(tmp_path / "corpus")
    answer = corpus / "delivery-toy" / "answer.md"
    answer.write_text(answer.read_text("utf-8").replace("次日送达", "当日送达"), "utf-8")
    with running(own_index) as client:
        before = ask(client, "配送时间")
        new = build_index(read_corpus(corpus), ToyEncoder(), own_index).version
        until(client, lambda ready: ready["index_version"] == new)
        after = ask(client, "配送时间")
    assert (before["index_version"], after["index_version"]) == (old, new)
    assert "次日送达" in before["answer"]
    assert "当日送达" in after["answer"]


def test_a_bad_index_is_refused_and_the_old_one_goes_on_answering(own_index: Path) -> None:
    with running(own_index) as client:
        good = publish_bad_version(own_index)
        ready = until(client, lambda ready: ready["status"] == "degraded")
        assert ready["index_version"] == good
        assert ready["trouble"] == "The newest index cannot be used; the log says why."
        assert ask(client, CANONICAL)["index_version"] == good


def test_going_back_to_the_index_in_use_ends_the_trouble(own_index: Path) -> None:
    with running(own_index) as client:
        good = publish_bad_version(own_index)
        until(client, lambda ready: ready["status"] == "degraded")
        store.point_to(own_index, good)
        assert until(client, lambda ready: ready["status"] == "ready")["trouble"] is None


def test_a_good_index_after_a_bad_one_ends_the_trouble(own_index: Path, toy_corpus: Path) -> None:
    with running(own_index) as client:
        publish_bad_version(own_index)
        until(client, lambda ready: ready["status"] == "degraded")
        new = build_index(read_corpus(toy_corpus), ToyEncoder(), own_index).version
        assert until(client, lambda ready: ready["status"] == "ready")["index_version"] == new


# python -m service


def start(repository: Path, folder: Path, **variables: str) -> tuple[int, str]:
    """Exit code and standard error of a start that is to fail."""
    command = [sys.executable, "-m", "service"]
    done = subprocess.run(
        command, cwd=folder, env=environment(repository, **variables), capture_output=True, text=True, timeout=120
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def damage(index: Path) -> None:
    (index / store.current_version(index) / "manifest.json").write_text("{", "utf-8")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (shutil.rmtree, "no index was built here. Build one: python -m scripts.build_index --out "),
        (damage, "manifest.json: cannot be read ("),
        (lambda index: None, "was built with encoder {'name': 'toy', 'revision': '1', 'dimension': 64}, but"),
    ],
    ids=["missing", "damaged", "foreign"],
)
def test_an_index_that_cannot_be_used_stops_the_start_with_one_line(
    repository: Path, own_index: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(own_index)
    code, error = start(repository, tmp_path, WENJIN_INDEX_DIR=str(own_index))
    assert (code, error.count("\n")) == (1, 1)
    assert str(own_index) in error
    assert said in error
    assert "python -m scripts.build_index --out" in error


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WENJIN_PROT", "8000", "no such setting: WENJIN_PROT. There are: WENJIN_"),
        ("WENJIN_PORT", "eighty", "port: Input should be a valid integer"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    repository: Path, tmp_path: Path, name: str, value: str, said: str
) -> None:
    code, error = start(repository, tmp_path, **{name: value})
    assert (code, error.count("\n")) == (2, 1)
    assert error.startswith(said)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_started_server_answers(repository: Path, served_index: Path, tmp_path: Path, workers: str) -> None:
    with (
        serving(repository, tmp_path, WENJIN_INDEX_DIR=str(served_index), WENJIN_WORKERS=workers) as server,
        httpx.Client(base_url=server.address, timeout=60, trust_env=False) as client,
    ):
        answer = client.post("/ask", json={"question": "钱几天退回来"}).raise_for_status()
        ready = client.get("/readyz").json()
        said = {"message_id": answer.json()["message_id"], "rating": "up"}
        rated = [client.post("/feedback", json=said).status_code for _ in range(4)]
    assert answer.json()["candidates"][0]["id"] == "refund"
    assert ready["index_version"] == store.current_version(served_index)
    assert rated == [200] * 4
    with closing(sqlite3.connect(tmp_path / "data" / "journal.db")) as log:
        asked = log.execute("SELECT message_id, question, rating FROM questions JOIN feedback USING (message_id)")
        assert asked.fetchall() == [(said["message_id"], "钱几天退回来", "up")]


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ("sqlite:///newer.db", "sqlite:///newer.db: has version 99, this program knows up to "),
        ("mysql://me:secret@host/db", "WENJIN_DATABASE: is neither SQLite nor PostgreSQL. Write sqlite:///FILE or "),
    ],
)
def test_a_database_that_cannot_be_used_stops_the_start_with_one_line(
    repository: Path, served_index: Path, tmp_path: Path, database: str, said: str
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'newer.db'}")
    migrate(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '99'")
    engine.dispose()
    code, error = start(repository, tmp_path, WENJIN_INDEX_DIR=str(served_index), WENJIN_DATABASE=database)
    assert (code, error.count("\n")) == (1, 1)
    assert error.startswith(said)
    assert "secret" not in error
