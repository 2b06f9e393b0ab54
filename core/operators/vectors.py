"""Rows of the table: what works on whole vectors and matrices."""

from __future__ import annotations

import numpy as np

from core.operators import numeric
from core.operators.expression import Expression, apply
from core.operators.operator import ANY, ATOM, PREFIX, PRODUCT, Operator, function_row, transposed, unary, upright


def _concat_vjp(g: Expression, _: Expression, *args: Expression) -> tuple[Expression, ...]:
    return tuple(apply("part", g, *args, attributes=(float(index),)) for index in range(len(args)))


def _part_vjp(g: Expression, _: Expression, *args: Expression | float) -> tuple[Expression | None, ...]:
    *expressions, index = args
    likes = [piece for piece in expressions[1:] if isinstance(piece, Expression)]
    pieces = [apply("zeros", like) for like in likes]
    pieces[int(index)] = g  # type: ignore[arg-type]
    return (apply("concat", *pieces), *(None for _ in likes))


VECTORS = (
    Operator(
        "matmul",
        numeric.matmul,
        lambda g, y, m, v: (apply("outer", g, v), apply("matmul", transposed(m), g)),
        r"{0} \, {1}",
        "@",
        arity=2,
        binds=PRODUCT,
        needs=(PREFIX, PREFIX),
    ),
    Operator(
        "outer",
        numeric.outer,
        lambda g, y, a, b: (apply("matmul", g, b), apply("matmul", transposed(g), a)),
        r"{0} \, {1}^{{\top}}",
        "a bᵀ",
        arity=2,
        binds=PRODUCT,
        needs=(PREFIX, ATOM),
    ),
    Operator(
        "transpose",
        numeric.transpose,
        lambda g, y, m: (transposed(g),),
        r"{0}^{{\top}}",
        "ᵀ",
        binds=PREFIX,
        needs=(ATOM,),
    ),
    function_row(
        "sum",
        lambda x: x.sum(axis=-1, keepdims=True),
        lambda g, y, x: (apply("spread", g, x),),
        "Σ",
        r"\sum {0}",
        binds=PRODUCT,
        needs=(PRODUCT,),
    ),
    function_row(
        "mean",
        lambda x: x.mean(axis=-1, keepdims=True),
        lambda g, y, x: (apply("spread", g / apply("count", x), x),),
        "mean",
    ),
    function_row(
        "count",
        lambda x: np.full((1,), float(x.shape[-1])),
        lambda g, y, x: (None,),
        "size",
    ),
    function_row(
        "matrix_sum",
        lambda m: m.sum(axis=(-2, -1))[..., None],
        lambda g, y, m: (apply("matrix_spread", g, m),),
        "Σ",
        r"\sum {0}",
        binds=PRODUCT,
        needs=(PRODUCT,),
    ),
    function_row(
        "matrix_spread",
        lambda s, like: s[..., None] + np.zeros_like(like),
        lambda g, y, s, like: (apply("matrix_sum", g), None),
        "1",
        "{0}",
        arity=2,
        needs=(ATOM, 0),
    ),
    function_row(
        "zeros",
        np.zeros_like,
        lambda g, y, x: (None,),
        "0",
        "0",
    ),
    function_row(
        "spread",
        lambda s, like: s + np.zeros_like(like),
        lambda g, y, s, like: (apply("sum", g), None),
        "1",
        "{0}",
        arity=2,
        needs=(ATOM, 0),
    ),
    Operator("concat", numeric.concat, _concat_vjp, "[{all}]", "[ ]", arity=ANY),
    Operator(
        "part",
        numeric.part,
        _part_vjp,
        r"\left[{0}\right]_{{{piece}}}",
        "[ ]ᵢ",
        arity=ANY,
    ),
    Operator(
        "slice",
        lambda v, first, last: v[..., int(first) : int(last)],
        lambda g, y, v, first, last: (apply("pad", g, v, attributes=(first, last)),),
        "{{{0}}}_{{[{a}:{b}]}}",
        "[:]",
        needs=(ATOM,),
        defaults={"first": 0, "last": 0},
    ),
    Operator(
        "pad",
        lambda v, like, first, last: numeric.pad(v, like, int(first), int(last)),
        lambda g, y, v, like, first, last: (unary("slice", g, first, last), None),
        upright("pad") + r"\left({0}\right)",
        "pad",
        arity=2,
        defaults={"first": 0, "last": 0},
    ),
)
