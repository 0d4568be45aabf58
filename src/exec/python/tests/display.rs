//! Values that blocks show: last expressions, `display`, objects with their own representation.

use super::*;
use crate::deck::Align;
use crate::run::{DataTable, Output, OutputValue, Part};

/// Code that defines a PNG of one pixel.
const PIXEL: &str = "import base64\nPIXEL = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd\
                     1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC')\n";

/// Runs a block and returns its output and outcome.
fn shown(harness: &PythonHarness, code: &str) -> (Output, Outcome) {
    let running = harness.start(1, code);
    let mut output = Output::default();
    loop {
        match running.events.recv_timeout(TEST_TIMEOUT).unwrap() {
            Event::Output(bytes) => output.feed(&bytes),
            Event::Value(value, name) => output.show_as(value, name.as_ref()),
            Event::Clear { waits } => output.clear_shown(waits),
            Event::Finished(how, _) => return (output, how),
            _ => {}
        }
    }
}

/// Returns the output of a successful block as text.
fn text(mode: TestMode, code: &str) -> String {
    let (output, how) = shown(&PythonHarness::new(mode), code);
    assert_eq!(how, Outcome::Exited(0), "{}", output.plain_text());
    output.plain_text()
}

/// Returns the only table that a block shows.
fn table(mode: TestMode, code: &str) -> DataTable {
    let (output, _) = shown(&PythonHarness::new(mode), code);
    let tables = output.parts().iter().filter_map(|part| match part {
        Part::Table(table) => Some(table.clone()),
        _ => None,
    });
    let tables: Vec<_> = tables.collect();
    assert_eq!(tables.len(), 1, "{}", output.plain_text());
    tables.into_iter().next().unwrap()
}

#[rstest]
#[case("x = 20\nx + 1", "21")]
#[case("x = 20\nx + 1;", "")]
#[case("x = 20\n(x +\n 1) ; # yes", "")]
#[case("20  # not; this", "20")]
#[case("'#;'", "'#;'")]
#[case("'é' ;", "")]
#[case("None", "")]
#[case("x = 3", "")]
#[case("for n in range(2):\n    n", "")]
#[case("print('a')\n'b'", "a\n'b'")]
#[case("'''a\nb'''", "'a\\nb'")]
#[case("from __future__ import annotations\n[].append(1)", "")]
#[case("lambda: 0; 4", "4")]
#[case("", "")]
#[case("# nothing", "")]
fn last_expression_is_shown(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] code: &str,
    #[case] expected: &str,
) {
    assert_eq!(text(mode, code), expected);
}

#[test]
fn long_values_are_wrapped_and_truncated() {
    assert_eq!(
        text(Embedded, "{f'key {n}': n * 111111111 for n in range(8)}"),
        "{'key 0': 0,\n 'key 1': 111111111,\n 'key 2': 222222222,\n 'key 3': 333333333,\n \
         'key 4': 444444444,\n 'key 5': 555555555,\n 'key 6': 666666666,\n 'key 7': 777777777}"
    );
    let code = "class Big:\n    def __repr__(self):\n        return 'x' * 50_000_000\nBig()";
    let text = text(Embedded, code);
    assert!(text.len() < 200_000, "{} bytes", text.len());
    assert!(text.ends_with("\n… 49900000 more characters"), "{}", &text[text.len() - 99..]);
}

#[rstest]
fn values_keep_their_place_in_the_output(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = format!(
        "{PIXEL}class Picture:\n    def _repr_png_(self):\n        return PIXEL\n\
         class Words:\n    def _repr_markdown_(self):\n        return '**words**'\n\
         print('one')\ndisplay(Picture())\nimport os, sys; os.system('echo two')\n\
         print('three', file=sys.stderr)\ndisplay(Words(), Picture())\nprint('four')\nPicture()"
    );
    let (output, how) = shown(&PythonHarness::new(mode), &code);
    assert_eq!(how, Outcome::Exited(0));
    assert_eq!(
        output.plain_text(),
        "one\n[picture]\ntwo\nthree\n**words**\n[picture]\nfour\n[picture]"
    );
}

