"""The proof of a gradient in words: what was measured, and whether it agrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor

from core.frame import Inspection
from desktop.style.numbers_text import number_text, signed_text
from desktop.style.theme import Theme


class ProofRecord(Protocol):
    """What a check gives."""

    analytic: float
    numeric: float
    method: str  # "central difference", "complex step"
    relative_error: float
    verdict: str  # "agrees", "differs", "cannot be resolved", "kink"


@dataclass(frozen=True)
class ProofWords:
    """A proof as it is shown; ``good`` is None where it neither agrees nor differs."""

    method: str
    number: str
    verdict: str
    good: bool | None
    note: str = ""

    def colour(self, theme: Theme) -> QColor:
        """The colour of the verdict; the words and the mark say it too."""
        if self.good is None:
            return theme.secondary
        return theme.good if self.good else theme.warning


def proof_words(record: ProofRecord) -> ProofWords:
    """The words for a proof."""
    verdict, error = str(record.verdict), number_text(record.relative_error, 1)
    if verdict.startswith("agree"):
        said, good = tr("agrees to {error}\N{NO-BREAK SPACE}✓").format(error=error), True
    elif verdict.startswith("differ"):
        said, good = (
            tr("differs by {error}\N{NO-BREAK SPACE}✗").format(error=number_text(record.relative_error, 2)),
            False,
        )
    elif "kink" in verdict:
        said, good = tr("at a kink: no single slope"), None
    else:
        said, good = tr("too small to be resolved"), None
    return ProofWords(tr(str(record.method)), signed_text(record.numeric), said, good, getattr(record, "note", ""))


def proves(record: ProofRecord, seen: Inspection) -> bool:
    """Whether a proof is about what is shown, as far as it says where it was made."""
    path, t = getattr(record, "path", seen.path), getattr(record, "t", seen.t)
    index = getattr(record, "index", ())
    return path == seen.path and t == seen.t and (not index or index[-1] == seen.unit)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Proof", text)
