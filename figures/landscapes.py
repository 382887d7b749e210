"""Figures on loss landscapes: kinds of stationary points, the escape from a saddle, simulated annealing."""

from math import exp

import numpy as np

from figures.drawing import Drawing
from figures.optimisation import HALO, Array, Plot, Point, Surface, keyframes, rounded, travelling

# ---- q22: stationary points ----


def wireframe(d: Drawing, centre: Point, f: Surface, mark: Point, hue: str) -> None:
    """f over [-1, 1]², seen from above at an angle, with a ball at `mark`; far squares are drawn first and hidden by near ones."""
    cos, sin, ticks = 0.9, 0.44, np.linspace(-1, 1, 11)

    def seen(x: float, y: float) -> Point:
        z = float(f(np.array(x), np.array(y)))
        return centre[0] + 42 * (x * cos - y * sin), centre[1] + 24 * (x * sin + y * cos) - 32 * z

    cells = sorted(((x, y) for x in ticks[:-1] for y in ticks[:-1]), key=lambda cell: cell[0] * sin + cell[1] * cos)
    d.raw(f'<g style="fill:var(--{hue}-fill);stroke:var(--{hue})" stroke-width=".7" stroke-linejoin="round">')
    for x, y in cells:
        corners = [seen(x, y), seen(x + 0.2, y), seen(x + 0.2, y + 0.2), seen(x, y + 0.2)]
        d.raw(f'<path d="M{"L".join(f"{u:.1f} {v:.1f}" for u, v in corners)}Z"/>')
    d.raw("</g>")
    u, v = seen(*mark)
    d.circle(u, v - 4, 4.5, fill="ink", stroke="paper", width=1.5)


def stationary_points() -> Drawing:
    d = Drawing(
        212,
        "局部极小、鞍点与平坦区",
        "三个小曲面：碗底的小球四周都高；马鞍上的小球一个方向高、一个方向低；台地上的小球四周几乎没有坡。",
    )
    for i, (name, hue, signs, words, f, mark) in enumerate(
        (
            ("局部极小", "c", "特征值 + +", "四周都高", lambda x, y: 0.8 * (x**2 + y**2) - 0.6, (0, 0)),
            ("鞍点", "d", "特征值 + −", "两侧高，前后低", lambda x, y: x**2 - y**2, (0, 0)),
            (
                "平坦区",
                "a",
                "特征值 ≈ 0",
                "梯度小，走得慢",
                lambda x, y: 1.6 / (1 + np.exp(9 * (y - 0.45))) - 0.9 + 0 * x,
                (0, -0.4),
            ),
        )
    ):
        x = 60 + 120 * i
        d.text(x, 18, name, bold=True, fill=hue)
        wireframe(d, (x, 94), f, mark, hue)
        d.text(x, 184, signs, size=12)
        d.text(x, 202, words, size=12, fill="soft")
    return d


def double_well(x: Array, y: Array) -> Array:
    return x**4 / 4 - x**2 / 2 + y**2 / 2


def saddle_escape() -> Drawing:
    d = Drawing(
        470,
        "梯度下降经过鞍点",
        "f=x⁴/4−x²/2+y²/2 上从 (10⁻⁶, 1) 出发、η=0.1 的梯度下降：先落到鞍点旁，停留上百步，再滑向极小点 (1, 0)。",
    )
    d.rule(HALO)
    path = [(1e-6, 1.0)]
    for _ in range(240):
        x, y = path[-1]
        path.append((x - 0.1 * (x**3 - x), 0.9 * y))
    top = Plot(10, 28, 340, 150, (-1.7, 1.7), (-0.4, 1.1))
    d.text(10, 16, "f = ¼x⁴ − ½x² + ½y²，起点 (10⁻⁶, 1)，η = 0.1", anchor="start", size=12)
    top.contours(d, double_well, (-0.22, -0.15, -0.07, 0, 0.1, 0.22, 0.36, 0.52))
    d.line(rounded(top(x, y) for x, y in path), stroke="b", width=2.2)
    for x, y in path[::5]:
        d.circle(*top(x, y), 2.2, fill="b", stroke="none")
    for x, words in ((-1, "极小 (−1, 0)"), (1, "极小 (1, 0)")):
        d.circle(*top(x, 0), 5, stroke="c", width=2)
        d.text(top(x, 0)[0], top(0, -0.27)[1], words, size=12, fill="c", cls="halo")
    (u, v) = top(0, 0)
    d.line([(u - 5, v - 5), (u + 5, v + 5)], stroke="d", width=2)
    d.line([(u - 5, v + 5), (u + 5, v - 5)], stroke="d", width=2)
    d.text(u, top(0, -0.27)[1], "鞍点 (0, 0)", size=12, fill="d", cls="halo")
    d.text(u + 10, top(0, 1)[1] + 6, "起点", size=12, anchor="start", cls="halo")
    ticks = {0: "0", 50: "50", 100: "100", 145: "145", 200: "200"}
    loss = Plot(44, 214, 300, 84, (0, 240), (-0.3, 0.5))
    loss.frame(d, ticks, {-0.25: "−¼", 0: "0", 0.5: "½"})
    d.text(10, 202, "损失 f", anchor="start")
    d.line(
        rounded(loss(t, float(double_well(np.array(x), np.array(y)))) for t, (x, y) in enumerate(path)),
        stroke="b",
        width=2,
    )
    d.text(*loss(85, 0.08), "像“卡住了”", fill="d")
    away = Plot(44, 352, 300, 84, (0, 240), (1e-6, 3), log_y=True)
    away.frame(d, ticks, {1e-6: "10⁻⁶", 1e-3: "10⁻³", 1: "1"}, "步")
    d.text(10, 340, "与鞍点的横向距离 |x|（对数）", anchor="start")
    d.line(rounded(away(t, x) for t, (x, _) in enumerate(path)), stroke="b", width=2)
    d.text(away(6, 1)[0], away(1, 0.1)[1] + 4, "每步只放大 1.1 倍", fill="d", anchor="start")
    return d


