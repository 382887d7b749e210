"""Numbers that the answers on recurrent networks and backpropagation state, worked out again:
q10 q29 q30 q31 q33 q39 q67 q68 q60 q61 q69."""

import math
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

Vector = NDArray[np.float64]
States = Callable[..., None]


def sigmoid(x: float | Vector) -> Vector:
    return np.asarray(1 / (1 + np.exp(-np.asarray(x, float))))


def fixed(number: float, places: int) -> str:
    """As answers print it: halves away from zero."""
    return f"{number + math.copysign(1e-9, number):.{places}f}"


# q10


def test_a_forget_gate_near_one_keeps_the_error_for_a_hundred_steps(states: States) -> None:
    half_lives = {gate: math.log(0.5) / math.log(gate) for gate in (0.9, 0.99, 0.999)}
    states("q10", f"| 0.9 | ${0.9**100 * 1e5:.1f}\\times10^{{-5}}$ | {half_lives[0.9]:.1f} |")
    states("q10", *(f"| {gate} | {gate**100:.2f} | {half_lives[gate]:.0f} |" for gate in (0.99, 0.999)))


def test_a_gate_comes_near_one_at_moderate_inputs(states: States) -> None:
    states("q10", f"到 4.6 就有 $f\\approx{sigmoid(4.6):.2f}", f"到 6.9 就有 $f\\approx{sigmoid(6.9):.3f}")


def test_the_full_jacobian_of_the_cell_state_has_terms_through_every_gate() -> None:
    rng = np.random.default_rng(3)
    inputs, units = 3, 4
    into, back = rng.normal(size=(3, units, inputs)), rng.normal(size=(3, units, units))
    bias, x = rng.normal(size=(3, units)), rng.normal(size=inputs)
    output_gate, cell = sigmoid(rng.normal(size=units)), rng.normal(size=units)  # the last output gate is given

    def step(c: Vector) -> tuple[Vector, Vector, Vector, Vector]:
        h = output_gate * np.tanh(c)
        f, i, g = (fn(into[k] @ x + back[k] @ h + bias[k]) for k, fn in enumerate((sigmoid, sigmoid, np.tanh)))
        return f * c + i * g, f, i, g

    _, f, i, g = step(cell)
    gates = (
        np.diag(cell * f * (1 - f)) @ back[0] + np.diag(g * i * (1 - i)) @ back[1] + np.diag(i * (1 - g * g)) @ back[2]
    )
    full = np.diag(f) + gates @ np.diag(output_gate * (1 - np.tanh(cell) ** 2))
    nudges = 1e-6 * np.eye(units)
    measured = np.stack([(step(cell + nudge)[0] - step(cell - nudge)[0]) / 2e-6 for nudge in nudges], axis=1)
    assert np.allclose(full, measured, atol=1e-8)
    assert not np.allclose(full, np.diag(f), atol=1e-2)


# q29, q39


def gated_parameters(groups: int, inputs: int, units: int, biases: int) -> int:
    return groups * (units * inputs + units * units + biases * units)


def test_an_lstm_has_the_parameters_stated(states: States) -> None:
    first, second = gated_parameters(4, 10, 20, biases=2), gated_parameters(4, 20, 20, biases=2)
    states(
        "q29",
        f"Keras 报 {gated_parameters(4, 10, 20, biases=1):,}",
        f"报 {first}",
        f"多 {second} 个，共 {first + second} 个",
    )


def test_a_sliding_window_cuts_the_samples_stated(states: States) -> None:
    days, window = 1000, 7
    states("q29", f"1000-7={sum(start + window < days for start in range(days))}")


def test_a_gru_has_three_quarters_of_the_parameters_of_an_lstm(states: States) -> None:
    for biases in (1, 2):
        gru, lstm = (gated_parameters(groups, 10, 20, biases) for groups in (3, 4))
        states("q39", f"{gru} 与 {lstm}")
        assert gru / lstm == 0.75


