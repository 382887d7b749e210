"""Computational graphs: TensorFlow's data flow, values forward and gradients back, the chain rule, and a network computed by hand."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from figures.activation import Plot, Point
from figures.drawing import Drawing, colour, number


def signed(value: float, digits: int = 4) -> str:
    """A number with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "−")


def short(value: float) -> str:
    """An integer or short decimal without trailing zeros."""
    return number(value).replace("-", "−")


def between(p: Point, q: Point, start: float, end: float, shift: float = 0) -> tuple[Point, Point]:
    """The segment from p to q without its first `start` and last `end` pixels, moved `shift` pixels to its left (seen along it)."""
    length = math.dist(p, q)
    ex, ey = (q[0] - p[0]) / length, (q[1] - p[1]) / length
    nx, ny = ey * shift, -ex * shift
    return (p[0] + ex * start + nx, p[1] + ey * start + ny), (q[0] - ex * end + nx, q[1] - ey * end + ny)


def node(sheet: Drawing, p: Point, words: str, *, r: float = 18, hue: str = "ink", size: float = 16) -> None:
    sheet.circle(*p, r, fill="paper" if hue == "ink" else f"{hue}-fill", stroke=hue, width=1.5)
    sheet.text(p[0], p[1] + size * 0.36, words, size=size)


# TensorFlow's data-flow graph


def _operation(sheet: Drawing, p: Point, name: str, hue: str, *, dash: str = "", w: float = 84) -> None:
    x, y = p[0] - w / 2, p[1] - 15
    sheet.rect(x, y, w, 30, fill="paper" if hue == "soft" else f"{hue}-fill", stroke=hue, round_=5, dash=dash)
    sheet.text(p[0], p[1] + 5, name, fill="soft" if hue == "soft" else "ink")


def dataflow_graph() -> Drawing:
    sheet = Drawing(
        392,
        "TensorFlow 的数据流图",
        "占位符 x 与变量 w 经实线的数据边流入 MatMul，再经 Relu 到 Identity；log 经虚线的控制边指向 Identity；Exp 没有人取，被剪掉。",
    )
    x = np.array([[1.0, 2.0, 3.0]])
    y = x @ np.ones((3, 1))
    at = {
        "x": (88, 62),
        "w": (222, 62),
        "MatMul": (155, 140),
        "Relu": (100, 218),
        "Exp": (236, 218),
        "log": (236, 296),
        "Identity": (100, 296),
    }

    sheet.text(88, 16, "feed：[[1, 2, 3]]", size=12, fill="b")
    sheet.arrow([(88, 22), (88, 46)], stroke="b")
    for start, end, dash, hue in (
        ("x", "MatMul", "", "ink"),
        ("w", "MatMul", "", "ink"),
        ("MatMul", "Relu", "", "ink"),
        ("MatMul", "Exp", "2 4", "soft"),
        ("Relu", "Identity", "", "ink"),
    ):
        (x0, y0), (x1, y1) = at[start], at[end]
        sheet.arrow([(x0 + (x1 - x0) * 0.2, y0 + 15), (x1 - (x1 - x0) * 0.2, y1 - 16)], stroke=hue, dash=dash)
    sheet.arrow([(194, 296), (144, 296)], stroke="e", dash="6 4")
    sheet.arrow([(100, 311), (100, 334)], stroke="c")
    sheet.text(100, 350, f"fetch：[[{number(max(y[0, 0], 0))}.]]", size=12, fill="c")

    _operation(sheet, at["x"], "x 占位符", "b")
    _operation(sheet, at["w"], "w 变量", "b")
    for name in ("MatMul", "Relu"):
        _operation(sheet, at[name], name, "a")
    _operation(sheet, at["Identity"], "Identity", "c")
    _operation(sheet, at["log"], "log", "e")
    _operation(sheet, at["Exp"], "Exp", "soft", dash="2 4")

    sheet.text(84, 105, "[1, 3]", size=12, anchor="end", fill="soft")
    sheet.text(222, 105, "[3, 1]", size=12, anchor="start", fill="soft")
    sheet.text(108, 182, "[1, 1]", size=12, anchor="end", fill="soft")
    sheet.text(92, 262, "[1, 1]", size=12, anchor="end", fill="soft")
    sheet.text(272, 56, "值由会话持有，", size=12, anchor="start", fill="soft")
    sheet.text(272, 72, "不在图里", size=12, anchor="start", fill="soft")
    sheet.text(284, 214, "没人取它：", size=12, anchor="start", fill="soft")
    sheet.text(284, 230, "剪枝", size=12, anchor="start", fill="soft")
    sheet.text(284, 292, "不传数据，", size=12, anchor="start", fill="soft")
    sheet.text(284, 308, "只定先后", size=12, anchor="start", fill="soft")

    sheet.arrow([(16, 377), (46, 377)])
    sheet.text(52, 381, "数据边（旁注形状）", size=12, anchor="start")
    sheet.arrow([(196, 377), (226, 377)], stroke="e", dash="6 4")
    sheet.text(232, 381, "控制边", size=12, anchor="start")
    sheet.rect(286, 370, 20, 13, stroke="soft", dash="2 4", round_=3)
    sheet.text(312, 381, "不执行", size=12, anchor="start")
    return sheet


