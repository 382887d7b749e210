"""Figures on fitting and generalising: overfitting, dropout, memorising, data and model size.

Every curve and point is computed here, with fixed seeds, from the set-up the answer's own text describes where it gives one.
`Plot`, their axes, also serves `tuning`.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from figures.drawing import Drawing, colour, number

Array = npt.NDArray[np.float64]
Values = Sequence[float] | Array
Point = tuple[float, float]

DASH = "5 4"
FINE = "2 3"


@dataclass(frozen=True)
class Plot:
    """Axes on a drawing: `box` is left, top, width and height on the sheet; `log` names the logarithmic axes ("", "x", "y", "xy")."""

    d: Drawing
    box: tuple[float, float, float, float]
    xs: Point
    ys: Point
    log: str = ""

    def at(self, x: float, y: float) -> Point:
        """Where the point (x, y) lies on the sheet."""
        left, top, w, h = self.box
        return left + w * self._share(x, self.xs, "x"), top + h * (1 - self._share(y, self.ys, "y"))

    def _share(self, value: float, span: Point, axis: str) -> float:
        low, high = span
        if axis in self.log:
            low, high, value = math.log(low), math.log(high), math.log(max(value, 1e-300))
        return (value - low) / (high - low)

    def frame(self, x_ticks: Mapping[float, str] | None = None, y_ticks: Mapping[float, str] | None = None) -> None:
        """The two axes, with labelled ticks."""
        left, top, w, h = self.box
        self.d.line([(left, top), (left, top + h), (left + w, top + h)], stroke="soft", width=1.2)
        for value, words in (x_ticks or {}).items():
            x = self.at(value, self.ys[0])[0]
            self.d.line([(x, top + h), (x, top + h + 4)], stroke="soft", width=1)
            self.d.text(x, top + h + 16, words, size=11, fill="soft")
        for value, words in (y_ticks or {}).items():
            y = self.at(self.xs[0], value)[1]
            self.d.line([(left - 4, y), (left, y)], stroke="soft", width=1)
            self.d.text(left - 6, y + 4, words, size=11, fill="soft", anchor="end")

    def curve(self, xs: Values, ys: Values, hue: str = "a", *, dash: str = "", width: float = 2) -> None:
        """The line through the points, cut off at the edge of the box."""
        left, top, w, h = self.box
        self.d.raw(
            f'<svg x="{number(left)}" y="{number(top - 2)}" width="{number(w + 2)}" height="{number(h + 3)}"'
            f' viewBox="{number(left)} {number(top - 2)} {number(w + 2)} {number(h + 3)}">'
        )
        self.d.line([self.at(x, y) for x, y in zip(xs, ys, strict=True)], stroke=hue, dash=dash, width=width)
        self.d.raw("</svg>")

    def marks(self, xs: Values, ys: Values, hue: str = "a", *, shape: str = "dot", size: float = 5) -> None:
        """One mark for each point that lies in the box."""
        inside = [
            (x, y)
            for x, y in zip(xs, ys, strict=True)
            if self.xs[0] <= x <= self.xs[1] and self.ys[0] <= y <= self.ys[1]
        ]
        marks(self.d, [self.at(x, y) for x, y in inside], hue, shape=shape, size=size)

    def area(self, xs: Values, ys: Values, hue: str) -> None:
        """The pale area between the curve and the lower axis."""
        floor = self.ys[0]
        ends = [self.at(xs[-1], floor), self.at(xs[0], floor)]
        points = [self.at(x, min(max(y, floor), self.ys[1])) for x, y in zip(xs, ys, strict=True)]
        self.d.line(points + ends, stroke="none", fill=f"{hue}-fill", closed=True)

    def across(self, y: float, *, stroke: str = "soft", dash: str = FINE, width: float = 1.2) -> None:
        """A level line."""
        self.d.line([self.at(self.xs[0], y), self.at(self.xs[1], y)], stroke=stroke, dash=dash, width=width)

    def upright(self, x: float, *, stroke: str = "soft", dash: str = FINE, width: float = 1.2) -> None:
        """An upright line."""
        self.d.line([self.at(x, self.ys[0]), self.at(x, self.ys[1])], stroke=stroke, dash=dash, width=width)


def marks(d: Drawing, points: Sequence[Point], hue: str, *, shape: str = "dot", size: float = 5) -> None:
    """Many small marks as one path: full dots, open squares or crosses."""
    r = size / 2
    if shape == "dot":
        path = "".join(f"M{number(x)} {number(y)}h0" for x, y in points)
        style, width = "stroke-linecap:round;fill:none", size
    elif shape == "square":
        path = "".join(
            f"M{number(x - r)} {number(y - r)}h{number(size)}v{number(size)}h-{number(size)}z" for x, y in points
        )
        style, width = f"fill:{colour('paper')}", 1.4
    else:
        cross = f"l{number(size)} {number(size)}m-{number(size)} 0l{number(size)} -{number(size)}"
        path = "".join(f"M{number(x - r)} {number(y - r)}{cross}" for x, y in points)
        style, width = "fill:none", 1.3
    d.raw(f'<path d="{path}" style="{style};stroke:{colour(hue)}" stroke-width="{number(width)}"/>')


def legend(
    d: Drawing, x: float, y: float, words: str, hue: str, *, shape: str = "", dash: str = "", line: bool = True
) -> None:
    """A sample of a line or mark (or both) at (x, y), and what it stands for."""
    if line:
        d.line([(x, y - 4), (x + 24, y - 4)], stroke=hue, dash=dash, width=2)
    if shape:
        marks(d, [(x + 12, y - 4)], hue, shape=shape, size=6)
    d.text(x + (29 if line else 22), y, words, size=12, anchor="start")


def percent(*values: int) -> dict[float, str]:
    """Ticks for shares of one."""
    return {value / 100: f"{value}%" for value in values}


# q37: overfitting


def under_and_overfitting() -> Drawing:
    d = Drawing(
        400,
        "多项式次数由低到高：欠拟合、合适、过拟合",
        "上排用 1 次、5 次、12 次多项式拟合同样的 15 个训练点；下图是各次数的训练误差与验证误差，前者一路下降，后者先降后升。",
    )
    rng = np.random.default_rng(4)

    def sample() -> tuple[Array, Array]:
        x = np.sort(rng.uniform(-1, 1, 15))
        return x, np.sin(1.5 * np.pi * x) + 0.3 * rng.normal(size=15)

    (x, y), (x_val, y_val) = sample(), sample()
    degrees = list(range(13))
    fits = [np.polynomial.Chebyshev.fit(x, y, k, domain=[-1, 1]) for k in degrees]
    train = [float(np.mean((fit(x) - y) ** 2)) for fit in fits]
    val = [float(np.mean((fit(x_val) - y_val) ** 2)) for fit in fits]
    chosen = {1: "① 欠拟合", 5: "② 合适", 12: "③ 过拟合"}

    fine = np.linspace(-1, 1, 161)
    for i, (k, words) in enumerate(chosen.items()):
        plot = Plot(d, (6 + 120 * i, 26, 108, 96), (-1.05, 1.05), (-2.1, 2.1))
        left, top, w, h = plot.box
        d.text(left + w / 2, 16, f"{words}：{k} 次", bold=True, size=12)
        d.rect(left, top - 2, w + 2, h + 3, stroke="rule")  # as far as `curve` draws
        plot.curve(fine, np.sin(1.5 * np.pi * fine), "soft", dash=FINE, width=1.5)
        plot.curve(fine, fits[k](fine), "e")
        plot.marks(x_val, y_val, "b", shape="square")
        plot.marks(x, y, "a", size=6)
    legend(d, 12, 144, "拟合曲线", "e")
    legend(d, 108, 144, "真实函数", "soft", dash=FINE)
    legend(d, 196, 144, "训练点", "a", shape="dot", line=False)
    legend(d, 270, 144, "验证点", "b", shape="square", line=False)

    plot = Plot(d, (48, 176, 296, 178), (-0.4, 12.4), (0.01, 400), "y")
    for k, words in chosen.items():
        plot.upright(k)
        d.text(plot.at(k, 1)[0], 172, words[0], size=12)
    plot.frame({k: str(k) for k in range(0, 13, 2)}, {0.01: "0.01", 0.1: "0.1", 1: "1", 10: "10", 100: "100"})
    plot.curve(degrees, train, "a")
    plot.curve(degrees, val, "b", dash=DASH)
    plot.marks(degrees, train, "a", size=6)
    plot.marks(degrees, val, "b", shape="square")
    d.text(196, 390, "多项式次数（模型容量），纵轴取对数", size=12)
    d.text(8, 172, "均方误差", size=12, anchor="start")
    x0, y0 = plot.at(10, train[10])
    d.text(x0 - 4, y0 - 12, "训练误差", fill="a", bold=True)
    x0, y0 = plot.at(9.9, val[10])
    d.text(x0 - 10, y0 - 4, "验证误差", fill="b", bold=True, anchor="end")
    return d


LAYERS = (3, 5, 5, 2)


def network(d: Drawing, left: float, top: float, kept: Sequence[Sequence[bool]]) -> None:
    """A small network whose dropped units are dashed and crossed out, without their connections."""
    columns = [
        [(left + 14 + 46 * i, top + 58 + 25 * (j - (n - 1) / 2)) for j in range(n)] for i, n in enumerate(LAYERS)
    ]
    for i, (here, there) in enumerate(itertools.pairwise(columns)):
        for p, p_kept in zip(here, kept[i], strict=True):
            for q, q_kept in zip(there, kept[i + 1], strict=True):
                if p_kept and q_kept:
                    d.line([p, q], stroke="soft", width=0.9)
    for i, (column, column_kept) in enumerate(zip(columns, kept, strict=True)):
        hidden = 0 < i < len(LAYERS) - 1
        for point, unit_kept in zip(column, column_kept, strict=True):
            if unit_kept:
                d.circle(*point, 9, fill="a-fill" if hidden else "paper", stroke="a" if hidden else "ink")
            else:
                d.circle(*point, 9, fill="paper", stroke="d", dash="3 2")
                marks(d, [point], "d", shape="cross", size=8)


def dropout_masks() -> Drawing:
    d = Drawing(
        322,
        "dropout：两次训练的掩码与推理时的完整网络",
        "同一个三、五、五、二的网络画三次：两个小批量各随机置零一部分隐藏单元，推理时全部单元都在场。",
    )
    rng = np.random.default_rng(3)
    full = [[True] * n for n in LAYERS]
    for i, words in enumerate(("训练：第 1 个小批量", "训练：第 2 个小批量")):
        masks = [[bool(kept) for kept in rng.random(n) < 0.5] for n in LAYERS[1:3]]
        left = 10 + 180 * i
        d.text(left + 83, 18, words, bold=True)
        network(d, left, 28, [full[0], *masks, full[3]])
        d.text(left + 83, 163, f"两层保留 {sum(masks[0])}/5、{sum(masks[1])}/5", size=12)
    d.line([(10, 172), (350, 172)], stroke="rule", width=1)
    d.text(93, 194, "推理：全部在场", bold=True)
    network(d, 10, 202, full)
    d.circle(202, 212, 9, fill="a-fill", stroke="a")
    d.text(220, 216, "保留，概率 q", anchor="start")
    d.text(220, 234, "训练时输出除以 q", size=12, anchor="start", fill="soft")
    d.circle(202, 260, 9, fill="paper", stroke="d", dash="3 2")
    marks(d, [(202, 260)], "d", shape="cross", size=8)
    d.text(220, 264, "置零，概率 1−q", anchor="start")
    d.text(220, 282, "连接一并失效", size=12, anchor="start", fill="soft")
    d.text(194, 308, "期望不变，推理不缩放", size=12, anchor="start")
    return d


def early_stopping() -> Drawing:
    d = Drawing(
        276,
        "早停：验证误差最低的一轮与耐心值",
        "训练误差一路下降；验证误差先降后升，在最低点之后连续若干轮没有改善便停止，并取回最低点的权重。",
    )
    patience = 20
    train, val = sgd_errors()
    best = int(np.argmin(val))
    stop = best + patience
    epochs = [float(k) for k in range(1, len(val) + 1)]
    plot = Plot(d, (34, 30, 312, 194), (1, len(val)), (0, 1.8))
    left, top, w, h = plot.box
    x_best, x_stop = plot.at(best + 1, 0)[0], plot.at(stop + 1, 0)[0]
    d.rect(x_best, top, x_stop - x_best, h, fill="c-fill", stroke="none")
    d.text((x_best + x_stop) / 2, top - 8, f"耐心值 {patience} 轮", fill="c", bold=True)
    plot.frame({n: str(n) for n in (1, 20, 40, 60, 80, 100)}, {0: "0", 0.5: "0.5", 1: "1", 1.5: "1.5"})
    plot.curve(epochs, train, "a")
    plot.curve(epochs[: stop + 1], val[: stop + 1], "b", width=2.4)
    plot.curve(epochs[stop:], val[stop:], "b", dash=FINE)
    plot.upright(best + 1, stroke="c", dash="")
    plot.upright(stop + 1, stroke="d", dash=DASH, width=1.5)
    plot.marks([best + 1], [val[best]], "c", size=9)
    y = plot.at(1, 0.47)[1]
    d.arrow([(x_stop, y), (x_best + 2, y)], stroke="c", width=2)
    d.text(x_stop + 6, y + 4, f"停止，取回第 {best + 1} 轮的权重", size=12, anchor="start")
    d.text(x_best + 6, plot.at(1, 0.98)[1], "最低", size=12, fill="c", anchor="start", bold=True)
    d.text(left + w, plot.at(1, val[-1])[1] - 24, "验证误差", fill="b", bold=True, anchor="end")
    d.text(left + w, plot.at(1, val[-1])[1] - 9, "虚线：若继续训练", size=12, anchor="end")
    d.text(left + w, plot.at(1, train[-1])[1] - 8, "训练误差", fill="a", bold=True, anchor="end")
    d.text(left + w / 2, top + h + 36, "训练轮数", size=12)
    d.text(4, top - 8, "均方误差", size=12, anchor="start")
    return d


def sgd_errors() -> tuple[Array, Array]:
    """Squared training and validation error after each epoch of SGD on a noisy linear problem with nearly as many weights as samples."""
    rng = np.random.default_rng(3)
    n, dim = 80, 60
    scale = np.linspace(1, 0.15, dim)
    w_true = 3 * rng.normal(size=dim) * scale / math.sqrt(dim)
    x, x_val = rng.normal(size=(n, dim)) * scale, rng.normal(size=(60, dim)) * scale
    y, y_val = x @ w_true + 0.6 * rng.normal(size=n), x_val @ w_true + 0.6 * rng.normal(size=60)
    w, train, val = np.zeros(dim), [], []
    for _ in range(100):
        for i in rng.permutation(n):
            w -= 0.003 * x[i] * (x[i] @ w - y[i])
        train.append(np.mean((x @ w - y) ** 2))
        val.append(np.mean((x_val @ w - y_val) ** 2))
    return np.array(train), np.array(val)


# q45: memorising and generalising


def random_labels() -> Drawing:
    d = Drawing(
        290,
        "真标签与乱标签的训练、测试准确率",
        "两条训练曲线最后都到 100%，真标签早得多；测试准确率一条约 81%，另一条停在 50% 上下。",
    )
    steps = 10 ** np.linspace(0, 5, 101)
    plot = Plot(d, (46, 36, 300, 196), (1, 1e5), (0.4, 1.01), "x")
    left, top, w, h = plot.box
    plot.frame({10.0**k: f"10{'⁰¹²³⁴⁵'[k]}" for k in range(6)}, percent(40, 50, 60, 70, 80, 90, 100))
    plot.across(0.5)
    legend(d, 46, 18, "真标签", "a", shape="dot")
    legend(d, 134, 18, "乱标签", "b", shape="square")
    d.text(346, 18, "实线训练，虚线测试", size=12, anchor="end")
    ends = {}
    for name, hue, shape in (("true", "a", "dot"), ("random", "b", "square")):
        train, test = label_fits(steps, shuffled=name == "random")
        ends[name] = test[-1]
        for values, dash in ((train, ""), (test, DASH)):
            plot.curve(steps, values, hue, dash=dash)
            plot.marks(steps[5::20], values[5::20], hue, shape=shape, size=6)
    x_end = left + w
    d.text(
        x_end,
        plot.at(1, ends["true"])[1] + 18,
        f"真标签测试 {ends['true']:.0%}",
        size=12,
        anchor="end",
        fill="a",
        bold=True,
    )
    d.text(
        x_end,
        plot.at(1, ends["random"])[1] - 9,
        f"乱标签测试 {ends['random']:.0%}",
        size=12,
        anchor="end",
        fill="b",
        bold=True,
    )
    d.text(x_end, plot.at(1, 0.5)[1] + 14, "瞎猜", size=12, anchor="end", fill="soft")
    d.text(x_end, plot.at(1, 0.93)[1], "训练都到 100%", size=12, anchor="end")
    d.text(left + w / 2, top + h + 36, "梯度下降步数（对数轴）", size=12)
    return d


def label_fits(steps: Array, *, shuffled: bool) -> tuple[Array, Array]:
    """Training and test accuracy after so many steps of gradient descent, in closed form, for the experiment in q45's code.

    Descent from zero on the squared error tends to the least-norm solution, which is what the code there computes.
    """
    rng = np.random.default_rng(0)
    n, dim, features = 200, 10, 1000
    w, v = rng.normal(size=dim), rng.normal(size=(dim, features))
    x, x_test = rng.normal(size=(n, dim)), rng.normal(size=(2000, dim))
    y, y_test = np.sign(x @ w), np.sign(x_test @ w)
    labels = rng.permutation(y) if shuffled else y
    phi, phi_test = np.maximum(x @ v, 0) / math.sqrt(features), np.maximum(x_test @ v, 0) / math.sqrt(features)
    left, s, right = np.linalg.svd(phi, full_matrices=False)
    reached = 1 - (1 - (s / s[0]) ** 2) ** steps[:, None]
    weights = (reached / s * (labels @ left)) @ right
    train = np.mean(np.sign(weights @ phi.T) == labels, axis=1)
    return train, np.mean(np.sign(weights @ phi_test.T) == y_test, axis=1)


def double_descent() -> Drawing:
    d = Drawing(
        288,
        "双下降：测试误差随特征数先降后升，越过插值点再降",
        "横轴是随机特征的数目，样本 100 个；测试错误率在特征数等于样本数处达到尖峰，之后一路降到比左边更低，训练错误率此时为零。",
    )
    sizes, train, test = descent_errors()
    plot = Plot(d, (46, 30, 300, 200), (5, 2000), (0, 0.5), "x")
    left, top, w, h = plot.box
    x_peak = plot.at(100, 0)[0]
    d.rect(x_peak, top, left + w - x_peak, h, fill="c-fill", stroke="none")
    plot.frame({n: str(n) for n in (5, 10, 30, 100, 300, 1000)}, percent(0, 10, 20, 30, 40, 50))
    plot.upright(100, stroke="d", dash=DASH)
    plot.curve(sizes, train, "a", dash=DASH)
    plot.curve(sizes, test, "b")
    plot.marks(sizes, train, "a", size=5)
    plot.marks(sizes, test, "b", shape="square", size=5)
    d.text(x_peak, 20, "特征数＝样本数：刚好插值", fill="d", bold=True, size=12)
    d.text(plot.at(420, 0)[0], plot.at(1, 0.34)[1], "测试错误率", fill="b", bold=True)
    d.text(left + 44, plot.at(1, 0.14)[1], "训练错误率", fill="a", bold=True)
    d.text((x_peak + left + w) / 2, plot.at(1, 0.09)[1], "训练错误率恒为 0，", size=12)
    d.text((x_peak + left + w) / 2, plot.at(1, 0.09)[1] + 16, "测试错误率仍在下降", size=12)
    d.text(left + w / 2, top + h + 36, "随机特征的数目（对数轴），样本 100 个", size=12)
    return d


def descent_errors() -> tuple[list[int], Array, Array]:
    """Numbers of random ReLU features and the errors of the least-norm classifier with each: means of 12 draws, 5% of labels wrong."""
    n, dim, noise = 100, 30, 0.05
    sizes = [5, 7, 10, 14, 20, 30, 42, 60, 75, 88, 96, 100, 104, 112, 125, 150, 200, 300, 500, 1000, 2000]
    errors = np.zeros((2, len(sizes)))
    for seed in range(12):
        rng = np.random.default_rng(seed)
        w, v = rng.normal(size=dim), rng.normal(size=(dim, sizes[-1]))
        x, x_test = rng.normal(size=(n, dim)), rng.normal(size=(500, dim))
        y, y_test = np.sign(x @ w) * np.where(rng.random(n) < noise, -1, 1), np.sign(x_test @ w)
        phi, phi_test = np.maximum(x @ v, 0), np.maximum(x_test @ v, 0)
        for i, size in enumerate(sizes):
            f = phi[:, :size]
            gram = f.T @ f if size < n else f @ f.T
            a = np.linalg.solve(gram, f.T @ y) if size < n else f.T @ np.linalg.solve(gram, y)
            errors[:, i] += [np.mean(np.sign(f @ a) != y) / 12, np.mean(np.sign(phi_test[:, :size] @ a) != y_test) / 12]
    return sizes, errors[0], errors[1]


# q43: data and model size


def scaling() -> Drawing:
    d = Drawing(
        470,
        "可约损失随数据量与参数量的变化（双对数轴）",
        "按缩放公式计算：上图三种大小的模型随词元数增加而下降，小模型先碰到容量下限；下图三种数据量下损失随参数量下降，数据少的先碰到数据下限。",
    )
    styles = (("a", "dot", ""), ("b", "square", DASH), ("c", "cross", "9 4"))
    y_ticks = {0.1: "0.1", 0.3: "0.3", 1: "1", 3: "3"}

    above = Plot(d, (42, 36, 228, 154), (1e8, 1e13), (0.1, 4), "xy")
    above.frame({10.0**k: f"10{power(k)}" for k in range(8, 14)}, y_ticks)
    d.text(12, 18, "加数据：横轴为训练词元数 D", anchor="start", bold=True)
    tokens = 10 ** np.linspace(8, 13, 61)
    for k, (hue, shape, dash) in zip((8, 9, 10), styles, strict=True):
        floor = 482 / 10 ** (0.348 * k)
        above.across(floor, stroke=hue)
        above.curve(tokens, floor + 2085 / tokens**0.366, hue, dash=dash)
        above.marks(tokens[12::12], floor + 2085 / tokens[12::12] ** 0.366, hue, shape=shape, size=6)
        d.text(276, above.at(1e13, floor)[1] + 4, f"N = 10{power(k)}", fill=hue, bold=True, anchor="start")
    d.text(276, 48, "点线：容量", size=12, anchor="start")
    d.text(276, 64, "下限 A/Nᵅ", size=12, anchor="start")

    below = Plot(d, (42, 262, 228, 154), (1e7, 1e12), (0.1, 4), "xy")
    below.frame({10.0**k: f"10{power(k)}" for k in range(7, 13)}, y_ticks)
    d.text(12, 244, "加模型：横轴为参数量 N", anchor="start", bold=True)
    sizes = 10 ** np.linspace(7, 12, 61)
    for k, (hue, shape, dash) in zip((9, 10, 11), styles, strict=True):
        floor = 2085 / 10 ** (0.366 * k)
        below.across(floor, stroke=hue)
        below.curve(sizes, floor + 482 / sizes**0.348, hue, dash=dash)
        below.marks(sizes[12::12], floor + 482 / sizes[12::12] ** 0.348, hue, shape=shape, size=6)
        d.text(276, below.at(1e12, floor)[1] + 4, f"D = 10{power(k)}", fill=hue, bold=True, anchor="start")
    d.text(276, 268, "点线：数据", size=12, anchor="start")
    d.text(276, 284, "下限 B/Dᵝ", size=12, anchor="start")
    d.text(12, 456, "纵轴：可约损失 L − E。单加一边，终被另一边卡住", size=12, anchor="start")
    return d


def power(k: int) -> str:
    """A whole number as a superscript."""
    return str(k).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


FIGURES = {
    "q37/under-and-overfitting": under_and_overfitting,
    "q37/dropout-masks": dropout_masks,
    "q37/early-stopping": early_stopping,
    "q43/scaling": scaling,
    "q45/random-labels": random_labels,
    "q45/double-descent": double_descent,
}
