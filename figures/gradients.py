"""Gradients that vanish or explode: their size through the depth, exponential growth, how it shows in a log, and clipping."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from figures.activation import Plot, Point, key
from figures.drawing import Drawing, number

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decades(plot: Plot, exponents: Sequence[int], *, end: float = 0) -> None:
    """Ticks of a logarithmic y axis with faint lines across; the plot's y is a power of ten."""
    for k in exponents:
        u, v = plot.at(plot.xs[0], k)
        plot.sheet.line([(u, v), (u + plot.width - end, v)], stroke="rule", width=0.8)
        words = {0: "1", 1: "10", -1: "0.1"}.get(k, f"10{str(k).translate(SUPERSCRIPT)}")
        plot.sheet.text(u - 5, v + 4, words, size=11, anchor="end", fill="soft")


def frame(plot: Plot) -> None:
    """The left and lower edges of a plot."""
    x, y = plot.left, plot.top + plot.height
    plot.sheet.line([(x, plot.top), (x, y), (x + plot.width, y)], stroke="soft", width=1)


# Through the depth


@dataclass(frozen=True)
class Setting:
    """How a random network is set up, and how its curve is drawn and named."""

    words: str
    activation: str
    sigma: float
    hue: str
    dash: str = ""
    residual: bool = False


def backprop_norms(setting: Setting, depth: int = 30, width: int = 128, batch: int = 16) -> list[float]:
    """The error signal's norm after 0, 1, ... layers of the way back, relative to the output: the answer's program."""
    rng = np.random.default_rng(0)
    h: Floats = rng.normal(size=(batch, width))
    cache: list[tuple[Floats, Floats]] = []
    keep, scale = (1.0, 1 / math.sqrt(depth)) if setting.residual else (0.0, 1.0)
    for _ in range(depth):
        w = rng.normal(0, setting.sigma, (width, width))
        a = h @ w
        if setting.activation == "sigmoid":
            y = 1 / (1 + np.exp(-a))
            slope = y * (1 - y)
        elif setting.activation == "tanh":
            y = np.tanh(a)
            slope = 1 - y**2
        else:
            y = np.maximum(a, 0)
            slope = np.where(a > 0, 1.0, 0.0)
        cache.append((w, slope))
        h = np.round(
            keep * h + scale * y, 8
        )  # tanh with σ = 1 is chaotic: without this, every CPU would draw another curve
    g: Floats = rng.normal(size=h.shape)
    norms = [float(np.linalg.norm(g))]
    for w, slope in reversed(cache):
        g = keep * g + (scale * g * slope) @ w.T
        norms.append(float(np.linalg.norm(g)))
    return [norm / norms[0] for norm in norms]


