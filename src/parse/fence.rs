//! The grammar behind a fence's marks: a language, then attributes. `rust +exec {1,3-5|all}`.

use std::borrow::Cow;

use regex::Regex;

use super::attribute::{self, Refusal};
use super::groups;
use super::text::excerpt;
use crate::deck::{Check, Form, LineGroup, OutputPlace, Pty, Start};
use crate::diag::{self, Diagnostic};
use crate::source::Span;

/// What a fence says about its block.
#[derive(Debug, Default)]
pub(super) struct Info<'t> {
    /// The language as written; empty for none.
    pub(super) language: &'t str,
    /// Groups of lines to highlight; empty for all.
    pub(super) groups: Vec<LineGroup>,
    /// `+line_numbers`
    pub(super) line_numbers: bool,
    /// `+no_background`
    pub(super) no_background: bool,
    /// What starts it, if it runs.
    pub(super) start: Option<Start>,
    /// What becomes of what it writes.
    pub(super) form: Form,
    /// The executor named behind `+exec:`.
    pub(super) alternative: Option<Cow<'t, str>>,
    /// `+env:file`
    pub(super) env: Option<Cow<'t, str>>,
    /// `+id:name`
    pub(super) id: Option<Cow<'t, str>>,
    /// `+input:"…"`
    pub(super) input: Option<Box<str>>,
    /// `+timeout:10s`
    pub(super) timeout_ms: Option<u64>,
    /// `+validate`, and the executor named behind it; `+expect`, `+mask`.
    pub(super) check: Check,
    /// `+output:right`
    pub(super) output: Option<OutputPlace>,
    /// `+pty`, and what stands behind it.
    pub(super) pty: Option<Pty>,
    /// `+session`, and the name behind it, which may be empty.
    pub(super) session: Option<Cow<'t, str>>,
    /// `+pymodule`, and the name behind it, which may be empty.
    pub(super) module: Option<Cow<'t, str>>,
    /// `+bench`, and the name behind it, which may be empty.
    pub(super) race: Option<Cow<'t, str>>,
    /// `+render`
    pub(super) rendered: bool,
    /// `+width:N%`
    pub(super) width_percent: Option<u8>,
    /// The attributes that say what becomes of the output, of which there can be one.
    forms: u8,
    given: u32,
}

/// Whether an attribute takes a value behind a colon.
#[derive(Clone, Copy, PartialEq)]
enum Value {
    None,
    Optional,
    Needed,
}

/// Every attribute, with the value it takes.
const ATTRIBUTES: &[(&str, Value)] = &[
    ("acquire_terminal", Value::Optional),
    ("auto_exec", Value::Optional),
    ("bench", Value::Optional),
    ("env", Value::Needed),
    ("exec", Value::Optional),
    ("exec_replace", Value::Optional),
    ("expect", Value::Needed),
    ("id", Value::Needed),
    ("image", Value::None),
    ("input", Value::Needed),
    ("line_numbers", Value::None),
    ("mask", Value::Needed),
    ("no_background", Value::None),
    ("output", Value::Needed),
    ("pty", Value::Optional),
    ("pymodule", Value::Optional),
    ("render", Value::None),
    ("session", Value::Optional),
    ("timeout", Value::Needed),
    ("validate", Value::Optional),
    ("width", Value::Needed),
];

/// Reads an info string that stands at `span`.
pub(super) fn read<'t>(info: &'t str, span: Span, mistakes: &mut Vec<Diagnostic>) -> Info<'t> {
    let at = |token: &str| part(info, span, token);
    let (language, rest) = info.split_at(info.find(char::is_whitespace).unwrap_or(info.len()));
    let mut found = Info { language, ..Info::default() };
    if language.starts_with(['+', '{']) {
        let mistake = Diagnostic::error(
            at(language),
            format!("`{}` has no language before it", excerpt(language)),
        );
        mistakes.push(mistake.hint("the language comes first: `bash +exec`"));
        found.language = "";
        attributes(info, &mut found, &at, mistakes);
    } else {
        glued(language, at(language), mistakes);
        attributes(rest, &mut found, &at, mistakes);
    }
    found.check(span, mistakes);
    found
}

