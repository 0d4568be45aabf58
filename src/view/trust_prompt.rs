//! The trust prompt, shown before a deck's code runs for the first time: which languages and blocks would
//! run, which blocks autorun, with which interpreter and crates, and what has changed since the deck was
//! trusted.

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::panel::{BOLD, DIM, FRAME_COLUMNS, FRAME_ROWS, KeyHelp, Panel};
use crate::app::{App, TrustPrompt, TrustSummary};
use crate::deck::Start;
use crate::theme::Theme;

/// The maximum width of the text: longer lines are hard to read.
const MAX_COLUMNS: usize = 76;

/// Columns of a row's label.
const NAME_COLUMNS: usize = 17;

/// The maximum number of slides that are listed.
const MAX_SLIDES: usize = 8;

/// Draws the prompt.
pub(super) fn draw(app: &App, prompt: &TrustPrompt, theme: &Theme, buffer: &mut Buffer) {
    let width = usize::from(buffer.area.width).saturating_sub(FRAME_COLUMNS).min(MAX_COLUMNS);
    let Some(summary) = app.trust_summary() else {
        let rows = choices(&[("n", "no")], theme, width);
        let (title, keys) = ("Checking what would run …".to_owned(), &[("n", "no")][..]);
        return Panel { title, keys, rows, ..Panel::default() }.draw(theme, buffer);
    };
    let facts = facts(app, prompt, summary, width);
    let choices = answers(app, summary, theme, width);
    let height = usize::from(buffer.area.height);
    let space = height.saturating_sub(FRAME_ROWS + choices.len() + 1).max(1);
    let hidden = facts.len().saturating_sub(space);
    let first = usize::from(prompt.row).min(hidden);
    let mut keys: Vec<KeyHelp<'_>> = vec![("o", "once"), ("a", "always"), ("n", "no")];
    if app.sandbox().is_ok() {
        keys.insert(2, ("s", "sandboxed"));
    }
    let note = match hidden {
        0 => String::new(),
        hidden => format!("{} of {hidden} more rows: ↑ ↓", hidden - first),
    };
    let mut rows: Vec<_> = facts.into_iter().skip(first).take(space).collect();
    rows.push(Line::default());
    rows.extend(choices);
    let title = "Run this deck's code?".to_owned();
    Panel { title, note, keys: &keys, rows, ..Panel::default() }.draw(theme, buffer);
}

/// Returns the rows to read before answering.
fn facts(
    app: &App,
    prompt: &TrustPrompt,
    summary: &TrustSummary,
    width: usize,
) -> Vec<Line<'static>> {
    let deck = app.deck().sources.iter().next().map(crate::source::SourceFile::name);
    let deck = deck.unwrap_or_default();
    let mut rows = Vec::new();
    if summary.changes.is_empty() {
        let others = if summary.machines.is_empty() { "" } else { " and others" };
        let text = format!("{deck} can run code on this machine{others}:");
        rows.extend(wrapped("", &text, width).into_iter().map(Line::from));
    } else {
        let text = format!("{deck} has changed since you trusted it:");
        let lines = wrapped("", &text, width).into_iter();
        rows.extend(lines.map(|line| Line::from(Span::styled(line, BOLD))));
        let changes = summary.changes.iter().flat_map(|it| wrapped("  • ", it, width));
        rows.extend(changes.map(Line::from));
    }
    rows.push(Line::default());
    let mut row = |name: &str, text: &str| {
        let name = format!("  {name:<0$}", NAME_COLUMNS - 2);
        rows.extend(wrapped(&name, text, width).into_iter().map(|line| {
            // The label is ASCII, and rows after the first have blanks in its place.
            let (name, text) = line.split_at_checked(NAME_COLUMNS).unwrap_or((&line, ""));
            Line::from(vec![Span::styled(name.to_owned(), DIM), Span::raw(text.to_owned())])
        }));
    };
    row("in the deck", &languages(app));
    row("requested now", &blocks(prompt.cells.len()));
    row("autorun", &autorun(app));
    if !summary.machines.is_empty() {
        row("other machines", &summary.machines.join("; "));
    }
    if let Some(interpreter) = &summary.interpreter {
        row("Python", interpreter);
    }
    if !summary.kernels.is_empty() {
        row("kernels", &summary.kernels.join("; "));
    }
    if !summary.crates.is_empty() {
        row("crates", &summary.crates.join("; "));
        row("", "build scripts and macros run during the build");
    }
    if !summary.files.is_empty() {
        row("in its folder", &summary.files.join(", "));
    }
    rows
}

fn languages(app: &App) -> String {
    let mut languages: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in app.deck().cells.iter().filter(|cell| cell.exec.start != Start::OnCheck) {
        *languages.entry(&cell.language).or_default() += 1;
    }
    let languages = languages.iter().map(|(language, count)| format!("{count} × {language}"));
    languages.collect::<Vec<_>>().join(", ")
}

/// Returns how many blocks autorun, and on which slides.
fn autorun(app: &App) -> String {
    let autorun = app.deck().cells.iter().filter(|cell| cell.exec.start == Start::Auto);
    let slides: Vec<usize> = autorun.map(|cell| cell.slide.index() + 1).collect();
    let numbers: BTreeSet<usize> = slides.iter().copied().collect();
    let named = numbers.iter().take(MAX_SLIDES).map(ToString::to_string).collect::<Vec<_>>();
    let more = if numbers.len() > MAX_SLIDES { " and others" } else { "" };
    match slides.len() {
        0 => "none".to_owned(),
        count => {
            let what = if numbers.len() == 1 { "slide" } else { "slides" };
            format!("{}, on {what} {}{more}", blocks(count), named.join(", "))
        }
    }
}

