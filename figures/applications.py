"""What deep learning is used for: adversarial generation, style transfer, self-driving.

The generator of the distributions figure is really trained, by gradient descent on the JS divergence;
the Gram matrices are multiplied out here.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from figures.detection import formula
from figures.drawing import Drawing, number

# q05 — generative adversarial networks ------------------------------------------------------------------------------


def gan_game() -> Drawing:
    d = Drawing(
        402,
        "生成对抗网络的两步训练",
        "上半：训判别器，生成器固定，真样本与生成样本都送入判别器，梯度只更新判别器。下半：训生成器，判别器固定，梯度穿过判别器更新生成器。",
    )
    for training_d, top, middle, fake in ((True, 0.0, 80.0, 110.0), (False, 208.0, 270.0, 270.0)):
        title = "第 1 步　训判别器 D，固定 G" if training_d else "第 2 步　训生成器 G，固定 D"
        d.text(6, top + 18, title, size=14, anchor="start", bold=True)
        d.box(4, fake - 17, 44, 34, "噪声\nz", hue="ink", size=12)
        d.arrow([(48, fake), (62, fake)])
        _network(d, 64, fake - 23, 60, 46, "生成器\nG", learning=not training_d)
        d.arrow([(124, fake), (138, fake)])
        d.box(140, fake - 17, 60, 34, "生成样本\nG(z)", hue="ink", size=12)
        if training_d:
            d.box(140, middle - 47, 60, 34, "真样本\nx", hue="ink", size=12)
            for y, inlet in ((middle - 30, middle - 12), (fake, middle + 12)):
                d.arrow([(200, y), (213, y), (213, inlet), (226, inlet)])
        else:
            d.arrow([(200, fake), (226, fake)])
        _network(d, 228, middle - 28, 60, 56, "判别器\nD", learning=training_d)
        d.arrow([(288, middle), (308, middle)])
        d.box(310, middle - 17, 46, 34, "损失", hue="d")
        back = middle + 52
        d.arrow([(333, middle + 17), (333, back), (270, back), (270, middle + 31)], stroke="d", width=1.6, dash="5 3")
        d.text(301, back + 15, "梯度", size=12, fill="d")
        if not training_d:
            d.arrow([(246, middle + 28), (246, back), (94, back), (94, fake + 26)], stroke="d", width=1.6, dash="5 3")
            d.text(170, back + 15, "穿过 D，传到 G", size=12, fill="d")
        loss = "损失 = −log D(x) − log(1 − D(G(z)))" if training_d else "损失 = −log D(G(z))，即非饱和损失"
        aim = "D 想让 D(x) → 1，D(G(z)) → 0" if training_d else "G 想让 D(G(z)) → 1"
        d.text(6, back + 35, loss, anchor="start")
        d.text(6, back + 54, aim, anchor="start")
    d.line([(4, 197), (356, 197)], stroke="rule", width=1)
    for x, learning, words in ((186, True, "本步更新"), (276, False, "本步固定")):
        _network(d, x, 380, 24, 16, "", learning=learning)
        d.text(x + 30, 393, words, size=12, anchor="start")
    return d


def _network(d: Drawing, x: float, y: float, w: float, h: float, words: str, *, learning: bool) -> None:
    d.rect(
        x,
        y,
        w,
        h,
        fill="a-fill" if learning else "paper",
        stroke="a" if learning else "soft",
        width=2,
        dash="" if learning else "4 3",
        round_=6,
    )
    for i, line in enumerate(words.split("\n")):
        d.text(x + w / 2, y + h / 2 + 4 + 16 * (i - 0.5), line)


XS = np.linspace(-6, 6, 1201)
DATA_MEAN = 1.2


def normal(mean: float) -> NDArray[np.float64]:
    """The density over `XS`, unit variance."""
    return np.exp(-((XS - mean) ** 2) / 2) / math.sqrt(2 * math.pi)


def divergence(mean: float) -> float:
    """JS(p_data ‖ p_g) by integration, natural logarithm."""
    p, q = normal(DATA_MEAN), normal(mean)
    m = (p + q) / 2
    return float(((p * np.log(p / m) + q * np.log(q / m)) / 2).sum() * (XS[1] - XS[0]))


def trained_means(start: float, rate: float, steps: int) -> list[float]:
    """The generator is x = z + θ: θ after each step of gradient descent on JS, with the best discriminator throughout."""
    means = [start]
    for _ in range(steps):
        slope = (divergence(means[-1] + 1e-3) - divergence(means[-1] - 1e-3)) / 2e-3
        means.append(means[-1] - rate * slope)
    return means


def gan_distributions() -> Drawing:
    d = Drawing(
        494,
        "训练中生成分布逼近真实分布",
        "四行，自上而下为训练的先后：生成分布的实线向真实分布的虚线移动，"
        "最优判别器的点线由陡峭的台阶变成处处 0.5 的水平线，JS 散度由 0.60 降到 0。",
    )
    means = trained_means(-2.4, 1.0, 40)
    height, left, right = 70.0, 30.0, 350.0
    legend = (("c", "7 3", "真实分布", 12), ("a", "", "生成分布", 126), ("d", "2 2.5", "最优判别器 D*(x)", 224))
    for hue, dash, words, x in legend:
        d.line([(x, 12), (x + 26, 12)], stroke=hue, dash=dash, width=2.2)
        d.text(x + 32, 16, words, size=12, anchor="start")
    for row, step in enumerate((0, 8, 14, 40)):
        base = 118 + 108 * row
        mean = means[step]

        def at(x: float, y: float, base: float = base) -> tuple[float, float]:
            return left + (x + 5) / 9 * (right - left), base - y * height

        shown = [
            (float(x), float(p), float(q))
            for x, p, q in zip(XS, normal(DATA_MEAN), normal(mean), strict=True)
            if -5 <= x <= 4
        ][::15]
        d.line([at(-5, 0), at(4, 0)], stroke="soft", width=1)
        d.line([at(-5, 0.5), at(4, 0.5)], stroke="rule", width=1)
        for tick in (0, 0.5, 1):
            d.text(left - 5, at(0, tick)[1] + 4, number(tick), size=11, anchor="end", fill="soft")
        peak = 1.6  # densities are drawn taller than the probabilities
        d.line([at(-5, 0), *(at(x, peak * q) for x, _, q in shown), at(4, 0)], stroke="none", fill="a-fill")
        d.line([at(x, peak * q) for x, _, q in shown], stroke="a", width=2.2)
        d.line([at(x, peak * p) for x, p, _ in shown], stroke="c", width=2.2, dash="7 3")
        d.line([at(x, p / (p + q)) for x, p, q in shown], stroke="d", width=2.2, dash="2 2.5")
        d.text(left, base - height - 8, f"第 {step} 步", size=13, anchor="start", bold=True)
        d.text(
            right,
            base - height - 8,
            f"θ = {mean:.2f}，JS = {divergence(mean):.3f}".replace("-", "−"),
            size=12,
            anchor="end",
        )
        d.text(right, base + 14, "x", math=True, anchor="end")
    d.text(left, 470, "生成器 G(z) = z + θ，只学平移量 θ；每步都用最优判别器", size=12, anchor="start", fill="soft")
    d.text(left, 487, "纵轴是 D*(x)，两条密度曲线放大到 1.6 倍", size=12, anchor="start", fill="soft")
    return d


# q06 — neural style transfer ----------------------------------------------------------------------------------------

Points = list[tuple[float, float]]


def spiral(x: float, y: float, radius: float, turns: float, start: float = 0) -> Points:
    return [
        (
            x + radius * t * math.cos(start + turns * 2 * math.pi * t),
            y + radius * t * math.sin(start + turns * 2 * math.pi * t),
        )
        for t in np.linspace(0.08, 1, 26)
    ]


def waves(x1: float, x2: float, y: float, swing: float) -> Points:
    return [(float(x), y + swing * math.sin((float(x) - x1) / 3.2)) for x in np.linspace(x1, x2, 22)]


def picture(d: Drawing, x: float, y: float, kind: str) -> None:
    """A 58 px picture: `photo` (a house on a hill), `painting` (swirls) or `both` (the house in swirls)."""
    d.rect(x, y, 58, 58, fill="paper", stroke="ink", width=1.2)
    painted, house = kind != "photo", kind != "painting"
    if painted:
        d.rect(x, y, 58, 58, fill="a-fill", stroke="ink", width=1.2)
        swirls = (
            ((15, 14, 12, 2.2), (44, 12, 10, 2), (14, 44, 11, 2), (43, 41, 13, 2.3))
            if not house
            else ((14, 13, 11, 2.1), (44, 11, 9, 1.9))
        )
        for i, (cx, cy, radius, turns) in enumerate(swirls):
            d.line(spiral(x + cx, y + cy, radius, turns, i), stroke="a" if i % 2 else "b", width=1.6)
        for dy in (29, 54) if not house else (47, 53):
            d.line(waves(x + 3, x + 55, y + dy, 2), stroke="c" if house else "a", width=1.6)
    else:
        d.rect(x, y + 42, 58, 16, fill="c-fill", stroke="c", width=1)
        d.circle(x + 12, y + 12, 5, fill="b-fill", stroke="b", width=1)
    if house:
        wall, roof = [(18, 30), (42, 30), (42, 46), (18, 46)], [(14, 30), (30, 18), (46, 30)]
        for shape, hue in ((wall, "b"), (roof, "d")):
            d.line([(x + a, y + b) for a, b in shape], closed=True, fill=f"{hue}-fill", stroke=hue, width=1.3)
        if painted:
            for dy in (34, 38, 42):
                d.line(waves(x + 19, x + 41, y + dy, 1.2), stroke="b", width=1.2)
            d.line(waves(x + 22, x + 38, y + 26, 1.2), stroke="d", width=1.2)


LAYERS = ("1_1", "2_1", "3_1", "4_1", "4_2", "5_1")


def layer_icons(d: Drawing, centre: float, used: Sequence[str], through: int, lift: float = 0) -> None:
    """The feature maps along a row, lower and thicker as they go deeper; those of the `used` layers are filled.

    `lift` raises the line that joins them, to leave room for another.
    """
    xs = [88 + 38.0 * i for i in range(through)]
    d.arrow([(62, centre - lift), (xs[0] - 3, centre - lift)], width=1.2)
    for i, x in enumerate(xs):
        w, h = 4 + 2.4 * i, 44 - 5.2 * i
        use = LAYERS[i] in used
        d.rect(
            x,
            centre - h / 2,
            w,
            h,
            fill="a-fill" if use else "paper",
            stroke="a" if use else "soft",
            dash="" if use else "3 2",
        )
        if i + 1 < through:
            d.line([(x + w + 2, centre - lift), (x + 36, centre - lift)], stroke="soft", width=1)


def gram_icon(d: Drawing, x: float, y: float, hue: str) -> None:
    d.rect(x - 9, y - 9, 18, 18, fill=f"{hue}-fill", stroke=hue)
    for offset in (-3, 3):
        d.line([(x + offset, y - 9), (x + offset, y + 9)], stroke=hue, width=0.8)
        d.line([(x - 9, y + offset), (x + 9, y + offset)], stroke=hue, width=0.8)


def style_transfer() -> Drawing:
    d = Drawing(
        400,
        "神经风格迁移的三张图像与两种损失",
        "名画、生成图像、照片都过同一个固定的 VGG-19。名画与生成图像在五层上比较 Gram 矩阵得到风格损失，"
        "生成图像与照片在 conv4_2 比较特征得到内容损失，"
        "总损失的梯度只更新生成图像的像素。",
    )
    centres = [88 + 38.0 * i + 2 + 1.2 * i for i in range(6)]
    styles = [layer for layer in LAYERS if layer != "4_2"]
    d.text(190, 16, "同一个 VGG-19，权重固定", size=12, fill="soft")
    d.text(4, 35, "conv", size=12, anchor="start", fill="soft")
    for x, layer in zip(centres, LAYERS, strict=True):
        d.text(x, 35, layer, size=12, fill="soft")
    rows = {"painting": 76.0, "both": 224.0, "photo": 330.0}
    for (kind, y), name in zip(rows.items(), ("名画", "生成图像 x", "照片"), strict=True):
        picture(d, 4, y - 29, kind)
        d.text(4, y + 44, name, size=12, anchor="start", bold=kind == "both")
    layer_icons(d, rows["painting"], styles, 6)
    d.arrow([(304, rows["both"] + 5), (64, rows["both"] + 5)], stroke="d", dash="5 3", width=1.6)
    layer_icons(d, rows["both"], LAYERS, 6, lift=4)
    layer_icons(d, rows["photo"], ["4_2"], 5)
    for x, layer in zip(centres, LAYERS, strict=True):
        i = LAYERS.index(layer)
        reach = 24 - 2.6 * i
        if layer == "4_2":
            d.arrow([(x, 280), (x, rows["both"] + reach + 1)], stroke="c")
            d.arrow([(x, 280), (x, rows["photo"] - reach - 1)], stroke="c")
            continue
        d.line([(x, rows["painting"] + reach), (x, 112)], stroke="b", width=1.2)
        gram_icon(d, x, 122, "b")
        d.arrow([(x, 146), (x, 133)], stroke="b", width=1.2)
        d.arrow([(x, 146), (x, 159)], stroke="b", width=1.2)
        gram_icon(d, x, 170, "b")
        d.line([(x, 180), (x, rows["both"] - reach)], stroke="b", width=1.2)
    d.text(64, 127, "A", math=True, anchor="end")
    d.text(64, 175, "G", math=True, anchor="end")
    d.line([(centres[0], 146), (302, 146)], stroke="b", width=1.2)
    d.text(4, 151, "比 Gram 矩阵", size=12, anchor="start", fill="b")
    d.text(330, 143, "风格损失", size=12, fill="b", bold=True)
    formula(d, 330, 160, "L_style", anchor="middle")
    d.text(330, 300, "内容损失", size=12, fill="c", bold=True)
    formula(d, 330, 317, "L_content", anchor="middle")
    d.line([(centres[4] + 4, 280), (330, 280)], stroke="c", width=1.2)
    d.rect(304, 200, 52, 48, stroke="d", fill="d-fill", round_=5)
    d.text(330, 220, "α·内容", size=12)
    d.text(330, 238, "+β·风格", size=12)
    d.arrow([(330, 166), (330, 198)])
    d.arrow([(330, 286), (330, 250)])
    d.text(154, 266, "梯度一直传到像素，只改 x", size=12, fill="d")
    d.text(180, 394, "蓝实框：参与比较的层", size=12, fill="soft")
    return d


def matrix(d: Drawing, x: float, y: float, values: NDArray[np.int_], hue: str, cell: float = 26) -> None:
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            d.rect(x + cell * j, y + cell * i, cell, cell, fill=f"{hue}-fill", stroke=hue, width=1)
            d.text(x + cell * (j + 0.5), y + cell * (i + 0.5) + 5, str(int(value)))


def gram_matrix() -> Drawing:
    d = Drawing(
        306,
        "Gram 矩阵：打乱位置，结果不变",
        "两行算式。上行：两个通道、三个位置的特征 F 乘以自己的转置，得到 2×2 的 Gram 矩阵。"
        "下行：三个位置打乱次序，得到的 Gram 矩阵完全一样。",
    )
    features = np.array([[1, 2, 0], [0, 1, 3]])
    for row, order in enumerate(([0, 1, 2], [2, 0, 1])):
        f = features[:, order]
        y = 44 + 122.0 * row
        d.text(4, y - 28, "原来的位置" if row == 0 else "把位置打乱", anchor="start", bold=True)
        for i, name in enumerate(("通道 1", "通道 2")):
            d.text(46, y + 26 * (i + 0.5) + 5, name, size=12, anchor="end", fill="soft")
        for j, place in enumerate(order):
            d.text(52 + 26 * (j + 0.5), y - 6, str(place + 1), size=12, fill="soft")
        d.text(46, y - 6, "位置", size=12, anchor="end", fill="soft")
        matrix(d, 52, y, f, "a")
        d.text(144, y + 31, "×", size=16)
        matrix(d, 160, y - 13, f.T, "a")
        d.text(230, y + 31, "=", size=16)
        matrix(d, 248, y, f @ f.T, "b")
        d.text(91, y + 70, "F", math=True)
        d.raw(f'<text x="186" y="{number(y + 82)}" text-anchor="middle"><tspan class="math">F</tspan>ᵀ</text>')
        d.text(274, y + 70, "G", math=True)
        if row == 1:
            d.text(308, y + 31, "不变", size=13, anchor="start", bold=True, fill="b")
    terms = " + ".join(f"{a}×{b}" for a, b in zip(*features, strict=True))
    d.text(180, 276, f"G₁₂ = {terms} = {int(features[0] @ features[1])}", bold=True)
    d.text(180, 296, "是两个通道同时出现的总量；对位置求和，次序就丢了", size=12)
    return d


# q66 — self-driving --------------------------------------------------------------------------------------------------


def driving_stack() -> Drawing:
    d = Drawing(
        520,
        "无人驾驶的技术栈",
        "自上而下一条主链：传感器、感知、预测、规划、控制、线控底盘。旁边的定位与地图向主链提供位姿与先验。左侧虚线标出端到端系统所取代的一段。",
    )
    d.rect(30, 8, 326, 66, stroke="soft", round_=6)
    d.text(193, 25, "传感器（时间同步、外参标定）", size=12, fill="soft")
    for x, w, words in (
        (36, 36, "相机"),
        (77, 60, "激光雷达"),
        (142, 74, "毫米波雷达"),
        (221, 50, "超声波"),
        (276, 74, "GNSS/IMU"),
    ):
        d.box(x, 36, w, 28, words, hue="ink", size=12)
    modules = (
        ("感知", "周围有什么", "三维目标框、车道线、占用", "红灯；右侧有电动车"),
        ("预测", "别人要怎么动", "多条可能轨迹及概率", "它会横穿，还是让行"),
        ("规划", "我该怎么走", "未来数秒的轨迹", "减速，停在停止线前"),
        ("控制", "让车照着走", "转角、驱动与制动量", "制动压力，方向盘转角"),
    )
    left, width, height, gap, top = 30.0, 214.0, 74.0, 18.0, 96.0
    ys = [top + (height + gap) * i for i in range(4)]
    for y, (name, question, output, example) in zip(ys, modules, strict=True):
        d.rect(left, y, width, height, fill="a-fill", stroke="a", round_=6)
        d.text(left + 10, y + 21, name, size=15, anchor="start", bold=True)
        d.text(left + 50, y + 21, question, size=12, anchor="start", fill="soft")
        d.text(left + 10, y + 42, "出：" + output, size=12, anchor="start")
        d.text(left + 10, y + 62, "例：" + example, size=12, anchor="start", fill="b")
    spine = left + width / 2
    d.arrow([(spine, 74), (spine, ys[0] - 2)])
    for a, b in pairwise(ys):
        d.arrow([(spine, a + height), (spine, b - 2)])
    d.box(left, ys[3] + height + gap, width, 28, "线控底盘", hue="ink", size=12)
    d.arrow([(spine, ys[3] + height), (spine, ys[3] + height + gap - 2)])
    side, side_width = 264.0, 92.0
    for y, name, lines in (
        (ys[0], "定位", ("我在哪里", "位姿及不确定度", "离停止线多远")),
        (ys[1], "地图", ("车道、标线、", "交通设施", "高精或在线生成")),
    ):
        d.rect(side, y, side_width, height, fill="c-fill", stroke="c", round_=6)
        d.text(side + side_width / 2, y + 18, name, size=14, bold=True)
        for i, line in enumerate(lines):
            d.text(
                side + side_width / 2,
                y + 35 + 16 * i,
                line,
                size=12,
                fill=("soft", "ink", "b")[i] if name == "定位" else "ink",
            )
    d.arrow([(side + 50, 74), (side + 50, ys[0] - 2)])
    d.arrow([(side + 46, ys[1]), (side + 46, ys[0] + height + 2)], stroke="c")
    d.line([(side, ys[0] + 60), (254, ys[0] + 60), (254, ys[2] + 20)], stroke="c")
    d.line([(side, ys[1] + 20), (254, ys[1] + 20)], stroke="c")
    for y in (ys[0] + 60, ys[1] + 20, ys[2] + 20):
        d.arrow([(254, y), (left + width + 2, y)], stroke="c")
    d.text(264, ys[2] + 18, "位姿与先验", size=12, anchor="start", fill="c")
    d.text(264, ys[2] + 34, "供各级使用", size=12, anchor="start", fill="c")
    # end to end
    d.line([(26, 12), (16, 12), (16, 176)], stroke="e", dash="5 3", width=1.8)
    d.line([(26, ys[2] + height - 4), (16, ys[2] + height - 4), (16, 236)], stroke="e", dash="5 3", width=1.8)
    for i, character in enumerate("端到端"):
        d.text(16, 194 + 17 * i, character, size=13, fill="e", bold=True)
    d.text(264, ys[3] + 16, "端到端系统由", size=12, anchor="start", fill="e")
    d.text(264, ys[3] + 32, "传感器直接", size=12, anchor="start", fill="e")
    d.text(264, ys[3] + 48, "输出轨迹", size=12, anchor="start", fill="e")
    d.text(180, 514, "支撑：车载计算、数据闭环、仿真、功能安全", size=12, fill="soft")
    return d


FIGURES = {
    "q05/gan-game": gan_game,
    "q05/gan-distributions": gan_distributions,
    "q06/style-transfer": style_transfer,
    "q06/gram-matrix": gram_matrix,
    "q66/driving-stack": driving_stack,
}
