"""Shows values that are more than text: pictures, tables, markdown.

A value is sent on the socket for reports first; a mark in the output then gives its place. This code is
compiled by the first value that needs it.
"""

import _signal
import _thread
import binascii
import io
import os
import sys
import time

MAX_BYTES = 16 << 20
MAX_TEXT = 100000
MAX_PRETTY = 20000
MAX_ROWS = 1000
MAX_COLUMNS = 60
MAX_CELL = 200
MAX_CAPTION = 80
PICTURES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
SVG = "image/svg+xml"
METHODS = [
    ("image/png", "_repr_png_"),
    ("image/jpeg", "_repr_jpeg_"),
    (SVG, "_repr_svg_"),
    ("text/html", "_repr_html_"),
    ("text/markdown", "_repr_markdown_"),
]
FORMULAS = ("$", "\\[", "\\(", "\\begin{equation", "\\begin{align", "\\begin{gather")
LABELS_CHUNK = b"ldTx"
PNG_HEADER = 33
MAX_LABELS = 200
CELL_PIXELS = 20
TEXT_PIXELS = 24
MAX_ENLARGEMENT = 2.5
MAX_FIGURE_PIXELS = 4000
# How long a block plays animations, in seconds, and how many of their frames it skips to keep their pace.
MAX_PLAY_TIME = 10
MAX_SKIPPED = 4
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
FRESH_LINE = "\x1b[?7z"
BACKEND = "livedeck_figures"
LOCK = _thread.allocate_lock()

run = None
sent = 0
# The name of the value that is being shown, and whether it replaces one.
naming = None
names = 0
# The running timers of figures, which drive animations.
timers = []


class Run:
    """The current run: its process, the file for reports, whether it can show more than text, and a
    function that names the line of a traceback."""

    def __init__(self, pid, report, rich, flush, place):
        self.pid = pid
        self.report = report
        self.rich = rich
        self.flush = flush
        self.place = place
        self.play_time = MAX_PLAY_TIME


def display(*values, raw=False, display_id=None, update=False, clear=False, **_):
    """Shows values like IPython. `raw` values are dictionaries from media types to representations. With
    a `display_id`, returns the handle that replaces them. With `clear`, they replace what was shown."""
    global naming
    if clear:
        clear_shown(True)
    handle = None if display_id is None else DisplayHandle(display_id)
    if update and handle is None:
        raise TypeError("display_id required for update_display")
    for value in values:
        naming = None if handle is None else (handle.display_id, bool(update))
        try:
            if raw and isinstance(value, dict):
                guarded(value, lambda value: bundle(value, value))
            else:
                show(value)
        finally:
            naming = None
    return None if update else handle


class DisplayHandle:
    """What IPython returns for a display with a name."""

    def __init__(self, display_id=None):
        global names
        if not isinstance(display_id, str):
            names += 1
            display_id = "%x-%x" % (os.getpid(), names)
        self.display_id = display_id

    def display(self, value, **how):
        """Shows a value once more under this name."""
        display(value, display_id=self.display_id, **how)

    def update(self, value, **how):
        """Replaces the values under this name."""
        display(value, display_id=self.display_id, update=True, **how)

    def __repr__(self):
        return "<DisplayHandle display_id=%s>" % self.display_id


def show(value):
    """Shows one value, or a message that says why it cannot be shown."""
    guarded(value, show_best)


def guarded(value, how):
    """Shows a value and prints a message if that fails. Only an interrupt ends the block."""
    try:
        how(value)
    except Exception as error:
        kind = type(value).__qualname__
        what = "%s: %s" % (type(error).__name__, truncate(str(error)) or "no message")
        where = run.place(error.__traceback__)
        run.flush()
        print("this %s cannot be shown%s: %s" % (kind, where, what), file=sys.stderr)


