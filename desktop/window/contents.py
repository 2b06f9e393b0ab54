"""What the panels hold, each made when it is first wanted, which is after the first picture.

The one place where views are imported late: loading and building them all takes as long as everything that the first
picture needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QWidget

from core.frame import Frame
from desktop.bridge import Bridge
from desktop.documents.files import Files
from desktop.documents.scenarios import Scenarios
from desktop.settings import Settings
from desktop.style.typesetting import Typesetter
from desktop.training.trainer import Trainer
from desktop.walking.edits import Edits
from desktop.window.look import Look

if TYPE_CHECKING:
    from core.compare import Contrast


class Content(msgspec.Struct, frozen=True, eq=False):
    """A widget of a panel, and how it is given a frame."""

    widget: QWidget
    show: Callable[[Frame], object]


Maker = Callable[[], Content]


class Contents:
    """Makes the contents of the panels of one window, in the colours of the moment."""

    def __init__(
        self,
        bridge: Bridge,
        settings: Settings,
        files: Files,
        edits: Edits,
        look: Look,
        typesetter: Typesetter,
        scenarios: Scenarios,
        trainer: Trainer,
    ) -> None:
        self._bridge, self._settings, self._files, self._edits = bridge, settings, files, edits
        self._look, self._typesetter, self._trainer = look, typesetter, trainer
        self._scenarios = scenarios
        self._left: dict[str, Maker] = {}

    def makers(self) -> dict[str, Maker]:
        """What makes each panel's content, by the panel's name, in the order in which the panels are placed."""
        return {
            "model": lambda: self._at_the_left("model"),
            "data": lambda: self._at_the_left("data"),
            "bookmarks": lambda: self._at_the_left("bookmarks"),
            "breakpoints": lambda: self._at_the_left("breakpoints"),
            "equations": self._equations,
            "inspector": self._inspector,
            "changes": self._changes,
            "plots": self._plots,
            "differences": self._differences,
            "lesson": self._lesson,
            "training": self._training,
        }

    def _at_the_left(self, name: str) -> Content:
        from desktop.window.side import Side

        if not self._left:
            self._left = Side(self._bridge, self._settings, self._files, self._edits, self._look.theme).contents()
        return self._left[name]()

    def _equations(self) -> Content:
        from desktop.views.equations import EquationsPanel

        panel = EquationsPanel(self._look.theme, self._typesetter)
        return Content(panel, panel.show_frame)

    def _inspector(self) -> Content:
        from desktop.views.inspector import Inspector

        panel = Inspector(self._look.maps)
        return Content(panel, panel.show_frame)

    def _changes(self) -> Content:
        from desktop.views.changes import ChangesPanel

        panel = ChangesPanel(self._look.maps)

        def show(frame: Frame) -> None:
            session = self._bridge.session
            panel.show_origin(session.setup.origin, session.parameters)
            panel.show_frame(frame)

        return Content(panel, show)

    def _differences(self) -> Content:
        from desktop.views.differences import DifferencesPanel

        bridge = self._bridge
        panel = DifferencesPanel(
            self._look.maps, lambda number: bridge.lanes.differences(0, number, bridge.view.sample)
        )
        panel.jump_requested.connect(self._show_difference)
        return Content(panel, panel.show_frame)

    def _show_difference(self, contrast: Contrast) -> None:
        """Walk to where it is, and look at it."""
        if contrast.spot is not None and self._bridge.lanes.go_to_difference(contrast):
            self._bridge.set_view(path=contrast.path, t=contrast.spot.t, unit=contrast.spot.unit)

    def _lesson(self) -> Content:
        from desktop.views.lesson import LessonPanel

        panel, scenarios = LessonPanel(self._look.theme), self._scenarios
        panel.turned.connect(scenarios.go_on)
        panel.place_wanted.connect(lambda _: scenarios.show_place())
        panel.answered.connect(scenarios.answer)
        panel.language_chosen.connect(scenarios.set_language)
        panel.gallery_wanted.connect(scenarios.gallery_wanted.emit)
        scenarios.changed.connect(lambda lesson: panel.show_lesson(lesson, scenarios.language))
        panel.show_lesson(scenarios.lesson, scenarios.language)

        def show(_frame: Frame) -> None:
            if panel.lesson is not scenarios.lesson:  # something else has been opened
                panel.show_lesson(scenarios.lesson, scenarios.language)

        return Content(panel, show)

    def _plots(self) -> Content:
        from desktop.views.plots import TimePlots

        panel = TimePlots(self._look.theme)
        panel.thresholds = lambda: self._settings.thresholds
        return Content(panel, panel.show_frame)

    def _training(self) -> Content:
        from desktop.training.panel import TrainingPanel

        panel = TrainingPanel(self._look.theme, self._trainer, lambda: self._bridge.session.setup)
        return Content(panel, panel.show_frame)
