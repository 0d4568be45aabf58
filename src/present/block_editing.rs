//! Editing blocks on the slide: from keys to the deck's text, without terminal or files.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::{Action, AfterEdit};
use crate::app::{App, AppOptions, Edit, Effect, Keymap, Mode, Msg, Trust, UnsavedEdits, update};
use crate::deck::{Deck, SlideNo};
use crate::project::{LoadOptions, load};
use crate::source::{FileId, Span};

const DECK: &str = "One\n===\n\n1. first\n\n   ```python +exec\n   def f():\n       return 1\n   ```\n\n\
    <!-- end_slide -->\n\nTwo\n===\n\n> ```bash +exec\n> echo a\n> ```\n";

/// A talk whose deck is a text.
struct EditTalk {
    app: App,
    /// The text with the speaker's edits.
    text: String,
    /// The saved text.
    saved: String,
    /// Whether the deck's file cannot be read, and takes no edits.
    is_gone: bool,
}

fn deck(text: &str) -> Arc<Deck> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.md");
    std::fs::write(&path, text).unwrap();
    load(&LoadOptions::new(path), None).unwrap().deck
}

impl EditTalk {
    fn new(text: &str) -> Self {
        Self::with_keys(text, Keymap::default())
    }

    fn with_keys(text: &str, keymap: Keymap) -> Self {
        let options = AppOptions { trust: Trust::Once, keymap, ..AppOptions::default() };
        let (text, saved) = (text.to_owned(), text.to_owned());
        Self { app: App::new(deck(&text), options), text, saved, is_gone: false }
    }

    fn send(&mut self, msg: Msg) -> Vec<Effect> {
        let effects = update(&mut self.app, msg);
        for effect in &effects {
            match effect {
                Effect::Edit(Edit { previous, .. }) if self.is_gone => {
                    let (previous, why) = (previous.clone(), "there is no such file".to_owned());
                    update(&mut self.app, Msg::EditFailed { previous, why });
                }
                Effect::Edit(Edit { span, text, then, .. }) => {
                    self.text.replace_range(span.range(), text);
                    let end = span.start as usize + text.len();
                    if *then == AfterEdit::Save {
                        self.saved.clone_from(&self.text);
                    }
                    self.replace(span.start as usize..end);
                }
                Effect::Revert { span, .. } => {
                    self.text.clone_from(&self.saved);
                    self.replace(span.range());
                }
                _ => {}
            }
        }
        effects
    }

    fn replace(&mut self, edited: std::ops::Range<usize>) {
        update(&mut self.app, Msg::Edited(deck(&self.text)));
        let is_saved = self.text == self.saved;
        let spans = if is_saved { Vec::new() } else { vec![Span::new(FileId(0), edited)] };
        update(&mut self.app, Msg::Unsaved(UnsavedEdits { spans, lost: 0 }));
    }

    /// Another program saves the deck.
    fn save_outside(&mut self, text: &str, lost: usize) {
        (self.text, self.saved) = (text.to_owned(), text.to_owned());
        update(&mut self.app, Msg::Loaded(deck(text)));
        update(&mut self.app, Msg::Unsaved(UnsavedEdits { spans: Vec::new(), lost }));
    }

    /// Presses keys: a name, `^` and a letter, or a letter.
    fn keys(&mut self, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for key in keys.split_whitespace() {
            let control = key.strip_prefix('^').filter(|rest| !rest.is_empty());
            let code = match control.unwrap_or(key) {
                "esc" => KeyCode::Esc,
                "enter" => KeyCode::Enter,
                "end" => KeyCode::End,
                "down" => KeyCode::Down,
                "f12" => KeyCode::F(12),
                letter => KeyCode::Char(letter.chars().next().unwrap()),
            };
            let control = control.map_or(KeyModifiers::NONE, |_| KeyModifiers::CONTROL);
            effects.extend(self.send(Msg::Key(KeyEvent::new(code, control).into())));
        }
        effects
    }

