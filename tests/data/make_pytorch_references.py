"""Remakes ``tests/data/pytorch/*.npz`` with PyTorch, in float64. Not run by the tests, which only read the files.

    python tests/data/make_pytorch_references.py     (in an environment that has torch)

A file ``KIND-T-AT.npz`` holds, in PyTorch's own names, layouts and gate orders: ``weight_ih``, ``weight_hh`` (rows
stacked by gate), ``bias_ih``, ``bias_hh``; ``x`` (T, B, D), ``h0`` (B, H) and for the LSTM ``c0``; ``h`` (T, B, H) and
for the LSTM ``c``; ``loss``, half the sum of squares of h at all steps or at the last; and ``grad/NAME`` for each of
them. ``grad/h`` is total: it includes what comes back from later steps. ``grad/c`` leaves out the way through h of
the same step, because autograd hands h and c out separately.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).parent / "pytorch"
SIZES = {1: (2, 3, 1), 5: (3, 4, 2), 12: (2, 5, 3)}  # T: (D, H, B)
KINDS = {
    "lstm": (torch.nn.LSTM, {}),
    "gru": (torch.nn.GRU, {}),
    "rnn_tanh": (torch.nn.RNN, {"nonlinearity": "tanh"}),
    "rnn_relu": (torch.nn.RNN, {"nonlinearity": "relu"}),
}
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def make_module(kind: str, inputs: int, units: int) -> torch.nn.RNNBase:
    """One layer with every parameter random, biases well away from 0."""
    module_class, options = KINDS[kind]
    module = module_class(inputs, units, dtype=torch.float64, **options)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.6)
    return module


def walk(kind: str, module: torch.nn.RNNBase, x: torch.Tensor, state: dict[str, torch.Tensor]) -> list[dict]:
    """h (and c) after every step, one call a step, so that each keeps its own gradient."""
    steps, now = [], state
    for x_t in x:
        before = (now["h"][None], now["c"][None]) if kind == "lstm" else now["h"][None]
        _, after = module(x_t[None], before)
        now = {"h": after[0][0], "c": after[1][0]} if kind == "lstm" else {"h": after[0]}
        for value in now.values():
            value.retain_grad()
        steps.append(now)
    return steps


def stacked(values: list[torch.Tensor | None], like: torch.Tensor) -> np.ndarray:
    """One array (T, B, H); None is a gradient that never arrived, which is 0."""
    return np.stack([(torch.zeros_like(like) if value is None else value).detach().numpy() for value in values])


def make_reference(kind: str, length: int, at: str) -> dict[str, np.ndarray]:
    """Everything of one example: parameters, inputs, outputs, loss, and every gradient."""
    inputs, units, batch = SIZES[length]
    module = make_module(kind, inputs, units)
    x = torch.randn(length, batch, inputs, dtype=torch.float64, requires_grad=True)
    names = ("h", "c") if kind == "lstm" else ("h",)
    start = {name: torch.randn(batch, units, dtype=torch.float64, requires_grad=True) for name in names}
    steps = walk(kind, module, x, start)
    whole, _ = module(x, tuple(start[name][None] for name in names) if kind == "lstm" else start["h"][None])
    assert torch.allclose(whole, torch.stack([step["h"] for step in steps]), rtol=1e-13, atol=1e-15)
    counted = steps if at == "all" else steps[-1:]
    loss = 0.5 * sum((step["h"] ** 2).sum() for step in counted)
    loss.backward()

    result = {"x": x.detach().numpy(), "grad/x": x.grad.numpy(), "loss": np.asarray(loss.item())}
    for name in WEIGHTS:
        parameter = getattr(module, f"{name}_l0")
        result |= {name: parameter.detach().numpy(), f"grad/{name}": parameter.grad.numpy()}
    for name in names:
        result |= {f"{name}0": start[name].detach().numpy(), f"grad/{name}0": start[name].grad.numpy()}
        result[name] = stacked([step[name] for step in steps], start[name])
        result[f"grad/{name}"] = stacked([step[name].grad for step in steps], start[name])
    return result


def main() -> None:
    torch.manual_seed(20)
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    for kind in KINDS:
        for length in SIZES:
            for at in ("all", "last"):
                np.savez_compressed(FOLDER / f"{kind}-{length}-{at}.npz", **make_reference(kind, length, at))
    print(f"wrote {len(list(FOLDER.glob('*.npz')))} files to {FOLDER}")


if __name__ == "__main__":
    main()