def show_best(value):
    """Shows the show_best representation of a value."""
    if not run.rich or os.getpid() != run.pid or isinstance(value, type):
        return plain(value)
    kind = type(value)
    origin = (getattr(kind, "__module__", None) or "").partition(".")[0]
    if origin == "matplotlib" and hasattr(value, "savefig"):
        return figure(value)
    if origin == "pandas" and hasattr(value, "iloc") and hasattr(value, "dtypes"):
        return pandas_table(value)
    if origin == "polars" and kind.__name__ in ("DataFrame", "Series"):
        return polars_table(value)
    if origin == "IPython" and kind.__name__ == "HTML":
        text = str(value._repr_html_())
        return show_as("text/html", text) or send("markdown", html_words(text))
    bundled = getattr(kind, "_repr_mimebundle_", None)
    if bundled is not None:
        forms = bundled(value, include=None, exclude=None)
        forms = forms[0] if isinstance(forms, tuple) else forms
        if forms:
            return bundle(value, forms)
    if hasattr(kind, "_ipython_display_"):
        return kind._ipython_display_(value)
    forms = ((mime, getattr(kind, name, None)) for mime, name in METHODS)
    for mime, method in forms:
        form = method(value) if method is not None else None
        if form is None:
            continue
        if show_as(mime, form):
            return
        if kind.__repr__ is object.__repr__:
            return send("markdown", html_words(str(form)))
    form = kind._repr_latex_(value) if hasattr(kind, "_repr_latex_") else None
    if is_formula(form):
        # IPython's own say nothing else.
        text = form.replace("\\displaystyle ", "") if origin == "IPython" else repr(value)
        return send("formula", form, truncate(text, MAX_TEXT))
    if origin == "IPython" and form is not None:
        return write(str(form).replace("\\displaystyle ", ""))
    plain(value)


def is_formula(form):
    """Returns whether LaTeX is a formula, and no text or table."""
    return isinstance(form, str) and form.strip().startswith(FORMULAS)


def bundle(value, forms):
    """Shows the show_best of several representations."""
    if is_formula(forms.get("text/latex")):
        text = forms.get("text/plain")
        text = text if isinstance(text, str) else forms["text/latex"]
        return send("formula", forms["text/latex"], truncate(text, MAX_TEXT))
    for mime in [*PICTURES, SVG, "text/html", "text/markdown"]:
        if forms.get(mime) is not None and show_as(mime, forms[mime]):
            return
    if isinstance(forms.get("text/plain"), str):
        write(forms["text/plain"])
    elif isinstance(forms.get("text/html"), str):
        send("markdown", html_words(forms["text/html"]))
    elif isinstance(forms.get("text/latex"), str):
        send("markdown", truncate(forms["text/latex"], MAX_TEXT))
    else:
        plain(value)


def show_as(mime, form):
    """Shows one representation; returns whether it could be shown."""
    form = form[0] if isinstance(form, tuple) else form
    if mime in PICTURES:
        picture(mime, binascii.a2b_base64(form) if isinstance(form, str) else bytes(form))
    elif mime == SVG:
        send("picture", form)
    elif mime == "text/markdown":
        send("markdown", truncate(str(form), MAX_TEXT))
    elif "new Animation(" in str(form):
        return show_animation(str(form))
    else:
        found = html_table(str(form)[:MAX_BYTES], is_all=True)
        if found is None:
            return False
        *found, caption = found
        table(*found)
        if caption and not is_size(caption):
            write(caption)
    return True


def show_animation(text):
    """Shows an animation of matplotlib that is HTML (`to_jshtml`); returns whether the text is one."""
    import re

    frames = re.findall(r'frames\[\d+\] = "data:image/png;base64,([^"]*)"', text)
    if not frames:
        return False
    from PIL import Image

    frames = [Image.open(io.BytesIO(binascii.a2b_base64(it.replace("\\", "")))) for it in frames]
    interval = re.search(r"new Animation\(\w+, \w+, \w+, (\d+)", text)
    pace = {"duration": int(interval.group(1)) if interval else 200, "loop": 0}
    file = io.BytesIO()
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:], **pace)
    picture("image/png", file.getvalue())
    return True


