"""The harness that times the last statement of a block."""

import pytest

HARNESS_LINES = "\n_a = 1\n_b = 2\n"


def test_last_statement_is_found(bench_harness):
    source = "x = 1\nlen(\n  'é')" + HARNESS_LINES
    node = bench_harness.statement(source, "talk.md")
    lines = source.splitlines(True)
    assert bench_harness.source_text(node, lines) == "len(\n  'é')"


@pytest.mark.parametrize("source", ["", "def f(): pass", "import os"])
def test_definitions_are_not_timed(bench_harness, source):
    with pytest.raises(SystemExit, match="nothing to time"):
        bench_harness.statement(source + HARNESS_LINES, "talk.md")


@pytest.mark.parametrize("text", ["calls.append(1)", "y = calls.append(1)"])
def test_statement_is_repeated(bench_harness, text):
    node = bench_harness.statement(text + HARNESS_LINES, "talk.md")
    block = {"calls": []}
    timed = bench_harness.repeated(node, text, "talk.md", block)
    timed([None] * 5)
    assert block["calls"] == [1] * 5
    assert ("y" in block) == text.startswith("y")


def test_samples_use_up_the_budget(bench_harness):
    timed = lambda calls: sum(1 for _ in calls)
    count, samples = bench_harness.measure(timed, 10_000_000, lambda *progress: None)
    assert count >= 1
    assert len(samples) >= 3


def test_quantiles_are_interpolated(bench_harness):
    assert bench_harness.quantile([1, 2, 3], 0.5) == 2
    assert bench_harness.quantile([1, 2], 0.25) == 1.25
    assert bench_harness.quantile([7], 0.75) == 7
