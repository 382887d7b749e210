"""The service over the toy index, in this process; and an environment without settings."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index.answerer import Answerer
from service.app import create_app
from service.settings import PREFIX, Settings


@pytest.fixture(autouse=True, scope="session")
def _no_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither `WENJIN_*` variables nor a `.env` file of this machine reach a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
            patch.delenv(name)
        patch.setitem(Settings.model_config, "env_file", None)
        yield


@pytest.fixture(scope="session")
def client(toy_answerer: Answerer, _no_settings: None) -> TestClient:
    """Speaks to the app without its lifespan, so nothing looks for newer indexes; errors come as responses."""
    return TestClient(create_app(Settings(), toy_answerer), raise_server_exceptions=False)


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[2]
