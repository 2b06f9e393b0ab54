"""What the middle of the window can show, as tabs beside the menus: the walk, the laboratory, the scenarios."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSignalBlocker, Qt
from PySide6.QtWidgets import QMenuBar, QTabBar, QWidget

from desktop.style.theme import scaled, ui_font

WALK, LABORATORY, SCENARIOS = range(3)


class PageTabs(QTabBar):
    """Follows what is shown, also where a key or a menu chose it; a click shows a page."""

    def __init__(self, pages: tuple[tuple[str, str, Callable[[], object]], ...], parent: QWidget | None = None) -> None:
        """``pages``: name, what its tooltip says, and what shows it."""
        super().__init__(parent)
        self.setObjectName("page_tabs")
        self.setAccessibleName(self.tr("What the middle shows"))
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for name, tip, _ in pages:
            self.setTabToolTip(self.addTab(name), tip)
        self._shows = [show for _, _, show in pages]
        self._bar: QMenuBar | None = None
        self.currentChanged.connect(lambda number: self._shows[number]())

    def show_page(self, number: int) -> None:
        """Mark this page as the one that is seen; shows nothing."""
        with QSignalBlocker(self):
            self.setCurrentIndex(number)

    def set_size(self) -> None:
        """As large as the type is now."""
        self.setFont(ui_font(12.5))
        self._fit()

    def stand_in(self, bar: QMenuBar) -> None:
        """Stand at the end of a menu bar, as long as all menus have room beside."""
        self._bar = bar
        bar.setCornerWidget(self)
        bar.installEventFilter(self)
        self.set_size()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give way, or come back, when the bar has another width."""
        if event.type() == QEvent.Type.Resize and watched is self._bar:
            self._fit()
        return False

    def _fit(self) -> None:
        if self._bar is not None:
            menus = sum(self._bar.actionGeometry(action).width() for action in self._bar.actions())
            self.setVisible(menus + self.sizeHint().width() + round(scaled(24)) <= self._bar.width())


def attach_page_tabs(window: Any) -> PageTabs:
    """The tabs of a main window, at the end of its menu bar."""
    middle, scenarios, laboratory = window.middle, window.scenario_pages, window.commands["show_laboratory"]

    def show(wanted: bool) -> None:
        scenarios.close_gallery()
        if middle.shows_laboratory != wanted:
            middle.show_laboratory(wanted)

    def gallery() -> None:
        if not scenarios.shows_gallery:
            scenarios.show_gallery()

    tabs = PageTabs(
        (
            (tr("Walk"), tr("The unrolled network"), lambda: show(False)),
            (tr("Laboratory"), laboratory.toolTip(), lambda: show(True)),
            (tr("Scenarios"), window.commands["open_gallery"].toolTip(), gallery),
        ),
        window,
    )

    def follow(_number: int = 0) -> None:
        seen = SCENARIOS if scenarios.shows_gallery else LABORATORY if middle.shows_laboratory else WALK
        tabs.show_page(seen)
        laboratory.setChecked(middle.shows_laboratory)

    middle.currentChanged.connect(follow)
    tabs.stand_in(window.menuBar())
    window.look.worn.connect(lambda _theme: tabs.set_size())
    return tabs


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("PageTabs", text)
