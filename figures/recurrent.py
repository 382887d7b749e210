"""Figures on recurrent networks: unrolling, the classic shapes, back-propagation through time, tensor shapes."""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, exp, log10, pi, sin

import numpy as np
from numpy.typing import NDArray

from figures.drawing import Drawing

Point = tuple[float, float]
SUB = "₀₁₂₃₄"


def cell(d: Drawing, x: float, y: float, words: str, hue: str = "a", w: float = 32, h: float = 26) -> None:
    """A box of the network with its middle at (x, y), a variable's name inside."""
    d.rect(x - w / 2, y - h / 2, w, h, fill=f"{hue}-fill" if hue in "abcde" else "paper", stroke=hue, round_=5)
    d.text(x, y + 4.5, words, math=True, size=14)


def link(
    d: Drawing,
    start: Point,
    end: Point,
    *,
    gap: float = 15,
    gap_end: float | None = None,
    stroke: str = "ink",
    dash: str = "",
) -> None:
    """An arrow between two middles, held off from both by a gap."""
    (x0, y0), (x1, y1) = start, end
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    u, v = (x1 - x0) / length, (y1 - y0) / length
    last = gap if gap_end is None else gap_end
    d.arrow([(x0 + u * gap, y0 + v * gap), (x1 - u * last, y1 - v * last)], stroke=stroke, dash=dash)


