//! Comment commands, their spellings, remarks and speaker notes.

use insta::assert_snapshot;
use rstest::rstest;

use super::{deck, tree};
use crate::parse::command_synonyms::{self, SYNONYMS};
use crate::parse::comment_command::COMMANDS;
use crate::parse::tests::deck_text::deck_text;

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
fn commands_apply_to_the_rest_of_the_slide() {
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

#[rstest]
#[case::two_lines("<!-- two\nlines -->")]
#[case::to_oneself("<!-- // TODO: x -->")]
#[case::for_an_editor("<!-- vim: set ft=x -->")]
#[case::a_fold("<!-- {{{ -->")]
#[case::a_comment("<!-- comment: a: b -->")]
#[case::nothing("<!-- -->")]
fn remarks_are_ignored(#[case] text: &str) {
    assert_eq!(tree(text), "--- 1\n");
}

#[rstest]
#[case::without_spaces("a\n<!--pause-->\nb")]
#[case::as_a_map("a\n\n<!-- {new_lines: 3} -->\n\nb")]
#[case::behind_another("a\n\n<!-- pause --><!-- pause -->\n\nb")]
#[case::before_text("a\n\n<!-- pause --> b")]
fn commands_have_several_spellings(#[case] text: &str) {
    let deck = deck(text);
    assert_eq!(deck.diagnostics, []);
    assert_ne!(deck_text(&deck), "--- 1\np a\np b\n");
}

#[test]
fn prefix_separates_commands_from_remarks() {
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
fn speaker_notes_are_text_in_any_yaml_form() {
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
fn synonyms_of_end_slide_have_a_hint() {
    let hints = |comment: &str| -> Vec<String> {
        let deck = deck(&format!("a\n\n<!-- pause -->\n\n<!-- {comment} -->\n\nb\n"));
        deck.diagnostics.into_iter().flat_map(|it| it.hints).collect()
    };
    for comment in ["end slide", "end-slide", "END SLIDE", "new slide", "slide", "page break"] {
        assert_eq!(hints(comment), ["did you mean `end_slide`?"], "{comment}");
    }
    assert_eq!(hints("stop"), ["did you mean `pause`?"]);
    assert_eq!(hints("// end slide"), [""; 0]);
}

fn meant_by(comment: &str) -> Option<&'static str> {
    command_synonyms::meant(comment, COMMANDS.iter().map(|(name, _)| *name))
}

#[test]
fn synonyms_map_to_commands() {
    let known = |command| COMMANDS.iter().any(|it| it.0 == command);
    assert!(SYNONYMS.iter().all(|(written, command)| known(*command) && !known(*written)));
}

#[test]
fn spellings_of_end_slide_are_recognised() {
    for written in ["end slide", "End-Slide", "END SLIDE", "new slide", "slide", "page-break"] {
        assert_eq!(meant_by(written), Some("end_slide"), "{written}");
    }
    assert_eq!(meant_by("stop"), Some("pause"));
    assert_eq!(meant_by("speaker note: hello"), Some("speaker_note"));
    assert_eq!(meant_by("the end of the slide"), None);
}

#[test]
fn commands_of_ours_may_be_remarks_for_presenterm() {
    let centered = |text: &str| {
        let deck = deck(text);
        (deck.slides[0].is_centered, deck.diagnostics.len())
    };
    assert_eq!(centered("<!-- vertical_alignment: center -->"), (Some(true), 0));
    assert_eq!(centered("<!-- // vertical_alignment: center -->"), (Some(true), 0));
    assert_eq!(centered("<!-- //vertical_alignment: top -->"), (Some(false), 0));
    assert_eq!(centered("<!-- // vertical_alignment: middle -->"), (None, 1));
    assert_eq!(centered("<!-- // pause -->"), (None, 0), "a remark");
}
