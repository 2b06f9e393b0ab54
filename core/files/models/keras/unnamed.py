"""A model from weights alone: shapes and names say what a layer is, questions what they do not say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.files.models.keras.activations import ASKED, HARD_2, HARD_3
from core.files.models.keras.config import snake_case
from core.files.models.keras.file import KerasFile
from core.files.models.keras.layers import OFF_AT_INFERENCE, RECURRENT
from core.files.models.keras.order import ordered
from core.files.models.keras.parts import GATES, GRU, JOINS, RNN, Dense, Embedding, Model, Part, Recurrent, Weights
from core.files.models.keras.tensors import ROOTS, legacy_tensors, numbered_in
from core.files.models.records import Answers, Question
from core.stack import Direction
from core.tokens import shown

_SILENT = tuple(snake_case(kind) for kind in (*OFF_AT_INFERENCE, "InputLayer", "Masking"))
_TOP = "top_level_model_weights"
_YES, _NO = "yes", "no"
_GATES = ("sigmoid", HARD_3, HARD_2, "tanh", "linear", "relu")
_EVERY, _LAST = "every step", "last step"


def guessed_model(file: KerasFile, answers: Answers) -> Model:
    """The parts of a file of weights, by answers and guesses. Raises FileError where names and shapes fit no chain."""
    parts = [part for group in _groups(file) if (part := _part(file, group))]
    if not any(isinstance(part, Recurrent) for part in parts):
        names = ", ".join(shown(name) for name in list(file.tree.tensors)[:4]) or "no tensors"
        raise file.refusal(f"there is no recurrent layer of Keras in it; it holds {names}. Choose a model with one.")
    _check_distinct(file, parts)
    chain = list(parts) if file.legacy else ordered(file, parts, answers)
    asked = [_asked(part, place, chain, file, answers) for place, part in enumerate(chain)]
    return Model(tuple(asked), ("the file holds weights only: what they cannot tell was asked or assumed",))


@dataclass(frozen=True)
class _Group:
    """A layer's place in the file: its name, and its tensors direction by direction."""

    name: str
    weights: tuple[Weights, ...]


def _groups(file: KerasFile) -> Iterator[_Group]:
    """The layers of the file, in its order (of names, in Keras 3)."""
    if file.legacy:
        for name in file.tree.names(file.root, "layer_names") or ():
            yield _Group(name, legacy_tensors(file, name))
        return
    for root in ROOTS:
        inside = [path.split("/")[1] for path in file.tree.texts if path.startswith(f"{root}/")]
        for name in dict.fromkeys(inside):
            yield _Group(name, tuple(_numbered(file, f"{root}/{name}")))


def _numbered(file: KerasFile, group: str) -> Iterator[Weights]:
    recurrent = ("cell/vars", "forward_layer/cell/vars", "backward_layer/cell/vars")
    for place, matrices in [*((place, 2) for place in recurrent), ("layer/vars", 1), ("vars", 1)]:
        if found := numbered_in(file, f"{group}/{place}", matrices):
            yield found


def _part(file: KerasFile, group: _Group) -> Part | None:
    """What the tensors of a group are; None for layers that do nothing here. Raises FileError for what is unknown."""
    base = group.name.rstrip("0123456789").rstrip("_")
    if not group.weights:
        if file.legacy or base in _SILENT or base == "time_distributed":
            return None
        raise file.refusal(
            f"{shown(group.name)} has no weights, and what it does stands in the configuration only. "
            "Open the whole model (.keras)."
        )
    first = group.weights[0]
    shapes = [file.tree.tensors[name].shape for name in (first.kernel, first.recurrent, first.bias) if name]
    if first.recurrent:
        return _recurrent(file, group, shapes)
    is_bias = len(shapes) < 2 or (len(shapes) == 2 and shapes[1] == shapes[0][1:])
    if len(shapes[0]) != 2 or 0 in shapes[0] or not is_bias or len(group.weights) > 1:
        raise _unknown(file, group, shapes)
    is_embedding = "embedding" in group.name or first.kernel.split(":")[0].endswith("embeddings")
    if is_embedding and not first.bias:
        return Embedding(group.name, *shapes[0], first)
    return Dense(group.name, shapes[0][1], first)


def _recurrent(file: KerasFile, group: _Group, shapes: list[tuple[int, ...]]) -> Recurrent:
    """A recurrent layer by its shapes: as many gates as the recurrent kernel has columns for each row."""
    kernel, recurrent, *bias = shapes
    units = recurrent[0] if len(recurrent) == 2 else 0
    gates = recurrent[1] // units if units and recurrent[1] % units == 0 else 0
    kind = {len(names): kind for kind, names in GATES.items()}.get(gates, "")
    columns = (gates * units,)
    two_rows = bool(bias) and kind == GRU and bias[0] == (2, *columns)
    if not kind or len(kernel) != 2 or kernel[1:] != columns or len(group.weights) > 2:
        raise _unknown(file, group, shapes)
    if bias and not two_rows and bias[0] != columns:
        raise _unknown(file, group, shapes)
    both = Direction.BOTH if len(group.weights) == 2 else Direction.FORWARD
    return Recurrent(
        kind, group.name, units, group.weights, has_bias=bool(bias), reset_after=two_rows or not bias, direction=both
    )


