"""Numbers that the answers on normalisation, regularisation, losses and tuning state, worked out again:
q01 q62 q71 q72 q37 q52 q49 q08 q40 q64."""

import math
from collections.abc import Callable

import numpy as np
import pytest

States = Callable[..., None]


# q01


def test_an_outlier_squeezes_a_small_sample_under_both_scalings(states: States) -> None:
    x = np.array([1, 2, 3, 4, 90.0])
    scaled, standard = (x - x.min()) / np.ptp(x), (x - x.mean()) / x.std()
    states("q01", f"全在 {scaled[3]:.3f} 以下", f"只相差 {standard[3] - standard[0]:.3f}")


def test_one_outlier_in_ten_thousand_spoils_the_range_alone(states: States) -> None:
    ranges = [np.ptp(np.random.default_rng(seed).normal(size=9999)) for seed in range(200)]
    states("q01", f"变为约 {math.sqrt(1 + 100**2 / 10_000):.2f}", f"由约 {np.mean(ranges):.1f} 变为一百多")
    assert np.mean(ranges) / 104 < 0.1  # 不到一成的区间


def test_a_badly_scaled_feature_costs_the_steps_stated(states: States) -> None:
    condition = (10 / 1) ** 2
    factor = (condition - 1) / (condition + 1)
    states("q01", f"\\approx{factor:.3f}", f"约需 {math.ceil(math.log(10) / -math.log(factor))} 步")


# q62


def test_batch_normalisation_of_four_numbers_is_as_worked_out(states: States) -> None:
    x = np.array([1.0, 3, 5, 7])
    normalised = (x - x.mean()) / x.std()
    states("q62", f"$\\mu_B={x.mean():.0f}$", f"$\\sigma_B^2={x.var():.0f}$")
    states("q62", *(",".join(f"{value:.3f}" for value in values) for values in (normalised, 2 * normalised + 1)))


def test_running_statistics_use_the_unbiased_variance(states: States) -> None:
    x = np.array([1.0, 3, 5, 7])
    assert math.isclose(x.var(ddof=1), 20 / 3)
    states("q62", f"{0.1 * x.mean():.1f}", f"{0.9 + 0.1 * x.var(ddof=1):.3f}", "20/3")


def test_a_channel_is_normalised_over_batch_and_places(states: States) -> None:
    states("q62", 32 * 56 * 56, 2 * 64)


# q71


def test_standard_scores_compare_two_classes(states: States) -> None:
    states("q71", f"(90-85)/5={(90 - 85) / 5}", f"(75-60)/10={(75 - 60) / 10}")


def test_four_numbers_have_the_deviation_stated(states: States) -> None:
    x = np.array([6, 8, 10, 12.0])
    assert x.mean() == 9
    states("q71", f"\\sqrt5\\approx{x.std():.2f}")


def test_normalising_brings_a_sigmoid_back_to_its_slope(states: States) -> None:
    def slope(x: float) -> float:
        return math.exp(-x) / (1 + math.exp(-x)) ** 2

    after = slope(1 / math.sqrt(5))
    states("q71", f"{slope(10):.6f}", f"{after:.3f}")
    assert 2000 < after / math.sqrt(5) / slope(10) < 2500  # 两千多倍


# q72


def test_the_gradient_before_normalisation_has_the_norm_of_the_identity() -> None:
    rng = np.random.default_rng(0)
    x, upstream, gamma = rng.normal(size=7), rng.normal(size=7), 1.3
    normalised = (x - x.mean()) / x.std()

    def loss(values: np.ndarray) -> float:
        return float(gamma * (values - values.mean()) / values.std() @ upstream)

    nudges = 1e-6 * np.eye(7)
    gradient = np.array([(loss(x + nudge) - loss(x - nudge)) / 2e-6 for nudge in nudges])
    kept = upstream @ upstream - upstream.sum() ** 2 / 7 - (normalised @ upstream) ** 2 / 7
    assert math.isclose(gradient @ gradient, gamma**2 / x.var() * kept, rel_tol=1e-6)


