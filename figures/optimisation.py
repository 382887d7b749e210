"""Figures on optimisers: paths, family tree, Adam's moments, step sizes, batches; and the plots that all figures on training share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from figures.drawing import Drawing

Array = NDArray[np.floating[Any]]
Point = tuple[float, float]
Ticks = Mapping[int, str] | Mapping[float, str]
Surface = Callable[[Array, Array], Array]
HALO = ".halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px}"


@dataclass(frozen=True)
class Plot:
    """A rectangle of the sheet that shows the ranges `x` and `y` (y upwards), linear or logarithmic."""

    left: float
    top: float
    width: float
    height: float
    x: Point
    y: Point
    log_x: bool = False
    log_y: bool = False

    def __call__(self, x: float, y: float) -> Point:
        return (
            self.left + self.width * _share(x, self.x, self.log_x),
            self.top + self.height * (1 - _share(y, self.y, self.log_y)),
        )

    def points(self, xs: Iterable[float], ys: Iterable[float]) -> list[Point]:
        return [self(x, y) for x, y in zip(xs, ys, strict=True)]

    def frame(self, d: Drawing, xs: Ticks, ys: Ticks, x_label: str = "") -> None:
        """Two axes with ticks; the label stands at the right end of the x axis, below."""
        bottom, right = self.top + self.height, self.left + self.width
        d.line([(self.left, self.top), (self.left, bottom), (right, bottom)], stroke="soft", width=1)
        for x, words in xs.items():
            at = self(x, self.y[0])[0]
            d.line([(at, bottom), (at, bottom + 4)], stroke="soft", width=1)
            d.text(at, bottom + 16, words, size=11, fill="soft")
        for y, words in ys.items():
            at = self(self.x[0], y)[1]
            d.line([(self.left - 4, at), (self.left, at)], stroke="soft", width=1)
            d.text(self.left - 6, at + 4, words, size=11, fill="soft", anchor="end")
        if x_label:
            d.text(right, bottom + 31, x_label, size=12, anchor="end")

    def contours(self, d: Drawing, f: Surface, levels: Iterable[float], cells: int = 48, stroke: str = "rule") -> None:
        """Level lines of f over the whole rectangle, and its border."""
        d.rect(self.left, self.top, self.width, self.height, stroke=stroke, width=1)
        for level in levels:
            for line in level_lines(f, self.x, self.y, level, cells):
                d.line([self(x, y) for x, y in line], stroke=stroke, width=1)


def _share(value: float, ends: Point, log: bool) -> float:
    low, high = ends
    return (log10(value) - log10(low)) / (log10(high) - log10(low)) if log else (value - low) / (high - low)


def level_lines(f: Surface, x_range: Point, y_range: Point, level: float, cells: int) -> list[list[Point]]:
    """Marching squares: the polylines on which f equals `level`, from its values on a grid of `cells` by `cells` squares."""
    xs, ys = np.linspace(*x_range, cells + 1), np.linspace(*y_range, cells + 1)
    above = f(*np.meshgrid(xs, ys)) - level
    crossing: dict[
        tuple[int, int, int], Point
    ] = {}  # (row, column, 0 horizontal or 1 vertical edge) -> where it is crossed
    for (i, j), z in np.ndenumerate(above):
        for kind, (di, dj) in enumerate(((0, 1), (1, 0))):
            if i + di <= cells and j + dj <= cells and (z < 0) != (above[i + di, j + dj] < 0):
                t = z / (z - above[i + di, j + dj])
                crossing[i, j, kind] = (
                    float(xs[j] + t * dj * (xs[1] - xs[0])),
                    float(ys[i] + t * di * (ys[1] - ys[0])),
                )
    neighbours: dict[tuple[int, int, int], list[tuple[int, int, int]]] = {edge: [] for edge in crossing}
    for i in range(cells):
        for j in range(cells):
            around = [e for e in ((i, j, 0), (i, j + 1, 1), (i + 1, j, 0), (i, j, 1)) if e in crossing]
            for one, other in zip(around[::2], around[1::2], strict=True):
                neighbours[one].append(other)
                neighbours[other].append(one)
    lines = []
    for start in sorted(
        neighbours, key=lambda edge: len(neighbours[edge])
    ):  # open lines begin where they leave the grid
        line = [start]
        while unused := neighbours[line[-1]]:
            after = unused.pop()
            neighbours[after].remove(line[-1])
            line.append(after)
        if len(line) > 1:
            lines.append([crossing[edge] for edge in line])
    return lines


def span(points: Sequence[Point]) -> float:
    """The length of a polyline."""
    return float(np.hypot(*np.diff(np.array(points), axis=0).T).sum())


def rounded(points: Iterable[Point]) -> list[Point]:
    """The points to a tenth of a pixel, to keep long paths short in the file."""
    return [(round(x, 1), round(y, 1)) for x, y in points]


def keyframes(name: str, frames: Sequence[str], seconds: float, moving: float = 88, timing: str = "linear") -> str:
    """CSS that shows the frames one after another over `moving` per cent of the loop and then holds the last."""
    steps = "".join(
        f"{round(moving * i / (len(frames) - 1), 2):g}%{{{frame}}}"
        for i, frame in enumerate(frames)
        if not (0 < i < len(frames) - 1 and frames[i - 1] == frame == frames[i + 1])
    )
    return f".{name}{{{frames[-1]};animation:{name} {seconds:g}s {timing} infinite}}@keyframes {name}{{{steps}100%{{{frames[-1]}}}}}"


def travelling(points: Sequence[Point]) -> list[str]:
    return [f"transform:translate({x:g}px,{y:g}px)" for x, y in rounded(points)]


def growing(points: Sequence[Point]) -> list[str]:
    """Dash offsets that uncover a path up to each of its points in turn."""
    whole = span(points)
    return [
        f"stroke-dashoffset:{round(whole - span(points[: i + 1]), 1) if i else round(whole, 1):g}"
        for i in range(len(points))
    ]


def bowl(a: float, b: float) -> Surface:
    """(a x² + b y²) / 2"""
    return lambda x, y: (a * x**2 + b * y**2) / 2


# ---- q75: the optimisers ----

CURVATURES = np.array([1.0, 30.0])  # of the valley f = (x² + 30 y²) / 2
START, STEPS = np.array([-4.0, 1.3]), 60
RATES = {"SGD": 0.06, "Momentum": 0.015, "NAG": 0.015, "AdaGrad": 0.35, "RMSProp": 0.12, "Adam": 0.2}
REMARKS = {
    "SGD": "陡方向来回折，缓方向慢",
    "Momentum": "加速，但会冲过头",
    "NAG": "提前刹车，摆动小得多",
    "AdaGrad": "步长只减不增，越走越慢",
    "RMSProp": "只记近期，后段仍匀速",
    "Adam": "自适应步长，也有惯性",
}


def descend(name: str) -> Array:
    """The optimiser's positions on the valley, the start first; the formulas are the answer's."""
    rate, w, m, v, path = RATES[name], START, np.zeros(2), np.zeros(2), [START]
    for t in range(1, STEPS + 1):
        g = CURVATURES * (w + 0.9 * m if name == "NAG" else w)
        if name == "SGD":
            w = w - rate * g
        elif name in ("Momentum", "NAG"):
            m = 0.9 * m - rate * g
            w = w + m
        elif name == "Adam":
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            w = w - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        else:
            v = v + g**2 if name == "AdaGrad" else 0.9 * v + 0.1 * g**2
            w = w - rate * g / (np.sqrt(v) + 1e-8)
        path.append(w)
    return np.array(path)


def optimiser_paths() -> Drawing:
    d = Drawing(
        460,
        "六种优化器在同一峡谷上的轨迹",
        "f=(x²+30y²)/2 的等高线上，SGD、Momentum、NAG、AdaGrad、RMSProp、Adam 从同一点出发各走 60 步，圆点每 5 步一个。",
    )
    d.text(180, 16, "f = ½(x² + 30y²)，各走 60 步，小圆点每 5 步一个", size=12)
    floor = Plot(0, 0, 170, 96, (-4.5, 1.5), (-1.7, 1.7))
    d.raw('<defs><g id="valley">')
    floor.contours(d, bowl(1, 30), (0.2, 1, 2.5, 5, 9, 15, 22, 31, 42))
    d.raw("</g></defs>")
    for k in range(5, STEPS + 1, 5):
        d.rule(keyframes(f"s{k}", ["opacity:0"] * k + ["opacity:1"] * (STEPS + 1 - k), 12, timing="step-end"))
    for i, (name, hue) in enumerate(zip(RATES, ("ink", "a", "b", "c", "d", "e"), strict=True)):
        plot = Plot(6 + 178 * (i % 2), 48 + 142 * (i // 2), floor.width, floor.height, floor.x, floor.y)
        path = descend(name)
        d.text(plot.left, plot.top - 7, name, anchor="start", bold=True, fill=hue)
        d.text(plot.left + 170, plot.top - 7, f"η = {RATES[name]:g}", size=12, anchor="end", fill="soft")
        d.raw(f'<use href="#valley" x="{plot.left}" y="{plot.top}"/>')
        star = plot(0, 0)
        d.line([(star[0] - 4, star[1]), (star[0] + 4, star[1])], stroke="soft", width=1)
        d.line([(star[0], star[1] - 4), (star[0], star[1] + 4)], stroke="soft", width=1)
        where = rounded(plot.points(*path.T.tolist()))
        d.rule(f".p{i}{{stroke-dasharray:{span(where):.1f}}}" + keyframes(f"p{i}", growing(where), 12))
        d.rule(keyframes(f"m{i}", travelling(where), 12))
        d.line(where, stroke=hue, width=1.6, cls=f"p{i}")
        for k in range(0, STEPS + 1, 5):
            d.circle(*where[k], 1.7, fill=hue, stroke="none", cls=f"s{k}")
        d.circle(0, 0, 4, fill=hue, stroke="paper", width=1.5, cls=f"m{i}")
        d.text(plot.left, plot.top + 112, REMARKS[name], size=12, anchor="start")
    return d


def optimiser_family() -> Drawing:
    d = Drawing(
        366,
        "优化方法的家谱",
        "梯度下降分三支：BGD、MBGD、SGD；Momentum 与 NAG；AdaGrad、AdaDelta、RMSProp。后两支合成 Adam，再有 AdamW。",
    )
    d.box(90, 8, 180, 30, "梯度下降 w ← w − ηg", hue="ink")
    for x, words, hue in ((54, "每步用多少样本", "a"), (172, "用历史梯度定方向", "b"), (296, "逐参数定步长", "c")):
        d.arrow([(180, 38), (180, 52), (x, 52), (x, 62)], stroke="soft")
        d.text(x, 77, words, size=12, fill=hue, bold=True)
    for y, words in ((86, "BGD：全部 N"), (124, "MBGD：一批 B"), (162, "SGD：单个")):
        d.box(4, y, 100, 30, words, hue="a", size=12)
    d.box(124, 86, 96, 40, "Momentum\n惯性，1964", hue="b", size=12)
    d.box(116, 166, 78, 40, "NAG，1983\n先看再走", hue="b", size=12)
    d.arrow([(150, 126), (150, 164)])
    d.box(244, 86, 104, 40, "AdaGrad\n累加 g²，2011", hue="c", size=12)
    d.box(224, 166, 62, 40, "RMSProp\n2012", hue="c", size=12)
    d.box(290, 166, 66, 40, "AdaDelta\n2012", hue="c", size=12)
    d.arrow([(262, 126), (262, 164)])
    d.arrow([(330, 126), (330, 164)])
    d.text(296, 150, "改为滑动平均", size=12, cls="halo")
    d.rule(HALO)
    d.box(158, 252, 134, 40, "Adam，2015\n再加偏差修正", hue="e")
    d.arrow([(208, 126), (208, 250)], stroke="b")
    d.arrow([(257, 206), (257, 250)], stroke="c")
    d.text(200, 233, "一阶矩 m", size=12, anchor="end", fill="b")
    d.text(265, 233, "二阶矩 v", size=12, anchor="start", fill="c", cls="halo")
    d.box(158, 320, 134, 36, "AdamW，2019", hue="e")
    d.arrow([(225, 292), (225, 318)], stroke="e")
    d.text(234, 310, "权重衰减移出梯度", size=12, anchor="start", fill="e")
    d.text(8, 226, "三者可与右边", size=12, anchor="start", fill="soft")
    d.text(8, 242, "任一支搭配", size=12, anchor="start", fill="soft")
    return d


# ---- q76: Adam's moments ----


def averages(values: Array, beta: float) -> tuple[Array, Array]:
    """The exponential moving average from zero, as it is and with the bias taken out."""
    steps = np.arange(1, len(values) + 1)
    weights = (1 - beta) * beta ** (steps[:, None] - steps).clip(0) * (steps[:, None] >= steps)
    raw = weights @ values
    return raw, raw / (1 - beta**steps)


def adam_moments() -> Drawing:
    d = Drawing(
        470,
        "Adam 的一阶矩、二阶矩与偏差修正",
        "一百步带噪声的梯度：未修正的 m、v 从零慢慢爬升，修正后立即在真值附近；梯度恒为 1 时未修正的步长第 12 步达 6.57η，修正后恒为 η。",
    )
    d.rule(HALO)
    steps = range(1, 101)
    gradients = 1 + 0.5 * np.random.default_rng(33).normal(size=100)
    ticks = {1: "1", 20: "20", 40: "40", 60: "60", 80: "80", 100: "100"}
    for top, values, beta, true, y_range, letter, words in (
        (30, gradients, 0.9, 1.0, (-0.2, 2.6), "m", "一阶矩：gₜ 的滑动平均，β₁ = 0.9（点线：真值）"),
        (180, gradients**2, 0.999, 1.25, (0, 4.2), "v", "二阶矩：gₜ² 的滑动平均，β₂ = 0.999"),
    ):
        plot = Plot(44, top, 300, 96, (1, 100), y_range)
        plot.frame(d, ticks, {0: "0", 1: "1", 2: "2"})
        d.text(4, top - 10, words, anchor="start")
        for t, value in zip(steps, values, strict=True):
            if value < y_range[1]:
                d.circle(*plot(t, value), 1.5, fill="soft", stroke="none")
        d.line([plot(1, true), plot(100, true)], width=1.2, dash="2 3")
        raw, corrected = averages(values, beta)
        d.line(rounded(plot.points(steps, raw)), stroke="b", width=2.2, dash="6 4")
        d.line(rounded(plot.points(steps, corrected)), stroke="a", width=2.2)
        d.text(plot(24, 0)[0], top + 10, f"修正后 {letter}̂ₜ", anchor="start", fill="a", cls="halo")
    d.text(72, 113, "未修正 mₜ", anchor="start", fill="b", cls="halo")
    d.rect(120, 255, 224, 15, fill="paper", stroke="none")  # or the dots between its characters read as marks
    d.text(344, 267, "未修正 vₜ：第 100 步仅为真值的约 1/10", size=12, anchor="end", fill="b", cls="halo")
    plot = Plot(44, 330, 300, 96, (1, 100), (0, 7.5))
    plot.frame(d, ticks, {0: "0", 1: "η", 3.16: "3.16η", 6.57: "6.57η"}, "步 t")
    d.text(4, 320, "梯度恒为 1 时每步走多远", anchor="start")
    (m, m_hat), (v, v_hat) = averages(np.ones(100), 0.9), averages(np.ones(100), 0.999)
    d.line(rounded(plot.points(steps, m / np.sqrt(v))), stroke="b", width=2.2, dash="6 4")
    d.line(rounded(plot.points(steps, m_hat / np.sqrt(v_hat))), stroke="a", width=2.2)
    d.circle(*plot(12, 6.569), 3.5, fill="b", stroke="none")
    d.text(92, plot(0, 6.7)[1], "第 12 步最大", size=12, anchor="start")
    d.text(220, plot(0, 4.9)[1], "不修正", anchor="start", fill="b")
    d.text(220, plot(0, 1.5)[1], "修正后恒为 η", anchor="start", fill="a")
    return d


# ---- q73: step sizes ----

STEP_RULES: tuple[tuple[str, str, Callable[[float], float]], ...] = (
    ("a", "", lambda t: 0.1),
    ("c", "7 4", lambda t: 1 / t),
    ("d", "2 3", lambda t: 1 / (t + 1) ** 2),
)


def one_run(rule: Callable[[float], float], noise: Array) -> list[float]:
    """SGD on F(w) = w²/2 from w = 2 with gradients w + noise."""
    path = [2.0]
    for t, n in enumerate(noise, start=1):
        path.append(path[-1] - rule(t) * (path[-1] + n))
    return path


def expected_error(rule: Callable[[float], float], steps: int) -> list[float]:
    """E[w²] before each step, exactly: mean and variance each follow a recursion."""
    mean, variance, errors = 2.0, 0.0, []
    for t in range(1, steps + 1):
        errors.append(mean**2 + variance)
        a = rule(t)
        mean, variance = (1 - a) * mean, (1 - a) ** 2 * variance + a**2
    return errors


def step_conditions() -> Drawing:
    d = Drawing(
        424,
        "固定步长、1/t 步长与 1/(t+1)² 步长下的随机梯度下降",
        "F=w²/2，起点 2，噪声方差 1。固定步长停在最优点附近抖动，1/t 的误差按 1/T 下降，1/(t+1)² 没走到就停。",
    )
    d.rule(HALO)
    steps = 1000
    ticks = {1: "1", 10: "10", 100: "100", 1000: "1000"}
    path = Plot(44, 28, 294, 140, (1, steps), (-1.1, 2.1), log_x=True)
    path.frame(d, ticks, {0: "0", 1: "1", 2: "2"})
    d.text(4, 16, "一条轨迹 wₜ，最优点 w* = 0", anchor="start")
    d.line([path(1, 0), path(steps, 0)], stroke="soft", width=1, dash="1 3")
    error = Plot(44, 232, 294, 140, (1, steps), (6e-4, 6), log_x=True, log_y=True)
    error.frame(d, ticks, {0.001: "10⁻³", 0.01: "10⁻²", 0.1: "0.1", 1: "1"}, "步 t（对数）")
    d.text(4, 218, "期望误差 E(wₜ − w*)²（纵轴对数）", anchor="start")
    noise = np.random.default_rng(11).normal(size=steps - 1)
    shown = sorted({round(10 ** (k / 80)) for k in range(241)})
    for hue, dash, rule in STEP_RULES:
        run, expected = one_run(rule, noise), expected_error(rule, steps)
        for plot, ys in ((path, run), (error, expected)):
            d.line(rounded(plot(t, ys[t - 1]) for t in shown), stroke=hue, width=1.8, dash=dash)
    right = path.left + path.width
    for plot, y, words, hue in (
        (path, 1.2, "1/(t+1)²：走不到，永远剩约一半", "d"),
        (path, 0.55, "固定：停不住，在圈里打转", "a"),
        (path, -0.8, "1/t：走得到，也停得住", "c"),
        (error, 1.6, "αₜ = 1/(t+1)²：停在约 1", "d"),
        (error, 0.075, "固定 α = 0.1：停在 0.053", "a"),
    ):
        d.text(right, plot(1, y)[1], words, size=12, fill=hue, anchor="end", cls="halo")
    d.text(error.left + 10, error(1, 0.004)[1], "αₜ = 1/t：按 1/t 下降", size=12, fill="c", anchor="start", cls="halo")
    return d


# ---- q63: how many samples a step ----


@dataclass(frozen=True)
class Regression:
    """Least squares with two weights, on a fixed seed."""

    inputs: Array
    targets: Array

    def loss(self, w: Array) -> float:
        return float(np.mean((self.inputs @ w - self.targets) ** 2) / 2)

    def surface(self, x: Array, y: Array) -> Array:
        return np.asarray(np.mean((np.stack([x, y], -1) @ self.inputs.T - self.targets) ** 2, axis=-1) / 2)

    def best(self) -> Array:
        return np.asarray(np.linalg.lstsq(self.inputs, self.targets, rcond=None)[0])

    def train(self, batch: int, rate: float, epochs: int) -> Array:
        """The weights after each update, the start first; every epoch is one shuffled pass."""
        rng, w, path = np.random.default_rng(5), np.array([-1.6, 1.7]), [np.array([-1.6, 1.7])]
        for _ in range(epochs):
            order = rng.permutation(len(self.inputs))
            for i in range(0, len(order), batch):
                x, y = self.inputs[order[i : i + batch]], self.targets[order[i : i + batch]]
                w = w - rate * x.T @ (x @ w - y) / batch
                path.append(w)
        return np.array(path)


def regression() -> Regression:
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(128, 2)) * (1.0, 0.35)
    return Regression(inputs, inputs @ np.array([0.8, -0.4]) + 0.5 * rng.normal(size=128))


def batch_paths() -> Drawing:
    d = Drawing(
        424,
        "BGD、小批量与单样本 SGD 的轨迹和逐轮损失",
        "128 个样本的线性回归，三种方法各看 6 遍数据。BGD 走 6 步，小批量走 48 步，SGD 走 768 步；下图是超额损失对轮数。",
    )
    d.rule(HALO)
    data, epochs = regression(), 6
    low = data.loss(data.best())
    plot = Plot(40, 226, 306, 152, (0, epochs), (1e-4, 6), log_y=True)
    plot.frame(
        d,
        {k: str(k) for k in range(epochs + 1)},
        {0.001: "10⁻³", 0.01: "10⁻²", 0.1: "0.1", 1: "1"},
        "看过数据的遍数（epoch）",
    )
    d.text(4, 212, "比最小值高出的损失 F(w) − F*（对数）", anchor="start")
    for i, (name, hue, dash, batch, rate) in enumerate(
        (("BGD", "ink", "", 128, 1.5), ("小批量 B = 16", "a", "6 4", 16, 0.5), ("SGD B = 1", "b", "2 2", 1, 0.06))
    ):
        path = data.train(batch, rate, epochs)
        floor = Plot(4 + 119 * i, 26, 114, 114, (-2, 2), (-2, 2))
        floor.contours(d, data.surface, [low + k for k in (0.02, 0.15, 0.5, 1.1, 2, 3.2, 4.8)], cells=32)
        d.text(floor.left + 57, 16, name, bold=True, fill=hue)
        d.line(rounded(floor.points(*path.T.tolist())), stroke=hue, width=1.8 if i < 2 else 1)
        for x, y in floor.points(*path.T.tolist()) if batch > 1 else ():
            d.circle(x, y, 2 if batch == 128 else 1.5, fill=hue, stroke="none")
        d.text(floor.left + 57, 157, f"每轮更新 {128 // batch} 次", size=12)
        d.text(floor.left + 57, 173, f"η = {rate:g}", size=12, fill="soft")
        each = {128: 1, 16: 1, 1: 8}[batch]
        excess = [max(data.loss(w) - low, plot.y[0]) for w in path[::each]]
        d.line(rounded(plot.points(np.linspace(0, epochs, len(excess)), excess)), stroke=hue, width=1.8, dash=dash)
        d.text(
            *plot(*{"ink": (3.6, 0.12), "a": (4.9, 0.017), "b": (1.15, 0.006)}[hue]),
            name,
            size=12,
            fill=hue,
            cls="halo",
        )
        (x, y), arm = floor(*data.best()), 4
        d.line([(x - arm, y), (x + arm, y)], width=1, stroke="soft")
        d.line([(x, y - arm), (x, y + arm)], width=1, stroke="soft")
    return d


FIGURES = {
    "q75/optimiser-paths": optimiser_paths,
    "q75/optimiser-family": optimiser_family,
    "q76/adam-moments": adam_moments,
    "q73/step-conditions": step_conditions,
    "q63/batch-paths": batch_paths,
}
