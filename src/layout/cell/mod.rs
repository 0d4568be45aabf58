//! Executable code blocks: the code, a status line, and the output.

pub(super) mod bench;
pub(super) mod data_table;
pub(super) mod output;
pub(super) mod prompt;
pub(super) mod screen;
mod side_by_side;

use std::path::Path;
use std::time::Duration;

use ratatui::style::{Modifier, Style};

use self::output::DIM;
use crate::deck::{Cell, CellId, CodeBlock, ExecSpec, OutputPlace, Picture, Start};
use crate::layout::PictureKey;
use crate::layout::code::{self, CodeBox};
use crate::layout::flow::Flow;
use crate::layout::key_hints::{KeyHints, with_key};
use crate::layout::picture;
use crate::layout::scene::{Item, PlacedItem};
use crate::layout::text::StyledText;
use crate::run::{self, CellRun, Outcome, State, format_duration, group_digits};
use crate::theme::OutputStyle;

/// Minimum columns of a status line.
const MIN_STATUS_WIDTH: u16 = 32;

/// Time before a run that replaces its code shows a status line.
const STATUS_DELAY: Duration = Duration::from_millis(300);

/// Shown before the status of the focused cell.
const FOCUS_MARK: &str = "▸ ";

/// Lays out a cell: code, status line and output. Adds an item with their area, for clicks.
pub(super) fn lay_out(flow: &mut Flow<'_>, block: &CodeBlock, id: CellId) {
    let Some(cell) = flow.context.inputs.deck.cell(id).filter(|it| it.exec.start != Start::OnCheck)
    else {
        code::lay_out(flow, block);
        return;
    };
    let none = CellRun::default();
    let run = flow.context.run(id).unwrap_or(&none);
    let top = flow.open();
    let (left, right, columns) = if replaces_code(flow, cell, run) {
        in_place_of_code(flow, block, cell, run)
    } else if let Some(shares) = side_by_side::shares(flow, block, cell) {
        side_by_side::lay_out(flow, block, (cell, run), shares)
    } else {
        below_code(flow, block, cell, run)
    };
    let height = flow.height().saturating_sub(top);
    let area = Item::Cell { width: right.saturating_sub(left), height, id, columns };
    flow.items.push(PlacedItem { x: left, y: top, item: area });
}

/// Lays out the output of a cell at another place than below its code.
pub(super) fn detached(flow: &mut Flow<'_>, id: CellId) {
    let top = flow.next();
    lay_out_detached(flow, id);
    let height = flow.height().saturating_sub(top);
    if height > 0 {
        flow.items.push(PlacedItem { x: 0, y: top, item: Item::DetachedOutput { height, id } });
    }
}

fn lay_out_detached(flow: &mut Flow<'_>, id: CellId) {
    let deck = flow.context.inputs.deck;
    let block = deck.cell(id).and_then(|cell| deck.block_of(cell));
    let (Some(block), Some(run)) = (block, flow.context.run(id)) else { return };
    if flow.context.is_folded(id) {
        let panel = code::panel(flow, block);
        folded(flow, run, &panel);
        return;
    }
    if let Some(cell) = deck.cell(id).filter(|cell| cell.exec.pty.is_some()) {
        screen::lay_out(flow, block, (cell, run));
        return;
    }
    let columns = code::panel(flow, block).range.width;
    written(flow, block, (id, run), columns);
}

/// The first and last column that a cell covers, and the columns available to its output.
pub(super) type CellExtent = (u16, u16, u16);

fn below_code(flow: &mut Flow<'_>, block: &CodeBlock, cell: &Cell, run: &CellRun) -> CellExtent {
    let panel = code::lay_out(flow, block);
    status(flow, &panel, cell, run);
    let output = lay_out_result(flow, block, (cell, run), &panel);
    start_error(flow, run);
    extent(panel, output.unwrap_or(panel))
}

/// Lays out the output of a run in boxes at least as wide as `panel`.
pub(super) fn lay_out_result(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    (cell, run): (&Cell, &CellRun),
    panel: &CodeBox,
) -> Option<CodeBox> {
    if cell.exec.place == OutputPlace::Nowhere {
        let prompt = run.prompt.as_ref()?;
        return Some(prompt::lay_out(flow, block, prompt, None));
    }
    match cell.detached {
        false if flow.context.is_folded(cell.id) => Some(folded(flow, run, panel)),
        _ if cell.exec.pty.is_some() => screen::lay_out(flow, block, (cell, run)),
        true => None,
        false => written(flow, block, (cell.id, run), panel.range.width),
    }
}