def is_size(caption):
    """Returns whether a caption only counts rows and columns, as a table that is shown does, too."""
    words = [it for it in caption.lower().split() if not it.isdigit()]
    return all(it in ("×", "x", "row", "rows", "column", "columns") for it in words)


def plain(value):
    """Prints a value as code. Long containers are broken into lines."""
    if hasattr(type(value), "_repr_pretty_"):
        try:
            from IPython.lib.pretty import pretty
        except ImportError:
            pretty = repr
        return write(pretty(value))
    text = repr(value)
    columns = width()
    nested = isinstance(value, (list, tuple, dict, set, frozenset))
    if nested and columns < len(text) <= MAX_PRETTY and "\n" not in text:
        import pprint

        how = {"sort_dicts": False} if sys.version_info >= (3, 8) else {}
        text = pprint.pformat(value, width=columns, compact=True, **how)
    write(text)


def width():
    """Returns the columns of the terminal."""
    try:
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return 80


def clear_shown(wait):
    """Removes what the block has shown, at once or when it shows something new."""
    if run.rich and os.getpid() == run.pid:
        send("clear", "wait" if wait else "now")


def write(text):
    """Prints a text, truncated if it is too long. One with a name is a value."""
    left_out = len(text) - MAX_TEXT
    end = "\n… %d more characters\n" % left_out if left_out > 0 else "\n"
    is_seen = run.rich and sys.stdout is sys.__stdout__
    if naming is not None and is_seen and os.getpid() == run.pid:
        return send("text", (text[:MAX_TEXT] + end).rstrip("\n"))
    text = (FRESH_LINE if is_seen else "") + text[:MAX_TEXT]
    print(text, end=end, file=sys.stdout if run.rich else sys.stderr)


def truncate(text, most=MAX_CELL):
    """Truncates a text to `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def picture(mime, data):
    """Shows a picture's bytes."""
    if not data.startswith(PICTURES[mime]):
        raise ValueError("its data is not %s" % mime)
    send("picture", data)


def send(*fields):
    """Sends a value, then its mark in the output."""
    global sent, naming
    if naming is not None:
        (name, is_update), naming = naming, None
        fields = ("update" if is_update else "new", name, *fields)
    body = bytearray()
    for field in fields:
        field = field.encode("utf-8", "replace") if isinstance(field, str) else field
        body += len(field).to_bytes(4, "little") + field
    if len(body) > MAX_BYTES:
        raise ValueError("it has %d MiB, more than %d" % (len(body) >> 20, MAX_BYTES >> 20))
    run.flush()
    with LOCK:
        # An interrupt in between would send half a value.
        masked = _signal.pthread_sigmask(_signal.SIG_BLOCK, [_signal.SIGINT])
        try:
            sent += 1
            write_all(run.report, b"show %d %d\n" % (sent, len(body)) + body)
            write_all(2, b"\x1b_livedeck;%d\x1b\\" % sent)
        except OSError:
            pass
        finally:
            _signal.pthread_sigmask(_signal.SIG_SETMASK, masked)


def write_all(file, data):
    """Writes all of it."""
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


def table(columns, rows, height, width):
    """Shows a table. A column has a name, a type, and flags for right-aligned and index; rows are lists
    of texts; `height` and `width` are the sizes before truncation."""
    fields = ["table", str(height), str(width), str(len(columns))]
    for name, kind, right, index in columns:
        fields += [truncate(name), truncate(kind), ("r" if right else "") + ("i" if index else "")]
    space_left = MAX_BYTES // 8
    for row in rows:
        row = [truncate(cell) for cell in row]
        space_left -= sum(map(len, row)) + 4 * len(row)
        if space_left < 0:
            break
        fields += row
    send(*fields)


def numeric(cells):
    """Returns whether all cells of a column are numbers."""
    some = [cell for cell in cells if cell.strip() and cell.lower() not in ("nan", "null", "none")]
    return bool(some) and all(is_number(cell) for cell in some)


def is_number(text):
    """Returns whether a text is a number."""
    text = text.strip().rstrip("%").replace(",", "").replace("_", "").replace("−", "-")
    try:
        float(text)
    except ValueError:
        return False
    return True


