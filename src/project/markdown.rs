//! Converts events of runs to messages and parses Markdown that runs display. Runs on the thread that receives the run's events, to keep the
//! loop responsive.

use std::path::Path;

use crate::app::Msg;
use crate::deck::{Block, Deck, Slide, SlideNo};
use crate::exec::ExecEvent;
use crate::panics::contain;
use crate::parse::parse;
use crate::run::{Event::Value, MarkdownOutput, Output, OutputValue};
use crate::source::MemFiles;

/// Converts an event to a message. Parses its Markdown, if it has any.
pub(crate) fn to_msg(event: ExecEvent) -> Msg {
    match event {
        ExecEvent::Run(run, Value(OutputValue::Markdown(text), name)) => {
            Msg::Markdown(run, MarkdownOutput { blocks: blocks(&text), text }, name)
        }
        ExecEvent::Run(run, event) => Msg::Run(run, event),
        ExecEvent::Prepared(code, progress) => Msg::Prepared(code, progress),
        ExecEvent::Variables(run, variables) => Msg::Variables(run, variables),
        ExecEvent::Warning(message) => Msg::Failed(message),
    }
}

/// Parses all Markdown of an output.
pub(crate) fn read_all(output: &mut Output) {
    for markdown in output.markdown_mut() {
        markdown.blocks = blocks(&markdown.text);
    }
}

/// Returns the notes of a slide as a deck of one slide, with their markdown. Notes that contain errors or
/// code to run are shown as they are written.
pub(crate) fn notes_of(deck: &Deck, slide: SlideNo) -> Deck {
    let slide = deck.slide(slide);
    let plain = slide.note_blocks();
    let mut shown = Vec::new();
    for (note, plain) in slide.notes.iter().zip(plain) {
        let blocks = blocks(&note.text);
        if blocks.is_empty() {
            shown.push(plain);
        }
        shown.extend(blocks.into_iter().map(|block| Block { step: note.step, ..block }));
    }
    let steps = slide.steps;
    let notes = Slide { blocks: shown, steps, no_footer: true, ..Slide::default() };
    Deck { slides: vec![notes], ..Deck::default() }
}

/// Parses a text. Returns no blocks if it contains errors, code to run, or more than one slide or
/// step: such text is shown verbatim.
fn blocks(text: &str) -> Vec<Block> {
    // After a comment, a leading `---` is a rule, not front matter.
    let text = format!("<!-- // -->\n\n{text}");
    let parse = || parse(Path::new(""), &text, &MemFiles::default());
    let Ok(deck) = contain("reading the markdown", parse) else { return Vec::new() };
    let is_plain = deck.diagnostics.is_empty() && deck.cells.is_empty() && deck.slides.len() == 1;
    let slide = deck.slides.into_iter().next().filter(|slide| is_plain && slide.steps == 1);
    slide.map(|slide| slide.blocks).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::BlockKind;

    #[test]
    fn markdown_becomes_blocks() {
        let blocks = blocks("# Head\n\n- one\n- two\n\n---\n\n| a |\n|---|\n| 1 |\n");
        let kinds = blocks.iter().map(|block| match &block.kind {
            BlockKind::Title(_) | BlockKind::Heading(..) => "head",
            BlockKind::List(_) => "list",
            BlockKind::Rule => "rule",
            BlockKind::Table(_) => "table",
            other => panic!("{other:?}"),
        });
        assert_eq!(kinds.collect::<Vec<_>>(), ["head", "list", "rule", "table"]);
        assert!(blocks.iter().all(|block| block.step == crate::deck::Step::default()));
    }

    #[test]
    fn leading_rule_is_not_front_matter() {
        assert!(!blocks("---\ntitle: no\n---\n").is_empty());
    }

    #[test]
    fn code_and_errors_are_shown_verbatim() {
        assert!(blocks("```python +exec\nprint(1)\n```").is_empty());
        assert!(blocks("one\n\n<!-- pause -->\n\ntwo").is_empty());
        assert!(blocks("```python +what\nprint(1)\n```").is_empty());
    }
}
