"""Numbers that the answers on history, theory and data state, worked out again:
q18 q20 q19 q41 q42 q43 q44 q46 q15 q16."""

import math
from collections.abc import Callable

import numpy as np

States = Callable[..., None]


def normal_cdf(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


# q18, q20, q19


def test_the_rule_of_backpropagation_is_the_gradient() -> None:
    rng = np.random.default_rng(0)
    hidden, output, x, target = rng.normal(size=(3, 2)), rng.normal(size=(1, 3)), rng.normal(size=2), 0.7
    z = hidden @ x

    def loss(before: np.ndarray) -> float:
        return 0.5 * float((target - output @ np.tanh(before))[0]) ** 2

    delta = (output.T @ (target - output @ np.tanh(z))) * (1 - np.tanh(z) ** 2)
    nudges = 1e-6 * np.eye(3)
    measured = [-(loss(z + nudge) - loss(z - nudge)) / 2e-6 for nudge in nudges]
    assert np.allclose(delta, measured, atol=1e-7)


def test_ten_sigmoid_layers_leave_next_to_nothing(states: States) -> None:
    states("q20", f"0.25^{{10}}\\approx {0.25**10 * 1e7:.1f}\\times10^{{-7}}")


def test_no_threshold_unit_computes_exclusive_or() -> None:
    w1, w2, b = (5 * np.random.default_rng(0).normal(size=(3, 100_000))).round(3)
    first_three = (b <= 0) & (w1 + b > 0) & (w2 + b > 0)
    assert first_three.any()
    assert (w1 + w2 + b)[first_three].min() > 0  # so that both inputs together switch it on


def test_shared_kernels_need_few_parameters(states: States) -> None:
    states("q19", f"{224 * 224 * 3 * 1000 / 1e8:.1f} 亿", 64 * 3 * 3 * 3 + 64)


# q41, q42


def test_a_parabola_needs_fifty_segments_or_six_sawteeth(states: States) -> None:
    x = np.linspace(0, 1, 100_001)

    def error(segments: int) -> float:
        knots = np.linspace(0, 1, segments + 1)
        return float(np.abs(np.interp(x, knots, knots**2) - x**2).max())

    assert error(50) <= 1e-4 * (1 + 1e-9) < error(49)
    assert 2.0 ** (-2 * 5 - 2) > 1e-4
    states("q41", f"{50} 段", f"{2.0 ** (-2 * 6 - 2) * 1e5:.1f}\\times10^{{-5}}")


def test_folding_saves_units_and_parameters(states: States) -> None:
    folds = 10
    deep, shallow = 2 * folds, 2**folds - 1
    deep_parameters = (2 + 2) + (folds - 1) * (2 * 2 + 2) + 3
    states("q42", f"{deep} 个单元（{deep_parameters} 个参数）", f"{shallow} 个单元（{3 * shallow + 1} 个参数）")


# q43


def loss(parameters: float, tokens: float) -> float:
    return 1.82 + 482 / parameters**0.348 + 2085 / tokens**0.366


def test_scaling_laws_give_the_table(states: States) -> None:
    for row, parameters in (("小，$N=10^8$", 1e8), ("大，$N=10^{10}$", 1e10)):
        little, much = loss(parameters, 1e9), loss(parameters, 1e11)
        saved = 100 * (1 - (much - 1.82) / (little - 1.82))
        states("q43", f"| {row} | {little:.2f} | {much:.2f} | {saved:.0f}% |")


def test_a_small_model_is_held_back_by_its_size(states: States) -> None:
    capacity = 482 / 1e8**0.348
    states("q43", f"{loss(1e8, 1e9) - loss(1e8, 1e11):.2f}", f"停在 {1.82 + capacity:.2f}")
    assert round(10 * capacity / (loss(1e8, 1e11) - 1.82)) == 8  # 八成是容量不足


def test_ten_times_the_data_lowers_the_error_as_stated(states: States) -> None:
    states("q43", f"{100 * 10**-0.07:.0f}% 或 {100 * 10**-0.35:.0f}%")


# q44


def test_accuracy_hides_what_precision_shows(states: States) -> None:
    true_positive, false_positive = 80, round(0.02 * 9900)
    false_negative, true_negative = 20, 9900 - false_positive
    precision = true_positive / (true_positive + false_positive)
    f1 = 2 * true_positive / (2 * true_positive + false_positive + false_negative)
    states("q44", f"真阳 {true_positive}、假阳 {false_positive}", f"{(true_positive + true_negative) / 100:.1f}%")
    states("q44", f"{100 * precision:.1f}%", f"F1 为 {f1:.2f}")


def test_the_prior_moves_the_best_threshold(states: States) -> None:
    threshold = 1 + 0.5 * math.log(99)
    states("q44", f"\\ln 99={threshold:.2f}", f"召回率只有 {100 * (1 - normal_cdf(threshold - 2)):.1f}%")
    states("q44", f"召回率 {100 * normal_cdf(1):.1f}%，假阳性率 {100 * (1 - normal_cdf(1)):.1f}%")
    states("q44", f"AUC 都是 {normal_cdf(2 / math.sqrt(2)):.2f}")


def test_a_score_is_corrected_for_the_prior_as_worked_out(states: States) -> None:
    shift, logit = math.log(1 / 200), math.log(0.9 / 0.1)
    states("q44", f"\\ln(1/200)={shift:.2f}", f"logit 是 {logit:.2f}", f"{logit + shift:.2f}")
    states("q44", f"真实概率只有 {100 / (1 + math.exp(-(logit + shift))):.1f}%", f"{-math.log(99):.2f}")


# q46


def test_the_first_component_explains_all_but_what_matters(states: States) -> None:
    states("q46", f"{100 * 100 / (100 + 1 + 0.3**2):.1f}%", f"\\Phi(1/0.3)={100 * normal_cdf(1 / 0.3):.2f}\\%")


def test_decorrelating_saves_the_steps_stated(states: States) -> None:
    factor = max(abs(1 - 2 / (100 + 1) * curvature) for curvature in (1, 100))
    states("q46", f"={factor:.3f}", f"约需 {math.ceil(math.log(1e6) / -math.log(factor))} 步")


def test_few_patients_span_few_dimensions(states: States) -> None:
    states("q46", f"{20_000 * 100 / 1e4:.0f} 万个权重", 50 * 100)
    genes = np.random.default_rng(0).normal(size=(100, 300))
    states("q46", f"{np.linalg.matrix_rank(genes - genes.mean(0))} 维")


# q15, q16


def test_a_small_test_set_cannot_tell_three_points(states: States) -> None:
    held_out = round(0.2 * 300)
    error = 100 * math.sqrt(0.85 * 0.15 / held_out)
    states("q15", f"只有 {held_out} 个", f"约 {error:.1f} 个百分点", f"\\pm{1.96 * error:.0f}$")


def test_a_poisson_prediction_is_scored_as_worked_out(states: States) -> None:
    eta, y = 1.2, 5
    mu = math.exp(eta)
    states("q16", f"e^{{1.2}}={mu:.2f}", f"{mu - y * eta + math.log(math.factorial(y)):.2f}", f"={mu - y:.2f}")


def test_the_gamma_with_a_logarithmic_link_has_a_relative_gradient() -> None:
    eta, y = 1.2, 5.0
    mu = math.exp(eta)

    def likelihood(predictor: float) -> float:
        return predictor + y / math.exp(predictor)

    measured = (likelihood(eta + 1e-5) - likelihood(eta - 1e-5)) / 2e-5
    assert math.isclose(measured, (mu - y) / mu, abs_tol=1e-8)
