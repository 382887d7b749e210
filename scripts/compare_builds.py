"""What a change to the corpus did to quality: `python -m scripts.compare_builds [--index DIR] [--before VERSION]`.

Sets the current version of the index beside the one built before it, by the figures that the build works out anyway:
phrasings left out in turn, and calibration questions. Once their number changes, other phrasings are left out
together, and the figures on them move by themselves: in this corpus by .01 in all and by .08 for a single entry.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index import store
from index.errors import MissingIndex, UnusableIndex, WenjinError
from index.strays import load_strays
from service.settings import Settings

SHOWN = 8
"""Entries, or phrasings of one kind, that are listed."""

_FIGURES = (
    ("left out: first right", ("left_out_phrasings", "top1")),
    ("left out: among three", ("left_out_phrasings", "top3")),
    ("left out: MRR", ("left_out_phrasings", "mrr")),
    ("calibration: first right", ("top1",)),
    ("AUROC of confidence", ("auroc",)),
    ("calibration error", ("calibration_error",)),
    ("right when answered", ("answered_precision",)),
    ("rightly answered", ("coverage",)),
)


def main(argv: Sequence[str] | None = None) -> int:
    settings = Settings()
    parser = argparse.ArgumentParser(
        prog="compare_builds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, default=settings.index_dir, help="where versions are kept (%(default)s)")
    parser.add_argument("--before", metavar="VERSION", help="the version to compare with (the one built before)")
    options = parser.parse_args(argv)
    try:
        print(_comparison(options.index, options.before))
    except WenjinError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _comparison(folder: Path, before: str | None) -> str:
    after = store.current_version(folder)
    known = store.versions(folder)
    earlier = [name for name in known if name < after]
    if before is not None and before not in known:
        raise MissingIndex(f"{folder}: there is no version {before}. There are: {', '.join(known)}")
    if before is None and not earlier:
        return f"{after} is the first version; change the corpus, build again, and the two are compared"
    before = before or earlier[-1]
    old, new = (store.read_manifest(folder / name) for name in (before, after))
    lines = [f"{before} -> {after}", "", f"{'':26}{'before':>9}{'after':>9}{'change':>9}"]
    for name in ("entries", "phrasings", "out_of_scope"):
        was, now = old["rows"][name], new["rows"][name]
        lines.append(f"{name.replace('_', ' '):26}{was:9,}{now:9,}{now - was:+9,}")
    for name, path in _FIGURES:
        lines.append(_row(name, _figure(old, path), _figure(new, path)))
    lines += ["", "left out, first right, by style"]
    styles = [m["quality"]["left_out_phrasings"]["top1_by_style"] for m in (old, new)]
    lines += [_row(f"  {style}", styles[0].get(style), styles[1].get(style)) for style in sorted(set().union(*styles))]
    return "\n".join(lines + _entries(folder / before, folder / after))


def _figure(manifest: dict[str, Any], path: Sequence[str]) -> float:
    value = manifest["quality"]
    for name in path:
        value = value[name]
    return float(value)


def _row(name: str, was: float | None, now: float | None) -> str:
    cells = "".join(f"{'' if value is None else f'{value:.3f}':>9}" for value in (was, now))
    return f"{name:26}{cells}" + (f"{now - was:+9.3f}" if was is not None and now is not None else "")


def _entries(before: Path, after: Path) -> list[str]:
    """How well entries are found: the new ones, what they take from others, and those that moved most."""
    try:
        old, new = load_strays(before), load_strays(after)
    except UnusableIndex:
        return ["", "one of the two was built by a program that did not keep figures by entry"]
    was, now = old.found(), new.found()
    lines = []
    for id_ in sorted(now.keys() - was.keys()):
        lines += ["", f"{id_} is new: {now[id_]:.0%} of its {new.tried[id_]} phrasings find it while left out"]
        lines += _named("lost to others", [f"{s.winner}: {s.text}" for s in new.phrasings if s.owner == id_])
        lines += _named("taken from others", [f"{s.owner}: {s.text}" for s in new.phrasings if s.winner == id_])
    moved = sorted((id_ for id_ in was.keys() & now.keys()), key=lambda id_: -abs(now[id_] - was[id_]))
    lines += ["", "left out, first right, by entry: those that moved most"]
    return lines + [_row(f"  {id_}", was[id_], now[id_]) for id_ in moved[:SHOWN] if now[id_] != was[id_]]


def _named(title: str, items: Sequence[str]) -> list[str]:
    return [f"  {title}: {len(items)}", *(f"    {item}" for item in items[:SHOWN])]


if __name__ == "__main__":
    sys.exit(main())
