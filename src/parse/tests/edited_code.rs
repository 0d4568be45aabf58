//! Code that is edited in its deck: what is typed is what runs.

use super::deck;
use crate::deck::Deck;
use crate::source::FencedCode;

/// The containers around a block: what its first line has before it, and each other line.
const CONTAINERS: [(&str, &str); 8] = [
    ("> ", "> "),
    (">", "> "),
    ("- ", "  "),
    ("12. ", "    "),
    ("*   ", "    "),
    ("3)  ", "    "),
    ("* a\n\n  ", "  "),
    (" > ", " > "),
];

/// Lines of code that are something else outside of a block.
const LINES: [&str; 20] = [
    "",
    "  ",
    "x = 1",
    "    y",
    "\tz",
    "```",
    "~~~",
    "   ````  ",
    "    ```",
    "```py",
    "> q",
    ">",
    "- i",
    "1. n",
    "---",
    "<!-- end_slide -->",
    "<!-- pause -->",
    "# h",
    "日本 é",
    "</div>",
];

/// A number below `count`, repeatable by seed (xorshift64*).
fn any(seed: &mut u64, count: usize) -> usize {
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    usize::try_from(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % count
}

/// Up to four lines of code.
fn any_code(seed: &mut u64) -> Vec<String> {
    (0..any(seed, 5)).map(|_| LINES[any(seed, LINES.len())].to_owned()).collect()
}

/// A deck with this code in any containers.
fn any_deck(seed: &mut u64, code: &[String]) -> String {
    let (mut first, mut prefix) = (String::new(), String::new());
    for _ in 0..any(seed, 4) {
        let (start, next) = CONTAINERS[any(seed, CONTAINERS.len())];
        first.push_str(&start.replace('\n', &format!("\n{prefix}")));
        prefix.push_str(next);
    }
    let indent = " ".repeat(any(seed, 4));
    let line_end = if any(seed, 2) == 0 { "\n" } else { "\r\n" };
    let mut text = format!("A\n===\n\n{first}{indent}`````python +exec\n");
    for line in code {
        let line = format!("{prefix}{indent}{line}");
        let is_short = line.trim_start_matches(['>', ' ']).is_empty() && any(seed, 2) == 0;
        text += if is_short { line.trim_end() } else { &line };
        text += "\n";
    }
    text += &[&prefix, &indent, "`````\n\nafter\n\n<!-- end_slide -->\n\nB\n===\n"].concat();
    text.replace('\n', line_end)
}

/// Blocks in any containers, edited to any code: what runs is what was typed, and everything around
/// the block is as it was.
#[test]
fn any_block_can_be_edited_to_any_code() {
    let joined = |lines: &[String]| lines.iter().flat_map(|it| [it, "\n"]).collect::<String>();
    // For an editor, no lines are one empty line.
    let code = |deck: &Deck| Some(deck.cells[0].code.to_string()).filter(|it| !it.is_empty());
    let code = |deck: &Deck| code(deck).unwrap_or("\n".to_owned());
    let (mut seed, mut count) = (1, 0);
    for _ in 0..1_000 {
        let (old, mut new) = (any_code(&mut seed), any_code(&mut seed));
        if new.is_empty() {
            // An editor has at least one line.
            new.push(String::new());
        }
        let text = any_deck(&mut seed, &old);
        let deck = deck(&text);
        // Deep indentation can make it text that is indented.
        let Some(cell) = deck.cells.first() else { continue };
        count += 1;
        let (range, block) = FencedCode::find(&text, cell.span.range());
        assert_eq!(block.text(), text[range.clone()], "{text}");
        assert_eq!(code(&deck), joined(&block.code()), "{text}");
        let edited = [&text[..range.start], &block.with_code(&new), &text[range.end..]].concat();
        let again = super::deck(&edited);
        assert_eq!(code(&again), joined(&new), "{text}\n{edited}");
        assert_eq!(again.slides.len(), deck.slides.len(), "{text}\n{edited}");
        assert_eq!(again.slides[0].blocks.len(), deck.slides[0].blocks.len(), "{text}\n{edited}");
    }
    assert!(count > 500, "{count}");
}
