"""Figures on gated units: the LSTM cell and how it grows from the RNN's, its gradient's path, the GRU beside it, gates as valves."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin, tanh

from figures.drawing import Drawing

Point = tuple[float, float]
R = 9.0
"""Radius of the circle round an element-wise operation."""


@dataclass(frozen=True)
class Wire:
    """A line through the points, with an arrow head at its end or without."""

    hue: str
    points: Sequence[Point]
    head: bool = True


@dataclass(frozen=True)
class Unit:
    """A gated unit as named parts, each of one hue: wires, boxes (layers with parameters) and circles (element-wise operations)."""

    frame: tuple[float, float, float, float] | None
    wires: Mapping[str, Wire]
    boxes: Mapping[str, tuple[str, float, float, str]]
    """Hue, middle and words."""
    circles: Mapping[str, tuple[str, float, float, str]]
    box_size: Point = (36, 26)

    def draw(
        self, d: Drawing, *, faint: bool = False, hidden: Container[str] = (), bold: Container[str] | None = None
    ) -> None:
        """All parts but the hidden; `faint` as a mere background; with `bold` only those parts have their colours."""
        if self.frame:
            d.rect(*self.frame, stroke="rule" if faint else "soft", width=1, round_=8)

        def hue_of(name: str, hue: str) -> str:
            if faint:
                return "rule"
            return hue if bold is None or name in bold else "soft"

        for name, wire in self.wires.items():
            if name not in hidden:
                width = 2 if bold is not None and name in bold else 1.6
                (d.arrow if wire.head else d.line)(wire.points, stroke=hue_of(name, wire.hue), width=width)
        for name in (*self.boxes, *self.circles):
            if name not in hidden:
                hue = hue_of(name, (self.boxes.get(name) or self.circles[name])[0])
                self.part(d, name, "soft" if faint else hue, pale=not faint and hue != "soft")

    def part(self, d: Drawing, name: str, hue: str, *, pale: bool = True, cls: str = "") -> None:
        """One box or circle, in the given hue."""
        fill = f"{hue}-fill" if pale and hue in "abcde" else "paper"
        words_fill = "soft" if hue == "soft" and not pale else "ink"
        if name in self.boxes:
            _, x, y, words = self.boxes[name]
            w, h = self.box_size
            d.rect(x - w / 2, y - h / 2, w, h, fill=fill, stroke=hue, round_=4, cls=cls)
        else:
            _, x, y, words = self.circles[name]
            if len(words) > 1:
                w = 36 if words == "tanh" else 26
                d.rect(x - w / 2, y - 10, w, 20, fill=fill, stroke=hue, round_=10, cls=cls)
            else:
                d.circle(x, y, R, fill=fill, stroke=hue, cls=cls)
        if words in "×+":
            mark(d, x, y, words, stroke=words_fill, cls=cls)
        else:
            d.text(x, y + 4.5, words, size=12 if len(words) > 2 else 13, fill=words_fill, cls=cls)


def mark(d: Drawing, x: float, y: float, sign: str, *, stroke: str = "ink", cls: str = "") -> None:
    """A multiplication or an addition sign, drawn, so that it sits in the middle of its circle."""
    for u, v in ((4, 4), (4, -4)) if sign == "×" else ((5, 0), (0, 5)):
        d.line([(x - u, y - v), (x + u, y + v)], stroke=stroke, cls=cls)


def hop(x: float, y: float, r: float = 6) -> list[Point]:
    """A wire going up at x jumps over a level one at y."""
    return [(x + r * sin(pi * k / 10), y + r * cos(pi * k / 10)) for k in range(11)]


@dataclass(frozen=True)
class Plan:
    """Where an LSTM cell's columns and rows lie. The defaults fill a sheet 360 wide and some 270 high."""

    left: float = 4
    join: float = 56
    f: float = 82
    i: float = 134
    g: float = 186
    o: float = 234
    out: float = 280
    up: float = 314
    right: float = 356
    c: float = 64
    squash: float = 101
    cross: float = 116
    show: float = 146
    gate: float = 170
    bus: float = 206
    foot: float = 266
    box: Point = (36, 26)
    frame: tuple[float, float, float, float] | None = (38, 30, 294, 218)


