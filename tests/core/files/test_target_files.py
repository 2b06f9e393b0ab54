"""Target files become the targets of a sequence, or are refused with what was expected."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import DataError, GatewalkError
from core.files.sequences import read_target
from core.sequence import Vocabulary, from_numbers, from_text

WORDS = Vocabulary(("the", "cats", "sat"))


def written(tmp_path, name, content):
    """A file with ``content``: bytes, text or an array."""
    path = tmp_path / name
    if isinstance(content, np.ndarray):
        np.save(path, content)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_classes_from_every_kind_of_file(tmp_path):
    sequence = from_text("the cats sat", WORDS)
    labels = ("was", "were")
    for name, content in {
        "a.txt": "was were was",
        "b.txt": "0 1 0",
        "c.csv": "target\n0\n1\n0\n",
        "d.npy": np.array([0, 1, 0]),
        "e.npy": np.array([[0.0], [1.0], [0.0]]),
        "f.csv": "0,1,0",
    }.items():
        got = read_target(written(tmp_path, name, content), "classes", sequence, labels=labels)
        assert got.targets.tolist() == [[0], [1], [0]]
        assert got.target_labels == labels
    last = read_target(written(tmp_path, "g.txt", "were"), "classes", sequence, labels=labels)
    assert last.targets.tolist() == [[-1], [-1], [1]]


def test_numbers_as_targets(tmp_path):
    sequence = from_numbers(np.zeros((3, 2)))
    path = written(tmp_path, "a.csv", "1,2\n3,4\n5,6\n")
    assert read_target(path, "numbers", sequence, width=2).targets.shape == (3, 1, 2)
    last = read_target(written(tmp_path, "b.csv", "1,2"), "numbers", sequence)
    assert last.loss_mask.ravel().tolist() == [False, False, True]
    batch = from_numbers(np.zeros((3, 4, 2)))
    path = written(tmp_path, "c.npy", np.ones((3, 4)))
    assert read_target(path, "numbers", batch, width=1).targets.shape == (3, 4, 1)


@pytest.mark.parametrize(
    ("kind", "content", "part"),
    [
        ("classes", np.array([0, 1]), "shape (2,), expected 3 rows"),
        ("classes", np.array([0, 2, 0]), "class 2, expected 0 to 1 (was, were)"),
        ("classes", np.array([0, 0.5, 0]), "row 2, sequence 1 is 0.5"),
        ("numbers", np.zeros((3, 3)), "outputs (2)"),
        ("numbers", np.zeros((2, 2)), "expected 3 rows"),
        ("numbers", np.array([[0, 1], [np.nan, 0], [0, 0]]), "row 2, column 1"),
    ],
)
def test_targets_that_do_not_fit(tmp_path, kind, content, part):
    path = written(tmp_path, "t.npy", content)
    with pytest.raises(GatewalkError) as caught:
        read_target(path, kind, from_text("the cats sat", WORDS), width=2, labels=("was", "were"))
    assert part in str(caught.value)
    assert "t.npy" in str(caught.value)


def test_an_unknown_label_is_named_with_its_neighbour(tmp_path):
    path = written(tmp_path, "t.txt", "where")
    with pytest.raises(DataError, match="“where” \\(near: “were”"):
        read_target(path, "classes", from_text("the", WORDS), labels=("was", "were"))
