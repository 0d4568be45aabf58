//! The question before a deck's code runs for the first time: what would run, in which languages,
//! what starts by itself.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::panel::Panel;
use crate::app::App;
use crate::deck::{CellId, Start};
use crate::theme::Theme;

/// Draws the question; `asked` are the cells that wait for the answer.
pub(super) fn draw(app: &App, asked: &[CellId], theme: &Theme, buffer: &mut Buffer) {
    let mut languages: BTreeMap<&str, usize> = BTreeMap::new();
    let cells = || app.deck.cells.iter().filter(|cell| cell.how.start != Start::OnCheck);
    for cell in cells() {
        *languages.entry(&cell.language).or_default() += 1;
    }
    let alone = cells().filter(|cell| cell.how.start == Start::Auto).count();
    let languages: Vec<String> =
        languages.iter().map(|(language, count)| format!("{count} × {language}")).collect();
    let deck = app.deck.sources.iter().next().map(|file| file.path().display().to_string());
    let rows = vec![
        Line::from(format!("{} can run code on this machine:", deck.unwrap_or_default())),
        Line::default(),
        Line::from(format!("  in the deck    {}", languages.join(", "))),
        Line::from(format!("  asked for now  {}", blocks(asked.len()))),
        Line::from(match alone {
            0 => "  by itself      nothing".to_owned(),
            count => format!("  by itself      {}", blocks(count)),
        }),
        Line::default(),
        choice("o", "once: for this talk"),
        choice("a", "always for this deck, until somebody else changes its code"),
        choice("n", "no"),
    ];
    let title = "Run this deck's code?".to_owned();
    Panel { title, keys: "o · a · n", rows, keep: 0, chosen: None }.draw(theme, buffer);
}

fn choice<'a>(key: &'a str, meaning: &'a str) -> Line<'a> {
    let key = Span::styled(format!("  {key}  "), Style::new().add_modifier(Modifier::BOLD));
    Line::from(vec![key, Span::raw(meaning)])
}

fn blocks(count: usize) -> String {
    if count == 1 { "1 block".to_owned() } else { format!("{count} blocks") }
}
