//! Requests to run a deck's cells, and the options that all of its runs share.

use std::path::Path;
use std::time::Duration;

use super::Execution;
use super::loaded_deck::LoadedDeck;
use super::options::folder;
use crate::deck::{Cell, CellId, Deck, Fingerprint, OutputMode};
use crate::exec::{self, SandboxOptions};
use crate::layout::DrawingColors;
use crate::run::{Request, RunId, RunLimits, SessionStart, Snippet, StdinSource, Target};
use crate::theme::FigureColors;

/// Returns the executor options for the deck at `path`.
pub(crate) fn options(
    execution: &Execution,
    path: &Path,
    loaded: &LoadedDeck,
) -> exec::ExecOptions {
    let cache = match execution.sandbox {
        Some(_) => SandboxOptions::cache(&execution.cache, path),
        None => execution.cache.clone(),
    };
    exec::ExecOptions {
        directory: folder(path),
        custom: execution.custom.clone(),
        python: loaded.deck.options.python_interpreter.clone(),
        cache,
        sandbox: execution.sandbox,
    }
}

/// The variable that gives a Python block the colours of figures.
const COLORS_VARIABLE: &str = "LIVEDECK_COLORS";

/// How to run a cell, beyond what the deck says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RequestOptions {
    /// Limits of the run. `+timeout` overrides the time limit.
    pub(crate) limits: RunLimits,
    /// Time limit for programs that draw on the slide, if they have no `+timeout`.
    pub(crate) screen_timeout: Option<Duration>,
    /// Whether the speaker can type input for the run.
    pub(crate) is_interactive: bool,
    /// Whether to use the executor of `+validate`.
    pub(crate) validates: bool,
    /// The colours of drawings that a program makes.
    pub(crate) colors: Option<DrawingColors>,
    /// The colours of figures.
    pub(crate) figures: Option<FigureColors>,
}

/// Returns the request to run a cell, in a session on top of another run, in a terminal of this many
/// columns and rows. Returns `None` if the deck does not have the cell.
pub(crate) fn request(
    deck: &Deck,
    (run, cell, base): (RunId, CellId, Option<RunId>),
    (columns, rows): (u16, u16),
    options: &RequestOptions,
) -> Option<Request> {
    let cell = deck.cell(cell)?;
    let target = target(cell);
    let base = base.map_or(SessionStart::Fresh, SessionStart::After);
    let session = cell.exec.session.is_some().then_some(base);
    let mut request = Request {
        run,
        code: snippet(deck, cell),
        columns,
        rows,
        limits: limits(cell, target, options),
        target,
        session,
        input: input(cell, target, options),
    };
    if let Some(colors) = options.colors.filter(|_| target == Target::Picture) {
        color_drawing(&mut request, colors);
    }
    if let Some(colors) = options.figures.filter(|_| &*cell.language == "python") {
        request.code.environment.push((COLORS_VARIABLE.to_owned(), colors.to_string()));
    }
    if let (true, Some(alternative)) = (options.validates, &cell.check.alternative) {
        let code = &mut request.code;
        code.fingerprint = Fingerprint::of(&code.language, Some(alternative), &code.code);
        code.alternative = Some(alternative.to_string());
        request.session = None;
    }
    Some(request)
}

/// Makes a drawing of another program have the theme's colours and the size of its content.
fn color_drawing(request: &mut Request, colors: DrawingColors) {
    let code = &mut request.code;
    match code.language.as_str() {
        "d2" => {
            let theme = if colors.is_dark() { "200" } else { "0" };
            code.environment.push(("D2_THEME".to_owned(), theme.to_owned()));
        }
        "mermaid" if !has_directive(&code.code) => {
            let theme = if colors.is_dark() { "dark" } else { "default" };
            code.code.insert_str(0, &format!("%%{{init: {{\"theme\": \"{theme}\"}}}}%%\n"));
        }
        "typst" => {
            let [red, green, blue] = colors.foreground;
            let text = format!(
                "#set page(width: auto, height: auto, margin: (x: 5pt, y: 7pt), fill: none)\n\
                 #set text(fill: rgb({red}, {green}, {blue}))\n\
                 #set table(stroke: rgb({red}, {green}, {blue}))\n{}",
                code.code
            );
            request.input = StdinSource::Text(text.into());
        }
        _ => {}
    }
}

/// Whether a mermaid diagram sets its own look.
fn has_directive(code: &str) -> bool {
    code.trim_start().starts_with("---") || code.contains("%%{init")
}

fn target(cell: &Cell) -> Target {
    match cell.exec.output_mode {
        _ if cell.exec.pty.is_some() => Target::Screen,
        OutputMode::Picture => Target::Picture,
        OutputMode::Handover => Target::Handover,
        OutputMode::Below | OutputMode::Replace => Target::Terminal,
    }
}

fn limits(cell: &Cell, target: Target, options: &RequestOptions) -> RunLimits {
    let default = match (target, options.screen_timeout) {
        (Target::Screen, Some(most)) => {
            Some(options.limits.timeout.map_or(most, |limit| limit.min(most)))
        }
        _ => options.limits.timeout,
    };
    let own = cell.exec.timeout_ms.map(Duration::from_millis);
    RunLimits { timeout: own.or(default), ..options.limits }
}

fn input(cell: &Cell, target: Target, options: &RequestOptions) -> StdinSource {
    match &cell.exec.input {
        Some(text) => StdinSource::Text(text.clone()),
        None if options.is_interactive && target != Target::Handover => StdinSource::Speaker,
        None => StdinSource::Empty,
    }
}

/// Converts a cell to the executor's input.
pub(crate) fn snippet(deck: &Deck, cell: &Cell) -> Snippet {
    let file = deck.sources.get(cell.span.file).map(|file| file.path().to_owned());
    Snippet {
        language: cell.language.to_string(),
        alternative: cell.exec.alternative.as_deref().map(str::to_owned),
        code: cell.code.to_string(),
        rust: cell.exec.rust.clone(),
        session: cell.exec.session.as_deref().map(str::to_owned),
        module: cell.exec.module.clone(),
        is_timed: cell.exec.bench.is_some(),
        environment: owned(&cell.exec.environment),
        fingerprint: cell.fingerprint,
        file: file.unwrap_or_default(),
        first_line: cell.first_line,
    }
}

fn owned(variables: &[(Box<str>, Box<str>)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}
