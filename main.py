"""``python main.py`` opens the window; ``python main.py COMMAND …`` works without one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

COMMANDS = {  # name: (module, what it does); a module is imported only when its command is used
    "play": ("desktop.commands.play", "render a walk into a picture or an animation"),
    "trace": ("core.commands.trace", "write every variable and every gradient of a walk to a file"),
    "check": ("core.commands.check", "compare every gradient with finite differences"),
    "export": ("core.commands.export", "save a model for other programs, or its cell as a Python source"),
    "train": ("core.commands.train", "train a scenario and save what was learned"),
    "sample": ("core.commands.sample", "write sequences of a task for other programs"),
}
BAD_REQUEST, MISSING, INTERRUPTED = 2, 3, 130

# One thread for matrix products, set before NumPy is imported: the matrices of a step are small, so more threads only
# wait for each other, and the last bits of a result would depend on how many there are.
for _variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_variable, "1")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one start of the program: 0, or 2 for a bad request, or 3 when something must be installed."""
    try:
        return answer(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "core", "desktop"):
            raise  # a defect of this program, not of the installation
        return complain(
            f"the Python package {package!r} is missing; install what Gatewalk needs with: "
            f"{sys.executable} -m pip install -e {Path(__file__).resolve().parent}",
            MISSING,
        )


def answer(arguments: list[str]) -> int:
    """Does what the command line asks for; errors that a person can mend become one sentence."""
    from core.errors import GatewalkError

    try:
        return dispatch(arguments)
    except GatewalkError as error:
        return complain(str(error), getattr(error, "exit_code", BAD_REQUEST))


def dispatch(arguments: list[str]) -> int:
    """Runs the command that the first word names; anything else belongs to the window."""
    first = arguments[0] if arguments else ""
    if first in COMMANDS:
        return run_command(first, arguments[1:])
    if first in ("-h", "--help", "help"):
        print(overview())
        return 0
    if first and not first.startswith("-") and not Path(first).suffix and not Path(first).exists():
        import difflib  # it and argparse are not for the window, which is to be there soon

        near = difflib.get_close_matches(first, COMMANDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"the commands are {', '.join(COMMANDS)}."
        return complain(f"there is no command or file {first!r}; {hint}", BAD_REQUEST)
    from desktop.launch import open_window

    return open_window(arguments)


def run_command(name: str, arguments: list[str]) -> int:
    """Parses the rest of the line as the command's module wants it, and runs the command."""
    from argparse import ArgumentParser

    module_name, description = COMMANDS[name]
    if module_name.startswith("desktop."):
        from desktop.launch import prepare_offscreen

        prepare_offscreen()
    command = import_module(module_name)
    parser = ArgumentParser(prog=f"python main.py {name}", description=f"{description[0].upper()}{description[1:]}.")
    command.add_arguments(parser)
    return int(command.run(parser.parse_args(arguments)))


def overview() -> str:
    """What ``--help`` prints."""
    lines = [
        "usage: python main.py [FILE]          open the window, on FILE or on the ready example",
        "       python main.py COMMAND …       work without a window; COMMAND --help says more",
        "",
        "commands:",
    ]
    return "\n".join(lines + [f"  {name:<8}{description}" for name, (_, description) in COMMANDS.items()])


def complain(sentence: str, exit_code: int) -> int:
    """Prints the sentence where errors go, and gives the exit code back."""
    print(f"gatewalk: {sentence}", file=sys.stderr)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
