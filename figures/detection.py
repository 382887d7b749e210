"""Object detection: the R-CNN family, anchors and bounding-box regression. What proposes and removes boxes is in `proposals`.

Boxes are (x1, y1, x2, y2) in image pixels unless said otherwise; every IoU and offset shown is computed here.
"""

import math
import re
from collections.abc import Callable

from figures.drawing import Drawing, colour, number

Box = tuple[float, float, float, float]
ToSheet = Callable[[float, float], tuple[float, float]]


def area(box: Box) -> float:
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def iou(a: Box, b: Box) -> float:
    inter = area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))
    return inter / (area(a) + area(b) - inter)


def centred(x: float, y: float, w: float, h: float) -> Box:
    return (x - w / 2, y - h / 2, x + w / 2, y + h / 2)


def outline(
    d: Drawing, box: Box, at: ToSheet, stroke: str, *, width: float = 1.5, dash: str = "", fill: str = "none"
) -> None:
    (x1, y1), (x2, y2) = at(box[0], box[1]), at(box[2], box[3])
    d.rect(x1, y1, x2 - x1, y2 - y1, stroke=stroke, width=width, dash=dash, fill=fill)


def formula(
    d: Drawing,
    x: float,
    y: float,
    words: str,
    *,
    size: float = 13,
    anchor: str = "start",
    fill: str = "ink",
    bold: bool = False,
) -> None:
    """A line of text in which `G_x` is set as a letter with a subscript, both italic."""
    letter = r'<tspan class="math">\1</tspan><tspan class="math" dy="3" style="font-size:11px">\2</tspan><tspan dy="-3">&#8203;</tspan>'
    set_ = re.sub(r"([^\W\d_])_([A-Za-z]+)", letter, words)
    style = f"font-size:{number(size)}px;fill:{colour(fill)}{';font-weight:600' if bold else ''}"
    d.raw(f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}" style="{style}">{set_}</text>')


# q36 — the R-CNN family --------------------------------------------------------------------------------------------


def stage(
    d: Drawing,
    x: float,
    y: float,
    w: float,
    words: str,
    kind: str,
    *,
    copies: int = 0,
    slow: bool = False,
    h: float = 34,
) -> None:
    """One step of a pipeline. `kind`: learned in the network, learned afterwards, fixed (no parameters) or data."""
    hue = {"learned": "a", "after": "b", "fixed": "soft", "data": "ink"}[kind]
    fill = f"{hue}-fill" if hue in "ab" else "paper"
    dash = "4 3" if kind == "fixed" else ""
    for i in range(copies, -1, -1):
        d.rect(x + 3 * i, y + 3 * i, w, h, fill=fill, stroke=hue, round_=5, dash=dash)
    if slow:
        d.rect(x - 2, y - 2, w + 3 * copies + 4, h + 3 * copies + 4, stroke="d", width=2.4, round_=7)
    lines = words.split("\n")
    for i, line in enumerate(lines):
        d.text(x + w / 2, y + h / 2 + 12 * (0.36 + 1.2 * (i - (len(lines) - 1) / 2)), line, size=12)


def together(d: Drawing, *corners: tuple[float, float]) -> None:
    """The area of the steps that are trained together."""
    d.line(corners, closed=True, stroke="c", fill="c-fill", dash="6 3", width=1.3)


def together_box(d: Drawing, x: float, y: float, w: float, h: float) -> None:
    together(d, (x, y), (x + w, y), (x + w, y + h), (x, y + h))


