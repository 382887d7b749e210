"""Groups of questions as a patch that adds them to a corpus, for `git apply`. Touches no file itself."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.entries import Corpus
from index.errors import CorpusError, WenjinError
from index.folder import read_folder
from index.sources import Sources
from index.text import key, normalise
from scripts.gap_groups import Group

MOST_PHRASINGS = 10
"""Of a group, so that no entry gets more ways of asking than its readers can check."""

STYLE = "logged"
_CONTEXT = 3  # lines before a change that `git apply` compares


@dataclass(frozen=True)
class Choice:
    """Where a person wants the questions of a group: in an entry, or without an id among those to decline."""

    group: Group
    id: str | None


def patch(choices: Iterable[Choice], root: Path) -> str:
    """Paths in it are relative to the repository of the corpus. What is known already is passed over and said.

    Raises `WenjinError`, `CorpusError` among them.
    """
    if not root.is_dir():
        raise WenjinError(
            f"{root}: is not a folder of entries, so there is no questions.txt. Add the phrasings by hand."
        )
    sources = Sources(root)
    corpus = read_folder(sources, root)
    if sources.problems:
        raise CorpusError(sources.problems)
    known = _known(corpus)
    added: dict[Path, list[str]] = {}
    for choice in choices:
        path = _file(choice.id, corpus, sources)
        for wording in choice.group.wordings[:MOST_PHRASINGS]:
            name = key(normalise(wording.text))
            if name and name not in known:
                known[name] = choice.id or path.name
                added.setdefault(path, []).append(wording.text)
            else:
                why = f"stands in {known[name]} already" if name else "holds no letter or digit"
                print(f"passed over: {wording.text!r} {why}", file=sys.stderr)
    return "".join(_hunk(_name(path), path, lines) for path, lines in sorted(added.items()))


def _known(corpus: Corpus) -> dict[str, str]:
    """Key of every question that the corpus holds -> where."""
    known = {key(normalise(question.text)): "out_of_scope.txt" for question in corpus.out_of_scope}
    return known | {key(normalise(w.text)): entry.id for entry in corpus.entries for w in entry.ways_of_asking}


def _file(id_: str | None, corpus: Corpus, sources: Sources) -> Path:
    if id_ is None:
        return corpus.path / "out_of_scope.txt"
    for entry in corpus.entries:
        if entry.id == id_:
            return sources.places[id_, entry.question][0].with_name("questions.txt")
    raise WenjinError(f"{corpus.path}: there is no entry {id_}. Name one that it holds.")


def _name(path: Path) -> str:
    """As `git apply` wants it: relative to the repository, or without one to the folder one is in."""
    path = path.resolve()
    root = next((folder for folder in path.parents if (folder / ".git").exists()), Path.cwd())
    if not path.is_relative_to(root):
        raise WenjinError(f"{path}: is neither in a git repository nor below this folder. Go there first.")
    return path.relative_to(root).as_posix()


def _hunk(name: str, path: Path, texts: Sequence[str]) -> str:
    """The change that adds lines at the end of a file."""
    old = path.read_bytes().decode() if path.exists() else ""
    lines = old.split("\n")
    ended = not lines[-1]
    if ended:
        lines.pop()
    cr = "\r" if "\r\n" in old else ""
    styles = [line.rstrip("\r") for line in lines if line.startswith("# ")]
    heading = [] if styles[-1:] == [f"# {STYLE}"] else [f"# {STYLE}"]
    new = [line + cr for line in (*heading, *texts)]
    context = lines[-_CONTEXT:]
    start = len(lines) - len(context) + 1
    rows = [f" {line}" for line in context]
    if not ended:
        rows[-1:] = [f"-{context[-1]}", "\\ No newline at end of file", f"+{context[-1]}{cr}"]
    before = f"a/{name}" if path.exists() else "/dev/null"
    return "\n".join(
        [
            *([] if path.exists() else [f"diff --git a/{name} b/{name}", "new file mode 100644"]),
            f"--- {before}",
            f"+++ b/{name}",
            f"@@ -{start if context else 0},{len(context)} +{start},{len(context) + len(new)} @@",
            *rows,
            *(f"+{line}" for line in new),
            "",
        ]
    )
