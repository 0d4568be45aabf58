//! Races: what each lane took, in words below its code, and below the last lane a bar for each, as
//! long as its time. Where there is no room for bars, words are left.

use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::output::DIM;
use crate::deck::{Cell, CellId, CodeBlock};
use crate::layout::cell;
use crate::layout::code::CodeBox;
use crate::layout::flow::Flow;
use crate::layout::key_hints::KeyHints;
use crate::layout::text::StyledText;
use crate::layout::wrap;
use crate::run::{CellRun, OPTIMIZED_AWAY, State, Timing};
use crate::theme::{OutputStyle, Padding};

/// Columns of the longest bar, where there is all the room.
const LONGEST_BAR: u16 = 48;

/// Shorter than this, the longest bar is not worth drawing.
const SHORTEST_BAR: u16 = 8;

/// Columns between the parts of a row.
const BETWEEN: u16 = 2;

/// What is timed is said in full only where the longest bar has so many columns left, and this part of
/// all.
const FAIR_BAR: (u16, u16) = (14, 3);

/// In fewer columns what is timed is not told at all.
const LEAST_TOLD: u16 = 8;

/// How bars end: by eighths of a cell.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// What a lane took, in words, as one line.
pub(in crate::layout) fn line(timing: &Timing) -> StyledText {
    let mut text = StyledText::plain("timed ", DIM);
    text.push(&timing.timed, Style::new());
    text.push(&format!(" · {}", timing.words()), DIM);
    if timing.is_empty {
        text.push(&format!(" · {OPTIMIZED_AWAY}"), Style::new());
    }
    text
}

/// Lays out what a lane took in a box.
pub(in crate::layout) fn words(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    panel: &CodeBox,
    timing: &Timing,
) {
    let top = flow.open();
    let rows: Vec<_> = line(timing).rows(panel.inner().max(1)).collect();
    if !block.no_background {
        let style = flow.context.theme().output.style;
        flow.fill(panel.range.x, top, (panel.range.width, rows.len() as u32), style);
    }
    let mut y = top;
    for row in rows {
        flow.put(panel.x(), y, row);
        y = y.saturating_add(1);
    }
    flow.close(y, 1);
}

/// Lays out the chart of a race below its last lane, in a box that is at least `columns` wide; no box
/// for any other lane, or where nothing has run.
pub(in crate::layout) fn chart(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    id: CellId,
    columns: u16,
) -> Option<CodeBox> {
    let contenders = contenders(flow, id)?;
    let padding =
        if block.no_background { Padding::default() } else { flow.context.theme().output.padding };
    let alignment = flow.context.theme().code.alignment;
    let wanted = BenchChart::new(&contenders, u16::MAX).width(LONGEST_BAR);
    let wanted = wanted.max(columns.saturating_sub(u16::from(padding.horizontal) * 2));
    let panel = CodeBox::aligned(flow, alignment, padding, wanted);
    let top = flow.open();
    let room = flow.room.saturating_sub(top);
    let rows = BenchChart::new(&contenders, panel.inner()).rows(room, &flow.context.theme().output);
    let height = rows.len() as u32;
    let above = if height + panel.above * 2 > room { 0 } else { panel.above };
    if !block.no_background {
        let style = flow.context.theme().output.style;
        flow.fill(panel.range.x, top, (panel.range.width, height + above * 2), style);
    }
    let y = top.saturating_add(above);
    for (row, y) in rows.into_iter().zip(y..) {
        flow.put(panel.x(), y, row);
    }
    flow.close(y.saturating_add(height + above), 1);
    Some(panel)
}

