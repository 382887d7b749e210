"""All settings, read once from `WENJIN_*` variables or a `.env` file. Nothing else in the service looks at the
environment."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from index.encoder import DEFAULT_ENCODER

PREFIX = "WENJIN_"

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_USUAL_PORTS = {"http": 80, "https": 443}


def _separate(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _as_browsers_send_it(origin: str) -> str:
    """Refuses what no `Origin` header can ever equal, and says what it would have to be."""
    remedy = "write it as https://example.com or http://localhost:3000, or * for every site"
    try:
        url = urlsplit(origin)
        host, port = (url.hostname or "").encode("idna").decode(), url.port
    except ValueError:
        raise ValueError(f"{origin!r} is no origin; {remedy}") from None
    if origin == "*":
        return origin
    host = f"[{host}]" if ":" in host else host
    if url.scheme not in _USUAL_PORTS or not _HOST.fullmatch(host) or "@" in url.netloc:
        raise ValueError(f"{origin!r} is no origin; {remedy}")
    sent = f"{url.scheme}://{host}" + (f":{port}" if port not in (None, _USUAL_PORTS[url.scheme]) else "")
    if origin != sent:
        raise ValueError(f"{origin!r} is never sent by a browser; it sends {sent}")
    return origin


Origin = Annotated[str, AfterValidator(_as_browsers_send_it)]


class Settings(BaseSettings):
    """Frozen; an unknown `WENJIN_*` name is refused, because it is most likely a slip."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", frozen=True, extra="forbid")

    corpus: Path = Field(default=Path("corpus"), description="Folder of entries, or one .jsonl file, to build from")
    index_dir: Path = Field(default=Path("index/built"), description="Folder of built versions to serve from")
    encoder: str = Field(
        default=DEFAULT_ENCODER, description="The embedded encoder, or a sentence-transformers model by name or folder"
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    allowed_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_separate)] = Field(
        default=(), description="Sites whose pages may ask here, separated by commas; `*` for every site"
    )
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer")
    refresh_seconds: float = Field(default=5.0, gt=0, description="How often to look for a newly built index")
    database: str = Field(
        default="sqlite:///data/journal.db",
        repr=False,  # may hold a password
        description="Where questions and feedback are logged: a sqlite:/// or postgresql:// URL; empty keeps no log",
    )
    retention_days: int = Field(default=90, ge=1, le=3650, description="Days after which a logged question is deleted")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log lines to write"
    )

    @model_validator(mode="before")
    @classmethod
    def _no_unknown_names(cls, values: Any) -> Any:
        known = {PREFIX + name.upper() for name in cls.model_fields}
        unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
        if unknown:
            raise ValueError(f"no such setting: {', '.join(unknown)}. There are: {', '.join(sorted(known))}")
        return values