#[test]
fn picture_bytes_are_kept_unchanged() {
    let harness = PythonHarness::new(Embedded);
    let code = format!("{PIXEL}display({{'image/png': PIXEL, 'text/plain': 'no'}}, raw=True)");
    let (output, _) = shown(&harness, &code);
    let file = output.pictures().next().unwrap();
    assert!(std::fs::read(file).unwrap().starts_with(b"\x89PNG\r\n"));
}

#[test]
fn svg_is_a_picture() {
    let code = "class A:\n    def _repr_svg_(self):\n        return '<svg/>'\n\
                from IPython.display import SVG\n\
                display(A(), SVG('<svg/>'), {'image/svg+xml': '<svg/>', 'text/html': 'no'}, raw=True)";
    let harness = PythonHarness::new(Embedded);
    let (output, _) = shown(&harness, code);
    let pictures = output.pictures().map(|file| std::fs::read_to_string(file).unwrap());
    assert_eq!(pictures.collect::<Vec<_>>(), ["<svg/>"; 3]);
}

#[test]
fn html_and_latex_alone_are_shown_as_text() {
    let code = "display({'text/html': '<i>a</i>'}, {'text/latex': '$x^2$'}, raw=True)\n\
                class L:\n    __module__ = 'IPython.core.display'\n    def _repr_latex_(self):\n        \
                return r'$\\displaystyle y$'\nL()";
    assert_eq!(text(Embedded, code), "_a_\n$x^2$\n$y$");
}

#[test]
fn latex_of_a_value_is_a_formula() {
    let code = "class F:\n    def __init__(self, latex):\n        self.latex = latex\n    \
                def _repr_latex_(self):\n        return self.latex\n    \
                def __repr__(self):\n        return 'x/2'\n\
                display(F(r'$\\frac{x}{2}$'), F(r'\\begin{tabular}{l}1'), F(None), F('$a$ or $b$'))";
    let harness = PythonHarness::new(Embedded);
    let running = harness.start(1, code);
    let mut values = Vec::new();
    loop {
        match running.events.recv_timeout(TEST_TIMEOUT).unwrap() {
            Event::Value(value, _) => values.push(value),
            Event::Finished(..) => break,
            _ => {}
        }
    }
    let formula = OutputValue::Formula { latex: "\\frac{x}{2}".into(), plain: "x/2".into() };
    assert_eq!(values, [formula, OutputValue::Text("x/2".into())]);
    assert_eq!(text(Embedded, code), "x/2\nx/2\nx/2\nx/2");
}

#[test]
fn best_representation_is_chosen() {
    let code = format!(
        "{PIXEL}class A:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n        \
         return {{'text/html': '<b>no table</b>', 'text/plain': 'plain'}}, {{}}\n\
         class B:\n    def _repr_html_(self):\n        return '<p>no table'\n    \
         def __repr__(self):\n        return 'B()'\n\
         class C:\n    def _repr_png_(self):\n        return base64.b64encode(PIXEL).decode(), {{}}\n    \
         def _repr_html_(self):\n        return '<table><tr><td>1</table>'\n\
         display(A(), B(), C(), C)"
    );
    assert_eq!(text(Embedded, &code), "plain\nB()\n[picture]\n<class '__main__.C'>");
}

#[test]
fn html_table_is_parsed() {
    let code = "class T:\n    def _repr_html_(self):\n        return '''<style>td {}</style><table>\
                <thead><tr><th></th><th>name</th><th>n &lt; 5</th></tr></thead><tbody>\
                <tr><th>0</th><td>a <b>bold</b><br>one</td><td>1,5</td></tr>\
                <tr><th>1</th><td>b<td>-2</td></tr></tbody></table>'''\nT()";
    let table = table(Embedded, code);
    let names: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["", "name", "n < 5"]);
    assert_eq!(table.rows[0], ["0".into(), "a bold one".into(), "1,5".into()]);
    assert_eq!(table.rows[1], ["1".into(), "b".into(), "-2".into()]);
    let aligns: Vec<Align> = table.columns.iter().map(|column| column.align).collect();
    assert_eq!(aligns, [Align::Right, Align::Left, Align::Right]);
    assert_eq!((table.columns[0].is_index, table.height, table.width), (true, 2, 2));
}

