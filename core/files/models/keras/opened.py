"""Opens Keras's files: ``.keras``, ``.weights.h5`` and the older ``.h5``. Keras itself is not needed."""

from __future__ import annotations

from pathlib import Path

from core.errors import DataError, ShapeError
from core.files.models.keras.file import read_keras_file
from core.files.models.keras.model import opened
from core.files.models.records import Answers, OpenedModel
from core.tokens import shown


def open_keras(file: Path, answers: Answers, loss: str) -> OpenedModel:
    """The model in the file. Raises FileError, ShapeError, DataError, each with the file's name."""
    try:
        return opened(file, read_keras_file(file), answers, loss)
    except (ShapeError, DataError) as error:
        message = str(error)
        raise type(error)(message if file.name in message else f"{shown(file.name)}: {message}") from None
