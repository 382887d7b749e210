"""Figures on data and tuning: class imbalance, PCA, what suits deep learning, the order of tuning, learning curves, diagnosis.

Curves and points are computed with fixed seeds; the flows follow the order of the answers' own text.
"""

import math
from dataclasses import dataclass

import numpy as np

from figures.drawing import Drawing
from figures.generalisation import DASH, FINE, Array, Plot, legend


def normal(x: Array, mean: float = 0) -> Array:
    """The density of the normal distribution with unit variance."""
    density: Array = np.exp(-((x - mean) ** 2) / 2) / math.sqrt(2 * math.pi)
    return density


def tail(x: float) -> float:
    """The share of the standard normal distribution that lies above x."""
    return math.erfc(x / math.sqrt(2)) / 2


# q44: imbalance


def prior_moves_threshold() -> Drawing:
    d = Drawing(
        402,
        "先验由 1∶1 变为 1∶99，误差最小的阈值由 1 移到 3.30",
        "两类得分分布不变；上图比例相等，两条曲线交于 1；下图正例只占 1%，交点移到 3.30，正例落在阈值右边的只剩 9.7%。",
    )
    xs = np.linspace(-3, 6, 181)
    for top, share, high, ratio in ((46, 0.5, 0.21, "1∶1"), (236, 0.01, 0.0064, "1∶99")):
        cut = 1 + math.log((1 - share) / share) / 2
        plot = Plot(d, (14, top, 332, 124), (-3, 6), (0, high))
        left, _, w, _ = plot.box
        right = np.linspace(cut, 6, 81)
        plot.area(right, share * normal(right, 2), "a")
        plot.area(right, (1 - share) * normal(right), "b")
        plot.frame({k: f"{k}".replace("-", "−") for k in range(-3, 7)})
        plot.curve(xs, (1 - share) * normal(xs), "b", dash=DASH)
        plot.curve(xs, share * normal(xs, 2), "a")
        plot.upright(cut, stroke="ink", dash="", width=1.6)
        d.text(left, top - 26, f"正负类之比 {ratio}", anchor="start", bold=True)
        d.text(plot.at(cut, 0)[0], top - 6, f"阈值 {cut:.2f}".removesuffix(".00"), bold=True, size=12)
        d.text(left + w, top + 10, f"召回率 {tail(cut - 2):.1%}", anchor="end", fill="a", bold=True, size=12)
        d.text(
            left + w,
            top + 27,
            f"假阳性率 {tail(cut):.{1 if share == 0.5 else 2}%}",
            anchor="end",
            fill="b",
            bold=True,
            size=12,
        )
        if share == 0.5:
            d.text(*plot.at(-1.9, 0.1), "负类", fill="b", bold=True)
            d.text(*plot.at(4.2, 0.1), "正类", fill="a", bold=True)
        else:
            d.text(*plot.at(-0.6, 0.0052), "负类的峰在图外，", fill="b", size=12)
            d.text(
                *plot.at(-0.6, 0.0044),
                f"高约图高的 {0.99 * float(normal(np.zeros(1))[0]) / high:.0f} 倍",
                fill="b",
                size=12,
            )
            d.text(*plot.at(0.1, 0.0022), "正类", fill="a", bold=True)
    d.text(180, 396, "打分 x；纵轴为比例乘密度（下图放大）", size=12)
    return d