#[rstest]
#[case::page(
    "def _repr_html_(self): return '<h2>Report</h2><p>a <b>b</b></p><table><tr><td>1</td></tr></table>'",
    "## Report\n\na **b**"
)]
#[case::named_display(
    "pass\nhandle = display('one', display_id=True)\nprint('next')\nhandle.update('two')\nT.__repr__ = lambda it: 'three'",
    "'two'\nnext\nthree"
)]
#[case::own_display("def _ipython_display_(self): print('by itself')", "by itself")]
#[case::markdown_of_bundle(
    "def _repr_mimebundle_(self, include=None, exclude=None): return {'text/plain': 'p', 'text/markdown': '# m'}",
    "# m"
)]
#[case::own_text_beats_html(
    "def _repr_html_(self): return '<h2>h</h2>'\n    def __repr__(self): return 'text'",
    "text"
)]
#[case::caption(
    "def _repr_html_(self): return '<table><tr><td>1</td></tr></table><p>of today'\n    def __repr__(self): return ''",
    "of today"
)]
fn notebook_protocols_are_followed(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] body: &str,
    #[case] expected: &str,
) {
    let text = text(mode, &format!("class T:\n    {body}\nT()"));
    assert!(text.contains(expected), "{text:?}");
}

#[test]
fn large_table_is_truncated() {
    let code = "class T:\n    def _repr_html_(self):\n        row = '<tr>' + '<td>x</td>' * 70 + '</tr>'\n        \
                return '<table>' + row * 1200 + '</table>'\nT()";
    let table = table(Embedded, code);
    assert_eq!((table.height, table.width), (1200, 70));
    assert_eq!((table.rows.len(), table.rows[0].len()), (1000, 60));
    assert!(table.plain_text().ends_with("… 200 more rows, 10 more columns"));
}

#[rstest]
#[case(
    "def __repr__(self):\n        return 1 / 0",
    "this T cannot be shown in line 44 of talk.md: \
        ZeroDivisionError: division by zero"
)]
#[case(
    "def _repr_png_(self):\n        return b'GIF8'",
    "this T cannot be shown: ValueError: its data is not image/png"
)]
#[case(
    "def _repr_png_(self):\n        return b'\\x89PNG\\r\\n\\x1a\\n' + bytes(20 << 20)",
    "this T cannot \
        be shown: ValueError: it has 20 MiB, more than 16"
)]
#[case(
    "def _repr_html_(self):\n        return T()",
    "this T cannot be shown in line 46 of talk.md"
)]
#[case("def __repr__(self):\n        return None", "this T cannot be shown: TypeError")]
fn failed_display_prints_a_message_in_its_place(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] method: &str,
    #[case] message: &str,
) {
    let code = format!(
        "class T:\n    {method}\n    def __str__(self):\n        1 / 0\nprint('before')\n\
         display(T())\nprint('after')"
    );
    let text = text(mode, &code);
    let message = message.replace("        ", "");
    assert!(text.starts_with(&format!("before\n{message}")), "{text}");
    assert!(text.ends_with("\nafter"), "{text}");
}

#[rstest]
fn endless_repr_is_interrupted(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code =
        "class T:\n    def __repr__(self):\n        print('on')\n        while True: pass\nT()";
    let mut running = harness.start(1, code);
    running.until("on\n");
    harness.python.stop(running.run, Stop::Interrupt);
    let (text, how) = running.end();
    assert_eq!(how, Outcome::Stopped);
    assert!(text.contains("interrupted in line 4"), "{text}");
}

#[test]
fn number_of_values_is_limited() {
    let code = "class W:\n    def _repr_markdown_(self):\n        return 'w'\n\
                for _ in range(500): display(W())\nprint('end')";
    let (output, _) = shown(&PythonHarness::new(Embedded), code);
    let text = output.plain_text();
    let end = "w\nthe rest is not shown: a run shows 100 results at most\nend";
    assert!(text.ends_with(end), "{text}");
    assert_eq!(output.parts().len(), 101);
}

