"""One LSTM step forward and backward, and a whole sequence, beside their matrix products and beside PyTorch.

``python -m tests.benchmarks.bench_step``; with a Python that has PyTorch the comparison with it comes too. Everything
runs on one thread; batch of one, float64. Wanted: the step at H = 32 at most 0.25 of PyTorch's LSTMCell with autograd.
"""

from __future__ import annotations

import numpy as np

from core.cell import Cell, load_cell
from core.evaluate import Evaluator
from core.network import Block, build_network
from core.operators import Expression
from core.operators.expression import ADJOINT, INPUT, PARAMETER, VARIABLE
from core.run import Problem, Run
from core.tape import Tape
from tests.benchmarks.figures import Work, interleaved, machine, microseconds, print_table, ratio

SIZES = (8, 32, 64, 128)
STEPS = 50  # of a tape; a call walks them all forward, then all back
LONG, WIDE = 1000, 64
WANTED_STEP, WANTED_LONG = "wanted at H = 32: at most 0.25", "wanted: at most 0.35"


def stepping(cell: Cell, parameters: dict[str, np.ndarray]) -> tuple[Work, Work]:
    """All steps of a tape forward and back; and the same with the gradient of every weight."""
    block = Block("l0", cell, frozenset({cell.definition.output}))
    rng = np.random.default_rng(1)
    inputs = {"x": rng.standard_normal((STEPS, cell.inputs))}
    tape = Tape(block.plan, parameters, inputs, {}, STEPS, (), np.dtype(float))
    inbox = tape.inbox_of("h")
    arriving = rng.standard_normal((STEPS, cell.units))

    def walk() -> None:
        with np.errstate(all="ignore"):
            for step in range(STEPS):
                tape.forward(step)
            tape.inbox[:] = 0.0
            inbox[tape.lead :] = arriving
            for step in reversed(range(STEPS)):
                tape.backward(step)

    def walk_with_weights() -> None:
        walk()
        for name in parameters:
            tape.gradient(name, 0, STEPS)

    return walk, walk_with_weights


def bare_products(cell: Cell) -> Work:
    """The matrix-vector products of the same steps and nothing else: one stacked product forward, one back."""
    rng = np.random.default_rng(2)
    gates, sources = 4 * cell.units, cell.inputs + cell.units
    weights = rng.standard_normal((sources, gates))
    turned = np.ascontiguousarray(weights.T)
    source, delta = rng.standard_normal(sources), rng.standard_normal(gates)
    values, sent = np.zeros(gates), np.zeros(sources)

    def multiply() -> None:
        for _ in range(STEPS):
            np.dot(source, weights, values)
            np.dot(delta, turned, sent)

    return multiply


def unfused(cell: Cell, parameters: dict[str, np.ndarray]) -> Work:
    """One step, operator by operator, forward and back, without weight gradients: what the display computes with."""
    rng = np.random.default_rng(3)
    x, zeros = rng.standard_normal(cell.inputs), np.zeros(cell.units)
    steps = [
        (b.equation.name, [c for c in b.contributions if c.target.operator != PARAMETER]) for b in cell.backward
    ]  # the last equation first

    def step() -> None:
        values: dict[str, np.ndarray] = {}
        adjoints = dict.fromkeys(cell.variable_sizes, zeros)
        adjoints["h"] = np.ones(cell.units)

        def read(leaf: Expression) -> np.ndarray:
            if leaf.operator == VARIABLE:
                return zeros if leaf.delay else values[leaf.name]
            return {PARAMETER: parameters, ADJOINT: adjoints, INPUT: {leaf.name: x}}[leaf.operator][leaf.name]

        evaluator = Evaluator(read)
        for equation in cell.definition.equations:
            values[equation.name] = evaluator.value(equation.expression)
        for _, contributions in steps:
            for contribution in contributions:
                sent = evaluator.value(contribution.expression)
                target = contribution.target
                if target.operator == VARIABLE and not target.delay:
                    adjoints[target.name] = adjoints[target.name] + sent

    return step


