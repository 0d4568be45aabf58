//! Requests to run a deck's cells, and the options that all of its runs share.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Execution;
use super::loaded_deck::LoadedDeck;
use super::options::folder;
use crate::deck::{Cell, CellId, Deck, DrawingLanguage, Fingerprint, OutputMode};
use crate::exec::{self, SandboxOptions};
use crate::layout::{DrawingColors, DrawingLook};
use crate::run::{Request, RunId, RunLimits, SessionStart, Snippet, StdinSource, Target};
use crate::theme::{FigureColors, Theme};

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

/// The variable that gives a Python block the rows of a figure on the slide, if the terminal draws pictures
/// from characters.
const PICTURE_ROWS_VARIABLE: &str = "LIVEDECK_PICTURE_ROWS";

/// How to run a cell, beyond what the deck says.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestOptions {
    /// Limits of the run. `+timeout` overrides the time limit.
    pub(crate) limits: RunLimits,
    /// Time limit for programs that draw on the slide, if they have no `+timeout`.
    pub(crate) screen_timeout: Option<Duration>,
    /// Whether the speaker can type input for the run.
    pub(crate) is_interactive: bool,
    /// Whether to use the executor of `+validate`.
    pub(crate) validates: bool,
    /// The theme of drawings that a program makes.
    pub(crate) theme: Option<Arc<Theme>>,
    /// The colours of figures.
    pub(crate) figures: Option<FigureColors>,
    /// The rows of a figure on the slide, if the terminal draws pictures from characters.
    pub(crate) picture_rows: Option<u16>,
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
    if let Some(theme) = options.theme.as_deref().filter(|_| target == Target::Picture) {
        style_drawing(&mut request, theme);
    }
    if let Some(colors) = options.figures.filter(|_| &*cell.language == "python") {
        request.code.environment.push((COLORS_VARIABLE.to_owned(), colors.to_string()));
    }
    if let Some(rows) = options.picture_rows.filter(|_| &*cell.language == "python") {
        request.code.environment.push((PICTURE_ROWS_VARIABLE.to_owned(), rows.to_string()));
    }
    if let (true, Some(alternative)) = (options.validates, &cell.check.alternative) {
        let code = &mut request.code;
        code.fingerprint = Fingerprint::of(&code.language, Some(alternative), &code.code);
        code.alternative = Some(alternative.to_string());
        request.session = None;
    }
    Some(request)
}

/// Makes a drawing of another program have the theme's look and the size of its content.
fn style_drawing(request: &mut Request, theme: &Theme) {
    let (code, style, colors) = (&mut request.code, &theme.drawings, DrawingColors::of(theme));
    match code.language.as_str() {
        "d2" => {
            let theme = style.d2_theme.unwrap_or(if colors.is_dark() { 200 } else { 0 });
            code.environment.push(("D2_THEME".to_owned(), theme.to_string()));
        }
        "mermaid" if !has_directive(&code.code) => {
            let theme = if colors.is_dark() { "dark" } else { "default" };
            let theme = style.mermaid_theme.as_deref().unwrap_or(theme);
            let theme = serde_json::Value::from(theme);
            // On the first line: line numbers of messages stay those of the block.
            code.code.insert_str(0, &format!("%%{{init: {{\"theme\": {theme}}}}}%%"));
        }
        "typst" => {
            let DrawingLook { text, ground, margin: (across, down), .. } =
                DrawingLook::of(style, DrawingLanguage::Typst);
            let rgb = |[red, green, blue]: [u8; 3]| format!("rgb({red}, {green}, {blue})");
            let text = rgb(text.unwrap_or(colors.foreground));
            let ground = ground.map_or_else(|| "none".to_owned(), rgb);
            let text = format!(
                "#set page(width: auto, height: auto, margin: (x: {across}pt, y: {down}pt), fill: {ground})\n\
                 #set text(fill: {text})\n#set table(stroke: {text})\n{}",
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
        remote: cell.exec.remote.clone(),
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

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write files")]
mod tests {
    use super::*;
    use crate::project::{LoadOptions, load};

    /// Returns the request for the only drawn block of a deck, with this front matter's theme.
    fn drawn(overrides: &str, fence: &str) -> Request {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("deck.md");
        let text = format!("---\ntheme:\n  override: {{{overrides}}}\n---\n\n{fence}\n");
        std::fs::write(&path, text).unwrap();
        let mut load_options = LoadOptions::new(path);
        load_options.options.has_mermaid_program = true;
        let loaded = load(&load_options, None).unwrap();
        assert_eq!(loaded.deck.diagnostics, []);
        let cell = loaded.deck.cells[0].id;
        let options = RequestOptions { theme: Some(loaded.theme_of(cell)), ..Default::default() };
        request(&loaded.deck, (RunId(1), cell, None), (80, 24), &options).unwrap()
    }

    fn typst(overrides: &str) -> String {
        let StdinSource::Text(text) = drawn(overrides, "```typst +render\n$x$\n```").input else {
            panic!("the document is the input")
        };
        text.lines().take(3).map(|line| line.to_owned() + "\n").collect()
    }

    #[test]
    fn typst_has_the_theme_colors_and_margins() {
        let head = |margin: &str, ground: &str, text: &str| {
            let page = format!("width: auto, height: auto, margin: ({margin}), fill: {ground}");
            let text = format!("rgb({text})");
            format!("#set page({page})\n#set text(fill: {text})\n#set table(stroke: {text})\n")
        };
        let own = typst("default: {colors: {foreground: '010203'}}");
        assert_eq!(own, head("x: 5pt, y: 7pt", "none", "1, 2, 3"));
        let asked = typst(
            "typst: {colors: {foreground: f00, background: '00ff00'}, horizontal_margin: 3, \
             vertical_margin: 0}",
        );
        assert_eq!(asked, head("x: 3pt, y: 0pt", "rgb(0, 255, 0)", "255, 0, 0"));
    }

    #[test]
    fn diagrams_of_programs_have_the_theme_asked_for() {
        let d2 = |overrides| drawn(overrides, "```d2 +render\na -> b\n```").code.environment;
        let theme = |number: &str| vec![("D2_THEME".to_owned(), number.to_owned())];
        assert_eq!(d2(""), theme("200"), "the default theme is dark");
        assert_eq!(d2("d2: {theme: 3}"), theme("3"));
        let mermaid = |overrides, text: &str| {
            drawn(overrides, &format!("```mermaid +render\n{text}\n```")).code.code
        };
        let text = "graph TD\nA";
        assert_eq!(mermaid("", text), format!("%%{{init: {{\"theme\": \"dark\"}}}}%%{text}\n"));
        let forest = mermaid("mermaid: {theme: forest}", text);
        assert_eq!(forest, format!("%%{{init: {{\"theme\": \"forest\"}}}}%%{text}\n"));
        let own = "%%{init: {}}%%\ngraph TD\nA";
        assert_eq!(mermaid("mermaid: {theme: forest}", own), format!("{own}\n"));
    }
}