#[test]
fn value_without_its_mark_is_still_shown() {
    let code = "import os\nos.dup2(os.open('/dev/null', os.O_WRONLY), 2)\n\
                class W:\n    def _repr_markdown_(self):\n        return 'words'\n\
                display(W())\nprint('end')";
    assert_eq!(text(Embedded, code), "end\nwords");
}

#[test]
fn forked_process_shows_values_as_text() {
    let code = "import os\nclass W:\n    def _repr_markdown_(self):\n        return 'words'\n    \
                def __repr__(self):\n        return 'W()'\n\
                pid = os.fork()\nif pid == 0:\n    display(W())\n    os._exit(0)\nos.waitpid(pid, 0)\ndisplay(W())";
    assert_eq!(text(Embedded, code), "W()\nwords");
}

/// Returns a harness whose Python has this package, if it is installed on this machine.
fn with_package(package: &str) -> Option<PythonHarness> {
    let folder = tempfile::tempdir().unwrap();
    let search = InterpreterSearch::of(folder.path().to_owned(), None);
    let harness = PythonHarness::at(Standalone, search, folder);
    let how = harness.run(&format!("import {package}")).1;
    if how != Outcome::Exited(0) {
        println!("{package} is not installed: not tried");
    }
    (how == Outcome::Exited(0)).then_some(harness)
}

#[test]
fn matplotlib_figures_are_shown() {
    let Some(harness) = with_package("matplotlib") else { return };
    let code = "import matplotlib.pyplot as plt\nprint('one')\nplt.plot([1, 2])\nplt.show()\nprint('two')\n\
                fig, ax = plt.subplots()\nax.bar([1], [2])";
    let (output, how) = shown(&harness, code);
    assert_eq!(how, Outcome::Exited(0));
    assert_eq!(output.plain_text(), "one\n[picture]\ntwo\n[picture]");
    let code = "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\n\
                fig, ax = plt.subplots()\nplt.figure()\nfig";
    assert_eq!(shown(&harness, code).0.plain_text(), "[picture]");
}

/// Returns the output of a block, and how many pictures it has sent.
fn animated(harness: &PythonHarness, code: &str) -> (String, usize) {
    let running = harness.start(1, code);
    let (mut output, mut pictures) = (Output::default(), 0);
    loop {
        match running.events.recv_timeout(TEST_TIMEOUT).unwrap() {
            Event::Output(bytes) => output.feed(&bytes),
            Event::Value(value, name) => {
                output.show_as(value, name.as_ref());
                pictures += 1;
            }
            Event::Finished(how, _) => {
                assert_eq!(how, Outcome::Exited(0), "{}", output.plain_text());
                return (output.plain_text(), pictures);
            }
            _ => {}
        }
    }
}

#[test]
fn matplotlib_figures_are_animated_in_their_place() {
    let Some(harness) = with_package("matplotlib") else { return };
    let start = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n";
    let pause = "for n in range(3):\n    ax.plot([n, 1])\n    plt.pause(0.03)\nprint('end')";
    let code = format!("{start}{pause}");
    assert_eq!(animated(&harness, &code), ("[picture]\nend".to_owned(), 3));
    let code = format!("{start}{pause}\nax.plot([3])");
    assert_eq!(animated(&harness, &code), ("[picture]\nend".to_owned(), 4));
    let interactive = "plt.ion()\nline, = ax.plot([1, 2])\nplt.show()\nfor n in range(3):\n    \
                       line.set_ydata([n, n])\n    fig.canvas.draw()\n    fig.canvas.flush_events()\n\
                       print('end')";
    let code = format!("{start}{interactive}");
    assert_eq!(animated(&harness, &code), ("[picture]\nend".to_owned(), 4));
    // What is shown and closed is not shown again.
    let code = format!("{start}ax.plot([1])\nplt.show()\nfig.canvas.flush_events()");
    assert_eq!(animated(&harness, &code), ("[picture]".to_owned(), 1));
}

