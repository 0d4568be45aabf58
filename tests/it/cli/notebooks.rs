//! Notebooks: opened, edited, converted, exported.

use std::fs;

use rstest::rstest;

use super::arguments::Shell;
use crate::harness::{Opening, PtyHarness};

/// A PNG file of one red pixel, in base64.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/// A notebook with saved output, in Jupyter's layout.
fn notebook() -> String {
    format!(
        r##"{{
 "cells": [
  {{
   "cell_type": "markdown",
   "metadata": {{}},
   "source": [
    "# First\n",
    "\n",
    "![dot](attachment:dot.png)"
   ],
   "attachments": {{"dot.png": {{"image/png": "{PIXEL}"}}}}
  }},
  {{
   "cell_type": "code",
   "execution_count": 1,
   "metadata": {{"execution": {{"iopub.status.idle": "2026-11-03T10:00:00Z"}}}},
   "outputs": [
    {{"name": "stdout", "output_type": "stream", "text": ["saved output\n"]}},
    {{"output_type": "display_data", "data": {{"image/png": "{PIXEL}\n"}}, "metadata": {{}}}}
   ],
   "source": [
    "x = 20\n",
    "print(\"é\", x + 1)"
   ]
  }},
  {{
   "cell_type": "code",
   "metadata": {{}},
   "outputs": [],
   "source": [
    "print(x + 2)"
   ]
  }}
 ],
 "metadata": {{"kernelspec": {{"language": "python"}}}},
 "nbformat": 4,
 "nbformat_minor": 5
}}
"##
    )
}

/// Opens a notebook in a terminal.
fn open(name: &str, text: &str) -> (tempfile::TempDir, PtyHarness) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::write(&file, text).unwrap();
    let talk = PtyHarness::open(&file, &Opening { args: &["-x"], ..Opening::default() });
    (folder, talk)
}

#[test]
fn saved_output_is_shown_until_the_cell_runs() {
    let (_folder, talk) = open("talk.ipynb", &notebook());
    talk.wait_for("saved output");
    talk.wait_for("11-03");
    talk.keys("tab ctrl-e");
    talk.wait_for("é 21");
    talk.wait_gone("saved output");
    talk.keys("tab ctrl-e");
    talk.wait_for("22");
    talk.quit();
}

#[test]
fn saved_edit_keeps_the_rest_of_the_notebook() {
    let (folder, talk) = open("talk.ipynb", &notebook());
    talk.wait_for("saved output");
    talk.keys("tab i x = space enter");
    talk.wait_for("unsaved");
    talk.keys("ctrl-s");
    talk.wait_for("saved to");
    let wanted = notebook().replace("\"x = 20\\n\"", "\"x= \\n\",\n    \"x = 20\\n\"");
    let file = folder.path().join("talk.ipynb");
    talk.wait("the file", |_| fs::read_to_string(&file).is_ok_and(|text| text == wanted));
    talk.keys("esc");
    talk.wait_gone("editing");
    talk.quit();
}

#[test]
fn scripts_with_cells_are_decks() {
    let (_folder, talk) = open("talk.py", "# %% [markdown]\n# # Cells\n\n# %%\nprint(6 * 7)\n");
    talk.wait_for("Cells");
    talk.keys("ctrl-e");
    talk.wait_for("42");
    talk.quit();
}

#[test]
fn conversion_writes_deck_recording_and_pictures() {
    let shell = Shell::new(&["convert", "talk.ipynb"]).file("talk.ipynb", &notebook());
    let folder = shell.folder.path().to_owned();
    shell.run_in(|done| {
        assert_eq!((done.status, done.err.as_str()), (0, ""));
        assert_eq!(done.out, "talk.md\ntalk.recording: 1 block\n");
        let deck = fs::read_to_string(folder.join("talk.md")).unwrap();
        assert!(deck.contains("```python +exec +session\nx = 20\n"), "{deck}");
        assert!(deck.contains("![dot](<talk_files/"), "{deck}");
        let recording = fs::read_to_string(folder.join("talk.recording/recording.json")).unwrap();
        assert!(recording.contains("saved output") && recording.contains("2026-11-03"));
        assert_eq!(fs::read_dir(folder.join("talk_files")).unwrap().count(), 1);
        assert_eq!(fs::read_dir(folder.join("talk.recording")).unwrap().count(), 2);
    });
}

