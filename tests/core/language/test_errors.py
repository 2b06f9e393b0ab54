"""Everything that is refused: the message, the line and the column in characters."""

from __future__ import annotations

import pytest

from core.errors import LanguageError
from core.language import parse_cell, read_cell, with_loss

WRONG_SYNTAX = [
    ("h = W @ x + ", 1, 13, "cannot be read as an equation"),
    ("h = tanh(W @ x", 1, 9, "was never closed"),
    ("h = tanh(\u3000W @ x)", 1, 10, "U\\+3000"),
    ("", 0, 0, "there is no equation"),
    ("# nothing\n", 0, 0, "there is no equation"),
    ("x", 1, 1, "expected an equation"),
    ("h == x", 1, 1, "expected an equation"),
    ("h: int = x", 1, 1, "expected an equation"),
    ("h += x", 1, 1, "expected an equation"),
    ("a = h = x", 1, 1, "expected an equation"),
    ("a, h = x, x", 1, 1, "left side of an equation must be a name"),
    ("h[-1] = x", 1, 1, "left side of an equation must be a name"),
    ("h = W @ x\nfor a in x: b = a", 2, 1, "expected an equation"),
    ("h = []", 1, 5, "an empty list is not part of the language"),
    ("h = x and x", 1, 5, "and / or is not part"),
    ("h = a < b < x", 1, 5, "this comparison is not part"),
    ("h = a in x", 1, 5, "this comparison is not part"),
    ("h = x if x else x", 1, 5, r"write where\(condition, a, b\)"),
    ("h = x, x", 1, 5, r"write \[a, b\]"),
    ("h = x ^ 2", 1, 5, r"write \*\* for a power"),
    ("h = x // 2", 1, 5, r"this operator is not part of the language; use"),
    ("h = ~x", 1, 5, "this sign is not part"),
    ("h = 'x'", 1, 1, "unknown key h"),
    ("h = x * 'x'", 1, 9, "expected a number, got 'x'"),
    ("h = x * 1j", 1, 9, "expected a number, got '1j'"),
    ("h = x * True", 1, 9, "expected a number, got 'True'"),
    ("h = x * ...", 1, 9, "expected a number"),
]

WRONG_NAMES = [
    ("h = h", 1, 5, r"h is used before its equation.*h\[-1\]"),
    ("h = W @ a\na = tanh(V @ x)", 1, 9, "a is used before its equation"),
    ("h = W @ x\nh = x", 2, 1, "assigned twice"),
    ("x = W @ h[-1]", 1, 1, "x is an input"),
    ("h = W @ b\nb = x", 1, 9, "b is used before its equation"),
    ("sigmoid = x", 1, 1, "is a function of the language"),
    ("h = sigmoid", 1, 5, r"write sigmoid\(...\)"),
    ("t = x", 1, 1, "number of the time step"),
    ("_a = x", 1, 1, "begins with an underscore"),
    ("h = W @ _x", 1, 9, "begins with an underscore"),
    ("h = x[-1]", 1, 5, "only a variable of this cell has earlier values"),
    ("h = tanh(W @ h[0])", 1, 16, "a delay is written"),
    ("h = tanh(W @ h[1])", 1, 16, "a delay is written"),
    ("h = tanh(W @ h[-99999])", 1, 16, "a delay is written"),
    ("h = tanh(W @ h[x])", 1, 16, "a delay is written"),
    ("h = tanh(W @ h[True])", 1, 16, "a delay is written"),
    ("h = W @ x[1:0]", 1, 9, "a slice is written"),
    ("h = W @ x[-2:]", 1, 9, "a slice is written"),
    ("h = W @ x[0:2:1]", 1, 9, "a slice is written"),
    ("h = W @ x[0:a]", 1, 9, "a slice is written"),
    ("a = W @ x", 0, 0, "no equation assigns h"),
    ("a = b\nh = W @ x", 0, 0, "the size of b, a follows from nothing"),
    ("h = sum(W @ x)", 0, 0, "follows from nothing|must be a vector"),
    ("h = sum(x)", 0, 0, "the output must be a vector"),
]

