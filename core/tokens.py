"""Text cut into tokens: words, or characters.

Words are lower-cased and lose their punctuation; apostrophes and hyphens inside a word stay ("don't", "well-known").
Scripts that write no spaces between words (Chinese, Japanese) are cut into characters in both modes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence as Ordered
from typing import Literal

Kind = Literal["words", "characters", "numbers"]

_UNSPACED = (
    (0x3005, 0x3007),  # repetition marks and the zero that is written with ideographs
    (0x3040, 0x30FF),  # hiragana, katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_JOINERS = "'-"  # kept inside a word, stripped from its ends
_APOSTROPHES = "\u2018\u2019\u02bc\uff07"
_HYPHENS = "\u2010\u2011"
_NUMBERS = re.compile(r"[\s,;]*[-+]?\.?\d[-+.,;\s\deE]*")


def words_of(text: str) -> tuple[str, ...]:
    """The words of ``text``, lower-cased and without punctuation; CJK text comes out character by character."""
    text = unicodedata.normalize("NFC", text).lower()
    # One table entry per distinct character, so that a long text is cut by three C-speed passes.
    table = {ord(character): _spelling(character) for character in set(text)}
    pieces = text.translate(table).replace("--", " ").split()
    words = (piece.strip(_JOINERS) for piece in pieces)
    return tuple(word for word in words if word)


def characters_of(text: str) -> tuple[str, ...]:
    """The characters of ``text``, case and spaces kept; accents stay on their letter; final line ends are dropped."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    found: list[str] = []
    for character in text:
        if found and _continues(character, found[-1]):
            found[-1] += character
        else:
            found.append(character)
    return tuple(found)


def tokens_of(text: str, kind: Kind) -> tuple[str, ...]:
    """The tokens of ``text`` for "words" or "characters"."""
    return characters_of(text) if kind == "characters" else words_of(text)


def guess_kind(text: str, known: Ordered[str] | None = None) -> Kind:
    """What ``text`` most likely is; a vocabulary (``known``) decides between words and characters."""
    if known is not None:
        return "characters" if all(len(characters_of(token)) <= 1 for token in known) else "words"
    if _NUMBERS.fullmatch(text):
        return "numbers"
    letters = [character for character in text[:10_000] if character.isalnum()]
    unspaced = sum(map(is_unspaced, letters))
    return "characters" if unspaced > len(letters) / 2 else "words"


def is_unspaced(character: str) -> bool:
    """Whether ``character`` belongs to a script that puts no spaces between words."""
    code = ord(character)
    return any(first <= code <= last for first, last in _UNSPACED)


def shown(token: str) -> str:
    """``token`` in quotes, with line ends and other invisible characters written out."""
    return "“" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in token) + "”"


def _spelling(character: str) -> str:
    """What stands for ``character`` before the text is cut at its spaces."""
    if character in _APOSTROPHES:
        return "'"
    if character in _HYPHENS:
        return "-"
    if character in _JOINERS:
        return character
    # Vowel signs of many scripts are marks, not letters, and belong to the word.
    if not (character.isalnum() or unicodedata.category(character)[0] == "M"):
        return " "
    return f" {character} " if is_unspaced(character) else character


def _continues(character: str, before: str) -> bool:
    """Whether ``character`` is drawn as part of the character before it (accent, variation selector, joiner)."""
    return character == "\u200d" or before[-1] == "\u200d" or unicodedata.category(character)[0] == "M"
