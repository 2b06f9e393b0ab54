"""Long names in running text: shortened in the middle, or given places where a line may end."""

from __future__ import annotations

import re

MAY_BREAK = "\u200b"  # a space without width
LONG_WORD, PIECE = 16, 12  # characters
LONGEST_NAME = 44
_WORD = re.compile(rf"\S{{{LONG_WORD},}}")
_PIECE = re.compile(rf"[_\-./\\]+|[^_\-./\\]{{1,{PIECE}}}")


def breakable(text: str) -> str:
    """The text, whose long words may be broken behind their punctuation, else after some characters."""
    return _WORD.sub(lambda word: _pieces(word.group()), text)


def _pieces(word: str) -> str:
    """``_PIECE`` splits at punctuation, which stays with what is before it."""
    found = MAY_BREAK.join(_PIECE.findall(word))
    return re.sub(rf"{MAY_BREAK}(?=[_\-./\\])", "", found)


def unbroken(text: str) -> str:
    """The text as it was."""
    return text.replace(MAY_BREAK, "")


def short_name(name: str) -> str:
    """A name of a file that fits into a sentence: its beginning and its end."""
    if len(name) <= LONGEST_NAME:
        return name
    tail = LONGEST_NAME // 2 - 4
    return f"{name[: LONGEST_NAME - tail - 1]}…{name[-tail:]}"
