"""An entry as it is served: answer with numbered citations, the works cited, the passages it is cut into."""

from dataclasses import dataclass

from index.citations import Citation, number_citations
from index.entries import Corpus, Entry
from index.passages import Passage, cut_passages, plain


@dataclass(frozen=True, slots=True)
class Article:
    """An entry ready to be shown. Offsets of citations and passages count code points of `answer`."""

    entry: Entry
    answer: str
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]

    def passage_texts(self) -> list[str]:
        """The passages without markup, as they are encoded. Pieces of pure markup come out as their title."""
        return [plain(self.answer[p.start : p.end]) or self.entry.title for p in self.passages]


def write_articles(corpus: Corpus) -> tuple[Article, ...]:
    """One article per entry, in the corpus's order."""
    articles = []
    for entry in corpus.entries:
        answer, citations = number_citations(entry.answer, corpus.references)
        articles.append(Article(entry, answer, citations, cut_passages(answer)))
    return tuple(articles)
