"""From a corpus to a ranked, decided answer. Knows nothing of HTTP.

The way in: `reader.read_corpus` -> `build.build_index` -> `answerer.Answerer.ask`.
"""

import os

# Since 1.29 ONNX Runtime's official builds for Linux report sessions and models to their maker unless this is set
# before they are loaded. An answer needs no network, and nobody is told of a question.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
