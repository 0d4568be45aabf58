//! Tests of the text output: bytes in, visible rows out.

use std::fmt::Write;

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;

use super::*;

fn output(bytes: impl AsRef<[u8]>) -> TextOutput {
    let mut output = TextOutput::default();
    output.feed(bytes.as_ref());
    output
}

/// Returns the visible text without styles.
fn seen(bytes: impl AsRef<[u8]>) -> String {
    output(bytes).plain_text()
}

/// Returns all rows with their styles, for comparison.
fn rows(output: &TextOutput) -> Vec<String> {
    (0..output.len()).map(|index| format!("{:?}", output.row(index).unwrap())).collect()
}

/// Returns the style of the last span of the only row.
fn last_style(bytes: &str) -> Style {
    let output = output(bytes);
    let Some(OutputRow::Line(line)) = output.row(0) else { panic!("no row") };
    line.spans.last().unwrap().style
}

#[test]
fn no_visible_text_is_empty() {
    assert!(TextOutput::default().is_empty());
    assert!(output("\x1b[31m\x1b]0;title\x07\x07").is_empty());
    assert_eq!(TextOutput::default().row(0), None);
}

#[test]
fn text_and_control_characters_are_interpreted() {
    let table: &[(&str, &str)] = &[
        ("a\nb\n", "a\nb"),
        ("a\r\nb", "a\nb"),
        ("a\n\n\nb", "a\n\n\nb"),
        ("a\n\n", "a\n"),
        ("no end", "no end"),
        ("no end\x1b[?7zvalue\n\x1b[?7zother", "no end\nvalue\nother"),
        ("10%\r 50%\r100%", "100%"),
        ("long line\rshort", "shortline"),
        ("abc\x08\x08X", "aXc"),
        ("\x08\x08a", "a"),
        ("a\tb\tc", "a       b       c"),
        ("12345678\t9", "12345678        9"),
        ("a\t", "a"),
        ("bell\x07 and \x00nul\x7f", "bell and nul"),
        ("a\x0bb\x0cc", "a\nb\nc"),
        ("日本\r五", "五本"),
        ("a\u{202e}b\u{200b}c", "a⇄b\u{fffd}c"),
        ("\u{2066}a\n\u{200d}b", "⇄a\n\u{fffd}b"),
        ("👩\u{200d}👧 ❤\u{fe0f}", "👩\u{200d}👧 ❤\u{fe0f}"),
        ("日本\rx", "x 本"),
        ("日本\x1b[2Gx", " x本"),
        ("e\u{301}a\u{308}\x08b", "e\u{301}b"),
        ("\u{301}x", "x"),
        ("👩‍🚀!\x08\x08\x08ab", "ab!"),
        ("🇩🇪🇫🇷|", "🇩🇪🇫🇷|"),
        ("👍🏽|\x08\x08\x08..", "..|"),
        ("❤\u{fe0f}|\r...", "..."),
        ("next\u{85}line", "next\u{fffd}line"),
    ];
    for (written, expected) in table {
        assert_eq!(seen(written), *expected, "{written:?}");
    }
}

#[test]
fn cursor_movement_and_erasing_are_interpreted() {
    let table: &[(&str, &str)] = &[
        ("one\ntwo\x1b[Ax", "onex\ntwo"),
        ("one\ntwo\x1b[1A\rX\x1b[1B\rY", "Xne\nYwo"),
        ("a\nb\nc\x1b[2F*", "*\nb\nc"),
        ("a\x1b[3Cb\x1b[4Dc", "ac  b"),
        ("abc\x1b[2GX", "aXc"),
        ("abc\x1b[GX", "Xbc"),
        ("\x1b[2;3Hx\x1b[Hy", "y\n  x"),
        ("a\x1b[3dx", "a\n\n x"),
        ("a\x1b[2Ex", "a\n\nx"),
        ("abcdef\x1b[3D\x1b[K", "abc"),
        ("abcdef\x1b[3D\x1b[1K", "    ef"),
        ("abcdef\x1b[2Kx", "      x"),
        ("loading…\r\x1b[Kdone", "done"),
        ("one\ntwo\nthree\x1b[1A\r\x1b[J", "one"),
        ("one\ntwo\nthree\x1b[1A\r\x1b[C\x1b[J", "one\nt"),
        ("one\ntwo\nthree\x1b[2D\x1b[1J", "\n\n    e"),
        ("old\x1b[H\x1b[2J\x1b[3Jnew", "new"),
        ("old\n\x1b[2Jnew", "\nnew"),
        ("old\x1bcnew", "new"),
        ("abcdef\r\x1b[2C\x1b[2P", "abef"),
        ("abcdef\r\x1b[2C\x1b[2X", "ab  ef"),
        ("abcdef\r\x1b[2C\x1b[2@", "ab  cdef"),
        ("a日b\r\x1b[2C\x1b[K", "a "),
        ("a日b\r\x1b[C\x1b[P", "a b"),
        ("ab\x1b7cd\x1b8X", "abXd"),
        ("ab\x1b[scd\x1b[uX", "abXd"),
        ("a\x1b[?25l\x1b[?1049hb\x1b[?1049l\x1b[?2Jc", "abc"),
        ("a\x1b[5;1H\x1b[1;2Hb", "ab"),
    ];
    for (written, expected) in table {
        assert_eq!(seen(written), *expected, "{written:?}");
    }
}

