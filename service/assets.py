"""The built browser files, served from memory: `/widget.js` for a few minutes, everything under `/widget/` whose name
carries a hash for ever. Knows nothing of what is in them; `make web` builds them."""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

FOLDER = Path(__file__).parent / "widget"
FOR_EVER = "public, max-age=31536000, immutable"
FOR_MINUTES = "public, max-age=300"
_HASHED = re.compile(r"(?P<stem>[A-Za-z0-9_]+(?:-[A-Za-z]+)?)-[0-9a-f]{10}(?P<end>\.[a-z0-9]+)")
_NAME = re.compile(r"(?P<stem>[a-z]+)(?:-[0-9a-f]{10})?(?P<end>\.(?:js|css))")
_COMPRESSED = (".js", ".css", ".txt")
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2"}


@dataclass(frozen=True)
class Asset:
    body: bytes
    compressible: bool
    etag: str
    media_type: str
    cache: str

    @classmethod
    def read(cls, path: Path) -> "Asset":
        body = path.read_bytes()
        media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return cls(
            body,
            path.suffix in _COMPRESSED,
            hashlib.sha256(body).hexdigest()[:20],
            media_type,
            FOR_EVER if _HASHED.fullmatch(path.name) else FOR_MINUTES,
        )

    @cached_property
    def _compressed(self) -> bytes:
        return gzip.compress(self.body, 9, mtime=0)

    def response(self, request: Request) -> Response:
        zipped = self.compressible and "gzip" in request.headers.get("accept-encoding", "")
        etag = f'"{self.etag}{"-gzip" if zipped else ""}"'
        headers = {"Cache-Control": self.cache, "ETag": etag}
        if self.compressible:
            headers["Vary"] = "Accept-Encoding"
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if zipped:
            headers["Content-Encoding"] = "gzip"
        return Response(self._compressed if zipped else self.body, headers=headers, media_type=self.media_type)


class Assets:
    """All files below a folder, by their paths within it."""

    def __init__(self, folder: Path = FOLDER) -> None:
        paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
        self._assets = {path.relative_to(folder).as_posix(): Asset.read(path) for path in paths}

    def response(self, name: str, request: Request) -> Response:
        """The file, or the way to today's one when only the hash in its name is gone or left out: a page that was
        loaded before an update asks so. Raises a 404."""
        if asset := self._assets.get(name):
            return asset.response(request)
        if now := self.current(name):
            return RedirectResponse(now, 307, {"Cache-Control": "no-store"})
        raise HTTPException(404, "There is no such file.")

    def current(self, name: str) -> str | None:
        """The name, hash included, that `name` has today."""
        wanted = _NAME.fullmatch(name)
        if wanted is None:
            return None
        pattern = re.compile(rf"{wanted['stem']}-[0-9a-f]{{10}}{re.escape(wanted['end'])}")
        return next((known for known in self._assets if pattern.fullmatch(known)), None)


def add_assets(app: FastAPI, assets: Assets) -> None:
    """Serve the browser files."""

    # Not on the event loop, which the first compression of a file would hold up for a hundredth of a second.
    @app.get("/widget.js", include_in_schema=False)
    def widget(request: Request) -> Response:
        return assets.response("widget.js", request)

    @app.get("/widget/{name:path}", include_in_schema=False)
    def asset(name: str, request: Request) -> Response:
        return assets.response(name, request)