/// Lays out the output of a run in place of the code, with a status line only if something went
/// wrong.
fn in_place_of_code(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    cell: &Cell,
    run: &CellRun,
) -> CellExtent {
    let panel = output::panel(flow, block, &run.output, 0);
    let top = flow.height();
    if flow.context.is_folded(cell.id) {
        let panel = folded(flow, run, &panel);
        return extent(panel, panel);
    }
    if let Some(picture) = &run.picture {
        picture::lay_out(flow, &made(picture), cell.span);
    }
    let output = match cell.exec.pty {
        Some(_) => screen::lay_out(flow, block, (cell, run)),
        None => written(flow, block, (cell.id, run), 0),
    };
    if !is_fine(run) || flow.context.inputs.focus == Some(cell.id) {
        status(flow, &panel, cell, run);
        start_error(flow, run);
    } else if flow.height() == top {
        flow.close(top.saturating_add(1), 1);
    }
    extent(panel, output.unwrap_or(panel))
}

pub(super) fn extent(panel: CodeBox, output: CodeBox) -> CellExtent {
    let (left, right) =
        (panel.range.x.min(output.range.x), panel.range.right().max(output.range.right()));
    (left, right, output.inner_most())
}

/// Lays out text output in a box at least `columns` wide.
fn written(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    (id, run): (CellId, &CellRun),
    columns: u16,
) -> Option<CodeBox> {
    let columns = run.prompt.as_ref().map_or(columns, |_| columns.max(prompt::COLUMNS));
    let listing = output::lay_out(flow, block, (id, run), columns);
    let made = match &run.prompt {
        None => listing,
        Some(prompt) => Some(prompt::lay_out(flow, block, prompt, listing)),
    };
    let chart = bench::chart(flow, block, id, columns);
    made.or(chart)
}

/// Lays out folded output: one line with the amount of output.
fn folded(flow: &mut Flow<'_>, run: &CellRun, panel: &CodeBox) -> CodeBox {
    let (lines, pictures) = run.output.amount();
    let pictures = pictures + usize::from(run.picture.is_some());
    let screens = usize::from(run.screen.is_some());
    let counts = [(lines, "line"), (pictures, "picture"), (screens, "terminal")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| {
        format!("{} {what}{}", group_digits(count), if count == 1 { "" } else { "s" })
    });
    let words = format!("… {} folded", counts.collect::<Vec<_>>().join(", "));
    let text = StyledText::plain(&words, DIM);
    let width = panel.range.width.max(text.width()).min(flow.width.saturating_sub(panel.range.x));
    let y = flow.open();
    flow.fill(panel.range.x, y, (width, 1), flow.context.theme().output.style);
    flow.put(panel.x(), y, (text.cut(width), width));
    flow.close(y.saturating_add(1), 1);
    *panel
}

/// Returns whether a run could not be started.
pub(super) fn failed_to_start(run: &CellRun) -> bool {
    matches!(run.state, State::Ended(Outcome::NotStarted(_)))
}

/// Lays out the reason why a run could not be started.
pub(super) fn start_error(flow: &mut Flow<'_>, run: &CellRun) {
    if let State::Ended(Outcome::NotStarted(reason)) = &run.state {
        let failure = flow.context.theme().output.failure;
        flow.rows(&StyledText::plain(reason, failure), flow.context.theme().code.alignment);
        flow.close(flow.height(), 1);
    }
}

/// Returns whether the output replaces the code now. With `+output:replace`, the code stays until
/// there is output, and returns when it is edited.
fn replaces_code(flow: &Flow<'_>, cell: &Cell, run: &CellRun) -> bool {
    if cell.exec.place == OutputPlace::Replace {
        return run.has_output() && !run.stale && !flow.context.is_folded(cell.id);
    }
    let has_begun = !matches!(
        run.state,
        State::NotRun | State::NotAllowed | State::Ready | State::Ended(Outcome::NotStarted(_))
    );
    cell.exec.output_mode.replaces_code() && has_begun
}

/// Returns whether no status line is needed: the run succeeded, or started only a moment ago.
fn is_fine(run: &CellRun) -> bool {
    match &run.state {
        State::Ended(outcome) => outcome.is_success() && !run.stale && run.recorded.is_none(),
        _ => run.elapsed < STATUS_DELAY,
    }
}

/// Returns the picture made by a run as if the deck named it.
pub(super) fn made(file: &Path) -> Picture {
    let PictureKey { base, source } = PictureKey::of_file(file);
    Picture { source, base, width_percent: None, alt: "".into() }
}

