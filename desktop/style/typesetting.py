"""Typeset formulas as pictures, from a cache that a worker thread fills.

Painting never waits: what is not ready is None, the caller draws ``plain_text`` instead, and ``ready`` tells when to
paint again. Formulas are typeset once per text and scale to every size, colour and screen.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from math import ceil
from pathlib import Path

import msgspec
from PySide6.QtCore import QByteArray, QObject, QRectF, QStandardPaths, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from desktop.style.formula_svg import REFERENCE_PX, Box, FormulaSvg, measured, recoloured, typeset
from desktop.style.plain_maths import plain_text

__all__ = ["Formula", "Typesetter", "default_cache_folder", "plain_text"]

CACHE_VERSION = "2"
MOST_TEXTS = 2000
MOST_PICTURES = 400
MOST_WAITING = 48  # what scrolled by long ago need not be typeset any more
REGION_MARGIN_PX = 2.0


class Formula(msgspec.Struct, frozen=True, eq=False):
    """A typeset formula, lengths in logical pixels; the baseline is measured from the top."""

    pixmap: QPixmap
    width: float
    height: float
    baseline: float
    regions: tuple[tuple[str, QRectF], ...]  # path of each marked reference and where it stands

    def path_at(self, x: float, y: float) -> str:
        """The path of the innermost reference at a place in the picture, or ""."""
        hits = [(area.width() * area.height(), path) for path, area in self.regions if area.contains(x, y)]
        return min(hits)[1] if hits else ""


def default_cache_folder() -> Path:
    """Where typeset formulas are kept between sessions."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.CacheLocation)) / "formulas"


