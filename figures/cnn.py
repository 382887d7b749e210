"""Whole convolutional networks: from edges to objects, one image's way through the layers, classic models, four domains."""

from collections.abc import Callable, Sequence
from math import cos, exp, pi, sin

import numpy as np

from figures.convolution import Grid, Point, correlate, digits, mesh, pool, shade
from figures.drawing import Drawing

Strokes = list[list[Point]]  # polylines in a unit square


def arc(x: float, y: float, r: float, begin: float, end: float, *, flat: float = 1) -> list[Point]:
    """Part of an ellipse, angles in degrees, clockwise from the right."""
    turns = np.linspace(begin, end, 25) * pi / 180
    return [(x + r * cos(t), y + r * flat * sin(t)) for t in turns]


def placed(strokes: Strokes, x: float, y: float, w: float, h: float = 0) -> Strokes:
    """Strokes scaled into the rectangle at (x, y); a negative width mirrors them."""
    return [[(x + u * w, y + v * (h or abs(w))) for u, v in stroke] for stroke in strokes]


CORNER: Strokes = [[(0.12, 0.85), (0.5, 0.15), (0.88, 0.85)]]
ARC: Strokes = [arc(0.5, 0.8, 0.42, 180, 360, flat=1.3)]
RING: Strokes = [arc(0.5, 0.5, 0.34, 0, 360)]
STRIPES: Strokes = [[(0.1, v), (0.9, v)] for v in (0.25, 0.5, 0.75)]
EAR: Strokes = [[(0.1, 0.95), (0.3, 0.05), (0.9, 0.6)], [(0.3, 0.75), (0.36, 0.35), (0.65, 0.62)]]
EYE: Strokes = [arc(0.5, 0.72, 0.5, 205, 335), arc(0.5, 0.28, 0.5, 25, 155), arc(0.5, 0.5, 0.16, 0, 360)]
NOSE: Strokes = [
    [(0.36, 0.25), (0.64, 0.25), (0.5, 0.45), (0.36, 0.25)],
    [(0.5, 0.45), (0.5, 0.6)],
    arc(0.32, 0.6, 0.18, 0, 150),
    arc(0.68, 0.6, 0.18, 180, 30),
]
WHISKERS: Strokes = [[(0.95, 0.5 + 0.12 * k), (0.05, 0.5 + 0.35 * k)] for k in (-1, 0, 1)]
CAT: Strokes = [
    arc(0.5, 0.6, 0.37, 248, 292),
    arc(0.5, 0.6, 0.37, -15, 195),
    *placed(EAR, 0.1, 0.06, 0.3, 0.46),
    *placed(EAR, 0.9, 0.06, -0.3, 0.46),
    *placed(EYE, 0.23, 0.43, 0.22),
    *placed(EYE, 0.77, 0.43, -0.22),
    *placed(NOSE, 0.35, 0.6, 0.3),
    *placed(WHISKERS, 0.02, 0.66, 0.25),
    *placed(WHISKERS, 0.98, 0.66, -0.25),
]


def strokes_in(
    d: Drawing, strokes: Strokes, x: float, y: float, size: float, *, hue: str = "ink", width: float = 1.8
) -> None:
    for stroke in placed(strokes, x, y, size):
        d.line(stroke, stroke=hue, width=width)


def gabor(angle: float) -> Grid:
    """An oriented stripe, bright in the middle: what first-layer filters come to look like."""
    ys, xs = np.mgrid[-3:4, -3:4] / 3
    across = xs * sin(angle) - ys * cos(angle)
    return np.asarray(np.exp(-1.2 * (xs**2 + ys**2)) * np.cos(4.4 * across), dtype=np.float64)


