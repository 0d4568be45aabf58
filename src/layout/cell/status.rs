//! The status line of a cell, and its text.

use std::time::Duration;

use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use crate::deck::{Cell, ExecSpec};
use crate::layout::code::CodeBox;
use crate::layout::flow::Flow;
use crate::layout::key_hints::{KeyHints, with_key};
use crate::layout::text::StyledText;
use crate::run::{self, CellRun, Outcome, State, format_duration, format_elapsed, group_digits};
use crate::theme::OutputStyle;

/// Minimum columns of a status line.
const MIN_STATUS_WIDTH: u16 = 32;

/// Start of the status of runs that succeeded.
const DONE: &str = "done ";

/// Start of the status of runs that failed.
const FAILED: &str = "failed: ";

/// The rule at the left edge of output.
const EDGE: &str = "▍";

/// Shown before the status of the focused cell.
pub(super) const FOCUS_MARK: &str = "▸ ";

/// Lays out the status line: a rule as wide as the code with the status in its middle.
pub(super) fn lay_out(flow: &mut Flow<'_>, panel: &CodeBox, cell: &Cell, run: &CellRun) {
    let focused = flow.context.inputs.focus == Some(cell.id);
    let width = panel.range.width.max(MIN_STATUS_WIDTH).min(flow.width);
    let x = panel.range.x.min(flow.width - width);
    let style = style_of(&flow.context.theme().output, run);
    let mark = if focused { FOCUS_MARK } else { "" };
    let inputs = flow.context.inputs;
    let mut words = words(run, &cell.exec, inputs.hints);
    if !run.origin.is_stale
        && run.origin.recorded.is_none()
        && !run::is_current(inputs.deck, inputs.runs, cell)
    {
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

/// Draws the rule at the left of rows of output, if the box has space for it.
pub(super) fn edge(flow: &mut Flow<'_>, panel: &CodeBox, rows: std::ops::Range<u32>, style: Style) {
    if panel.beside > 0 {
        for y in rows {
            flow.put(panel.range.x, y, (Line::styled(EDGE, style), 1));
        }
    }
}

/// Returns the theme's style for a state.
pub(in crate::layout) fn style_of(theme: &OutputStyle, run: &CellRun) -> Style {
    match &run.state {
        State::NotRun | State::Ready => theme.not_started,
        State::Queued | State::Compiling | State::Running => theme.running,
        State::Ended(outcome) if outcome.is_success() => theme.success,
        State::Ended(_) | State::NotAllowed => theme.failure,
    }
}

/// Returns the text of the status line, including key hints.
pub(in crate::layout) fn words(run: &CellRun, exec: &ExecSpec, keys: &KeyHints) -> String {
    let mut words = state_words(run, exec, keys);
    if let Some(date) = &run.origin.recorded {
        let age = if run.origin.is_stale { "stale, " } else { "" };
        let words = without_unknown_time(&words, run);
        return join_parts(&[&format!("{age}recorded {date}"), words]);
    }
    words.push_str(&notes(run));
    if run.origin.is_stale {
        words.push_str(" · stale: the code has changed");
    }
    words
}

/// Returns the status as a symbol and a few words, including key hints.
pub(in crate::layout) fn chip(
    run: &CellRun,
    exec: &ExecSpec,
    keys: &KeyHints,
    is_current: bool,
) -> String {
    let words = state_words(run, exec, keys);
    let short = [DONE, FAILED].into_iter().find_map(|label| words.strip_prefix(label));
    let symbol = symbol(&run.state, exec);
    let state = format!("{symbol} {}", short.unwrap_or(&words));
    // The marks below tell enough about success.
    let outcome = state.strip_prefix("✓ ").unwrap_or(&state);
    if let Some(date) = &run.origin.recorded {
        let day = date.split_once('-').map_or(&**date, |(_, day)| day);
        let mark = if run.origin.is_stale { "≠ stale · " } else { "↺ " };
        let outcome = without_unknown_time(outcome, run);
        return join_parts(&[&format!("{mark}recorded {day}"), outcome]);
    }
    let text = match () {
        () if run.origin.is_stale => format!("≠ stale · {outcome}"),
        () if !is_current => format!("≠ out of date · {outcome}"),
        () => state,
    };
    text + &notes(run)
}

/// Removes the time from a status if it is not known: a notebook does not store how long a cell took.
fn without_unknown_time<'t>(status: &'t str, run: &CellRun) -> &'t str {
    let time = format_duration(run.elapsed);
    let rest = status.strip_suffix(&time).filter(|_| run.elapsed.is_zero());
    rest.map_or(status, |rest| rest.trim_end_matches([' ', '·']))
}

