"""Texts in two languages."""

from __future__ import annotations

import pytest

from core.words import Choices, Words, all_said, first_sentence, said


def test_a_text_is_said_in_the_language_that_is_asked_for_else_in_english():
    assert said("plain", "zh") == "plain"
    assert said(Words("one", "一"), "zh") == "一"
    assert said(Words("one"), "zh") == "one"
    assert all_said(Choices(("a", "b"), ("甲", "乙")), "zh") == ("甲", "乙")
    assert all_said(("a", "b"), "zh") == ("a", "b")


def test_lines_are_joined_and_paragraphs_kept():
    assert said("\none\n  two\n\nthree\n") == "one two\nthree"


def test_between_chinese_characters_a_line_break_is_no_space():
    assert said("遗忘门\n乘上 c。\nLSTM 记住") == "遗忘门乘上 c。LSTM 记住"


@pytest.mark.parametrize(
    ("text", "first"),
    [("It keeps 0.99 of it. More.", "It keeps 0.99 of it."), ("记住。更多。", "记住。"), ("no stop", "no stop")],
)
def test_the_first_sentence_ends_at_its_stop(text, first):
    assert first_sentence(text) == first
