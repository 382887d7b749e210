"""Words that point at what was said before: "它", "那个呢", "the second one". Chinese and English, in the normal form
that `text` gives.

Knows nothing of entries or probabilities; whether a pointing word means that a question leans on another is
weighed in `dialogue`.
"""

import re
from collections.abc import Sequence

_REFERS = re.compile(
    r"[它他她牠]|[这那](?:个|些|俩|种|样|里|边|一)|其中|其他|另外|另一|还有|别的|里[面头]|[上前后]面|[前后]者|刚才|刚刚|不是|不对"
    r"|^[这那和跟同与]|呢\W*$"
    r"|^(?:and|but|so|then|or|what about|how about)\b"
    r"|\b(?:it|its|that|this|they|them|their|those|these|ones?|others?|else|instead)\b"
)
"""Pronouns, words for "the other" and "the one before", and words that join on to something."""

_ORDINALS = {
    **{"一": 1, "1": 1, "first": 1},
    **{"二": 2, "两": 2, "2": 2, "second": 2},
    **{"三": 3, "3": 3, "third": 3},
    **{"四": 4, "4": 4, "fourth": 4},
    **{"五": 5, "5": 5, "fifth": 5},
}
_NUMBER = "[一二两三四五1-5]|first|second|third|fourth|fifth"

_POINTS = re.compile(
    r"(?:那么?|就|选|看|我?要|我选|我想[问看]|我?说的?是|是|and|what about|how about|show me|the|[\s,，])*+"
    rf"(?:第(?P<han>{_NUMBER})[个条种项]?|(?P<latin>{_NUMBER})(?: one)?|(?P<last>最后[一那]?[个条种项]|last(?: one)?))"
    r"(?:呢|吧|啊|的|please|\W)*+"
)
"""Possessive, so that no text makes it try twice."""


def refers(normalised: str) -> bool:
    """Whether a word of the question may point at, or join on to, something said before."""
    return _REFERS.search(normalised) is not None


def pointed_at(normalised: str, offered: Sequence[str]) -> str | None:
    """Which of the things offered a question picks that is nothing but an ordinal: "第二个呢", "the last one"."""
    match = _POINTS.fullmatch(normalised)
    if not match or not offered:
        return None
    at = len(offered) if match["last"] else _ORDINALS[match["han"] or match["latin"]]
    return offered[at - 1] if at <= len(offered) else None
