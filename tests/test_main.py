"""The command line: one sentence for what a person can mend, and nothing loaded that a command does not need."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from types import ModuleType

import pytest

import main
from core.errors import DataError

PROJECT = Path(__file__).parents[1]


def command(answer: object) -> ModuleType:
    """A command that takes one word and then gives the answer, or raises it."""
    module = ModuleType("core.commands.trace")

    def add_arguments(parser: ArgumentParser) -> None:
        parser.add_argument("word")

    def run(arguments: Namespace) -> int:
        assert arguments.word == "lstm"
        if isinstance(answer, BaseException):
            raise answer
        return answer

    module.add_arguments, module.run = add_arguments, run
    return module


@pytest.fixture
def trace_gives(monkeypatch):
    return lambda answer: monkeypatch.setitem(sys.modules, "core.commands.trace", command(answer))


def test_the_exit_code_of_the_command_is_passed_on(trace_gives) -> None:
    trace_gives(7)
    assert main.main(["trace", "lstm"]) == 7


def test_an_error_that_a_person_can_mend_is_one_sentence(trace_gives, capsys) -> None:
    trace_gives(DataError("the file is empty; give at least one step."))
    assert main.main(["trace", "lstm"]) == 2
    assert capsys.readouterr().err == "gatewalk: the file is empty; give at least one step.\n"


def test_an_interrupted_command_ends_quietly(trace_gives, capsys) -> None:
    trace_gives(KeyboardInterrupt())
    assert main.main(["trace", "lstm"]) == 130
    assert capsys.readouterr().err == ""


def test_a_defect_is_not_hidden(trace_gives) -> None:
    trace_gives(ModuleNotFoundError("No module named 'core.nowhere'", name="core.nowhere"))
    with pytest.raises(ModuleNotFoundError):
        main.main(["trace", "lstm"])


def test_a_missing_package_is_named(trace_gives, capsys) -> None:
    trace_gives(ModuleNotFoundError("No module named 'msgspec'", name="msgspec"))
    assert main.main(["trace", "lstm"]) == 3
    assert "'msgspec' is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "hint"), [("trian", "did you mean 'train'?"), ("zzz", "play, trace, check, export, train, sample")]
)
def test_an_unknown_command_is_refused(word: str, hint: str, capsys) -> None:
    assert main.main([word]) == 2
    assert hint in capsys.readouterr().err


def test_help_lists_every_command(capsys) -> None:
    assert main.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in main.COMMANDS)


def test_commands_without_a_window_never_import_qt() -> None:
    code = (
        "import sys, main\n"
        "try:\n    main.main(['trace', '--help'])\n"
        "except (SystemExit, ModuleNotFoundError):\n    pass\n"
        "print(sorted(name for name in sys.modules if name.startswith(('PySide6', 'pyqtgraph', 'desktop'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
