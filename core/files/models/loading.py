"""Numbers of a file's tensors, those that a model needs and no others, as float64."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, FileError
from core.files.models.layout import Layout
from core.files.models.numbers import WEIGHT_KINDS, size_of
from core.files.models.records import FileTensor
from core.tokens import shown

Array = NDArray[Any]
MAX_NUMBERS = 50_000_000  # 400 MB in float64
MOST_SHARED = 4  # how often a file's bytes may be used, by tied weights or as zeros that were compressed


def load_numbers(file: Path, tensors: Mapping[str, FileTensor], layout: Layout) -> dict[str, Array]:
    """The tensors that the layout reads, in float64. Raises FileError, and DataError for more than can be walked."""
    wanted = {name: tensors[name] for name in layout.shapes}
    for name, tensor in wanted.items():
        if tensor.kind not in WEIGHT_KINDS:
            raise FileError(
                f"{shown(file.name)}: {shown(name)} holds {shown(tensor.kind)}, expected weights in "
                f"{', '.join(WEIGHT_KINDS)}. Save the model with floating-point weights."
            )
    numbers = sum(math.prod(tensor.shape) for tensor in wanted.values())
    if numbers > MAX_NUMBERS:
        raise DataError(f"{shown(file.name)} has {numbers:,} weights, expected at most {MAX_NUMBERS:,} to be walked.")
    used = sum(math.prod(tensor.shape) * size_of(tensor.kind) for tensor in wanted.values())
    if used > MOST_SHARED * file.stat().st_size:
        raise FileError(
            f"{shown(file.name)}: its tensors would hold {used:,} bytes, but the file has {file.stat().st_size:,}: "
            "many of them are the same numbers. Save each on its own."
        )
    with np.errstate(all="ignore"):
        return {name: tensor.load().astype(np.float64) for name, tensor in wanted.items()}


def not_finite(numbers: Mapping[str, Array]) -> str:
    """A remark that names the first number that is NaN or infinite; "" where all are finite."""
    for name, array in numbers.items():
        places = np.argwhere(~np.isfinite(array))
        if len(places):
            value = array[tuple(places[0])]
            others = sum(int((~np.isfinite(values)).sum()) for values in numbers.values()) - 1
            place = ", ".join(str(int(index)) for index in places[0])
            return f"not finite: {shown(name)}[{place}] is {value:g}" + (
                f", and {others:,} more numbers" if others else ""
            )
    return ""


def precision(tensors: Mapping[str, FileTensor], layout: Layout) -> str:
    """The types of number of the tensors that are read: "float32", "float16 and float32"."""
    return " and ".join(sorted({tensors[name].kind for name in layout.shapes}, key=WEIGHT_KINDS.index))
