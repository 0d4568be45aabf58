//! What the parser makes of each piece of the format, feature by feature.

use std::path::Path;

use insta::assert_snapshot;
use rstest::rstest;

use super::dump::{dump, text};
use super::parse;
use crate::deck::{BlockKind, CellId, Deck, Options, SlideKind};
use crate::source::MemFiles;

fn deck(text: &str) -> Deck {
    parse(Path::new("talk.md"), text, &MemFiles::default())
}

fn tree(text: &str) -> String {
    dump(&deck(text))
}

#[test]
fn slides_end_at_the_command_and_titles_are_underlined() {
    assert_snapshot!(tree("# A\n\n<!-- end_slide -->\nB\n===\n\nC\n---\n\ntext *i* **b** `c`\n"), @r#"
    --- 1
    h1 A
    --- 2 "B"
    title B
    title C
    p text {i:i} {b:b} {c:c}
    "#);
}

#[test]
fn a_deck_has_at_least_one_slide() {
    assert_snapshot!(tree(""), @"--- 1");
    assert_snapshot!(tree("a\n\n<!-- skip_slide -->\n"), @"--- 1");
}

#[test]
fn a_trailing_end_leaves_an_empty_slide() {
    assert_snapshot!(tree("a\n\n<!-- end_slide -->\n"), @"
    --- 1
    p a
    --- 2
    ");
}

#[test]
fn code_runs_where_its_fence_says_so() {
    assert_snapshot!(tree(
        "```rust +exec {1|2} +line_numbers\n# use std::fs;\nfn a() {}\nfn b() {}\n```\n\n* x\n  ```py +auto_exec:uv +timeout:2m\n  print(1)\n  ```\n"
    ), @r#"
    --- 1 steps=2
    code rust numbered {1-1|2-2} from 0
      | fn a() {}
      | fn b() {}
      runs rust OnKey line 2 "use std::fs;\nfn a() {}\nfn b() {}\n"
    list
      * x
        code py
          | print(1)
          runs python Auto by uv for 120000ms line 9 "print(1)\n"
    "#);
}

#[test]
fn front_matter_makes_the_intro_slide() {
    let deck = deck("---\ntitle: |\n  A **b**\n  C\nauthor: '**x**'\n---\nhi\n");
    assert_eq!(deck.slides.len(), 2);
    assert_eq!(deck.slides[0].kind, SlideKind::Intro);
    let lines: Vec<_> = deck.meta.title.as_ref().unwrap().iter().map(|line| text(line)).collect();
    assert_eq!(lines, ["A {b:b}", "C"]);
    assert_eq!(deck.meta.author.as_deref(), Some("**x**"));
    assert_snapshot!(dump(&deck), @r#"
    --- 1 "[Introduction]"
    --- 2
    p hi
    "#);
}

#[rstest]
#[case::only_a_date("---\ndate: 2024-01-01\n---\n", 2)]
#[case::an_empty_title("---\ntitle: ''\n---\n", 2)]
#[case::a_number("---\ntitle: 42\n---\n", 2)]
#[case::no_title("---\ntheme:\n  name: light\n---\nhi\n", 1)]
#[case::windows("---\r\ntitle: x\r\n---\r\nhi\r\n", 2)]
#[case::byte_order_mark("\u{feff}---\ntitle: x\n---\nhi\n", 2)]
#[case::only_a_comment("---\n# nothing\n---\nhi\n", 1)]
#[case::empty("---\n---\nhi\n", 1)]
#[case::a_rule_and_a_list("---\n* title: x\n", 1)]
#[case::a_rule_and_a_text("---\nNote: x\n", 1)]
#[case::one_author_for_authors("---\nauthors: x\n---\n", 2)]
fn front_matter_is_told_from_rules(#[case] text: &str, #[case] slides: usize) {
    let deck = deck(text);
    assert_eq!(deck.slides.len(), slides);
    assert_eq!(deck.diagnostics, []);
}

#[rstest]
#[case::blank_line_before(
    "\n---\ntitle: x\n---\n",
    "2:1: front matter has to start in the first line"
)]
#[case::spaces_behind_the_fence(
    "--- \ntitle: x\n---\n",
    "1:1: a line `---` of front matter has to end with it"
)]
#[case::never_closed("---\ntitle: x\n...\nhi\n", "1:1: front matter is never closed")]
#[case::never_closed_with_a_mark(
    "\u{feff}---\ntheme:\n  name: dark\n--- \n",
    "1:2: front matter is never closed"
)]
fn front_matter_that_is_none_is_text_and_says_why(#[case] text: &str, #[case] mistake: &str) {
    let deck = deck(text);
    assert_eq!((deck.slides.len(), deck.slides[0].kind), (1, SlideKind::Normal));
    let [found] = &deck.diagnostics[..] else { panic!("{:?}", deck.diagnostics) };
    let place = deck.sources.place(found.span);
    assert_eq!(format!("{place}: {}", found.message), format!("talk.md:{mistake}"));
}

