"""Limited-memory BFGS (Nocedal & Wright, Numerical Optimization, 2nd ed., algorithms 7.4 and 7.5), for the
build's three fits."""

from collections import deque
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", np.float32, np.float64)


def minimise(
    value_and_gradient: Callable[[NDArray[Scalar]], tuple[float, NDArray[Scalar]]],
    start: NDArray[Scalar],
    *,
    steps: int = 100,
    memory: int = 8,
    tolerance: float = 1e-5,
) -> NDArray[Scalar]:
    """A point near the minimum of a smooth function, from `start` (n,), keeping its dtype.

    Stops after `steps`, when a step (from the fourth on: the first are short) gains less than `tolerance` of
    the value, or when no step along the search direction gains anything. Steps are chosen by back-tracking
    (Armijo), and pairs without curvature are not remembered.
    """
    point = start
    value, gradient = value_and_gradient(point)
    pairs: deque[tuple[NDArray[Scalar], NDArray[Scalar], float]] = deque(maxlen=memory)
    for taken in range(steps):
        direction = -_inverse_hessian_times(gradient, pairs)
        slope = float(gradient @ direction)
        if slope >= 0:
            break
        length = 1.0 if pairs else min(1.0, 1.0 / float(np.abs(gradient).sum()))
        while True:
            moved = point + np.asarray(length, point.dtype) * direction
            new_value, new_gradient = value_and_gradient(moved)
            if new_value <= value + 1e-4 * length * slope:
                break
            length /= 2
            if length < 1e-10:
                return point
        step, change = moved - point, new_gradient - gradient
        curvature = float(step @ change)
        if curvature > 1e-10 * float(change @ change):
            pairs.append((step, change, curvature))
        gain = value - new_value
        point, value, gradient = moved, new_value, new_gradient
        if taken > 2 and gain <= tolerance * max(abs(value), 1e-12):
            break
    return point


def _inverse_hessian_times(
    gradient: NDArray[Scalar], pairs: deque[tuple[NDArray[Scalar], NDArray[Scalar], float]]
) -> NDArray[Scalar]:
    result = gradient.copy()
    weights = []
    for step, change, curvature in reversed(pairs):
        weight = float(step @ result) / curvature
        result -= np.asarray(weight, result.dtype) * change
        weights.append(weight)
    if pairs:
        _, change, curvature = pairs[-1]
        result *= np.asarray(curvature / float(change @ change), result.dtype)
    for (step, change, curvature), weight in zip(pairs, reversed(weights), strict=True):
        correction = float(change @ result) / curvature
        result += np.asarray(weight - correction, result.dtype) * step
    return result
