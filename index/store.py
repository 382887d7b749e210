"""Versions of a built index on disk: written whole, published by one atomic step, checked when read.

    DIR/current                     a line: the name of the version in use
    DIR/20261123T081500Z-1a2b3c4d/  manifest.json (written last), articles.json, *.npy, *.faiss, *.trie

Knows files and numbers, nothing of what they mean.
"""

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import faiss
import numpy as np
from marisa_trie import BytesTrie, Trie

from index.errors import DamagedIndex, ForeignIndex, MissingIndex

FORMAT = 9
"""Raised whenever files written by an older program can no longer be read."""

KEPT = 3
"""Versions left in place for going back, the current one included."""

MANIFEST = "manifest.json"
_POINTER = "current"

Record = TypeVar("Record")


def current_version(folder: Path) -> str:
    """The name of the version in use. Raises `MissingIndex`."""
    try:
        name = (folder / _POINTER).read_text("utf-8").strip()
    except OSError as error:
        raise MissingIndex(
            f"{folder}: no index was built here. Build one: python -m scripts.build_index --out {folder}"
        ) from error
    except UnicodeDecodeError:
        name = ""
    if not name or Path(name).name != name:
        raise DamagedIndex(f"{folder / _POINTER}: does not name a version. {_rebuild(folder)}")
    return name


def versions(folder: Path) -> list[str]:
    """Every complete version, oldest first."""
    return sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}") if not path.parent.name.startswith("."))


@contextmanager
def new_version(folder: Path) -> Iterator[Path]:
    """A temporary folder to write a version into; removed again unless `publish` has moved it away."""
    folder.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(prefix=".building-", dir=folder))
    try:
        yield workplace
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


def write_manifest(version: Path, facts: dict[str, Any]) -> None:
    """Seal a version: the manifest lists every other file with its size and SHA-256, so it is written last."""
    files = {path.name: {"bytes": path.stat().st_size, "sha256": _sha256(path)} for path in sorted(version.iterdir())}
    text = json.dumps({"format": FORMAT, **facts, "files": files}, ensure_ascii=False, indent=1)
    (version / MANIFEST).write_text(text + "\n", "utf-8")


def publish(version: Path, folder: Path, name: str) -> None:
    """Give a sealed version its name and point to it; readers see either the old one or the new one, never half
    of it."""
    version.chmod(0o755)
    os.replace(version, folder / name)
    point_to(folder, name)
    for old in versions(folder)[:-KEPT]:
        if old != name:
            shutil.rmtree(folder / old, ignore_errors=True)


def point_to(folder: Path, name: str) -> None:
    """Make `name` the version in use. Raises `MissingIndex` when there is no such version."""
    if name not in versions(folder):
        raise MissingIndex(f"{folder}: there is no version {name}. There are: {', '.join(versions(folder)) or 'none'}")
    handle, pointer = tempfile.mkstemp(prefix=".current-", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(name + "\n")
        file.flush()
        os.fsync(file.fileno())
    Path(pointer).chmod(0o644)
    os.replace(pointer, folder / _POINTER)


def read_manifest(version: Path) -> dict[str, Any]:
    """The manifest, after checking that every file it lists is there unaltered. Raises `DamagedIndex` or
    `ForeignIndex`."""
    path = version / MANIFEST
    try:
        manifest = json.loads(path.read_text("utf-8"))
        written = manifest["format"]
        if written != FORMAT:
            raise ForeignIndex(f"{path}: has format {written}, this program reads {FORMAT}. {_rebuild(version.parent)}")
        files = {name: (facts["bytes"], facts["sha256"]) for name, facts in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedIndex(f"{path}: cannot be read ({error}). {_rebuild(version.parent)}") from error
    for name, (size, digest) in files.items():
        file = version / name
        if not file.is_file() or file.stat().st_size != size or _sha256(file) != digest:
            raise DamagedIndex(f"{file}: is missing or altered. {_rebuild(version.parent)}")
    return dict(manifest)


def save(record: Any, version: Path, prefix: str) -> None:
    """Write a dataclass of arrays, FAISS indexes, tries, numbers and further dataclasses as files beginning with
    `prefix`."""
    numbers: dict[str, float | int | None] = {}
    for field in dataclasses.fields(record):
        value, name = getattr(record, field.name), f"{prefix}.{field.name}"
        if isinstance(value, np.ndarray):
            np.save(version / f"{name}.npy", value)
        elif isinstance(value, faiss.Index):
            faiss.write_index(value, str(version / f"{name}.faiss"))
        elif isinstance(value, Trie | BytesTrie):
            value.save(str(version / f"{name}.trie"))
        elif dataclasses.is_dataclass(value):
            save(value, version, name)
        else:
            numbers[field.name] = value
    (version / f"{prefix}.json").write_text(json.dumps(numbers), "utf-8")


def load(kind: type[Record], version: Path, prefix: str) -> Record:
    """Read back what `save` has written. What is large is mapped, not copied, so that workers share it."""
    values: dict[str, Any] = json.loads((version / f"{prefix}.json").read_text("utf-8"))
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(typing.cast(Any, kind)):
        name = f"{prefix}.{field.name}"
        if (version / f"{name}.npy").exists():
            values[field.name] = np.load(version / f"{name}.npy", mmap_mode="r").view(np.ndarray)
        elif (version / f"{name}.faiss").exists():
            values[field.name] = faiss.read_index(str(version / f"{name}.faiss"), faiss.IO_FLAG_MMAP_IFC)
        elif (version / f"{name}.trie").exists():
            values[field.name] = hints[field.name]().mmap(str(version / f"{name}.trie"))
        elif field.name not in values:
            inner = next(
                t for t in (hints[field.name], *typing.get_args(hints[field.name])) if dataclasses.is_dataclass(t)
            )
            values[field.name] = load(typing.cast(Any, inner), version, name)
    return kind(**values)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rebuild(folder: Path) -> str:
    return f"Build it again: python -m scripts.build_index --out {folder}"