def rcnn_family() -> Drawing:
    d = Drawing(
        552,
        "R-CNN、Fast R-CNN 与 Faster R-CNN 的流程对比",
        "三列流程自上而下。R-CNN 先用选择性搜索提框，每个框各过一遍 CNN，再接分别训练的 SVM 与岭回归；Fast R-CNN 整图过一次 CNN，"
        "RoI 池化之后的分类与回归同 CNN 一起训练；Faster R-CNN 的候选框也由共享特征上的 RPN 产生。",
    )
    left, middle, right = 2.0, 122.0, 242.0
    for x, name, year in ((left, "R-CNN", 2014), (middle, "Fast R-CNN", 2015), (right, "Faster R-CNN", 2015)):
        d.text(x + 58, 17, name, size=14, bold=True)
        d.text(x + 58, 33, str(year), size=12, fill="soft")
        stage(d, x + 28, 42, 60, "图像", "data", h=24)
    rows = (88.0, 150.0, 212.0, 272.0, 326.0)

    # R-CNN: one column, three trainings
    together_box(d, left, rows[2] - 7, 116, 54)
    together_box(d, left, rows[4] - 6, 57, 46)
    together_box(d, left + 59, rows[4] - 6, 57, 46)
    d.arrow([(60, 66), (60, rows[0] - 2)])
    stage(d, left + 8, rows[0], 100, "选择性搜索\n约 2000 个框", "fixed")
    d.arrow([(60, rows[0] + 34), (60, rows[1] - 2)])
    stage(d, left + 8, rows[1], 94, "逐框拉伸\n227×227", "fixed", copies=2)
    d.arrow([(60, rows[1] + 41), (60, rows[2] - 4)])
    stage(d, left + 8, rows[2], 94, "CNN\n每框跑一遍", "learned", copies=2, slow=True)
    d.arrow([(60, rows[2] + 43), (60, rows[3] - 2)])
    stage(d, left + 8, rows[3], 100, "逐框特征\n写入磁盘", "data")
    for x, words in ((left + 3, "SVM\n类别"), (left + 62, "岭回归\n边框")):
        d.arrow([(x + 25.5, rows[3] + 34), (x + 25.5, rows[4] - 2)])
        stage(d, x, rows[4], 51, words, "after")

    # Fast and Faster R-CNN: an image branch on the right, a proposal branch on the left
    for x, faster in ((middle, False), (right, True)):
        proposals, image = x + 29, x + 87
        top, bottom, notch = rows[0] - 6, rows[4] + 40, rows[1 if faster else 2] - 6
        together(d, (x + 58, top), (x + 116, top), (x + 116, bottom), (x, bottom), (x, notch), (x + 58, notch))
        stage(d, x + 62, rows[0], 50, "CNN\n整图一次", "learned")
        stage(d, x + 64, rows[1], 46, "共享\n特征图", "data")
        d.arrow([(x + 80, 66), (x + 80, rows[0] - 2)])
        d.arrow([(image, rows[0] + 34), (image, rows[1] - 2)])
        d.arrow([(image, rows[1] + 34), (image, rows[2] - 2)])
        if faster:
            stage(d, x + 3, rows[1], 49, "RPN\n300 框", "learned")
            d.arrow([(x + 64, rows[1] + 17), (x + 53, rows[1] + 17)])
            d.arrow([(proposals, rows[1] + 34), (proposals, rows[2] - 2)])
        else:
            stage(d, x + 2, rows[0], 50, "选择性\n搜索", "fixed", slow=True)
            d.arrow([(x + 38, 66), (x + 38, rows[0] - 4)])
            d.line([(proposals, rows[0] + 36), (proposals, rows[1] + 1)])
            d.text(proposals, rows[1] + 14, "约 2000", size=12)
            d.text(proposals, rows[1] + 29, "个框", size=12)
            d.arrow([(proposals, rows[1] + 34), (proposals, rows[2] - 2)])
        stage(d, x + 6, rows[2], 104, "RoI 池化\n每框 7×7", "fixed")
        d.arrow([(x + 58, rows[2] + 34), (x + 58, rows[3] - 2)])
        stage(d, x + 6, rows[3], 104, "全连接层", "learned")
        for offset, words in ((3, "softmax\n类别"), (61, "回归\n边框")):
            d.arrow([(x + offset + 26, rows[3] + 34), (x + offset + 26, rows[4] - 2)])
            stage(d, x + offset, rows[4], 52, words, "learned")

    notes = (
        (left, "三段分开训练", "47 s", "不计候选框"),
        (middle, "框以外一起训练", "1.83 s", "候选框占 1.51 s"),
        (right, "连 RPN 一起训练", "0.198 s", "候选框占 0.010 s"),
    )
    for x, training, seconds, share in notes:
        d.text(x + 58, 386, training, size=12, fill="c")
        d.text(x + 58, 416, seconds, size=17, bold=True)
        d.text(x + 58, 433, share, size=12, fill="soft")
    d.line([(4, 395), (356, 395)], stroke="rule", width=1)
    d.text(180, 452, "每张图的检测时间（VGG-16，K40）", size=12, fill="soft")
    d.line([(4, 461), (356, 461)], stroke="rule", width=1)
    legend = (
        (6.0, 471.0, "learned", "网络的层，梯度下降"),
        (186.0, 471.0, "after", "事后单独拟合"),
        (6.0, 495.0, "fixed", "没有可学的参数"),
    )
    for x, y, kind, words in legend:
        stage(d, x, y, 26, "", kind, h=16)
        d.text(x + 34, y + 13, words, size=12, anchor="start")
    together_box(d, 186, 495, 26, 16)
    d.text(220, 508, "一起训练的部分", size=12, anchor="start")
    for i in (2, 1, 0):
        d.rect(6 + 3 * i, 519 + 3 * i, 20, 12, fill="paper", round_=4)
    d.text(40, 532, "每个候选框各做一次", size=12, anchor="start")
    d.rect(186, 519, 26, 16, stroke="d", width=2.4, round_=5)
    d.text(220, 532, "最慢，下一代消除", size=12, anchor="start")
    return d