def through_depth() -> Drawing:
    sheet = Drawing(
        384,
        "误差信号的范数随回传层数的变化（对数纵轴）",
        "30 层、宽 128 的随机网络：ReLU 与 tanh 取 σ=1 时膨胀到约 10 的 27 次方与 10 的 11 次方以上；"
        "He 初始化与残差留在 1 附近；sigmoid 降到 10 的负 19 次方。",
    )
    xavier, he = math.sqrt(1 / 128), math.sqrt(2 / 128)
    settings = (
        Setting("ReLU，σ = 1", "relu", 1, "d"),
        Setting("tanh，σ = 1", "tanh", 1, "b", "7 3"),
        Setting("sigmoid + 残差", "sigmoid", xavier, "e", "2 3", residual=True),
        Setting("ReLU，He", "relu", he, "c"),
        Setting("tanh，Xavier", "tanh", xavier, "b", "2 3"),
        Setting("ReLU，σ² = 1/n", "relu", xavier, "d", "7 3"),
        Setting("sigmoid，σ² = 1/n", "sigmoid", xavier, "e"),
    )
    plot = Plot(sheet, 42, 34, 186, 286, (0, 30), (-21, 29))
    sheet.text(8, 18, "‖往回传 k 层后的误差信号‖ ÷ ‖输出处‖", anchor="start", size=12, fill="soft")
    decades(plot, range(-20, 30, 10))
    frame(plot)
    names: list[tuple[float, float, Setting]] = []
    for setting in settings:
        norms = [round(math.log10(norm), 2) for norm in backprop_norms(setting)]
        plot.line(list(enumerate(norms)), stroke=setting.hue, dash=setting.dash)
        names.append((plot.at(30, norms[-1])[1], norms[-1], setting))
    previous = -math.inf
    shift = {"sigmoid + 残差": -22.0, "ReLU，He": -6.0, "tanh，Xavier": 10.0, "ReLU，σ² = 1/n": 14.0}
    for y, _, setting in names:
        at = max(y + shift.get(setting.words, 0), previous + 16)
        sheet.line([(230, y), (240, at)], stroke=setting.hue, width=1)
        sheet.text(243, at + 4, setting.words, size=12, anchor="start", fill=setting.hue)
        previous = at
    plot.xticks({0: "0", 10: "10", 20: "20", 30: "30"}, y=-21)
    sheet.text(plot.left, 352, "输出层", size=12, fill="soft")
    sheet.text(plot.left + 93, 352, "往回传的层数 k", size=12)
    sheet.text(plot.left + 186, 352, "输入", size=12, fill="soft")
    sheet.text(8, 374, "σ：权重的标准差；n = 128；残差支路乘 1/√30", size=12, anchor="start", fill="soft")
    return sheet


# Exponential growth


def exponential_growth() -> Drawing:
    sheet = Drawing(
        428,
        "每层放大 w 倍，L 层放大 w 的 L 次方",
        "上：w=1.1 在普通坐标里前 50 层几乎贴地，100 层时冲到 13,781。下：对数坐标里都是直线，w=1.5 在第 219 层越过单精度的上限 3.4×10³⁸。",
    )
    sheet.text(8, 18, "普通纵轴：w = 1.1", size=13, anchor="start", bold=True)
    top = Plot(sheet, 50, 30, 286, 126, (0, 100), (0, 14000))
    for value in (0, 5000, 10000):
        u, v = top.at(0, value)
        sheet.line([(u, v), (u + 286, v)], stroke="rule", width=0.8)
        sheet.text(u - 5, v + 4, f"{value:,}", size=11, anchor="end", fill="soft")
    frame(top)
    top.xticks({0: "0", 50: "50", 100: "100"})
    top.curve(lambda depth: 1.1**depth)
    for depth, dx, dy in ((50, 0, -10), (100, -10, 4)):
        top.dot(depth, 1.1**depth, "a")
        u, v = top.at(depth, 1.1**depth)
        sheet.text(u + dx, v + dy, f"L = {depth}：{1.1**depth:,.0f} 倍", size=12, anchor="end" if dx else "middle")

    sheet.text(8, 208, "对数纵轴：指数成了直线", size=13, anchor="start", bold=True)
    low = Plot(sheet, 50, 220, 286, 164, (0, 270), (-14, 44))
    decades(low, range(-10, 41, 10))
    frame(low)
    limit = math.log10(float(np.finfo(np.float32).max))
    low.line([(0, limit), (270, limit)], stroke="d", width=1.5, dash="6 4")
    sheet.text(low.left + 6, low.at(0, limit)[1] - 5, "单精度上限 3.4×10³⁸", size=12, anchor="start", fill="d")
    for w, hue, dash, place in ((1.5, "d", "", (84, 26)), (1.1, "a", "", (196, 12)), (0.9, "c", "7 3", (196, -5.5))):
        low.line([(0, 0), (245, 245 * math.log10(w))], stroke=hue, dash=dash)
        low.text(place[0], place[1], f"w = {w}", fill=hue, bold=True, size=13)
    over = math.ceil(limit / math.log10(1.5))
    low.dot(over, over * math.log10(1.5), "d", 4)
    u, v = low.at(over, over * math.log10(1.5))
    sheet.text(u + 2, v + 20, f"L = {over}", size=12, fill="d", anchor="start")
    sheet.text(u + 2, v + 35, "溢出", size=12, fill="d", anchor="start")
    low.xticks({0: "0", 50: "50", 100: "100", 150: "150", 200: "200", 250: "250"}, y=-14)
    sheet.text(193, 420, "层数 L", size=12)
    return sheet


