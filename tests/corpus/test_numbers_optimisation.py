"""Numbers that the answers on optimisation, initialisation and softmax state, worked out again:
q63 q73 q75 q76 q74 q22 q48 q50 q51 q59 q70."""

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

States = Callable[..., None]


def scientific(number: float, places: int = 1) -> str:
    """As answers print it in a formula: `4.9\\times10^8`."""
    mantissa, exponent = f"{number:.{places}e}".split("e")
    power = str(int(exponent))
    return f"{mantissa}\\times10^{power if len(power) == 1 else f'{{{power}}}'}"


# q63


def test_a_full_batch_costs_far_more_than_it_gains(states: States) -> None:
    samples, batch = 10**6, 256
    states("q63", f"{100 / math.sqrt(batch)}%", f"{100 / math.sqrt(samples)}%", f"{math.sqrt(samples / batch)} 倍")
    states("q63", f"约 {samples / batch:.0f} 倍", f"更新 {math.ceil(samples / batch)} 次")


# q73


def test_a_step_of_one_over_t_computes_the_mean() -> None:
    samples = np.random.default_rng(0).normal(size=50)
    w = 7.0
    for t, sample in enumerate(samples, 1):
        w -= (w - sample) / t
    assert math.isclose(w, samples.mean())


@pytest.mark.parametrize("rate", [0.1, 0.01])
def test_a_fixed_step_leaves_the_noise_stated(states: States, rate: float) -> None:
    variance = 0.0
    for _ in range(5000):
        variance = (1 - rate) ** 2 * variance + rate**2
    assert math.isclose(variance, rate / (2 - rate))
    states("q73", f"约 {math.sqrt(variance):.3f}")


def test_steps_that_shrink_too_fast_stop_half_way() -> None:
    left = math.prod(1 - 1 / k**2 for k in range(2, 200_000))
    assert math.isclose(left, 1 / 2, rel_tol=1e-4)


def test_the_error_under_a_fixed_step_settles_where_the_bound_says() -> None:
    rate, smoothness, convexity, variance = 0.05, 4.0, 0.5, 2.0
    error = 3.0
    for _ in range(5000):
        error = (1 - rate * convexity) * error + smoothness * rate**2 * variance / 2
    assert math.isclose(error, rate * smoothness * variance / (2 * convexity))


def test_the_best_fixed_step_gives_the_convex_bound() -> None:
    distance, gradient, steps = 3.0, 2.0, 400
    rate = distance / (gradient * math.sqrt(steps))
    bound = distance**2 / (2 * rate * steps) + rate * gradient**2 / 2
    assert math.isclose(bound, distance * gradient / math.sqrt(steps))


def test_drawing_without_replacement_reduces_the_variance_as_stated() -> None:
    values, batch = np.array([1.0, 4.0, 2.0, 7.0, -3.0]), 2
    n = len(values)
    means = [np.mean(drawn) for drawn in combinations(values, batch)]
    assert math.isclose(np.var(means), values.var() / batch * (n - batch) / (n - 1))


# q75


def test_momentum_takes_the_root_of_the_steps(states: States) -> None:
    condition = 100
    plain = (condition - 1) / (condition + 1)
    heavy = (math.sqrt(condition) - 1) / (math.sqrt(condition) + 1)
    needed = [math.ceil(math.log(1e-6) / math.log(factor)) for factor in (plain, heavy)]
    states("q75", f"{needed[0]} 步与 {needed[1]} 步")


@pytest.mark.parametrize("momentum", [0.9, 0.99])
def test_momentum_lengthens_a_steady_step(states: States, momentum: float) -> None:
    velocity = 0.0
    for _ in range(5000):
        velocity = momentum * velocity + 1
    states("q75", f"{momentum}$ 为 {velocity:.0f} 倍")


def test_adagrad_has_one_percent_of_its_step_left_after_ten_thousand() -> None:
    assert 1 / math.sqrt(10_000) == 0.01


