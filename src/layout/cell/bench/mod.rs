//! Benchmark results: a card below the last contender with a bar for each of them and the speed-up in
//! large digits. Where there is no space for bars, the card is text only.

use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::block_digits::DigitSize;
use super::status;
use crate::deck::{Cell, CellId, CodeBlock, OutputPlace};
use crate::layout::code::CodeBox;
use crate::layout::flow::Flow;
use crate::layout::frame;
use crate::layout::key_hints::KeyHints;
use crate::layout::role::Role;
use crate::layout::text::{DIM, StyledText};
use crate::layout::text_row::TextRow;
use crate::layout::wrap;
use crate::run::{CellRun, OPTIMIZED_AWAY, State, Timing};
use crate::theme::{Alignment, OutputShape, OutputStyle, Padding};

/// Minimum columns of the card for bars; narrower ones are text only.
const MIN_CARD: u16 = 60;

/// Minimum columns for the longest bar beside the large digits.
const MIN_BAR: u16 = 16;

/// Columns reserved for the large digits, which appear when two contenders have been measured: for digits
/// of either size.
const DIGITS: [u16; 2] = [24, 14];

/// Columns between the parts of a row.
const GAP: u16 = 2;

/// Minimum columns for statements; they are omitted below that.
const MIN_STATEMENT: u16 = 8;

/// Partial blocks, in eighths of a cell.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Returns the result of a contender as one line of text.
pub(in crate::layout) fn line(timing: &Timing) -> StyledText {
    let mut text = StyledText::plain("timed ", DIM);
    text.push(&timing.timed, Style::new());
    text.push(&format!(" · {}", timing.words()), DIM);
    if timing.is_empty {
        text.push(&format!(" · {OPTIMIZED_AWAY}"), Style::new());
    }
    text
}

/// Returns whether the card of a contender's benchmark is on its slide, so that its own output needs no
/// result.
pub(in crate::layout) fn has_card(flow: &Flow<'_>, id: CellId) -> bool {
    let Some(last) = near(flow, id).last() else { return false };
    last.exec.place != OutputPlace::Nowhere && !flow.context.is_folded(last.id)
}

/// Lays out the result of a contender in a box.
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

/// Lays out the card below the last contender, as wide as the slide's text. Returns `None` for other
/// contenders and before any has run.
pub(in crate::layout) fn card(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    id: CellId,
) -> Option<CodeBox> {
    let contenders = contenders(flow, id)?;
    let padding =
        if block.no_background { Padding::default() } else { flow.context.theme().output.padding };
    let panel = CodeBox::aligned(flow, Alignment::default(), padding, u16::MAX);
    let OutputStyle { style, shape, .. } = flow.context.theme().output;
    let top = flow.open();
    let room = flow.room.saturating_sub(top);
    let shape_of = CardRows::new(contenders.len() as u32, panel.above * 2, room);
    let card = BenchCard::new(&contenders, &panel, (&flow.context.theme().output, shape_of));
    let rows = card.rows();
    let height = rows.len() as u32;
    let above = if height + panel.above * 2 > room { 0 } else { panel.above };
    let end = top.saturating_add(height + above * 2);
    let (y, edge) = (top.saturating_add(above), card.edge());
    let digits = card.digits(rows.len());
    if !block.no_background {
        flow.fill(panel.range.x, top, (panel.range.width, height + above * 2), style);
        if panel.is_framed && above > 0 {
            let line = flow.context.theme().code.frame_style;
            let last = end.saturating_sub(1);
            frame::line(flow, (panel.range, top), frame::TOP, ("benchmark", line));
            frame::sides(flow, panel.range, top + 1..last, (("┃", edge), line));
            frame::line(flow, (panel.range, last), frame::BOTTOM, ("", line));
        } else if shape == OutputShape::Card {
            flow.begin(Role::Decoration, (panel.range.x, top));
            status::edge(flow, &panel, top..end, edge);
            flow.end(end);
        }
    }
    flow.begin(Role::Output, (panel.x(), y));
    for (row, y) in rows.into_iter().zip(y..) {
        flow.put(panel.x(), y, row);
    }
    flow.end(y.saturating_add(height));
    if let Some((lines, style)) = digits {
        let y = y.saturating_add(height.saturating_sub(lines.len() as u32) / 2);
        flow.begin(Role::Decoration, (panel.x(), y));
        for (line, y) in lines.into_iter().zip(y..) {
            let width = wrap::columns(&line);
            let x = panel.x() + panel.inner().saturating_sub(width);
            flow.put(x, y, (Line::styled(line, style), width));
        }
        flow.end(y.saturating_add(height));
    }
    flow.close(end, 1);
    Some(panel)
}

