"""The text of equations and where each of its characters stands in the file it came from."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from functools import cached_property

import msgspec

from core.errors import LanguageError
from core.operators import Span

_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


class Document(msgspec.Struct, frozen=True, dict=True):
    """A whole text with the name of its file, which is empty for a text that was never in one."""

    text: str
    file: str = ""

    @cached_property
    def line_starts(self) -> list[int]:
        """Index of the first character of every line."""
        return line_starts(self.text)

    def place(self, index: int) -> tuple[int, int]:
        """Line and column of a character, from 1."""
        line = bisect_right(self.line_starts, index)
        return line, index - self.line_starts[line - 1] + 1

    def find(self, *keys: str) -> int | None:
        """Where the last of ``keys``, each inside the one before, is written as a TOML key; None if it is not."""
        found = None
        for key in keys:
            before = r"(?:^[ \t]*\[[^\]\n]*|^[ \t]*|[{,.][ \t]*)"
            pattern = re.compile(rf"{before}[\"']?({re.escape(key)})[\"']?(?=[ \t]*[\].=])", re.MULTILINE)
            match = pattern.search(self.text, found or 0)
            if match:
                found = match.start(1)
        return found

    def error(self, message: str, *keys: str) -> LanguageError:
        """The error to raise for what stands at a TOML key, each key inside the one before."""
        index = self.find(*keys) if keys else None
        line, column = (0, 0) if index is None else self.place(index)
        return LanguageError(message, file=self.file, line=line, column=column)


class Source(msgspec.Struct, frozen=True, dict=True):
    """Equations to read: ``places`` says for every character of ``text`` which one of the document it is."""

    text: str
    places: tuple[int, ...]
    document: Document

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.text.split("\n")

    @cached_property
    def line_starts(self) -> list[int]:
        """Index of the first character of every line."""
        return line_starts(self.text)

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.document.file

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Where a node stands in the file, in characters (``ast`` counts UTF-8 bytes)."""
        first, last = self._bounds(node)
        line, column = self.document.place(self._document_index(first))
        end_line, end_column = self.document.place(self._document_index(last - 1))
        return Span(line, column, end_column + 1 if end_line == line else column + 1)

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node."""
        return self.text[slice(*self._bounds(node))]

    def _bounds(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Indices in the text of the first character of a node and of the one behind it."""
        first = self._index(node.lineno, node.col_offset)
        if node.end_lineno is None or node.end_col_offset is None:
            return first, first + 1
        return first, self._index(node.end_lineno, node.end_col_offset)

    def _index(self, line: int, bytes_before: int) -> int:
        """The character of the text behind so many bytes of a line."""
        inside = len(self.lines[line - 1].encode()[:bytes_before].decode(errors="ignore"))
        return self.line_starts[line - 1] + inside

    def _document_index(self, index: int) -> int:
        if index < len(self.places):
            return self.places[index]
        return self.places[-1] + 1 if self.places else 0

    def syntax_tree(self) -> ast.Module:
        """The text as Python syntax, which is never executed. Raises LanguageError."""
        try:
            return ast.parse(self.text)
        except SyntaxError as error:
            line = min(max(error.lineno or 1, 1), len(self.lines))
            column = min(max(error.offset or 1, 1) - 1, len(self.lines[line - 1]))
            line, column = self.document.place(self._document_index(self.line_starts[line - 1] + column))
            reason = "a number is too long" if "limit" in error.msg else error.msg
            raise LanguageError(
                f"this cannot be read as an equation ({reason}); write for example: h = tanh(W @ x + U @ h[-1] + b)",
                file=self.file,
                line=line,
                column=column,
            ) from None
        except (ValueError, RecursionError, MemoryError, OverflowError):
            raise LanguageError(
                "the equations cannot be read: they are nested too deeply, or hold a character that is no text; "
                "split long equations into several",
                file=self.file,
                line=self.document.place(self._document_index(0))[0],
            ) from None

    def joined(self, other: Source) -> Source:
        """This text and another one of the same document behind it, on a line of its own."""
        end = self._document_index(len(self.text))
        return Source(f"{self.text}\n{other.text}", (*self.places, end, *other.places), self.document)


def line_starts(text: str) -> list[int]:
    """Index of the first character of every line."""
    return [0, *(found.end() for found in re.finditer("\n", text))]


def bare_source(document: Document) -> Source:
    """A document that holds nothing but equations."""
    return _without_indents(document.text, list(range(len(document.text))), document)


def value_source(document: Document, value: str, *keys: str) -> Source:
    """Equations that are the text ``value`` of a TOML key; all at the key, should they not be found there."""
    start = document.find(*keys) or 0
    for opening in re.finditer(r"=[ \t]*(\"\"\"|'''|\"|')", document.text[start:]):
        text, places = _decoded(document.text, start + opening.end(), opening[1])
        if text == value:
            return _without_indents(text, places, document)
    return _without_indents(value, [start] * len(value), document)


def _decoded(text: str, at: int, quote: str) -> tuple[str, list[int]]:
    """What a TOML string holds, and where each of its characters stands."""
    characters: list[str] = []
    places: list[int] = []
    if len(quote) == 3 and text.startswith("\n", at):
        at += 1
    while at < len(text) and not text.startswith(quote, at):
        character, width = _escape(text, at) if text[at] == "\\" and '"' in quote else (text[at], 1)
        if character:
            characters.append(character)
            places.append(at)
        at += width
    return "".join(characters), places


def _escape(text: str, at: int) -> tuple[str, int]:
    """The character that an escape stands for, none for a line that goes on, and the width of the escape."""
    following = text[at + 1 : at + 2]
    if following in ("u", "U"):
        width = 4 if following == "u" else 8
        digits = text[at + 2 : at + 2 + width]
        return chr(int(digits, 16)) if re.fullmatch(r"[0-9A-Fa-f]+", digits) else "?", 2 + width
    if following in _ESCAPES:
        return _ESCAPES[following], 2
    blank = re.compile(r"\\[ \t]*\n\s*").match(text, at)
    return "", blank.end() - at if blank else 2


def _without_indents(text: str, places: list[int], document: Document) -> Source:
    """The text without the blanks its lines begin with: equations have no blocks, so indentation says nothing."""
    kept: list[int] = []
    for line in re.finditer(r"[^\n]*\n?", text):
        blanks = len(line[0]) - len(line[0].lstrip(" \t\f"))
        kept.extend(range(line.start() + blanks, line.end()))
    return Source("".join(text[index] for index in kept), tuple(places[index] for index in kept), document)
