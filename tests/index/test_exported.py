"""The folder of an exported model, its graph written by hand: no torch, no sentence-transformers, but tokenizers, which
comes with them."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from index.encoder import load_encoder
from index.errors import EncoderError
from index.exported import FACTS, GRAPH, TOKENIZER, ExportedEncoder, exported, read_facts, seal

pytestmark = pytest.mark.encoder


def write_graph(path: Path) -> None:
    """The unit vector of (number of tokens, 3 ids summed)."""
    nodes = [
        helper.make_node("ReduceSum", ["attention_mask", "one"], ["count"], keepdims=1),
        helper.make_node("ReduceSum", ["input_ids", "one"], ["sum"], keepdims=1),
        helper.make_node("Concat", ["count", "sum"], ["both"], axis=1),
        helper.make_node("Cast", ["both"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("LpNormalization", ["numbers"], ["vector"], axis=-1, p=2),
    ]
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, [1, "t"]) for n in ("input_ids", "attention_mask")]
    output = helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, 2])
    one = numpy_helper.from_array(np.array([1], np.int64), "one")
    graph = helper.make_graph(nodes, "toy", inputs, [output], [one])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tokenizers = pytest.importorskip("tokenizers")
    place = tmp_path / "encoder-toy"
    place.mkdir()
    write_graph(place / GRAPH)
    vocabulary = {"[UNK]": 0, "q:": 1, "p:": 2, "a": 3, "b": 4}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(place / TOKENIZER))
    seal(
        place,
        name="some/model",
        model_revision="abc",
        dimension=2,
        precision="float32",
        query_prompt="q: ",
        passage_prompt="p: ",
        agreement={},
    )
    return place


def test_prompt_and_text_become_ids_and_the_graph_is_asked(folder: Path) -> None:
    encoder = ExportedEncoder(folder)
    assert (encoder.name, encoder.dimension) == ("some/model", 2)
    assert encoder.revision == f"abc-float32-{encoder.facts.sha256[GRAPH][:8]}"
    # "q: a b" is the ids 1 3 4: three of them, together 8
    expected = np.array([[3, 8], [2, 4]], np.float32)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.encode_queries(["a b", "a"]), expected, atol=1e-6)
    assert encoder.encode_passages(["a"])[0, 1] / encoder.encode_passages(["a"])[0, 0] == pytest.approx(5 / 2)
    assert encoder.encode_queries([]).shape == (0, 2)


def test_it_is_found_by_its_name_among_the_versions(folder: Path) -> None:
    assert exported("some/model", folder.parent) == [folder]
    assert exported("other/model", folder.parent) == []
    assert isinstance(load_encoder("some/model", folder.parent), ExportedEncoder)


@pytest.mark.parametrize("file", [GRAPH, TOKENIZER])
def test_an_altered_or_missing_file_is_named_with_the_remedy(folder: Path, file: str) -> None:
    with (folder / file).open("ab") as target:
        target.write(b"\0")
    for _ in range(2):
        with pytest.raises(EncoderError, match=rf"{file}: is missing or altered. Delete .* and build again: WENJIN_"):
            ExportedEncoder(folder)
        (folder / file).unlink(missing_ok=True)


@pytest.mark.parametrize("text", ["", "[]", '{"name": "some/model"}'])
def test_facts_that_cannot_be_read_are_refused(folder: Path, text: str) -> None:
    (folder / FACTS).write_text(text, "utf-8")
    with pytest.raises(EncoderError, match=r"encoder.json: cannot be read .* Delete"):
        read_facts(folder)


def test_another_format_is_refused(folder: Path) -> None:
    facts = json.loads((folder / FACTS).read_text("utf-8"))
    (folder / FACTS).write_text(json.dumps(facts | {"format": 99}), "utf-8")
    with pytest.raises(EncoderError, match="has format 99, this program reads 1"):
        ExportedEncoder(folder)


def test_without_tokenizers_the_error_names_the_remedy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(EncoderError, match=r"needs tokenizers, .* pip install .*\[exported-encoder\]"):
        ExportedEncoder(folder)
