//! Parses the values of attributes.

use std::borrow::Cow;

use regex::Regex;

use crate::deck::{OutputPlace, Pty, is_host_name};
use crate::diag;
use crate::parse::attribute::AttributeError;
use crate::parse::duration as read_duration;
use crate::parse::manifest::EDITIONS;
use crate::parse::sanitize::excerpt;

/// The longest time limit in milliseconds: one day. A deadline that far away fits every clock.
const MAX_DURATION: u64 = 24 * 3_600_000;

/// Parses `standby`, `80:24` or `standby:80:24`.
pub(super) fn pty(value: &str) -> Result<Pty, AttributeError> {
    let (standby, size) = match value.strip_prefix("standby") {
        Some("") => return Ok(Pty { standby: true, size: None }),
        Some(rest) => (true, rest.strip_prefix(':')),
        None => (false, Some(value)),
    };
    let sides = size.and_then(|size| size.split_once(':'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let sides = sides.filter(|(columns, rows)| is_number(columns) && is_number(rows));
    let (columns, rows) = sides.ok_or_else(|| {
        let hint = "write `+pty:80:24`, `+pty:standby` or `+pty:standby:80:24`";
        (format!("`+pty:{}` is not a terminal size", excerpt(value)), hint.to_owned())
    })?;
    let size = columns.parse().ok().zip(rows.parse().ok()).filter(|size| Pty::fit(*size) == *size);
    if size.is_none() {
        let ((least_columns, least_rows), (columns, rows)) = (Pty::MIN_SIZE, Pty::MAX_SIZE);
        return Err((
            format!("`+pty:{}` is not a possible terminal size", excerpt(value)),
            format!("use {least_columns} to {columns} columns and {least_rows} to {rows} rows"),
        ));
    }
    Ok(Pty { standby, size })
}

/// Parses the name of another machine.
pub(super) fn host(value: Cow<'_, str>) -> Result<Cow<'_, str>, AttributeError> {
    if is_host_name(&value) {
        return Ok(value);
    }
    let message = format!("`+remote:{}` does not name a machine", excerpt(&value));
    Err((
        message,
        "name one as for `ssh`: `+remote:gpu` or `+remote:me@gpu.example.org`".to_owned(),
    ))
}

/// Parses the number of characters that each key types.
pub(super) fn typing_pace(value: &str) -> Result<u8, AttributeError> {
    pace(value).ok_or_else(|| {
        let message = format!("`+typed:{}` is not a number of characters", excerpt(value));
        (message, "each key types 1 to 99 characters: `+typed:3`".to_owned())
    })
}

/// Parses a number of characters for each key, from 1 to 99.
pub(in crate::parse) fn pace(value: &str) -> Option<u8> {
    value.parse().ok().filter(|pace| (1..100).contains(pace))
}

/// Parses a place for output.
pub(super) fn output(value: &str) -> Result<OutputPlace, AttributeError> {
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
            None => "use `below`, `right`, `replace` or `none`".to_owned(),
        };
        (format!("`+output:{}` is not a place for output", excerpt(value)), hint)
    })
}

/// Parses a Rust edition.
pub(super) fn edition(value: &str) -> Result<Box<str>, AttributeError> {
    if EDITIONS.contains(&value) {
        return Ok(value.into());
    }
    let hint = format!("use one of `{}`", EDITIONS.join("`, `"));
    Err((format!("`+edition:{}` is not a Rust edition", excerpt(value)), hint))
}

/// Parses a percentage of the slide's width.
pub(super) fn width(value: &str) -> Result<u8, AttributeError> {
    let percent = value.strip_suffix('%').and_then(|number| number.parse::<u8>().ok());
    match percent {
        Some(percent @ 1..=100) => Ok(percent),
        _ => Err((
            format!("`{}` is not a width", excerpt(value)),
            "use a width from `1%` to `100%`".to_owned(),
        )),
    }
}

/// Parses standard input: `\n` is a line feed, `\t` a tab, and `\\` a backslash.
pub(super) fn input(value: &str) -> Result<Box<str>, AttributeError> {
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
                    return Err((format!("unknown escape `{}`", excerpt(&escape)), hint.into()));
                }
            },
            c => c,
        });
    }
    Ok(text.into())
}

/// Parses the value of `+expect`: whether the block is expected to fail.
pub(super) fn is_failure_expected(value: &str) -> Result<bool, AttributeError> {
    match value {
        "success" => Ok(false),
        "failure" | "fail" => Ok(true),
        _ => Err((
            format!("unknown value `+expect:{}`", excerpt(value)),
            "write `+expect:success` or `+expect:failure`".to_owned(),
        )),
    }
}

/// Checks a regular expression for output: the value of `+varies` or `+mask`.
pub(super) fn pattern(attribute: &str, value: &str) -> Result<Box<str>, AttributeError> {
    let hint = match attribute {
        "mask" => "for example `+mask:\"sk-\\w+\"`",
        _ => "for example `+varies:\"took \\d+ ms\"`",
    };
    match Regex::new(value) {
        Ok(_) => Ok(value.into()),
        Err(error) => {
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
            Err((
                format!("`{}` is not a regular expression: {why}", excerpt(value)),
                hint.to_owned(),
            ))
        }
    }
}

/// Parses a duration in milliseconds: `90s`, `500ms`, `2m`, `1m30s`, or seconds as a bare number.
pub(super) fn duration(text: &str) -> Result<u64, AttributeError> {
    let total = read_duration(text).map_or(0, |time| time.as_millis());
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    let refusal = || {
        let hint = "write `+timeout:500ms`, `+timeout:10s` or `+timeout:2m`";
        (format!("`{}` is not a duration", excerpt(text)), hint.to_owned())
    };
    match total {
        0 => Err(refusal()),
        1..=MAX_DURATION => Ok(total),
        _ => Err((
            format!("`{}` is longer than a day", excerpt(text)),
            "use at most `+timeout:24h`".to_owned(),
        )),
    }
}