#[test]
fn conversion_does_not_overwrite_a_deck() {
    let shell = Shell::new(&["convert", "talk.ipynb"]).file("talk.ipynb", &notebook());
    let done = shell.file("talk.md", "mine").run();
    assert_eq!(done.status, 1);
    assert!(done.err.contains("`talk.md` exists; `--force` replaces it"), "{}", done.err);
}

#[test]
fn conversion_needs_a_file_of_its_own() {
    for (output, why) in [("-", "`-o` needs a file"), ("./talk.ipynb", "is the notebook itself")] {
        let shell = Shell::new(&["convert", "talk.ipynb", "--force", "-o", output]);
        let shell = shell.file("talk.ipynb", &notebook());
        let folder = shell.folder.path().to_owned();
        shell.run_in(|done| {
            assert_eq!(done.status, 1);
            assert!(done.err.contains(why), "{}", done.err);
            assert_eq!(fs::read_to_string(folder.join("talk.ipynb")).unwrap(), notebook());
        });
    }
}

#[test]
fn notebooks_are_checked_and_exported_with_saved_output() {
    let done = Shell::new(&["check", "talk.ipynb"]).file("talk.ipynb", &notebook()).run();
    assert_eq!((done.status, done.out.as_str()), (0, "talk.ipynb: 1 slide, no problems\n"));
    let shell = Shell::new(&["export", "talk.ipynb", "--to", "html", "-o", "-"]);
    let page = shell.file("talk.ipynb", &notebook()).run().out;
    assert!(page.contains("saved output"), "{page}");
    assert_eq!(page.matches("role=\"img\"").count(), 2, "{page}");
    assert!(page.contains("data:image/png;base64,"), "{page}");
}

/// Writes a notebook in a language, of code cells with an output each.
fn course(language: &str, cells: &[(&str, &str)]) -> String {
    let cell = |(source, output): &(&str, &str)| {
        format!(
            "{{\"cell_type\": \"code\", \"metadata\": {{}}, \"source\": {source:?}, \"outputs\": [{output}]}}"
        )
    };
    let cells: Vec<String> = cells.iter().map(cell).collect();
    format!(
        "{{\"cells\": [{}], \"metadata\": {{\"kernelspec\": {{\"language\": \"{language}\"}}}}, \
         \"nbformat\": 4, \"nbformat_minor\": 5}}",
        cells.join(",\n")
    )
}

