//! Parses code blocks: visible lines, executed lines, attributes, and code kept in files.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::bench;
use super::env_file;
use super::fence::{self, FenceInfo};
use super::hidden_lines::HiddenLines;
use super::language;
use super::lints;
use super::manifest;
use super::options;
use super::pymodule;
use super::sanitize::{clean_code, excerpt};
use super::source_reader::SourceReader;
use super::tree::FenceDraft;
use super::yaml_tree;
use crate::deck::{
    Cell, CellId, Check, CodeBlock, DrawingLanguage, ExecSpec, Fingerprint, KERNEL, Module,
    Options, OutputMode, RemoteHost, RenderSpec, RustBuild, SlideNo, Start, Step, TypedText,
};
use crate::diag::{self, Diagnostic};
use crate::source::{SourceFile, Span};

/// A cell without its position in the deck.
pub(super) struct CellDraft {
    language: Box<str>,
    exec: ExecSpec,
    code: Box<str>,
    span: Span,
    first_line: u32,
    name: Option<Box<str>>,
    check: Check,
}

impl CellDraft {
    /// Returns whether it runs without a key.
    pub(super) fn is_automatic(&self) -> bool {
        self.exec.start == Start::Auto
    }

    /// Returns the name given by `+id:`.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Adds the cell to the deck: on `slide`, visible from `step`.
    pub(super) fn add_to(self, cells: &mut Vec<Arc<Cell>>, slide: SlideNo, step: Step) -> CellId {
        let id = CellId(u32::try_from(cells.len()).unwrap_or(u32::MAX));
        let fingerprint = self.fingerprint();
        let Self { language, exec, code, span, first_line, name, check } = self;
        cells.push(Arc::new(Cell {
            id,
            slide,
            step,
            language,
            exec,
            code,
            fingerprint,
            span,
            first_line,
            name,
            detached: false,
            check,
        }));
        id
    }

    fn fingerprint(&self) -> Fingerprint {
        let ExecSpec {
            alternative,
            output_mode,
            pty,
            environment,
            rust,
            input,
            module,
            bench,
            remote,
            ..
        } = &self.exec;
        let code = Fingerprint::of(&self.language, alternative.as_deref(), &self.code);
        let output_mode =
            if *output_mode == OutputMode::Picture { code.with("image") } else { code };
        let output_mode = if pty.is_some() { output_mode.with("pty") } else { output_mode };
        let built = match rust {
            Some(rust) => output_mode.with(&format!("{rust:?}")),
            None => output_mode,
        };
        let built = match input {
            Some(input) => built.with("input").with(input),
            None => built,
        };
        let built = match module {
            Some(module) => built.with("pymodule").with(&module.name),
            None => built,
        };
        let built = if bench.is_some() { built.with("bench") } else { built };
        let built = match remote {
            Some(host) => built.with("remote").with(&host.name),
            None => built,
        };
        environment.iter().fold(built, |known, (name, value)| known.with(name).with(value))
    }
}

/// Parses a fenced block: the block to show, and its cell if it runs.
///
/// # Errors
/// The file that holds the code cannot be read.
pub(super) fn read(
    fence: &FenceDraft<'_>,
    reader: &mut SourceReader<'_>,
) -> Result<(CodeBlock, Option<CellDraft>), Box<Diagnostic>> {
    let mut info = fence::read(fence.info, fence.info_span, &mut reader.deck.diagnostics);
    let groups = std::mem::take(&mut info.groups);
    let (name, code, span) = if info.language == "file" {
        from_file(fence, reader)?
    } else {
        (Cow::Borrowed(info.language), Cow::Borrowed(&*fence.code), fence.code_span)
    };
    let code = unix_lines(code);
    let key = language::key(&name);
    let custom = reader.deck.options.hidden_prefixes.get(&*key).cloned();
    let hidden = match &custom {
        Some(prefix) => prefix.as_deref().map(HiddenLines::Prefix),
        None => language::hidden_lines(&key),
    };
    let block = CodeBlock {
        language: name.into(),
        text: shown(&code, hidden),
        groups,
        line_numbers: info.line_numbers,
        no_background: info.no_background,
        render: render(&info, &key, &reader.deck.options),
        place: info.place.as_deref().map(Into::into),
        typed: info.typed.map(|pace| TypedText { key: Fingerprint::default(), pace }),
        ..CodeBlock::default()
    };
    reader.deck.diagnostics.extend(lints::missing_lines(&block, fence.info_span));
    reader.deck.diagnostics.extend(check_render_language(&info, &key, fence.info_span));
    let has_mermaid_program = reader.deck.options.has_mermaid_program;
    if block.render.is_some_and(|spec| spec.language.needs_program(has_mermaid_program)) {
        info.start = Some(Start::Auto);
        info.output_mode = OutputMode::Picture;
        info.rendered = false;
        // Drawings are made here.
        info.local = true;
    }
    let source = CodeSource { language: key, code: &code, hidden, span };
    let cell = cell(&info, source, fence.info_span, reader);
    Ok((block, cell))
}