def _unknown(file: KerasFile, group: _Group, shapes: list[tuple[int, ...]]) -> Exception:
    found = ", ".join(str(shape) for shape in shapes)
    return file.refusal(
        f"{shown(group.name)} has tensors of the shapes {found}, which fit none of {', '.join(RECURRENT)}, Dense and "
        "Embedding. Open a model made of these."
    )


def _check_distinct(file: KerasFile, parts: list[Part]) -> None:
    if len(parts) > 100:
        raise file.refusal(f"it has {len(parts)} layers, expected at most 100 where only weights are given.")


def _asked(part: Part, place: int, chain: list[Part], file: KerasFile, answers: Answers) -> Part:
    """The part with what its weights cannot tell, by answer or guess."""
    if isinstance(part, Recurrent):
        return _asked_recurrent(part, place, chain, file, answers)
    if isinstance(part, Dense):
        is_last = place == len(chain) - 1
        guess = "linear" if not is_last or part.units == 1 else "softmax"
        return replace(part, activation=_choice(part.name, "activation", ASKED, guess, answers))
    return part


def _asked_recurrent(part: Recurrent, place: int, chain: list[Part], file: KerasFile, answers: Answers) -> Recurrent:
    first = next(other for other in chain if isinstance(other, Recurrent) and other.kind == part.kind).name
    part = replace(part, activation=_like(first, part.name, "activation", ASKED, answers))
    if part.kind != RNN:
        part = replace(part, gate_activation=_like(first, part.name, "recurrent_activation", _GATES, answers))
    if part.kind == GRU and not part.has_bias:
        part = replace(part, reset_after=_like(first, part.name, "reset_after", (_YES, _NO), answers) == _YES)
    if part.direction is Direction.BOTH:
        return _with_merge(part, place, chain, file, answers)
    if _like(first, part.name, "go_backwards", (_NO, _YES), answers) == _YES:
        part = replace(part, direction=Direction.REVERSE)
    return _with_sequences(part, place, chain, answers)


def _with_merge(part: Recurrent, place: int, chain: list[Part], file: KerasFile, answers: Answers) -> Recurrent:
    """How both directions are merged, as far as what reads them leaves it open."""
    reader = chain[place + 1] if place + 1 < len(chain) else None
    choices = tuple(JOINS)
    if isinstance(reader, Recurrent | Dense):
        kernel = (reader.weights[0] if isinstance(reader, Recurrent) else reader.weights).kernel
        wide = file.tree.tensors[kernel].shape[0] == 2 * part.units
        choices = ("concat",) if wide else choices[1:]
    if len(choices) > 1:
        part = replace(part, merge=_choice(part.name, "merge_mode", choices, choices[0], answers))
    return _with_sequences(part, place, chain, answers)


def _with_sequences(part: Recurrent, place: int, chain: list[Part], answers: Answers) -> Recurrent:
    """Whether the last recurrent layer gives every step, where that changes what is computed."""
    is_last = not any(isinstance(other, Recurrent) for other in chain[place + 1 :])
    if not is_last or part.direction is Direction.FORWARD:
        return part
    given = _choice(part.name, "return_sequences", (_EVERY, _LAST), _EVERY, answers)
    return replace(part, sequences=given == _EVERY)


_TEXTS = {
    "activation": "Which activation has the layer {}?",
    "recurrent_activation": "Which activation have the gates of the layer {} (recurrent_activation)?",
    "reset_after": "Does the layer {} reset after the product (reset_after)?",
    "go_backwards": "Does the layer {} walk backwards (go_backwards)?",
    "merge_mode": "How are both directions of the layer {} merged (merge_mode)?",
    "return_sequences": "Does the layer {} give every step or only the last one (return_sequences)?",
}


def _like(first: str, layer: str, what: str, choices: tuple[str, ...], answers: Answers) -> str:
    """What a layer is said to have; where nobody says it, what the first layer of its kind has.

    So a stack of many layers does not ask for each. The guess for the first is the first choice.
    """
    key = f"{first}.{what}"
    if layer != first and f"{layer}.{what}" not in answers.given and key in answers.taken:
        return answers.taken[key]
    return _choice(layer, what, choices, choices[0], answers)


def _choice(layer: str, what: str, choices: tuple[str, ...], guess: str, answers: Answers) -> str:
    text = f"{_TEXTS[what].format(shown(layer))} A file of weights does not say."
    return answers.choose(Question(f"{layer}.{what}", text, choices, guess))
