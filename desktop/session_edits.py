"""Edits of a session, its bookmarks and its breakpoints, as intents: each gives one frame, or one report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.breakpoints import AtTime, Breakpoint
from core.cell import Cell
from core.learning.step import LearningSettings
from core.network import Network, build_network
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
        return self._edit(_then_from_its_start(lambda session: session.set_sequence(sequence)))

    def set_sequence_and_model(self, sequence: Sequence) -> bool:
        """Walk a sequence that the network cannot read, with a new network of the same kind that can."""

        def change(session: Session) -> None:
            setup = session.setup
            network = network_for(setup.network, sequence)
            session.set_model(network, network.initial_parameters(0), sequence, sequence.name or setup.name)

        return self._edit(_then_from_its_start(change))

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
        return self._edit(_then_from_its_start(lambda session: session.set_model(network, parameters, sequence, name)))

    def set_notes(self, notes: str) -> bool:
        """Keep what the person wrote about this session."""
        return self._note(lambda session: setattr(session, "notes", notes))

    def add_bookmark(self, name: str, note: str = "") -> bool:
        """Name this place."""
        return self._note(lambda session: session.add_bookmark(name, note))

    def rename_bookmark(self, name: str, new: str) -> bool:
        """Give a bookmark another name; one that has that name already is replaced."""

        def rename(session: Session) -> None:
            kept = (mark for mark in session.bookmarks if mark.name != new or new == name)
            session.bookmarks = tuple(replace(mark, name=new) if mark.name == name else mark for mark in kept)

        return self._note(rename)

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


def network_for(like: Network, sequence: Sequence) -> Network:
    """A network of the same cells, readout and loss, with the width that the sequence asks for."""
    cells, width = [], sequence.width
    for block in like.layers:
        cells.append(Cell(block.cell.definition, width, block.cell.units))
        width = block.cell.units
    outputs = like.outputs
    if sequence.target_labels:
        outputs = len(sequence.target_labels)
    elif sequence.targets is not None:
        outputs = sequence.targets.shape[2] if sequence.targets.ndim == 3 else int(sequence.targets.max()) + 1
    head = Path(like.head.cell.definition.file).stem or "softmax"
    return build_network(cells, head=head, loss=like.loss, outputs=outputs)


def _then_from_its_start(change: Change) -> Change:
    """The change, and then the start of the iteration: another walk is not taken up in its middle."""

    def changed(session: Session) -> None:
        change(session)
        session.go_to(replace(session.cursor, index=0))

    return changed
