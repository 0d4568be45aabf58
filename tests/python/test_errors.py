"""Suggestions for misspelled names, and the line of a syntax error."""

import pytest


@pytest.mark.parametrize(
    "one, other, distance",
    [("a", "a", 0), ("a", "A", 1), ("a", "b", 2), ("ab", "abc", 2), ("", "ab", 4)],
)
def test_edit_distance(errors, one, other, distance):
    assert errors.edit_distance(one, other) == distance
    assert errors.edit_distance(other, one) == distance


def test_closest_name_is_suggested(errors):
    assert errors.closest("reading", ["writing", "readings", "reading"]) == "readings"
    assert errors.closest("xyzzy", ["readings"]) is None
    assert errors.closest("x" * 50, ["x" * 51]) is None


def test_question_names_the_suggestion(errors):
    assert errors.question("a") == "Did you mean: 'a'?"
    assert errors.question(None) is None


def test_syntax_error_shows_one_line_of_the_block(errors):
    error = SyntaxError("invalid syntax", ("talk.md", 2, 1, "other text", 3, 4))
    errors.fix_syntax_error(error, ["a\n", "b c\n", "d\n"])
    assert error.text == "b c\n"
    assert getattr(error, "end_lineno", 2) == 2
