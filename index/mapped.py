"""What is looked up by a text or by a number and mapped from disk: as dictionaries and strings it would take megabytes
of every worker. Knows nothing of what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from marisa_trie import Trie
from numpy.typing import NDArray


@dataclass(frozen=True)
class Integers:
    """An integer for each of some texts without NUL."""

    places: Trie  # of each text among the values
    values: NDArray[np.int32]

    @classmethod
    def of(cls, values: Mapping[str, int]) -> "Integers":
        places = Trie(values)
        return cls(places, np.array([values[text] for text in sorted(values, key=places.key_id)], np.int32))

    def get(self, text: str) -> int | None:
        place = self.places.get(text)
        return None if place is None else self.values.item(place)


@dataclass(frozen=True)
class Texts:
    """Texts by number."""

    encoded: NDArray[np.uint8]  # UTF-8 of all, one after the other
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Texts":
        encoded = [text.encode() for text in texts]
        ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
        return cls(np.frombuffer(b"".join(encoded), np.uint8), ends)

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, number: int) -> str:
        """Raises `IndexError`."""
        start = self.ends[number - 1] if number else 0
        return self.encoded[start : self.ends[number]].tobytes().decode()
