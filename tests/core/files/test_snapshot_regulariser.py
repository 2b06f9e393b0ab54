"""A session with a regulariser in a snapshot, and one that claims what its network cannot have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import FileError
from core.files.arrays_zip import read_archive, write_archive
from core.files.snapshot import load_session, save_session
from core.frame import Cursor, Phase
from core.learning.clipping import Clipping
from core.learning.optimisers import Adam
from core.learning.step import LearningSettings
from core.regulariser.settings import Regulariser
from tests.core.files.sessions import assert_same_everywhere, assert_same_sessions, there_and_back, words_session


def test_it_comes_back_and_goes_on_alike(tmp_path: Path) -> None:
    regulariser = Regulariser(0.25, "all", "held", "l0")
    session = words_session(learning=LearningSettings(Adam(), Clipping("norm", 0.5), regulariser=regulariser))
    session.go_to(Cursor(1, session.branch.run(1).timeline.end_of(Phase.REGULARISER, 2)))
    back = there_and_back(session, tmp_path / "walk.gatewalk")
    assert back.setup.learning.regulariser == regulariser
    assert back.position.phase is Phase.REGULARISER
    assert_same_sessions(session, back)
    assert_same_everywhere(session, back)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"weight": 1.0, "block": "l9"}, "no layer l9"),
        ({"weight": -1.0}, "at least 0"),
        ({"state": "c"}, "regulariser.state"),
    ],
)
def test_one_that_the_network_cannot_have_is_refused(tmp_path: Path, wrong: dict[str, Any], match: str) -> None:
    path = tmp_path / "walk.gatewalk"
    save_session(words_session(learning=LearningSettings(regulariser=Regulariser(0.5))), path)
    written, arrays = read_archive(path, limit_bytes=1 << 26)
    document = json.loads(written)
    document["setups"][0]["learning"]["regulariser"] |= wrong
    write_archive(path, json.dumps(document).encode(), arrays)
    with pytest.raises(FileError, match=match):
        load_session(path)