class Typesetter(QObject):
    """Pictures of formulas; the composition root makes one, hands it to the views, and closes it."""

    ready = Signal(object)  # the LaTeX text whose picture can be had now
    _typeset = Signal(object, object)  # from the worker: text, SVG or None

    def __init__(self, parent: QObject | None = None, cache_folder: Path | None = None) -> None:
        super().__init__(parent)
        self._folder = cache_folder
        self._formulas: OrderedDict[str, FormulaSvg | None] = OrderedDict()  # None: cannot be typeset
        self._pictures: OrderedDict[tuple, Formula] = OrderedDict()
        self._waiting: deque[str] = deque()
        self._asked: set[str] = set()
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._closed = False
        self._typeset.connect(self._keep, Qt.ConnectionType.QueuedConnection)

    def picture(self, latex: str, colour: QColor, size_px: float, device_pixel_ratio: float = 1.0) -> QPixmap | None:
        """The formula as a picture, or None while it is not ready."""
        formula = self.formula(latex, colour, size_px, device_pixel_ratio)
        return formula.pixmap if formula else None

    def formula(
        self,
        latex: str,
        colour: QColor,
        size_px: float,
        device_pixel_ratio: float = 1.0,
        highlight: Mapping[str, QColor] | None = None,
    ) -> Formula | None:
        """The formula with its metrics and clickable regions, references of ``highlight`` in their colours."""
        colours = {path: mark.name() for path, mark in (highlight or {}).items()}
        key = (latex, colour.name(), round(size_px, 2), device_pixel_ratio, tuple(sorted(colours.items())))
        if key in self._pictures:
            self._pictures.move_to_end(key)
            return self._pictures[key]
        known = self._known(latex)
        if known is None:
            return None
        made = _rendered(known, recoloured(known, colour.name(), colours), size_px, device_pixel_ratio)
        _remember(self._pictures, key, made, MOST_PICTURES)
        return made

    def prepare(self, *texts: str) -> None:
        """Start typesetting formulas that will be wanted soon."""
        for latex in reversed(texts):
            self._known(latex)

    def close(self) -> None:
        """Drop what is waiting and let the worker end."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            worker = self._worker
        if worker is not None:
            worker.join()

    def _known(self, latex: str) -> FormulaSvg | None:
        """From memory, else from disk; else ask the worker for it."""
        if latex in self._formulas:
            self._formulas.move_to_end(latex)
            return self._formulas[latex]
        if latex in self._asked:
            return None
        stored = self._read(latex)
        if stored is None:
            self._ask(latex)
            return None
        _remember(self._formulas, latex, stored, MOST_TEXTS)
        return stored

    def _ask(self, latex: str) -> None:
        with self._lock:
            if self._closed:
                return
            self._asked.add(latex)
            self._waiting.append(latex)
            while len(self._waiting) > MOST_WAITING:
                self._asked.discard(self._waiting.popleft())
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="typesetter", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        """In the worker thread: the newest wish first, until none is left."""
        while True:
            with self._lock:
                if self._closed or not self._waiting:
                    self._worker = None
                    return
                latex = self._waiting.pop()
            try:
                svg: str | None = typeset(latex)
            except Exception:  # noqa: BLE001 - whatever the typesetter cannot read stays plain text
                svg = None
            with self._lock:
                if self._closed:
                    return
                try:
                    self._typeset.emit(latex, svg)
                except RuntimeError:  # Qt has deleted this object before anyone closed it
                    return

    def _keep(self, latex: str, svg: str | None) -> None:
        """In the interface thread: take what the worker has made."""
        self._asked.discard(latex)
        _remember(self._formulas, latex, _measured_or_none(latex, svg), MOST_TEXTS)
        if svg is not None:
            self._write(latex, svg)
            self.ready.emit(latex)

    def _file(self, latex: str) -> Path | None:
        """Where a formula is kept; numbers change with every step and are not."""
        if self._folder is None or re.search(r"\d\.\d", latex):
            return None
        import hashlib  # with its cryptography it takes as long to load as a dozen other modules

        name = hashlib.sha256(f"{CACHE_VERSION}\n{REFERENCE_PX}\n{latex}".encode()).hexdigest()[:32]
        return self._folder / f"{name}.svg"

    def _read(self, latex: str) -> FormulaSvg | None:
        file = self._file(latex)
        try:
            return _measured_or_none(latex, file.read_text("utf-8")) if file else None
        except (OSError, UnicodeDecodeError):
            return None

    def _write(self, latex: str, svg: str) -> None:
        file = self._file(latex)
        if file is None:
            return
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            half = file.with_suffix(".part")
            half.write_text(svg, "utf-8")
            half.replace(file)
        except OSError:  # a cache that cannot be written only costs time
            self._folder = None


def _measured_or_none(latex: str, svg: str | None) -> FormulaSvg | None:
    try:
        return measured(latex, svg) if svg is not None else None
    except ValueError:
        return None


def _rendered(formula: FormulaSvg, svg: str, size_px: float, ratio: float) -> Formula:
    """The picture at a size of text, on whole device pixels."""
    scale = size_px / REFERENCE_PX
    width = max(1, ceil((formula.view.right - formula.view.left) * scale * ratio))
    height = max(1, ceil((formula.view.bottom - formula.view.top) * scale * ratio))
    pixmap = QPixmap(width, height)
    pixmap.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    renderer.setViewBox(QRectF(formula.view.left, formula.view.top, width / (scale * ratio), height / (scale * ratio)))
    painter = QPainter(pixmap)
    renderer.render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    regions = tuple(
        (mark.path, _region(box, formula.view, scale))
        for mark, box in zip(formula.marks, formula.boxes, strict=True)
        if box is not None
    )
    return Formula(pixmap, width / ratio, height / ratio, -formula.view.top * scale, regions)


def _region(box: Box, view: Box, scale: float) -> QRectF:
    """A box as a hit area in the picture, a little larger than what is drawn."""
    width, height = (box.right - box.left) * scale, (box.bottom - box.top) * scale
    area = QRectF((box.left - view.left) * scale, (box.top - view.top) * scale, width, height)
    return area.adjusted(-REGION_MARGIN_PX, -REGION_MARGIN_PX, REGION_MARGIN_PX, REGION_MARGIN_PX)


def _remember(store: OrderedDict, key: object, value: object, most: int) -> None:
    store[key] = value
    while len(store) > most:
        store.popitem(last=False)
