//! Converts events of runs to messages and parses Markdown and formulas that runs display. Runs on the thread
//! that receives the run's events, to keep the loop responsive.

use std::path::Path;
use std::sync::Arc;

use crate::app::Msg;
use crate::deck::{Block, BlockKind, Deck, Inline, Slide, SlideNo};
use crate::exec::ExecEvent;
use crate::panics::contain;
use crate::parse::parse;
use crate::run::{Event::Value, MarkdownOutput, Output, OutputValue};
use crate::source::MemFiles;

/// Converts an event to a message. Parses its Markdown, if it has any.
pub(crate) fn to_msg(event: ExecEvent) -> Msg {
    match event {
        ExecEvent::Run(run, Value(OutputValue::Markdown(text), name)) => {
            Msg::Markdown(run, MarkdownOutput { blocks: value_blocks(&text), text }, name)
        }
        ExecEvent::Run(run, Value(OutputValue::Formula { latex, plain }, name)) => {
            match formula(&latex, &plain) {
                Some(markdown) => Msg::Markdown(run, markdown, name),
                None => Msg::Run(run, Value(OutputValue::Formula { latex, plain }, name)),
            }
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
        if markdown.blocks.is_empty() {
            markdown.blocks = value_blocks(&markdown.text);
        }
    }
}

/// Returns a formula as Markdown, if it can be one.
pub(super) fn formula(latex: &str, plain: &str) -> Option<MarkdownOutput> {
    let text = format!("${latex}$");
    let mut blocks = value_blocks(&text);
    let [Block { kind: BlockKind::Paragraph(inlines), .. }] = &mut *blocks else { return None };
    let is_verbatim = |inline: &Inline| matches!(inline, Inline::Text(it, _) if it.contains('$'));
    if inlines.len() != 1 || inlines.iter().any(is_verbatim) {
        return None;
    }
    let plain = plain.trim();
    for inline in inlines {
        if let Inline::Formula(formula, _) = inline
            && !plain.is_empty()
            && !plain.contains('\n')
        {
            Arc::make_mut(formula).plain = Some(plain.into());
        }
    }
    Some(MarkdownOutput { text: text.into(), blocks })
}

/// Parses the Markdown of a value: as in Jupyter, `$…$` is a formula.
fn value_blocks(text: &str) -> Vec<Block> {
    blocks(text, true)
}

/// Returns the notes of a slide as a deck of one slide, with their markdown. Notes that contain errors or
/// code to run are shown as they are written.
pub(crate) fn notes_of(deck: &Deck, slide: SlideNo) -> Deck {
    let slide = deck.slide(slide);
    let plain = slide.note_blocks();
    let mut shown = Vec::new();
    for (note, plain) in slide.notes.iter().zip(plain) {
        let blocks = blocks(&note.text, deck.options.math);
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
fn blocks(text: &str, has_math: bool) -> Vec<Block> {
    // After front matter or a comment, a leading `---` is a rule.
    let front = if has_math { "---\noptions: {math: true}\n---\n" } else { "" };
    let text = format!("{front}<!-- // -->\n\n{text}");
    let parse = || parse(Path::new(""), &text, &MemFiles::default());
    let Ok(deck) = contain("reading the markdown", parse) else { return Vec::new() };
    let is_plain = deck.diagnostics.is_empty() && deck.cells.is_empty() && deck.slides.len() == 1;
    let slide = deck.slides.into_iter().next().filter(|slide| is_plain && slide.steps == 1);
    slide.map(|slide| slide.blocks).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_blocks() {
        let blocks = value_blocks("# Head\n\n- one\n- two\n\n---\n\n| a |\n|---|\n| 1 |\n");
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
        assert!(!value_blocks("---\ntitle: no\n---\n").is_empty());
    }

    #[test]
    fn code_and_errors_are_shown_verbatim() {
        assert!(value_blocks("```python +exec\nprint(1)\n```").is_empty());
        assert!(value_blocks("one\n\n<!-- pause -->\n\ntwo").is_empty());
        assert!(value_blocks("```python +what\nprint(1)\n```").is_empty());
    }

    #[test]
    fn formula_is_drawn_or_text() {
        let shown = |latex: &str, plain: &str| {
            let markdown = formula(latex, plain)?;
            let BlockKind::Paragraph(inlines) = &markdown.blocks[0].kind else { panic!() };
            Some((inlines[0].clone(), markdown.text))
        };
        let Some((Inline::Formula(drawn, _), text)) = shown("\\displaystyle \\frac{x + 1}{y}", "p")
        else {
            panic!("it is not drawn")
        };
        assert_eq!(&*drawn.source, "\\displaystyle \\frac{x + 1}{y}");
        assert_eq!((&*drawn.written(), &*drawn.text()), ("p", "(x + 1)/y"));
        assert_eq!(&*text, "$\\displaystyle \\frac{x + 1}{y}$");
        let Some((Inline::Text(exact, _), _)) = shown("\\displaystyle x^{2}", "x**2") else {
            panic!("it is no text")
        };
        assert_eq!(&*exact, "x²");
        assert_eq!(shown("x$ and $y", "p"), None);
        assert_eq!(shown("", "p"), None);
        // In Markdown of values, formulas are formulas.
        let blocks = value_blocks("so $\\frac{x + 1}{y}$");
        let BlockKind::Paragraph(inlines) = &blocks[0].kind else { panic!() };
        assert!(matches!(inlines[1], Inline::Formula(..)), "{inlines:?}");
    }
}