@pytest.mark.parametrize("gradient", [0.1, 1.0, 50.0])
def test_the_first_step_of_adadelta_hardly_depends_on_the_gradient(states: States, gradient: float) -> None:
    step = math.sqrt(1e-6) / math.sqrt(0.05 * gradient**2 + 1e-6) * gradient
    states("q75", f"第一步约为 {step:.4f}")


def test_the_moments_of_seven_milliard_parameters_take_the_memory_stated(states: States) -> None:
    states("q75", f"{7e9 * 2 * 4 / 1e9:.0f} GB")


# q76


def test_without_correction_the_first_steps_of_adam_are_too_long(states: States) -> None:
    lengths = {t: (1 - 0.9**t) / math.sqrt(1 - 0.999**t) for t in range(1, 1000)}
    longest = max(lengths, key=lengths.__getitem__)
    states("q76", f"{lengths[1]:.2f}\\eta", f"第 {longest} 步达到最大，约 ${lengths[longest]:.2f}\\eta$")
    states("q76", f"到第 100 步仍有 ${lengths[100]:.2f}\\eta$")


BETA1, BETA2 = 0.9, 0.999
BOUND = (1 - BETA1) / math.sqrt(1 - BETA2) / math.sqrt(1 - BETA1**2 / BETA2)


def adam_ratio(gradients: NDArray[np.float64]) -> NDArray[np.float64]:
    """The step of Adam in units of the learning rate, after each gradient."""
    m = v = 0.0
    ratios = []
    for t, g in enumerate(gradients, 1):
        m, v = BETA1 * m + (1 - BETA1) * g, BETA2 * v + (1 - BETA2) * g * g
        ratios.append(m / (1 - BETA1**t) / math.sqrt(v / (1 - BETA2**t)) if v else 0.0)
    return np.array(ratios)


def test_a_step_of_adam_stays_within_the_bound(states: States) -> None:
    states("q76", f"约 ${BOUND:.2f}\\eta$")
    for seed in range(20):
        heavy_tailed = np.random.default_rng(seed).standard_t(1, size=400)
        assert np.abs(adam_ratio(heavy_tailed)).max() <= BOUND * (1 + 1e-12)


def test_gradients_that_grow_by_a_ninth_come_near_the_bound(states: States) -> None:
    states("q76", f"增大约 {100 * (BETA2 / BETA1 - 1):.0f}%")
    growing = (BETA2 / BETA1) ** np.arange(-199.0, 1)
    ratio = adam_ratio(np.concatenate([np.zeros(19_800), growing]))[-1]
    assert 0.999 * BOUND < ratio <= BOUND


def test_bias_correction_does_not_break_the_bound() -> None:
    t = np.arange(1, 20_000)
    factor = np.sqrt((1 - BETA2**t) * (1 - (BETA1**2 / BETA2) ** t)) / (1 - BETA1**t)
    assert factor.max() <= 1 + 1e-12


def test_memory_is_as_long_as_stated(states: States) -> None:
    lengths = [f"{1 / (1 - beta):.0f}" for beta in (BETA1, BETA2, 0.95)]
    states("q76", f"一阶矩约记 {lengths[0]} 步", f"二阶矩约记 {lengths[1]}", f"{lengths[2]} 步")


def test_adagrad_is_the_limit_of_adam_s_second_moment() -> None:
    gradients = np.random.default_rng(0).normal(size=40)
    beta, v = 1 - 1e-9, 0.0
    for g in gradients:
        v = beta * v + (1 - beta) * g * g
    assert math.isclose(v / (1 - beta ** len(gradients)), np.mean(gradients**2), rel_tol=1e-5)


# q74


def test_acceptance_falls_with_temperature_as_tabulated(states: States) -> None:
    row = [f"{math.exp(-1 / t):.{places}f}" for t, places in ((10, 3), (1, 3), (0.5, 3), (0.1, 6))]
    states("q74", f"| 接受概率 | {' | '.join(row)} |")


def test_logarithmic_cooling_takes_longer_than_enumerating(states: States) -> None:
    states(
        "q74", f"e^{{20}}\\approx{scientific(math.exp(10 / 0.5))}", f"e^{{50}}\\approx{scientific(math.exp(10 / 0.2))}"
    )


