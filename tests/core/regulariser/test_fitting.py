"""Which networks can have which regulariser, and what becomes of it in another network."""

from __future__ import annotations

import pytest

from core.errors import GatewalkError, SessionError
from core.frame import Phase, View
from core.lane_list import with_lane
from core.lanes import another_network
from core.learning.step import LearningSettings
from core.regulariser.fitting import check_regulariser, fitting_regulariser, layers_with_memory, regularised_layer
from core.regulariser.settings import Regulariser, regulariser_latex
from core.reveal import frame_at
from core.scenario_file import parse_settings
from core.session import Session
from tests.core.network_cases import NETWORKS
from tests.core.walk_cases import session_of


def test_the_last_layer_is_meant_where_none_is_named() -> None:
    network = NETWORKS["up and down"]()
    assert layers_with_memory(network) == ("l0", "l1.reverse", "l2")
    assert regularised_layer(network, Regulariser(1.0)) == "l2"
    assert regularised_layer(network, Regulariser(1.0, block="l0")) == "l0"
    assert regularised_layer(network, Regulariser(0.0, block="l9")) == ""


def test_what_cannot_be_had_is_refused_and_changes_nothing() -> None:
    session = session_of("lstm")
    with pytest.raises(SessionError, match="no layer l3"):
        session.set_learning(LearningSettings(regulariser=Regulariser(1.0, block="l3")))
    assert session.setup.learning.regulariser == Regulariser()
    with pytest.raises(SessionError, match="Choose another layer or cell"):
        check_regulariser(session_of("rnn_skip_only").run.network, Regulariser(1.0, "all"))


def test_another_network_gets_what_fits() -> None:
    one, skipping = session_of("lstm").run.network, session_of("rnn_skip_only").run.network
    assert fitting_regulariser(one, Regulariser(2.0, block="l1")) == Regulariser(2.0)
    assert fitting_regulariser(one, Regulariser(2.0, "all", "held", "l0")) == Regulariser(2.0, "all", "held", "l0")
    assert fitting_regulariser(skipping, Regulariser(2.0)).weight == 0


def test_undo_takes_a_regulariser_back() -> None:
    session: Session = session_of("gru")
    session.set_learning(LearningSettings(regulariser=Regulariser(1.0)))
    assert "regulariser" in session.timeline.phases
    session.undo()
    assert "regulariser" not in session.timeline.phases


@pytest.mark.parametrize(
    "wrong", [{"weight": -1.0}, {"weight": float("nan")}, {"state": "c"}, {"gradient": "approximate"}]
)
def test_wrong_settings_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(GatewalkError, match="Regulariser: "):
        Regulariser(**wrong)  # type: ignore[arg-type]


def test_a_scenario_file_says_it() -> None:
    text = 'name = "Ω"\n[network]\nunits = 2\n[data]\ntext = "a b"\n[learning.regulariser]\nweight = 2\n'
    settings = parse_settings(text + 'state = "all"\ngradient = "held"\nblock = "l0"\n', "own.toml")
    assert settings.learning.step().regulariser == Regulariser(2.0, "all", "held", "l0")
    with pytest.raises(GatewalkError, match="expected exact, held, immediate"):
        parse_settings(text + 'gradient = "other"\n', "own.toml")
    with pytest.raises(GatewalkError, match="weight must be finite and at least 0"):
        parse_settings(text.replace("weight = 2", "weight = -2"), "own.toml")


def test_the_formula_names_the_state() -> None:
    assert r"\nabla_{h_t} L" in regulariser_latex(Regulariser(0.1))
    whole = regulariser_latex(Regulariser(0.1, "all"), ("h", "c"))
    assert r"\nabla_{s_t} L" in whole
    assert r"s_t = \left[ h_t, c_t \right]" in whole


def test_a_lane_beside_has_what_fits_its_network() -> None:
    lead = session_of("lstm", "gru", learning=LearningSettings(regulariser=Regulariser(1.0, block="l1")))
    beside = session_of("rnn_tanh").run.network
    made = another_network(lead.setup, beside, beside.initial_parameters(0))
    assert made.root.setup.learning.regulariser == Regulariser(1.0)
    lead.lanes = with_lane(lead.lanes, made, lead.branch, 0)
    lead.go_to_phase(Phase.CLIP)
    frame = frame_at(lead, View())
    assert len(frame.lanes) == 2
    assert frame.lanes[1].note is None
    lead.set_learning(LearningSettings())
    lead.go_to_phase(Phase.CLIP)
    assert frame_at(lead, View()).flow is None
