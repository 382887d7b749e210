"""The index of the peer, txtai: `python peer.py MODEL ENTRIES.jsonl FOLDER` writes one over the same phrasings with the
same model, and the configuration with which its own API service serves it. Runs in txtai's environment.

    CONFIG=FOLDER/app.yml uvicorn txtai.api:app
"""

import json
import sys
from pathlib import Path

from txtai import Embeddings


def main(model: str, entries_path: str, folder: str) -> None:
    entries = [json.loads(line) for line in Path(entries_path).read_text("utf-8").splitlines()]
    # Lower case, for the vocabulary of the model used here has no capitals; questions are asked so too.
    rows = [(f"{entry['id']}#{at}", text.lower()) for entry in entries for at, text in enumerate(entry["phrasings"])]
    embeddings = Embeddings(path=model, content=True, backend="faiss", faiss={"components": "IDMap,Flat"})
    embeddings.index(rows)
    embeddings.save(str(Path(folder) / "index"))
    config = {"path": str(Path(folder) / "index"), "writable": False, "embeddings": {"path": model, "content": True}}
    (Path(folder) / "app.yml").write_text(json.dumps(config), "utf-8")  # JSON is YAML


if __name__ == "__main__":
    main(*sys.argv[1:])
