"""Settings that people write as TOML: a record out of a text, or the sentence that names the file, the key and what
was expected there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from core.errors import FileError

_Settings = TypeVar("_Settings", bound=msgspec.Struct)
_NOTHING: Mapping[str, str] = {}


def table_of(text: str, file: str, what: str) -> dict[str, Any]:
    """The TOML table in a text; ``what`` it should be, "a scenario". Raises FileError."""
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise FileError(f"{file}: this is not valid TOML: {error}.") from None
    except RecursionError:
        raise FileError(f"{file}: this is nested too deeply to be {what}.") from None


def settings_of(
    table: Mapping[str, Any], kind: type[_Settings], file: str, choices: Mapping[str, str] = _NOTHING
) -> _Settings:
    """The record that a table states; ``choices`` says by key what msgspec does not. Raises FileError."""
    try:
        settings = msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise FileError(f"{file}, {_sentence(str(error), choices)}.") from None
    _no_unknown(table, msgspec.to_builtins(settings), "", file)
    return settings


def _sentence(message: str, choices: Mapping[str, str]) -> str:
    """Key, expected and found, out of msgspec's "Expected `int`, got `str` - at `$.network.units`"."""
    what, _, place = message.partition(" - at `")
    key = re.sub(r"^\$\.?", "", place.rstrip("`")) or "the file"
    missing = re.match(r"Object missing required field `(\w+)`", what)
    if missing:
        return f"{key}: '{missing[1]}' is missing, expected '{missing[1]} = …'"
    what = what[0].lower() + what[1:].replace("`", "'")
    return f"{key}: {what}" + (f", expected {choices[key]}" if key in choices else "")


def _no_unknown(table: Mapping[str, Any], known: Mapping[str, Any], place: str, file: str) -> None:
    """Raises FileError for a key that was not read: it would be lost without a word."""
    for key, value in table.items():
        where = f"{place}.{key}" if place else key
        if key not in known:
            import difflib  # only for a hint, which most starts never give

            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"expected one of: {', '.join(known)}."
            raise FileError(f"{file}, {where}: there is no such key; {hint}")
        if isinstance(value, Mapping):
            _no_unknown(value, known[key], where, file)
        elif isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value):
            for number, entry in enumerate(value):
                _no_unknown(entry, known[key][number], f"{where}[{number}]", file)
