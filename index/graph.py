"""Running an encoder's ONNX graph. Knows nothing of texts."""

from typing import Any

import onnxruntime
from numpy.typing import NDArray

Inputs = dict[str, NDArray[Any]]


class Graph:
    """A graph of one output."""

    def __init__(self, path: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a question is too small to share, and workers must not fight for cores
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(self, inputs: Inputs) -> NDArray[Any]:
        """Leaves the interpreter to other threads meanwhile."""
        output: NDArray[Any] = self._session.run(None, inputs)[0]
        return output
