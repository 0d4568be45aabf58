//! `livedeck doctor`: reports the tools on this machine and what a deck needs. With `--prepare`,
//! compiles the deck's Rust ahead of the talk.

#![expect(clippy::disallowed_methods, reason = "measures compile times")]

use std::cell;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;

use super::args::DoctorArgs;
use super::{counted, drawing_tools, settings};
use crate::ansi::strip_colors;
use crate::config::{self, Config};
use crate::deck::Cell;
use crate::exec::{Compiler, KernelSpecs, ProbeReport, PythonInfo, RemoteReport, sandbox_support};
use crate::files;
use crate::headless::{DeckProbe, MissingTool};
use crate::media::{Capabilities, Protocol};
use crate::present::{ColorSupport, TmuxPane, terminal_has_links};
use crate::project::{LoadedDeck, is_trusted, load, theme_names};
use crate::run::format_duration;
use crate::source::{SourceFile, visible_line};
use crate::view::ColorDepth;

/// Prints the report. The status says whether the deck has everything it needs, and compiles.
pub(super) fn doctor(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let deck = args.deck.as_deref();
    let config = settings::config(args.choices.config.as_deref(), deck)?;
    let loaded = deck.map(|deck| read(deck, args, &config)).transpose()?;
    let deck = loaded.as_ref().zip(deck);
    let execution = settings::execution(&config, args.sandbox)?;
    let may_run = deck.is_some_and(|(loaded, path)| {
        let is_allowed = args.prepare || args.enable_snippet_execution || config.snippet.exec;
        let is_sandboxed = execution.sandbox.is_some();
        is_allowed || is_sandboxed || is_trusted(path, &loaded.deck, &execution)
    });
    let doctor = DeckProbe::new(deck, &execution, may_run);
    super::print(&machine(args, doctor.probe(), &config, &kernels(deck)))?;
    let Some((loaded, path)) = deck else { return Ok(ExitCode::SUCCESS) };
    super::print(&format!("\n{}", summary(loaded, path, may_run)))?;
    let name = visible_line(&path.to_string_lossy()).into_owned();
    let (drawings, are_drawn) = drawing_tools::of_deck(loaded, &name, &config);
    super::print(&drawings)?;
    let missing = doctor.missing_tools();
    missing.iter().try_for_each(|tool| super::print(&missing_line(loaded, tool)))?;
    let compiles = !args.prepare || prepare(&doctor, loaded)?;
    let is_ready = missing.is_empty() && are_drawn && compiles;
    Ok(if is_ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(deck: &Path, args: &DoctorArgs, config: &Config) -> anyhow::Result<LoadedDeck> {
    let options = settings::load_options(deck.to_owned(), args.choices.theme.clone(), config);
    load(&options, None).with_context(|| super::quoted(deck))
}

/// Reports the tools and the terminal, one line each.
fn machine(args: &DoctorArgs, probe: &ProbeReport, config: &Config, kernels: &str) -> String {
    let row = |name: &str, what: &str| format!("{name:<9} {}\n", visible_line(what));
    let mut text = row("livedeck", env!("CARGO_PKG_VERSION"));
    match &probe.python {
        Ok(python) => text += &row("Python", &python_words(python)),
        Err(why) => text += &row("Python", &format!("missing: {why}")),
    }
    match &probe.rust {
        Ok(compiler) => text += &rust(compiler, row),
        Err(why) => text += &row("Rust", &format!("missing: {why}")),
    }
    text += &row("kernels", kernels);
    for (host, found) in &probe.remotes {
        let what = match found {
            Ok(report) => remote_words(report),
            Err(why) => format!("{}: {why}", host.name),
        };
        text += &row("ssh", &what);
    }
    for (host, found) in &probe.servers {
        let what = match found {
            Ok(kernels) => format!("{}: {}", host.name, kernels.words()),
            Err(why) => why.clone(),
        };
        text += &row("jupyter", &what);
    }
    text += &row("pictures", &pictures(config));
    text += &row("drawings", &drawing_tools::of_machine(config));
    text += &row("colours", &colors(config));
    text += &row("links", links(config));
    text += &row("config", &configuration(args));
    text += &row("themes", &themes());
    text += &row("sandbox", &sandbox());
    let cache = format!("{}, {}", probe.cache.display(), bytes(probe.cache_bytes));
    text + &row("cache", &cache)
}

/// Lists the Jupyter kernels that a deck, or one in the current folder, can use.
fn kernels(deck: Option<(&LoadedDeck, &Path)>) -> String {
    let folder =
        deck.and_then(|(_, path)| std::path::absolute(path).ok()?.parent().map(Path::to_owned));
    let folder = folder.or_else(|| std::path::absolute(".").ok()).unwrap_or_default();
    let python = deck.and_then(|(loaded, _)| loaded.deck.options.python_interpreter.as_deref());
    let KernelSpecs { found, unreadable, .. } = KernelSpecs::find(&folder, python);
    let found = found.iter().map(|spec| format!("{} ({})", spec.name, spec.display_name));
    let unreadable =
        unreadable.iter().map(|(file, why)| format!("unreadable: {} ({why})", file.display()));
    match found.chain(unreadable).collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "none".to_owned(),
        kernels => kernels,
    }
}

fn python_words(PythonInfo { version, executable, origin, is_embedded }: &PythonInfo) -> String {
    let way = match (is_embedded, cfg!(feature = "python")) {
        (true, _) => "embedded".to_owned(),
        (false, true) => format!("in its own process{}", library_hint(version, executable)),
        (false, false) => "in its own process".to_owned(),
    };
    format!("{version}, {} ({origin}), {way}", executable.display())
}

/// Describes another machine that runs blocks.
fn remote_words(RemoteReport { name, system, python, rustc, folder, .. }: &RemoteReport) -> String {
    let rustc = rustc.as_deref().unwrap_or("no rustc");
    format!("{name}: {system}, Python {python}, {rustc}; code runs in {folder}")
}

/// Says what would embed a Python that runs in its own process.
fn library_hint(version: &str, executable: &Path) -> String {
    let number = version.split(' ').next_back().unwrap_or_default();
    let mut parts = number.split('.');
    let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let hint = if executable.starts_with("/usr/bin") && Path::new("/var/lib/dpkg").exists() {
        format!("install its library to embed it: `sudo apt install libpython{major}.{minor}`")
    } else {
        "it has no shared library that can be embedded".to_owned()
    };
    format!(" ({hint})")
}

fn rust(compiler: &Compiler, row: impl Fn(&str, &str) -> String) -> String {
    let cargo = match &compiler.cargo {
        Ok(release) => format!("cargo {release}"),
        Err(why) => format!("cargo is missing: {why}"),
    };
    let mut text = row("Rust", &format!("rustc {}, {cargo}", compiler.rustc));
    if let (false, Some(why)) = (compiler.has_linker, compiler.lack(false)) {
        text += &row("", &format!("missing: {why}"));
    }
    let is_built = if compiler.has_pyo3 {
        "built: `+pymodule` blocks compile immediately"
    } else {
        "not built yet (takes about 20 seconds once; build it with `livedeck doctor --prepare DECK`)"
    };
    let python = compiler.python.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
    text + &row("PyO3", &format!("{}{python}, {is_built}", compiler.pyo3))
}

/// Reports the user's configuration file, and presenterm's if it is not used.
fn configuration(args: &DoctorArgs) -> String {
    if let Some(given) = &args.choices.config {
        return given.display().to_string();
    }
    if config::is_named_by_environment() {
        return "from the environment".to_owned();
    }
    if let Some(theirs) = config::unused_presenterm_config() {
        let theirs = theirs.display();
        return format!("none; `livedeck config --import` converts presenterm's `{theirs}`");
    }
    let own = config::directory().map(|folder| folder.join("config.yaml"));
    own.filter(|file| file.is_file())
        .map_or_else(|| "none".to_owned(), |file| file.display().to_string())
}

/// Counts the themes by folder.
fn themes() -> String {
    let built_in = theme_names(&[]).len();
    let count = |folder: &PathBuf, extension: &str| {
        let files = files::list(folder);
        files.iter().filter(|file| file.extension().is_some_and(|found| found == extension)).count()
    };
    let folders = config::theme_folders().into_iter().filter_map(|folder| {
        let themes = count(&folder, "yaml");
        let highlight = count(&folder.join("highlighting"), "tmTheme");
        let counts = [(themes, "theme"), (highlight, "highlight theme")];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts.map(|(count, what)| counted(count, what)).collect();
        (!counts.is_empty()).then(|| format!("{} in {}", counts.join(" and "), folder.display()))
    });
    std::iter::once(format!("{built_in} built in")).chain(folders).collect::<Vec<_>>().join("; ")
}

/// Reports which sandbox is available.
fn sandbox() -> String {
    match sandbox_support() {
        Err(why) => format!("none: {why}"),
        Ok(gaps) if gaps.is_empty() => "Landlock and seccomp".to_owned(),
        Ok(gaps) => format!("Landlock; not supported by this kernel: {}", gaps.join("; ")),
    }
}

/// Reports the image protocol, as far as it is known without asking the terminal.
fn pictures(config: &Config) -> String {
    if let Some(protocol) = config.defaults.image_protocol {
        return format!("{}, set in the configuration", protocol.name());
    }
    let environment = Capabilities::from_env();
    if environment.is_tmux() {
        return pictures_in_tmux(TmuxPane::query().is_some_and(|pane| pane.has_passthrough))
            .to_owned();
    }
    match Protocol::choose(&environment) {
        Protocol::Blocks => {
            let blocks = Protocol::Blocks.name();
            format!("{blocks}, unless the terminal reports a better protocol at startup")
        }
        protocol => format!("{}, from the environment", protocol.name()),
    }
}

/// Reports whether tmux passes pictures on.
fn pictures_in_tmux(has_passthrough: bool) -> &'static str {
    if has_passthrough {
        "through tmux, if the terminal around it has a protocol"
    } else {
        "ascii-blocks: tmux passes no pictures on (`set -g allow-passthrough on` in `tmux.conf`)"
    }
}