def lstm_unit(top: float = 0, p: Plan = Plan()) -> Unit:
    """The LSTM cell laid out by the plan, moved down by `top`."""
    c, squash, cross, show, gate, bus, foot = (top + y for y in (p.c, p.squash, p.cross, p.show, p.gate, p.bus, p.foot))
    over, under = gate - p.box[1] / 2, gate + p.box[1] / 2 + 1
    wires = {
        "h_in": Wire("ink", [(p.left, bus), (p.join, bus)], head=False),
        "x_in": Wire("ink", [(p.join, foot), (p.join, bus)], head=False),
        "to_f": Wire("ink", [(p.join, bus), (p.f, bus), (p.f, under)]),
        "to_i": Wire("ink", [(p.join, bus), (p.i, bus), (p.i, under)]),
        "to_g": Wire("ink", [(p.join, bus), (p.g, bus), (p.g, under)]),
        "to_o": Wire("ink", [(p.join, bus), (p.o, bus), (p.o, under)]),
        "c_in": Wire("e", [(p.left, c), (p.f - R - 1, c)]),
        "c_kept": Wire("e", [(p.f + R, c), (p.g - R - 1, c)]),
        "c_out": Wire("e", [(p.g + R, c), (p.right, c)]),
        "f": Wire("d", [(p.f, over), (p.f, c + R + 1)]),
        "i": Wire("a", [(p.i, over), (p.i, cross), (p.g - R - 1, cross)]),
        "g": Wire("c", [(p.g, over), (p.g, cross + R + 1)]),
        "new": Wire("c", [(p.g, cross - R), (p.g, c + R + 1)]),
        "o": Wire("b", [(p.o, over), (p.o, show), (p.out - R - 1, show)]),
        "c_tap": Wire("e", [(p.out, c), (p.out, squash - 11)]),
        "squashed": Wire("e", [(p.out, squash + 10), (p.out, show - R - 1)]),
        "h_out": Wire("b", [(p.out, show + R), (p.out, bus), (p.right, bus)]),
        "h_up": Wire("b", [(p.up, bus), *hop(p.up, c), (p.up, top + 8)]),
    }
    boxes = {
        "F": ("d", p.f, gate, "σ"),
        "I": ("a", p.i, gate, "σ"),
        "G": ("c", p.g, gate, "tanh"),
        "O": ("b", p.o, gate, "σ"),
    }
    circles = {
        "keep": ("d", p.f, c, "×"),
        "write": ("a", p.g, cross, "×"),
        "add": ("e", p.g, c, "+"),
        "squash": ("e", p.out, squash, "tanh"),
        "show": ("b", p.out, show, "×"),
    }
    frame = (p.frame[0], top + p.frame[1], *p.frame[2:]) if p.frame else None
    return Unit(frame, wires, boxes, circles, p.box)


def dot(d: Drawing, x: float, y: float, hue: str = "ink") -> None:
    """A line branches here."""
    d.circle(x, y, 2.5, fill=hue, stroke=hue)


def lstm_names(d: Drawing, top: float = 0) -> None:
    for x, words in ((82, "遗忘门"), (134, "输入门"), (186, "候选值"), (234, "输出门")):
        d.text(x, top + 225, words, size=12)


def lstm_ends(d: Drawing, top: float = 0) -> None:
    d.text(4, top + 56, "cₜ₋₁", anchor="start", math=True, size=14)
    d.text(356, top + 56, "cₜ", anchor="end", math=True, size=14)
    d.text(4, top + 198, "hₜ₋₁", anchor="start", math=True, size=14)
    d.text(356, top + 198, "hₜ", anchor="end", math=True, size=14)
    d.text(308, top + 20, "hₜ", anchor="end", math=True, size=14)
    d.text(64, top + 266, "xₜ", anchor="start", math=True, size=14)