# ---- q74: simulated annealing ----

SITES = np.arange(60)
ENERGY = 0.004 * (SITES - 42) ** 2 - np.cos(2 * np.pi * (SITES - 42) / 12)  # the answer's five pits, the deepest at 42
COOLING, ANNEALING_STEPS = 0.999, 4603


def anneal(seed: int) -> tuple[list[int], Array, Array]:
    """One run of the answer's slow cooling: sites, which proposals went uphill, and which of those were accepted."""
    rng, site = np.random.default_rng(seed), 7
    sites, uphill, accepted = [site], np.zeros(ANNEALING_STEPS), np.zeros(ANNEALING_STEPS)
    for k in range(ANNEALING_STEPS):
        new = int(np.clip(site + rng.integers(-2, 3), 0, 59))
        rise = ENERGY[new] - ENERGY[site]
        take = rng.random() < exp(-max(rise, 0) / (2 * COOLING**k))
        uphill[k], accepted[k] = rise > 0, rise > 0 and take
        site = new if take else site
        sites.append(site)
    return sites, uphill, accepted


def annealing() -> Drawing:
    d = Drawing(
        486,
        "模拟退火：温度下降与接受变差的移动",
        "五个坑的能量曲线上，贪心停在左边的浅坑，退火的小球在高温时四处走，降温后停在最深的坑；下面是温度、能量与变差移动的接受率。",
    )
    d.rule(HALO)
    sites, uphill, accepted = anneal(4)
    land = Plot(10, 30, 306, 130, (0, 59), (-1.6, 8.4))
    d.text(4, 16, "能量 E(x)：从左边浅坑出发", anchor="start")
    d.line(rounded(land.points(SITES, ENERGY)), width=2)
    d.rect(*(land(7, ENERGY[7])[0] - 5, land(7, ENERGY[7])[1] - 11), 10, 10, stroke="d", width=2, fill="d-fill")
    d.text(land(7, 0)[0] + 2, land(7, ENERGY[7])[1] + 18, "贪心：停住", size=12, fill="d")
    d.text(land(42, 0)[0], land(0, -1)[1] + 18, "最深的坑", size=12, fill="a")
    seconds, shown = 14, [*range(0, 1800, 20), *range(1800, ANNEALING_STEPS + 1, 100), ANNEALING_STEPS]
    balls = rounded(land(sites[k], ENERGY[sites[k]] + 0.36) for k in shown)
    d.rule(keyframes("ball", travelling(balls), seconds, timing="step-end"))
    d.circle(0, 0, 5.5, fill="a", stroke="paper", width=1.5, cls="ball")
    d.rect(334, 34, 14, 126, stroke="soft", round_=7)
    d.text(358, 24, "温度 T", size=12, fill="b", anchor="end")
    heat = [f"transform:scaleY({COOLING**k:.3f})" for k in shown]
    d.rule(keyframes("heat", heat, seconds) + ".heat{transform-box:fill-box;transform-origin:bottom}")
    d.rect(336, 36, 10, 122, fill="b", stroke="none", round_=5, cls="heat")
    run = Plot(42, 206, 302, 110, (0, ANNEALING_STEPS), (-1.2, 5.6))
    ticks = {0: "0", 1000: "1000", 2000: "2000", 3000: "3000", 4000: "4000"}
    run.frame(d, ticks, {-1: "−1", 0: "0", 2: "2", 4: "4"})
    d.text(4, 192, "能量 E（实线）与温度 T（虚线），每 20 步取一点", anchor="start", size=12)
    d.line(rounded(run(k, ENERGY[sites[k]]) for k in range(0, ANNEALING_STEPS + 1, 20)), stroke="a", width=1.3)
    d.line(
        rounded(run(k, 2 * COOLING**k) for k in range(0, ANNEALING_STEPS + 1, 50)), stroke="b", width=2.2, dash="6 4"
    )
    rate = Plot(42, 366, 302, 84, (0, ANNEALING_STEPS), (0, 1))
    rate.frame(d, ticks, {0: "0", 0.5: "50%", 1: "100%"}, "步")
    d.text(4, 352, "变差的移动有多少被接受（每 200 步统计）", anchor="start", size=12)
    for k in range(0, ANNEALING_STEPS - 200, 200):
        share = accepted[k : k + 200].sum() / max(uphill[k : k + 200].sum(), 1)
        (x, y), (right, bottom) = rate(k + 20, share), rate(k + 180, 0)
        d.rect(x, y, right - x, bottom - y, fill="c-fill", stroke="c", width=1)
    d.rule(
        keyframes(
            "now",
            [f"transform:translate({run(k, 0)[0]:.1f}px,0);opacity:{k < ANNEALING_STEPS:d}" for k in shown],
            seconds,
        )
    )
    for plot in (run, rate):
        d.line([(0, plot.top), (0, plot.top + plot.height)], stroke="ink", width=1.5, cls="now")
    return d


FIGURES = {
    "q22/stationary-points": stationary_points,
    "q22/saddle-escape": saddle_escape,
    "q74/annealing": annealing,
}