/// The lanes that the chart below this one shows, if there is one: those of its slide that can be
/// seen, and others that have run.
fn contenders<'a>(flow: &Flow<'a>, id: CellId) -> Option<Vec<Contender<'a>>> {
    let context = flow.context;
    let deck = context.inputs.deck;
    let own = deck.cell(id)?;
    let is_seen = |cell: &Cell| own.slide != context.inputs.at.slide || context.shows(cell.step);
    let near = |cell: &Cell| cell.slide == own.slide && is_seen(cell);
    let all = || deck.contenders(id);
    if all().filter(|cell| near(cell)).last()?.id != id {
        return None;
    }
    let contender = |cell: &'a Cell| {
        let run = context.run(cell.id).filter(|run| has_begun(run));
        (run.is_some() || near(cell)).then_some(Contender { cell, run, keys: context.inputs.hints })
    };
    let contenders: Vec<_> = all().filter_map(|cell| contender(cell)).collect();
    contenders.iter().any(|contender| contender.run.is_some()).then_some(contenders)
}

fn has_begun(run: &CellRun) -> bool {
    run.is_under_way() || matches!(run.state, State::Ended(_))
}

/// A lane: its block, and what it has to show once it was asked to run.
struct Contender<'a> {
    cell: &'a Cell,
    run: Option<&'a CellRun>,
    keys: &'a KeyHints,
}

impl Contender<'_> {
    fn timing(&self) -> Option<&Timing> {
        self.run.and_then(|run| run.output.timing())
    }

    /// How many times as fast as the slowest it is, or why that is not said.
    fn ratio(&self, slowest: f64) -> Option<String> {
        let timing = self.timing()?;
        if self.run.is_some_and(|run| run.stale) {
            return Some("stale".to_owned());
        }
        Some(timing.speedup(slowest).unwrap_or_else(|| "–".to_owned()))
    }

    fn language(&self) -> String {
        let mut letters = self.cell.language.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect()
    }

    /// What stands in the place of its bar where it has none.
    fn words(&self) -> String {
        let none = CellRun::default();
        cell::words(self.run.unwrap_or(&none), &self.cell.exec, self.keys)
    }
}

/// The rows of a chart, in so many columns.
struct BenchChart<'a> {
    contenders: &'a [Contender<'a>],
    room: u16,
    /// Columns of the languages, of the labels that they begin, of the times, and of the ratios with
    /// what is between them.
    language: u16,
    label: u16,
    time: u16,
    ratio: u16,
    fastest: f64,
    slowest: f64,
}