# q57 — anchors -----------------------------------------------------------------------------------------------------

SCALES, RATIOS, STRIDE = (128, 256, 512), (0.5, 1.0, 2.0), 16


def anchor(x: float, y: float, s: float, r: float) -> Box:
    """Area s², r = h/w."""
    return centred(x, y, s / math.sqrt(r), s * math.sqrt(r))


def anchors_on_grid() -> Drawing:
    d = Drawing(
        430,
        "特征图一个位置上的 9 个锚框",
        "1000×600 的图像按步长 16 划成格，中央一格上叠放 9 个锚框：尺度 128、256、512 各有宽扁、正方、瘦高三种，"
        "按比例画出。下表给出各自的宽高。",
    )
    k, left, top = 0.33, 15.0, 48.0

    def at(x: float, y: float) -> tuple[float, float]:
        return left + k * x, top + k * y

    width, height = 1000 * k, 600 * k
    grid = "".join(f"M{number(left + k * x)} {number(top)}v{number(height)}" for x in range(STRIDE, 1000, STRIDE))
    grid += "".join(f"M{number(left)} {number(top + k * y)}h{number(width)}" for y in range(STRIDE, 600, STRIDE))
    d.path(grid, stroke="rule", width=0.5)
    d.rect(left, top, width, height, stroke="soft", width=1.2)
    d.text(left, 16, "图像 1000×600，每格 16×16 对应特征图的一个位置", size=12, anchor="start", fill="soft")
    cx, cy = (31 + 0.5) * STRIDE, (18 + 0.5) * STRIDE
    styles = {128: ("a", "", 2.2), 256: ("b", "6 3", 1.8), 512: ("c", "2 2.5", 1.8)}
    for s in reversed(SCALES):
        hue, dash, line = styles[s]
        for r in RATIOS:
            outline(d, anchor(cx, cy, s, r), at, hue, width=line, dash=dash)
    x, y = at(cx - STRIDE / 2, cy - STRIDE / 2)
    d.rect(x, y, k * STRIDE, k * STRIDE, fill="d", stroke="d", width=1)

    y = 306.0
    columns = (132.0, 222.0, 308.0)
    d.text(62, y, "尺度 s", size=12, fill="soft")
    for column, r, words in zip(columns, RATIOS, ("宽扁", "正方", "瘦高"), strict=True):
        d.text(column, y, f"{words} {number(r)}", size=12, fill="soft")
    d.text(345, y - 18, "长宽比 h/w", size=12, anchor="end", fill="soft")
    d.line([(15, y + 7), (345, y + 7)], stroke="rule", width=1)
    for i, s in enumerate(SCALES):
        hue, dash, line = styles[s]
        row = y + 26 + 22 * i
        d.line([(15, row - 4), (48, row - 4)], stroke=hue, width=line, dash=dash)
        d.text(70, row, f"{s}", size=13, bold=True, fill=hue)
        for column, r in zip(columns, RATIOS, strict=True):
            box = anchor(0, 0, s, r)
            d.text(column, row, f"{box[2] - box[0]:.0f} × {box[3] - box[1]:.0f}", size=13)
    d.line([(15, y + 77), (345, y + 77)], stroke="rule", width=1)
    d.text(15, y + 95, "红格是锚框的中心。同一尺度面积同为 s²，只改形状。", size=12, anchor="start")
    d.text(15, y + 113, "512 的瘦高框超出了图像，训练时忽略这样的锚框。", size=12, anchor="start")
    return d


