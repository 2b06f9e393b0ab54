"""The current equation three times: in symbols, with the numbers of one unit, and its result."""

from __future__ import annotations

from collections.abc import Collection

from core.frame import Arrival, Phase, WalkedEquation
from core.gradients.itemised import edges
from core.gradients.itemised.edges import Arriving, reader_time
from core.language.latex import number_latex, numbers_latex
from core.network import LOSS, Block
from core.operators import Expression
from core.operators.expression import NUMBER, leaves, operations
from core.operators.shapes import is_elementwise
from core.reveal.formulas import Formulas, join_terms
from core.reveal.moment import Moment


def walked_equation(moment: Moment, formulas: Formulas, unit: int) -> WalkedEquation | None:
    """The equation at the cursor; None in the phases that walk none."""
    position = moment.position
    if position.t is None or not position.equation:
        return None
    line = next(line for line in formulas.lines[position.block] if line.path == position.path)
    backward = position.phase is Phase.BACKWARD
    size = moment.run.network.block(position.block).cell.variable_sizes[position.equation]
    unit = min(max(unit, 0), size - 1)
    numbers = (_backward_numbers if backward else _forward_numbers)(moment, formulas, unit)
    result = _result(moment, unit, backward)
    return WalkedEquation(
        path=position.path,
        t=position.t,
        unit=unit,
        symbols=line.backward_latex if backward else line.latex,
        numbers="" if numbers == result else numbers,  # nothing was put in, as for a softmax
        result=result,
        backward=backward,
    )


def _result(moment: Moment, unit: int, backward: bool) -> str:
    position = moment.position
    assert position.t is not None
    if backward:
        adjoint = moment.adjoint(position.path, position.t)
        return "" if adjoint is None else number_latex(float(adjoint[unit]))
    if not position.equation_done:
        return ""
    return number_latex(float(moment.run.values(position.path)[position.t, moment.sample, unit]))


def _forward_numbers(moment: Moment, _: Formulas, unit: int) -> str:
    position = moment.position
    assert position.t is not None
    block = moment.run.network.block(position.block)
    expression = block.cell.definition.equation(position.equation).expression
    to_come = list(operations(expression))[position.operation + 1 :]
    hidden = {node for whole in to_come if not is_elementwise(whole.operator) for node in (whole, *leaves(whole))}
    return _with_numbers(moment, block, position.t, expression, unit, hidden)


def _backward_numbers(moment: Moment, formulas: Formulas, unit: int) -> str:
    position = moment.position
    assert position.t is not None
    if position.equation == LOSS:
        return "1"
    terms = [
        _with_numbers(moment, term.block, reader_time(moment.run, term, position.t), term.contribution.expression, unit)
        for term in formulas.arriving.get(position.path, ())
        if takes_part(moment, term, position.t)
    ]
    return join_terms(terms) if terms else "0"


def takes_part(moment: Moment, term: Arriving, t: int) -> bool:
    """Whether a term of the adjoint at ``t`` exists and has arrived."""
    there = edges.takes_part(moment.run, term, t, moment.sample)
    return there and moment.arrival(term.reader, reader_time(moment.run, term, t)) is Arrival.COMPLETE


def _with_numbers(
    moment: Moment,
    block: Block,
    t: int,
    expression: Expression,
    unit: int,
    hidden: Collection[Expression] = (),
) -> str:
    """An expression with the numbers of one unit; what is ``hidden`` is still to be computed and stays in symbols."""
    evaluator = moment.evaluator(block, t)

    def number_of(node: Expression) -> float | None:
        if node in hidden:
            return None
        if node.operator == NUMBER:
            return node.value
        value = moment.value(evaluator, node)
        return float(value[unit if value.shape[-1] > 1 else 0])

    return numbers_latex(expression, number_of)
