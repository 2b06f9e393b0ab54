"""The gradient laboratory: pictures of where a gradient lives and dies, computed from a finished run of their own."""

from __future__ import annotations

from functools import partial

from desktop.laboratory.cliff import CliffPicture
from desktop.laboratory.gates import GatesPicture
from desktop.laboratory.jacobian import JacobianPicture
from desktop.laboratory.linear import LinearPicture
from desktop.laboratory.lyapunov import LyapunovPicture
from desktop.laboratory.page import Laboratory
from desktop.laboratory.paths import Paths
from desktop.laboratory.random_products import RandomPicture
from desktop.laboratory.reach import Reach
from desktop.laboratory.verdicts import VerdictsPicture
from desktop.laboratory.weights import Weights
from desktop.settings import Settings
from desktop.style.colours import ColourMaps
from desktop.style.typesetting import Typesetter


def make_laboratory(maps: ColourMaps, typesetter: Typesetter, settings: Settings) -> Laboratory:
    """The laboratory with all its pictures."""
    gates = partial(GatesPicture, typesetter=typesetter)
    verdicts = partial(VerdictsPicture, settings=settings)
    pictures = (
        Reach,
        Paths,
        Weights,
        JacobianPicture,
        gates,
        LyapunovPicture,
        LinearPicture,
        RandomPicture,
        CliffPicture,
        verdicts,
    )
    return Laboratory(maps, pictures)
