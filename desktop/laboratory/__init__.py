"""The gradient laboratory: pictures of where a gradient lives and dies, computed from a finished run of their own."""

from __future__ import annotations

from desktop.colours import ColourMaps
from desktop.laboratory.cliff import CliffPicture
from desktop.laboratory.jacobian import JacobianPicture
from desktop.laboratory.page import Laboratory
from desktop.laboratory.paths import Paths
from desktop.laboratory.reach import Reach
from desktop.laboratory.weights import Weights

PICTURES = (Reach, Paths, Weights, JacobianPicture, CliffPicture)


def make_laboratory(maps: ColourMaps) -> Laboratory:
    """The laboratory with all its pictures."""
    return Laboratory(maps, PICTURES)