#[test]
fn a_theme_override_is_cut_out_without_its_indentation() {
    let deck = deck(
        "---\ntheme:\n  name: dark\n  override:\n    default:\n      margin:\n        percent: 8\n    # here\n    footer: {style: empty}\n---\n",
    );
    assert_eq!(deck.theme.name.as_ref().unwrap().0, "dark");
    let (yaml, span) = deck.theme.overrides.as_ref().unwrap();
    assert_eq!(yaml, "default:\n  margin:\n    percent: 8\n# here\nfooter: {style: empty}");
    assert_eq!(deck.sources.place(*span), "talk.md:5:5");
}

#[test]
fn f166_what_tools_draw_is_marked_where_the_fence_or_the_options_ask_for_it() {
    let drawn = |options: &str, fence: &str| {
        let deck = deck(&format!("---\noptions: {options}\n---\n```{fence}\nx\n```\n"));
        let BlockKind::Code(code) = &deck.slides[0].blocks[0].kind else { panic!() };
        code.drawing.map(|drawing| drawing.width_percent)
    };
    assert_eq!(drawn("{}", "mermaid"), None);
    assert_eq!(drawn("{}", "mermaid +render"), Some(None));
    assert_eq!(drawn("{}", "d2 +render +width:40%"), Some(Some(40)));
    assert_eq!(drawn("{auto_render_languages: [mermaid]}", "Mermaid"), Some(None));
    assert_eq!(drawn("{auto_render_languages: [rust]}", "rust"), None, "no tool draws it");
}

#[test]
fn options_are_read_and_those_for_later_are_known() {
    let deck = deck(
        "---\noptions:\n  implicit_slide_ends: true\n  list_item_newlines: 2\n  command_prefix: 'cmd:'\n  python: {interpreter: .venv/bin/python, session: true}\n  rust: {dependencies: {}}\n  auto_render_languages: [mermaid]\n---\n",
    );
    assert_eq!(deck.diagnostics, []);
    let Options { implicit_slide_ends, list_item_newlines, .. } = deck.options;
    assert!(implicit_slide_ends);
    assert_eq!(list_item_newlines, 2);
    assert_eq!(deck.options.command_prefix, "cmd:");
    assert_eq!(deck.options.python_interpreter.as_deref(), Some(".venv/bin/python"));
}

