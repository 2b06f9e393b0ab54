"""The operator table and the expressions built from it."""

from core.operators.expression import Expression, Span
from core.operators.operator import Operator
from core.operators.shapes import Size
from core.operators.table import FUNCTIONS, OPERATORS

__all__ = ["FUNCTIONS", "OPERATORS", "Expression", "Operator", "Size", "Span"]
