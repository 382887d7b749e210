"""L-BFGS against minima that are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from index.minimise import minimise


def quadratic(dtype: type) -> tuple[NDArray, NDArray]:
    generator = np.random.default_rng(2)
    root = generator.normal(size=(12, 12))
    return (root @ root.T + np.diag(np.logspace(-1, 2, 12))).astype(dtype), generator.normal(size=12).astype(dtype)


def rosenbrock(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    x, y = point
    value = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    return float(value), np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])


@pytest.mark.parametrize(("dtype", "within"), [(np.float64, 1e-6), (np.float32, 1e-2)])
def test_a_quadratic_is_solved_like_the_linear_system_it_stands_for(dtype: type, within: float) -> None:
    matrix, right = quadratic(dtype)

    def loss(x: NDArray) -> tuple[float, NDArray]:
        return float(x @ matrix @ x / 2 - right @ x), matrix @ x - right

    found = minimise(loss, np.zeros(12, dtype), steps=500, tolerance=1e-16)
    truth = np.linalg.solve(matrix.astype(np.float64), right)
    np.testing.assert_allclose(found, truth, atol=within * float(np.abs(truth).max()))
    assert found.dtype == dtype


def test_the_bottom_of_rosenbrocks_valley_is_found() -> None:
    found = minimise(rosenbrock, np.array([-1.2, 1.0]), steps=200, tolerance=1e-15)
    np.testing.assert_allclose(found, [1, 1], atol=1e-4)


def test_the_value_never_rises() -> None:
    values = [rosenbrock(minimise(rosenbrock, np.array([-1.2, 1.0]), steps=steps))[0] for steps in range(30)]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[-1]


def test_at_a_minimum_it_stays() -> None:
    start = np.array([1.0, 1.0])
    assert np.array_equal(minimise(rosenbrock, start), start)


def test_nothing_to_choose_is_no_error() -> None:
    assert minimise(lambda x: (3.0, x), np.zeros(0)).shape == (0,)


def test_the_start_is_not_written_to() -> None:
    start = np.array([-1.2, 1.0])
    minimise(rosenbrock, start)
    assert start.tolist() == [-1.2, 1.0]


def test_a_wall_of_infinity_is_stepped_back_from() -> None:
    def loss(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """x - log x, whose minimum is at 1 and which does not exist below 0."""
        return (float(x[0] - np.log(x[0])), 1 - 1 / x) if x[0] > 0 else (np.inf, np.zeros(1))

    np.testing.assert_allclose(minimise(loss, np.array([0.01]), tolerance=1e-14), [1], atol=1e-5)
