"""One reading of a corpus under every rule."""

from pathlib import Path

from index.errors import CorpusError
from index.reader import read_corpus
from proofreading import glossary
from proofreading.answers import check_answers
from proofreading.drawings import check_drawings
from proofreading.findings import Finding
from proofreading.formulas import check_formulas
from proofreading.manuscript import read_manuscripts
from proofreading.questions import FEWEST_PHRASINGS, check_canonical, check_counts, check_strays, check_variety
from proofreading.typography import check_typography
from proofreading.works import check_works


def review(folder: Path, built: Path, *, fewest_phrasings: int = FEWEST_PHRASINGS) -> list[Finding]:
    """Everything that is wrong with the corpus in `folder`, in the order of files and lines; `built` is where its
    index is kept.

    A corpus that cannot be read is only told what stops it: the rules need one that can.
    """
    try:
        corpus = read_corpus(folder)
    except CorpusError as failed:
        return [Finding("contract", problem) for problem in failed.problems]
    manuscripts = read_manuscripts(corpus)
    terms, findings = glossary.read_glossary(folder / glossary.FILE)
    findings += [Finding("repeated", problem) for problem in corpus.warnings]
    findings += check_answers(manuscripts, cited=bool(corpus.references))
    findings += check_typography(manuscripts)
    findings += glossary.check_terms(manuscripts, terms)
    findings += check_formulas(manuscripts)
    findings += check_drawings(manuscripts)
    findings += check_works(corpus)
    findings += check_canonical(corpus, manuscripts)
    findings += check_counts(manuscripts, fewest_phrasings)
    findings += check_variety(corpus, manuscripts)
    findings += check_strays(corpus, manuscripts, built)
    return sorted(findings, key=lambda finding: (finding.problem.path, finding.problem.line))
