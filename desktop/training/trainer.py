"""Trains the session's network beside the window; what was learned goes back into the session by edits only."""

from __future__ import annotations

import threading
from time import perf_counter
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from core.errors import Cancelled as Stopped
from core.errors import GatewalkError
from desktop.bridge import Bridge
from desktop.reports import Kind, default_log_file, defect
from desktop.training.courtesy import Courtesy
from desktop.training.plan import Plan, plan_of
from desktop.training.status import Stage, Status
from desktop.walking.session_edits import from_its_start
from desktop.walking.worker import Cancelled, Result, Worker

if TYPE_CHECKING:
    from core.branch import Setup
    from core.learning.checkpoints import Checkpoint
    from core.learning.course import Course

TICK_MS = 200  # between two looks at what the worker has done
SHARE = 12.0  # so many times as long as showing it
LEARN, LOOK = "learn", "look"
WALK, KEEP = "walk", "keep"


class Trainer(QObject):
    """At most one training; pausing, going back and going on change none of its numbers."""

    changed = Signal(object)  # Status

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._session = bridge, bridge.session
        self._worker = Worker(self)
        self._worker.finished.connect(self._arrived)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tell)
        self._courtesy = Courtesy(self)
        self._halt = threading.Event()
        self._plan: Plan | None = None
        self._forget()
        bridge.frame_changed.connect(lambda _frame: self._follow())

    def _forget(self) -> None:
        self._course: Course | None = None
        self._setup: Setup | None = None  # that the training began with
        self._stage = Stage.NONE
        self._chosen: int | None = None  # None: the last one
        self._safe = 0  # iterations that were kept
        self._timer.stop()

    @property
    def status(self) -> Status:
        """What there is to show."""
        course = self._course
        if course is None:
            return Status(self._stage)
        marks = tuple(course.marks)
        last = marks[-1].number if marks else 0
        chosen = last if self._chosen is None else min(self._chosen, last)
        return Status(self._stage, course, marks, chosen, self._looking)

    @property
    def _looking(self) -> bool:
        return self._worker.busy and self._stage not in (Stage.RUNNING, Stage.PAUSING)

    @property
    def plan(self) -> Plan:
        """How the next training is to go."""
        return self._plan or plan_of(self._bridge.session.setup.training)

    def set_plan(self, plan: Plan) -> None:
        """Another one; a training under way is not changed by it."""
        self._plan = plan

    # Running

    def start_pause(self) -> None:
        """Begin, pause, or go on; one that is as long as it was meant to be goes on as long again."""
        if self._stage in (Stage.RUNNING, Stage.PAUSING):
            self.pause()
            return
        if self._course is None and not self._begin():
            return
        self._go_on()

    def pause(self) -> bool:
        """Finish the iteration under way and no other. Whether anything ran."""
        if self._stage is Stage.RUNNING:
            self._halt.set()
            self._stage = Stage.PAUSING
            self._tell()
            return True
        looked = self._looking and self._worker.cancel(LOOK)
        if looked:
            self._tell()
        return looked

    def end(self) -> None:
        """Forget the training; what was kept of it stays."""
        self._halt.set()
        self._worker.cancel_all()
        self._forget()
        self._tell()

    def _begin(self) -> bool:
        from core.learning.course import Course
        from core.training_edits import beginning_of

        session = self._bridge.session
        if not session.setup.network.loss:
            self._bridge.report(tr("This network has no loss, so there is nothing to learn."), Kind.ERROR)
            return False
        try:
            beginning = self.plan.beginning(beginning_of(session))
            if beginning.training.task is None and session.setup.sequence.targets is None:
                self._bridge.report(tr("The data has no target, so there is nothing to learn."), Kind.ERROR)
                return False
            self._course = Course(beginning)
        except GatewalkError as error:
            self._bridge.report(str(error), Kind.ERROR)
            return False
        self._setup = session.setup
        return True

    def _go_on(self) -> None:
        course, halt, setup = self._course, threading.Event(), self._bridge.session.setup
        assert course is not None
        if setup.network is course.beginning.network:
            course.change(setup.learning)
        iterations = course.left or course.beginning.training.iterations
        self._halt, self._stage, self._chosen = halt, Stage.RUNNING, None

        def is_over(cancelled: Cancelled) -> bool:
            self._courtesy.wait()
            return halt.is_set() or cancelled()

        self._worker.submit(LEARN, lambda cancelled: course.go_on(iterations, lambda: is_over(cancelled)))
        self._timer.start()
        self._tell()

    # Going back

    def choose(self, number: int) -> None:
        """Look at this iteration; "walk" and "keep" are about it."""
        if self._course is not None:
            self._chosen = max(0, number)
            self._tell()

    def walk(self) -> None:
        """Let the session walk the chosen iteration, as the training went through it."""
        chosen = self.status.chosen
        if chosen < 1:
            self._bridge.report(tr("Nothing was trained yet. Train first; then any iteration can be walked."))
            return
        self._hand_over(WALK, chosen, tr("This is iteration {number} of the training, with its own batch."))

    def keep(self) -> None:
        """Let the session go on with the weights after the chosen iteration."""
        chosen = self.status.chosen
        if chosen < 1:
            self._bridge.report(tr("Nothing was trained yet, so there is nothing to keep."))
            return
        self._hand_over(KEEP, chosen, tr("The session goes on with the weights after iteration {number}."))

    def _hand_over(self, purpose: str, chosen: int, words: str) -> None:
        course, halt = self._course, self._halt
        assert course is not None
        halt.set()
        if self._stage is Stage.RUNNING:
            self._stage = Stage.PAUSING
        self._chosen = chosen

        def look(cancelled: Cancelled) -> object:
            number = chosen - 1 if purpose == WALK else chosen
            return purpose, course.at(number, cancelled), words.format(number=f"{chosen:,}"), chosen

        self._worker.submit(LOOK, look)
        self._timer.start()
        self._tell()

    def _apply(self, purpose: str, stood: Checkpoint) -> bool:
        """The session may have another network by now: then it gets that of the training back."""
        from core.training_edits import kept, walked

        course, begun = self._course, self._setup
        assert course is not None
        assert begun is not None

        def change(session: object) -> None:
            own = session.setup.network is begun.network
            session.edit((walked if purpose == WALK else kept)(course, stood, session.setup if own else begun))

        return self._bridge.edit(from_its_start(change) if purpose == WALK else change)

    # What arrives

    def _arrived(self, result: Result) -> None:
        if result.tag == LEARN:
            self._learned(result.error)
        elif result.error is None:
            purpose, stood, words, chosen = result.value
            if self._apply(purpose, stood):
                self._note(chosen if purpose == KEEP else 0)
                self._bridge.report(words)
        elif not isinstance(result.error, Stopped):
            self._complain(result.error)
        if not self._worker.busy:
            self._timer.stop()
        self._tell()

    def _note(self, safe: int) -> None:
        """So many iterations were kept; what comes after this training goes on from them."""
        self._safe = max(self._safe, safe)
        if safe:
            self._plan = replace(self.plan, anew=False)

    def _learned(self, error: Exception | None) -> None:
        course = self._course
        assert course is not None
        self._stage = Stage.PAUSED
        if error is not None:
            self._complain(error)
        elif course.diverged:
            self._stage = Stage.DIVERGED
            words = tr(
                "Iteration {number} gave numbers that are not finite; all before it are here. Try a smaller rate."
            )
            self._bridge.report(words.format(number=f"{course.done + 1:,}"), Kind.ERROR)
        elif not course.left and not self._halt.is_set():
            self._stage = Stage.DONE

    def _complain(self, error: Exception) -> None:
        if isinstance(error, GatewalkError):
            self._bridge.report(str(error), Kind.ERROR)
        else:
            self._bridge.reported.emit(defect(error, default_log_file()))

    def _tell(self) -> None:
        """Say what there is to show; rarely where showing it takes long."""
        start = perf_counter()
        self.changed.emit(self.status)
        spent_ms = 1000.0 * (perf_counter() - start)
        self._timer.setInterval(max(TICK_MS, round(SHARE * spent_ms)))

    def _follow(self) -> None:
        """Another session has no part in this training."""
        if self._bridge.session is not self._session:
            self._session, self._plan = self._bridge.session, None
            self.end()
        elif self._course is None:
            self._tell()

    # Leaving

    @property
    def unkept(self) -> int:
        """Iterations that would be lost."""
        return 0 if self._course is None else max(0, self._course.done - self._safe)

    def keep_now(self) -> bool:
        """Keep what there is, at once: the window is about to close. Whether it was done."""
        self._halt.set()
        return self._course is not None and self._apply(KEEP, self._course.last)

    def close(self) -> None:
        """End the thread."""
        self._halt.set()
        self._worker.close()
        self._forget()


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Training", text)
