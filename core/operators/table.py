"""The operator table: the only place that knows derivatives.

A vector-Jacobian product is written with expressions, so it is made of the operators of this very table: a derived
backward equation can be evaluated, typeset, compiled and differentiated again. Where a scalar met a vector, the caller
adds up what the elements send.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.operators.activations import ACTIVATIONS
from core.operators.arithmetic import ARITHMETIC, CHOICES
from core.operators.losses import LOSSES
from core.operators.operator import Operator
from core.operators.vectors import VECTORS

OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {row.name: row for row in (*ARITHMETIC, *VECTORS, *ACTIVATIONS, *CHOICES, *LOSSES)}
)

_WRITTEN_AS_SIGNS = frozenset(["add", "sub", "mul", "div", "neg", "power", "matmul", "concat", "slice"])
_COMPARISONS = frozenset(["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"])
_DERIVED_ONLY = frozenset(["part", "pad", "count", "zeros", "matrix_sum", "matrix_spread", "spread"])

FUNCTIONS: tuple[str, ...] = tuple(
    name for name in OPERATORS if name not in _WRITTEN_AS_SIGNS | _COMPARISONS | _DERIVED_ONLY
)