def hierarchy() -> Drawing:
    d = Drawing(
        392,
        "从边缘到部件再到物体",
        "由下往上：四种朝向的条纹组合成角、弧、环、纹理，再组合成耳、眼、鼻口、胡须，最后组合成一张猫脸；越往上，看到的区域越大。",
    )
    x0, low, second, third, top = 76.0, 340.0, 242.0, 136.0, 6.0
    centres = [x0 + 35 + 70.0 * k for k in range(4)]
    edges, parts, sizes = (34.0, 44.0, 58.0)
    links = (
        (low, second + edges + 10, ((0, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 2), (3, 2), (1, 3))),
        (second, third + sizes, ((0, 0), (1, 1), (2, 1), (0, 2), (1, 2), (3, 3))),
        (third, top + 92, ((0, 0), (1, 1), (2, 2), (3, 3))),
    )
    for below, above, pairs in links:
        for i, j in pairs:
            goal = 176 + 30.0 * j if above < third else centres[j]
            d.line([(centres[i], below), (goal, above)], stroke="soft", width=1)
    for k, angle in enumerate((3 * pi / 4, 0.0, pi / 4, pi / 2)):
        x = centres[k] - edges / 2
        d.rect(x, low, edges + 1, edges + 1, fill="paper", stroke="a")
        shade(d, x + 0.5, low + 0.5, gabor(angle), edges / 7, hue="a")
    for k, glyph in enumerate((CORNER, ARC, RING, STRIPES)):
        d.rect(centres[k] - parts / 2, second, parts, parts, fill="c-fill", stroke="c", round_=3)
        strokes_in(d, glyph, centres[k] - parts / 2 + 4, second + 4, parts - 8)
    for k, glyph in enumerate((EAR, EYE, NOSE, WHISKERS)):
        d.rect(centres[k] - sizes / 2, third, sizes, sizes, fill="b-fill", stroke="b", round_=3)
        strokes_in(d, glyph, centres[k] - sizes / 2 + 5, third + 5, sizes - 10)
    d.rect(162, top, 118, 98, fill="e-fill", stroke="e", round_=3, width=1.6)
    strokes_in(d, CAT, 173, top + 1, 96, width=1.6)
    names = (
        (top + 44, "物体", "深层", "e"),
        (third + 24, "部件", "中层", "b"),
        (second + 18, "纹理", "浅层", "c"),
        (low + 12, "边缘", "第 1 层", "a"),
    )
    for y, name, where, hue in names:
        d.text(8, y, name, anchor="start", bold=True, fill=hue, size=14)
        d.text(8, y + 18, where, anchor="start", size=12)
    d.text(288, top + 40, "看到的", anchor="start", size=12, fill="soft")
    d.text(288, top + 56, "区域最大", anchor="start", size=12, fill="soft")
    d.arrow([(66, low + 36), (66, top + 6)], stroke="soft", width=1.2)
    for k, words in enumerate(("斜", "横", "斜", "竖")):
        d.text(centres[k] + 22, low + 22, words, anchor="start", size=12, fill="soft")
    return d


def letter(rows: Sequence[str]) -> Grid:
    """Strokes (#) are 1, the rest −1."""
    return np.array([[1 if mark == "#" else -1 for mark in row] for row in rows], dtype=np.float64)


X = letter(
    [
        ".........",
        ".#.....#.",
        "..#...#..",
        "...#.#...",
        "....#....",
        "...#.#...",
        "..#...#..",
        ".#.....#.",
        ".........",
    ]
)
ROUND = letter(
    [
        ".........",
        "...###...",
        "..#...#..",
        ".#.....#.",
        ".#.....#.",
        ".#.....#.",
        "..#...#..",
        "...###...",
        ".........",
    ]
)
FEATURES = (letter(["#..", ".#.", "..#"]), letter(["#.#", ".#.", "#.#"]), letter(["..#", ".#.", "#.."]))


def two(value: float) -> str:
    return f"{value:.2f}"


def pooled_twice(image: Grid, feature: Grid) -> tuple[Grid, Grid, Grid, Grid]:
    """Match, ReLU, one pooling (with a row and a column of zeros added), another."""
    match = correlate(image, feature) / 9
    positive = np.maximum(match, 0)
    first = pool(np.pad(positive, ((0, 1), (0, 1))))
    return match, positive, first, pool(first)


