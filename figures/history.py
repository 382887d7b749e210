"""Where deep learning came from and what belongs to it: a timeline, the waves and winters, a map of methods."""

import math
from collections.abc import Sequence

from figures.drawing import Drawing

# q18 — timeline -------------------------------------------------------------------------------------------------------

# the five years the answer singles out are marked
EVENTS: tuple[tuple[int, str, bool], ...] = (
    (1943, "MP 神经元（McCulloch、Pitts）", True),
    (1949, "Hebb 学习规则", False),
    (1958, "感知机，会学习（Rosenblatt）", True),
    (1960, "ADALINE 与 LMS（Widrow、Hoff）", False),
    (1969, "《感知机》证明单层的局限", False),
    (1970, "自动微分的反向模式（Linnainmaa）", False),
    (1980, "新认知机（Fukushima）", False),
    (1982, "Hopfield 网络", False),
    (1985, "玻尔兹曼机的学习算法", False),
    (1986, "反向传播训练多层网络", True),
    (1989, "卷积网络识别手写邮政编码", False),
    (1990, "简单循环网络（Elman）", False),
    (1994, "梯度消失，长程依赖难学", False),
    (1995, "软间隔支持向量机", False),
    (1997, "LSTM", False),
    (1998, "LeNet-5 与 MNIST", False),
    (2006, "深度信念网络，逐层预训练", False),
    (2009, "ImageNet；GPU 训练 DBN", False),
    (2010, "ReLU 用于深层网络", False),
    (2012, "AlexNet，top-5 错误率 15.3%", True),
    (2014, "GAN；注意力机制", False),
    (2015, "批归一化；ResNet", False),
    (2016, "AlphaGo 胜李世石", False),
    (2017, "Transformer", True),
    (2018, "GPT 与 BERT", False),
    (2020, "GPT-3；扩散模型 DDPM", False),
    (2021, "AlphaFold 2", False),
    (2022, "潜在扩散模型；ChatGPT", False),
    (2024, "诺贝尔物理学奖：Hopfield、Hinton", False),
    (2025, "DeepSeek-R1", False),
)
WINTERS = ((1969, 1986, "第一次低潮"), (1995, 2006, "第二次低潮"))


def spread(wanted: Sequence[float], gap: float, last: float) -> list[float]:
    """Places at least `gap` apart, none beyond `last`, in the same order, as near as can be (least squares) to those wanted."""
    blocks: list[tuple[float, int]] = []  # mean of (wanted − i·gap), how many
    for i, place in enumerate(wanted):
        mean, count = place - i * gap, 1
        while blocks and blocks[-1][0] > mean:
            before, n = blocks.pop()
            mean, count = (mean * count + before * n) / (count + n), count + n
        blocks.append((mean, count))
    means = [min(mean, last - (len(wanted) - 1) * gap) for mean, count in blocks for _ in range(count)]
    return [mean + i * gap for i, mean in enumerate(means)]


def timeline() -> Drawing:
    d = Drawing(
        720,
        "神经网络年表，1943 至 2025 年",
        "一条按年份等比例的竖轴，右侧以引线标出三十个节点，其中 1943、1958、1986、2012、2017 五年加粗；轴上粗段标出两次低潮。",
    )
    top, per_year, axis = 26.0, 7.75, 48.0

    def y(year: float) -> float:
        return top + per_year * (year - 1943)

    for start, end, name in WINTERS:
        d.rect(axis - 6, y(start), 12, y(end) - y(start), fill="d-fill", stroke="d", width=1, dash="3 2")
        middle = (y(start) + y(end)) / 2
        for i, character in enumerate(name):
            d.text(12, middle + 14 * (i - 1.6), character, size=12, fill="d")
    d.line([(axis, y(1941)), (axis, y(2026.5))], stroke="ink", width=1.5)
    for decade in range(1950, 2021, 10):
        d.line([(axis - 4, y(decade)), (axis + 4, y(decade))], stroke="ink", width=1)
        if not any(start < decade < end for start, end, _ in WINTERS):
            d.text(axis - 8, y(decade) + 4, str(decade), size=11, anchor="end", fill="soft")
    places = spread([y(year) for year, _, _ in EVENTS], 18.6, 688)
    for (year, words, great), place in zip(EVENTS, places, strict=True):
        d.line(
            [(axis + 3, y(year)), (axis + 12, y(year)), (axis + 40, place), (axis + 46, place)],
            stroke="a" if great else "rule",
            width=1.2,
        )
        d.circle(axis, y(year), 5 if great else 3, fill="a" if great else "paper", stroke="a" if great else "ink")
        d.text(axis + 50, place + 4.5, str(year), size=12, anchor="start", bold=great, fill="a" if great else "soft")
        d.text(axis + 90, place + 4.5, words, size=13 if great else 12, anchor="start", bold=great)
    d.text(12, 714, "实心大点：最该记住的五年。低潮的起止没有公认的日期", size=12, anchor="start", fill="soft")
    return d


