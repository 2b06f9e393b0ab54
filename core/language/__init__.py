"""The equation language: text in, checked equations, derived backward equations and typeset formulas out."""

from core.language.cell_file import parse_cell, read_cell, with_loss
from core.language.definition import CellDefinition, Equation, ParameterSpec
from core.language.delays import with_delays
from core.language.derive import Backward, Contribution, Sent, backward_of

__all__ = [
    "Backward",
    "CellDefinition",
    "Contribution",
    "Equation",
    "ParameterSpec",
    "Sent",
    "backward_of",
    "parse_cell",
    "read_cell",
    "with_delays",
    "with_loss",
]