#[test]
fn terminal_control_strings_are_ignored() {
    let table: &[&str] = &[
        "a\x1b]0;title\x07b",
        "a\x1b]8;;https://example.org\x1b\\b\x1b]8;;\x1b\\",
        "a\x1bP0;1;q#0~~\n~~\x1b\\b",
        "a\x1b_Gf=100;AAAA\x1b\\b",
        "a\x1b^private\x1b\\b",
        "a\x1bXstring\x1b\\b",
        "a\x1b(Bb\x1b)0",
        "a\x1b[>4;2mb\x1b[=1;1u\x1b[!p",
        "a\x1b[1 qb\x1b[6n\x1b[c",
        "a\x1b[999999999999999999999999;5zb",
    ];
    for written in table {
        assert_eq!(seen(written), "ab", "{written:?}");
    }
}

#[test]
fn invalid_utf8_shows_as_replacement_characters() {
    let table: &[(&[u8], &str)] = &[
        (b"a\xffb", "a\u{fffd}b"),
        (b"a\x80b\x9bc", "a\u{fffd}b\u{fffd}c"),
        (b"\xe2\x82x", "\u{fffd}x"),
        (b"\xf0\x9f\x1b[1mx", "\u{fffd}x"),
        (b"\xc3\n\xa9", "\u{fffd}\n\u{fffd}"),
        (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
        (b"caf\xe9 \xc3\xa9t\xc3\xa9", "caf\u{fffd} été"),
    ];
    for (written, expected) in table {
        assert_eq!(seen(written), *expected, "{written:?}");
    }
}

#[test]
fn f160_every_sgr_parameter_is_applied() {
    let plain = Style::new();
    let table = [
        ("\x1b[31mx", plain.fg(Color::Red)),
        ("\x1b[37;40mx", plain.fg(Color::Gray).bg(Color::Black)),
        ("\x1b[90;107mx", plain.fg(Color::DarkGray).bg(Color::White)),
        ("\x1b[97;100mx", plain.fg(Color::White).bg(Color::DarkGray)),
        ("\x1b[38;5;1mx", plain.fg(Color::Red)),
        ("\x1b[38;5;12mx", plain.fg(Color::LightBlue)),
        ("\x1b[38;5;208mx", plain.fg(Color::Indexed(208))),
        ("\x1b[48:5:208mx", plain.bg(Color::Indexed(208))),
        ("\x1b[38;2;1;2;3;1mx", plain.fg(Color::Rgb(1, 2, 3)).bold()),
        ("\x1b[38:2:1:2:3;1mx", plain.fg(Color::Rgb(1, 2, 3)).bold()),
        ("\x1b[48:2::1:2:3mx", plain.bg(Color::Rgb(1, 2, 3))),
        ("\x1b[4;58;2;1;2;3mx", plain.underlined().underline_color(Color::Rgb(1, 2, 3))),
        ("\x1b[58:5:9m\x1b[59mx", plain),
        ("\x1b[38;2;1;2;300mx", plain),
        ("\x1b[38;9;1mx", plain.bold()),
        ("\x1b[31;38mx", plain.fg(Color::Red)),
        ("\x1b[1;2;3mx", plain.bold().dim().italic()),
        ("\x1b[4:3mx", plain.underlined()),
        ("\x1b[4m\x1b[4:0mx", plain),
        ("\x1b[21mx", plain.underlined()),
        ("\x1b[5mx", plain.slow_blink()),
        ("\x1b[6mx", plain.slow_blink()),
        ("\x1b[7;8;9mx", plain.reversed().hidden().crossed_out()),
        ("\x1b[1;2;3;4;5;7;8;9m\x1b[22;23;24;25;27;28;29mx", plain),
        ("\x1b[31;41;1m\x1b[39;49mx", plain.bold()),
        ("\x1b[31;1m\x1b[mx", plain),
        ("\x1b[31;1m\x1b[0;3mx", plain.italic()),
        ("\x1b[123;31mx", plain.fg(Color::Red)),
    ];
    for (written, expected) in table {
        assert_eq!(last_style(written), expected, "{written:?}");
    }
}

#[test]
fn overwriting_keeps_surrounding_styles() {
    let output = output("\x1b[31mred\x1b[0m plain\r\x1b[2C\x1b[1mX");
    let red = Style::new().fg(Color::Red);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let expected = Line::from(vec![
        ratatui::text::Span::styled("re", red),
        ratatui::text::Span::styled("X", bold),
        ratatui::text::Span::styled(" plain", Style::new()),
    ]);
    assert_eq!(output.row(0), Some(OutputRow::Line(&expected)));
}

/// Bytes that cover every kind of boundary.
const MIXED: &str = "plain \x1b[1;38;2;10;20;30mstyled é日👩‍🚀\x1b[0m\r\x1b[3Cover\n\x1b]0;t\x07\
    \x1bPq#0\x1b\\tail\tx\x1b[1A\x1b[K!\u{85}e\u{301}🇩🇪\n\x1b[4:3mcurly\x1b[m ❤\u{fe0f} \x1b[38:5:9mend";

#[test]
fn chunk_boundaries_do_not_matter() {
    let mut bytes = MIXED.as_bytes().to_vec();
    bytes.extend(b"\xff \xe2\x82 \xf0\x9f\x1b[31m \x80 end \xc3");
    bytes.extend(b"\nlast");
    let whole = rows(&output(&bytes));
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            let mut output = TextOutput::default();
            output.feed(&bytes[..first]);
            output.feed(&bytes[first..second]);
            output.feed(&bytes[second..]);
            assert_eq!(rows(&output), whole, "cut at {first} and {second}");
        }
    }
    let mut single = TextOutput::default();
    for byte in &bytes {
        single.feed(&[*byte]);
    }
    assert_eq!(rows(&single), whole);
}

