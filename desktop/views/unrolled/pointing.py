"""What lies under a point of the view, and what to say about it. No painting."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from PySide6.QtCore import QPointF, QRectF

from core.frame import Arrival, BlockFrame, Detail, LaneFrame, Track
from desktop.style.numbers_text import number_text, short_text
from desktop.views.unrolled.boxes import box_left
from desktop.views.unrolled.edges import edges_of
from desktop.views.unrolled.geometry import LaneRows
from desktop.views.unrolled.legend import legend_rect, legend_words
from desktop.views.unrolled.map_bands import bands_of
from desktop.views.unrolled.paint_labels import translated
from desktop.views.unrolled.paint_padding import end_of
from desktop.views.unrolled.scene import Scene, layers_of


class Spot(msgspec.Struct, frozen=True):
    """A place of the picture: a kind, the lane, the path and the step it belongs to."""

    kind: str  # "value", "cell", "token", "target", "prediction", "edge", "column"
    lane: int
    path: str  # "" where no variable is meant
    t: int
    unit: int | None = None
    delay: int = 1  # of an edge: over how many steps it runs


def spot_at(scene: Scene, point: QPointF) -> Spot | None:
    """The place under a point, None outside of all columns."""
    column = scene.axis.column_at(point.x())
    t = math.floor(column)
    if t in (-1, scene.length) and scene.detail is not Detail.MAP:
        return _initial_at(scene, min(max(t, 0), scene.length - 1), point)
    if not 0 <= t < scene.length or (scene.detail is Detail.MAP and point.x() < scene.axis.left):
        return None
    for n, rows in enumerate(scene.rows.lanes):
        if rows.top <= point.y() <= rows.bottom + 6:
            return _spot_in_lane(scene, n, rows, t, point)
    return Spot("column", 0, "", t)


def _initial_at(scene: Scene, t: int, point: QPointF) -> Spot | None:
    """An edge from an initial value, which begins outside of all columns."""
    found = (_edge_at(scene, n, t, point) for n in range(len(scene.lanes)))
    return next((spot for spot in found if spot is not None and spot.kind == "initial"), None)


def _spot_in_lane(scene: Scene, n: int, rows: LaneRows, t: int, point: QPointF) -> Spot:
    y = point.y()
    for layer, span in enumerate(rows.layers):
        if span.top <= y < span.bottom:
            inside = _in_map(scene, n, layer, t, point) if scene.detail is Detail.MAP else None
            return inside or _in_cell(scene, n, layer, t, point)
    if rows.target.height and rows.target.top <= y < rows.target.bottom:
        return Spot("target", n, "target", t)
    if y >= rows.token.top:
        return Spot("token", n, "input", t)
    edge = _edge_at(scene, n, t, point) if scene.detail is not Detail.MAP else None
    if edge is not None:
        return edge
    if rows.pill.top <= y < rows.pill.bottom:
        return Spot("prediction", n, "head", t)
    return Spot("column", n, "", t)


def _in_cell(scene: Scene, n: int, layer: int, t: int, point: QPointF) -> Spot:
    """A strip if one is under the point, else the cell, else the edge in the gap."""
    box, span = scene.boxes[n, layer], scene.rows.lanes[n].layers[layer]
    block = layers_of(scene.lanes[n])[layer]
    x = point.x() - box_left(scene.axis, t, box)
    if not 0 <= x <= (box.width if t != scene.axis.focus else scene.axis.focus_px - box.gap):
        return _edge_at(scene, n, t, point) or Spot("column", n, "", t)
    m = math.floor((x - box.first_px) / box.step_px) if box.step_px > 0 else 0
    if t == scene.axis.focus or not 0 <= m < len(block.tracks):
        return Spot("cell", n, "", t)
    track = block.tracks[m]
    y = point.y() - span.top - box.strips.top
    if not 0 <= y < box.strips.height:
        return Spot("value", n, track.path, t)
    units = track.values.shape[1]
    return Spot("value", n, track.path, t, min(units - 1, int(y / box.strips.height * units)))


def _in_map(scene: Scene, n: int, layer: int, t: int, point: QPointF) -> Spot | None:
    span = scene.rows.lanes[n].layers[layer]
    for band in bands_of(layers_of(scene.lanes[n])[layer], span, scene.rows.scale):
        if band.span.top <= point.y() < band.span.bottom + 3:
            units = band.track.values.shape[1]
            unit = min(units - 1, int((point.y() - band.span.top) / band.span.height * units))
            return Spot("value", n, band.track.path, t, None if band.of_gradient else unit)
    return Spot("column", n, "", t)


def _edge_at(scene: Scene, n: int, t: int, point: QPointF) -> Spot | None:
    for edge in edges_of(scene, t, t + 1):
        if edge.key[0] == n and edge.is_near(point.x(), point.y()):
            return Spot("initial" if edge.initial else "edge", n, edge.key[2], edge.t, delay=edge.key[3])
    return None


def tip_at(scene: Scene, point: QPointF, whole: QRectF) -> str:
    """What a tooltip says at a point of a view as large as ``whole``."""
    if legend_rect(scene, whole).contains(point):
        return legend_words(scene)
    return words_for(scene, spot_at(scene, point))


def words_for(scene: Scene, spot: Spot | None) -> str:
    """What a tooltip says about a place; "" for nothing."""
    if spot is None or spot.lane >= len(scene.lanes):
        return ""
    lane = scene.lanes[spot.lane]
    if not lane.first <= spot.t < lane.last:
        return ""
    if spot.kind == "value":
        return _value_words(scene, lane, spot)
    if spot.kind == "initial":
        return translated("initial {name}").format(name=spot.path.rpartition("/")[2])
    if spot.kind == "edge":
        return _edge_words(scene, lane, spot)
    token = lane.tokens[spot.t - lane.first]
    lines = [f"t = {spot.t + 1}: {token}"]
    if lane.targets[spot.t - lane.first]:
        lines.append(translated("target {word}").format(word=lane.targets[spot.t - lane.first]))
    prediction = lane.predictions[spot.t - lane.first]
    if prediction is not None:
        verdict = {True: translated(", right"), False: translated(", wrong"), None: ""}[prediction.right]
        chance = "" if prediction.probability is None else f" {prediction.probability:.3f}"
        lines.append(translated("prediction {word}").format(word=prediction.label + chance + verdict))
    if spot.t < len(lane.losses) and not math.isnan(lane.losses[spot.t]):
        lines.append(translated("loss {number}").format(number=number_text(float(lane.losses[spot.t]))))
    return "\n".join(lines)


def track_at(lane: LaneFrame, path: str) -> tuple[BlockFrame, Track] | None:
    """The block and the variable of a path."""
    for block in lane.blocks:
        for track in block.tracks:
            if track.path == path:
                return block, track
    return None


def _value_words(scene: Scene, lane: LaneFrame, spot: Spot) -> str:
    found = track_at(lane, spot.path)
    if found is None:
        return ""
    track, row = found[1], spot.t - lane.first
    role = f", {track.role}" if track.role else ""
    lines = [f"{track.name}{role}, t = {spot.t + 1}: \N{LEFT DOUBLE QUOTATION MARK}{lane.tokens[row]}\u201d"]
    if not track.reached[row]:
        lines.append(translated("padding") if spot.t >= end_of(lane) else translated("not computed yet"))
    else:
        values = track.values[row]
        if spot.unit is not None:
            text = translated("unit {unit}: {value}")
            lines.append(text.format(unit=spot.unit + 1, value=number_text(float(values[spot.unit]))))
        low, high = (short_text(float(edge)) for edge in (np.min(values), np.max(values)))
        norm = short_text(float(track.value_norms[spot.t]))
        lines.append(translated("{low} to {high}, norm {norm}").format(low=low, high=high, norm=norm))
    lines.append(_gradient_words(track, row, spot.t))
    return "\n".join(line for line in lines if line)


def _gradient_words(track: Track, row: int, t: int) -> str:
    if track.arrived[row] == Arrival.NONE:
        return ""
    partly = translated(" so far; more is to come") if track.arrived[row] == Arrival.PARTLY else ""
    norm = short_text(float(track.adjoint_norms[t]))
    return f"\u2016\u2202L/\u2202{track.name}\u2016 = {norm}{partly}"


def _edge_words(scene: Scene, lane: LaneFrame, spot: Spot) -> str:
    name = spot.path.rpartition("/")[2]
    for edge in edges_of(scene, spot.t, spot.t + 1):
        if (edge.key[0], *edge.key[2:]) == (spot.lane, spot.path, spot.delay, spot.t):
            past = spot.t + 1 + (spot.delay if edge.x1 < edge.x0 else -spot.delay)
            if math.isnan(edge.norm):
                text = translated("{name} of t = {past}, read at t = {t}")
                return text.format(name=name, past=past, t=spot.t + 1)
            text = translated("gradient sent from t = {t} to {name} of t = {past}: norm {norm}")
            return text.format(name=name, past=past, t=spot.t + 1, norm=number_text(edge.norm))
    return ""