# q20 — waves and winters ----------------------------------------------------------------------------------------------


def attention(year: float) -> float:
    """A sketch of how much was hoped of neural networks: two bumps and a rise, 0 to 1."""

    def bump(peak: float, before: float, after: float) -> float:
        return math.exp(-(((year - peak) / (before if year < peak else after)) ** 2))

    return 0.06 + 0.40 * bump(1964, 9, 6) + 0.55 * bump(1991, 5.5, 6) + 0.9 / (1 + math.exp(-(year - 2013.5) / 2.6))


def waves() -> Drawing:
    d = Drawing(
        450,
        "神经网络的三起两落",
        "一条从 1940 年到今天的起伏曲线：感知机一峰，反向传播一峰，两峰之间与之后各有一段低谷，"
        "2006 年以后第三次上升至今。下方五行写明每次起落的原因。",
    )
    base, height = 226.0, 166.0

    def at(year: float, value: float) -> tuple[float, float]:
        return 14 + (year - 1940) / 86 * 336, base - value * height

    for start, end, _ in WINTERS:
        (x1, _y), (x2, _y) = at(start, 0), at(end, 0)
        d.rect(x1, 26, x2 - x1, base - 26, fill="d-fill", stroke="none")
        d.text((x1 + x2) / 2, 63, "低谷", size=12, fill="d")
    d.line([at(1940, 0), at(2026, 0)], stroke="ink", width=1.2)
    for year in range(1940, 2021, 20):
        x, _y = at(year, 0)
        d.line([(x, base), (x, base + 4)], stroke="ink", width=1)
        d.text(max(x, 18), base + 17, str(year), size=11, fill="soft")
    d.text(14, 16, "受关注的程度（示意，高低不按比例）", size=12, anchor="start", fill="soft")
    d.curve(attention, [1940 + 0.5 * i for i in range(173)], at, stroke="a", width=2.6)
    labels = (  # year, name, place of the name, and of the year under it
        (1958, "感知机", -8, -14, "end"),
        (1969, "《感知机》", 2, -38, "start"),
        (1986, "反向传播", -11, 4, "end"),
        (1995, "SVM", 7, -4, "start"),
        (2006, "DBN", 14, -10, "start"),
        (2012, "AlexNet", 8, 4, "start"),
        (2017, "Transformer", -9, -6, "end"),
    )
    for year, words, dx, dy, anchor in labels:
        x, y = at(year, attention(year))
        d.circle(x, y, 3.5, fill="paper", stroke="a", width=2)
        d.text(x + dx, y + dy, words, size=12, anchor=anchor)
        d.text(x + dx + (6 if words[0] == "《" else 0), y + dy + 15, str(year), size=12, anchor=anchor, fill="soft")
    causes = (
        (1956, "起", "会从样本中学习的感知机", ""),
        (1977.5, "落", "单层只能解线性可分问题，多层没有公认", "有效的训练方法；期望过高"),
        (1990.5, "起", "反向传播：可导的 sigmoid 换掉阈值，", "误差逐层传回"),
        (2000.5, "落", "梯度消失；数据少、机器慢；支持向量机", "更好用；期望再次落空"),
        (2015, "起", "数据（ImageNet）、算力（GPU）、算法", "（预训练，随后 ReLU）三样齐备"),
    )
    y = base + 46
    for i, (when, way, first, second) in enumerate(causes, 1):
        hue = "c" if way == "起" else "d"
        _mark(d, at(when, 0)[0], 38, i, hue)
        _mark(d, 15, y - 4, i, hue)
        d.text(30, y, ("↗ " if way == "起" else "↘ ") + way, size=13, anchor="start", bold=True, fill=hue)
        d.text(72, y, first, size=12, anchor="start")
        if second:
            d.text(72, y + 16, second, size=12, anchor="start")
        y += 38 if second else 24
    return d


def _mark(d: Drawing, x: float, y: float, n: int, hue: str) -> None:
    d.circle(x, y, 8.5, fill=f"{hue}-fill", stroke=hue)
    d.text(x, y + 4.2, str(n), size=12, bold=True)


# q19 — a map of methods -------------------------------------------------------------------------------------------------