def softmax(scores: Sequence[float]) -> list[float]:
    powers = [exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


def fold_unfold() -> Drawing:
    d = Drawing(
        262,
        "RNN 的折叠图与展开图",
        "左边是带环的循环单元，环上的小方块表示延迟一步；右边按时间展开成一条链，每一步的 U、W、V 都是同一组参数。",
    )
    x_y, h_y, y_y = 205, 130, 55

    def column(x: float, sub: str) -> None:
        cell(d, x, x_y, f"x{sub}", "c")
        cell(d, x, h_y, f"h{sub}", "a")
        cell(d, x, y_y, f"ŷ{sub}", "b")
        link(d, (x, x_y), (x, h_y), stroke="c")
        link(d, (x, h_y), (x, y_y), stroke="b")
        d.text(x + 6, (x_y + h_y) / 2 + 5, "U", anchor="start", math=True, fill="c")
        d.text(x + 6, (h_y + y_y) / 2 + 5, "V", anchor="start", math=True, fill="b")

    d.text(52, 22, "折叠图", bold=True)
    column(40, "ₜ")
    turns = [(-0.75 + 1.5 * i / 30) * pi for i in range(31)]
    d.arrow([(76 + 26 * cos(turn), h_y + 18 * sin(turn)) for turn in turns], stroke="e")
    d.rect(97, h_y - 5, 10, 10, fill="e", stroke="e")
    d.text(102, h_y - 27, "W", math=True, fill="e")
    d.text(84, h_y + 42, "延迟一步", size=12, fill="e")

    d.arrow([(122, h_y), (146, h_y)], stroke="soft", width=3)
    d.text(134, h_y - 12, "展开", size=12)

    d.text(256, 22, "按时间展开", bold=True)
    d.text(164, h_y + 5, "h₀", math=True, size=14)
    columns = (208, 264, 320)
    for x, sub in zip(columns, SUB[1:], strict=False):
        column(x, sub)
    for a, b in pairwise((166, *columns)):
        link(d, (a, h_y), (b, h_y), gap=17 if a > 170 else 9, gap_end=17, stroke="e")
        d.text((a + b) / 2 + (-3 if a < 170 else 0), h_y - 8, "W", math=True, fill="e")
    d.arrow([(337, h_y), (354, h_y)], stroke="e")
    d.text(346, h_y - 8, "⋯", fill="e")
    d.text(256, 248, "各步共用同一组 U、W、V", size=13)
    return d


def length_shapes() -> Drawing:
    d = Drawing(
        498,
        "按输入输出长度分的 RNN 结构",
        "一对一没有循环，作对照；一对多由一个向量逐步生成；多对一只取最后的输出；多对多逐步输出；编码器—解码器先读完三步再生成两步。",
    )

    def panel(
        left: float,
        top: float,
        name: str,
        note: str,
        xs: Sequence[float],
        inputs: Sequence[str],
        outputs: Sequence[str],
    ) -> list[Point]:
        """Columns at `left` + xs. An empty name leaves that input or output out. Returns the middles of the hidden states."""
        d.text(left, top + 14, name, bold=True, anchor="start")
        d.text(left, top + 31, note, size=12, anchor="start", fill="soft")
        middles = [(left + x, top + 104) for x in xs]
        for (x, y), below, above, i in zip(middles, inputs, outputs, range(len(xs)), strict=True):
            cell(d, x, y, f"h{SUB[i + 1]}" if len(xs) > 1 else "h", "a", w=28, h=24)
            if below:
                cell(d, x, y + 46, below, "c", w=28, h=22)
                link(d, (x, y + 46), (x, y), gap=12, gap_end=13, stroke="c")
            if above:
                cell(d, x, y - 46, above, "b", w=28, h=22)
                link(d, (x, y), (x, y - 46), gap=12, gap_end=12, stroke="b")
        for a, b in pairwise(middles):
            link(d, a, b)
        return middles

    panel(14, 0, "1 对 1", "没有循环，对照", (32,), ("x",), ("y",))
    made = panel(150, 0, "1 对 N", "由一个向量逐步生成", (30, 92, 154), ("x", "", ""), ("y₁", "y₂", "y₃"))
    for (x0, y0), (x1, y1) in pairwise(made):
        d.arrow([(x0 + 14, y0 - 38), (x1 - 10, y1 - 13)], stroke="b", dash="4 3")
    panel(14, 166, "N 对 1", "只要末尾的输出", (20, 68, 116), ("x₁", "x₂", "x₃"), ("", "", "y"))
    panel(192, 166, "N 对 N", "一一对应，逐步输出", (20, 68, 116), ("x₁", "x₂", "x₃"), ("y₁", "y₂", "y₃"))

    encoder = panel(
        14,
        332,
        "N 对 M",
        "编码器读完输入，解码器再逐个生成（N=3，M=2）",
        (20, 68, 116),
        ("x₁", "x₂", "x₃"),
        ("", "", ""),
    )
    y = encoder[-1][1]
    cell(d, 188, y, "c", "e", w=28, h=24)
    link(d, encoder[-1], (188, y), stroke="e")
    decoder = [(252.0, y), (322.0, y)]
    for (x, _), sub in zip(decoder, SUB[1:], strict=False):
        cell(d, x, y, f"s{sub}", "a", w=28, h=24)
        cell(d, x, y - 46, f"y{sub}", "b", w=28, h=22)
        link(d, (x, y), (x, y - 46), gap=12, gap_end=12, stroke="b")
    link(d, (188, y), decoder[0], stroke="e")
    link(d, decoder[0], decoder[1])
    d.text(200, y - 42, "起始符", size=12)
    d.arrow([(218, y - 38), (242, y - 13)], stroke="b", dash="4 3")
    d.arrow([(266, y - 38), (312, y - 13)], stroke="b", dash="4 3")
    d.arrow([(188, y + 12), (188, y + 30), (322, y + 30), (322, y + 13)], stroke="e", dash="1.5 3")
    d.text(255, y + 46, "c 也可送进每一步", size=12, fill="e")
    return d


def attention() -> Drawing:
    scores = (2, 1, 0)
    weights = softmax(scores)
    d = Drawing(
        366,
        "解码器第 i 步的注意力",
        "解码器的上一状态与三个编码器状态分别打分，得 2、1、0，经 softmax 成为权重，加权求和得 c，送入解码器的当前状态。",
    )
    columns = (56, 136, 216)
    target = (136.0, 52.0)
    for x, weight in zip(columns, weights, strict=True):
        d.line([(x, 112), target], stroke="d", width=1 + 10 * weight)
    cell(d, *target, "cᵢ", "e", w=40, h=28)
    d.text(22, 32, "加权求和", anchor="start", size=12)
    d.text(22, 48, "Σⱼ αᵢⱼ hⱼ", anchor="start", math=True)
    for j, (x, weight, score) in enumerate(zip(columns, weights, scores, strict=True), start=1):
        d.rect(x - 36, 112, 72, 26, fill="d-fill", stroke="d", round_=5)
        d.text(x, 130, f"{weight:.3f} h{SUB[j]}", size=13)
        d.arrow([(x, 164), (x, 141)], stroke="d")
        d.arrow([(x, 203), (x, 191)], stroke="d")
        d.rect(x - 18, 210, 36, 24, fill="paper", stroke="d", round_=5)
        d.text(x, 227, str(score))
        d.arrow([(x, 266), (x, 243)], stroke="a")
        cell(d, x, 280, f"h{SUB[j]}")
        cell(d, x, 332, f"x{SUB[j]}", "c")
        link(d, (x, 332), (x, 280), gap=14, gap_end=14, stroke="c")
    for a, b in pairwise(columns):
        link(d, (a, 280), (b, 280), gap=17)
    d.rect(20, 164, 232, 26, fill="paper", stroke="d", round_=5)
    d.rect(20, 203, 232, 38, stroke="soft", dash="3 3", round_=5)
    d.text(136, 182, "softmax：三个权重之和为 1", size=12)

    s_x = 318
    cell(d, s_x, 222, "sᵢ₋₁", w=42)
    d.arrow([(s_x - 22, 222), (255, 222)], stroke="a", dash="4 3")
    d.text(275, 214, "打分", size=12)
    cell(d, s_x, 52, "sᵢ", w=42)
    link(d, (s_x, 222), (s_x, 52), gap=14)
    link(d, target, (s_x, 52), gap=21, gap_end=23, stroke="e")
    cell(d, s_x, 13, "yᵢ", "b", h=22)
    d.arrow([(s_x, 38), (s_x, 26)], stroke="b")
    d.text(346, 118, "yᵢ₋₁", math=True)
    d.arrow([(346, 105), (332, 69)], stroke="b", dash="4 3")
    d.text(s_x, 255, "解码器", size=12)
    d.text(s_x, 337, "编码器", size=12, anchor="middle")
    d.arrow([(s_x - 24, 332), (236, 332)], stroke="soft", width=1)
    return d


def bidirectional() -> Drawing:
    d = Drawing(
        286,
        "双向 RNN",
        "同一段输入由两组参数各读一遍：一行从左到右，一行从右到左；每个位置把两个方向的状态拼接起来。",
    )
    columns = (78, 158, 238, 318)
    forward, backward, x_y, joint = 176, 110, 246, 38

    def arrowed(x: float, y: float, sub: str, left: bool) -> None:
        d.text(x, y + 8, f"h{sub}", math=True, size=14)
        ends = [(x - 8, y - 8), (x + 7, y - 8)]
        d.arrow(ends[::-1] if left else ends, width=1)

    for x in columns:
        for shift, y in ((-18, forward), (18, backward)):
            d.arrow([(x + shift / 3, x_y - 12), (x + shift, x_y - 30), (x + shift, y + 16)], stroke="c", width=1.2)
            d.arrow([(x + shift, y - 14), (x + shift, joint + 17)], stroke="soft", width=1.2)
    for row, order, hue, dx in ((forward, columns, "a", -18), (backward, columns[::-1], "b", 18)):
        for a, b in pairwise(order):
            way = 1 if b > a else -1
            d.line([(a + dx + 17 * way, row), (b + dx - 19 * way, row)], stroke="paper", width=6)
            d.arrow([(a + dx + 17 * way, row), (b + dx - 17 * way, row)], stroke=hue, width=2)
    for x, sub in zip(columns, SUB[1:], strict=False):
        for shift, y, hue in ((-18, forward, "a"), (18, backward, "b")):
            d.rect(x + shift - 16, y - 14, 32, 28, fill=f"{hue}-fill", stroke=hue, round_=5)
            arrowed(x + shift, y, sub, left=hue == "b")
            d.rect(x + shift - 18, joint - 14, 36, 28, fill=f"{hue}-fill", stroke=hue)
            arrowed(x + shift, joint, sub, left=hue == "b")
        cell(d, x, x_y, f"x{sub}", "c")
    for y, words, fill in (
        (joint, "拼接", "ink"),
        (backward, "后→前", "b"),
        (forward, "前→后", "a"),
        (x_y, "输入", "c"),
    ):
        d.text(2, y + 5, words, size=12, anchor="start", fill=fill)
    d.text(198, 280, "两个方向各有一套参数，维数加倍", size=12)
    return d


def bptt() -> Drawing:
    d = Drawing(
        352,
        "随时间反向传播中的雅可比连乘",
        "误差从第 4 步的损失出发，沿时间往回走；回到第 3、2、1 步的那一项分别多乘一、二、三个雅可比矩阵。",
    )
    columns = (66, 150, 234, 318)
    h_y, x_y = 96, 152
    d.text(18, h_y + 5, "h₀", math=True, size=14)
    for i, x in enumerate(columns, start=1):
        cell(d, x, h_y, f"h{SUB[i]}", w=36)
        cell(d, x, x_y, f"x{SUB[i]}", "c", w=36, h=22)
        link(d, (x, x_y), (x, h_y), gap=12, gap_end=15, stroke="c")
    for a, b in pairwise((20, *columns)):
        link(d, (a, h_y), (b, h_y), gap=19 if a > 20 else 9, gap_end=20)
        d.text((a + b) / 2 - (5 if a == 20 else 0), h_y + 17, "W", math=True)
    cell(d, columns[-1], 24, "ℒ₄", "d", w=36)
    d.arrow([(columns[-1] + 8, h_y - 14), (columns[-1] + 8, 40)])
    d.arrow([(columns[-1] - 8, 38), (columns[-1] - 8, h_y - 15)], stroke="d", dash="4 3", width=2)
    for i in (4, 3, 2):
        a, b = columns[i - 1] - 10, columns[i - 2] + 6
        arc = [(a + (b - a) * k / 20, h_y - 16 - 24 * sin(pi * k / 20)) for k in range(21)]
        d.arrow(arc, stroke="d", dash="4 3", width=2)
        d.text((a + b) / 2, h_y - 46, f"×J{SUB[i]}", fill="d")
    d.text(6, 20, "实线：前向", anchor="start", size=12)
    d.text(6, 37, "虚线：误差回传", anchor="start", size=12, fill="d")

    d.text(6, 196, "ℒ₄ 的梯度里，第 k 步那一项：", anchor="start", size=13)
    rows = ((4, ""), (3, " J₄"), (2, " J₄ J₃"), (1, " J₄ J₃ J₂"))
    for row, (k, chain) in enumerate(rows):
        y = 228 + 36 * row
        end, width = columns[k - 1], 5 * 0.62**row
        d.text(6, y - 12, f"k={k}：∂ℒ₄/∂h₄{' ·' if chain else ''}{chain} · ∂⁺h{SUB[k]}/∂W", anchor="start")
        stops = columns[k - 1 :][::-1]
        if k == 4:
            d.circle(end, y, 4, fill="d", stroke="d")
        for a, b in pairwise(stops):
            d.line([(a, y), (b, y)], stroke="d", width=width)
        if k < 4:
            d.line([(columns[-1], y - 5), (columns[-1], y + 5)], stroke="d", width=2)
            d.line([(end + 9, y - 5), (end, y), (end + 9, y + 5)], stroke="d", width=1.5)
    return d


def jacobian_norms(matrix: NDArray[np.float64], activation: str, steps: int = 100, seed: int = 1) -> list[float]:
    """Spectral norms of the products of 1, 2, ... Jacobians, computed as in the answer's program."""
    rng, n = np.random.default_rng(seed), len(matrix)
    h, product, norms = np.ones(n) * (activation == "relu"), np.eye(n), []
    for _ in range(steps):
        a = matrix @ h + 0.1 * rng.normal(size=n)
        h = np.tanh(a) if activation == "tanh" else np.maximum(a, 0)
        slope = 1 - h**2 if activation == "tanh" else (a > 0) * 1.0
        product = (slope[:, None] * matrix) @ product
        norms.append(float(np.linalg.norm(product, 2)))
    return norms


def product_norms() -> Drawing:
    d = Drawing(
        300,
        "雅可比连乘的范数随步数的变化",
        "纵轴为对数刻度。2 倍高斯阵的曲线升到一千万以上，0.8 倍高斯阵的降到十亿分之一以下，正交阵缓慢下降，单位阵加 ReLU 恒为 1。",
    )
    rng, n = np.random.default_rng(0), 64
    gauss = rng.normal(size=(n, n)) / np.sqrt(n)
    orthogonal = np.linalg.qr(rng.normal(size=(n, n)))[0]
    left, right, top, bottom, low, high = 48, 348, 34, 254, -10.5, 8.5

    def at(step: float, power: float) -> Point:
        return left + (right - left) * step / 100, bottom - (bottom - top) * (power - low) / (high - low)

    for power in range(-9, 9, 3):
        y = at(0, power)[1]
        d.line([(left, y), (right, y)], stroke="rule", width=1)
        d.text(
            left - 6,
            y + 4,
            f"10{str(power).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}",
            anchor="end",
            size=12,
            fill="soft",
        )
    for step in range(0, 101, 25):
        d.text(at(step, 0)[0], bottom + 17, str(step), size=12, fill="soft")
    d.line([(left, top), (left, bottom), (right, bottom)], stroke="soft", width=1)
    d.text(6, 18, "‖连乘积‖₂（对数刻度）", anchor="start", size=12)
    d.text((left + right) / 2, bottom + 36, "连乘的步数 t − k", size=12)
    lines = (
        (2.0 * gauss, "tanh", "d", "", (70, 6.9), "2.0×高斯阵，tanh：爆炸", "end"),
        (np.eye(n), "relu", "c", "7 4", (98, 0.55), "单位阵，ReLU：恒为 1", "end"),
        (orthogonal, "tanh", "b", "2 3", (98, -4.4), "正交阵，tanh：慢慢衰减", "end"),
        (0.8 * gauss, "tanh", "a", "", (4, -8.2), "0.8×高斯阵，tanh：消失", "start"),
    )
    for matrix, activation, hue, dash, spot, words, anchor in lines:
        norms = jacobian_norms(matrix, activation)
        d.line([at(step, log10(norm)) for step, norm in enumerate(norms, start=1)], stroke=hue, width=2.2, dash=dash)
        d.text(*at(*spot), words, size=12, anchor=anchor, fill=hue)
    return d


def slab(
    d: Drawing, x: float, y: float, w: float, h: float, hue: str, *, sheets: int = 3, step: Point = (7, -6)
) -> None:
    """A tensor as sheets one behind another; (x, y) is the upper left corner of the front one."""
    for i in reversed(range(sheets)):
        d.rect(x + step[0] * i, y + step[1] * i, w, h, fill=f"{hue}-fill", stroke=hue)


def tensor_shapes() -> Drawing:
    d = Drawing(
        436,
        "两层 LSTM 的输入输出形状",
        "输入 32×30×5 按时间步逐列送入两层 LSTM；上层各步的隐藏状态排成 32×30×64 的 output；两层最后时刻的 h 与 c 各成 2×32×64。",
    )
    xs = (76, 118, 202)
    top, upper, lower, bottom = 74, 202, 262, 330
    x0, w = 56, 166

    d.text(6, 18, "output：各步上层的 h", anchor="start", bold=True)
    d.text(6, 36, "(N, T, n) = (32, 30, 64)", anchor="start")
    slab(d, x0, top, w, 78, "b")
    d.rect(xs[2] - 20, top, 40, 78, fill="b", stroke="b", width=2)
    d.text(x0 - 6, top + 36, "特征", anchor="end", size=12)
    d.text(x0 - 6, top + 51, "n=64", anchor="end", size=12)
    d.text(244, top + 34, "末列 = h_n[-1]", anchor="start", size=12, fill="b", bold=True)
    d.text(244, top + 51, "（单向、不补齐时）", anchor="start", size=12)

    slab(d, x0, bottom, w, 40, "c")
    for x in (97, 139, 181):
        for y, h in ((top, 78), (bottom, 40)):
            d.line([(x, y), (x, y + h)], stroke="b" if y == top else "c", width=0.8)
    for y in (top + 44, bottom + 25):
        d.text(160, y, "⋯")
    d.text(x0 - 6, bottom + 17, "特征", anchor="end", size=12)
    d.text(x0 - 6, bottom + 32, "m=5", anchor="end", size=12)
    d.text(244, bottom + 8, "批量 N=32", anchor="start", size=12)
    d.text(x0 + w / 2, bottom + 57, "时间 T=30 步 →", size=12)
    d.text(6, bottom + 78, "输入 x", anchor="start", bold=True)
    d.text(6, bottom + 96, "(N, T, m) = (32, 30, 5)（batch_first=True）", anchor="start")

    for row, name in ((upper, "第 2 层"), (lower, "第 1 层")):
        d.text(4, row - 12, name, anchor="start", size=12)
        d.text(4, row + 5, "h₀,c₀", anchor="start", size=12, math=True)
        d.arrow([(41, row), (61, row)], stroke="e")
        for x, words in zip(xs, ("1", "2", "30"), strict=True):
            d.box(x - 14, row - 14, 28, 28, words)
        d.arrow([(xs[0] + 14, row), (xs[1] - 15, row)], stroke="e")
        d.arrow([(xs[1] + 14, row), (149, row)], stroke="e")
        d.text(160, row + 5, "⋯")
        d.arrow([(170, row), (xs[2] - 15, row)], stroke="e")
        d.arrow([(xs[2] + 14, row), (242, row)], stroke="e")
    for x in xs:
        d.arrow([(x, bottom), (x, lower + 16)], stroke="c")
        d.arrow([(x, lower - 14), (x, upper + 16)], stroke="a")
        d.arrow([(x, upper - 14), (x, top + 80)], stroke="b")

    for left, name in ((250, "h_n"), (306, "c_n")):
        for row, layer in ((upper, "层 2"), (lower, "层 1")):
            slab(d, left, row - 14, 34, 28, "e", sheets=2, step=(5, -5))
            d.text(left + 17, row + 5, layer, size=12)
        d.text(left + 18, upper - 27, name, fill="e")
    d.text(248, lower + 34, "各 (2, 32, 64)", anchor="start")
    return d


FIGURES = {
    "q30/fold-unfold": fold_unfold,
    "q31/length-shapes": length_shapes,
    "q31/attention": attention,
    "q31/bidirectional": bidirectional,
    "q14/bptt-jacobians": bptt,
    "q14/product-norms": product_norms,
    "q29/tensor-shapes": tensor_shapes,
}
