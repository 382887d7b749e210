"""Which boxes to look at and which to keep: selective search and non-maximum suppression.

The toy image is grouped and the boxes are suppressed here, by the answers' own formulas, and what happens is drawn.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from figures.detection import Box, ToSheet, area, iou, outline
from figures.drawing import Drawing, number

# q55 — selective search ---------------------------------------------------------------------------------------------


@dataclass
class Region:
    """A region of the toy image: its pixels, its bounding rectangle, its colour histogram and the hue it is drawn in."""

    mask: NDArray[np.bool_]
    histogram: NDArray[np.float64]
    hue: str

    @property
    def size(self) -> int:
        return int(self.mask.sum())

    @property
    def box(self) -> Box:
        return rectangle(self.mask)


def rectangle(mask: NDArray[np.bool_]) -> Box:
    ys, xs = np.nonzero(mask)
    return (float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))


def toy_regions() -> list[Region]:
    """A person on grass under a sky with a cloud, 28×21 pixels with noise, over-segmented into eight regions."""
    labels = np.zeros((21, 28), dtype=int)
    y, x = np.mgrid[0:21, 0:28]
    head = ((x - 18.5) / 3.2) ** 2 + ((y - 4.5) / 3.6) ** 2 < 1
    labels[14:] = 1
    labels[((x - 6) / 5.2) ** 2 + ((y - 4) / 2.6) ** 2 < 1] = 2
    labels[head & (y < 4)] = 3
    labels[head & (y >= 4)] = 4
    labels[8:14, 14:19] = 5
    labels[8:14, 19:24] = 6
    labels[14:20, 15:23] = 7
    means = np.array(
        [
            (120, 170, 230),
            (100, 150, 80),
            (205, 220, 240),
            (70, 50, 40),
            (215, 165, 135),
            (190, 60, 60),
            (165, 50, 58),
            (60, 60, 110),
        ]
    )
    image = np.clip(means[labels] + np.random.default_rng(1).normal(0, 16, (21, 28, 3)), 0, 255)
    hues = ("a-fill", "c-fill", "paper", "rule", "b-fill", "d-fill", "d-fill", "e-fill")
    regions = []
    for i, hue in enumerate(hues):
        pixels = image[labels == i]
        counts = np.concatenate([np.histogram(pixels[:, channel], 25, (0, 255))[0] for channel in range(3)])
        regions.append(Region(labels == i, counts / counts.sum(), hue))
    return regions


def similarity(a: Region, b: Region) -> float:
    """Colour + size + fill, as in the answer."""
    total = a.mask.size
    colours = float(np.minimum(a.histogram, b.histogram).sum())
    size = 1 - (a.size + b.size) / total
    fill = 1 - (area(rectangle(a.mask | b.mask)) - a.size - b.size) / total
    return colours + size + fill


def touch(a: Region, b: Region) -> bool:
    grown = a.mask.copy()
    grown[1:] |= a.mask[:-1]
    grown[:-1] |= a.mask[1:]
    grown[:, 1:] |= a.mask[:, :-1]
    grown[:, :-1] |= a.mask[:, 1:]
    return bool((grown & b.mask).any())


def merged(a: Region, b: Region) -> Region:
    histogram = (a.size * a.histogram + b.size * b.histogram) / (a.size + b.size)
    return Region(a.mask | b.mask, histogram, max(a, b, key=lambda region: region.size).hue)


def paint(d: Drawing, mask: NDArray[np.bool_], x: float, y: float, cell: float, hue: str) -> None:
    """A region as one path, a strip for each row."""
    runs = []
    for row, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]]).astype(int)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            w = (end - start) * cell
            runs.append(
                f"M{number(x + start * cell)} {number(y + row * cell)}h{number(w)}v{number(cell)}h{number(-w)}z"
            )
    d.path("".join(runs), fill=hue, stroke=hue, width=0.4)


def border(d: Drawing, mask: NDArray[np.bool_], x: float, y: float, cell: float, hue: str, width: float) -> None:
    """The edge between the region and the rest, along pixel sides."""
    padded = np.pad(mask, 1)
    parts = []
    for axis in (0, 1):
        change = np.diff(padded.astype(int), axis=axis)
        change = change[:, 1:-1] if axis == 0 else change[1:-1, :].T
        for i, line in enumerate(change != 0):
            edges = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]]).astype(int)))
            for start, end in zip(edges[::2], edges[1::2], strict=True):
                run = number((end - start) * cell)
                px, py = (start, i) if axis == 0 else (i, start)
                parts.append(f"M{number(x + px * cell)} {number(y + py * cell)}{'h' if axis == 0 else 'v'}{run}")
    d.path("".join(parts), stroke=hue, width=width)


def selective_search() -> Drawing:
    d = Drawing(
        458,
        "选择性搜索：逐步合并最相似的相邻区域",
        "九个小图。第一幅是过分割得到的 8 个区域；其后七幅每次合并相似度最大的一对相邻区域并画出新区域的外接矩形，"
        "第四步得到整个人；末一幅把全部区域的矩形叠在一起作候选框。",
    )
    cell, width, height = 4.0, 112.0, 84.0
    regions = dict(enumerate(toy_regions(), 1))
    alive = list(regions)

    def panel(index: int, title: str, note: str) -> tuple[float, float]:
        x, y = 4 + 120 * (index % 3), 20 + 142 * (index // 3)
        d.text(x + width / 2, y - 6, title, size=12, bold=True)
        for i in alive:
            paint(d, regions[i].mask, x, y, cell, regions[i].hue)
        for i in alive:
            border(d, regions[i].mask, x, y, cell, "soft", 0.8)
        d.text(x + width / 2, y + height + 16, note, size=12)
        return x, y

    def mark(i: int, x: float, y: float, at: tuple[float, float] | None = None) -> None:
        ys, xs = np.nonzero(regions[i].mask)
        cx, cy = at or (float(xs.mean()) + 0.5, float(ys.mean()) + 0.5)
        d.text(x + cx * cell, y + cy * cell + 4, str(i), size=11, bold=True)

    x, y = panel(0, "过分割", "8 个初始区域")
    for i in alive:
        mark(i, x, y, {1: (2.5, 11), 2: (6, 18)}.get(i))
    while len(alive) > 1:
        pairs = [(i, j) for i in alive for j in alive if i < j and touch(regions[i], regions[j])]
        i, j = max(pairs, key=lambda pair: similarity(regions[pair[0]], regions[pair[1]]))
        s, new = similarity(regions[i], regions[j]), len(regions) + 1
        regions[new] = merged(regions[i], regions[j])
        alive = [k for k in alive if k not in (i, j)] + [new]
        step = new - 8
        x, y = panel(step, f"第 {step} 步" + ("：整个人" if step == 4 else ""), f"{i} ＋ {j} → {new}")
        d.text(x + width / 2, y + height + 32, f"s = {s:.2f}", size=12, fill="soft")
        border(d, regions[new].mask, x, y, cell, "d", 2)
        x1, y1, x2, y2 = regions[new].box
        d.rect(x + x1 * cell, y + y1 * cell, (x2 - x1) * cell, (y2 - y1) * cell, stroke="ink", width=1.3, dash="4 2.5")
        mark(new, x, y, {14: (6, 18), 15: (6, 18), 13: (2.5, 11)}.get(new))
    boxes = sorted({region.box for region in regions.values()})
    alive = list(range(1, 9))
    x, y = panel(8, "候选框", f"{len(regions)} 个区域")
    for x1, y1, x2, y2 in boxes:
        d.rect(x + x1 * cell, y + y1 * cell, (x2 - x1) * cell, (y2 - y1) * cell, stroke="ink", width=1.2, dash="4 2.5")
    d.text(x + width / 2, y + height + 32, f"得 {len(boxes)} 个不同矩形", size=12, fill="soft")
    d.line([(6, 445), (30, 445)], stroke="d", width=2)
    d.text(35, 449, "新区域", size=12, anchor="start")
    d.line([(82, 445), (106, 445)], width=1.3, dash="4 2.5")
    d.text(111, 449, "外接矩形", size=12, anchor="start")
    d.text(354, 449, "s = 颜色＋尺寸＋吻合三项之和", size=12, anchor="end")
    return d


# q56 — non-maximum suppression --------------------------------------------------------------------------------------

NMS_BOXES: dict[str, tuple[Box, float]] = {
    "F": ((100, 100, 200, 200), 0.95),
    "E": ((300, 100, 400, 200), 0.90),
    "D": ((110, 110, 210, 210), 0.80),
    "C": ((320, 100, 420, 200), 0.70),
    "B": ((90, 105, 190, 205), 0.60),
    "A": ((150, 150, 250, 250), 0.50),
}


@dataclass
class Round:
    """One turn of NMS: the box kept, the IoU of every box still there, the boxes it removes."""

    kept: str
    ious: dict[str, float]
    removed: list[str]


def nms_rounds(threshold: float = 0.5) -> list[Round]:
    left = sorted(NMS_BOXES, key=lambda name: -NMS_BOXES[name][1])
    rounds = []
    while left:
        kept, *rest = left
        ious = {name: iou(NMS_BOXES[kept][0], NMS_BOXES[name][0]) for name in rest}
        removed = [name for name in rest if ious[name] > threshold]
        rounds.append(Round(kept, ious, removed))
        left = [name for name in rest if name not in removed]
    return rounds


# where each box's name goes: a corner of the box, the offset from it and the anchor
NMS_NAMES: dict[str, tuple[int, int, float, float, str]] = {
    "F": (0, 1, 0, -5, "start"),
    "E": (0, 1, 0, -5, "start"),
    "D": (2, 1, 5, 12, "start"),
    "C": (2, 3, 0, 16, "end"),
    "B": (0, 3, -6, 24, "start"),
    "A": (2, 3, -5, -6, "end"),
}


def nms_box(d: Drawing, name: str, state: str, at: ToSheet, *, score: bool = True) -> None:
    """A box with its name, `open` (not yet decided), `kept` or `gone`."""
    box, value = NMS_BOXES[name]
    stroke, width, dash = {"open": ("a", 1.6, ""), "kept": ("c", 3.0, ""), "gone": ("soft", 1.2, "4 3")}[state]
    outline(d, box, at, stroke, width=width, dash=dash)
    cx, cy, dx, dy, where = NMS_NAMES[name]
    x, y = at(box[cx], box[cy])
    words = name + (f" {value:.2f}" if score else "") + {"open": "", "kept": " ✓", "gone": " ✗"}[state]
    d.text(x + dx, y + dy, words, size=13 if score else 12, anchor=where, fill=stroke, bold=state == "kept")


def nms_steps() -> Drawing:
    d = Drawing(
        372,
        "非极大值抑制逐步演示",
        "六个框与一张表。每一轮留下得分最高的框，算它与其余框的 IoU，超过 0.5 的删去：先留 F 删 D、B，再留 E 删 C，最后留 A。",
    )
    rounds = nms_rounds()
    cycle = 14.0
    # moments in percent of the cycle: for each round, when the box is taken and when its neighbours go
    taken, gone = (10, 40, 70), (26, 56, 0)

    def group(name: str, *spans: tuple[float, float], still: bool) -> None:
        """Open a group that is visible in the spans (percent of the cycle), and without motion only if `still`."""
        stops = {0.0: 0, 100.0: 0}
        for start, end in spans:
            stops |= {start: 1, end: 1 if end == 100 else 0}
        frames = "".join(f"{number(at)}%{{opacity:{value}}}" for at, value in sorted(stops.items()))
        d.rule(
            f"@keyframes {name}{{{frames}}}.{name}{{opacity:{int(still)};animation:{name} {number(cycle)}s step-end infinite}}"
        )
        d.raw(f'<g class="{name}">')

    def at(x: float, y: float) -> tuple[float, float]:
        return x - 76, y - 72

    kept_at = {r.kept: taken[i] for i, r in enumerate(rounds)}
    gone_at = {name: gone[i] for i, r in enumerate(rounds) for name in r.removed}
    for name in reversed(NMS_BOXES):
        end = kept_at.get(name, gone_at.get(name, 100))
        group(f"o{name}", (0, end), still=False)
        nms_box(d, name, "open", at)
        d.raw("</g>")
        group(f"s{name}", (end, 100), still=True)
        nms_box(d, name, "kept" if name in kept_at else "gone", at)
        d.raw("</g>")

    # the table: one column a box, in order of score, one row a round
    top, label, step = 222.0, 70.0, 47.0
    columns = {name: label + 26 + step * i for i, name in enumerate(NMS_BOXES)}
    for row, words in enumerate(("框", "得分", "与 F 的 IoU", "与 E 的 IoU", "只剩 A", "结果")):
        d.text(4, top + 24 * row, words, size=12, anchor="start", fill="soft")
        d.line([(4, top + 7 + 24 * row), (356, top + 7 + 24 * row)], stroke="rule", width=1)
    for name, (_, score) in NMS_BOXES.items():
        d.text(columns[name], top, name, bold=True)
        d.text(columns[name], top + 24, f"{score:.2f}")
    for i, r in enumerate(rounds):
        y = top + 48 + 24 * i
        group(f"k{i}", (taken[i], 100), still=True)
        d.text(columns[r.kept], y, "留下", fill="c", bold=True)
        for name, value in r.ious.items():
            over = name in r.removed
            d.text(columns[name], y, f"{value:.3f}" if value else "0", fill="d" if over else "ink", bold=over)
        d.raw("</g>")
    for name in NMS_BOXES:
        group(f"r{name}", (kept_at.get(name, gone_at.get(name, 0)), 100), still=True)
        d.text(columns[name], top + 120, "✓ 留" if name in kept_at else "✗ 删", fill="c" if name in kept_at else "d")
        d.raw("</g>")
    d.text(180, top + 144, "IoU 大于阈值 0.5（红）者删去；留下 F、E、A", size=12)
    return d


def nms_strip() -> Drawing:
    d = Drawing(
        276,
        "非极大值抑制的四个状态",
        "四个小图：全部六个框；第一轮留 F 删 D、B；第二轮留 E 删 C；第三轮留 A。",
    )
    states = dict.fromkeys(NMS_BOXES, "open")
    captions = ["开始：六个框"]
    history = [dict(states)]
    for i, r in enumerate(nms_rounds(), 1):
        states |= {r.kept: "kept"} | dict.fromkeys(r.removed, "gone")
        history.append(dict(states))
        captions.append(f"第 {i} 轮：留 {r.kept}" + (f"，删 {'、'.join(r.removed)}" if r.removed else ""))
    k = 0.48
    for i, (state, caption) in enumerate(zip(history, captions, strict=True)):
        px, py = 4 + 180 * (i % 2), 4 + 138 * (i // 2)

        def at(x: float, y: float, px: float = px, py: float = py) -> tuple[float, float]:
            return px + 8 + k * (x - 86), py + 26 + k * (y - 100)

        d.rect(px, py, 172, 126, stroke="rule", width=1, round_=4)
        for name in sorted(state, key=lambda name: ("gone", "open", "kept").index(state[name])):
            nms_box(d, name, state[name], at, score=False)
        d.text(px + 86, py + 118, caption, size=12, bold=True)
    return d


FIGURES = {
    "q55/selective-search": selective_search,
    "q56/nms-steps": nms_steps,
    "q56/nms-strip": nms_strip,
}
