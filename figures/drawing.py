"""A small SVG pencil: shapes and Chinese labels in a palette that reads on light and dark, 360 px wide.

Coordinates are pixels of a `WIDTH`-wide sheet, y downwards. Knows nothing of what is drawn.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

WIDTH = 360

STYLE = """
:root{color-scheme:light dark;--ink:#1f2328;--soft:#6b7280;--rule:#c9ced6;--paper:#fff;
--a:#1a5fb4;--b:#b5460f;--c:#1b7a3d;--d:#b01e3a;--e:#7a35b0;
--a-fill:#d6e6fb;--b-fill:#fbe2d0;--c-fill:#d5efdc;--d-fill:#f9d7dd;--e-fill:#e9dbf7}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#a3abb6;--rule:#4a525e;--paper:#16181c;
--a:#7db4ff;--b:#ffa366;--c:#6fd592;--d:#ff8a9c;--e:#cf9dff;
--a-fill:#1d3557;--b-fill:#4d2c14;--c-fill:#17402a;--d-fill:#4d1a26;--e-fill:#3a2154}}
text{font-family:system-ui,"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;font-size:13px;fill:var(--ink)}
.math{font-family:"Latin Modern Math","STIX Two Math","Cambria Math",Georgia,serif;font-style:italic}
"""


def colour(name: str) -> str:
    """`ink`, `soft`, `rule`, `paper`, the five hues `a`..`e` and their pale fills `a-fill`..., or `none`."""
    return "none" if name == "none" else f"var(--{name})"


def number(value: float) -> str:
    """At most two decimals, no trailing zeros, never `-0`: the same figure is the same bytes everywhere."""
    return f"{round(value, 2) + 0:.2f}".rstrip("0").rstrip(".")


@dataclass
class Drawing:
    """One figure under way. `title` is its accessible name, `description` says what is to be seen."""

    height: int
    title: str
    description: str
    width: int = WIDTH
    _parts: list[str] = field(default_factory=list)
    _rules: list[str] = field(default_factory=list)
    _heads: set[str] = field(default_factory=set)

    def rule(self, css: str) -> None:
        """Add CSS, as for an animation. A rule that animates is switched off for readers who want less motion."""
        self._rules.append(css)

    def raw(self, markup: str) -> None:
        self._parts.append(markup)

    def rect(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        fill: str = "none",
        stroke: str = "ink",
        width: float = 1.2,
        round_: float = 0,
        dash: str = "",
        cls: str = "",
    ) -> None:
        self._shape("rect", {"x": x, "y": y, "width": w, "height": h, "rx": round_}, fill, stroke, width, dash, cls)

    def circle(
        self,
        x: float,
        y: float,
        r: float,
        *,
        fill: str = "none",
        stroke: str = "ink",
        width: float = 1.2,
        dash: str = "",
        cls: str = "",
    ) -> None:
        self._shape("circle", {"cx": x, "cy": y, "r": r}, fill, stroke, width, dash, cls)

    def line(
        self,
        points: Sequence[tuple[float, float]],
        *,
        stroke: str = "ink",
        width: float = 1.5,
        dash: str = "",
        fill: str = "none",
        closed: bool = False,
        cls: str = "",
    ) -> None:
        """Straight pieces through the points."""
        d = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) + ("Z" if closed else "")
        self.path(d, stroke=stroke, width=width, dash=dash, fill=fill, cls=cls)

    def curve(
        self,
        f: Callable[[float], float],
        xs: Iterable[float],
        to_sheet: Callable[[float, float], tuple[float, float]],
        *,
        stroke: str = "a",
        width: float = 2,
        dash: str = "",
        cls: str = "",
    ) -> None:
        """The graph of f over xs, with `to_sheet` mapping (x, f(x)) to the sheet."""
        self.line([to_sheet(x, f(x)) for x in xs], stroke=stroke, width=width, dash=dash, cls=cls)

    def arrow(
        self,
        points: Sequence[tuple[float, float]],
        *,
        stroke: str = "ink",
        width: float = 1.5,
        dash: str = "",
        cls: str = "",
    ) -> None:
        """Straight pieces through the points, with a head at the last."""
        self._heads.add(stroke)
        d = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
        self._parts.append(
            f'<path d="{d}" fill="none" style="stroke:{colour(stroke)}" stroke-width="{number(width)}"'
            f' marker-end="url(#head-{stroke})"{_dash(dash)}{_class(cls)}/>'
        )

    def path(
        self, d: str, *, stroke: str = "ink", width: float = 1.5, dash: str = "", fill: str = "none", cls: str = ""
    ) -> None:
        """Any path, in SVG path syntax."""
        self._shape("path", {"d": d}, fill, stroke, width, dash, cls)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 13,
        anchor: str = "middle",
        fill: str = "ink",
        bold: bool = False,
        math: bool = False,
        cls: str = "",
    ) -> None:
        """`anchor` is start, middle or end; y is the baseline. Not below 11 px: it must be read on a phone."""
        assert size >= 11, f"{words!r} is too small at {size} px"
        classes = " ".join(name for name in ("math" if math else "", cls) if name)
        self._parts.append(
            f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}"'
            f' style="font-size:{number(size)}px;fill:{colour(fill)}{";font-weight:600" if bold else ""}"{_class(classes)}>'
            f"{escape(words)}</text>"
        )

    def box(
        self, x: float, y: float, w: float, h: float, words: str, *, hue: str = "a", size: float = 13, cls: str = ""
    ) -> None:
        """A rounded box with words in its middle; a line break in the words makes a new line."""
        self.rect(x, y, w, h, fill=f"{hue}-fill" if hue in "abcde" else "paper", stroke=hue, round_=5, cls=cls)
        lines = words.split("\n")
        for i, line in enumerate(lines):
            self.text(x + w / 2, y + h / 2 + size * (0.36 + 1.2 * (i - (len(lines) - 1) / 2)), line, size=size, cls=cls)

    def svg(self) -> str:
        """The finished figure."""
        heads = "".join(
            f'<marker id="head-{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
            f'<path d="M0 0L8 4L0 8Z" style="fill:{colour(name)}"/></marker>'
            for name in sorted(self._heads)
        )
        still = "@media(prefers-reduced-motion:reduce){*{animation:none!important}}" if self._rules else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}"'
            f' height="{self.height}" role="img" aria-label={quoteattr(self.title)}>\n'
            f"<title>{escape(self.title)}</title>\n<desc>{escape(self.description)}</desc>\n"
            f"<style>{STYLE}{''.join(self._rules)}{still}</style>\n<defs>{heads}</defs>\n"
            + "\n".join(self._parts)
            + "\n</svg>\n"
        )

    def _shape(
        self, tag: str, geometry: dict[str, float | str], fill: str, stroke: str, width: float, dash: str, cls: str
    ) -> None:
        attributes = "".join(
            f' {name}="{value if isinstance(value, str) else number(value)}"'
            for name, value in geometry.items()
            if value != 0
        )
        self._parts.append(
            f'<{tag}{attributes} style="fill:{colour(fill)};stroke:{colour(stroke)}" stroke-width="{number(width)}"'
            f"{_dash(dash)}{_class(cls)}/>"
        )


def _dash(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""


def _class(cls: str) -> str:
    return f' class="{cls}"' if cls else ""
