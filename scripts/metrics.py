"""What came of questions, as figures with their uncertainty, and as a table. Knows nothing of how they were asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from index.quality import auroc, calibration_error

RESAMPLES = 1000

Flags = NDArray[np.bool_]
Figures = dict[str, dict[str, float | int]]


@dataclass(frozen=True)
class Results:
    """What came of n questions, as arrays of length n."""

    in_scope: Flags
    rank: NDArray[np.float64]  # of the first right candidate, from 1; inf when there is none
    confidence: NDArray[np.float64]
    answered: Flags
    declined: Flags

    def only(self, chosen: NDArray[Any]) -> Self:
        return type(self)(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def resample(self, generator: np.random.Generator) -> NDArray[np.int64]:
        """Rows drawn with replacement, in and out of scope apart."""
        parts = np.flatnonzero(self.in_scope), np.flatnonzero(~self.in_scope)
        return np.concatenate([generator.choice(part, len(part)) if len(part) else part for part in parts])

    @property
    def first(self) -> Flags:
        """The first candidate is right."""
        first: Flags = self.rank == 1
        return first

    @property
    def helped(self) -> Flags:
        """Rightly answered, or asked back with the right one among the three candidates."""
        return np.where(self.answered, self.first, ~self.declined & (self.rank <= 3))

    @property
    def right(self) -> Flags:
        """In scope: the first candidate is right, and it was answered or asked back. Out of scope: not answered."""
        return np.where(self.in_scope, self.first & ~self.declined, ~self.answered)


@dataclass(frozen=True)
class TurnResults(Results):
    """What came of n turns of conversations."""

    conversation: NDArray[np.int64]
    alone: Flags  # would have been right without what was said before

    def resample(self, generator: np.random.Generator) -> NDArray[np.int64]:
        """Rows of conversations drawn with replacement: turns of one stand or fall together."""
        numbers = np.unique(self.conversation)
        drawn = generator.choice(numbers, len(numbers)) if len(numbers) else numbers
        return np.concatenate([np.zeros(0, np.int64), *(np.flatnonzero(self.conversation == one) for one in drawn)])


Metrics = Mapping[str, tuple[str, Callable[[Any], float]]]
"""Name -> what it means, and how it follows from results; nan when there is nothing to tell."""


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")


_TOP1 = ("first candidate right, of questions in scope", lambda r: _mean(r.first[r.in_scope]))
_REFUSAL = ("not answered, of questions out of scope", lambda r: _mean(~r.answered[~r.in_scope]))
_CALIBRATION = (
    "expected calibration error of the confidence, ten bins of equal size",
    lambda r: calibration_error(r.confidence, r.first),
)

METRICS: Metrics = {
    "top1": _TOP1,
    "top3": ("right among the first three, of questions in scope", lambda r: _mean(r.rank[r.in_scope] <= 3)),
    "mrr": ("mean reciprocal rank, of questions in scope", lambda r: _mean(1 / r.rank[r.in_scope])),
    "auroc": (
        "a question in scope has more confidence than one out of scope",
        lambda r: auroc(r.confidence[r.in_scope], r.confidence[~r.in_scope]),
    ),
    "precision": ("right among all that were answered", lambda r: _mean(r.first[r.answered])),
    "coverage": ("rightly answered, of questions in scope", lambda r: _mean((r.answered & r.first)[r.in_scope])),
    "helped": (
        "rightly answered, or asked back with the right one shown, of questions in scope",
        lambda r: _mean(r.helped[r.in_scope]),
    ),
    "refusal": _REFUSAL,
    "declined": (
        "told plainly that there is no answer, of questions out of scope",
        lambda r: _mean(r.declined[~r.in_scope]),
    ),
    "accuracy": (
        "in scope and first candidate right and not declined, or out of scope and declined",
        lambda r: _mean(np.where(r.in_scope, r.first & ~r.declined, r.declined)),
    ),
    "calibration": _CALIBRATION,
}

TURN_METRICS: Metrics = {
    "right": (
        "in scope: first candidate right, answered or asked back; out of scope: not answered",
        lambda r: _mean(r.right),
    ),
    "alone": ("the same, had the question been asked without what was said before", lambda r: _mean(r.alone)),
    "kept": (
        "right, of turns that would have been right without what was said before",
        lambda r: _mean(r.right[r.alone]),
    ),
    "helped": (
        "rightly answered, or asked back with the right one shown; out of scope: not answered",
        lambda r: _mean(np.where(r.in_scope, r.helped, ~r.answered)),
    ),
    "top1": _TOP1,
    "precision": METRICS["precision"],
    "refusal": _REFUSAL,
    "calibration": _CALIBRATION,
}


def measure(results: Results, metrics: Metrics = METRICS) -> Figures:
    """Every metric with its bootstrap 95 % interval (percentile)."""
    generator = np.random.default_rng(0)
    samples = [results.only(results.resample(generator)) for _ in range(RESAMPLES)]
    inside = int(results.in_scope.sum())
    figures: Figures = {"questions": {"in_scope": inside, "out_of_scope": len(results.in_scope) - inside}}
    for name, (_, metric) in metrics.items():
        value = metric(results)
        if not np.isnan(value):
            spread = np.array([metric(sample) for sample in samples])
            low, high = np.nanpercentile(spread, [2.5, 97.5])
            figures[name] = {"value": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}
    return figures


def table(groups: Mapping[str, Figures], metrics: Metrics = METRICS, what: str = "questions") -> str:
    """The figures of the group "all" line by line, then one line for each group."""
    overall = groups["all"]
    counts = overall["questions"]
    lines = [f"{counts['in_scope']} {what} in scope, {counts['out_of_scope']} out of scope", ""]
    for name, (meaning, _) in metrics.items():
        if name in overall:
            f = overall[name]
            lines.append(f"{name:12} {f['value']:.3f}  [{f['low']:.3f}, {f['high']:.3f}]  {meaning}")
    if len(groups) > 1:
        width = max(14, *(len(name) + 2 for name in groups))
        lines += ["", f"{'':{width}}{'n':>6}" + "".join(f"{name:>12}" for name in metrics)]
        lines += [f"{name:{width}}{_row(figures, tuple(metrics))}" for name, figures in groups.items()]
    return "\n".join(lines)


def _row(figures: Figures, metrics: Sequence[str]) -> str:
    count = sum(figures["questions"].values())
    cells = "".join(f"{figures[name]['value']:12.3f}" if name in figures else f"{'':12}" for name in metrics)
    return f"{count:6}{cells}"
