//! Fuzzes the bytes that programs write, to terminals on the slide of changing sizes and to a
//! block's output.

use livedeck::run::{Emulator, Output};

use super::rounds;

/// Sequences that programs write to terminals, valid and invalid.
const SEQUENCES: &[&[u8]] = &[
    b"\x1b[",
    b"\x1b]0;",
    b"\x1bP",
    b"\x1b\\",
    b"\x07",
    b";",
    b":",
    b"?",
    b"1",
    b"65535",
    b"99999999999",
    b"A",
    b"B",
    b"C",
    b"D",
    b"G",
    b"H",
    b"J",
    b"K",
    b"L",
    b"M",
    b"P",
    b"S",
    b"T",
    b"X",
    b"@",
    b"b",
    b"d",
    b"m",
    b"r",
    b"h",
    b"l",
    b"\x1b7",
    b"\x1b8",
    b"\x1bM",
    b"\x1bD",
    b"\x1bc",
    b"\x1b[?6h",
    b"\x1b[?47h",
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1b[2;3r",
    b"\x1b[999;999H",
    b"\x1b[38;5;300m",
    b"\x1b[48;2;1;2;999m",
    b"\x1b[99999b",
    b"\r",
    b"\n",
    b"\t",
    b"\x08",
    b"\xff",
    b"\xf0\x9f",
    b"text",
    "中".as_bytes(),
    "👩\u{200d}👧".as_bytes(),
    "1\u{fe0f}\u{fe0f}".as_bytes(),
    "\u{301}".as_bytes(),
    "\u{200d}".as_bytes(),
    "\u{202e}".as_bytes(),
    "\u{1f3fb}".as_bytes(),
    "\u{1f1e6}".as_bytes(),
    "\u{fe0f}".as_bytes(),
    "\u{ad}".as_bytes(),
    "\u{115f}".as_bytes(),
];

#[test]
fn any_bytes_fill_any_terminal() {
    rounds("terminal", 500, |chance| {
        let mut side = |most: usize| match chance.below(40) {
            0 => u16::MAX,
            1..=20 => chance.below(5) as u16,
            _ => chance.below(most) as u16,
        };
        let sizes: Vec<_> = (0..6).map(|_| (side(90), side(30))).collect();
        let mut bytes = Vec::new();
        for _ in 0..chance.below(400) {
            match chance.below(8) {
                0 => bytes.push(chance.below(256) as u8),
                _ => bytes.extend(SEQUENCES[chance.below(SEQUENCES.len())]),
            }
        }
        let chunk = 1 + chance.below(bytes.len().max(1));
        let input = format!("{sizes:?} {chunk} {}", bytes.escape_ascii());
        (input, move || {
            let mut terminal = Emulator::new(sizes[0].0, sizes[0].1);
            let mut output = Output::with_rows(sizes[0].1);
            for (number, bytes) in bytes.chunks(chunk).enumerate() {
                let _ = terminal.feed(bytes);
                output.feed(bytes);
                if number % 3 == 0 {
                    let (columns, rows) = sizes[number / 3 % sizes.len()];
                    terminal.resize(columns, rows);
                }
                if number % 50 == 0 {
                    terminal = terminal.clone();
                }
            }
            assert_eq!(terminal.fault(), None);
            assert_eq!(terminal.lines(true).len(), usize::from(terminal.size().1));
            let text = output.plain_text();
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        })
    });
}