def test_exponential_cooling_is_quick(states: States) -> None:
    coolings = next(k for k in range(1000) if 100 * 0.95**k <= 0.5)
    states("q74", f"只需 {coolings} 次降温")


def test_restarts_and_the_first_temperature_are_as_worked_out(states: States) -> None:
    states("q74", f"0.3^5\\approx{100 * 0.3**5:.2f}\\%", f"\\ln(1/0.8)\\approx{1 / math.log(1 / 0.8):.1f}")
    assert math.isclose(1 / math.sqrt(1e6), 1e-3)  # 百万维就是千分之一


def test_slow_cooling_finds_the_deepest_of_several_pits(states: States) -> None:
    x = np.arange(60)
    energy = 0.004 * (x - 42) ** 2 - np.cos(2 * np.pi * (x - 42) / 12)
    pits = [i for i in range(1, 59) if energy[i] < min(energy[i - 1], energy[i + 1])]
    assert len(pits) == 5
    assert max(pits, key=energy.__getitem__) == 7

    def success(decay: float, steps: int) -> float:
        rng = np.random.default_rng(0)
        places = np.full(300, 7)
        for k in range(steps):
            tried = np.clip(places + rng.integers(-2, 3, 300), 0, 59)
            worse = np.maximum(energy[tried] - energy[places], 0)
            places = np.where(rng.random(300) < np.exp(-worse / (2 * decay**k)), tried, places)
        return float(np.mean(places == energy.argmin()))

    states("q74", f"快速降温约 {100 * success(0.98, 228):.0f}%", f"慢速降温约 {100 * success(0.999, 4603):.0f}%")
    states("q74", f"约 {2 * 0.98**228:.2f}")
    assert math.isclose(0.98**228, 0.999**4603, rel_tol=1e-2)


# q22


def test_the_example_has_a_saddle_between_two_minima() -> None:
    def hessian_eigenvalues(x: float) -> tuple[float, float]:  # of x^4/4 - x^2/2 + y^2/2
        return 3 * x * x - 1, 1

    assert hessian_eigenvalues(0) == (-1, 1)
    assert min(hessian_eigenvalues(1)) == min(hessian_eigenvalues(-1)) == 1


def test_leaving_the_saddle_takes_the_steps_stated(states: States) -> None:
    states("q22", f"约需 {math.ceil(math.log(1e6) / math.log(1 + 0.1 * 1))} 步")


def test_symmetry_makes_the_points_stated_equal(states: States) -> None:
    states("q22", f"100!\\times2^{{100}}\\approx{scientific(math.factorial(100) * 2**100)}")


# q48


def test_larger_batches_update_less_often_and_step_further(states: States) -> None:
    states("q48", f"更新 {math.ceil(50_000 / 64)} 次", f"只有 {math.ceil(50_000 / 4096)} 次")
    states("q48", f"从 0.1 增到 {0.1 * 8192 / 256}")


@pytest.mark.parametrize("batch", [16.0, 256.0, 4096.0])
def test_the_critical_batch_trades_steps_for_samples(batch: float) -> None:
    least_steps, critical = 1000.0, 256.0
    least_samples = least_steps * critical
    steps, samples = least_steps * (1 + critical / batch), least_samples * (1 + batch / critical)
    assert math.isclose(steps * batch, samples)
    assert math.isclose((steps / least_steps - 1) * (samples / least_samples - 1), 1)


# q50, q51


def test_guessing_among_ten_classes_loses_as_stated(states: States) -> None:
    states("q50", f"\\ln10\\approx{math.log(10):.3f}")


def test_a_factor_of_two_for_each_layer_is_large_after_fifty(states: States) -> None:
    states("q50", f"2^{{50}}\\approx{scientific(2.0**50)}", f"2^{{25}}\\approx{scientific(2.0**25)}")
    assert math.isclose(2.0**-25, 3e-8, rel_tol=1e-2)