WRONG_CALLS = [
    ("h = foo(x)", 1, 5, "there is no function foo; known: abs, "),
    ("h = sigmod(x)", 1, 5, "did you mean sigmoid"),
    ("h = relu()", 1, 5, "relu takes 1 argument, got 0"),
    ("h = maximum(x)", 1, 5, "maximum takes 2 arguments, got 1"),
    ("h = leaky_relu(x, 0.1)", 1, 5, "its options are given by name: alpha"),
    ("h = leaky_relu(x, beta=2)", 1, 24, "there is no option beta; known: alpha"),
    ("h = relu(x, alpha=2)", 1, 19, "there is no option alpha; known: none"),
    ("h = leaky_relu(x, alpha=b)", 1, 25, "must be a number"),
    ("h = relu(*x)", 1, 10, r"\* before a name is not part"),
    ("h = leaky_relu(x, **x)", 1, 21, "there is no option"),
    ("h = count(x)", 1, 5, "there is no function count"),
    ("h = x ** b", 1, 10, "the exponent must be a number"),
]

WRONG_SHAPES = [
    ("h = A @ B @ x", 1, 5, r"write A @ \(B @ x\)"),
    ("h = (A @ x) @ x", 1, 5, "@ takes a matrix and a vector, not a vector"),
    ("h = x @ A", 1, 5, "@ takes a matrix and a vector"),
    ("h = tanh(A) * x", 1, 5, "write @ for matrix times vector"),
    ("h = A", 1, 1, "h would be a matrix"),
    ("h = A[0:1] * x", 1, 5, "a slice takes a vector, not a matrix"),
    ("h = softmax(A) @ x", 1, 5, "softmax takes a vector, not a matrix"),
    ("h = x[0:1] + x[0:2]", 1, 5, "a vector of size 1 meets one of size 2"),
    ("h = x[0:1] * x", 1, 5, "a vector of size 1 meets one of size inputs|size inputs meets one of size 1"),
    ("h = [h[-1], x]", 1, 1, "meets one of its own parts"),
    ("s = mean(s[-1])\nh = s * tanh(W @ x)", 1, 1, r'declare it: \[variables\] s = "scalar"'),
    ("h = [x, 1]", 1, 5, r"\[a, b\] takes a vector, not a scalar"),
    ("h = sum(1) * x", 1, 5, "sum takes a vector, not a scalar"),
]

INJECTIONS = [
    ("h = x.__class__", 1, 5, "a dot behind a name"),
    ("h = x.T", 1, 5, "a dot behind a name"),
    ("h = __import__('os')", 1, 5, "there is no function __import__"),
    ("h = eval('1')", 1, 5, "there is no function eval"),
    ("h = exec('1')", 1, 5, "there is no function exec"),
    ("h = print(x)", 1, 5, "there is no function print"),
    ("h = tanh.__call__(x)", 1, 5, "only functions of the language can be called"),
    ("h = (lambda: 1)()", 1, 5, "only functions of the language can be called"),
    ("h = lambda: 1", 1, 5, "lambda is not part"),
    ("h = [a for a in x]", 1, 5, "a comprehension is not part"),
    ("h = sum(a for a in x)", 1, 8, "a comprehension is not part"),
    ("h = {a for a in x}", 1, 5, "a comprehension is not part"),
    ("h = {}", 1, 5, "a dictionary is not part"),
    ("h = f'{x}' * x", 1, 5, "an f-string is not part|unknown key"),
    ("h = x * f'{x}'", 1, 9, "an f-string is not part"),
    ("h = (y := x)", 1, 6, ":= is not part"),
    ("import os", 1, 1, "expected an equation"),
    ("def f(): pass", 1, 1, "expected an equation"),
    ("class A: pass", 1, 1, "expected an equation"),
    ("h = __class__ @ x", 1, 5, "begins with an underscore"),
    ("h = await x", 1, 5, "is not part of the language|cannot be read"),
    ("h = (yield x)", 1, 6, "is not part of the language"),
    ("h = x[__import__('os')]", 1, 5, "only a variable"),
    ("h = tanh(W @ h[().__class__])", 1, 16, "a delay is written"),
]

