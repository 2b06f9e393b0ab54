"""What a cell can be chosen from: texts that are checked, cells and readouts that ship with the program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import GatewalkError, LanguageError
from core.language import CellDefinition, parse_cell, read_cell
from core.language.cell_file import MAX_BYTES
from core.models import HEADS, built_in

MATRIX_RULES = ("uniform", "normal", "scaled", "xavier uniform", "xavier normal", "he", "orthogonal", "identity")
JOINS = ("concatenation", "sum", "average", "product")
FAMILIES = ("rnn", "lstm", "gru", "mgu")
BOTH = "_both"  # behind the names of readouts with a matrix for each direction


@dataclass(frozen=True)
class Verdict:
    """What checking a text of equations gave: a definition, or what is wrong and where."""

    definition: CellDefinition | None = None
    problem: str = ""
    line: int = 0  # from 1; 0 for no place
    column: int = 0


def check_text(text: str) -> Verdict:
    """Whether a text is a cell. Never raises for what a person may type."""
    if not text.strip():
        return Verdict(problem="")
    try:
        return Verdict(parse_cell(text))
    except LanguageError as error:
        return Verdict(None, error.message, error.line, error.column)
    except GatewalkError as error:
        return Verdict(None, str(error))


def built_in_cells() -> tuple[tuple[str, str], ...]:
    """Names of the cells that ship with the program, and their titles; the simple ones first."""
    found = [(name, read_cell(name).name) for name in built_in()]

    def place(pair: tuple[str, str]) -> tuple[int, str]:
        family = next((n for n, start in enumerate(FAMILIES) if pair[0].startswith(start)), len(FAMILIES))
        return family, pair[0]

    return tuple(sorted(found, key=place))


def readouts() -> tuple[str, ...]:
    """Names of the readouts that ship with the program."""
    return HEADS


def losses_of(head: str | CellDefinition) -> tuple[str, ...]:
    """The losses that a readout has."""
    return tuple((read_cell(head, "heads") if isinstance(head, str) else head).losses)


def plain_text(path: Path) -> str | None:
    """The text of a cell file, right or wrong, so that it can be mended; None where it is no text of that size."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    return None if "\0" in text else text
