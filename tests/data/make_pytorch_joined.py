"""Remakes ``tests/data/pytorch_joined.npz`` with PyTorch, in float64. Not run by the tests, which only read it.

    python tests/data/make_pytorch_joined.py     (in an environment that has torch)

Networks of both directions that no single module of PyTorch is: joined by sum, average or product, or read by a matrix
for each direction; with tied weights; with an embedding in front and another cell above. They are put together of
``torch.nn`` modules of one direction. Each sequence goes through them alone, in its own length, turned round for the
reverse direction, so nothing is padded here. The loss is the cross-entropy of a softmax of scores, summed over all
steps of all sequences.

A key is ``CASE/NAME``: ``lengths`` (B,); ``x`` (T, B, D) with zeros behind each end; ``classes`` (T, B), −1 there;
``initial/l0.reverse/h`` (B, H); parameters by module in PyTorch's names, ``param/l0/weight_ih`` (``param/head/V``,
``param/embedding/E`` in ours); ``scores`` (T, B, O), ``loss`` (), and ``grad/NAME`` of every other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

FILE = Path(__file__).parent / "pytorch_joined.npz"
STEPS, LENGTHS, INPUTS, UNITS, CLASSES, EMBEDDED, ABOVE = 4, (4, 2, 3), 3, 2, 3, 2, 2
MODULES = {"rnn_tanh": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
JOINS = {
    "sum": torch.add,
    "average": lambda h, r: (h + r) / 2,
    "product": torch.mul,
    "concatenation": lambda h, r: torch.cat([h, r], dim=-1),
}


@dataclass(frozen=True)
class Case:
    """A layer of both directions, and what stands around it."""

    cell: str
    join: str  # "readout": a matrix for each direction
    tied: bool = False
    embedded: bool = False
    above: str = ""

    @property
    def name(self) -> str:
        """The name of the case in its file."""
        flags = ("-tied" if self.tied else "") + ("-embedded" if self.embedded else "")
        return f"{self.cell}-{self.join}{flags}" + (f"-under_{self.above}" if self.above else "")


CASES = (
    *(Case("rnn_tanh", join) for join in (*JOINS, "readout")),
    Case("rnn_tanh", "readout", tied=True),
    Case("lstm", "readout"),
    Case("lstm", "sum", tied=True),
    Case("gru", "product", tied=True, embedded=True),
    Case("lstm", "average", embedded=True, above="gru"),
    Case("gru", "concatenation", above="lstm"),
)


class Leaves:
    """Random numbers by name, each with its gradient afterwards."""

    def __init__(self) -> None:
        self.tensors: dict[str, torch.Tensor] = {}

    def new(self, name: str, *shape: int) -> torch.Tensor:
        """A new leaf."""
        self.tensors[name] = torch.normal(0, 0.7, shape, dtype=torch.float64).requires_grad_()
        return self.tensors[name]

    def cell(self, block: str, kind: str, inputs: int, units: int) -> dict[str, torch.Tensor]:
        """The parameters of a module of one layer, by its own names."""
        module = MODULES[kind](inputs, units)
        return {f"{part}_l0": self.new(f"param/{block}/{part}", *getattr(module, f"{part}_l0").shape) for part in PARTS}

    def states(self, block: str, kind: str, units: int) -> dict[str, torch.Tensor]:
        """Initial states, (B, H)."""
        names = ("h", "c") if kind == "lstm" else ("h",)
        return {name: self.new(f"initial/{block}/{name}", len(LENGTHS), units) for name in names}


def walked(kind: str, parameters: dict, state: dict, x: torch.Tensor, sample: int) -> torch.Tensor:
    """What a module gives for one sequence, (T, H)."""
    units = parameters["weight_hh_l0"].shape[1]
    module = MODULES[kind](x.shape[1], units, dtype=torch.float64)
    first = tuple(rows[sample][None] for rows in state.values())
    return torch.func.functional_call(module, parameters, (x, first if len(first) > 1 else first[0]))[0]


def make_case(case: Case) -> dict[str, np.ndarray]:
    """Everything of one case by name."""
    leaves, width = Leaves(), EMBEDDED if case.embedded else INPUTS
    x = torch.normal(0, 1, (STEPS, len(LENGTHS), INPUTS), dtype=torch.float64)
    x = torch.eye(INPUTS, dtype=torch.float64)[torch.randint(INPUTS, x.shape[:2])] if case.embedded else x
    x *= (torch.arange(STEPS)[:, None] < torch.tensor(LENGTHS))[..., None]
    leaves.tensors["x"] = x.requires_grad_()
    matrix = leaves.new("param/embedding/E", EMBEDDED, INPUTS) if case.embedded else None
    blocks = ("l0", "l0.reverse")
    cells = {block: leaves.cell(block, case.cell, width, UNITS) for block in blocks[: 1 if case.tied else 2]}
    states = {block: leaves.states(block, case.cell, UNITS) for block in blocks}
    joined = UNITS * (2 if case.join == "concatenation" else 1)
    if case.above:
        cells["l1"] = leaves.cell("l1", case.above, joined, ABOVE)
        states["l1"] = leaves.states("l1", case.above, ABOVE)
    v = leaves.new("param/head/V", CLASSES, ABOVE if case.above else joined)
    v_r = leaves.new("param/head/V_r", CLASSES, UNITS) if case.join == "readout" else None
    b = leaves.new("param/head/b", CLASSES)
    classes = torch.randint(CLASSES, x.shape[:2])
    scores, loss = torch.zeros(STEPS, len(LENGTHS), CLASSES, dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    for sample, length in enumerate(LENGTHS):
        own = x[:length, sample]
        own = own if matrix is None else own @ matrix.T
        h = walked(case.cell, cells["l0"], states["l0"], own, sample)
        r = walked(
            case.cell, cells[blocks[-1 if not case.tied else 0]], states["l0.reverse"], own.flip(0), sample
        ).flip(0)
        top = h if v_r is not None else JOINS[case.join](h, r)
        top = walked(case.above, cells["l1"], states["l1"], top, sample) if case.above else top
        z = top @ v.T + b + (0 if v_r is None else r @ v_r.T)
        loss = loss + torch.nn.functional.cross_entropy(z, classes[:length, sample], reduction="sum")
        scores[:length, sample] = z.detach()
    loss.backward()
    classes[torch.arange(STEPS)[:, None] >= torch.tensor(LENGTHS)] = -1
    found = {name: tensor.detach() for name, tensor in leaves.tensors.items()}
    found |= {f"grad/{name}": tensor.grad for name, tensor in leaves.tensors.items()}
    return {**found, "scores": scores, "loss": loss.detach(), "classes": classes, "lengths": torch.tensor(LENGTHS)}


def main() -> None:
    torch.manual_seed(31)
    torch.set_num_threads(1)
    arrays = {f"{case.name}/{name}": tensor.numpy() for case in CASES for name, tensor in make_case(case).items()}
    index = {key: array.shape for key, array in arrays.items()}
    np.savez_compressed(
        FILE,
        keys=np.array([*index]),
        shapes=np.array([" ".join(map(str, shape)) for shape in index.values()]),
        numbers=np.concatenate([array.reshape(-1).astype(np.float64) for array in arrays.values()]),
    )
    print(f"{len(CASES)} cases, {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
