//! Renders a deck as compact text, for the parser's tests.

use std::fmt::Write as _;

use crate::deck::{
    Block, BlockKind, Check, CodeBlock, Deck, Inline, LineGroup, Marker, OutputMode, Slide, Step,
    TextStyle,
};
use crate::diag;

/// Renders slides, then diagnostics, one per line.
pub(in crate::parse) fn deck_text(deck: &Deck) -> String {
    let mut out = String::new();
    for (index, slide) in deck.slides.iter().enumerate() {
        self::slide(&mut out, index, slide, deck);
    }
    for diagnostic in &deck.diagnostics {
        let _ = writeln!(out, "! {}", diag::summary(diagnostic, &deck.sources));
        for hint in &diagnostic.hints {
            let _ = writeln!(out, "  ? {hint}");
        }
    }
    out
}

fn slide(out: &mut String, index: usize, slide: &Slide, deck: &Deck) {
    let _ = write!(out, "--- {}", index + 1);
    if let Some(title) = &slide.title {
        let _ = write!(out, " {title:?}");
    }
    if slide.steps != 1 {
        let _ = write!(out, " steps={}", slide.steps);
    }
    if slide.no_footer {
        out.push_str(" no-footer");
    }
    out.push('\n');
    for note in &slide.notes {
        let step = if note.step == Step(0) { String::new() } else { format!("@{} ", note.step.0) };
        let _ = writeln!(out, "{step}note {:?}", note.text);
    }
    blocks(out, &slide.blocks, 0, deck);
}

fn blocks(out: &mut String, all: &[Block], depth: usize, deck: &Deck) {
    for block in all {
        self::block(out, block, depth, deck);
    }
}

fn block(out: &mut String, block: &Block, depth: usize, deck: &Deck) {
    let pad = "  ".repeat(depth);
    out.push_str(&pad);
    step(out, block.step);
    if let Some(align) = block.align {
        let _ = write!(out, "{align:?} ");
    }
    if let Some(size) = block.font_size {
        let _ = write!(out, "size={size} ");
    }
    match &block.kind {
        BlockKind::Title(text) => line(out, "title", text),
        BlockKind::Heading(level, text) => line(out, &format!("h{level}"), text),
        BlockKind::Paragraph(text) => line(out, "p", text),
        BlockKind::List(list) => {
            out.push_str(if list.continues { "list, continued" } else { "list" });
            if list.item_newlines != 1 {
                let _ = write!(out, " newlines={}", list.item_newlines);
            }
            out.push('\n');
            for item in &list.items {
                let _ = write!(out, "{pad}  {}", "  ".repeat(item.depth.into()));
                step(out, item.step);
                let marker = match &item.marker {
                    Marker::Bullet => "*",
                    Marker::Number(number) => number,
                };
                line(out, marker, &item.text);
                blocks(out, &item.blocks, depth + 2 + usize::from(item.depth), deck);
            }
        }
        BlockKind::Table(table) => {
            let _ = writeln!(out, "table {:?}", table.aligns);
            let _ = writeln!(out, "{pad}  {}", cells(&table.header));
            for row in &table.rows {
                let _ = write!(out, "{pad}  ");
                step(out, row.step);
                let _ = writeln!(out, "{}", cells(&row.cells));
            }
        }
        BlockKind::Quote(inside) => nested(out, "quote", inside, depth, deck),
        BlockKind::Alert(kind, title, inside) => {
            let title = title.as_deref().map_or(String::new(), |title| format!(" {}", text(title)));
            nested(out, &format!("{kind:?}{title}"), inside, depth, deck);
        }
        BlockKind::Rule => out.push_str("rule\n"),
        BlockKind::Code(code) => self::code(out, code, &pad, deck),
        BlockKind::Output(id) => {
            let name = deck.cell(*id).and_then(|cell| cell.name.as_deref());
            let _ = writeln!(out, "output of {}", name.unwrap_or_default());
        }
        BlockKind::Picture(picture) => {
            let _ = write!(out, "picture {} in {:?}", picture.source, picture.base);
            if let Some(percent) = picture.size.width {
                let _ = write!(out, " {percent}%");
            }
            if let Some(percent) = picture.size.height {
                let _ = write!(out, " {percent}% of the height");
            }
            let _ = writeln!(out, " {:?}", picture.alt);
        }
        BlockKind::Chart(chart) => {
            let _ = writeln!(out, "chart {chart:?}");
        }
        BlockKind::Columns(columns) => {
            let _ = writeln!(out, "columns {:?}", columns.ratios);
            for column in &columns.columns {
                let _ = writeln!(out, "{pad}  column");
                blocks(out, column, depth + 2, deck);
            }
        }
        BlockKind::Footnote(name, text) => line(out, &format!("footnote {name}"), text),
        BlockKind::Space(rows) => {
            let _ = writeln!(out, "space {rows}");
        }
        BlockKind::JumpToMiddle => out.push_str("middle\n"),
        BlockKind::Problem(index) => {
            let _ = writeln!(out, "problem: {}", deck.diagnostics[*index].message);
        }
    }
}

