"""Text is cut into words or characters as people would."""

from __future__ import annotations

import pytest

from core.tokens import characters_of, guess_kind, shown, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cats, that the dog chased.", "the cats that the dog chased"),
        ("I don't—can’t—won't!", "i don't can't won't"),
        ("'quoted' dogs' rock'n'roll", "quoted dogs rock'n'roll"),
        ("well-known - yes--no", "well-known yes no"),
        ("ÉCOLE cafe\u0301", "école café"),
        ("snake_case 42", "snake case 42"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("今日はGatewalkです。", "今 日 は gatewalk で す"),
    ],
)
def test_words(text, words):
    assert words_of(text) == tuple(words.split())


def test_characters_keep_their_accents_and_lose_only_final_line_ends():
    assert characters_of("a\r\nB\n\n") == ("a", "\n", "B")
    assert characters_of("q\u0307x") == ("q\u0307", "x")
    assert characters_of("👩\u200d👧!") == ("👩\u200d👧", "!")


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1, 2; -3e5\n.5", "numbers"), ("3 cats", "words"), ("猫在家 ok", "characters"), ("", "words"), ("e", "words")],
)
def test_the_kind_of_a_text(text, kind):
    assert guess_kind(text) == kind


def test_a_vocabulary_decides_between_words_and_characters():
    assert guess_kind("12", ("1", "2", " ")) == "characters"
    assert guess_kind("12", ("cat", "a")) == "words"


def test_invisible_characters_are_written_out():
    assert shown("a\n") == "“a\\n”"
