"""The errors that Gatewalk raises on purpose. Each message says what is wrong, where, and what to do.

They are caught at the edge (the command line and the desktop's bridge) and shown as they are; anything else that
escapes is a defect.
"""

from __future__ import annotations


class GatewalkError(Exception):
    """Something a person can mend; ``str(error)`` is a sentence for them."""


class LanguageError(GatewalkError):
    """A cell file or an equation that cannot be read.

    ``line`` and ``column`` count from 1, in characters, in the file (or in the text, when there is no file).
    """

    def __init__(self, message: str, *, file: str = "", line: int = 0, column: int = 0) -> None:
        self.message, self.file, self.line, self.column = message, file, line, column
        place = file or "equations"
        if line:
            place += f", line {line}, column {column}" if column else f", line {line}"
        super().__init__(f"{place}: {message}")


class ShapeError(GatewalkError):
    """Arrays or sizes that do not fit each other."""


class DataError(GatewalkError):
    """Input or target data that cannot be used (unknown word, wrong width, empty)."""


class FileError(GatewalkError):
    """A file that cannot be read or written."""


class SessionError(GatewalkError):
    """A request that makes no sense at this place of the walk."""


class Cancelled(GatewalkError):
    """Work that was interrupted on request; what was finished is kept."""