/// Returns deterministic pseudo-random bytes.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    std::iter::from_fn(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some((state >> 24) as u8)
    })
}

#[test]
fn random_bytes_are_safe_in_any_chunks() {
    const FRAGMENTS: &[&str] = &[
        "\x1b[", "1", ";", "H", "J", "K", "A", "B", "C", "D", "m", "P", "X", "@", "38", ":", "2",
        "\r", "\n", "\t", "\x08", "a", "日", "e\u{301}", "\u{200d}", "🇩", "👍", "🏽", "\x1b]",
        "\x07", "\x1b\\", "\x1bP", "9999", "\x1b7", "\x1b8", "\x1bM", "\x1bD", "\x1bc", "text",
        "\u{fe0f}",
    ];
    for seed in 0..300 {
        let mut noise = noise(seed);
        let mut bytes = Vec::new();
        for byte in noise.by_ref().take(400) {
            match FRAGMENTS.get(usize::from(byte) % (FRAGMENTS.len() + 8)) {
                Some(piece) => bytes.extend(piece.as_bytes()),
                None => bytes.push(byte),
            }
        }
        let whole = rows(&output(&bytes));
        let mut cut = TextOutput::default();
        let mut rest = &bytes[..];
        for length in noise {
            let (piece, left) = rest.split_at(usize::from(length % 9).min(rest.len()));
            cut.feed(piece);
            rest = left;
            // Reading in between must not change the result.
            cut.plain_text();
            if rest.is_empty() {
                break;
            }
        }
        assert_eq!(rows(&cut), whole, "seed {seed}");
        assert!(!cut.plain_text().contains(|c: char| c.is_control() && c != '\n'));
    }
}

