"""Figures on how training is steered: learning-rate plans, condition numbers, batch sizes, fine-tuning, weight penalties."""

from math import cos, pi, sqrt

import numpy as np

from figures.drawing import Drawing
from figures.optimisation import HALO, Array, Plot, Point, bowl, level_lines, rounded

# ---- q59: learning-rate plans and condition numbers ----

WARMUP, EPOCHS = 5, 90


def cosine_plan(epoch: float) -> float:
    return epoch / WARMUP if epoch < WARMUP else (1 + cos(pi * (epoch - WARMUP) / (EPOCHS - WARMUP))) / 2


def linear_plan(epoch: float) -> float:
    return epoch / WARMUP if epoch < WARMUP else (EPOCHS - epoch) / (EPOCHS - WARMUP)


def stepped_plan(epoch: float) -> float:
    return epoch / WARMUP if epoch < WARMUP else 0.1 ** (epoch // 30)


def learning_rate_plans() -> Drawing:
    d = Drawing(
        246,
        "学习率的预热与衰减",
        "90 轮训练：前 5 轮线性预热到目标值，此后按余弦、线性或每 30 轮除以 10 衰减。",
    )
    d.rule(HALO)
    plot = Plot(40, 34, 304, 160, (0, EPOCHS), (0, 1.08))
    warm, _ = plot(WARMUP, 0)
    d.rect(plot.left, plot.top, warm - plot.left, plot.height, fill="c-fill", stroke="none")
    d.text(plot.left - 2, plot.top - 8, "预热 5 轮：初期求稳", size=12, anchor="start", fill="c")
    plot.frame(d, {0: "0", 30: "30", 60: "60", 90: "90"}, {0: "0", 0.1: "0.1", 0.5: "0.5", 1: "1"}, "训练轮数（epoch）")
    d.text(4, 226, "纵轴：η / 目标值", size=12, anchor="start", fill="soft")
    epochs = sorted({*np.linspace(0, EPOCHS, 181), *(29.999, 59.999)})
    for plan, hue, dash in ((stepped_plan, "b", "2 3"), (linear_plan, "e", "7 4"), (cosine_plan, "a", "")):
        d.line(rounded(plot(t, plan(t)) for t in epochs), stroke=hue, width=2.2, dash=dash)
    d.text(*plot(46, 0.77), "余弦", fill="a", anchor="start", cls="halo")
    d.text(*plot(32, 0.56), "线性", fill="e", anchor="start", cls="halo")
    d.text(*plot(32, 0.15), "分段：除以 10", fill="b", anchor="start", cls="halo", size=12)
    d.text(*plot(89, 0.34), "末期小步求准", size=12, anchor="end", cls="halo")
    return d


def quadratic_path(curvature: float, momentum: bool, steps: int) -> list[Point]:
    """Gradient descent, or heavy ball, with its best parameters on (x² + κ y²) / 2; the formulas are the answer's."""
    if momentum:
        rate = 4 / (sqrt(curvature) + 1) ** 2
        beta = ((sqrt(curvature) - 1) / (sqrt(curvature) + 1)) ** 2
    else:
        rate, beta = 2 / (curvature + 1), 0.0
    w, v, path = np.array([-1.8, 0.4]), np.zeros(2), [(-1.8, 0.4)]
    for _ in range(steps):
        v = beta * v - rate * w * (1, curvature)
        w = w + v
        path.append((float(w[0]), float(w[1])))
    return path


def scaled_regression(standardised: bool, momentum: bool) -> list[float]:
    """The answer's experiment: the gap to the best loss after each step, relative to the first, until it is a millionth."""
    rng = np.random.default_rng(0)
    raw = np.stack([rng.uniform(20, 60, 500), rng.uniform(3000, 20000, 500)], axis=1)
    y = 0.05 * raw[:, 0] + 2e-4 * raw[:, 1]
    x = np.c_[(raw - raw.mean(0)) / raw.std(0) if standardised else raw / raw.max(0), np.ones(500)]
    h, b = x.T @ x / 500, x.T @ y / 500
    low, *_, high = np.linalg.eigvalsh(h)
    rate, beta = 2 / (high + low), 0.0
    if momentum:
        rate, beta = 4 / (sqrt(high) + sqrt(low)) ** 2, ((sqrt(high) - sqrt(low)) / (sqrt(high) + sqrt(low))) ** 2
    best, w, v = np.linalg.solve(h, b), np.zeros(3), np.zeros(3)
    gaps: list[float] = []
    while not gaps or gaps[-1] >= 1e-6 * gaps[0]:
        gaps.append(float((w - best) @ h @ (w - best)))
        v = beta * v - rate * (h @ w - b)
        w = w + v
    return [gap / gaps[0] for gap in gaps]


def condition_number() -> Drawing:
    d = Drawing(
        384,
        "条件数决定步数",
        "上：条件数 20 的狭长谷地里梯度下降来回折，动量快些，条件数接近 1 时几步到底。下：同一线性回归的误差对步数。",
    )
    d.rule(HALO)
    for i, (curvature, momentum, name, hue) in enumerate(
        ((20, False, "κ = 20", "ink"), (20, True, "κ = 20，动量", "a"), (1.2, False, "κ = 1.2", "c"))
    ):
        plot = Plot(4 + 119 * i, 26, 114, 76, (-2.1, 0.9), (-1, 1))
        d.text(plot.left + 57, 16, name, fill=hue, bold=True)
        levels = [0.1, 0.5, 1.3, 2.6, 4.4, 6.8, 9.8] if curvature == 20 else [0.02, 0.12, 0.35, 0.7, 1.2, 1.8, 2.6]
        plot.contours(d, bowl(1, curvature), levels, cells=30)
        points = rounded(plot(x, y) for x, y in quadratic_path(curvature, momentum, 15))
        d.line(points, stroke=hue, width=1.6)
        for x, y in points:
            d.circle(x, y, 1.7, fill=hue, stroke="none")
    d.text(180, 119, "最优参数，各走 15 步", size=12, fill="soft")
    plot = Plot(44, 164, 300, 174, (0, 300), (1e-6, 20), log_y=True)
    plot.frame(
        d,
        {3: "3", 53: "53", 100: "100", 200: "200", 293: "293"},
        {1: "1", 1e-2: "10⁻²", 1e-4: "10⁻⁴", 1e-6: "10⁻⁶"},
        "步",
    )
    d.text(4, 150, "线性回归：误差 / 初始误差（对数）", anchor="start")
    for i, (standardised, momentum, hue, dash, words) in enumerate(
        (
            (False, False, "ink", "", "缩放到 [0, 1]，κ ≈ 85：293 步"),
            (False, True, "a", "6 4", "同上，加动量：53 步"),
            (True, False, "c", "2 2", "零均值、单位方差：3 步"),
        )
    ):
        gaps = scaled_regression(standardised, momentum)
        d.line(rounded(plot(k, max(gap, 1e-6)) for k, gap in enumerate(gaps)), stroke=hue, width=2, dash=dash)
        d.line([(146, 168 + 18 * i), (168, 168 + 18 * i)], stroke=hue, width=2, dash=dash)
        d.text(174, 172 + 18 * i, words, size=12, fill=hue, anchor="start")
    return d


# ---- q48: batch size ----


def gradient_noise() -> Drawing:
    d = Drawing(
        406,
        "批大小与梯度噪声",
        "上：批大小 1、4、64 时各 40 个小批量梯度围绕真实梯度的散布，标准差按 1/√B 缩小。下：固定步长 SGD 平稳后参数的分布。",
    )
    d.rule(HALO)
    rng = np.random.default_rng(2)
    for i, batch in enumerate((1, 4, 64)):
        plot = Plot(4 + 119 * i, 26, 114, 114, (-1.6, 3.6), (-1.6, 3.6))
        d.rect(plot.left, plot.top, 114, 114, stroke="rule", width=1)
        d.text(plot.left + 57, 16, f"B = {batch}", bold=True)
        centre = plot(0, 0)
        for g in np.array([1.2, 1.0]) + 0.9 * rng.normal(size=(40, 2)) / sqrt(batch):
            d.circle(*plot(*g), 1.8, fill="b", stroke="none")
        d.circle(*plot(1.2, 1.0), 0.9 * 114 / 5.2 / sqrt(batch), stroke="ink", dash="3 2")
        d.arrow([centre, plot(1.2, 1.0)], stroke="a", width=1.6)
        d.text(plot.left + 57, 157, {1: "标准差 σ", 4: "σ/2", 64: "σ/8"}[batch], size=12)
    d.text(180, 174, "箭头：真实梯度；点：小批量梯度；虚圈：一个标准差", size=12, fill="soft")
    plot = Plot(24, 222, 312, 140, (-0.16, 0.16), (0, 22))
    plot.frame(d, {-0.1: "−0.1", 0: "0", 0.1: "0.1"}, {}, "参数 w 偏离最优点")
    d.text(4, 208, "同一损失上，固定步长 SGD 平稳后 w 的分布", anchor="start")
    ws = np.linspace(-0.16, 0.16, 129)
    for rate, batch, hue, dash in ((0.1, 32, "ink", ""), (0.1, 128, "a", "6 4"), (0.4, 128, "b", "2 3")):
        variance = rate / (batch * (2 - rate))
        density = np.exp(-(ws**2) / (2 * variance)) / sqrt(2 * pi * variance)
        d.line(rounded(plot.points(ws, density)), stroke=hue, width=2, dash=dash)
    for x, y, words, more, hue, anchor in (
        (0.024, 17, "B = 128，η = 0.1", "只放大批量，噪声变小", "a", "start"),
        (-0.05, 10.2, "B = 32，η = 0.1", "原来的设置", "ink", "end"),
        (0.04, 10.2, "B = 128，η = 0.4", "同比放大，大致复原", "b", "start"),
    ):
        d.text(*plot(x, y), words, size=12, fill=hue, anchor=anchor)
        d.text(plot(x, y)[0], plot(x, y)[1] + 16, more, size=12, fill=hue, anchor=anchor, cls="halo")
    return d


def linear_scaling() -> Drawing:
    d = Drawing(
        224,
        "线性缩放规则何时成立",
        "用同样四批样本：小批量走四步与大批量以四倍学习率走一步。梯度变化不大时终点几乎相同；曲率大时大步冲过谷底。",
    )
    d.rule(HALO)
    noise = np.random.default_rng(4).normal(size=(4, 2))
    for name, words, curvature, plot, levels in (
        (
            "四步内梯度变化不大",
            "终点几乎相同",
            0.6,
            Plot(4, 44, 174, 150, (-2, -1.2), (0.2, 0.89)),
            np.arange(0.6, 3, 0.2),
        ),
        (
            "梯度变化快（如训练初期）",
            "大步冲过头，先要预热",
            9.0,
            Plot(182, 44, 174, 150, (-2.2, -0.4), (-0.9, 0.65)),
            np.arange(0.2, 9, 0.7),
        ),
    ):
        scale, start = np.array([1, curvature]), np.array([-1.9, 0.5])
        d.text(plot.left + 87, 36, name, bold=True, size=12)
        plot.contours(d, bowl(1, curvature), levels, cells=36)
        small = [start]
        for n in noise:
            small.append(small[-1] - 0.06 * (scale * small[-1] + n))
        big = start - 0.24 * (scale * start + noise.mean(0))
        d.arrow([plot(*start), plot(*big)], stroke="b", width=2.2, dash="6 4")
        points = [plot(*w) for w in small]
        d.line(points, stroke="a", width=2)
        for x, y in points:
            d.circle(x, y, 3.2, fill="a", stroke="paper", width=1)
        d.text(plot.left + 87, 214, words, size=12)
    d.line([(8, 12), (34, 12)], stroke="a", width=2)
    d.circle(21, 12, 3.2, fill="a", stroke="paper", width=1)
    d.text(40, 16, "批量 B、学习率 η，四步", size=12, anchor="start")
    d.arrow([(186, 12), (214, 12)], stroke="b", width=2.2, dash="6 4")
    d.text(220, 16, "4B、4η，一步", size=12, anchor="start")
    return d


# ---- q53: fine-tuning ----

LAYERS = ("输出层", "第 4 层", "第 3 层", "第 2 层", "第 1 层")


def fine_tuning() -> Drawing:
    d = Drawing(
        306,
        "微调时冻结与训练的层和各层学习率",
        "三种做法：只训新输出层、主干冻结；全部微调，新层学习率大十倍；分层学习率，由顶层 0.01 起每往下一层除以 2.6。",
    )
    for i, layer in enumerate(LAYERS):
        d.text(4, 56 + 40 * i, layer, size=12, anchor="start")
    d.text(4, 72, "（新）", size=12, anchor="start", fill="soft")
    rates = [0.01 / 2.6**i for i in range(5)]
    for x, title, words, cells in (
        (54, "① 只训新层", "数据少、任务相近", ["训练", "冻结", "冻结", "冻结", "冻结"]),
        (158, "② 全部微调", "数据多", ["10η", "η", "η", "η", "η"]),
        (262, "③ 分层学习率", "每往下一层 ÷2.6", [f"{rate:.2g}" for rate in rates]),
    ):
        d.text(x + 47, 20, title, bold=True)
        d.text(x + 47, 254, words, size=12)
        for i, cell in enumerate(cells):
            top, frozen = 34 + 40 * i, cell == "冻结"
            hue = "soft" if frozen else "b" if i == 0 else "a"
            d.rect(
                x,
                top,
                94,
                32,
                fill="paper" if frozen else f"{hue}-fill",
                stroke=hue,
                round_=5,
                dash="4 3" if frozen else "",
            )
            d.text(x + 47, top + 21, cell, fill="soft" if frozen else "ink")
            if i:
                d.arrow([(x + 47, top - 1), (x + 47, top - 7)], stroke="soft", width=1)
    for i, rate in enumerate(rates):  # a bar under each rate, on a logarithmic scale
        d.rect(266, 61 + 40 * i, 86 * (np.log10(rate) + 4) / 2, 3, fill="b" if i == 0 else "a", stroke="none")
    d.text(4, 278, "②：η 约为预训练学习率的 1/10，新层可大 10 倍", size=12, anchor="start", fill="soft")
    d.text(4, 296, "③：横条为学习率（对数）。常先做 ①，再做 ② 或 ③", size=12, anchor="start", fill="soft")
    d.text(4, 232, "（通用）", size=12, anchor="start", fill="soft")
    return d


# ---- q52: weight penalties ----


def first_touch(boundary: Array, hessian: Array, best: Array) -> tuple[Array, float]:
    """The point of the boundary with the least quadratic loss, and that loss."""
    losses = np.einsum("ni,ij,nj->n", boundary - best, hessian, boundary - best) / 2
    return boundary[losses.argmin()], float(losses.min())


def penalty_balls() -> Drawing:
    d = Drawing(
        236,
        "L1 菱形与 L2 圆同损失等高线的切点",
        "同一个二次损失的等高线：碰到 L1 菱形的尖角，w₁ 恰为 0；碰到 L2 圆的圆周，两个权重都不为 0。",
    )
    d.rule(HALO)
    hessian, best = np.array([[1.0, 0.35], [0.35, 1.2]]), np.array([0.75, 1.7])
    turn = np.linspace(0, 2 * np.pi, 3601)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1)
    diamond = circle / np.abs(circle).sum(1, keepdims=True)
    for i, (name, ball, hue) in enumerate((("L1：|w₁| + |w₂| ≤ 1", diamond, "b"), ("L2：w₁² + w₂² ≤ 1", circle, "a"))):
        plot = Plot(4 + 178 * i, 28, 174, 174, (-1.25, 2.05), (-1.25, 2.05))
        d.text(plot.left + 87, 17, name, fill=hue, bold=True)
        touch, least = first_touch(ball, hessian, best)

        def loss(x: Array, y: Array) -> Array:
            u, v = x - best[0], y - best[1]
            return np.asarray(hessian[0, 0] * u**2 + 2 * hessian[0, 1] * u * v + hessian[1, 1] * v**2) / 2

        plot.contours(d, loss, [least * k for k in (0.12, 0.45, 1.8, 2.9)], cells=40)
        d.line([plot(-1.25, 0), plot(2.05, 0)], stroke="soft", width=1)
        d.line([plot(0, -1.25), plot(0, 2.05)], stroke="soft", width=1)
        d.line(
            rounded(plot(x, y) for x, y in ball[:: 900 if i == 0 else 50]),
            stroke=hue,
            fill=f"{hue}-fill",
            width=2,
            closed=True,
        )
        for line in level_lines(loss, plot.x, plot.y, least, 40):
            d.line(rounded(plot(x, y) for x, y in line), width=1.2)
        d.circle(*plot(*best), 3, fill="ink", stroke="none")
        d.text(plot(*best)[0] + 8, plot(*best)[1] + 4, "w*", size=12, anchor="start", cls="halo")
        d.circle(*plot(*touch), 4.5, fill=hue, stroke="paper", width=1.5)
        d.text(plot(2.05, 0)[0] - 3, plot(0, 0)[1] + 14, "w₁", size=12, anchor="end", cls="halo")
        d.text(plot(0, 0)[0] - 4, plot.top + 13, "w₂", size=12, anchor="end", cls="halo")
        x, y = touch
        d.text(plot.left + 87, 222, "切在尖角：w₁ = 0" if i == 0 else f"切在圆周：({x:.2f}, {y:.2f})")
    return d