# What a log shows


def run_until_nan(
    lr: float = 0.007, length: int = 40, batch: int = 8, seed: int = 7
) -> tuple[list[float], list[float]]:
    """Losses and gradient norms of h ← wh + ux, ŷ = vh trained by plain SGD in single precision on a teacher with w = 0.97."""
    f32, rng = np.float32, np.random.default_rng(seed)
    params = np.array([0.8, 0.3, 0.5], f32)
    losses, norms = list[float](), list[float]()
    while not losses or not math.isnan(losses[-1]):
        x = rng.normal(size=(batch, length)).astype(f32)
        goal: Singles = np.zeros(batch, f32)
        for t in range(length):
            goal = f32(0.97) * goal + f32(1) * x[:, t]
        goal = goal * f32(0.5) + rng.normal(size=batch).astype(f32) * f32(0.1)
        w, u, v = params
        with np.errstate(all="ignore"):
            h, states = np.zeros(batch, f32), []
            for t in range(length):
                states.append(h)
                h = w * h + u * x[:, t]
            error = v * h - goal
            d = error / f32(batch)
            back, slope_w, slope_u = d * v, f32(0), f32(0)
            for t in reversed(range(length)):
                slope_w += (back * states[t]).sum()
                slope_u += (back * x[:, t]).sum()
                back = back * w
            gradient = np.array([slope_w, slope_u, (d * h).sum()], f32)
            losses.append(float((error * error).mean() / 2))
            norms.append(float(np.sqrt((gradient * gradient).sum())))
            params = params - f32(lr) * gradient
    return losses, norms


def gradient_monitor() -> Drawing:
    sheet = Drawing(
        424,
        "一次训练的损失与全局梯度范数，直到 NaN",
        "线性循环网络用 SGD 训练。损失看不出异样时，"
        "梯度范数已两次冲过中位数的 10 倍；第 247 步再次报警，下一步损失跳到 688，随后是 inf 与 NaN。",
    )
    losses, norms = run_until_nan()
    last, first, window = len(losses) - 1, 100, 100
    medians = {k: float(np.median(norms[k - window : k])) for k in range(first, last)}
    alarms = [k for k in medians if norms[k] > 10 * medians[k]]
    upper = Plot(sheet, 42, 44, 300, 130, (first, last + 6), (-2, 4))
    lower = Plot(sheet, 42, 224, 300, 160, (first, last + 6), (-2, 6))
    for plot, exponents in ((upper, range(-2, 4, 2)), (lower, range(-2, 6, 2))):
        decades(plot, exponents)
        frame(plot)
        plot.xticks({k: str(k) for k in (100, 150, 200, 250)}, y=-2)
    for k in alarms:
        upper.line([(k, -2), (k, 1)], stroke="d-fill", width=2)
        lower.line([(k, -2), (k, math.log10(norms[k]))], stroke="d-fill", width=2)

    sheet.text(8, 18, "损失", anchor="start", bold=True)
    finite = [k for k in range(first, last + 1) if math.isfinite(losses[k])]
    upper.line([(k, math.log10(losses[k])) for k in finite], width=1.5)
    u, v = upper.at(finite[-1], math.log10(losses[finite[-1]]))
    sheet.arrow([(u, v), (u + 2, 34)], stroke="a")
    sheet.text(u + 12, 26, "inf → NaN", size=12, anchor="end", fill="d", bold=True)
    upper.dot(finite[-1], math.log10(losses[finite[-1]]), "a")
    sheet.text(u - 8, v + 4, f"第 {finite[-1]} 步：{losses[finite[-1]]:.0f}", size=12, anchor="end")

    sheet.text(8, 212, "全局梯度范数", anchor="start", bold=True)
    lower.line([(k, math.log10(norms[k])) for k in range(first, finite[-1] + 1)], stroke="b", width=1.5)
    lower.line([(k, math.log10(medians[k])) for k in medians], stroke="ink", width=1.5, dash="2 3")
    lower.line([(k, math.log10(10 * medians[k])) for k in medians], stroke="d", width=1.5, dash="7 4")
    for k in alarms:
        lower.square(k, math.log10(norms[k]), "d")
    lower.text(103, math.log10(10 * medians[first]) + 0.25, "报警线：中位数 × 10", fill="d")
    sheet.text(lower.left + 6, 376, "虚点线：前 100 步的中位数", size=12, anchor="start")
    k = alarms[-2]
    u, v = lower.at(k, math.log10(norms[k]))
    sheet.line([(u - 5, v - 4), (u - 62, v - 60)], stroke="d", width=1)
    sheet.text(u - 66, v - 74, f"第 {k} 步：范数 {norms[k]:.0f}，", size=12, anchor="end", fill="d")
    sheet.text(u - 66, v - 58, f"损失才 {losses[k]:.2f}", size=12, anchor="end", fill="d")
    sheet.text(192, 414, f"训练步数（第 {last} 步起全为 NaN）", size=12)
    return sheet


