//! Markdown that runs show, read as the text of a slide. Done on the thread that the run's events
//! come from: the loop has no time for it.

use std::path::Path;

use crate::deck::Block;
use crate::exec::ExecEvent;
use crate::panics::contain;
use crate::parse::parse;
use crate::run::{Event::Value, Output, OutputValue};
use crate::source::MemFiles;

/// An event with its markdown read, if it has any.
pub(crate) fn read(event: ExecEvent) -> ExecEvent {
    match event {
        ExecEvent::Run(run, Value(OutputValue::Markdown { text, .. })) => {
            let blocks = blocks(&text);
            ExecEvent::Run(run, Value(OutputValue::Markdown { text, blocks }))
        }
        other => other,
    }
}

/// Reads all markdown of an output.
pub(super) fn read_all(output: &mut Output) {
    for (text, read) in output.markdown_to_read() {
        *read = blocks(text);
    }
}

/// What a text says; nothing where it is more than text for one slide, or wants more than that: it
/// is then shown as it was written.
fn blocks(text: &str) -> Vec<Block> {
    // Behind a remark a rule begins no front matter, and was not meant to.
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
    fn what_begins_like_front_matter_is_text() {
        assert!(!blocks("---\ntitle: no\n---\n").is_empty());
    }

    #[test]
    fn what_would_run_or_is_a_mistake_is_shown_as_it_is() {
        assert!(blocks("```python +exec\nprint(1)\n```").is_empty());
        assert!(blocks("one\n\n<!-- pause -->\n\ntwo").is_empty());
        assert!(blocks("```python +what\nprint(1)\n```").is_empty());
    }
}
