"""Between the window and the session: intents go down as calls, one signal carries the new frame up.

Nothing else of the desktop imports the session. Every intent that succeeds gives exactly one frame; one that cannot be
done gives one report and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QObject, Signal

from core.diagram import Diagram
from core.errors import GatewalkError
from core.frame import Cursor, Frame, Grain, Phase, View
from core.learning.step import LearningSettings
from core.network import Network
from core.sequence import Sequence
from core.session import Session, Setup
from desktop.reports import Kind, Report, default_log_file, defect
from desktop.walking.session_edits import SessionEdits
from desktop.walking.session_lanes import SessionLanes
from desktop.walking.walker import Walker

FrameSource = Callable[[Session, View], Frame]
Arrays = Mapping[str, Any]


def session_of(
    network: Network,
    parameters: Arrays,
    sequence: Sequence,
    name: str = "",
    learning: LearningSettings | None = None,
) -> Session:
    """A new session at the start of its walk. Raises ShapeError or DataError where the parts do not fit."""
    return Session(Setup(network, sequence, learning=learning or LearningSettings(), name=name), parameters)


class Bridge(QObject):
    """Owns the session and the view."""

    frame_changed = Signal(object)  # Frame
    reported = Signal(object)  # Report

    def __init__(
        self,
        session: Session,
        frame_at: FrameSource | None = None,
        log_file: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._frame_at = frame_at or _frame_source()
        self._log_file = log_file
        self._walker = Walker(lambda: self._session, self.attempt, self.report, self)
        self.edits = SessionEdits(self.edit, lambda change: self.attempt(lambda: change(self._session)))
        self.lanes = SessionLanes(self.edit, lambda view: self._frame_at(self._session, view), self._walker.prepare)
        self._take(session, View())

    def _take(self, session: Session, view: View) -> None:
        self._frame = self._frame_at(session, view)
        self._session, self._view = session, view
        self._saved = self._content()

    # What there is to know. All of it changes with a frame only.

    @property
    def session(self) -> Session:
        """The session, to be read (files, panels); only the bridge changes it."""
        return self._session

    @property
    def view(self) -> View:
        """What the person looks at."""
        return self._view

    @property
    def frame(self) -> Frame:
        """The last frame."""
        return self._frame

    @property
    def playing(self) -> bool:
        """Whether the walk goes on by itself."""
        return self._walker.playing

    @property
    def busy(self) -> bool:
        """Whether something goes on that ``stop`` would end."""
        return self._walker.busy

    @property
    def modified(self) -> bool:
        """Whether there is unsaved work; moving is none."""
        return self._content() != self._saved

    def mark_saved(self) -> None:
        """What there is now has been saved."""
        self._saved = self._content()
        self.publish()

    def mark_modified(self) -> None:
        """What there is now has not been saved (as when it was recovered)."""
        self._saved = (None, (), (), "")
        self.publish()

    def _content(self) -> tuple[object, ...]:
        session = self._session
        return session.branch, session.lanes, session.bookmarks, session.breakpoints, session.notes

    def publish(self) -> None:
        """Make a frame of what there is now."""
        self._frame = self._frame_at(self._session, self._view)
        self.frame_changed.emit(self._frame)

    def report(self, text: str, kind: Kind = Kind.NOTE) -> None:
        """Say a sentence."""
        self.reported.emit(Report(_sentence(text), kind))

    def attempt(self, action: Callable[[], object]) -> bool:
        """Do something to the session and give one frame; what goes wrong is said. Whether it was done."""
        try:
            action()
            self.publish()
        except GatewalkError as error:
            self.report(str(error), Kind.ERROR)
            return False
        except Exception as error:  # noqa: BLE001 - the window stays, the details go to a file
            self.reported.emit(defect(error, self._log_file or default_log_file()))
            return False
        return True

    def replace_session(self, session: Session, view: View | None = None) -> None:
        """Walk another session; what was there is gone."""
        self._walker.halt()
        self._take(session, view or View())
        self.frame_changed.emit(self._frame)

    def diagram(self, block: str) -> Diagram | None:
        """The data-flow diagram of a block of the network."""
        network = self._session.setup.network
        known = any(each.name == block for each in network.blocks)
        return self._session.shown.diagram(network, block) if known else None

    # Walking

    def step_forward(self, grain: Grain | None = None) -> None:
        """One step of the grain."""
        self._walker.halt()
        index = self._session.timeline.next(self._session.cursor.index, grain or self._session.grain)
        self._walker.far(self._session, index, lambda: self._session.step_forward(grain))

    def step_back(self, grain: Grain | None = None) -> None:
        """One step of the grain back."""
        self._walker.halt()
        self.attempt(lambda: self._session.step_back(grain))

    def go_start(self) -> None:
        """To the start of the iteration; there already: to the first one's."""
        self._walker.halt()
        self.attempt(self._session.go_start)

    def go_end(self) -> None:
        """To the end of the iteration."""
        self._walker.halt()
        self._walker.far(self._session, self._session.timeline.length, self._session.go_end)

    def go_to(self, cursor: Cursor) -> None:
        """To a cursor, as of a bookmark."""
        self._walker.halt()
        here = cursor.iteration == self._session.cursor.iteration
        self._walker.far(self._session, cursor.index if here else 0, lambda: self._session.go_to(cursor))

    def go_to_phase(self, phase: Phase) -> None:
        """To the first time step of a phase."""
        self._walker.halt()
        timeline = self._session.timeline
        if phase is Phase.FORWARD or phase not in timeline.phases:
            self.attempt(lambda: self._session.go_to_phase(phase))
        else:
            index = timeline.next(timeline.starts_phase(phase), Grain.TIME_STEP)
            self._walker.far(self._session, index, lambda: self._session.go_to_phase(phase))

    def go_to_time(self, t: int) -> None:
        """To where time step ``t`` is complete in this phase; the selection follows the walk again."""
        self._walker.halt()
        self._view = replace(self._view, t=None)
        self.attempt(lambda: self._session.go_to_time(t))

    def next_event(self) -> None:
        """On to the next breakpoint; without one, to the end of the iteration."""
        self._walker.halt()
        session = self._session
        if session.cursor.index >= session.timeline.length:
            if Phase.UPDATE not in session.timeline.phases:
                self.report(tr("This is the end of the walk."))
                return
            session.go_to(Cursor(session.cursor.iteration + 1, 0))  # so that events in its first step are met
        self._walker.to_event(session)

    # Playing

    def run_pause(self) -> None:
        """Go on by itself, or no longer."""
        if not self._walker.halt():
            self._walker.play()
        self.publish()

    def set_speed(self, steps_a_second: float) -> None:
        """How fast playing goes; infinity is as fast as it paints."""
        self._walker.set_speed(steps_a_second)

    def stop(self) -> None:
        """End what runs; when nothing runs, let the selection follow the walk again."""
        if not self._walker.halt():
            self._view = replace(self._view, path="", t=None)
        self.report("")
        self.publish()

    # Looking

    def set_view(self, **fields: object) -> None:
        """Look at something else; fields of ``View``. What is looked at already gives no new frame."""
        view = replace(self._view, **fields)
        if view != self._view:
            self._view = view
            self.publish()

    def select(self, path: str, t: int | None = None) -> None:
        """Look at a variable; without ``t`` at the step where the walk is."""
        self.set_view(path=path, t=t)

    def choose_unit(self, unit: int) -> None:
        """Show the numbers of this unit."""
        self.set_view(unit=unit)

    def choose_sample(self, sample: int) -> None:
        """Show this element of the batch."""
        self.set_view(sample=sample)

    def set_grain(self, grain: Grain) -> None:
        """How far one step goes."""
        self.attempt(lambda: setattr(self._session, "grain", grain))

    # Editing: each starts a branch that undo leaves again.

    def edit(self, change: Callable[[Session], object]) -> bool:
        """Any edit of the session; see ``edits``. Whether it was done."""
        self._walker.halt()
        return self.attempt(lambda: change(self._session))

    def perform(self, change: Callable[[Session], object]) -> None:
        """Any edit, for those who handle what goes wrong. Raises GatewalkError."""
        self._walker.halt()
        change(self._session)
        self.publish()

    def undo(self) -> None:
        """Take the last edit back."""
        self.edit(lambda session: session.undo())

    def redo(self) -> None:
        """Do it again."""
        self.edit(lambda session: session.redo())


def _sentence(text: str) -> str:
    """The text with a capital, unless it begins with a name."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.isalpha() else text


def _frame_source() -> FrameSource:
    from core.reveal import frame_at

    return frame_at


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Bridge", text)
