"""The known ways of asking, as they are looked up: a row by its key, a text by its row. Both are mapped from disk; as
strings they would take 5 MB of every worker. Knows nothing of what a row means."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from marisa_trie import Trie
from numpy.typing import NDArray


@dataclass(frozen=True)
class KnownKeys:
    """The row of every key."""

    numbers: Trie  # each key's place among the rows
    rows: NDArray[np.int32]

    def get(self, key: str) -> int | None:
        number = self.numbers.get(key)
        return None if number is None else int(self.rows[number])


@dataclass(frozen=True)
class Texts:
    """Texts by row."""

    encoded: NDArray[np.uint8]  # UTF-8 of all, one after the other
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, row: int) -> str:
        """Raises `IndexError`."""
        start = self.ends[row - 1] if row else 0
        return self.encoded[start : self.ends[row]].tobytes().decode()


def known_keys(rows: dict[str, int]) -> KnownKeys:
    numbers = Trie(rows)
    return KnownKeys(numbers, np.array([rows[key] for key in sorted(rows, key=numbers.key_id)], np.int32))


def pack_texts(texts: Sequence[str]) -> Texts:
    encoded = [text.encode() for text in texts]
    return Texts(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([len(text) for text in encoded], dtype=np.int64))
