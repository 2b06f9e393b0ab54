"""The project keeps what it promises: readable resources, short files, one test command, one list of settings."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
LONGEST = 300
LONGER_ON_PURPOSE: frozenset[str] = frozenset({"core/frame.py"})  # one record a thing drawn; they belong together
SOURCES = sorted(
    [PROJECT / "main.py"] + [path for top in ("core", "desktop", "tests") for path in (PROJECT / top).rglob("*.py")]
)
RESOURCES = sorted((PROJECT / "resources").rglob("*.toml"))


def relative(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("path", RESOURCES, ids=relative)
def test_resources_are_toml(path: Path) -> None:
    assert tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", ["cells", "heads", "joins", "embeddings"])
def test_cells_heads_and_joins_say_what_they_are(kind: str) -> None:
    files = [path for path in RESOURCES if path.parent.name == kind]
    assert files
    for path in files:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        assert {"name", "source", "equations", "roles"} <= set(document), relative(path)


def test_files_are_short() -> None:
    lengths = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    long = {name: lines for name, lines in lengths.items() if lines >= LONGEST and name not in LONGER_ON_PURPOSE}
    assert not long, f"split these, or allow them here and say why: {long}"


def test_every_folder_with_tests_is_a_package() -> None:
    folders = {path.parent for path in (PROJECT / "tests").rglob("test_*.py")}
    assert not [relative(folder) for folder in folders if not (folder / "__init__.py").exists()]


@pytest.mark.skipif(sys.platform == "win32", reason="needs bash")
def test_ci_runs_the_test_command_of_the_readme() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"<!-- test-command[^\n]*-->\n```sh\n(.*?)\n```", readme, flags=re.DOTALL)
    asked = ["bash", str(PROJECT / ".ci" / "run"), "--print-test-command"]
    run = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    assert shown == [run.stdout.strip()]
    assert "pytest" in shown[0]


def test_no_release_of_qt_that_aborts_is_allowed() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    below_3_12 = [need for need in settings["project"]["dependencies"] if 'python_version < "3.12"' in need]
    assert len(below_3_12) == 1
    assert "<6.12" in below_3_12[0]