def steps() -> Drawing:
    d = Drawing(
        542,
        "一个 X 逐层走完 CNN",
        "9×9 的 X 与下斜线特征逐处比对得 7×7，负数清零，两次取最大得 2×2；12 个数投票，X 得 1.00、O 得 0.56，概率 0.61 与 0.39。",
    )
    match, positive, first, second = pooled_twice(X, FEATURES[0])
    d.text(8, 18, "① 卷积：特征逐处比对", anchor="start", bold=True)
    mesh(d, 8, 34, 9, 9, 9.5)
    shade(d, 8, 34, X, 9.5, hue="ink")
    d.rect(8 + 9.5, 34 + 9.5, 28.5, 28.5, stroke="b", width=2.5)
    d.text(51, 138, "9×9 的 X", size=12)
    d.text(51, 154, "实心 1，空白 −1", size=12, fill="soft")
    mesh(d, 100, 34, 3, 3, 10, stroke="b")
    shade(d, 100, 34, FEATURES[0], 10, hue="b")
    d.text(115, 82, "特征 \\", size=12)
    d.arrow([(98, 98), (132, 98)])
    mx, my, cell, tall = 138.0, 34.0, 31.0, 19.0
    d.rect(mx, my, 7 * cell, 7 * tall, fill="paper", stroke="soft")
    shade(d, mx, my, positive * 0.55, cell, tall=tall, hue="b", levels=10)
    mesh(d, mx, my, 7, 7, cell, tall=tall, fill="none")
    digits(d, mx, my, match, cell, tall=tall, size=11, show=two)
    d.rect(mx + cell, my + tall, cell, tall, stroke="b", width=2.5)
    d.text(mx + 3.5 * cell, 184, "7×7 匹配度，1.00 是九格全同", size=12, fill="soft")

    y = 238.0
    d.text(8, y - 32, "② 负数清零", anchor="start", bold=True)
    d.text(142, y - 32, "③ 2×2 取最大", anchor="start", bold=True)
    d.text(282, y - 32, "④ 再取一次", anchor="start", bold=True)
    small = 14.0
    mesh(d, 8, y - 16, 7, 7, small)
    shade(d, 8, y - 16, positive * 0.8, small, hue="b", levels=10)
    d.rect(8, y - 16, 8 * small, 8 * small, stroke="soft", dash="3 2")
    for k in (2, 4, 6):
        d.line([(8 + k * small, y - 16), (8 + k * small, y - 16 + 8 * small)], width=1.6)
        d.line([(8, y - 16 + k * small), (8 + 8 * small, y - 16 + k * small)], width=1.6)
    d.text(64, y + 112, "虚线处补 0", size=12, fill="soft")
    middle = y - 16 + 4 * small
    d.arrow([(124, middle), (140, middle)])
    for x, values in ((144.0, first), (284.0, second)):
        n = len(values)
        d.rect(x, middle - n * 11, n * 30, n * 22, fill="paper", stroke="soft")
        shade(d, x, middle - n * 11, values * 0.55, 30, tall=22, hue="b", levels=10)
        mesh(d, x, middle - n * 11, n, n, 30, tall=22, fill="none")
        digits(d, x, middle - n * 11, values, 30, tall=22, size=12, show=two)
    d.arrow([(266, middle), (281, middle)])
    d.text(314, middle + 40, "2×2", size=12, fill="soft")
    d.text(204, middle + 62, "4×4", size=12, fill="soft")

    y = 398.0
    d.text(8, y - 22, "⑤ 三个特征共 12 个数投票", anchor="start", bold=True)
    votes = np.concatenate([pooled_twice(X, feature)[3].ravel() for feature in FEATURES])
    against = np.concatenate([pooled_twice(ROUND, feature)[3].ravel() for feature in FEATURES])
    w_x, w_o = (np.isclose(v, 1) / np.isclose(v, 1).sum() for v in (votes, against))
    scores = float(w_x @ votes), float(w_o @ votes)
    chance = 1 / (1 + exp(scores[1] - scores[0]))
    assert [two(v) for v in (*scores, chance)] == ["1.00", "0.56", "0.61"]
    assert two(match[3, 3]) == "0.56" and np.isclose(match[1, 1], 1)
    cell = 28.0
    for k, name in enumerate(("\\", "交叉", "/")):
        d.text(12 + (4 * k + 2) * cell, y - 4, name, size=12)
    shade(d, 12, y, votes[None] * 0.55, cell, tall=22, hue="b", levels=10)
    mesh(d, 12, y, 1, 12, cell, tall=22, fill="none")
    digits(d, 12, y, votes[None], cell, tall=22, size=11, show=two)
    for k in (4, 8):
        d.line([(12 + k * cell, y), (12 + k * cell, y + 22)], width=2)
    goals = ((96.0, "a", "", w_x), (264.0, "d", "5 3", w_o))
    for goal, hue, dash, weights in goals:
        for vote in np.flatnonzero(weights):
            d.line([(12 + (vote + 0.5) * cell, y + 23), (goal, y + 66)], stroke=hue, dash=dash, width=1.3)
    for (goal, hue, _, weights), name, score, share in zip(goals, "XO", scores, (chance, 1 - chance), strict=True):
        d.box(goal - 56, y + 64, 112, 25, f"{name} 得分 {two(score)}", hue=hue)
        d.text(
            goal, y + 107, f"{np.count_nonzero(weights)} 票，每票 1/{np.count_nonzero(weights)}", size=12, fill="soft"
        )
        d.arrow([(goal, y + 112), (goal, y + 121)])
        d.text(goal, y + 136, f"{name} 的概率 {two(share)}", bold=True)
    d.text(180, y + 136, "softmax", size=12)
    return d