/// Returns how the block is rendered, if it is to be shown as a picture.
fn render(info: &FenceInfo<'_>, key: &str, options: &Options) -> Option<RenderSpec> {
    let always = || options.auto_render_languages.iter().any(|name| *language::key(name) == *key);
    let language = DrawingLanguage::named(key)?;
    let is_always_drawn = language == DrawingLanguage::Qr;
    let wanted = info.start.is_none() && (info.rendered || is_always_drawn || always());
    wanted.then_some(RenderSpec { language, width_percent: info.width_percent })
}

/// Reports `+render` on a language that cannot be rendered.
fn check_render_language(info: &FenceInfo<'_>, key: &str, span: Span) -> Option<Diagnostic> {
    if !info.rendered || key.is_empty() || DrawingLanguage::named(key).is_some() {
        return None;
    }
    let message = format!("`+render` cannot draw `{}`", excerpt(key));
    let hint = diag::did_you_mean(key, DrawingLanguage::NAMES);
    let known = || format!("it can draw {}", DrawingLanguage::NAMES.join(", "));
    Some(Diagnostic::warning(span, message).hint(hint.unwrap_or_else(known)))
}

/// The code as written, and its position.
struct CodeSource<'c> {
    language: Box<str>,
    code: &'c str,
    hidden: Option<HiddenLines<'c>>,
    span: Span,
}

/// Returns the cell of a block, if the block can run.
fn cell(
    info: &FenceInfo<'_>,
    source: CodeSource<'_>,
    info_span: Span,
    reader: &mut SourceReader<'_>,
) -> Option<CellDraft> {
    let start = info.start.or(info.check.validates.then_some(Start::OnCheck));
    // The key on a module builds it again.
    let start = if info.module.is_some() { Some(Start::OnKey) } else { start };
    let start = start.filter(|_| !info.rendered && !source.language.is_empty())?;
    let environment = match info.env.as_deref().map(|path| env_file::read(path, info_span, reader))
    {
        None => Vec::new(),
        Some(Ok(environment)) => environment,
        Some(Err(mistake)) => {
            reader.deck.diagnostics.push(*mistake);
            return None;
        }
    };
    let CodeSource { language, code, hidden, span } = source;
    let first_line = reader.deck.sources.get(span.file).map_or(1, |file| file.line(span.start));
    // The terminal is only handed over on a key press.
    let start = if info.output_mode == OutputMode::Handover { Start::OnKey } else { start };
    let mut executor = |name: &str| executor(name, &language, info_span, reader);
    let alternative = info.alternative.as_deref().map(&mut executor);
    let mut check = info.check.clone();
    check.alternative = check.alternative.as_deref().map(&mut executor);
    let code: Box<str> = match hidden {
        Some(lines) => lines.executed(code).into(),
        None => code.into(),
    };
    let module = match info.module.as_deref() {
        None => None,
        Some(name) => {
            let name = Some(name).filter(|name| !name.is_empty());
            Some(module(name, (&*language, &*code), info_span, reader)?)
        }
    };
    let (output_mode, timeout_ms) = (info.output_mode, info.timeout_ms);
    let output_mode = if module.is_some() { OutputMode::Below } else { output_mode };
    let is_ours = &*language == "rust" && info.alternative.is_none();
    let edition = edition(info, is_ours, info_span, reader);
    let rust = is_ours.then(|| rust_build(&code, edition, span, reader)).flatten();
    let pty = info.pty.filter(|_| {
        matches!(output_mode, OutputMode::Below | OutputMode::Replace) && module.is_none()
    });
    let bench = bench::read(info, &language, info_span, &mut reader.deck.diagnostics);
    let session = session(info, &language, info_span, reader).filter(|_| bench.is_none());
    let remote = remote_host(info, info_span, reader);
    let session = match &remote {
        // State stays on its machine.
        Some(host) => session.map(|name| format!("{name}@{}", host.name).into()),
        None => session,
    };
    let place = info.output.filter(|_| output_mode == OutputMode::Below && info.id.is_none());
    Some(CellDraft {
        language,
        exec: ExecSpec {
            alternative,
            start,
            output_mode,
            place: place.unwrap_or_default(),
            pty,
            environment,
            timeout_ms,
            input: info.input.clone(),
            rust,
            session,
            module,
            bench,
            remote,
        },
        code,
        span,
        first_line,
        name: info.id.as_deref().map(Into::into),
        check,
    })
}