def method(d: Drawing, x: float, y: float, w: float, words: str, standing: str, h: float = 38) -> None:
    """A method. `standing` today: leading, common, part (a component, or for special ends) or past."""
    fill, stroke, width, dash = {
        "leading": ("a-fill", "a", 2.8, ""),
        "common": ("a-fill", "a", 1.2, ""),
        "part": ("paper", "ink", 1.2, ""),
        "past": ("paper", "soft", 1.2, "4 3"),
    }[standing]
    d.rect(x, y, w, h, fill=fill, stroke=stroke, width=width, dash=dash, round_=6)
    name, *rest = words.split("\n")
    d.text(x + w / 2, y + h / 2 + (-3 if rest else 4.5), name, size=13, bold=standing == "leading")
    for line in rest:
        d.text(x + w / 2, y + h / 2 + 13, line, size=12, fill="soft")


def method_map() -> Drawing:
    d = Drawing(
        556,
        "深度学习方法的地图",
        "三栏。网络结构：由全连接网络出发，因参数太多、没有记忆、数据成图而分出 CNN、RNN、图神经网络，RNN 再到 LSTM 与 Transformer。"
        "模型与目标：学表示的一组与生成样本的一组。学习方式：自监督、有监督、强化学习。",
    )
    for y, h, name in ((4, 246, "网络结构"), (258, 134, "模型与目标"), (400, 96, "学习方式")):
        d.rect(2, y, 356, h, stroke="rule", round_=8, width=1)
        d.text(12, y + 19, name, size=13, anchor="start", bold=True, fill="e")
    # structures: each arises from what the one before lacks
    method(d, 124, 16, 112, "全连接网络", "common", 30)
    d.line([(180, 46), (180, 58)])
    d.line([(62, 58), (298, 58)])
    for x, first, second, words, standing in (
        (62.0, "参数太多，", "没用空间结构", "CNN\n卷积共享权重", "common"),
        (180.0, "没有记忆，", "不能变长", "RNN\n沿时间递推", "part"),
        (298.0, "数据", "是图", "图神经网络\n汇聚邻居", "common"),
    ):
        d.arrow([(x, 58), (x, 98)])
        d.text(x + 6, 74, first, size=12, anchor="start", fill="b")
        d.text(x + 6, 90, second, size=12, anchor="start", fill="b")
        method(d, x - 50, 100, 100, words, standing)
    d.arrow([(180, 138), (180, 160)])
    d.text(186, 153, "长程梯度消失", size=12, anchor="start", fill="b")
    method(d, 130, 162, 100, "LSTM、GRU", "part", 28)
    d.arrow([(180, 190), (180, 212)])
    d.text(186, 205, "逐步计算，不能并行", size=12, anchor="start", fill="b")
    method(d, 130, 214, 100, "Transformer", "leading", 28)
    # models and objectives
    d.text(98, 297, "学表示", size=12, fill="soft")
    d.text(268, 297, "生成新样本", size=12, fill="soft")
    d.line([(182, 284), (182, 386)], stroke="rule", width=1, dash="3 3")
    models = (
        ("自编码器\n重构误差", "part"),
        ("稀疏编码\n字典重建", "past"),
        ("自回归\n逐个预测", "leading"),
        ("VAE\n似然下界", "part"),
        ("RBM、DBN\n逐层预训练", "past"),
        ("", ""),
        ("GAN\n对抗", "part"),
        ("扩散模型\n逐步去噪", "leading"),
    )
    for i, (words, standing) in enumerate(models):
        if words:
            method(d, 10 + 84 * (i % 4) + (10 if i % 4 > 1 else 0), 304 + 43 * (i // 4), 78, words, standing)
    # ways of learning
    method(d, 12, 430, 112, "自监督\n从数据造标签", "leading")
    method(d, 176, 430, 78, "有监督\n用标签", "common")
    method(d, 268, 430, 80, "强化学习\n用奖励", "common")
    d.arrow([(125, 449), (174, 449)])
    d.text(149, 443, "再微调", size=12, fill="soft")
    d.text(180, 488, "三栏可以自由组合，如 Transformer ＋ 扩散模型", size=12)
    for x, standing, words in (
        (6, "leading", "主流"),
        (78, "common", "常用"),
        (150, "part", "部件、特定场合"),
        (282, "past", "少用"),
    ):
        method(d, x, 508, 26, "", standing, 16)
        d.text(x + 32, 521, words, size=12, anchor="start")
    d.text(6, 546, "橙字：前一种方法的不足，由此引出下一种", size=12, anchor="start", fill="b")
    return d


FIGURES = {
    "q18/timeline": timeline,
    "q20/waves": waves,
    "q19/method-map": method_map,
}
