"""One step as a pure function: equal to a run bit for bit, and the README's lines work."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.cell import Cell, cell_from_text, load_cell
from core.errors import ShapeError
from core.network import build_network
from core.resources import resource_path
from core.run import Problem, Run
from core.step import bind, step_backward, step_forward

CELLS = sorted(path.stem for path in resource_path("cells").glob("*.toml"))
README = Path(__file__).parents[2] / "README.md"
TWO_BACK = "h = tanh(W @ x + U @ h[-1] + Q @ h[-2] + b * t)"


def make(cell: Cell, batch: int, steps: int = 5):
    generator = np.random.default_rng(3)
    network = build_network(cell, head="direct", loss="squared")
    parameters = {path: generator.normal(size=shape) for path, shape in network.parameter_shapes.items()}
    inputs = generator.normal(size=(steps, batch, cell.inputs))
    initial = {path: generator.normal(size=rows.shape) for path, rows in network.initial_states(batch).items()}
    targets = generator.normal(size=(steps, batch, cell.outputs))
    run = Run(Problem(network, parameters, inputs, targets, initial=initial)).complete()
    return run, {path.removeprefix("l0/"): value for path, value in parameters.items()}


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("cell", [*(load_cell(name, inputs=3, units=4) for name in CELLS),
                                  cell_from_text(TWO_BACK, inputs=3, units=4)], ids=[*CELLS, "two_back"])  # fmt: skip
def test_steps_equal_a_run_bit_for_bit(cell: Cell, batch: int) -> None:
    run, parameters = make(cell, batch)
    stepper = bind(cell, parameters)
    state = {path.removeprefix("l0/"): rows for path, rows in run.problem.initial.items()}
    steps = []
    for t, x in enumerate(run.problem.inputs):
        steps.append(stepper.forward(state, x, t))
        state = steps[-1].state
        for name, value in steps[-1].values.items():
            np.testing.assert_array_equal(value, run.values(f"l0/{name}")[t])

    output, waiting = cell.definition.output, {name: np.zeros_like(rows) for name, rows in state.items()}
    total = {name: np.zeros_like(value) for name, value in parameters.items()}
    for t in reversed(range(len(steps))):
        arriving = {name: rows[-1] for name, rows in waiting.items()}
        arriving[output] = arriving.get(output, 0.0) + (steps[t].values[output] - run.problem.targets[t])
        back = stepper.backward(steps[t], arriving)
        for name, adjoint in back.adjoints.items():
            np.testing.assert_array_equal(adjoint, run.adjoints(f"l0/{name}")[t])
        np.testing.assert_array_equal(back.inputs[cell.definition.inputs[0]], run.input_adjoints()[t])
        for name, rows in waiting.items():  # what goes further back waits one row on
            waiting[name] = back.state[name] + np.concatenate([np.zeros_like(rows[:1]), rows[:-1]])
        for name, part in back.parameters.items():
            total[name] += part
    for name, rows in waiting.items():
        np.testing.assert_array_equal(rows, run.initial_adjoints(f"l0/{name}")[-len(rows) :])
    for name, gradient in total.items():
        np.testing.assert_allclose(gradient, run.gradient(f"l0/{name}"), rtol=1e-10, atol=1e-12)


def test_a_batch_axis_may_be_left_out() -> None:
    cell = load_cell("lstm", inputs=3, units=4)
    parameters, x = cell.initial_parameters(1), np.arange(3.0)
    alone = step_forward(cell, parameters, cell.initial_state(), x)
    one = step_forward(cell, parameters, cell.initial_state(1), x[None])
    assert alone.values["h"].shape == (4,)
    np.testing.assert_array_equal(alone.values["h"], one.values["h"][0])
    back = step_backward(cell, parameters, one, {"h": np.ones((1, 4))})
    assert back.state["c"].shape == (1, 1, 4)
    assert back.parameters["W_f"].shape == (4, 3)


def test_nothing_that_is_passed_in_or_given_out_changes() -> None:
    cell = load_cell("gru", inputs=2, units=3)
    stepper, state = bind(cell, cell.initial_parameters(0)), cell.initial_state()
    first = stepper.forward(state, np.ones(2))
    kept = {name: value.copy() for name, value in first.values.items()}
    back = stepper.backward(first, {"h": np.ones(3)})
    kept_back = back.state["h"].copy()
    stepper.backward(stepper.forward(first.state, np.zeros(2)), {"h": np.full(3, 5.0)})
    assert not state["h"].any()
    assert all((first.values[name] == value).all() for name, value in kept.items())
    np.testing.assert_array_equal(back.state["h"], kept_back)


def test_threads_do_not_meet() -> None:
    cell = load_cell("lstm", inputs=3, units=16)
    stepper = bind(cell, cell.initial_parameters(0))
    inputs = np.random.default_rng(0).normal(size=(200, 3))

    def walk(x: np.ndarray) -> np.ndarray:
        step = stepper.forward(cell.initial_state(), x)
        return stepper.backward(step, {"h": step.values["h"]}).inputs["x"]

    expected = [walk(x) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        for found, right in zip(pool.map(walk, inputs), expected, strict=True):
            np.testing.assert_array_equal(found, right)


def test_what_does_not_fit_is_said() -> None:
    cell = load_cell("lstm", inputs=3, units=4)
    parameters, state = cell.initial_parameters(0), cell.initial_state()
    with pytest.raises(ShapeError, match=r"the input x has shape \(2,\), expected \(3,\)"):
        step_forward(cell, parameters, state, np.ones(2))
    with pytest.raises(ShapeError, match=r"expected \(D,\) or \(B, D\)"):
        step_forward(cell, parameters, state, np.ones((1, 1, 3)))
    with pytest.raises(ShapeError, match="the state has no c; there are: h"):
        step_forward(cell, parameters, {"h": state["h"]}, np.ones(3))
    with pytest.raises(ShapeError, match="reads the inputs x, but got y"):
        step_forward(cell, parameters, state, {"y": np.ones(3)})
    step = step_forward(cell, parameters, state, np.ones(3))
    with pytest.raises(ShapeError, match="no gradient can arrive at f from outside"):
        step_backward(cell, parameters, step, {"f": np.ones(4)})
    with pytest.raises(ShapeError, match=r"the adjoint of h has shape \(5,\), expected \(4,\)"):
        step_backward(cell, parameters, step, {"h": np.ones(5)})


def test_the_lines_of_the_readme_work() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    code = next(block for block in blocks if "step_forward" in block)
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102  the project's own text
    statements = [line for line in code.splitlines() if line and not line.startswith(("import", "from", "#"))]
    assert len(statements) == 5
    assert names["back"].parameters["W_f"].shape == names["cell"].parameter_shapes["W_f"]
    assert names["step"].values["f"].shape == (4,)