/// Returns the contenders of a benchmark on the slide of one of them that are visible.
fn near<'a>(flow: &Flow<'a>, id: CellId) -> impl Iterator<Item = &'a Cell> {
    let context = flow.context;
    let slide = context.inputs.deck.cell(id).map(|own| own.slide);
    let is_seen = move |cell: &Cell| {
        slide == Some(cell.slide)
            && (cell.slide != context.inputs.at.slide || context.shows(cell.step))
    };
    context.inputs.deck.contenders(id).map(|cell| &**cell).filter(move |cell| is_seen(cell))
}

/// Returns the contenders of the card below this cell, if there is one: those visible on its slide, and
/// others that have run.
fn contenders<'a>(flow: &Flow<'a>, id: CellId) -> Option<Vec<Contender<'a>>> {
    let context = flow.context;
    let near: Vec<CellId> = near(flow, id).map(|cell| cell.id).collect();
    if *near.last()? != id {
        return None;
    }
    let contender = |cell: &'a Cell| {
        let run = context.run(cell.id).filter(|run| has_begun(run));
        (run.is_some() || near.contains(&cell.id)).then_some(Contender {
            cell,
            run,
            keys: context.inputs.hints,
        })
    };
    let all = context.inputs.deck.contenders(id);
    let contenders: Vec<_> = all.filter_map(|cell| contender(cell)).collect();
    contenders.iter().any(|contender| contender.run.is_some()).then_some(contenders)
}

fn has_begun(run: &CellRun) -> bool {
    run.is_under_way() || matches!(run.state, State::Ended(_))
}

/// A contender: its cell, and its run once requested.
struct Contender<'a> {
    cell: &'a Cell,
    run: Option<&'a CellRun>,
    keys: &'a KeyHints,
}

impl Contender<'_> {
    /// Returns the timing, which may be that of the samples so far.
    fn timing(&self) -> Option<&Timing> {
        let run = self.run?;
        run.output.timing().or_else(|| self.sampling().map(|(timing, _)| timing))
    }

    /// Returns the timing of the samples so far, and the share of the time that they used, from 0 to 1.
    fn sampling(&self) -> Option<(&Timing, f64)> {
        let run = self.run.filter(|run| run.is_under_way() && run.output.timing().is_none())?;
        let sampling = run.output.sampling()?;
        Some((&sampling.timing, f64::from(sampling.done) / 1000.0))
    }

    fn is_stale(&self) -> bool {
        self.run.is_some_and(|run| run.stale)
    }

    /// Returns the speed-up over the slowest, or the reason why there is none.
    fn ratio(&self, slowest: f64) -> Option<String> {
        let timing = self.timing()?;
        if self.is_stale() {
            return Some("≠ stale".to_owned());
        }
        Some(timing.speedup(slowest).unwrap_or_else(|| "–".to_owned()))
    }

    /// Returns the median, marked while it may change.
    fn median(&self) -> Option<String> {
        let timing = self.timing()?;
        let mark = if self.sampling().is_some() { "● " } else { "" };
        Some(format!("{mark}{}", timing.median_text()))
    }

    fn language(&self) -> String {
        let mut letters = self.cell.language.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect()
    }

    /// Returns the status shown in place of a bar.
    fn chip(&self) -> String {
        let none = CellRun::default();
        status::chip(self.run.unwrap_or(&none), &self.cell.exec, self.keys, true)
    }
}

/// The rows of a contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CardRows {
    /// Its name above its bar, with a gap before the next contender.
    Spaced,
    /// Its name above its bar.
    Dense,
    /// Its name beside its bar.
    Compact,
}

impl CardRows {
    /// Returns what fits in `room` rows; `padding` rows are only kept if they fit, too.
    fn new(contenders: u32, padding: u32, room: u32) -> Self {
        if contenders.saturating_mul(3).saturating_sub(1) + padding <= room {
            Self::Spaced
        } else if contenders.saturating_mul(2) <= room {
            Self::Dense
        } else {
            Self::Compact
        }
    }