/// Returns the executor that a block names: for `kernel`, with the kernel that the deck has for the
/// block's language.
fn executor(name: &str, language: &str, span: Span, reader: &mut SourceReader<'_>) -> Box<str> {
    let kernel = name.strip_prefix(KERNEL);
    if let Some(kernel) = kernel.and_then(|rest| rest.strip_prefix('='))
        && !options::is_kernel_name(kernel)
    {
        let message = format!("`{}` is no name of a kernel", excerpt(kernel));
        let hint = "kernel names have letters, digits, `-`, `_` and `.`: `+exec:kernel=julia-1.10`";
        reader.deck.diagnostics.push(Diagnostic::error(span, message).hint(hint));
    }
    match reader.deck.options.kernels.get(language).filter(|_| kernel == Some("")) {
        Some(kernel) => format!("{KERNEL}={kernel}").into(),
        None => name.into(),
    }
}

/// Returns the machine that runs a block, if it is another one.
fn remote_host(
    info: &FenceInfo<'_>,
    span: Span,
    reader: &mut SourceReader<'_>,
) -> Option<Arc<RemoteHost>> {
    if info.is_kernel() && !info.local {
        return RemoteHost::of_server(&reader.deck.options.jupyter);
    }
    if info.local || info.remote_conflict().is_some() {
        return None;
    }
    let named = info.remote.as_deref().filter(|name| !name.is_empty());
    let host = reader.deck.options.remote.host(named);
    if info.remote.is_some() && host.is_none() {
        let mistake = Diagnostic::error(span, "`+remote` names no machine, and the deck has none");
        let hint = "write `+remote:HOST`, or set `options.remote.host` in the front matter";
        reader.deck.diagnostics.push(mistake.hint(hint));
    }
    host
}

/// Returns the module that a block is compiled to, or reports why it cannot be one.
fn module(
    name: Option<&str>,
    (language, code): (&str, &str),
    span: Span,
    reader: &mut SourceReader<'_>,
) -> Option<Module> {
    let cells = &reader.deck.cells;
    let of = |cell: &Arc<Cell>| cell.exec.module.as_ref().map(|module| module.name.clone());
    let read = match pymodule::read(name, code) {
        _ if language != "rust" => Err((
            "`+pymodule` only works with Rust".to_owned(),
            "use it on a Rust block".to_owned(),
        )),
        Ok(module) if cells.iter().any(|cell| of(cell).as_ref() == Some(&module.name)) => {
            let message = format!("another block is already the module `{}`", module.name);
            Err((message, "use another name".to_owned()))
        }
        read => read,
    };
    let refused = |(message, hint): (String, String)| Diagnostic::error(span, message).hint(hint);
    read.map_err(|why| reader.deck.diagnostics.push(refused(why))).ok()
}

/// Returns the build settings of a Rust block: the deck's and its own. `None` for the defaults.
fn rust_build(
    code: &str,
    edition: Option<Box<str>>,
    span: Span,
    reader: &mut SourceReader<'_>,
) -> Option<Arc<RustBuild>> {
    let mut build = reader.deck.options.rust.clone();
    if let Some(manifest) = manifest::read(code) {
        build = build.with(&manifest.build);
        for mut mistake in manifest.mistakes {
            let text = reader.deck.sources.get(span.file).map_or("", SourceFile::text);
            let range = place_of(mistake.span.range(), code, span.range().start, text);
            mistake.span = Span::new(span.file, range);
            reader.deck.diagnostics.push(mistake);
        }
    }
    build.edition = edition.or(build.edition);
    (build != RustBuild::default()).then(|| Arc::new(build))
}

/// Returns the edition of the fence, if the block is Rust.
fn edition(
    info: &FenceInfo<'_>,
    is_rust: bool,
    span: Span,
    reader: &mut SourceReader<'_>,
) -> Option<Box<str>> {
    let edition = info.edition.clone()?;
    if !is_rust {
        let mistake = Diagnostic::error(span, "`+edition` only works with Rust");
        reader.deck.diagnostics.push(mistake.hint("use it on a Rust block"));
        return None;
    }
    Some(edition)
}