# Clipping

POWER, RATE, THRESHOLD = 10, 0.015, 5.0


def cliff(w: float) -> float:
    """The loss of ten layers sharing one weight."""
    return 0.5 * (w**POWER - 1) ** 2


def cliff_slope(w: float) -> float:
    return (w**POWER - 1) * POWER * w ** (POWER - 1)


def _path(slope: Callable[[float], float], start: float, steps: int) -> list[float]:
    weights = [start]
    for _ in range(steps):
        weights.append(weights[-1] - RATE * slope(weights[-1]))
    return weights


def cliff_step() -> Drawing:
    sheet = Drawing(
        310,
        "悬崖上的一步：不裁剪与裁剪",
        "损失 ½(w¹⁰−1)²，从 w=1.4 出发：不裁剪一步飞到图外很远的负值；梯度裁到 5 则沿崖壁一步步走到谷底 w=1。",
    )
    start = 1.4
    far = _path(cliff_slope, start, 1)[1]
    near = _path(lambda w: max(-THRESHOLD, min(THRESHOLD, cliff_slope(w))), start, 12)
    plot = Plot(sheet, 42, 20, 300, 224, (0.4, 1.45), (-30, 440))
    for value in (0, 200, 400):
        u, v = plot.at(0.4, value)
        sheet.line([(u, v), (u + 300, v)], stroke="rule", width=0.8)
        sheet.text(u - 5, v + 4, str(value), size=11, anchor="end", fill="soft")
    frame(plot)
    plot.xticks({k / 10: number(k / 10) for k in range(4, 15, 2)}, y=-30)
    plot.curve(cliff, 0.4, 1.41, stroke="ink", n=120)
    u, v = plot.at(start, cliff(start))
    sheet.arrow([(u - 6, v), (46, v)], stroke="d", width=2, dash="7 4")
    mantissa, exponent = f"{cliff(far):.0e}".split("e+")
    sheet.text(54, v + 20, f"不裁剪：g = {cliff_slope(start):.0f}，", size=12, anchor="start", fill="d")
    sheet.text(54, v + 37, f"一步飞到 w ≈ {far:.0f}".replace("-", "−"), size=12, anchor="start", fill="d")
    sheet.text(54, v + 54, f"损失 {mantissa}×10{exponent.translate(SUPERSCRIPT)}", size=12, anchor="start", fill="d")
    points = [plot.at(w, cliff(w)) for w in near]
    for p, q in pairwise(points[:6]):
        sheet.arrow([p, (q[0] + (p[0] - q[0]) * 0.12, q[1] + (p[1] - q[1]) * 0.12)], stroke="c", width=2)
    for w in near[1:]:
        plot.dot(w, cliff(w), "c")
    plot.square(start, cliff(start), "ink", 4.5)
    sheet.text(u - 4, v - 10, f"起点 w = {start}，损失 {cliff(start):.0f}", size=12, anchor="end")
    u, v = plot.at(near[2], cliff(near[2]))
    sheet.text(u - 26, v - 46, f"裁到 τ = {THRESHOLD:.0f}：", size=12, anchor="end", fill="c")
    sheet.text(u - 26, v - 29, f"每步至多 ητ = {RATE * THRESHOLD:g}", size=12, anchor="end", fill="c")
    u, v = plot.at(1, 0)
    sheet.text(u, v - 10, "谷底 w = 1", size=12)
    sheet.text(192, 280, "权重 w", size=12)
    sheet.text(192, 300, "损失 ½(w¹⁰ − 1)²，十层共用一个权重，η = 0.015", size=12, fill="soft")
    return sheet


