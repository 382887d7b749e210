"""The obvious service, as anyone would write it in an afternoon: FastAPI, sentence-transformers, an exact FAISS index
over every known phrasing, cosine for a score. Knows nothing of Wenjin and runs in an environment of its own.

    python obvious.py MODEL ENTRIES.jsonl VECTORS.npy                      embed the phrasings once
    OBVIOUS="MODEL ENTRIES.jsonl VECTORS.npy" uvicorn bench.obvious:load_app --factory
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer

Entries = list[dict[str, Any]]


class Question(BaseModel):
    question: str
    top: int = 3


def read(path: Path) -> tuple[Entries, list[int]]:
    """The entries, and for each phrasing the position of its entry."""
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return entries, [at for at, entry in enumerate(entries) for _ in entry["phrasings"]]


def embed(model: SentenceTransformer, texts: list[str]) -> Any:
    # Lower case, for the vocabulary of the model used here has no capitals and would see [UNK] in their place.
    return model.encode([text.lower() for text in texts], normalize_embeddings=True, show_progress_bar=False)


def load_app() -> FastAPI:
    model_name, entries_path, vectors_path = os.environ["OBVIOUS"].split()
    model = SentenceTransformer(model_name, device="cpu")
    entries, owners = read(Path(entries_path))
    vectors = np.load(vectors_path)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    app = FastAPI()

    @app.post("/ask")
    def ask(body: Question) -> dict[str, Any]:
        scores, rows = index.search(embed(model, [body.question]), 10 * body.top)
        hits = [(entries[owners[row]], float(score)) for row, score in zip(rows[0], scores[0], strict=True)]
        best = {entry["id"]: (entry, score) for entry, score in reversed(hits)}
        ranked = sorted(best.values(), key=lambda hit: -hit[1])[: body.top]
        first, score = ranked[0]
        return {
            "id": first["id"],
            "question": first["question"],
            "answer": first["answer"],
            "score": score,
            "candidates": [{"id": entry["id"], "score": score} for entry, score in ranked],
        }

    return app


def main(model_name: str, entries_path: str, vectors_path: str) -> None:
    entries, _ = read(Path(entries_path))
    texts = [text for entry in entries for text in entry["phrasings"]]
    np.save(vectors_path, embed(SentenceTransformer(model_name, device="cpu"), texts))


if __name__ == "__main__":
    main(*sys.argv[1:])
