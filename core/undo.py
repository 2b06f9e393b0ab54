"""What undo and redo go back to."""

from __future__ import annotations

import msgspec

from core.branch import Branch
from core.frame import Cursor, Position
from core.lanes import Companion


class Undoable(msgspec.Struct, frozen=True, eq=False):
    """One state of the undo history: branch and lanes before or after an edit, and where the cursor stood."""

    label: str
    branch: Branch
    cursor: Cursor
    lanes: tuple[Companion, ...] = ()

    def returning(self, branch: Branch, cursor: Cursor, position: Position) -> Cursor:
        """Where the cursor goes from its place in ``branch``: where it stood, if nobody has moved it since.

        Otherwise as near as this state's branch goes to where it is.
        """
        if branch is self.branch:  # an edit of lanes moves nothing
            return cursor
        stood = self.branch.run(self.cursor.iteration).timeline.position(self.cursor)
        return self.cursor if branch.nearest(stood) == cursor else self.branch.nearest(position)
