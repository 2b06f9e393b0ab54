"""Snapshots that are damaged, made by hand or mean harm: one clear sentence each, and nothing else."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import FileError
from core.files.arrays_zip import read_archive, write_archive
from core.files.snapshot import load_session, open_session, save_session
from core.frame import Cursor
from tests.core.files.sessions import assert_same_sessions, words_session

Document = dict[str, Any]
Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session with two branches, an undo and a redo entry, an intervention and an initial value."""
    session = words_session(units=2)
    session.go_to(Cursor(1, 30))
    session.overwrite("l0/c", 2, 1, 0.5)
    session.set_initial("l0/h", 0, 1, 0.1)
    session.set_weight("head/b", (0,), 1.0)
    session.undo()
    session.add_bookmark("here")
    path = tmp_path_factory.mktemp("saved") / "saved.gatewalk"
    save_session(session, path)
    return path


def rewritten(saved: Path, target: Path, change: Callable[[Document, Arrays], object]) -> Path:
    """A copy whose document and arrays were changed."""
    json_bytes, arrays = read_archive(saved, limit_bytes=1 << 26)
    document = json.loads(json_bytes)
    change(document, arrays)
    write_archive(target, json.dumps(document).encode(), arrays)
    return target


def put(*path: Any) -> Callable[[Document, Arrays], None]:
    """A change that sets document[path[0]][path[1]]… to the last argument."""

    def change(document: Document, arrays: Arrays) -> None:
        place: Any = document
        for key in path[:-2]:
            place = place[key]
        place[path[-2]] = path[-1]

    return change


def refused(path: Path, match: str = ".") -> None:
    with pytest.raises(FileError, match=match) as caught:
        load_session(path)
    assert str(path) in str(caught.value)


LAYER = ("networks", 0, "layers", 0)
CHANGES = {
    "newer": (put("format", 3), "newer Gatewalk .format 3, known is 2"),
    "no format": (lambda d, _: d.pop("format"), "format"),
    "format 0": (put("format", 0), "expected 2"),
    "format text": (put("format", "one"), "format"),
    "no networks": (lambda d, _: d.pop("networks"), "networks"),
    "no layers": (put("networks", 0, "layers", []), "no layer"),
    "equations": (put(*LAYER, "text", "h = tanh(W @ x +)"), "cannot be opened"),
    "equations that lie": (put(*LAYER, "text", "c = W @ x\nh = tanh(c + h[-1])"), "cannot be opened"),
    "text too long": (put(*LAYER, "text", "#" * 300_000), "too long"),
    "deep equations": (put(*LAYER, "text", "h = " + "(" * 5000 + "x" + ")" * 5000), "cannot be opened"),
    "not TOML": (put(*LAYER, "text", 'equations = """'), "TOML"),
    "units": (put(*LAYER, "units", 3), "gives 3"),
    "no units": (put(*LAYER, "units", 0), "below 1"),
    "huge units": (put(*LAYER, "units", 10**15), "gives"),
    "layer name": (put(*LAYER, "name", "head"), "cannot be called"),
    "loss": (put("networks", 0, "loss", "hinge"), "hinge"),
    "missing array": (lambda _, a: a.pop("param/l0/W_f"), "param/l0/W_f"),
    "missing pool": (lambda _, a: a.pop(next(key for key in a if key.startswith("pool"))), "is missing"),
    "short pool": (lambda _, a: a.update({k: v[:1] for k, v in a.items() if k.startswith("pool")}), "pool"),
    "missing values": (lambda _, a: a.pop("l0/h"), "l0/h.? is missing"),
    "shape of values": (lambda _, a: a.update({"l0/h": np.zeros((3, 1, 2))}), r"l0/h has shape \(3, 1, 2\)"),
    "shape of a weight": (lambda _, a: a.update({"param/l0/W_f": np.zeros((2, 2))}), "W_f has shape"),
    "type of a weight": (lambda _, a: a.update({"param/l0/b_f": np.zeros(2, dtype=complex)}), "real numbers"),
    "input that is no number": (lambda _, a: a.update({"input": np.full_like(a["input"], np.nan)}), "cannot be opened"),
    "input of another width": (lambda _, a: a.update({"input": np.zeros((7, 1, 3))}), "cannot be opened"),
    "tokens": (put("sequences", 0, "tokens", ["a"]), "1 tokens for 7 steps"),
    "vocabulary": (put("sequences", 0, "vocabulary", ["a"] * 6), "twice"),
    "kind": (put("sequences", 0, "kind", "songs"), "songs"),
    "initial of nothing": (put("setups", 1, "initial", {"l0/f": "input"}), "no initial value"),
    "initial shape": (put("setups", 1, "initial", {"l0/h": "input"}), "initial value of l0/h has shape"),
    "intervention": (put("setups", 1, "interventions", 0, "t", 99), "not in the network"),
    "intervention value": (put("setups", 1, "interventions", 0, "value", "much"), "cannot be opened"),
    "rate": (put("setups", 0, "learning", "optimiser", "rate", -1), "rate"),
    "window": (put("setups", 0, "learning", "window", -3), "window"),
    "setup place": (put("branches", 0, "setup", 9), "setup 9"),
    "network place": (put("setups", 0, "network", -1), "network -1"),
    "cyclic branches": (put("branches", 0, "parent", 1), "an earlier branch 1"),
    "own parent": (put("branches", 1, "parent", 1), "an earlier branch 1"),
    "late branch": (put("branches", 1, "first", 10**12), "begins at iteration"),
    "no iterations": (put("branches", 0, "parameters", []), "no iterations"),
    "unequal iterations": (lambda d, _: d["branches"][0]["states"].pop(), "as many states"),
    "row too short": (lambda d, _: d["branches"][0]["parameters"][0].pop(), "cannot be opened"),
    "reference": (put("branches", 0, "parameters", 0, 0, 10**6), "1000000 is missing"),
    "frontier": (put("branches", 0, "frontiers", {"0": [10**9, 0]}), "computed to"),
    "cursor index": (put("cursor", "index", 10**7), "position 10000000 is outside"),
    "cursor iteration": (put("cursor", "iteration", 10**9), "outside the walk"),
    "cursor below 0": (put("cursor", "index", -1), "outside the walk"),
    "undo cursor": (put("done", 0, "cursor", "iteration", 10**9), "outside the walk"),
    "undo branch": (put("done", 0, "branch", 40), "branch 40"),
    "bookmark": (put("bookmarks", 0, "cursor", "iteration", -4), "bookmark"),
    "grain": (put("grain", "week"), "week"),
    "text for a number": (put("branch", "0"), "branch"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_document(saved: Path, tmp_path: Path, name: str) -> None:
    change, match = CHANGES[name]
    refused(rewritten(saved, tmp_path / "changed.gatewalk", change), match)


def test_a_cell_without_parameters_may_not_ask_for_all_memory(saved: Path, tmp_path: Path) -> None:
    def change(document: Document, arrays: Arrays) -> None:
        put(*LAYER, "text", "h = tanh(h[-1])")(document, arrays)
        put(*LAYER, "units", 10**12)(document, arrays)
        put("networks", 0, "head", "inputs", 10**12)(document, arrays)
        for setup in document["setups"]:
            setup |= {"initial": {}, "interventions": []}

    refused(rewritten(saved, tmp_path / "huge.gatewalk", change), "memory")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"{", b'"\xff"', b'{"format": 1e400}', b"[" * 100_000])