def roc_and_pr() -> Drawing:
    d = Drawing(
        262,
        "同一个打分的 ROC 曲线与 PR 曲线",
        "左为 ROC，右为 PR；两个阈值各标一点。正例占 1% 时，阈值 1 在 ROC 上看来很好，精确率却只有约 5%。",
    )
    cuts = np.linspace(-6, 9, 301)
    recall, false_alarm = np.array([tail(c - 2) for c in cuts]), np.array([tail(c) for c in cuts])
    ticks = {0: "0", 0.5: "0.5", 1: "1"}
    roc = Plot(d, (34, 46, 128, 128), (0, 1), (0, 1.02))
    pr = Plot(d, (216, 46, 128, 128), (0, 1), (0, 1.02))
    for plot, words, x_words, y_words in ((roc, "ROC", "假阳性率", "召回率"), (pr, "PR", "召回率", "精确率")):
        left, top, w, h = plot.box
        plot.frame(ticks, ticks)
        d.text(left + w / 2, 18, words, bold=True)
        d.text(left - 26, 34, y_words, size=12, anchor="start")
        d.text(left + w / 2, top + h + 34, x_words, size=12)
    d.line([roc.at(0, 0), roc.at(1, 1)], stroke="soft", dash=FINE, width=1.2)
    roc.curve(false_alarm, recall, "a")
    for share, hue, dash in ((0.5, "e", DASH), (0.01, "a", "")):
        pr.curve(recall, share * recall / (share * recall + (1 - share) * false_alarm), hue, dash=dash)
    for cut, shape in ((1.0, "dot"), (1 + math.log(99) / 2, "square")):
        hit, alarm = tail(cut - 2), tail(cut)
        precision = 0.01 * hit / (0.01 * hit + 0.99 * alarm)
        roc.marks([alarm], [hit], "d", shape=shape, size=8)
        pr.marks([hit], [precision], "d", shape=shape, size=8)
        x, y = pr.at(hit, precision)
        d.text(
            x + (0 if cut == 1 else 9),
            y - (10 if cut == 1 else 2),
            f"{precision:.0%}",
            fill="d",
            bold=True,
            size=12,
            anchor="middle" if cut == 1 else "start",
        )
    d.text(*roc.at(0.68, 0.2), f"AUC = {1 - tail(2 / math.sqrt(2)):.2f}", size=12)
    d.text(*pr.at(0.5, 0.84), "1∶1", fill="e", bold=True, size=12)
    d.text(*pr.at(0.52, 0.32), "1∶99", fill="a", bold=True, size=12)
    legend(d, 40, 236, "阈值 1", "d", shape="dot", line=False)
    legend(d, 110, 236, "阈值 3.30", "d", shape="square", line=False)
    d.text(350, 236, "百分数：1∶99 的精确率", size=12, anchor="end")
    d.text(180, 255, "比例变了，ROC 不动，PR 大跌", size=12)
    return d


# q46: PCA


def pca_loses_class() -> Drawing:
    d = Drawing(
        342,
        "PCA 保留方差最大的方向，却丢掉了区分两类的方向",
        "上图两类点成两条并行的长带，第一主成分沿带的方向；下左投影到第一主成分，两类的直方图重合；下右投影到第二主成分，两类完全分开。",
    )
    rng = np.random.default_rng(0)
    y = rng.choice([-1.0, 1.0], 20000)
    x = np.c_[10 * rng.normal(size=20000), y + 0.3 * rng.normal(size=20000)]
    centred = x - x.mean(0)
    _, s, vt = np.linalg.svd(centred, full_matrices=False)
    vt *= np.sign(np.diag(vt))[:, None]
    share = s**2 / (s**2).sum()
    scores = centred @ vt.T

    plot = Plot(d, (10, 28, 340, 84), (-20, 20), (-20 * 84 / 340, 20 * 84 / 340))
    d.text(180, 18, "原始数据（两轴同一比例）", bold=True)
    for label, hue, shape in ((1, "a", "dot"), (-1, "b", "cross")):
        some = x[y == label][:160]
        plot.marks(some[:, 0], some[:, 1], hue, shape=shape, size=4)
    d.arrow([plot.at(*(-19 * vt[0])), plot.at(*(19 * vt[0]))], stroke="ink", width=1.8)
    d.arrow([plot.at(*(-3.4 * vt[1])), plot.at(*(4 * vt[1]))], stroke="ink", width=1.8)
    d.text(344, 106, f"PC1 →：方差的 {share[0]:.1%}", size=12, anchor="end")
    d.text(188, 40, f"PC2 ↑：{share[1]:.1%}", size=12, anchor="start")
    legend(d, 8, 106, "y = +1", "a", shape="dot", line=False)
    legend(d, 78, 106, "y = −1", "b", shape="cross", line=False)

    for i, (span, tick, words) in enumerate(((30, 20, "保留的 PC1"), (2.4, 1, "丢掉的 PC2"))):
        edges = np.linspace(-span, span, 41)
        counts = [np.histogram(scores[y == label, i], edges)[0] for label in (1, -1)]
        plot = Plot(d, (16 + 176 * i, 160, 152, 110), (-span, span), (0, 1.1 * max(float(c.max()) for c in counts)))
        left, top, w, h = plot.box
        plot.frame({-tick: f"−{tick}", 0: "0", tick: str(tick)})
        for c, hue, dash in zip(counts, "ab", ("", DASH), strict=True):
            plot.curve(np.repeat(edges, 2), np.r_[0, np.repeat(c, 2), 0], hue, dash=dash)
        right = float(np.mean(np.sign(scores[:, i]) == y))
        d.text(left + w / 2, top - 12, words, bold=True)
        d.text(
            left + w / 2,
            top + h + 36,
            f"正确率 {max(right, 1 - right):.1%}" + ("，如抛硬币" if i == 0 else ""),
            size=12,
        )
    d.text(180, 332, "只看方差取舍，恰好留下与标签无关的方向", size=12)
    return d


