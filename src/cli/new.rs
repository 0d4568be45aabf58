//! `livedeck new`: writes a small deck to start from.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::args::{NewArgs, Template};

/// The name of a deck without one.
const DEFAULT_NAME: &str = "talk.md";

/// What templates contain in place of the title and the author.
const TITLE: &str = "\"TITLE\"";
const AUTHOR_LINE: &str = "author: \"AUTHOR\"\n";

impl Template {
    /// Returns its description and its deck.
    fn contents(self) -> (&'static str, &'static str) {
        match self {
            Self::Talk => (
                "text, lists, columns, code that runs, speaker notes: the language in eight slides",
                include_str!("new/talk.md"),
            ),
            Self::Workshop => (
                "Python blocks that build on each other, with exercises and solutions",
                include_str!("new/workshop.md"),
            ),
            Self::Lightning => ("five slides for five minutes", include_str!("new/lightning.md")),
            Self::Pyo3 => {
                ("Rust blocks that Python blocks import and outrun", include_str!("new/pyo3.md"))
            }
        }
    }
}

/// Writes a deck, or lists the templates.
pub(super) fn new(args: &NewArgs) -> anyhow::Result<()> {
    if args.list {
        return super::print(&list());
    }
    let path = deck_path(args.name.as_deref());
    let title = args.title.clone().unwrap_or_else(|| title_of(&path));
    write_new(&path, &fill(args.template, &title, args.author.as_deref()))?;
    let name = super::quoted(&path);
    let shell = shell_word(&path);
    super::print(&format!(
        "created {name}\n\n  livedeck {shell}\n\npresents it; space goes on, `?` lists the keys, `q` quits. \
         Slides change when you save.\n"
    ))
}

/// Lists the templates, one per line.
fn list() -> String {
    let row = |template: &Template| format!("{:<10} {}\n", template.name(), template.contents().0);
    Template::ALL.iter().map(row).collect()
}

/// Returns the file for a name: markdown, unless the name has an extension.
fn deck_path(name: Option<&Path>) -> PathBuf {
    let path = name.unwrap_or(Path::new(DEFAULT_NAME)).to_owned();
    if path.extension().is_some() { path } else { path.with_extension("md") }
}

/// Returns a title made of a file's name: `My first talk` for `my-first_talk.md`.
fn title_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let words = stem.replace(['-', '_'], " ");
    let mut letters = words.trim().chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Returns a template's deck with this title and author.
fn fill(template: Template, title: &str, author: Option<&str>) -> String {
    // JSON strings are YAML strings.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let author = author.map_or_else(String::new, |it| format!("author: {}\n", quoted(it)));
    template.contents().1.replacen(AUTHOR_LINE, &author, 1).replacen(TITLE, &quoted(title), 1)
}

/// Writes a file that does not exist, and its folder.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let name = || super::quoted(path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(name)?;
    }
    let mut file = match File::create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} exists already\nhint: choose another name; no file is overwritten", name())
        }
        created => created.with_context(name)?,
    };
    file.write_all(text.as_bytes()).with_context(name)
}

/// Quotes a path for a shell, if it has to be.
fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+".contains(letter);
    if text.chars().all(is_plain) && !text.starts_with('-') {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_is_made_of_the_file_name() {
        assert_eq!(title_of(Path::new("a/my-first_talk.md")), "My first talk");
        assert_eq!(title_of(&deck_path(None)), "Talk");
        assert_eq!(title_of(Path::new("été.md")), "Été");
    }

    #[test]
    fn names_get_an_extension() {
        assert_eq!(deck_path(Some(Path::new("pycon/talk"))), Path::new("pycon/talk.md"));
        assert_eq!(deck_path(Some(Path::new("talk.markdown"))), Path::new("talk.markdown"));
    }

    #[test]
    fn title_and_author_are_quoted() {
        let deck = fill(Template::Talk, "a: \"b\" # c", Some("Ann"));
        assert!(deck.starts_with("---\ntitle: \"a: \\\"b\\\" # c\"\nauthor: \"Ann\"\n"), "{deck}");
        let deck = fill(Template::Lightning, "T", None);
        assert!(deck.starts_with("---\ntitle: \"T\"\noptions:"), "{deck}");
    }

    #[test]
    fn every_template_has_a_title_and_an_author() {
        for template in Template::ALL {
            let deck = template.contents().1;
            assert!(deck.contains(TITLE) && deck.contains(AUTHOR_LINE), "{}", template.name());
        }
    }

    #[test]
    fn shell_words_are_quoted_where_needed() {
        assert_eq!(shell_word(Path::new("my/talk.md")), "my/talk.md");
        assert_eq!(shell_word(Path::new("it's a talk.md")), r"'it'\''s a talk.md'");
    }
}
