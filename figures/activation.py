"""Activation functions: their curves and derivatives, what makes one usable, and softmax. Also `Plot`, a window with axes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from figures.drawing import Drawing

Point = tuple[float, float]
Real = Callable[[float], float]


@dataclass(frozen=True)
class Plot:
    """A window of the sheet with coordinates of its own: x to the right, y upwards."""

    sheet: Drawing
    left: float
    top: float
    width: float
    height: float
    xs: Point
    ys: Point

    def at(self, x: float, y: float) -> Point:
        """Where (x, y) lies on the sheet."""
        (x0, x1), (y0, y1) = self.xs, self.ys
        return self.left + (x - x0) / (x1 - x0) * self.width, self.top + (y1 - y) / (y1 - y0) * self.height

    def line(self, points: Sequence[Point], *, stroke: str = "a", width: float = 2, dash: str = "") -> None:
        self.sheet.line([self.at(x, y) for x, y in points], stroke=stroke, width=width, dash=dash)

    def curve(
        self,
        f: Real,
        lo: float | None = None,
        hi: float | None = None,
        *,
        stroke: str = "a",
        width: float = 2,
        dash: str = "",
        n: int = 80,
    ) -> None:
        """The graph of f from lo to hi (the whole window if not given), in pieces where it leaves the window."""
        (y0, y1), run = self.ys, list[Point]()
        for x in grid(self.xs[0] if lo is None else lo, self.xs[1] if hi is None else hi, n):
            if y0 - 1e-9 <= f(x) <= y1 + 1e-9:
                run.append((x, f(x)))
            elif run:
                self.line(run, stroke=stroke, width=width, dash=dash)
                run = []
        if len(run) > 1:
            self.line(run, stroke=stroke, width=width, dash=dash)

    def band(self, x0: float, x1: float, fill: str) -> None:
        """Shade the window from x0 to x1."""
        left, right = self.at(x0, 0)[0], self.at(x1, 0)[0]
        self.sheet.rect(left, self.top, right - left, self.height, fill=fill, stroke="none")

    def axes(self, x: float = 0, y: float = 0) -> None:
        """The axes, crossing at (x, y)."""
        self.line([(self.xs[0], y), (self.xs[1], y)], stroke="soft", width=1)
        self.line([(x, self.ys[0]), (x, self.ys[1])], stroke="soft", width=1)

    def xticks(self, labels: dict[float, str], y: float = 0, *, length: float = 4) -> None:
        for x, words in labels.items():
            u, v = self.at(x, y)
            self.sheet.line([(u, v), (u, v + length)], stroke="soft", width=1)
            self.sheet.text(u, v + length + 11, words, size=11, fill="soft")

    def yticks(self, labels: dict[float, str], x: float = 0, *, length: float = 4) -> None:
        for y, words in labels.items():
            u, v = self.at(x, y)
            self.sheet.line([(u - length, v), (u, v)], stroke="soft", width=1)
            self.sheet.text(u - length - 2, v + 4, words, size=11, anchor="end", fill="soft")

    def dot(self, x: float, y: float, hue: str = "ink", r: float = 3.5) -> None:
        self.sheet.circle(*self.at(x, y), r, fill=hue, stroke="paper", width=1)

    def square(self, x: float, y: float, hue: str = "ink", half: float = 3.5) -> None:
        u, v = self.at(x, y)
        self.sheet.rect(u - half, v - half, 2 * half, 2 * half, fill=hue, stroke="paper", width=1)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 12,
        anchor: str = "start",
        fill: str = "ink",
        bold: bool = False,
    ) -> None:
        """Words at a point of the window."""
        self.sheet.text(*self.at(x, y), words, size=size, anchor=anchor, fill=fill, bold=bold)


def grid(lo: float, hi: float, n: int) -> list[float]:
    """n + 1 equidistant numbers from lo to hi."""
    return [lo + (hi - lo) * i / n for i in range(n + 1)]


def key(sheet: Drawing, x: float, y: float, words: str, stroke: str, *, dash: str = "", size: float = 12) -> None:
    """An entry of a legend: a piece of the line, then what it stands for."""
    sheet.line([(x, y - 4), (x + 22, y - 4)], stroke=stroke, width=2, dash=dash)
    sheet.text(x + 27, y, words, size=size, anchor="start")


def power_of_ten(value: float) -> str:
    """9.5e-07 as 9.5×10⁻⁷."""
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}×10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def d_sigmoid(x: float) -> float:
    return sigmoid(x) * (1 - sigmoid(x))


def d_tanh(x: float) -> float:
    return 1 - math.tanh(x) ** 2


def relu(x: float) -> float:
    return max(x, 0.0)


def step(x: float) -> float:
    return float(x > 0)


def elu(x: float) -> float:
    return x if x > 0 else math.expm1(x)


def gaussian_cdf(x: float) -> float:
    return (1 + math.erf(x / math.sqrt(2))) / 2


def gaussian(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def gelu(x: float) -> float:
    return x * gaussian_cdf(x)


def silu(x: float) -> float:
    return x * sigmoid(x)


def softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def mish(x: float) -> float:
    return x * math.tanh(softplus(x))


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


@dataclass(frozen=True)
class Activation:
    """A function to be shown with its derivative, which may jump at 0."""

    name: str
    f: Real
    slope: Real
    remark: str
    jumps: bool = False

    def draw(self, plot: Plot) -> None:
        for lo, hi in [(plot.xs[0], -1e-9), (1e-9, plot.xs[1])] if self.jumps else [plot.xs]:
            plot.curve(self.slope, lo, hi, stroke="b", width=1.6, dash="4 3", n=56)
        plot.curve(self.f, n=56)


GALLERY = {
    "经典三者": (
        Activation("sigmoid", sigmoid, d_sigmoid, "导数 ≤ 0.25"),
        Activation("tanh", math.tanh, d_tanh, "导数 ≤ 1"),
        Activation("ReLU", relu, step, "左侧导数 0", jumps=True),
    ),
    "给负半轴留斜率": (
        Activation(
            "PReLU", lambda x: x if x > 0 else x / 4, lambda x: 1 if x > 0 else 1 / 4, "左侧斜率 0.25", jumps=True
        ),
        Activation("ELU", elu, lambda x: min(1.0, math.exp(x)), "左侧趋于 −1"),
        Activation(
            "SELU",
            lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * math.expm1(x)),
            lambda x: SELU_SCALE * (1 if x > 0 else SELU_ALPHA * math.exp(x)),
            "左侧趋于 −1.76",
            jumps=True,
        ),
    ),
    "把折点磨圆": (
        Activation("GELU", gelu, lambda x: gaussian_cdf(x) + x * gaussian(x), "谷底"),
        Activation("SiLU", silu, lambda x: sigmoid(x) + x * d_sigmoid(x), "谷底"),
        Activation("Mish", mish, lambda x: math.tanh(softplus(x)) + x * d_tanh(softplus(x)) * sigmoid(x), "谷底"),
    ),
}


def curves() -> Drawing:
    sheet = Drawing(
        478,
        "九种激活函数及其导数",
        "三行小图：sigmoid、tanh、ReLU；PReLU、ELU、SELU；GELU、SiLU、Mish。实线是函数，虚线是导数，坐标一致。",
    )
    key(sheet, 12, 16, "函数", "a")
    key(sheet, 92, 16, "导数", "b", dash="4 3")
    sheet.text(352, 16, "各图坐标相同，一格为 1", size=11, anchor="end", fill="soft")
    for row, (heading, group) in enumerate(GALLERY.items()):
        top = 28 + 150 * row
        sheet.text(8, top + 13, heading, size=12, anchor="start", bold=True)
        if "负半轴" in heading:
            sheet.text(352, top + 13, "Leaky ReLU 同 PReLU，斜率固定 0.01", size=11, anchor="end", fill="soft")
        for column, item in enumerate(group):
            plot = Plot(sheet, 6 + 119 * column, top + 36, 110, 15.7 * 6.6, (-3.5, 3.5), (-3.1, 3.5))
            sheet.rect(plot.left, plot.top - 17, plot.width, plot.height + 17, stroke="rule", width=1, round_=4)
            plot.line([(-3.5, 0), (3.5, 0)], stroke="soft", width=1)
            plot.line([(0, -1.8), (0, 3.5)], stroke="soft", width=1)
            for i in range(-3, 4):
                plot.line([(i, -0.17), (i, 0.17)], stroke="soft", width=1)
                if i > -2:
                    plot.line([(-0.17, i), (0.17, i)], stroke="soft", width=1)
            item.draw(plot)
            remark = item.remark
            if remark == "谷底":
                x = min(grid(-3, 0, 3000), key=item.f)
                plot.dot(x, item.f(x), "d", 3)
                remark = f"谷底 {item.f(x):.2f}".replace("-", "−")
            sheet.text(plot.left + 6, plot.top - 3, item.name, size=12, anchor="start", bold=True)
            sheet.text(plot.left + plot.width - 5, plot.top + plot.height - 6, remark, size=11, anchor="end")
    return sheet


def sigmoid_and_derivative() -> Drawing:
    sheet = Drawing(
        256,
        "sigmoid 及其导数",
        "实线 σ(x) 从 0 升到 1，虚线 σ′(x) 是钟形，在 x=0 处取最大值 0.25，两端进入饱和区。切线沿曲线移动，斜率等于下方虚线的高度。",
    )
    plot = Plot(sheet, 34, 22, 314, 178, (-6, 6), (0, 1.06))
    edge = math.log(0.99 / 0.01)  # 此处 σ=0.99；再往外 σ′ 小于 0.0099
    for lo, hi, middle in [(-6, -edge, -(6 + edge) / 2), (edge, 6, (6 + edge) / 2)]:
        plot.band(lo, hi, "d-fill")
        plot.text(middle, 0.58, "饱和区", size=11, anchor="middle")
    plot.axes(-6)
    plot.line([(-6, 1), (6, 1)], stroke="rule", width=1, dash="2 3")
    plot.line([(0, 0), (0, 1)], stroke="rule", width=1, dash="2 3")
    for y in (0.25, 0.5):
        plot.line([(-6, y), (0, y)], stroke="soft", width=1, dash="2 3")
    plot.xticks({-5: "−5", -2: "−2", 0: "0", 2: "2", 5: "5"})
    plot.yticks({0: "0", 0.25: "0.25", 0.5: "0.5", 1: "1"}, -6)
    plot.curve(sigmoid, width=2.4)
    plot.curve(d_sigmoid, stroke="b", width=2.2, dash="6 3")
    plot.text(2.0, 0.78, "σ(x)", size=14)
    plot.text(1.55, 0.185, "σ′=σ(1−σ)", size=12, fill="b")
    plot.text(0.35, 0.285, "最大值 0.25", size=13, fill="b", bold=True)
    plot.text(-4.4, 0.86, "切线的斜率", size=12, fill="c")
    plot.text(-4.4, 0.77, "等于 σ′ 的高度", size=12, fill="c")
    sheet.text(191, 240, "两侧阴影：|x| > 4.6，σ′(x) < 0.01，曲线近于水平", size=12)
    _moving_tangent(plot)
    return sheet


def _moving_tangent(plot: Plot) -> None:
    """A tangent that glides along the sigmoid, with a point under it on the derivative. At rest it is at x=0."""
    sheet, steps = plot.sheet, 28
    frames: dict[str, list[str]] = {"tangent": [], "above": [], "below": []}

    def place(x: float) -> dict[str, str]:
        (u, v), (_, low) = plot.at(x, sigmoid(x)), plot.at(x, d_sigmoid(x))
        (u1, v1), (u2, v2) = plot.at(0, 0), plot.at(1, d_sigmoid(x))
        angle = math.degrees(math.atan2(v2 - v1, u2 - u1))
        return {
            "tangent": f"translate({u:.1f}px,{v:.1f}px) rotate({angle:.1f}deg)",
            "above": f"translate({u:.1f}px,{v:.1f}px)",
            "below": f"translate({u:.1f}px,{low:.1f}px)",
        }

    for i in range(steps + 1):
        for name, transform in place(-4.2 * math.cos(math.pi * i / steps)).items():
            frames[name].append(f"{100 * i / steps:.1f}%{{transform:{transform}}}")
    for name, transform in place(0).items():
        sheet.rule(
            f".{name}{{transform:{transform};animation:{name} 7s linear infinite alternate}}@keyframes {name}{{{''.join(frames[name])}}}"
        )
    sheet.line([(-46, 0), (46, 0)], stroke="c", width=2.6, cls="tangent")
    sheet.circle(0, 0, 4, fill="c", stroke="paper", cls="above")
    sheet.circle(0, 0, 4.5, fill="b", stroke="paper", cls="below")


def gradient_through_layers() -> Drawing:
    sheet = Drawing(
        430,
        "三种激活的导数与逐层连乘",
        "上：sigmoid′ 最高 0.25，tanh′ 只在 0 附近接近 1，ReLU′ 在正半轴恒为 1。下：导数连乘十层，对数坐标。",
    )
    sheet.text(10, 16, "导数随输入的变化", anchor="start", bold=True)
    plot = Plot(sheet, 40, 28, 306, 128, (-6, 6), (0, 1.1))
    plot.axes(-6)
    plot.xticks({-5: "−5", 0: "0", 5: "5"})
    plot.yticks({0: "0", 0.25: "0.25", 1: "1"}, -6)
    plot.line([(-6, 0.25), (0, 0.25)], stroke="soft", width=1, dash="2 3")
    plot.line([(5, 0), (5, 1)], stroke="soft", width=1, dash="2 3")
    plot.curve(d_sigmoid, stroke="a")
    plot.curve(d_tanh, stroke="b", dash="6 3")
    plot.line([(-6, 0), (0, 0)], stroke="c", width=2.6)
    plot.line([(0, 1), (6, 1)], stroke="c", width=2.6)
    plot.text(2.4, 1.04, "ReLU′ = 1", fill="c")
    plot.text(-1.1, 0.72, "tanh′", fill="b", anchor="end")
    plot.text(-2.6, 0.12, "sigmoid′", fill="a", anchor="end")
    plot.text(4.8, 0.8, "x = 5 处", anchor="end", size=12)
    for i, (words, hue) in enumerate(
        [("ReLU 1", "c"), (f"sigmoid {d_sigmoid(5):.4f}", "a"), (f"tanh {d_tanh(5):.5f}", "b")]
    ):
        plot.text(4.8, 0.67 - 0.125 * i, words, anchor="end", size=12, fill=hue)

    weight = [gaussian(x) * 0.001 for x in grid(-8, 8, 16000)]
    typical = math.exp(sum(w * math.log(d_tanh(x)) for w, x in zip(weight, grid(-8, 8, 16000), strict=True)))
    sheet.text(10, 200, "导数逐层连乘（不计权重，对数坐标）", anchor="start", bold=True)
    plot = Plot(sheet, 40, 214, 306, 160, (0, 10.4), (-6.6, 0.6))
    plot.axes(0, -6.6)
    plot.xticks({layer: str(layer) for layer in range(0, 11, 2)}, -6.6)
    plot.yticks({0: "1", -2: "10⁻²", -4: "10⁻⁴", -6: "10⁻⁶"})
    sheet.text(346, 404, "误差信号往回穿过的层数", size=12, anchor="end")
    for factor, hue, dash in [(1.0, "c", ""), (typical, "b", "6 3"), (0.25, "a", "")]:
        plot.line([(i, i * math.log10(factor)) for i in range(11)], stroke=hue, dash=dash)
        for i in range(0, 11, 2):
            (plot.square if hue == "b" else plot.dot)(i, i * math.log10(factor), hue)
    plot.text(10.2, 0.28, "ReLU，激活的通路：恒为 1", anchor="end", fill="c")
    plot.text(10.2, -0.95, "tanh 的典型值", anchor="end", fill="b")
    plot.text(10.2, -1.6, f"{power_of_ten(typical**10)}", anchor="end", fill="b")
    plot.text(0.3, -5.2, "sigmoid 的上界", fill="a")
    plot.text(0.3, -5.85, f"0.25¹⁰ ≈ {power_of_ten(0.25**10)}", fill="a")
    sheet.text(10, 424, "tanh：预激活取标准正态分布时，导数的几何平均", size=11, anchor="start", fill="soft")
    return sheet


def _window(sheet: Drawing, left: float, top: float, width: float, height: float, xs: Point, ys: Point) -> Plot:
    """A framed window with axes through the origin."""
    sheet.rect(left, top, width, height, stroke="rule", width=1, round_=4)
    plot = Plot(sheet, left + 3, top + 3, width - 6, height - 6, xs, ys)
    plot.axes()
    return plot


def properties() -> Drawing:
    sheet = Drawing(
        506,
        "激活函数的必要性质与好的性质",
        "上排两图：必要的性质，非线性与导数不几乎处处为零。下面六图：好而不必要的性质，实线具备，虚线不具备也能用。",
    )
    sheet.text(10, 17, "必要的性质", size=14, anchor="start", bold=True)
    for left, first, second in [
        (8, "① 非线性", "（深度固定时须非多项式）"),
        (184, "② 几乎处处可微，", "且导数不几乎处处为零"),
    ]:
        sheet.text(left + 2, 38, first, size=12, anchor="start")
        sheet.text(left + 2, 54, second, size=12, anchor="start")
    plot = _window(sheet, 8, 62, 168, 118, (-3.4, 3.4), (-1.9, 2.1))
    plot.curve(lambda x: 0.6 * x, stroke="d", dash="6 3", lo=-3.0, hi=3.0)
    plot.curve(math.tanh, stroke="c", width=2.4)
    plot.text(-3.2, 1.6, "✗ ax+b", fill="d", bold=True)
    plot.text(-3.2, 1.05, "多层等于一层", fill="d", size=11)
    plot.text(3.25, -0.75, "✓ tanh", fill="c", anchor="end", bold=True)
    plot = _window(sheet, 184, 62, 168, 118, (-3.4, 3.4), (-1.9, 2.1))
    plot.line([(-3.2, 0), (0, 0), (2, 2)], stroke="c", width=2.4)
    plot.line([(-3.2, -0.08), (0, -0.08)], stroke="d", dash="6 3")
    plot.line([(0, 1), (3.3, 1)], stroke="d", dash="6 3")
    plot.dot(0, 0, "c", 4)
    plot.text(-3.2, 1.6, "✓ ReLU", fill="c", bold=True)
    plot.text(-3.2, 1.05, "只一点不可导", fill="c", size=11)
    plot.text(3.25, -0.75, "✗ 阶跃", fill="d", anchor="end", bold=True)
    plot.text(3.25, -1.25, "导数几乎", fill="d", anchor="end", size=11)
    plot.text(3.25, -1.7, "处处为 0", fill="d", anchor="end", size=11)

    sheet.text(10, 210, "好而不必要的性质", size=14, anchor="start", bold=True)
    key(sheet, 12, 230, "具备", "a")
    key(sheet, 92, 230, "不具备，也能用", "b", dash="5 3")
    for i, draw in enumerate((_unsaturated, _monotone, _near_identity, _zero_mean, _bounded, _smooth)):
        draw(sheet, 8 + 117.5 * (i % 3), 242 + 138 * (i // 3))
    return sheet


def _small(
    sheet: Drawing,
    left: float,
    top: float,
    title: str,
    good: str,
    other: str,
    xs: Point = (-3, 3),
    ys: Point = (-1.5, 2),
) -> Plot:
    sheet.text(left + 2, top + 13, title, size=12, anchor="start", bold=True)
    sheet.text(left + 2, top + 122, good, size=11, anchor="start", fill="a")
    sheet.text(left + 107, top + 122, other, size=11, anchor="end", fill="b")
    return _window(sheet, left, top + 20, 109, 88, xs, ys)


def _pair(plot: Plot, good: Real, other: Real) -> None:
    plot.curve(other, stroke="b", dash="5 3", n=60)
    plot.curve(good, n=60)


def _unsaturated(sheet: Drawing, left: float, top: float) -> None:
    plot = _small(sheet, left, top, "不饱和", "PReLU", "tanh")
    plot.band(-3, -2, "b-fill")
    plot.band(2, 3, "b-fill")
    plot.axes()
    _pair(plot, lambda x: x if x > 0 else 0.25 * x, math.tanh)


def _monotone(sheet: Drawing, left: float, top: float) -> None:
    plot = _small(sheet, left, top, "单调", "ELU", "SiLU")
    _pair(plot, elu, silu)
    x = min(grid(-3, 0, 300), key=silu)
    plot.dot(x, silu(x), "b")


def _near_identity(sheet: Drawing, left: float, top: float) -> None:
    plot = _small(sheet, left, top, "0 附近接近恒等", "tanh", "sigmoid")
    plot.line([(-1.5, -1.5), (2, 2)], stroke="soft", width=1, dash="2 2")
    plot.text(1.45, 1.62, "y=x", size=11, anchor="end", fill="soft")
    _pair(plot, math.tanh, sigmoid)


def _zero_mean(sheet: Drawing, left: float, top: float) -> None:
    plot = _small(sheet, left, top, "输出零均值", "tanh", "sigmoid")
    plot.line([(-3, 0.5), (3, 0.5)], stroke="b", width=1, dash="2 2")
    _pair(plot, math.tanh, sigmoid)
    plot.text(-2.9, 0.65, "均值 0.5", size=11, fill="b")
    plot.text(2.9, -0.45, "均值 0", size=11, anchor="end", fill="a")


def _bounded(sheet: Drawing, left: float, top: float) -> None:
    plot = _small(sheet, left, top, "值域有限", "sigmoid", "ReLU")
    plot.line([(-3, 1), (3, 1)], stroke="a", width=1, dash="2 2")
    plot.text(-2.9, 1.15, "1", size=11, fill="a")
    _pair(plot, sigmoid, relu)


def _smooth(sheet: Drawing, left: float, top: float) -> None:
    plot = _small(sheet, left, top, "光滑", "GELU", "ReLU", (-1.5, 1.5), (-0.5, 1.25))
    _pair(plot, gelu, relu)
    plot.dot(0, 0, "b")
    plot.text(0.08, -0.25, "折点", size=11, fill="b")


def weierstrass(x: float) -> float:
    """A partial sum of Weierstrass's function with a=1/2, b=3: continuous, in the limit nowhere differentiable."""
    return sum(0.5**n * math.cos(3**n * math.pi * x) for n in range(6))


