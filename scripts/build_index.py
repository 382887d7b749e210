"""Build an index: `python -m scripts.build_index [--corpus PATH] [--out DIR]`. Defaults come from the
`WENJIN_*` settings."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from index import store
from index.build import build_index, is_current
from index.confidence import PRECISION
from index.encoder import DEFAULT_ENCODER, Encoder, load_encoder
from index.entries import Corpus
from index.errors import InexpressibleEncoder, WenjinError
from index.reader import read_corpus
from index.sentence_transformer import SentenceTransformerEncoder, export
from index.text import normalise
from service.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    settings = Settings()
    parser = argparse.ArgumentParser(prog="build_index", description=__doc__)
    parser.add_argument(
        "--corpus", type=Path, default=settings.corpus, help="a folder of entries or a .jsonl file (%(default)s)"
    )
    parser.add_argument("--out", type=Path, default=settings.index_dir, help="where versions are kept (%(default)s)")
    parser.add_argument(
        "--encoder", default=settings.encoder, help="the embedded one, or a sentence-transformers model (%(default)s)"
    )
    parser.add_argument(
        "--precision", type=float, default=PRECISION, help="share of answers that are to be right (%(default)s)"
    )
    parser.add_argument(
        "--if-needed", action="store_true", help="do nothing when the current version was built from this corpus"
    )
    parser.add_argument(
        "--use", metavar="VERSION", help="go back to a version that was built earlier, and build nothing"
    )
    options = parser.parse_args(argv)
    try:
        return _run(options)
    except WenjinError as error:
        print(f"Nothing was published.\n{error}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    if options.use:
        store.point_to(options.out, options.use)
        print(f"{options.out} now points to {options.use}")
        return 0
    corpus = read_corpus(options.corpus)
    options.out.mkdir(parents=True, exist_ok=True)
    encoder = _encoder(options.encoder, corpus, options.out)
    if options.if_needed and is_current(corpus, encoder, options.out):
        print(f"{options.out} is up to date with {options.corpus}")
        return 0
    with _Progress() as progress:
        report = build_index(corpus, encoder, options.out, precision=options.precision, progress=progress)
    for warning in report.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(_summary(report.version, report.manifest))
    return 0


def _encoder(name: str, corpus: Corpus, out: Path) -> Encoder:
    """The encoder as it will serve: a sentence-transformers model is written as a graph first, if it can be."""
    if name == DEFAULT_ENCODER:
        return load_encoder(name, out)
    ways = [(at, normalise(way.text)) for at, entry in enumerate(corpus.entries) for way in entry.ways_of_asking]
    try:
        return export(name, out, [text for _, text in ways], [at for at, _ in ways])
    except InexpressibleEncoder as error:
        print(f"warning: {error}", file=sys.stderr)
        return SentenceTransformerEncoder(name)


class _Progress:
    """A bar on a terminal, a line per step in a log."""

    def __enter__(self) -> Callable[[str], None]:
        self._began = time.perf_counter()
        self._bar = tqdm(bar_format="{desc} {elapsed}", file=sys.stderr) if sys.stderr.isatty() else None
        return self._tell

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _tell(self, step: str) -> None:
        if self._bar is not None:
            self._bar.set_description_str(step)
            self._bar.update()
        else:
            print(f"{time.perf_counter() - self._began:6.1f} s  {step}", file=sys.stderr, flush=True)


def _summary(version: str, manifest: dict[str, Any]) -> str:
    rows, quality, thresholds = manifest["rows"], manifest["quality"], manifest["thresholds"]
    left_out = quality["left_out_phrasings"]
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in rows.items())
    return "\n".join(
        [
            f"published {version} after {manifest['seconds']} s",
            f"  rows        {counts}",
            f"  left out    {left_out['questions']:,} phrasings, each unknown to the index: "
            f"top-1 {left_out['top1']:.3f}, top-3 {left_out['top3']:.3f}, MRR {left_out['mrr']:.3f}",
            f"  confidence  on {quality['questions']:,} questions and {quality['out_of_scope']:,} out of scope, "
            f"cross-fitted: AUROC {quality['auroc']:.3f}, calibration error {quality['calibration_error']:.3f}",
            f"  thresholds  answered from {thresholds['answered']:.3f}, "
            f"for a precision of {thresholds['precision']:.2f}: "
            f"reached {quality['answered_precision']:.3f} at coverage {quality['coverage']:.3f}",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
