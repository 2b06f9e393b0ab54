"""Paints the words: headings of lanes, tokens, targets, losses, predictions."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from core.frame import LaneFrame, Phase, Prediction
from desktop.style.numbers_text import short_text
from desktop.style.theme import Theme, lane_colours
from desktop.views.unrolled.axis import pixel_near
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.geometry import LaneRows, Span, beside_line
from desktop.views.unrolled.paint_padding import end_of
from desktop.views.unrolled.scene import Scene, layers_of

CONTEXT = "UnrolledView"
NORM_PX = 52.0  # a number beside an arrow, with its arrow


def translated(text: str) -> str:
    """A text of this view in the reader's language."""
    return QCoreApplication.translate(CONTEXT, text)


def paint_headings(painter: QPainter, scene: Scene, chrome: Chrome, width: float) -> None:
    """Name, subtitle and what has been reached of every lane; a thin line between lanes."""
    for n, lane in enumerate(scene.lanes):
        rows, fonts = scene.rows.lanes[n], chrome.fonts
        middle, x = rows.heading.top + rows.heading.height / 2, 20.0 * scene.rows.scale
        if n:
            y = round(rows.top - 12.0 * scene.rows.scale) + 0.5
            painter.setPen(QPen(chrome.theme.line, 1.0))
            painter.drawLine(QPointF(x, y), QPointF(width - x, y))
        if len(scene.lanes) > 1:
            paint_lane_mark(painter, n, chrome.theme, QPointF(x + 5.0, middle))
            x += 17.0
        chrome.write(painter, lane.name, fonts.name, chrome.theme.text, x, middle, 0.0)
        x += chrome.word_width(lane.name, fonts.name) + 10
        said = "  \N{MIDDLE DOT}  ".join(part for part in (lane.subtitle, reached_text(scene, n)) if part)
        said = chrome.fitted(said, fonts.text, max(0.0, width - x - 16))
        chrome.write(painter, said, fonts.text, chrome.theme.secondary, x, middle + 0.5, 0.0)


def paint_lane_mark(painter: QPainter, n: int, theme: Theme, middle: QPointF) -> None:
    """The mark and the colour that the curves of this lane have in the plots."""
    colours = lane_colours(theme)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours[n % len(colours)])
    if n % 4 == 0:
        painter.drawEllipse(middle, 4.5, 4.5)
        return
    square = ((-4, -4), (4, -4), (4, 4), (-4, 4))
    corners = (square, ((-4.5, -4), (4.5, -4), (0, 4.5)), ((0, -5), (5, 0), (0, 5), (-5, 0)))[n % 4 - 1]
    painter.drawPolygon(QPolygonF([middle + QPointF(x, y) for x, y in corners]))


def reached_text(scene: Scene, n: int) -> str:
    """How far the walk has come in a lane; for lanes beside the lead, how their gradients compare."""
    position, lit = scene.frame.position, scene.lit
    if position.phase is Phase.BACKWARD and lit is not None:
        if n:
            return _compared(scene.lanes[0], scene.lanes[n], lit.t)
        return translated("gradients have reached t = {t}").format(t=lit.t + 1) + _named(scene, lit.name)
    if position.phase is Phase.LOSS and lit is not None and not n:
        return translated("predictions are compared up to t = {t}").format(t=lit.t + 1)
    if position.phase is Phase.FORWARD and lit is not None and not n:
        return translated("values have reached t = {t}").format(t=lit.t + 1) + _named(scene, lit.name)
    return ""


def _named(scene: Scene, name: str) -> str:
    for block in scene.lanes[0].blocks:
        for track in block.tracks:
            if track.name == name:
                return f", {track.role or track.name}"
    return ""


def _compared(lead: LaneFrame, other: LaneFrame, t: int) -> str:
    """'8 times smaller' of the gradient of what the readout reads, at the same step."""
    ours, theirs = _top_norm(lead, t), _top_norm(other, t)
    if not (ours > 0 and theirs > 0 and math.isfinite(ours) and math.isfinite(theirs)):
        return ""
    if max(ours, theirs) < 1.15 * min(ours, theirs):
        return translated("\u2016\u2202L/\u2202h\u2016 at the same place: about as large")
    word = translated("smaller") if theirs < ours else translated("larger")
    times = short_text(max(ours, theirs) / min(ours, theirs))
    return translated("\u2016\u2202L/\u2202h\u2016 at the same place: {times} times {word}").format(
        times=times, word=word
    )