def test_the_update_gate_mixes_as_stated(states: States) -> None:
    for gate in (0.9, 0.1):
        states("q39", f"$z_t={gate}$ 时 $h_t={gate * 0.8 + (1 - gate) * -0.5:.2f}$")


def test_the_reset_gate_before_and_after_the_product_differs() -> None:
    rng = np.random.default_rng(0)
    matrix, state, gate = rng.normal(size=(3, 3)), rng.normal(size=3), sigmoid(rng.normal(size=3))
    assert not np.allclose(matrix @ (gate * state), gate * (matrix @ state))


# q30, q31


@pytest.mark.parametrize("inputs", [(1, 0, 0), (0, 0, 1)])
def test_a_scalar_network_tells_early_from_late(states: States, inputs: tuple[int, ...]) -> None:
    h, outputs = 0.0, []
    for x in inputs:
        h = math.tanh(x + 0.5 * h)
        outputs.append(f"{h:.3f}" if h else "0")
    states("q30", f"| {', '.join(map(str, inputs))} | {' | '.join(outputs)} |")


def test_attention_weights_are_the_softmax_of_the_scores(states: States) -> None:
    scores = np.exp([2.0, 1.0, 0.0])
    states("q31", f"({','.join(fixed(weight, 3) for weight in scores / scores.sum())})")


# q33


def test_one_step_of_the_cell_is_as_worked_out(states: States) -> None:
    cell = 0.1 * 0.8 + 0.9 * -0.7
    states("q33", f"={cell:.2f}", f"\\approx{0.6 * math.tanh(cell):.2f}")


def test_a_memory_that_halves_is_gone_where_a_gate_keeps_two_thirds(states: States) -> None:
    states("q33", f"0.98^{{20}}\\approx{0.98**20:.2f}", f"0.5^{{10}}\\approx{0.5**10:.3f}")
    assert math.isclose(0.5**30, 1e-9, rel_tol=0.1)  # 十亿分之一左右
    assert math.isclose(0.5**20, 1e-6, rel_tol=0.1)  # 约百万分之一


# q67, q68


def test_a_review_passes_the_three_gates_as_tabulated(states: States) -> None:
    cell = 0.0
    for word, f, i, g, o in (
        ("画面不错", 0.9, 0.8, 0.9, 0.3),
        ("但", 0.3, 0.1, 0, 0.1),
        ("剧情太烂", 0.5, 0.95, -0.95, 0.9),
    ):
        cell = f * cell + i * g
        states("q67", f"| {word} | {f} | {i} | {g} | {o} | {fixed(cell, 3)} | {fixed(o * math.tanh(cell), 3)} |")


def test_without_squashing_a_value_grows_and_with_it_stays(states: States) -> None:
    raw, squashed, grown, kept = 2, 2.0, [], []
    for _ in range(5):
        raw, squashed = 3 * raw, math.tanh(3 * squashed)
        grown.append(f"{raw}")
        kept.append(f"{squashed:.3f}")
    states("q68", f"| 2 | {' | '.join(grown)} |", f"| 2 | {' | '.join(kept)} |")


def test_three_words_pass_the_cell_as_tabulated(states: States) -> None:
    h = c = 0.0
    for word, value, weight in (("好看", 1, 1), ("的", 0, 0), ("推荐", 1, 1)):
        f, i, o = (float(sigmoid(x)) for x in (3 - weight, 6 * weight - 3, 2 * weight - 1))
        g = math.tanh(1.5 * value - 0.5 * h)
        kept, written = f * c, i * g
        c = kept + written
        h = o * math.tanh(c)
        shown = ["0" if number == 0 else f"{number:.3f}" for number in (f, i, g, o, kept, written, c, h)]
        states("q68", f"| {word} | {' | '.join(shown)} |")


# q60, q61, q69


def test_a_product_of_a_sum_has_the_gradients_stated(states: States) -> None:
    x, y, z = -2, 5, -4
    states("q60", f"$q={x + y}$", f"$f={(x + y) * z}")
    assert (z, x + y) == (-4, 3)  # with respect to q and to z


