"""Numbers that the answers on activation functions and on vanishing and exploding gradients state, worked out again:
q25 q26 q28 q14 q17 q11 q13 q12 q21 q32 q47."""

import math
from collections.abc import Callable

import numpy as np
import pytest

States = Callable[..., None]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def sigmoid_slope(x: float) -> float:
    return sigmoid(x) * (1 - sigmoid(x))


def scientific(number: float, places: int = 1) -> str:
    """As answers print it in a formula: `8.7\\times10^{-19}`."""
    mantissa, exponent = f"{number:.{places}e}".split("e")
    return f"{mantissa}\\times10^{{{int(exponent)}}}"


# q25


def test_a_factor_near_one_vanishes_or_explodes_within_a_hundred_layers(states: States) -> None:
    states("q25", f"| 0.9 | {0.9**10:.3f} | {0.9**50:.5f} | {0.9**100:.7f} |")
    states("q25", f"| 1.1 | {1.1**10:.2f} | {1.1**50:.0f} | {1.1**100:.0f} |")
    states("q25", f"| 1.5 | {1.5**10:.1f} | ${scientific(1.5**50, 2)}$ | ${scientific(1.5**100, 2)}$ |")


def test_single_precision_overflows_at_the_power_stated(states: States) -> None:
    largest = float(np.finfo(np.float32).max)
    states("q25", f"1.5^{{{next(n for n in range(1000) if 1.5**n > largest)}}}")


def test_a_large_singular_value_alone_does_not_explode() -> None:
    matrix = np.array([[0.0, 2], [0, 0]])
    assert np.linalg.norm(matrix, 2) == 2
    assert not (matrix @ matrix).any()


def test_a_nilpotent_matrix_explodes_with_the_slopes_of_an_activation() -> None:
    matrix = np.array([[2.0, 2], [-2, -2]])
    jacobian = np.diag([1, 0.25]) @ matrix
    assert not (matrix @ matrix).any()
    assert np.array_equal(jacobian @ jacobian, 1.5 * jacobian)


# q26


def test_a_spike_echoes_in_adam_as_stated(states: States) -> None:
    m, v = 0.9 + 0.1 * 1000, 0.999 + 0.001 * 1000**2
    states("q26", f"$m={m:.1f}$", f"v\\approx{v:.0f}", f"\\approx{m / math.sqrt(v):.1f}$ 倍")
    steps = {}
    for step in range(1, 2001):
        m, v = 0.9 * m + 0.1, 0.999 * v + 0.001
        steps[step] = m, math.sqrt(v)
    relative = {step: m / root for step, (m, root) in steps.items()}
    states("q26", f"{relative[10]:.2f} 倍", f"\\sqrt v\\approx{steps[100][1]:.0f}")
    states("q26", f"只剩 {100 * relative[100]:.1f}%", f"恢复到 {100 * relative[2000]:.1f}%")
    assert round(steps[100][0], 2) == 1


def test_half_precision_ends_where_stated(states: States) -> None:
    states("q26", f"{np.finfo(np.float16).max:.0f}")


# q28, q14, q17


def test_clipping_by_value_turns_the_gradient(states: States) -> None:
    before, by_value = math.atan2(0.4, 30), math.atan2(0.4, 1)
    states("q28", f"${math.degrees(before):.2f}^\\circ$", f"${math.degrees(by_value):.1f}^\\circ$")


def test_a_gate_near_one_delays_forgetting(states: States) -> None:
    states("q14", f"0.9^{{100}}\\approx{scientific(0.9**100)}", f"0.99^{{100}}\\approx{0.99**100:.2f}")
    states("q14", f"\\sigma(1)\\approx{sigmoid(1):.2f}", f"时约为 {math.log(100 - 1):.1f}")
    assert math.isclose(sigmoid(math.log(99)), 0.99)


def test_thirty_sigmoid_layers_leave_nothing_and_scale_decides_for_relu(states: States) -> None:
    states("q17", f"0.25^{{30}}\\approx{scientific(0.25**30)}", "2^{15}", "10^{26}")
    assert math.isclose(math.sqrt(2) ** 30, 2**15)
    assert math.isclose((128 / 2) ** (30 / 2), 64**15)
    assert 64**15 > 1e26


# q11, q13


@pytest.mark.parametrize("entry", ["q11", "q13"])
def test_slopes_far_from_zero_are_as_small_as_stated(states: States, entry: str) -> None:
    states(entry, sigmoid_slope(0), f"{sigmoid_slope(5):.4f}", f"{1 - math.tanh(5) ** 2:.5f}")
    states(entry, f"0.25^{{10}}\\approx{scientific(0.25**10)}")


def test_tanh_is_a_sigmoid_stretched() -> None:
    for x in np.linspace(-6, 6, 13):
        assert math.isclose(math.tanh(x), 2 * sigmoid(2 * x) - 1, abs_tol=1e-15)


def test_a_random_slope_is_tested_at_its_mean(states: States) -> None:
    states("q11", "U(3,8)", f"a={(3 + 8) / 2}")


def test_a_constant_prediction_has_the_loss_stated(states: States) -> None:
    states("q13", f"{np.sin(3 * np.linspace(-2, 2, 64)).var():.3f}")


# q12, q21


def test_polynomial_features_are_as_many_as_stated(states: States) -> None:
    states("q12", f"\\binom{{105}}{{5}}={math.comb(105, 5):,}".replace(",", "{,}"))


def test_squared_error_of_a_sigmoid_bends_down_below_a_third() -> None:
    def second_derivative(s: float) -> float:
        return -2 * s * (1 - s) ** 2 * (1 - 3 * s)

    assert second_derivative(0.3) < 0 < second_derivative(0.4)
    assert math.isclose(second_derivative(1 / 3), 0, abs_tol=1e-12)


# q32


def test_the_table_of_the_sigmoid_is_right(states: States) -> None:
    inner = [f"{sigmoid(x):.{places}f}" for x, places in ((-5, 4), (-2, 3), (0, 1), (2, 3), (5, 3))]
    states("q32", f"| 0 | {' | '.join(inner)} | 1 |")
    slopes = [f"{sigmoid_slope(x):.{places}f}" for x, places in ((-5, 4), (-2, 3), (0, 2), (2, 3), (5, 4))]
    states("q32", f"| 0 | {' | '.join(slopes)} | 0 |")


def test_odds_and_probability_are_each_other_s_inverse(states: States) -> None:
    states("q32", f"\\ln4\\approx{math.log(0.8 / 0.2):.3f}", f"\\sigma(3.7)\\approx{sigmoid(3.7):.3f}")


def test_one_sigmoid_computes_and(states: States) -> None:
    states("q32", f"10^{{{math.log10(sigmoid(-30)):.0f}}}", scientific(sigmoid(-10)), f"{sigmoid(10):.5f}")


def test_cross_entropy_learns_from_a_blunder_where_squared_error_does_not(states: States) -> None:
    p = sigmoid(-5)
    states("q32", f"p\\approx{p:.4f}", f"{p - 1:.3f}", f"{(p - 1) * p * (1 - p):.4f}", f"{1 / (p * (1 - p)):.0f} 倍")


# q47


def test_ten_squarings_overflow(states: States) -> None:
    exponent, fraction = divmod(2**10 * math.log10(1.5), 1)
    states("q47", f"1.5^{{{2**10}}}\\approx{10**fraction:.1f}\\times10^{{{exponent:.0f}}}")