def lstm_symbols(d: Drawing, top: float = 0) -> None:
    for x, y, words in ((93, 142, "fₜ"), (145, 142, "iₜ"), (197, 146, "gₜ"), (246, 140, "oₜ")):
        d.text(x, top + y, words, math=True, size=14)


def lstm_cell() -> Drawing:
    d = Drawing(
        388,
        "LSTM 单元",
        "上方横线是细胞状态，先乘遗忘门，再加输入门与候选值之积；下方 h 与 x 送入四个带参数的方框；输出门乘 tanh(c) 得到 h。",
    )
    lstm_unit().draw(d)
    lstm_names(d)
    lstm_ends(d)
    lstm_symbols(d)
    for x in (56, 82, 134, 186):
        dot(d, x, 206)
    dot(d, 280, 64, "e")
    dot(d, 314, 206, "b")
    d.text(134, 56, "fₜ⊙cₜ₋₁", size=12)
    d.text(194, 94, "iₜ⊙gₜ", anchor="start", size=12)
    d.text(236, 56, "cₜ", math=True, size=14)
    d.box(8, 284, 34, 22, "σ", hue="ink")
    d.text(50, 300, "带参数的层：σ(Wxₜ + Uhₜ₋₁ + b)", anchor="start")
    d.text(50, 320, "四个方框各有 W、U、b；候选值用 tanh", anchor="start", size=12, fill="soft")
    d.circle(25, 342, R)
    mark(d, 25, 342, "×")
    d.text(50, 347, "圆圈：逐元素运算，不带参数", anchor="start")
    d.line([(8, 371), (42, 371)], stroke="e", width=2.5)
    d.text(50, 376, "细胞状态的直达通路：只有一乘一加", anchor="start")
    return d


