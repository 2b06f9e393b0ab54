"""Random cells in bulk: whatever the grammar allows equals stepping."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.bulk import Bulk, WholeRun
from core.cell import cell_from_text
from core.network import build_network
from core.run import Run
from tests.core.bulk.equality import everything, problem_for
from tests.core.language.test_random_equations import cells, with_shapes


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cells(), st.sampled_from([1, 2]), st.sampled_from([0, 0, 2]), st.integers(0, 99))
def test_random_cells_equal_stepping(equations: str, batch: int, window: int, seed: int) -> None:
    cell = cell_from_text(with_shapes(equations), inputs=2, units=3)
    network = build_network(cell, head="identity", loss="squared", outputs=2)
    problem = problem_for(network, steps=5, batch=batch, seed=seed, scale=0.4, window=window)
    whole, walked = Bulk(network).complete(problem), everything(Run(problem).complete())
    if not all(np.isfinite(value).all() for value in walked.values() if value is not None):
        return
    assert isinstance(whole, WholeRun)
    for key, value in everything(whole).items():
        expected = walked[key]
        assert (value is None) == (expected is None), key
        if value is not None:
            scale = max(np.abs(expected).max(initial=0.0), 1e-6)  # where parts cancel, their rounding stays
            np.testing.assert_allclose(value, expected, rtol=0, atol=1e-9 * scale, err_msg=key)
