"""From a corpus to a ranked, decided answer. Knows nothing of HTTP.

The way in: `reader.read_corpus` -> `build.build_index` -> `answerer.Answerer.ask`.
"""