/// Values as the libraries of courses save them, and what is shown of each.
#[rstest]
#[case::pandas(
    "python",
    "pd.DataFrame({'n': [1]})",
    r#"{"output_type": "execute_result", "data": {"text/html": "<table><thead><tr><th></th><th>n</th></tr></thead><tbody><tr><th>0</th><td>1</td></tr></tbody></table>", "text/plain": "as text"}}"#,
    "0  1"
)]
#[case::a_widget_that_cannot_work(
    "python",
    "widgets.IntSlider()",
    r#"{"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/plain": "IntSlider(value=0)"}}"#,
    "IntSlider(value=0)"
)]
#[case::r(
    "R",
    "summary(cars)",
    r#"{"output_type": "display_data", "data": {"text/html": "<b>1</b>", "text/latex": "1", "text/plain": "Min. : 4.0"}}"#,
    "Min. : 4.0"
)]
#[case::r_vector(
    "R",
    "1:2",
    r#"{"output_type": "display_data", "data": {"text/html": "<ol><li>1</li><li>2</li></ol>", "text/markdown": "1. 1\n2. 2\n", "text/latex": "1", "text/plain": "[1] 1 2"}}"#,
    "[1] 1 2"
)]
#[case::sympy_as_text(
    "python",
    "formula()",
    r#"{"output_type": "execute_result", "data": {"text/latex": "$\\displaystyle \\frac{x + 1}{y}$", "text/plain": "(x + 1)/y"}}"#,
    "(x + 1)/y"
)]
#[case::latex_that_is_no_formula(
    "python",
    "df.style",
    r#"{"output_type": "execute_result", "data": {"text/latex": "\\begin{tabular}{l}1\\end{tabular}", "text/plain": "a table"}}"#,
    "a table"
)]
#[case::html(
    "python",
    "HTML('x')",
    r#"{"output_type": "execute_result", "data": {"text/html": "<p>some <b>bold</b> words", "text/plain": "<IPython.core.display.HTML object>"}}"#,
    "some bold words"
)]
#[case::a_chart_for_browsers(
    "python",
    "fig.show()",
    r#"{"output_type": "display_data", "data": {"application/vnd.plotly.v1+json": {}}}"#,
    "[application/vnd.plotly.v1+json: not for terminals]"
)]
#[case::a_traceback(
    "python",
    "1 / 0",
    r#"{"output_type": "error", "ename": "E", "evalue": "", "traceback": ["------------------------", "E          Traceback (most recent call last)", "E: no"]}"#,
    "E  Traceback (most recent call last)"
)]
#[case::julia(
    "julia",
    "1:3",
    r#"{"output_type": "execute_result", "data": {"text/plain": "1:3 range"}}"#,
    "1:3 range"
)]
fn saved_values_of_courses_are_shown(
    #[case] language: &str,
    #[case] source: &str,
    #[case] output: &str,
    #[case] shown: &str,
) {
    let text = course(language, &[(source, output)]);
    let shell = Shell::new(&["export", "talk.ipynb", "--to", "text", "-o", "-"]);
    let done = shell.file("talk.ipynb", &text).run();
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(done.out.contains(source) && done.out.contains(shown), "{}", done.out);
}

#[test]
fn saved_formula_is_drawn() {
    let output = r#"{"output_type": "execute_result", "data": {"text/latex": "$\\displaystyle \\frac{x + 1}{y}$", "text/plain": "as text"}}"#;
    let shell = Shell::new(&["export", "talk.ipynb", "--to", "svg", "--slide", "1", "-o", "-"]);
    let done = shell.file("talk.ipynb", &course("python", &[("formula()", output)])).run();
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(done.out.contains("data:image/svg+xml"), "{}", done.out);
    assert!(!done.out.contains("as text") && !done.out.contains("frac{"), "{}", done.out);
}

#[test]
fn notebooks_may_be_long() {
    let outputs = "{\"output_type\": \"stream\", \"text\": \"out\\n\"}";
    let text = course("python", &vec![("x = 1", outputs); 500]);
    let shell = Shell::new(&["convert", "talk.ipynb"]).file("talk.ipynb", &text);
    assert_eq!(shell.run().out, "talk.md\ntalk.recording: 500 blocks\n");
}

#[test]
fn notebooks_may_have_large_outputs() {
    let picture = PIXEL.replace('=', "A") + &"A".repeat(50 << 20);
    let output = format!(
        "{{\"output_type\": \"display_data\", \"data\": {{\"image/png\": \"{picture}\"}}}}"
    );
    let text = course("python", &[("plot()", &output), ("print(1)", "")]);
    let shell = Shell::new(&["check", "talk.ipynb"]).file("talk.ipynb", &text);
    let cache = shell.folder.path().join("cache");
    let done = shell.var("XDG_CACHE_HOME", cache.to_str().unwrap()).run();
    assert_eq!((done.status, &*done.out), (0, "talk.ipynb: 1 slide, no problems\n"));
}

#[test]
fn a_damaged_notebook_is_an_error_with_its_place() {
    let done = Shell::new(&["check", "talk.ipynb"]).file("talk.ipynb", "{\n \"cells\": 1}").run();
    assert_eq!(done.status, 1);
    assert!(done.err.contains("talk.ipynb") && done.err.contains("line 2, column"), "{}", done.err);
}
