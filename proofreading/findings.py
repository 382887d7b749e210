"""What a proofreader has to say: a place, a cause and a remedy, under the name of a rule. Knows no rule."""

from dataclasses import dataclass
from pathlib import Path

from index.errors import Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach of `rule`. A warning is a matter of judgement; anything else has to be mended."""

    rule: str
    problem: Problem
    warning: bool = False


def error(rule: str, path: Path, line: int, cause: str, remedy: str) -> Finding:
    return Finding(rule, Problem(path, line, cause, remedy))


def warning(rule: str, path: Path, line: int, cause: str, remedy: str) -> Finding:
    return Finding(rule, Problem(path, line, cause, remedy), warning=True)
