"""Figures as files: small, self-contained, shown by an answer, and still for those who ask for stillness."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from proofreading.findings import Finding, error
from proofreading.manuscript import Manuscript

LARGEST, LARGEST_ANIMATED = 60_000, 150_000  # bytes
SHORTEST_ALT = 10  # characters

_SVG = "{http://www.w3.org/2000/svg}"
_FORBIDDEN = {"script", "foreignObject", "image", "iframe", "a", "audio", "video"}
_SMIL = {"animate", "animateMotion", "animateTransform", "set"}


def check_drawings(manuscripts: Sequence[Manuscript]) -> Iterator[Finding]:
    """Figures that are too large, broken, active, unused, poorly described, or that move without being asked."""
    for manuscript in manuscripts:
        for name, svg in manuscript.entry.figures.items():
            yield from _check_file(manuscript.path.parent / name, svg)
        for unused in sorted({p.name for p in manuscript.path.parent.glob("*.svg")} - set(manuscript.entry.figures)):
            path = manuscript.path.parent / unused
            yield error("figure", path, 0, "is shown by no answer", "Show it or remove it")
        for piece in manuscript.prose():
            if piece.kind == "alt" and len(piece.text.strip()) < SHORTEST_ALT:
                cause = f"the figure's text says little: {piece.text!r}"
                yield error("figure", manuscript.path, piece.line, cause, "Say what is to be seen, in a sentence")


def _check_file(path: Path, svg: str) -> Iterator[Finding]:
    try:
        elements = list(ElementTree.fromstring(svg).iter()) if "<!DOCTYPE" not in svg else None
    except ElementTree.ParseError as problem:
        yield error("figure", path, problem.position[0], f"is not XML: {problem}", "Draw it anew")
        return
    if elements is None:
        yield error("figure", path, 1, "declares a document type", "Remove the declaration")
        return
    names = {str(element.tag).removeprefix(_SVG) for element in elements}
    moving = bool(names & _SMIL) or re.search(r"@keyframes|\banimation\s*:", svg) is not None
    largest = LARGEST_ANIMATED if moving else LARGEST
    if (size := len(svg.encode())) > largest:
        cause = f"takes {size:,} bytes, more than {largest:,}"
        yield error("figure", path, 0, cause, "Round coordinates or draw fewer points")
    if names & _SMIL:
        yield error("figure", path, 0, "moves by SMIL, which nobody can ask to keep still", "Animate it with CSS")
    elif moving and "prefers-reduced-motion" not in svg:
        remedy = "Stop it under @media (prefers-reduced-motion: reduce)"
        yield error("figure", path, 0, "moves even for those who ask for stillness", remedy)
    if reasons := sorted(set(_reaching_out(elements, svg))):
        cause = f"is active or brings something from elsewhere: {', '.join(reasons)}"
        yield error("figure", path, 0, cause, "A figure is drawn with shapes, text and style of its own")


def _reaching_out(elements: Sequence[ElementTree.Element], svg: str) -> Iterator[str]:
    if found := re.search(r"@import|url\((?![\"']?#)", svg):
        yield found[0]
    for element in elements:
        if not element.tag.startswith(_SVG) or element.tag.removeprefix(_SVG) in _FORBIDDEN:
            yield f"<{element.tag.removeprefix(_SVG)}>"
        for name, value in element.items():
            if name.startswith("on") or (name.endswith(("href", "src")) and not value.startswith("#")):
                yield f"{name.rpartition('}')[2]}="
