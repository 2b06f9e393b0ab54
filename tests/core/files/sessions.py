"""Small sessions to save, random walks through them, and comparison bit by bit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.cell import load_cell
from core.files.snapshot import load_session, save_session
from core.frame import Cursor, Detail, View
from core.learning.clipping import Clipping
from core.learning.optimisers import Adam
from core.learning.step import LearningSettings
from core.network import build_network
from core.reveal import frame_at
from core.sequence import Sequence, from_numbers, from_text, next_token_targets
from core.session import Session, Setup
from tests.core.frames_equal import field_names

TEXT = "the cats that the dog chased were"


def words_session(cell: str = "lstm", units: int = 4, learning: LearningSettings | None = None) -> Session:
    """A session that reads a sentence and predicts each next word."""
    sequence = next_token_targets(from_text(TEXT, kind="words"))
    network = build_network(load_cell(cell, inputs=sequence.width, units=units), outputs=sequence.width)
    learning = learning or LearningSettings(Adam(), Clipping("norm", 0.5))
    return Session(Setup(network, sequence, learning=learning, name="Sentence"), network.initial_parameters(3))


def batch_session() -> Session:
    """A session of two layers on a batch of three sequences of numbers."""
    generator = np.random.default_rng(4)
    sequence = from_numbers(generator.standard_normal((5, 3, 2)))
    sequence = Sequence(sequence.inputs, targets=generator.standard_normal((5, 3, 2))).with_loss_at([1, 4])
    cells = [load_cell("gru", inputs=2, units=3), load_cell("rnn_tanh", inputs=3, units=4)]
    network = build_network(cells, head="identity", loss="squared", outputs=2)
    return Session(Setup(network, sequence), network.initial_parameters(5))


def there_and_back(session: Session, path: Path, **options: Any) -> Session:
    """The session that comes back from a file."""
    save_session(session, path, **options)
    return load_session(path)[0]


VIEWS = (View(), View(detail=Detail.INSIDE))


def assert_same_sessions(one: Session, two: Session, views: tuple[View, ...] = VIEWS) -> None:
    """Same place, same histories, and the same frame at the cursor."""
    assert (one.cursor, one.grain, one.event, one.notes) == (two.cursor, two.grain, two.event, two.notes)
    assert (one.bookmarks, one.breakpoints) == (two.bookmarks, two.breakpoints)
    assert [entry.label for entry in one.done] == [entry.label for entry in two.done]
    assert [entry.label for entry in one.undone] == [entry.label for entry in two.undone]
    assert (one.run.forward_done, one.run.backward_done) == (two.run.forward_done, two.run.backward_done)
    assert_same(one.parameters, two.parameters)
    for view in views:
        assert_same(frame_at(one, view), frame_at(two, view))


def assert_same_everywhere(one: Session, two: Session) -> None:
    """The same frame at every cursor of the iteration, from outside and from inside in turn."""
    for index in range(one.timeline.length + 1):
        one.go_to(Cursor(one.cursor.iteration, index))
        two.go_to(Cursor(two.cursor.iteration, index))
        assert_same_sessions(one, two, VIEWS[index % 2 :][:1])


def assert_same(one: Any, two: Any, where: str = "") -> None:
    """Equal in type and value, arrays bit for bit."""
    assert type(one) is type(two), where
    if isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (two.dtype, two.shape), where
        assert one.tobytes() == two.tobytes(), where
    elif names := field_names(one):
        for name in names:
            assert_same(getattr(one, name), getattr(two, name), f"{where}.{name}")
    elif isinstance(one, Mapping):
        assert list(one) == list(two), where
        for key in one:
            assert_same(one[key], two[key], f"{where}[{key}]")
    elif isinstance(one, tuple | list):
        assert len(one) == len(two), where
        for number, (first, second) in enumerate(zip(one, two, strict=True)):
            assert_same(first, second, f"{where}[{number}]")
    elif isinstance(one, float):
        assert one == two or (one != one and two != two), where
    else:
        assert one == two, where
