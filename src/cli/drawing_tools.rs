//! What draws blocks on this machine, for `doctor`.

use super::counted;
use crate::config::Config;
use crate::deck::DrawingLanguage;
use crate::draw::DRAWS_MERMAID;
use crate::exec::is_installed;
use crate::headless::drawn_kinds;
use crate::project::LoadedDeck;
use crate::source::SourceFile;

/// How to get a program for mermaid, or to do without.
const MERMAID_HINT: &str =
    "install `mmdc` (mermaid-cli), or build livedeck with `cargo install --path . --features full`";

/// Says what draws each language.
pub(super) fn of_machine(config: &Config) -> String {
    let languages = [
        DrawingLanguage::Latex,
        DrawingLanguage::Mermaid,
        DrawingLanguage::Typst,
        DrawingLanguage::D2,
    ];
    let rows = languages.map(|language| {
        let name = language.name();
        if is_built_in(language) {
            return format!("{name} built in");
        }
        let program = program(language, config);
        if is_installed(&program) {
            format!("{name} by `{program}`")
        } else {
            format!("{name} not: `{program}` is not installed")
        }
    });
    rows.join("; ")
}

/// Counts the drawn blocks of a deck by language, and reports mermaid that nothing draws. Other missing
/// programs are those of blocks that run. Returns the report, and whether all can be drawn.
pub(super) fn of_deck(loaded: &LoadedDeck, deck: &str, config: &Config) -> (String, bool) {
    let kinds = drawn_kinds(loaded);
    if kinds.is_empty() {
        return (String::new(), true);
    }
    let total = counted(kinds.iter().map(|kind| kind.count).sum(), "block");
    let counts: Vec<_> =
        kinds.iter().map(|kind| format!("{} {}", kind.count, kind.language.name())).collect();
    let text = format!("{deck}: {total} to draw: {}\n", counts.join(", "));
    let mermaid = kinds.iter().find(|kind| kind.language == DrawingLanguage::Mermaid);
    let is_drawn = DRAWS_MERMAID || is_installed(&config.mermaid.cli);
    let Some(kind) = mermaid.filter(|_| !is_drawn) else { return (text, true) };
    let sources = &loaded.deck.sources;
    let file = sources.get(kind.first.file);
    let name = file.map(SourceFile::name).unwrap_or_default();
    let line = file.map_or(1, |file| file.line(kind.first.start));
    let missing = format!("{name}:{line}:1: nothing here draws mermaid: {MERMAID_HINT}\n");
    (text + &missing, false)
}

fn is_built_in(language: DrawingLanguage) -> bool {
    match language {
        DrawingLanguage::Latex | DrawingLanguage::Qr => true,
        DrawingLanguage::Mermaid => DRAWS_MERMAID,
        DrawingLanguage::Typst | DrawingLanguage::D2 => false,
    }
}

/// Returns the program that draws a language.
fn program(language: DrawingLanguage, config: &Config) -> String {
    let executors = config.executors();
    let custom = executors.get(language.name());
    let first = custom.and_then(|it| it.recipe.commands.first()?.first());
    first.map_or_else(|| language.name().to_owned(), Clone::clone)
}
