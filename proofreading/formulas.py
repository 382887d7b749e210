"""Whether formulas typeset. The judge is KaTeX itself, the very file that browsers load, run in QuickJS."""

from collections.abc import Iterator, Sequence
from importlib.resources import files

import quickjs

from proofreading.findings import Finding, error
from proofreading.manuscript import Manuscript

_JUDGE = """
function complaint(tex, displayMode) {
  try { katex.renderToString(tex, { displayMode, throwOnError: true, strict: "error" }); return ""; }
  catch (error) { return String(error.message); }
}
"""


class Typesetter:
    """KaTeX, strict: what it would set with a warning counts as an error."""

    def __init__(self) -> None:
        context = quickjs.Context()
        context.eval(files("proofreading").joinpath("katex.min.js").read_text("utf-8"))
        context.eval(_JUDGE)
        self.version = str(context.eval("katex.version"))
        self._complaint = context.get("complaint")

    def complaint(self, tex: str, *, display: bool) -> str:
        """What is wrong with a formula; empty when it can be set."""
        return str(self._complaint(tex, display)).removeprefix("KaTeX parse error: ")


def check_formulas(manuscripts: Sequence[Manuscript]) -> Iterator[Finding]:
    """LaTeX that KaTeX does not set."""
    typesetter = Typesetter()
    for manuscript in manuscripts:
        for formula in manuscript.formulas():
            if complaint := typesetter.complaint(formula.tex, display=formula.display):
                cause = f"formula {formula.tex.strip()[:60]!r} does not typeset: {complaint}"
                yield error(
                    "formula", manuscript.path, formula.line, cause, "Correct the LaTeX; katex.org/docs lists it"
                )
