"""Units with their own frequency of updates: which rows rest, and that nothing of them moves meanwhile."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from core.cell import load_cell
from core.errors import DataError, GatewalkError
from core.files.weights import Weights, read_weights, write_weights
from core.frame import Cursor, Phase
from core.language import read_cell
from core.learning.optimisers import SGD, Adam, Momentum, Optimiser, initial_state, update
from core.learning.paces import Pace, check_paces, fitting_paces, paces_in, paces_text, resting
from core.learning.step import LearningSettings, learn
from core.learning.training import fitting_state, train
from core.network import Network, build_network
from core.reveal.formulas import learning_lines
from core.run import Problem, Run
from core.sequence import Sequence
from core.session import Session, Setup
from core.stack import LayerSpec, build_stack

OPTIMISERS = [SGD(0.1, 0.01), Momentum(0.1, 0.9), Momentum(0.1, 0.9, nesterov=True), Adam(0.01, weight_decay=0.1)]
PACES = (Pace("l0", 2, 1, 3), Pace("l0", 3, 3))


def network() -> Network:
    return build_network(load_cell("lstm", inputs=2, units=4), head="identity", loss="squared", outputs=1)


def batches(count: int) -> list[Sequence]:
    generator = np.random.default_rng(4)
    return [Sequence(generator.normal(size=(5, 1, 2)), targets=generator.normal(size=(5, 1, 1))) for _ in range(count)]


def test_which_rows_rest() -> None:
    assert dict(resting(network(), PACES, 0)) == {}
    rows = resting(network(), PACES, 1)
    assert set(rows) == {f"l0/{letter}_{gate}" for letter in "WUb" for gate in "figo"}
    np.testing.assert_array_equal(rows["l0/U_f"], [False, True, True, True])
    np.testing.assert_array_equal(resting(network(), PACES, 2)["l0/b_i"], [False, False, False, True])
    np.testing.assert_array_equal(resting(network(), PACES, 3)["l0/b_i"], [False, True, True, False])
    assert dict(resting(network(), PACES, 6)) == {}


def test_only_rows_of_units_rest() -> None:
    """The rows of a projection are its outputs, not units."""
    layer = LayerSpec(read_cell("lstm_projected"), 3, sizes={"projection": 3})
    projected = build_stack([layer], inputs=2, head="identity", loss="squared", outputs=1)
    rows = resting(projected, [Pace("l0", 2)], 1)
    assert "l0/W_f" in rows
    assert "l0/P" not in rows


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=str)
def test_rows_that_rest_keep_numbers_and_state_and_the_others_move_as_ever(optimiser: Optimiser) -> None:
    generator = np.random.default_rng(1)
    parameters = {"l0/U": generator.normal(size=(3, 2)), "l0/b": generator.normal(size=3)}
    state = initial_state(optimiser, parameters)
    alone = [({name: value[row : row + 1] for name, value in parameters.items()},) for row in range(3)]
    alone = [(own, initial_state(optimiser, own)) for (own,) in alone]
    for number in range(7):
        gradients = {name: generator.normal(size=value.shape) for name, value in parameters.items()}
        rest = np.array([number % every > 0 for every in (1, 2, 3)])
        parameters, state = update(optimiser, parameters, gradients, state, dict.fromkeys(parameters, rest))
        for row in np.flatnonzero(~rest):  # a row by itself, that knows only of its own updates
            own = {name: value[row : row + 1] for name, value in gradients.items()}
            alone[row] = update(optimiser, *[alone[row][0], own, alone[row][1]])
        for row in range(3):
            for name, value in parameters.items():
                np.testing.assert_allclose(value[row], alone[row][0][name][0], rtol=1e-14)
                assert value.dtype == np.float64


def test_a_state_without_rests_goes_on_with_them() -> None:
    parameters = {"l0/b": np.zeros(2)}
    gradients, rest = {"l0/b": np.ones(2)}, {"l0/b": np.array([False, True])}
    once = update(Adam(), parameters, gradients, initial_state(Adam(), parameters))
    _, state = update(Adam(), once[0], gradients, once[1], rest)
    np.testing.assert_array_equal(state["updates/l0/b"], [2, 1])
    assert state["updates/l0/b"].dtype == np.int64
    _, state = update(Adam(), once[0], gradients, state)
    np.testing.assert_array_equal(state["updates/l0/b"], [3, 2])


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=str)
def test_training_is_the_walk_and_goes_on_where_it_stopped(optimiser: Optimiser) -> None:
    settings, lstm = LearningSettings(optimiser, paces=PACES), network()
    start = lstm.check(lstm.initial_parameters(0))
    whole = train(lstm, start, batches(7), settings, 7)
    first = train(lstm, start, batches(7), settings, 4)
    rest = train(lstm, first.parameters, batches(7)[4:], settings, 3, first.optimiser_state)
    parameters, state = dict(start), fitting_state(lstm, start, optimiser)
    for batch in batches(7):
        outcome = learn(Run(Problem(lstm, parameters, batch.inputs, batch.targets)), settings, state)
        parameters, state = dict(outcome.parameters), outcome.optimiser_state
    for path, value in whole.parameters.items():
        np.testing.assert_array_equal(rest.parameters[path], value)
        np.testing.assert_allclose(parameters[path], value, rtol=1e-9, atol=1e-12)


def test_a_state_that_was_saved_goes_on(tmp_path) -> None:
    settings, lstm = LearningSettings(Adam(), paces=PACES), network()
    result = train(lstm, lstm.check(lstm.initial_parameters(0)), batches(2), settings, 2)
    write_weights(tmp_path / "w.npz", Weights(result.parameters, result.optimiser_state, result.losses, {}))
    state = read_weights(tmp_path / "w.npz").optimiser_state
    kept = fitting_state(lstm, result.parameters, Adam(), state)
    assert kept is state
    assert int(kept["iterations"]) == 2


@pytest.mark.parametrize(
    ("pace", "message"),
    [
        (Pace("l7", 2), "no layer l7"),
        (Pace("l0", 2, 3, 9), "from 3 up to 9, but it has 4"),
        (Pace("l0", 2, 2, 2), "0 <="),
    ],
)
def test_paces_of_what_is_not_there(pace: Pace, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_paces(network(), [pace])
    assert fitting_paces(network(), [pace, *PACES]) == PACES


def test_a_pace_below_one() -> None:
    with pytest.raises(GatewalkError, match="got 0"):
        Pace("l0", 0)


@pytest.mark.parametrize(
    ("text", "paces"),
    [
        ("", ()),
        (" ; ", ()),
        ("l0 every 2", (Pace("l0", 2),)),
        ("l0[4:8] every 2;l1.reverse [ :3 ] every 5", (Pace("l0", 2, 4, 8), Pace("l1.reverse", 5, 0, 3))),
        ("l0[2:] every 7", (Pace("l0", 7, 2),)),
    ],
)
def test_paces_as_text(text: str, paces: tuple[Pace, ...]) -> None:
    assert paces_in(text) == paces
    assert paces_in(paces_text(paces)) == paces


@pytest.mark.parametrize("text", ["l0", "l0 every", "l0[2] every 3", "every 2", "l0 every 2 l1 every 3", "l0 every -1"])
def test_text_that_says_no_pace(text: str) -> None:
    with pytest.raises(GatewalkError, match="says no pace"):
        paces_in(text)


def test_settings_survive_json_and_words() -> None:
    settings = LearningSettings(paces=PACES)
    assert msgspec.json.decode(msgspec.json.encode(settings), type=LearningSettings) == settings
    assert str(PACES[0]) == "Units 2 to 3 of l0 learn every 2 iterations and rest between"
    assert str(PACES[1]) == "Units 4 to the last of l0 learn every 3 iterations and rest between"
    assert PACES[0].latex == r"\theta_i \leftarrow \theta_i \;\mathrm{if}\; n \,\mathrm{mod}\, 2 > 0, \; 1 < i \leq 3"


def test_the_update_phase_says_who_rests() -> None:
    *_, first, second = learning_lines(Phase.UPDATE, LearningSettings(paces=PACES))
    assert (first.latex, first.role) == (PACES[0].latex, str(PACES[0]))
    assert second.latex == PACES[1].latex
    assert len(learning_lines(Phase.CLIP, LearningSettings(paces=PACES))) == 1


def test_a_session_learns_at_paces_and_keeps_them() -> None:
    sequence = batches(1)[0]
    session = Session(Setup(network(), sequence), network().initial_parameters(0))
    session.set_learning(LearningSettings(paces=(Pace("l0", 2, 1),)))
    session.go_to(Cursor(2, 0))
    starts = [session.branch.iteration(number).parameters["l0/U_f"] for number in range(3)]
    assert np.all(starts[0][0] != starts[1][0])
    assert np.all(starts[0][1:] != starts[1][1:])
    assert np.all(starts[1][0] != starts[2][0])
    np.testing.assert_array_equal(starts[1][1:], starts[2][1:])
    with pytest.raises(DataError, match="no layer l9"):
        session.set_learning(LearningSettings(paces=(Pace("l9", 2),)))


def test_numbers_that_no_layer_has_are_no_pace() -> None:
    with pytest.raises(GatewalkError, match="says no pace"):
        paces_in(f"l0[0:{'9' * 5000}] every 2")
