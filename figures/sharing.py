"""Who is connected to whom, and with how many weights: full, local and shared connections."""

from collections.abc import Callable, Sequence
from math import floor, log10

import numpy as np

from figures.convolution import HUES, LEAN, SQUASH, Point, lying, shade
from figures.drawing import Drawing, colour, number


def local_shared() -> Drawing:
    d = Drawing(
        352,
        "全连接、局部连接与权值共享",
        "8 个输入接 6 个神经元：全连接 48 个权重；每个只看相邻 3 个，剩 18 个；再让各处共用，只剩 w₁ w₂ w₃ 三个。",
    )
    gap, inputs, span = 27.0, 8, 3
    outputs = inputs - span + 1
    shared = (("a", ""), ("b", "6 3"), ("c", "2 3"))
    for row in range(3):
        bottom = 96 + 116.0 * row
        top = bottom - 70
        place = [(20 + gap * i, bottom) for i in range(inputs)]
        nodes = [(20 + gap * (i + (span - 1) / 2), top) for i in range(outputs)]
        links = [(i, j) for i in range(outputs) for j in range(inputs) if row == 0 or 0 <= j - i < span]
        for n, (i, j) in enumerate(links):
            if row == 0:
                d.line([place[j], nodes[i]], stroke="soft", width=0.8)
            elif row == 1:
                d.line([place[j], nodes[i]], stroke=HUES[n % 5], dash=("", "6 3", "2 3", "8 3 2 3")[n // 5], width=1.6)
            else:
                hue, dash = shared[j - i]
                d.line([place[j], nodes[i]], stroke=hue, dash=dash, width=1.8)
        for x, y in place:
            d.circle(x, y, 6, fill="paper")
        for x, y in nodes:
            d.circle(x, y, 7, fill="a-fill", stroke="a")
        name = ("全连接", "局部连接", "权值共享")[row]
        count = (f" {outputs}×{inputs} = {len(links)}", f" {outputs}×{span} = {len(links)}", f"只有 {span}")[row]
        d.text(234, top + 6, name, anchor="start", bold=True, size=14)
        d.text(234, top + 26, f"权重{count} 个", anchor="start")
        d.text(
            234,
            top + 50,
            ("百万像素接百万单元", "每个单元看 10×10", "各处共用一组")[row],
            anchor="start",
            size=12,
            fill="soft",
        )
        d.text(234, top + 69, ("10¹² 个", "10⁸ 个", "100 个")[row], anchor="start", bold=True)
        if row < 2:
            d.line([(8, bottom + 20), (352, bottom + 20)], stroke="rule", width=1)
    for k, (hue, dash) in enumerate(shared):
        d.line([(26 + 68 * k, 346), (48 + 68 * k, 346)], stroke=hue, dash=dash, width=2)
        d.text(53 + 68 * k, 350, f"w{'₁₂₃'[k]}", math=True, anchor="start")
    return d


def power(value: float) -> str:
    """A count in words of a reader: in full up to five digits, else to two digits with a power of ten."""
    if value < 1e5:
        return f"{value:,.0f}"
    exponent = floor(log10(value))
    return f"{value / 10**exponent:.1f}×10{str(exponent).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def dense_or_conv() -> Drawing:
    d = Drawing(
        404,
        "全连接与卷积的参数量和计算量",
        "输入 224×224×3，输出 224×224×64。参数依次为 4.8×10¹¹、8.7×10⁷、1,728；乘加次数依次为 4.8×10¹¹、8.7×10⁷、8.7×10⁷。",
    )
    inputs, outputs, window = 224 * 224 * 3, 224 * 224 * 64, 3 * 3 * 3
    names = ("全连接", "局部连接", "卷积")
    for k, name in enumerate(names):
        x, cell = 38 + 118.0 * k, 11.0
        d.text(x + 20, 18, name, bold=True)
        everything = [(i, j) for i in range(6) for j in range(6)]
        looks = [((1, 3), everything, "a")] if k == 0 else []
        if k:
            for (i, j), hue in (((0, 0), "a"), ((3, 3), "b" if k == 1 else "a")):
                looks.append(((i, j), [(i + u, j + v) for u in range(3) for v in range(3)], hue))
        low, high, small = 112.0, 34.0, 11.0
        lying(d, x, low, 6, cell, "e")
        for unit, seen, hue in looks:
            lying_cells(d, x, low, cell, seen, hue)
            top = unit_at(x + 12, high, small, unit)
            for i, j in ((0, 0), (0, 1), (1, 1), (1, 0)):
                rows, cols = [r for r, _ in seen], [c for _, c in seen]
                corner = (max(rows) + 1 if i else min(rows), max(cols) + 1 if j else min(cols))
                foot = x + corner[1] * cell - corner[0] * cell * LEAN, low + corner[0] * cell * SQUASH
                d.line([top, foot], stroke=hue, width=0.9, dash="3 2" if hue == "b" else "")
        lying(d, x + 12, high, 4, small, "e")
        for unit, _, hue in looks:
            lying_cells(d, x + 12, high, small, [unit], hue)
        words = ("每个输出看全图", "两处权重不同", "两处权重相同")[k]
        d.text(x + 20, 166, words, size=12)
    d.text(4, 48, "输出", anchor="start", size=12, fill="soft")
    d.text(4, 108, "输入", anchor="start", size=12, fill="soft")
    d.text(14, 194, "参数量（不计偏置，对数刻度）", anchor="start", bold=True)
    bars(d, 204, names, [inputs * outputs, window * outputs, window * 64])
    d.text(14, 296, "乘加次数（对数刻度）", anchor="start", bold=True)
    bars(d, 306, names, [inputs * outputs, window * outputs, window * outputs])
    d.text(180, 396, "输入 224×224×3 → 输出 224×224×64，窗口 3×3", size=12, fill="soft")
    return d


def unit_at(x: float, y: float, cell: float, unit: tuple[int, int]) -> Point:
    """The middle of a lying grid's cell."""
    i, j = unit[0] + 0.5, unit[1] + 0.5
    return x + j * cell - i * cell * LEAN, y + i * cell * SQUASH


def lying_cells(d: Drawing, x: float, y: float, cell: float, cells: Sequence[tuple[int, int]], hue: str) -> None:
    """Mark some cells of a lying grid."""
    marks = []
    for i, j in cells:
        a, b = x + j * cell - i * cell * LEAN, y + i * cell * SQUASH
        marks.append(
            f"M{number(a)} {number(b)}h{number(cell)}l{number(-cell * LEAN)} {number(cell * SQUASH)}h{number(-cell)}z"
        )
    d.raw(
        f'<path d="{"".join(marks)}" style="fill:{colour(hue)};fill-opacity:.6;stroke:{colour(hue)}" stroke-width="0.6"/>'
    )


def bars(d: Drawing, y: float, names: Sequence[str], values: Sequence[float]) -> None:
    """Horizontal bars on a logarithmic scale from 1."""
    for k, (name, value) in enumerate(zip(names, values, strict=True)):
        top = y + 25 * k
        d.text(72, top + 15, name, anchor="end")
        length = 200 * log10(value) / 12
        d.rect(80, top + 2, length, 18, fill=f"{'dbc'[k]}-fill", stroke="dbc"[k])
        d.text(86 + length, top + 16, power(value), anchor="start", bold=True)


def face(d: Drawing, x: float, y: float, w: float, h: float) -> None:
    """A plain aligned face filling a box."""

    def at(u: float, v: float) -> str:
        return f"{number(x + u * w)} {number(y + v * h)}"

    outline = ((0.95, 0.03), (1, 0.5), (0.86, 0.72), (0.74, 0.93), (0.62, 0.98), (0.5, 0.98))
    mirrored = ((0.38, 0.98), (0.26, 0.93), (0.14, 0.72), (0, 0.5), (0.05, 0.03), (0.5, 0.03))
    d.path(f"M{at(0.5, 0.03)}C{' '.join(at(*p) for p in (*outline, *mirrored))}Z", stroke="soft", width=1.5)
    for side in (0.3, 0.7):
        d.path(
            f"M{at(side - 0.13, 0.4)}Q{at(side, 0.31)} {at(side + 0.13, 0.4)}Q{at(side, 0.47)} {at(side - 0.13, 0.4)}Z",
            stroke="soft",
        )
        d.path(f"M{at(side - 0.15, 0.29)}Q{at(side, 0.21)} {at(side + 0.15, 0.29)}", stroke="soft", width=2.5)
        d.circle(x + side * w, y + 0.395 * h, w * 0.035, fill="soft", stroke="none")
    d.path(f"M{at(0.48, 0.42)}L{at(0.42, 0.63)}Q{at(0.5, 0.68)} {at(0.58, 0.63)}", stroke="soft")
    d.path(f"M{at(0.33, 0.79)}Q{at(0.5, 0.74)} {at(0.67, 0.79)}Q{at(0.5, 0.89)} {at(0.33, 0.79)}Z", stroke="soft")


def face_sharing() -> Drawing:
    d = Drawing(
        262,
        "人脸网格上的三档共享",
        "对齐的人脸上 4×4 个位置各放一个 3×3 的核：完全共享时处处是同一个；分区共享时四块各一个；局部连接时十六处各不相同。",
    )
    patterns = np.array([[(code >> bit) & 1 for bit in range(9)] for code in range(512)], dtype=np.float64)
    fours = patterns[patterns.sum(1) == 4]
    picks = fours[np.random.default_rng(4).permutation(len(fours))[:16]].reshape(16, 3, 3)
    names = (("完全共享", "普通卷积"), ("分区共享", "2×2 区域内相同"), ("完全不共享", "局部连接"))
    for k, (name, kind) in enumerate(names):
        x, y, w, h = 8 + 119.0 * k, 46.0, 106.0, 132.0
        d.text(x + w / 2, 18, name, bold=True, size=14)
        d.text(x + w / 2, 36, kind, size=12, fill="soft")
        d.rect(x, y, w, h, stroke="rule", round_=4)
        face(d, x, y, w, h)
        for i in range(4):
            for j in range(4):
                which = (0, i // 2 * 2 + j // 2, 4 * i + j)[k]
                left, top = x + (j + 0.5) * w / 4 - 7.5, y + (i + 0.5) * h / 4 - 7.5
                d.rect(left, top, 15, 15, fill="paper", stroke="none")
                hue = "abce"[(which + which // 4) % 4]
                shade(d, left, top, picks[which], 5, hue=hue)
                d.rect(left, top, 15, 15, stroke=hue, width=1)
        groups = (1, 4, 16)[k]
        d.text(x + w / 2, y + h + 20, f"{groups} 组权重", bold=True)
    place, window = 55 * 55, 9 * 9 * 16
    shared, local = (window + 1) * 16, (window + 1) * 16 * place
    d.line([(8, 212), (352, 212)], stroke="rule", width=1)
    d.text(180, 232, f"DeepFace 的 L4：共享约 {shared / 1e4:.1f} 万个参数，", size=13)
    d.text(180, 252, f"不共享约 {local / 1e4:,.0f} 万个，相差 55×55 = {place} 倍", size=13)
    return d


FIGURES: dict[str, Callable[[], Drawing]] = {
    "q34/local-shared": local_shared,
    "q58/dense-or-conv": dense_or_conv,
    "q24/face-sharing": face_sharing,
}
