//! Parses a fence's info string: a language, then attributes, as in `rust +exec {1,3-5|all}`.

mod conflicts;
mod value;

use std::borrow::Cow;

pub(super) use value::pace;

use super::attribute::{self, AttributeError};
use super::line_groups;
use super::sanitize::excerpt;
use crate::deck::{Check, KERNEL, LineGroup, OutputMode, OutputPlace, Pty, Start};
use crate::diag::{self, Diagnostic};
use crate::source::Span;

/// A parsed info string.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of its own")]
pub(super) struct FenceInfo<'t> {
    /// The language as written; empty for none.
    pub(super) language: &'t str,
    /// Groups of lines to highlight; empty for all.
    pub(super) groups: Vec<LineGroup>,
    /// `+line_numbers`
    pub(super) line_numbers: bool,
    /// `+no_background`
    pub(super) no_background: bool,
    /// What starts the block, if it runs.
    pub(super) start: Option<Start>,
    /// How its output is shown.
    pub(super) output_mode: OutputMode,
    /// The executor named in `+exec:NAME`.
    pub(super) alternative: Option<Cow<'t, str>>,
    /// `+edition:2021`
    pub(super) edition: Option<Box<str>>,
    /// `+env:file`
    pub(super) env: Option<Cow<'t, str>>,
    /// `+id:name`
    pub(super) id: Option<Cow<'t, str>>,
    /// `+input:"…"`
    pub(super) input: Option<Box<str>>,
    /// `+timeout:10s`
    pub(super) timeout_ms: Option<u64>,
    /// `+validate` and its executor, `+expect`, `+varies`, `+mask`.
    pub(super) check: Check,
    /// `+output:right`
    pub(super) output: Option<OutputPlace>,
    /// `+pty` and its value.
    pub(super) pty: Option<Pty>,
    /// `+step:name`
    pub(super) place: Option<Cow<'t, str>>,
    /// `+typed` and the characters of each key.
    pub(super) typed: Option<u8>,
    /// `+session` and its name, which may be empty.
    pub(super) session: Option<Cow<'t, str>>,
    /// `+pymodule` and its name, which may be empty.
    pub(super) module: Option<Cow<'t, str>>,
    /// `+bench` and its name, which may be empty.
    pub(super) bench: Option<Cow<'t, str>>,
    /// `+remote` and the machine it names, which may be empty.
    pub(super) remote: Option<Cow<'t, str>>,
    /// `+local`
    pub(super) local: bool,
    /// `+render`
    pub(super) rendered: bool,
    /// `+width:N%`
    pub(super) width_percent: Option<u8>,
    /// The number of attributes that set how the output is shown; at most one is valid.
    output_modes: u8,
    given: u32,
}

/// Whether an attribute takes a value after a colon.
#[derive(Clone, Copy, PartialEq)]
enum ValueRule {
    None,
    Optional,
    Needed,
}

/// Every attribute, and whether it takes a value.
const ATTRIBUTES: &[(&str, ValueRule)] = &[
    ("acquire_terminal", ValueRule::Optional),
    ("auto_exec", ValueRule::Optional),
    ("bench", ValueRule::Optional),
    ("edition", ValueRule::Needed),
    ("env", ValueRule::Needed),
    ("exec", ValueRule::Optional),
    ("exec_replace", ValueRule::Optional),
    ("expect", ValueRule::Needed),
    ("id", ValueRule::Needed),
    ("image", ValueRule::None),
    ("input", ValueRule::Needed),
    ("line_numbers", ValueRule::None),
    ("local", ValueRule::None),
    ("mask", ValueRule::Needed),
    ("no_background", ValueRule::None),
    ("output", ValueRule::Needed),
    ("pty", ValueRule::Optional),
    ("pymodule", ValueRule::Optional),
    ("remote", ValueRule::Optional),
    ("render", ValueRule::None),
    ("session", ValueRule::Optional),
    ("step", ValueRule::Needed),
    ("timeout", ValueRule::Needed),
    ("typed", ValueRule::Optional),
    ("validate", ValueRule::Optional),
    ("varies", ValueRule::Needed),
    ("width", ValueRule::Needed),
];

