"""The state dict in what was saved: the dictionary that holds recurrent weights, however deep a checkpoint has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.files.models.pytorch.names import modules_in
from core.files.models.records import Answers, FileTensor, Question

_USUAL = ("state_dict", "model_state_dict", "model", "net", "network", "module")  # names that people give it
_TOP = "(top level)"

Tree = Mapping[Any, Any]


def state_dict_in(tree: Tree, answers: Answers) -> tuple[str, dict[str, FileTensor]]:
    """Where the state dict stands ("" at the top) and its tensors; asks where a checkpoint has several.

    Without recurrent weights anywhere it is the tree's own tensors.
    """
    found = {path: tensors for path, tensors in _dictionaries(tree, "", set()) if modules_in(tensors)}
    if not found:
        return "", _tensors(tree)
    path = next(iter(found))
    if len(found) > 1:
        usual = [path for name in _USUAL for path in found if path.split(".")[-1] == name]
        question = Question(
            "checkpoint",
            "The checkpoint holds several sets of weights. Which one is meant?",
            tuple(path or _TOP for path in found),
            [*usual, path][0] or _TOP,
        )
        answer = answers.choose(question)
        path = "" if answer == _TOP else answer
    return path, found[path]


def _dictionaries(tree: Tree, path: str, seen: set[int]) -> Iterator[tuple[str, dict[str, FileTensor]]]:
    """Every dictionary in the tree with the tensors that stand in it, each once."""
    if id(tree) in seen:
        return
    seen.add(id(tree))
    yield path, _tensors(tree)
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _dictionaries(value, f"{path}.{key}" if path else str(key), seen)


def _tensors(tree: Tree) -> dict[str, FileTensor]:
    return {key: value for key, value in tree.items() if isinstance(key, str) and isinstance(value, FileTensor)}
