"""What convolution and pooling compute: the sliding kernel, sizes, channels, connections, parameter counts, receptive fields."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from figures.drawing import Drawing, colour, number

Grid = NDArray[np.float64]
Point = tuple[float, float]
HUES = "abcde"


def plain(value: float) -> str:
    """A number as it is printed in a cell, with a true minus sign."""
    return f"{value:g}".replace("-", "−")


def mesh(
    d: Drawing,
    x: float,
    y: float,
    rows: int,
    cols: int,
    cell: float,
    *,
    tall: float = 0,
    fill: str = "paper",
    stroke: str = "soft",
) -> None:
    """An empty grid: a filled outline and the thin lines inside it."""
    h = tall or cell
    d.rect(x, y, cols * cell, rows * h, fill=fill, stroke=stroke)
    across = [f"M{number(x)} {number(y + i * h)}h{number(cols * cell)}" for i in range(1, rows)]
    down = [f"M{number(x + j * cell)} {number(y)}v{number(rows * h)}" for j in range(1, cols)]
    if across or down:
        d.path("".join(across + down), stroke=stroke, width=0.5)


def digits(
    d: Drawing,
    x: float,
    y: float,
    values: Grid,
    cell: float,
    *,
    tall: float = 0,
    size: float = 13,
    bold: bool = False,
    show: Callable[[float], str] = plain,
) -> None:
    """The numbers of a grid, each in the middle of its cell."""
    h = tall or cell
    for (i, j), value in np.ndenumerate(values):
        d.text(x + (j + 0.5) * cell, y + (i + 0.5) * h + size * 0.36, show(value), size=size, bold=bold)


def shade(
    d: Drawing, x: float, y: float, values: Grid, cell: float, *, tall: float = 0, hue: str = "a", levels: int = 5
) -> None:
    """Cells filled the more the nearer their value is to 1; those at or below 0 stay empty."""
    h = tall or cell
    steps = np.clip(np.rint(values * levels), 0, levels).astype(int)
    for level in range(1, levels + 1):
        cells = "".join(
            f"M{number(x + j * cell)} {number(y + i * h)}h{number(cell)}v{number(h)}h{number(-cell)}z"
            for i, j in np.argwhere(steps == level)
        )
        if cells:
            d.raw(f'<path d="{cells}" style="fill:{colour(hue)};fill-opacity:{number(0.85 * level / levels)}"/>')


def correlate(x: Grid, w: Grid, stride: int = 1) -> Grid:
    """The deep-learning convolution of one channel, without padding."""
    f = len(w)
    rows, cols = ((n - f) // stride + 1 for n in x.shape)
    patches = [[x[i * stride : i * stride + f, j * stride : j * stride + f] for j in range(cols)] for i in range(rows)]
    return np.array([[float((patch * w).sum()) for patch in row] for row in patches])


def pool(x: Grid, *, mean: bool = False) -> Grid:
    """The largest or the mean value of each 2×2 window, stride 2."""
    rows, cols = x.shape
    windows = x.reshape(rows // 2, 2, cols // 2, 2)
    return np.asarray(windows.mean((1, 3)) if mean else windows.max((1, 3)), dtype=np.float64)


INPUT: Grid = np.array(
    [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]], dtype=np.float64
)
KERNEL: Grid = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], dtype=np.float64)


def kernel_sliding() -> Drawing:
    d = Drawing(
        338,
        "卷积核在 5×5 输入上逐格滑动",
        "3×3 的窗口从左上角起逐格移动，每到一处与核逐元素相乘再求和，依次得到输出的九个数 4 3 4、2 4 3、2 3 4。",
    )
    output = correlate(INPUT, KERNEL)
    slots, period = 10, 14  # nine positions and a pause
    xi, yi, cell = 14.0, 34.0, 28.0
    xo, yo = 262.0, yi + cell
    places = [(i, j) for i in range(3) for j in range(3)]

    def moving(name: str) -> str:
        stops = [
            f"{k * 100 / slots}%,{k * 100 / slots + 8}%{{transform:translate({j * cell}px,{i * cell}px)}}"
            for k, (i, j) in enumerate(places)
        ]
        return f"@keyframes {name}{{{''.join(stops)}98%{{transform:translate({2 * cell}px,{2 * cell}px)}}100%{{transform:none}}}}"

    d.rule(moving("slide") + f".slide{{animation:slide {period}s ease-in-out infinite}}")
    for k in range(9):
        begin, end = k * 100 / slots, 100 if k == 8 else (k + 1) * 100 / slots
        before = "0%{opacity:0}" if k else ""
        after = f"{number(end)}%{{opacity:0}}" if k < 8 else ""
        d.rule(
            f"@keyframes f{k}{{{before}{number(begin)}%{{opacity:1}}{after}}}@keyframes y{k}{{{before}{number(begin)}%,100%{{opacity:1}}}}"
        )
        d.rule(
            f".f{k}{{opacity:{int(k == 0)};animation:f{k} {period}s step-end infinite}}.y{k}{{animation:y{k} {period}s step-end infinite}}"
        )

    d.text(xi + 2.5 * cell, 22, "输入 x（5×5）", bold=True)
    d.text(xo + 1.5 * cell, 22, "输出 y（3×3）", bold=True)
    d.raw('<g class="slide">')
    d.rect(xi, yi, 3 * cell, 3 * cell, fill="b-fill", stroke="none")
    for i, j in np.argwhere(KERNEL == 1):
        d.circle(xi + (j + 0.5) * cell, yi + (i + 0.5) * cell, 11, fill="a-fill", stroke="a")
    d.raw("</g>")
    mesh(d, xi, yi, 5, 5, cell, fill="none")
    d.raw('<g class="slide">')
    d.rect(xi, yi, 3 * cell, 3 * cell, stroke="b", width=3)
    d.raw("</g>")
    digits(d, xi, yi, INPUT, cell, size=15)
    mesh(d, xo, yo, 3, 3, cell)
    d.raw('<g class="slide">')
    d.rect(xo, yo, cell, cell, fill="b-fill", stroke="b", width=3)
    d.raw("</g>")
    for k, (i, j) in enumerate(places):
        d.text(xo + (j + 0.5) * cell, yo + (i + 0.5) * cell + 5.5, plain(output[i, j]), size=15, bold=True, cls=f"y{k}")
    d.arrow([(166, yo + 1.5 * cell), (250, yo + 1.5 * cell)])
    d.text(208, yo + 1.5 * cell - 8, "逐格滑动")
    d.text(208, yo + 1.5 * cell + 20, "步长 1")

    small, top, xs = 27.0, 226.0, (14.0, 115.0, 216.0)
    for x, words in zip(xs, ("窗口", "核 w（不变）", "逐元素的积"), strict=True):
        d.text(x + 1.5 * small, top - 8, words)
    d.text(334, top - 8, "求和")
    for x, sign in zip((105, 206, 307), ("⊙", "=", "→"), strict=True):
        d.text(x, top + 1.5 * small + 6, sign, size=16)
    mesh(d, xs[0], top, 3, 3, small, fill="b-fill", stroke="b")
    mesh(d, xs[1], top, 3, 3, small, fill="a-fill", stroke="a")
    mesh(d, xs[2], top, 3, 3, small)
    digits(d, xs[1], top, KERNEL, small, size=15)
    d.circle(334, top + 1.5 * small, 17, fill="b-fill", stroke="b", width=2)
    for k, (i, j) in enumerate(places):
        patch = INPUT[i : i + 3, j : j + 3]
        d.raw(f'<g class="f{k}">')
        digits(d, xs[0], top, patch, small, size=15)
        digits(d, xs[2], top, patch * KERNEL, small, size=15)
        d.text(334, top + 1.5 * small + 6, plain(output[i, j]), size=17, bold=True)
        d.raw("</g>")
    d.text(180, 329, "圈出核中为 1 的位置；九处用同一个核", fill="soft", size=12)
    return d


def stride_padding() -> Drawing:
    d = Drawing(
        474,
        "步长与填充怎样决定输出尺寸",
        "四种情形：不填充 5 变 3；补一圈零 5 仍为 5；补零且步长 2，7 变 4；6 宽步长 2 不填充得 2，剩下一列舍去。",
    )
    cell, y = 11.0, 42.0
    d.text(64, 18, "输入与窗口", bold=True)
    d.text(194, 18, "核宽 F=3", bold=True)
    d.text(310, 18, "输出", bold=True)
    f = 3
    for w, p, s, name in (
        (5, 0, 1, "不填充（valid）"),
        (5, 1, 1, "保持尺寸（same）"),
        (7, 1, 2, "步长 2"),
        (6, 0, 2, "除不尽"),
    ):
        full, out = w + 2 * p, (w + 2 * p - f) // s + 1
        x, xo = 64 - full * cell / 2, 310 - out * cell / 2
        middle = y + full * cell / 2
        used = (out - 1) * s + f
        if p:
            mesh(d, x, y, full, full, cell, fill="e-fill", stroke="e")
        mesh(d, x + p * cell, y + p * cell, w, w, cell)
        if used < full:
            for i in range(full):
                for j in range(full):
                    if max(i, j) >= used:
                        left, up = x + j * cell, y + i * cell
                        d.path(f"M{number(left + 3)} {number(up + 3)}l5 5m0 -5l-5 5", stroke="d", width=1)
        for i in range(out):
            for j in range(out):
                d.circle(x + (j * s + 0.5) * cell, y + (i * s + 0.5) * cell, 2.4, fill="ink", stroke="none")
        d.rect(x, y, f * cell, f * cell, stroke="b", width=2.5)
        d.rect(x + s * cell, y, f * cell, f * cell, stroke="a", width=2, dash="4 3")
        mesh(d, xo, middle - out * cell / 2, out, out, cell, fill="c-fill", stroke="c")
        d.text(310, middle + out * cell / 2 + 16, f"{out}×{out}")
        d.text(194, middle - 22, name, bold=True)
        d.text(194, middle - 4, f"W={w}　P={p}　S={s}")
        inside = f"{w}+{2 * p}−{f}"
        d.text(194, middle + 15, f"⌊({inside})/{s}⌋+1 = {out}" if s > 1 else f"({inside})/1+1 = {out}")
        d.arrow([(128, middle + 26), (258, middle + 26)], stroke="soft", width=1.2)
        y += full * cell + (34 if full > 5 else 42)
    y -= 14
    d.circle(20, y, 2.4, fill="ink", stroke="none")
    d.text(28, y + 4, "窗口的起点，一个起点得一个输出", anchor="start", size=12)
    d.rect(14, y + 14, 11, 11, stroke="b", width=2.5)
    d.text(30, y + 24, "第一个窗口", anchor="start", size=12)
    d.rect(104, y + 14, 11, 11, stroke="a", width=2, dash="4 3")
    d.text(120, y + 24, "下一个", anchor="start", size=12)
    d.rect(172, y + 14, 11, 11, fill="e-fill", stroke="e")
    d.text(188, y + 24, "补的零", anchor="start", size=12)
    d.path(f"M241 {number(y + 16)}l7 7m0 -7l-7 7", stroke="d")
    d.text(254, y + 24, "用不到，舍去", anchor="start", size=12)
    d.height = round(y + 36)
    return d


def lying(
    d: Drawing,
    x: float,
    y: float,
    n: int,
    cell: float,
    hue: str,
    *,
    marked: Sequence[tuple[int, int]] = (),
    pad: int = 0,
) -> None:
    """A grid lying flat, seen from the front and above, its far left corner at (x, y)."""

    def at(i: float, j: float) -> Point:
        return x + j * cell - i * cell * LEAN, y + i * cell * SQUASH

    def quad(i: int, j: int, size: int) -> list[Point]:
        return [at(i, j), at(i, j + size), at(i + size, j + size), at(i + size, j)]

    if pad:
        d.line(quad(0, 0, n), closed=True, stroke=hue, fill="paper", width=1, dash="3 2")
    d.line(quad(pad, pad, n - 2 * pad), closed=True, stroke=hue, fill=f"{hue}-fill", width=1.2)
    lines = [(at(i, 0), at(i, n)) for i in range(1, n)] + [(at(0, j), at(n, j)) for j in range(1, n)]
    d.path(
        "".join(f"M{number(a[0])} {number(a[1])}L{number(b[0])} {number(b[1])}" for a, b in lines),
        stroke=hue,
        width=0.4,
    )
    for i, j in marked:
        d.line(quad(i, j, 1), closed=True, stroke=hue, fill=hue, width=0.6)


LEAN, SQUASH = 0.5, 0.55


def channels() -> Drawing:
    d = Drawing(
        344,
        "输入通道、卷积核与输出通道",
        "7×7×3 的输入，两个 3×3×3 的核。每个核的三层分别对准输入的三个通道，三个结果相加再加偏置，得到一张 3×3 的输出；两个核得两张。",
    )
    window = [(i, j) for i in range(3) for j in range(3)]
    d.text(80, 18, "输入 7×7×3", bold=True)
    d.text(80, 36, "虚线一圈是补的零", size=12, fill="soft")
    d.text(262, 18, "2 个核，各 3×3×3", bold=True)
    d.text(220, 36, "核 1", size=12)
    d.text(306, 36, "核 2", size=12)
    rows = (("d", "R"), ("c", "G"), ("a", "B"))
    d.rect(178, 40, 80, 188, stroke="soft", dash="4 3", round_=6, width=1)
    d.rect(264, 40, 80, 188, stroke="soft", dash="4 3", round_=6, width=1)
    for k, (hue, letter) in enumerate(rows):
        y = 50 + 62.0 * k
        d.text(10, y + 30, letter, bold=True, fill=hue)
        lying(d, 52, y, 7, 13, hue, marked=window, pad=1)
        for x, i in ((220.0, "₁"), (306.0, "₂")):
            d.arrow([(134 if i == "₁" else 242, y + 19), (x - 22, y + 19)], stroke=hue, width=1.2)
            lying(d, x - 10, y + 8, 3, 13, hue)
            d.text(x, y + 43, f"w{i}{letter}", size=12, math=True)
    for x, i in ((220.0, "₁"), (306.0, "₂")):
        d.arrow([(x, 228), (x, 242)])
        d.box(x - 40, 244, 80, 26, f"三层相加+b{i}", hue="b", size=12)
        d.arrow([(x, 270), (x, 286)])
        lying(d, x - 14, 289, 3, 16, "e", marked=[(0, 0)])
        d.text(x - 40, 315, f"y{i}", math=True, anchor="end")
    d.text(262, 335, "输出 3×3×2（步长 2）", bold=True)
    for y, words in ((258, "核的通道数 3"), (276, "= 输入通道数 3"), (306, "输出通道数 2"), (324, "= 核的个数 2")):
        d.text(16, y, words, anchor="start", bold=words[0] != "=")
    d.line([(10, 246), (10, 280)], stroke="d", width=3)
    d.line([(10, 294), (10, 328)], stroke="e", width=3)
    return d


POOLED: Grid = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]], dtype=np.float64)


def quadrants(d: Drawing, x: float, y: float, cell: float) -> None:
    """A 2×2 arrangement of hues, each `cell` wide."""
    for k, hue in enumerate("abce"):
        d.rect(x + k % 2 * cell, y + k // 2 * cell, cell, cell, fill=f"{hue}-fill", stroke="ink", width=1.5)


def pooling() -> Drawing:
    d = Drawing(
        236,
        "2×2 步长 2 的最大池化与平均池化",
        "4×4 的输入分成四个 2×2 窗口。最大池化取 6 8 3 4，平均池化取 3.25 5.25 2 2。",
    )
    cell, x, y = 36.0, 14.0, 52.0
    d.text(x + 2 * cell, 22, "输入 4×4", bold=True)
    d.text(x + 2 * cell, 40, "圈出的是各窗口的最大值", size=12, fill="soft")
    quadrants(d, x, y, 2 * cell)
    for i in range(4):
        for j in range(4):
            block = POOLED[i - i % 2 : i - i % 2 + 2, j - j % 2 : j - j % 2 + 2]
            if POOLED[i, j] == block.max():
                d.circle(x + (j + 0.5) * cell, y + (i + 0.5) * cell, 13.5, fill="paper", width=1.8)
    digits(d, x, y, POOLED, cell, size=16)
    xo = 246.0
    tops = (34.0, 144.0)
    for top, words in zip(tops, ("最大", "平均"), strict=True):
        quadrants(d, xo, top, 40)
        digits(d, xo, top, pool(POOLED, mean=words == "平均"), 40, bold=True)
        d.text(xo + 40, top - 8, f"{words}池化", bold=True)
        middle = y + 2 * cell
        d.arrow([(166, middle), (200, middle), (200, top + 40), (xo - 8, top + 40)])
        d.text(204, top + 32, f"取{words}", anchor="start", size=12)
    d.text(86, 220, "四个窗口互不重叠", size=12, fill="soft")
    return d


def pooling_shift() -> Drawing:
    d = Drawing(
        216,
        "最大池化对小位移的不变性",
        "一个响应在 2×2 窗口内移动一格，池化结果不变；移动两格进入邻近的窗口，结果随之改变。",
    )
    cell = 22.0
    base = np.zeros((4, 4))
    base[0, 0] = 1
    first = pool(base)
    for k, words in enumerate(("原来", "右移一格", "右移两格")):
        x, y = 18 + 122.0 * k, 32.0
        image = np.roll(base, k, 1)
        result = pool(image)
        same = bool((result == first).all())
        d.text(x + 2 * cell, 20, words, bold=True)
        mesh(d, x, y, 4, 4, cell)
        d.path(
            f"M{number(x)} {number(y + 2 * cell)}h{number(4 * cell)}M{number(x + 2 * cell)} {number(y)}v{number(4 * cell)}",
            stroke="ink",
            width=2,
        )
        d.rect(x, y, 4 * cell, 4 * cell, width=2)
        hit = int(image[0].argmax())
        d.circle(x + (hit + 0.5) * cell, y + 0.5 * cell, 9, fill="b-fill", stroke="b", width=2)
        d.text(x + (hit + 0.5) * cell, y + 0.5 * cell + 5, "1", bold=True)
        d.arrow([(x + 2 * cell, y + 4 * cell + 4), (x + 2 * cell, y + 4 * cell + 20)])
        small, top = 24.0, y + 4 * cell + 22
        mesh(d, x + 2 * cell - small, top, 2, 2, small, stroke="ink")
        u, v = np.argwhere(result == 1)[0]
        d.rect(x + 2 * cell - small + v * small, top + u * small, small, small, fill="b-fill", stroke="b", width=2)
        digits(d, x + 2 * cell - small, top, result, small)
        if k:
            d.text(x + 2 * cell, 210, "结果不变" if same else "结果变了", fill="c" if same else "d", bold=True, size=13)
        else:
            d.text(x + 2 * cell, 210, "最大池化", size=13)
    return d


LENET = (
    ("C1", "卷积 5", 5, 1),
    ("S2", "池化 2", 2, 2),
    ("C3", "卷积 5", 5, 1),
    ("S4", "池化 2", 2, 2),
    ("C5", "卷积 5", 5, 1),
)


def receptive_field() -> Drawing:
    d = Drawing(
        368,
        "感受野逐层扩大：LeNet-5 的侧视图",
        "一维侧视：32 个输入像素，C1 的单元看 5 个，S2 看 6 个，C3 看 14 个，S4 看 16 个，C5 看全部 32 个。",
    )
    x0, cell, base, rise = 66.0, 9.0, 236.0, 44.0
    chain = (14, 7, 5, 2, 0)  # in each layer, a unit that sees the one chosen below it
    counts, fields, jumps = [32], [1], [1]
    for _, _, f, s in LENET:
        counts.append((counts[-1] - f) // s + 1)
        fields.append(fields[-1] + (f - 1) * jumps[-1])
        jumps.append(jumps[-1] * s)
    assert fields == [1, 5, 6, 14, 16, 32] and counts == [32, 28, 14, 10, 5, 1]

    def box(layer: int, unit: int) -> tuple[float, float]:
        """Left edge and width of a unit, which sits over the middle of what it sees."""
        middle = unit * jumps[layer] + fields[layer] / 2
        wide = 1 if layer == 0 else min(jumps[layer], 3)
        return x0 + (middle - wide / 2) * cell + 0.6, wide * cell - 1.2

    def level(layer: int) -> float:
        return base - rise * layer

    def sees(layer: int, units: range) -> range:
        """The units one layer below that these look at."""
        _, _, f, s = LENET[layer - 1]
        return range(units.start * s, (units.stop - 1) * s + f)

    period = 13
    for layer, unit in enumerate(chain, start=1):
        seen = sees(layer, range(unit, unit + 1))
        left, wide = box(layer, unit)
        first, (last, last_wide) = box(layer - 1, seen.start)[0], box(layer - 1, seen.stop - 1)
        y, hue = level(layer), HUES[layer - 1]
        d.line(
            [(left, y + 12), (left + wide, y + 12), (last + last_wide, y + rise), (first, y + rise)],
            closed=True,
            stroke=hue,
            width=1,
            fill=f"{hue}-fill",
        )
    for layer, count in enumerate(counts):
        y = level(layer)
        looked = sees(layer + 1, range(chain[layer], chain[layer] + 1)) if layer < 5 else range(0)
        for unit in range(count):
            left, wide = box(layer, unit)
            chosen = layer > 0 and unit == chain[layer - 1]
            hue = HUES[layer - 1] if chosen else HUES[layer] if unit in looked else "soft"
            d.rect(
                left,
                y,
                wide,
                12,
                fill=hue if chosen else f"{hue}-fill" if unit in looked else "paper",
                stroke=hue,
                width=1,
            )
        name = "输入" if layer == 0 else LENET[layer - 1][0]
        d.text(4, y + 5, name, anchor="start", bold=True, fill="ink" if layer == 0 else HUES[layer - 1])
        d.text(4, y + 20, f"{count} 个" if layer == 0 else LENET[layer - 1][1], anchor="start", size=12)
    for layer, unit in enumerate(chain, start=1):
        start = 100 * (layer - 1) / 5
        hide = "0%{opacity:0}" if layer > 1 else ""
        d.rule(
            f"@keyframes t{layer}{{{hide}{number(start)}%{{opacity:1}}{number(start + 20)}%{{opacity:0}}}}"
            if layer < 5
            else ""
        )
        d.rule(f"@keyframes t5{{0%{{opacity:0}}{number(start)}%{{opacity:1}}}}" if layer == 5 else "")
        d.rule(f".t{layer}{{opacity:0;animation:t{layer} {period}s step-end infinite}}")
        d.raw(f'<g class="t{layer}">')
        units = range(unit, unit + 1)
        for lower in range(layer, 0, -1):
            units = sees(lower, units)
            for k in units:
                left, wide = box(lower - 1, k)
                d.rect(left, level(lower - 1), wide, 12, fill=HUES[layer - 1], stroke=HUES[layer - 1], width=1)
        left, wide = box(layer, unit)
        d.rect(left - 3, level(layer) - 3, wide + 6, 18, stroke="ink", width=2)
        d.raw("</g>")
        y = base + 16 + 17.0 * layer
        begin = unit * jumps[layer]
        ends = x0 + begin * cell, x0 + (begin + fields[layer]) * cell
        d.line([(ends[0], y), (ends[1], y)], stroke=HUES[layer - 1], width=6)
        d.text(4, y + 4, f"{LENET[layer - 1][0]}：{fields[layer]}", anchor="start", size=12)
        assert units == range(begin, begin + fields[layer])
    d.text(x0 + 16 * cell, 360, "各层一个单元在输入上的感受野（侧视，每格一个像素）", size=12, fill="soft")
    return d


FIGURES: dict[str, Callable[[], Drawing]] = {
    "q03/kernel-sliding": kernel_sliding,
    "q03/stride-padding": stride_padding,
    "q02/channels": channels,
    "q04/pooling": pooling,
    "q04/pooling-shift": pooling_shift,
    "q65/receptive-field": receptive_field,
}
