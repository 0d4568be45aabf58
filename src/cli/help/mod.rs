//! `livedeck help TOPIC`: prints a page of the manual, or the help of a command.

mod page;

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use clap::CommandFactory;

use self::page::Shown;
use super::Usage;
use super::args::Args;
use crate::diag::did_you_mean;

/// The width of a page on wide terminals, and of pages that are not printed on one.
const MAX_WIDTH: usize = 100;

/// The narrowest page.
const MIN_WIDTH: usize = 40;

/// A page of the manual.
struct Topic {
    name: &'static str,
    about: &'static str,
    file: &'static str,
    text: &'static str,
}

/// Makes the list of pages.
macro_rules! topics {
    ($($name:literal, $file:literal, $about:literal;)*) => {
        [$(Topic {
            name: $name,
            about: $about,
            file: $file,
            text: include_str!(concat!("../../../docs/", $file)),
        }),*]
    };
}

/// The pages, in reading order.
static TOPICS: [Topic; 21] = topics! {
    "installation", "INSTALL.md", "from source, from a release, into a Python environment";
    "tutorial", "TUTORIAL.md", "from nothing to a talk with live code";
    "format", "FORMAT.md", "everything that a deck can contain";
    "execution", "EXECUTION.md", "running code: Python, Rust, sessions, benchmarks, recordings";
    "pyo3", "PYO3.md", "Rust blocks as Python modules";
    "kernels", "KERNELS.md", "blocks in Jupyter kernels: R, Julia, other Pythons";
    "sandbox", "SANDBOX.md", "running untrusted decks";
    "stage", "STAGE.md", "presenting: the console, the timer, a blank screen, variants of a talk";
    "remote-hosts", "REMOTE.md", "running code on other machines, over ssh";
    "exporting", "EXPORT.md", "PDF and HTML files, pictures, GIFs, terminal recordings, text";
    "theming", "THEMES.md", "choosing and writing themes";
    "configuration", "CONFIG.md", "the configuration file";
    "serving", "SERVE.md", "a page for the audience, a remote for your phone";
    "control", "CONTROL.md", "driving a talk from other programs";
    "notebooks", "NOTEBOOKS.md", "opening Jupyter notebooks";
    "editors", "EDITORS.md", "problems in editors and continuous integration; JSON schemas";
    "migrating", "MIGRATING.md", "coming from presenterm, Slidev, Marp, reveal.js or RISE";
    "compatibility", "COMPATIBILITY.md", "differences from presenterm";
    "troubleshooting", "TROUBLESHOOTING.md", "terminals, tmux, ssh, fonts, Python, Rust";
    "faq", "FAQ.md", "common questions";
    "security", "SECURITY.md", "what is promised about other people's decks";
};

/// Prints a page, the help of a command, or the list of both.
pub(super) fn help(topic: Option<&str>) -> anyhow::Result<()> {
    let Some(name) = topic else { return super::print(&list()) };
    let named = name.to_lowercase();
    if let Some(topic) = TOPICS.iter().find(|topic| topic.name == named) {
        let is_terminal = io::stdout().is_terminal();
        let columns = if is_terminal { crossterm::terminal::size().ok() } else { None };
        let columns = columns.map_or(MAX_WIDTH, |(columns, _)| usize::from(columns));
        let width = columns.clamp(MIN_WIDTH, MAX_WIDTH);
        return super::print(&page::page(topic.text, width, is_terminal, &link));
    }
    let mut program = Args::command();
    program.build();
    if let Some(command) = program.find_subcommand_mut(&named) {
        return super::print(&command.render_long_help().to_string());
    }
    let mut all: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
    all.extend(program.get_subcommands().map(clap::Command::get_name));
    let hint =
        did_you_mean(&named, all).unwrap_or_else(|| "`livedeck help` lists the topics".to_owned());
    Err(Usage(format!("there is no help on `{name}`\nhint: {hint}")).into())
}

/// Lists the commands and the pages.
fn list() -> String {
    let mut text = format!("{}\n\nTopics:\n", Args::command().render_help());
    for Topic { name, about, .. } in &TOPICS {
        let _ = writeln!(text, "  {name:<16} {about}");
    }
    text + "\n`livedeck help TOPIC` prints a topic, `livedeck help COMMAND` the options of a command.\n"
}

/// Returns how a link is shown in the terminal, if it leads to a topic or out of the manual.
fn link(target: &str) -> Option<Shown> {
    if target.contains("://") {
        return Some(Shown::Address(target.to_owned()));
    }
    let file = target.split('#').next().unwrap_or_default();
    let topic = TOPICS.iter().find(|topic| topic.file == file)?;
    Some(Shown::Command(format!("livedeck help {}", topic.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_no_commands() {
        let program = Args::command();
        for topic in &TOPICS {
            assert!(program.find_subcommand(topic.name).is_none(), "{}", topic.name);
            assert!(topic.text.starts_with("# "), "{}", topic.name);
        }
    }

    #[test]
    fn links_name_topics() {
        let command = Shown::Command("livedeck help format".to_owned());
        assert_eq!(link("FORMAT.md#code"), Some(command));
        assert_eq!(link("https://a.b"), Some(Shown::Address("https://a.b".to_owned())));
        assert_eq!(link("#keys"), None);
        assert_eq!(link("../.github/SECURITY.md"), None);
    }

    #[test]
    fn pages_keep_their_width() {
        for topic in &TOPICS {
            let text = page::page(topic.text, 80, false, &link);
            let code = text.lines().filter(|line| !line.starts_with("    "));
            let wide: Vec<_> = code.filter(|line| line.chars().count() > 80).collect();
            // Only words without a break are longer.
            assert!(
                wide.iter().all(|line| !line.trim().contains(' ')),
                "{}: {wide:#?}",
                topic.name
            );
        }
    }
}