/// Parses an info string at `span`.
pub(super) fn read<'t>(info: &'t str, span: Span, mistakes: &mut Vec<Diagnostic>) -> FenceInfo<'t> {
    let at = |token: &str| part(info, span, token);
    let (language, rest) = info.split_at(info.find(char::is_whitespace).unwrap_or(info.len()));
    let mut found = FenceInfo { language, ..FenceInfo::default() };
    if language.starts_with(['+', '{']) {
        found.language = "";
        attributes(info, &mut found, &at, mistakes);
        if found.needs_language() {
            let message = format!("`{}` has no language before it", excerpt(language));
            let mistake = Diagnostic::error(at(language), message);
            mistakes.push(mistake.hint("the language comes first: `bash +exec`"));
        }
    } else {
        report_missing_space(language, at(language), mistakes);
        attributes(rest, &mut found, &at, mistakes);
    }
    found.check(span, mistakes);
    found
}

/// Returns the span of a token that is a slice of `info`.
fn part(info: &str, span: Span, token: &str) -> Span {
    let offset = (token.as_ptr() as usize).wrapping_sub(info.as_ptr() as usize);
    if offset > info.len() || span.range().len() != info.len() {
        return span;
    }
    let start = span.range().start + offset;
    Span::new(span.file, start..start + token.len())
}

/// Reports `bash+exec`: without a space before it, the attribute becomes part of the language.
fn report_missing_space(language: &str, span: Span, mistakes: &mut Vec<Diagnostic>) {
    let Some((name, attribute)) = language.split_once('+') else { return };
    let attribute = attribute.split(':').next().unwrap_or_default();
    if ATTRIBUTES.iter().any(|(known, _)| *known == attribute) {
        let message = format!("`{}` is read as a language name", excerpt(language));
        let hint = format!("put a space before the attribute: `{name} +{attribute}`");
        mistakes.push(Diagnostic::error(span, message).hint(hint));
    }
}

fn attributes<'t>(
    mut rest: &'t str,
    info: &mut FenceInfo<'t>,
    at: &dyn Fn(&str) -> Span,
    mistakes: &mut Vec<Diagnostic>,
) {
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return };
        let end = match first {
            '{' => rest.find('}').map_or(rest.len(), |end| end + 1),
            '+' => attribute::length(rest),
            _ => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(end);
        rest = after;
        let read = match first {
            '{' => info.highlight(token),
            '+' => info.attribute(&token[1..]),
            _ => Err((
                format!("`{}` is not an attribute", excerpt(token)),
                match known(token) {
                    Some(name) => format!("did you mean `+{name}`?"),
                    None => "attributes start with `+`".to_owned(),
                },
            )),
        };
        if let Err((message, hint)) = read {
            mistakes.push(Diagnostic::error(at(token), message).hint(hint));
        }
    }
}

impl<'t> FenceInfo<'t> {
    fn highlight(&mut self, token: &str) -> Result<(), AttributeError> {
        self.once(ATTRIBUTES.len(), "{…}")?;
        let inside = token.trim_start_matches('{').trim_end_matches('}');
        let hint = "for example `{1,3-5}`, or `{1|2-4|all}` to step through".to_owned();
        if !token.ends_with('}') {
            return Err((format!("`{}` is never closed", excerpt(token)), hint));
        }
        match line_groups::read(inside) {
            Ok(groups) => {
                self.groups = groups;
                Ok(())
            }
            Err(message) => Err((message, hint)),
        }
    }

    fn attribute(&mut self, token: &'t str) -> Result<(), AttributeError> {
        let (name, value) = attribute::parts(token)?;
        let Some(index) = ATTRIBUTES.iter().position(|(known, _)| *known == name) else {
            let hint = match known(name) {
                Some(name) => format!("did you mean `+{name}`?"),
                None => format!("known attributes: {}", list_of_attributes()),
            };
            return Err((format!("unknown attribute `+{}`", excerpt(name)), hint));
        };
        self.once(index, name)?;
        let takes = ATTRIBUTES[index].1;
        match value {
            Some(value) if value.is_empty() => {
                Err((format!("`+{name}:` has no value"), "write it after the colon".into()))
            }
            None if takes == ValueRule::Needed => {
                Err((format!("`+{name}` needs a value"), format!("write `+{name}:…`")))
            }
            Some(_) if takes == ValueRule::None => {
                Err((format!("`+{name}` takes no value"), format!("write `+{name}`")))
            }
            value => self.apply(name, value),
        }
    }

