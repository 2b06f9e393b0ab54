"""Pictures of scenarios for their cards: the whole walk, drawn as the window draws it, kept on disk by content."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter

from core.errors import GatewalkError
from core.frame import Cursor, Frame, Phase, View
from core.reveal import frame_at
from core.scenario import read_scenario
from core.scenario_session import session_of_scenario
from desktop.gallery.cards import Card
from desktop.style.theme import Theme
from desktop.views.unrolled import UnrolledView
from desktop.walking.worker import Result, Worker

KEPT = QSize(704, 396)
DRAWN = (QSize(608, 342), QSize(720, 405), QSize(880, 495))  # so large a window would be, by the number of lanes
FORMAT = 2  # to be raised where drawings look otherwise, so that the old ones are not shown again
KINDS = {"en": ".en", "zh": ".zh"}


class Wanted(msgspec.Struct, frozen=True):
    """A picture that is awaited."""

    key: str
    file: Path


class Thumbnails(QObject):
    """Gives pictures one after the other. Numbers are computed beside the window, only painting is done in it."""

    made = Signal(object)  # (key, QImage)
    failed = Signal(object)  # (key, sentence): the scenario cannot be opened

    def __init__(self, folder: Path, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder, self._theme = folder, theme
        self._worker = Worker(self)
        self._worker.finished.connect(self._show)
        self._drawing: UnrolledView | None = None

    def set_theme(self, theme: Theme) -> None:
        """Draw the next ones in these colours."""
        self._theme, self._drawing = theme, None
        self._worker.cancel_all()

    def ask(self, card: Card, language: str) -> None:
        """Give this picture soon: at once where it is kept."""
        file = self._folder / f"{FORMAT}-{self._theme.name}-{card.digest()}{KINDS[language]}.png"
        image = QImage(str(file)) if file.is_file() else QImage()
        if not image.isNull():
            self.made.emit((card.key, image))
            return
        self._worker.submit(Wanted(card.key, file), lambda _cancelled: frame_of(card.key, language))

    def close(self) -> None:
        """End the thread."""
        self._worker.close()

    def _show(self, result: Result) -> None:
        wanted = result.tag
        if isinstance(result.error, GatewalkError):
            self.failed.emit((wanted.key, str(result.error)))
        elif result.error is None:
            image = self._painted(result.value)
            _keep(image, wanted.file)
            self.made.emit((wanted.key, image))

    def _painted(self, frame: Frame) -> QImage:
        if self._drawing is None:
            self._drawing = UnrolledView()
            self._drawing.set_animation_ms(0)
            self._drawing.set_theme(self._theme)
        size = DRAWN[min(len(frame.lanes), len(DRAWN)) - 1]
        self._drawing.resize(size)
        self._drawing.show_frame(frame)
        self._drawing.fit()
        image = QImage(2 * size, QImage.Format.Format_RGB32)
        image.fill(self._theme.background)
        painter = QPainter(image)
        painter.scale(2.0, 2.0)
        self._drawing.paint_picture(painter, 2.0)
        painter.end()
        smooth = Qt.TransformationMode.SmoothTransformation
        return image.scaled(KEPT, Qt.AspectRatioMode.KeepAspectRatio, smooth)


def frame_of(name_or_path: str, language: str) -> Frame:
    """The frame at the end of the walk back, else at the end of the walk. Raises GatewalkError."""
    session = session_of_scenario(read_scenario(name_or_path), language)
    timeline, walked = session.timeline, (Phase.FORWARD, Phase.LOSS, Phase.BACKWARD)
    after = [phase for phase in timeline.phases if phase not in walked]
    session.go_to(Cursor(0, timeline.starts_phase(after[0]) if after else timeline.length))

    return frame_at(session, View())


def _keep(image: QImage, file: Path) -> None:
    """Write it, completely or not at all; without a place for it, it is drawn again the next time."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        if image.save(str(part), "PNG"):
            part.replace(file)
    except OSError:
        return
