//! Highlighted code, and untrusted input.

use std::fmt::Write;

use ratatui::style::Modifier;

use super::*;

/// Renders each line as its spans with their styles.
fn dump(theme: &str, language: &str, code: &str) -> String {
    let highlighter = Highlighter::new(theme).unwrap();
    let mut dump = String::new();
    for line in highlighter.lines(language, code).iter() {
        for span in &line.spans {
            let color = span.style.fg.map_or("-".to_owned(), |color| color.to_string());
            let modifiers =
                [(Modifier::BOLD, 'b'), (Modifier::ITALIC, 'i'), (Modifier::UNDERLINED, 'u')];
            let modifiers = modifiers
                .iter()
                .filter(|(modifier, _)| span.style.add_modifier.contains(*modifier));
            let marks: String = modifiers.map(|(_, letter)| letter).collect();
            write!(dump, "[{color}{marks} {}]", span.content).unwrap();
        }
        dump.push('\n');
    }
    dump
}

/// Returns the lines' text.
fn shown(language: &str, code: &str) -> Vec<String> {
    let highlighter = Highlighter::new("ansi").unwrap();
    highlighter.lines(language, code).iter().map(ToString::to_string).collect()
}

#[test]
fn rust_is_highlighted() {
    let code = "// fast\nfn add(a: u8) -> u8 {\n\ta + 1 // \"one\"\n}";
    insta::assert_snapshot!(dump("Catppuccin Latte", "rust", code), @r#"
    [#7C7F93i // fast]
    [#8839EF fn][#4C4F69  ][#1E66F5i add][#7C7F93 (][#E64553i a][#7C7F93 :][#E64553i  ][#8839EF u8][#7C7F93 )][#4C4F69  ][#7C7F93 ->][#4C4F69  ][#8839EF u8][#4C4F69  ][#7C7F93 {]
    [#4C4F69     a ][#179299 +][#4C4F69  ][#FE640B 1][#4C4F69  ][#7C7F93i // "one"]
    [#7C7F93 }]
    "#);
}

#[test]
fn python_is_highlighted() {
    let code = "import math\n\ndef area(r: float) -> str:\n    return f\"{math.pi * r}\"";
    insta::assert_snapshot!(dump("OneHalfDark", "Python", code), @r#"
    [#C678DD import][#DCDFE4  math]

    [#C678DD def][#DCDFE4  ][#61AFEF area][#DCDFE4 (][#E06C75 r][#DCDFE4 : float) -> str:]
    [#DCDFE4     ][#C678DD return][#DCDFE4  ][#C678DD f][#98C379 "][#DCDFE4 {math.pi ][#C678DD *][#DCDFE4  r}][#98C379 "]
    "#);
}

#[test]
fn terminal_palette_colours_are_kept() {
    insta::assert_snapshot!(dump("ansi", "rust", "let x = \"a\"; // b"), @r#"[Magenta let][-  x ][Magenta =][-  ][Green "a"][- ; ][Green // b]"#);
    insta::assert_snapshot!(dump("base16-256", "rust", "let x = 1; // b"), @"[Magenta let][Gray  x = ][16 1][Gray ; ][DarkGray // b]");
    assert_eq!(Highlighter::new("ansi").unwrap().background(), None);
}

#[test]
fn php_needs_no_opening_tag() {
    let bare = dump("OneHalfDark", "php", "echo $x;");
    let tagged = dump("OneHalfDark", "php", "<?php\necho $x;");
    assert_eq!(Some(bare.as_str()), tagged.split_once('\n').map(|(_, rest)| rest));
    assert!(bare.contains("]["), "{bare}");
}

#[test]
fn theme_has_background_foreground_and_dimmed_style() {
    let highlighter = Highlighter::new("Catppuccin Mocha").unwrap();
    assert_eq!(highlighter.theme(), "Catppuccin Mocha");
    assert_eq!(highlighter.background(), Some(Color::Rgb(0x1e, 0x1e, 0x2e)));
    assert_eq!(highlighter.foreground(), Style::new().fg(Color::Rgb(0xcd, 0xd6, 0xf4)));
    let comment = highlighter.lines("rust", "// x");
    assert_eq!(highlighter.dimmed(), comment[0].spans[0].style);
}

#[test]
fn unknown_language_is_plain_and_unknown_theme_is_none() {
    insta::assert_snapshot!(dump("ansi", "klingon", "a = 1\n\n\tb"), @"
    [- a = 1]

    [-     b]
    ");
    assert!(Highlighter::new("nope").is_none());
}

#[test]
fn line_count_matches_the_code() {
    assert_eq!(shown("rust", ""), [""]);
    assert_eq!(shown("rust", "a\n\nb"), ["a", "", "b"]);
    assert_eq!(shown("", "a\n"), ["a", ""]);
}

#[test]
fn control_characters_are_made_visible() {
    assert_eq!(shown("rust", "\"\x1b[2J\" \0\r\u{9b}\u{7f}\t|"), ["\"␛[2J\" ␀␍\u{fffd}␡    |"]);
    assert_eq!(shown("", "\x07\u{85}"), ["␇\u{fffd}"]);
}

#[test]
fn overlong_line_is_plain_and_the_next_one_is_not() {
    let code = format!("// a\n{}\n// b", "x = \"(\" ".repeat(130_000));
    let highlighter = Highlighter::new("OneHalfDark").unwrap();
    let lines = highlighter.lines("python", &code);
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1].spans.len(), 1);
    assert_eq!(lines[1].spans[0].style, highlighter.foreground());
}

#[test]
fn overlong_block_ends_plain() {
    let code = "let x = 1;\n".repeat(20_000);
    let highlighter = Highlighter::new("OneHalfDark").unwrap();
    let lines = highlighter.lines("rust", &code);
    assert_eq!(lines.len(), 20_001);
    assert!(lines[2_000].spans.len() > 1);
    assert_eq!(lines[15_000].spans.len(), 1);
}

#[test]
fn highlighted_code_is_cached() {
    let highlighter = Highlighter::new("OneHalfDark").unwrap();
    let first = highlighter.lines("rust", "let x = 1;");
    assert!(Arc::ptr_eq(&first, &highlighter.lines("rust", "let x = 1;")));
    assert!(!Arc::ptr_eq(&first, &highlighter.lines("python", "let x = 1;")));
}

#[test]
fn random_code_does_not_panic() {
    let highlighter = Highlighter::new("Nord").unwrap();
    let mut seed = 1_u64;
    for language in ["rust", "python", "markdown", "html", "php", "latex", "make", "diff", "yaml"] {
        let code = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let letters =
                ['{', '}', '"', '\'', '<', '/', '*', '\n', '\\', '#', 'é', '🦀', '\0', '$'];
            letters[(seed >> 33) as usize % letters.len()]
        });
        let code: String = code.take(2_000).collect();
        assert_eq!(highlighter.lines(language, &code).len(), code.split('\n').count());
    }
}

#[test]
fn invisible_characters_are_made_visible() {
    let code = "a = \"\u{202e}\u{200b}\" # 👩\u{200d}👧\x1b\u{9b}\u{fffe}é\u{200d}é";
    let expected = "a = \"⇄\u{fffd}\" # 👩\u{200d}👧␛\u{fffd}\u{fffd}é\u{fffd}é";
    for language in ["python", "no language"] {
        assert_eq!(shown(language, code), [expected]);
    }
}

#[test]
fn invalid_theme_file_is_an_error() {
    for bytes in [
        &b""[..],
        b"\0\xff",
        b"<plist>",
        b"<plist version=\"1.0\"><dict><key>settings</key></dict></plist>",
    ] {
        assert!(Highlighter::from_bytes("mine", bytes).is_err());
    }
}

#[test]
fn code_breaks_where_another_theme_changes_colour() {
    let ends = |highlighter: &Highlighter| {
        let code = highlighter.code("rust", "x\nlet total = count(&words);");
        (code.breaks_of(0).map(<[_]>::to_vec), code.breaks_of(1).map(<[_]>::to_vec))
    };
    let spans = |name: &str| {
        let lines = Highlighter::new(name).unwrap().lines("rust", "x\nlet total = count(&words);");
        let widths = lines[1].spans.iter().scan(0, |end, span| {
            *end += span.content.len();
            Some(*end)
        });
        widths.collect::<Vec<_>>()
    };
    let own = Highlighter::new("TwoDark").unwrap();
    assert_eq!(ends(&own), (None, None));
    let like =
        own.breaking_like(Some("GitHub")).readable_on(CodeGround::Color(Some(Color::Rgb(0, 0, 0))));
    assert_ne!(spans("TwoDark"), spans("GitHub"));
    assert_eq!(ends(&like), (None, Some(spans("GitHub"))), "a short line never wraps");
    assert_eq!(like.lines("rust", "let x = 1;").len(), 1);
    let unknown = Highlighter::new("TwoDark").unwrap().breaking_like(Some("no theme"));
    assert_eq!((unknown.break_theme(), ends(&unknown)), (None, (None, None)));
}