/// Reports the colour depth and its source.
fn colors(config: &Config) -> String {
    let words = |depth| match depth {
        ColorDepth::TrueColor => "24-bit",
        ColorDepth::Ansi256 => "256",
        ColorDepth::Ansi16 => "16",
        ColorDepth::Monochrome => "none",
    };
    if let Some(depth) = config.defaults.color_depth {
        return format!("{}, set in the configuration", words(depth));
    }
    let ColorSupport { depth, may_be_more } = ColorSupport::from_env();
    let more = if may_be_more { ", unless the terminal reports more at startup" } else { "" };
    format!("{}, from the environment{more}", words(depth))
}

/// Reports whether addresses are links, and why.
fn links(config: &Config) -> &'static str {
    match config.defaults.links {
        Some(true) => "on, set in the configuration",
        Some(false) => "off, set in the configuration",
        None if terminal_has_links() => "on, from the environment",
        None => "off: the terminal is not known to support them (`defaults.links: on` if it does)",
    }
}

/// Counts the deck's blocks by language.
fn summary(loaded: &LoadedDeck, path: &Path, may_run: bool) -> String {
    let mut languages: Vec<(&str, usize)> = Vec::new();
    for cell in &loaded.deck.cells {
        match languages.iter_mut().find(|(known, _)| *known == &*cell.language) {
            Some((_, count)) => *count += 1,
            None => languages.push((&cell.language, 1)),
        }
    }
    let deck = visible_line(&path.to_string_lossy()).into_owned();
    let blocks = counted(loaded.deck.cells.len(), "block");
    let languages: Vec<_> =
        languages.iter().map(|(name, count)| format!("{count} {name}")).collect();
    if languages.is_empty() {
        return format!("{deck}: no code to run\n");
    }
    let text = format!("{deck}: {blocks} to run: {}\n", languages.join(", "));
    if may_run {
        return text;
    }
    // A deck that may not run code must not choose the programs that are started to examine it.
    text + "its code is not allowed to run yet, so Python and Rust selected by the deck were not checked; use `-x` to check them\n"
}

