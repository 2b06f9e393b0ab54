"""Every number that a lesson of a shipped scenario tells, on the weights that ship with it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.gradients.itemised.loss_map import loss_map
from core.gradients.itemised.retention import retention
from core.gradients.jacobians.output_gates import output_gate
from core.gradients.random_products import power_of, random_products
from core.learning.clipping import Clipping, clip
from core.scenario import read_scenario
from tests.core.shipped import held_out, near, norms, opened, probability, run_of, values


def test_agreement():
    assert near(probability("agreement", "were")[6], 0.99, 0.006)


def test_three_steps_by_hand():
    name = "three_steps_by_hand"
    assert near(values(name, "l0/S")[:, 0], [0.5, 1.4, 0.62])
    assert near(values(name, "head/O")[2], 1.24)
    assert near(run_of(name).losses().sum(), 0.0288)
    assert near(norms(name, "l0/S"), [0.3072, 0.384, 0.48])
    assert near(norms(name, "head/O")[2], 0.24)
    session = opened(name)
    assert near(session.branch.outcome(0).gradients["l0/W_s"], 0.864)
    assert near(session.branch.iteration(1).parameters["l0/W_s"], 0.7136, 1e-9)


def test_matrix_power():
    name = "matrix_power"
    for lane, eigenvalues in ((-1, (1.2, 0.7)), (0, (0.9, 0.4)), (1, (math.cos(math.pi / 6),) * 2)):
        matrix = run_of(name, lane).problem.parameters["l0/U"]
        assert near(np.linalg.eigvals(matrix).real.max(), max(eigenvalues), 1e-9)
        assert near(np.linalg.eigvals(matrix).real.min(), min(eigenvalues), 1e-9)
    lengths = [np.linalg.norm(values(name, "l0/h", lane)[11]) for lane in (-1, 0, 1)]
    assert near(lengths, [6.3, 0.2, 1.0])
    assert near(1.2**12 / math.sqrt(2), 6.3)
    assert near(norms(name, "l0/h")[[0, 11]], [47, 6.3])
    assert near(norms(name, "l0/h", 0)[0] / norms(name, "l0/h", 0)[11], 1 / 3, 0.1)
    assert near(norms(name, "l0/h", 1), 1.0, 1e-9)
    assert near([power_of(1.01, 365).values[-1], power_of(0.99, 365).values[-1]], [37.8, 0.0255], 0.002)
    products = random_products(50, 1.0, 200_000, np.random.default_rng(0))
    assert near(products.exact[-1], 0.0)
    assert products.sampled[-1] < -2
    assert products.quantiles[2, -1] < -13


def test_forgetting():
    name = "forgetting"
    rnn, lstm, gru = (probability(name, "were", lane) for lane in (-1, 0, 1))
    assert opened(name).setup.sequence.tokens[2] == "cats"
    assert opened(name).setup.sequence.tokens[18] == "farmer"
    assert len(rnn) == 21
    assert min(rnn[13], lstm[13], gru[13]) > 0.99
    assert near(rnn[18:], [0.83, 0.22, 0.05], 0.06)
    assert min(lstm[18:].min(), gru[18:].min()) > 0.995
    back = norms(name, "l0/h")
    assert near(back.max(), 30, 0.02)
    assert near(back.max() / back[20], 9, 0.05)
    assert near(back[2], 0.66)
    assert near(back.max() / back[2], 46, 0.02)
    scenario = read_scenario(name)
    right = [held_out(part, 400) for part in (scenario, scenario.lane(0), scenario.lane(1))]
    assert right[0] < 0.9 < min(right[1:])


def test_inside_lstm():
    name = "inside_lstm"
    gates = values(name, "l0/f")
    assert near(gates[1].mean(), 0.55)
    assert (gates.mean(axis=1) > 0.525).all()
    assert (gates.mean(axis=1) < 0.605).all()
    assert near(gates[2:, 9], [0.64, 0.63, 0.71, 0.71, 0.72], 0.01)
    assert near(gates[2:, 9].prod(), 0.148, 0.005)
    memory = values(name, "l0/c")[:, 9]
    assert near(memory[[1, 6]], [0.14, 0.75], 0.03)
    assert near(values(name, "l0/i")[2:, 9].mean(), 0.8, 0.03)
    assert near(norms(name, "l0/c")[[1, 6]], [0.28, 0.03], 0.1)
    gate = output_gate(run_of(name), "l0")
    assert near([gate.claim_norms[6], gate.truth_norms[6]], [2.4, 1.0])
    assert near([gate.diagonals[6].mean(), gate.factors[6].mean()], [0.09, 0.69])
    assert near(probability(name, "were")[6], 0.99, 0.006)


def test_inside_gru():
    name = "inside_gru"
    keeps, takes = values(name, "l0/z").mean(), values(name, "l0/z", 0).mean()
    assert near([keeps, takes], [0.36, 0.61], 0.02)
    assert near([keeps, 1 - takes], 0.4, 0.1)
    assert near(values(name, "l0/r")[4].mean(), 0.6, 0.06)
    assert min(probability(name, "were")[6], probability(name, "were", 0)[6]) > 0.985
    assert probability(name, "were", 1)[6] > 0.98


def test_reset_before_or_after():
    name = "reset_before_or_after"
    for lane in (-1, 0):
        reset = values(name, "l0/r", lane)[2]
        assert 0.35 < reset.min() < reset.max() < 0.85
        assert len(set(reset.tolist())) == reset.size
        assert probability(name, "were", lane)[6] > 0.98
    assert "l0/b_hn" in run_of(name).problem.parameters
    assert "l0/b_hn" not in run_of(name, 0).problem.parameters


@pytest.mark.parametrize(("name", "word", "t"), [("blank", "buy", 7), ("blank_chinese", "买", 8)])
def test_the_blank(name, word, t):
    assert probability(name, word)[t] > 0.995
    assert values(name, "head/y", 0)[t].max() < 0.4
    forward, backward = norms(name, "l0/h"), norms(name, "l0.reverse/h")
    assert (forward[t + 1 :] == 0).all()
    assert (forward[: t + 1] > 0).all()
    assert (backward[:t] == 0).all()
    assert (backward[t:] > 0).all()
    scenario = read_scenario(name)
    assert held_out(scenario) == 1.0
    assert near(held_out(scenario.lane(0)), 0.35, 0.1)
    blocks = (run_of(name).network, run_of(name, 0).network)
    assert 2 * blocks[0].block("l0").cell.units == blocks[1].block("l0").cell.units


def test_the_blank_is_filled_with_tied_weights_too():
    assert probability("blank", "buy", 1)[7] > 0.995
    network = run_of("blank", 1).network
    assert not any(path.startswith("l0.reverse/") for path in network.trainable)
    assert held_out(read_scenario("blank").lane(1)) == 1.0


def test_two_layers():
    name = "two_layers"
    assert near(probability(name, "were")[6], 0.998, 0.001)
    upper, lower = norms(name, "l1/h"), norms(name, "l0/h")
    assert near([upper[6], lower[6], upper[0], lower[0]], [0.0076, 0.0038, 0.00042, 0.0061])
    assert near(upper[6] / upper[0], 18, 0.03)
    assert lower[0] > lower[6]


def test_leaky_units():
    name = "leaky_units"
    assert near([-1 / math.log(0.95), -1 / math.log(0.995)], [19.5, 199.5], 0.001)
    plain, slow, mixed = norms(name, "l0/h", 0), norms(name, "l0/h", 1), norms(name, "l0/h")
    assert near([plain[23], plain[0]], [1.4, 8e-8], 0.04)
    assert near([slow[23], slow[0]], [1.6, 0.53], 0.02)
    assert near(slow[0] / slow[23], 1 / 3, 0.02)
    assert near(mixed[0], 0.44)
    adjoint = run_of(name).adjoints("l0/h")[0, 0]
    assert np.linalg.norm(adjoint[3:]) > 0.95 * mixed[0]
    assert mixed[0] / mixed[12] > 0.8 > mixed[20] / mixed[23]
    shares, drawn = run_of(name, 2).problem.parameters["l0/alpha"], norms(name, "l0/h", 2)
    assert near([shares.min(), shares.max()], [0.46, 0.98], 0.01)
    assert near([drawn[23], drawn[0]], [0.80, 0.34], 0.02)


def test_clockwork():
    name = "clockwork"
    assert run_of(name).problem.parameters["l0/p"].tolist() == [1, 1, 2, 2, 4, 4, 8, 8]
    changes = np.diff(values(name, "l0/h")[:, 7]) != 0
    assert [t + 2 for t in np.flatnonzero(changes)] == [9, 17]
    plain, clocked, groups = norms(name, "l0/h", 0), norms(name, "l0/h"), norms(name, "l0/h", 1)
    assert near([plain[23], plain[0]], [1.4, 8e-8], 0.04)
    assert near([clocked[23], clocked[0]], [1.5, 0.039], 0.03)
    assert near([groups[23], groups[0]], [0.76, 0.38], 0.01)
    branch = opened(name).branch
    before, after = (branch.iteration(number).parameters["l0/b"] for number in (1, 2))
    assert (before[:4] != after[:4]).all()
    assert (before[4:] == after[4:]).all()


def test_skip_connections():
    name = "skip_connections"
    plain, both, long = norms(name, "l0/h"), norms(name, "l0/h", 0), norms(name, "l0/h", 1)
    assert near([plain[3], long[3]], [9e-7, 0.022], 0.03)
    assert near([plain[23] / plain[3], long[23] / long[3]], [1.5e6, 67], 0.05)
    assert [t + 1 for t in np.flatnonzero(long)] == [4, 8, 12, 16, 20, 24]
    assert near([both[0], both[23]], [0.115, 1.5], 0.05)
    learned = run_of(name, 2)
    assert {"l0/w", "l0/w_d", "l0/w_e"} <= set(learned.network.trainable)
    assert all(near(learned.problem.parameters[f"l0/{path}"], 1 / 3, 0.001) for path in ("w", "w_d", "w_e"))


def test_initialisation():
    name = "initialisation"
    back = [norms(name, "l0/h", lane) for lane in (-1, 0, 1, 2)]
    states = [np.linalg.norm(values(name, "l0/h", lane), axis=1)[39] for lane in (-1, 0, 1, 2)]
    assert near(states, [0.84, 1.26, 9.3, 2170], 0.05)
    assert near([back[0][39], back[0][0], back[0][39] / back[0][0]], [2.2, 4.8e-8, 46e6], 0.02)
    assert near(back[1][39] / back[1][0], 8, 0.05)
    assert near([back[2][39], back[2][0]], [5.1, 3.8], 0.02)
    assert near(back[3][0] / back[3][39], 930, 0.02)
    assert near(1.2**39, 1225, 0.001)
    nearest = min(range(4), key=lambda lane: abs(math.log(back[lane][0] / back[lane][39])))
    assert nearest == 2


def test_clipping():
    name = "clipping"
    session = opened(name)
    assert near(values(name, "l0/h"), 0.5, 1e-12)
    assert near(run_of(name).losses().sum(), 0.02)
    assert near(norms(name, "l0/h")[[19, 0]], [0.2, 443], 0.002)
    report = session.branch.outcome(0).report
    assert near([report.norm_before, report.norm_after], [372, 1], 0.002)
    gradients = session.branch.outcome(0).gradients
    assert near(-3 - 0.1 * gradients["l0/b"], 30, 0.02)
    assert near(0.1 * report.norm_before, 37, 0.01)
    assert near([gradients["l0/U"].item(), gradients["l0/b"].item()], [-166, -332], 0.002)
    by_value, cut = clip(Clipping("value", 1.0), gradients)
    assert near([by_value["l0/U"].item(), by_value["l0/b"].item()], -1)
    assert near([cut.norm_after, math.degrees(math.acos(cut.cosine))], [1.41, 18], 0.03)
    assert near(session.branch.iteration(1).parameters["l0/b"], -2.91, 0.001)
    assert near(values(name, "l0/h", iteration=1)[19], 0.94, 0.005)
    assert near(session.branch.outcome(1).report.norm_before, 0.03, 0.1)


def test_omega():
    first, later = norms("omega", "l0/h"), norms("omega", "l0/h", iteration=5)
    assert near(first[0] / first[19], 0.00009, 0.06)
    assert near(later[0] / later[19], 1.03, 0.01)


def test_copying():
    name = "copying"
    assert near(1 / (1 + math.exp(-3)), 0.95, 0.01)
    for lane in (-1, 0):
        for t, letter in zip((23, 24, 25), "ECG", strict=True):
            assert probability(name, letter, lane)[t] > 0.995
    labels = opened(name).setup.sequence.target_labels
    assert [labels[k] for k in values(name, "head/y", 1)[23:].argmax(axis=1)] == ["H", "H", "H"]
    moves = [np.linalg.norm(np.diff(values(name, "l0/h", lane)[8:21], axis=0), axis=1).max() for lane in (-1, 0, 1)]
    assert max(moves[:2]) < 0.1 * moves[2]
    rnn, gru = norms(name, "l0/h", 1), norms(name, "l0/h", 0)
    assert near(rnn[23:], 2, 0.15)
    assert rnn[0] / rnn[25] < 1e-9
    assert 0.00195 < gru[2:23].min() < gru[2:23].max() < 0.00245
    assert np.median(values(name, "l0/z", 0)[8:20]) > 0.95
    assert near((values(name, "l0/f")[3:23] > 0.9).mean(), 0.97, 0.005)
    scenario = read_scenario(name)
    right = [held_out(part) for part in (scenario, scenario.lane(0), scenario.lane(1))]
    assert near(right, [0.99, 0.98, 0.17], 0.03)


def test_characters():
    name = "characters"
    sequence = opened(name).setup.sequence
    assert "".join(sequence.tokens) == "Shall I compare thee to a summer's day? "
    answers = {t: values(name, "head/y")[t, sequence.targets[t, 0]] for t in range(39)}
    assert near([answers[t] for t in (3, 4)], [0.99, 1.0], 0.006)
    assert answers[5] < 0.01
    assert near([answers[t] for t in (26, 27, 28, 31, 32)], [0.92, 0.86, 1.0, 0.95, 0.94], 0.01)
    assert near(held_out(read_scenario(name), 400), 1 / 3, 0.05)
    rate = retention(loss_map(run_of(name), "l0/h")).rate
    assert near([rate, rate**8, rate**26], [0.915, 0.5, 0.1], 0.03)