fn nested(out: &mut String, name: &str, inside: &[Block], depth: usize, deck: &Deck) {
    let _ = writeln!(out, "{name}");
    blocks(out, inside, depth + 1, deck);
}

fn code(out: &mut String, code: &CodeBlock, pad: &str, deck: &Deck) {
    let _ = write!(out, "code {}", code.language);
    if code.line_numbers {
        out.push_str(" numbered");
    }
    if code.no_background {
        out.push_str(" bare");
    }
    if !code.groups.is_empty() {
        let groups: Vec<_> = code.groups.iter().map(group).collect();
        let _ = write!(out, " {{{}}} from {}", groups.join("|"), code.groups_from.0);
    }
    out.push('\n');
    for line in code.text.split('\n') {
        let _ = writeln!(out, "{pad}  | {line}");
    }
    if let Some(cell) = code.cell.and_then(|id| deck.cell(id)) {
        let _ = write!(out, "{pad}  runs {} {:?}", cell.language, cell.exec.start);
        if let Some(alternative) = &cell.exec.alternative {
            let _ = write!(out, " by {alternative}");
        }
        if let Some(timeout) = cell.exec.timeout_ms {
            let _ = write!(out, " for {timeout}ms");
        }
        if cell.exec.output_mode != OutputMode::Below {
            let _ = write!(out, " as {:?}", cell.exec.output_mode);
        }
        if let Some(session) = &cell.exec.session {
            let _ = write!(out, " in session {session:?}");
        }
        if let Some(pty) = cell.exec.pty {
            let _ = write!(out, " in {pty:?}");
        }
        for (name, value) in &cell.exec.environment {
            let _ = write!(out, " with {name}={value}");
        }
        if let Some(name) = &cell.name {
            let _ = write!(
                out,
                " called {name}{}",
                if cell.detached { ", shown elsewhere" } else { "" }
            );
        }
        if cell.check != Check::default() {
            let _ = write!(out, " checked {:?}", cell.check);
        }
        let _ = writeln!(out, " line {} {:?}", cell.first_line, cell.code);
    }
}

fn group(group: &LineGroup) -> String {
    match group {
        LineGroup::All => "all".to_owned(),
        LineGroup::Lines(ranges) => {
            ranges.iter().map(|(from, to)| format!("{from}-{to}")).collect::<Vec<_>>().join(",")
        }
    }
}

fn step(out: &mut String, step: Step) {
    if step.0 > 0 {
        let _ = write!(out, "@{} ", step.0);
    }
}

fn line(out: &mut String, name: &str, inlines: &[Inline]) {
    let _ = writeln!(out, "{name} {}", text(inlines));
}

fn cells(cells: &[Vec<Inline>]) -> String {
    cells.iter().map(|cell| text(cell)).collect::<Vec<_>>().join(" | ")
}

/// Renders inlines as `{bi:text}`, one letter per flag.
pub(in crate::parse) fn text(inlines: &[Inline]) -> String {
    const LETTERS: [(u16, char); 8] = [
        (TextStyle::BOLD, 'b'),
        (TextStyle::ITALIC, 'i'),
        (TextStyle::STRIKE, 's'),
        (TextStyle::CODE, 'c'),
        (TextStyle::SUPERSCRIPT, '^'),
        (TextStyle::LINK_LABEL, 'L'),
        (TextStyle::LINK_URL, 'U'),
        (TextStyle::LINK_TITLE, 'T'),
    ];
    let mut out = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(text, style) => {
                let mut letters: String =
                    LETTERS.iter().filter(|(flag, _)| style.has(*flag)).map(|(_, c)| c).collect();
                if let Some(colors) = &style.colors {
                    let color = |name, value: &Option<String>| {
                        value.as_ref().map_or(String::new(), |value| format!("{name}{value}"))
                    };
                    letters += &color("fg=", &colors.foreground);
                    letters += &color("bg=", &colors.background);
                    letters += &color("class=", &colors.class);
                }
                if letters.is_empty() {
                    out.push_str(text);
                } else {
                    let _ = write!(out, "{{{letters}:{text}}}");
                }
            }
            Inline::Formula(formula, _) => {
                let _ = write!(out, "<${}$>", formula.source);
            }
            Inline::Break => out.push('⏎'),
            Inline::SoftBreak => out.push('␣'),
            Inline::Counter(variable, _) => {
                let _ = write!(out, "<{variable:?}>");
            }
        }
    }
    out
}