def which_work() -> Drawing:
    sheet = Drawing(
        452,
        "哪些非线性能作激活函数",
        "按两关分组的小曲线：两关都过；能逼近但难训；多项式，单隐层不能逼近；有奇点或无定义点。各附毛病或条件。",
    )
    for left, top, width, height, hue, heading, verdict in (
        (6, 4, 348, 142, "c", "✓ 两关都过", "能逼近，能训练"),
        (6, 156, 257, 142, "b", "△ 只过第一关", "能逼近，难训或训不动"),
        (6, 306, 257, 142, "d", "✗ 第一关不过：多项式", "单隐层不能逼近"),
        (268, 156, 86, 292, "e", "✗ 有奇点", ""),
    ):
        sheet.rect(left, top, width, height, fill=f"{hue}-fill", stroke=hue, width=1, round_=6)
        sheet.text(left + 8, top + 18, heading, size=13, anchor="start", bold=True)
        sheet.text(left + width - 8, top + 18, verdict, size=12, anchor="end")
    for row, column, name, remark, f, lo, hi in _CANDIDATES:
        left, top = 12 + 87 * column, (28, 180, 330)[row]
        sheet.rect(left, top, 74, 76, fill="paper", stroke="none", round_=4)
        plot = Plot(sheet, left + 3, top + 3, 68, 70, (-2.2, 2.2), (-2.2, 2.2))
        plot.line([(-2.2, 0), (2.2, 0)], stroke="rule", width=1)
        plot.line([(0, -2.2), (0, 2.2)], stroke="rule", width=1)
        for a, b in [(lo, 0.0), (1e-9, hi)] if name in ("阶跃、sign", "1/x") else [(lo, hi)]:
            plot.curve(f, a, b, stroke="ink", width=1.8, n=400 if f is weierstrass else 72)
        sheet.text(left + 37, top + 92, name, size=12)
        sheet.text(left + 37, top + 108, remark, size=11)
    sheet.text(310, 313, "不在定理范围", size=12)
    return sheet