def _top_norm(lane: LaneFrame, t: int) -> float:
    layers = layers_of(lane)
    states = [track for track in layers[-1].tracks if track.is_state] if layers else []
    if not states or t >= len(states[-1].adjoint_norms):
        return math.nan
    return float(states[-1].adjoint_norms[t])


def paint_words(painter: QPainter, scene: Scene, chrome: Chrome, first: int, last: int) -> None:
    """Token, time step, target, loss and prediction of columns first <= t < last."""
    for n, lane in enumerate(scene.lanes):
        for t in range(max(first, lane.first), min(last, lane.last)):
            _paint_column(painter, scene, chrome, lane, scene.rows.lanes[n], t)


def _paint_column(painter: QPainter, scene: Scene, chrome: Chrome, lane: LaneFrame, rows: LaneRows, t: int) -> None:
    theme, fonts, x, row = chrome.theme, chrome.fonts, scene.axis.middle_of(t), t - lane.first
    here = scene.lit is not None and scene.lit.t == t
    room = scene.axis.width_of(t) - 6
    if t >= end_of(lane):
        _paint_padding_word(painter, chrome, lane, rows, t, x, room)
        return
    if rows.token.height:
        token = chrome.fitted(visible_token(lane.tokens[row]), fonts.bold if here else fonts.text, room)
        chrome.write(painter, token, fonts.bold if here else fonts.text, theme.text, x, _middle(rows.token), 0.5)
        number = f"t = {t + 1}" if room >= 40 else str(t + 1)
        chrome.write(painter, number, fonts.tiny, theme.secondary, x, _middle(rows.t), 0.5)
    if lane.targets[row] and rows.target.height:
        _paint_target(painter, chrome, lane.targets[row], x, _middle(rows.target), room)
    if rows.layers and t < len(lane.losses) and not math.isnan(lane.losses[t]):
        y = beside_line(rows.layers[-1].top, rows.pill.bottom, scene.rows.scale)
        _paint_loss(painter, chrome, float(lane.losses[t]), x - 8, y, room)
    prediction = lane.predictions[row]
    lit = here and lane is scene.lanes[0] and scene.lit is not None and scene.lit.layer < 0
    if prediction is None and (lane.targets[row] or lit):
        _paint_empty_pill(painter, chrome, x, _middle(rows.pill), room, lit)
    if prediction is not None and prediction.right is None and not lane.targets[row] and not lit:
        _paint_aside(painter, chrome, prediction, x, _middle(rows.pill), room)
    elif prediction is not None:
        paint_pill(painter, chrome, prediction, QPointF(x, _middle(rows.pill)), room, lit)


def _paint_padding_word(
    painter: QPainter, chrome: Chrome, lane: LaneFrame, rows: LaneRows, t: int, x: float, room: float
) -> None:
    """What stands in place of a token behind the end of a sequence; the word once, and the time step as everywhere."""
    if rows.token.height:
        word = chrome.fitted(translated("padding"), chrome.fonts.small, room) if t == end_of(lane) else "\N{EN DASH}"
        chrome.write(painter, word, chrome.fonts.small, chrome.theme.secondary, x, _middle(rows.token), 0.5)
        chrome.write(painter, str(t + 1), chrome.fonts.tiny, chrome.theme.secondary, x, _middle(rows.t), 0.5)


def _paint_aside(painter: QPainter, chrome: Chrome, prediction: Prediction, x: float, y: float, room: float) -> None:
    """What the readout says where nobody asks: without a pill, so that the answers stand out."""
    font, full = chrome.fonts.small, prediction.label
    if prediction.probability is not None:
        full = f"{prediction.label} {prediction.probability:.2f}"
    text = full if chrome.word_width(full, font) <= room else chrome.fitted(prediction.label, font, room)
    chrome.write(painter, text, font, chrome.theme.secondary, x, y, 0.5)


def visible_token(token: str) -> str:
    """A token of which something is seen, also where it is a blank."""
    return {"": "\N{EMPTY SET}", " ": "\N{OPEN BOX}", "\n": "\u21b5", "\t": "\u21e5"}.get(token, token)