def gradient_path() -> Drawing:
    d = Drawing(
        474,
        "误差回传：RNN 的连乘与 LSTM 的直达通路",
        "RNN 的误差每步乘 tanh 的导数和 U；LSTM 的误差沿细胞状态每步只乘 f；下图是 0.9、0.99、0.999 连乘一百步的结果。",
    )
    nodes = (22, 180, 338)
    times = ("ₜ₋₂", "ₜ₋₁", "ₜ")

    d.text(4, 18, "普通 RNN", anchor="start", bold=True)
    row = 52
    for x, time in zip(nodes, times, strict=True):
        d.text(x, row + 5, f"h{time}", math=True, size=14)
    for x in nodes[:2]:
        d.arrow([(x + 18, row), (x + 32, row)])
        d.box(x + 34, row - 12, 28, 24, "U")
        d.arrow([(x + 62, row), (x + 79, row)])
        d.rect(x + 81, row - 11, 40, 22, fill="a-fill", stroke="a", round_=11)
        d.text(x + 101, row + 4.5, "tanh", size=12)
        d.arrow([(x + 121, row), (x + 139, row)])
    for x, time in zip(nodes[:2], times[1:], strict=True):
        d.arrow(
            [(x + 148, row + 12), (x + 138, row + 26), (x + 22, row + 26), (x + 12, row + 12)],
            stroke="d",
            dash="4 3",
            width=2,
        )
        d.text(x + 80, row + 43, f"×J{time} = diag(1−h²) U", size=12, fill="d")

    d.text(4, 132, "LSTM", anchor="start", bold=True)
    d.text(62, 132, "虚线：误差回传", anchor="start", size=12, fill="d")
    row = 178
    for x, time in zip(nodes, times, strict=True):
        d.text(x, row + 5, f"c{time}", math=True, size=14)
    for x, time in zip(nodes[:2], times[1:], strict=True):
        d.arrow([(x + 16, row), (x + 43, row)], stroke="e")
        d.arrow([(x + 63, row), (x + 93, row)], stroke="e")
        d.arrow([(x + 113, row), (x + 142, row)], stroke="e")
        for shift, words, hue in ((53, f"f{time}", "d"), (103, f"i{time}⊙g{time}", "c")):
            d.circle(x + shift, row, R, fill=f"{hue}-fill", stroke=hue)
            d.arrow([(x + shift, row + 34), (x + shift, row + R + 1)], stroke=hue)
            d.text(x + shift, row + 48, words, size=12 if "⊙" in words else 14, math="⊙" not in words)
            mark(d, x + shift, row, "×" if hue == "d" else "+")
        d.arrow(
            [(x + 150, row - 12), (x + 140, row - 22), (x + 20, row - 22), (x + 10, row - 12)],
            stroke="d",
            dash="4 3",
            width=2,
        )
        d.text(x + 80, row - 28, f"×f{time}", size=13, fill="d")
    d.text(180, row + 88, "hₜ₋₁", math=True, size=14)
    d.arrow([(180, row + 12), (180, row + 70)], stroke="soft", dash="2 3")
    d.line([(198, row + 84), (284, row + 84)], stroke="soft", dash="2 3")
    for x in (233, 283):
        d.arrow([(x, row + 84), (x, row + 56)], stroke="soft", dash="2 3")
    d.text(4, row + 80, "点线：经 h 与各门", anchor="start", size=12, fill="soft")
    d.text(4, row + 97, "的旁路，仍含 U", anchor="start", size=12, fill="soft")

    left, right, top, bottom = 36, 288, 318, 438

    def at(step: float, share: float) -> Point:
        return left + (right - left) * step / 100, bottom - (bottom - top) * share

    d.text(4, top - 12, "直达系数 fᵏ（k 为步数）", anchor="start", size=12)
    for share in (0, 0.5, 1):
        y = at(0, share)[1]
        d.line([(left, y), (right, y)], stroke="rule", width=1)
        d.text(left - 6, y + 4, f"{share:g}", anchor="end", size=12, fill="soft")
    for step in (0, 50, 100):
        d.text(at(step, 0)[0], bottom + 17, str(step), size=12, fill="soft")
    for f, hue, dash in ((0.999, "c", ""), (0.99, "a", "7 4"), (0.9, "d", "2 3")):
        d.line([at(step, f**step) for step in range(101)], stroke=hue, width=2.2, dash=dash)
        d.text(right + 6, min(at(0, f**100)[1] + 4, bottom - 6), f"f={f:g}", anchor="start", size=12, fill=hue)
    return d


