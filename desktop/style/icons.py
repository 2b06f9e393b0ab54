"""Icons drawn from paths in the colours of a theme; crisp at every size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from types import MappingProxyType

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from desktop.style.theme import Theme, scaled

GRID = 24.0  # icons are designed on a square of 24 units
SIZE_PX = 20.0  # at which a toolbar shows them

LINE = 1.7
Places = tuple[tuple[float, float], ...]


def icon(name: str, theme: Theme) -> QIcon:
    """An icon by name; disabled faint, accent where its action is on."""
    result = QIcon()
    looks = (
        (QIcon.Mode.Normal, QIcon.State.Off, theme.text),
        (QIcon.Mode.Active, QIcon.State.Off, theme.text),
        (QIcon.Mode.Disabled, QIcon.State.Off, theme.faint),
        (QIcon.Mode.Disabled, QIcon.State.On, theme.faint),
        (QIcon.Mode.Normal, QIcon.State.On, theme.accent),
        (QIcon.Mode.Active, QIcon.State.On, theme.accent),
    )
    sizes = tuple(round(scaled(SIZE_PX) * density) for density in _densities())
    names = {colour.name() for *_, colour in looks}
    pictures = {(size, colour): icon_pixmap(name, QColor(colour), size) for size in sizes for colour in names}
    for mode, state, colour in looks:
        for size in sizes:
            result.addPixmap(pictures[size, colour.name()], mode, state)
    return result


def _densities() -> tuple[int, ...]:
    """Device pixels for each logical one, as far as a screen has them: drawing for others is a part of the start."""
    finest = max((ceil(screen.devicePixelRatio()) for screen in QGuiApplication.screens()), default=1)
    return tuple(range(1, finest + 1))


def icon_pixmap(name: str, colour: QColor, size_px: int) -> QPixmap:
    """An icon as a picture in one colour."""
    pixmap = QPixmap(size_px, size_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_icon(painter, name, QRectF(0, 0, size_px, size_px), colour)
    painter.end()
    return pixmap


def paint_icon(painter: QPainter, name: str, area: QRectF, colour: QColor) -> None:
    """Draw an icon into an area. Raises KeyError for a name that is not in ``NAMES``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(area.topLeft())
    painter.scale(area.width() / GRID, area.height() / GRID)
    pen = QPen(colour, LINE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _DRAWINGS[name](painter)
    painter.restore()


def _solid(painter: QPainter, *places: tuple[float, float]) -> None:
    """A filled polygon whose corners are rounded by its own pen."""
    painter.setBrush(painter.pen().color())
    painter.drawPolygon(_polygon(places))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _line(painter: QPainter, *places: tuple[float, float]) -> None:
    painter.drawPolyline(_polygon(places))


def _polygon(places: Places) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in places])


def _bar(painter: QPainter, x: float) -> None:
    painter.fillRect(QRectF(x, 5.6, 2.4, 12.8), painter.pen().color())


def _go_start(painter: QPainter) -> None:
    _bar(painter, 3.0)
    _solid(painter, (13.0, 7.0), (8.0, 12.0), (13.0, 17.0))
    _solid(painter, (20.0, 7.0), (15.0, 12.0), (20.0, 17.0))


def _step_back(painter: QPainter) -> None:
    _solid(painter, (14.0, 6.6), (6.6, 12.0), (14.0, 17.4))
    _bar(painter, 16.8)


def _pause(painter: QPainter) -> None:
    for x in (7.2, 13.4):
        painter.fillRect(QRectF(x, 5.6, 3.4, 12.8), painter.pen().color())


def _play(painter: QPainter) -> None:
    _solid(painter, (8.2, 6.0), (17.6, 12.0), (8.2, 18.0))


def _step_forward(painter: QPainter) -> None:
    _bar(painter, 4.8)
    _solid(painter, (10.0, 6.6), (17.4, 12.0), (10.0, 17.4))


def _go_end(painter: QPainter) -> None:
    _solid(painter, (4.0, 7.0), (9.0, 12.0), (4.0, 17.0))
    _solid(painter, (11.0, 7.0), (16.0, 12.0), (11.0, 17.0))
    _bar(painter, 18.6)


def _next_event(painter: QPainter) -> None:
    _solid(painter, (4.4, 7.4), (10.6, 12.0), (4.4, 16.6))
    painter.drawEllipse(QPointF(17.4, 12.0), 3.6, 3.6)
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(17.4, 12.0), 0.8, 0.8)


