"""Edits that have no intent of their own at the session."""

from __future__ import annotations

import numpy as np
import pytest

from core.editing import overwriting_all_edit
from core.errors import SessionError
from tests.core.walk_cases import CASES


def test_all_units_forget_where_their_gate_is_overwritten_with_zero() -> None:
    session = CASES["lstm"]()
    session.overwrite("l0/f", 2, 1, 0.7)
    session.edit(overwriting_all_edit(session.setup, session.parameters, "l0/f", 2, 0.0))
    session.go_end()
    run, units = session.run, session.run.values("l0/f").shape[-1]
    assert [(i.unit, i.value) for i in session.setup.interventions] == [(unit, 0.0) for unit in range(units)]
    np.testing.assert_array_equal(run.values("l0/c")[2], (run.values("l0/i") * run.values("l0/g"))[2])
    session.edit(overwriting_all_edit(session.setup, session.parameters, "l0/f", 2, None))
    assert session.setup.interventions == ()
    with pytest.raises(SessionError, match="no time step"):
        session.edit(overwriting_all_edit(session.setup, session.parameters, "l0/f", 99, 0.0))
