"""The gallery and the lesson in one window: what is shown when, and who hears whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QWidget

from core import lesson as lessons
from core.scenario import Scenario
from core.words import Words, said
from desktop.documents.scenarios import Scenarios
from desktop.settings import Settings
from desktop.window.look import Look

if TYPE_CHECKING:
    from desktop.gallery.page import Gallery

BELOW = ("plots", "training")  # panels under the drawing
PANELS = {"parameters": "changes"}  # how a lesson calls a panel, where that is not the panel's own name
CHOOSE = Words("Open a scenario", "打开场景")
KINDS = Words("Scenarios (*.toml);;All files (*)", "场景 (*.toml);;所有文件 (*)")


class ScenarioPages(QObject):
    """``window`` is the main window; the gallery is loaded and made when it is first wanted."""

    def __init__(self, window: Any, scenarios: Scenarios, settings: Settings, thumbnails: Path, look: Look) -> None:
        super().__init__(window)
        self._window, self._scenarios, self._settings = window, scenarios, settings
        self._thumbnails, self._look = thumbnails, look
        self._before: QWidget | None = None
        self._aside: dict[str, bool] = {}  # panels that make room for the gallery, and whether they were in front
        self.gallery: Gallery | None = None
        look.worn.connect(lambda _theme: self._dress())
        window.files.at_close(self._close)
        window.files.at_leaving(self._put_back)
        window.middle.currentChanged.connect(
            lambda _number: self._put_aside() if self.shows_gallery else self._put_back()
        )
        scenarios.opened.connect(self._show_opened)
        scenarios.looked.connect(self._show_what)
        scenarios.gallery_wanted.connect(lambda _: self.show_gallery())
        scenarios.changed.connect(lambda _lesson: self._speak())

    @property
    def shows_gallery(self) -> bool:
        """Whether the gallery is what is seen."""
        return self.gallery is not None and self._window.middle.currentWidget() is self.gallery

    def open_after_paint(self) -> None:
        """Show the gallery once the window has been painted, which does not wait for it."""
        self._window.unrolled.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The first picture is there."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self.show_gallery)
        return False

    def show_gallery(self) -> None:
        """Put the gallery in the middle; where it is seen already, what was there before."""
        if self.shows_gallery:
            self.close_gallery()
            return
        if self.gallery is None:
            self.gallery = self._made()
        self._list()
        self._before = self._window.middle.currentWidget()
        self._window.middle.setCurrentWidget(self.gallery)
        self.gallery.focus_first()

    def close_gallery(self) -> None:
        """What was in the middle before."""
        if self.shows_gallery and self._before is not None:
            self._window.middle.setCurrentWidget(self._before)
            self._window.setFocus(Qt.FocusReason.OtherFocusReason)

    def _put_aside(self) -> None:
        """Panels that belong to the drawing make room."""
        panels = self._window.panels
        usual = panels.usual
        names = [name for name in BELOW if not panels[name].dock.isHidden() and not panels[name].dock.isFloating()]
        self._aside = {name: panels[name].seen for name in names}
        for name in names:
            panels[name].dock.hide()
        panels.usual = usual

    def _put_back(self) -> bool:
        """All panels as they were before; True, as nothing stands against leaving."""
        panels, aside, self._aside = self._window.panels, self._aside, {}
        usual = panels.usual
        for name in sorted(aside, key=lambda name: aside[name]):
            panels[name].dock.show()
            if aside[name]:
                panels[name].dock.raise_()
        panels.usual = usual
        if aside:
            panels.follow_size()
        return True

    def choose_file(self) -> None:
        """Ask for a scenario file and open it."""
        language = self._scenarios.language
        folder = next((str(Path(file).parent) for file in self._settings.scenario_files), str(Path.home()))
        file, _ = QFileDialog.getOpenFileName(self._window, said(CHOOSE, language), folder, said(KINDS, language))
        if file and not self._scenarios.open(file) and self.shows_gallery:
            self._list()

    def _dress(self) -> None:
        if self.gallery is not None:
            self.gallery.set_theme(self._look.theme)

    def _close(self) -> None:
        if self.gallery is not None:
            self.gallery.thumbnails.close()

    def _made(self) -> Gallery:
        from desktop.gallery.cards import own_cards, shipped_cards
        from desktop.gallery.page import Gallery

        settings = self._settings
        gallery = Gallery(
            self._look.theme, lambda: (*shipped_cards(), *own_cards(settings.scenario_files)), self._thumbnails
        )
        gallery.opened.connect(self._scenarios.open)
        gallery.file_wanted.connect(lambda _: self.choose_file())
        gallery.closed.connect(lambda _: self.close_gallery())
        gallery.language_chosen.connect(self._scenarios.set_language)
        gallery.at_start_chosen.connect(lambda wanted: setattr(settings, "gallery_at_start", wanted))
        self._window.middle.addWidget(gallery)
        return gallery

    def _list(self) -> None:
        if self.gallery is not None:
            self.gallery.show_cards(self._scenarios.language, self._settings.gallery_at_start)

    def _speak(self) -> None:
        """The language may be another one."""
        if self.shows_gallery:
            self._list()

    def _show_opened(self, scenario: Scenario) -> None:
        self._window.middle.setCurrentWidget(self._window.unrolled)
        self._window.commands["show_laboratory"].setChecked(False)
        self._window.setFocus(Qt.FocusReason.OtherFocusReason)
        self._window.unrolled.fit()
        if scenario.settings.lesson:
            self._bring_forward("lesson")
            self._window.panels.follow_size()

    def _show_what(self, look: lessons.Look) -> None:
        """Show the panel and the picture that a step of a lesson is about."""
        if look.panel is not None:
            self._bring_forward(PANELS.get(look.panel, look.panel))
        laboratory = look.laboratory is not None
        if laboratory != self._window.middle.shows_laboratory:
            self._window.commands["show_laboratory"].setChecked(laboratory)
            self._window.toggle_laboratory()
        if look.laboratory is not None:
            QTimer.singleShot(0, self, lambda: self._turn_to(look.laboratory or ""))

    def _turn_to(self, name: str) -> None:
        pictures = self._window.middle.laboratory.pictures
        for number, picture in enumerate(pictures):
            if type(picture).__module__.rpartition(".")[2] == name:
                self._window.middle.laboratory.turn_to(number)

    def _bring_forward(self, name: str) -> None:
        dock = self._window.panels[name].dock
        dock.show()
        dock.raise_()