/// Joins the parts of a status that are not empty.
fn join_parts(parts: &[&str]) -> String {
    let parts = parts.iter().map(|part| part.trim_end()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" · ")
}

/// Returns the symbol of a state, which differs without colour. None is an emoji: emoji are as wide as two
/// cells, or missing, in many fonts.
fn symbol(state: &State, exec: &ExecSpec) -> &'static str {
    match state {
        State::Ready if exec.module.is_some() => "✓",
        State::NotRun | State::Ready | State::Queued => "◌",
        State::NotAllowed => "⊘",
        State::Compiling | State::Running => "●",
        State::Ended(Outcome::Stopped) => "■",
        State::Ended(Outcome::TimedOut) => "◷",
        State::Ended(outcome) if outcome.is_success() => "✓",
        State::Ended(_) => "✗",
    }
}

/// Returns the words of a state, including key hints.
fn state_words(run: &CellRun, exec: &ExecSpec, keys: &KeyHints) -> String {
    match &run.state {
        state if exec.module.is_some() => module(run, state, (exec, keys)),
        State::NotAllowed => {
            let flag = if exec.output_mode.replaces_code() { "-X" } else { "-x" };
            let or = if keys.run.is_empty() { "" } else { " or " };
            format!("may not run · {}{or}{flag}", keys.run)
        }
        State::NotRun => with_key("not run", &keys.run),
        State::Queued if run.link.waits && exec.bench.is_none() => {
            "queued after the previous block".to_owned()
        }
        State::Queued => "queued".to_owned(),
        State::Compiling => {
            let then = if run.wanted { ", then it runs" } else { "" };
            format!("{}{then}", run.build.crates.as_deref().unwrap_or("compiling"))
        }
        State::Ready => match &run.processes.kernel {
            Some(kernel) => with_key(&format!("{kernel} · idle"), &keys.run),
            None => with_key("ready", &keys.run),
        },
        State::Running if run.output.screen.is_some() && !keys.enter.is_empty() => {
            format!("{} · {} to type", running(run.elapsed), keys.enter)
        }
        State::Running => match &run.prompt {
            _ if run.build.module.is_some() => {
                let module = run.build.module.as_deref().unwrap_or_default();
                format!("waiting for module `{module}`")
            }
            Some(prompt) if prompt.waits && !prompt.open => {
                with_key("waits for input", &keys.enter)
            }
            Some(prompt) if prompt.waits => "waits for input".to_owned(),
            _ => running(run.elapsed),
        },
        State::Ended(outcome) => ended(outcome, run.elapsed),
    }
}

/// Returns how long it has been running.
fn running(elapsed: Duration) -> String {
    format!("running {}", format_elapsed(elapsed)).trim_end().to_owned()
}