def _paint_empty_pill(painter: QPainter, chrome: Chrome, x: float, y: float, room: float, lit: bool) -> None:
    """The place of a prediction that is not made yet."""
    high, wide = round(chrome.line_height(chrome.fonts.text) + 5), round(min(44.0, max(20.0, room)))
    painter.setPen(QPen(chrome.theme.accent, 1.5) if lit else QPen(chrome.theme.line, 1.0))
    painter.setBrush(chrome.hatch)
    painter.drawRoundedRect(
        QRectF(pixel_near(x - wide / 2) + 0.5, round(y - high / 2) + 0.5, wide, high), high / 2, high / 2
    )


def _paint_target(painter: QPainter, chrome: Chrome, target: str, x: float, y: float, room: float) -> None:
    text = translated("target {word}").format(word=target)
    if chrome.word_width(text, chrome.fonts.small) > room:
        text = chrome.fitted(target, chrome.fonts.small, room)
    chrome.write(painter, text, chrome.fonts.small, chrome.theme.secondary, x, y, 0.5)


def _paint_loss(painter: QPainter, chrome: Chrome, loss: float, right: float, y: float, room: float) -> None:
    """The loss at the left of the line from the cell to its prediction."""
    font, number = chrome.fonts.tiny, short_text(loss)
    for text in (translated("loss {number}").format(number=number), number):
        # at the left the neighbour's line stands with the norm of its gradient beside it
        if chrome.word_width(text, font) <= max(room / 2 - 6, room - NORM_PX):
            chrome.write(painter, text, font, chrome.theme.secondary, right, y, 1.0)
            return


def paint_pill(
    painter: QPainter, chrome: Chrome, prediction: Prediction, middle: QPointF, room: float, lit: bool
) -> None:
    """What the readout says, in a pill; a tick where it is right, a cross and a broken outline where it is wrong."""
    theme, font = chrome.theme, chrome.fonts.bold if lit else chrome.fonts.text
    text, wide = _pill_text(chrome, prediction, room, font)
    high = chrome.line_height(chrome.fonts.text) + 5
    rect = QRectF(pixel_near(middle.x() - wide / 2) + 0.5, round(middle.y() - high / 2) + 0.5, round(wide), round(high))
    pen = QPen(theme.accent if lit else theme.strong_line, 1.5 if lit else 1.0)
    if prediction.right is False and not lit:
        pen = QPen(theme.warning, 1.0, Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(theme.accent_tint if lit else theme.panel)
    painter.drawRoundedRect(rect, high / 2, high / 2)
    mark = prediction.right is not None
    x = rect.center().x() - (7.5 if mark and text else 0)
    if text:
        chrome.write(painter, text, font, theme.accent if lit else theme.text, x, rect.center().y(), 0.5)
    if mark:
        at = QPointF(rect.right() - 13 if text else rect.center().x(), rect.center().y())
        paint_mark(painter, at, bool(prediction.right), theme.good if prediction.right else theme.warning)


def _pill_text(chrome: Chrome, prediction: Prediction, room: float, font: QFont) -> tuple[str, float]:
    """As much of the prediction as there is room for, and the width of the pill."""
    extra = 32.0 if prediction.right is not None else 18.0
    full = prediction.label
    if prediction.probability is not None:
        full = f"{prediction.label} {prediction.probability:.2f}"
    for text in (full, prediction.label):
        if chrome.word_width(text, font) + extra <= max(room, 30.0) + 4:
            return text, chrome.word_width(text, font) + extra
    if room - extra >= 22:
        text = chrome.fitted(prediction.label, font, room - extra)
        return text, chrome.word_width(text, font) + extra
    return "", chrome.line_height(chrome.fonts.text) + 5


def paint_mark(painter: QPainter, middle: QPointF, right: bool, colour: QColor) -> None:
    """A tick or a cross, drawn so that no font need have it."""
    painter.setPen(QPen(colour, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    if right:
        tick = [QPointF(-3.6, 0.4), QPointF(-1.0, 3.0), QPointF(3.6, -3.0)]
        painter.drawPolyline(QPolygonF([middle + point for point in tick]))
        return
    painter.drawLine(middle + QPointF(-2.8, -2.8), middle + QPointF(2.8, 2.8))
    painter.drawLine(middle + QPointF(-2.8, 2.8), middle + QPointF(2.8, -2.8))


def _middle(span: Span) -> float:
    return span.top + span.height / 2