    /// Returns the columns reserved for large digits, the best first.
    fn digits(self, contenders: usize) -> &'static [u16] {
        match self {
            _ if contenders < 2 => &[],
            Self::Spaced => &DIGITS,
            Self::Dense => &DIGITS[1..],
            Self::Compact => &[],
        }
    }
}

/// A card laid out for a width.
struct BenchCard<'a> {
    contenders: &'a [Contender<'a>],
    theme: &'a OutputStyle,
    shape: CardRows,
    /// Columns inside the card's padding.
    inner: u16,
    /// Columns of the rows beside the digits; 0 if there are no bars.
    beside: u16,
    /// Columns of the language, of the time or its spread, and of the speed-up with its gap.
    language: u16,
    time: u16,
    ratio: u16,
    fastest: f64,
    slowest: f64,
}

impl<'a> BenchCard<'a> {
    fn new(
        contenders: &'a [Contender<'a>],
        panel: &CodeBox,
        (theme, shape): (&'a OutputStyle, CardRows),
    ) -> Self {
        let timings = || contenders.iter().filter_map(Contender::timing);
        let slowest = timings().map(|timing| timing.median).fold(0.0, f64::max);
        // An optimized-away contender cannot win.
        let runners = timings().filter(|timing| !timing.is_empty);
        let fastest = runners.map(|timing| timing.median).fold(f64::INFINITY, f64::min);
        let language = longest(contenders.iter().map(Contender::language));
        let spreads = timings().map(Timing::spread_text);
        let time = longest(contenders.iter().filter_map(Contender::median).chain(spreads));
        let ratio =
            GAP + longest(contenders.iter().filter_map(|contender| contender.ratio(slowest)));
        let ratio = if timings().count() > 1 { ratio } else { 0 };
        let inner = panel.inner();
        let least = MIN_BAR.saturating_add(time + ratio + GAP);
        let digits = shape.digits(contenders.len()).iter().map(|columns| columns + GAP);
        let mut widths = digits.chain([0]).filter_map(|digits| inner.checked_sub(digits));
        let beside = widths.find(|beside| *beside >= least);
        let beside = beside.filter(|_| panel.range.width >= MIN_CARD).unwrap_or(0);
        Self { contenders, theme, shape, inner, beside, language, time, ratio, fastest, slowest }
    }

    /// Returns all rows: a name with its numbers above each bar, separated if there are enough rows; in
    /// fewer columns, text only.
    fn rows(&self) -> Vec<(TextRow, u16)> {
        if self.beside == 0 {
            let text =
                |contender| self.text_row(contender).rows(self.inner.max(1)).collect::<Vec<_>>();
            return self.contenders.iter().flat_map(text).collect();
        }
        let mut rows = Vec::new();
        for (number, contender) in self.contenders.iter().enumerate() {
            if number > 0 && self.shape == CardRows::Spaced {
                rows.push((TextRow::default(), 0));
            }
            let of_contender = if self.shape == CardRows::Compact {
                vec![self.compact_row(contender)]
            } else {
                vec![self.head(contender), self.bar(contender)]
            };
            rows.extend(of_contender.into_iter().map(|row| (row.cut(self.beside), self.beside)));
            if contender.timing().is_some_and(|timing| timing.is_empty) {
                rows.extend(StyledText::plain(OPTIMIZED_AWAY, DIM).rows(self.beside));
            }
        }
        rows
    }

    /// Returns the speed-up of the fastest contender in large digits that fit beside this many rows.
    fn digits(&self, rows: usize) -> Option<(Vec<String>, Style)> {
        let columns = self.inner.checked_sub(self.beside + GAP).filter(|_| self.beside > 0)?;
        let is_fastest = |contender: &&Contender<'_>| self.is_fastest(contender);
        let timing = self.contenders.iter().find(is_fastest)?.timing()?;
        let number = timing.speedup(self.slowest)?;
        let is_measured = |it: &Contender<'_>| it.sampling().is_none() && !it.is_stale();
        let is_over = self.contenders.iter().all(is_measured);
        let style = if is_over { self.theme.success } else { self.theme.running };
        let drawn = [DigitSize::Large, DigitSize::Small].into_iter().filter_map(|size| {
            let lines = size.draw(&number)?;
            let width = lines.first().map_or(0, |line| wrap::columns(line));
            (size.rows() <= rows && width <= columns).then_some(lines)
        });
        let large = drawn.into_iter().next();
        large.map(|lines| (lines, style.add_modifier(Modifier::BOLD)))
    }