_CANDIDATES: tuple[tuple[int, int, str, str, Real, float, float], ...] = (
    (0, 0, "sin x、cos x", "对初始化敏感", lambda x: math.sin(3 * x), -2.2, 2.2),
    (0, 1, "|x|", "丢失符号", abs, -2.2, 2.2),
    (0, 2, "高斯函数", "两侧软饱和", lambda x: math.exp(-x * x), -2.2, 2.2),
    (0, 3, "SiLU、GELU", "常用", silu, -2.2, 2.2),
    (1, 0, "阶跃、sign", "导数为零", step, -2.2, 2.2),
    (1, 1, "eˣ", "前向梯度齐爆炸", math.exp, -2.2, 2.2),
    (1, 2, "Weierstrass", "处处不可导", weierstrass, -2.0, 2.0),
    (2, 0, "x²", "随深度膨胀", lambda x: x * x, -2.2, 2.2),
    (2, 1, "x³", "随深度膨胀", lambda x: x**3, -2.2, 2.2),
    (2, 2, "ax+b", "多层等于一层", lambda x: 0.7 * x + 0.3, -2.2, 2.2),
    (1, 3, "1/x", "0 处无定义", lambda x: 1 / x if x else math.inf, -2.2, 2.2),
    (2, 3, "ln x", "x ≤ 0 无定义", math.log, 0.01, 2.2),
)