def sheets(d: Drawing, x: float, y: float, side: float, count: int, step: float, hue: str) -> None:
    """A pile of square feature maps, the front one at (x, y), the others behind to the upper right."""
    for k in reversed(range(count)):
        d.rect(x + k * step, y - k * step, side, side, fill=f"{hue}-fill", stroke=hue, width=0.8 if count > 1 else 1.2)


def layer_stack() -> Drawing:
    d = Drawing(
        434,
        "经典 CNN 的层次",
        "自上而下：输入、卷积、ReLU、池化、全连接、ReLU、输出的全连接；卷积和 ReLU 重复 N 次，连同池化重复 M 次，全连接和 ReLU 重复 K 次。",
    )
    filters, hidden, classes = 16, 64, 10
    flat = 16 * 16 * filters
    counts = filters * (9 * 3 + 1), (flat + 1) * hidden, (hidden + 1) * classes
    rows = (
        ("INPUT", "输入层", "32×32×3", "e", 0),
        ("CONV", "卷积层", "32×32×16", "a", counts[0]),
        ("RELU", "激活层", "32×32×16", "c", 0),
        ("POOL", "池化层", "16×16×16", "b", 0),
        ("FC", "全连接层", "64 维", "d", counts[1]),
        ("RELU", "激活层", "64 维", "c", 0),
        ("FC", "全连接，接 softmax", "10 维", "d", counts[2]),
    )
    pitch, top = 59.0, 8.0
    for k, (short, name, shape, hue, weights) in enumerate(rows):
        y = top + pitch * k
        if k:
            d.arrow([(113, y - 17), (113, y - 1)])
        d.box(80, y, 66, 40, short, hue=hue, size=14)
        d.text(154, y + 17, name, anchor="start", bold=True)
        d.text(154, y + 34, f"{shape} · {f'{weights:,} 参数' if weights else '无参数'}", anchor="start", size=12)
        if "×" in shape:
            side = 15 if short == "POOL" else 30
            maps = 3 if k == 0 else 6
            sheets(d, 28 - side / 2, y + 20 - side / 2 + 1.25 * (maps - 1), side, maps, 2.5, hue)
        else:
            tall = 16 if k == 6 else 40
            d.rect(32, y + 20 - tall / 2, 9, tall, fill=f"{hue}-fill", stroke=hue)
    d.text(120, top + 4 * pitch - 6, f"展平成 {flat} 维", anchor="start", size=11, fill="soft")
    for a, b, x, words in ((1, 2, 300, "×N"), (1, 3, 330, "×M"), (4, 5, 300, "×K")):
        y0, y1 = top + pitch * a, top + pitch * b + 40
        d.line([(x - 6, y0), (x, y0), (x, y1), (x - 6, y1)], width=1.4)
        d.text(x + 4, (y0 + y1) / 2 + 5, words, anchor="start", bold=True)
    d.text(180, 424, "数字以 16 个 3×3 核、N=M=K=1 为例", size=12, fill="soft")
    return d


