"""``python main.py play NAME|FILE --out FILE``: a walk as a picture or an animation, without a window."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import DataError, FileError
from core.files.replacing import writing
from core.frame import Cursor, Grain, Phase
from core.tables import count

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from desktop.pictures.filming import Film

ENDINGS = (".png", ".gif", ".webp")
DEFAULT_FPS, HOLD_S = 4.0, 1.5  # frames a second; how much longer the last one stands
LARGEST_SIDE, MOST_FRAMES, MOST_POSITIONS = 4096, 3000, 200_000


def add_arguments(parser: ArgumentParser) -> None:
    """What the command line may say."""
    parser.add_argument("name", metavar="NAME|FILE", help="a scenario (agreement), a .toml scenario or a .gatewalk")
    parser.add_argument("--out", required=True, metavar="FILE", help="FILE.png (the last picture), .gif or .webp")
    parser.add_argument("--grain", choices=[*Grain], default=Grain.TIME_STEP, help="one step of the walk")
    parser.add_argument("--phase", choices=[*Phase], action="append", help="only this phase (may be given again)")
    parser.add_argument("--from", dest="first", type=_position, metavar="N", help="first step shown (0: before any)")
    parser.add_argument("--to", dest="last", type=_position, metavar="N", help="last step shown")
    parser.add_argument("--size", type=_size, default=(1280, 720), metavar="WxH", help="default: 1280x720")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--fps", type=_positive, metavar="F", help=f"steps a second (default: {DEFAULT_FPS:g})")
    parser.add_argument("--seconds", type=_positive, metavar="S", help="length; steps are left out where it is short")
    parser.add_argument("--window", action="store_true", help="show the whole window, not only the drawing")


def run(arguments: Namespace) -> int:
    """Render, and say where it is."""
    out = _checked_output(arguments)
    from desktop.pictures.filming import film

    grain = Grain(arguments.grain)
    with film(arguments.name, arguments.size, arguments.theme, arguments.window, grain) as filmed:
        indices = _chosen(_positions(filmed, arguments), arguments)
        if out.suffix.lower() == ".png":
            from desktop.documents.export import png_bytes

            with writing(out) as file:
                file.write(png_bytes(filmed.picture(indices[-1])))
            print(f"Wrote {out}: {filmed.sentence}")
            return 0
        lengths = _durations(len(indices), arguments)
        _write_animation(out, filmed, indices, lengths, arguments.size)
    print(f"Wrote {out}: {count(len(indices), 'picture')}, {sum(lengths) / 1000:.1f} seconds")
    return 0


def _write_animation(out: Path, filmed: Film, indices: list[int], lengths: list[int], size: tuple[int, int]) -> None:
    from desktop.pictures.moving_pictures import Pixels, write_gif, write_webp
    from desktop.pictures.stage import pixels_of

    def frames() -> Iterator[tuple[Pixels, int]]:
        show = _progress(len(indices))
        for number, (index, length) in enumerate(zip(indices, lengths, strict=True), 1):
            image: QImage = filmed.picture(index)
            yield pixels_of(image), length
            show(number)

    with writing(out) as file:
        (write_gif if out.suffix.lower() == ".gif" else write_webp)(file, size, frames())


def _positions(filmed: Film, arguments: Namespace) -> list[int]:
    """The indices at which the walk stands, in the phases that were asked for."""
    timeline, grain = filmed.timeline, Grain(arguments.grain)
    missing = [phase for phase in arguments.phase or () if phase not in timeline.phases]
    if missing:
        raise DataError(f"This walk has no phase {missing[0]}; it has {', '.join(timeline.phases)}.")
    indices = [0]
    while indices[-1] < timeline.length:
        if len(indices) > MOST_POSITIONS:
            raise DataError(f"This walk has more than {MOST_POSITIONS:,} steps. Choose a coarser --grain.")
        indices.append(timeline.next(indices[-1], grain))
    if not arguments.phase:
        return indices
    return [index for index in indices[1:] if timeline.position(Cursor(0, index)).phase in arguments.phase]


def _chosen(indices: list[int], arguments: Namespace) -> list[int]:
    """The steps from --from to --to, and of them as many as there is time for."""
    first = arguments.first or 0
    last = len(indices) - 1 if arguments.last is None else arguments.last
    if not first <= last < len(indices):
        raise DataError(
            f"--from {first} --to {last}: expected steps from 0 to {len(indices) - 1}, the first not after the last."
        )
    chosen = indices[first : last + 1]
    most = MOST_FRAMES
    if arguments.seconds:
        most = max(1, min(most, int(arguments.seconds * (arguments.fps or 12.0))))
    if len(chosen) > most:
        chosen = [chosen[place] for place in np.unique(np.linspace(0, len(chosen) - 1, most).round().astype(int))]
    return chosen


def _durations(number: int, arguments: Namespace) -> list[int]:
    """How long each picture stands, in milliseconds."""
    if arguments.seconds:
        ends = np.linspace(0, arguments.seconds * 1000, number + 1).round().astype(int)
        return np.maximum(1, np.diff(ends)).tolist()
    each = max(1, round(1000 / (arguments.fps or DEFAULT_FPS)))
    return [each] * (number - 1) + [each + round(1000 * HOLD_S)]


def _checked_output(arguments: Namespace) -> Path:
    """The file to write, before any work is done. Raises FileError."""
    out = Path(arguments.out)
    if out.suffix.lower() not in ENDINGS:
        raise FileError(
            f"{out}: pictures are written as .png, animations as .gif or .webp; got {out.suffix or 'no ending'!r}."
        )
    if out.is_dir() or not out.parent.is_dir():
        reason = "it is a folder" if out.is_dir() else f"there is no folder {out.parent}"
        raise FileError(f"{out} cannot be written: {reason}. Choose another place.")
    return out


def _progress(total: int) -> Callable[[int], None]:
    """Shows how far the work is, where a person watches."""
    if not sys.stderr.isatty():
        return lambda number: None

    def show(number: int) -> None:
        end = "\n" if number == total else ""
        print(f"\rpicture {number} of {total}", end=end, file=sys.stderr, flush=True)

    return show


def _size(text: str) -> tuple[int, int]:
    """A size such as 1280x720."""
    found = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", text)
    sides = (int(found[1]), int(found[2])) if found else (0, 0)
    if min(sides) < 200 or max(sides) > LARGEST_SIDE:
        raise ArgumentTypeError(f"expected WIDTHxHEIGHT from 200x200 to {LARGEST_SIDE}x{LARGEST_SIDE}, got {text!r}")
    return sides


def _position(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isascii() or not text.isdecimal():
        raise ArgumentTypeError(f"expected a step, a whole number from 0 on, got {text!r}")
    return int(text)


def _positive(text: str) -> float:
    """A number above 0, and not too large to mean something."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.01 <= number <= 3600:
        raise ArgumentTypeError(f"expected a number from 0.01 to 3600, got {text!r}")
    return number