    /// Returns the style of the card's edge: failed, running or done.
    fn edge(&self) -> Style {
        let runs = || self.contenders.iter().filter_map(|contender| contender.run);
        let failed =
            |run: &&CellRun| matches!(&run.state, State::Ended(outcome) if !outcome.is_success());
        let worst = runs().find(|run| run.is_under_way()).or_else(|| runs().find(failed));
        worst
            .or_else(|| runs().next())
            .map_or(self.theme.not_started, |run| status::style_of(self.theme, run))
    }

    /// Returns a contender's name and statement, and at the right its numbers or its status.
    fn head(&self, contender: &Contender<'_>) -> StyledText {
        let right = self.numbers(contender).unwrap_or_else(|| {
            StyledText::plain(&contender.chip(), style_of(contender, self.theme))
        });
        let mut row = self.name(contender);
        if let Some(timing) = contender.timing() {
            let blanks = self.language.saturating_sub(row.width()) + GAP;
            let free = self.beside.saturating_sub(row.width() + blanks + right.width() + GAP);
            if free >= MIN_STATEMENT {
                row.push(&" ".repeat(blanks.into()), Style::new());
                let statement = StyledText::plain(&timing.timed, DIM).cut(free);
                row.append(&StyledText::from_row(&statement));
            }
        }
        let blanks = self.beside.saturating_sub(row.width() + right.width());
        row.push(&" ".repeat(blanks.max(1).into()), Style::new());
        row.append(&right);
        row
    }

    /// Returns a contender's name, bar and numbers in one row.
    fn compact_row(&self, contender: &Contender<'_>) -> StyledText {
        let Some(numbers) = self.numbers(contender) else { return self.head(contender) };
        let mut row = self.name(contender);
        let blanks = self.language.saturating_sub(row.width()) + GAP;
        row.push(&" ".repeat(blanks.into()), Style::new());
        let columns = self.beside.saturating_sub(row.width() + numbers.width() + GAP);
        row.push(&draw_bar(self.share(contender), columns), self.bar_style(contender));
        let blanks = self.beside.saturating_sub(row.width() + numbers.width());
        row.push(&" ".repeat(blanks.into()), Style::new());
        row.append(&numbers);
        row
    }

    /// Returns the share of the longest bar that a contender's bar covers. It grows while it is timed.
    fn share(&self, contender: &Contender<'_>) -> f64 {
        let done = contender.sampling().map_or(1.0, |(_, done)| done);
        contender.timing().map_or(0.0, |timing| timing.median / self.slowest * done)
    }

    fn name(&self, contender: &Contender<'_>) -> StyledText {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let style = if self.is_fastest(contender) { self.theme.success.patch(bold) } else { bold };
        StyledText::plain(&contender.language(), style)
    }

    /// Returns a contender's median and speed-up.
    fn numbers(&self, contender: &Contender<'_>) -> Option<StyledText> {
        let style = self.number_style(contender);
        let mut numbers = StyledText::plain(&right(&contender.median()?, self.time), style);
        if let Some(ratio) = contender.ratio(self.slowest).filter(|_| self.ratio > 0) {
            numbers.push(&right(&ratio, self.ratio), style);
        }
        Some(numbers)
    }

    /// Returns a contender's bar and the spread of its samples.
    fn bar(&self, contender: &Contender<'_>) -> StyledText {
        let Some(timing) = contender.timing() else { return StyledText::default() };
        let columns = self.beside.saturating_sub(self.time + self.ratio + GAP);
        let bar = draw_bar(self.share(contender), columns);
        let mut row = StyledText::plain(&bar, self.bar_style(contender));
        let blanks = columns.saturating_sub(row.width());
        row.push(&" ".repeat(usize::from(blanks + GAP)), Style::new());
        row.push(&right(&timing.spread_text(), self.time), DIM);
        row
    }

    /// Returns a contender's row as text only.
    fn text_row(&self, contender: &Contender<'_>) -> StyledText {
        let mut row = self.name(contender);
        row.push(" ", Style::new());
        let (Some(timing), Some(median)) = (contender.timing(), contender.median()) else {
            row.push(&contender.chip(), style_of(contender, self.theme));
            return row;
        };
        let style = self.number_style(contender);
        row.push(&median, style);
        if let Some(ratio) = contender.ratio(self.slowest).filter(|_| self.ratio > 0) {
            row.push(&format!(" {ratio}"), style);
        }
        let spread = timing.spread_text();
        if !spread.is_empty() {
            row.push(&format!(" ({spread})"), DIM);
        }
        if timing.is_empty {
            row.push(&format!(" · {OPTIMIZED_AWAY}"), DIM);
        }
        row
    }