# q15: what suits deep learning


def where_it_fits() -> Drawing:
    d = Drawing(
        418,
        "按有无局部结构与样本多少选择方法",
        "上排是打乱次序会失去规律的信号，深度学习适用，样本少时宜微调；下排是打乱列序不改变含义的表格，先试提升树与表格基础模型。",
    )
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=(200, 64)), axis=1)[3]
    shuffled = walk[rng.permutation(64)]

    d.text(10, 18, "有局部结构：图像、语音、文本", anchor="start", bold=True)
    for left, values, hue in ((10, walk, "c"), (222, shuffled, "d")):
        plot = Plot(d, (left, 28, 128, 44), (0, 63), (float(walk.min()), float(walk.max())))
        plot.curve(range(64), values, hue, width=1.6)
    d.arrow([(146, 54), (214, 54)], stroke="soft")
    d.text(180, 46, "打乱次序", size=12)
    d.text(180, 72, "规律消失", size=12, fill="d", bold=True)
    d.text(350, 18, "适合", anchor="end", fill="c", bold=True)
    advice(d, 10, 84, "样本少", "微调预训练模型", "不宜从头训练", hue="c")
    advice(d, 186, 84, "样本多", "端到端训练", "深度学习的主场", hue="c")

    d.text(10, 182, "无局部结构：表格", anchor="start", bold=True)
    for left, words in ((10, ("年龄", "收入", "职业")), (222, ("职业", "年龄", "收入"))):
        for i, word in enumerate(words):
            d.rect(left + 43 * i, 196, 42, 26, stroke="soft", fill="paper")
            d.text(left + 43 * i + 21, 214, word, size=12)
    d.arrow([(146, 209), (214, 209)], stroke="soft")
    d.text(180, 203, "打乱列序", size=12)
    d.text(180, 226, "含义不变", size=12, fill="c", bold=True)
    d.text(350, 182, "不宜从头训练普通网络", anchor="end", fill="b", bold=True, size=12)
    advice(d, 10, 236, "样本少（一万以内）", "提升树、表格基础模型", "维数≫样本：正则化线性", hue="b", dash=DASH)
    advice(d, 186, 236, "样本多", "提升树仍是稳妥的默认", "深度方法须集成、对照", hue="b", dash=DASH)

    d.rect(10, 322, 340, 88, fill="d-fill", stroke="d", round_=5, dash=FINE)
    d.text(180, 341, "不论哪一排，这些数据都不适合", bold=True, size=12)
    d.text(180, 361, "样本少又无处迁移 · 标签不可靠 · 信号很弱", size=12)
    d.text(180, 380, "分布持续漂移 · 要求外推 · 须逐条解释", size=12)
    d.text(180, 399, "规则明确，能写成公式或查表", size=12)
    return d


def advice(d: Drawing, x: float, y: float, title: str, *lines: str, hue: str, dash: str = "") -> None:
    """A box that names a case and says what to do about it."""
    d.rect(x, y, 164, 64, fill=f"{hue}-fill", stroke=hue, round_=5, dash=dash)
    d.text(x + 82, y + 19, title, bold=True, size=12)
    for i, line in enumerate(lines):
        d.text(x + 82, y + 37 + 17 * i, line, size=12)


# q08, q64: flows


def question(d: Drawing, x: float, y: float, w: float, h: float, words: str, *, size: float = 12) -> None:
    """A six-sided box with a question in it."""
    d.line(
        [(x, y + h / 2), (x + 9, y), (x + w - 9, y), (x + w, y + h / 2), (x + w - 9, y + h), (x + 9, y + h)],
        fill="paper",
        stroke="ink",
        closed=True,
        width=1.3,
    )
    lines = words.split("\n")
    for i, line in enumerate(lines):
        d.text(x + w / 2, y + h / 2 + size * (0.36 + 1.25 * (i - (len(lines) - 1) / 2)), line, size=size)