def test_a_squared_error_of_a_sigmoid_goes_forward_and_back_as_tabulated(states: States) -> None:
    w, x, b, y = 0.5, 2.0, -0.2, 1.0
    a = w * x + b
    e = math.exp(-a)
    p = 1 + e
    s = 1 / p
    d = s - y
    to_s = 2 * d
    to_e = -to_s / p**2
    to_a = -to_e * e
    states("q60", f"$L=d^2$ | {d * d:.4f}", f"$d=s-y$ | {d:.4f}", f"$s=1/p$ | {s:.4f}", f"$p=1+E$ | {p:.4f}")
    states("q60", f"$E=e^{{n}}$ | {e:.4f}", f"$n=-a$ | {-a:.1f}", f"$a=wx+b$ | {a:.1f}")
    states("q60", f"2d$ | {to_s:.4f}", f"=1$ | {to_e:.4f}", f"=E$ | {to_e * e:.4f}", f"=-1$ | {to_a:.4f}")
    states("q60", *(f"\\approx{gradient:.4f}" for gradient in (to_a * x, to_a, to_a * w)))
    states("q60", f"s(1-s)={s * (1 - s):.4f}")
    assert math.isclose(to_s * s * (1 - s), to_a)


def test_two_paths_add_to_the_total_derivative(states: States) -> None:
    t = 1
    u, v, du, dv = t**2, 3 * t, 2 * t, 3
    first, second = v**2 * du, 2 * u * v * dv
    states("q61", f"{v**2}\\times{du}={first}", f"{2 * u * v}\\times{dv}={second}", f"z'(1)={first + second}")
    assert 4 * 9 * t**3 == first + second


def test_partial_derivatives_do_not_make_a_chain_rule() -> None:
    def f(u: float, v: float) -> float:
        return u * u * v / (u * u + v * v)

    assert f(1e-3, 0) == f(0, 1e-3) == 0  # both partial derivatives at the origin
    assert f(0.5, 0.5) / 0.5 == 0.5  # yet along u = v = t the slope is not 0


def test_a_network_of_two_layers_is_as_worked_out_by_hand(states: States) -> None:
    x, y, rate = np.array([1, 0.5]), 1.0, 0.5
    w1, b1, w2, b2 = np.array([[0.1, 0.2], [0.3, 0.4]]), np.zeros(2), np.array([0.5, -0.5]), 0.0

    def shown(numbers: Iterable[float]) -> str:
        return "(" + ",\\,".join(fixed(number, 4) for number in numbers) + ")"

    z1 = w1 @ x + b1
    a1 = sigmoid(z1)
    output = float(w2 @ a1 + b2)
    assert np.allclose(z1, [0.2, 0.5])
    states("q69", f"\\sigma(z^1)={shown(a1)}", f"={output:.4f}$，$L={0.5 * (output - y) ** 2:.4f}")
    d2 = output - y
    d1 = w2 * d2 * a1 * (1 - a1)
    states("q69", f"\\hat y-y={d2:.4f}", f"(a^1)^{{\\top}}={shown(d2 * a1)}", f"\\delta^2={shown(w2 * d2)}")
    states("q69", f"a^1(1-a^1)={shown(a1 * (1 - a1))}", f"\\delta^1={shown(d1)}")
    states("q69", "\\\\".join("&".join(fixed(number, 4) for number in row) for row in np.outer(d1, x)))
    w1, b1, w2, b2 = w1 - rate * np.outer(d1, x), b1 - rate * d1, w2 - rate * d2 * a1, b2 - rate * d2
    states("q69", f"$W^2={shown(w2)}$，$b^2={b2:.4f}$", f"b^1={shown(b1)}")
    states("q69", "\\\\".join("&".join(fixed(number, 4) for number in row) for row in w1))
    output = float(w2 @ sigmoid(w1 @ x + b1) + b2)
    states("q69", f"$\\hat y={output:.4f}$", f"降到 {0.5 * (output - y) ** 2:.4f}")
