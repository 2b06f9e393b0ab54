"""A snapshot as a model for the commands: its own numbers, words and loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError, FileError, LanguageError
from core.files.snapshot import read_model, save_session
from core.frame import Cursor
from core.models import Choices, inputs_in, load_model, vocabulary_of
from main import main
from tests.core.files.sessions import TEXT, assert_same, words_session


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    session = words_session()
    session.go_to(Cursor(2, session.timeline.length))
    save_session(session, tmp_path / "walk.gatewalk")
    return tmp_path / "walk.gatewalk"


def test_trace_gives_what_the_snapshot_holds(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT)
    session = words_session()
    targets = session.setup.sequence.targets
    assert targets is not None
    np.save(tmp_path / "target.npy", targets[:, 0])
    out = tmp_path / "out.npz"
    arguments = ["trace", str(saved), str(tmp_path / "text.txt"), "-o", str(out)]
    assert main([*arguments, "--target", str(tmp_path / "target.npy")]) == 0
    with np.load(out) as traced, np.load(saved) as kept:
        assert set(traced.files) <= set(kept.files)
        for key in traced.files:
            assert_same(kept[key], traced[key], key)


def test_the_model_of_the_cursor(saved: Path) -> None:
    session = words_session()
    session.go_to(Cursor(2, 0))
    model = load_model(str(saved), Choices(), inputs=6)
    assert_same(dict(model.parameters), dict(session.parameters))
    assert inputs_in(str(saved), "") == 6
    assert vocabulary_of(str(saved)) == session.setup.sequence.vocabulary
    assert vocabulary_of("lstm") is None


def test_another_loss(saved: Path) -> None:
    assert read_model(saved, loss="squared").network.loss == "squared"
    assert read_model(saved).network.loss == "cross-entropy"
    with pytest.raises(LanguageError, match="hinge"):
        read_model(saved, loss="hinge")


def test_options_that_a_snapshot_leaves_no_room_for(saved: Path) -> None:
    with pytest.raises(DataError, match="saved session"):
        load_model(str(saved), Choices(units=3), inputs=6)


def test_a_snapshot_that_is_not_there() -> None:
    with pytest.raises(FileError, match="nowhere"):
        load_model("nowhere.gatewalk", Choices(), inputs=6)
