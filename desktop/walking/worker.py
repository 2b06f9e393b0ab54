"""Long work in one thread beside the window: immutable inputs, a cancel flag that is polled, results with a tag."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, Qt, Signal

Cancelled = Callable[[], bool]
Work = Callable[[Cancelled], object]


class Result(msgspec.Struct, frozen=True, eq=False):
    """What a job gave: a value, or the exception that ended it."""

    tag: object
    value: object = None
    error: Exception | None = None


class Job(msgspec.Struct, frozen=True, eq=False):
    """A piece of work and the flag that ends it early."""

    work: Work
    tag: object
    flag: threading.Event


class Worker(QObject):
    """Does one job after the other; results arrive in the thread that owns this object.

    ``tag`` names what a result belongs to. A new job with the same tag, or ``cancel``, makes the old one stale: it is
    asked to end, and its result is dropped.
    """

    finished = Signal(object)  # Result
    _done = Signal(object)  # (Job, Result), from the worker's thread

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: dict[object, Job] = {}
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether a result is still awaited."""
        return bool(self._jobs)

    def submit(self, tag: object, work: Work) -> None:
        """Do this beside the window; ``work`` gets a function that says whether it is to end early."""
        self.cancel(tag)
        job = self._jobs[tag] = Job(work, tag, threading.Event())
        self._queue.put(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="gatewalk-worker", daemon=True)
            self._thread.start()

    def cancel(self, tag: object) -> bool:
        """Drop the job of this tag. Whether there was one."""
        job = self._jobs.pop(tag, None)
        if job is not None:
            job.flag.set()
        return job is not None

    def cancel_all(self) -> bool:
        """Drop everything. Whether there was anything."""
        tags = tuple(self._jobs)
        for tag in tags:
            self.cancel(tag)
        return bool(tags)

    def close(self) -> None:
        """End the thread; what still runs is asked to end."""
        self.cancel_all()
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join(5.0)

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if job.flag.is_set():
                continue
            try:
                result = Result(job.tag, job.work(job.flag.is_set))
            except Exception as error:  # noqa: BLE001 - shown where the interface lives, whatever it is
                result = Result(job.tag, error=error)
            try:
                self._done.emit((job, result))
            except RuntimeError:  # Qt has deleted this object before anyone closed it
                return

    def _deliver(self, pair: object) -> None:
        job, result = pair
        if self._jobs.get(job.tag) is job:
            del self._jobs[job.tag]
            self.finished.emit(result)