def _undo(painter: QPainter) -> None:
    path = QPainterPath(QPointF(5.0, 9.0))
    path.lineTo(14.0, 9.0)
    path.arcTo(QRectF(9.4, 9.0, 9.6, 9.6), 90, -180)
    path.lineTo(9.0, 18.6)
    painter.drawPath(path)
    _line(painter, (8.8, 5.0), (4.8, 9.0), (8.8, 13.0))


def _redo(painter: QPainter) -> None:
    painter.translate(GRID, 0.0)
    painter.scale(-1.0, 1.0)
    _undo(painter)


def _open(painter: QPainter) -> None:
    _line(painter, (4.0, 18.6), (4.0, 5.6), (9.4, 5.6), (11.6, 8.2), (19.0, 8.2), (19.0, 11.0))
    painter.drawPolygon(_polygon(((4.0, 18.6), (7.0, 11.2), (21.4, 11.2), (18.6, 18.6))))


def _save(painter: QPainter) -> None:
    _line(painter, (12.0, 4.0), (12.0, 14.4))
    _line(painter, (7.8, 10.4), (12.0, 14.6), (16.2, 10.4))
    _line(painter, (4.6, 15.4), (4.6, 19.4), (19.4, 19.4), (19.4, 15.4))


def _picture(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(3.6, 5.0, 16.8, 14.0), 1.6, 1.6)
    painter.drawEllipse(QPointF(8.4, 9.4), 1.3, 1.3)
    _line(painter, (4.4, 17.6), (9.4, 12.8), (12.4, 15.6), (15.6, 11.8), (19.8, 16.2))


def _data(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(3.6, 5.0, 16.8, 14.0), 1.6, 1.6)
    _line(painter, (3.6, 9.8), (20.4, 9.8))
    _line(painter, (3.6, 14.4), (20.4, 14.4))
    _line(painter, (9.4, 5.0), (9.4, 19.0))


def _bookmark(painter: QPainter) -> None:
    painter.drawPolygon(_polygon(((7.0, 4.4), (17.0, 4.4), (17.0, 19.6), (12.0, 15.4), (7.0, 19.6))))


def _fit(painter: QPainter) -> None:
    for x, dx in ((4.4, 4.6), (19.6, -4.6)):
        for y, dy in ((5.4, 4.2), (18.6, -4.2)):
            _line(painter, (x, y + dy), (x, y), (x + dx, y))
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(12.0, 12.0), 1.0, 1.0)


def _plus(painter: QPainter) -> None:
    _line(painter, (5.4, 12.0), (18.6, 12.0))
    _line(painter, (12.0, 5.4), (12.0, 18.6))


def _minus(painter: QPainter) -> None:
    _line(painter, (5.4, 12.0), (18.6, 12.0))


def _help(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(12.0, 12.0), 8.4, 8.4)
    path = QPainterPath(QPointF(9.5, 9.9))
    path.cubicTo(9.6, 6.4, 14.7, 6.6, 14.6, 9.8)
    path.cubicTo(14.5, 11.8, 12.0, 11.7, 12.0, 13.7)
    painter.drawPath(path)
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(12.0, 16.5), 0.4, 0.4)


def _close(painter: QPainter) -> None:
    _line(painter, (7.0, 7.0), (17.0, 17.0))
    _line(painter, (17.0, 7.0), (7.0, 17.0))


def _float(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(8.4, 5.6, 10.0, 10.0), 1.2, 1.2)
    _line(painter, (5.6, 9.4), (5.6, 18.4), (14.6, 18.4))


_DRAWINGS: Mapping[str, Callable[[QPainter], None]] = MappingProxyType(
    {
        "go_start": _go_start,
        "step_back": _step_back,
        "pause": _pause,
        "play": _play,
        "step_forward": _step_forward,
        "go_end": _go_end,
        "next_event": _next_event,
        "undo": _undo,
        "redo": _redo,
        "open": _open,
        "save": _save,
        "picture": _picture,
        "data": _data,
        "bookmark": _bookmark,
        "fit": _fit,
        "plus": _plus,
        "minus": _minus,
        "help": _help,
        "close": _close,
        "float": _float,
    }
)
NAMES = tuple(_DRAWINGS)