/// Maps bytes of the code to bytes of its file, whose lines may start with an indent or the mark of
/// a hidden line.
fn place_of(range: Range<usize>, code: &str, start: usize, file: &str) -> Range<usize> {
    let first = file.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let place = |at: usize| {
        let before = code.get(..at).unwrap_or(code);
        let line = code.lines().nth(before.matches('\n').count()).unwrap_or_default();
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let mut start = first;
        for whole in file[first..].split_inclusive('\n').take(before.matches('\n').count()) {
            start += whole.len();
        }
        let line_text = file[start..].lines().next().unwrap_or_default();
        start + line_text.len().saturating_sub(line.len()) + column.min(line_text.len())
    };
    let start = place(range.start).min(file.len());
    start..place(range.end).clamp(start, file.len())
}

/// Returns the session of a block: the one it names, or the deck's if the block can be in it.
fn session(
    info: &FenceInfo<'_>,
    language: &str,
    span: Span,
    reader: &mut SourceReader<'_>,
) -> Option<Box<str>> {
    let why_not = if language != "python" && !info.is_kernel() {
        Some(("`+session` only works with Python", "only Python blocks can share state"))
    } else if info.is_kernel() {
        Some((
            "`+session` cannot be combined with a kernel",
            "remove it: blocks of a kernel share state",
        ))
    } else if info.alternative.is_some() {
        Some((
            "`+session` cannot use a named executor",
            "remove the executor name: sessions run in livedeck's own Python",
        ))
    } else if info.pty.is_some() || info.output_mode == OutputMode::Handover {
        Some(("a block with its own terminal cannot be in a session", "remove `+session`"))
    } else {
        None
    };
    match (info.session.as_deref(), why_not) {
        (Some(_), Some((message, hint))) => {
            reader.deck.diagnostics.push(Diagnostic::error(span, message).hint(hint));
            None
        }
        (Some(name), None) => Some(name.into()),
        (None, None) if reader.deck.options.python_session => Some("".into()),
        (None, _) => None,
    }
}

/// Replaces `\r\n` by `\n`.
fn unix_lines(code: Cow<'_, str>) -> Cow<'_, str> {
    if code.contains('\r') { Cow::Owned(code.replace("\r\n", "\n")) } else { code }
}

fn shown(code: &str, hidden: Option<HiddenLines<'_>>) -> Box<str> {
    match hidden {
        Some(lines) => clean_code(&lines.shown(code)),
        None => clean_code(code.strip_suffix('\n').unwrap_or(code)),
    }
}

/// Reads a `file` block: language, code, and the position of the code.
fn from_file<'c>(
    fence: &FenceDraft<'_>,
    reader: &mut SourceReader<'_>,
) -> Result<(Cow<'c, str>, Cow<'c, str>, Span), Box<Diagnostic>> {
    let refuse = |message: String| Box::new(Diagnostic::error(fence.code_span, message));
    let (node, mistake) = yaml_tree::read(&fence.code);
    if let Some(mistake) = mistake {
        return Err(refuse(format!("this file block is not YAML: {}", mistake.message)));
    }
    let entries = node.as_ref().map_or(&[][..], |node| node.entries());
    let entry = |name: &str| {
        let found = entries.iter().find(|(key, _)| key.text() == Some(name));
        found.and_then(|(_, value)| value.text())
    };
    let missing = |name: &str| refuse(format!("this file block has no `{name}`"));
    let path = entry("path").ok_or_else(|| missing("path").with_sample())?;
    let language = entry("language").ok_or_else(|| missing("language").with_sample())?;
    let line = |name: &str| match entry(name).map(str::parse::<usize>) {
        Some(Err(_) | Ok(0)) => {
            Err(refuse(format!("`{name}` must be a line number, counted from 1")))
        }
        Some(Ok(line)) => Ok(Some(line)),
        None => Ok(None),
    };
    let (first, last) = (line("start_line")?, line("end_line")?);
    let (file, text) = reader.add(path, fence.code_span)?;
    let range = lines_of(&text, first.unwrap_or(1).max(1), last.unwrap_or(usize::MAX));
    let code = text[range.clone()].to_owned();
    Ok((Cow::Owned(language.to_owned()), Cow::Owned(code), Span::new(file, range)))
}

/// Returns the bytes of lines `first` to `last`, from 1, both included.
fn lines_of(text: &str, first: usize, last: usize) -> Range<usize> {
    let mut start = text.len();
    let mut end = text.len();
    let mut at = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if index + 1 == first {
            start = at;
        }
        at += line.len();
        if index + 1 == last {
            end = at;
            break;
        }
    }
    start.min(end)..end
}

/// Adds a hint with the keys of a `file` block.
trait WithSample {
    fn with_sample(self) -> Self;
}

impl WithSample for Box<Diagnostic> {
    fn with_sample(mut self) -> Self {
        self.hints.push("write `path: …` and `language: …`, each on its own line".to_owned());
        self
    }
}
