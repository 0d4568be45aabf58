//! The rows of a benchmark's card: a bar for each contender, and the speed-up in large digits. Where there is no
//! space for bars, the rows are text only.

use ratatui::style::{Modifier, Style};

use super::block_digits::DigitSize;
use super::contender::Contender;
use crate::layout::cell::status;
use crate::layout::code::CodeBox;
use crate::layout::text::{DIM, StyledText};
use crate::layout::text_row::TextRow;
use crate::layout::wrap;
use crate::run::{CellRun, OPTIMIZED_AWAY, State, Timing};
use crate::theme::OutputStyle;

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

/// The rows of a contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CardRows {
    /// Its name above its bar, with a gap before the next contender.
    Spaced,
    /// Its name above its bar.
    Dense,
    /// Its name beside its bar.
    Compact,
}

impl CardRows {
    /// Returns what fits in `room` rows; `padding` rows are only kept if they fit, too.
    pub(super) fn new(contenders: u32, padding: u32, room: u32) -> Self {
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
pub(super) struct BenchCard<'a> {
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
    pub(super) fn new(
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
    pub(super) fn rows(&self) -> Vec<(TextRow, u16)> {
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

    /// Returns the speed-up of the fastest contender in large digits that fit beside this many rows, if there are
    /// two to compare.
    pub(super) fn digits(&self, rows: usize) -> Option<(Vec<String>, Style)> {
        let columns = self.inner.checked_sub(self.beside + GAP).filter(|_| self.beside > 0)?;
        let timings = self.contenders.iter().filter_map(Contender::timing);
        // One alone is as fast as itself.
        if timings.filter(|timing| !timing.is_empty).count() < 2 {
            return None;
        }
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
    pub(super) fn edge(&self) -> Style {
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