def growth() -> Drawing:
    d = Drawing(
        784,
        "从 RNN 单元到 LSTM 单元的四步",
        "五行小图：RNN 只有一个 tanh；先添一条细胞状态横线，再添输入门、遗忘门，最后添输出门；每行新添的部分加粗着色。",
    )
    plan = Plan(4, 34, 54, 92, 130, 168, 202, 0, 226, 22, 40, 50, 68, 84, 108, 126, (32, 20), None)
    full = lstm_unit(0, plan)
    everything = {*full.wires, *full.boxes, *full.circles}
    stages = (
        ("起点：RNN，便签 h 每步重写", {"h_in", "x_in", "to_g", "G", "rewrite"}, ("hₜ = tanh(Wxₜ", "+ Uhₜ₋₁ + b)")),
        ("第一步：添笔记本 c，默认照抄", {"copy", "c_out", "add", "to_add"}, ("cₜ = cₜ₋₁ + gₜ",)),
        ("第二步：添输入门，挑着记", {"to_i", "I", "i", "write", "g", "new"}, ("cₜ = cₜ₋₁ + iₜ⊙gₜ",)),
        ("第三步：添遗忘门，该擦就擦", {"to_f", "F", "f", "keep", "c_in", "c_kept"}, ("cₜ = fₜ⊙cₜ₋₁", "+ iₜ⊙gₜ")),
        (
            "第四步：添输出门，看场合说话",
            {"to_o", "O", "o", "c_tap", "squash", "squashed", "show", "h_out"},
            ("hₜ = oₜ⊙tanh(cₜ)",),
        ),
    )
    gone = ({"rewrite"}, {"to_add"}, {"copy"}, set[str]())
    shown = set[str]()
    for row, (title, new, formula) in enumerate(stages):
        top = 28 + 156 * row
        shown = (shown | new) - (gone[row - 1] if row else set())
        unit = lstm_unit(top, plan)
        c, over, level = top + plan.c, top + plan.gate - plan.box[1] / 2, top + plan.cross
        early = {
            "rewrite": Wire("ink", [(plan.g, over), (plan.g, level), (plan.right, level)]),
            "copy": Wire("e", [(plan.left, c), (plan.g - R - 1, c)]),
            "to_add": Wire("c", [(plan.g, over), (plan.g, c + R + 1)]),
        }
        grown = Unit(None, {**unit.wires, **early}, unit.boxes, unit.circles, plan.box)
        grown.draw(d, hidden=(everything | {*early}) - shown, bold=new if row else None)
        d.text(4, top - 6, title, anchor="start", bold=True)
        dot(d, plan.join, top + plan.bus, "ink" if row == 0 else "soft")
        d.text(40, top + plan.foot, "xₜ", anchor="start", math=True)
        d.text(2, top + plan.bus - 6, "hₜ₋₁", anchor="start", math=True)
        if row:
            d.text(2, c - 6, "cₜ₋₁", anchor="start", math=True)
            d.text(230, c + 5, "cₜ", anchor="start", math=True)
        if row in (0, 4):
            d.text(230, (level if row == 0 else top + plan.bus) + 5, "hₜ", anchor="start", math=True)
        for i, line in enumerate(formula):
            d.text(240 if i == 0 else 254, top + 80 + 19 * i, line, anchor="start", math=True)
    return d


def gru_unit(top: float = 0) -> Unit:
    """The GRU cell, its state along the upper line; z keeps the old state, as in Cho et al."""
    z, r, h, up = 96, 156, 250, 308
    state, mix, past, gate, bus, low = (top + y for y in (64, 96, 126, 170, 206, 238))
    wires = {
        "h_in": Wire("e", [(4, state), (z - R - 1, state)]),
        "h_kept": Wire("e", [(z + R, state), (h - R - 1, state)]),
        "h_out": Wire("e", [(h + R, state), (356, state)]),
        "h_up": Wire("e", [(up, state), (up, top + 8)]),
        "x_in": Wire("ink", [(66, top + 266), (66, bus)], head=False),
        "bus": Wire("ink", [(48, state), (48, bus), (r, bus), (r, gate + 14)]),
        "to_z": Wire("ink", [(z, bus), (z, gate + 14)]),
        "to_past": Wire("ink", [(48, past), (r - R - 1, past)]),
        "x_low": Wire("ink", [(66, low), (h + 9, low), (h + 9, gate + 14)]),
        "z": Wire("d", [(z, gate - 13), *hop(z, past), (z, state + R + 1)]),
        "z_mix": Wire("a", [(z, mix), (r - 14, mix)]),
        "mix": Wire("a", [(r + 13, mix), (h - R - 1, mix)]),
        "r": Wire("b", [(r, gate - 13), (r, past + R + 1)]),
        "past": Wire("b", [(r + R, past), (186, past), (186, top + 198), (h - 9, top + 198), (h - 9, gate + 14)]),
        "h": Wire("c", [(h, gate - 13), (h, mix + R + 1)]),
        "new": Wire("c", [(h, mix - R), (h, state + R + 1)]),
    }
    boxes = {"Z": ("d", z, gate, "σ"), "R": ("b", r, gate, "σ"), "H": ("c", h, gate, "tanh")}
    circles = {
        "keep": ("d", z, state, "×"),
        "add": ("e", h, state, "+"),
        "rest": ("a", r, mix, "1−"),
        "write": ("a", h, mix, "×"),
        "reset": ("b", r, past, "×"),
    }
    return Unit((32, top + 30, 300, 220), wires, boxes, circles)