/// The span of a token that was cut out of `info`.
fn part(info: &str, span: Span, token: &str) -> Span {
    let offset = (token.as_ptr() as usize).wrapping_sub(info.as_ptr() as usize);
    if offset > info.len() || span.range().len() != info.len() {
        return span;
    }
    let start = span.range().start + offset;
    Span::new(span.file, start..start + token.len())
}

/// `bash+exec`: an attribute without its space makes an unknown language.
fn glued(language: &str, span: Span, mistakes: &mut Vec<Diagnostic>) {
    let Some((name, attribute)) = language.split_once('+') else { return };
    let attribute = attribute.split(':').next().unwrap_or_default();
    if ATTRIBUTES.iter().any(|(known, _)| *known == attribute) {
        let message = format!("`{}` is taken for a language", excerpt(language));
        let hint = format!("put a space before the attribute: `{name} +{attribute}`");
        mistakes.push(Diagnostic::error(span, message).hint(hint));
    }
}

fn attributes<'t>(
    mut rest: &'t str,
    info: &mut Info<'t>,
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
                format!("`{}` is no attribute", excerpt(token)),
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

impl<'t> Info<'t> {
    fn highlight(&mut self, token: &str) -> Result<(), Refusal> {
        self.once(ATTRIBUTES.len(), "{…}")?;
        let inside = token.trim_start_matches('{').trim_end_matches('}');
        let hint = "for example `{1,3-5}`, or `{1|2-4|all}` to step through".to_owned();
        if !token.ends_with('}') {
            return Err((format!("`{}` is never closed", excerpt(token)), hint));
        }
        match groups::read(inside) {
            Ok(groups) => {
                self.groups = groups;
                Ok(())
            }
            Err(message) => Err((message, hint)),
        }
    }

    fn attribute(&mut self, token: &'t str) -> Result<(), Refusal> {
        let (name, value) = attribute::parts(token)?;
        let Some(index) = ATTRIBUTES.iter().position(|(known, _)| *known == name) else {
            let hint = match known(name) {
                Some(name) => format!("did you mean `+{name}`?"),
                None => format!("known are {}", list_of_attributes()),
            };
            return Err((format!("unknown attribute `+{}`", excerpt(name)), hint));
        };
        self.once(index, name)?;
        let takes = ATTRIBUTES[index].1;
        match value {
            Some(value) if value.is_empty() => {
                Err((format!("`+{name}:` has no value"), "put it behind the colon".into()))
            }
            None if takes == Value::Needed => {
                Err((format!("`+{name}` needs a value"), format!("write `+{name}:…`")))
            }
            Some(_) if takes == Value::None => {
                Err((format!("`+{name}` takes no value"), format!("write `+{name}`")))
            }
            value => self.apply(name, value),
        }
    }

    fn once(&mut self, index: usize, name: &str) -> Result<(), Refusal> {
        let bit = 1 << index;
        if self.given & bit != 0 {
            return Err((format!("`{name}` is given twice"), "the first one holds".to_owned()));
        }
        self.given |= bit;
        Ok(())
    }

    fn apply(&mut self, name: &str, value: Option<Cow<'t, str>>) -> Result<(), Refusal> {
        let given = value.as_deref().unwrap_or_default();
        match name {
            "line_numbers" => self.line_numbers = true,
            "no_background" => self.no_background = true,
            "exec" => self.run(Start::OnKey, value),
            "auto_exec" => self.run(Start::Auto, value),
            "exec_replace" => {
                self.becomes(Form::Replace);
                self.run(Start::Auto, value);
            }
            "image" => {
                self.becomes(Form::Picture);
                self.run(Start::Auto, None);
            }
            "acquire_terminal" => {
                self.becomes(Form::Handover);
                self.run(Start::OnKey, value);
            }
            "pty" => {
                self.run(Start::OnKey, None);
                self.pty = Some(value.as_deref().map_or(Ok(Pty::default()), pty)?);
            }
            "env" => self.env = value,
            "session" => {
                self.run(Start::OnKey, None);
                self.session = Some(value.unwrap_or_default());
            }
            "bench" => {
                self.run(Start::OnKey, None);
                self.race = Some(value.unwrap_or_default());
            }
            "pymodule" => self.module = Some(value.unwrap_or_default()),
            "render" => self.rendered = true,
            "width" => self.width_percent = Some(width(given)?),
            "validate" => {
                self.check.alternative = value.map(Into::into);
                self.check.validates = true;
            }
            "expect" => self.check.expects_failure = is_failure_expected(given)?,
            "mask" => self.check.mask = Some(mask(given)?),
            "input" => self.input = Some(typed(given)?),
            "output" => self.output = Some(output(given)?),
            "id" => self.id = value,
            "timeout" => self.timeout_ms = Some(duration(given)?),
            _ => {}
        }
        Ok(())
    }