#[test]
fn matplotlib_animations_play_once() {
    let Some(harness) = with_package("matplotlib") else { return };
    let start = "import matplotlib.pyplot as plt\nfrom matplotlib.animation import *\n\
                 fig, ax = plt.subplots()\nline, = ax.plot([0, 1])\nseen = []\n\
                 def update(n):\n    seen.append(n)\n    line.set_ydata([0, n])\n    return [line]\n";
    let show = "plt.show()\nprint(seen[-1])";
    let made = "made = FuncAnimation(fig, update, frames=4, interval=1, blit=True)";
    let (text, pictures) = animated(&harness, &format!("{start}{made}\n{show}"));
    assert_eq!(text, "[picture]\n3");
    assert!(pictures >= 2, "{pictures}");
    let made =
        "seen = [0]\nmade = ArtistAnimation(fig, [ax.plot([n]) for n in range(3)], interval=1)";
    assert_eq!(animated(&harness, &format!("{start}{made}\n{show}")).0, "[picture]\n0");
    let (output, how) =
        shown(&harness, &format!("{start}made = FuncAnimation(fig, lambda n: 1 / 0)\n{show}"));
    let text = plain(&output.plain_text());
    assert!(text.contains("File \"talk.md\"") && text.ends_with("division by zero"), "{text}");
    assert_eq!(how, Outcome::Raised);
    // One that is not played is one frame, without a warning.
    let made = "made = FuncAnimation(fig, update, frames=4)";
    assert_eq!(animated(&harness, &format!("{start}{made}")), ("[picture]".to_owned(), 1));
    let made = "made = FuncAnimation(fig, update, frames=3, interval=20)\nplt.close()\n\
                from IPython.display import HTML\nHTML(made.to_jshtml())";
    let (output, _) = shown(&harness, &format!("{start}{made}"));
    let file = std::fs::read(output.pictures().next().unwrap()).unwrap();
    assert!(file.starts_with(b"\x89PNG") && file.windows(4).any(|part| part == b"acTL"));
}

#[test]
fn matplotlib_animation_without_an_end_is_bounded() {
    let Some(harness) = with_package("matplotlib") else { return };
    // The clock is the block's own: no test waits.
    let code = "import itertools, time\nimport matplotlib.pyplot as plt\n\
                from matplotlib.animation import FuncAnimation\nnow = 0\n\
                def sleep(seconds):\n    global now\n    now += seconds\n\
                def play():\n    fig, ax = plt.subplots()\n    ax.plot([0, 1])\n    seen = []\n    \
                made = FuncAnimation(fig, seen.append, itertools.count, lambda: None, interval=500, \
                cache_frame_data=False)\n    plt.show()\n    print(seen, now)\n\
                real = time.monotonic, time.sleep\ntime.monotonic, time.sleep = lambda: now, sleep\n\
                play()\nplay()\ntime.monotonic, time.sleep = real";
    let (text, _) = animated(&harness, code);
    let all: Vec<_> = (0..20).collect();
    assert_eq!(text, format!("[picture]\n{all:?} 10.0\n[picture]\n[] 10.0"));
}

#[test]
fn animation_is_interrupted() {
    let Some(harness) = with_package("matplotlib") else { return };
    let code = "import itertools\nimport matplotlib.pyplot as plt\n\
                from matplotlib.animation import FuncAnimation\nfig, ax = plt.subplots()\n\
                line, = ax.plot([0, 1])\n\
                def update(n):\n    if n == 2: print('on', flush=True)\n\
                made = FuncAnimation(fig, update, itertools.count, lambda: None, interval=10, \
                cache_frame_data=False)\nplt.show()";
    let mut running = harness.start(1, code);
    running.until("on");
    harness.python.stop(running.run, Stop::Interrupt);
    assert_eq!(running.end().1, Outcome::Stopped);
}

#[test]
fn huge_figures_have_fewer_pixels() {
    let Some(harness) = with_package("matplotlib") else { return };
    let code =
        "import matplotlib.pyplot as plt\nplt.figure(figsize=(100, 10), dpi=300)\nplt.plot([1]);";
    let (output, how) = shown(&harness, code);
    assert_eq!(how, Outcome::Exited(0), "{}", output.plain_text());
    let file = std::fs::read(output.pictures().next().unwrap()).unwrap();
    let width = u32::from_be_bytes(file[16..20].try_into().unwrap());
    assert!((1000..=4000).contains(&width), "{width}");
}