def vgg16() -> list[tuple[str, float, float]]:
    """Name, parameters and multiply-adds of each weighted layer."""
    layers, channels, side = [], 3, 224
    for block, (width, repeats) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), start=1):
        for k in range(1, repeats + 1):
            layers.append((f"卷积 {block}-{k}", 9.0 * channels * width + width, 9.0 * channels * width * side**2))
            channels = width
        side //= 2
    for k, (a, b) in enumerate(((7 * 7 * 512, 4096), (4096, 4096), (4096, 1000)), start=1):
        layers.append((f"全连接 {k}", a * b + b, float(a * b)))
    return layers


def where_the_weights_are() -> Drawing:
    d = Drawing(
        348,
        "VGG-16 各层的参数与计算量",
        "左边是各层参数量，右边是乘加次数。参数的 89.4% 在三个全连接层，其中第一个独占 1.03 亿；乘加的 99.2% 在卷积层。",
    )
    layers = vgg16()
    params, work = (np.array(column) for column in ([p for _, p, _ in layers], [m for _, _, m in layers]))
    dense = np.array([name.startswith("全") for name, _, _ in layers])
    share_p, share_w = params[dense].sum() / params.sum(), work[~dense].sum() / work.sum()
    assert (round(100 * share_p, 1), round(100 * share_w, 1)) == (89.4, 99.2)
    d.text(74, 18, "参数（万个）", bold=True)
    d.text(286, 18, "乘加（亿次）", bold=True)
    for k, (name, p, m) in enumerate(layers):
        y = 28 + 17.0 * k
        d.text(180, y + 12, name, size=12)
        hue = "d" if dense[k] else "a"
        left, right = 90 * p / params.max(), 74 * m / work.max()
        d.rect(144 - left, y + 2, left, 12, fill=f"{hue}-fill", stroke=hue)
        d.rect(216, y + 2, right, 12, fill=f"{hue}-fill", stroke=hue)
        d.text(138 - left, y + 12, f"{p / 1e4:,.0f}" if p > 1e5 else f"{p / 1e4:.1f}", anchor="end", size=11)
        d.text(222 + right, y + 12, f"{m / 1e8:.1f}" if m > 1e8 else f"{m / 1e8:.2f}", anchor="start", size=11)
    d.line([(8, 304), (352, 304)], stroke="rule", width=1)
    d.text(74, 322, f"全连接占 {share_p:.1%}", bold=True, fill="d")
    d.text(286, 322, f"卷积占 {share_w:.1%}", bold=True, fill="a")
    d.text(74, 340, f"共 {params.sum() / 1e8:.2f} 亿", size=12)
    d.text(286, 340, f"共 {work.sum() / 1e8:.1f} 亿次", size=12)
    return d


