"""Writes optimisers.npz: what PyTorch's optimisers make of fixed parameters and gradients. Needs torch; tests do not.

Run as ``python tests/data/learning/make_optimisers.py``. Keys: ``<case>/<dtype>/<path>`` (steps, *shape); the inputs
``start/<path>`` and ``gradient/<path>``, with NaN rows where the parameter has no gradient in that step.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

CASES = {
    "sgd": (torch.optim.SGD, {"lr": 0.1}),
    "sgd_decay": (torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.05}),
    "momentum": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.8, "nesterov": True}),
    "nesterov_decay": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}),
    "adam": (torch.optim.Adam, {"lr": 0.01}),
    "adam_decay": (torch.optim.Adam, {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.05}),
}
STEPS = 6


def inputs() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Starting values, and gradients of every step over many orders of magnitude."""
    generator = np.random.default_rng(7)
    shapes = {"l0/W": (3, 2), "l0/b": (3,)}
    start = {path: generator.standard_normal(shape) for path, shape in shapes.items()}
    gradients = {
        path: generator.standard_normal((STEPS, *shape)) * 10.0 ** generator.uniform(-6, 2, (STEPS, *shape))
        for path, shape in shapes.items()
    }
    gradients["l0/b"][2] = np.nan  # no gradient in the third step
    return start, gradients


def walk(case: str, dtype: str) -> dict[str, np.ndarray]:
    """The parameters after every step."""
    start, gradients = inputs()
    make, settings = CASES[case]
    tensors = {path: torch.tensor(value.astype(dtype), requires_grad=True) for path, value in start.items()}
    optimiser = make(list(tensors.values()), **settings)
    rows: dict[str, list[np.ndarray]] = {path: [] for path in tensors}
    for step in range(STEPS):
        for path, tensor in tensors.items():
            gradient = gradients[path][step].astype(dtype)
            tensor.grad = None if np.isnan(gradient).any() else torch.tensor(gradient)
        optimiser.step()
        for path, tensor in tensors.items():
            rows[path].append(tensor.detach().numpy().copy())
    return {f"{case}/{dtype}/{path}": np.stack(values) for path, values in rows.items()}


if __name__ == "__main__":
    start, gradients = inputs()
    arrays = {f"start/{path}": value for path, value in start.items()}
    arrays |= {f"gradient/{path}": value for path, value in gradients.items()}
    for case in CASES:
        for dtype in ("float64", "float32"):
            arrays |= walk(case, dtype)
    np.savez_compressed(Path(__file__).with_name("optimisers.npz"), **arrays)
