"""The line at the bottom: each step in one plain sentence, what there is to report, and where the walk stands."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from core.frame import Frame, Phase, Sentence
from core.gradients.thresholds import Thresholds
from core.reveal.marks import marks_of
from desktop.reports import Kind, Report
from desktop.style.theme import Theme, scaled, ui_font
from desktop.window.toolbar import ElidedLabel

NOTE_MS = 6000


class StatusLine(QStatusBar):
    """One sentence at the left, the position at the right."""

    def __init__(
        self, theme: Theme, parent: QWidget | None = None, thresholds: Callable[[], Thresholds] = Thresholds
    ) -> None:
        super().__init__(parent)
        self._thresholds = thresholds
        self.setObjectName("status_line")
        self.setAccessibleName(self.tr("What happens here"))
        self.setSizeGripEnabled(False)
        self.sentence = ElidedLabel(self)
        self.place = QLabel(self)
        self.addWidget(self.sentence, 1)
        self.addPermanentWidget(self.place)
        self._report = Report("")
        self._words = ""
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._forget)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours."""
        side, edge = round(scaled(20)), round(scaled(4))
        self.setContentsMargins(side, edge, side, edge)
        self.sentence.setFont(ui_font(13))
        self.place.setFont(ui_font(12))
        self.place.setStyleSheet(f"color: {theme.secondary.name()};")
        self._show()

    def show_frame(self, frame: Frame) -> None:
        """Say what this frame shows."""
        cursor = frame.position.cursor
        words = self.tr("iteration {iteration} · position {index} of {length}")
        length = frame.position.length
        self.place.setText(words.format(iteration=cursor.iteration, index=cursor.index, length=length))
        self._words = " ".join([*self._verdicts(frame), translated(frame.sentence)])
        if frame.event:
            stopped = self.tr("Stopped at a breakpoint: {event}.").format(event=frame.event)
            self._words = f"{stopped} {self._words}"
        if self._report.kind is Kind.BUSY:
            self._report = Report("")
        self._show()

    def _verdicts(self, frame: Frame) -> list[str]:
        """What the gradient is found to be at the very step where the walk back stands."""
        position = frame.position
        if position.phase is not Phase.BACKWARD or not frame.lanes or frame.event:  # a breakpoint has said it
            return []
        marks = marks_of(frame.lanes[0], self._thresholds())
        return [translated(mark.sentence) for mark in marks if mark.t == position.t]

    def show_report(self, report: Report) -> None:
        """Say this instead, for a while."""
        self._report = report
        self._later.stop()
        if report.kind is not Kind.BUSY:
            self._later.start(NOTE_MS)
        self._show()

    @property
    def text(self) -> str:
        """What it says."""
        return self.sentence.whole

    def _forget(self) -> None:
        self._report = Report("")
        self._show()

    def _show(self) -> None:
        words = self._report.text or self._words
        self.sentence.show_text(words)
        self.sentence.setAccessibleName(words)
        self.setAccessibleDescription(words)


def translated(sentence: Sentence) -> str:
    """A sentence in the person's language."""
    template = QCoreApplication.translate("Sentences", sentence.template)
    return template.format(**sentence.values)
