"""The tokens of the default encoder: a text is cut into those pieces of a vocabulary that are, under a unigram language
model, most likely together (Kudo 2018, arXiv 1804.10959, section 3.2), which Viterbi's algorithm finds.

Gives what Google's sentencepiece gives for the same vocabulary, of which it keeps a mapped megabyte instead of 29 in
memory. Knows nothing of vectors.
"""

import math
import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from marisa_trie import Trie
from numpy.typing import NDArray

UNKNOWN, BEGIN, END = 0, 1, 2
"""Tokens that stand for no piece."""

UNKNOWN_PENALTY = 10.0
"""How much less likely than the least likely piece a character is that stands in none."""

SPACE = "▁"
"""Stands in pieces for the white space before a word."""

_SPACES = re.compile(rf"[\s{SPACE}]+")


@dataclass(frozen=True)
class Pieces:
    """A vocabulary. Its trie gives each piece a number, which is its place in the arrays."""

    numbers: Trie
    tokens: NDArray[np.int32]
    scores: NDArray[np.float32]  # log probability
    longest: int  # characters of a piece
    unknown: float  # score of a character that is no piece

    def encode(self, text: str) -> list[int]:
        """The tokens of a text, after `BEGIN` and before `END`. Characters that stand in no piece are `UNKNOWN`, once
        for a run of them."""
        text = _SPACES.sub(SPACE, f" {unicodedata.normalize('NFKC', text).strip()}")
        ways = self._likeliest(text)
        tokens, at = [END], len(text)
        while at and text != SPACE:
            at, token = ways[at]
            if token != UNKNOWN or tokens[-1] != UNKNOWN:
                tokens.append(token)
        return [*tokens, BEGIN][::-1]

    def _likeliest(self, text: str) -> list[tuple[int, int]]:
        """For each place in a text, where the last piece of the likeliest way up to there begins, and its token."""
        tokens, scores = self.tokens.data, self.scores.data  # quicker than arrays, one number at a time
        best = [0.0] + [-math.inf] * len(text)
        ways = [(0, UNKNOWN)] * len(best)
        for begin in range(len(text)):
            known = False
            for piece, n in self.numbers.iter_prefixes_with_ids(text[begin : begin + self.longest]):
                end = begin + len(piece)
                known = known or len(piece) == 1
                if best[begin] + scores[n] > best[end]:
                    best[end], ways[end] = best[begin] + scores[n], (begin, tokens[n])
            if not known and best[begin] + self.unknown > best[begin + 1]:
                best[begin + 1], ways[begin + 1] = best[begin] + self.unknown, (begin, UNKNOWN)
        return ways


def build_pieces(vocabulary: dict[str, tuple[int, float]]) -> Pieces:
    """From the token and the score of each piece."""
    numbers = Trie(vocabulary)
    ordered = [vocabulary[piece] for piece in sorted(vocabulary, key=numbers.key_id)]
    tokens, scores = zip(*ordered, strict=True)
    unknown = min(scores) - UNKNOWN_PENALTY
    return Pieces(numbers, np.array(tokens, np.int32), np.array(scores, np.float32), max(map(len, vocabulary)), unknown)
