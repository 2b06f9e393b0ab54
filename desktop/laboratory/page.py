"""The laboratory as one page: its pictures on tabs, over each a sentence, and what is shown while one is computed."""

from __future__ import annotations

import re

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from core.frame import Frame
from desktop.laboratory.analyses import Analyses
from desktop.laboratory.picture import Picture, PictureMaker
from desktop.laboratory.questions import Place, Question, Subject, place_of
from desktop.style.colours import ColourMaps
from desktop.style.theme import scaled, ui_font

SENTENCE_PX = 14.0
EDGE_PX = 18.0
LEAST_PX = 280.0  # a picture needs so much room down; below it the page scrolls


class Laboratory(QWidget):
    """Shows one picture at a time; what the hidden ones would show is not computed."""

    jump_requested = Signal(object)  # t
    selected = Signal(object)  # (path, t)
    unit_chosen = Signal(object)  # counted from 0
    breakpoint_requested = Signal(object)  # Breakpoint

    def __init__(self, maps: ColourMaps, makers: tuple[PictureMaker, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("laboratory")
        self.setAccessibleName(self.tr("Gradient laboratory"))
        self._maps = maps
        self._subject: Subject | None = None
        self._place: Place | None = None
        self._drawn: tuple[Subject, Question] | None = None  # what the picture that is seen shows
        self.analyses = Analyses(self)
        self.tabs, self.stack = QTabBar(), QStackedWidget()
        self.sentence, self.bar = QLabel(), QProgressBar()
        self.pictures = [make(maps) for make in makers]
        self._arrange()
        self._wire()
        self.set_maps(maps)

    def _arrange(self) -> None:
        self.tabs.setAccessibleName(self.tr("Pictures of the laboratory"))
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 100)
        self.bar.setAccessibleName(self.tr("How much of this is computed"))
        keep = self.bar.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(keep)
        self.bar.hide()
        column = QVBoxLayout(self)
        top = QHBoxLayout()
        top.addWidget(self.tabs, 1)
        column.addLayout(top)
        column.addWidget(self.sentence)
        column.addWidget(self.bar)
        self.scroller = QScrollArea()  # where type is large there is not room for all of a picture
        self.scroller.setWidgetResizable(True)
        self.scroller.setFrameShape(QFrame.Shape.NoFrame)
        self.scroller.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroller.setWidget(self.stack)
        self.scroller.viewport().setAutoFillBackground(False)
        self.stack.setAutoFillBackground(False)
        column.addWidget(self.scroller, 1)
        column.addStretch(0)  # takes the room where nothing is drawn
        for picture in self.pictures:
            self.tabs.addTab(picture.title)
            self.stack.addWidget(picture)

    def _wire(self) -> None:
        self.tabs.currentChanged.connect(self._turn_to)
        self.analyses.answered.connect(self._answered)
        self.analyses.failed.connect(self._failed)
        self.analyses.progressed.connect(self._show_progress)
        for picture in self.pictures:
            picture.jump_requested.connect(self.jump_requested)
            picture.selected.connect(self.selected)
            picture.unit_chosen.connect(self.unit_chosen)
            picture.breakpoint_requested.connect(self.breakpoint_requested)
            picture.changed.connect(self._ask)
            picture.said.connect(lambda text, picture=picture: self._say(picture, text))

    @property
    def picture(self) -> Picture:
        """The picture that is seen."""
        return self.pictures[self.stack.currentIndex()]

    @property
    def busy(self) -> bool:
        """Whether something is being computed."""
        return self.analyses.busy

    def turn_to(self, number: int) -> None:
        """Show this picture."""
        self.tabs.setCurrentIndex(number)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours, as large as the font is now."""
        self._maps = maps
        theme = maps.theme
        self.setStyleSheet(f"QWidget#laboratory {{ background: {theme.background.name()}; }}")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        edge = round(scaled(EDGE_PX))
        self.layout().setContentsMargins(edge, round(scaled(8)), edge, round(scaled(10)))
        self.layout().setSpacing(round(scaled(8)))
        self.tabs.setFont(ui_font(13))
        self.sentence.setFont(ui_font(SENTENCE_PX))
        self.sentence.setMinimumHeight(round(2.6 * scaled(SENTENCE_PX)))
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.bar.setFixedHeight(round(scaled(4)))
        for picture in self.pictures:
            picture.set_maps(maps)
            picture.setMinimumHeight(round(scaled(LEAST_PX)))

    def show_frame(self, frame: Frame, subject: Subject) -> None:
        """Follow the walk; asks anew only where the numbers or the question are others."""
        self._subject, self._place = subject, place_of(frame)
        if self.isVisible():
            self._ask()

    def showEvent(self, event: QShowEvent) -> None:
        """What was not computed while nobody looked is computed now."""
        super().showEvent(event)
        self._ask()

    def stop(self) -> bool:
        """End what is being computed. Whether there was anything."""
        return self.analyses.stop()

    def close_worker(self) -> None:
        """End the thread."""
        self.analyses.close()

    def _turn_to(self, number: int) -> None:
        self.stack.setCurrentIndex(number)
        self._drawn = None
        self._ask()

    def _ask(self) -> None:
        if self._subject is None or self._place is None:
            return
        self.analyses.look_at(self._subject)
        question = self.picture.question(self._subject, self._place)
        if isinstance(question, str):
            self.analyses.stop()
            self._drawn = None
            self._nothing(question)
        elif self._drawn == (self._subject, question):
            self.picture.show_place(self._place)
        elif (answer := self.analyses.known(question)) is not None:
            self._draw(question, answer)
        else:
            self.analyses.ask(question)
            self._wait()

    def _draw(self, question: Question, answer: object) -> None:
        if self._subject is None or self._place is None:
            return
        self._drawn = (self._subject, question)
        self.bar.hide()
        self.stack.setEnabled(True)
        self.stack.show()
        if self.picture.body is not None:
            self.picture.body.show()
        self.picture.show_answer(answer, self._place)
        self.picture.show_place(self._place)

    def _answered(self, pair: object) -> None:
        question, answer = pair
        if self.isVisible():
            self._draw(question, answer)

    def _failed(self, pair: object) -> None:
        _question, sentence = pair
        if sentence:
            self._nothing(sentence)
        else:
            self.bar.hide()
            self.sentence.setText(self.tr("Stopped. Choose the picture again, or move, to compute it."))

    def _nothing(self, sentence: str) -> None:
        """What can be chosen in a picture stays, so that a person can choose something else."""
        self.bar.hide()
        body = self.picture.body
        self.stack.setVisible(body is not None)
        if body is not None:
            body.hide()
        self.sentence.setText(_typeset(sentence))

    def _wait(self) -> None:
        """The last picture stays while the next one is computed; what was said of another one does not."""
        if self._drawn is None:
            self.sentence.setText(self.tr("This is being computed. Esc stops it."))
        with QSignalBlocker(self.bar):
            self.bar.setValue(0)
        self.bar.show()

    def _show_progress(self, share: object) -> None:
        self.bar.setValue(round(100 * float(share)))  # type: ignore[arg-type]

    def _say(self, picture: Picture, text: str) -> None:
        if picture is self.picture:
            self.sentence.setText(_typeset(text))


def _typeset(text: str) -> str:
    """Sentences with capitals, numbers with a true minus and short powers of ten: "−0.19", "1.2e−7", "3e8"."""
    text = re.sub(r"e\+0*(?=\d)", "e", re.sub(r"e-0*(?=\d)", "e−", text))
    text = re.sub(r"(?<![\w.])-(?=\d)", "−", text)
    return ". ".join(part[:1].upper() + part[1:] for part in text.split(". "))
