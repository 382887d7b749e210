"""A corpus of one entry, and what each rule has to say of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from index.entries import Corpus
from index.reader import read_corpus
from proofreading.manuscript import Manuscript, read_manuscripts

FRONT = """---
id: e1
question: 什么是测试？
title: 测试
topics: [t]
related: []
reviewed: 2026-11-23
---
"""
FIRST_LINE = FRONT.count("\n") + 1
"""On which the answer begins."""

WORKS = """@book{law2014rights,
  author = {Law, Ann}, title = {Consumer Rights}, year = {2014}, publisher = {Law Press}, doi = {10.1/2}}
@misc{shop2020terms,
  author = {Shop, Example}, title = {Terms}, year = {2020}, howpublished = {Online}, url = {https://shop.example}}
"""

Write = Callable[..., Corpus]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(answer, {"name": "text"})` writes the entry, with further files, and reads the corpus back."""

    def write_corpus(answer: str, files: dict[str, str] | None = None) -> Corpus:
        texts = {"e1-test/answer.md": FRONT + answer, "e1-test/questions.txt": "测试\n", "references.bib": WORKS}
        for name, text in (texts | (files or {})).items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        return read_corpus(tmp_path)

    return write_corpus


@pytest.fixture
def manuscript(write: Write) -> Callable[..., Manuscript]:
    """The same entry as a manuscript."""

    def read(answer: str, files: dict[str, str] | None = None) -> Manuscript:
        (only,) = read_manuscripts(write(answer, files))
        return only

    return read
