"""Edits of a session, its bookmarks and its breakpoints, as intents: each gives one frame, or one report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication

from core.breakpoints import AtTime, Breakpoint
from core.editing import overwriting_all_edit
from core.frame import Cursor
from core.learning.step import LearningSettings
from core.network import Network
from core.sequence import Sequence
from core.tokens import is_unspaced
from core.undo import lead_to

if TYPE_CHECKING:
    from core.origin import Origin
    from core.session import Session

Arrays = Mapping[str, Any]
Change = Callable[["Session"], object]
CLASS_HEADS, NUMBER_HEADS = ("softmax", "logistic"), ("identity", "tanh", "relu")  # the usual one first
LONGEST_TITLE = 28  # characters


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
        return self._edit(from_its_start(lambda session: session.set_sequence(sequence)))

    def set_sequence_and_model(self, sequence: Sequence) -> bool:
        """Walk a sequence that the network cannot read, with a new network of the same kind that can."""

        def change(session: Session) -> None:
            setup = session.setup
            network = network_for(setup.network, sequence)
            session.set_model(network, network.initial_parameters(0), sequence, title_of(sequence))

        return self._edit(from_its_start(change))

    def set_initial(self, path: str, row: int, unit: int, value: float) -> bool:
        """Give one unit of an initial state another value."""
        return self._edit(lambda session: session.set_initial(path, row, unit, value))

    def overwrite(self, path: str, t: int, unit: int, value: float | None) -> bool:
        """Overwrite a unit of a variable at step ``t``; None takes that back."""
        return self._edit(lambda session: session.overwrite(path, t, unit, value))

    def overwrite_all(self, path: str, t: int, value: float | None) -> bool:
        """Overwrite all units of a variable at step ``t``; None takes that back."""
        return self._edit(
            lambda session: session.edit(overwriting_all_edit(session.setup, session.parameters, path, t, value))
        )

    def set_learning(self, learning: LearningSettings) -> bool:
        """Use another optimiser, clipping or window from this iteration on."""
        return self._edit(lambda session: session.set_learning(learning))

    def set_model(
        self, network: Network, parameters: Arrays, sequence: Sequence, name: str = "", origin: Origin | None = None
    ) -> bool:
        """Walk another network; ``origin`` says from which file it came."""
        return self._edit(
            from_its_start(lambda session: session.set_model(network, parameters, sequence, name, origin))
        )

    def set_notes(self, notes: str) -> bool:
        """Keep what the person wrote about this session."""
        return self._note(lambda session: setattr(session, "notes", notes))

    def add_bookmark(self, name: str, note: str = "", cursor: Cursor | None = None) -> bool:
        """Name this place, or another one."""

        def add(session: Session) -> None:
            session.add_bookmark(name, note)
            if cursor is not None:
                last = session.bookmarks[-1]
                session.bookmarks = (*session.bookmarks[:-1], replace(last, cursor=cursor))

        return self._note(add)

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


def reads(network: Network, now: Sequence, sequence: Sequence) -> bool:
    """Whether a network that reads ``now`` can read this sequence, and say its targets."""
    same_words = (now.vocabulary and now.vocabulary.tokens) == (sequence.vocabulary and sequence.vocabulary.tokens)
    return same_words and sequence.width == network.inputs and says(network, sequence.targets)


def says(network: Network, targets: Any) -> bool:
    """Whether the outputs are as many as the targets ask for."""
    if targets is None:
        return True
    return targets.shape[2] == network.outputs if targets.ndim == 3 else targets.max() < network.outputs


def network_for(like: Network, sequence: Sequence) -> Network:
    """A network of the same layers, as wide as the sequence asks for; with the same readout and loss where they fit."""
    from desktop.dialogs.network_choice import network_like

    head, loss = _readout_for(like, sequence)
    return network_like(like, sequence.width, _outputs_for(sequence), head, loss)


def _outputs_for(sequence: Sequence) -> int:
    """As many as the targets have; without any, as many as are read."""
    if sequence.target_labels:
        return len(sequence.target_labels)
    if sequence.targets is None:
        return sequence.width
    return sequence.targets.shape[2] if sequence.targets.ndim == 3 else int(sequence.targets.max()) + 1


def _readout_for(like: Network, sequence: Sequence) -> tuple[str, str]:
    """Classes want probabilities, numbers the numbers as they come."""
    classes = sequence.vocabulary is not None if sequence.targets is None else sequence.targets.ndim == 2
    head = Path(like.head.cell.definition.file).stem.removesuffix("_both")
    fitting = CLASS_HEADS if classes else NUMBER_HEADS
    usual = "cross-entropy" if classes else "squared"
    return (head, like.loss or usual) if head in fitting else (fitting[0], usual)


def title_of(sequence: Sequence) -> str:
    """What a session is called that walks this sequence: its name, or its first words."""
    if sequence.name:
        return sequence.name
    if sequence.vocabulary is None:
        words = QCoreApplication.translate("SessionEdits", "{steps} × {width} numbers")
        return words.format(steps=sequence.length, width=sequence.width)
    between = "" if sequence.kind == "characters" or all(map(is_unspaced, "".join(sequence.tokens[:9]))) else " "
    text = " ".join(between.join(sequence.tokens[:LONGEST_TITLE]).split())
    return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1].rstrip() + "…"


def from_its_start(change: Change) -> Change:
    """The change, and then the start of the iteration: another walk is not taken up in its middle."""

    def changed(session: Session) -> None:
        change(session)
        session.go_to(replace(session.cursor, index=0))
        lead_to(session.done, session.cursor)

    return changed
