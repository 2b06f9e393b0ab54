"""What takes its time in a walk: long ways, the search for the next event, and playing. One of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QObject

from core import lane_list
from core.breakpoints import Breakpoint, Event
from core.errors import GatewalkError
from desktop.reports import Kind
from desktop.walking.long_walk import Done, LongWalk
from desktop.walking.player import Player

if TYPE_CHECKING:
    from core.session import Session

Attempt = Callable[[Callable[[], object]], bool]
Say = Callable[[str, Kind], None]


class Walker(QObject):
    """Walks for the bridge: ``attempt`` does something and gives one frame, ``say`` says a sentence."""

    def __init__(self, session: Callable[[], Session], attempt: Attempt, say: Say, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._attempt, self._say = session, attempt, say
        self._way = LongWalk(self)
        self._player = Player(self._play_on, self)

    @property
    def playing(self) -> bool:
        """Whether the walk goes on by itself."""
        return self._player.playing

    @property
    def busy(self) -> bool:
        """Whether there is anything to halt."""
        return self.playing or self._way.active

    def halt(self) -> bool:
        """End whatever goes on. Whether anything did."""
        played = self._player.stop()
        return self._way.stop() or played

    def play(self) -> None:
        """Go on by itself."""
        self._player.start()

    def set_speed(self, steps_a_second: float) -> None:
        """How fast playing goes; infinity is as fast as it paints."""
        self._player.set_speed(steps_a_second)

    def far(self, session: Session, index: int, action: Callable[[], object]) -> None:
        """Do ``action`` once the run is computed up to ``index``; at once if that is not far."""
        self._go(session, min(session.cursor.index, index), index, (), lambda _event: self._attempt(action))

    def to_event(self, session: Session) -> None:
        """On to the next breakpoint in this iteration; without one, to its end."""
        start, end = session.cursor.index, session.timeline.length
        self._go(session, start, end, session.breakpoints, lambda event: self._stand_at(session, event))

    def _go(self, session: Session, after: int, until: int, points: tuple[Breakpoint, ...], done: Done) -> None:
        def beside(index: int) -> Iterator[None]:
            return lane_list.work(session.lanes, session.branch, replace(session.cursor, index=index))

        self._begin(lambda: self._way.start(session.run, after, until, points, done, beside))

    def prepare(self, work: Callable[[Session], Iterator[None]], action: Callable[[], object]) -> bool:
        """Do ``action`` once the work is done; at once if that is not much. Whether it could be begun."""
        self.halt()
        return self._begin(lambda: self._way.prepare(work(self._session()), lambda _event: action()))

    def _begin(self, start: Callable[[], object]) -> bool:
        try:
            start()
        except GatewalkError as error:
            self._say(str(error), Kind.ERROR)
            return False
        if self._way.active:
            self._say(tr("Computing; Esc stops."), Kind.BUSY)
        return True

    def _stand_at(self, session: Session, event: Event | None) -> None:
        if event is None:
            self._attempt(session.go_end)
            self._say(tr("No breakpoint was met before the end of this iteration."), Kind.NOTE)
            return

        def stand() -> None:
            session.go_to(replace(session.cursor, index=event.index))
            session.event = event.text

        self._attempt(stand)

    def _play_on(self) -> bool:
        """One step by itself; breakpoints and the end of the walk stop it before the frame is made, so it tells."""
        session = self._session()
        since = session.cursor

        def step() -> None:
            if not session.step_forward() or session.check_event(since):
                self._player.stop()

        return self._attempt(step) and self.playing


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Bridge", text)
