//! Notebooks and the decks that they become.

use super::*;

/// A notebook of these cells, as JSON.
fn jupyter(cells: &[&str]) -> String {
    let cells = cells.join(",\n");
    format!("{{\"cells\": [{cells}], \"metadata\": {{}}, \"nbformat\": 4, \"nbformat_minor\": 5}}")
}

fn deck(cells: &[&str]) -> NotebookDeck {
    read(NotebookFormat::Jupyter, &jupyter(cells), "").unwrap()
}

/// The markdown after the front matter.
fn body(deck: &NotebookDeck) -> &str {
    deck.text.strip_prefix("---\noptions:\n  replay: until_run\n  math: true\n---\n\n").unwrap()
}

const CODE: &str =
    r#"{"cell_type": "code", "metadata": {}, "outputs": [], "source": ["x = 1\n", "x"]}"#;

#[test]
fn headings_start_slides() {
    let text = r##"{"cell_type": "markdown", "source": "# One\n\ntext\n\n## Two #\n\n### Three\n```\n# no\n```"}"##;
    let deck = deck(&[text, CODE]);
    insta::assert_snapshot!(body(&deck), @r"
    One
    ===

    text

    <!-- end_slide -->

    Two
    ===

    ### Three
    ```
    # no
    ```

    ```python +exec +session
    x = 1
    x
    ```
    ");
}

#[test]
fn slide_types_decide_if_there_are_any() {
    let cell = |role: &str, text: &str| {
        format!(
            "{{\"cell_type\": \"markdown\", \"source\": {text:?}, \
             \"metadata\": {{\"slideshow\": {{\"slide_type\": \"{role}\"}}}}}}"
        )
    };
    let cells = [
        cell("slide", "# One"),
        cell("fragment", "first"),
        cell("-", "# Still one"),
        cell("notes", "say --> this"),
        cell("skip", "never"),
        cell("subslide", "two"),
    ];
    let deck = deck(&cells.each_ref().map(String::as_str));
    insta::assert_snapshot!(body(&deck), @r"
    One
    ===

    <!-- pause -->

    first

    # Still one

    <!--
    speaker_note: |
      say -- > this
    -->

    <!-- end_slide -->

    two
    ");
}

#[test]
fn tags_hide_code_output_and_cells() {
    let cell = |tag: &str| {
        format!(
            "{{\"cell_type\": \"code\", \"metadata\": {{\"tags\": [\"{tag}\"]}}, \
             \"source\": \"{tag}()\", \"outputs\": [{{\"output_type\": \"stream\", \"text\": \"out\"}}]}}"
        )
    };
    let cells = ["remove_cell", "hide-input", "hide_output"].map(cell);
    let deck = deck(&cells.each_ref().map(String::as_str));
    insta::assert_snapshot!(body(&deck), @r"
    ```python +exec +session
    /// remove_cell()
    /// hide-input()
    ```

    ```python +exec +session +output:none
    hide_output()
    ```
    ");
    let outputs = deck.blocks.iter().map(|block| block.outputs.len());
    assert_eq!(outputs.collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn fences_are_longer_than_the_code_s() {
    let deck = deck(&[r#"{"cell_type": "code", "source": "'''\n````\n'''"}"#]);
    assert!(body(&deck).starts_with("`````python"), "{}", deck.text);
}

#[test]
fn other_languages_have_kernels_or_no_session() {
    let cells = [
        r#"{"cell_type": "code", "source": "%%bash\necho 1"}"#,
        r#"{"cell_type": "code", "source": "%%html\n<b>"}"#,
    ];
    let deck = deck(&cells);
    assert_eq!(body(&deck), "```bash +exec\necho 1\n```\n\n```html\n<b>\n```\n\n");
    assert_eq!(deck.blocks.len(), 1);
    let cells = [
        r#"{"cell_type": "code", "source": "x <- 1", "metadata": {"tags": ["remove-cell"]}}"#,
        r#"{"cell_type": "code", "source": "x"}"#,
    ];
    let json = jupyter(&cells)
        .replace("\"metadata\": {}", "\"metadata\": {\"kernelspec\": {\"language\": \"R\"}}");
    let deck = read(NotebookFormat::Jupyter, &json, "").unwrap();
    assert_eq!(body(&deck), "```r +exec:kernel\n/// x <- 1\nx\n```\n\n");
}

#[test]
fn outputs_are_the_richest_that_a_terminal_shows() {
    let outputs = r#"[
        {"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]},
        {"output_type": "stream", "name": "stderr", "text": "c\n"},
        {"output_type": "display_data", "data": {"image/png": "aGkK\n", "text/plain": "<Figure>"}},
        {"output_type": "execute_result", "data": {"image/svg+xml": ["<svg", "/>"], "text/plain": "Plot"}},
        {"output_type": "execute_result", "data": {"text/markdown": ["*m*"], "text/plain": "m"}},
        {"output_type": "execute_result", "data": {"text/html": "<b>1</b>", "text/plain": ["1"]}},
        {"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["T", "\u001b[31mE"]}
    ]"#;
    let cell = format!("{{\"cell_type\": \"code\", \"source\": \"1\", \"outputs\": {outputs}}}");
    let deck = deck(&[&cell]);
    let text = |text: &str| SavedOutput::Text(text.to_owned());
    assert_eq!(
        deck.blocks[0].outputs,
        [
            text("a\nb\nc\n"),
            SavedOutput::Picture(b"hi\n".to_vec()),
            SavedOutput::Picture(b"<svg/>".to_vec()),
            SavedOutput::Markdown("*m*".to_owned()),
            SavedOutput::Html("<b>1</b>".to_owned(), Box::new(text("1\n"))),
            SavedOutput::Error("T\n\u{1b}[31mE\n".to_owned()),
        ]
    );
    assert!(deck.blocks[0].failed);
}

#[test]
fn attachments_become_pictures() {
    let deck = deck(&[r#"{"cell_type": "markdown", "source": "![a](attachment:a.png)",
        "attachments": {"a.png": {"image/png": "aGkK"}}}"#]);
    let name = "33734a193006ba70-a.png";
    assert_eq!(body(&deck), format!("![a]({name})\n\n"));
    assert_eq!(deck.pictures, [(name.to_owned(), b"hi\n".to_vec())]);
}

#[test]
fn cells_that_raise_are_expected_to_fail() {
    let tagged =
        CODE.replace("\"metadata\": {}", "\"metadata\": {\"tags\": [\"raises-exception\"]}");
    let deck = deck(&[&tagged, CODE]);
    let fences: Vec<_> = body(&deck).lines().filter(|line| line.contains("python")).collect();
    assert_eq!(fences, ["```python +exec +session +expect:failure", "```python +exec +session"]);
}

#[test]
fn metadata_becomes_front_matter() {
    let json = jupyter(&[]).replace(
        "\"metadata\": {}",
        r#""metadata": {"title": "T: x", "authors": [{"name": "A"}],
            "livedeck": {"slide_level": 1, "theme": {"name": "light"}, "options": {"a": 1}}}"#,
    );
    let deck = read(NotebookFormat::Jupyter, &json, "").unwrap();
    insta::assert_snapshot!(deck.text, @r#"
    ---
    title: "T: x"
    authors: ["A"]
    theme: {"name":"light"}
    options: {"replay": "until_run", "math": true, "a":1}
    ---
    "#);
}

#[test]
fn mistakes_have_a_position() {
    let error = |text: &str| read(NotebookFormat::Jupyter, text, "").unwrap_err().to_string();
    assert_eq!(error("{\n  1"), "line 2, column 3: not a Jupyter notebook: key must be a string");
    assert!(error("{\"nbformat\": 3}").contains("the notebook has format 3"), "old format");
    assert!(error("").contains("not a Jupyter notebook: EOF"), "empty file");
}

#[test]
fn an_edit_keeps_all_other_bytes() {
    let json = "{\n \"cells\": [\n  {\n   \"cell_type\": \"code\",\n   \"metadata\": {},\n   \
                \"source\": [\n    \"x = 1\\n\",\n    \"x\"\n   ]\n  },\n  {\"cell_type\": \"code\", \
                \"source\": \"'\u{e9}'\"}\n ],\n \"nbformat\": 4\n}\n";
    let deck = read(NotebookFormat::Jupyter, json, "").unwrap();
    let edited = deck.text.replace("x = 1\nx", "x = 1\ny = \"2\"\nx");
    let saved = edit(NotebookFormat::Jupyter, json, &edited, "").unwrap();
    assert_eq!(
        saved,
        json.replace("\"x = 1\\n\",\n    ", "\"x = 1\\n\",\n    \"y = \\\"2\\\"\\n\",\n    ")
    );
    let edited = deck.text.replace("'\u{e9}'", "'\u{e9}'\n1");
    let saved = edit(NotebookFormat::Jupyter, json, &edited, "").unwrap();
    assert_eq!(saved, json.replace("'\u{e9}'", "'\u{e9}'\\n1"));
    let edited = deck.text.replace("x = 1\nx", "");
    let saved = edit(NotebookFormat::Jupyter, json, &edited, "").unwrap();
    assert!(saved.contains("\"source\": []"), "{saved}");
    assert_eq!(edit(NotebookFormat::Jupyter, json, &deck.text.replace("---", "----"), ""), None);
}

const SCRIPT: &str = "# ---\n# jupyter: {}\n# ---\n\nimport os\n\n# %% [markdown]\n# # Title\n#\n# text\n\n\
                      # %% setup tags=[\"remove-cell\"]\nx = 1\n\n# %%\nprint(x)\n";

#[test]
fn scripts_with_cells_are_notebooks() {
    assert_eq!(NotebookFormat::of(Path::new("a.py"), SCRIPT), Some(NotebookFormat::Percent));
    assert_eq!(NotebookFormat::of(Path::new("a.py"), "print('# %%')"), None);
    assert_eq!(NotebookFormat::of(Path::new("a.md"), SCRIPT), None);
    let deck = read(NotebookFormat::Percent, SCRIPT, "").unwrap();
    insta::assert_snapshot!(body(&deck), @r"
    ```python +exec +session
    import os
    ```

    <!-- end_slide -->

    Title
    ===

    text

    ```python +exec +session
    /// x = 1
    print(x)
    ```
    ");
    let edited =
        edit(NotebookFormat::Percent, SCRIPT, &deck.text.replace("print(x)", "print(2)"), "");
    assert_eq!(edited.unwrap(), SCRIPT.replace("print(x)", "print(2)"));
}
