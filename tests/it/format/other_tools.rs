//! Tests decks of other tools, written after their manuals: each is recognised and reported once.

use std::path::Path;

use livedeck::deck::{BlockKind, Deck};
use livedeck::parse;
use livedeck::source::MemFiles;

fn parsed(text: &str) -> Deck {
    parse::parse(Path::new("talk.md"), text, &MemFiles::default())
}

/// The tools, by the file name prefix of their decks in `tests/decks/others`.
const TOOLS: [(&str, &str); 8] = [
    ("deckset", "Deckset"),
    ("lookatme", "lookatme"),
    ("marp", "Marp"),
    ("mdp", "mdp"),
    ("patat", "patat"),
    ("reveal", "reveal.js"),
    ("slides", "slides"),
    ("slidev", "Slidev"),
];

#[test]
fn decks_of_other_tools_have_one_report() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decks/others");
    let mut decks: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    decks.sort();
    assert_eq!(decks.len(), 16);
    for path in decks {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let start = name.split('-').next().unwrap();
        let (_, tool) = TOOLS.iter().find(|(known, _)| *known == start).unwrap();
        let deck = parsed(&std::fs::read_to_string(&path).unwrap());
        let [report] = &deck.diagnostics[..] else { panic!("{name}: {:?}", deck.diagnostics) };
        let message = &report.message;
        assert!(
            message.starts_with(&format!("this deck is written for {tool}: it has ")),
            "{message}"
        );
        assert!(report.hints[0].contains("`options: {"), "{name}: {:?}", report.hints);
        let blocks = deck.slides.iter().flat_map(|slide| &slide.blocks);
        assert!(!blocks.clone().any(|block| matches!(block.kind, BlockKind::Problem(_))), "{name}");
        assert!(blocks.count() > 0, "{name}");
    }
}

#[test]
fn hints_work_as_written() {
    let rules = "---\noptions: {end_slide_shorthand: true}\n---\n\n# A\n\n---\n\n# B\n";
    let headings =
        "---\noptions: {implicit_slide_ends: true, h1_slide_titles: true}\n---\n\n# A\n\n# B\n";
    for text in [rules, headings] {
        let deck = parsed(text);
        assert_eq!((deck.slides.len(), deck.diagnostics.len()), (2, 0), "{:?}", deck.diagnostics);
    }
}

#[test]
fn own_decks_are_not_mistaken_for_others() {
    let about_marp =
        "A\n===\n\n```markdown\n---\nmarp: true\n---\n<!-- _class: lead -->\n. . .\n```\n";
    let with_pause = "# A\n\n<!-- pause -->\n\n. . .\n";
    let with_options = "---\nlayout: x\noptions: {end_slide_shorthand: true}\n---\n\n<v-click>\n";
    let is_foreign = |text: &str| {
        parsed(text).diagnostics.iter().any(|it| it.message.starts_with("this deck is written for"))
    };
    for text in [about_marp, with_pause, with_options, "", "---\n", "%", "a: b\n"] {
        assert!(!is_foreign(text), "{text}");
    }
}

#[test]
fn unknown_keys_without_a_tool_are_reported() {
    let deck = parsed("---\ntitel: x\nauhtor: y\n---\n\n# A\n");
    assert_eq!(deck.diagnostics.len(), 2);
}
