"""Numbers that the answers on detection and on other applications state, worked out again:
q36 q54 q55 q56 q57 q06 q05 q66 q53 q07."""

import math
from collections.abc import Callable

import numpy as np
import pytest

Box = tuple[float, float, float, float]
States = Callable[..., None]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of boxes (left, top, right, bottom)."""
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def corners(box: Box) -> Box:
    """From (centre x, centre y, width, height)."""
    x, y, width, height = box
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


# q36


def test_faster_rcnn_saves_what_the_table_of_times_says(states: States) -> None:
    slow, fast = [146, 1510, 174], [141, 10, 47]
    for times in (slow, fast):
        states("q36", f"| {' | '.join(map(str, times))} | {sum(times)} |")
    states("q36", f"约 {sum(slow) / sum(fast):.1f} 倍", f"每秒 {1000 / sum(fast):.0f} 帧")
    assert 0.8 < slow[1] / sum(slow) < 0.83  # 八成多
    states("q36", f"{(slow[0] + slow[2]) / 1000} s（不计候选框）", f"约 {int(47.0 / 0.32)} 倍")


def test_roi_pooling_divides_the_region_as_stated(states: States) -> None:
    width, height = 320 // 16, 224 // 16
    states("q36", f"{width}×{height}", f"约 {width / 7:.2f}×{height / 7:.0f}")


# q54

PROPOSAL, TRUTH = (100, 100, 80, 40), (108, 104, 100, 50)


def test_a_proposal_is_encoded_and_decoded_as_worked_out(states: States) -> None:
    states("q54", f"3200/5000={overlap(corners(PROPOSAL), corners(TRUTH)):.2f}")
    offsets = [(TRUTH[i] - PROPOSAL[i]) / PROPOSAL[i + 2] for i in (0, 1)]
    scales = [math.log(TRUTH[i] / PROPOSAL[i]) for i in (2, 3)]
    states("q54", f"({offsets[0]},\\ {offsets[1]},\\ {scales[0]:.3f},\\ {scales[1]:.3f})")
    dx, dy, dw, dh = 0.08, 0.12, 0.20, 0.25
    x, y, width, height = PROPOSAL
    decoded = (x + width * dx, y + height * dy, width * math.exp(dw), height * math.exp(dh))
    states("q54", ",\\ ".join(f"{number:.1f}" for number in decoded))
    states("q54", f"约 {overlap(corners(decoded), corners(TRUTH)):.2f}")


def test_logarithms_of_ratios_are_as_stated(states: States) -> None:
    states("q54", f"\\pm{math.log(2):.3f}", f"\\ln(1000/16)\\approx{math.log(1000 / 16):.2f}")
    states("q54", f"{1 / 0.6:.2f} 之间", f"\\le{math.log(1 / 0.6):.3f}")


def test_the_linear_approximation_errs_as_stated(states: States) -> None:
    errors = [grown - math.log(1 + grown) for grown in (0.25, 2 / 3, -0.4)]
    states("q54", *(f"{error:.3f}" for error in errors))


def test_an_overlap_of_six_tenths_bounds_width_and_shift() -> None:
    assert overlap(corners((0, 0, 60, 50)), corners((0, 0, 100, 50))) == pytest.approx(0.6)
    assert overlap(corners((0, 0, 100, 50)), corners((25, 0, 100, 50))) == pytest.approx(0.6)


def test_equal_errors_of_coordinates_are_unequal_overlaps(states: States) -> None:
    truth, grown = corners((50, 50, 100, 100)), 100 * math.exp(0.1)
    shifted = overlap(corners((60, 60, 100, 100)), truth)
    states("q54", f"{shifted:.2f} 与 {overlap(corners((50, 50, grown, grown)), truth):.2f}")


# q55


def test_similarities_of_two_regions_are_as_worked_out(states: States) -> None:
    one, other = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.4, 0.2])
    states("q55", f"0.4+0.3+0.2={np.minimum(one, other).sum():.1f}", f"1-400/10000={1 - (100 + 300) / 10000}")
    states("q55", f"1-100/10000={1 - (500 - 100 - 300) / 10000}")
    states("q55", f"({','.join(f'{share:g}' for share in (100 * one + 300 * other) / 400)})")


def test_histograms_and_strategies_are_as_many_as_stated(states: States) -> None:
    states("q55", f"{25 * 3} 维", f"8\\times3\\times10={8 * 3 * 10}")
    states("q55", f"| 50、100 | {2 * 2 * 2} |", f"| 50、100、150、300 | {5 * 4 * 4} |")


def test_merging_leaves_twice_the_regions_but_one() -> None:
    regions, seen = 200, 200
    while regions > 1:
        regions, seen = regions - 1, seen + 1
    assert seen == 2 * 200 - 1


# q56

BOXES = {
    "F": (100, 100, 200, 200),
    "E": (300, 100, 400, 200),
    "D": (110, 110, 210, 210),
    "C": (320, 100, 420, 200),
    "B": (90, 105, 190, 205),
    "A": (150, 150, 250, 250),
}
SCORES = {"F": 0.95, "E": 0.90, "D": 0.80, "C": 0.70, "B": 0.60, "A": 0.50}


@pytest.mark.parametrize("name", "ABCD")
def test_a_row_of_overlaps_is_as_tabulated(states: States, name: str) -> None:
    overlaps = [overlap(BOXES[name], BOXES[kept]) for kept in "FE"]
    shown = " | ".join(f"{value:.3f}" if value else "0" for value in overlaps)
    states("q56", f"| {name} | {BOXES[name]} | {SCORES[name]:.2f} | {shown} |")


def test_suppression_keeps_f_e_and_a(states: States) -> None:
    left, kept = sorted(BOXES, key=SCORES.__getitem__, reverse=True), []
    while left:
        best, *left = left
        kept.append(best)
        left = [name for name in left if overlap(BOXES[name], BOXES[best]) <= 0.5]
    states("q56", f"结果是 {'、'.join(kept)}")


def test_soft_suppression_lowers_the_score_as_stated(states: States) -> None:
    share = overlap(BOXES["D"], BOXES["F"])
    states("q56", f"线性的 {0.80 * (1 - share):.3f}", f"的 {0.80 * math.exp(-share * share / 0.5):.3f}")


# q57


def test_anchors_and_outputs_are_as_many_as_stated(states: States) -> None:
    states("q57", f"60\\times40\\times9={60 * 40 * 9}", f"{2 * 9} 与 {4 * 9} 个通道")
    states("q57", "、".join(str(16 * scale) for scale in (8, 16, 32)))


def test_an_anchor_keeps_its_area_when_it_is_stretched(states: States) -> None:
    width, height = 128 / math.sqrt(2), 128 * math.sqrt(2)
    states("q57", f"{width:.1f}\\times{height:.1f}")
    assert math.isclose(width * height, 128**2)


def test_a_small_object_hardly_overlaps_a_large_anchor(states: States) -> None:
    states("q57", f"{12 * 12}/{128**2}\\approx{12 * 12 / 128**2:.3f}", f"\\ln(12/128)\\approx{math.log(12 / 128):.2f}")


def test_euclidean_distance_of_boxes_misjudges_their_overlap(states: States) -> None:
    states("q57", f"约 {math.hypot(10, 10):.1f}，IoU 只有 {10 * 10 / (20 * 20)}")
    states("q57", f"是 {math.hypot(14, 0):.0f}，IoU 却有 {200 * 200 / (214 * 200):.3f}")


# q06, q05


def test_the_gram_matrix_forgets_where(states: States) -> None:
    features = np.array([[1, 2, 0], [0, 1, 3]])
    gram = features @ features.T
    states("q06", f"元素为 {'、'.join(map(str, gram.ravel()))}")
    shuffled = features[:, [2, 0, 1]]
    assert (shuffled @ shuffled.T == gram).all()


def test_the_value_of_a_perfect_discriminator_is_as_worked_out(states: States) -> None:
    value = 0.5 * math.log(1) + 0.5 * math.log(0.5) + 0.5 * math.log(0.5) + 0.5 * math.log(1)
    states("q05", f"-\\log4\\approx{-math.log(4):.3f}", f"\\log0.5\\approx{value:.3f}")
    states("q05", f"\\log2\\approx{(value + math.log(4)) / 2:.3f}")


def test_a_generator_learns_four_hundred_times_faster_by_the_other_loss(states: States) -> None:
    slope = 1 / (1 + math.exp(6))
    states("q05", f"{-slope:.4f}", f"{1 - slope:.4f}", f"约大 {round((1 - slope) / slope, -2):.0f} 倍")


# q66


def test_a_kalman_filter_weighs_prediction_and_measurement(states: States) -> None:
    gain = 0.5**2 / (0.5**2 + 0.2**2)
    states("q66", f"K\\approx{gain:.3f}", f"约 {10 + gain * 0.6:.2f} m", f"约 {math.sqrt((1 - gain) * 0.25):.2f} m")


def test_a_car_stops_and_turns_in_the_distances_stated(states: States) -> None:
    speed = 60 / 3.6
    states("q66", f"{speed:.2f} m/s", f"\\approx{speed * 0.2 + speed**2 / (2 * 6):.1f}$ m")
    states("q66", f"R\\approx{2.8 / math.tan(math.radians(5)):.0f}$ m")


# q53, q07


def test_a_low_rank_change_is_a_small_share(states: States) -> None:
    full, change = 4096**2, 8 * (4096 + 4096)
    states("q53", full, change, f"{100 * change / full:.2f}%")


def test_fine_tuning_takes_the_memory_stated(states: States) -> None:
    each = 2 + 2 + 3 * 4  # weight and gradient in half precision; copy and two moments in single
    states("q53", f"每参数 {each} 字节", f"{7 * each} GB", f"约 {7 * 2} GB", f"约 {7 * 0.5} GB")
    assert 65 * 0.5 < 48


def test_layers_are_tuned_at_falling_rates(states: States) -> None:
    rates = [0.01 / 2.6**layer for layer in range(1, 5)]
    shown = [f"{rate:.{places}f}" for rate, places in zip(rates, (4, 4, 5, 5), strict=True)]
    states("q53", f"约为 {'、'.join(shown)}")


def test_the_first_graph_computes_six(states: States) -> None:
    assert np.array([[1.0, 2.0, 3.0]]) @ np.ones((3, 1)) == [[6.0]]
    states("q07", "[[6.]]")
