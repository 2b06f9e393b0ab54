"""Settings that people write as TOML: a record out of a text, or the sentence that names the file, the line, the key
and what was expected there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from core.errors import FileError

_Settings = TypeVar("_Settings", bound=msgspec.Struct)
_Span = tuple[int, int]
_NOTHING: Mapping[str, str] = {}
_SOME = "[...]"  # how msgspec calls an entry of a list


class SettingsText(msgspec.Struct, frozen=True):
    """The text of a settings file, with the file's name; ``within`` is the table that all keys are of, "network"."""

    text: str
    file: str
    within: str = ""

    def place(self, key: str) -> str:
        """Where a key stands, for a message: "own.toml, line 12, layer[0].units"; no line where none of it stands."""
        key = f"{self.within}.{key}" if self.within else key
        span, found = (0, len(self.text)), None
        for name, number in re.findall(r"([\w-]+)(?:\[(\d+)\])?", key):
            inner = self._section(name, int(number), span) if number else self._key(name, span)
            if inner is None:
                break
            span, found = inner, inner[0]
        line = "" if found is None else f"line {self.text.count(chr(10), 0, found) + 1}, "
        return f"{self.file}, {line}{key}"

    def _section(self, name: str, number: int, within: _Span) -> _Span | None:
        """From the heading of the n-th [[name]] to the next one."""
        first = self.text.rfind("\n", 0, within[0]) + 1  # a heading may name both tables: [[network.layer]]
        headings = re.compile(rf"\[\[\s*(?:[\w.-]+\.)?{re.escape(name)}\s*\]\]").finditer(self.text, first, within[1])
        starts = [*(found.start() for found in headings), within[1]]
        return (starts[number], starts[number + 1]) if number + 1 < len(starts) else None

    def _key(self, name: str, within: _Span) -> _Span | None:
        """From where a name is written as a key, or as the heading of a table."""
        before = r"(?:^[ \t]*\[[^\]\n]*\b|^[ \t]*|[{,.][ \t]*)"
        pattern = re.compile(rf"{before}[\"']?({re.escape(name)})[\"']?(?=[ \t]*[\].=])", re.MULTILINE)
        found = pattern.search(self.text, *within)
        return (found.start(1), within[1]) if found else None


def table_of(text: SettingsText, what: str) -> dict[str, Any]:
    """The TOML table in a text; ``what`` it should be, "a scenario". Raises FileError."""
    try:
        return tomllib.loads(text.text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise FileError(f"{text.file}: this is not valid TOML: {error}.") from None
    except RecursionError:
        raise FileError(f"{text.file}: this is nested too deeply to be {what}.") from None


def settings_of(
    table: Mapping[str, Any], kind: type[_Settings], text: SettingsText, choices: Mapping[str, str] = _NOTHING
) -> _Settings:
    """The record that a table states; ``choices`` says by key what msgspec does not. Raises FileError."""
    try:
        settings = msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        key, sentence = _sentence(str(error), table, kind)
        named = re.sub(r"\[\d+\]", "", key)
        expected = f", expected {choices[named]}" if named in choices else ""
        raise FileError(f"{text.place(key or 'the file')}: {sentence}{expected}.") from None
    _no_unknown(table, msgspec.to_builtins(settings), "", text)
    return settings


def _sentence(message: str, table: Mapping[str, Any], kind: type[msgspec.Struct]) -> tuple[str, str]:
    """Key, and expected and found, out of msgspec's "Expected `int`, got `str` - at `$.network.units`"."""
    what, _, place = message.partition(" - at `")
    key = _numbered(re.sub(r"^\$\.?", "", place.rstrip("`")), table, kind)
    missing = re.match(r"Object missing required field `(\w+)`", what)
    if missing:
        return key, f"'{missing[1]}' is missing, expected '{missing[1]} = …'"
    return key, what[0].lower() + what[1:].replace(" | null", "").replace("`", "'")  # TOML has no null


def _numbered(key: str, table: Mapping[str, Any], kind: type[msgspec.Struct]) -> str:
    """The key with the number of the entry of its list, which msgspec leaves out: the first that is wrong."""
    name, some, rest = key.partition(_SOME)
    if not some or "." in name:
        return key
    for number in range(len(table[name])):
        try:
            msgspec.convert({**table, name: table[name][: number + 1]}, kind)
        except msgspec.ValidationError:
            return f"{name}[{number}]{rest}"
    return key


def _no_unknown(table: Mapping[str, Any], known: Mapping[str, Any], place: str, text: SettingsText) -> None:
    """Raises FileError for a key that was not read: it would be lost without a word."""
    for key, value in table.items():
        where = f"{place}.{key}" if place else key
        if key not in known:
            import difflib  # only for a hint, which most starts never give

            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"expected one of: {', '.join(known)}."
            raise FileError(f"{text.place(where)}: there is no such key; {hint}")
        if isinstance(value, Mapping):
            _no_unknown(value, known[key], where, text)
        elif isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value):
            for number, entry in enumerate(value):
                _no_unknown(entry, known[key][number], f"{where}[{number}]", text)
