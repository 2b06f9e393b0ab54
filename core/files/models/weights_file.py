"""Opens files of weights that name their tensors: ``.safetensors``, ``.pt``, ``.pth`` and ``.npz``."""

from __future__ import annotations

from pathlib import Path

from core.errors import DataError, ShapeError
from core.files.models.gatewalk_model import has_own_names, own_model
from core.files.models.npz_file import read_npz_tensors
from core.files.models.pytorch.model import model_of
from core.files.models.pytorch.state_dict import state_dict_in
from core.files.models.pytorch.torch_file import read_torch
from core.files.models.records import Answers, OpenedModel
from core.files.models.safetensors import read_safetensors
from core.tokens import shown


def open_weights(file: Path, answers: Answers, loss: str) -> OpenedModel:
    """The model in the file. Raises FileError, ShapeError, DataError, each with the file's name."""
    try:
        return _opened(file, answers, loss)
    except (ShapeError, DataError) as error:
        message = str(error)
        raise type(error)(message if file.name in message else f"{shown(file.name)}: {message}") from None


def _opened(file: Path, answers: Answers, loss: str) -> OpenedModel:
    suffix = file.suffix.lower()
    if suffix in (".pt", ".pth"):
        path, tensors = state_dict_in(read_torch(file), answers)
        return model_of(file, tensors, answers, loss, (f"read from the checkpoint's {shown(path)}",) if path else ())
    tensors = read_safetensors(file) if suffix == ".safetensors" else read_npz_tensors(file)
    return own_model(file, tensors, answers, loss) if has_own_names(tensors) else model_of(file, tensors, answers, loss)
