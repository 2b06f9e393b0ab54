"""Parameters under the names and in the shapes of the file that the model came from."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import NDArray

from core.frame import Change
from core.origin import Origin

Arrays = Mapping[str, NDArray]


def has_names(origin: Origin | None) -> bool:
    """Whether there are tensors of a file to name."""
    return origin is not None and bool(origin.names.shapes)


def by_file(changes: tuple[Change, ...], origin: Origin, parameters: Arrays) -> tuple[Change, ...]:
    """The same changes, tensor by tensor; ``parameters`` are all of the network, also those that are not trained.

    A tensor is clipped or updated once all parameters that it feeds are.
    """
    feeds = _feeds(changes, origin)
    values = origin.values({**parameters, **{change.path: change.value for change in changes}})
    gradients = origin.gradients({change.path: change.gradient for change in changes})
    clipped = {change.path: change.clipped for change in changes if change.clipped is not None}
    updated = {change.path: change.updated for change in changes if change.updated is not None}
    cut = origin.gradients(clipped) if clipped else {}
    after = origin.values({**parameters, **updated}) if updated else {}
    return tuple(
        Change(
            tensor,
            values[tensor],
            gradients[tensor],
            cut[tensor] if paths <= clipped.keys() else None,
            after[tensor] if paths <= updated.keys() else None,
        )
        for tensor, paths in feeds.items()
    )


def _feeds(changes: tuple[Change, ...], origin: Origin) -> dict[str, set[str]]:
    """The trained parameters that each tensor feeds, in the order of the file."""
    trained = {change.path for change in changes}
    feeds: dict[str, set[str]] = {tensor: set() for tensor in origin.names.shapes}
    for piece in origin.names.pieces:
        if piece.parameter in trained:
            feeds[piece.tensor].add(piece.parameter)
    return {tensor: paths for tensor, paths in feeds.items() if paths}


def tensor_of(path: str, origin: Origin) -> str:
    """The first tensor that feeds a parameter; "" for none."""
    return next((piece.tensor for piece in origin.names.pieces if piece.parameter == path), "")
