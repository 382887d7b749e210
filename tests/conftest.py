"""What all tests share: a toy encoder, a toy corpus, an index built from the two, databases, and no way out to the
network."""

import ipaddress
import json
import os
import shutil
import socket
import subprocess
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy

from index.answerer import Answerer
from index.build import build_index
from index.encoder import Vectors
from index.reader import read_corpus


@dataclass(frozen=True)
class ToyEncoder:
    """Character 1- to 3-grams hashed with signs into 64 dimensions: similar strings are near, nothing is learned."""

    name: str = "toy"
    revision: str = "1"
    dimension: int = 64

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            padded = f"^{text}$"
            for n in (1, 2, 3):
                for start in range(len(padded) - n + 1):
                    number = zlib.crc32(padded[start : start + n].encode())
                    row[number % self.dimension] += 1 if number >> 31 else -1
            if not row.any():
                row[0] = 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    encode_passages = encode_queries


@pytest.fixture(autouse=True, scope="session")
def _no_outside_sockets() -> Iterator[None]:
    """Connecting to anything but this machine raises `OSError`."""

    def refusing(connect: Any) -> Any:
        def refuse_outside(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
                raise OSError(f"a test tried to connect to {address}")
            return connect(self, address)

        return refuse_outside

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, refusing(getattr(socket.socket, name)))
        yield


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class ToyEntry:
    id: str
    title: str
    question: str
    phrasings: str
    answer: str
    related: str = ""


TOY_ENTRIES = (
    ToyEntry(
        "returns",
        "退货",
        "商品不满意怎么退货？",
        """
# plain
退货流程
怎样申请退货
买错了想退
# colloquial
东西不喜欢能退掉吗
衣服不合身咋退
# english
How do I return an item?
return policy
# traditional
請問退貨要怎麼辦理
""",
        """收到商品后 14 天内可以退货，运费由我们承担[@law2014rights, §2]。

## 步骤

1. 在“我的订单”里选择 **申请退货**。
2. 打印标签，把包裹交给快递员。

退款金额为 $p - d$，其中 $p$ 是实付款，$d$ 是已用优惠[@law2014rights; @shop2020terms]。""",
        "refund",
    ),
    ToyEntry(
        "refund",
        "退款到账",
        "退款多久到账？",
        """
# plain
退款时间
退款什么时候到
钱退到哪里
# colloquial
都退货了钱咋还没回来
退的钱几天能到卡上
# english
How long does a refund take?
refund not received
# mixed
refund 多久能到银行卡
""",
        """退款在仓库签收后 3 个工作日内原路返回[@shop2020terms]。

## 为什么要等

银行清算需要时间：信用卡最长 10 天，借记卡 3 天。""",
        "returns",
    ),
    ToyEntry(
        "delivery",
        "配送时间",
        "下单以后几天能送到？",
        """
# plain
配送时间
快递要多久
什么时候发货
# colloquial
我的包裹到哪了
怎么还没送来
# english
When will my parcel arrive?
shipping time
# mixed
express 快递几天送到
""",
        """现货当天发出，城市里次日送达，偏远地区 3 到 5 天。

## 查询

```bash
curl https://shop.example/track/ORDER
```

单号在发货短信里。""",
    ),
    ToyEntry(
        "password",
        "重设密码",
        "忘记密码了怎么登录？",
        """
# plain
重设密码
密码找回
登录不上账号
# colloquial
密码想不起来了咋办
账号进不去
# english
I forgot my password
reset password
# mixed
password 忘了怎么 reset
""",
        """在登录页点“忘记密码”，我们会发一封 30 分钟内有效的邮件。

## 没有收到邮件

先看垃圾箱，再检查邮箱是否拼错。口令应当长而好记[@grassi2017digital]。""",
    ),
    ToyEntry(
        "invoice",
        "开发票",
        "怎么开具电子发票？",
        """
# plain
开发票
电子发票下载
发票在哪里
# colloquial
公司要报销给我开个票
能开专票不
# english
Can I get an invoice?
download invoice
# traditional
請問如何索取電子發票
""",
        """订单完成后，在订单详情里点 **开具发票**，填写抬头与税号即可。

| 种类 | 时间 |
| --- | --- |
| 电子普票 | 立即 |
| 专用发票 | 7 天 |""",
        "invoice-title",
    ),
    ToyEntry(
        "invoice-title",
        "修改抬头",
        "发票抬头写错了怎么修改？",
        """
# plain
修改发票抬头
税号填错了
发票换抬头
# colloquial
发票公司名字打错了咋改
抬头不对能重开吗
# english
How can I correct the name on my invoice?
wrong invoice title
# mixed
invoice 的 title 填错了
""",
        """当月的发票可以作废重开；跨月的要先红冲[@law2014rights, art. 19]。""",
        "invoice",
    ),
    ToyEntry(
        "points",
        "会员积分",
        "会员积分怎样使用？",
        """
# plain
积分兑换
积分有什么用
积分会过期吗
# colloquial
攒的分能当钱花不
我的积分怎么没了
# english
How do I use my points?
loyalty points
# mixed
membership 积分规则
""",
        """100 积分抵 1 元，结算时勾选“使用积分”。积分两年后过期[@shop2020terms, p. 4]。""",
    ),
    ToyEntry(
        "warranty",
        "保修",
        "商品坏了在保修期内怎么修？",
        """
# plain
保修政策
产品维修
质保期多长
# colloquial
用了两个月就坏了
机器不转了找谁修
# english
My device is broken, is it covered by warranty?
repair service
# traditional
請問保固多久
""",
        """整机保修一年，主要部件保修三年。

## 怎么送修

带上订单号到任何一家门店，或预约上门取件；修理期间可以借用备用机。""",
    ),
)