#[test]
fn long_output_keeps_its_head_and_tail() {
    let mut output = TextOutput::default();
    for number in 0..100_000 {
        output.feed(format!("line {number}\n").as_bytes());
    }
    assert_eq!(output.row(0).map(text), Some("line 0".to_owned()));
    assert_eq!(output.row(999).map(text), Some("line 999".to_owned()));
    let Some(OutputRow::Omitted(omitted)) = output.row(1_000) else { panic!("nothing left out") };
    assert_eq!(output.row(1_001).map(text), Some(format!("line {}", 1_000 + omitted)));
    assert_eq!(output.row(output.len() - 1).map(text), Some("line 99999".to_owned()));
    assert_eq!(output.row(output.len()), None);
    assert_eq!(output.len() - 1 + omitted, 100_000);
    assert!(output.len() >= 2_001);
}

#[test]
fn output_at_the_limit_is_complete() {
    let output = output("x\n".repeat(2_000));
    assert_eq!(output.len(), 2_000);
    assert!((0..2_000).all(|index| matches!(output.row(index), Some(OutputRow::Line(_)))));
}

#[test]
fn endless_lines_are_cut_and_marked() {
    let mut output = TextOutput::default();
    for _ in 0..100 {
        output.feed(&[b'x'; 1_000]);
    }
    assert_eq!(output.len(), 1);
    let line = output.row(0).map(text).unwrap();
    assert!(line.ends_with("x…"));
    assert_eq!(line.chars().count(), 20_001);
    output.feed(b"\rab\x1b[K");
    assert_eq!(output.plain_text(), "ab");
}

#[test]
fn total_size_of_long_lines_is_bounded() {
    let mut output = TextOutput::default();
    let line = format!("{}\n", "x".repeat(20_000));
    for _ in 0..3_000 {
        output.feed(line.as_bytes());
    }
    let kept: usize = (0..output.len())
        .filter_map(|index| match output.row(index)? {
            OutputRow::Line(line) => Some(line.width()),
            OutputRow::Omitted(_) => None,
        })
        .sum();
    assert!(kept < 20 << 20, "{kept} bytes kept");
}

#[test]
fn combining_marks_per_cell_are_bounded() {
    let output = output(format!("a{}b", "\u{301}".repeat(10_000)));
    assert!(output.plain_text().len() < 100);
    assert!(output.plain_text().ends_with('b'));
}

#[test]
fn endless_commands_use_no_memory() {
    let mut output = TextOutput::default();
    output.feed(b"before\x1b]1337;File=inline=1:");
    for _ in 0..100 {
        output.feed(&[b'A'; 10_000]);
    }
    output.feed(b"\x07 after");
    assert_eq!(output.plain_text(), "before after");
}

#[test]
fn cursor_movement_stays_on_the_screen() {
    let mut output = TextOutput::with_rows(3);
    output.feed(b"1\n2\n3\n4\n5\x1b[99A\rtop\x1b[99B\rend\x1b[1;1Hhome");
    assert_eq!(output.plain_text(), "1\n2\nhome\n4\nend");
    output.resize(2);
    output.feed(b"\x1b[Hx");
    assert_eq!(output.plain_text(), "1\n2\nhome\nx\nend");
}

#[test]
fn progress_bar_is_redrawn_in_place() {
    let mut written = String::from("start\n");
    for step in 0..=10 {
        let (percent, bar) = (step * 10, "█".repeat(step));
        write!(written, "\r\x1b[2K\x1b[32m{percent:>3}%\x1b[0m {bar}").unwrap();
        if step == 5 {
            written += "\r\x1b[2Khalf way\n";
        }
    }
    assert_eq!(seen(&written), format!("start\nhalf way\n100% {}", "█".repeat(10)));
}

#[test]
fn clones_are_independent() {
    let mut first = output("one\n\x1b[31mtwo");
    let mut second = first.clone();
    assert_eq!(rows(&first), rows(&second));
    second.feed(b"!");
    first.feed(b"?");
    assert_eq!(first.plain_text(), "one\ntwo?");
    assert_eq!(second.plain_text(), "one\ntwo!");
    assert_eq!(second.len(), 2);
}

fn text(row: OutputRow<'_>) -> String {
    match row {
        OutputRow::Line(line) => line.to_string(),
        OutputRow::Omitted(count) => format!("… {count} …"),
    }
}
