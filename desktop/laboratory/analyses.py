"""Questions answered beside the window, one after the other; answers are kept as long as the numbers are the same."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, Signal

from core.errors import Cancelled as Stopped
from core.errors import GatewalkError
from desktop.laboratory.questions import Cancelled, Finished, Progress, Question, Subject
from desktop.reports import default_log_file, defect
from desktop.walking.worker import Result, Worker

MOST_KEPT = 24  # answers
STEP = 0.01  # of progress that is worth saying
TAG = "answer"


class Analyses(QObject):
    """Answers the last question about the subject given last; a new question drops the open one."""

    answered = Signal(object)  # (question, answer)
    failed = Signal(object)  # (question, sentence); an empty sentence where a person stopped it
    progressed = Signal(object)  # the share that is done
    _went_on = Signal(object)  # from the worker's thread

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = Worker(self)
        self._worker.finished.connect(self._arrived)
        self._went_on.connect(self._show_progress)
        self._finished: Finished | None = None
        self._answers: OrderedDict[Question, object] = OrderedDict()
        self._open: Question | None = None

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._open is not None

    def look_at(self, subject: Subject) -> None:
        """From now on all questions are about this subject."""
        if self._finished is None or self._finished.subject is not subject:
            self._drop()
            self._finished = Finished(subject)
            self._answers.clear()

    def known(self, question: Question) -> object | None:
        """An answer that is there already."""
        return self._answers.get(question)

    def ask(self, question: Question) -> None:
        """Answer this; ``answered`` or ``failed`` follows, unless another question comes before."""
        if question == self._open:
            return
        self._drop()
        finished = self._finished
        if finished is None:
            return
        self._open = question
        self._worker.submit(TAG, lambda cancelled: self._work(question, finished, cancelled))

    def stop(self) -> bool:
        """Give up the open question. Whether there was one."""
        question = self._open
        self._drop()
        if question is not None:
            self.failed.emit((question, ""))
        return question is not None

    def close(self) -> None:
        """End the thread."""
        self._open = None
        self._worker.close()

    def _drop(self) -> None:
        self._open = None
        self._worker.cancel_all()

    def _work(self, question: Question, finished: Finished, cancelled: Cancelled) -> object:
        return question, question.answer(finished, self._progress(question), cancelled)

    def _progress(self, question: Question) -> Progress:
        said = [-1.0]

        def say(done: int, total: int) -> None:
            share = done / max(total, 1)
            if share - said[0] >= STEP:
                said[0] = share
                self._went_on.emit((question, share))

        return say

    def _show_progress(self, pair: object) -> None:
        question, share = pair
        if question == self._open:
            self.progressed.emit(share)

    def _arrived(self, result: Result) -> None:
        question, self._open = self._open, None
        if result.error is None:
            question, answer = result.value
            self._answers[question] = answer
            while len(self._answers) > MOST_KEPT:
                self._answers.popitem(last=False)
            self.answered.emit((question, answer))
        elif isinstance(result.error, Stopped):
            self.failed.emit((question, ""))
        elif isinstance(result.error, GatewalkError):
            self.failed.emit((question, str(result.error)))
        else:
            self.failed.emit((question, defect(result.error, default_log_file()).text))
