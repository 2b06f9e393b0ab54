"""What every picture of the laboratory is: a widget that asks a question of the run and draws the answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from desktop.laboratory.parts import Fields
from desktop.laboratory.questions import Place, Question, Subject
from desktop.style.colours import ColourMaps
from desktop.style.theme import scaled

ACROSS_PX, DOWN_PX = 24.0, 6.0  # between charts


class Picture(QWidget):
    """A page of the laboratory. Subclasses say what they are called, what they ask and how an answer is drawn.

    An answer is drawn once; after that only ``show_place`` is called while the cursor moves and the question stays the
    same. ``said`` carries the one sentence that stands over the picture.
    """

    title = ""  # on its tab; set by the subclass, in the person's language
    jump_requested = Signal(object)  # t: a person wants the walk to go there
    selected = Signal(object)  # (path, t): a person looks at something else
    unit_chosen = Signal(object)  # a person looks at this unit, counted from 0
    breakpoint_requested = Signal(object)  # Breakpoint: the walk is to stop there
    changed = Signal()  # a choice in the picture was changed, so that its question is another one
    said = Signal(object)  # text

    def __init__(self, maps: ColourMaps, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.maps = maps
        self._rows: tuple[Fields, ...] = ()
        self.body: QWidget | None = None  # what is hidden while there is nothing to draw; None: the whole picture

    def arrange(self, *rows: Fields) -> QGridLayout:
        """Put the controls on top, where they stay when there is nothing to draw; what is drawn goes into the grid."""
        self.body = QWidget()
        grid = QGridLayout(self.body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(round(scaled(ACROSS_PX)))
        grid.setVerticalSpacing(round(scaled(DOWN_PX)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._rows = rows
        for row in rows:
            column.addWidget(row)
        column.addWidget(self.body, 1)
        column.addStretch(0)  # takes the room where nothing is drawn
        return grid

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours, as large as the font is now."""
        self.maps = maps
        for row in self._rows:
            row.fit()

    def question(self, subject: Subject, place: Place) -> Question | str:
        """What is to be asked, or a sentence that says why nothing can be."""
        raise NotImplementedError

    def show_answer(self, answer: object, place: Place) -> None:
        """Draw this."""
        raise NotImplementedError

    def show_place(self, place: Place) -> None:
        """Show that the cursor is elsewhere now; the answer is the same."""


PictureMaker = Callable[[ColourMaps], Picture]