/// Returns notes on how a run was done.
fn notes(run: &CellRun) -> String {
    let mut words = background(run.processes.background);
    if let Some(kernel) = run.processes.kernel.as_deref().filter(|_| run.state != State::Ready) {
        words.push_str(" · ");
        words.push_str(kernel);
    }
    if run.processes.is_sandboxed {
        words.push_str(" · sandboxed");
    }
    if run.link.shares_process {
        words.push_str(" · in place, beside threads");
    }
    if run.link.restarted {
        words.push_str(" · session restarted");
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
            run.build.crates.as_deref().unwrap_or("compiling").to_owned()
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
        Outcome::Exited(0) => format!("{DONE}{took}"),
        Outcome::Exited(status) => format!("{FAILED}exit {status} · {took}"),
        Outcome::Signaled(signal) => match signal_name(*signal) {
            Some(name) => format!("{FAILED}signal {signal} ({name}) · {took}"),
            None => format!("{FAILED}signal {signal} · {took}"),
        },
        Outcome::Raised => format!("{FAILED}exception · {took}"),
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
    use crate::layout::tests::{left_running, recorded, stale};
    use crate::run::{OutputOrigin, PendingBuild, RunProcesses};

    fn ended_with(outcome: Outcome) -> CellRun {
        let elapsed = Duration::from_micros(840);
        CellRun { state: State::Ended(outcome), elapsed, ..CellRun::default() }
    }

    fn kernel() -> RunProcesses {
        RunProcesses { kernel: Some("R 4.3".into()), ..RunProcesses::default() }
    }

    #[rstest]
    #[case(CellRun::default(), "not run · ctrl-e")]
    #[case(CellRun { state: State::Compiling, ..CellRun::default() }, "compiling")]
    #[case(
        CellRun { processes: left_running(1), ..ended_with(Outcome::Exited(0)) },
        "done 0.8 ms · 1 process in background"
    )]
    #[case(
        CellRun { processes: left_running(2), ..ended_with(Outcome::Stopped) },
        "stopped · 0.8 ms · 2 processes in background"
    )]
    #[case(
        CellRun { state: State::Compiling, wanted: true, ..CellRun::default() },
        "compiling, then it runs"
    )]
    #[case(
        CellRun {
            state: State::Compiling,
            build: PendingBuild { crates: Some("compiling 12/37 serde_json".into()), module: None },
            ..CellRun::default()
        },
        "compiling 12/37 serde_json"
    )]
    #[case(
        CellRun {
            state: State::Running,
            build: PendingBuild { crates: None, module: Some("fast".into()) },
            ..CellRun::default()
        },
        "waiting for module `fast`"
    )]
    #[case(ended_with(Outcome::Exited(0)), "done 0.8 ms")]
    #[case(ended_with(Outcome::Exited(3)), "failed: exit 3 · 0.8 ms")]
    #[case(ended_with(Outcome::Signaled(11)), "failed: signal 11 (SIGSEGV) · 0.8 ms")]
    #[case(ended_with(Outcome::Signaled(40)), "failed: signal 40 · 0.8 ms")]
    #[case(ended_with(Outcome::TimedOut), "timed out · 0.8 ms")]
    #[case(
        CellRun { origin: stale(), ..ended_with(Outcome::Exited(0)) },
        "done 0.8 ms · stale: the code has changed"
    )]
    #[case(
        CellRun { origin: recorded("2026-11-22"), ..ended_with(Outcome::Raised) },
        "recorded 2026-11-22 · failed: exception · 0.8 ms"
    )]
    #[case(
        CellRun { origin: OutputOrigin { is_stale: true, ..recorded("2026-11-22") }, ..ended_with(Outcome::Exited(0)) },
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

    #[rstest]
    #[case(CellRun::default(), "◌ not run · ctrl-e")]
    #[case(
        CellRun {
            state: State::Running,
            elapsed: Duration::from_secs(3),
            ..CellRun::default()
        },
        "● running 3 s"
    )]
    #[case(ended_with(Outcome::Exited(0)), "✓ 0.8 ms")]
    #[case(CellRun { processes: kernel(), ..ended_with(Outcome::Exited(0)) }, "✓ 0.8 ms · R 4.3")]
    #[case(
        CellRun { state: State::Ready, processes: kernel(), ..CellRun::default() },
        "◌ R 4.3 · idle · ctrl-e"
    )]
    #[case(ended_with(Outcome::Exited(1)), "✗ exit 1 · 0.8 ms")]
    #[case(ended_with(Outcome::Signaled(9)), "✗ signal 9 (SIGKILL) · 0.8 ms")]
    #[case(ended_with(Outcome::NotCompiled), "✗ not compiled")]
    #[case(ended_with(Outcome::TimedOut), "◷ timed out · 0.8 ms")]
    #[case(ended_with(Outcome::Stopped), "■ stopped · 0.8 ms")]
    #[case(
        CellRun { processes: left_running(1), ..ended_with(Outcome::Exited(0)) },
        "✓ 0.8 ms · 1 process in background"
    )]
    #[case(
        CellRun { origin: recorded("2026-11-23"), ..ended_with(Outcome::Exited(0)) },
        "↺ recorded 11-23 · 0.8 ms"
    )]
    #[case(
        CellRun { origin: recorded("2026-11-23"), ..ended_with(Outcome::Raised) },
        "↺ recorded 11-23 · ✗ exception · 0.8 ms"
    )]
    #[case(
        CellRun { origin: OutputOrigin { is_stale: true, ..recorded("2026-11-23") }, ..ended_with(Outcome::Exited(0)) },
        "≠ stale · recorded 11-23 · 0.8 ms"
    )]
    #[case(
        CellRun {
            origin: recorded(""),
            elapsed: Duration::ZERO,
            ..ended_with(Outcome::Exited(0))
        },
        "↺ recorded"
    )]
    #[case(
        CellRun {
            origin: recorded("2026-11-23"),
            elapsed: Duration::ZERO,
            ..ended_with(Outcome::Raised)
        },
        "↺ recorded 11-23 · ✗ exception"
    )]
    #[case(CellRun { origin: stale(), ..ended_with(Outcome::Exited(0)) }, "≠ stale · 0.8 ms")]
    fn chip_is_a_symbol_and_a_word(#[case] run: CellRun, #[case] expected: &str) {
        assert_eq!(chip(&run, &ExecSpec::default(), &KeyHints::default(), true), expected);
    }

    #[test]
    fn chip_of_an_outdated_run_says_so() {
        let run = ended_with(Outcome::Exited(0));
        let chip = chip(&run, &ExecSpec::default(), &KeyHints::default(), false);
        assert_eq!(chip, "≠ out of date · 0.8 ms");
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
