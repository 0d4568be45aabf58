"""IPython's magics in blocks."""

import os

import pytest


def run(magics, source, names=None):
    """Runs a rewritten block; returns its names."""
    names = {} if names is None else names
    tree = magics.finish(compile(magics.rewrite(source), "deck", "exec", magics.ast.PyCF_ONLY_AST))
    exec(compile(tree, "deck", "exec"), names)
    return names


def test_python_has_no_magics(magics):
    assert magics.rewrite("x = 5 % 3\nif x != 2:\n    pass") is None


def test_lines_stay_where_they_are(magics):
    rewritten = magics.rewrite("\n\n%matplotlib inline\nif 1:\n    !echo\nx = %pwd")
    lines = rewritten.split("\n")
    assert lines[:2] == ["", ""] and lines[3] == "if 1:"
    assert lines[4].startswith("    __import__") and lines[5].startswith("x = __import__")


def test_commands_take_values(magics, capfd):
    run(magics, "n = 3\n!echo {n + 1} $n $$HOME")
    assert capfd.readouterr().out == f"4 3 {os.environ['HOME']}\n"


def test_output_of_a_command_is_a_list(magics):
    assert run(magics, "x = !printf 'a\\nb'")["x"] == ["a", "b"]


def test_time_of_a_cell_is_printed_before_its_value(magics, capsys):
    names = {"seen": []}
    run(magics, "%%time\nx = 1\nseen.append(x)", names)
    assert names["seen"] == [1]
    out = capsys.readouterr().out
    assert out.startswith("CPU times: user ") and "\nWall time: " in out


def test_time_of_a_line_returns_the_value(magics, capsys):
    assert run(magics, "x = %time 1 + 1")["x"] == 2
    assert "Wall time" in capsys.readouterr().out


def test_timeit_measures(magics, capsys):
    run(magics, "%timeit -n 2 -r 3 sum([1])")
    run(magics, "%%timeit -n 1 -r 1 x = 2\nx + 1")
    one, other = capsys.readouterr().out.splitlines()
    assert one.endswith("per loop (mean ± std. dev. of 3 runs, 2 loops each)")
    assert other.endswith("of 1 run, 1 loop each)")


def test_folder_and_variables_change(magics, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(os.getcwd())
    run(magics, f"%cd {tmp_path}\n%env LIVEDECK_X=1")
    assert os.environ.pop("LIVEDECK_X") == "1"
    assert capsys.readouterr().out == f"{tmp_path}\nenv: LIVEDECK_X=1\n"
    run(magics, "%%writefile a.py\ny = 2")
    assert run(magics, "%run a.py")["y"] == 2


def test_captured_output_is_not_shown(magics, capsys):
    assert run(magics, "%%capture\nprint(1)\nx = 1")["x"] == 1
    assert capsys.readouterr().out == ""


def test_unknown_magics_say_so(magics):
    with pytest.raises(magics.UsageError, match="`%nope` does not work here"):
        run(magics, "%nope 1")
    with pytest.raises(magics.UsageError, match="`%%nope` does not work here"):
        run(magics, "%%nope\n1")


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.5, "1.5 s"), (0.0123, "12.3 ms"), (2e-7, "200 ns"), (0, "0 ns")]
)
def test_times_have_three_digits(magics, seconds, text):
    assert magics.span(seconds) == text
