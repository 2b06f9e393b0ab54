"""Whether a model has learned anything yet, as far as a session knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.session import Session


def has_learned(session: Session) -> bool | None:
    """Whether the parameters at the cursor have been updated; None where nothing tells, as plain SGD keeps no state."""
    number, network = session.cursor.iteration, session.setup.network
    branch, told = session.branch.owner(number), False
    seen: set[int] = set()
    while branch is not None and branch.setup.network is network:
        if number > branch.first:
            return True
        state = branch.iteration(number).optimiser_state
        if id(state) not in seen and any(np.any(array) for array in state.values()):
            return True
        seen.add(id(state))
        told = told or bool(state)
        branch = branch.parent if branch.parent is None else branch.parent.owner(number)
    return False if told or branch is not None else None
