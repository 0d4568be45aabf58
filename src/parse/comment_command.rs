//! Parses comment commands, written between `<!--` and `-->`, and tells them from remarks.

use std::borrow::Cow;
use std::time::Duration;

use super::command_synonyms;
use super::duration::duration;
use super::fence::pace;
use super::sanitize::excerpt;
use super::tags::tags;
use super::yaml_tree::{self, YamlNode, YamlValue};
use crate::deck::Align;
use crate::diag;

/// A command in a comment.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum CommentCommand {
    EndSlide,
    Pause,
    NewLines(u16),
    JumpToMiddle,
    ColumnLayout(Vec<u8>),
    Column(usize),
    ResetLayout,
    IncrementalLists(bool),
    IncrementalTables(bool),
    ListItemNewlines(u8),
    FontSize(u8),
    Alignment(Align),
    NoFooter,
    SkipSlide,
    Include(String),
    SpeakerNote(String),
    SnippetOutput(String),
    IsCentered(bool),
    /// `// budget: 2m`: for us only, presenterm ignores it.
    Budget(Duration),
    /// `// auto_advance: 20s`, likewise.
    AutoAdvance(Duration),
    /// `// tags: [deep, workshop]`, likewise.
    Tags(Vec<String>),
    /// `// step: name`, as `+step:name` on the next block of code.
    Place(Box<str>),
    /// `// typed` or `// typed: 3`, as `+typed` on it.
    Typed(u8),
}

/// The kinds of comment.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Comment {
    Command(CommentCommand),
    /// A remark, which is ignored.
    Remark,
    /// An invalid command: a message and a hint.
    Mistake(String, String),
    /// A remark that looks like an invalid command: a message and a hint.
    Suspect(String, String),
}

/// Every command with examples, the first one for hints.
pub(super) const COMMANDS: &[(&str, &[&str])] = &[
    ("alignment", &["alignment: center", "alignment: left", "alignment: right"]),
    ("column", &["column: 0"]),
    ("column_layout", &["column_layout: [1, 1]"]),
    ("comment", &["comment: a remark"]),
    ("end_slide", &["end_slide"]),
    ("font_size", &["font_size: 2"]),
    ("include", &["include: part.md"]),
    ("incremental_lists", &["incremental_lists: true", "incremental_lists: false"]),
    ("incremental_tables", &["incremental_tables: true", "incremental_tables: false"]),
    ("jump_to_middle", &["jump_to_middle"]),
    ("list_item_newlines", &["list_item_newlines: 2"]),
    ("new_line", &["new_line"]),
    ("new_lines", &["new_lines: 2"]),
    ("newline", &["newline"]),
    ("newlines", &["newlines: 2"]),
    ("no_footer", &["no_footer"]),
    ("pause", &["pause"]),
    ("reset_layout", &["reset_layout"]),
    ("skip_slide", &["skip_slide"]),
    ("snippet_output", &["snippet_output: name"]),
    ("speaker_note", &["speaker_note: what to say"]),
    ("vertical_alignment", &["vertical_alignment: center", "vertical_alignment: top"]),
];

/// Commands that presenterm does not have. After `//`, they are remarks for presenterm.
const OWN_COMMANDS: &[&str] = &["vertical_alignment"];

/// Returns examples of every command, as written between `<!--` and `-->`.
pub fn comment_commands() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().flat_map(|(_, samples)| samples.iter().copied())
}

/// Parses a comment's body. `prefix` is the prefix of the deck's commands, or empty.
pub(super) fn read(body: &str, prefix: &str) -> Comment {
    let body = body.trim();
    let mut command = body;
    while let Some(rest) = command.strip_prefix(prefix).filter(|_| !prefix.is_empty()) {
        command = rest.trim_start();
    }
    if let Some(rest) = command.strip_prefix("//")
        && OWN_COMMANDS.contains(&first_word(rest.trim_start()).0)
    {
        command = rest.trim_start();
    }
    if command.is_empty() {
        return Comment::Remark;
    }
    if let Some(comment) = body.strip_prefix("//").and_then(stage_remark) {
        return comment;
    }
    match split(command) {
        Some((name, argument)) if sample(&name).is_some() => match build(&name, &argument) {
            Some(Ok(command)) => Comment::Command(command),
            Some(Err(message)) => {
                let sample = sample(&name).unwrap_or_default();
                Comment::Mistake(message, format!("for example `<!-- {sample} -->`"))
            }
            None => Comment::Remark,
        },
        _ => remark(body, command, prefix),
    }
}

