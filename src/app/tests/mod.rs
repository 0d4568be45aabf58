//! Tests of `update`: keys in, state and effects out, without terminal, clock or processes. This file
//! holds what they share: small decks, and a script that sends messages.

mod autorun;
mod bench;
mod movement;
mod pane;
mod panels;
mod passthrough;
mod reload;
mod running;
mod scrolling;
mod sessions;
mod stage;
mod trust_prompt;
mod typing;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{
    App, AppOptions, CellPlace, Effect, LayoutInfo, LitArea, Msg, SpotlightParts, Trust, update,
};
use crate::deck::{
    Block, BlockKind, Cell, CellId, Check, Deck, ExecSpec, Fingerprint, OutputMode, Pty, Slide,
    SlideNo, Start, Step,
};
use crate::run::{Event, Outcome, RunId, State};
use crate::source::{FileId, SourceFile, Span};

/// A slide: its text (one block per line, revealed line by line) and the code of its cells.
struct Page<'a> {
    text: &'a str,
    code: &'a [&'a str],
}

fn page<'a>(text: &'a str, code: &'a [&'a str]) -> Page<'a> {
    Page { text, code }
}

fn deck(pages: &[Page<'_>]) -> Arc<Deck> {
    let mut deck = Deck::default();
    let mut text = String::new();
    for (number, page) in pages.iter().enumerate() {
        let start = text.len();
        let mut slide = Slide::default();
        for (step, line) in page.text.lines().enumerate() {
            let at = text.len();
            text.push_str(line);
            text.push('\n');
            slide.blocks.push(Block {
                kind: BlockKind::Paragraph(Vec::new()),
                span: Span::new(FileId(0), at..text.len()),
                step: Step(step as u16),
                align: None,
                font_size: None,
            });
        }
        slide.steps = slide.blocks.len().max(1) as u16;
        slide.title = Some(page.text.into());
        for code in page.code {
            deck.cells.push(Arc::new(Cell {
                id: CellId(deck.cells.len() as u32),
                slide: SlideNo::new(number),
                step: Step(0),
                language: "bash".into(),
                exec: exec_spec(code),
                code: (*code).into(),
                fingerprint: Fingerprint::of("bash", None, code),
                span: Span::default(),
                first_line: 1,
                name: None,
                detached: false,
                check: Check::default(),
            }));
            text.push_str(code);
        }
        slide.span = Span::new(FileId(0), start..text.len());
        deck.slides.push(slide);
    }
    deck.sources.add(SourceFile::new("talk.md", text));
    Arc::new(deck)
}

/// Returns how a cell runs: code that starts with `auto` or `replace` autoruns, and code with a digit and
/// a colon belongs to the session with that number.
fn exec_spec(code: &str) -> ExecSpec {
    let (start, output_mode) = match code.split(' ').next() {
        Some("auto") => (Start::Auto, OutputMode::Below),
        Some("replace") => (Start::Auto, OutputMode::Replace),
        _ => (Start::OnKey, OutputMode::Below),
    };
    let pty = code.starts_with("pty").then(Pty::default);
    let session = code.split_once(':').and_then(|(before, _)| before.rsplit(' ').next());
    let session = session.map(Into::into);
    ExecSpec { start, output_mode, pty, session, ..ExecSpec::default() }
}

/// An app with a fixed layout: a screen of 20 rows, slides of `height` rows.
struct Script {
    app: App,
    height: u32,
}

impl Script {
    fn new(pages: &[Page<'_>]) -> Self {
        let mut script = Self {
            app: App::new(deck(pages), AppOptions { trust: Trust::Once, ..AppOptions::default() }),
            height: 10,
        };
        script.lay_out();
        script
    }

    fn tall(mut self, height: u32) -> Self {
        self.height = height;
        self.lay_out();
        self
    }

    fn untrusted(mut self) -> Self {
        self.app.permission.trust = Trust::Unknown;
        self.app.permission.summary = Some(Arc::default());
        self
    }

    fn lay_out(&mut self) {
        let cells = self.app.deck.cells_of(self.app.view.at.slide);
        let cells = cells.map(|cell| CellPlace { id: cell.id, rows: 2..8, columns: 60 }).collect();
        let layout = LayoutInfo {
            terminal: (80, 24),
            viewport: 20,
            height: self.height,
            columns: 70,
            cells,
            parts: self.app.spotlight_parts().map(lit_parts).unwrap_or_default(),
            ..LayoutInfo::default()
        };
        self.send(Msg::LaidOut(layout));
    }

    /// Returns the rows that the spotlight lights.
    fn lit(&self) -> Option<Range<u32>> {
        self.app.lit_area().map(|area| area.rows.clone())
    }

    fn send(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.app, msg)
    }

    /// Presses keys, named as in the help panel: `l`, `ctrl-e`, `esc`.
    fn keys(&mut self, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for name in keys.split(' ') {
            let (modifiers, name) = match name.strip_prefix("ctrl-") {
                Some(name) => (KeyModifiers::CONTROL, name),
                None => match name.strip_prefix("alt-") {
                    Some(name) => (KeyModifiers::ALT, name),
                    None => (KeyModifiers::NONE, name),
                },
            };
            let code = match name {
                "esc" => KeyCode::Esc,
                "enter" => KeyCode::Enter,
                "tab" => KeyCode::Tab,
                "down" => KeyCode::Down,
                "up" => KeyCode::Up,
                "backspace" => KeyCode::Backspace,
                letter => KeyCode::Char(letter.chars().next().unwrap()),
            };
            effects.extend(self.send(Msg::Key(KeyEvent::new(code, modifiers).into())));
            if self.app.pane.is_none() {
                self.lay_out();
            }
        }
        effects
    }

    fn at(&self) -> (usize, u16) {
        (self.app.view.at.slide.index(), self.app.view.at.step.0)
    }

    fn state(&self, cell: u32) -> State {
        self.app.runs.get(&CellId(cell)).map(|run| run.state.clone()).unwrap_or_default()
    }

    fn finish(&mut self, run: u64, outcome: Outcome) {
        self.send(Msg::Run(RunId(run), Event::Started));
        self.send(Msg::Run(RunId(run), Event::Output(b"hello\n".to_vec())));
        self.send(Msg::Run(RunId(run), Event::Finished(outcome, Duration::from_millis(3))));
    }
}

/// Returns three blocks of four rows, their rows, and no columns.
fn lit_parts(parts: SpotlightParts) -> Vec<LitArea> {
    let height = match parts {
        SpotlightParts::Blocks => 4,
        SpotlightParts::Lines => 1,
        SpotlightParts::Columns => return Vec::new(),
    };
    let starts = (0..12).step_by(height as usize);
    starts.map(|start| LitArea { columns: 0..70, rows: start..start + height }).collect()
}

fn runs(effects: &[Effect]) -> Vec<u32> {
    let cells = effects.iter().filter_map(|effect| match effect {
        Effect::Run { cell, .. } => Some(cell.0),
        _ => None,
    });
    cells.collect()
}
