"""`python -m figures [NAME ...]`: draw all figures, or those whose file names contain one of the words, into corpus/."""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

import figures
from figures.drawing import Drawing

CORPUS = Path(__file__).parent.parent / "corpus"


def all_figures() -> Iterator[tuple[Path, Drawing]]:
    """Every figure with the file it belongs in. A topic's `FIGURES` maps "q03/kernel-sliding" to a function that draws it."""
    for module in sorted(pkgutil.iter_modules(figures.__path__), key=lambda module: module.name):
        topic = (
            importlib.import_module(f"figures.{module.name}") if module.name not in ("__main__", "drawing") else None
        )
        for name, draw in getattr(topic, "FIGURES", {}).items():
            entry, stem = name.split("/")
            (folder,) = [*CORPUS.glob(f"{entry}-*"), *CORPUS.glob(entry)]
            yield folder / f"{stem}.svg", draw()


def main(words: list[str]) -> None:
    for path, drawing in all_figures():
        if not words or any(word in path.name for word in words):
            path.write_text(drawing.svg(), encoding="utf-8")
            print(f"{path.relative_to(CORPUS.parent)}: {path.stat().st_size / 1024:.1f} KB")


if __name__ == "__main__":
    main(sys.argv[1:])