    /// Of several ways to start, the one that needs no key wins; the first executor named holds.
    fn run(&mut self, start: Start, alternative: Option<Cow<'t, str>>) {
        self.alternative = self.alternative.take().or(alternative);
        self.start = Some(match (self.start, start) {
            (Some(Start::Auto), _) | (_, Start::Auto) => Start::Auto,
            _ => Start::OnKey,
        });
    }

    /// The first attribute that says what becomes of the output holds.
    fn becomes(&mut self, form: Form) {
        if self.forms == 0 {
            self.form = form;
        }
        self.forms += 1;
    }

    /// The attribute that a race has no use for, if there is one, and what to do.
    pub(super) fn against_race(&self) -> Option<(&'static str, &'static str)> {
        self.race.as_ref()?;
        Some(if self.module.is_some() {
            ("+pymodule", "time a block of Python that imports the module: `python +bench`")
        } else if self.pty.is_some() {
            ("+pty", "take one of the two away: what is timed has no terminal")
        } else if self.form == Form::Handover {
            ("+acquire_terminal", "take one of the two away: what is timed has no terminal")
        } else if self.form == Form::Picture {
            ("+image", "take one of the two away: what it makes is a chart")
        } else if self.session.is_some() {
            (
                "+session",
                "take one of the two away: what stands before the last statement is set up",
            )
        } else if self.alternative.is_some() {
            ("+exec:NAME", "take the executor's name away: livedeck times Python and Rust itself")
        } else {
            return None;
        })
    }

    /// Attributes that make no sense together.
    fn check(&self, span: Span, mistakes: &mut Vec<Diagnostic>) {
        let mut refuse = |message: &str, hint: &str| {
            mistakes.push(Diagnostic::error(span, message).hint(hint));
        };
        if self.rendered && self.start.is_some() {
            refuse("`+render` draws code, it does not run it", "take one of the two away");
        }
        let is_raced = self.race.is_some();
        if self.module.is_some() && !is_raced && (self.start.is_some() || self.rendered) {
            refuse(
                "`+pymodule` makes a module of a block, it does not run it",
                "take the other attribute away: a Python block imports the module",
            );
        }
        if let Some((other, hint)) = self.against_race() {
            let message = format!("`+bench` times a block, which does not go with `{other}`");
            refuse(&message, hint);
        }
        if self.width_percent.is_some() && !self.rendered {
            refuse("`+width` is for blocks with `+render`", "add `+render`");
        }
        if self.forms > 1 {
            refuse(
                "`+exec_replace`, `+image` and `+acquire_terminal` exclude each other",
                "keep the one that says what the output is to become",
            );
        }
        if self.output.is_some() && self.start.is_none() {
            refuse("`+output` is for blocks that run", "add `+exec`");
        } else if self.output.is_some() && (self.forms > 0 || self.id.is_some()) {
            refuse(
                "`+output` and another attribute both say where the output stands",
                "it goes along with `+exec`, `+auto_exec` and `+pty`, and without `+id`",
            );
        }
        if self.id.is_some() && self.start.is_none() {
            refuse("`+id` is for blocks that run", "add `+exec`");
        } else if self.id.is_some() && self.forms > 0 {
            refuse(
                "`+id` is for output that stands below its code",
                "use `+exec`, `+auto_exec` or `+pty`",
            );
        }
    }
}

fn known(name: &str) -> Option<&'static str> {
    diag::closest(name, ATTRIBUTES.iter().map(|(name, _)| *name))
}

fn list_of_attributes() -> String {
    let names: Vec<_> = ATTRIBUTES.iter().map(|(name, _)| format!("`+{name}`")).collect();
    names.join(", ")
}

/// More columns and rows than any screen has: a terminal on the slide is no larger.
const LARGEST: (u16, u16) = (1_000, 300);