#[test]
fn a_bad_key_costs_only_itself() {
    assert_snapshot!(tree("---\ntitel: x\nauthor: [a, b]\noptions:\n  implicit_slide_ends: ja\n  end_slide_shorthand: true\n---\na\n\n---\n\nb\n"), @r#"
    --- 1 "[Introduction]"
    --- 2
    p a
    --- 3
    p b
    ! talk.md:2:1: unknown key `titel`
      ? did you mean `title`?
    ! talk.md:5:24: `options.implicit_slide_ends` must be `true` or `false`, not `ja`
    "#);
}

#[test]
fn titles_end_slides_where_the_deck_says_so() {
    let front = "---\noptions:\n  implicit_slide_ends: true\n---\n";
    assert_snapshot!(tree(&format!("{front}A\n===\n\nx\n\n<!-- speaker_note: mine -->\n\nB\n===\n")), @r#"
    --- 1 "A"
    note "mine"
    title A
    p x
    --- 2 "B"
    title B
    "#);
}

#[test]
fn the_first_heading_is_the_title_where_the_deck_says_so() {
    assert_snapshot!(tree("---\noptions:\n  h1_slide_titles: true\n---\n# A\n\n# B\n"), @r#"
    --- 1 "A"
    title A
    h1 B
    "#);
    assert_snapshot!(tree("---\noptions:\n  h1_slide_titles: true\n  implicit_slide_ends: true\n---\n# A\n\nx\n\n# B\n"), @r#"
    --- 1 "A"
    title A
    p x
    --- 2 "B"
    title B
    "#);
}

#[test]
fn a_rule_ends_a_slide_only_where_the_deck_says_so() {
    assert_snapshot!(tree("a\n\n---\n\nb\n\n***\n"), @"
    --- 1
    p a
    rule
    p b
    rule
    ");
    assert_snapshot!(tree("---\noptions:\n  end_slide_shorthand: true\n---\na\n\n---\n\nb\n---\n\n***\nc\n"), @r#"
    --- 1
    p a
    --- 2 "b"
    title b
    --- 3
    p c
    "#);
}

#[test]
fn a_title_is_told_from_a_heading_by_its_source() {
    assert_snapshot!(tree("#hash\n---\n\n### C ###\n\nA\nB  \nC\n===\n"), @r##"
    --- 1 "#hash"
    title #hash
    h3 C
    title A␣B⏎C
    "##);
}

#[test]
fn inline_styles_add_up_and_code_starts_afresh() {
    assert_snapshot!(tree("**b _bi `c`_** ~s~ ~~s~~ a\\\nb\nc  \nd\n"), @"
    --- 1
    p {b:b }{bi:bi }{c:c} {s:s} {s:s} a⏎b␣c⏎d
    ");
}

#[test]
fn links_show_label_address_and_title() {
    assert_snapshot!(tree("[a **b**](http://x 'T') and [](http://y) <http://z.com> <me@x.org>\n"), @r#"
    --- 1
    p {L:a }{bL:b} ({U:http://x} "{T:T}") and {U:http://y} {L:http://z.com} ({U:http://z.com}) {L:me@x.org} ({U:mailto:me@x.org})
    "#);
    assert_snapshot!(tree("**x [a](u)** [r][ref] [[wiki]] [[label|http://t]] http://bare\n\n[ref]: http://r\n"), @"
    --- 1
    p {b:x }{L:a}{b: (}{U:u}{b:)} {L:r} ({U:http://r}) {U:wiki} {U:http://t} {U:http://bare}
    ");
}

#[test]
fn superscript_is_found_inside_words() {
    assert_snapshot!(tree("x^2^ b<sup>n</sup> \\^no^ 2^ 3 ^**b**^ `a^b^c`\n"), @"
    --- 1
    p x{^:2} b{^:n} ^no^ 2^ 3 {b^:b} {c:a^b^c}
    ");
}

#[test]
fn footnotes_stand_where_they_are_defined() {
    assert_snapshot!(tree("a[^1] b[^9]\n\n[^1]: note **b**\n\nafter\n"), @"
    --- 1
    p a{^:1} b[^9]
    footnote 1 note {b:b}
    p after
    ");
}

#[test]
fn spans_have_colours_and_nest() {
    assert_snapshot!(tree("<span style=\"color: red; background-color: #ff0\">a <span class=\"hot\">b</span> <span style='color: p:x'>c</span></span> d\n\n<span style=\"color: blue\">open **x**\n\nnext\n"), @"
    --- 1
    p {fg=redbg=#ff0:a }{class=hot:b}{fg=redbg=#ff0: }{fg=p:xbg=#ff0:c} d
    p {fg=blue:open }{bfg=blue:x}
    p next
    ");
}

#[test]
fn a_span_on_lines_of_its_own_is_a_paragraph_after_all() {
    assert_snapshot!(tree("<span style=\"color: red\">\nx\n</span>\n\na<br/>b\n\n<br>\n"), @"
    --- 1
    p {fg=red:x}
    p a⏎b
    space 1
    ");
}

#[test]
fn lists_keep_their_numbers_depth_and_second_paragraphs() {
    assert_snapshot!(tree("1. a\n1. b\n   * c\n\n     second\n     5) d\n"), @"
    --- 1
    list
      1. a
      1. b
        * c
        * second␣5) d
    ");
    assert_snapshot!(tree("  * deeper\n    * still\n"), @"
    --- 1
    list
        * deeper
          * still
    ");
    assert_snapshot!(tree("- - nested at once\n-\n- [x] done\n"), @"
    --- 1
    list
        * nested at once
      * 
      * [x] done
    ");
}

#[test]
fn whatever_stands_in_an_item_is_drawn_there() {
    assert_snapshot!(tree("* a\n  > quote\n\n  ![](x.png)\n\n  | t |\n  |---|\n  | u |\n* # b\n"), @r#"
    --- 1
    list
      * a
        quote
          p quote
        picture x.png in "" ""
        table [None]
          t
          u
      * 
        h1 b
    "#);
}

#[test]
fn a_pause_between_items_cuts_the_list_without_a_gap() {
    assert_snapshot!(tree("* a\n<!-- pause -->\n* b\n\ntext\n\n* c\n"), @"
    --- 1 steps=2
    list
      * a
    @1 list, continued
      @1 * b
    @1 p text
    @1 list
      @1 * c
    ");
    assert_snapshot!(tree("* a\n  <!-- pause -->\n* b\n"), @"
    --- 1 steps=2
    list
      * a
      @1 * b
    ");
}

#[test]
fn incremental_lists_and_tables_take_a_step_each() {
    assert_snapshot!(tree("t\n\n<!-- incremental_lists: true -->\n* a\n  * b\n\nafter\n\n* c\n"), @"
    --- 1 steps=5
    p t
    @1 list
      @1 * a
        @2 * b
    @3 p after
    @4 list
      @4 * c
    ");
    assert_snapshot!(tree("<!-- incremental_tables: true -->\n| a |\n|---|\n| 1 |\n| 2 |\n\nx\n"), @"
    --- 1 steps=4
    table [None]
      a
      @1 1
      @2 2
    @3 p x
    ");
}

#[test]
fn tables_keep_their_alignment() {
    assert_snapshot!(tree("| a | b | c |\n|:-:|--:|---|\n| x\\|y | **z** | |\n| only |\n"), @"
    --- 1
    table [Some(Center), Some(Right), None]
      a | b | c
      x|y | {b:z} | 
      only |  |
    ");
}

#[test]
fn quotes_hold_blocks() {
    assert_snapshot!(tree("> a\n> b\n>\n> * x\n>   * y\n>\n> ```sh +exec\n> echo\n> ```\n>> deep\n"), @r#"
    --- 1
    quote
      p a␣b
      list
        * x
          * y
      code sh
        | echo
        runs sh OnKey line 8 "echo\n"
      quote
        p deep
    "#);
}

#[test]
fn long_quotes_stand_between_lines_of_their_own() {
    assert_snapshot!(tree("a\n\n>>>\nq\n\n* l\n\n>>>>\nb\n\n```\n>>>\n```\n"), @"
    --- 1
    p a
    quote
      p q
      list
        * l
    p b
    code 
      | >>>
    ");
    assert_snapshot!(tree(">>>\nnever closed\n"), @"
    --- 1
    problem: this quote is never closed
    p never closed
    ! talk.md:1:1: this quote is never closed
      ? end it with a line `>>>`
    ");
}

#[test]
fn alerts_have_a_kind_and_may_have_a_title() {
    assert_snapshot!(tree("> [!TIP] My **title**\n> text\n> more\n\n> [!note]\n> x\n\n> [!info]\n> x\n"), @"
    --- 1
    Tip My {b:title}
      p text␣more
    Note
      p x
    quote
      p [!info]␣x
    ");
}

#[test]
fn pictures_split_paragraphs_and_take_a_width() {
    assert_snapshot!(tree("before ![alt,image:w:40%](a.png) after\n\n![image:width:50%](b.png)\n\n![alt, image:w:40%](c.png)\n"), @r#"
    --- 1
    p before
    picture a.png in "" 40% "alt"
    p after
    picture b.png in "" 50% ""
    picture c.png in "" "alt, image:w:40%"
    "#);
}

#[test]
fn a_picture_keeps_its_place_behind_superscript() {
    assert_snapshot!(tree("x^2^ y^3^ ![](a.png) z^4^\n\n^a^![](b.png)\n"), @r#"
    --- 1
    p x{^:2} y{^:3}
    picture a.png in "" ""
    p z{^:4}
    p {^:a}
    picture b.png in "" ""
    "#);
}

#[test]
fn columns_remember_their_rows() {
    assert_snapshot!(tree("<!-- column_layout: [1, 2] -->\n<!-- column: 0 -->\na\n<!-- column: 1 -->\nb\n<!-- pause -->\n<!-- column: 0 -->\nc\n<!-- reset_layout -->\nd\n"), @"
    --- 1 steps=2
    columns [1, 2]
      column
        p a
        @1 p c
      column
        p b
    @1 p d
    ");
}

#[test]
fn commands_change_the_rest_of_their_slide() {
    assert_snapshot!(tree("<!-- alignment: center -->\n<!-- font_size: 2 -->\na\n\n<!-- new_lines: 3 -->\n<!-- newline -->\n<!-- jump_to_middle -->\nb\n\n<!-- list_item_newlines: 2 -->\n* c\n\n<!-- no_footer -->\n<!-- end_slide -->\nd\n"), @"
    --- 1 no-footer
    Center size=2 p a
    Center size=2 space 3
    Center size=2 space 1
    Center size=2 middle
    Center size=2 p b
    Center size=2 list newlines=2
      * c
    --- 2
    p d
    ");
}

#[test]
fn skipped_slides_leave_nothing_behind() {
    let deck =
        deck("```sh +exec\na\n```\n<!-- skip_slide -->\n<!-- end_slide -->\n```sh +exec\nb\n```\n");
    assert_eq!(deck.slides.len(), 1);
    assert_eq!(deck.cells.len(), 1);
    assert_eq!(deck.cells[0].id, CellId(0));
    assert_eq!(&*deck.cells[0].code, "b\n");
}

#[rstest]
#[case::two_lines("<!-- two\nlines -->")]
#[case::to_oneself("<!-- // TODO: x -->")]
#[case::for_an_editor("<!-- vim: set ft=x -->")]
#[case::a_fold("<!-- {{{ -->")]
#[case::a_comment("<!-- comment: a: b -->")]
#[case::nothing("<!-- -->")]
fn remarks_leave_no_trace(#[case] text: &str) {
    assert_eq!(tree(text), "--- 1\n");
}

#[rstest]
#[case::without_spaces("a\n<!--pause-->\nb")]
#[case::as_a_map("a\n\n<!-- {new_lines: 3} -->\n\nb")]
#[case::behind_another("a\n\n<!-- pause --><!-- pause -->\n\nb")]
#[case::before_text("a\n\n<!-- pause --> b")]
fn commands_come_in_many_spellings(#[case] text: &str) {
    let deck = deck(text);
    assert_eq!(deck.diagnostics, []);
    assert_ne!(dump(&deck), "--- 1\np a\np b\n");
}

#[test]
fn a_prefix_tells_commands_from_remarks() {
    let front = "---\noptions:\n  command_prefix: 'cmd:'\n---\n";
    assert_snapshot!(tree(&format!("{front}a\n\n<!-- cmd:pause -->\nb\n\n<!-- remember -->\n<!-- cmd: puase -->\n<!-- pause -->\nc\n")), @"
    --- 1 steps=3
    p a
    @1 p b
    @1 problem: unknown command `puase`
    @2 p c
    ! talk.md:11:6: unknown command `puase`
      ? did you mean `pause`?
    ");
}

#[test]
fn speaker_notes_are_text_however_they_are_written() {
    assert_snapshot!(tree("<!-- speaker_note: a: b -->\n<!-- speaker_note: \"c\" -->\n<!-- speaker_note: |\n  d\n  e\n-->\n<!-- speaker_note: 3 -->\n"), @r#"
    --- 1
    note "a: b"
    note "c"
    note "d\ne"
    note "3"
    "#);
}

#[test]
fn f199_a_note_after_the_last_pause_is_not_lost() {
    assert_snapshot!(tree("a\n\n<!-- pause -->\n\nb\n\n<!-- speaker_note: here -->\n\n<!-- pause -->\n<!-- speaker_note: late -->\n"), @r#"
    --- 1 steps=2
    @1 note "here"
    @1 note "late"
    p a
    @1 p b
    "#);
}

#[test]
fn stepped_highlights_come_before_the_next_pause() {
    assert_snapshot!(tree("```c {1|2|all}\na\nb\n```\n\n```c {1|2}\na\nb\n```\n\n<!-- pause -->\n\nx\n\n<!-- pause -->\n"), @"
    --- 1 steps=5
    code c {1-1|2-2|all} from 0
      | a
      | b
    code c {1-1|2-2} from 2
      | a
      | b
    @4 p x
    ");
}

#[test]
fn attributes_for_later_draw_the_code_plainly() {
    assert_snapshot!(tree("```bash +pty:standby:80:24\nvi\n```\n\n```mermaid +render +width:50%\nx\n```\n\n```python +exec +session:a\ny\n```\n\n```bash +exec +validate +expect:failure +id:z +no_background\nq\n```\n"), @r#"
    --- 1
    code bash
      | vi
      runs bash OnKey in Pty { standby: true, size: Some((80, 24)) } line 2 "vi\n"
    code mermaid
      | x
    code python
      | y
      runs python OnKey in session "a" line 10 "y\n"
    code bash bare
      | q
      runs bash OnKey called z checked Check { validates: true, alternative: None, expects_failure: true, mask: None } line 14 "q\n"
    "#);
}

#[test]
fn every_attribute_that_is_ours_is_known() {
    let fence = "```python +exec +session:a +timeout:2s +input:a.txt +mask:x +output:right\nx\n```\n\n```rust +pymodule:m\nx\n```\n\n```rust +bench:a +timeout:2s\nx\n```\n";
    assert_eq!(deck(fence).diagnostics, []);
}

#[test]
fn indented_code_and_tilde_fences_are_code() {
    assert_snapshot!(tree("a\n\n    indented\n\n~~~~ rust\n```\n~~~~\n"), @"
    --- 1
    p a
    code 
      | indented
    code rust
      | ```
    ");
}

#[test]
fn a_code_block_shows_slide_ends_and_does_not_obey_them() {
    assert_snapshot!(tree("````markdown\na\n\n<!-- end_slide -->\nb\n````\nc\n\n<!-- end_slide -->\nd\n"), @"
    --- 1
    code markdown
      | a
      | 
      | <!-- end_slide -->
      | b
    p c
    --- 2
    p d
    ");
}

#[test]
fn what_is_never_closed_swallows_no_slide() {
    assert_snapshot!(tree("```sh\nforgotten\n\n<!-- end_slide -->\nb\n\n```py\nx\n```\n"), @"
    --- 1
    code sh
      | forgotten
      | 
    --- 2
    p b
    code py
      | x
    ! talk.md:1:1: this code block is never closed
      ? end it with a line of the same marks, alone
    ");
    assert_snapshot!(tree("a\n\n<!-- forgotten\n\nb\n\n<!-- end_slide -->\nc\n"), @"
    --- 1
    p a
    problem: this comment is never closed
    p b
    --- 2
    p c
    ! talk.md:3:5: this comment is never closed
      ? end it with `-->`
    ");
}

fn with_files(text: &str, files: &[(&str, &[u8])]) -> String {
    let files = files.iter().map(|(path, bytes)| (path.into(), bytes.to_vec())).collect();
    dump(&parse(Path::new("talks/deck.md"), text, &MemFiles(files)))
}

#[test]
fn includes_stand_in_place_and_speak_of_their_own_lines() {
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
fn an_include_of_itself_is_refused() {
    let files: [(&str, &[u8]); 1] =
        [("talks/b.md", b"---\ntitle: x\n---\nb\n\n<!-- include: ./deck.md -->\n")];
    assert_snapshot!(with_files("<!-- include: b.md -->\n\n<!-- include: gone.md -->\n", &files), @"
    --- 1
    p b
    problem: this file is being included already: `./deck.md`
    problem: cannot read `gone.md`: there is no such file
    ! talks/deck.md:3:6: cannot read `gone.md`: there is no such file
      ? the path starts at the file that names it
    ! talks/b.md:1:1: front matter in an included file
      ? only the deck's own file has front matter: take it out here
    ! talks/b.md:6:6: this file is being included already: `./deck.md`
    ");
}

#[test]
fn code_may_stand_in_a_file() {
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
      ? it takes `path: …` and `language: …`, each on its line
    ");
}

#[test]
fn control_characters_do_not_reach_the_tree() {
    let deck = deck(
        "---\ntitle: \"a\\e[2Jb\"\n---\n# a\x1b[31m\x07\n\n`\x1b` [l](x\x1b 'y\x1b')\n\n```sh\n\x1b[0m\0\n```\n\n<!-- speaker_note: \"\\e[5m\" -->\n\n| \x08 |\n|---|\n\n![\x1b](a\x1b.png)\n\n<!-- \x1b[1m -->\n",
    );
    let tree = format!("{:?} {}", deck.meta, dump(&deck));
    assert!(!tree.contains(|c: char| c.is_control() && c != '\n'), "{tree:?}");
}

#[test]
fn no_input_is_too_strange() {
    let deep = |mark: &str| mark.repeat(5_000) + " x\n";
    let strange = [
        deep(">"),
        deep("- "),
        deep("1. "),
        deep("["),
        deep("!["),
        deep("**a "),
        deep("^a"),
        deep("<span>"),
        "x".repeat(1_000_000),
        "\0\u{1}\u{fdd0}\r\r\n\u{2028}".repeat(100),
        "\u{feff}\u{feff}---\n---\n".to_owned(),
        "---\ntitle: [\n---\nhi\n".to_owned(),
        "---\na: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: *e\n---\n".to_owned(),
        "```\n<!-- end_slide -->\n".repeat(200),
        "<!--".repeat(300),
        "<!-- column_layout: [1] -->\n<!-- pause -->\n".repeat(300),
        "| a |\n|---|\n".repeat(300),
        ">>>\n".repeat(201),
        "```rust {65536|0|} +exec:\n```".to_owned(),
        "<!-- column: 99999999999999999999 -->\n<!-- new_lines: 4294967295 -->".to_owned(),
    ];
    for text in strange {
        for cut in [text.len(), text.len() / 2, 3.min(text.len())] {
            let cut = (0..=cut).rev().find(|&cut| text.is_char_boundary(cut)).unwrap();
            let deck = deck(&text[..cut]);
            assert!(!deck.slides.is_empty());
            let _ = dump(&deck);
        }
    }
}

#[test]
fn every_prefix_of_a_deck_parses_with_spans_inside_it() {
    let text = "---\ntitle: x\n---\n# é\n\n* a\n  ```rust +exec {1|2}\n  fn é() {}\n  ```\n\n> [!note] t\n> x^2^ <span style=\"color: red\">ü</span>\n\n<!-- column_layout: [1, 1] -->\n<!-- column: 0 -->\n![é,image:w:5%](é.png)\n\n| é | b |\n|---|---|\n| 1 | 2 |\n<!-- end_slide -->\n>>>\né\n>>>\n";
    for (cut, _) in text.char_indices() {
        let deck = deck(&text[..cut]);
        for span in deck.slides.iter().flat_map(|slide| slide.blocks.iter().map(|block| block.span))
        {
            assert!(text[..cut].get(span.range()).is_some(), "{span:?} in {:?}", &text[..cut]);
        }
    }
}
