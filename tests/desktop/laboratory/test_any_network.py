"""Every picture is drawn for networks of several layers, both directions, and sequences of different lengths."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QSettings

from core.errors import SessionError
from core.language import read_cell
from core.run import Problem
from core.stack import Direction, LayerSpec, build_stack
from desktop.laboratory.gates import GatesPicture
from desktop.laboratory.jacobian import JacobianPicture
from desktop.laboratory.linear import LinearPicture
from desktop.laboratory.lyapunov import LyapunovPicture
from desktop.laboratory.questions import Place, Subject
from desktop.laboratory.random_products import RandomPicture
from desktop.laboratory.verdicts import VerdictsPicture
from desktop.settings import Settings
from desktop.style.colours import ColourMaps
from desktop.style.theme import LIGHT
from desktop.style.typesetting import Typesetter
from tests.desktop.laboratory.drawing import drawn

PLACES = [Place("l0.reverse/h", 2), Place("l0/c", 5, sample=1), Place("l1/h", 0), Place("head/y", 4), Place("", 3)]


@pytest.fixture(scope="module")
def subject():
    generator = np.random.default_rng(0)
    layers = [LayerSpec(read_cell("lstm"), 3, Direction.BOTH), LayerSpec(read_cell("gru"), 2)]
    network = build_stack(layers, inputs=2, head="softmax", loss="cross-entropy", outputs=3)
    inputs, targets = generator.normal(size=(6, 2, 2)), np.eye(3)[generator.integers(0, 3, (6, 2))]
    return Subject(Problem(network, network.initial_parameters(generator), inputs, targets, lengths=np.array([4, 6])))


@pytest.fixture
def makers(qapp, tmp_path):
    typesetter = Typesetter()
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    yield {
        "jacobian": JacobianPicture,
        "gates": partial(GatesPicture, typesetter=typesetter),
        "lyapunov": LyapunovPicture,
        "linear": LinearPicture,
        "random": RandomPicture,
        "verdicts": partial(VerdictsPicture, settings=settings),
    }
    typesetter.close()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.path}-{place.t}")
@pytest.mark.parametrize("name", ["jacobian", "gates", "lyapunov", "linear", "random", "verdicts"])
def test_it_is_drawn_or_says_why_not(makers, subject, name, place):
    picture = makers[name](ColourMaps(LIGHT))
    picture.resize(740, 330)
    padding = place.t >= 4 and place.sample == 0 and name in ("jacobian", "gates")
    if name == "linear" or padding:
        with pytest.raises(SessionError, match="none of them" if padding else "no linear recurrence"):
            drawn(picture, subject, place)
    else:
        _, said = drawn(picture, subject, place)
        assert said.endswith(".")
    picture.deleteLater()
