from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.style.numbers_text import number_text, percent_text, power_text, short_text, signed_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.031, "0.031"), (1.9, "1.9"), (-0.4078, "−0.4078"), (1.2e-8, "1.2e−8"), (math.nan, "nan"),
        (math.inf, "∞"), (-math.inf, "−∞"), (0.0, "0"), (-0.0, "0"), (1.0, "1"), (0.99996, "1"), (9.9996, "10"),
        (999.96, "1000"), (123456.7, "123457"), (1e6, "1e6"), (0.00099999, "0.001"), (5e-324, "4.941e−324"),
        (1.7976e308, "1.798e308"),
    ],
)  # fmt: skip
def test_digits_that_mean_something(value: float, text: str) -> None:
    assert number_text(value) == text


@given(st.floats(min_value=-1e308, max_value=1e308))
def test_texts_read_back_as_the_number(value: float) -> None:
    back = float(number_text(value).replace("−", "-"))
    assert math.isclose(back, value, rel_tol=5.1e-4, abs_tol=1e-323)  # four digits


def test_other_forms() -> None:
    assert short_text(0.0934) == "0.093"
    assert short_text(123.4) == "123"
    assert signed_text(0.199) == "+0.199"
    assert signed_text(-0.5) == "−0.5"
    assert [percent_text(share) for share in (0.92, 0.0, -0.13, 0.004, 1e-9, 1.2, math.nan)] == [
        "92 %", "0 %", "−13 %", "0.4 %", "0.0 %", "120 %", "nan %",
    ]  # fmt: skip
    assert [power_text(value) for value in (1e-4, 1.0, 3.2e-5, 0.0, math.inf)] == ["10⁻⁴", "10⁰", "3·10⁻⁵", "0", "∞"]
