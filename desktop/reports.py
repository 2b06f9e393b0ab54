"""What the program says to the person: a calm sentence, and for defects the details in a file."""

from __future__ import annotations

import datetime as dt
import traceback
from enum import StrEnum
from pathlib import Path

import msgspec
from PySide6.QtCore import QCoreApplication, QStandardPaths


class Kind(StrEnum):
    """How much a report matters."""

    NOTE = "note"  # something happened, nothing to do
    BUSY = "busy"  # something is going on that Esc ends
    ERROR = "error"  # a request could not be done; everything is as it was


class Report(msgspec.Struct, frozen=True):
    """A sentence for the person; an empty one takes the last one back."""

    text: str
    kind: Kind = Kind.NOTE
    details: str = ""  # for those who want to know more


def default_log_file() -> Path:
    """Where the details of defects are written."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    return Path(folder) / "gatewalk.log"


def defect(error: BaseException, log_file: Path) -> Report:
    """The report of a defect; its details go into the log file."""
    details = "".join(traceback.format_exception(error))
    written = _write(details, log_file)
    calm = QCoreApplication.translate("Reports", "Something went wrong inside Gatewalk; undo if anything looks odd.")
    where = QCoreApplication.translate("Reports", "The details are in {file}.").format(file=log_file)
    return Report(f"{calm} {where}" if written else calm, Kind.ERROR, details)


def _write(details: str, log_file: Path) -> bool:
    try:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with log_file.open("a", encoding="utf-8") as file:
            file.write(f"--- {dt.datetime.now(dt.UTC).isoformat(timespec='seconds')}\n")
            file.write(details)
    except OSError:
        return False
    return True