def norm_or_value() -> Drawing:
    sheet = Drawing(
        272,
        "按范数裁剪与按值裁剪",
        "梯度 (30, 0.4) 长约 30，与横轴夹角 0.76 度。按范数裁到 1 落在同一方向的圆弧上；按值裁到 1 得 (1, 0.4)，夹角变成 21.8 度。",
    )
    g = np.array([30.0, 0.4])
    by_norm = g / float(np.linalg.norm(g))
    by_value = np.clip(g, -1, 1)
    plot = Plot(sheet, 36, 24, 320, 200, (0, 1.6), (0, 1))

    def angle(v: Floats) -> float:
        return math.degrees(math.atan2(v[1], v[0]))

    plot.axes()
    arc: list[Point] = [(math.cos(math.radians(k)), math.sin(math.radians(k))) for k in range(0, 71, 2)]
    plot.line(arc, stroke="c", width=1.5, dash="6 4")
    plot.line([(1, 0), (1, 0.9)], stroke="b", width=1.5, dash="2 3")
    sheet.text(*plot.at(0.4, 0.98), "‖g‖ = 1", size=12, fill="c", anchor="start")
    sheet.text(*plot.at(1.03, 0.84), "g₁ = 1", size=12, fill="b", anchor="start")
    far = by_norm * 1.59
    sheet.arrow([plot.at(0, 0), plot.at(far[0], far[1])], stroke="soft", width=2)
    sheet.arrow([plot.at(0, 0), plot.at(by_norm[0], by_norm[1])], stroke="c", width=2.5)
    sheet.arrow([plot.at(0, 0), plot.at(by_value[0], by_value[1])], stroke="b", width=2.5)
    u, v = plot.at(1.58, 0.04)
    sheet.text(u, v - 24, "原梯度 (30, 0.4)", size=12, anchor="end", fill="soft")
    sheet.text(u, v - 8, "远在图外 →", size=12, anchor="end", fill="soft")
    u, v = plot.at(*by_value)
    sheet.text(u + 6, v - 8, "按值：(1, 0.4)", anchor="start", fill="b", bold=True, size=12)
    sheet.text(u + 6, v + 9, f"方向变成 {angle(by_value):.1f}°", anchor="start", fill="b", size=12)
    swing: list[Point] = [
        (0.42 * math.cos(math.radians(k)), 0.42 * math.sin(math.radians(k)))
        for k in np.linspace(0.76, angle(by_value), 12)
    ]
    plot.line(swing, stroke="b", width=1.2)
    plot.xticks({0: "0", 0.5: "0.5", 1: "1", 1.5: "1.5"})
    plot.yticks({0.5: "0.5", 1: "1"})
    key(sheet, 36, 262, f"按范数：({by_norm[0]:.4f}, {by_norm[1]:.4f})，方向仍是 {angle(by_norm):.2f}°", "c")
    return sheet


FIGURES = {
    "q17/through-depth": through_depth,
    "q25/exponential-growth": exponential_growth,
    "q27/gradient-monitor": gradient_monitor,
    "q28/cliff-step": cliff_step,
    "q28/norm-or-value": norm_or_value,
}