#[test]
fn pandas_frames_are_tables() {
    let Some(harness) = with_package("pandas") else { return };
    let code = "import pandas as pd\nprint(pd.Series([1.5, None], name='s').shape)\n\
                pd.DataFrame({'n': range(3000), 'x': [0.5] * 3000, 's': ['a'] * 3000})";
    let (output, _) = shown(&harness, code);
    let text = output.plain_text();
    let head: Vec<_> = text.lines().take(3).collect();
    assert_eq!(head, ["(2,)", "       n    x  s", "  0    0  0.5  a"]);
    assert!(text.ends_with("\n999  999  0.5  a\n… 2,000 more rows"));
}

#[test]
fn empty_values_of_pandas_say_so() {
    let Some(harness) = with_package("pandas") else { return };
    for (code, expected) in [
        ("pd.DataFrame({'a': [], 'b': []})", "  a  b\n0 rows × 2 columns"),
        ("pd.DataFrame()", "Empty DataFrame\nColumns: []\nIndex: []"),
        ("pd.Series([], dtype=float)", "Series([], dtype: float64)"),
    ] {
        let (output, _) = shown(&harness, &format!("import pandas as pd\n{code}"));
        assert_eq!(output.plain_text(), expected);
    }
}

#[test]
fn polars_frames_are_tables() {
    let Some(harness) = with_package("polars") else { return };
    let code = "import polars as pl\npl.DataFrame({'n': [1, 20], 's': ['a', None]})";
    let (output, _) = shown(&harness, code);
    let expected = "    n  s\nint64  string\n    1  \"a\"\n   20  null";
    assert_eq!(output.plain_text(), expected);
}

#[rstest]
fn last_value_starts_a_new_line(#[values(Embedded, Standalone)] mode: TestMode) {
    assert_eq!(text(mode, "print('a', end='')\n1 + 1"), "a\n2");
    assert_eq!(text(mode, "import os; os.system('printf b')\n[1, 'c']"), "b\n[1, 'c']");
    assert_eq!(text(mode, "print('a')\n2"), "a\n2");
    assert_eq!(text(mode, "print('a', end='')\ndisplay({'b'})\nprint('c')"), "a\n{'b'}\nc");
    // Captured output has no such mark.
    let code = "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as out:\n    \
                display(1)\nprint(out.getvalue() == '1\\n')";
    assert_eq!(text(mode, code), "True");
}

#[rstest]
fn await_works_outside_functions(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import asyncio\nasync def f(n):\n    await asyncio.sleep(0)\n    return n * 2\n\nawait f(21)";
    assert_eq!(text(mode, code), "42");
    let code = "import asyncio\nasync def g():\n    yield 1\n    yield 2\nasync for n in g():\n    print(n)\n\
                print([n async for n in g()])\nasync def late():\n    try:\n        \
                await asyncio.sleep(60)\n    finally:\n        print('cancelled')\n\
                task = asyncio.create_task(late())\nawait asyncio.sleep(0)";
    assert_eq!(text(mode, code), "1\n2\n[1, 2]\ncancelled");
    // Without `await` there is no running loop.
    let code = "import sys, asyncio\nasync def f():\n    return 5\nasyncio.run(f())";
    assert_eq!(text(mode, code), "5");
}

#[test]
fn ipython_display_works_without_ipython() {
    let code = "from IPython.display import display, Markdown, HTML, Code, clear_output\n\
                print('gone')\nclear_output()\ndisplay(Markdown('**a**'))\nHTML('<p>b <b>c</b></p>')";
    assert_eq!(text(Embedded, code), "**a**\nb **c**");
    let code = format!(
        "{PIXEL}from IPython.display import Image\nopen('p.png', 'wb').write(PIXEL)\nImage('p.png')"
    );
    assert_eq!(text(Embedded, &code), "[picture]");
}

