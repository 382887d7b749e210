"""One name for one thing: `glossary.yaml` of a corpus, and where its prose or figures use another.

A variant may be mentioned: between quotation marks, or after 又称, 也译 and the like.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from index.sources import causes
from proofreading.findings import Finding, error
from proofreading.manuscript import Manuscript

FILE = "glossary.yaml"

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_MENTION = r"(?:(?:[又也亦或](?:称|译|叫|写)作?|[旧俗简统合]称|旧译)[“《]?|[“《])"


class Term(BaseModel):
    """A term as this corpus writes it, and what it does not write for it. `unless` holds longer words in which a
    variant is right."""

    model_config = ConfigDict(extra="forbid", strict=True)

    term: _Word
    english: _Word
    avoid: list[_Word] = Field(min_length=1)
    unless: list[_Word] = []

    def pattern(self) -> re.Pattern[str]:
        """Matches the variants, in group `variant`, and what may hold one."""
        variants = "|".join(_bounded(word) for word in sorted(self.avoid, key=len, reverse=True))
        spared = [re.escape(word) for word in sorted([self.term, *self.unless], key=len, reverse=True)]
        return re.compile("|".join([*spared, f"{_MENTION}(?:{variants})", f"(?P<variant>{variants})"]))


def _bounded(word: str) -> str:
    """The word as a pattern; a Latin one does not match within a longer one."""
    before = r"(?<![A-Za-z0-9_.])" if word[0].isascii() else ""
    after = r"(?![A-Za-z0-9_])" if word[-1].isascii() else ""
    return before + re.escape(word) + after


def read_glossary(path: Path) -> tuple[list[Term], list[Finding]]:
    """The terms of the file, and what is wrong with it; no terms when there is no such file."""
    if not path.exists():
        return [], []
    try:
        return TypeAdapter(list[Term]).validate_python(yaml.safe_load(path.read_text("utf-8"))), []
    except ValidationError as problem:
        remedy = "A term is {term, english, avoid: [..], unless: [..]}"
        return [], [error("glossary", path, 0, cause, remedy) for _, cause in causes(problem)]
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as problem:
        return [], [error("glossary", path, 0, f"cannot be read: {problem}", "Correct it")]


def check_terms(manuscripts: Sequence[Manuscript], terms: Sequence[Term]) -> Iterator[Finding]:
    """Variants that the glossary says to avoid, in answers and in the words of their figures."""
    patterns = [(term, term.pattern()) for term in terms]
    for manuscript in manuscripts:
        prose = ((manuscript.path, piece) for piece in manuscript.prose())
        for path, piece in chain(prose, manuscript.words_of_figures()):
            for term, pattern in patterns:
                for found in pattern.finditer(piece.text):
                    if found["variant"]:
                        cause = f"{found['variant']} for {term.term}: {piece.excerpt(*found.span())}"
                        yield error("term", path, piece.line, cause, f"Write {term.term} ({FILE})")