/// Lays out the status line: a rule as wide as the code with the status in its middle.
pub(super) fn status(flow: &mut Flow<'_>, panel: &CodeBox, cell: &Cell, run: &CellRun) {
    let focused = flow.context.inputs.focus == Some(cell.id);
    let width = panel.range.width.max(MIN_STATUS_WIDTH).min(flow.width);
    let x = panel.range.x.min(flow.width - width);
    let style = style_of(&flow.context.theme().output, run);
    let mark = if focused { FOCUS_MARK } else { "" };
    let inputs = flow.context.inputs;
    let mut words = words(run, &cell.exec, inputs.hints);
    if !run.stale && run.recorded.is_none() && !run::is_current(inputs.deck, inputs.runs, cell) {
        words.push_str(" · out of date");
    }
    let label = StyledText::plain(&format!(" [{mark}{words}] "), style);
    let dashes = usize::from(width.saturating_sub(label.width()));
    let mut rule = StyledText::plain(&"—".repeat(dashes / 2), style);
    let label_style = if focused { style.add_modifier(Modifier::BOLD) } else { style };
    rule.push(label.as_str(), label_style);
    rule.push(&"—".repeat(dashes - dashes / 2), style);
    let y = flow.open();
    flow.put(x, y, (rule.cut(width), width));
    flow.close(y.saturating_add(1), 1);
}

/// Returns the theme's style for a state.
pub(super) fn style_of(theme: &OutputStyle, run: &CellRun) -> Style {
    match &run.state {
        State::NotRun | State::Ready => theme.not_started,
        State::Queued | State::Compiling | State::Running => theme.running,
        State::Ended(outcome) if outcome.is_success() => theme.success,
        State::Ended(_) | State::NotAllowed => theme.failure,
    }
}

/// Returns the text of the status line, including key hints.
pub(super) fn words(run: &CellRun, exec: &ExecSpec, keys: &KeyHints) -> String {
    let mut words = match &run.state {
        state if exec.module.is_some() => module(run, state, (exec, keys)),
        State::NotAllowed => {
            let flag = if exec.output_mode.replaces_code() { "-X" } else { "-x" };
            let or = if keys.run.is_empty() { "" } else { " or " };
            format!("may not run · {}{or}{flag}", keys.run)
        }
        State::NotRun => with_key("not run", &keys.run),
        State::Queued if run.link.waits && exec.bench.is_some() => "waits for its turn".to_owned(),
        State::Queued if run.link.waits => "waits for the block before it".to_owned(),
        State::Queued => "queued".to_owned(),
        State::Compiling => {
            let then = if run.wanted { ", then it runs" } else { "" };
            format!("{}{then}", run.progress.as_deref().unwrap_or("compiling"))
        }
        State::Ready => with_key("ready", &keys.run),
        State::Running if run.screen.is_some() && !keys.enter.is_empty() => {
            format!("running {} · {} to type", format_duration(run.elapsed), keys.enter)
        }
        State::Running => match &run.prompt {
            _ if run.awaits.is_some() => {
                let module = run.awaits.as_deref().unwrap_or_default();
                format!("waits for module `{module}` to compile")
            }
            Some(prompt) if prompt.waits && !prompt.open => {
                with_key("waits for input", &keys.enter)
            }
            Some(prompt) if prompt.waits => "waits for input".to_owned(),
            _ => format!("running {}", format_duration(run.elapsed)),
        },
        State::Ended(outcome) => ended(outcome, run.elapsed),
    };
    if let Some(date) = &run.recorded {
        let age = if run.stale { "stale, " } else { "" };
        return format!("{age}recorded {date} · {words}");
    }
    words.push_str(&background(run.background));
    if run.is_sandboxed {
        words.push_str(" · sandboxed");
    }
    if run.link.shares_process {
        words.push_str(" · in place, beside threads");
    }
    if run.link.restarted {
        words.push_str(" · session restarted");
    }
    if run.stale {
        words.push_str(" · stale: the code has changed");
    }
    words
}

/// Returns a note on background processes.
fn background(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => " · 1 process in background".to_owned(),
        count => format!(" · {} processes in background", group_digits(count)),
    }
}

/// Returns the status of a block that becomes a module.
fn module(run: &CellRun, state: &State, (exec, keys): (&ExecSpec, &KeyHints)) -> String {
    let name = exec.module.as_ref().map_or("", |module| &*module.name);
    match state {
        State::Ready | State::Ended(Outcome::Exited(0)) => format!("module `{name}` is ready"),
        State::Compiling | State::Queued | State::Running => {
            run.progress.as_deref().unwrap_or("compiling").to_owned()
        }
        State::Ended(outcome) => format!("module `{name}`: {}", ended(outcome, run.elapsed)),
        State::NotAllowed | State::NotRun => {
            with_key(&format!("module `{name}`, not compiled"), &keys.run)
        }
    }
}