fn missing_line(loaded: &LoadedDeck, tool: &MissingTool<'_>) -> String {
    let first = tool.cells.first().map_or_else(String::new, |cell| place(loaded, cell));
    let others = match tool.cells.len() {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", counted(count - 1, "block")),
    };
    format!("{first}: {}{others}\n", visible_line(&tool.message))
}

/// Compiles the deck's blocks. Returns whether all blocks compile that should.
fn prepare(doctor: &DeckProbe, loaded: &LoadedDeck) -> anyhow::Result<bool> {
    let mut all_compile = true;
    for cell in doctor.compiled_cells() {
        let name = format!("{}: {}", place(loaded, cell), name(cell));
        let line = ProgressLine::default();
        line.show(&format!("{name} · compiling"));
        let started = Instant::now();
        let compiled = doctor.compile(cell, &|how_far| line.show(&format!("{name} · {how_far}")));
        line.clear();
        let took = format_duration(started.elapsed());
        let report = match compiled {
            Ok(()) => format!("{name} · ready · {took}\n"),
            Err(_) if cell.check.expects_failure => {
                format!("{name} · does not compile, as expected · {took}\n")
            }
            Err(errors) => {
                all_compile = false;
                format!("{name} · does not compile\n{}", indented(&errors))
            }
        };
        super::print(&report)?;
    }
    Ok(all_compile)
}