    fn once(&mut self, index: usize, name: &str) -> Result<(), AttributeError> {
        let bit = 1 << index;
        if self.given & bit != 0 {
            return Err((format!("`{name}` is given twice"), "the first one is used".to_owned()));
        }
        self.given |= bit;
        Ok(())
    }

    fn apply(&mut self, name: &str, value: Option<Cow<'t, str>>) -> Result<(), AttributeError> {
        let given = value.as_deref().unwrap_or_default();
        match name {
            "line_numbers" => self.line_numbers = true,
            "no_background" => self.no_background = true,
            "exec" => self.run(Start::OnKey, value),
            "auto_exec" => self.run(Start::Auto, value),
            "exec_replace" => {
                self.set_output_mode(OutputMode::Replace);
                self.run(Start::Auto, value);
            }
            "image" => {
                self.set_output_mode(OutputMode::Picture);
                self.run(Start::Auto, None);
            }
            "acquire_terminal" => {
                self.set_output_mode(OutputMode::Handover);
                self.run(Start::OnKey, value);
            }
            "pty" => {
                self.run(Start::OnKey, None);
                self.pty = Some(value.as_deref().map_or(Ok(Pty::default()), value::pty)?);
            }
            "edition" => self.edition = Some(value::edition(given)?),
            "env" => self.env = value,
            "session" => {
                self.run(Start::OnKey, None);
                self.session = Some(value.unwrap_or_default());
            }
            "bench" => {
                self.run(Start::OnKey, None);
                self.bench = Some(value.unwrap_or_default());
            }
            "pymodule" => self.module = Some(value.unwrap_or_default()),
            "remote" => {
                self.remote = Some(value.map_or(Ok(Cow::Borrowed("")), value::host)?);
            }
            "local" => self.local = true,
            "render" => self.rendered = true,
            "width" => self.width_percent = Some(value::width(given)?),
            "validate" => {
                self.check.alternative = value.map(Into::into);
                self.check.validates = true;
            }
            "expect" => self.check.expects_failure = value::is_failure_expected(given)?,
            "varies" => self.check.varying = Some(value::pattern(name, given)?),
            "mask" => self.check.mask = Some(value::pattern(name, given)?),
            "input" => self.input = Some(value::input(given)?),
            "output" => self.output = Some(value::output(given)?),
            "id" => self.id = value,
            "step" => self.place = value,
            "typed" => self.typed = Some(value.as_deref().map_or(Ok(1), value::typing_pace)?),
            "timeout" => self.timeout_ms = Some(value::duration(given)?),
            _ => {}
        }
        Ok(())
    }

    /// Sets what starts the block: automatic start wins over a key, and the first executor named is
    /// used.
    fn run(&mut self, start: Start, alternative: Option<Cow<'t, str>>) {
        self.alternative = self.alternative.take().or(alternative);
        self.start = Some(match (self.start, start) {
            (Some(Start::Auto), _) | (_, Start::Auto) => Start::Auto,
            _ => Start::OnKey,
        });
    }

    /// Returns whether the block runs in a Jupyter kernel.
    pub(super) fn is_kernel(&self) -> bool {
        let rest = self.alternative.as_deref().and_then(|name| name.strip_prefix(KERNEL));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    }

    /// Returns whether an attribute runs or renders the block, for which it needs a language.
    fn needs_language(&self) -> bool {
        self.start.is_some() || self.module.is_some() || self.rendered || self.check.validates
    }

    /// Sets how the output is shown; the first such attribute is used.
    fn set_output_mode(&mut self, mode: OutputMode) {
        if self.output_modes == 0 {
            self.output_mode = mode;
        }
        self.output_modes += 1;
    }
}

fn known(name: &str) -> Option<&'static str> {
    diag::closest(name, ATTRIBUTES.iter().map(|(name, _)| *name))
}

fn list_of_attributes() -> String {
    let names: Vec<_> = ATTRIBUTES.iter().map(|(name, _)| format!("`+{name}`")).collect();
    names.join(", ")
}