def lenet_pipeline() -> Drawing:
    d = Drawing(
        288,
        "LeNet-5 的数据怎样流过各层",
        "输入 1×32×32，经 C1 得 6×28×28，S2 得 6×14×14，C3 得 16×10×10，S4 得 16×5×5，C5 得 120，F6 得 84，输出 10；参数集中在 C5。",
    )
    shapes = [(1, 32), (6, 28), (6, 14), (16, 10), (16, 5)]
    weights = {"C1": 6 * (25 + 1), "C3": 16 * (25 * 6 + 1), "C5": 120 * (400 + 1), "F6": 84 * 121, "输出": 10 * 85}
    assert sum(weights.values()) == 61706
    names = ("输入", "C1", "S2", "C3", "S4")
    xs, bottom, step = (8.0, 104.0, 198.0, 276.0, 14.0), 78.0, 2.4
    for k, ((maps, size), name, x) in enumerate(zip(shapes, names, xs, strict=True)):
        y, side = bottom + (0 if k < 4 else 154), size * 1.9
        sheets(d, x, y - side, side, maps, step, "e" if k == 0 else "ab"[(k + 1) % 2])
        d.text(x, y + 17, name, anchor="start", bold=True)
        d.text(x, y + 33, f"{maps}×{size}×{size}", anchor="start", size=12)
        note = f"{weights[name]:,} 参数" if name in weights else "0 参数"
        d.text(x, y + 49, note if k else "通道×高×宽", anchor="start", size=12, fill="soft")
    for x, words, wide in ((72.0, "5×5", 28.0), (172.0, "2×2", 23.0), (240.0, "5×5", 32.0)):
        d.arrow([(x, 54), (x + wide, 54)])
        d.text(x + wide / 2, 47, words, size=11)
    d.arrow([(332, 42), (354, 42), (354, 139), (40, 139), (40, 178)])
    d.text(46, 156, "2×2 池化", anchor="start", size=12)
    top = bottom + 154
    for x, name, size, hue in ((124.0, "C5", 120, "a"), (212.0, "F6", 84, "d"), (294.0, "输出", 10, "c")):
        tall = size * 0.62 if size > 10 else 20
        d.rect(x, top - tall, 12, tall, fill=f"{hue}-fill", stroke=hue)
        d.text(x, top + 17, name, anchor="start", bold=True)
        d.text(x, top + 33, str(size) if name != "C5" else "120×1×1", anchor="start", size=12)
        d.text(x, top + 49, f"{weights[name]:,} 参数", anchor="start", size=12, fill="soft")
    for x, words, end in ((64.0, "5×5 卷积", 120.0), (142.0, "全连接", 208.0), (230.0, "全连接", 288.0)):
        d.arrow([(x, 222), (end, 222)])
        d.text((x + end) / 2 - 2, 213, words, size=11)
    return d


def residual_block() -> Drawing:
    d = Drawing(
        374,
        "普通块与残差块",
        "左边两层卷积直接学习目标映射；右边多一条恒等支路，把 x 原样加到两层卷积的输出 F(x) 上，y = x + F(x)，梯度也可经它直接传回。",
    )
    for x, residual in ((76.0, False), (248.0, True)):
        d.text(x, 20, "残差块" if residual else "普通块", bold=True, size=15)
        d.text(x - 10, 46, "x", math=True, size=16, anchor="end")
        d.arrow([(x, 34), (x, 64)])
        for k, words in enumerate(("3×3 卷积", "BN、ReLU", "3×3 卷积", "BN")):
            d.box(x - 46, 66 + 38.0 * k, 92, 26, words, hue="a" if k % 2 == 0 else "c")
            if k < 3 or residual:
                d.arrow([(x, 92 + 38.0 * k), (x, 102 + 38.0 * k if k < 3 else 228)])
        d.text(x - 56, 140, "F" if residual else "H", math=True, size=16, anchor="end")
        if residual:
            d.circle(x, 240, 11, fill="b-fill", stroke="b", width=2)
            d.path(f"M{x - 6:g} 240h12M{x:g} 234v12", stroke="b", width=2)
            d.arrow([(x, 50), (x + 76, 50), (x + 76, 240), (x + 13, 240)], stroke="b", width=2.5)
            d.text(x + 70, 128, "恒", fill="b", bold=True, anchor="end")
            d.text(x + 70, 146, "等", fill="b", bold=True, anchor="end")
            d.arrow([(x, 252), (x, 276)])
        else:
            d.arrow([(x, 206), (x, 276)])
        d.text(x - 10, 268, "y", math=True, size=16, anchor="end")
        d.text(x, 296, "y = x + F(x)" if residual else "y = H(x)", math=True, size=16)
        d.text(x, 320, "∂y/∂x = I + ∂F/∂x" if residual else "∂y/∂x = ∂H/∂x", math=True, size=15)
    d.text(76, 341, "梯度只能穿过各层", size=12)
    d.text(248, 341, "梯度另有一条直路", size=12)
    d.text(180, 366, "y 之后都再过一次 ReLU", size=12, fill="soft")
    d.line([(160, 10), (160, 340)], stroke="rule", width=1)
    return d


