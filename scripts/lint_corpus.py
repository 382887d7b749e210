"""Proofread a corpus: `python -m scripts.lint_corpus [--corpus FOLDER] [--index DIR] [--all] [--json]`.

Exit code 0: nothing has to be mended, though there may be warnings. 1: there are errors. 2: there was nothing to
read, or the command was not understood.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from proofreading.findings import Finding
from proofreading.manuscript import answer_files
from proofreading.questions import FEWEST_PHRASINGS
from proofreading.review import review
from service.settings import Settings

SHOWN = 5
"""Warnings of one rule in a report that is not asked for all."""


def main(argv: Sequence[str] | None = None) -> int:
    settings = Settings()
    parser = argparse.ArgumentParser(
        prog="lint_corpus", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=settings.corpus, help="a folder of entries (%(default)s)")
    parser.add_argument("--index", type=Path, default=settings.index_dir, help="where its index is (%(default)s)")
    parser.add_argument(
        "--phrasings", type=int, default=FEWEST_PHRASINGS, help="how many an entry has at least (%(default)s)"
    )
    parser.add_argument("--entry", metavar="ID", help="report on this entry only")
    parser.add_argument("--all", action="store_true", help=f"show all warnings, not {SHOWN} of each rule")
    parser.add_argument("--json", action="store_true", help="one JSON document: every finding with its place")
    options = parser.parse_args(argv)
    if not options.corpus.is_dir():
        print(f"{options.corpus}: is no folder of entries. Name one with --corpus.", file=sys.stderr)
        return 2
    findings = review(options.corpus, options.index, fewest_phrasings=options.phrasings)
    if options.entry:
        if options.entry not in (files := answer_files(options.corpus)):
            print(f"{options.corpus}: holds no entry {options.entry}", file=sys.stderr)
            return 2
        findings = [f for f in findings if f.problem.path.parent == files[options.entry].parent]
    print(_document(findings) if options.json else _report(findings, SHOWN if not options.all else None))
    return int(any(not finding.warning for finding in findings))


def _document(findings: Sequence[Finding]) -> str:
    records = [
        {
            "severity": "warning" if finding.warning else "error",
            "rule": finding.rule,
            "path": str(finding.problem.path),
            "line": finding.problem.line or None,
            "cause": finding.problem.cause,
            "remedy": finding.problem.remedy,
        }
        for finding in findings
    ]
    return json.dumps({"findings": records}, ensure_ascii=False, indent=1)


def _report(findings: Sequence[Finding], shown: int | None) -> str:
    """Errors first, in the order of files; then warnings rule by rule; then the count of both."""
    errors = [finding for finding in findings if not finding.warning]
    lines = [f"{finding.problem} [{finding.rule}]" for finding in errors]
    warnings: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.warning:
            warnings[finding.rule].append(finding)
    for rule, group in warnings.items():
        lines += ["", f"warnings [{rule}]", *(f"  {finding.problem}" for finding in group[:shown])]
        if rest := len(group[shown:]) if shown else 0:
            lines.append(f"  ... and {rest} more: --all shows them")
    lines += ["", f"{len(errors)} errors, {len(findings) - len(errors)} warnings"]
    return "\n".join(lines).strip()


if __name__ == "__main__":
    sys.exit(main())