    fn lines(&self) -> String {
        let Mode::Edit(editor) = self.app.mode() else { return "no editor".to_owned() };
        editor.lines().join("\n")
    }

    fn notice(&self) -> &str {
        self.app.notice().unwrap_or_default()
    }
}

/// Every kind of place that a block can be in: the code in the editor is the code that runs.
#[test]
fn editor_has_the_code_that_runs() {
    let code = "if x:\n    y\n\nz";
    let fenced = |prefix: &str| {
        let line = |line: &str| format!("{prefix}{line}").trim_end().to_owned() + "\n";
        format!("```python +exec\n{code}\n```").lines().map(line).collect::<String>()
    };
    let item = |marker: &str| format!("{marker}{}", fenced(&" ".repeat(marker.len())).trim_start());
    let quote = |line: &str| format!("> {line}\n");
    let quoted = |text: &str| text.lines().map(quote).collect::<String>();
    for text in [
        fenced(""),
        fenced("  "),
        item("* "),
        item("12. "),
        format!("* a\n\n{}", fenced("  ")),
        format!("* a\n  1. b\n\n{}", fenced("     ")),
        fenced("> "),
        quoted(&item("- ")),
        format!("- {}", fenced("  > ").trim_start()),
        fenced("").replace('\n', "\r\n"),
        format!("> [!note]\n{}", fenced("> ")),
    ] {
        let mut talk = EditTalk::new(&text);
        talk.keys("i");
        assert_eq!(talk.lines(), code, "{text}");
        let runs = &talk.app.deck().cells[0].code;
        assert_eq!(runs.trim_end(), code, "{text}");
        talk.keys("^s");
        assert_eq!(talk.text, text, "nothing was typed");
        talk.keys("end enter x enter ^s");
        let edited = talk.app.deck().cells[0].code.trim_end().to_owned();
        assert_eq!(edited, "if x:\nx\n\n    y\n\nz", "{text} became {}", talk.text);
        assert_eq!(talk.app.deck().slides.len(), 1, "{}", talk.text);
    }
}

#[test]
fn typed_fence_stays_in_the_block() {
    let mut talk = EditTalk::new(DECK);
    talk.keys("i end enter ` ` ` ^s");
    let expected = DECK.replacen(
        "   ```python +exec\n   def f():\n",
        "   ````python +exec\n   def f():\n   ```\n",
        1,
    );
    let expected = expected.replacen("return 1\n   ```\n", "return 1\n   ````\n", 1);
    assert_eq!(talk.text, expected);
    assert_eq!(&*talk.app.deck().cells[0].code, "def f():\n```\n    return 1\n");
    talk.keys("^z ^z ^z ^z ^z ^s");
    assert_eq!(talk.text, DECK, "the fence is as it was");
}

#[test]
fn esc_asks_before_it_discards() {
    let mut talk = EditTalk::new(DECK);
    talk.keys("i esc");
    assert!(matches!(talk.app.mode(), Mode::Slide), "nothing was typed");
    talk.keys("i x esc");
    assert!(matches!(talk.app.mode(), Mode::Edit(editor) if editor.is_asking()));
    talk.keys("n");
    assert_eq!(talk.lines(), "xdef f():\n    return 1", "any other key goes on");
    talk.keys("esc y");
    assert!(matches!(talk.app.mode(), Mode::Slide));
    assert_eq!(talk.text, DECK);
    talk.keys("i");
    assert_eq!(talk.lines(), "def f():\n    return 1");
    talk.keys("^z");
    assert_eq!(talk.lines(), "xdef f():\n    return 1", "undo brings it back");
}

#[test]
fn undo_and_redo_work_after_the_editor_was_closed() {
    let mut talk = EditTalk::new(DECK);
    talk.keys("i x ^] i y ^s f12 i ^z");
    assert_eq!(talk.lines(), "xdef f():\n    return 1");
    talk.keys("^z ^s");
    assert_eq!(talk.text, DECK);
    talk.keys("^r ^r");
    assert_eq!(talk.lines(), "xydef f():\n    return 1");
}