def gru_beside_lstm() -> Drawing:
    d = Drawing(
        622,
        "LSTM 单元与 GRU 单元对照",
        "上为 LSTM：c 与 h 两条线，三个门。下为 GRU：只有 h 一条线，z 乘旧状态，1−z 乘候选状态，r 先乘旧状态再送去算候选状态。",
    )
    d.text(4, 18, "LSTM：两个状态，三个门", anchor="start", bold=True)
    top = 14
    lstm_unit(top).draw(d)
    lstm_names(d, top)
    lstm_ends(d, top)
    lstm_symbols(d, top)
    for x in (56, 82, 134, 186):
        dot(d, x, top + 206)
    dot(d, 280, top + 64, "e")
    dot(d, 314, top + 206, "b")

    d.text(4, 312, "GRU：一个状态，两个门", anchor="start", bold=True)
    top = 308
    gru_unit(top).draw(d)
    for x, y, hue in (
        (48, 64, "e"),
        (48, 126, "ink"),
        (66, 206, "ink"),
        (66, 238, "ink"),
        (96, 206, "ink"),
        (96, 96, "d"),
        (308, 64, "e"),
    ):
        dot(d, x, top + y, hue)
    for x, y, words in ((84, 150, "zₜ"), (168, 151, "rₜ"), (263, 148, "h̃ₜ")):
        d.text(x, top + y, words, math=True, size=14)
    d.text(4, top + 56, "hₜ₋₁", anchor="start", math=True, size=14)
    d.text(356, top + 56, "hₜ", anchor="end", math=True, size=14)
    d.text(302, top + 20, "hₜ", anchor="end", math=True, size=14)
    d.text(74, top + 266, "xₜ", anchor="start", math=True, size=14)
    d.text(98, top + 226, "更新门", size=12)
    d.text(156, top + 226, "重置门", size=12)
    d.text(274, top + 174, "候选状态", size=12, anchor="start")
    d.text(190, top + 144, "rₜ⊙hₜ₋₁", size=12, anchor="start")
    d.text(205, top + 90, "1−zₜ", size=12)

    d.text(4, 596, "z 相当于遗忘门，1−z 相当于输入门，和恒为 1；", anchor="start", size=12)
    d.text(4, 614, "没有输出门，r 部分代行其职。", anchor="start", size=12)
    return d


def signed(value: float) -> str:
    """Three decimals, halves away from zero, with a sign."""
    return f"{'−' if value < 0 else '+'}{abs(value) + 1e-9:.3f}"