def tuning_order() -> Drawing:
    d = Drawing(
        528,
        "调参的次序",
        "自上而下：照搬配置跑基线，确认小数据能记住，调学习率，定规模与正则化，随机搜索，用多个种子确认，最后平均与集成，测试集只用一次。",
    )
    x, w = 10, 196
    mid = x + w / 2
    steps = (
        (8, 34, "① 照搬已验证的配置，跑基线", "a"),
        (68, 42, "几十个样本\n能过拟合吗？", ""),
        (136, 44, "② 学习率：最先调、预算最多\n对数尺度，跨几个数量级", "b"),
        (204, 34, "③ 模型规模、正则化强度", "a"),
        (262, 44, "④ 随机搜索：先粗后细\n每个候选重新调学习率", "a"),
        (332, 42, "提升大于换种子的\n波动吗？（3～5 个）", ""),
        (400, 34, "⑤ 权重平均、集成", "a"),
        (458, 34, "⑥ 测试集，只用一次", "e"),
    )
    for i, (y, h, words, hue) in enumerate(steps):
        if hue:
            d.box(x, y, w, h, words, hue=hue, size=12)
        else:
            question(d, x, y, w, h, words)
            d.text(mid + 8, y + h + 16, "是", size=12, anchor="start", fill="c", bold=True)
        if i + 1 < len(steps):
            d.arrow([(mid, y + h), (mid, steps[i + 1][0] - 1)])
    d.arrow([(206, 89), (240, 89)])
    d.text(222, 83, "否", size=12, fill="d", bold=True)
    d.box(242, 70, 108, 38, "先查数据与代码\n别调参", hue="d", size=12)
    d.line([(206, 353), (222, 353), (222, 158)], stroke="d", dash=DASH)
    d.arrow([(222, 158), (208, 158)], stroke="d")
    d.text(228, 349, "否：不算提升", size=12, anchor="start", fill="d", bold=True)
    d.text(228, 366, "换一个问题再试", size=12, anchor="start")
    for y, title, lines in (
        (136, "CNN 着重", ("数据增强、归一化", "学习率日程")),
        (222, "RNN 着重", ("梯度裁剪、初始化", "循环连接的正则化")),
    ):
        d.rect(234, y, 118, 66, stroke="soft", fill="paper", round_=5)
        d.text(293, y + 19, title, size=12, bold=True)
        for i, line in enumerate(lines):
            d.text(293, y + 38 + 18 * i, line, size=12)
    d.text(180, 516, "每次实验只回答一个问题", size=12)
    return d


# q40: learning curves


@dataclass(frozen=True)
class Trouble:
    """A training run that goes wrong (or right): its sample, model and learning rate."""

    title: str = ""
    advice: str = ""
    n: int = 800
    linear: bool = False
    rate: float = 0.5
    batch: int = 10


TROUBLES = (
    Trouble("① 欠拟合", "两条都高，几乎重合：加容量", linear=True, rate=0.03),
    Trouble("② 过拟合", "差距越拉越大：加数据、正则", n=60, rate=1, batch=30),
    Trouble("③ 学习率过大", "上下乱跳：除以 10 再看", rate=7),
    Trouble("④ 学习率过小", "仍未走平：调大学习率", rate=0.004),
)


def losses(run: Trouble, epochs: int = 60) -> tuple[Array, Array]:
    """Training and validation cross-entropy by epoch: logistic regression on random ReLU features (or on the inputs), by mini-batch SGD."""
    rng = np.random.default_rng(2)
    dim, features = 5, 600

    def sample(n: int) -> tuple[Array, Array]:
        x = rng.normal(size=(n, dim))
        y = (x[:, 0] ** 2 + x[:, 1] ** 2 + x[:, 0] > 1.4) * 1.0
        return np.c_[x, np.ones(n)], np.where(rng.random(n) < 0.05, 1 - y, y)

    (x, y), (x_val, y_val) = sample(run.n), sample(400)
    v = rng.normal(size=(dim + 1, features)) * 1.5 / math.sqrt(dim)
    f, f_val = (z if run.linear else np.maximum(z @ v, 0) * 2 / math.sqrt(features) for z in (x, x_val))
    w = np.zeros(f.shape[1])

    def loss(f: Array, y: Array) -> float:
        return float(np.mean(np.logaddexp(0, f @ w) - y * (f @ w)))

    history = [(loss(f, y), loss(f_val, y_val))]
    for _ in range(epochs):
        for batch in rng.permutation(run.n).reshape(-1, run.batch):
            w -= run.rate * f[batch].T @ (1 / (1 + np.exp(-f[batch] @ w)) - y[batch]) / run.batch
        history.append((loss(f, y), loss(f_val, y_val)))
    return np.array(history)[:, 0], np.array(history)[:, 1]