def test_uniform_initialisations_have_the_variance_that_is_wanted() -> None:
    n_in, n_out = 300, 500
    limit = math.sqrt(6 / (n_in + n_out))
    assert math.isclose(limit**2 / 3, 2 / (n_in + n_out))
    assert math.isclose((1 / n_in) / 3 * n_in / 2, 1 / 6)  # PyTorch's default, through ReLU


def test_the_width_of_gpt2_gives_nearly_its_empirical_deviation(states: States) -> None:
    states("q50", 1 / math.sqrt(1600))


def test_a_forget_gate_that_starts_at_one_half_forgets(states: States) -> None:
    states("q50", f"取 1 时为 {1 / (1 + math.exp(-1)):.2f}")
    assert math.isclose(0.5**20, 1e-6, rel_tol=0.05)  # 只剩百万分之一


def test_layers_differ_by_two_orders_of_magnitude(states: States) -> None:
    states("q51", 1345, 5.76)
    assert 1345 / 5.76 > 100


# q59


def test_a_bottleneck_has_a_seventeenth_of_the_weights(states: States) -> None:
    bottleneck, basic = 256 * 64 + 9 * 64**2 + 64 * 256, 2 * 9 * 256**2
    states("q59", bottleneck, basic, f"{basic / bottleneck:.1f} 倍")


def test_scaling_and_momentum_cut_the_steps_as_stated(states: States) -> None:
    rng = np.random.default_rng(0)
    raw = np.stack([rng.uniform(20, 60, 500), rng.uniform(3000, 20000, 500)], axis=1)
    target = 0.05 * raw[:, 0] + 2e-4 * raw[:, 1]

    def steps(inputs: NDArray[np.float64], *, momentum: bool) -> tuple[float, int]:
        """Condition number, and steps until a millionth of the error is left."""
        design = np.c_[inputs, np.ones(500)]
        hessian, slope = design.T @ design / 500, design.T @ target / 500
        low, *_, high = np.linalg.eigvalsh(hessian)
        rate, inertia = 2 / (high + low), 0.0
        if momentum:
            rate = 4 / (math.sqrt(high) + math.sqrt(low)) ** 2
            inertia = ((math.sqrt(high) - math.sqrt(low)) / (math.sqrt(high) + math.sqrt(low))) ** 2
        w, velocity, best = np.zeros(3), np.zeros(3), np.linalg.solve(hessian, slope)
        first = (w - best) @ hessian @ (w - best)
        for step in range(1, 2001):
            velocity = inertia * velocity - rate * (hessian @ w - slope)
            w = w + velocity
            if (w - best) @ hessian @ (w - best) < 1e-6 * first:
                return high / low, step
        raise AssertionError("does not converge")

    scaled, standard = raw / raw.max(0), (raw - raw.mean(0)) / raw.std(0)
    condition, plain = steps(scaled, momentum=False)
    states("q59", f"约 {condition:.0f}", f"需 {plain} 步", f"{steps(scaled, momentum=True)[1]} 步")
    states("q59", f"只要 {steps(standard, momentum=False)[1]} 步")


# q70


def test_softmax_of_the_example_is_as_stated(states: States) -> None:
    powers = np.exp([3.0, 1.0, -3.0])
    states("q70", ",\\,".join(f"{power:.3f}" for power in powers), f"{powers.sum():.3f}")
    states("q70", ",\\,".join(f"{power:.3f}" for power in powers / powers.sum()))


@pytest.mark.parametrize("temperature", [0.5, 1, 5])
def test_temperature_flattens_as_tabulated(states: States, temperature: float) -> None:
    powers = np.exp(np.array([2.0, 1.0, 0.0]) / temperature)
    states("q70", f"| {temperature} | {' | '.join(f'{power:.3f}' for power in powers / powers.sum())} |")


def test_softmax_twice_cannot_be_sure(states: States) -> None:
    most = math.e / (math.e + 10 - 1)
    states("q70", f"{most:.3f}", f"{-math.log(most):.3f}")
