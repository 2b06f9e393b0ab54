"""Exported sources compute what the program computes: NumPy in a process of its own, PyTorch by what it recorded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.cell import Cell
from core.files.cell_source import source_of
from core.language import parse_cell, read_cell
from core.network import build_network
from core.operators import FUNCTIONS, OPERATORS
from core.operators.expression import operations
from core.operators.spelling import SPELLINGS
from core.resources import resource_path
from core.run import Problem, Run
from tests.data.every_function import EVERY_FUNCTION

FOLDER = Path(__file__).parents[2] / "data" / "cell_sources"
NAMES = sorted(path.stem for path in FOLDER.glob("*.npz"))
INPUTS, UNITS = 3, 4
CLOSE = {"rtol": 1e-10, "atol": 1e-13}
RUNS = """
import sys, runpy, numpy as np
source = runpy.run_path(sys.argv[1])
given = dict(np.load(sys.argv[2]))
weights = {name: given["weights/" + name] for name in source["SHAPES"]}
assert {name: value.shape for name, value in weights.items()} == source["SHAPES"]
np.savez(sys.argv[3], **source["walk"](weights, given["x"]))
assert "core" not in sys.modules
"""


def cell_of(name: str) -> Cell:
    text = parse_cell(EVERY_FUNCTION) if name == "every_function" else read_cell(name)
    return Cell(text, INPUTS, UNITS)


def recorded_of(name: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / f"{name}.npz") as archive:
        return dict(archive)


def walked(name: str, recorded: dict[str, np.ndarray]) -> Run:
    """The program's own walk: the loss is half the sum of the output squared."""
    cell, x = cell_of(name), recorded["x"]
    network = build_network(cell, head="direct", loss="squared")
    parameters = {f"l0/{key[8:]}": value for key, value in recorded.items() if key.startswith("weights/")}
    return Run(Problem(network, parameters, x, np.zeros((*x.shape[:2], cell.outputs)))).complete()


def test_every_operator_is_spelled() -> None:
    assert set(SPELLINGS) == set(OPERATORS)


def test_the_examples_are_all_cells_and_every_function() -> None:
    assert set(NAMES) == {path.stem for path in resource_path("cells").glob("*.toml")} | {"every_function"}
    equations = cell_of("every_function").definition.equations
    used = {operation.operator for equation in equations for operation in operations(equation.expression)}
    assert used >= set(FUNCTIONS)


@pytest.mark.parametrize("name", NAMES)
def test_the_pytorch_source_is_the_one_that_was_recorded(name: str) -> None:
    """Else remake the records: tests/data/make_cell_sources.py."""
    assert source_of(cell_of(name), "torch") == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients_are_those_of_the_pytorch_source(name: str) -> None:
    recorded = recorded_of(name)
    run = walked(name, recorded)
    for variable in run.network.layers[0].cell.definition.variables:
        np.testing.assert_allclose(run.values(f"l0/{variable}"), recorded[variable], err_msg=variable, **CLOSE)
    np.testing.assert_allclose(run.values("head/y"), recorded["y"], **CLOSE)
    gradients = run.gradients()
    assert {f"grad/{path[3:]}" for path in gradients} == {key for key in recorded if key.startswith("grad/")}
    for path, gradient in gradients.items():
        np.testing.assert_allclose(gradient, recorded[f"grad/{path[3:]}"], err_msg=path, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_numpy_source_gives_the_same_values_by_itself(name: str, tmp_path: Path) -> None:
    source, given, out = tmp_path / "cell.py", FOLDER / f"{name}.npz", tmp_path / "out.npz"
    source.write_text(source_of(cell_of(name), "numpy"), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-W", "error", "-c", RUNS, source, given, out], check=True, cwd=tmp_path, timeout=60
    )
    recorded = recorded_of(name)
    run = walked(name, recorded)
    with np.load(out) as found:
        assert set(found.files) == set(run.network.layers[0].cell.definition.variables)
        for variable in found.files:
            expected = run.values(f"l0/{variable}")
            np.testing.assert_allclose(found[variable], expected, err_msg=variable, rtol=1e-12, atol=1e-14)


NASTY = """
name = 'A "quoted" \\\\ name'
equations = \"\"\"
np = tanh(W @ x + U @ np[-1] + torch)
past = np + np[-3]
h = past * where(t < 1, 2, np)
lambda_ = [h, np]
\"\"\"
"""


def test_names_that_python_or_the_source_uses_are_kept_apart(tmp_path: Path) -> None:
    cell = Cell(parse_cell(NASTY), 2, 3)
    generator = np.random.default_rng(2)
    weights = {f"weights/{name}": generator.normal(size=shape) for name, shape in cell.parameter_shapes.items()}
    x = generator.normal(size=(5, 2, 2))
    np.savez(tmp_path / "in.npz", x=x, **weights)
    (tmp_path / "cell.py").write_text(source_of(cell, "numpy"), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-W", "error", "-c", RUNS, "cell.py", "in.npz", "out.npz"], check=True, cwd=tmp_path
    )
    network = build_network(cell, head="direct", loss="")
    parameters = {f"l0/{name[8:]}": value for name, value in weights.items()}
    run = Run(Problem(network, parameters, x)).complete()
    with np.load(tmp_path / "out.npz") as found:
        for variable in ("np", "past", "h", "lambda_"):
            np.testing.assert_allclose(found[variable], run.values(f"l0/{variable}"), rtol=1e-12, atol=1e-14)


def test_a_readout_with_its_loss_is_a_source_too(tmp_path: Path) -> None:
    gru = Cell(read_cell("gru"), 2, 3)
    assert "def walk(weights, hs, past=None):" in source_of(
        build_network(gru, head="softmax", loss="").head.cell, "numpy"
    )
    text = source_of(build_network(gru, head="softmax", outputs=2).head.cell, "numpy")
    compile(text, "head", "exec")
    assert "def walk(weights, hs, targets, past=None):" in text
    assert "L = softmax_cross_entropy(z, target)" in text
