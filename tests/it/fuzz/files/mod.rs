//! Fuzzes the other inputs of a deck. Each test mutates valid inputs; nothing may panic, and no
//! invisible or control character may reach the screen.

mod config;
mod recording;
mod terminal;
mod theme;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use livedeck::deck::{Cursor, SlideNo, Step};
use livedeck::diag;
use livedeck::export::{self, Rgb, TerminalColors};
use livedeck::headless::{SlideRenderer, inspect};
use livedeck::layout::Size;
use livedeck::project::LoadedDeck;
use livedeck::source::{TextKind, invisible};
use livedeck::view::{links, paint};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Chance, Fuzz};

/// Numbers at and beyond the limits, and ordinary ones.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "7",
    "255",
    "256",
    "65535",
    "65536",
    "4294967295",
    "18446744073709551615",
    "99999999999999999999",
    "1e308",
    "1e999",
    "-0.0",
    "0.5",
    "NaN",
];

/// Text that breaks parsers and terminals.
const BREAKING_TEXTS: &[&str] = &[
    "",
    " ",
    "\n",
    "\t",
    "\0",
    "\\u0000",
    "\\ud800",
    "\\u202e",
    "\u{1b}[31m",
    "\\u001b[99999;1H",
    "\\u001b[65535b",
    "\u{9b}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{fffe}",
    "1\u{fe0f}\u{fe0f}",
    "👩\u{200d}👧",
    "中文",
    "e\u{301}\u{301}",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    ": ",
    "- ",
    "&a ",
    "*a",
    "null",
    "true",
    "~",
    "#ff0000",
    "palette:a",
    "x",
];

/// Runs the rounds of a short run, or repeats until the time of a long run is over. `round` returns
/// an input and a check of it.
fn rounds<C: FnOnce()>(
    name: &str,
    short: usize,
    mut round: impl FnMut(&mut Chance) -> (String, C),
) {
    let seconds = super::number("LIVEDECK_FUZZ_SECONDS").map(Duration::from_secs);
    let seed = super::seed();
    let mut chance = Chance(seed.max(1));
    let (start, mut count) = (Instant::now(), 0);
    while seconds.map_or(count < short, |seconds| start.elapsed() < seconds) {
        let (input, check) = round(&mut chance);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(check)) {
            Fuzz::keep(&format!("panic.{name}"), &input);
            println!("seed {seed}, round {count}");
            std::panic::resume_unwind(panic);
        }
        count += 1;
    }
    println!("seed {seed}: {count} times {name} in {:?}", start.elapsed());
}

/// Mutates a text in a few places: numbers, tokens, lines, bytes.
fn changed(mut text: String, chance: &mut Chance) -> String {
    for _ in 0..=chance.below(4) {
        let at = text.floor_char_boundary(chance.below(text.len() + 1));
        match chance.below(8) {
            0..=2 => replace_number(&mut text, at, chance),
            3 => text.insert_str(at, BREAKING_TEXTS[chance.below(BREAKING_TEXTS.len())]),
            4 => {
                let end = text.ceil_char_boundary((at + chance.below(20)).min(text.len()));
                text.replace_range(at..end, BREAKING_TEXTS[chance.below(BREAKING_TEXTS.len())]);
            }
            5 => {
                let mut lines: Vec<_> = text.split_inclusive('\n').collect();
                if !lines.is_empty() {
                    let (from, to) = (chance.below(lines.len()), chance.below(lines.len()));
                    let line = lines[from];
                    lines.insert(to, line);
                }
                text = lines.concat();
            }
            6 => {
                let part = BREAKING_TEXTS[chance.below(BREAKING_TEXTS.len())];
                let count = [3, 50, 2_000][chance.below(3)].min(20_000 / part.len().max(1));
                text.insert_str(at, &part.repeat(count));
            }
            _ => {
                let mut bytes = text.into_bytes();
                if !bytes.is_empty() {
                    let at = chance.below(bytes.len());
                    bytes[at] ^= 1 << chance.below(8);
                }
                text = String::from_utf8_lossy(&bytes).into_owned();
            }
        }
    }
    text
}

/// Replaces the next number after `at`.
fn replace_number(text: &mut String, at: usize, chance: &mut Chance) {
    let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|start| at + start) else {
        return;
    };
    let behind = text[start..].find(|c: char| !c.is_ascii_digit()).map(|end| start + end);
    let end = behind.unwrap_or(text.len());
    text.replace_range(start..end, NUMBERS[chance.below(NUMBERS.len())]);
}

/// Draws a deck's first slides at a size, with recorded output, and exports them.
fn draw(loaded: &LoadedDeck, size: Size) {
    let mut stills = SlideRenderer::new(loaded);
    let look = TerminalColors::new(Rgb(0, 0, 0), Rgb(255, 255, 255));
    for slide in 0..loaded.deck.slides.len().min(3) {
        let at = Cursor { slide: SlideNo::new(slide), step: Step::LAST };
        stills.quick_scene(at, size);
        stills.show_recorded();
        let scene = stills.quick_scene(at, size);
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.columns, size.rows));
        for scroll in [0, scene.scroll_limit()] {
            paint(&scene, scroll, &mut buffer);
            check_screen(&buffer);
        }
        let picture = export::svg(&buffer, &[], &links(&scene, 0, &buffer), &look);
        assert!(!picture.contains(|c: char| c.is_control() && c != '\n'), "{picture}");
        let text = export::text(&scene, export::Overflow::Hide);
        assert!(!text.contains(|c: char| c.is_control() && c != '\n' && c != '\x0c'), "{text:?}");
    }
    for found in inspect(loaded, &[size], &std::collections::BTreeMap::new()).iter().take(50) {
        check_report(&diag::plain(found, &loaded.deck.sources));
    }
}

fn check_screen(buffer: &Buffer) {
    let width = usize::from(buffer.area.width).max(1);
    for row in buffer.content.chunks(width) {
        let row: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(!row.contains(char::is_control), "a control character on the screen: {row:?}");
        let hidden: Vec<_> = invisible(TextKind::Prose, row.trim()).collect();
        assert!(hidden.is_empty() || row.trim().chars().count() == 1, "{row:?} hides {hidden:?}");
    }
}

fn check_report(report: &str) {
    assert!(!report.contains(|c: char| c.is_control() && c != '\n'), "{report:?}");
}

/// Returns the texts of a folder's files with this extension.
fn texts(folder: &str, extension: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// Returns a random size; half of them are small, where layouts break.
fn size(chance: &mut Chance) -> Size {
    let (columns, rows) = if chance.below(2) == 0 { (20, 8) } else { (160, 50) };
    Size::new(1 + chance.below(columns) as u16, 1 + chance.below(rows) as u16)
}