/// `standby`, `80:24` or `standby:80:24`.
fn pty(value: &str) -> Result<Pty, Refusal> {
    let (standby, size) = match value.strip_prefix("standby") {
        Some("") => return Ok(Pty { standby: true, size: None }),
        Some(rest) => (true, rest.strip_prefix(':')),
        None => (false, Some(value)),
    };
    let sides = size.and_then(|size| size.split_once(':'));
    let sides: Option<(u16, u16)> =
        sides.and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    let size = sides.filter(|(columns, rows)| *columns > 0 && *rows > 0).ok_or_else(|| {
        let hint = "write `+pty:80:24`, `+pty:standby` or `+pty:standby:80:24`";
        (format!("`+pty:{}` is no size", excerpt(value)), hint.to_owned())
    })?;
    Ok(Pty { standby, size: Some((size.0.min(LARGEST.0), size.1.min(LARGEST.1))) })
}

/// Where the output stands.
fn output(value: &str) -> Result<OutputPlace, Refusal> {
    const PLACES: [(&str, OutputPlace); 4] = [
        ("below", OutputPlace::Below),
        ("right", OutputPlace::Right),
        ("replace", OutputPlace::Replace),
        ("none", OutputPlace::Nowhere),
    ];
    let found = PLACES.into_iter().find(|(name, _)| *name == value);
    found.map(|(_, place)| place).ok_or_else(|| {
        let hint = match diag::closest(value, PLACES.into_iter().map(|(name, _)| name)) {
            Some(name) => format!("did you mean `+output:{name}`?"),
            None => "it is `below`, `right`, `replace` or `none`".to_owned(),
        };
        (format!("`+output:{}` is no place for output", excerpt(value)), hint)
    })
}

fn width(value: &str) -> Result<u8, Refusal> {
    let percent = value.strip_suffix('%').and_then(|number| number.parse::<u8>().ok());
    match percent {
        Some(percent @ 1..=100) => Ok(percent),
        _ => Err((format!("`{}` is no width", excerpt(value)), "from `1%` to `100%`".to_owned())),
    }
}

/// What is typed: `\n` ends a line, `\t` is a tab, and `\\` a backslash.
fn typed(value: &str) -> Result<Box<str>, Refusal> {
    let mut text = String::new();
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        text.push(match c {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(sign @ ('\\' | '"')) => sign,
                other => {
                    let escape: String = ['\\'].into_iter().chain(other).collect();
                    let hint =
                        "write `\\n` for the end of a line, `\\t` for a tab, `\\\\` for `\\`";
                    return Err((format!("`{}` means nothing", excerpt(&escape)), hint.into()));
                }
            },
            c => c,
        });
    }
    Ok(text.into())
}

/// Whether `+expect` says that the block is meant to fail.
fn is_failure_expected(value: &str) -> Result<bool, Refusal> {
    match value {
        "success" => Ok(false),
        "failure" | "fail" => Ok(true),
        _ => Err((
            format!("`+expect:{}` is unknown", excerpt(value)),
            "write `+expect:success` or `+expect:failure`".to_owned(),
        )),
    }
}

/// What of an output is not compared: a regular expression.
fn mask(value: &str) -> Result<Box<str>, Refusal> {
    let hint = "for example `+mask:\"took \\d+ ms\"`";
    match Regex::new(value) {
        Ok(_) => Ok(value.into()),
        Err(error) => {
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
            Err((format!("`{}` is no regular expression: {why}", excerpt(value)), hint.to_owned()))
        }
    }
}

/// `90s`, `500ms`, `2m`, `1m30s`, or seconds as a bare number.
fn duration(text: &str) -> Result<u64, Refusal> {
    let refusal = || {
        let hint = "write `+timeout:500ms`, `+timeout:10s` or `+timeout:2m`";
        (format!("`{}` is no duration", excerpt(text)), hint.to_owned())
    };
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| refusal())?;
        rest = &rest[digits..];
        let unit = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let factor = match &rest[..unit] {
            "ms" => 1,
            "" | "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            _ => return Err(refusal()),
        };
        rest = &rest[unit..];
        total = total.saturating_add(number.saturating_mul(factor));
    }
    if total == 0 { Err(refusal()) } else { Ok(total) }
}
