"""Running an encoder's ONNX graph. Knows nothing of texts."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
        self._aside = ThreadPoolExecutor(1, "graph")

    def run(self, inputs: Inputs) -> NDArray[Any]:
        output: NDArray[Any] = self._session.run(None, inputs)[0]
        return output

    def begin(self, inputs: Inputs) -> Callable[[], NDArray[Any]]:
        """The same in another thread; what is returned waits for the output."""
        begun = threading.Lock()
        begun.acquire()

        def run() -> NDArray[Any]:
            begun.release()
            return self.run(inputs)

        output = self._aside.submit(run)
        begun.acquire()  # hands over the interpreter, which else would be kept from the other thread for milliseconds
        return output.result
