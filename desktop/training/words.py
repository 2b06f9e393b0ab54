"""What is going on, in one plain sentence, and what is learned from."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication

from core.learning.course import Mark
from core.learning.optimisers import describe
from core.learning.record import Training
from core.learning.step import LearningSettings
from desktop.style.numbers_text import number_text, percent_text
from desktop.training.plan import Plan
from desktop.training.status import Stage, Status


def source_words(training: Training, learning: LearningSettings, plan: Plan) -> str:
    """What a training would learn from, and how, before it begins."""
    if training.task is None:
        source = tr("No task: learns from the sequences of the data panel")
    else:
        source = tr("Learns the task “{task}”, fresh sequences in every batch").format(task=task_name(training))
    weights = tr("from initial weights") if plan.anew else _trained_words(training)
    hint = tr("Any iteration can be chosen in the curves then, to be walked or to be kept.")
    return f"{source}, {weights}. {describe(learning.optimiser)}; {clipping_words(learning)}. {hint}"


def _trained_words(training: Training) -> str:
    if not training.done:
        return tr("from the weights of the walk")
    return tr("from the weights of the walk, after {count} iterations").format(count=f"{training.done:,}")


def task_name(training: Training) -> str:
    """What the task is called in scenario files."""
    return str(type(training.task).__struct_config__.tag)


def clipping_words(learning: LearningSettings) -> str:
    """The rule of clipping."""
    if learning.clipping.rule == "off":
        return tr("no clipping")
    return tr("clipping: {rule}").format(rule=learning.clipping)


def status_words(status: Status) -> str:
    """Where a training is, and what was measured at the chosen iteration."""
    assert status.course is not None
    if status.looking:
        return tr("Computing iteration {number} again…").format(number=f"{status.chosen:,}")
    return f"{_stage_words(status)} {mark_words(status)}".strip()


def _stage_words(status: Status) -> str:
    done, course = status.marks[-1].number if status.marks else 0, status.course
    words = {
        Stage.RUNNING: tr("Training: iteration {done} of {all}."),
        Stage.PAUSING: tr("Pausing after iteration {done} of {all}."),
        Stage.PAUSED: tr("Paused after iteration {done} of {all}."),
        Stage.DONE: tr("Done: {done} iterations."),
        Stage.DIVERGED: tr("Diverged after iteration {done}; nothing before it is lost."),
    }
    return words[status.stage].format(done=f"{done:,}", all=f"{done + course.left_after(done):,}")


def mark_words(status: Status) -> str:
    """What was measured at the chosen iteration."""
    if not status.marks or not 0 < status.chosen < len(status.marks):
        return ""
    mark = status.marks[status.chosen]
    last = status.chosen == len(status.marks) - 1
    words = tr("Loss {loss}, gradient norm {norm}{clipped}") if last else _of_another(mark)
    words = words.format(
        loss=number_text(mark.loss, 3),
        norm=number_text(mark.norm, 3),
        clipped=tr(", clipped") if mark.clipped else "",
    )
    score = last_score(status.marks, status.chosen)
    if score is None or score.score is None or math.isnan(score.score):
        return words + "."
    found = tr("{share} of the {metric} on held-out sequences (after {number})")
    assert status.course is not None
    metric = found.format(
        share=percent_text(score.score), metric=status.course.supply.metric, number=f"{score.number:,}"
    )
    return f"{words}; {metric}."


def _of_another(mark: Mark) -> str:
    words = tr("In iteration {number}: loss {loss}, gradient norm {norm}{clipped}")
    return words.replace("{number}", f"{mark.number:,}")


def last_score(marks: tuple[Mark, ...], number: int) -> Mark | None:
    """The last mark with a score up to an iteration."""
    return next((mark for mark in reversed(marks[: number + 1]) if mark.score is not None), None)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Training", text)