/// Reads a remark that has a meaning for us only: `// budget: 2m`, `// auto_advance: 20s`,
/// `// tags: [deep]`, `// typed`, `// step: name`.
fn stage_remark(remark: &str) -> Option<Comment> {
    let remark = remark.trim();
    if remark == "typed" {
        return Some(Comment::Command(CommentCommand::Typed(1)));
    }
    let (name, value) = remark.split_once(':')?;
    match name.trim_end() {
        // Other remarks may begin with these words.
        "step" => {
            let name = value.trim();
            let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
            return is_name.then(|| Comment::Command(CommentCommand::Place(name.into())));
        }
        "typed" => return pace(value.trim()).map(CommentCommand::Typed).map(Comment::Command),
        _ => {}
    }
    if name.trim_end() == "tags" {
        return Some(match tags(value) {
            Some(tags) => Comment::Command(CommentCommand::Tags(tags)),
            None => Comment::Suspect(
                format!("`{}` is not a list of tags", excerpt(value.trim())),
                "for example `<!-- // tags: [deep, workshop] -->`".to_owned(),
            ),
        });
    }
    let command = match name.trim_end() {
        "budget" => CommentCommand::Budget,
        "auto_advance" => CommentCommand::AutoAdvance,
        _ => return None,
    };
    Some(match duration(value) {
        Some(time) => Comment::Command(command(time)),
        None => Comment::Suspect(
            format!("`{}` is not a duration", excerpt(value.trim())),
            format!("for example `<!-- // {}: 1m30s -->`", name.trim_end()),
        ),
    })
}

/// Classifies a comment that is not a command.
fn remark(body: &str, command: &str, prefix: &str) -> Comment {
    let (word, rest) = first_word(command);
    if let Some(sample) = sample(word).filter(|_| rest.starts_with(':') || !body.contains('\n')) {
        let message = format!("cannot read this `{word}` command");
        let hint = format!("put a space after the colon: `<!-- {sample} -->`");
        return if body.contains('\n') {
            Comment::Suspect(message, hint)
        } else {
            Comment::Mistake(message, hint)
        };
    }
    let names = || COMMANDS.iter().map(|(name, _)| *name);
    let synonym = command_synonyms::meant(command, names());
    let meant = synonym.or_else(|| diag::closest(word, names()));
    let message = || match synonym {
        Some(_) => {
            let name = command.split(':').next().unwrap_or_default().trim_end();
            format!("unknown command `{}`", excerpt(name))
        }
        None => format!("unknown command `{}`", excerpt(word)),
    };
    if body.contains('\n') {
        return match meant.filter(|_| rest.starts_with(':')) {
            Some(meant) => Comment::Suspect(message(), format!("did you mean `{meant}`?")),
            None => Comment::Remark,
        };
    }
    let private = !body.starts_with(prefix)
        || body.starts_with("vim:")
        || body.starts_with("//")
        || matches!(body, "{{{" | "}}}");
    if private {
        return Comment::Remark;
    }
    match meant {
        Some(meant) => Comment::Mistake(message(), format!("did you mean `{meant}`?")),
        None if word.is_empty() => Comment::Mistake(
            format!("this comment is not a command: `{}`", excerpt(command)),
            "start a remark with `//`: `<!-- // … -->`".to_owned(),
        ),
        None => Comment::Mistake(message(), "start a remark with `//`: `<!-- // … -->`".to_owned()),
    }
}

/// A command's argument.
enum CommandArgument<'a> {
    Missing,
    Text(Cow<'a, str>),
    Node(YamlNode),
}

fn sample(name: &str) -> Option<&'static str> {
    let at = COMMANDS.binary_search_by_key(&name, |(name, _)| name).ok()?;
    COMMANDS[at].1.first().copied()
}

fn first_word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-'));
    text.split_at(end.unwrap_or(text.len()))
}

/// Splits `name` or `name: value`. Most commands are plain and need no YAML parser.
fn split(command: &str) -> Option<(Cow<'_, str>, CommandArgument<'_>)> {
    let (word, rest) = first_word(command);
    if rest.is_empty() {
        return Some((word.into(), CommandArgument::Missing));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/');
    if let Some(value) = rest.strip_prefix(": ")
        && !value.is_empty()
        && value.chars().all(plain)
    {
        return Some((word.into(), CommandArgument::Text(value.into())));
    }
    if let (Some(node), None) = yaml_tree::read(command) {
        return from_yaml(node);
    }
    let free = matches!(word, "comment" | "speaker_note" | "include");
    let text = rest.strip_prefix(':').filter(|_| free)?;
    Some((word.into(), CommandArgument::Text(text.trim().into())))
}

fn from_yaml<'a>(node: YamlNode) -> Option<(Cow<'a, str>, CommandArgument<'a>)> {
    match node.value {
        YamlValue::Plain(name) | YamlValue::Quoted(name) => {
            Some((name.into(), CommandArgument::Missing))
        }
        YamlValue::Map(entries) => {
            let [(name, value)] = <[_; 1]>::try_from(entries).ok()?;
            let name = name.text()?.to_owned().into();
            Some((
                name,
                if value.is_null() {
                    CommandArgument::Missing
                } else {
                    CommandArgument::Node(value)
                },
            ))
        }
        YamlValue::List(_) => None,
    }
}