def softmax(scores: Sequence[float], temperature: float) -> list[float]:
    top = max(scores)
    weights = [math.exp((z - top) / temperature) for z in scores]
    return [w / sum(weights) for w in weights]


def softmax_temperatures() -> Drawing:
    sheet = Drawing(
        384,
        "softmax 的温度",
        "得分 (2,1,0) 在温度 0.5、1、5 下的概率柱：温度越高越平。下方曲线：概率随温度从独热走向均匀。",
    )
    scores, hues, dashes = (2.0, 1.0, 0.0), "abc", ("", "6 3", "2 3")
    sheet.text(10, 17, "同一组得分 z = (2, 1, 0)，三种温度", anchor="start", bold=True)
    for k, temperature in enumerate((0.5, 1, 5)):
        plot = Plot(sheet, 10 + 117 * k, 44, 108, 112, (0, 3), (0, 1))
        plot.line([(0, 0), (3, 0)], stroke="soft", width=1)
        for i, p in enumerate(softmax(scores, temperature)):
            (x0, y0), (x1, y1) = plot.at(i + 0.14, p), plot.at(i + 0.86, 0)
            sheet.rect(x0, y0, x1 - x0, y1 - y0, fill=f"{hues[i]}-fill", stroke=hues[i])
            plot.sheet.text((x0 + x1) / 2, y0 - 4, f"{p:.3f}", size=12)
            plot.sheet.text((x0 + x1) / 2, y1 + 15, "p" + "₁₂₃"[i], size=12)
        sheet.text(plot.left + 54, 192, f"T = {temperature:g}", bold=True)
    sheet.arrow([(70, 204), (290, 204)], stroke="soft", width=1.2)
    sheet.text(10, 208, "更尖锐", size=12, anchor="start")
    sheet.text(350, 208, "更平缓", size=12, anchor="end")

    plot = Plot(sheet, 40, 232, 306, 112, (-1, 2), (0, 1.04))
    plot.axes(-1)
    plot.line([(-1, 1 / 3), (2, 1 / 3)], stroke="soft", width=1, dash="1 3")
    plot.xticks({-1: "0.1", 0: "1", 1: "10", 2: "100"})
    plot.yticks({0: "0", 1 / 3: "1/3", 1: "1"}, -1)
    for i, (hue, dash) in enumerate(zip(hues, dashes, strict=True)):
        plot.line([(x, softmax(scores, 10**x)[i]) for x in grid(-1, 2, 80)], stroke=hue, dash=dash)
        for temperature in (0.5, 1, 5):
            plot.dot(math.log10(temperature), softmax(scores, temperature)[i], hue, 3)
    plot.text(0.0, 0.76, "p₁", fill="a")
    plot.text(-0.33, 0.25, "p₂", fill="b")
    plot.text(0.22, 0.06, "p₃", fill="c")
    plot.text(-0.95, 0.84, "独热", size=12)
    plot.text(1.98, 0.42, "均匀", size=12, anchor="end")
    sheet.text(346, 376, "温度 T（对数坐标）", size=12, anchor="end")
    return sheet


FIGURES = {
    "q11/activation-curves": curves,
    "q13/gradient-through-layers": gradient_through_layers,
    "q21/activation-properties": properties,
    "q32/sigmoid-derivative": sigmoid_and_derivative,
    "q47/which-functions-work": which_work,
    "q70/softmax-temperature": softmax_temperatures,
}