def pandas_table(frame):
    """Shows a frame or series of pandas, with the values formatted by pandas."""
    if not hasattr(frame, "columns"):
        if not len(frame):
            return plain(frame)
        frame = frame.to_frame(name="" if frame.name is None else frame.name)
    height, width = frame.shape
    part = frame.iloc[:MAX_ROWS, :MAX_COLUMNS]
    columns, cells = [], []
    for level in range(part.index.nlevels):
        values = part.index.get_level_values(level)
        name = "" if values.name is None else str(values.name)
        columns.append((name, "", values.dtype.kind in "iufc", True))
        cells.append(pandas_cells(values.to_series()))
    for at in range(part.shape[1]):
        name = part.columns[at]
        name = " ".join(map(str, name)) if isinstance(name, tuple) else str(name)
        series = part.iloc[:, at]
        columns.append((name, "", getattr(series.dtype, "kind", "O") in "iufc", False))
        cells.append(pandas_cells(series))
    if not width:
        return plain(frame)
    table(columns, zip(*cells), height, width)
    if not height:
        write("0 rows × %d columns" % width)


def pandas_cells(series):
    """Returns a column's values as text, formatted as in a frame: dates without hours, long texts
    truncated."""
    if not len(series):
        return []
    frame = series.to_frame() if hasattr(series, "to_frame") else series
    cells = frame.to_string(index=False, header=False).split("\n")
    if len(cells) != len(series):
        cells = [str(value).replace("\n", " ") for value in series.tolist()]
    try:
        most = sys.modules["pandas"].get_option("display.max_colwidth") or MAX_CELL
    except Exception:
        most = MAX_CELL
    return [truncate(cell.strip(), most) for cell in cells]


def polars_table(frame):
    """Shows a frame or series of polars, with the values formatted by polars."""
    import polars

    frame = frame if hasattr(frame, "columns") else frame.to_frame()
    height, width = frame.shape
    if not width:
        return plain(frame)
    part = frame.head(MAX_ROWS)[:, :MAX_COLUMNS]
    with polars.Config(tbl_rows=-1, tbl_cols=-1):
        _, rows, *_ = html_table(part._repr_html_(), names=2) or ([], [])
    columns = []
    for name, kind in zip(part.columns, part.dtypes):
        kind = str(kind)
        right = kind.startswith(("Int", "UInt", "Float", "Decimal"))
        columns.append((name, kind.partition("(")[0].lower(), right, False))
    table(columns, rows, height, width)
    if not height:
        write("0 rows × %d columns" % width)