impl<'a> BenchChart<'a> {
    fn new(contenders: &'a [Contender<'a>], room: u16) -> Self {
        let timings = || contenders.iter().filter_map(Contender::timing);
        let slowest = timings().map(|timing| timing.median).fold(0.0, f64::max);
        // Who does nothing wins nothing.
        let runners = timings().filter(|timing| !timing.is_empty);
        let fastest = runners.map(|timing| timing.median).fold(f64::INFINITY, f64::min);
        let language = longest(contenders.iter().map(Contender::language));
        let timed = longest(timings().map(|timing| timing.timed.to_string()));
        let time = longest(timings().map(Timing::median_text));
        let ratio =
            BETWEEN + longest(contenders.iter().filter_map(|contender| contender.ratio(slowest)));
        let ratio = if timings().count() > 1 { ratio } else { 0 };
        let mut chart =
            Self { contenders, room, language, label: language, time, ratio, fastest, slowest };
        let told = if timed > 0 { timed.saturating_add(BETWEEN) } else { 0 };
        let whole = language.saturating_add(told);
        let fair = FAIR_BAR.0.max(room / FAIR_BAR.1);
        let more = room.saturating_sub(chart.width(fair));
        if more >= LEAST_TOLD {
            chart.label = whole.min(language.saturating_add(more));
        }
        chart
    }

    /// All columns, where the longest bar has so many.
    fn width(&self, bar: u16) -> u16 {
        let parts = [self.label, BETWEEN, bar, BETWEEN, self.time, self.ratio];
        parts.into_iter().fold(0, u16::saturating_add)
    }

    /// All rows: a bar for each lane beside its numbers, or, in fewer columns, below them, if there are
    /// so many rows; else words.
    fn rows(&self, room: u32, theme: &OutputStyle) -> Vec<(Line<'static>, u16)> {
        let bar = self.room.saturating_sub(self.width(0));
        let below = self.width(0) - BETWEEN;
        let cut = |row: StyledText| (row.cut(self.room), self.room);
        if bar >= SHORTEST_BAR {
            self.contenders.iter().map(|contender| cut(self.row(contender, bar, theme))).collect()
        } else if below <= self.room && self.contenders.len() as u32 * 2 <= room {
            let below =
                |contender| [Some(self.row(contender, 0, theme)), self.bar(contender, theme)];
            self.contenders.iter().flat_map(below).flatten().map(cut).collect()
        } else {
            let said =
                |contender| self.said(contender, theme).rows(self.room.max(1)).collect::<Vec<_>>();
            self.contenders.iter().flat_map(said).collect()
        }
    }

    /// The bar of a lane as a row.
    fn bar(&self, contender: &Contender<'_>, theme: &OutputStyle) -> Option<StyledText> {
        let timing = contender.timing()?;
        let (colour, _) = self.styles(contender, timing, theme);
        Some(StyledText::plain(&drawn(timing.median / self.slowest, self.room), colour))
    }

    /// The row of a lane, with a bar of so many columns if it is the slowest; with none, what would
    /// stand behind it stands at the right.
    fn row(&self, contender: &Contender<'_>, bar: u16, theme: &OutputStyle) -> StyledText {
        let mut row = self.head(contender);
        let Some(timing) = contender.timing() else {
            row.push(&contender.words(), style_of(contender, theme));
            return row;
        };
        let (colour, how) = self.styles(contender, timing, theme);
        if bar > 0 {
            row.push(&drawn(timing.median / self.slowest, bar), colour);
        }
        let numbers = self.time + self.ratio;
        let rest = self.room.saturating_sub(row.width() + numbers);
        row.push(&" ".repeat(rest.into()), Style::new());
        row.push(&right(&timing.median_text(), self.time), how);
        if let Some(ratio) = contender.ratio(self.slowest).filter(|_| self.ratio > 0) {
            row.push(&right(&ratio, self.ratio), how);
        }
        row
    }

    /// The same in words alone.
    fn said(&self, contender: &Contender<'_>, theme: &OutputStyle) -> StyledText {
        let mut row = StyledText::plain(&contender.language(), Style::new());
        row.push(" ", Style::new());
        let Some(timing) = contender.timing() else {
            row.push(&contender.words(), style_of(contender, theme));
            return row;
        };
        let (_, how) = self.styles(contender, timing, theme);
        row.push(&timing.median_text(), how);
        if let Some(ratio) = contender.ratio(self.slowest).filter(|_| self.ratio > 0) {
            row.push(&format!(" {ratio}"), how);
        }
        row
    }

    /// How the bar and the numbers of a lane look.
    fn styles(
        &self,
        contender: &Contender<'_>,
        timing: &Timing,
        theme: &OutputStyle,
    ) -> (Style, Style) {
        let is_fastest = self.ratio > 0 && !timing.is_empty && timing.median <= self.fastest;
        let colour = if is_fastest { theme.success } else { theme.running };
        if contender.run.is_some_and(|run| run.stale) {
            (colour.patch(DIM), DIM)
        } else if is_fastest {
            (colour, Style::new().add_modifier(Modifier::BOLD))
        } else {
            (colour, Style::new())
        }
    }

    /// Whose row it is.
    fn head(&self, contender: &Contender<'_>) -> StyledText {
        let mut label = StyledText::plain(&contender.language(), Style::new());
        if let Some(timing) = contender.timing().filter(|_| self.label > self.language) {
            let blanks = self.language - label.width() + BETWEEN;
            label.push(&" ".repeat(blanks.into()), Style::new());
            label.push(&timing.timed, DIM);
        }
        let mut row = StyledText::from_line(&label.cut(self.label));
        let rest = self.label.saturating_sub(row.width()) + BETWEEN;
        row.push(&" ".repeat(rest.into()), Style::new());
        row
    }
}

