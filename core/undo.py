"""What undo and redo go back to."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from core.branch import Branch
from core.errors import SessionError
from core.frame import Cursor, Position
from core.lanes import Companion, before_edit


class Undoable(msgspec.Struct, frozen=True, eq=False):
    """One state of the undo history: branch and lanes before or after an edit, and where the cursor stood.

    ``landed`` is where the cursor was led when this state was left, if not as near as possible to where it stood.
    """

    label: str
    branch: Branch
    cursor: Cursor
    lanes: tuple[Companion, ...] = ()
    landed: Cursor | None = None

    def returning(self, branch: Branch, cursor: Cursor, position: Position) -> Cursor:
        """Where the cursor goes from its place in ``branch``: where it stood, if nobody has moved it since.

        Otherwise as near as this state's branch goes to where it is.
        """
        if branch is self.branch:  # an edit of lanes moves nothing
            return cursor
        stood = self.branch.run(self.cursor.iteration).timeline.position(self.cursor)
        landed = branch.nearest(stood) if self.landed is None else self.landed
        return self.cursor if landed == cursor else self.branch.nearest(position)


def lead_to(done: list[Undoable], cursor: Cursor) -> None:
    """Note that the last edit has led the cursor here itself, so that undo leads back from here."""
    done[-1] = replace(done[-1], landed=cursor)


def before_last_edit(done: Iterable[Undoable], branch: Branch, name: str = "") -> Companion:
    """The lane of the walk before the last edit of the lead. Raises SessionError where there was none."""
    for entry in reversed(list(done)):
        if entry.branch is not branch:  # edits of lanes leave the lead as it is
            return before_edit(entry.branch, entry.label, name)
    raise SessionError("nothing was edited yet, so there is no walk before an edit. Edit something first")