def html_table(text, names=None, is_all=False):
    """Returns the first table of an HTML text and the words beside it, or `None` if it has none. With
    `is_all`, also `None` if the text has more than a caption besides the table. The first `names` rows are headers; by default
    those marked as such."""
    if "<table" not in text:
        return None
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        """Collects rows of cells: a text, and whether it is a header."""

        def __init__(self):
            super().__init__()
            self.rows, self.heads, self.cell = [], 0, None
            self.depth, self.done, self.hanging = 0, False, {}
            self.beside, self.unread = [], None

        def handle_starttag(self, tag, attributes):
            if tag in ("style", "script"):
                self.unread = tag
            is_outside = self.done or not self.depth
            is_title = tag[0] == "h" and tag[1:].isdigit()
            is_more = is_title or tag in ("ul", "ol", "img", "svg") or self.done and tag == "table"
            if tag in ("input", "details", "pre", "button") or is_outside and is_more:
                self.beside.append(" " * MAX_CAPTION)
            if self.done:
                return
            self.depth += tag == "table"
            if self.depth != 1:
                return
            if tag in ("thead", "tbody", "tr", "td", "th"):
                self.close()
            if tag == "tr":
                self.rows.append([])
                self.fill()
            elif tag in ("td", "th"):
                if not self.rows:
                    self.rows.append([])
                spans = dict(attributes)
                self.cell = (tag == "th", [], span(spans, "colspan"), span(spans, "rowspan"))
            elif tag == "br" and self.cell:
                self.cell[1].append(" ")

        def handle_endtag(self, tag):
            self.unread = None if tag == self.unread else self.unread
            if self.done or self.depth != 1:
                self.depth -= tag == "table"
                return
            if tag in ("table", "thead", "tr", "td", "th"):
                self.close()
            if tag == "table":
                self.done = True
            elif tag == "thead":
                self.heads = len(self.rows)

        def close(self):
            if self.cell is None:
                return
            (is_head, words, across, down), self.cell = self.cell, None
            row = self.rows[-1]
            for n in range(across):
                at = len(row)
                row.append((" ".join("".join(words).split()) if n == 0 else "", is_head))
                if down > 1:
                    self.hanging[at] = down - 1
                self.fill()

        def handle_data(self, data):
            if (self.done or not self.depth) and not self.unread:
                self.beside += data.split()
            if self.cell and not self.done:
                self.cell[1].append(data)

        def fill(self):
            row = self.rows[-1]
            while self.hanging.get(len(row)):
                self.hanging[len(row)] -= 1
                row.append(("", True))

    def span(attributes, name):
        given = attributes.get(name) or ""
        return max(1, min(int(given), MAX_COLUMNS)) if given.isdigit() else 1

    reader = Reader()
    reader.feed(text)
    rows = [row for row in reader.rows if row]
    if not rows or is_all and len(" ".join(reader.beside)) >= MAX_CAPTION:
        return None
    heads = names or reader.heads
    if not heads:
        heads = int(all(is_head for _, is_head in rows[0]) and len(rows) > 1)
    count = max(map(len, rows))
    rows = [row + [("", False)] * (count - len(row)) for row in rows]
    top, rows = rows[:heads], rows[heads:]
    columns = []
    for at in range(min(count, MAX_COLUMNS)):
        name = " ".join(row[at][0] for row in top if row[at][0])
        cells = [row[at] for row in rows]
        index = bool(cells) and all(is_head for _, is_head in cells)
        columns.append((name, "", numeric([cell for cell, _ in cells]), index))
    cells = [[cell for cell, _ in row[:MAX_COLUMNS]] for row in rows[:MAX_ROWS]]
    indexes = sum(index for *_, index in columns)
    return columns, cells, len(rows), count - indexes, " ".join(reader.beside)


def html_words(text):
    """Converts the text of HTML to markdown."""
    from html.parser import HTMLParser

    around = {"b": "**", "strong": "**", "i": "_", "em": "_", "code": "`", "del": "~~", "s": "~~"}
    apart = ("p", "div", "ul", "ol", "table", "blockquote", "pre")

    class Reader(HTMLParser):
        """Collects the words."""

        def __init__(self):
            super().__init__()
            self.words, self.link, self.unread, self.lists = [], None, None, []

        def handle_starttag(self, tag, attributes):
            if tag in ("style", "script"):
                self.unread = tag
            elif tag[0] == "h" and tag[1:].isdigit():
                self.words.append("\n\n%s " % ("#" * int(tag[1:])))
            elif tag in ("ul", "ol"):
                self.lists.append("1." if tag == "ol" else "-")
                self.words.append("\n\n" if len(self.lists) == 1 else "")
            elif tag == "li":
                depth = max(0, len(self.lists) - 1)
                self.words.append("\n%s%s " % ("  " * depth, (self.lists or ["-"])[-1]))
            elif tag == "a":
                self.link = dict(attributes).get("href")
                self.words.append("[" if self.link else "")
            elif tag in ("br", "tr"):
                self.words.append("  \n")
            else:
                self.words.append(around.get(tag) or ("\n\n" if tag in apart else ""))

        def handle_endtag(self, tag):
            self.unread = None if tag == self.unread else self.unread
            if tag in ("ul", "ol") and self.lists:
                self.lists.pop()
                self.words.append("" if self.lists else "\n\n")
            elif tag == "a" and self.link:
                self.words.append("](%s)" % self.link)
                self.link = None
            elif tag == "td":
                self.words.append(" ")
            elif tag in around:
                self.words.append(around[tag])
            elif tag in apart or tag[0] == "h" and tag[1:].isdigit():
                self.words.append("\n\n")

        def handle_data(self, data):
            if not self.unread:
                words = " ".join(data.split())
                start = " " if data[:1].isspace() and words else ""
                self.words.append(start + words + (" " if data[-1:].isspace() else ""))

    reader = Reader()
    reader.feed(text[:MAX_TEXT])
    lines = "".join(reader.words).split("\n")
    kept = []
    for line in lines:
        if line.strip() or kept and kept[-1]:
            kept.append(line.rstrip() if not line.endswith("  ") or not line.strip() else line)
    return "\n".join(kept).strip()


