//! Warns about markdown that is valid but was likely not intended. Warnings are not shown on
//! slides.

use crate::deck::{Block, BlockKind, CodeBlock, Deck, LineGroup, SlideKind};
use crate::diag::Diagnostic;
use crate::source::{Sources, Span};

/// Reports rules that were likely meant to end slides, and paragraphs that were likely meant as
/// tables.
pub(super) fn check(deck: &mut Deck) {
    let mut found = Vec::new();
    found.extend(rules(deck));
    for slide in &deck.slides {
        tables(&slide.blocks, &deck.sources, &mut found);
    }
    if !deck.options.math {
        found.extend(deck.slides.iter().find_map(|slide| formula(&slide.blocks, &deck.sources)));
    }
    deck.diagnostics.extend(found);
}

/// Reports the first paragraph with what looks like a formula, where formulas are off.
fn formula(blocks: &[Block], sources: &Sources) -> Option<Diagnostic> {
    let mut found = None;
    Block::walk_all(blocks, &mut |block| {
        if found.is_none() && matches!(block.kind, BlockKind::Paragraph(_)) {
            found = formula_in(block.span, sources);
        }
    });
    let message = "this looks like a formula, and formulas in text are off";
    let hint = "write `options: {math: true}` into the front matter";
    found.map(|place| Diagnostic::warning(place, message).hint(hint))
}

