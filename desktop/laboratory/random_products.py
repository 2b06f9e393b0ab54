"""Products of random numbers and powers: why a gradient explodes on average and vanishes almost always."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication

from core.gradients.random_products import Law, PowerTable, RandomProducts, power_of, random_products
from desktop.charts.chart import Chart
from desktop.charts.scales import decade_axis
from desktop.laboratory.parts import Fields, positive, values_of, whole
from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Cancelled, Finished, Place, Progress, Subject
from desktop.style.colours import ColourMaps
from desktop.views.choice import Choice
from desktop.widgets.number_field import NumberField

MOST_FACTORS, MOST_DRAWS, MOST_POWER = 2000, 200_000, 100_000
SEED = 1


class RandomAnswer(msgspec.Struct, frozen=True, eq=False):
    """The products, and the powers of two numbers."""

    products: RandomProducts
    powers: tuple[PowerTable, PowerTable]


class RandomQuestion(msgspec.Struct, frozen=True):
    """Products of ``factors`` numbers of a variance; powers of two bases up to an exponent."""

    factors: int
    variance: float
    draws: int
    law: Law
    bases: tuple[float, float]
    exponent: int

    def answer(self, finished: Finished, progress: Progress, cancelled: Cancelled) -> RandomAnswer:
        """The same draws for the same question."""
        generator = np.random.default_rng(SEED)
        products = random_products(
            self.factors, self.variance, self.draws, generator, self.law, progress=progress, cancelled=cancelled
        )
        one, other = (power_of(base, self.exponent) for base in self.bases)
        return RandomAnswer(products, (one, other))


class RandomPicture(Picture):
    """The products at the left; at the right what the largest draw makes up, and the powers."""

    def __init__(self, maps: ColourMaps) -> None:
        super().__init__(maps)
        self.title = tr("Random")
        self._answer: RandomAnswer | None = None
        self.factors = NumberField(tr("Number of factors"), 100.0, whole(1, MOST_FACTORS), self)
        self.variance = NumberField(tr("Variance of each factor"), 1.2, positive, self)
        self.draws = NumberField(tr("Number of draws"), 10_000.0, whole(2, MOST_DRAWS), self)
        laws = ((Law.NORMAL, tr("normal")), (Law.UNIFORM, tr("uniform")), (Law.SIGNS, tr("signs")))
        self.law = Choice(maps.theme, laws, several=False, parent=self)
        self.law.setAccessibleName(tr("What the factors are drawn from"))
        self.law.show_chosen((Law.NORMAL,))
        self.bases = (
            NumberField(tr("First base"), 1.01, positive, self), NumberField(tr("Second base"), 0.99, positive, self)
        )  # fmt: skip
        self.exponent = NumberField(tr("Exponent"), 365.0, whole(1, MOST_POWER), self)
        self.charts = tuple(Chart(maps.theme) for _ in range(3))
        self.products, self.largest, self.powers = self.charts
        self._arrange()
        self.law.chosen.connect(self._choose)
        for field in (self.factors, self.variance, self.draws, *self.bases, self.exponent):
            field.committed.connect(lambda _: self.changed.emit())

    def _arrange(self) -> None:
        fields = ((tr("factors"), self.factors), (tr("variance"), self.variance), (tr("draws"), self.draws))
        powers = ((tr("powers of"), self.bases[0]), (tr("and"), self.bases[1]), (tr("up to"), self.exponent))
        grid = self.arrange(Fields(*fields, ("", self.law)), Fields(*powers))
        grid.addWidget(self.products, 0, 0, 2, 1)
        grid.addWidget(self.largest, 0, 1)
        grid.addWidget(self.powers, 1, 1)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(1, 4)
        for number in range(2):
            grid.setRowStretch(number, 1)

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw in these colours."""
        super().set_maps(maps)
        for part in (*self.charts, self.law):
            part.set_theme(maps.theme)
        if self._answer is not None:
            self._draw(self._answer)

    def question(self, subject: Subject, place: Place) -> RandomQuestion | str:
        """It is about numbers alone, not about the network."""
        values = values_of((self.factors, self.variance, self.draws, *self.bases, self.exponent))
        if values is None:
            return tr("One of the numbers above cannot be used; it is marked, and says what is expected.")
        factors, variance, draws, one, other, exponent = values
        law = Law(self.law.keys[0])
        return RandomQuestion(int(factors), variance, int(draws), law, (one, other), int(exponent))

    def show_answer(self, answer: RandomAnswer, place: Place) -> None:
        """Draw all of it."""
        self._answer = answer
        self._draw(answer)
        self.said.emit(str(answer.products.sentence))

    def _draw(self, answer: RandomAnswer) -> None:
        for chart in self.charts:
            chart.clear_data()
        self._draw_products(answer.products)
        self._draw_largest(answer.products)
        self._draw_powers(answer.powers)

    def _draw_products(self, found: RandomProducts) -> None:
        """Squares of products, since their mean is the variance; the median of squares is the square of the median."""
        theme, chart, counts = self.maps.theme, self.products, _counts(found)
        low, _, middle, _, high = 2.0 * found.quantiles
        axis = decade_axis([*found.exact.tolist(), *found.sampled.tolist(), *low.tolist(), *high.tolist()])
        chart.set_labels(tr("factors in the product"), tr("square of the product"))
        chart.set_steps(0, len(counts))
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        examples = np.clip(axis.log_places(2.0 * found.examples), axis.bottom, axis.top)
        chart.add_lines(counts, examples, theme.strong_line, 0.8)
        for edge in (low, high):
            chart.add_line(counts, axis.log_places(edge), theme.gradient_high, 1.0, dashed=True)
        curves = ((middle, theme.gradient_high), (found.sampled, theme.warning), (found.exact, theme.text))
        for logs, colour in curves:
            chart.add_line(counts, axis.log_places(logs), colour)
            if len(counts) == 1:
                chart.add_points(counts, axis.log_places(logs), colour)
        chart.set_key(
            ((theme.text, tr("exact: vⁿ")), (theme.warning, tr("mean of draws")),
             (theme.gradient_high, tr("median")), (theme.gradient_high, tr("5, 95 %"), "╌"),
             (theme.strong_line, tr("single draws")))
        )  # fmt: skip

    def _draw_largest(self, found: RandomProducts) -> None:
        theme, chart, counts = self.maps.theme, self.largest, _counts(found)
        chart.set_labels(tr("factors in the product"), tr("what the largest draw makes up of that mean"))
        chart.set_steps(0, len(counts))
        chart.set_y(-0.04, 1.04, [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")])
        chart.add_line(counts, found.share, theme.warning)
        if len(counts) == 1:
            chart.add_points(counts, found.share, theme.warning)

    def _draw_powers(self, powers: tuple[PowerTable, PowerTable]) -> None:
        theme, chart = self.maps.theme, self.powers
        axis = decade_axis([*powers[0].decades.tolist(), *powers[1].decades.tolist()])
        last = int(powers[0].exponents[-1])
        chart.set_labels(tr("exponent"), tr("power"))
        chart.set_steps(-1, last)
        chart.set_y(axis.bottom, axis.top, axis.ticks)
        chart.add_rule(0.0, theme.strong_line)
        colours = tuple(theme.warning if power.base > 1 else theme.gradient_high for power in powers)
        for number, (power, colour) in enumerate(zip(powers, colours, strict=True)):
            chart.add_line(power.exponents, axis.log_places(power.decades), colour, dashed=number == 1)
        words = [f"{power.base:g}ⁿ → {_power_text(float(power.decades[-1]))}" for power in powers]
        chart.set_key([(colour, text, mark) for colour, text, mark in zip(colours, words, "▬╌", strict=True)])
        chart.setToolTip("\n".join(str(power.sentence) for power in powers))

    def _choose(self, keys: object) -> None:
        self.law.show_chosen(tuple(keys))  # type: ignore[arg-type]
        self.changed.emit()


def _counts(found: RandomProducts) -> np.ndarray:
    return np.arange(1, len(found.exact) + 1)


def _power_text(decades: float) -> str:
    """In three digits where that is within the range of numbers."""
    return f"{10.0**decades:.3g}" if abs(decades) < 300 else f"10^{math.floor(decades + 0.5)}"


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
