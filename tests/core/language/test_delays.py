"""Named delays: what they mean, how they are written, and what is refused."""

from __future__ import annotations

import pytest

from core.cell import Cell
from core.diagram import diagram_of
from core.errors import LanguageError, ShapeError
from core.language import parse_cell, read_cell, with_delays, with_loss
from core.language.latex import Notation, latex_of
from core.network import build_network
from core.reveal.formulas import Formulas

TEXT = """
equations = '''
h = tanh(W @ x + U @ h[-1] + U_d @ h[-d] + b)
'''
[delays]
d = 4
"""


def refused(text: str) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        parse_cell(text)
    return caught.value


def test_a_named_delay_is_that_number_of_steps() -> None:
    cell = parse_cell(TEXT)
    assert dict(cell.delays) == {"h": (1, 4)}
    assert dict(cell.named_delays) == {"d": 4}


def test_another_number_changes_the_edges_and_nothing_else() -> None:
    cell = parse_cell(TEXT)
    changed = with_delays(cell, {"d": 9})
    assert dict(changed.delays) == {"h": (1, 9)}
    assert dict(cell.delays) == {"h": (1, 4)}
    assert changed.text == cell.text
    assert changed.equations[0].line == cell.equations[0].line
    assert with_delays(changed, {"d": 4}).delays == cell.delays


def test_a_delay_of_one_beside_the_short_edge_is_one_state_row() -> None:
    assert dict(with_delays(parse_cell(TEXT), {"d": 1}).delays) == {"h": (1,)}


@pytest.mark.parametrize(("delays", "message"), [({"e": 2}, "names no delay e; it names: d"), ({"d": 0}, "give 1 to")])
def test_other_names_and_numbers_are_refused(delays: dict[str, int], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        with_delays(parse_cell(TEXT), delays)


def test_formulas_say_the_name_and_the_number() -> None:
    (equation,) = with_delays(parse_cell(TEXT), {"d": 7}).equations
    assert r"U_{d} \, h_{t-d}" in latex_of(equation.expression)
    network = build_network(Cell(parse_cell(TEXT), 2, 3), head="identity", loss="squared")
    (line,) = Formulas(network).lines["l0"]
    assert line.latex.endswith(r",\; d = 4")
    assert r"\delta h_{t+d}" in line.backward_latex
    assert r"h_{t+d}}^{2}" in line.backward_latex
    assert r"\delta h_{t+1}" in line.backward_latex


@pytest.mark.parametrize(
    ("notation", "expected"),
    [
        (Notation(), "h_{t-d}"),
        (Notation(direction=-1), "h_{t+d}"),
        (Notation(shift=1), "h_{t-d+1}"),
        (Notation(shift=4, shift_name="d"), "h_{t}"),
        (Notation(shift=9, shift_name="e"), "h_{t+e-d}"),
    ],
)
def test_time_indices_of_named_delays(notation: Notation, expected: str) -> None:
    (equation,) = parse_cell(
        TEXT.replace("U @ h[-1] + U_d @ ", "").replace("tanh(W @ x + h[-d] + b)", "h[-d]")
    ).equations
    assert latex_of(equation.expression, notation) == expected


def test_what_comes_from_later_reads_the_later_time() -> None:
    (equation,) = parse_cell("h = where(mod(t, 2) < 1, x, h[-1])").equations
    condition = equation.expression.args[0]
    assert r"t \,\mathrm{mod}\, 2" in latex_of(condition)
    assert r"\left(t+1\right) \,\mathrm{mod}\, 2" in latex_of(condition, Notation(shift=1, direction=-1))
    assert r"\left(t+d\right) \,\mathrm{mod}\, 2" in latex_of(condition, Notation(shift=4, shift_name="d"))


def test_the_diagram_names_the_delay() -> None:
    labels = [node.label for node in diagram_of(parse_cell(TEXT)).nodes]
    assert "h[−d]" in labels
    assert "h′" in labels


def test_a_readout_keeps_its_delays_when_it_gets_its_loss() -> None:
    text = TEXT.replace("h = ", "y = ").replace("h[", "y[").replace("@ x", "@ h")
    text = f'output = "y"\ninputs = ["h", "target"]\n{text}[losses]\nsquared = "L = 0.5 * sum((y - target) ** 2)"'
    head = with_delays(parse_cell(text), {"d": 3})
    assert dict(with_loss(head, "squared").delays) == {"y": (1, 3)}


@pytest.mark.parametrize(
    ("change", "message", "line"),
    [
        (("[delays]\nd = 4", ""), "there is no delay d; declare it: \\[delays\\] d = 4", 3),
        (("d = 4", "d = 0"), "a whole number of steps from 1 to 10000, got 0", 6),
        (("d = 4", "d = 2.5"), "a whole number of steps", 6),
        (("d = 4", "d = true"), "a whole number of steps", 6),
        (("d = 4", "d = 4\ne = 2"), "no equation reads a value e steps back, as in h\\[-e\\]", 7),
        (("+ b)", "+ d)"), "d is a delay; it stands between brackets, as in h\\[-d\\]", 3),
        (("h[-d]", "h[d]"), "a delay is written h\\[-1\\]", 3),
        (("d = 4", "d = 4\ntanh = 4"), "tanh is a function", 7),
        (("d = 4", "d = 4\n[constants]\nd = 2"), "d is something else already", 6),
        (("[delays]\nd = 4", "delays = 4"), "delays\\] must be a table of name = number of steps", 5),
    ],
)
def test_what_is_refused(change: tuple[str, str], message: str, line: int) -> None:
    error = refused(TEXT.replace(*change))
    assert error.line == line
    with pytest.raises(LanguageError, match=message):
        parse_cell(TEXT.replace(*change))


def test_shipped_cells_name_their_delays() -> None:
    assert dict(read_cell("rnn_skip").delays) == {"h": (1, 4)}
    assert dict(read_cell("rnn_skip_only").delays) == {"h": (4,)}
    assert dict(read_cell("rnn_groups").delays) == {"h": (1, 4, 16)}