def test_json_that_is_no_session(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.gatewalk"
    write_archive(path, content, {})
    refused(path)


def test_unknown_fields_are_left_alone(saved: Path, tmp_path: Path) -> None:
    def change(document: Document, arrays: Arrays) -> None:
        document["weather"] = [1, 2]
        document["networks"][0]["layers"][0]["direction"] = -1
        document["view"]["tilt"] = 3
        arrays["more/things"] = np.zeros(3)

    path = rewritten(saved, tmp_path / "later.gatewalk", change)
    assert_same_sessions(load_session(path)[0], load_session(saved)[0])


def test_values_that_were_changed_open_with_a_warning(saved: Path, tmp_path: Path) -> None:
    def change(_: Document, arrays: Arrays) -> None:
        arrays["l0/o"] = arrays["l0/o"] + np.eye(7)[1, :, None, None] * 1e-5

    difference = open_session(rewritten(saved, tmp_path / "odd.gatewalk", change)).difference
    assert difference is not None
    assert (difference.path, difference.t) == ("l0/o", 1)


def test_more_than_is_allowed(saved: Path) -> None:
    with pytest.raises(FileError, match="are allowed"):
        load_session(saved, limit_bytes=2000)


def test_cut_off_or_changed_bytes(saved: Path, tmp_path: Path) -> None:
    """Either a FileError, or the session comes back as it was."""
    whole, path = saved.read_bytes(), tmp_path / "damaged.gatewalk"
    expected = load_session(saved)[0]
    generator = np.random.default_rng(1)
    for place in generator.integers(0, len(whole), 60):
        path.write_bytes(whole[:place])
        refused(path)
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(generator.integers(8))
        path.write_bytes(damaged)
        try:
            session = load_session(path)[0]
        except FileError:
            continue
        assert_same_sessions(session, expected)


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}), st.just(10**30)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), junk=JUNK)
def test_any_value_may_be_junk(saved: Path, tmp_path: Path, data: st.DataObject, junk: object) -> None:
    def change(document: Document, _: Arrays) -> None:
        place: Any = document
        while True:
            key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place)))))
            if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.integers(0, 5)) == 0:
                place[key] = junk
                return
            place = place[key]

    path = rewritten(saved, tmp_path / "junk.gatewalk", change)
    with contextlib.suppress(FileError):  # any other error is a defect
        load_session(path)