TOY_OUT_OF_SCOPE = """
# near
你们公司招聘吗
可以货到付款吗
门店几点开门
怎么加盟开店
Do you sell gift cards?
# far
今天天气怎么样
推荐一部好看的电影
What is the capital of France?
帮我写一首关于秋天的诗
# chat
你好呀
你是机器人吗
tell me a joke
# gibberish
asdf qwer zxcv
哈哈哈哈哈哈
"""

TOY_REFERENCES = """
@book{law2014rights, author = {Law, Ann}, title = {Consumer Rights}, year = {2014}, publisher = {Law Press}}
@misc{shop2020terms, author = {Shop, Example}, title = {Terms of Sale}, year = {2020}, howpublished = {Online},
  url = {https://shop.example/terms}}
@techreport{grassi2017digital, author = {Grassi, Paul A. and Fenton, James L.}, title = {Digital Identity Guidelines},
  year = {2017}, institution = {NIST}, doi = {10.6028/NIST.SP.800-63b}}
"""


def write_toy_corpus(folder: Path) -> Path:
    """Write the toy corpus into a new folder, keeping the contract of `corpus/README.md`."""
    for entry in TOY_ENTRIES:
        place = folder / f"{entry.id}-toy"
        place.mkdir(parents=True)
        fields = {
            "id": entry.id,
            "question": entry.question,
            "title": entry.title,
            "topics": ["shop"],
            "related": [entry.related] if entry.related else [],
        }
        lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
        front = "\n".join([*lines, "reviewed: 2026-11-23"])
        (place / "answer.md").write_text(f"---\n{front}\n---\n{entry.answer}\n", "utf-8")
        (place / "questions.txt").write_text(entry.phrasings.lstrip(), "utf-8")
    (folder / "out_of_scope.txt").write_text(TOY_OUT_OF_SCOPE.lstrip(), "utf-8")
    (folder / "references.bib").write_text(TOY_REFERENCES.lstrip(), "utf-8")
    return folder


@pytest.fixture(scope="session")
def toy_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder corpus: 8 entries of 8 phrasings each, with citations, 14 questions to decline. Do not write to it;
    `write_toy_corpus` makes one that may be changed."""
    return write_toy_corpus(tmp_path_factory.mktemp("toy") / "corpus")


@pytest.fixture(scope="session")
def toy_index(toy_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of the toy corpus, built with `ToyEncoder()`. Do not write to it; copy it."""
    folder = tmp_path_factory.mktemp("toy-index")
    build_index(read_corpus(toy_corpus), ToyEncoder(), folder)
    return folder


@pytest.fixture(scope="session")
def toy_answerer(toy_index: Path) -> Answerer:
    return Answerer(ToyEncoder(), toy_index)


def _postgresql_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, which Debian keeps off the path."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if found := shutil.which("pg_ctl"):
        folders.insert(0, Path(found).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a throw-away PostgreSQL server, as all of a run share it."""
    programs = _postgresql_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server here; Debian has it: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="wenjin-postgresql-") as place:
        cluster = Path(place) / "cluster"
        run: dict[str, Any] = {"cwd": place, "check": True, "stdout": subprocess.DEVNULL}
        if os.getuid() == 0:  # PostgreSQL refuses to be run by root
            shutil.chown(place, "nobody")
            run |= {"user": "nobody", "extra_groups": []}
        initdb = [programs / "initdb", "-D", cluster, "-U", "wenjin", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run(initdb, **run)
        options = f"-c listen_addresses='' -c unix_socket_directories={place} -c fsync=off"
        start = [programs / "pg_ctl", "-D", cluster, "-w", "-l", Path(place) / "log", "-o", options, "start"]
        subprocess.run(start, **run)
        try:
            yield f"postgresql://wenjin@/postgres?host={place}"
        finally:
            subprocess.run([programs / "pg_ctl", "-D", cluster, "-w", "-m", "immediate", "stop"], **run)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that holds nothing yet, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'journal.db'}"
    url: str = request.getfixturevalue("postgresql")
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for statement in ("SET statement_timeout = '20s'", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    return url
