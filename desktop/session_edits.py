"""Edits of a session, its bookmarks and its breakpoints, as intents: each gives one frame, or one report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.breakpoints import AtTime, Breakpoint
from core.learning.step import LearningSettings
from core.network import Network
from core.sequence import Sequence

if TYPE_CHECKING:
    from core.session import Session

Arrays = Mapping[str, Any]
Change = Callable[["Session"], object]


class SessionEdits:
    """All of them begin a branch that undo leaves again; bookmarks, breakpoints and notes are only noted.

    ``edit`` and ``note`` do something to the session and say whether it was done; an edit also ends what runs.
    """

    def __init__(self, edit: Callable[[Change], bool], note: Callable[[Change], bool]) -> None:
        self._edit, self._note = edit, note

    def set_weight(self, path: str, index: tuple[int, ...], value: float) -> bool:
        """Give one entry of a parameter another value."""
        return self._edit(lambda session: session.set_weight(path, index, value))

    def set_parameters(self, parameters: Arrays, label: str) -> bool:
        """Give all parameters other values."""
        return self._edit(lambda session: session.set_parameters(parameters, label))

    def set_input(self, t: int, value: Any) -> bool:
        """Give step ``t`` another input."""
        return self._edit(lambda session: session.set_input(t, value))

    def set_target(self, t: int, value: Any) -> bool:
        """Give step ``t`` another target."""
        return self._edit(lambda session: session.set_target(t, value))

    def set_sequence(self, sequence: Sequence) -> bool:
        """Walk another sequence."""
        return self._edit(lambda session: session.set_sequence(sequence))

    def set_initial(self, path: str, row: int, unit: int, value: float) -> bool:
        """Give one unit of an initial state another value."""
        return self._edit(lambda session: session.set_initial(path, row, unit, value))

    def overwrite(self, path: str, t: int, unit: int, value: float | None) -> bool:
        """Overwrite a unit of a variable at step ``t``; None takes that back."""
        return self._edit(lambda session: session.overwrite(path, t, unit, value))

    def set_learning(self, learning: LearningSettings) -> bool:
        """Use another optimiser, clipping or window from this iteration on."""
        return self._edit(lambda session: session.set_learning(learning))

    def set_model(self, network: Network, parameters: Arrays, sequence: Sequence, name: str = "") -> bool:
        """Walk another network."""
        return self._edit(lambda session: session.set_model(network, parameters, sequence, name))

    def set_notes(self, notes: str) -> bool:
        """Keep what the person wrote about this session."""
        return self._note(lambda session: setattr(session, "notes", notes))

    def add_bookmark(self, name: str, note: str = "") -> bool:
        """Name this place."""
        return self._note(lambda session: session.add_bookmark(name, note))

    def remove_bookmark(self, name: str) -> bool:
        """Forget a bookmark."""
        return self._note(lambda session: session.remove_bookmark(name))

    def add_breakpoint(self, breakpoint: Breakpoint) -> bool:  # noqa: A002 - the field's own word
        """Stop where this happens."""
        return self._note(lambda session: session.add_breakpoint(breakpoint))

    def remove_breakpoint(self, breakpoint: Breakpoint) -> bool:  # noqa: A002
        """Stop there no more."""
        return self._note(lambda session: session.remove_breakpoint(breakpoint))

    def break_here(self, t: int) -> bool:
        """Stop whenever time step ``t`` is complete; once more takes that back."""
        point = AtTime(t)

        def turn(session: Session) -> None:
            known = point in session.breakpoints
            (session.remove_breakpoint if known else session.add_breakpoint)(point)

        return self._note(turn)
