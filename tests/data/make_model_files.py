"""Remakes ``tests/data/model_files`` with PyTorch. Not run by the tests, which only read the files.

    python tests/data/make_model_files.py     (in an environment that has torch and safetensors)

Beside every model file NAME stands NAME.expected.npz: ``x`` (T, B, D), or token numbers (T, B); ``target`` (T, B, O)
for half the squared error, or classes (T, B) for the cross-entropy, -1 for no loss; ``output``, ``loss`` (one number)
and ``grad/NAME`` for every tensor of the file that the loss reaches, in the file's own names and shapes. Everything is
computed in float64 from the numbers that the file holds; in ``words.pt`` in float32.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = Path(__file__).parent / "model_files"
STEPS, BATCH = 5, 2


class Stack(nn.Module):
    """Recurrent layers with what people put around them."""

    def __init__(self, rnn: nn.Module, outputs: int = 0, tokens: int = 0) -> None:
        super().__init__()
        if tokens:
            self.embedding = nn.Embedding(tokens, rnn.input_size)
        self.rnn = rnn
        if outputs:
            self.fc = nn.Linear(rnn.hidden_size * (2 if rnn.bidirectional else 1), outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.embedding(x) if hasattr(self, "embedding") else x
        y, _ = self.rnn(x)
        return self.fc(y) if hasattr(self, "fc") else y


class Cells(nn.Module):
    """LSTM cells on top of each other, walked by a loop."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.cells = nn.ModuleList([nn.LSTMCell(inputs, units, bias=False), nn.LSTMCell(units, units, bias=False)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for cell in self.cells:
            h = c = x.new_zeros(x.shape[1], cell.hidden_size)
            rows = []
            for row in x:
                h, c = cell(row, (h, c))
                rows.append(h)
            x = torch.stack(rows)
        return x


def randomised(module: nn.Module, kind: torch.dtype = torch.float64) -> nn.Module:
    """Every parameter random, biases well away from 0."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.5)
    return module.to(kind)


def expected(module: nn.Module, x: torch.Tensor, target: torch.Tensor) -> dict[str, np.ndarray]:
    """Output, loss and all gradients of one walk."""
    output = module(x)
    output = output[0] if isinstance(output, tuple) else output
    if target.dtype == torch.int64:
        loss = nn.functional.cross_entropy(output.flatten(0, 1), target.flatten(), ignore_index=-1, reduction="sum")
        output = output.softmax(-1)
    else:
        loss = 0.5 * ((output - target) ** 2).sum()
    loss.backward()
    gradients = {f"grad/{name}": p.grad.numpy() for name, p in module.named_parameters() if p.grad is not None}
    return {"x": x.numpy(), "target": target.numpy(), "output": output.detach().numpy(), "loss": loss.detach().numpy(),
            **gradients}  # fmt: skip


def record(name: str, module: nn.Module, outputs: int, inputs: int, prefix: str = "") -> None:
    """Writes the expected numbers of a model on numbers; ``prefix`` is what the file puts before its names."""
    x, target = torch.randn(STEPS, BATCH, inputs).double(), torch.randn(STEPS, BATCH, outputs).double()
    write(name, expected(module.double(), x, target), prefix)


def write(name: str, arrays: dict[str, np.ndarray], prefix: str = "") -> None:
    named = {key.replace("grad/", f"grad/{prefix}"): array for key, array in arrays.items()}
    np.savez_compressed(FOLDER / f"{name}.expected.npz", **named)


def numpy_of(module: nn.Module) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in module.state_dict().items()}


def make_bare() -> None:
    """State dicts of single modules, one in each kind of file."""
    lstm = randomised(nn.LSTM(3, 4, 2, bidirectional=True))
    save_file(lstm.state_dict(), FOLDER / "lstm_both.safetensors")
    record("lstm_both.safetensors", lstm, 8, 3)
    rnn = randomised(nn.RNN(2, 3, 3, nonlinearity="relu"))
    np.savez(FOLDER / "rnn_relu.npz", **numpy_of(rnn))
    record("rnn_relu.npz", rnn, 3, 2)
    projected = randomised(nn.LSTM(3, 5, 2, proj_size=2, bidirectional=True))
    torch.save(projected.state_dict(), FOLDER / "lstm_projected.pth")
    record("lstm_projected.pth", projected, 4, 3)
    legacy = randomised(nn.GRU(2, 3))
    torch.save(legacy.state_dict(), FOLDER / "gru_legacy.pt", _use_new_zipfile_serialization=False)
    record("gru_legacy.pt", legacy, 3, 2)
    cells = randomised(Cells(3, 4))
    save_file(cells.state_dict(), FOLDER / "lstm_cells.safetensors")
    record("lstm_cells.safetensors", cells, 4, 3)


def make_small_numbers() -> None:
    """Half precision of both kinds; what is expected comes from the rounded numbers."""
    for name, module, kind in (
        ("gru_half.safetensors", nn.GRU(3, 4), torch.float16),
        ("lstm_bfloat16.pt", nn.LSTM(3, 4), torch.bfloat16),
        ("lstm_bfloat16.safetensors", nn.LSTM(3, 4), torch.bfloat16),
    ):
        randomised(module, kind)
        if name.endswith(".pt"):
            torch.save(module.state_dict(), FOLDER / name, pickle_protocol=5)
        else:
            save_file(module.state_dict(), FOLDER / name)
        record(name, module, 4, 3)


def make_checkpoints() -> None:
    """What training scripts leave behind: nested, with prefixes, with the optimiser beside it."""
    model = randomised(Stack(nn.GRU(3, 4, 2, bidirectional=True), outputs=3))
    optimiser = torch.optim.Adam(model.parameters())
    wrapped = OrderedDict((f"module.encoder.{key}", value) for key, value in model.state_dict().items())
    torch.save({"epoch": 7, "loss": 0.25, "model_state_dict": wrapped, "optimizer_state_dict": optimiser.state_dict()},
               FOLDER / "gru_checkpoint.pt")  # fmt: skip
    record("gru_checkpoint.pt", model, 3, 3, "module.encoder.")
    words = randomised(Stack(nn.LSTM(3, 4), outputs=7, tokens=7), torch.float32)
    torch.save(words.state_dict(), FOLDER / "words.pt")
    x, target = torch.randint(0, 7, (STEPS, BATCH)), torch.randint(-1, 7, (STEPS, BATCH))
    write("words.pt", expected(words, x, target))
    two = nn.ModuleDict({"encoder": nn.LSTM(3, 4), "decoder": nn.LSTM(2, 5), "other": nn.GRU(9, 1)})
    torch.save(randomised(two).state_dict(), FOLDER / "several.pt")
    record("several.pt", two["decoder"], 5, 2, "decoder.")


def make_refused() -> None:
    """What is no file of weights."""
    torch.save(nn.RNN(2, 2), FOLDER / "whole_module.pt")
    torch.jit.save(torch.jit.script(nn.RNN(2, 2)), FOLDER / "script.pt")


def main() -> None:
    torch.manual_seed(30)
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    make_bare()
    make_small_numbers()
    make_checkpoints()
    make_refused()
    size = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"wrote {len(list(FOLDER.iterdir()))} files, {size:,} bytes, to {FOLDER}")


if __name__ == "__main__":
    main()