TOO_MUCH = [
    ("h = " + "(" * 300 + "x" + ")" * 300, "too many nested parentheses"),
    ("h = " + "-" * 5000 + "x", "nested too deeply"),
    ("h = " + "+".join(["x"] * 400), "nested too deeply"),
    ("h = " + "+".join(["x"] * 20000), "nested too deeply"),
    ("h = " + "tanh(" * 150 + "x" + ")" * 150, "nested too deeply"),
    ("h = " + "softmax(" * 40 + "x" + ")" * 40, "nested too deeply"),
    ("\n".join(f"a{i} = tanh(x + x + x + x)" for i in range(1000)), "more than 5000 terms"),
    ("h = x * " + "9" * 5000, "a number is too long"),
    ("h = x * 1e999", "this number is too large"),
    ("h = x * " + "9" * 400, "this number is too large"),
    ("h = x\0", "null bytes|no text"),
    ("h = x" + " " * 300_000, "longer than"),
]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [*WRONG_SYNTAX, *WRONG_NAMES, *WRONG_CALLS, *WRONG_SHAPES, *INJECTIONS],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refused_with_its_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(LanguageError, match=message) as caught:
        parse_cell(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith("equations, line" if line else "equations: ")


@pytest.mark.parametrize(("text", "message"), TOO_MUCH, ids=[text[:20].replace("\0", "NUL") for text, _ in TOO_MUCH])
def test_too_deep_too_long_too_large(text: str, message: str) -> None:
    with pytest.raises(LanguageError, match=message):
        parse_cell(text)


PLACES = [
    ("\n\nh = tanh(W @ x)\n   \ng = foo(x)", 5, 5),
    ("    h = W @ x\n    g = foo(x)", 2, 9),
    ("h = tanh(W @ x\n      + foo(x))", 2, 9),
    ("h = (W @ x +  # a comment\n\tfoo(x))", 2, 2),
    ("σ = sigmoid(W @ x)\nгруппа = σ * foo(σ)\nh = σ", 2, 14),
    ("候选 = tanh(W @ x)\nh = 候选 * 函数(候选)", 2, 10),
    ("h = 候选 * (x +", 1, 10),
    ("h = tanh(W @ x)\r\ng = foo(h)\r\n", 2, 5),
    ("h = tanh(W @ x)\rg = foo(h)", 2, 5),
    ("h = W @ x; g = foo(x)", 1, 16),
    ('equations = "h = foo(W @ x)"', 1, 18),
    ("  equations = 'h = foo(W @ x)'", 1, 20),
    ('equations = "a = W @ x\\nh = tanh(a) + foo(a)"', 1, 39),
    ('equations = "σ = W @ x\\nh = tanh(\\u03c3) + foo(a)"', 1, 44),
    ('name = "ж"\nequations = """h = (W @ x\n   + foo(x))"""', 3, 6),
    ('equations = """\\\n   h = foo(x)"""', 2, 8),
    ("equations = '''\r\n    h = tanh(W @ x)\r\n    g = foo(h)\r\n'''\r\n", 3, 9),
    ('equations = """\nσ = sigmoid(W @ x)\n    h = ж(σ)\n"""\n', 3, 9),
    ('source = "equations = h"\nequations = """\nh = foo(x)\n"""\n', 3, 5),
]


@pytest.mark.parametrize(("text", "line", "column"), PLACES)
def test_places_count_characters_of_the_file(text: str, line: int, column: int) -> None:
    with pytest.raises(LanguageError) as caught:
        parse_cell(text, "own.toml")
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(f"own.toml, line {line}, column {column}: ")


GOOD = 'equations = """\nh = tanh(W @ x + U @ h[-1] + b)\n"""\n'
WRONG_FILES = [
    ('[a.b\nname = "x"', 1, 5, "not valid TOML"),
    ('equations = """\nh = x', 2, 6, "not valid TOML: Unterminated string"),
    ('name = "x"\nnumber = ' + "1" * 5000 + "\n", 3, 1, "not valid TOML"),
    ('name = "x"\n', 0, 0, "expected equations"),
    ('name = "x"\n[a]\nb = 1\n', 2, 2, "unknown key a; known: constants, "),
    ('equations = ""\n[roles]\n', 1, 1, "there is no equation"),
    ("[constants]\nk = 0.5\n" + GOOD, 3, 1, r"before the first \[table\]"),
    ("name = 3\n[roles]\n" + GOOD, 3, 1, "expected equations|must be a text"),
    ('output = "s"\n' + GOOD, 1, 1, "no equation assigns s"),
    ("inputs = []\n" + GOOD, 1, 1, "different names"),
    ('inputs = ["x", "x"]\n' + GOOD, 1, 1, "different names"),
    ('inputs = ["t"]\n' + GOOD, 1, 1, "number of the time step"),
    ('inputs = ["a b"]\n' + GOOD, 1, 1, "not a name"),
    (GOOD + '[roles]\nq = "gate"\n', 5, 1, r"\[roles\] names q"),
    (GOOD + "[roles]\nh = 3\n", 5, 1, "must be a text"),
    (GOOD + '[variables]\nq = "units"\n', 5, 1, r"\[variables\] names q"),
    (GOOD + '[variables]\nh = "foo"\n', 5, 1, "expected a size"),
    (GOOD + "[sizes]\ncells = 0\n", 5, 1, "positive whole number"),
    (GOOD + "[sizes]\nunits = 4\n", 5, 1, "expected a new name"),
    (GOOD + '[parameters.b_q]\ninit = "ones"\n', 4, 13, "no equation reads it"),
    (GOOD + '[parameters.b]\ninit = "onez"\n', 5, 1, "must be one of: uniform, "),
    (GOOD + '[parameters.b]\ninit = { name = "normal", mean = 2 }\n', 5, 27, "unknown key mean"),
    (GOOD + '[parameters.b]\ninit = { name = "normal", value = "a" }\n', 5, 1, "must be a number"),
    (GOOD + '[parameters.b]\nvalue = 1\ninit = "ones"\n', 6, 1, "both a value and an initialiser"),
    (GOOD + '[parameters.b]\nshape = "units"\n', 5, 1, "the shape of b must be"),
    (GOOD + '[parameters.b]\nshape = ["unit"]\n', 5, 1, "expected a size, one of inputs, units or a positive"),
    (GOOD + '[parameters.b]\nvalue = "a"\n', 4, 13, "must be a number or a list of numbers"),
    (GOOD + "[parameters.b]\nvalue = nan\n", 4, 13, "must be a number or a list of numbers"),
    (GOOD + "[parameters.b]\nvalue = true\n", 4, 13, "must be a number or a list of numbers"),
    (GOOD + "[parameters.b]\nvalue = 3\nrange = [0, 2]\n", 4, 13, "outside its range"),
    (GOOD + "[parameters.b]\nrange = [2, 0]\n", 5, 1, r"must be \[lowest, highest\]"),
    (GOOD + "[parameters.b]\ntrainable = 1\n", 5, 1, "must be true or false"),
    (GOOD + "[parameters.b]\nfoo = 1\n", 5, 1, "unknown key foo"),
    (GOOD + "[parameters._b]\n", 4, 13, "begins with an underscore"),
    (GOOD + '[parameters."a/b"]\n', 4, 14, "not a name that an equation could use"),
    (GOOD + "[parameters.lambda]\n", 4, 13, "not a name that an equation could use"),
    (GOOD + "[parameters.h]\n", 2, 1, "is a parameter or constant and cannot be assigned"),
    (GOOD + "[parameters.x]\n", 4, 13, "x is an input already"),
    (GOOD + "[parameters.tanh]\n", 4, 13, "is a function of the language"),
    (GOOD + "[constants]\nb = { trainable = true }\n", 5, 1, "the constant b needs a value"),
    (GOOD + "[constants]\nb = { value = 1, shape = [] }\n", 5, 18, "unknown key shape"),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), WRONG_FILES)
def test_files_refused_with_their_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(LanguageError, match=message) as caught:
        parse_cell(text, "own.toml")
    assert (caught.value.line, caught.value.column) == (line, column)


def test_unknown_losses_name_those_that_are_there() -> None:
    with pytest.raises(LanguageError, match="no loss hinge; it has: cross-entropy, squared"):
        with_loss(read_cell("softmax", "heads"), "hinge")


def test_mistakes_in_a_loss_have_their_place_in_the_file() -> None:
    text = 'inputs = ["h", "target"]\noutput = "y"\nequations = "y = V @ h"\n[losses]\nown = "L = sum(foo(y))"\n'
    with pytest.raises(LanguageError, match="line 5, column 16: there is no function foo"):
        with_loss(parse_cell(text), "own")
