"""What networks can express and how signals pass: approximation, depth, output layers, losses and initialisation. Values are computed."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from figures.activation import Plot, Point, grid, key, power_of_ten, relu, sigmoid, softplus
from figures.drawing import Drawing

Array = NDArray[np.float64]


def _framed(sheet: Drawing, left: float, top: float, width: float, height: float, xs: Point, ys: Point) -> Plot:
    sheet.rect(left, top, width, height, stroke="rule", width=1, round_=4)
    return Plot(sheet, left, top, width, height, xs, ys)


# XOR

XOR = {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}


def _mark(plot: Plot, x: float, y: float, label: int) -> None:
    """Class 0 is a ring, class 1 a full square."""
    if label:
        plot.square(x, y, "b", 5)
    else:
        plot.sheet.circle(*plot.at(x, y), 5.5, fill="paper", stroke="a", width=2.4)


def _quadrant(sheet: Drawing, k: int, title: str, remark: str, xs: Point, ys: Point, names: str) -> Plot:
    left, top = 8 + 178 * (k % 2), 116 + 186 * (k // 2)
    sheet.text(left + 2, top, title, anchor="start", bold=True)
    sheet.text(left + 2, top + 17, remark, size=12, anchor="start")
    plot = _framed(sheet, left, top + 24, 166, 132, xs, ys)
    _named_axes(plot, names)
    return plot


def _named_axes(plot: Plot, name: str) -> None:
    u, v = plot.at(0, 0)
    plot.axes()
    plot.sheet.text(plot.left + plot.width - 4, v - 6, f"{name}₁", size=12, anchor="end", fill="soft")
    plot.sheet.text(u - 5, plot.top + 14, f"{name}₂", size=12, anchor="end", fill="soft")


def xor() -> Drawing:
    sheet = Drawing(
        474,
        "线性层合并与异或的折叠",
        "上：三个仿射层合并成一层。下：异或的四个点，输入空间里直线分不开；仿射后共线；ReLU 折弯后一条直线分开；换回输入空间，边界成带。",
    )
    sheet.text(10, 17, "没有激活：多层合并成一层", anchor="start", bold=True)
    for i, words in enumerate(("W₁, b₁", "W₂, b₂", "W₃, b₃")):
        sheet.box(10 + 82 * i, 28, 60, 28, words)
        if i:
            sheet.arrow([(82 * i - 12, 42), (82 * i + 9, 42)])
    sheet.text(254, 47, "＝", size=16)
    sheet.box(270, 28, 80, 28, "Wx + b", hue="b")
    sheet.text(350, 74, "W = W₃W₂W₁，仍是一层", size=12, anchor="end")
    sheet.circle(16, 86, 5, fill="paper", stroke="a", width=2.4)
    sheet.text(26, 90, "异或为 0", size=12, anchor="start")
    sheet.rect(92, 81, 10, 10, fill="b", stroke="paper", width=1)
    sheet.text(107, 90, "异或为 1", size=12, anchor="start")

    plot = _quadrant(sheet, 0, "① 输入空间", "哪条直线都至少错一点", (-0.5, 1.7), (-0.45, 1.55), "x")
    plot.line([(-0.4, 0.9), (0.9, -0.4)], stroke="soft", dash="6 3")
    plot.sheet.circle(*plot.at(1, 1), 11, stroke="d", width=1.5, dash="3 2")
    plot.text(1.2, 1.2, "错", fill="d")
    for (x, y), label in XOR.items():
        _mark(plot, x, y, label)

    folded: dict[Point, int] = {}
    plot = _quadrant(sheet, 1, "② 仿射：Wx + c", "排成 0、1、0，仍分不开", (-0.7, 2.7), (-1.45, 1.65), "h")
    plot.line([(-0.4, -1.4), (2.6, 1.6)], stroke="soft", dash="6 3")
    for (x, y), label in XOR.items():
        folded[(x + y, x + y - 1)] = label
        _mark(plot, x + y, x + y - 1, label)
    plot.text(1.12, -0.42, "两点叠在一起", size=11)

    plot = _quadrant(sheet, 2, "③ ReLU 折弯", "负的坐标归零，一条直线分开", (-0.7, 2.7), (-1.45, 1.65), "h")
    plot.line([(-0.6, -0.55), (2.6, 1.05)], stroke="c", width=2)
    plot.line([(0, 0), (1, 0), (2.6, 1.6)], stroke="soft", dash="6 3")
    plot.sheet.circle(*plot.at(0, -1), 5.5, stroke="a", width=1.2, dash="2 2")
    plot.sheet.arrow([plot.at(0, -0.82), plot.at(0, -0.2)], stroke="a")
    for (u, v), label in folded.items():
        _mark(plot, relu(u), relu(v), label)
    plot.text(2.62, -0.85, "h₁ − 2h₂ = 0.5", size=12, anchor="end", fill="c")

    plot = _quadrant(sheet, 3, "④ 换回输入空间", "边界成了一条带", (-0.5, 1.7), (-0.45, 1.55), "x")
    corners = [(-0.5, 1.0), (-0.5, 1.55), (-0.05, 1.55), (1.7, -0.2), (1.7, -0.45), (0.95, -0.45)]
    sheet.line([plot.at(*p) for p in corners], stroke="none", fill="b-fill", closed=True)
    _named_axes(plot, "x")
    plot.line([(-0.5, 1.0), (0.95, -0.45)], stroke="c")
    plot.line([(-0.05, 1.55), (1.7, -0.2)], stroke="c")
    for (x, y), label in XOR.items():
        _mark(plot, x, y, label)
    return sheet


# Universal approximation


def _target(x: float) -> float:
    return math.sin(2 * math.pi * x)


def _relu_interpolant(n: int) -> Callable[[float], float]:
    """One hidden layer of n ReLU units that interpolates the target at n+1 points of [0,1]."""
    knots = grid(0, 1, n)
    slopes = [n * (_target(b) - _target(a)) for a, b in pairwise(knots)]
    weights = [s - t for s, t in zip(slopes, [0.0, *slopes[:-1]], strict=True)]
    return lambda x: sum(w * relu(x - t) for w, t in zip(weights, knots[:-1], strict=True))


def _bumps(n: int, steepness: float) -> Callable[[float], float]:
    """n differences of two steep sigmoids, each as high as the target at its middle."""

    def value(x: float) -> float:
        edges = [1 / (1 + math.exp(min(700.0, -steepness * (x - t)))) for t in grid(0, 1, n)]
        return sum(_target((i + 0.5) / n) * (edges[i] - edges[i + 1]) for i in range(n))

    return value


def universal_approximation() -> Drawing:
    sheet = Drawing(
        462,
        "单隐层网络逼近一条曲线",
        "上排：4、8、16 个 ReLU 单元的折线逼近正弦，误差逐次缩小。中排：两个陡台阶相减成凸包，凸包相加成曲线。下：训练区间之外偏离。",
    )
    key(sheet, 10, 15, "目标 sin 2πx", "soft", dash="4 3")
    key(sheet, 140, 15, "网络", "a")
    sheet.text(10, 40, "ReLU 折线：单元越多，贴得越近", anchor="start", bold=True)
    for k, n in enumerate((4, 8, 16)):
        net = _relu_interpolant(n)
        plot = _framed(sheet, 8 + 117.5 * k, 50, 109, 84, (-0.05, 1.05), (-1.25, 1.25))
        plot.curve(_target, 0, 1, stroke="soft", width=1.6, dash="4 3")
        plot.line([(t, net(t)) for t in grid(0, 1, n)], width=1.8)
        for t in grid(0, 1, n)[:-1]:
            plot.sheet.circle(*plot.at(t, net(t)), 2.2, fill="a", stroke="none")
        error = max(abs(net(x) - _target(x)) for x in grid(0, 1, 2000))
        sheet.text(plot.left + 54, 150, f"{n} 个：误差 {error:.3f}", size=12)

    sheet.text(10, 182, "S 形函数：两个陡台阶相减成凸包", anchor="start", bold=True)
    plot = _framed(sheet, 8, 192, 168, 92, (0, 1), (-0.2, 1.4))
    plot.line([(0, 0), (1, 0)], stroke="rule", width=1)
    plot.curve(lambda x: sigmoid(60 * (x - 0.35)), stroke="b", dash="6 3", width=1.6)
    plot.curve(lambda x: sigmoid(60 * (x - 0.65)), stroke="c", dash="2 3", width=1.6)
    plot.curve(lambda x: sigmoid(60 * (x - 0.35)) - sigmoid(60 * (x - 0.65)), width=2.4)
    plot.text(0.36, 1.12, "台阶一", size=11, fill="b")
    plot.text(0.98, 1.12, "台阶二", size=11, anchor="end", fill="c")
    plot.text(0.5, 0.42, "差", size=12, anchor="middle", fill="a")
    sheet.text(92, 300, "一个凸包", size=12)
    net = _bumps(16, 200)
    plot = _framed(sheet, 184, 192, 168, 92, (-0.03, 1.03), (-1.25, 1.25))
    plot.curve(_target, 0, 1, stroke="soft", width=1.6, dash="4 3")
    plot.curve(net, 0, 1, n=240, width=1.8)
    error = max(abs(net(x) - _target(x)) for x in grid(0, 1, 2000))
    sheet.text(268, 300, f"16 个凸包相加：误差 {error:.2f}", size=12)

    sheet.text(10, 332, "区间之外：没有保证", anchor="start", bold=True)
    net = _relu_interpolant(16)
    plot = Plot(sheet, 8, 342, 344, 92, (-0.6, 2.2), (-1.3, 1.9))
    plot.band(0, 1, "a-fill")
    sheet.rect(8, 342, 344, 92, stroke="rule", width=1, round_=4)
    plot.curve(_target, stroke="soft", width=1.6, dash="4 3", n=160)
    plot.curve(net, n=400)
    plot.text(0.5, 1.35, "定理管的区间", size=12, anchor="middle")
    plot.text(1.36, 1.35, "沿末段直线飞走", size=12)
    sheet.text(plot.at(0, 0)[0], 448, "0", size=11, fill="soft")
    sheet.text(plot.at(1, 0)[0], 448, "1", size=11, fill="soft")
    return sheet


# Depth


def _tent(x: float) -> float:
    return 2 * relu(x) - 4 * relu(x - 0.5)


def folding() -> Drawing:
    sheet = Drawing(
        388,
        "复合一次，折线的段数加倍",
        "上：帐篷函数复合一次、两次、三次，折线有 2、4、8 段。下：得到同样段数，深层与浅层网络所需单元数随深度的变化，对数坐标。",
    )
    sheet.text(10, 17, "每多一层，把区间再对折一次", anchor="start", bold=True)
    for k in (1, 2, 3):
        plot = _framed(sheet, 8 + 117.5 * (k - 1), 46, 109, 84, (-0.04, 1.04), (-0.08, 1.08))
        heights: list[float] = []
        for x in grid(0, 1, 2**k):
            y = x
            for _ in range(k):
                y = _tent(y)
            heights.append(y)
        points = list(zip(grid(0, 1, 2**k), heights, strict=True))
        for i, (start, end) in enumerate(pairwise(points)):
            plot.line([start, end], stroke="b" if i % 2 else "a", width=2.4, dash="5 3" if i % 2 else "")
        for x, y in points[1:-1]:
            plot.dot(x, y, "ink", 3)
        sheet.text(plot.left + 54, 39, ("g(x)", "g(g(x))", "g(g(g(x)))")[k - 1], size=12)
        sheet.text(plot.left + 54, 147, f"{2 * k} 单元，{2**k} 段", size=12)
    sheet.text(10, 182, "得到 2ᵏ 段，需要多少 ReLU 单元", anchor="start", bold=True)
    plot = Plot(sheet, 44, 196, 300, 148, (0.6, 10.4), (0, 3.25))
    plot.axes(0.6)
    plot.xticks({k: str(k) for k in (1, 2, 4, 6, 8, 10)})
    plot.yticks({0: "1", 1: "10", 2: "100", 3: "1000"}, 0.6)
    plot.line([(k, math.log10(2**k - 1)) for k in range(1, 11)], stroke="b", dash="6 3")
    plot.line([(k, math.log10(2 * k)) for k in range(1, 11)])
    for k in range(1, 11):
        plot.square(k, math.log10(2**k - 1), "b")
        plot.dot(k, math.log10(2 * k), "a", 4)
    plot.text(9.6, 2.98, "单隐层：2ᵏ − 1 = 1023", anchor="end", fill="b")
    plot.text(10.3, 0.68, "复合 k 次：2k = 20", anchor="end", fill="a")
    sheet.text(344, 378, "复合次数 k", size=12, anchor="end")
    return sheet


def degradation() -> Drawing:
    sheet = Drawing(
        300,
        "退化问题与残差捷径",
        "左：ImageNet 错误率，普通网络从 18 层到 34 层由 27.94% 升到 28.54%，残差网络由 27.88% 降到 25.03%。右：残差块。",
    )
    sheet.text(8, 17, "加深，错误率升还是降", anchor="start", bold=True)
    plot = Plot(sheet, 20, 34, 138, 200, (-0.6, 1.6), (24.2, 29.2))
    for x, words in ((0, "18 层"), (1, "34 层")):
        plot.line([(x, 24.2), (x, 29.2)], stroke="rule", width=1)
        sheet.text(plot.at(x, 0)[0], 252, words)
    plot.line([(0, 27.94), (1, 28.54)], stroke="b", dash="6 3", width=2.4)
    plot.line([(0, 27.88), (1, 25.03)], stroke="a", width=2.4)
    for x, y in ((0, 27.94), (1, 28.54)):
        plot.square(x, y, "b", 4)
    for x, y in ((0, 27.88), (1, 25.03)):
        plot.dot(x, y, "a", 4)
    plot.text(-0.1, 28.05, "27.94", fill="b", anchor="end")
    plot.text(-0.1, 27.62, "27.88", fill="a", anchor="end")
    plot.text(1.1, 28.42, "28.54", fill="b")
    plot.text(1.1, 24.92, "25.03", fill="a")
    plot.text(0.98, 28.78, "普通网络", fill="b", anchor="end")
    plot.text(0.46, 24.55, "残差网络", fill="a", anchor="middle")
    sheet.text(8, 276, "ImageNet 验证集", size=11, anchor="start", fill="soft")
    sheet.text(8, 292, "top-1 错误率（%）", size=11, anchor="start", fill="soft")

    sheet.text(190, 17, "残差块：y = x + F(x)", anchor="start", bold=True)
    axis = 236
    sheet.text(axis, 44, "x", size=16, math=True)
    sheet.arrow([(axis, 50), (axis, 78)])
    sheet.box(axis - 42, 78, 84, 30, "权重层")
    sheet.arrow([(axis, 108), (axis, 128)])
    sheet.text(axis + 8, 122, "ReLU", size=12, anchor="start")
    sheet.box(axis - 42, 128, 84, 30, "权重层")
    sheet.arrow([(axis, 158), (axis, 192)])
    sheet.text(axis - 8, 180, "F(x)", size=13, anchor="end")
    sheet.circle(axis, 203, 11, stroke="ink", fill="paper")
    sheet.line([(axis - 6, 203), (axis + 6, 203)])
    sheet.line([(axis, 197), (axis, 209)])
    sheet.arrow([(axis, 214), (axis, 240)])
    sheet.text(axis, 256, "y", size=16, math=True)
    sheet.circle(axis, 62, 2.5, fill="ink", stroke="none")
    sheet.arrow([(axis, 62), (302, 62), (302, 203), (axis + 12, 203)], stroke="c", width=2.4)
    sheet.text(308, 116, "恒等", anchor="start", fill="c")
    sheet.text(308, 133, "捷径", anchor="start", fill="c")
    sheet.text(190, 276, "F → 0 即是恒等映射；", size=12, anchor="start")
    sheet.text(190, 292, "梯度可沿捷径直达浅层", size=12, anchor="start")
    return sheet


# Polynomials do not do


def polynomial_fits() -> Drawing:
    sheet = Drawing(
        356,
        "三百个随机单元拟合正弦",
        "四种激活函数各用 300 个随机隐藏单元拟合 sin 4x：平方的最佳拟合只是一条斜线，立方只是一条三次曲线，绝对值与阶跃都能贴住目标。",
    )
    rng = np.random.default_rng(0)
    x = np.linspace(-1, 1, 400)[:, None]
    y = np.sin(4 * x[:, 0])
    w, b = rng.normal(0, 3, (1, 300)), rng.uniform(-3, 3, 300)
    key(sheet, 10, 16, "目标 sin 4x", "soft", dash="4 3")
    key(sheet, 130, 16, "300 个单元的最佳拟合", "a")
    shown: list[tuple[str, str, Callable[[Array], Array]]] = [
        ("x²", "✗ 只张成 3 维", np.square),
        ("x³", "✗ 只张成 4 维", lambda a: a**3),
        ("|x|", "✓ 非多项式", np.abs),
        ("sign x", "✓ 非多项式", np.sign),
    ]
    for k, (name, verdict, phi) in enumerate(shown):
        left, top = 8 + 178 * (k % 2), 30 + 170 * (k // 2)
        features = phi(x @ w + b)
        fitted = features @ np.linalg.lstsq(features, y, rcond=1e-10)[0]
        error = float(np.mean((fitted - y) ** 2))
        hue = "d" if verdict[0] == "✗" else "c"
        sheet.text(left + 2, top + 13, name, anchor="start", bold=True)
        sheet.text(left + 164, top + 13, verdict, size=12, anchor="end", fill=hue)
        plot = _framed(sheet, left, top + 20, 166, 110, (-1.04, 1.04), (-1.4, 1.4))
        plot.axes()
        plot.line([(float(u), float(v)) for u, v in zip(x[::2, 0], fitted[::2], strict=True)], width=2.4)
        plot.curve(lambda v: math.sin(4 * v), -1, 1, stroke="soft", width=1.6, dash="4 3")
        words = f"{error:.3f}" if error > 1e-2 else power_of_ten(error) if error > 1e-5 else "< 10⁻⁵"
        sheet.text(left + 83, top + 146, f"均方误差 {words}", size=12)
    return sheet


# Output layers and losses


def output_layer() -> Drawing:
    sheet = Drawing(
        386,
        "输出层就是广义线性模型",
        "上：隐藏层 h 经线性预测量 η 与反链接得到均值 μ，再算负对数似然。下：恒等、sigmoid、指数三种反链接的曲线与对应的分布、损失。",
    )
    sheet.rect(82, 6, 272, 108, stroke="c", dash="5 3", round_=6)
    sheet.text(346, 24, "广义线性模型", size=12, anchor="end", fill="c")
    for left, width, words, below, hue in (
        (6, 64, "h(x)", "学出来的", "e"),
        (90, 90, "η = wᵀh + b", "线性预测量", "a"),
        (226, 32, "μ", "均值", "b"),
        (276, 72, "−ln p(y|μ)", "损失", "d"),
    ):
        sheet.box(left, 50, width, 30, words, hue=hue, size=12)
        sheet.text(left + width / 2, 98, below, size=12)
    sheet.text(38, 113, "自变量", size=12)
    sheet.arrow([(70, 65), (89, 65)])
    sheet.arrow([(180, 59), (225, 59)], stroke="b")
    sheet.arrow([(226, 72), (181, 72)], stroke="soft", dash="3 2")
    sheet.arrow([(258, 65), (275, 65)])
    sheet.text(202, 43, "激活＝反链接 g⁻¹", size=12, fill="b")
    sheet.text(203, 98, "链接 g", size=12, fill="soft")

    sheet.text(8, 148, "三种典范链接的输出激活 μ = g⁻¹(η)", anchor="start", bold=True)
    rows: list[tuple[str, Callable[[float], float], Point, tuple[str, ...]]] = [
        ("恒等", lambda e: e, (-3.2, 3.2), ("连续实数：高斯", "g(μ) = μ", "损失 (y−μ)²/2")),
        ("sigmoid", sigmoid, (-0.3, 1.3), ("是或否：伯努利", "g = ln μ/(1−μ)", "二元交叉熵")),
        ("exp", math.exp, (-1.2, 6), ("计数：泊松", "g(μ) = ln μ", "损失 μ − y ln μ")),
    ]
    for k, (name, mean, ys, notes) in enumerate(rows):
        xs = {"sigmoid": (-4.0, 4.0), "exp": (-2.5, 4.5)}.get(name, (-3.2, 3.2))
        plot = _framed(sheet, 8 + 117.5 * k, 160, 109, 110, xs, ys)
        if name == "sigmoid":
            plot.line([(xs[0], 1), (xs[1], 1)], stroke="soft", width=1, dash="2 3")
            plot.text(xs[0] + 0.3, 1.05, "1", size=11, fill="soft")
        plot.axes()
        plot.curve(mean, stroke="b", width=2.4)
        sheet.text(plot.left + 104, plot.at(0, 0)[1] + 14, "η", size=13, anchor="end", math=True)
        sheet.text(plot.at(0, 0)[0] - 5, 174, "μ", size=13, anchor="end", math=True)
        for i, words in enumerate((name, *notes)):
            sheet.text(plot.left + 54, 288 + 17 * i, words, size=12, bold=not i, fill="b" if not i else "ink")
        if name == "exp":
            plot.dot(1.2, math.exp(1.2), "ink")
            plot.text(1.65, 3.3, "η=1.2", size=11)
            plot.text(1.65, 2.55, f"μ={math.exp(1.2):.2f}", size=11)
    sheet.text(180, 374, "三者损失对 η 的梯度都正比于 μ − y", bold=True)
    return sheet


def loss_gradients() -> Drawing:
    sheet = Drawing(
        420,
        "sigmoid 后两种损失及其梯度",
        "标签为 1。左上：损失随 z 变化。右上：梯度，z 很负时交叉熵接近 −1，平方误差接近 0。下：从 z=−5 起梯度下降百步，输出概率的变化。",
    )
    key(sheet, 10, 16, "交叉熵", "a")
    key(sheet, 100, 16, "平方误差 ½(p−y)²", "b", dash="6 3")
    sheet.text(352, 16, "p = σ(z)，y = 1", size=12, anchor="end")
    wrong = math.log(0.01 / 0.99)

    sheet.text(8, 42, "损失", anchor="start", bold=True)
    plot = Plot(sheet, 26, 52, 146, 132, (-6, 4), (0, 6.2))
    plot.axes(-6)
    plot.xticks({-6: "−6", -3: "−3", 0: "0", 3: "3"})
    plot.yticks({0: "0", 2: "2", 4: "4", 6: "6"}, -6)
    plot.curve(lambda z: softplus(-z))
    plot.curve(lambda z: (1 - sigmoid(z)) ** 2 / 2, stroke="b", dash="6 3")
    plot.text(-2.6, 3.6, "越错越陡", fill="a")
    plot.text(-5.8, 0.85, "越错越平", fill="b")
    sheet.text(172, 214, "z", size=14, anchor="end", math=True)

    sheet.text(194, 42, "对 z 的梯度", anchor="start", bold=True)
    sheet.text(352, 42, "标点：p=0.01", size=11, anchor="end", fill="soft")
    plot = Plot(sheet, 222, 52, 130, 132, (-6, 4), (-1.08, 0.1))
    plot.axes(-6)
    plot.xticks({-6: "−6", -3: "−3", 0: "0", 3: "3"}, -1.08)
    plot.line([(-6, -1.08), (4, -1.08)], stroke="soft", width=1)
    plot.yticks({0: "0", -0.5: "−0.5", -1: "−1"}, -6)
    plot.line([(wrong, -1.08), (wrong, 0)], stroke="soft", width=1, dash="2 3")
    plot.curve(lambda z: sigmoid(z) - 1)
    plot.curve(lambda z: (sigmoid(z) - 1) * sigmoid(z) * (1 - sigmoid(z)), stroke="b", dash="6 3")
    plot.dot(wrong, 0.01 - 1, "a", 4)
    plot.square(wrong, (0.01 - 1) * 0.01 * 0.99, "b", 4)
    plot.text(wrong + 0.35, -0.27, "−0.0098", fill="b")
    plot.text(wrong + 0.3, -0.8, "−0.99", fill="a")
    sheet.text(352, 214, "z", size=14, anchor="end", math=True)

    sheet.text(8, 244, "从 z = −5 起梯度下降（学习率 0.5）", anchor="start", bold=True)
    plot = Plot(sheet, 36, 258, 312, 120, (0, 100), (0, 1.05))
    plot.axes()
    plot.xticks({i: str(i) for i in range(0, 101, 20)})
    plot.yticks({0: "0", 0.5: "0.5", 1: "1"})
    for hue, dash, squared in (("a", "", False), ("b", "6 3", True)):
        z, path = -5.0, list[Point]()
        for i in range(101):
            p = sigmoid(z)
            path.append((i, p))
            z -= 0.5 * (p - 1) * (p * (1 - p) if squared else 1)
        plot.line(path, stroke=hue, dash=dash, width=2.4)
        plot.text(
            99,
            path[-1][1] - 0.12 if hue == "a" else path[-1][1] + 0.07,
            f"p = {path[-1][1]:.3f}",
            anchor="end",
            fill=hue,
        )
    sheet.text(10, 410, "输出概率 p", size=12, anchor="start")
    sheet.text(348, 410, "步数", size=12, anchor="end")
    return sheet


# Initialisation and layers


def _layers(scale: float, depth: int, act: Callable[[Array], Array], n: int = 128) -> list[Array]:
    """The activations of each layer of a random network whose weights have standard deviation `scale`."""
    rng = np.random.default_rng(0)
    x: Array = rng.normal(size=(32, n))
    layers: list[Array] = []
    for _ in range(depth):
        x = act(x @ (rng.normal(size=(n, n)) * scale))
        layers.append(x)
    return layers


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))


def activation_spread() -> Drawing:
    sheet = Drawing(
        492,
        "三种初始化下激活的分布",
        "上：五层 tanh 网络各层激活的直方图，权重标准差取 1 时堆在两端，取 0.01 时缩成一根，取 1/√n 时铺开。下：五十层 ReLU 网络的均方根。",
    )
    sheet.text(8, 17, "tanh，宽 128：各层激活的直方图", anchor="start", bold=True)
    for k in range(5):
        sheet.text(41 + 69.5 * k, 36, f"第 {k + 1} 层", size=12)
    edges = np.linspace(-1, 1, 22)
    for row, (words, scale, hue) in enumerate(
        (
            ("标准差 1（不缩放）：饱和在 ±1", 1.0, "d"),
            ("标准差 1/√n（Xavier）：铺得开", 1 / math.sqrt(128), "a"),
            ("标准差 0.01（过小）：缩成 0", 0.01, "b"),
        )
    ):
        top = 44 + 84 * row
        sheet.text(8, top + 12, words, size=12, anchor="start", fill=hue)
        for k, values in enumerate(_layers(scale, 5, np.tanh)):
            counts = np.histogram(values, edges)[0]
            plot = _framed(sheet, 8 + 69.5 * k, top + 18, 66, 42, (-1.1, 1.1), (0, 1.12))
            outline = [(-1.0, 0.0)]
            for (a, b), c in zip(pairwise(edges), counts / counts.max(), strict=True):
                outline += [(float(a), float(c)), (float(b), float(c))]
            sheet.line(
                [plot.at(*p) for p in (*outline, (1.0, 0.0))], stroke=hue, width=1, fill=f"{hue}-fill", closed=True
            )
            size = _rms(values)
            sheet.text(
                plot.left + 33, top + 73, f"{size:.2g}" if size > 0.005 else power_of_ten(size), size=11, fill="soft"
            )
    sheet.text(8, 306, "图下数字：激活的均方根；横轴 −1 到 1，各图高度自成比例", size=11, anchor="start", fill="soft")

    sheet.text(8, 334, "ReLU，宽 128：激活的均方根随层数", anchor="start", bold=True)
    plot = Plot(sheet, 42, 344, 306, 116, (0, 51), (-9, 9))
    plot.axes()
    plot.xticks({i: str(i) for i in range(0, 51, 10)}, -9)
    plot.yticks({-8: "10⁻⁸", -4: "10⁻⁴", 0: "1", 4: "10⁴", 8: "10⁸"})
    for words, gain, hue, dash, at in (
        ("方差 4/n（大一倍）：爆炸", 4, "d", "2 3", (30, 6.9)),
        ("He：2/n，保持", 2, "a", "", (49, 0.9)),
        ("方差 1/n（误用 Xavier）：消失", 1, "b", "6 3", (30, -7.9)),
    ):
        sizes = [_rms(values) for values in _layers(math.sqrt(gain / 128), 50, lambda z: np.maximum(z, 0))]
        plot.line([(i + 1, math.log10(size)) for i, size in enumerate(sizes)], stroke=hue, dash=dash, width=2.4)
        plot.text(*at, words, anchor="end", fill=hue)
    sheet.text(348, 490, "层数", size=12, anchor="end")
    return sheet


def _relative_gradients(act: str, gain: float, depth: int = 8, n: int = 64) -> list[float]:
    """Gradient norm over weight norm for each layer of a random network, the layer next to the input first."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(n, n)) * gain / np.sqrt(n) for _ in range(depth)]
    a: Array = rng.normal(size=(64, n))
    inputs: list[Array] = []
    slopes: list[Array] = []
    for w in weights:
        z = a @ w
        inputs.append(a)
        a = 1 / (1 + np.exp(-z)) if act == "sigmoid" else np.maximum(z, 0)
        slopes.append(a * (1 - a) if act == "sigmoid" else (z > 0).astype(float))
    delta: Array = rng.normal(size=a.shape) / 64
    ratios: list[float] = []
    for w, x, slope in zip(weights[::-1], inputs[::-1], slopes[::-1], strict=True):
        delta = delta * slope
        ratios.append(_rms(x.T @ delta) / _rms(w))
        delta = delta @ w.T
    return ratios[::-1]