/// Returns the place of text between dollar signs that has a command or a script.
fn formula_in(span: Span, sources: &Sources) -> Option<Span> {
    let text = sources.get(span.file)?.text().get(span.range())?;
    let mut at = 0;
    while let Some(open) = text[at..].find('$').map(|found| at + found) {
        let marks = text[open..].bytes().take_while(|byte| *byte == b'$').count();
        let start = open + marks;
        let end = start + text[start..].find(['$', '`', '\n'])?;
        let inside = &text[start..end];
        let is_closed = text[end..].starts_with('$')
            && !inside.starts_with(char::is_whitespace)
            && !inside.ends_with(char::is_whitespace);
        let has_command = inside.contains('\\') || inside.contains("^{") || inside.contains("_{");
        if marks <= 2 && is_closed && has_command {
            let whole = open..end + marks.min(text.len() - end);
            return Some(Span::new(
                span.file,
                span.range().start + whole.start..span.range().start + whole.end,
            ));
        }
        at = end.max(start);
        if !text[at..].starts_with('$') {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    None
}

/// Returns the warning for a deck of one slide whose rules separate parts with headings, as slides
/// of other tools.
fn rules(deck: &Deck) -> Option<Diagnostic> {
    if deck.options.end_slide_shorthand {
        return None;
    }
    let mut slides = deck.slides.iter().filter(|slide| slide.kind == SlideKind::Normal);
    let (slide, None) = (slides.next()?, slides.next()) else { return None };
    let is_rule = |block: &Block| matches!(block.kind, BlockKind::Rule);
    let is_heading =
        |block: &Block| matches!(block.kind, BlockKind::Heading(..) | BlockKind::Title(_));
    let parts = slide.blocks.split(is_rule);
    if parts.filter(|part| part.iter().any(is_heading)).count() < 2 {
        return None;
    }
    let first = slide.blocks.iter().find(|block| is_rule(block))?;
    let count = slide.blocks.iter().filter(|block| is_rule(block)).count();
    let rules = if count == 1 { "a rule".to_owned() } else { format!("{count} rules") };
    let message = format!("the deck is a single slide with {rules} (`---`)");
    let option = "`options: {end_slide_shorthand: true}`";
    let has_front_matter = deck.slides.len() > 1 || slide.span.start > 0;
    let hint = if has_front_matter {
        format!("to end slides at `---`, add {option} to the front matter")
    } else {
        format!("to end slides at `---`, start the file with the lines `---`, {option}, `---`")
    };
    let other = "or end each slide with `<!-- end_slide -->` on its own line";
    Some(Diagnostic::warning(first.span, message).hint(hint).hint(other))
}

/// Reports paragraphs that would be tables if the line below the header had as many cells.
fn tables(blocks: &[Block], sources: &Sources, found: &mut Vec<Diagnostic>) {
    for block in blocks {
        match &block.kind {
            BlockKind::Paragraph(_) => found.extend(not_a_table(block.span, sources)),
            BlockKind::Columns(columns) => {
                columns.columns.iter().for_each(|column| tables(column, sources, found));
            }
            _ => {}
        }
    }
}

fn not_a_table(span: Span, sources: &Sources) -> Option<Diagnostic> {
    let text = sources.get(span.file)?.text().get(span.range())?;
    if !text.contains('|') {
        return None;
    }
    let mut lines = text.lines().map(str::trim);
    let (header, rule) =
        lines.clone().zip(lines.by_ref().skip(1)).find(|(_, rule)| is_rule(rule))?;
    let (cells, rules) = (cells(header), cells(rule));
    if !header.contains('|') || cells == rules {
        return None;
    }
    let at = span.range().start + (rule.as_ptr() as usize - text.as_ptr() as usize);
    let place = Span::new(span.file, at..at + rule.len());
    let counted = |count: usize| match count {
        1 => "1 column".to_owned(),
        count => format!("{count} columns"),
    };
    let message = format!("not a table: {} over {}", counted(cells), counted(rules));
    let right = format!("|{}", "---|".repeat(cells));
    Some(
        Diagnostic::warning(place, message)
            .hint(format!("write the line below the header as `{right}`")),
    )
}

/// Returns whether a line is the one below a table's header.
fn is_rule(line: &str) -> bool {
    line.contains('|')
        && line.contains("--")
        && line.bytes().all(|byte| matches!(byte, b'|' | b'-' | b':' | b' ' | b'\t'))
}

fn cells(line: &str) -> usize {
    let line = line.strip_prefix('|').unwrap_or(line);
    let ends = line.ends_with('|') && !line.ends_with("\\|");
    let bars = line.matches('|').count() - line.matches("\\|").count();
    bars + usize::from(!ends)
}

/// Reports highlighted lines that the block does not have. presenterm accepts them.
pub(super) fn missing_lines(block: &CodeBlock, span: Span) -> Option<Diagnostic> {
    let count = block.text.lines().count().max(1);
    // A range may end below the block, to mean "to the end".
    let is_missing = |&(from, to): &(u16, u16)| from == 0 || usize::from(from) > count || from > to;
    let lines = block.groups.iter().filter_map(|group| match group {
        LineGroup::Lines(lines) => Some(lines),
        LineGroup::All => None,
    });
    let &(from, to) = lines.flatten().find(|lines| is_missing(lines))?;
    let named = if from == to { from.to_string() } else { format!("{from}-{to}") };
    let has = if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
    let (message, hint) = if from > to {
        (format!("lines `{named}` are in the wrong order"), format!("write `{to}-{from}`"))
    } else {
        let message = format!("line `{named}` is highlighted, but the block has {has}");
        let hint = "lines are numbered from 1, hidden lines not included".to_owned();
        (message, hint)
    };
    Some(Diagnostic::warning(span, message).hint(hint))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use crate::parse::parse;
    use crate::source::MemFiles;

    fn reports(text: &str) -> Vec<String> {
        let deck = parse(Path::new("talk.md"), text, &MemFiles::default());
        let of = |it: &crate::diag::Diagnostic| format!("{}: {}", it.message, it.hints.join("; "));
        deck.diagnostics.iter().map(of).collect()
    }

    #[test]
    fn deck_split_by_rules_has_one_warning() {
        let found = reports("# A\n\nx\n\n---\n\n# B\n\n---\n\n# C\n");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("the deck is a single slide with 2 rules (`---`): "));
        assert!(found[0].contains("`options: {end_slide_shorthand: true}`"));
        assert_eq!(reports("---\ntitle: t\n---\n\n# A\n\n---\n\n# B\n").len(), 1);
    }

    #[rstest]
    #[case::ends_slides("# A\n\n---\n\n# B\n\n---\n\nc\n\n<!-- end_slide -->\n\nd\n")]
    #[case::has_the_option("---\noptions: {end_slide_shorthand: true}\n---\n\n# A\n\n---\n\n# B\n")]
    #[case::one_rule_below_text("# A\n\ntext\n\n---\n\na footnote\n")]
    #[case::a_table("| a | b |\n|---|---|\n| 1 | 2 |\n")]
    #[case::a_bar_in_text("a | b\n\n--- | ---\n")]
    #[case::code("```\n| a | b |\n|---|\n```\n")]
    fn intended_markdown_is_not_reported(#[case] text: &str) {
        assert_eq!(reports(text), [""; 0]);
    }

    #[rstest]
    #[case("| a | b |\n|---|\n| 1 | 2 |\n", "not a table: 2 columns over 1 column", "`|---|---|`")]
    #[case("text\n| a |\n|---|---|\n", "not a table: 1 column over 2 columns", "`|---|`")]
    #[case("a | b | c\n--- | ---\n", "not a table: 3 columns over 2 columns", "`|---|---|---|`")]
    fn table_with_wrong_delimiter_row_is_reported(
        #[case] text: &str,
        #[case] message: &str,
        #[case] rule: &str,
    ) {
        let expected = format!("{message}: write the line below the header as {rule}");
        assert_eq!(reports(text), [expected]);
    }

    #[rstest]
    #[case("{1|9}", Some("line `9` is highlighted, but the block has 2 lines"))]
    #[case("{3-8}", Some("line `3-8` is highlighted, but the block has 2 lines"))]
    #[case("{0}", Some("line `0` is highlighted, but the block has 2 lines"))]
    #[case("{2-1}", Some("lines `2-1` are in the wrong order"))]
    #[case("{1|2|all}", None)]
    #[case("{1-100}", None)]
    fn missing_highlighted_lines_are_reported(#[case] groups: &str, #[case] message: Option<&str>) {
        let found = reports(&format!("```rust {groups}\na\nb\n```\n"));
        assert_eq!(found.len(), usize::from(message.is_some()), "{found:?}");
        assert!(found.iter().all(|found| found.starts_with(message.unwrap_or_default())));
    }

    #[test]
    fn render_of_unknown_language_is_reported() {
        let found = reports("```mermiad +render\nx\n```\n");
        assert_eq!(found, ["`+render` cannot draw `mermiad`: did you mean `mermaid`?"]);
    }
}