/// Returns the possible answers.
fn answers(app: &App, summary: &TrustSummary, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let never = |why: &String| format!("(always is not available: {why})");
    let always = summary.unrememberable.as_ref().map(never);
    let always = always.as_deref().unwrap_or("always for this deck, until what it runs changes");
    let (key, sandboxed) = sandbox(app);
    let all = [("o", "once: for this talk"), ("a", always), (key, &sandboxed), ("n", "no")];
    choices(&all, theme, width)
}

/// Returns the answer that runs the code in the sandbox, with what the sandbox cannot restrict on this
/// machine; or why it is not available.
fn sandbox(app: &App) -> (&'static str, String) {
    match app.sandbox() {
        Ok(gaps) => {
            let answer = "sandboxed: for this talk, without network or your files";
            let gaps = gaps.iter().map(|gap| format!("; this kernel cannot restrict: {gap}"));
            ("s", [answer.to_owned()].into_iter().chain(gaps).collect())
        }
        Err(why) => (" ", format!("(sandboxed is not available: {why})")),
    }
}

fn choices(choices: &[(&'static str, &str)], theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    for (key, meaning) in choices {
        let lines = wrapped("     ", meaning, width).into_iter();
        for (number, line) in lines.enumerate() {
            let key = if number == 0 { *key } else { " " };
            let key = Span::styled(format!("  {key}"), theme.panel.accent.patch(BOLD));
            rows.push(Line::from(vec![
                key,
                Span::raw(line.get(3..).unwrap_or_default().to_owned()),
            ]));
        }
    }
    rows
}

fn blocks(count: usize) -> String {
    if count == 1 { "1 block".to_owned() } else { format!("{count} blocks") }
}

/// Wraps a text after its label. Rows after the first are indented to the text.
fn wrapped(name: &str, text: &str, width: usize) -> Vec<String> {
    let indent = name.width();
    let mut rows = vec![name.to_owned()];
    let mut used = indent;
    for word in text.split_inclusive(' ') {
        if used > indent && used + word.trim_end().width() > width {
            rows.push(" ".repeat(indent));
            used = indent;
        }
        for c in word.chars() {
            let columns = c.to_string().width();
            // A word, such as a path, may be longer than a row.
            if used > indent && used + columns > width && c != ' ' {
                rows.push(" ".repeat(indent));
                used = indent;
            }
            if let Some(row) = rows.last_mut() {
                row.push(c);
            }
            used += columns;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::app::{AppOptions, Msg, update};
    use crate::theme::{Choice, resolve};

    fn drawn(summary: Option<TrustSummary>, (columns, rows): (u16, u16), row: u16) -> Vec<String> {
        let mut deck = crate::deck::Deck::default();
        let file = crate::source::SourceFile::new(Path::new("a\u{1b}deck.md"), "");
        deck.sources.add(file);
        let mut app = App::new(Arc::new(deck), AppOptions::default());
        update(&mut app, Msg::Examined(summary.map(Arc::new)));
        let dark =
            Choice { forced: None, name: None, file: None, default: "dark", overrides: None };
        let (theme, _) = resolve(&dark);
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, columns, rows));
        let prompt = TrustPrompt { cells: Vec::new(), row };
        draw(&app, &prompt, &theme, &mut buffer);
        let line = |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..rows).map(line).collect()
    }

    fn full() -> TrustSummary {
        TrustSummary {
            is_trusted: false,
            changes: (1..=12).map(|number| format!("block {number} (slide 1) changed")).collect(),
            interpreter: Some("/home/ada/talks/.venv/bin/python3 (3.11.2)".to_owned()),
            kernels: vec!["ir (R -e IRkernel::main)".to_owned()],
            machines: vec!["2 blocks on gpu (ssh); copies data there".to_owned()],
            crates: vec!["serde 1".to_owned(), "dep path ./dep (build script)".to_owned()],
            files: vec![".venv".to_owned(), "helper.py".to_owned()],
            unrememberable: None,
        }
    }

    #[test]
    fn answers_appear_when_the_summary_is_known() {
        let screen = drawn(None, (80, 24), 0).concat();
        assert!(screen.contains("Checking what would run"), "{screen}");
        assert!(!screen.contains("once"), "{screen}");
    }

    #[test]
    fn long_prompt_scrolls_and_keeps_its_answers() {
        for size in [(80, 24), (60, 20)] {
            let mut seen = String::new();
            for row in 0..40 {
                let screen = drawn(Some(full()), size, row).join("\n");
                for answer in ["once: for this talk", "always for this deck", "  n  no"] {
                    assert!(screen.contains(answer), "{screen}");
                }
                seen += &screen;
            }
            for fact in [
                "a␛deck.md has changed since you trusted it:",
                "• block 1 (slide 1) changed",
                "• block 12 (slide 1) changed",
                "(3.11.2)",
                "kernels        ir (R -e IRkernel::main)",
                "2 blocks on gpu (ssh); copies data",
                "serde 1; dep path ./dep",
                ".venv, helper.py",
                "more rows: ↑ ↓",
            ] {
                assert!(seen.contains(fact), "{fact} at {size:?}: {seen}");
            }
        }
    }

    #[test]
    fn unrememberable_deck_shows_the_reason() {
        let why = Some("crate ./dep: more than 8192 files".to_owned());
        let summary = TrustSummary { unrememberable: why, ..TrustSummary::default() };
        let screen = drawn(Some(summary), (80, 24), 0).join("\n");
        assert!(screen.contains("always is not available: crate ./dep: more than"), "{screen}");
    }
}