def four_troubles() -> Drawing:
    d = Drawing(
        440,
        "四种典型的学习曲线",
        "同一任务的四次训练：欠拟合时两条曲线都高而重合，过拟合时两条分开，学习率过大时乱跳，学习率过小时缓慢下降到最后仍未走平。",
    )
    target = float(losses(Trouble())[1][-1])
    legend(d, 10, 18, "训练损失", "a")
    legend(d, 120, 18, "验证损失", "b", dash=DASH)
    legend(d, 230, 18, "调好后的验证", "c", dash=FINE)
    for i, run in enumerate(TROUBLES):
        train, val = losses(run)
        plot = Plot(d, (26 + 180 * (i % 2), 56 + 194 * (i // 2), 140, 112), (0, 60), (0, 1.2))
        left, top, w, h = plot.box
        plot.frame({0: "0", 30: "30", 60: "60"}, {0: "0", 0.5: "0.5", 1: "1"})
        plot.across(target, stroke="c", width=1.8)
        plot.curve(range(61), train, "a")
        plot.curve(range(61), val, "b", dash=DASH)
        if i < 2:
            low, high = ((target, train), (train, val))[i]
            gap = np.broadcast_to(low, 61)[46], high[46]
            middle = plot.at(46, sum(gap) / 2)
            for end in gap:
                d.arrow([middle, plot.at(46, end)], width=1.2)
            d.text(middle[0] - 6, middle[1] + 4, ("拟合缺口", "泛化缺口")[i], size=12, anchor="end")
        d.text(left + w / 2, top - 10, run.title, bold=True)
        d.text(left + w / 2 - 6, top + h + 36, run.advice, size=12)
    d.text(180, 432, "横轴：训练轮数；纵轴：交叉熵损失", size=12, fill="soft")
    return d


def angles_before_overfitting() -> Drawing:
    d = Drawing(
        560,
        "先问训练误差，再逐个角度排查",
        "训练误差已达标才看验证误差，最后才轮到过拟合；没有达标就依次用小实验排查八个角度：数据、程序、损失、学习率、初始化、容量、评价、任务上限。",
    )
    question(d, 8, 8, 188, 44, "训练误差（评估模式下）\n达到目标了吗？")
    d.arrow([(196, 30), (230, 30)])
    d.text(212, 24, "是", size=12, fill="c", bold=True)
    d.box(232, 6, 120, 48, "验证差才是过拟合\n并查分布差异", hue="e", size=12)
    d.text(110, 69, "否：还谈不上过拟合", size=12, anchor="start", fill="d", bold=True)
    rungs = (
        ("胜过常数基线，且\n输入置零后曲线会变？", "否", "一 数据与标签"),
        ("20 个样本\n记得住吗？", "否", "二 程序错误"),
        ("换个损失（如交叉熵）\n立刻见效吗？", "是", "三 损失与目标"),
        ("学习率跨四五个数量级\n扫一遍，有改善吗？", "是", "四 学习率、批\n大小与优化器"),
        ("各层激活、更新量\n都正常吗？", "否", "五 激活与初始化"),
        ("宽度加倍、轮数加倍\n有改善吗？", "是", "六 容量与结构"),
        ("指标、验证集、随机种子\n都可靠吗？", "否", "七 评价与实验方法"),
        ("人来做\n能明显更好吗？", "否", "八 任务的上限"),
    )
    for i, (words, answer, verdict) in enumerate(rungs):
        y = 80 + 59 * i
        d.arrow([(102, y - (28 if i == 0 else 17)), (102, y - 1)])
        question(d, 8, y, 188, 42, words)
        if i:
            d.text(110, y - 4, "否" if rungs[i - 1][1] == "是" else "是", size=12, anchor="start", fill="soft")
        d.arrow([(196, y + 21), (230, y + 21)])
        d.text(212, y + 15, answer, size=12, fill="d", bold=True)
        d.box(232, y + 3, 120, 36, verdict, hue="b", size=12)
    d.text(180, 552, "先查便宜而致命的，后查昂贵而渐进的", size=12)
    return d


FIGURES = {
    "q08/tuning-order": tuning_order,
    "q15/where-it-fits": where_it_fits,
    "q40/four-troubles": four_troubles,
    "q44/prior-moves-threshold": prior_moves_threshold,
    "q44/roc-and-pr": roc_and_pr,
    "q46/pca-loses-class": pca_loses_class,
    "q64/angles-before-overfitting": angles_before_overfitting,
}
