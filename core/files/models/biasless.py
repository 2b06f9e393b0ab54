"""A cell or readout without its biases: for files that have none, so that none is invented and trained."""

from __future__ import annotations

import re

from core.language import CellDefinition, parse_cell

_TERM = re.compile(r" \+ b(?:_\w+)?\b")
_NAME = re.compile(r'^name = "([^"]*)"', re.MULTILINE)
_DECLARED = re.compile(r"^\[parameters\.b(?:_\w+)?\]\n(?:[^\[\n].*\n?)*", re.MULTILINE)


def without_biases(definition: CellDefinition) -> CellDefinition:
    """The same equations without the terms of biases, b or b_f, as its text adds them."""
    text = _DECLARED.sub("", _TERM.sub("", definition.text))
    return parse_cell(_NAME.sub(r'name = "\1 (no biases)"', text, count=1))
