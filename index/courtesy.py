"""Greetings, apologies and thanks around a question: they say nothing of what is asked, and phrasings have none.

Only what stands apart as a clause of its own is taken away, and never all there is. Knows nothing of the corpus.
"""

import re

_BREAK = r"[\s,.!~。、;:…]"
_PERSONS = r"(?:各位|大家|您们?|你们?|老师|大佬|大神|同学|朋友|前辈|兄弟|专家|师傅|们)"
_OPENINGS = (
    rf"{_PERSONS}*(?:早上|上午|中午|下午|晚上)?(?:好|哈喽|哈啰|嗨)[呀啊哦哈]?"
    rf"|{_PERSONS}+"
    rf"|(?:我|有个问题|想|要|向|跟|麻烦|冒昧|请|{_PERSONS})*(?:请教|请问|问问?|咨询|打听)(?:一下|下|一个问题|个问题|{_PERSONS})*"
    rf"|(?:真|很|十分|非常)*(?:不好意思|抱歉|对不起|冒昧|打扰|打搅|麻烦|劳烦)+(?:{_PERSONS}|一下|下|了)*"
    r"|(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))"
    r"(?: (?:there|all|everyone|everybody|guys|team|folks))?"
    rf"|excuse me|(?:i am |i'm )?(?:so |very )?sorry(?: to (?:bother|disturb|trouble) you)?)(?={_BREAK}*[,.!:])"
    r"|(?:could|can|would|will) (?:you|someone|somebody|anyone|anybody)(?: (?:please|kindly))*"
    r" (?:tell me|help me(?: out)?(?: with this)?)(?=[,:?])\??"
    r"|(?:i have a |just a |a )?(?:quick )?question(?=[,.:])"
)
_CLOSINGS = (
    rf"(?:先|在此|提前)?(?:谢谢|多谢|感谢|拜谢|跪谢|谢过|谢|拜托|辛苦|麻烦)"
    rf"(?:{_PERSONS}|指点|指教|解答|帮忙|不尽|万分|[了啦呀哈])*"
    r"|(?:many thanks|thanks?(?: you)?|thx|cheers)(?: (?:so much|very much|a lot|in advance|again|guys|all))*"
    r"|(?:much appreciated|(?:i )?appreciate (?:it|your help))"
)
_OPENING = re.compile(rf"(?>{_OPENINGS}){_BREAK}+")
_CLOSING = re.compile(rf"[\s,.!?~。、;:…]+(?>{_CLOSINGS}){_BREAK}*$")

_LONGEST_CLOSING = 60
"""Characters at the end in which thanks are looked for."""

_QUESTION_MARK = re.compile(r"\?+")
_WORD = re.compile(r"[^\W_]")


def without_courtesy(normalised: str) -> str:
    """The normalised question without the courtesies before and after it; as it is if nothing else is left."""
    start, end = 0, len(normalised)
    while opening := _OPENING.match(normalised, start):
        start = opening.end()
    while closing := _CLOSING.search(normalised, max(start, end - _LONGEST_CLOSING), end):
        asks = _QUESTION_MARK.match(normalised, closing.start())
        end = asks.end() if asks else closing.start()
    inside = normalised[start:end]
    return inside if _WORD.search(inside) else normalised