def iou_labels() -> Drawing:
    d = Drawing(
        434,
        "锚框怎样按 IoU 得到标签",
        "四个小图，各有一个真值框和一个锚框：IoU 高于 0.7 的是正样本，0.3 与 0.7 之间的不参与损失，"
        "低于 0.3 的是负样本；细长物体的最佳锚框 IoU 不到 0.7，仍作正样本。",
    )
    truth: Box = (300, 200, 560, 470)
    slender: Box = (240, 300, 640, 390)
    centres = [((i + 0.5) * STRIDE, (j + 0.5) * STRIDE) for j in range(40) for i in range(60)]
    every = [anchor(x, y, s, r) for x, y in centres for s in SCALES for r in RATIOS]

    def nearest(target: float) -> Box:
        """The square anchor of 256 whose IoU with the object is nearest to the target, to the object's lower right."""
        some = [anchor(x, y, 256, 1) for x, y in centres if x > 430 and y > 335]
        return min(some, key=lambda box: abs(iou(box, truth) - target))

    def best(object_: Box) -> Box:
        return max(every, key=lambda box: iou(box, object_))

    panels = (
        (truth, best(truth), "正样本", "c", "IoU > 0.7"),
        (truth, nearest(0.6), "不参与损失", "soft", "0.3 ≤ IoU ≤ 0.7"),
        (truth, nearest(0.15), "负样本", "b", "与所有真值框都 < 0.3"),
        (slender, best(slender), "正样本", "c", "不足 0.7，但锚框中最大"),
    )
    for x, hue, dash, words in ((20.0, "a", "", "真值框"), (120.0, "d", "5 3", "锚框")):
        d.line([(x, 11), (x + 28, 11)], stroke=hue, dash=dash, width=2.2)
        d.text(x + 34, 16, words, size=12, anchor="start")

    def sheet(value: float) -> float:
        return 20 + 320 * value

    y = 62.0
    for start, end, words, hue in ((0, 0.3, "负样本", "b"), (0.3, 0.7, "不参与损失", "soft"), (0.7, 1, "正样本", "c")):
        d.rect(
            sheet(start), y, sheet(end) - sheet(start), 24, stroke=hue, fill=f"{hue}-fill" if hue != "soft" else "none"
        )
        d.text(sheet((start + end) / 2), y + 17, words, size=13)
    for tick, words in ((0, "IoU = 0"), (0.3, "0.3"), (0.7, "0.7"), (1, "1")):
        d.text(sheet(tick), y + 40, words, size=12, fill="soft", anchor="middle" if tick else "start")
    k = 0.22
    for i, (object_, box, label, hue, rule) in enumerate(panels):
        value = iou(object_, box)
        px, py = 6 + 177 * (i % 2), 112 + 162 * (i // 2)
        d.line([(sheet(value), y - 16), (sheet(value), y - 2)], stroke="ink", width=1.2)
        d.circle(sheet(value), y - 23, 8.5, fill="paper", stroke="ink")
        d.text(sheet(value), y - 18.5, "甲乙丙丁"[i], size=12)
        d.rect(px, py, 171, 154, stroke="rule", round_=4, width=1)
        middle_x = (min(object_[0], box[0]) + max(object_[2], box[2])) / 2
        middle_y = (min(object_[1], box[1]) + max(object_[3], box[3])) / 2

        def at(x: float, y: float, px: float = px - k * middle_x, py: float = py - k * middle_y) -> tuple[float, float]:
            return px + 89 + k * x, py + 60 + k * y

        outline(d, object_, at, "a", width=2.2, fill="a-fill")
        outline(d, box, at, "d", width=1.8, dash="5 3")
        d.text(px + 7, py + 18, "甲乙丙丁"[i], size=13, anchor="start", bold=True)
        d.text(
            px + 85, py + 130, f"IoU = {value:.2f}：{label}", size=13, bold=True, fill="ink" if hue == "soft" else hue
        )
        d.text(px + 85, py + 147, rule, size=12, fill="soft")
    return d


# q54 — bounding-box regression --------------------------------------------------------------------------------------


def box_regression() -> Drawing:
    d = Drawing(
        430,
        "边框回归的编码与解码",
        "上图：候选框 P 与真值框 G 按比例画出，中心相差 8 和 4，由此算出四个目标。下图：网络的预测解码成修正后的框，几乎与 G 重合。",
    )
    p, g = (100.0, 100.0, 80.0, 40.0), (108.0, 104.0, 100.0, 50.0)
    predicted = (0.08, 0.12, 0.20, 0.25)
    fixed = (
        p[0] + p[2] * predicted[0],
        p[1] + p[3] * predicted[1],
        p[2] * math.exp(predicted[2]),
        p[3] * math.exp(predicted[3]),
    )
    k, left, top = 2.9, 16.0, 34.0

    def at(x: float, y: float) -> tuple[float, float]:
        return left + k * (x - 58), top + k * (y - 79)

    d.text(6, 17, "编码：由 P、G 算训练目标 t", size=13, anchor="start", bold=True)
    d.text(354, 17, f"IoU = {iou(centred(*p), centred(*g)):.2f}", size=13, anchor="end")
    outline(d, centred(*g), at, "c", width=2.2)
    outline(d, centred(*p), at, "b", width=2, dash="6 3")
    (px, py), (gx, gy) = at(p[0], p[1]), at(g[0], g[1])
    d.line([(px, py), (gx, py), (gx, gy)], stroke="soft", width=1, dash="2 2")
    d.circle(px, py, 3, fill="b", stroke="b")
    d.circle(gx, gy, 3, fill="c", stroke="c")
    d.arrow([(px, py), (gx - 2, gy - 1)], width=1.6)
    d.text((px + gx) / 2, py - 5, "8", size=12)
    d.text(gx + 5, py + 10, "4", size=12, anchor="start")
    x1, y1 = at(60, 80)
    d.text(x1 + 8, y1 + 17, "P 候选框", size=13, anchor="start", fill="b", bold=True)
    formula(d, x1 + 8, y1 + 34, "中心 (100, 100)", size=12)
    x2, y2 = at(158, 129)
    d.text(x2 - 6, y2 - 8, "G 真值框", size=13, anchor="end", fill="c", bold=True)
    formula(d, x1 + 8, y2 - 8, "中心 (108, 104)", size=12)
    (bx, by) = at(140, 120)
    _dimension(d, (x1, by - 12), (bx, by - 12), ("P_w = 80",), "b", 0)
    _dimension(d, (bx + 10, y1), (bx + 10, by), ("P_h", "= 40"), "b", 0)
    _dimension(d, (left, y2 + 12), (x2, y2 + 12), ("G_w = 100",), "c", 20)
    _dimension(d, (x2 + 8, top), (x2 + 8, y2), ("G_h", "= 50"), "c", 0)

    t = ((g[0] - p[0]) / p[2], (g[1] - p[1]) / p[3], math.log(g[2] / p[2]), math.log(g[3] / p[3]))
    lines = (
        f"t_x = (108 − 100)/80 = {number(t[0])}",
        f"t_y = (104 − 100)/40 = {number(t[1])}",
        f"t_w = ln(100/80) = {t[2]:.3f}",
        f"t_h = ln(50/40) = {t[3]:.3f}",
    )
    for i, line in enumerate(lines):
        formula(d, 12 + 182 * (i // 2), y2 + 56 + 21 * (i % 2), line, size=12)

    y = y2 + 94
    d.line([(6, y), (354, y)], stroke="rule", width=1)
    d.text(6, y + 20, "解码：由 P 和网络的预测 d 得到修正框", size=13, anchor="start", bold=True)
    d.text(354, y + 20, f"IoU = {iou(centred(*fixed), centred(*g)):.2f}", size=13, anchor="end")
    k, left, top = 1.5, 12.0, y + 36
    outline(d, centred(*p), at, "b", width=1.8, dash="6 3")
    outline(d, centred(*g), at, "c", width=2.2)
    outline(d, centred(*fixed), at, "a", width=2.2, dash="2 2.5")
    steps = (
        f"80×0.08 + 100 = {fixed[0]:.1f}",
        f"40×0.12 + 100 = {fixed[1]:.1f}",
        f"80×exp(0.20) = {fixed[2]:.1f}",
        f"40×exp(0.25) = {fixed[3]:.1f}",
    )
    for i, (name, line) in enumerate(zip("xywh", steps, strict=True)):
        formula(d, 176, y + 54 + 21 * i, f"Ĝ_{name} = {line}", size=12)
    for i, (hue, dash, words) in enumerate(
        (("b", "6 3", "P 候选框"), ("c", "", "G 真值框"), ("a", "2 2.5", "Ĝ 修正后"))
    ):
        d.line([(14 + 116 * i, y + 140), (40 + 116 * i, y + 140)], stroke=hue, width=2.2, dash=dash)
        d.text(46 + 116 * i, y + 144, words, size=12, anchor="start")
    return d


def _dimension(
    d: Drawing, start: tuple[float, float], end: tuple[float, float], words: tuple[str, ...], hue: str, drop: float
) -> None:
    """A measured length: a thin line with a tick at each end, and the words above it (lowered by `drop`) or to its right."""
    (x1, y1), (x2, y2) = start, end
    flat = y1 == y2
    dx, dy = (0, 4) if flat else (4, 0)
    for (ax, ay), (bx, by) in (
        ((x1 - dx, y1 - dy), (x1 + dx, y1 + dy)),
        ((x1, y1), (x2, y2)),
        ((x2 - dx, y2 - dy), (x2 + dx, y2 + dy)),
    ):
        d.line([(ax, ay), (bx, by)], stroke=hue, width=1)
    for i, line in enumerate(words):
        if flat:
            formula(d, (x1 + x2) / 2, y1 - 5 + drop, line, size=12, anchor="middle", fill=hue)
        else:
            formula(d, x1 + 6, (y1 + y2) / 2 - 3 + 16 * i, line, size=12, fill=hue)


FIGURES = {
    "q36/rcnn-family": rcnn_family,
    "q57/anchors-on-grid": anchors_on_grid,
    "q57/iou-labels": iou_labels,
    "q54/box-regression": box_regression,
}