# Values forward, gradients back


def _two_way(
    sheet: Drawing, p: Point, q: Point, value: str, gradient: str, *, along: float = 0.5, end: float = 18
) -> None:
    """An edge with its value going forward above it, and the gradient coming back, dashed, below it."""
    forward, back = between(p, q, 20, end + 3, 4), between(q, p, end + 2, 21, 4)
    sheet.arrow(forward, stroke="a", width=1.8)
    sheet.arrow(back, stroke="d", width=1.8, dash="5 3")
    (above, _), (below, _) = (
        between(p, q, math.dist(p, q) * along, 0, 15),
        between(p, q, math.dist(p, q) * along, 0, -15),
    )
    sheet.text(above[0] + 3.5 * (len(value) - 2), above[1] + 4, value, size=14, fill="a", bold=True)
    sheet.text(below[0], below[1] + 6, gradient, size=14, fill="d", bold=True)


def graph_values() -> Drawing:
    sheet = Drawing(
        304,
        "f=(x+y)z 的计算图：前向值与反向梯度",
        "x、y 进入加法节点得 q=3，q 与 z 进入乘法节点得 f=−12；梯度从 f 处的 1 往回，q 处 −4，z 处 3，x 与 y 处都是 −4。",
    )
    x, y, z = -2.0, 5.0, -4.0
    q = x + y
    f = q * z
    df_dq, df_dz = z, q
    px, py, pz, plus, times, out = (30, 34), (30, 140), (30, 218), (146, 87), (256, 150), (338, 150)
    _two_way(sheet, px, plus, short(x), short(df_dq), along=0.44)
    _two_way(sheet, py, plus, short(y), short(df_dq), along=0.44)
    _two_way(sheet, plus, times, f"q = {short(q)}", short(df_dq), along=0.42)
    _two_way(sheet, pz, times, short(z), short(df_dz))
    _two_way(sheet, times, out, short(f), "1", end=14)
    for p, name in ((px, "x"), (py, "y"), (pz, "z")):
        node(sheet, p, name)
    node(sheet, plus, "+", hue="c", size=20)
    node(sheet, times, "×", hue="e", size=20)
    sheet.text(336, 155, "f", size=16)
    sheet.text(146, 58, "原样分发", size=12, fill="c")
    sheet.text(270, 122, "交换着乘", size=12, fill="e")

    sheet.arrow([(186, 22), (216, 22)], stroke="a", width=1.8)
    sheet.text(222, 26, "前向：值（线上方）", size=12, anchor="start")
    sheet.arrow([(216, 42), (186, 42)], stroke="d", width=1.8, dash="5 3")
    sheet.text(222, 46, "反向：∂f/∂·（下方）", size=12, anchor="start")

    sheet.line([(16, 250), (344, 250)], stroke="rule", width=1)
    sheet.text(16, 272, f"乘法：∂f/∂q = 1 × z = {short(df_dq)}，∂f/∂z = 1 × q = {short(df_dz)}", anchor="start")
    sheet.text(16, 294, f"加法：∂f/∂x = ∂f/∂y = {short(df_dq)} × 1 = {short(df_dq)}", anchor="start")
    return sheet


# The chain rule