    fn is_fastest(&self, contender: &Contender<'_>) -> bool {
        let wins = |timing: &Timing| !timing.is_empty && timing.median <= self.fastest;
        self.ratio > 0 && !contender.is_stale() && contender.timing().is_some_and(wins)
    }

    fn bar_style(&self, contender: &Contender<'_>) -> Style {
        let is_fastest = self.is_fastest(contender) && contender.sampling().is_none();
        let style = if is_fastest { self.theme.success } else { self.theme.running };
        if contender.is_stale() { style.patch(DIM) } else { style }
    }

    fn number_style(&self, contender: &Contender<'_>) -> Style {
        if contender.is_stale() || contender.sampling().is_some() {
            DIM
        } else if self.is_fastest(contender) {
            Style::new().add_modifier(Modifier::BOLD)
        } else {
            Style::new()
        }
    }
}

/// Returns the columns of the longest text.
fn longest(texts: impl Iterator<Item = String>) -> u16 {
    texts.map(|text| wrap::columns(&text)).max().unwrap_or(0)
}

fn right(text: &str, columns: u16) -> String {
    let blanks = columns.saturating_sub(wrap::columns(text));
    " ".repeat(blanks.into()) + text
}

/// Returns the style of a contender without a bar.
fn style_of(contender: &Contender<'_>, theme: &OutputStyle) -> Style {
    contender.run.map_or(theme.not_started, |run| status::style_of(theme, run))
}

