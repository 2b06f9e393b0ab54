"""Pictures and data for other programs, written whole or not at all."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from core.errors import FileError
from core.files.replacing import writing
from core.files.trace_arrays import arrays_of, file_gradients
from core.origin import Origin
from core.run import Run
from desktop.style.theme import Theme
from desktop.views.unrolled import UnrolledView

PICTURES, TABLES = (".png", ".svg"), (".npz", ".csv")
SHARP = 2.0  # pixels of a picture for each one on screen
MAX_PIXELS = 200_000_000
_SUMS = ("param/", "grad/param/", "initial/", "grad/initial/")  # arrays without time steps


def write_picture(widget: QWidget, path: str | Path, *, scale: float = SHARP, theme: Theme | None = None) -> None:
    """Draw a widget into a PNG (``scale`` pixels for each one on screen) or an SVG (with text as text).

    ``theme``: other colours than those on screen; only for the unrolled view. Raises FileError.
    """
    target = _checked(path, PICTURES, "a picture")
    if widget.width() < 1 or widget.height() < 1:
        raise FileError(f"{target}: there is nothing to draw: the window has no size. Make it larger first.")
    data = _svg(widget, theme) if target.suffix.lower() == ".svg" else png_bytes(image_of(widget, scale, theme))
    with writing(target) as file:
        file.write(data)


def image_of(widget: QWidget, scale: float = 1.0, theme: Theme | None = None) -> QImage:
    """The picture of a widget, sharp at any scale. Raises FileError where it would be too large."""
    size = QSize(math.ceil(widget.width() * scale), math.ceil(widget.height() * scale))
    if not 0 < size.width() * size.height() <= MAX_PIXELS:
        raise FileError(
            f"The picture would have {size.width()} × {size.height()} pixels, expected 1 to {MAX_PIXELS:,} in all. "
            "Choose another scale."
        )
    image = QImage(size, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(0)
    _paint(widget, image, scale, theme)
    return image


def png_bytes(image: QImage) -> bytes:
    """The image as a PNG file. Raises FileError."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):
        raise FileError("The picture cannot be made into a PNG: there is not enough memory. Choose a smaller scale.")
    return bytes(buffer.data().data())


def _svg(widget: QWidget, theme: Theme | None) -> bytes:
    data = QByteArray()
    generator = QSvgGenerator()
    buffer = QBuffer(data)
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setViewBox(QRect(0, 0, widget.width(), widget.height()))
    generator.setResolution(widget.logicalDpiX())
    generator.setTitle("Gatewalk")
    generator.setDescription(widget.accessibleDescription())
    _paint(widget, generator, SHARP, theme)
    return bytes(data.data())


def _paint(widget: QWidget, device: QImage | QSvgGenerator, ratio: float, theme: Theme | None) -> None:
    """The unrolled view is painted anew, as its own pixmap would be blurred; anything else as Qt renders it."""
    painter = QPainter(device)
    try:
        if isinstance(widget, UnrolledView):
            widget.paint_picture(painter, ratio, theme)
        else:
            widget.render(painter, QPoint())
    finally:
        painter.end()


def write_data(run: Run, path: str | Path, *, tokens: tuple[str, ...] = (), origin: Origin | None = None) -> None:
    """Write what a run computed: all arrays under the keys of ``trace`` (.npz), or what has time steps (.csv).

    With the ``origin`` of the network the .npz also has the gradients of the file's tensors. Raises FileError.
    """
    target = _checked(path, TABLES, "data")
    arrays = arrays_of(run)
    with writing(target) as file:
        if target.suffix.lower() == ".npz":
            named = file_gradients(run, origin.names) if origin is not None else {}
            np.savez(file, **arrays, **named)  # type: ignore[arg-type]
        else:
            _write_table(file, run, arrays, tokens)


def _write_table(file: IO[bytes], run: Run, arrays: dict[str, NDArray[Any]], tokens: tuple[str, ...]) -> None:
    """One row a time step and sequence, one column a unit; empty where nothing is computed yet."""
    steps, batch = run.problem.steps, run.problem.batch_size
    columns = {key: array.reshape(steps, batch, -1) for key, array in arrays.items() if not key.startswith(_SUMS)}
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    table = csv.writer(text)
    text.writelines(f"# {line}\r\n" for line in _explanation(run))
    names = [f"{key}[{unit}]" for key, array in columns.items() for unit in range(array.shape[2])]
    table.writerow(["t", "sequence", "token", *names])
    for t, sample in np.ndindex(steps, batch):
        token = tokens[t] if sample == 0 and t < len(tokens) else ""
        row = np.concatenate([array[t, sample] for array in columns.values()])
        table.writerow([t, sample, token, *("" if math.isnan(value) else repr(value) for value in row.tolist())])
    text.flush()
    text.detach()


def _explanation(run: Run) -> Iterator[str]:
    """What somebody who finds the file has to know."""
    loss = f", {run.network.loss} loss" if run.network.loss else ""
    yield "Gatewalk: one row a time step (t) and sequence, both counted from 0; read with comment='#'"
    for block in run.network.blocks:
        cell = block.cell
        roles = [f"{name} {role}" for name, role in cell.definition.roles.items() if name in cell.variable_sizes]
        yield f"{block.name}: {cell.definition.name}, {cell.units} units{loss if block is run.network.head else ''}" + (
            f"; {', '.join(roles)}" if roles else ""
        )
    yield "l0/h[2] is unit 2 (from 0) of h in layer l0; grad/l0/h[2] is dL/d(l0/h[2]), L the sum of all losses"
    yield "empty: not computed yet (or not a number); parameters and initial values are in the .npz export"


def _checked(path: str | Path, endings: tuple[str, ...], what: str) -> Path:
    target = Path(path)
    if target.suffix.lower() not in endings:
        expected = " or ".join(endings)
        raise FileError(f"{target}: {what} is written as {expected}, got {target.suffix or 'no ending'!r}. Name it so.")
    return target
