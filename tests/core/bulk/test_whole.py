"""Bulk equals stepping: every cell, readout and loss, stacks, directions, lengths, windows, float32; and its limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.bulk import Bulk, WholeRun
from core.bulk.operands import CHUNK
from core.cell import load_cell
from core.language import read_cell
from core.network import Network, build_network
from core.resources import resource_path
from core.run import Intervention, Run
from core.stack import Direction, LayerSpec, build_stack
from tests.core.bulk.equality import assert_equal, everything, problem_for
from tests.core.plan.test_plan import TEXTS
from tests.core.walk_cases import CASES, PLAIN, SCALARS, THREE_BACK, TWO_STATES, cell_of

CELLS = sorted(path.stem for path in resource_path("cells").glob("*.toml"))


def shaped(equations: str, **shapes: str) -> str:
    """A cell file with shapes of parameters that the equations do not tell."""
    sizes = {name: ", ".join(f'"{size}"' for size in text.split(", ") if size) for name, text in shapes.items()}
    tables = "\n".join(f"[parameters.{name}]\nshape = [{size}]" for name, size in sizes.items())
    return f'equations = """\n{equations}\n"""\n{tables}'


READOUTS = [("softmax", "cross-entropy"), ("softmax", "squared"), ("logistic", "cross-entropy"),
            ("logistic", "squared"), ("identity", "squared"), ("direct", "squared")]  # fmt: skip
CUSTOM = {"three back": THREE_BACK, "two states": TWO_STATES, "scalars": SCALARS, "plain": PLAIN,
          "no recursion": "h = tanh(W @ x + b)", "time": "h = where(t % 2 == 0, h[-1], tanh(W @ x + U @ h[-1]))",
          "only delayed input": "a = W @ x\nh = a[-1] + a[-2]",
          "earlier values that only others read": "a = tanh(h[-1] + b)\nc = a[-1] + 0.5 * a[-2]\nh = tanh(W @ x + a)",
          "fast weights": "h = tanh(W @ x + outer(h[-1], h[-2]) @ h[-1])",
          "scaled matrix": shaped("h = tanh(W @ x + (U * s) @ h[-1] + b)", U="units, units", s=""),
          "slices": "h = tanh(W @ x + U @ [h[-1][2:4], h[-1][0:2]] + leaky_relu(b * h[-1]) + k * [x[0:1], h[-1][0:3]])",
          "two products": shaped("a = tanh(U @ h[-1])\nc = V @ a + c[-1] * a\nh = sigmoid(R @ [c, a, x])",
                                 U="units, units", V="units, units")}  # fmt: skip
NOT_FINITE = {"not finite", "not finite, linear"}


def network_of(*cells: str, head: str = "identity", loss: str = "squared", units: int = 4) -> Network:
    layers = [cell_of(cell, units if number else 3, units) for number, cell in enumerate(cells)]
    return build_network(layers, head=head, loss=loss, outputs=None if head == "direct" else 5)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_built_in_cells(cell: str, batch: int) -> None:
    assert_equal(problem_for(build_network(load_cell(cell, inputs=3, units=4), outputs=5), batch=batch))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(("head", "loss"), READOUTS)
def test_readouts_and_losses(head: str, loss: str, batch: int) -> None:
    assert_equal(problem_for(network_of("lstm", head=head, loss=loss), batch=batch))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", CUSTOM)
def test_cells_that_people_write(name: str, batch: int) -> None:
    assert_equal(problem_for(network_of(CUSTOM[name]), batch=batch))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_kind_of_equation(text: str, batch: int) -> None:
    network = build_network(cell_of(text, 2, 3), head="identity", loss="squared", outputs=2)
    assert_equal(problem_for(network, batch=batch, scale=0.3))


@pytest.mark.parametrize("name", sorted(set(CASES) - NOT_FINITE - {"overwritten"}))
def test_walked_sessions(name: str) -> None:
    assert_equal(CASES[name]().run.problem)


@pytest.mark.parametrize("steps", [1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 3])
@pytest.mark.parametrize("cell", ["gru", THREE_BACK])
def test_lengths_about_a_chunk(cell: str, steps: int) -> None:
    assert_equal(problem_for(network_of(cell, "lstm"), steps=steps, batch=2))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("window", [1, 2, 5, 100])
@pytest.mark.parametrize("cell", ["lstm", THREE_BACK, TWO_STATES])
def test_windows(cell: str, window: int, batch: int) -> None:
    assert_equal(problem_for(network_of(cell, "gru"), steps=7, batch=batch, window=window))


@pytest.mark.parametrize("window", [1, 7, CHUNK, CHUNK + 30])
def test_windows_over_several_chunks(window: int) -> None:
    assert_equal(problem_for(network_of(THREE_BACK), steps=2 * CHUNK + 9, batch=2, window=window))


def test_delays_longer_than_a_chunk() -> None:
    cell = f"h = tanh(W @ x + U @ h[-1] + S @ h[-{CHUNK + 5}] + b)"
    assert_equal(problem_for(network_of(cell), steps=2 * CHUNK + 20))
    assert_equal(problem_for(network_of(cell), steps=3))


def two_ways(join: str, padding: str = "zero", **rest: object) -> Network:
    """Two layers, both of them walking both ways."""
    layers = [
        LayerSpec(read_cell("lstm"), 4, Direction.BOTH, join, **rest),
        LayerSpec(read_cell("gru"), 3, Direction.BOTH, join, **rest),
    ]
    return build_stack(layers, inputs=3, head="identity", loss="squared", outputs=2, padding=padding)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("join", ["concatenation", "sum", "average", "product"])
def test_both_directions(join: str, batch: int) -> None:
    assert_equal(problem_for(two_ways(join), batch=batch))


@pytest.mark.parametrize("rest", [{"aligned": False}, {"tied": True}])
def test_directions_that_share_or_are_not_aligned(rest: dict[str, bool]) -> None:
    assert_equal(problem_for(two_ways("concatenation", **rest), batch=2))


def test_a_reverse_direction_cuts_its_own_walk() -> None:
    assert_equal(problem_for(two_ways("sum"), batch=2, window=2))


def test_a_readout_of_both_directions_an_embedding_and_a_projection() -> None:
    layers = [
        LayerSpec(read_cell("lstm_projected"), 5, sizes={"projection": 2}),
        LayerSpec(read_cell("rnn_tanh"), 3, Direction.BOTH, "readout"),
    ]
    network = build_stack(layers, inputs=4, embedding=3, head="softmax", loss="cross-entropy", outputs=3)
    assert_equal(problem_for(network, batch=2))


@pytest.mark.parametrize("padding", ["zero", "carried"])
@pytest.mark.parametrize("lengths", [[6, 4, 1], [2, 2, 5], [6, 6, 0]])
def test_sequences_of_different_lengths(lengths: list[int], padding: str) -> None:
    problem = problem_for(two_ways("concatenation", padding), batch=3, lengths=np.array(lengths))
    problem.inputs[~problem.valid] = np.nan
    problem.targets[~problem.valid] = np.nan
    assert_equal(problem)


def test_lengths_of_cells_that_look_further_back() -> None:
    layers = [LayerSpec(cell_of(THREE_BACK, 3, 4).definition, 4, way) for way in Direction]
    network = build_stack(layers, inputs=3, head="identity", loss="squared", outputs=2)
    assert_equal(problem_for(network, batch=3, lengths=np.array([6, 2, 4])))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_single_precision(cell: str) -> None:
    problem = problem_for(network_of(cell, "rnn_tanh"), steps=40, batch=2, dtype=np.dtype(np.float32))
    assert_equal(problem, 2e-5)
    assert Bulk(problem.network).complete(problem).gradient("l0/b_z" if cell == "gru" else "l0/b_f").dtype == np.float32


def test_saturated_gates() -> None:
    assert_equal(problem_for(network_of("lstm"), scale=200.0))


def test_the_forward_half_alone() -> None:
    problem = problem_for(network_of("lstm"))
    run = Run(problem)
    run.forward_to(problem.steps)
    whole = Bulk(problem.network).forward(problem)
    assert isinstance(whole, WholeRun)
    np.testing.assert_allclose(whole.values("head/y"), run.values("head/y"), rtol=0, atol=1e-12)
    assert all(not gradient.any() for gradient in whole.gradients().values())


def same_bits(problem, whole) -> bool:
    walked = Run(problem).complete()
    return isinstance(whole, Run) and all(
        whole.gradient(path).tobytes() == walked.gradient(path).tobytes() for path in problem.network.trainable
    )


def test_what_is_overwritten_is_walked() -> None:
    problem = replace(problem_for(network_of("lstm")), interventions=(Intervention("l0", "c", 2, 1, 0.7),))
    assert same_bits(problem, Bulk(problem.network).complete(problem))


def test_a_window_over_different_lengths_is_walked() -> None:
    problem = problem_for(network_of("gru"), batch=2, window=2, lengths=np.array([6, 3]))
    assert same_bits(problem, Bulk(problem.network).complete(problem))


@pytest.mark.parametrize("name", sorted(NOT_FINITE))
def test_what_is_not_finite_is_walked(name: str) -> None:
    problem = CASES[name]().run.problem
    assert same_bits(problem, Bulk(problem.network).complete(problem))
    assert isinstance(Bulk(problem.network).forward(problem), Run)


@pytest.mark.parametrize("place", [0, 3, 5])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_input_that_is_not_finite_is_walked(place: int, value: float) -> None:
    problem = problem_for(network_of("rnn_relu", "gru"))
    problem.inputs[place, 0, 1] = value
    assert same_bits(problem, Bulk(problem.network).complete(problem))


def test_factors_that_overflow_though_no_gradient_does_are_walked() -> None:
    """(1e-250 * 1e200) * 1e200 is finite, and 1e-250 * (1e200 * 1e200) is not."""
    problem = problem_for(network_of("h = tanh(W @ x) + 1e200 * (1e200 * (z * h[-1]))"))
    small = {"l0/z": np.zeros(4), "head/V": problem.parameters["head/V"] * 1e-250}
    problem = replace(problem, parameters={**problem.parameters, **small})
    whole = Bulk(problem.network).complete(problem)
    assert all(np.isfinite(gradient).all() for gradient in whole.gradients().values())
    assert same_bits(problem, whole)


def test_what_was_read_stays_when_the_memory_is_used_again() -> None:
    network = network_of("lstm")
    bulk, problem = Bulk(network), problem_for(network, steps=50)
    read = bulk.complete(problem).values("l0/h")
    expected = read.copy()
    for seed in range(3):
        bulk.complete(problem_for(network, steps=50, seed=seed + 1))
    np.testing.assert_array_equal(read, expected)


def test_nothing_that_was_given_changes_and_a_plan_serves_many_problems() -> None:
    network = network_of("lstm", "gru")
    bulk = Bulk(network)
    problems = [problem_for(network, steps=steps, batch=batch, seed=steps) for steps in (3, 9) for batch in (1, 2)]
    first = [bulk.complete(problem).gradients() for problem in problems]
    before = [problem.inputs.copy() for problem in problems]
    again = [bulk.complete(problem).gradients() for problem in problems]
    for one, other in zip(first, again, strict=True):
        assert all(one[path].tobytes() == other[path].tobytes() for path in one)
    assert all((problem.inputs == inputs).all() for problem, inputs in zip(problems, before, strict=True))


@pytest.mark.parametrize("cell", [*CELLS, *CUSTOM])
def test_calls_made_before_compute_what_new_ones_do(cell: str) -> None:
    """Nothing of an earlier iteration is left in them: no parameter, no row, no number that was not finite."""
    network = network_of(CUSTOM.get(cell, cell))
    bulk, problem = Bulk(network), problem_for(network, steps=20, batch=2)
    expected = everything(Bulk(network).complete(problem))
    other = problem_for(network, steps=30, batch=2, seed=1)  # in chunks of the same length
    bulk.complete(other)
    bulk.complete(replace(other, inputs=other.inputs * np.inf))
    bulk.complete(replace(other, window=3))
    found = everything(bulk.complete(problem))
    assert all(np.array_equal(found[key], rows) for key, rows in expected.items())


def test_more_shapes_than_are_remembered() -> None:
    network = network_of("lstm")
    bulk = Bulk(network)
    for batch in (*range(1, 12), 1):
        problem = problem_for(network, batch=batch, seed=batch)
        found, expected = (each.complete(problem).gradients() for each in (bulk, Bulk(network)))
        assert all(found[path].tobytes() == expected[path].tobytes() for path in expected)
