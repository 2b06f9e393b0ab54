"""Where a network came from: values, gradients and initial states under the names of the file it was opened from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.branch import Setup
from core.errors import FileError
from core.files.models import open_model
from core.files.models.layout import Layout, Piece
from core.files.snapshot import open_session, save_session
from core.origin import Origin, origin_of
from core.sequence import Sequence, from_numbers
from core.session import Session

MODELS = Path(__file__).parents[1] / "data" / "model_files"


def opened(name: str = "lstm_both.safetensors") -> tuple[Session, Origin, dict[str, np.ndarray]]:
    model = open_model(MODELS / name, loss="squared")
    origin = origin_of(model, str(MODELS / name))
    steps = np.random.default_rng(1).normal(size=(4, 1, model.network.inputs))
    sequence = Sequence(steps, targets=np.ones((4, 1, model.network.outputs)))
    session = Session(Setup(model.network, sequence, origin=origin), model.parameters)
    return session, origin, {name: tensor.load() for name, tensor in model.tensors.items()}


@pytest.mark.parametrize("name", ["lstm_both.safetensors", "gru_checkpoint.pt", "rnn_relu.npz", "lstm_projected.pth"])
def test_untouched_parameters_give_the_tensors_of_the_file(name: str) -> None:
    session, origin, tensors = opened(name)
    values = origin.values(session.parameters)
    assert set(values) == set(origin.names.shapes)
    for tensor, value in values.items():
        assert np.array_equal(value, np.asarray(tensors[tensor], dtype=float)), tensor


def test_what_changes_a_sum_goes_to_its_first_tensor() -> None:
    session, origin, tensors = opened()
    first, second = (next(name for name in tensors if f"bias_{which}_l0" in name) for which in ("ih", "hh"))
    path, index = origin.entry(first, (2,))
    changed = {**session.parameters, path: session.parameters[path].copy()}
    changed[path][index] += 5.0
    values = origin.values(changed)
    assert values[first][2] == pytest.approx(tensors[first][2] + 5.0)
    assert np.array_equal(values[second], tensors[second])


def test_every_entry_of_every_tensor_is_found_in_a_parameter() -> None:
    session, origin, _ = opened()
    for tensor, shape in origin.names.shapes.items():
        for index in np.ndindex(*shape):
            path, place = origin.entry(tensor, index)
            nudged = {**session.parameters, path: session.parameters[path].copy()}
            nudged[path][place] += 1.0
            change = origin.values(nudged)[tensor] - origin.values(session.parameters)[tensor]
            if np.any(change):  # of a sum, only the first tensor takes it
                assert np.argwhere(change).tolist() == [list(index)]


def test_gradients_have_the_names_and_shapes_of_the_file() -> None:
    session, origin, _ = opened()
    session.go_end()
    found = origin.gradients(session.outcome.gradients)
    assert {name: gradient.shape for name, gradient in found.items()} == dict(origin.names.shapes)
    assert all(np.any(gradient) for gradient in found.values())


def states(rows: np.ndarray) -> Origin:
    return Origin("m", "", (), {}, Layout((Piece("h0", "initial/l0/h"),), {"h0": rows.shape}), {"l0/h": rows}, {})


def test_initial_states_are_those_of_the_file_whatever_is_walked() -> None:
    one, two = states(np.ones((1, 1, 3))), states(np.ones((1, 2, 3)))
    assert one.initial_for(4)["l0/h"].shape == (1, 4, 3)
    assert two.initial_for(2)["l0/h"].shape == (1, 2, 3)
    assert two.initial_for(3) == {}


def test_a_session_keeps_its_origin_through_edits_and_other_data() -> None:
    session, origin, _ = opened()
    session.set_weight("l0/b_f", (0,), 3.0)
    session.set_sequence(from_numbers(np.zeros((3, session.setup.network.inputs))))
    assert session.setup.origin is origin
    before = session.setup.network
    session.set_model(before, session.parameters, session.setup.sequence)
    assert session.setup.origin is None
    session.undo()
    assert session.setup.origin is origin


def test_a_snapshot_keeps_the_origin(tmp_path: Path) -> None:
    session, origin, _ = opened()
    session.set_weight("l0/b_f", (0,), 3.0)
    save_session(session, tmp_path / "a.gatewalk")
    back = open_session(tmp_path / "a.gatewalk").session
    found = back.setup.origin
    assert (found.file, found.found, found.remarks, found.answers) == (
        origin.file, origin.found, origin.remarks, origin.answers)  # fmt: skip
    assert found.names == origin.names
    now, then = found.values(back.parameters), origin.values(session.parameters)
    assert all(np.array_equal(now[name], then[name]) for name in then)


@pytest.mark.parametrize(
    "piece", [Piece("none", "l0/b_f"), Piece("t", "none"), Piece("t", "l0/b_f", ((0, 2),)), Piece("t", "l0/b_f", (9,))]
)
def test_a_snapshot_whose_names_do_not_fit_is_refused(tmp_path: Path, piece: Piece) -> None:
    session, origin, _ = opened()
    session.set_model(
        session.setup.network,
        session.parameters,
        session.setup.sequence,
        origin=Origin(origin.file, "", (), {}, Layout((piece,), {"t": (5,)}), {}, {}),
    )
    save_session(session, tmp_path / "a.gatewalk")
    with pytest.raises(FileError, match="piece"):
        open_session(tmp_path / "a.gatewalk")
