"""Remakes ``tests/data/pytorch_networks.npz`` with PyTorch, in float64. Not run by the tests, which only read it.

    python tests/data/make_pytorch_networks.py     (in an environment that has torch)

The file holds many cases. ``index`` is JSON: case -> name -> (where in ``given`` or ``found``, shape). A case is called
``lstm-L2-both-T5-H3-B2-all``: cell, layers, directions, steps, units, batch, where the loss stands (at all steps, at
the last of each sequence, or at some, which differ by sequence); ``-lengths`` for packed sequences, ``-proj2`` for a
projection. What is given stands in ``given``, whole 32nds in one byte each: PyTorch's weights under its own names
(``weight_ih_l0_reverse``), ``x`` (T, B, D), ``h0`` and for the LSTM ``c0`` (L · directions, B, ·), ``target``. What
PyTorch computed stands in ``found``, float64: ``out`` (T, B, ·), ``hn``, ``cn``, ``loss``, half the sum of squares of
out − target, and ``grad/NAME`` of all that is given but the target. ``lengths`` (B,) stands in the index itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

FILE = Path(__file__).parent / "pytorch_networks.npz"
UNIT = 32.0  # what is given are whole parts of one divided by this
KINDS = {
    "lstm": (torch.nn.LSTM, {}),
    "gru": (torch.nn.GRU, {}),
    "rnn_tanh": (torch.nn.RNN, {"nonlinearity": "tanh"}),
    "rnn_relu": (torch.nn.RNN, {"nonlinearity": "relu"}),
}
SIZES = ((5, 2, 2, 3), (1, 2, 3, 1), (7, 3, 2, 1))  # T, D, H, B
SMALL, NARROW = (4, 1, 2, 2), (3, 3, 1, 2)
LENGTHS = {5: (5, 2, 4), 7: (4,), 1: (1,), 4: (2, 4), 3: (3, 1)}
PLACES = ("all", "last", "some")


@dataclass(frozen=True)
class Case:
    """One network on one batch."""

    layers: int
    both: bool
    size: tuple[int, int, int, int]
    at: str
    packed: bool = False
    projection: int = 0

    @property
    def name(self) -> str:
        """The name of the case in its file."""
        steps, _, units, batch = self.size
        name = f"L{self.layers}-{'both' if self.both else 'forward'}-T{steps}-H{units}-B{batch}-{self.at}"
        return name + ("-lengths" if self.packed else "") + (f"-proj{self.projection}" if self.projection else "")


def cases(kind: str) -> list[Case]:
    """All cases of a kind of cell."""
    every = [(layers, both) for layers in (1, 2, 3) for both in (False, True)]
    found = [Case(*net, SIZES[0], at) for net in every for at in ("all", "last")]
    found += [Case(1, both, SIZES[1], "all") for both in (False, True)]
    found += [Case(2, both, SIZES[2], "last") for both in (False, True)]
    found += [Case(*net, SIZES[0], "last" if net[0] == 2 else "all", packed=True) for net in every]
    found += [Case(1, True, SIZES[2], "all", packed=True)]
    if kind == "lstm":
        found += [Case(layers, both, (4, 2, 3, 2), at, projection=2)
                  for layers, both, at in ((1, False, "all"), (1, True, "last"), (2, True, "all"))]  # fmt: skip
    return found


def more_cases(kind: str) -> list[Case]:
    """What completes them: every depth and direction with the loss at every place, packed or not, also projected."""
    every = [(layers, both) for layers in (1, 2, 3) for both in (False, True)]
    found = [Case(*net, SMALL, "some") for net in every]
    there = {case.name for case in cases(kind)}
    for packed in [Case(*net, SMALL, at, packed=True) for net in every for at in PLACES]:
        known = replace(packed, size=SIZES[0]).name
        found += [packed] if known not in there else []
    found += [Case(3, both, NARROW, "some", packed=True) for both in (False, True)]
    if kind == "lstm":
        found += [Case(*net, SMALL, at, packed, 1) for net in every for at in PLACES for packed in (False, True)]
    return found


def weights_of(case: Case, lengths: tuple[int, ...]) -> torch.Tensor:
    """(T, B, 1): 1 where there is a loss."""
    steps, _, _, batch = case.size
    weights = torch.zeros(steps, batch, 1, dtype=torch.float64)
    for sample, length in enumerate(lengths):
        first, every = {"all": (0, 1), "last": (length - 1, 1), "some": (sample % length, 2)}[case.at]
        weights[first:length:every, sample] = 1.0
    return weights


def parts(*shape: int, most: int = 32) -> torch.Tensor:
    """Random whole parts of one, within ±most/32."""
    return torch.randint(-most, most + 1, shape).to(torch.float64) / UNIT


def make_case(kind: str, case: Case) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], tuple[int, ...]]:
    """What is given and what PyTorch found, and the lengths; none where all sequences have all steps."""
    steps, inputs, units, batch = case.size
    module_class, options = KINDS[kind]
    if case.projection:
        options = {**options, "proj_size": case.projection}
    module = module_class(inputs, units, case.layers, bidirectional=case.both, dtype=torch.float64, **options)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(parts(*parameter.shape))
    rows = case.layers * (2 if case.both else 1)
    x = parts(steps, batch, inputs, most=64).requires_grad_()
    start = {"h0": parts(rows, batch, case.projection or units).requires_grad_()}
    if kind == "lstm":
        start["c0"] = parts(rows, batch, units).requires_grad_()
    state = (start["h0"], start["c0"]) if kind == "lstm" else start["h0"]
    lengths = LENGTHS[steps] if case.packed else (steps,) * batch
    signal = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False) if case.packed else x
    out, last = module(signal, state)
    if case.packed:
        out, _ = pad_packed_sequence(out, total_length=steps)
    target = parts(*out.shape)
    loss = 0.5 * (weights_of(case, lengths) * (out - target) ** 2).sum()
    loss.backward()
    ends = {"hn": last[0], "cn": last[1]} if kind == "lstm" else {"hn": last}
    learned = {"x": x, **start, **dict(module.named_parameters())}
    found = {"out": out, "loss": loss, **ends, **{f"grad/{name}": tensor.grad for name, tensor in learned.items()}}
    return _arrays({**learned, "target": target}), _arrays(found), lengths if case.packed else ()


def _arrays(tensors: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}


class Shelf:
    """Arrays behind each other in one."""

    def __init__(self) -> None:
        self.pieces: list[np.ndarray] = []
        self.size = 0

    def put(self, arrays: dict[str, np.ndarray]) -> dict[str, list]:
        """Where each array stands."""
        index = {}
        for name, array in arrays.items():
            index[name] = [self.size, list(array.shape)]
            self.pieces.append(array.reshape(-1))
            self.size += array.size
        return index


def main() -> None:
    torch.manual_seed(30)
    torch.set_num_threads(1)
    given, found, index = Shelf(), Shelf(), {}
    for listed in (cases, more_cases):
        for kind, case in [(name, case) for name in KINDS for case in listed(name)]:
            inside, outside, lengths = make_case(kind, case)
            index[f"{kind}-{case.name}"] = [given.put(inside), found.put(outside), lengths]
    small = np.concatenate(given.pieces) * UNIT
    assert (small == small.astype(np.int8)).all()
    text = np.frombuffer(json.dumps(index, separators=(",", ":")).encode(), np.uint8)
    np.savez_compressed(FILE, given=small.astype(np.int8), found=np.concatenate(found.pieces), index=text)
    print(f"{len(index)} cases, {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