def layer_updates() -> Drawing:
    sheet = Drawing(
        374,
        "各层的相对更新量",
        "上：八层随机网络一步更新相对于权重的大小，sigmoid 逐层缩小，ReLU 各层相当。下：AlexNet 第一个卷积层与全连接层 fc6 的相对步长。",
    )
    sheet.text(8, 17, "SGD 一步的 ‖ΔW‖/‖W‖，末层记为 1", anchor="start", bold=True)
    plot = Plot(sheet, 42, 32, 304, 146, (0.6, 8.4), (-5.2, 0.9))
    plot.axes(0.6, -5.2)
    plot.xticks({i: str(i) for i in range(1, 9)}, -5.2)
    plot.yticks({0: "1", -1: "10⁻¹", -2: "10⁻²", -3: "10⁻³", -4: "10⁻⁴", -5: "10⁻⁵"}, 0.6)
    for act, gain, hue, dash in (("relu", math.sqrt(2), "a", ""), ("sigmoid", 1.0, "b", "6 3")):
        ratios = _relative_gradients(act, gain)
        points = [(i + 1, math.log10(r / ratios[-1])) for i, r in enumerate(ratios)]
        plot.line(points, stroke=hue, dash=dash)
        for x, y in points:
            (plot.dot if hue == "a" else plot.square)(x, y, hue, 4)
        if hue == "b":
            plot.text(1.0, points[0][1] - 0.7, f"首层 {power_of_ten(10 ** points[0][1])}", fill=hue)
    plot.text(4.5, 0.5, "ReLU + He 初始化：各层相当", anchor="middle", fill="a")
    plot.text(5.4, -3.1, "sigmoid：越浅越小", fill="b")
    sheet.text(42, 210, "靠近输入", size=12, anchor="start")
    sheet.text(346, 210, "靠近输出（第 l 层）", size=12, anchor="end")

    sheet.text(8, 244, "AlexNet 迭代一步后的 ‖∇W‖/‖W‖", anchor="start", bold=True)
    plot = Plot(sheet, 62, 256, 284, 74, (-4, 0), (0, 2))
    plot.line([(-4, 0), (0, 0)], stroke="soft", width=1)
    plot.xticks({-4: "10⁻⁴", -3: "10⁻³", -2: "10⁻²", -1: "10⁻¹", 0: "1"})
    for y, name, ratio, hue, mark in ((1.45, "卷积 1", 5.76, "a", plot.dot), (0.5, "fc6", 1345.0, "b", plot.square)):
        size = -math.log10(ratio)
        plot.line([(-4, y), (0, y)], stroke="rule", width=1, dash="2 3")
        mark(size, y, hue, 5)
        plot.text(-4.1, y - 0.12, name, size=13, anchor="end")
        plot.text(size, y + 0.2, f"1/{ratio:g} ≈ {1 / ratio:.2g}", anchor="middle", fill=hue)
    sheet.text(346, 364, f"同一学习率，相对步长相差约 {1345 / 5.76:.0f} 倍", size=12, anchor="end")
    return sheet


FIGURES = {
    "q12/linear-collapse-xor": xor,
    "q16/glm-output-layer": output_layer,
    "q41/universal-approximation": universal_approximation,
    "q42/folding-depth": folding,
    "q42/degradation-skip": degradation,
    "q47/random-unit-fits": polynomial_fits,
    "q49/loss-gradients": loss_gradients,
    "q50/activation-spread": activation_spread,
    "q51/layer-updates": layer_updates,
}
