"""Animated figures on the LSTM, one for each step of a moment, with the numbers of the small network in the answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, exp, hypot, pi, sin, tanh

from figures.drawing import Drawing, number
from figures.lstm import Plan, Point, lstm_unit

WORDS = (("好看", 1, 1), ("的", 0, 0), ("推荐", 1, 1))
"""Each word with its two features: praise or blame, and whether it carries feeling."""


@dataclass(frozen=True)
class Moment:
    """All values of the small LSTM in one moment."""

    f: float
    i: float
    g: float
    o: float
    kept: float
    new: float
    c: float
    h: float


def run() -> list[Moment]:
    """The answer's LSTM of one dimension, read over the three words."""
    h = c = 0.0
    moments = []
    for _, v, e in WORDS:
        f, i, o = sigmoid(3 - e), sigmoid(6 * e - 3), sigmoid(2 * e - 1)
        g = tanh(1.5 * v - 0.5 * h)
        kept, new = f * c, i * g
        c = kept + new
        h = o * tanh(c)
        moments.append(Moment(f, i, g, o, kept, new, c, h))
    return moments


def sigmoid(a: float) -> float:
    return 1 / (1 + exp(-a))


def shown(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


@dataclass
class Film:
    """Parts of a drawing that come one after another in a loop. Without motion all of them stand there."""

    d: Drawing
    seconds: float
    _names: dict[str, str] = field(default_factory=dict)

    def appear(self, at: float) -> str:
        """A class for what comes at that second and stays to the end of the loop."""
        start = self._share(at)
        return self._cls(f"0%,{number(start)}%{{opacity:0}}{number(start + 3)}%,96%{{opacity:1}}to{{opacity:0}}")

    def trace(
        self, points: Sequence[Point], hue: str, at: float, until: float, *, head: bool = True, width: float = 2.4
    ) -> None:
        """A line that grows along the points between two seconds, a bead before it; then its head appears."""
        (x0, y0), (x1, y1) = points[-2:]
        last = hypot(x1 - x0, y1 - y0)
        u, v = (x1 - x0) / last, (y1 - y0) / last
        line = [*points[:-1], (x1 - 6 * u, y1 - 6 * v)] if head and last > 6 else list(points)
        length = sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(line)) + 1
        start, end = number(self._share(at)), number(self._share(until))
        kept = "stroke-dashoffset:0;opacity"
        frames = f"0%,{start}%{{stroke-dashoffset:{number(length)}}}{end}%,96%{{{kept}:1}}to{{{kept}:0}}"
        self.d.line(line, stroke=hue, width=width, cls=self._cls(frames, f"stroke-dasharray:{number(length)}"))
        if head:
            corners = [(x1, y1), (x1 - 8 * u - 4 * v, y1 - 8 * v + 4 * u), (x1 - 8 * u + 4 * v, y1 - 8 * v - 4 * u)]
            self.d.line(
                corners, stroke=hue, width=0.5, fill=hue, closed=True, cls=self.appear(until - 0.02 * self.seconds)
            )

    def bead(self, points: Sequence[Point], hue: str, at: float, until: float) -> None:
        """A bead that runs along the points; it is not there without motion."""
        lengths = [hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
        start, span = self._share(at), self._share(until) - self._share(at)
        frames, done = f"0%,{number(start - 0.01)}%{{opacity:0}}", 0.0
        for (x, y), length in zip(points, (0.0, *lengths), strict=True):
            done += length
            share = start + span * done / sum(lengths)
            frames += f"{number(share)}%{{opacity:1;transform:translate({number(x)}px,{number(y)}px)}}"
        x, y = points[-1]
        frames += f"{number(start + span + 0.5)}%,to{{opacity:0;transform:translate({number(x)}px,{number(y)}px)}}"
        self.d.circle(0, 0, 5, fill=hue, stroke="paper", width=1.5, cls=self._cls(frames, "opacity:0"))

    def _share(self, at: float) -> float:
        return 100 * at / self.seconds

    def _cls(self, frames: str, fixed: str = "") -> str:
        if frames not in self._names:
            name = self._names[frames] = f"k{len(self._names)}"
            timing = f"animation:{name} {number(self.seconds)}s linear infinite"
            self.d.rule(f"@keyframes {name}{{{frames}}}.{name}{{{';'.join(filter(None, (fixed, timing)))}}}\n")
        return self._names[frames]


PLAN = Plan(f=84, i=134, g=184, o=230, out=270, up=300, frame=(42, 30, 274, 220))
NAMES = {"F": "遗忘门", "I": "输入门", "G": "候选值", "O": "输出门"}
Moves = Sequence[tuple[str, float, float]]
"""Names of parts of the cell, each with the seconds in which it lights up: wires grow, boxes and circles appear at the first."""
Notes = Sequence[tuple[str, float]]


def cell_film(
    title: str,
    told: str,
    seconds: float,
    moves: Moves,
    notes: Notes,
    labels: Sequence[tuple[float, float, str, float]],
    sub: str,
) -> Drawing:
    """The cell as a pale background on which parts light up. Notes stand below; labels are x, y, words and second.
    `sub` is "ₜ" or the moment's number; the ends of the lines are named after it."""
    d = Drawing(284 + 21 * len(notes), title, told)
    film = Film(d, seconds)
    unit = lstm_unit(0, PLAN)
    unit.draw(d, faint=True)
    before = {"ₜ": "ₜ₋₁", "₂": "₁"}[sub]
    for x, y, words, anchor in (
        (4.0, 56.0, f"c{before}", "start"),
        (356, 56, f"c{sub}", "end"),
        (4, 198, f"h{before}", "start"),
        (356, 198, f"h{sub}", "end"),
        (PLAN.up - 7, 20, f"h{sub}", "end"),
        (PLAN.join + 8, 270, f"x{sub}", "start"),
    ):
        d.text(x, y, words, anchor=anchor, math=True, size=14)
    for box, words in NAMES.items():
        d.text(unit.boxes[box][1], 225, words, size=12)
    for name, at, until in moves:
        if name in unit.wires:
            wire = unit.wires[name]
            film.trace(wire.points, wire.hue, at, until, head=wire.head)
    for name, at, _ in moves:
        if name not in unit.wires:
            unit.part(d, name, (unit.boxes.get(name) or unit.circles[name])[0], cls=film.appear(at))
    for name, at, until in moves:
        if name in unit.wires:
            film.bead(unit.wires[name].points, unit.wires[name].hue, at, until)
    for x, y, words, second in labels:
        d.text(
            x, y, words, size=12, cls=film.appear(second), anchor="start" if x < 20 else "end" if x > 340 else "middle"
        )
    for i, (words, second) in enumerate(notes):
        d.text(4, 294 + 21 * i, f"{'①②③④⑤'[i]} {words}", anchor="start", cls=film.appear(second))
    return d


def below(name: str) -> Point:
    """Where a gate's value stands."""
    return lstm_unit(0, PLAN).boxes[name][1], 241


def overview() -> Drawing:
    moves = (
        ("h_in", 0.3, 1.2), ("x_in", 0.3, 1.2),
        ("to_f", 1.2, 2.0), ("F", 2.0, 0), ("f", 2.3, 3.3), ("c_in", 2.3, 3.3), ("keep", 3.3, 0),
        ("to_i", 4.0, 4.8), ("to_g", 4.0, 4.8), ("I", 4.8, 0), ("G", 4.8, 0), ("i", 5.1, 6.0), ("g", 5.1, 6.0), ("write", 6.0, 0),
        ("c_kept", 6.6, 7.5), ("new", 6.6, 7.5), ("add", 7.5, 0), ("c_out", 7.8, 9.0),
        ("to_o", 9.2, 10.0), ("O", 10.0, 0), ("o", 10.3, 11.0), ("c_tap", 9.4, 9.8), ("squash", 9.8, 0), ("squashed", 10.5, 11.0),
        ("show", 11.0, 0), ("h_out", 11.4, 12.4), ("h_up", 11.9, 12.8),
    )  # fmt: skip
    notes = (
        ("遗忘门：旧记忆留几成", 1.2),
        ("输入门与候选值：写几成、写什么", 4.0),
        ("先乘后加，更新细胞状态 c", 6.6),
        ("输出门：露出几成", 9.2),
        ("相乘得 h，c 与 h 交给下一时刻", 11.0),
    )
    return cell_film(
        "LSTM 一个时刻的五个动作",
        "单元的各部分依次亮起：遗忘门、输入门与候选值、先乘后加的细胞状态、输出门、最后一次相乘。",
        14, moves, notes, (), "ₜ",
    )  # fmt: skip


def concat() -> Drawing:
    first = run()[0]
    moves = (
        ("h_in", 0.5, 2.0), ("x_in", 0.5, 2.0),
        *((f"to_{name}", 2.6, 4.6) for name in "figo"), *((name, 4.6, 0.0) for name in "FIGO"),
    )  # fmt: skip
    notes = ((f"h₁={shown(first.h)} 从左来，“的”(0, 0) 从下方来", 0.5), ("并成一束，分四份同时送往四个方框", 2.6))
    labels = ((4.0, 222.0, shown(first.h), 0.5), (100.0, 270.0, "(0, 0)", 0.5))
    return cell_film(
        "第一步：拼接",
        "隐藏状态从左边进来，词的特征从下方进来，并成一束后分成四份，送往四个方框。",
        8,
        moves,
        notes,
        labels,
        "₂",
    )


def forget() -> Drawing:
    first, now = run()[:2]
    moves = (
        ("h_in", 0.3, 1.2), ("x_in", 0.3, 1.2), ("to_f", 1.2, 2.2), ("F", 2.2, 0),
        ("f", 3.2, 4.6), ("c_in", 3.2, 4.6), ("keep", 4.6, 0), ("c_kept", 5.2, 6.6),
    )  # fmt: skip
    notes = (
        (f"f₂ = σ(3 − 0) = {shown(now.f)}", 2.2),
        (f"旧记忆 {shown(first.c)} × {shown(now.f)}，剩 {shown(now.kept)}", 4.6),
    )
    labels = (
        (*below("F"), shown(now.f), 2.4),
        (4.0, 80.0, shown(first.c), 0.3),
        (134.0, 56.0, shown(now.kept), 6.4),
        (97.0, 142.0, "f₂", 2.4),
    )
    return cell_film(
        "第二步：遗忘门",
        "第一个方框算出 0.953，在上方横线的乘号处与旧记忆 0.862 相乘，剩下 0.821。",
        9,
        moves,
        notes,
        labels,
        "₂",
    )


def write() -> Drawing:
    first, now = run()[:2]
    moves = (
        ("h_in", 0.3, 1.2), ("x_in", 0.3, 1.2), ("to_i", 1.2, 2.4), ("to_g", 1.2, 2.4), ("I", 2.4, 0), ("G", 2.4, 0),
        ("i", 4.0, 5.4), ("g", 4.0, 5.4), ("write", 5.4, 0), ("new", 6.0, 7.0),
    )  # fmt: skip
    notes = (
        (f"写什么：g₂ = tanh(0 − 0.5×{shown(first.h)}) = {shown(now.g)}", 2.4),
        (f"写几成：i₂ = σ(6×0 − 3) = {shown(now.i)}", 3.0),
        (f"相乘：只写入 {shown(now.new)}", 5.4),
    )
    labels = (
        (*below("G"), shown(now.g), 2.6), (*below("I"), shown(now.i), 3.0), (146.0, 142.0, "i₂", 3.0), (198.0, 148.0, "g₂", 2.6),
        (212.0, 98.0, shown(now.new), 6.6),
    )  # fmt: skip
    return cell_film(
        "第三步：输入门与候选值",
        "第二、三个方框一起亮起，候选值 −0.250 与比例 0.047 相乘，只写入 −0.012。",
        10,
        moves,
        notes,
        labels,
        "₂",
    )


def update() -> Drawing:
    now = run()[1]
    moves = (
        ("keep", 0.2, 0),
        ("write", 0.2, 0),
        ("c_kept", 0.8, 2.8),
        ("new", 0.8, 2.8),
        ("add", 2.8, 0),
        ("c_out", 3.6, 6.0),
    )
    notes = (
        (f"剩下的旧记忆 {shown(now.kept)} 与新写入 {shown(now.new)} 汇合", 0.8),
        (f"c₂ = {shown(now.kept)} − {shown(-now.new)} = {shown(now.c)}", 2.8),
        ("没有矩阵，也没有激活函数", 3.6),
    )
    labels = ((134.0, 56.0, shown(now.kept), 0.8), (212.0, 98.0, shown(now.new), 0.8), (356.0, 80.0, shown(now.c), 5.6))
    return cell_film(
        "第四步：更新细胞状态",
        "上方横线的加号处，剩下的旧记忆 0.821 加上新写入的 −0.012，得到 0.809，继续向右。",
        8,
        moves,
        notes,
        labels,
        "₂",
    )


def output() -> Drawing:
    now = run()[1]
    moves = (
        ("c_out", 0.2, 0.8), ("h_in", 0.3, 1.2), ("x_in", 0.3, 1.2), ("to_o", 1.2, 2.4), ("O", 2.4, 0),
        ("c_tap", 3.6, 4.3), ("squash", 4.3, 0), ("squashed", 5.4, 6.2), ("o", 5.4, 6.2), ("show", 6.2, 0),
        ("h_out", 6.8, 8.4), ("h_up", 7.6, 9.2),
    )  # fmt: skip
    notes = (
        (f"o₂ = σ(2×0 − 1) = {shown(now.o)}", 2.4),
        (f"tanh({shown(now.c)}) = {shown(tanh(now.c))}", 4.3),
        (f"h₂ = {shown(now.o)} × {shown(tanh(now.c))} = {shown(now.h)}", 6.2),
    )
    labels = (
        (*below("O"), shown(now.o), 2.6), (240.0, 142.0, "o₂", 2.6), (230.0, 56.0, shown(now.c), 0.6),
        (246.0, 123.0, shown(tanh(now.c)), 4.6), (356.0, 222.0, shown(now.h), 8.0), (356.0, 80.0, shown(now.c), 0.8),
    )  # fmt: skip
    return cell_film(
        "第五步：输出门",
        "第四个方框算出 0.269；细胞状态分出一支过 tanh 得 0.669，两者相乘得 h 为 0.180，向右向上送出。",
        11,
        moves,
        notes,
        labels,
        "₂",
    )


def rnn_loop() -> Drawing:
    d = Drawing(
        222,
        "RNN 把隐藏状态往右传",
        "左边一个单元的输出绕回自己；右边三个相同的方框从左到右依次亮起，词从下方进入，隐藏状态向右传。",
    )
    film = Film(d, 10)
    y, word_y = 90.0, 164.0
    d.text(52, 24, "同一个单元", bold=True)
    d.text(238, 24, "走过三个时刻", bold=True)
    turns = [(-0.75 + 1.5 * k / 24) * pi for k in range(25)]
    loop = [(80 + 28 * cos(turn), y + 22 * sin(turn)) for turn in turns]
    columns = (178.0, 248.0, 318.0)
    ways = [[(x, word_y - 16), (x, y + 17)] for x in (40.0, *columns)]
    after = [[(x + 24, y), (min(x + 45, 357.0), y)] for x in columns]
    d.arrow(ways[0], stroke="c")
    d.arrow(loop, stroke="a")
    for way in (*ways[1:], *after):
        d.arrow(way, stroke="rule")
    d.text(40, word_y + 5, "xₜ", math=True, size=14)
    d.text(112, y - 22, "hₜ", math=True, size=14)
    d.text(132, y + 5, "h₀", math=True, size=14)
    d.rect(18, y - 16, 44, 32, fill="a-fill", stroke="a", round_=5)
    d.text(40, y + 4.5, "tanh", size=12)
    for k, (x, (word, _, _)) in enumerate(zip(columns, WORDS, strict=True)):
        at = 0.4 + 3 * k
        d.text(x, word_y + 5, word)
        d.text(x, word_y + 23, f"x{'₁₂₃'[k]}", math=True)
        d.rect(x - 23, y - 16, 46, 32, fill="paper", stroke="soft", round_=5)
        d.text(x, y + 4.5, "tanh", size=12, fill="soft")
        lit = film.appear(at + 1)
        film.trace(ways[k + 1], "c", at, at + 1)
        film.bead(ways[0], "c", at, at + 1)
        film.bead(ways[k + 1], "c", at, at + 1)
        d.rect(x - 23, y - 16, 46, 32, fill="a-fill", stroke="a", width=2, round_=5, cls=lit)
        d.text(x, y + 4.5, "tanh", size=12, cls=lit)
        film.trace(after[k], "a", at + 1.4, at + 2.6)
        film.bead(after[k], "a", at + 1.4, at + 2.6)
        film.bead(loop, "a", at + 1.4, at + 2.6)
        d.text(x + 35 if k < 2 else 350, y - 10 if k < 2 else y - 22, f"h{'₁₂₃'[k]}", math=True, size=14, cls=lit)
    d.arrow([(143, y), (columns[0] - 25, y)], stroke="a")
    d.text(4, 214, "每到一步，h 就被整个重写", anchor="start")
    return d


def sequence() -> Drawing:
    d = Drawing(
        410,
        "三个时刻连起来",
        "三个方框依次读好看、的、推荐，各显示四个门值；下方柱形图里 c 依次为 0.862、0.809、1.558，h 为 0.510、0.180、0.669。",
    )
    film = Film(d, 14)
    c_y, h_y, top, base, unit, w = 52, 178, 30, 370, 52, 92
    lefts = (34, 138, 242)
    d.text(4, c_y - 8, "c₀", anchor="start", math=True, size=14)
    d.text(4, h_y - 8, "h₀", anchor="start", math=True, size=14)
    d.line([(4, c_y), (356, c_y)], stroke="rule")
    d.line([(4, h_y), (356, h_y)], stroke="rule")
    d.line([(30, base), (340, base)], stroke="soft", width=1)
    for k, (left, moment, (word, v, e)) in enumerate(zip(lefts, run(), WORDS, strict=True)):
        at, middle, sub = 0.4 + 4.2 * k, left + w / 2, "₁₂₃"[k]
        d.rect(left, top, w, 168, fill="paper", stroke="soft", width=1, round_=8)
        d.line([(left, c_y), (left + w, c_y)], stroke="rule")
        d.line([(left, h_y), (left + w, h_y)], stroke="rule")
        d.text(middle, 240, word, bold=True)
        d.text(middle, 258, f"({v}, {e})", size=12)
        film.trace([(middle, 226), (middle, 200)], "c", at, at + 0.6)
        begin = 4 if k == 0 else lefts[k - 1] + w
        film.trace([(begin, h_y), (left, h_y)], "b", at, at + 0.6, head=False)
        film.trace([(begin, c_y), (left, c_y)], "e", at, at + 0.6, head=False)
        for row, (name, hue, value, delay) in enumerate(
            (("f", "d", moment.f, 0.8), ("i", "a", moment.i, 1.3), ("g", "c", moment.g, 1.3), ("o", "b", moment.o, 2.6))
        ):
            y = 81 + 24 * row
            cls = film.appear(at + delay)
            d.text(left + 8, y + 4, name, math=True, anchor="start")
            d.text(left + w - 4, y + 4, shown(value), size=12, anchor="end", cls=cls)
            d.rect(left + 19, y - 5, 22, 10, stroke="rule", width=1)
            d.rect(
                left + 19,
                y - 5,
                22 * abs(value),
                10,
                fill=hue if value > 0 else f"{hue}-fill",
                stroke=hue,
                width=1,
                cls=cls,
            )
        film.trace([(left, c_y), (left + w, c_y)], "e", at + 1.7, at + 2.3, head=False)
        film.trace([(left, h_y), (left + w, h_y)], "b", at + 2.8, at + 3.4, head=False)
        for shift, value, hue, name, delay in ((-20, moment.c, "e", "c", 2.0), (20, moment.h, "b", "h", 3.1)):
            x = middle + shift
            film.trace([(x, base), (x, base - unit * value)], hue, at + delay, at + delay + 0.6, head=False, width=26)
            d.text(x, base - unit * value - 6, shown(value), size=12, cls=film.appear(at + delay + 0.5))
            d.text(x, base + 16, f"{name}{sub}", math=True, size=14)
    for y, hue in ((c_y, "e"), (h_y, "b")):
        film.trace([(lefts[2] + w, y), (356, y)], hue, 12.3, 12.8)
    d.text(4, 404, "c 写入、保持、再写入；h 该说时升高，不该说时落下", anchor="start", size=12)
    return d


FIGURES = {
    "q68/rnn-loop": rnn_loop,
    "q68/lstm-overview": overview,
    "q68/step1-concat": concat,
    "q68/step2-forget": forget,
    "q68/step3-write": write,
    "q68/step4-update": update,
    "q68/step5-output": output,
    "q68/sequence": sequence,
}