def penalised_weights() -> tuple[Array, Array, Array]:
    """400 weights of a linear model, a tenth of them useful, fitted without penalty, with L2 and with L1."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(800, 400))
    true = np.where(rng.random(400) < 0.1, 0.6 * rng.normal(size=400), 0)
    y = x @ true + 2 * rng.normal(size=800)
    h, b = x.T @ x / 800, x.T @ y / 800
    free = np.linalg.solve(h, b)
    l2 = np.linalg.solve(h + 0.5 * np.eye(400), b)
    l1 = np.zeros(400)
    for _ in range(4000):
        step = l1 - 0.2 * (h @ l1 - b)
        l1 = np.sign(step) * np.maximum(np.abs(step) - 0.2 * 0.1, 0)
    return free, l2, l1


def weight_histograms() -> Drawing:
    d = Drawing(
        390,
        "无惩罚、L2、L1 下的权重直方图",
        "400 个权重的线性模型。无惩罚时分布宽；L2 窄而圆，没有恰好为 0 的；L1 在 0 处有一根尖峰，两侧留下少数较大的权重。",
    )
    edges = np.linspace(-1.3, 1.3, 54)
    for i, (name, hue, weights) in enumerate(
        zip(("不加惩罚", "L2", "L1（纵轴不同）"), ("ink", "a", "b"), penalised_weights(), strict=True)
    ):
        plot = Plot(36, 24 + 118 * i, 308, 76, (-1.3, 1.3), (0, 130 if i < 2 else 340))
        plot.frame(
            d,
            {-1: "−1", -0.5: "−0.5", 0: "0", 0.5: "0.5", 1: "1"},
            {0: "0", 60: "60", 120: "120"} if i < 2 else {0: "0", 160: "160", 320: "320"},
            "权重" if i == 2 else "",
        )
        d.text(plot.left + 8, plot.top + 6, name, bold=True, fill=hue, anchor="start")
        counts, _ = np.histogram(weights, edges)
        for left, count in zip(edges[:-1], counts, strict=True):
            if count:
                (x, y), (right, bottom) = plot(left, count), plot(left + edges[1] - edges[0], 0)
                d.rect(
                    x + 0.5,
                    y,
                    right - x - 1,
                    bottom - y,
                    fill=f"{hue}-fill" if hue in "abcde" else "rule",
                    stroke=hue,
                    width=0.8,
                )
        zeros = int(np.sum(weights == 0))
        d.text(plot.left + 308, plot.top + 6, f"恰好为 0 的：{zeros} 个", size=12, anchor="end")
    return d


FIGURES = {
    "q59/learning-rate-plans": learning_rate_plans,
    "q59/condition-number": condition_number,
    "q48/gradient-noise": gradient_noise,
    "q48/linear-scaling": linear_scaling,
    "q53/fine-tuning": fine_tuning,
    "q52/penalty-balls": penalty_balls,
    "q52/weight-histograms": weight_histograms,
}