def use_figures():
    """Makes matplotlib draw for the slide, unless the block has chosen another backend."""
    import matplotlib

    now, first = (dict.get(it, "backend") for it in (matplotlib.rcParams, matplotlib.rcParamsOrig))
    if os.environ.get("MPLBACKEND") or now != first and str(now).lower() != "agg":
        return
    from matplotlib import backend_bases
    from matplotlib.backends import backend_agg

    use_colors(matplotlib)

    class Timer(backend_bases.TimerBase):
        """Calls functions regularly while the block lets events happen."""

        due = 0

        def _timer_start(self):
            self.due = time.monotonic() + self.interval / 1000
            if self not in timers:
                timers.append(self)

        def _timer_stop(self):
            if self in timers:
                timers.remove(self)

        def catch_up(self, now):
            """Makes the calls that are due, but not those that are long overdue."""
            for _ in range(1 + MAX_SKIPPED):
                if self in timers and self.due <= now:
                    self.due += self.interval / 1000
                    self._on_timer()
                    if self.single_shot:
                        self.stop()
            self.due = max(self.due, now)

    class Canvas(backend_agg.FigureCanvasAgg):
        """Draws a figure. One that is shown and stays open is shown again when the block lets events happen."""

        # Animations draw whole figures.
        supports_blit = False
        timer = None

        def new_timer(self, interval=None, callbacks=None):
            self.timer = Timer(interval, callbacks)
            self.timer.canvas = self
            return self.timer

        def draw(self):
            super().draw()
            self.is_drawn = True

        def flush_events(self):
            run_timers()
            self.show_changes()

        def show_changes(self):
            drawn = self.figure
            if has_name(drawn) and (drawn.stale or getattr(self, "is_drawn", False)):
                guarded(drawn, named_figure)

    module = type(sys)(BACKEND)
    module.FigureCanvas = Canvas
    module.FigureManager = backend_bases.FigureManagerBase
    module.show = show_figures
    sys.modules[BACKEND] = module
    matplotlib.use("module://" + BACKEND)


def use_colors(matplotlib):
    """Gives figures the colours of the slide's theme, and lines that are visible in a small picture. The
    block may set others."""
    colors = os.environ.get("LIVEDECK_COLORS", "").split()
    if len(colors) < 3:
        return
    from matplotlib import cycler

    ground, text, cycle = colors[0], colors[1], colors[2:]
    faint = mixed(text, ground)
    matplotlib.rcParams.update(
        {
            **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), ground),
            **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor"), text),
            **dict.fromkeys(("xtick.color", "ytick.color", "boxplot.boxprops.color"), text),
            **dict.fromkeys(("boxplot.whiskerprops.color", "boxplot.capprops.color"), text),
            **dict.fromkeys(("grid.color", "legend.edgecolor"), faint),
            "axes.prop_cycle": cycler(color=cycle),
            "patch.facecolor": cycle[0],
            "lines.linewidth": 3,
            "lines.markersize": 9,
            "axes.linewidth": 1.6,
            "xtick.major.width": 1.6,
            "ytick.major.width": 1.6,
            "font.size": 14,
        }
    )