#[test]
fn unsaved_block_is_marked_and_quitting_asks() {
    let mut talk = EditTalk::new(DECK);
    let cell = talk.app.deck().cells[0].id;
    talk.keys("i x ^]");
    assert!(talk.app.is_unsaved(cell) && !talk.app.is_unsaved(talk.app.deck().cells[1].id));
    assert_eq!(talk.keys("q"), []);
    assert!(talk.notice().contains("q again to quit"), "{}", talk.notice());
    assert_eq!(talk.keys("l q"), [], "another key in between");
    assert_eq!(talk.keys("^c"), [Effect::Quit], "asked a moment ago");
    talk.keys("h i ^s ^]");
    assert!(!talk.app.is_unsaved(cell));
    assert_eq!(talk.keys("q"), [Effect::Quit]);
}

#[test]
fn save_over_another_version_is_a_conflict() {
    let mut talk = EditTalk::new(DECK);
    talk.keys("i x");
    let theirs = DECK.replacen("return 1", "return 2", 1);
    talk.save_outside(&theirs, 0);
    assert!(talk.notice().contains("another program changed this block"));
    assert_eq!(talk.keys("^s"), []);
    assert!(talk.notice().contains("ctrl-s again"), "{}", talk.notice());
    assert_eq!(talk.lines(), "xdef f():\n    return 1", "mine is in the editor");
    talk.keys("^z");
    assert_eq!(talk.lines(), "def f():\n    return 2", "theirs is one undo back");
    talk.keys("^r ^s");
    assert_eq!(talk.text, DECK.replacen("def", "xdef", 1));
}

#[test]
fn edit_that_is_not_taken_stays_in_the_editor() {
    let mut talk = EditTalk::new(DECK);
    talk.is_gone = true;
    for save in ["^s", "^e", "^]"] {
        talk.keys(if save == "^s" { "i x ^s" } else { save });
        assert_eq!(talk.lines(), "xdef f():\n    return 1", "{save}");
        assert_eq!(talk.notice(), "there is no such file");
        talk.keys("esc");
        assert!(matches!(talk.app.mode(), Mode::Edit(editor) if editor.is_asking()), "{save}");
        talk.keys("n");
    }
    assert_eq!(talk.text, DECK);
    talk.is_gone = false;
    talk.keys("^s");
    assert_eq!(talk.saved, DECK.replace("def f", "xdef f"));
}

#[test]
fn edit_of_a_removed_block_waits_for_it() {
    let mut talk = EditTalk::new(DECK);
    talk.keys("i x");
    talk.save_outside("One\n===\n\ntext\n", 0);
    assert!(matches!(talk.app.mode(), Mode::Slide));
    assert!(talk.notice().starts_with("another program removed the block"), "{}", talk.notice());
    assert!(!talk.keys("q").contains(&Effect::Quit));
    assert!(talk.notice().contains("unsaved edits"), "{}", talk.notice());
    talk.save_outside(DECK, 0);
    talk.keys("i");
    assert_eq!(talk.lines(), "def f():\n    return 1");
    talk.keys("^z");
    assert_eq!(talk.lines(), "xdef f():\n    return 1");
}

#[test]
fn closed_editor_keeps_an_edit_that_another_program_replaced() {
    let mut talk = EditTalk::new(DECK);
    talk.keys("i x ^]");
    talk.save_outside(&DECK.replacen("return 1", "return 2", 1), 1);
    assert!(talk.notice().contains("unsaved edits"), "{}", talk.notice());
    assert_eq!(talk.keys("q"), [], "it is still unsaved");
    talk.keys("i");
    assert_eq!(talk.lines(), "def f():\n    return 2");
    talk.keys("^z");
    assert_eq!(talk.lines(), "xdef f():\n    return 1");
    let effects = talk.keys("^s");
    let [Effect::Edit(edit)] = &effects[..1] else { panic!("{effects:?}") };
    assert!(edit.previous.iter().any(|text| text.contains("xdef")), "replaces the lost draft");
}

