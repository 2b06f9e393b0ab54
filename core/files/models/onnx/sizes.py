"""The sizes of a recurrent node, which all its inputs have to agree on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.files.models.onnx.operands import Operands
from core.files.models.onnx.values import Known, NotUnderstood, Signal

# The gates in the order in which ONNX puts their rows, by the names they have in cells.
GATES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"RNN": ("",), "GRU": ("z", "r", "n"), "LSTM": ("i", "o", "f", "g")}
)
X, W, R, B, LENGTHS, H0, C0, P = range(8)  # the inputs of a node, in order
_NAMES = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")


class NodeSizes:
    """How many inputs and units a node has. ``check`` raises NotUnderstood for what does not fit."""

    def __init__(self, operands: Operands, directions: int, signal: Signal) -> None:
        self.operands, self.directions, self.signal = operands, directions, signal
        self.gates = len(GATES[operands.node.operator])
        matrix, recurrent_matrix = operands.known(W).array, operands.known(R).array
        if matrix.ndim != 3 or recurrent_matrix.ndim != 3:
            raise NotUnderstood("its inputs W and R are not directions × rows × columns")
        self.inputs = matrix.shape[2]
        self.units = operands.integer("hidden_size", recurrent_matrix.shape[2])

    def check(self) -> None:
        """Raises NotUnderstood for the first input whose shape or type is wrong."""
        width = self.signal.dims[2]
        if self.units < 1 or self.inputs < 1:
            raise NotUnderstood(f"it has {self.units} units and {self.inputs} inputs, expected at least one of each")
        if self.signal.shape[2] != self.inputs and all(atom.fixed for atom in width):
            raise NotUnderstood(f"its input X has {self.signal.shape[2]} numbers a step, but W is for {self.inputs}")
        rows, d = self.gates * self.units, self.directions
        expected = {W: (d, rows, self.inputs), R: (d, rows, self.units), B: (d, 2 * rows), P: (d, 3 * self.units)}
        for index, shape in expected.items():
            self._check_shape(index, shape)
        for index in (H0, C0):
            if self.operands.optional(index) is not None:
                self._check_state(index)
        self._check_numbers()

    def _check_shape(self, index: int, expected: tuple[int, ...]) -> None:
        if self.operands.optional(index) is not None and (found := self.operands.shape(index)) != expected:
            raise NotUnderstood(
                f"its input {_NAMES[index]} has shape {list(found)}, expected {list(expected)} for {self.units} units"
                + self._projection(),
                self._advice(),
            )

    def _check_state(self, index: int) -> None:
        found = self.operands.shape(index)
        directions = found[self.operands.integer("layout", 0) :][:1]
        if len(found) == 3 and directions != (self.directions,):
            raise NotUnderstood(f"its input {_NAMES[index]} has shape {list(found)}, of {directions[0]} directions")
        if len(found) != 3 or found[2] != self.units:
            raise NotUnderstood(
                f"its input {_NAMES[index]} is for {found[-1] if found else 1} units, but the node has {self.units}"
                + self._projection(),
                self._advice(),
            )

    def _projection(self) -> str:
        """What such shapes mean in a file of PyTorch."""
        if self.operands.node.operator != "LSTM":
            return ""
        return "; PyTorch's exporter writes such an invalid file for an LSTM with proj_size, which ONNX cannot say"

    def _advice(self) -> str:
        """What to do about such shapes."""
        if self.operands.node.operator != "LSTM":
            return "The file is invalid: export the model again."
        return "Save the state dict and open that: torch.save(model.state_dict(), “model.pt”)."

    def _check_numbers(self) -> None:
        """Weights of one type."""
        kinds = {}
        for index in (W, R, B, P, H0, C0):
            value = self.operands.optional(index)
            if isinstance(value, Known):
                if value.array.dtype.kind != "f":
                    raise NotUnderstood(f"its input {_NAMES[index]} holds no real numbers, but {value.array.dtype}")
                kinds[_NAMES[index]] = str(value.array.dtype)
        if len(set(kinds.values())) > 1:
            mixed = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
            raise NotUnderstood(f"its inputs are of different types ({mixed}), expected one")