/// Columns of the longest of these texts.
fn longest(texts: impl Iterator<Item = String>) -> u16 {
    texts.map(|text| wrap::columns(&text)).max().unwrap_or(0)
}

fn right(text: &str, columns: u16) -> String {
    let blanks = columns.saturating_sub(wrap::columns(text));
    " ".repeat(blanks.into()) + text
}

/// The colours of a lane that has no bar.
fn style_of(contender: &Contender<'_>, theme: &OutputStyle) -> Style {
    contender.run.map_or(theme.not_started, |run| cell::style_of(theme, run))
}

/// A bar of this share of so many columns; there is something of it, however small it is.
#[expect(clippy::cast_sign_loss, reason = "a share is from 0 to 1")]
fn drawn(share: f64, columns: u16) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let eighths = (share * f64::from(columns) * 8.0).round() as usize;
    let eighths = eighths.max(1);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use super::*;
    use crate::deck::{ExecSpec, SlideNo, Step};
    use crate::layout::Item;
    use crate::layout::tests::{Fixture, cell_of};
    use crate::run::{Outcome, OutputValue, RunId, SessionLink};

    fn timing(timed: &str, median: f64) -> Timing {
        let (low, high) = (median * 0.97, median * 1.02);
        let (calls, samples, total) = (3_257, 50, 1.02e9);
        Timing { timed: timed.into(), calls, samples, total, median, low, high, is_empty: false }
    }

    /// A run that took so many nanoseconds a call.
    fn took(timed: &str, median: f64) -> CellRun {
        let mut run = ended(Outcome::Exited(0));
        run.output.show(OutputValue::Timing(timing(timed, median)));
        run
    }

    fn ended(outcome: Outcome) -> CellRun {
        CellRun { run: RunId(1), state: State::Ended(outcome), ..CellRun::default() }
    }

    /// A slide with a lane for each of these languages.
    fn bench(languages: &[&str]) -> Fixture {
        let blocks = (0..).zip(languages).map(|(id, _)| cell_of(id, "f(10_000)")).collect();
        let mut fixture = Fixture::new(blocks).size(80, 24);
        let cell = |(id, language): (u32, &&str)| {
            let exec = ExecSpec { bench: Some("f".into()), ..ExecSpec::default() };
            let id = CellId(id);
            Arc::new(Cell { id, language: (*language).into(), exec, ..Cell::default() })
        };
        fixture.deck.cells = (0..).zip(languages).map(cell).collect();
        fixture
    }

    fn done() -> Fixture {
        let python = took("primes(10_000)", 20.3e6);
        bench(&["python", "rust"]).run(python).run_of(1, took("primes(10_000)", 307e3))
    }

    #[test]
    fn a_bar_for_each_lane_stands_below_the_last() {
        insta::assert_snapshot!(done().body());
    }

    #[test]
    fn the_chart_grows_as_lanes_end() {
        let waits = SessionLink { waits: true, ..SessionLink::default() };
        let queued =
            CellRun { state: State::Queued, wanted: true, link: waits, ..CellRun::default() };
        let failed = ended(Outcome::Raised);
        let contenders =
            bench(&["python", "rust", "python", "rust"]).run(took("f(10_000)", 20.3e6));
        let contenders =
            contenders.run_of(1, failed).run_of(2, queued).run_of(3, CellRun::default());
        insta::assert_snapshot!(bars(&contenders.body()), @"
        Python  f(10_000)  ████████████████████████████████████████  20.3 ms
        Rust               failed: exception · 0.0 ms
        Python             waits for its turn
        Rust               not run · ctrl-e
        ");
        let mut empty = timing("1 + 1", 2.0);
        empty.is_empty = true;
        let mut nothing = ended(Outcome::Exited(0));
        nothing.output.show(OutputValue::Timing(empty));
        let mut stale = took("f(9)", 2e6);
        stale.stale = true;
        let contenders = contenders.run_of(1, nothing).run_of(2, stale);
        insta::assert_snapshot!(bars(&contenders.body()), @"
        Python  f(10_000)  █████████████████████████████████  20.3 ms     1×
        Rust    1 + 1      ▏                                  2.00 ns      –
        Python  f(9)       ███▎                               2.00 ms  stale
        Rust               not run · ctrl-e
        ");
    }

    /// The rows of the chart.
    fn bars(body: &str) -> String {
        let rows = body.lines().rev().skip_while(|row| row.trim().is_empty());
        let mut rows: Vec<_> = rows.take_while(|row| !row.trim().is_empty()).collect();
        rows.reverse();
        rows.join("\n")
    }

    #[rstest]
    #[case(60, 40)]
    #[case(44, 40)]
    #[case(38, 40)]
    #[case(38, 12)]
    #[case(30, 40)]
    #[case(12, 40)]
    #[case(1, 40)]
    fn in_less_room_less_is_said(#[case] columns: u16, #[case] rows: u16) {
        insta::with_settings!({snapshot_suffix => format!("{columns}x{rows}")}, {
            insta::assert_snapshot!(bars(&done().size(columns, rows).body()));
        });
    }

    #[test]
    fn whatever_a_recording_says_can_be_drawn() {
        for (length, median) in [(70_000, 1.0), (5, 1e300), (5, 0.0), (5, -1.0), (5, 5e-324)] {
            let strange = took(&"x".repeat(length), median);
            let contenders = bench(&["python", "rust"]).run(strange.clone());
            let body = contenders.run_of(1, took("f", 20.0)).body();
            assert!(body.contains("Rust"), "{body}");
        }
    }

    #[test]
    fn the_fastest_that_does_something_has_the_colour_of_success() {
        let mut empty = timing("1 + 1", 2.0);
        empty.is_empty = true;
        let mut nothing = ended(Outcome::Exited(0));
        nothing.output.show(OutputValue::Timing(empty));
        let contenders = bench(&["python", "rust", "rust"]).run(took("f(9)", 20.3e6));
        let contenders = contenders.run_of(1, took("f(9)", 307e3)).run_of(2, nothing);
        let scene = contenders.scene();
        let theme = contenders.with(|inputs| inputs.theme.output.clone());
        let bars = scene.body.iter().filter_map(|placed| match &placed.item {
            Item::Text(line) => line
                .spans
                .iter()
                .find(|span| span.content.contains(['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉'])),
            _ => None,
        });
        let styles: Vec<_> = bars.map(|span| span.style).collect();
        assert_eq!(styles, [theme.running, theme.success, theme.running]);
    }

    #[test]
    fn lanes_of_other_slides_are_there_once_they_have_run() {
        let mut contenders = bench(&["python", "rust"]);
        contenders.deck.slides[0].blocks.truncate(1);
        let other = Arc::make_mut(&mut contenders.deck.cells[1]);
        other.slide = SlideNo::new(1);
        let contenders = contenders.run(took("f(1)", 20.3e6));
        assert!(!contenders.body().contains("Rust"), "{}", contenders.body());
        assert!(contenders.run_of(1, took("f(1)", 3e3)).body().contains("Rust"));
    }

    #[test]
    fn the_chart_stands_below_the_last_lane_that_is_to_be_seen() {
        let mut contenders = done();
        Arc::make_mut(&mut contenders.deck.cells[1]).step = Step(3);
        contenders.deck.slides[0].blocks[1].step = Step(3);
        assert!(bars(&contenders.body()).contains("Rust"));
        let before = contenders.step(0).body();
        assert!(bars(&before).contains("Python  "), "{before}");
    }

    #[test]
    fn nothing_is_drawn_where_nothing_has_run() {
        assert!(!bench(&["python", "rust"]).body().contains("Python"));
    }
}
