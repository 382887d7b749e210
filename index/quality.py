"""Figures of merit for ranked, decided questions. Used on cross-validated questions at build time and on test
questions by `scripts/evaluate.py`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def auroc(positive: Numbers, negative: Numbers) -> float:
    """Probability that a positive scores above a negative, ties counting half (Mann & Whitney 1947); nan when
    either is empty."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / 2 / len(negative))


def calibration_error(confidence: Numbers, right: Flags, weights: Numbers | None = None, bins: int = 10) -> float:
    """Expected calibration error with bins of equal weight (Naeini, Cooper & Hauskrecht 2015; Nixon et al.
    2019); nan when there is nothing."""
    if not len(confidence):
        return float("nan")
    weights = np.ones(len(confidence)) if weights is None else weights
    order = np.argsort(confidence, kind="stable")
    confidence, hit, weights = confidence[order], right[order].astype(np.float64), weights[order] / weights.sum()
    bin_of = np.minimum((np.cumsum(weights) - weights / 2) * bins, bins - 1).astype(np.int64)
    gaps = np.bincount(bin_of, weights * (confidence - hit), bins)
    return float(np.abs(gaps).sum())


def reciprocal_rank(right: Flags) -> Numbers:
    """For each question (q, c, best first) 1 / rank of its first right candidate, 0 without one."""
    return np.where(right.any(axis=1), 1 / (right.argmax(axis=1) + 1), 0.0)


def found(right: Flags, styles: Sequence[str]) -> dict[str, Any]:
    """How often the entry meant comes first, for questions (q, c, best first) of the given styles (q,)."""
    by_style = {
        style: round(float(right[[other == style for other in styles], 0].mean()), 3) for style in sorted(set(styles))
    }
    return {
        "questions": len(right),
        "top1": round(float(right[:, 0].mean()), 4),
        "top3": round(float(right[:, :3].any(axis=1).mean()), 4),
        "mrr": round(float(reciprocal_rank(right).mean()), 4),
        "top1_by_style": by_style,
    }
