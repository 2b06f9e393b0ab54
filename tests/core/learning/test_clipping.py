"""Clipping: the formulas, the report, extreme and non-finite numbers."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import GatewalkError
from core.learning.clipping import Clipping, clip, global_norm

GRADIENTS = {"W": np.asarray([[3.0, 0.0], [-4.0, 0.0]]), "b": np.asarray([12.0])}  # norm 13


def test_norm_scales_all_parameters_alike() -> None:
    clipped, report = clip(Clipping("norm", 6.5), GRADIENTS)
    np.testing.assert_allclose(clipped["W"], GRADIENTS["W"] / 2, rtol=1e-15)
    np.testing.assert_allclose(clipped["b"], [6.0], rtol=1e-15)
    assert (report.rule, report.norm_before, report.entries_cut, report.entries) == ("norm at most 6.5", 13.0, 3, 5)
    assert report.norm_after == pytest.approx(6.5, rel=1e-15)
    assert report.cosine == pytest.approx(1, abs=1e-15)


def test_value_cuts_each_entry_and_turns_the_direction() -> None:
    clipped, report = clip(Clipping("value", 3.0), GRADIENTS)
    np.testing.assert_array_equal(clipped["W"], [[3, 0], [-3, 0]])
    np.testing.assert_array_equal(clipped["b"], [3])
    assert (report.rule, report.entries_cut) == ("value at most 3", 2)
    assert report.norm_after == pytest.approx(math.sqrt(27))
    assert report.cosine == pytest.approx((9 + 12 + 36) / (13 * math.sqrt(27)), rel=1e-14)


@pytest.mark.parametrize("settings", [Clipping(), Clipping("norm", 13.0), Clipping("value", 12.0)])
def test_nothing_to_clip_gives_the_same_arrays(settings: Clipping) -> None:
    clipped, report = clip(settings, GRADIENTS)
    assert clipped is not GRADIENTS
    assert all(clipped[path] is GRADIENTS[path] for path in GRADIENTS)
    assert (report.norm_before, report.norm_after, report.cosine, report.entries_cut) == (13.0, 13.0, 1.0, 0)


def test_inputs_stay_and_results_are_read_only() -> None:
    gradients = {"W": np.asarray([3.0, 4.0])}
    clipped, _ = clip(Clipping("norm", 1.0), gradients)
    np.testing.assert_array_equal(gradients["W"], [3, 4])
    assert not clipped["W"].flags.writeable


@pytest.mark.parametrize("rule", ["off", "value", "norm"])
@pytest.mark.parametrize("gradients", [{}, {"W": np.zeros((2, 2))}, {"W": np.zeros((0, 2))}])
def test_zero_gradients(rule: str, gradients: dict[str, np.ndarray]) -> None:
    _, report = clip(Clipping(rule, 1e-300), gradients)  # type: ignore[arg-type]
    assert (report.norm_before, report.norm_after, report.cosine, report.entries_cut) == (0.0, 0.0, 1.0, 0)


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_norms_neither_overflow_nor_underflow(size: float) -> None:
    gradients = {"W": np.asarray([3.0, 4.0]) * size}
    assert global_norm(gradients) == pytest.approx(5 * size, rel=1e-15)


@pytest.mark.parametrize("threshold", [1e-300, 1e-150, 1.0, 1e300])
def test_clipping_works_over_the_whole_range(threshold: float) -> None:
    # The norm itself, 2.1e308, is beyond the largest float.
    gradients = {"W": np.asarray([1.5e308, -1.5e308])}
    clipped, report = clip(Clipping("norm", threshold), gradients)
    assert report.norm_before == math.inf
    np.testing.assert_allclose(clipped["W"], np.asarray([1, -1]) * threshold / math.sqrt(2), rtol=1e-14)
    assert report.norm_after == pytest.approx(threshold, rel=1e-14)
    assert report.cosine == pytest.approx(1, abs=1e-14)


def test_small_entries_beside_large_ones_are_scaled_exactly() -> None:
    clipped, _ = clip(Clipping("norm", 1e299), {"W": np.asarray([1e300, 1e-300])})
    np.testing.assert_allclose(clipped["W"], [1e299, 1e-301], rtol=1e-14)


@pytest.mark.parametrize("rule", ["off", "value", "norm"])
@pytest.mark.parametrize(("bad", "norm"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "inf")])
def test_non_finite_gradients_are_reported_and_kept(rule: str, bad: float, norm: str) -> None:
    gradients = {"W": np.asarray([bad, 5.0]), "b": np.asarray([1.0])}
    clipped, report = clip(Clipping(rule, 1.0), gradients)  # type: ignore[arg-type]
    np.testing.assert_array_equal(clipped["W"], gradients["W"])
    assert (str(report.norm_before), str(report.norm_after)) == (norm, norm)
    assert math.isnan(report.cosine)
    assert report.entries_cut == 0


def test_nan_wins_over_infinity_in_either_order() -> None:
    for order in ([math.nan, math.inf], [math.inf, math.nan]):
        assert math.isnan(global_norm({str(n): np.asarray([value]) for n, value in enumerate(order)}))


@pytest.mark.parametrize("settings", [Clipping("norm", 0.5), Clipping("value", 0.5), Clipping("value", 1e300)])
def test_float32_stays_float32(settings: Clipping) -> None:
    gradients = {"W": np.asarray([3e38, -3e38, 1e-40], dtype=np.float32), "a": np.asarray(2, dtype=np.float32)}
    clipped, report = clip(settings, gradients)
    assert clipped["W"].dtype == clipped["a"].dtype == np.float32
    assert clipped["a"].shape == ()
    assert report.norm_before == pytest.approx(3e38 * math.sqrt(2), rel=1e-6)
    if settings.rule == "norm":
        assert report.norm_after == pytest.approx(0.5, rel=1e-6)


@given(
    st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=6),
    st.floats(1e-300, 1e300),
    st.sampled_from(["value", "norm"]),
)
def test_clipping_never_exceeds_its_threshold_nor_changes_a_sign(entries: list[float], limit: float, rule: str) -> None:
    gradients = {"W": np.asarray(entries)}
    clipped, report = clip(Clipping(rule, limit), gradients)  # type: ignore[arg-type]
    size = report.norm_after if rule == "norm" else np.abs(clipped["W"]).max()
    assert size <= limit * (1 + 1e-14)
    assert (clipped["W"] * np.sign(gradients["W"]) >= 0).all()
    # A clipped number may become 0 (below 5e-324), never larger.
    assert (np.abs(clipped["W"]) <= np.abs(gradients["W"])).all()


@pytest.mark.parametrize("threshold", [0.0, -1.0, math.nan, math.inf])
def test_thresholds_that_make_no_sense(threshold: float) -> None:
    with pytest.raises(GatewalkError, match="above 0"):
        Clipping("norm", threshold)


def test_unknown_rule() -> None:
    with pytest.raises(GatewalkError, match="'size'"):
        Clipping("size")  # type: ignore[arg-type]


def test_settings_survive_json() -> None:
    settings = Clipping("norm", 0.25)
    assert msgspec.json.decode(msgspec.json.encode(settings), type=Clipping) == settings
