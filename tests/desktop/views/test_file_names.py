"""Parameters and gradients under the names of the file that the model came from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.branch import Setup
from core.files.models import open_model
from core.frame import Change, Grain, Phase, View
from core.origin import origin_of
from core.reveal import frame_at
from core.sequence import Sequence
from core.session import Session
from desktop.documents.export import write_data
from desktop.style.colours import ColourMaps
from desktop.style.theme import LIGHT
from desktop.views.changes import ChangesPanel
from desktop.views.file_names import by_file

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
FILE = Path(__file__).parents[2] / "data" / "model_files" / "lstm_both.safetensors"


@pytest.fixture
def session() -> Session:
    model = open_model(FILE, loss="squared")
    sequence = Sequence(np.random.default_rng(2).normal(size=(3, 1, 3)), targets=np.zeros((3, 1, 8)))
    return Session(Setup(model.network, sequence, origin=origin_of(model, str(FILE))), model.parameters)


def frame(session: Session) -> tuple[Change, ...]:
    return frame_at(session, View(changes=True)).changes


def named(session: Session) -> dict[str, Change]:
    return {each.path: each for each in by_file(frame(session), session.setup.origin, session.parameters)}


def test_values_are_those_of_the_file_and_gradients_have_its_shapes(session: Session) -> None:
    session.go_end()
    tensors = open_model(FILE).tensors
    found = named(session)
    assert set(found) == set(tensors)
    for name, change in found.items():
        assert np.array_equal(change.value, tensors[name].load())
        assert change.gradient.shape == change.clipped.shape == change.updated.shape == tensors[name].shape
    rows = frame(session)[0].gradient.shape[0]
    by_path = {change.path: change.gradient for change in frame(session)}
    together = np.concatenate([by_path[f"l0/W_{gate}"] for gate in "ifgo"])
    assert rows == 4
    assert np.array_equal(found["weight_ih_l0"].gradient, together)
    assert np.array_equal(found["bias_ih_l0"].gradient, found["bias_hh_l0"].gradient)


def test_a_tensor_is_updated_once_all_that_it_feeds_is(session: Session) -> None:
    session.go_to_phase(Phase.UPDATE)
    session.go_to_phase(Phase.CLIP)
    assert all(change.updated is None for change in named(session).values())
    session.grain = Grain.EQUATION
    session.go_end()
    for _ in range(2):
        session.step_back()
    last = named(session)
    assert last["weight_ih_l0"].updated is not None
    assert any(change.updated is None for change in last.values())


def test_the_panel_switches_between_the_names(qtbot, session: Session) -> None:
    session.go_end()
    panel = ChangesPanel(ColourMaps(LIGHT))
    qtbot.addWidget(panel)
    panel.resize(340, 620)
    panel.show()
    panel.show_origin(session.setup.origin, session.parameters)
    panel.show_frame(frame_at(session, View(changes=True)))
    model = panel.table.model()
    assert panel.names.isVisible()
    assert model.index(0, 0).data() == "l0/W_f"
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Space):
        QTest.keyClick(panel.names, key)
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names == list(session.setup.origin.names.shapes)
    asked = []
    panel.edit_requested.connect(asked.append)
    panel.table.selectRow(names.index("weight_ih_l0"))
    panel.map.edit_requested.emit((5, 1))  # the second gate of PyTorch's four is f
    kind, path, index = asked[0]
    assert (kind, path, index) == ("parameter", "l0/W_f", (1, 1))
    panel.show_origin(None, session.parameters)
    panel.show_frame(frame_at(session, View(changes=True)))
    assert panel.names.isHidden()
    assert model.index(0, 0).data() == "l0/W_f"


def test_exported_data_have_the_gradients_under_the_names_of_the_file(session: Session, tmp_path: Path) -> None:
    write_data(session.run, tmp_path / "early.npz", origin=session.setup.origin)
    session.go_end()
    write_data(session.run, tmp_path / "all.npz", origin=session.setup.origin)
    with np.load(tmp_path / "early.npz") as early, np.load(tmp_path / "all.npz") as found:
        assert not any(key.startswith("grad/file/") for key in early)
        gradient = found["grad/file/weight_ih_l0"]
    assert np.allclose(gradient, named(session)["weight_ih_l0"].gradient, rtol=1e-12, atol=0)  # the same sums


def test_half_a_backward_pass_has_no_gradients_of_tensors(session: Session, tmp_path: Path) -> None:
    session.go_to_phase(Phase.BACKWARD)
    for _ in range(4):
        session.step_forward(Grain.TIME_STEP)
    write_data(session.run, tmp_path / "half.npz", origin=session.setup.origin)
    with np.load(tmp_path / "half.npz") as found:
        assert not any(key.startswith("grad/file/") for key in found)
