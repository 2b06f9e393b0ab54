"""Networks of every kind, and batches of different lengths, come back from snapshots as they were."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from core.errors import FileError
from core.files.arrays_zip import read_archive, write_archive
from core.files.snapshot import load_session, open_session, save_session
from core.frame import Cursor, Grain, View
from core.reveal import frame_at
from core.session import Session
from tests.core.files.sessions import assert_same_sessions, batch_session, there_and_back
from tests.core.frames_equal import assert_frames_equal
from tests.core.network_cases import ALIGNED, NETWORKS, session_on


def padded(name: str) -> Session:
    return session_on(NETWORKS[name](), batch=3, lengths=(2, 4, 3))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_comes_back_anywhere_in_its_walk(name: str, tmp_path: Path) -> None:
    length = session_on(NETWORKS[name]()).timeline.length
    for index in (0, length // 5, length // 2, 4 * length // 5, length):
        session = session_on(NETWORKS[name]())
        session.go_to(Cursor(0, index))
        back = there_and_back(session, tmp_path / "walk.gatewalk")
        assert_same_sessions(session, back)
        assert open_session(tmp_path / "walk.gatewalk").difference is None
        assert session.step_forward(Grain.PASS) == back.step_forward(Grain.PASS)
        assert_frames_equal(frame_at(session, View()), frame_at(back, View()))


@pytest.mark.parametrize("name", ALIGNED)
def test_sequences_of_different_lengths_come_back(name: str, tmp_path: Path) -> None:
    session = padded(name)
    session.go_end()
    back = there_and_back(session, tmp_path / "walk.gatewalk")
    assert back.setup.sequence.lengths.tolist() == [2, 4, 3]
    assert_same_sessions(session, back)


def test_only_what_an_older_program_would_misread_is_marked_as_newer(tmp_path: Path) -> None:
    path = tmp_path / "walk.gatewalk"
    formats = []
    for session in (batch_session(), session_on(NETWORKS["reverse"]()), padded("reverse")):
        save_session(session, path)
        formats.append(json.loads(zipfile.ZipFile(path).read("session.json"))["format"])
    assert formats == [1, 2, 2]


def changed(path: Path, change: object) -> None:
    json_bytes, arrays = read_archive(path, limit_bytes=1 << 26)
    document = json.loads(json_bytes)
    change(document)  # type: ignore[operator]
    write_archive(path, json.dumps(document).encode(), arrays)


def test_a_file_from_before_there_were_directions_opens(tmp_path: Path) -> None:
    session, path = batch_session(), tmp_path / "walk.gatewalk"
    session.go_end()
    save_session(session, path)

    def older(document: dict) -> None:
        for network in document["networks"]:
            for block in (*network["layers"], network["head"]):
                for key in ("extra", "delays", "reads", "reverse", "aligned", "tied"):
                    del block[key]
            del network["padding"]
        for sequence in document["sequences"]:
            del sequence["lengths"]

    changed(path, older)
    opened = open_session(path)
    assert opened.difference is None
    assert_same_sessions(session, opened.session)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: n["layers"][1].update(reads={"x": "l7/h"}), "l0.reverse reads l7/h as x, which no block before it"),
        (lambda n: n["layers"][2]["reads"].update(h_r="l0.reverse/q"), "reads l0.reverse/q as h_r"),
        (lambda n: n["layers"][0].update(reads={"x": "l0.reverse/h"}), "l0 reads l0.reverse/h as x, which no block"),
        (lambda n: n["layers"][1].update(reads={}), "l0.reverse reads nothing as x"),
        (lambda n: n["layers"][1].update(tied="head"), "cannot use the parameters of head"),
        (lambda n: n["head"].update(reverse=True), "the readout walks in reverse"),
        (lambda n: n["layers"][0].update(extra={"projection": 2}), "declares no size projection"),
        (lambda n: n["layers"][0].update(delays={"d": 2}), "names no delay d"),
        (lambda n: n.update(padding="kept"), "padding"),
    ],
)
def test_networks_that_cannot_be_are_refused(change: object, message: str, tmp_path: Path) -> None:
    path = tmp_path / "walk.gatewalk"
    save_session(session_on(NETWORKS["bidirectional"]()), path)
    changed(path, lambda document: change(document["networks"][0]))  # type: ignore[operator]
    with pytest.raises(FileError, match=message):
        load_session(path)


@pytest.mark.parametrize("lengths", [[1], [2, 4, 9], [0, 4, 4], [2, -1, 3]])
def test_lengths_that_cannot_be_are_refused(lengths: list[int], tmp_path: Path) -> None:
    path = tmp_path / "walk.gatewalk"
    save_session(padded("bidirectional"), path)
    changed(path, lambda document: document["sequences"][0].update(lengths=lengths))
    with pytest.raises(FileError, match="lengths"):
        load_session(path)
