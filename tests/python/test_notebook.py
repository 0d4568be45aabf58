"""The substitute for `IPython.display`, and the program of spawned processes."""

import ast


def test_texts_are_shown_as_markdown(notebook):
    assert notebook.Markdown("**a**")._repr_markdown_() == "**a**"
    assert notebook.Math("$x$")._repr_markdown_() == "$$x$$"
    assert notebook.Code("x", language="c")._repr_markdown_() == "```c\nx\n```"


def test_code_takes_its_language_from_the_file_name(notebook, tmp_path):
    file = tmp_path / "a.py"
    file.write_text("x = 1")
    assert notebook.Code(filename=str(file))._repr_markdown_() == "```py\nx = 1\n```"


def test_picture_type_comes_from_its_bytes(notebook):
    png = b"\x89PNG\r\n\x1a\n"
    assert notebook.Image(png)._repr_mimebundle_() == {"image/png": png}
    assert "text/plain" in notebook.Image(b"text")._repr_mimebundle_()


def test_media_are_shown_as_addresses(notebook):
    assert repr(notebook.Video("a.mp4")) == "Video: a.mp4"
    assert repr(notebook.YouTubeVideo("id")).endswith("watch?v=id")


def test_json_is_indented(notebook):
    assert repr(notebook.JSON('{"a": "é"}')) == '{\n  "a": "é"\n}'


def test_only_strings_are_wrapped(notebook):
    wrap = notebook.as_kind(notebook.HTML)
    assert isinstance(wrap("a"), notebook.HTML)
    assert wrap(3) == 3


def test_first_statement_is_behind_documentation_and_future_imports(notebook):
    first = lambda source: notebook.first_statement(ast.parse(source))
    assert first("x = 1") == 0
    assert first("'doc'\nfrom __future__ import annotations\nfrom os import path\n'text'") == 2
    assert first("'doc'") == 1
    assert first("") == 0
