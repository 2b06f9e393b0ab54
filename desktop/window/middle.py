"""What stands in the middle of the window: the drawing, or the laboratory in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget

from core.frame import Cursor, Frame
from desktop.bridge import Bridge
from desktop.settings import Settings
from desktop.style.colours import ColourMaps
from desktop.style.typesetting import Typesetter
from desktop.views.unrolled import UnrolledView

if TYPE_CHECKING:
    from desktop.laboratory.page import Laboratory
    from desktop.laboratory.questions import Subject

MOST_EARLIER = 200  # iterations whose parameters the laboratory is given


class Middle(QStackedWidget):
    """The laboratory is loaded and made when somebody first wants it."""

    def __init__(
        self, drawing: UnrolledView, bridge: Bridge, maps: ColourMaps, typesetter: Typesetter, settings: Settings
    ) -> None:
        super().__init__()
        self.drawing, self.laboratory = drawing, None
        self._bridge, self._maps = bridge, maps
        self._typesetter, self._settings = typesetter, settings
        self._subject: Subject | None = None
        self._cursor: Cursor | None = None  # of the last frame
        self.addWidget(drawing)

    laboratory: Laboratory | None

    @property
    def shows_laboratory(self) -> bool:
        """Whether the laboratory is what is seen."""
        return self.laboratory is not None and self.currentWidget() is self.laboratory

    def show_laboratory(self, wanted: bool) -> None:
        """Put the laboratory in the place of the drawing, or the drawing back."""
        if wanted and self.laboratory is None:
            self.laboratory = self._made()
        self.setCurrentWidget(self.laboratory if wanted else self.drawing)
        self.show_frame(self._bridge.frame)

    def show_frame(self, frame: Frame) -> None:
        """Let the laboratory follow the walk, while it is seen; who takes a step in front of another page sees it."""
        walked = self._cursor not in (None, frame.position.cursor) and not self._bridge.playing
        self._cursor = frame.position.cursor
        if walked and self.currentWidget() not in (self.drawing, self.laboratory):
            self.setCurrentWidget(self.drawing)
            self.window().setFocus(Qt.FocusReason.OtherFocusReason)
        if self.shows_laboratory:
            self.laboratory.show_frame(frame, self._subject_now())

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw the laboratory in these colours."""
        self._maps = maps
        if self.laboratory is not None:
            self.laboratory.set_maps(maps)

    def stop(self) -> bool:
        """End what the laboratory computes. Whether there was anything."""
        return self.laboratory is not None and self.laboratory.stop()

    def close_worker(self) -> None:
        """End the thread of the laboratory."""
        if self.laboratory is not None:
            self.laboratory.close_worker()

    def _subject_now(self) -> Subject:
        """The same one as long as nothing has changed, so that answers are kept."""
        from desktop.laboratory.questions import Subject

        session, known = self._bridge.session, self._subject
        problem, learning = session.run.problem, session.setup.learning
        if known is None or known.problem is not problem or known.learning != learning:
            numbers = range(max(0, session.cursor.iteration - MOST_EARLIER), session.cursor.iteration)
            earlier = tuple(session.branch.iteration(number).parameters for number in numbers)
            self._subject = Subject(problem, learning, earlier)
        return self._subject

    def _stop_there(self, point: object) -> None:
        if self._bridge.edits.add_breakpoint(point):
            words = self.tr("A breakpoint was set: {point}. Next event (N) walks there.")
            self._bridge.report(words.format(point=point))

    def _made(self) -> Laboratory:
        from desktop.laboratory import make_laboratory

        laboratory = make_laboratory(self._maps, self._typesetter, self._settings)
        laboratory.jump_requested.connect(self._bridge.go_to_time)
        laboratory.selected.connect(lambda place: self._bridge.select(*place))
        laboratory.unit_chosen.connect(self._bridge.choose_unit)
        laboratory.breakpoint_requested.connect(self._stop_there)
        self.addWidget(laboratory)
        return laboratory