#[test]
fn open_editor_follows_its_block() {
    let mut talk = EditTalk::new(DECK);
    talk.keys("i x");
    talk.save_outside(
        &format!("Zero\n===\n\n```python +exec\nz\n```\n\n<!-- end_slide -->\n\n{DECK}"),
        0,
    );
    talk.keys("^s");
    assert!(talk.text.contains("   xdef f():\n") && talk.text.contains("\nz\n"), "{}", talk.text);
    talk.save_outside(&talk.text.replacen("xdef", "async def", 1), 0);
    assert_eq!(talk.lines(), "async def f():\n    return 1", "nothing was typed since");
    talk.keys("^z");
    assert_eq!(talk.lines(), "xdef f():\n    return 1");
}

#[test]
fn release_keys_can_be_bound() {
    let keymap = Keymap::with(&[(Action::ReleaseKeys, vec!["<c-g>".to_owned()])]).unwrap();
    let mut talk = EditTalk::with_keys(DECK, keymap);
    talk.keys("i f12");
    assert!(matches!(talk.app.mode(), Mode::Edit(_)));
    talk.keys("^g");
    assert!(matches!(talk.app.mode(), Mode::Slide));
}

#[test]
fn paste_is_text_and_never_keys() {
    let mut talk = EditTalk::new(DECK);
    assert_eq!(talk.send(Msg::Paste("q\r".to_owned())), []);
    talk.keys("i down");
    talk.send(Msg::Paste("    a\r    b\r".to_owned()));
    assert_eq!(talk.lines(), "def f():\n    a\n    b\n    return 1");
    talk.keys("f12 ^p");
    talk.send(Msg::Paste("Two\nq".to_owned()));
    let Mode::Index(index) = talk.app.mode() else { panic!("no index") };
    assert_eq!(index.query, "Two");
}

#[test]
fn open_editor_stays_on_the_screen_and_at_its_copy_of_equal_code() {
    let slide =
        |title: &str| format!("{title}\n===\n\n```python +exec\nx\n```\n\n<!-- end_slide -->\n\n");
    let saved = [slide("One"), slide("Two")].concat();
    let mut talk = EditTalk::new(&saved);
    talk.keys("l i y");
    talk.save_outside(
        &format!("Zero\n===\n\n```bash +exec\nz\n```\n\n<!-- end_slide -->\n\n{saved}"),
        0,
    );
    let Mode::Edit(editor) = talk.app.mode() else { panic!("no editor") };
    let cell = talk.app.deck().cell(editor.cell).unwrap();
    assert_eq!((cell.slide, talk.app.at().slide), (SlideNo::new(2), SlideNo::new(2)));
    talk.keys("^s");
    let [first, second] = ["One", "Two"].map(|title| talk.text.split_once(title).unwrap().1);
    assert!(first.contains("\nx\n") && second.contains("\nyx\n"), "{}", talk.text);
}

#[test]
fn empty_line_is_no_change_to_go_to() {
    let deck = "One\n===\n\na\n\n<!-- end_slide -->\n\nTwo\n===\n\nb\n";
    let mut talk = EditTalk::new(deck);
    talk.save_outside(&deck.replace("One", "\nOne").replace("b\n", "c\n"), 0);
    assert_eq!(talk.app.at().slide, SlideNo::new(1));
}

#[test]
fn block_that_moves_up_is_not_the_removed_one() {
    let block = |code: &str| format!("```python +exec\n{code}\n```\n\n");
    let mut talk = EditTalk::new(&[block("a"), block("b")].concat());
    talk.keys("i x");
    talk.save_outside(&block("b"), 0);
    assert!(talk.notice().starts_with("another program removed the block"), "{}", talk.notice());
    assert_eq!(talk.text, block("b"));
}