/// Builds the command of a known name; `None` for remarks.
fn build(name: &str, argument: &CommandArgument<'_>) -> Option<Result<CommentCommand, String>> {
    let plain = match name {
        "end_slide" => CommentCommand::EndSlide,
        "pause" => CommentCommand::Pause,
        "new_line" | "newline" => CommentCommand::NewLines(1),
        "jump_to_middle" => CommentCommand::JumpToMiddle,
        "reset_layout" => CommentCommand::ResetLayout,
        "no_footer" => CommentCommand::NoFooter,
        "skip_slide" => CommentCommand::SkipSlide,
        "comment" => return None,
        _ => return Some(with_argument(name, argument)),
    };
    Some(match argument {
        CommandArgument::Missing => Ok(plain),
        _ => Err(format!("`{name}` takes no value")),
    })
}

fn with_argument(name: &str, argument: &CommandArgument<'_>) -> Result<CommentCommand, String> {
    match name {
        "new_lines" | "newlines" => number(name, argument, 0..=u64::from(u32::MAX))
            .map(|n| CommentCommand::NewLines(clamp(n))),
        "column" => number(name, argument, 0..=255).map(|n| CommentCommand::Column(n as usize)),
        "list_item_newlines" => {
            number(name, argument, 1..=255).map(|n| CommentCommand::ListItemNewlines(n as u8))
        }
        "font_size" => number(name, argument, 1..=7).map(|n| CommentCommand::FontSize(n as u8)),
        "incremental_lists" => boolean(name, argument).map(CommentCommand::IncrementalLists),
        "incremental_tables" => boolean(name, argument).map(CommentCommand::IncrementalTables),
        "alignment" => alignment(argument).map(CommentCommand::Alignment),
        "vertical_alignment" => is_centered(argument).map(CommentCommand::IsCentered),
        "column_layout" => ratios(argument).map(CommentCommand::ColumnLayout),
        "include" => text(name, argument).map(CommentCommand::Include),
        "snippet_output" => text(name, argument).map(CommentCommand::SnippetOutput),
        _ => text(name, argument).map(CommentCommand::SpeakerNote),
    }
}

fn clamp(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn scalar<'a>(name: &str, argument: &'a CommandArgument<'_>) -> Result<&'a str, String> {
    match argument {
        CommandArgument::Missing => Err(format!("`{name}` needs a value")),
        CommandArgument::Text(text) => Ok(text),
        CommandArgument::Node(node) => {
            node.text().ok_or_else(|| format!("`{name}` takes a single value, not {}", node.kind()))
        }
    }
}

fn text(name: &str, argument: &CommandArgument<'_>) -> Result<String, String> {
    scalar(name, argument).map(str::to_owned)
}

fn number(
    name: &str,
    argument: &CommandArgument<'_>,
    allowed: std::ops::RangeInclusive<u64>,
) -> Result<u64, String> {
    let text = scalar(name, argument)?;
    text.parse().ok().filter(|number| allowed.contains(number)).ok_or_else(|| {
        let (from, to) = (allowed.start(), allowed.end());
        let range =
            if *to > 255 { format!("from {from} up") } else { format!("from {from} to {to}") };
        format!("`{name}` takes a whole number {range}, not `{}`", excerpt(text))
    })
}

fn boolean(name: &str, argument: &CommandArgument<'_>) -> Result<bool, String> {
    match scalar(name, argument)? {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(format!("`{name}` must be `true` or `false`, not `{}`", excerpt(other))),
    }
}

fn alignment(argument: &CommandArgument<'_>) -> Result<Align, String> {
    match scalar("alignment", argument)? {
        "left" => Ok(Align::Left),
        "center" => Ok(Align::Center),
        "right" => Ok(Align::Right),
        other => Err(format!(
            "`alignment` must be `left`, `center` or `right`, not `{}`",
            excerpt(other)
        )),
    }
}

fn is_centered(argument: &CommandArgument<'_>) -> Result<bool, String> {
    match scalar("vertical_alignment", argument)? {
        "top" => Ok(false),
        "center" => Ok(true),
        other => {
            Err(format!("`vertical_alignment` must be `top` or `center`, not `{}`", excerpt(other)))
        }
    }
}

fn ratios(argument: &CommandArgument<'_>) -> Result<Vec<u8>, String> {
    let message = || "`column_layout` takes a list of widths from 1 to 255".to_owned();
    let CommandArgument::Node(YamlNode { value: YamlValue::List(items), .. }) = argument else {
        return Err(message());
    };
    let widths: Option<Vec<u8>> =
        items.iter().map(|item| item.text()?.parse().ok().filter(|&width| width > 0)).collect();
    widths.filter(|widths| !widths.is_empty()).ok_or_else(message)
}