MODELS = (
    (1998, "LeNet-5", 7, 0.0),
    (2012, "AlexNet", 8, 15.3),
    (2013, "ZFNet", 8, 14.8),
    (2014, "VGG-19", 19, 7.3),
    (2014, "GoogLeNet", 22, 6.7),
    (2015, "ResNet-152", 152, 3.57),
    (2017, "SENet", 154, 2.25),
)


def depth_and_error() -> Drawing:
    d = Drawing(
        286,
        "经典模型的层数与错误率",
        "从 1998 年的 7 层到 2012 年的 8 层、2014 年的约 20 层，再到 2015 年的 152 层；ILSVRC top-5 错误率从 15.3% 降到 2.25%。",
    )
    d.text(130, 18, "带权层数", anchor="start", bold=True)
    d.text(254, 18, "top-5 错误率", anchor="start", bold=True)
    y = 30.0
    for year, name, depth, error in MODELS:
        d.text(8, y + 16, str(year), anchor="start", size=12, fill="soft")
        d.text(122, y + 16, name, anchor="end")
        long = 82 * depth / 154
        d.rect(130, y + 3, long, 18, fill="a-fill", stroke="a")
        d.text(136 + long, y + 17, str(depth), anchor="start", bold=True)
        if error:
            wide = 56 * error / 15.3
            d.rect(254, y + 3, wide, 18, fill="d-fill", stroke="d")
            d.text(260 + wide, y + 17, f"{error:g}%", anchor="start", size=12)
        else:
            d.text(254, y + 17, "—", anchor="start")
            d.line([(8, y + 31), (352, y + 31)], stroke="soft", dash="4 4", width=1)
            d.text(180, y + 46, "相隔十四年", size=12, fill="soft")
            d.line([(8, y + 53), (352, y + 53)], stroke="soft", dash="4 4", width=1)
            y += 30
        y += 29 if year > 2000 else 28
    d.text(180, 280, "错误率为参赛或论文的集成结果", size=12, fill="soft")
    return d


HEAD = np.array(
    [[1, 0, 0, 0, 1], [1, 1, 0, 1, 1], [1, 1, 1, 1, 1], [1, 0, 1, 0, 1], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0]],
    dtype=np.float64,
)
SENTENCE = ("我", "觉得", "不", "好看", "真的", "不", "好看")
SHAPE = (
    (1, 1, 1),
    (2, 0, 1),
    (3, 1, 1),
    (2, 1, 0),
    (1, 2, 0),
)  # a stone's place in its window, and whether it is filled


def spectrogram() -> Grid:
    """Three ridges of sound; the second glides upwards twice, at 3..8 and at 15..20."""
    times, bands = np.arange(24), np.arange(12)[:, None]
    glide = np.full(24, 6.0)
    for start in (3, 15):
        glide[start : start + 6] = np.linspace(6.5, 2.5, 6)
    loud = np.where((times % 12 < 2) | (times % 12 > 9), 0.35, 1.0)
    ridges = [
        np.exp(-(((bands - line) / width) ** 2))
        for line, width in ((glide, 0.9), (np.full(24, 10.0), 0.8), (np.full(24, 0.8), 0.6))
    ]
    return np.asarray(loud * (ridges[0] + 0.7 * ridges[1] + 0.4 * ridges[2]), dtype=np.float64)


def twice(d: Drawing, first: Point, second: Point, w: float, h: float) -> None:
    """One window in two places: solid where it stands, dashed where it is used again."""
    d.rect(*first, w, h, stroke="b", width=2.5, round_=2)
    d.rect(*second, w, h, stroke="b", width=2.5, round_=2, dash="5 3")


