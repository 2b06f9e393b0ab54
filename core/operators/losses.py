"""Rows of the table: losses in numerically stable fused forms.

The target is data: nothing flows back to it. Each of its rows must sum to 1, or to 0 where there is no loss, for the
softmax form.
"""

from __future__ import annotations

from core.operators import numeric
from core.operators.operator import PREFIX, SUM, function_row, unary

LOSSES = (
    function_row(
        "softmax_cross_entropy",
        numeric.softmax_cross_entropy,
        lambda g, y, z, target: (g * (unary("softmax", z) - target), None),
        "CE",
        r"-\sum {1} \odot \ln \mathrm{{softmax}}\left({0}\right)",
        arity=2,
        needs=(0, PREFIX),
        binds=SUM,
    ),
    function_row(
        "logistic_cross_entropy",
        numeric.logistic_cross_entropy,
        lambda g, y, z, target: (g * (unary("sigmoid", z) - target), None),
        "CE",
        r"\mathrm{{CE}}\left(\sigma\left({0}\right), {1}\right)",
        arity=2,
    ),
)