def torch_stepping(cell: Cell) -> Work:
    """As many steps of LSTMCell with autograd, each sent back at once: its weight gradients are formed every step."""
    import torch

    torch.set_num_threads(1)
    module = torch.nn.LSTMCell(cell.inputs, cell.units, dtype=torch.float64)
    x = torch.randn(1, cell.inputs, dtype=torch.float64)
    state = [torch.randn(1, cell.units, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    arriving = [torch.randn(1, cell.units, dtype=torch.float64) for _ in range(2)]

    def walk() -> None:
        for _ in range(STEPS):
            torch.autograd.backward(module(x, tuple(state)), arriving)
        module.zero_grad()
        for each in state:
            each.grad = None

    return walk


def torch_chained(cell: Cell) -> Work:
    """As many steps of LSTMCell one after the other, then all back through time."""
    import torch

    module = torch.nn.LSTMCell(cell.inputs, cell.units, dtype=torch.float64)
    inputs = torch.randn(STEPS, 1, cell.inputs, dtype=torch.float64)
    arriving = torch.randn(STEPS, 1, cell.units, dtype=torch.float64)

    def walk() -> None:
        state = tuple(torch.zeros(1, cell.units, dtype=torch.float64) for _ in range(2))
        outputs = []
        for x in inputs:
            state = module(x, state)
            outputs.append(state[0])
        torch.stack(outputs).backward(arriving)
        module.zero_grad()

    return walk


def long_problem() -> Problem:
    """A thousand steps with half the squared error at each of them, no readout."""
    network = build_network(load_cell("lstm", inputs=WIDE, units=WIDE), head="direct", loss="squared")
    rng = np.random.default_rng(4)
    inputs, targets = (rng.standard_normal((LONG, 1, WIDE)) for _ in range(2))
    return Problem(network, network.initial_parameters(0), inputs, targets)


def whole_run(problem: Problem) -> Work:
    """Forward, back through time, and the gradient of every weight."""
    return lambda: Run(problem).complete().gradients()


def torch_whole(problem: Problem, double: bool) -> Work:
    """The same with torch.nn.LSTM."""
    import torch

    kind = torch.float64 if double else torch.float32
    module = torch.nn.LSTM(WIDE, WIDE, dtype=kind)
    inputs, targets = (torch.tensor(array, dtype=kind) for array in (problem.inputs, problem.targets))

    def walk() -> None:
        loss = 0.5 * ((module(inputs)[0] - targets) ** 2).sum()
        loss.backward()
        module.zero_grad()

    return walk


def has_torch() -> bool:
    """Whether PyTorch can be compared with."""
    try:
        import torch  # noqa: F401
    except ImportError:
        return False
    return True


def step_works(size: int) -> dict[str, Work]:
    """Everything that is compared at one size; each call is STEPS steps."""
    cell = load_cell("lstm", inputs=size, units=size)
    parameters = cell.initial_parameters(0)
    plain, with_weights = stepping(cell, parameters)
    one_unfused = unfused(cell, parameters)
    works = {
        "step": plain,
        "step, dW": with_weights,
        "products": bare_products(cell),
        "unfused": lambda: [one_unfused() for _ in range(STEPS)],
    }
    if has_torch():
        works |= {"torch step": torch_stepping(cell), "torch BPTT": torch_chained(cell)}
    return works


def report_steps(rounds: int = 60) -> None:
    """One row a size: microseconds a step, then ratios."""
    rows = []
    for size in SIZES:
        seconds = interleaved(step_works(size), rounds)
        times = {name: microseconds([s / STEPS for s in each]) for name, each in seconds.items()}
        row = [f"H = {size}", times["step"], times["step, dW"], times["products"], times["unfused"]]
        row += [f"{ratio(seconds['step'], seconds[name]):.2f}" for name in ("products", "unfused")]
        if has_torch():
            row += [times["torch step"], times["torch BPTT"]]
            row += [f"{ratio(seconds['step, dW'], seconds[name]):.3f}" for name in ("torch step", "torch BPTT")]
        rows.append(row)
    head = ["one step, µs", "step", "step, dW", "products", "unfused", "step/products", "step/unfused"]
    if has_torch():
        head += ["LSTMCell", "LSTMCell BPTT", "ratio", "ratio BPTT"]
        print(f"ratio: a step with its share of the weight gradients / LSTMCell with autograd; {WANTED_STEP}")
    print_table(head, rows)


def report_long(rounds: int = 12) -> None:
    """The whole sequence."""
    problem = long_problem()
    works = {"run": whole_run(problem)}
    if has_torch():
        works |= {"float64": torch_whole(problem, True), "float32": torch_whole(problem, False)}
    seconds = interleaved(works, rounds)
    head, row = [f"T = {LONG}, H = {WIDE}, µs", "run"], ["forward, BPTT, all dW", microseconds(seconds["run"])]
    if has_torch():
        print(f"ratio to torch.nn.LSTM in float64, {WANTED_LONG}")
        head += ["LSTM float64", "LSTM float32", "ratio float64", "ratio float32"]
        row += [microseconds(seconds[name]) for name in ("float64", "float32")]
        row += [f"{ratio(seconds['run'], seconds[name]):.2f}" for name in ("float64", "float32")]
    print_table(head, [row])


def main() -> None:
    """Print all figures."""
    print(machine(), "PyTorch is compared with" if has_torch() else "no PyTorch here", "", sep="\n")
    report_steps()
    report_long()


if __name__ == "__main__":
    main()