def four_domains() -> Drawing:
    d = Drawing(
        370,
        "同一个办法用于四个领域",
        "图像、文本、频谱图、棋盘上各有两处相同的局部图案，由同一个窗口（同一组权重）在不同位置检出。图像与棋盘沿两个方向滑动，文本沿词序，语音沿时间。",
    )
    left, right, upper, lower = 10.0, 192.0, 28.0, 202.0
    heads = (
        (left, upper, "图像", "像素网格"),
        (right, upper, "文本", "词 × 词向量维"),
        (left, lower, "语音", "时间 × 频率"),
        (right, lower, "围棋", "19×19 棋盘"),
    )
    for x, y, name, kind in heads:
        d.text(x, y - 10, name, anchor="start", bold=True, size=14)
        d.text(x + 34, y - 10, kind, anchor="start", size=12, fill="soft")
    pixel = 9.0
    picture = np.zeros((12, 16))
    for i, j in ((1, 1), (5, 10)):
        picture[i : i + 6, j : j + 5] = HEAD
    shade(d, left, upper, picture, pixel, hue="a")
    mesh(d, left, upper, 12, 16, pixel, fill="none", stroke="rule")
    twice(d, (left + pixel, upper + pixel), (left + 10 * pixel, upper + 5 * pixel), 5 * pixel, 6 * pixel)
    d.text(left, upper + 126, "沿长、宽滑动", anchor="start", size=12)

    rng = np.random.default_rng(5)
    vectors = {word: rng.random(11) for word in dict.fromkeys(SENTENCE)}
    table, tall, wide = right + 36, 108 / 7, 11.0
    shade(d, table, upper, np.array([vectors[word] for word in SENTENCE]), wide, tall=tall, hue="a")
    mesh(d, table, upper, 7, 11, wide, tall=tall, fill="none", stroke="rule")
    for k, word in enumerate(SENTENCE):
        d.text(table - 6, upper + tall * (k + 0.5) + 4.3, word, anchor="end", size=12)
    twice(d, (table, upper + 2 * tall), (table, upper + 5 * tall), 11 * wide, 2 * tall)
    d.text(right, upper + 126, "核跨满各维，只沿词序滑动", anchor="start", size=12)

    step, band = 6.0, 9.6
    shade(d, left, lower, spectrogram(), step, tall=band, hue="a", levels=6)
    d.rect(left, lower, 24 * step, 12 * band, stroke="rule")
    twice(d, (left + 3 * step, lower + 2 * band), (left + 15 * step, lower + 2 * band), 6 * step, 6 * band)
    d.text(left, lower + 135, "沿时间滑动", anchor="start", size=12)

    gap = 6.6
    bx, by = right + 12, lower
    lines = "".join(
        f"M{bx:g} {by + k * gap:.4g}h{18 * gap:.4g}M{bx + k * gap:.4g} {by:g}v{18 * gap:.4g}" for k in range(19)
    )
    d.path(lines, stroke="rule", width=0.8)
    stones = [(r + i, c + j, own) for r, c in ((2, 2), (10, 12)) for i, j, own in SHAPE]
    stones += [(4, 14, 1), (5, 13, 0), (3, 15, 0), (14, 4, 1), (13, 5, 0), (15, 5, 0), (9, 6, 1), (8, 9, 0)]
    for i, j, own in stones:
        d.circle(bx + j * gap, by + i * gap, 3.1, fill="ink" if own else "paper", width=1)
    corner = [(bx + (c - 1.5) * gap, by + (r - 0.5) * gap) for r, c in ((2, 2), (10, 12))]
    twice(d, corner[0], corner[1], 5 * gap, 5 * gap)
    d.text(right, lower + 135, "沿两个方向滑动", anchor="start", size=12)
    d.text(180, 362, "实线与虚线：同一组权重，在两处检出同一图案", size=12, fill="soft")
    return d


FIGURES: dict[str, Callable[[], Drawing]] = {
    "q34/hierarchy": hierarchy,
    "q35/steps": steps,
    "q38/layer-stack": layer_stack,
    "q38/weights-and-work": where_the_weights_are,
    "q65/lenet-pipeline": lenet_pipeline,
    "q23/residual-block": residual_block,
    "q23/depth-and-error": depth_and_error,
    "q09/four-domains": four_domains,
}
