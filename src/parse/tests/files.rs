//! Includes and code from other files.

use std::path::Path;

use insta::assert_snapshot;

use crate::parse::parse;
use crate::parse::tests::deck_text::deck_text;
use crate::source::MemFiles;

fn with_files(text: &str, files: &[(&str, &[u8])]) -> String {
    let files = files.iter().map(|(path, bytes)| (path.into(), bytes.to_vec())).collect();
    deck_text(&parse(Path::new("talks/deck.md"), text, &MemFiles(files)))
}

#[test]
fn includes_report_their_own_lines() {
    let part: &[u8] =
        b"in **b**\n\n![](p.png)\n\n```sh +exec\nls\n```\n\n<!-- include: ../again.md -->\n";
    let files = [("talks/sub/part.md", part), ("talks/sub/../again.md", b"<!-- puase -->\n\xff\n")];
    assert_snapshot!(with_files("a\n\n<!-- include: sub/part.md -->\n\nb\n", &files), @r#"
    --- 1
    p a
    p in {b:b}
    picture p.png in "talks/sub" ""
    code sh
      | ls
      runs sh OnKey line 6 "ls\n"
    problem: unknown command `puase`
    p �
    p b
    ! talks/sub/part.md:9:6: `../again.md` is not UTF-8
    ! talks/sub/../again.md:1:6: unknown command `puase`
      ? did you mean `pause`?
    "#);
}

#[test]
fn include_cycle_is_an_error() {
    let files: [(&str, &[u8]); 1] =
        [("talks/b.md", b"---\ntitle: x\n---\nb\n\n<!-- include: ./deck.md -->\n")];
    assert_snapshot!(with_files("<!-- include: b.md -->\n\n<!-- include: gone.md -->\n", &files), @"
    --- 1
    p b
    problem: this file is already being included: `./deck.md`
    problem: cannot read `gone.md`: there is no such file
    ! talks/deck.md:3:6: cannot read `gone.md`: there is no such file
      ? paths are relative to the file that contains them
    ! talks/b.md:1:1: front matter in an included file
      ? remove it: only the deck's own file can have front matter
    ! talks/b.md:6:6: this file is already being included: `./deck.md`
    ");
}

#[test]
fn file_blocks_read_code_from_files() {
    let files: [(&str, &[u8]); 1] = [("talks/a.rs", b"one\n# two\nthree\nfour\n")];
    let block = "```file +exec +line_numbers\npath: a.rs\nlanguage: rust\nstart_line: 2\nend_line: 3\n```\n";
    assert_snapshot!(with_files(block, &files), @r#"
    --- 1
    code rust numbered
      | three
      runs rust OnKey line 2 "two\nthree\n"
    "#);
    assert_snapshot!(with_files("```file\npath: a.rs\n```\n\nafter\n", &files), @"
    --- 1
    problem: this file block has no `language`
    p after
    ! talks/deck.md:2:1: this file block has no `language`
      ? write `path: …` and `language: …`, each on its own line
    ");
}