def _tangent(plot: Plot, x: float, y: float, slope: float, run: float, words: tuple[str, str], rise: float = 4) -> None:
    """The tangent at (x, y) with its run and rise, which `words` name."""
    reach = 0.62 / math.hypot(1, slope)
    plot.line([(x - reach, y - reach * slope), (x + 1.6 * reach, y + 1.6 * reach * slope)], stroke="ink", width=1.2)
    plot.line([(x, y), (x + run, y)], stroke="b", width=3)
    plot.line([(x + run, y), (x + run, y + run * slope)], stroke="c", width=3, dash="5 2")
    plot.dot(x, y)
    u, v = plot.at(x + run / 2, y)
    plot.sheet.text(u, v + 16, words[0], size=12, fill="b")
    u, v = plot.at(x + run, y + run * slope / 2)
    plot.sheet.text(u + 5, v + rise, words[1], size=12, anchor="start", fill="c")


def local_slopes() -> Drawing:
    sheet = Drawing(
        316,
        "链式法则：逐级相乘的局部斜率",
        "左图 u=x² 在 x=1 处切线斜率 2，横走 0.3 升 0.6；右图 y=sin u 在 u=1 处斜率 0.540，横走 0.6 升 0.324；合起来约 1.08 倍。",
    )
    dx, slope_g, slope_f = 0.3, 2.0, math.cos(1)
    du = slope_g * dx
    dy = slope_f * du
    left = Plot(sheet, 32, 34, 128, 128, (0, 2), (0, 2))
    right = Plot(sheet, 212, 34, 128, 128, (0, 2), (0, 2))
    for plot, names in ((left, "xu"), (right, "uy")):
        plot.axes()
        plot.xticks({1: "1"})
        plot.yticks({1: "1"})
        plot.sheet.text(plot.left + 134, 166, names[0], size=14, math=True)
        plot.sheet.text(plot.left - 10, 40, names[1], size=14, math=True)
    left.curve(lambda x: x * x)
    right.curve(math.sin)
    _tangent(left, 1, 1, slope_g, dx, ("0.3", "0.6"))
    _tangent(right, 1, math.sin(1), slope_f, du, ("0.6", f"{dy:.3f}"), rise=-6)
    sheet.text(96, 18, "u = x²，斜率 2", bold=True)
    sheet.text(276, 18, f"y = sin u，斜率 {slope_f:.3f}", bold=True)

    for top, words, length, hue in (
        (194, "dx = 0.3", dx, "b"),
        (222, "du = 2 × dx = 0.6", du, "c"),
        (250, f"dy = {slope_f:.3f} × du = {dy:.3f}", dy, "e"),
    ):
        sheet.text(16, top + 14, words, anchor="start")
        sheet.rect(196, top, length * 240, 18, fill=f"{hue}-fill", stroke=hue)
    sheet.line([(16, 280), (344, 280)], stroke="rule", width=1)
    sheet.text(16, 304, f"合起来：dy/dx = {slope_f:.3f} × 2 ≈ {slope_f * slope_g:.2f}", anchor="start", bold=True)
    return sheet


def paths_add() -> Drawing:
    sheet = Drawing(
        228,
        "全导数：沿每条路相乘，再把各路相加",
        "t=1 经 u=t² 到 z=uv² 的路给 9×2=18，经 v=3t 的路给 6×3=18，相加得 36。",
    )
    t = 1.0
    u, v = t * t, 3 * t
    du, dv, dz_du, dz_dv = 2 * t, 3.0, v * v, 2 * u * v
    pt, pu, pv, pz = (44, 92), (180, 36), (180, 148), (316, 92)
    for p, q, hue, dash in ((pt, pu, "a", ""), (pu, pz, "a", ""), (pt, pv, "b", "7 4"), (pv, pz, "b", "7 4")):
        sheet.arrow(between(p, q, 24, 26), stroke=hue, width=2, dash=dash)
    for p, name, value in ((pt, "t", t), (pu, "u", u), (pv, "v", v), (pz, "z", u * v * v)):
        sheet.circle(*p, 23, fill="paper", width=1.5)
        sheet.text(p[0], p[1] + 4, f"{name} = {short(value)}")
    sheet.text(102, 52, f"2t = {short(du)}", fill="a", anchor="end")
    sheet.text(258, 52, f"v² = {short(dz_du)}", fill="a", anchor="start")
    sheet.text(102, 144, f"{short(dv)}", fill="b", anchor="end")
    sheet.text(258, 144, f"2uv = {short(dz_dv)}", fill="b", anchor="start")
    sheet.text(180, 76, "u = t²", size=12, fill="soft")
    sheet.text(180, 118, "v = 3t", size=12, fill="soft")
    sheet.text(260, 96, "z = uv²", size=12, fill="soft")

    sheet.line([(14, 184), (346, 184)], stroke="rule", width=1)
    sheet.text(14, 210, "dz/dt =", anchor="start", size=14)
    sheet.text(100, 210, f"{short(dz_du)} × {short(du)}", size=14, fill="a", bold=True)
    sheet.text(138, 210, "+", size=14)
    sheet.text(176, 210, f"{short(dz_dv)} × {short(dv)}", size=14, fill="b", bold=True)
    total = dz_du * du + dz_dv * dv
    sheet.text(212, 210, f"= {short(dz_du * du)} + {short(dz_dv * dv)} = {short(total)}", anchor="start", size=14)
    return sheet


