"""Scripts run with the toy encoder, in a folder of their own and an environment without settings."""

import os
from pathlib import Path

import pytest

from index.encoder import Encoder
from scripts import build_index, evaluate, gaps
from service.settings import PREFIX
from tests.conftest import ToyEncoder


def _toy(name: str, cache: Path | None = None) -> Encoder:
    return ToyEncoder()


@pytest.fixture(autouse=True)
def _own_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for script in (build_index, evaluate, gaps):
        monkeypatch.setattr(script, "load_encoder", _toy)