/// Describes how a run ended and how long it took.
fn ended(outcome: &Outcome, elapsed: Duration) -> String {
    let took = format_duration(elapsed);
    match outcome {
        Outcome::Exited(0) => format!("done {took}"),
        Outcome::Exited(status) => format!("failed: exit {status} · {took}"),
        Outcome::Signaled(signal) => match signal_name(*signal) {
            Some(name) => format!("failed: signal {signal} ({name}) · {took}"),
            None => format!("failed: signal {signal} · {took}"),
        },
        Outcome::Raised => format!("failed: exception · {took}"),
        Outcome::NotCompiled => "not compiled".to_owned(),
        Outcome::NotStarted(_) => "not started".to_owned(),
        Outcome::Stopped => format!("stopped · {took}"),
        Outcome::TimedOut => format!("timed out · {took}"),
    }
}

/// Returns the name of a signal, if its number is the same on all systems.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::deck::Module;

    fn ended_with(outcome: Outcome) -> CellRun {
        let elapsed = Duration::from_micros(840);
        CellRun { state: State::Ended(outcome), elapsed, ..CellRun::default() }
    }

    #[rstest]
    #[case(CellRun::default(), "not run · ctrl-e")]
    #[case(CellRun { state: State::Compiling, ..CellRun::default() }, "compiling")]
    #[case(
        CellRun { background: 1, ..ended_with(Outcome::Exited(0)) },
        "done 0.8 ms · 1 process in background"
    )]
    #[case(
        CellRun { background: 2, ..ended_with(Outcome::Stopped) },
        "stopped · 0.8 ms · 2 processes in background"
    )]
    #[case(
        CellRun { state: State::Compiling, wanted: true, ..CellRun::default() },
        "compiling, then it runs"
    )]
    #[case(
        CellRun {
            state: State::Compiling,
            progress: Some("compiling 12/37 serde_json".into()),
            ..CellRun::default()
        },
        "compiling 12/37 serde_json"
    )]
    #[case(
        CellRun { state: State::Running, awaits: Some("fast".into()), ..CellRun::default() },
        "waits for module `fast` to compile"
    )]
    #[case(ended_with(Outcome::Exited(0)), "done 0.8 ms")]
    #[case(ended_with(Outcome::Exited(3)), "failed: exit 3 · 0.8 ms")]
    #[case(ended_with(Outcome::Signaled(11)), "failed: signal 11 (SIGSEGV) · 0.8 ms")]
    #[case(ended_with(Outcome::Signaled(40)), "failed: signal 40 · 0.8 ms")]
    #[case(ended_with(Outcome::TimedOut), "timed out · 0.8 ms")]
    #[case(
        CellRun { stale: true, ..ended_with(Outcome::Exited(0)) },
        "done 0.8 ms · stale: the code has changed"
    )]
    #[case(
        CellRun { recorded: Some("2026-11-22".into()), ..ended_with(Outcome::Raised) },
        "recorded 2026-11-22 · failed: exception · 0.8 ms"
    )]
    #[case(
        CellRun { recorded: Some("2026-11-22".into()), stale: true, ..ended_with(Outcome::Exited(0)) },
        "stale, recorded 2026-11-22 · done 0.8 ms"
    )]
    fn f159_status_shows_the_state_of_a_run(#[case] run: CellRun, #[case] expected: &str) {
        assert_eq!(words(&run, &ExecSpec::default(), &KeyHints::default()), expected);
    }

    #[rstest]
    #[case(CellRun::default(), "module `fast`, not compiled · ctrl-e")]
    #[case(CellRun { state: State::Compiling, wanted: true, ..CellRun::default() }, "compiling")]
    #[case(CellRun { state: State::Ready, ..CellRun::default() }, "module `fast` is ready")]
    #[case(ended_with(Outcome::Exited(0)), "module `fast` is ready")]
    #[case(ended_with(Outcome::NotCompiled), "module `fast`: not compiled")]
    fn module_status_shows_whether_it_is_ready(#[case] run: CellRun, #[case] expected: &str) {
        let module = Some(Module { name: "fast".into(), is_whole: false });
        assert_eq!(
            words(&run, &ExecSpec { module, ..ExecSpec::default() }, &KeyHints::default()),
            expected
        );
    }

    #[test]
    fn status_mentions_only_bound_keys() {
        let [bound, unbound] =
            ["x", ""].map(|key| KeyHints { run: key.to_owned(), enter: key.to_owned() });
        let replace =
            ExecSpec { output_mode: crate::deck::OutputMode::Replace, ..ExecSpec::default() };
        let not_run = CellRun::default();
        assert_eq!(words(&not_run, &ExecSpec::default(), &bound), "not run · x");
        assert_eq!(words(&not_run, &ExecSpec::default(), &unbound), "not run");
        let refused = CellRun { state: State::NotAllowed, ..CellRun::default() };
        assert_eq!(words(&refused, &replace, &bound), "may not run · x or -X");
        assert_eq!(words(&refused, &ExecSpec::default(), &unbound), "may not run · -x");
    }
}