# The two-layer network computed by hand

SECONDS = 14
STAGES = (4, 20, 38, 48, 58, 74, 97)
"""When each of the six steps begins, and when all of it fades, in per cent of the loop."""


def _timeline(sheet: Drawing) -> None:
    """Classes: `s1`..`s6` appear at their step and stay, `h1`..`h6` are lit while it lasts, `m1`, `m2`, `m5` travel by (--x, --y) in it."""
    for k, (start, end) in enumerate(pairwise(STAGES), 1):
        shown = start + (8 if k in (1, 2, 5) else 2)
        sheet.rule(
            f"@keyframes s{k}{{0%,{shown}%{{opacity:0}}{shown + 2}%,97%{{opacity:1}}100%{{opacity:0}}}}"
            f".s{k}{{animation:s{k} {SECONDS}s infinite}}"
            f"@keyframes h{k}{{0%,{start}%{{opacity:0}}{start + 1}%,{end}%{{opacity:1}}{end + 1}%,100%{{opacity:0}}}}"
            f".h{k}{{opacity:0;animation:h{k} {SECONDS}s infinite}}"
        )
        if k in (1, 2, 5):
            sheet.rule(
                f"@keyframes m{k}{{0%,{start}%{{opacity:0;transform:none}}{start + 1}%{{opacity:1;transform:none}}"
                f"{shown}%{{opacity:1;transform:translate(var(--x),var(--y))}}"
                f"{shown + 1}%,100%{{opacity:0;transform:translate(var(--x),var(--y))}}}}"
                f".m{k}{{opacity:0;animation:m{k} {SECONDS}s infinite}}"
            )


def _messenger(sheet: Drawing, p: Point, q: Point, cls: str, hue: str) -> None:
    """A mark that travels from p to q: a disc forward, a square on the way back."""
    (x0, y0), (x1, y1) = between(p, q, 30, 30)
    shape = (
        f'<circle cx="{number(x0)}" cy="{number(y0)}" r="6"'
        if hue == "a"
        else f'<rect x="{x0 - 6:.1f}" y="{y0 - 6:.1f}" width="12" height="12"'
    )
    move = f"--x:{number(x1 - x0)}px;--y:{number(y1 - y0)}px"
    sheet.raw(f'{shape} class="{cls}" style="fill:{colour(hue)};stroke:{colour("paper")};{move}"/>')


def _neuron(sheet: Drawing, p: Point, name: str, value: str, cls: str) -> None:
    sheet.circle(*p, 30, fill="paper", width=1.5)
    sheet.text(p[0], p[1] - 6, name)
    sheet.text(p[0], p[1] + 11, value, size=12, fill="a", cls=cls)


def _error(sheet: Drawing, x: float, y: float, words: str, cls: str, *, w: float = 96) -> None:
    sheet.rect(x - w / 2, y - 11, w, 22, fill="d-fill", stroke="d", dash="4 2", round_=4, cls=cls)
    sheet.text(x, y + 4, words, size=12, cls=cls)


def _weight(sheet: Drawing, p: Point, q: Point, along: float, weight: float, gradient: float, cls: str) -> None:
    """Beside the edge from p to q: its weight above, its gradient below."""
    length = math.dist(p, q)
    slant = abs(q[1] - p[1]) / length
    (x, y), _ = between(p, q, length * along, 0, 9 + 10 * slant)
    sheet.text(x, y + 4, short(weight), size=12)
    (x, y), _ = between(p, q, length * along, 0, -12 - 20 * slant)
    sheet.text(x, y + 4, signed(gradient), size=12, fill="d", cls=cls)


