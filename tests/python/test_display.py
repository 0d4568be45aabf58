"""How values are shown: texts, tables of HTML, HTML as markdown."""

import pytest

TABLE = "<table><tr><th>n</th></tr><tr><td>1</td></tr></table>"


def test_long_text_is_truncated(display):
    assert display.truncate("abc", 3) == "abc"
    assert display.truncate("abcd", 3) == "ab…"


@pytest.mark.parametrize(
    "text, expected",
    [("1", True), (" -2.5 ", True), ("1,000", True), ("50%", True), ("a", False), ("", False)],
)
def test_numbers_are_recognized(display, text, expected):
    assert display.is_number(text) == expected


def test_column_of_numbers_may_have_gaps(display):
    assert display.numeric(["1", "", "nan"])
    assert not display.numeric(["1", "x"])
    assert not display.numeric(["", "None"])


def test_html_table_is_parsed(display):
    text = (
        "<table><thead><tr><th></th><th>name</th></tr></thead>"
        "<tr><th>0</th><td>a <b>bold</b><br>one</td></tr><tr><th>1</th><td>b</table>"
    )
    columns, rows, height, width, caption = display.html_table(text)
    assert [name for name, *_ in columns] == ["", "name"]
    assert [index for *_, index in columns] == [True, False]
    assert rows == [["0", "a bold one"], ["1", "b"]]
    assert (height, width, caption) == (2, 1, "")


def test_spanning_cells_keep_columns_aligned(display):
    text = (
        "<table><tr><th>a</th><th>b</th></tr><tr><td rowspan=2>1</td><td>2</td></tr>"
        "<tr><td>3</td></tr></table>"
    )
    assert display.html_table(text)[1] == [["1", "2"], ["", "3"]]


def test_text_without_table_has_none(display):
    assert display.html_table("<p>no") is None


@pytest.mark.parametrize("extra", ["<p>1 row", "<style>p { }</style>"])
def test_caption_belongs_to_the_table(display, extra):
    assert display.html_table(TABLE + extra, is_all=True) is not None


def test_caption_of_sizes_is_not_repeated(display):
    assert (
        display.html_table(TABLE + "<p>3 rows × 1 columns", is_all=True)[4] == "3 rows × 1 columns"
    )
    assert display.is_size("3 rows × 1 columns")
    assert not display.is_size("3 rows of text")


@pytest.mark.parametrize(
    "extra", ["<pre>x</pre>", TABLE, "word " * 80, "<h2>Title</h2>", "<ul><li>a</ul>", "<img>"]
)
def test_more_than_a_caption_is_not_a_table(display, extra):
    assert display.html_table(TABLE + extra, is_all=True) is None


@pytest.mark.parametrize(
    "html, markdown",
    [
        ("<p>a <b>c</b></p>", "a **c**"),
        ("<h2>Title</h2><p>x", "## Title\n\nx"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ('<a href="u">x</a>', "[x](u)"),
        ("<script>no</script>yes", "yes"),
    ],
)
def test_html_becomes_markdown(display, html, markdown):
    assert display.html_words(html) == markdown


def test_powers_of_ten_are_text(display):
    assert display.power(r"$\mathdefault{10^{-2}}$") == "10⁻²"
    assert display.power(r"$\alpha$") == ""


def test_labels_are_in_a_chunk_after_the_header(display):
    png = b"\x89PNG\r\n\x1a\n" + b"h" * 25 + b"rest"
    labelled = display.with_labels(png, ["1\t2\t3\t4\tleft\tffffff\ta"])
    assert labelled.startswith(png[:33]) and labelled.endswith(b"rest")
    assert labelled[33:41] == (21).to_bytes(4, "big") + b"ldTx"
    assert display.with_labels(png, []) == png


def test_texts_are_as_high_as_a_row_of_the_terminal(display, monkeypatch):
    assert display.text_enlargement(480) == 1
    monkeypatch.setenv("LIVEDECK_PICTURE_ROWS", "10")
    assert display.text_enlargement(480) == 2
    monkeypatch.setenv("LIVEDECK_PICTURE_ROWS", "100")
    assert display.text_enlargement(480) == 1