/// Names a block: its module or language.
fn name(cell: &Cell) -> String {
    match &cell.exec.module {
        Some(module) => format!("module `{}`", module.name),
        None => cell.language.to_string(),
    }
}

/// Returns the position of a block's code.
fn place(loaded: &LoadedDeck, cell: &Cell) -> String {
    let file = loaded.deck.sources.get(cell.span.file).map(SourceFile::name).unwrap_or_default();
    format!("{}:{}:1", visible_line(&file), cell.first_line)
}

/// Indents the compiler's output; keeps its colours on a terminal.
fn indented(errors: &str) -> String {
    let is_seen = io::stdout().is_terminal();
    let line = |line: &str| {
        let line = if is_seen { line.to_owned() } else { strip_colors(line) };
        format!("    {line}\n")
    };
    errors.trim_end().lines().map(line).collect()
}

/// Formats a size: `empty`, `12 KiB`, `340 MiB`.
fn bytes(count: u64) -> String {
    const MEBIBYTE: u64 = 1 << 20;
    match count {
        0 => "empty".to_owned(),
        count if count < MEBIBYTE => format!("{} KiB", count.div_ceil(1 << 10)),
        count => format!("{} MiB", count / MEBIBYTE),
    }
}

/// A progress line, shown on a terminal until it is cleared.
#[derive(Default)]
struct ProgressLine {
    is_shown: cell::Cell<bool>,
}

impl ProgressLine {
    fn show(&self, text: &str) {
        let mut out = io::stderr();
        if out.is_terminal() {
            self.is_shown.set(true);
            // Errors on standard error cannot be reported. The terminal cuts off long lines.
            let _ = write!(out, "\r\x1b[K\x1b[?7l{}\x1b[?7h", visible_line(text));
            let _ = out.flush();
        }
    }

    fn clear(&self) {
        if self.is_shown.replace(false) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