def valves() -> Drawing:
    forget, write, candidate, show = 0.5, 0.95, -0.95, 0.9
    before = 0.3 * 0.72
    kept, new = forget * before, write * candidate
    state = kept + new
    squashed = tanh(state)
    d = Drawing(
        352,
        "三个门是记忆管道上的三个阀门",
        "读到“剧情太烂”：旧记忆 0.216 经遗忘门剩五成；候选值 −0.95 经输入门几乎全部汇入；新记忆经 tanh 和输出门读出 −0.595。",
    )
    y, new_x, out_x, half, span = 128, 168, 282, 19, 34

    def water(points: tuple[Point, Point], value: float) -> None:
        """A stream as thick as the value is big: warm when positive, cold when negative."""
        (x0, y0), (x1, y1) = points
        thick, hue = span * abs(value), "b" if value > 0 else "a"
        if y0 == y1:
            d.rect(x0, y0 - thick / 2, x1 - x0, thick, fill=hue, stroke="none")
        else:
            d.rect(x0 - thick / 2, y0, thick, y1 - y0, fill=hue, stroke="none")

    water(((4, y), (80, y)), before)
    water(((80, y), (new_x, y)), kept)
    water(((new_x, 212), (new_x, 290)), candidate)
    water(((new_x, y), (new_x, 212)), new)
    water(((new_x - span * abs(new) / 2, y), (356, y)), state)
    water(((out_x, y), (out_x, 186)), state)
    water(((out_x, 186), (out_x, 236)), squashed)
    water(((out_x, 236), (out_x, 306)), show * squashed)

    for wall in (
        [(4, y - half), (356, y - half)],
        [(4, y + half), (new_x - half, y + half), (new_x - half, 290)],
        [(new_x + half, 290), (new_x + half, y + half), (out_x - half, y + half), (out_x - half, 306)],
        [(356, y + half), (out_x + half, y + half), (out_x + half, 306)],
    ):
        d.line(wall, stroke="ink", width=2)

    def gate(x: float, at: float, share: float, level: bool) -> None:
        """A plate pushed in from above (or from the right) leaves the given share of the pipe open; a wheel on its stem."""
        shut = 2 * half * (1 - share)
        if level:
            d.rect(x - 3, at - half, 6, shut, fill="ink", stroke="ink")
            d.line([(x, at - half), (x, at - half - 16)], width=3)
            d.line([(x - 12, at - half - 16), (x + 12, at - half - 16)], width=4)
        else:
            d.rect(x + half - shut, at - 3, shut, 6, fill="ink", stroke="ink")
            d.line([(x + half, at), (x + half + 14, at)], width=3)
            d.line([(x + half + 14, at - 11), (x + half + 14, at + 11)], width=4)

    gate(80, y, forget, True)
    gate(new_x, 212, write, False)
    gate(out_x, 236, show, False)
    d.rect(out_x - half - 4, 177, 2 * half + 8, 18, fill="paper", stroke="ink", round_=9)
    d.text(out_x, 190, "tanh", size=12)

    d.text(80, 66, f"遗忘门 f={forget:g}", bold=True)
    d.text(80, 83, "留五成", size=12)
    d.text(4, y + 37, f"cₜ₋₁ = {signed(before)}", anchor="start", size=12)
    d.text(96, y - 26, f"剩 {signed(kept)}", anchor="start", size=12)
    d.text(206, 206, "输入门", bold=True, anchor="start")
    d.text(206, 223, f"i={write:g}", bold=True, anchor="start")
    d.text(142, 206, "写入", anchor="end", size=12)
    d.text(142, 223, signed(new), anchor="end", size=12)
    d.text(new_x, 308, f"候选值 g = −{-candidate:g}")
    d.text(354, y - 26, f"cₜ = {signed(state)}", anchor="end")
    d.text(310, 270, "输出门", bold=True, anchor="start")
    d.text(310, 287, f"o={show:g}", bold=True, anchor="start")
    d.text(out_x, 324, f"hₜ = {signed(show * squashed)}")
    for stream in (((new_x, 276), (new_x, 244)), ((206, y), (238, y)), ((out_x, 260), (out_x, 292))):
        d.arrow(stream, stroke="paper", width=2)
    d.text(4, 22, "读到“剧情太烂”", anchor="start", bold=True)
    d.rect(150, 11, 14, 12, fill="b", stroke="none")
    d.text(169, 22, "热水：正", anchor="start", size=12)
    d.rect(228, 11, 14, 12, fill="a", stroke="none")
    d.text(247, 22, "冷水：负", anchor="start", size=12)
    d.text(4, 344, "水流越粗，数值越大；插板挡住的是阀门关掉的部分", anchor="start", size=12)
    return d


FIGURES = {
    "q10/lstm-cell": lstm_cell,
    "q10/gradient-path": gradient_path,
    "q33/growth": growth,
    "q39/gru-beside-lstm": gru_beside_lstm,
    "q67/valves": valves,
}