def _rows(sheet: Drawing, top: float, rows: Sequence[tuple[str, str]]) -> None:
    """The six steps, each lit in its turn."""
    for k, (hue, words) in enumerate(rows, 1):
        y = top + 22 * (k - 1)
        sheet.rect(8, y, 344, 21, fill=f"{hue}-fill", stroke="none", round_=4, cls=f"h{k}")
        sheet.text(14, y + 15, "①②③④⑤⑥"[k - 1], anchor="start", fill=hue)
        sheet.text(32, y + 15, "前向" if hue == "a" else "反向", size=12, anchor="start", fill=hue, bold=True)
        sheet.text(64, y + 15, words, anchor="start")


def backprop_sweep() -> Drawing:
    sheet = Drawing(
        424,
        "手算两层网络：前向求值，误差项往回传",
        "两个输入、两个 sigmoid 隐藏单元、一个线性输出。前向得 a¹=(0.5498, 0.6225)、ŷ=−0.0363、L=0.5370；"
        "反向得 δ²=−1.0363，再得 δ¹=(−0.1283, 0.1218)，每条连接下方是它的梯度。",
    )
    x, w1, w2, target = np.array([1.0, 0.5]), np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([0.5, -0.5]), 1.0
    z1 = w1 @ x
    a1 = 1 / (1 + np.exp(-z1))
    guess = float(w2 @ a1)
    d2 = guess - target
    d1 = w2 * d2 * a1 * (1 - a1)
    g1, g2 = np.outer(d1, x), d2 * a1

    _timeline(sheet)
    ins, hidden, out = ((32, 86), (32, 216)), ((168, 86), (168, 216)), (308, 151)
    for j, h in enumerate(hidden):
        for p in ins:
            sheet.arrow(between(p, h, 30, 32), stroke="soft")
        sheet.arrow(between(h, out, 30, 32), stroke="soft")
        for i, p in enumerate(ins):
            if i == j:
                _weight(sheet, p, h, 0.48, w1[j, i], g1[j, i], "s6")
            else:  # the two edges that cross: to the left of them, where there is room
                sheet.text(66, (132, 167)[i], short(w1[j, i]), size=12, anchor="end")
                sheet.text(66, (146, 181)[i], signed(g1[j, i]), size=12, anchor="end", fill="d", cls="s6")
        _weight(sheet, h, out, (0.52, 0.4)[j], w2[j], g2[j], "s4")
    sheet.arrow([(308, 121), (308, 60)], stroke="soft")
    sheet.box(266, 32, 84, 26, f"L = {0.5 * d2 * d2:.4f}", hue="a", cls="s2")
    sheet.text(308, 22, "标签 y = 1", size=12, fill="soft")
    for i, p in enumerate(ins):
        _neuron(sheet, p, f"x{'₁₂'[i]}", short(x[i]), "")
    for j, h in enumerate(hidden):
        _neuron(sheet, h, f"a{'₁₂'[j]}", signed(a1[j]), "s1")
        _error(sheet, h[0], (42, 261)[j], f"δ¹{'₁₂'[j]} = {signed(d1[j])}", "s5")
    _neuron(sheet, out, "ŷ", signed(guess), "s2")
    _error(sheet, out[0], 196, f"δ² = {signed(d2)}", "s3", w=94)
    for h in hidden:
        for p in ins:
            _messenger(sheet, p, h, "m1", "a")
        _messenger(sheet, h, out, "m2", "a")
        _messenger(sheet, out, h, "m5", "d")
    sheet.text(8, 16, "连线旁：上为权重 w", size=12, anchor="start")
    sheet.text(8, 32, "下为梯度 ∂L/∂w", size=12, anchor="start", fill="d")
    _rows(
        sheet,
        284,
        (
            ("a", f"z¹ = W¹x = ({short(z1[0])}, {short(z1[1])})，a¹ = σ(z¹)"),
            ("a", f"ŷ = W²a¹ = {signed(guess)}，L = ½(ŷ − y)²"),
            ("d", f"δ² = ŷ − y = {signed(guess)} − 1"),
            ("d", "∂L/∂W² = δ²(a¹)ᵀ"),
            ("d", "δ¹ = (W²)ᵀδ² ⊙ a¹(1 − a¹)"),
            ("d", "∂L/∂W¹ = δ¹xᵀ"),
        ),
    )
    return sheet


FIGURES = {
    "q07/dataflow-graph": dataflow_graph,
    "q60/graph-values": graph_values,
    "q61/local-slopes": local_slopes,
    "q61/paths-add": paths_add,
    "q69/backprop-sweep": backprop_sweep,
}