#[rstest]
fn named_displays_are_updated(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "from IPython.display import display, update_display, Markdown\n\
                one = display(1, display_id='n')\nprint('between')\n\
                two = display(2, display_id=True)\none.display(Markdown('again'))\n\
                for n in range(300):\n    one.update(n)\n\
                two.update(Markdown('**b**'))\nupdate_display('new', display_id='other')\n\
                print(one.display_id, two.update(3))\ntry:\n    update_display(1)\n\
                except TypeError as error:\n    print('no name')";
    assert_eq!(text(mode, code), "299\nbetween\n3\n299\n'new'\nn None\nno name");
}

#[rstest]
fn cleared_output_takes_values_with_it(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = format!(
        "{PIXEL}from IPython.display import Image, clear_output\nfor n in range(250):\n    \
         clear_output(wait=True)\n    display(Image(PIXEL))\n    print(n)\nclear_output(wait=True)"
    );
    assert_eq!(text(mode, &code), "[picture]\n249");
    let code = "from IPython.display import Markdown, clear_output\ndisplay(Markdown('a'))\n\
                print('b')\nclear_output()";
    assert_eq!(text(mode, code), "");
    let code = "print('a')\nfor n in range(3):\n    display(n, clear=True)";
    assert_eq!(text(mode, code), "2");
}

#[test]
fn html_with_more_than_a_table_is_not_a_table() {
    let code = "class A:\n    def __init__(self, html):\n        self._repr_html_ = lambda: html\n    \
                def __repr__(self):\n        return 'A()'\n\
                class B(A):\n    def __init__(self, html):\n        self.html = html\n    \
                def _repr_html_(self):\n        return self.html\n\
                TABLE = '<table><tr><th>n</th></tr><tr><td>1</td></tr></table>'\n";
    let caption = format!("{code}B('<style>p {{ }}</style>' + TABLE + '<p>1 row</p>')");
    assert_eq!(table(Embedded, &caption).height, 1);
    for html in [
        "'<details>x' + TABLE",
        "'<pre>Estimator()</pre>' + TABLE",
        "TABLE * 2",
        "'w ' * 80 + TABLE",
    ] {
        assert_eq!(text(Embedded, &format!("{code}B({html})")), "A()", "{html}");
    }
}

#[test]
fn pandas_values_are_formatted_by_pandas() {
    // A fake of pandas with the attributes that formatting uses.
    let code = "import sys\nclass Type:\n    kind = 'O'\nclass Frame:\n    __module__ = 'pandas'\n    \
                iloc = dtypes = None\n    def __init__(self, *texts):\n        self.texts = texts\n    \
                def to_string(self, index, header):\n        return '\\n'.join(self.texts)\n\
                class Column:\n    dtype = Type()\n    name = None\n    def __init__(self, *texts):\n        \
                self.texts = texts\n    def __len__(self):\n        return len(self.texts)\n    \
                def to_frame(self):\n        return Frame(*self.texts)\n    to_series = lambda self: self\n\
                class Index:\n    nlevels = 1\n    def __init__(self, texts):\n        self.texts = texts\n    \
                def get_level_values(self, level):\n        return Column(*self.texts)\n\
                class Whole:\n    __module__ = 'pandas'\n    dtypes = None\n    columns = ['remark']\n    \
                def __init__(self, days, texts):\n        self.shape = len(texts), 1\n        \
                self.index, self.texts = Index(days), texts\n    iloc = property(lambda self: Part(self))\n\
                class Part:\n    def __init__(self, whole):\n        self.whole = whole\n    \
                def __getitem__(self, at):\n        \
                return self.whole if at[0].stop else Column(*self.whole.texts)\n";
    let found = table(Embedded, &format!("{code}Whole(['2024-01-01'], [' ' + 'x' * 300])"));
    assert_eq!(&*found.rows[0][0], "2024-01-01");
    assert_eq!(&*found.rows[0][1], format!("{}…", "x".repeat(199)));
    let (output, _) = shown(&PythonHarness::new(Embedded), &format!("{code}Whole([], [])"));
    assert!(output.plain_text().ends_with("0 rows × 1 columns"), "{}", output.plain_text());
}
