"""Texts that people read, in one language or in several; files write either."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "zh": "简体中文"})
USUAL = "en"
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"  # characters that are written without spaces between them
_LINES = rf"(?<=[{_WIDE}])[ \t]*\n[ \t]*|[ \t]*\n[ \t]*(?=[{_WIDE}])"  # compiled, and kept by ``re``, when needed


class Words(msgspec.Struct, frozen=True):
    """The same text in the languages of ``LANGUAGES``; English is always there."""

    en: str
    zh: str = ""


class Choices(msgspec.Struct, frozen=True):
    """The same short texts, in the same order."""

    en: tuple[str, ...]
    zh: tuple[str, ...] = ()


Text = str | Words
Texts = tuple[str, ...] | Choices


def said(text: Text, language: str = USUAL) -> str:
    """The text in a language, else in English: paragraphs apart, each on a line of its own."""
    found = text if isinstance(text, str) else getattr(text, language, "") or text.en
    paragraphs = re.split(r"\n[ \t]*\n", found.strip())
    if not found.isascii():
        paragraphs = [re.sub(_LINES, "", part) for part in paragraphs]
    return "\n".join(" ".join(part.split()) for part in paragraphs)


def all_said(texts: Texts, language: str = USUAL) -> tuple[str, ...]:
    """Each of the texts in a language, else in English."""
    found = texts if isinstance(texts, tuple) else getattr(texts, language, ()) or texts.en
    return tuple(said(text) for text in found)


def first_sentence(text: str) -> str:
    """What stands before the first full stop, with it."""
    found = re.match(r".*?(?:[.!?](?=\s|$)|[。！？])", text, re.DOTALL)
    return found[0] if found else text