def test_tenfold_weights_turn_a_hundred_times_slower() -> None:
    target = np.array([0.0, 1.0])

    def gradient(w: np.ndarray) -> np.ndarray:  # of -cos(w, target), which does not depend on the scale of w
        length = np.linalg.norm(w)
        return -(target - w * (w @ target) / length**2) / length

    w = np.array([1.0, 0.2])
    assert np.allclose(gradient(10 * w), gradient(w) / 10)
    turn, slower = (np.linalg.norm(gradient(v)) / np.linalg.norm(v) for v in (w, 10 * w))
    assert math.isclose(turn / slower, 100)


# q37


def test_label_smoothing_and_ensembles_are_as_worked_out(states: States) -> None:
    epsilon, classes = 0.1, 10
    states("q37", f"{1 - epsilon + epsilon / classes:.2f}", f"{epsilon / classes:.2f}")
    models, variance, covariance = 5, 1, 0.2
    states("q37", f"{variance / models + (models - 1) / models * covariance:.2f}")


# q52


def test_weights_halve_after_the_steps_stated(states: States) -> None:
    states("q52", f"{math.log(2) / (0.1 * 5e-4):.0f}")


def test_flat_directions_shrink_and_steep_ones_stay(states: States) -> None:
    states("q52", *(f"{100 * curvature / (curvature + 0.1):.0f}%" for curvature in (10, 0.1)))


def test_l2_divides_where_l1_subtracts(states: States) -> None:
    weights, strength = np.array([3, 0.5, -0.2]), 0.5
    states("q52", " | ".join(f"{weight:.3f}".removesuffix(".000") for weight in weights / (1 + strength)))
    subtracted = np.sign(weights) * np.maximum(np.abs(weights) - strength, 0)
    states("q52", " | ".join(f"{weight + 0.0:g}" for weight in subtracted))


def test_adam_divides_the_decay_by_what_it_divides_the_gradient_by(states: States) -> None:
    steep, flat = 0.01 * 1 / 10, 0.01 * 1 / 0.1
    states("q52", f"${steep:g}\\eta$", f"${flat:g}\\eta$")
    assert math.isclose(flat / steep, 100)


# q49


def test_squared_error_finds_the_mean_and_absolute_error_the_median(states: States) -> None:
    values = [1, 2, 3, 4, 100]
    states("q49", f"平方误差拟合常数得 {np.mean(values):.0f}", f"绝对误差得 {np.median(values):.0f}")


def test_squared_error_learns_a_hundred_times_slower_from_a_blunder(states: States) -> None:
    p, y = 0.01, 1
    squared, entropy = (p - y) * p * (1 - p), p - y
    states("q49", f"{squared:.4f}", f"{entropy:.2f}")
    assert math.isclose(entropy / squared, 100, rel_tol=0.05)


def test_focal_loss_moves_the_weight_to_hard_samples(states: States) -> None:
    def focal(p: float) -> float:
        return -((1 - p) ** 2) * math.log(p)

    states("q49", f"{(1 - 0.9) ** 2:.2f}", f"{(1 - 0.1) ** 2:.2f}")
    states("q49", f"{-1000 * math.log(0.9):.1f} 对 {-10 * math.log(0.1):.1f}")
    states("q49", f"{1000 * focal(0.9):.2f} 对 {10 * focal(0.1):.1f}")


# q08, q40, q64


def test_sixty_random_trials_hit_the_best_twentieth(states: States) -> None:
    states("q08", f"{100 * (1 - 0.95**60):.1f}%")


def test_the_rate_grows_with_the_batch(states: States) -> None:
    states("q08", f"1024 配 {0.1 * 1024 / 256}")


def test_an_epoch_has_the_updates_stated(states: States) -> None:
    states("q40", f"更新 {math.ceil(50_000 / 128)} 次")


def test_ten_sigmoid_layers_leave_next_to_nothing(states: States) -> None:
    states("q40", f"0.25^{{10}}\\approx{0.25**10 * 1e7:.1f}\\times10^{{-7}}")


@pytest.mark.parametrize(("floor", "training", "validation"), [(1, 15, 16)])
def test_the_gaps_that_tell_what_is_wrong_are_differences(
    states: States, floor: int, training: int, validation: int
) -> None:
    states("q40", f"拟合缺口 {training - floor} 个百分点，泛化缺口 {validation - training}")


def test_the_first_loss_and_the_noise_of_a_validation_set_are_as_stated(states: States) -> None:
    states("q64", f"{math.log(10):.3f}", f"约为 {100 * math.sqrt(0.8 * 0.2 / 1000):.1f} 个百分点")
