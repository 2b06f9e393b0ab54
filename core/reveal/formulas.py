"""The typeset formulas of a network, derived once: each equation forward, and backward as a sum of what arrives.

The backward formula of a variable gathers: one term for every place that reads the variable, at the same step, at
later steps, or in the block above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from core.frame import EquationLine, Phase
from core.gradients.itemised.edges import Arriving, arriving_terms
from core.language.latex import Notation, latex_of, name_latex, with_time
from core.learning.clipping import clipping_latex
from core.learning.optimisers import describe, equation_latex
from core.learning.step import LearningSettings
from core.network import LOSS, Block, Network
from core.operators import Expression
from core.operators.expression import INPUT, PARAMETER, TIME, VARIABLE, leaves
from core.regulariser.settings import regulariser_latex


class Formulas:
    """Formulas of one network. Pure; kept because deriving and writing them takes time."""

    def __init__(self, network: Network) -> None:
        self.network = network

    @cached_property
    def arriving(self) -> Mapping[str, tuple[Arriving, ...]]:
        """For each variable, by path: the terms of its adjoint, later steps last."""
        return arriving_terms(self.network)

    @cached_property
    def lines(self) -> Mapping[str, tuple[EquationLine, ...]]:
        """For each block: its equations, none lit."""
        return {b.name: tuple(self._line(b, e.name) for e in b.cell.definition.equations) for b in self.network.blocks}

    def _line(self, block: Block, name: str) -> EquationLine:
        expression = block.cell.definition.equation(name).expression
        path = f"{block.name}/{name}"
        left = rf"\href{{{path}}}{{{with_time(name_latex(name), 0)}}}"
        return EquationLine(
            path=path,
            name=name,
            role=block.cell.definition.roles.get(name, ""),
            latex=f"{left} = {latex_of(expression, self.notation(block))}{_delays_latex(block, expression)}",
            backward_latex=self._backward_latex(path, name),
            terms=self._terms(block, expression),
            lit=False,
        )

    def notation(self, block: Block, shift: int = 0, shift_name: str = "") -> Notation:
        """How a block's names are written and marked; the readout's input is written as what it reads."""
        return Notation(lambda name: self._mark(block, name), shift, shift_name, block.direction)

    def _mark(self, block: Block, name: str) -> str:
        if name in block.cell.definition.inputs:
            return self.network.read_by(block.name, name)
        return f"{block.owner if name in block.cell.definition.parameters else block.name}/{name}"

    def _backward_latex(self, path: str, name: str) -> str:
        left = rf"\href{{{path}}}{{\delta {with_time(name_latex(name), 0)}}}"
        if name == LOSS:
            return f"{left} = 1"
        terms = [self.term_latex(term) for term in self.arriving.get(path, ())]
        return f"{left} = {join_terms(terms)}" if terms else f"{left} = 0"

    def term_latex(self, term: Arriving) -> str:
        """One term of an adjoint in symbols."""
        target = term.contribution.target
        return latex_of(term.contribution.expression, self.notation(term.block, target.delay, target.delay_name))

    def _terms(self, block: Block, expression: Expression) -> tuple[str, ...]:
        read = [leaf for leaf in leaves(expression) if leaf.operator in (VARIABLE, PARAMETER, INPUT, TIME)]
        return tuple(dict.fromkeys(self._mark(block, leaf.name) for leaf in read))


def _delays_latex(block: Block, expression: Expression) -> str:
    """The numbers of the named delays that an equation reads, behind it."""
    names = dict.fromkeys(leaf.delay_name for leaf in leaves(expression) if leaf.delay_name)
    known = block.cell.definition.named_delays
    return "".join(rf",\; {name_latex(name)} = {known[name]}" for name in names)


def join_terms(terms: list[str]) -> str:
    """Terms joined by plus signs, a leading minus sign taken as the joint."""
    text = terms[0]
    for term in terms[1:]:
        text += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return text


def learning_lines(
    phase: Phase, learning: LearningSettings, members: Sequence[str] = ("h",)
) -> tuple[EquationLine, ...]:
    """What the phases behind the backward pass compute, as formulas without a variable of the cell.

    ``members`` are the variables of the state that is regularised.
    """
    if phase is Phase.REGULARISER:
        names = [name_latex(name) for name in members]
        formulas, role = regulariser_latex(learning.regulariser, names), str(learning.regulariser)
    elif phase is Phase.CLIP:
        formulas, role = clipping_latex(learning.clipping), str(learning.clipping)
    else:
        formulas, role = equation_latex(learning.optimiser), describe(learning.optimiser)
    lines = formulas.split("\n")
    paces = learning.paces if phase is Phase.UPDATE else ()
    return (
        *(EquationLine("", "", role, latex, "", (), lit=latex is lines[-1]) for latex in lines),
        *(EquationLine("", "", str(pace), pace.latex, "", (), lit=False) for pace in paces),
    )
