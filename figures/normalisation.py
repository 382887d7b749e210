"""Normalisation: min-max and z-score on the same points, and batch normalisation: its axes, what it does, and why it may help."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from figures.activation import Plot, d_sigmoid, grid, sigmoid
from figures.drawing import Drawing, number

Floats = NDArray[np.float64]
Scale = Callable[[float], float]


def minus(value: float) -> str:
    return number(value).replace("-", "−")


# Min-max and z-score


def min_max(x: Floats) -> Scale:
    """What min-max scaling by these values makes of a number."""
    return lambda value: (value - float(x.min())) / (float(x.max()) - float(x.min()))


def z_score(x: Floats) -> Scale:
    return lambda value: (value - float(x.mean())) / float(x.std())


def robust(x: Floats) -> Scale:
    low, middle, high = (float(q) for q in np.percentile(x, [25, 50, 75]))
    return lambda value: (value - middle) / (high - low)


def _number_line(
    sheet: Drawing,
    y: float,
    title: str,
    values: Sequence[float],
    ends: tuple[float, float],
    ticks: Sequence[float],
    hue: str,
    shape: str,
) -> None:
    """The values as marks on a line from one end to the other, with the ticks named."""
    left, right = 24.0, 340.0
    fill = "paper" if hue == "ink" else f"{hue}-fill"

    def at(value: float) -> float:
        return left + (value - ends[0]) / (ends[1] - ends[0]) * (right - left)

    sheet.text(10, y - 16, title, size=12, anchor="start", fill=hue)
    sheet.line([(left - 10, y), (right + 10, y)], stroke="soft", width=1)
    for tick in ticks:
        sheet.line([(at(tick), y), (at(tick), y + 4)], stroke="soft", width=1)
        sheet.text(at(tick), y + 16, minus(tick), size=11, fill="soft")
    for value in values:
        if shape == "disc":
            sheet.circle(at(value), y, 5, fill=fill, stroke=hue, width=1.8)
        elif shape == "square":
            sheet.rect(at(value) - 5, y - 5, 10, 10, fill=fill, stroke=hue, width=1.8)
        else:
            u = at(value)
            sheet.line([(u, y - 7), (u + 6, y + 4), (u - 6, y + 4)], fill=fill, stroke=hue, width=1.8, closed=True)


def same_points() -> Drawing:
    sheet = Drawing(
        434,
        "同样的点，归一化与标准化",
        "上：2、4、5、7、12 归一化到 0 与 1 之间，标准化后均值 0，三行点的间隔比例相同。下：1、2、3、4、90 两种做法都把前四个点挤成一团。",
    )
    tidy, spoilt = np.array([2.0, 4, 5, 7, 12]), np.array([1.0, 2, 3, 4, 90])

    def row(
        y: float,
        title: str,
        x: Floats,
        scale: Scale,
        ends: tuple[float, float],
        ticks: Sequence[float],
        hue: str,
        shape: str,
    ) -> None:
        """The scaled points, on a line whose ends are the scaled ends: only the ticks tell the rows apart."""
        _number_line(
            sheet, y, title, [scale(float(value)) for value in x], (scale(ends[0]), scale(ends[1])), ticks, hue, shape
        )

    ends = (0.0, 14.0)
    sheet.text(10, 18, "没有离群值：相对位置不变，只换了刻度", anchor="start", bold=True)
    row(56, "原值", tidy, lambda value: value, ends, (2, 4, 5, 7, 12), "ink", "disc")
    row(112, "归一化：最小值到 0，最大值到 1", tidy, min_max(tidy), ends, (0, 0.5, 1), "a", "square")
    row(168, "标准化：均值到 0，单位是标准差", tidy, z_score(tidy), ends, (-1, 0, 1, 2), "b", "triangle")
    sheet.line([(10, 204), (350, 204)], stroke="rule", width=1)
    ends, mm, z, rb = (-4.0, 95.0), min_max(spoilt), z_score(spoilt), robust(spoilt)
    sheet.text(10, 228, "有一个离群值：其余的点挤成一团", anchor="start", bold=True)
    row(266, "原值", spoilt, lambda value: value, ends, (1, 90), "ink", "disc")
    row(322, f"归一化：前四个都不超过 {mm(4):.3f}", spoilt, mm, ends, (0, 0.5, 1), "a", "square")
    row(378, f"标准化：前四个只差 {z(4) - z(1):.3f}", spoilt, z, ends, (0, 1, 2), "b", "triangle")
    first = "、".join(minus(rb(value)) for value in (1, 2, 3, 4))
    sheet.text(10, 424, f"中位数与四分位距：前四个 {first}，离群值 {minus(rb(90))}", size=12, anchor="start")
    return sheet


# Batch normalisation on a tensor


def _tile(sheet: Drawing, x: float, y: float, side: float, hue: str, cells: int = 3) -> None:
    """One H×W map, shaded if `hue` is one of the five."""
    shaded = hue in "abcde"
    sheet.rect(
        x,
        y,
        side,
        side,
        fill=f"{hue}-fill" if shaded else "paper",
        stroke=hue if shaded else "rule",
        width=1.6 if shaded else 1,
    )
    for k in range(1, cells):
        step = side * k / cells
        sheet.path(
            f"M{number(x + step)} {number(y)}v{number(side)}M{number(x)} {number(y + step)}h{number(side)}",
            stroke=hue if shaded else "rule",
            width=0.7,
        )


def _tensor(
    sheet: Drawing, left: float, top: float, side: float, gap: float, marked: Callable[[int, int], bool], hue: str
) -> None:
    """Three samples (rows) of four channels (columns); the maps whose numbers share one mean are shaded."""
    for n in range(3):
        for c in range(4):
            _tile(sheet, left + c * (side + gap), top + n * (side + gap), side, hue if marked(n, c) else "rule")


def bn_axes() -> Drawing:
    sheet = Drawing(
        386,
        "批归一化在 N×C×H×W 上沿哪些维求统计量",
        "3 个样本排成行、4 个通道排成列，每格一张 H×W 特征图；第 2 个通道的一整列加了底色，"
        "合起来求一个均值和一个方差，得到形状为 C 的统计量。",
    )
    left, top, side, gap = 88, 44, 42, 10
    sheet.text(left + 2 * side + 1.5 * gap, 16, "通道 C", bold=True)
    for c in range(4):
        sheet.text(left + c * (side + gap) + side / 2, 34, f"c = {c + 1}", size=12, fill="a" if c == 1 else "soft")
    for n in range(3):
        sheet.text(
            left - 10, top + n * (side + gap) + side / 2 + 4, f"样本 {n + 1}", size=12, anchor="end", fill="soft"
        )
    sheet.text(26, top + 1.5 * side + gap + 4, "N", bold=True)
    _tensor(sheet, left, top, side, gap, lambda _, c: c == 1, "a")
    column = left + side + gap
    sheet.rect(column - 5, top - 5, side + 10, 3 * side + 2 * gap + 10, stroke="a", width=2, dash="6 3", round_=4)
    sheet.text(left + 4 * (side + gap), top + 14, "每格", size=12, anchor="start", fill="soft")
    sheet.text(left + 4 * (side + gap), top + 30, "H × W", size=12, anchor="start", fill="soft")

    middle = column + side / 2
    sheet.arrow([(middle, 202), (middle, 226)], stroke="a")
    sheet.text(middle + 12, 219, "沿 N、H、W，共 N·H·W 个数", size=12, anchor="start", fill="a")
    sheet.box(20, 230, 320, 30, "μ、σ²：每个通道一个，形状 (C,)", hue="a")
    sheet.arrow([(180, 262), (180, 282)])
    sheet.box(20, 286, 320, 44, "y = γ (x − μ) / √(σ² + ε) + β\nγ、β 也是每个通道一个；输出形状不变", hue="c")
    n, c, h, w = 32, 64, 56, 56
    sheet.text(180, 354, f"例：{n}×{c}×{h}×{w}，每个通道由 {n * h * w:,} 个数统计", size=12)
    sheet.text(180, 374, f"可学习参数 2×{c} = {2 * c} 个，滑动统计量也是 {2 * c} 个", size=12)
    return sheet


def four_norms() -> Drawing:
    sheet = Drawing(
        366,
        "四种归一化各把哪些数放在一起求均值和方差",
        "每幅 3 行样本、4 列通道。BN 取一整列；LN 取一整行；IN 只取一格；GN（两组）取一行中相邻的两格。",
    )
    panels: tuple[tuple[str, str, str, Callable[[int, int], bool]], ...] = (
        ("BN", "沿 N、H、W", "a", lambda n, c: c == 1),
        ("LN", "沿 C、H、W", "b", lambda n, c: n == 1),
        ("IN", "沿 H、W", "c", lambda n, c: (n, c) == (1, 1)),
        ("GN", "沿组内通道、H、W", "e", lambda n, c: n == 1 and c < 2),
    )
    side, gap = 28, 5
    for k, (name, along, hue, marked) in enumerate(panels):
        left, top = 36 + 176 * (k % 2), 46 + 166 * (k // 2)
        sheet.text(left, top - 24, name, anchor="start", bold=True, size=14, fill=hue)
        sheet.text(left + 32, top - 24, along, anchor="start", size=12)
        sheet.text(left, top - 7, "C →", size=11, anchor="start", fill="soft")
        sheet.text(left - 8, top + 14, "N", size=11, anchor="end", fill="soft")
        sheet.text(left - 9, top + 28, "↓", size=11, anchor="end", fill="soft")
        _tensor(sheet, left, top, side, gap, marked, hue)
        cells = [(n, c) for n in range(3) for c in range(4) if marked(n, c)]
        (n0, c0), (n1, c1) = cells[0], cells[-1]
        step = side + gap
        sheet.rect(
            left + c0 * step - 3,
            top + n0 * step - 3,
            (c1 - c0) * step + side + 6,
            (n1 - n0) * step + side + 6,
            stroke=hue,
            width=2,
            dash="6 3",
            round_=4,
        )
    sheet.text(180, 336, "虚线框内的数合求一个均值、一个方差；", size=12)
    sheet.text(180, 355, "每格是一张 H × W 特征图，GN 以两组为例", size=12)
    return sheet


# What it does to a distribution


def _skewed(x: float) -> float:
    """A gamma density moved and scaled to mean 0 and standard deviation 1: as lopsided after normalising as before."""
    shape = 4.0
    t = x * math.sqrt(shape) + shape
    return math.sqrt(shape) * t ** (shape - 1) * math.exp(-t) / math.gamma(shape) if t > 0 else 0.0


def before_after() -> Drawing:
    sheet = Drawing(
        420,
        "批归一化前后：sigmoid 上的位置与分布的形状",
        "上：6、8、10、12 都在 sigmoid 右端的平坦处，换算后的四个点回到中间的陡坡。"
        "下：三行分布，均值 9 标准差 2.24，变为 0 与 1，再变为 1 与 1.5，偏斜的形状不变。",
    )
    x = np.array([6.0, 8.0, 10.0, 12.0])
    mean, deviation, gamma, beta = float(x.mean()), float(x.std()), 1.5, 1.0
    z = (x - mean) / deviation
    xs = (-4.5, 15.5)
    top = Plot(sheet, 16, 28, 328, 84, xs, (0, 1))
    sheet.text(16, 18, "后面接 sigmoid：斜率差多少", anchor="start", bold=True)
    top.axes(0, 0)
    top.line([(t, sigmoid(t)) for t in grid(*xs, 80)], stroke="ink")
    for value in x:
        top.square(value, sigmoid(value), "d", 4.5)
    for value in z:
        top.dot(value, sigmoid(value), "a", 5)
    flat = f"{d_sigmoid(10):.6f}"
    sheet.text(top.at(9, 0)[0], 56, f"前：10 处斜率 {flat}", size=12, fill="d")
    sheet.text(top.at(1.2, 0)[0], 86, f"后：0.45 处斜率 {d_sigmoid(z[2]):.3f}", size=12, anchor="start", fill="a")

    sheet.text(16, 144, "设分布偏斜：只挪动和缩放，形状不变", anchor="start", bold=True)
    rows = (
        (f"x：均值 {mean:.0f}，标准差 {deviation:.2f}", mean, deviation, "d", "5 3"),
        ("x̂ = (x − μ) / σ：均值 0，标准差 1", 0.0, 1.0, "a", ""),
        (f"y = γx̂ + β：均值 β = {beta:.0f}，标准差 γ = {gamma}", beta, gamma, "c", "2 3"),
    )
    for k, (words, centre, spread, hue, dash) in enumerate(rows):
        above = (146, 234, 326)[k]
        plot = Plot(sheet, 16, above, 328, 66, xs, (0, 0.5))
        sheet.text(
            *((20, above + 40) if k == 0 else (348, above + 16)),
            words,
            size=12,
            anchor="end" if k else "start",
            fill=hue,
        )
        plot.line([(xs[0], 0), (xs[1], 0)], stroke="soft", width=1)
        span = grid(centre - 2 * spread, min(centre + 4 * spread, xs[1]), 70)
        plot.line([(t, _skewed((t - centre) / spread) / spread) for t in span], stroke=hue, dash=dash)
        plot.line([(centre, 0), (centre, _skewed(0) / spread)], stroke=hue, width=1.2)
        for value in z if k == 1 else z * spread + centre:
            if k == 0:
                plot.square(value, 0, hue, 4)
            else:
                plot.dot(value, 0, hue, 4.5)
        plot.xticks({-4: "−4", 0: "0", 4: "4", 8: "8", 12: "12"}, length=7)
    return sheet


# Why it helps


def explanations() -> Drawing:
    sheet = Drawing(
        412,
        "批归一化为什么有效：四种解释与证据",
        "最上是公认的现象；下面四行依次是减轻内部协变量偏移、损失曲面更平滑、长度与方向解耦、允许大学习率并压低残差支路，右侧各写证据与局限。",
    )
    sheet.box(20, 8, 320, 44, "现象（公认）\n可用更大学习率，不挑初始化，收敛更快", hue="c")
    sheet.arrow([(180, 54), (180, 74)])
    sheet.text(190, 69, "因为？", size=12, anchor="start", fill="soft")
    against, support, limit = ("✗", "d"), ("✓", "c"), ("△", "b")
    rows = (
        (
            "减轻内部\n协变量偏移",
            "b",
            (
                (against, "人为把分布搅乱，照样训得好"),
                (against, "量得的偏移并未减小"),
                (limit, "也有重做实验者，认为仍重要"),
            ),
        ),
        (
            "损失曲面\n更平滑",
            "a",
            (
                (support, "沿梯度方向，损失起伏更小"),
                (limit, "按别的范数归一化也有好处"),
                (limit, "未证明整个曲面处处更平滑"),
            ),
        ),
        (
            "长度与\n方向解耦",
            "a",
            ((support, "‖w‖ 越大，有效步长 η/‖w‖² 越小"), (support, "学习率不必细调，仍趋近驻点")),
        ),
        (
            "大学习率，\n从浅处起步",
            "a",
            (
                (support, "大步长快，并带来有益的噪声"),
                (support, "残差支路被压小，近似恒等"),
                (limit, "批很小时，大学习率几乎无益"),
            ),
        ),
    )
    for k, (name, hue, evidence) in enumerate(rows):
        y = 80 + 70 * k
        sheet.rect(12, y, 92, 58, fill=f"{hue}-fill", stroke=hue, round_=5, dash="" if k else "6 4")
        for i, line in enumerate(name.split("\n")):
            sheet.text(58, y + 26 + 17 * i, line)
        for i, ((mark, tint), words) in enumerate(evidence):
            v = y + 33 + 19 * (i - (len(evidence) - 1) / 2)
            sheet.text(120, v, mark, fill=tint, bold=True)
            sheet.text(132, v, words, size=12, anchor="start")
    sheet.line([(12, 360), (348, 360)], stroke="rule", width=1)
    sheet.text(180, 380, "✓ 支持　✗ 不支持　△ 局限或异议", size=12)
    sheet.text(180, 400, "虚线框是最初的解释；实线框彼此相连，不互斥", size=12)
    return sheet


def norm_grows() -> Drawing:
    sheet = Drawing(
        246,
        "梯度与权重垂直：权重只会变长，越长转得越少",
        "权重平面上 w 与 2w 同向，损失相同；各走一步，步子与权重垂直。w 由 1 变长、转角大；2w 的步子只有一半，转角约四分之一。",
    )
    rng, rate, scale, origin = np.random.default_rng(3), 1.0, 136, (20.0, 128.0)
    inputs = rng.normal(size=(64, 2)) * np.array([1.0, 0.7])
    goal = inputs @ np.array([0.3, 1.0])
    goal = (goal - goal.mean()) / goal.std()

    def gradient(w: Floats) -> Floats:
        """Of half the mean squared error of BN(inputs·w), as in the answer with γ = 1 and β = 0."""
        x = inputs @ w
        h = (x - x.mean()) / x.std()
        g = (h - goal) / len(goal)
        slope: Floats = inputs.T @ ((g - g.mean() - h * float((g * h).mean())) / float(x.std()))
        return slope

    def at(p: Floats) -> tuple[float, float]:
        return origin[0] + scale * float(p[0]), origin[1] - scale * float(p[1])

    def length(p: Floats) -> float:
        return float(np.linalg.norm(p))

    for radius in (1, 2):
        arc = [
            (radius * math.cos(math.radians(k)), radius * math.sin(math.radians(k)))
            for k in range(-12, 53 // radius, 2)
        ]
        sheet.line([at(np.array(p)) for p in arc], stroke="rule", dash="3 4")
    base = np.array([math.cos(math.radians(-6)), math.sin(math.radians(-6))])
    for factor, hue, dash in ((2, "b", "7 4"), (1, "a", "")):
        w = factor * base
        moved = w - rate * gradient(w)
        assert abs(float(w @ (moved - w))) < 1e-9
        turn = math.degrees(math.acos(float(w @ moved) / length(w) / length(moved)))
        sheet.line([origin, at(moved)], stroke=hue, width=1.2, dash="2 3")
        sheet.arrow([origin, at(w)], stroke=hue, width=2.2, dash=dash)
        sheet.arrow([at(w), at(moved)], stroke="d", width=2.2)
        along, across = w / length(w) * 0.07, (moved - w) / length(moved - w) * 0.07
        sheet.line([at(w - along), at(w - along + across), at(w + across)], stroke="soft", width=1.2)
        u, v = at(w)
        sheet.text(u - 22, v + 17, "w" if factor == 1 else "2w", fill=hue, bold=True, size=14)
        sheet.text(
            16,
            196 if factor == 1 else 216,
            f"{'从 w 出发' if factor == 1 else '从 2w 出发'}：‖∇L‖ = {length(gradient(w)):.2f}，",
            size=12,
            anchor="start",
            fill=hue,
        )
        sheet.text(
            176,
            196 if factor == 1 else 216,
            f"长 {factor} → {length(moved):.2f}，转 {turn:.1f}°",
            size=12,
            anchor="start",
            fill=hue,
        )
        u, v = at((w + moved) / 2)
        sheet.text(u + 8, v, "−η∇L", size=12, anchor="start", fill="d")
    sheet.text(16, 237, "长度加倍，梯度减半，转角约为四分之一", size=12, anchor="start")
    return sheet


FIGURES = {
    "q01/same-points": same_points,
    "q62/bn-axes": bn_axes,
    "q62/four-norms": four_norms,
    "q71/before-after": before_after,
    "q72/explanations": explanations,
    "q72/norm-grows": norm_grows,
}
