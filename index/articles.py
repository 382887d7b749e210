"""An entry as it is served: answer with numbered citations, the works cited, the passages it is cut into."""

import itertools
import re
from dataclasses import dataclass, replace

from index.citations import CITED_ITEM, CODE, Citation, number_citations
from index.entries import Corpus, Entry
from index.mapped import Texts
from index.passages import Passage, cut_passages, plain

FIGURE = re.compile(CODE + r"|!\[(?P<alt>[^\]]*)\]\((?P<name>[^)\s]+)\)", re.DOTALL | re.MULTILINE)
"""A figure, or code, in which nothing is one."""

_SIZE = re.compile(r'<svg[^>]*?\swidth="([\d.]+)"[^>]*?\sheight="([\d.]+)"', re.DOTALL)

Size = tuple[int, int]
"""Width and height in CSS pixels."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing that an answer shows."""

    drawing: int  # its number among the drawings of the corpus
    size: Size | None  # None where it does not say


@dataclass(frozen=True, slots=True)
class Article:
    """An entry ready to be shown. Offsets of citations and passages count code points of `answer`."""

    entry: Entry  # without the answer's source, the phrasings and the drawings
    answer: str
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    figures: dict[str, Figure]  # by file name

    def passage_texts(self) -> list[str]:
        """The passages without markup, as they are encoded. Pieces of pure markup come out as their title."""
        return [plain(self.answer[p.start : p.end]) or self.entry.title for p in self.passages]


def write_articles(corpus: Corpus) -> tuple[Article, ...]:
    """One article per entry, in the corpus's order. Figures are addressed where the service serves them, and lists of
    works to read are no passages: they answer nothing."""
    articles, numbers = [], itertools.count()
    for entry in corpus.entries:
        addressed = FIGURE.sub(lambda figure, entry=entry: _address(entry, figure), entry.answer)  # type: ignore[misc]
        answer, citations = number_citations(addressed, corpus.references)
        passages = (p for p in cut_passages(answer) if len(CITED_ITEM.findall(answer, p.start, p.end)) < 2)
        figures = {name: Figure(next(numbers), _size(svg)) for name, svg in entry.figures.items()}
        bare = replace(entry, answer="", phrasings=(), figures={})
        articles.append(Article(bare, answer, citations, tuple(passages), figures))
    return tuple(articles)


def draw(corpus: Corpus) -> Texts:
    """The drawings, as the articles' figures number them."""
    return Texts.of([svg for entry in corpus.entries for svg in entry.figures.values()])


def _size(svg: str) -> Size | None:
    found = _SIZE.search(svg, 0, 2000)
    return (round(float(found[1])), round(float(found[2]))) if found else None


def _address(entry: Entry, figure: re.Match[str]) -> str:
    if figure["name"] not in entry.figures:
        return figure[0]
    return f"![{figure['alt']}](/entries/{entry.id}/{figure['name']})"