def mixed(color, other):
    """Returns the colour between two colours of hex digits."""
    pairs = ((int(color[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#%02x%02x%02x" % tuple((one + two) // 2 for one, two in pairs)


def show_figures(*_, block=None, **__):
    """Shows figures for `pyplot.show`. In interactive mode, and for `pyplot.pause`, they stay open."""
    if block is not False and (block or not sys.modules["matplotlib"].is_interactive()):
        play()
        return figures()
    for drawn in open_figures():
        start_animation(drawn)
        guarded(drawn, named_figure)


def start_animation(drawn):
    """Starts the animation of a figure, which waits for the first drawing; returns whether it has one."""
    is_animated = getattr(drawn.canvas, "timer", None) is not None
    if is_animated:
        drawn.canvas.draw()
    return is_animated


def play():
    """Plays the animations of the open figures: once, and not for long."""
    animated = [it for it in open_figures() if start_animation(it)]
    if not animated:
        return
    for drawn in animated:
        guarded(drawn, named_figure)
    # An interrupted block of the session may have left some.
    timers[:] = [it for it in timers if it.canvas.figure in animated]
    start = time.monotonic()
    end = start + run.play_time
    while timers and time.monotonic() < end:
        for timer in timers:
            play_once(timer)
        time.sleep(max(0, min([end, *(it.due for it in timers)]) - time.monotonic()))
        run_timers()
    run.play_time -= time.monotonic() - start


def play_once(timer):
    """Lets an animation that repeats end with its last frame."""
    for callback, *_ in timer.callbacks:
        animation = getattr(callback, "__self__", None)
        # The second is its name in older versions.
        for name in ("_repeat", "repeat"):
            if hasattr(animation, name):
                setattr(animation, name, False)


def run_timers():
    """Runs the timers that are due, and shows the figures that change."""
    now = time.monotonic()
    for timer in [it for it in timers if it.due <= now]:
        timer.catch_up(now)
        timer.canvas.show_changes()


def figures():
    """Shows every open figure that is not empty, and closes all."""
    for drawn in open_figures():
        if not has_name(drawn):
            guarded(drawn, start_animation)
            guarded(drawn, figure)
        elif drawn.stale:
            guarded(drawn, named_figure)
    pyplot = sys.modules["matplotlib.pyplot"]
    if run is not None and run.rich and os.getpid() == run.pid:
        for number in pyplot.get_fignums():
            close(pyplot, pyplot.figure(number))


def open_figures():
    """Returns the open figures that are not empty."""
    pyplot = sys.modules["matplotlib.pyplot"]
    if run is None or not run.rich or os.getpid() != run.pid:
        return []
    drawn = [pyplot.figure(number) for number in pyplot.get_fignums()]
    return [it for it in drawn if len(it.get_children()) > 1]


def has_name(drawn):
    """Returns whether a figure was shown and stays open in this run."""
    return getattr(drawn, "_livedeck_name", (None,))[0] == run.pid


def named_figure(drawn):
    """Shows a figure that stays open, in the place where it is shown already."""
    global naming
    is_update = has_name(drawn)
    if not is_update:
        drawn._livedeck_name = run.pid, DisplayHandle().display_id
    data = drawn_picture(drawn)
    drawn.stale = drawn.canvas.is_drawn = False
    naming = drawn._livedeck_name[1], is_update
    try:
        picture("image/png", data)
    finally:
        naming = None


def figure(drawn):
    """Shows one figure and closes it."""
    data = drawn_picture(drawn)
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        close(pyplot, drawn)
    picture("image/png", data)


def drawn_picture(drawn):
    """Returns a figure as a picture with labels."""
    file = io.BytesIO()
    labels = []
    if hasattr(drawn, "get_size_inches"):
        save_with_labels(drawn, file, labels)
    else:
        drawn.savefig(file, format="png", bbox_inches="tight")
    return with_labels(file.getvalue(), labels)


def save_with_labels(drawn, file, labels):
    """Writes a figure to a file and its labels to a list. Its text has the size that is readable in the
    terminal."""
    width, height = drawn.get_size_inches()
    by = text_enlargement(height * drawn.dpi)
    dpi = min(drawn.dpi * by, MAX_FIGURE_PIXELS * by / max(width, height))
    try:
        if by > 1:
            drawn.set_size_inches(width / by, height / by)
        with noting_labels(labels):
            drawn.savefig(file, format="png", bbox_inches="tight", dpi=dpi)
    finally:
        if by > 1:
            drawn.set_size_inches(width, height)


def text_enlargement(pixels):
    """Returns by how much the text of a figure, this many pixels high, has to be larger to be as high as
    a row of the terminal, if that draws pictures from characters."""
    try:
        rows = min(int(os.environ["LIVEDECK_PICTURE_ROWS"]), pixels / CELL_PIXELS)
    except (KeyError, ValueError):
        return 1
    return min(max(pixels / rows / TEXT_PIXELS, 1), MAX_ENLARGEMENT)


class noting_labels:
    """Adds the texts that matplotlib draws to a list: left, top, width and height in pixels, alignment and
    direction, colour, and the text."""

    def __init__(self, labels):
        self.labels = labels

    def __enter__(self):
        from matplotlib.backends.backend_agg import RendererAgg

        labels, draw = self.labels, RendererAgg.draw_text

        def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
            try:
                label = placed_label(self, gc, (x, y), (s, prop, ismath), angle, mtext)
            except Exception:
                label = None
            if label is not None and len(labels) < MAX_LABELS:
                labels.append(label)
            return draw(self, gc, x, y, s, prop, angle, ismath=ismath, mtext=mtext)

        self.owner, self.draw = RendererAgg, draw
        RendererAgg.draw_text = draw_text

    def __exit__(self, *_):
        self.owner.draw_text = self.draw


def placed_label(renderer, gc, place, text, angle, mtext):
    """Returns the label of a text that is horizontal or upright, and no formula."""
    (x, y), (words, font, is_formula) = place, text
    width, height, descent = renderer.get_text_width_height_descent(words, font, is_formula)
    if is_formula:
        words = power(words)
    words = words.replace("\u2212", "-").strip()
    if not words or not words.isprintable():
        return None
    if angle == 0:
        how = mtext.get_ha() if mtext is not None else "center"
        left, top = x, y - height + descent
    elif angle == 90:
        how = "up"
        left, top, width, height = x - height + descent, y - width, height, width
    else:
        return None
    color = "%02x%02x%02x" % tuple(round(channel * 255) for channel in gc.get_rgb()[:3])
    box = "%d\t%d\t%d\t%d" % tuple(map(round, (left, top, width, height)))
    return "%s\t%s\t%s\t%s" % (box, how, color, words)


def power(formula):
    """Returns a power of ten, as logarithmic axes have them, as text; nothing for other formulas."""
    inner = formula.replace("\\mathdefault", "").strip("$").replace("{", "").replace("}", "")
    base, _, exponent = inner.partition("^")
    if not base.isdigit() or not exponent.lstrip("-").isdigit():
        return ""
    return base + exponent.translate(SUPERSCRIPTS)


def with_labels(png, labels):
    """Returns a PNG file with these labels in a chunk of its own, after the header."""
    import zlib

    if not labels or len(png) < PNG_HEADER or not png.startswith(PICTURES["image/png"]):
        return png
    chunk = LABELS_CHUNK + "\n".join(labels).encode("utf-8", "replace")
    sizes = (len(chunk) - 4).to_bytes(4, "big"), zlib.crc32(chunk).to_bytes(4, "big")
    return png[:PNG_HEADER] + sizes[0] + chunk + sizes[1] + png[PNG_HEADER:]


def close(pyplot, drawn):
    """Closes a figure but keeps its manager, which the block may still use."""
    manager = getattr(getattr(drawn, "canvas", None), "manager", None)
    pyplot.close(drawn)
    if manager is not None and drawn.canvas.manager is None:
        drawn.canvas.manager = manager


def is_handle(value):
    """Returns whether a value is only a handle of something drawn, whose text is of no use on a slide."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(is_handle, value))
    for kind in type(value).__mro__:
        if (kind.__module__ or "").startswith("matplotlib.") and kind.__name__ == "Artist":
            return not hasattr(value, "savefig")
    return False
