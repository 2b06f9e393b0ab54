"""The picture of gates: the direct path against all ways, saturation, and the claim about the output gate."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import SessionError
from desktop.laboratory.gates import GatesPicture
from desktop.laboratory.questions import Finished, Place, Subject
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT
from desktop.style.typesetting import Typesetter
from tests.core.gradients.problems import problem_for
from tests.desktop.laboratory.drawing import curves, drawn, marks


@pytest.fixture
def picture(qapp):
    typesetter = Typesetter()
    made = GatesPicture(ColourMaps(LIGHT), typesetter)
    made.resize(740, 330)
    yield made
    typesetter.close()
    made.deleteLater()


def test_the_direct_path_stands_beside_all_ways(picture):
    answer, said = drawn(picture, Subject(problem_for("lstm", steps=9)), Place("l0/h", 6, sample=1))
    full, direct = (np.asarray(y) for _, y in curves(picture.products))
    assert np.allclose(full, answer.share.full_norms)
    assert np.allclose(direct, answer.share.direct_norms)
    assert "the direct path tells" in said
    assert "f" in picture.formula.accessibleName()
    picture.set_maps(ColourMaps(DARK))
    assert len(marks(picture.constants)[0][0]) == 3


@pytest.mark.parametrize("cell", ["gru", "lstm_peephole", "lstm_coupled", "mgu", "lstm_projected"])
def test_cells_with_gates_have_it(picture, cell):
    answer, _ = drawn(picture, Subject(problem_for(cell, steps=6)), Place("l0/h", 5))
    assert answer.gates
    assert picture.gates.accessibleName().startswith("how often")


def test_several_states_can_be_chosen(picture):
    cell = "c = 0.5 * c[-1] + x\nd = 0.9 * d[-1] + c\nh = tanh(U @ d)"
    subject = Subject(problem_for(cell, units=2))
    first, _ = drawn(picture, subject, Place("l0/h", 3))
    assert first.path.state == "c"
    picture._choose(("d",))
    second, _ = drawn(picture, subject, Place("l0/h", 3))
    assert second.path.state == "d"
    assert np.allclose(second.path.factors, 0.9)
    assert "no output gate" in picture.claim.accessibleName()


def test_a_cell_without_gates_says_so(picture):
    subject = Subject(problem_for("rnn_tanh"))
    with pytest.raises(SessionError, match="no gates and no direct path"):
        picture.question(subject, Place("l0/h", 3)).answer(Finished(subject), lambda *_: None, lambda: False)


def test_a_click_goes_to_the_step_or_the_unit(picture):
    drawn(picture, Subject(problem_for("lstm", steps=9)), Place("l0/h", 6))
    jumps, units = [], []
    picture.jump_requested.connect(jumps.append)
    picture.unit_chosen.connect(units.append)
    picture.claim.pointed.emit((4.2, 0.0))
    picture.claim.pointed.emit((99.0, 0.0))
    picture.constants.pointed.emit((2.0, 0.0))
    assert jumps == [3, 8]
    assert units == [1]


def test_numbers_beyond_their_range_are_drawn(picture):
    problem = problem_for("lstm", steps=9)
    parameters = {path: array.copy() for path, array in problem.parameters.items()}
    parameters["l0/b_f"][:] = -800.0
    parameters["l0/b_o"][:] = np.nan
    from dataclasses import replace

    drawn(picture, Subject(replace(problem, parameters=parameters)), Place("l0/h", 6))
