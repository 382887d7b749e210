"""An answer's Markdown as HTML that needs no script: formulas in MathML, citation markers as links, raw HTML as text.

It reads Markdown as the browser side does (`web/src/markdown.ts`): any `**` pair around non-space text is bold, also
where CommonMark would want a space after Chinese punctuation; a formula is `$…$` without space inside, Chinese
punctuation at its end or a digit behind it, `$$…$$`, `\\(…\\)` or `\\[…\\]`; code wins over both. Knows nothing of
pages.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup
from math_core import LatexError, LatexToMathML

from index.articles import Article
from service.schemas import Figure

_INLINE = re.compile(
    r"\$\$([^$]+?)\$\$|\$(?![\s$])((?:\\.|[^\\$])*?(?:\\.|[^\\$\s，。；：、！？]))\$(?!\d)|\\\((.+?)\\\)|\\\[(.+?)\\\]",
    re.DOTALL,
)
_BLOCK = re.compile(r" {0,3}(?:\$\$(.+?)\$\$|\\\[(.+?)\\\])[ \t]*$", re.DOTALL | re.MULTILINE)
_BOLD = re.compile(
    r"\*\*(?![\s*])((?:\\.|`[^`]*`|\$[^$]*\$|[^\\`*]|\*(?!\*))*?(?:\\.|`[^`]*`|[^\\`*\s]|(?<!\*)\*(?!\*)))\*\*",
    re.DOTALL,
)
_MARKER = re.compile(r"\[(\d{1,3})((?:, [^\[\]]+)?)\](?!\()")
_STYLE = re.compile(r' style="([^"]*)"')
_OPENING = re.compile(r"[（［｛「『【《〈〔〖“‘(\[{]+\Z")
_LAST = re.compile(r"\S?\s*\Z")
_CLOSING = re.compile(r"\A[，。；：、！？）］｝」』】》〉〕〗”’…—～·,.;:!?)\]}%°-]+")
_SHORT = 12  # characters, besides formulas and markers
_NO_WORDS = re.compile(r"\$[^$]+\$|\[\d[^\]]*\]|[*`]")


class Writer:
    """Writes answers as HTML. `name_of` gives the accessible name of what scrolls sideways (`table`, `formula`)."""

    def __init__(self, name_of: Mapping[str, str]) -> None:
        self._name_of = name_of
        self._mathml = LatexToMathML(annotation=True, fancy_error=False)
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
        inline, block = self._markdown.inline.ruler, self._markdown.block.ruler
        inline.before("escape", "formula", _formula)
        inline.before("emphasis", "bold", _bold)
        inline.before("link", "marker", _marker)
        block.before(
            "fence", "formula_block", _formula_block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
        )
        self._markdown.core.ruler.push("cells", _fit_cells)
        self._markdown.core.ruler.push("bound", _bind)
        assert isinstance(self._markdown.renderer, RendererHTML)
        self._renderer = self._markdown.renderer
        rules: dict[str, Callable[..., str]] = {
            "formula": self._write_formula,
            "marker": _write_marker,
            "image": _write_image,
            "link_open": self._write_link,
            "table_open": self._write_table,
            "table_close": lambda *_: "</table></div>\n",
        }
        self._renderer.rules.update(rules)  # type: ignore[arg-type]  # typed as if bound to the renderer

    def write(self, article: Article) -> Markup:
        """The answer. Markers lead to `#ref-N`, and are themselves `#cite-N-I`, I counting from 1."""
        texts = {article.answer[start:end] for work in article.citations for start, end in work.marks}
        figures = {figure.src: figure for figure in Figure.all_of(article)}
        env: dict[str, object] = {"markers": texts, "figures": figures, "seen": {}}
        return Markup(self._markdown.render(article.answer, env))

    def _write_formula(self, tokens: Sequence[Token], i: int, _: OptionsDict, __: EnvType) -> str:
        token = tokens[i]
        try:
            formula = self._mathml.convert_with_local_state(token.content, displaystyle=token.block)
        except LatexError:
            formula = f"<code>{escape(token.content)}</code>"
        formula = _STYLE.sub(_class_for, formula)
        if not token.block:
            return formula
        return f"{self._sideways('formula', 'sideways equation')}{formula}</div>\n"

    def _write_link(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        tokens[i].attrSet("rel", "noopener noreferrer")
        return self._renderer.renderToken(tokens, i, options, env)

    def _write_table(self, *_: object) -> str:
        return f"{self._sideways('table', 'sideways')}<table>\n"

    def _sideways(self, kind: str, classes: str) -> str:
        """The start of a box that scrolls by itself; in reach of the keyboard, and named."""
        return f'<div class="{classes}" tabindex="0" role="group" aria-label="{escape(self._name_of[kind])}">'


def _class_for(style: re.Match[str]) -> str:
    """The converter aligns columns by style attributes, which a strict content security policy blocks."""
    if "text-align: right" in style[1]:
        return ' class="to-right"'
    return ' class="to-left"' if "text-align: left" in style[1] else ""


def _formula(state: StateInline, silent: bool) -> bool:
    match = _INLINE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.content = next(group for group in match.groups() if group is not None).strip()
        token.block = match[1] is not None or match[4] is not None
    state.pos = match.end()
    return True


def _formula_block(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    if state.is_code_block(line):
        return False
    start = state.bMarks[line] + state.tShift[line]
    match = _BLOCK.match(state.src, start, state.eMarks[end - 1])
    if match is None:
        return False
    if silent:
        return True
    last = next(i for i in range(line, end) if state.eMarks[i] >= match.end())
    token = state.push("formula", "math", 0)
    token.content = (match[1] or match[2]).strip()
    token.block = True
    token.map = [line, last + 1]
    state.line = last + 1
    return True


def _bold(state: StateInline, silent: bool) -> bool:
    match = _BOLD.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        end = state.posMax
        state.push("strong_open", "strong", 1)
        state.pos, state.posMax = match.start(1), match.end(1)
        state.md.inline.tokenize(state)
        state.posMax = end
        state.push("strong_close", "strong", -1)
    state.pos = match.end()
    return True


def _marker(state: StateInline, silent: bool) -> bool:
    match = _MARKER.match(state.src, state.pos, state.posMax)
    if match is None or match[0] not in state.env["markers"]:
        return False
    if not silent:
        token = state.push("marker", "a", 0)
        token.content = match[0][1:-1]
        token.meta["n"] = int(match[1])
    state.pos = match.end()
    return True


def _bind(state: StateCore) -> None:
    for token in state.tokens:
        if token.children:
            token.children = _bound(token.children)


def _bound(tokens: Sequence[Token]) -> list[Token]:
    """Formulas held together with the punctuation around them, and markers with what they stand behind. Browsers may
    break a line on either side of a formula, whatever comes next."""
    out: list[Token] = []
    within = False
    for token in tokens:
        atom = token.type == "marker" or (token.type == "formula" and not token.block)
        if atom and not within:
            before = ""
            if out and out[-1].type == "text":
                before = _cut(out[-1], _LAST if token.type == "marker" else _OPENING)
            if before.isspace() and out[-2:-1] and out[-2].type == "bound_close":  # $x$ [1]
                del out[-2:]
            else:
                out.append(Token("bound_open", "span", 1, {"class": "bound"}))
            out.append(Token("text", "", 0, content=before))
        elif within and not atom:
            after = _cut(token, _CLOSING) if token.type == "text" else ""
            out += [Token("text", "", 0, content=after), Token("bound_close", "span", -1)]
        within = atom
        out.append(token)
    return [*out, Token("bound_close", "span", -1)] if within else out


def _fit_cells(state: StateCore) -> None:
    """Say by classes what the parser says by style attributes, which a strict policy blocks, and which cells are
    `short`: a few words, that are not to be broken."""
    for cell, content in pairwise(state.tokens):
        if cell.type not in ("th_open", "td_open"):
            continue
        side = str(cell.attrs.pop("style", "")).removeprefix("text-align:")
        classes = [*filter(None, [side]), *(["short"] if len(_NO_WORDS.sub("", content.content)) <= _SHORT else [])]
        if classes:
            cell.attrSet("class", " ".join(classes))


def _cut(text: Token, pattern: re.Pattern[str]) -> str:
    """What `pattern` finds in a text, taken out of it."""
    found = pattern.search(text.content)
    text.content = pattern.sub("", text.content)
    return found[0] if found else ""


def _write_marker(tokens: Sequence[Token], i: int, _: OptionsDict, env: EnvType) -> str:
    n, seen = tokens[i].meta["n"], env["seen"]
    seen[n] = seen.get(n, 0) + 1
    return f'<a class="cite" id="cite-{n}-{seen[n]}" href="#ref-{n}">{escape(tokens[i].content)}</a>'


def _write_image(tokens: Sequence[Token], i: int, _: OptionsDict, env: EnvType) -> str:
    """A figure that this service serves; anything else becomes a link, so that nothing is fetched from elsewhere."""
    address = str(tokens[i].attrs["src"])
    source, alt = escape(address), escape(tokens[i].content)
    if not address.startswith("/entries/"):
        return f'<a href="{source}" rel="noopener noreferrer">{alt or source}</a>'
    figure = env["figures"].get(address)
    room = f' width="{figure.width}" height="{figure.height}"' if figure else ""
    image = f'<img src="{source}" alt="{alt}"{room} decoding="async">'
    return f'<span class="figure">{image}<span class="caption" aria-hidden="true">{alt}</span></span>'