/// Draws a bar that covers this share of `columns` columns, and at least an eighth of one.
#[expect(clippy::cast_sign_loss, reason = "a share is from 0 to 1")]
fn draw_bar(share: f64, columns: u16) -> String {
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
    use crate::run::{Outcome, OutputValue, RunId, Sampling, SessionLink};

    fn timing(timed: &str, median: f64) -> Timing {
        let (low, high) = (median * 0.97, median * 1.02);
        let (calls, samples, total) = (3_257, 50, 1.02e9);
        Timing { timed: timed.into(), calls, samples, total, median, low, high, is_empty: false }
    }

    /// Creates a run that took this many nanoseconds per call.
    fn took(timed: &str, median: f64) -> CellRun {
        let mut run = ended(Outcome::Exited(0));
        run.output.show(OutputValue::Timing(timing(timed, median)));
        run
    }

    fn ended(outcome: Outcome) -> CellRun {
        CellRun { run: RunId(1), state: State::Ended(outcome), ..CellRun::default() }
    }

    /// Creates a slide with a contender in each of these languages.
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
    fn card_is_below_the_last_contender() {
        insta::assert_snapshot!(done().body());
    }

    #[test]
    fn card_grows_as_contenders_finish() {
        let waits = SessionLink { waits: true, ..SessionLink::default() };
        let queued =
            CellRun { state: State::Queued, wanted: true, link: waits, ..CellRun::default() };
        let failed = ended(Outcome::Raised);
        let contenders =
            bench(&["python", "rust", "python", "rust"]).run(took("f(10_000)", 20.3e6));
        let contenders =
            contenders.run_of(1, failed).run_of(2, queued).run_of(3, CellRun::default());
        insta::assert_snapshot!(bench_card(&contenders.body()));
        let mut empty = timing("1 + 1", 2.0);
        empty.is_empty = true;
        let mut nothing = ended(Outcome::Exited(0));
        nothing.output.show(OutputValue::Timing(empty));
        let mut stale = took("f(9)", 2e6);
        stale.stale = true;
        let contenders = contenders.run_of(1, nothing).run_of(2, stale);
        insta::assert_snapshot!(bench_card(&contenders.body()));
    }

    /// Returns the rows of the card.
    fn bench_card(body: &str) -> String {
        let rows: Vec<_> = body.lines().collect();
        let first = rows.iter().position(|row| row.contains("Python")).unwrap_or(0);
        rows[first..].join("\n").trim_end().to_owned()
    }

    #[rstest]
    #[case(120, 40)]
    #[case(80, 15)]
    #[case(80, 13)]
    #[case(80, 10)]
    #[case(70, 40)]
    #[case(60, 40)]
    #[case(30, 40)]
    #[case(12, 40)]
    #[case(1, 40)]
    fn narrow_cards_show_less(#[case] columns: u16, #[case] rows: u16) {
        insta::with_settings!({snapshot_suffix => format!("{columns}x{rows}")}, {
            insta::assert_snapshot!(bench_card(&done().size(columns, rows).body()));
        });
    }

    #[test]
    fn extreme_recorded_times_can_be_drawn() {
        for (length, median) in [(70_000, 1.0), (5, 1e300), (5, 0.0), (5, -1.0), (5, 5e-324)] {
            let strange = took(&"x".repeat(length), median);
            let contenders = bench(&["python", "rust"]).run(strange.clone());
            let body = contenders.run_of(1, took("f", 20.0)).body();
            assert!(body.contains("Rust"), "{body}");
        }
    }

    #[test]
    fn fastest_contender_has_the_success_colour() {
        let mut empty = timing("1 + 1", 2.0);
        empty.is_empty = true;
        let mut nothing = ended(Outcome::Exited(0));
        nothing.output.show(OutputValue::Timing(empty));
        let contenders = bench(&["python", "rust", "rust"]).run(took("f(9)", 20.3e6));
        let contenders = contenders.run_of(1, took("f(9)", 307e3)).run_of(2, nothing);
        let scene = contenders.scene();
        let theme = contenders.with(|inputs| inputs.theme.output.clone());
        let bars = scene.body.iter().filter_map(|placed| match &placed.item {
            // The card's edge and the digits are lines of one style.
            Item::Text(line) if line.spans.len() > 1 => line
                .spans
                .iter()
                .find(|span| span.content.contains(['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉'])),
            _ => None,
        });
        let styles: Vec<_> = bars.map(|span| span.format.style).collect();
        assert_eq!(styles, [theme.running, theme.success, theme.running]);
    }

    #[test]
    fn bars_grow_while_they_are_timed() {
        let mut run = CellRun { state: State::Running, ..CellRun::default() };
        let lengths = [100, 500, 1000].map(|done| {
            run.output.sample(Sampling { done, timing: timing("f(1)", 20.3e6) });
            let body = bench(&["python", "rust"]).run(run.clone()).body();
            assert!(body.contains("● 20.3 ms") && body.contains("not run"), "{body}");
            body.matches('█').count()
        });
        assert!(lengths.is_sorted() && lengths[0] * 9 < lengths[2], "{lengths:?}");
        run.state = State::Ended(Outcome::Stopped);
        let body = bench(&["python", "rust"]).run(run).body();
        assert!(body.contains("■ stopped") && !body.contains("20.3 ms"), "{body}");
    }

    #[test]
    fn result_of_a_contender_is_only_in_the_card() {
        let body = done().body();
        assert_eq!(body.matches("19.7–20.7 ms").count(), 1, "{body}");
        let mut contenders = done();
        let mut last = (*contenders.deck.cells[1]).clone();
        last.exec.place = OutputPlace::Nowhere;
        contenders.deck.cells[1] = Arc::new(last);
        let body = contenders.body();
        assert!(body.contains("timed primes(10_000)") && !body.contains("Python"), "{body}");
    }

    #[test]
    fn contenders_on_other_slides_appear_once_run() {
        let mut contenders = bench(&["python", "rust"]);
        contenders.deck.slides[0].blocks.truncate(1);
        let other = Arc::make_mut(&mut contenders.deck.cells[1]);
        other.slide = SlideNo::new(1);
        let contenders = contenders.run(took("f(1)", 20.3e6));
        assert!(!contenders.body().contains("Rust"), "{}", contenders.body());
        assert!(contenders.run_of(1, took("f(1)", 3e3)).body().contains("Rust"));
    }

    #[test]
    fn card_is_below_the_last_visible_contender() {
        let mut contenders = done();
        Arc::make_mut(&mut contenders.deck.cells[1]).step = Step(3);
        contenders.deck.slides[0].blocks[1].step = Step(3);
        assert!(bench_card(&contenders.body()).contains("Rust"));
        let before = contenders.step(0).body();
        assert!(bench_card(&before).contains("Python  "), "{before}");
    }

    #[test]
    fn no_card_before_the_first_run() {
        assert!(!bench(&["python", "rust"]).body().contains("Python"));
    }
}
