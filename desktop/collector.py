"""When Python looks for garbage: not while a window is built, and later not among what stays for good.

Most of what is made at the start lives to the end. Searching it costs a tenth of the start, and later 10 to 30 ms every
now and then, just when a key is pressed.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_is_garbage() -> Iterator[None]:
    """No search for garbage meanwhile; afterwards as before."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()


def keep_for_good() -> None:
    """Search from now on, but not in what there is already. For a process with one window, once."""
    gc.freeze()
    gc.enable()
