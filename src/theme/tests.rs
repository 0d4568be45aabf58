//! Resolved themes, and diagnostics of wrong ones.

use std::fmt::Write;

use ratatui::style::{Color, Modifier, Style};

use super::*;
use crate::diag::{Diagnostic, plain};
use crate::source::{FileId, SourceFile, Sources};

fn built_in(name: &str) -> Theme {
    let (theme, problems) = resolve(&named(name));
    assert_eq!(problems, [], "{name}");
    theme
}

fn named(name: &str) -> Choice<'_> {
    Choice {
        forced: None,
        name: Some((name, Span::default())),
        file: None,
        default: "dark",
        overrides: None,
    }
}

/// Resolves `dark` with these overrides; returns the diagnostics as text.
fn overridden(deck: &str, overrides: &str) -> (Theme, String) {
    let start = deck.find("override:\n    ").map_or(0, |at| at + "override:\n    ".len());
    let end = deck.rfind("\n---").unwrap_or(deck.len());
    let span = Span::new(FileId(0), start..end);
    let (theme, problems) =
        resolve(&Choice { overrides: Some((overrides, span)), ..named("dark") });
    let mut sources = Sources::default();
    sources.add(SourceFile::new("talk.md", deck));
    let report: Vec<_> = problems.iter().map(|problem| plain(problem, &sources)).collect();
    (theme, report.join("\n"))
}

/// Resolves `dark` with overrides that have no mistakes.
fn over_dark(overrides: &str) -> Theme {
    let (theme, report) = overridden(overrides, overrides);
    assert_eq!(report, "");
    theme
}

fn messages(choice: &Choice<'_>) -> Vec<String> {
    let line = |problem: Diagnostic| format!("{} ({})", problem.message, problem.hints.join("; "));
    resolve(choice).1.into_iter().map(line).collect()
}

#[test]
fn f170_built_in_themes_resolve_without_diagnostics() {
    for name in names() {
        assert_eq!(built_in(name).name, name);
    }
}

#[test]
fn names_are_sorted() {
    assert!(names().is_sorted());
}

#[test]
fn unknown_name_uses_default_and_suggests_a_name() {
    let (theme, problems) = resolve(&Choice { default: "light", ..named("catpuccin-latte") });
    assert_eq!(theme, Theme { ..built_in("light") });
    assert_eq!(problems.len(), 1);
    assert_eq!(
        messages(&named("catpuccin-latte")),
        ["there is no theme `catpuccin-latte` (did you mean `catppuccin-latte`?)"]
    );
    assert_eq!(
        messages(&Choice { forced: Some("x"), default: "y", ..named("dark") }),
        ["there is no theme `x` (`livedeck themes` lists them)"]
    );
}

#[test]
fn command_line_replaces_the_name_not_the_overrides() {
    let overrides = "bold: {colors: {foreground: f00}}";
    let choice = Choice {
        forced: Some("light"),
        overrides: Some((overrides, Span::default())),
        ..named("dark")
    };
    let (theme, problems) = resolve(&choice);
    assert_eq!(problems, []);
    let bold = Style::new().fg(Color::Rgb(255, 0, 0));
    assert_eq!(theme, Theme { bold, ..built_in("light") });
}

#[test]
fn f173_theme_file_overrides_the_theme_it_extends() {
    let file = "extends: light\nheadings: {h1: {prefix: '>>'}}";
    let choice = Choice { file: Some((file, Span::default())), ..named("dark") };
    let (theme, problems) = resolve(&choice);
    assert_eq!(problems, []);
    assert_eq!(theme.headings[0].prefix, ">>");
    assert_eq!(theme.headings[1], built_in("light").headings[1]);
    assert_eq!(theme.base, built_in("light").base);
}

#[test]
fn theme_file_without_base_starts_empty() {
    let choice = Choice { file: Some(("bold:", Span::default())), ..named("dark") };
    let (theme, problems) = resolve(&choice);
    assert_eq!(problems, []);
    assert_eq!(theme.base, Style::new());
    assert_eq!(theme.margin, Margin::Fixed(0));
    assert_eq!(theme.code.highlight_theme, "base16-eighties.dark");
    assert_eq!(theme.quote.prefix, "▍ ");
    assert_eq!(theme.slide_title.font_size, 1);
}

#[test]
fn mistake_in_a_theme_file_has_its_line() {
    let file = "extends: dark\nslide_title:\n  potato: 1\n";
    let path = Span::new(FileId(0), 20..26);
    let (_, problems) = resolve(&Choice { file: Some((file, path)), ..named("dark") });
    let message = "line 3 of the theme: `slide_title` has no key `potato`";
    assert_eq!(problems, [Diagnostic::warning(path, message)]);
    let whole = Span::new(FileId(1), 0..file.len());
    let (_, problems) = resolve(&Choice { file: Some((file, whole)), ..named("dark") });
    let key = Span::new(FileId(1), 29..35);
    assert_eq!(problems, [Diagnostic::warning(key, "`slide_title` has no key `potato`")]);
}

#[test]
fn override_keeps_other_keys() {
    let theme = over_dark(
        "slide_title: {separator: true}\n\
         intro_slide: {author: {positioning: below_title}}\n\
         footer: {style: template, left: hi}",
    );
    assert!(theme.slide_title.separator);
    let theme =
        over_dark("slide_title: {bold: false, alignment: null}\nfooter: {left: {image: a.png}}");
    let dark = built_in("dark");
    assert_eq!(theme.slide_title.style.add_modifier, Modifier::empty());
    assert_eq!(theme.slide_title.alignment, dark.slide_title.alignment);
    assert_eq!(theme.slide_title.font_size, 2);
    let FooterStyle::Template { left, center, right, .. } = theme.footer else { panic!() };
    assert!(matches!(left, Some(FooterPart::Image(path, _)) if path == "a.png"));
    assert_eq!(center, None);
    assert!(
        matches!(right, Some(FooterPart::Text(text, _)) if text == "{current_slide} / {total_slides}")
    );
}

#[test]
fn f184_fixed_margin_replaces_one_in_percent() {
    let theme = over_dark("default: {margin: {fixed: 5}}\ncode: {minimum_margin: {fixed: 2}}");
    assert_eq!(theme.margin, Margin::Fixed(5));
    let minimum_margin = Margin::Fixed(2);
    assert_eq!(theme.code.alignment, Alignment::Center { minimum_margin, minimum_size: 50 });
}

#[test]
fn f174_unquoted_digits_are_colours() {
    let theme = over_dark("default: {colors: {foreground: 000000, background: 111}}");
    assert_eq!(theme.base.fg, Some(Color::Rgb(0, 0, 0)));
    assert_eq!(theme.base.bg, Some(Color::Rgb(0x11, 0x11, 0x11)));
}

#[test]
fn f175_palette_names_work_anywhere_even_in_the_palette() {
    let theme = over_dark(
        "palette:\n  colors: {brand: p:logo, logo: '123456'}\n  classes: {loud: {background: p:brand}}\n\
         bold: {colors: {foreground: palette:brand}}",
    );
    let brand = Color::Rgb(0x12, 0x34, 0x56);
    assert_eq!(theme.bold.fg, Some(brand));
    assert_eq!(theme.palette.colors["brand"], brand);
    assert_eq!(theme.palette.classes["loud"], (None, Some(brand)));
    assert!(theme.palette.classes.contains_key("noice"));
}

#[test]
fn progress_bar_drops_the_template() {
    let theme = over_dark("footer: {style: progress_bar, character: '#'}");
    let FooterStyle::ProgressBar { character, style } = theme.footer else { panic!() };
    assert_eq!((character, style.fg), ('#', theme.palette.colors.get("muted").copied()));
    assert_eq!(over_dark("footer: {style: empty}").footer, FooterStyle::Empty);
}

#[test]
fn sixteen_colours_may_be_palette_names() {
    let mut colors = vec!["p:brand"; 15];
    colors.push("abc");
    let theme = over_dark(&format!(
        "palette: {{colors: {{brand: '123456'}}, ansi: [{}]}}",
        colors.join(", ")
    ));
    let ansi = theme.palette.ansi.unwrap();
    assert_eq!((ansi[0], ansi[14]), (Color::Rgb(0x12, 0x34, 0x56), Color::Rgb(0x12, 0x34, 0x56)));
    assert_eq!(ansi[15], Color::Rgb(0xaa, 0xbb, 0xcc));
}

#[test]
fn wrong_colours_of_output_keep_the_themes() {
    let text = "palette: {ansi: [red, green]}\nexecution_output: {minimum_contrast: 0.5}";
    let (theme, report) = overridden(text, text);
    assert_eq!(theme, built_in("dark"));
    insta::assert_snapshot!(report, @r"
    error: `palette.ansi` must be a list of sixteen colours
     --> talk.md:1:17
      |
    1 | palette: {ansi: [red, green]}
      |                 ^^^^^^^^^^^^
    error: `execution_output.minimum_contrast` must be a contrast ratio from 1 to 21, not `0.5`
     --> talk.md:2:38
      |
    2 | execution_output: {minimum_contrast: 0.5}
      |                                      ^^^
    ");
}

#[test]
fn highlight_theme_change_resets_the_fill() {
    let choice = |overrides| Choice {
        overrides: Some((overrides, Span::default())),
        ..named("catppuccin-latte")
    };
    let fill = |overrides| resolve(&choice(overrides)).0.code.fill;
    assert!(fill("code: {line_numbers: true}").is_some());
    assert_eq!(fill("code: {theme_name: Nord}"), None);
    let breaks = |overrides| resolve(&choice(overrides)).0.code.break_theme.is_some();
    assert!(breaks("code: {line_numbers: true}") && !breaks("code: {theme_name: Nord}"));
    let white = Some(Color::Rgb(255, 255, 255));
    assert_eq!(fill("code: {theme_name: Nord, colors: {background: fff}}"), white);
}

#[test]
fn damaged_themes_do_not_panic() {
    let skeleton = include_str!("builtin/base.yaml").as_bytes();
    let mut seed = 1_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below.max(1)
    };
    for _ in 0..300 {
        let mut text = skeleton.to_vec();
        for _ in 0..=random(8) {
            if text.is_empty() {
                break;
            }
            let at = random(text.len());
            match random(3) {
                0 => text[at] = b"{}[]:,-#&*!|>'\"%@`\n\t \0\xc3"[random(23)],
                1 => drop(text.drain(at..(at + random(40)).min(text.len()))),
                _ => text.truncate(at.max(1)),
            }
        }
        let text = String::from_utf8_lossy(&text);
        let span = Span::new(FileId(0), 7..7 + random(5_000));
        let choice = Choice { overrides: Some((&text, span)), ..named("dark") };
        for problem in resolve(&choice).1 {
            let at = problem.span.range();
            assert!(
                span.range().start <= at.start && at.start <= at.end && at.end <= span.range().end
            );
        }
    }
}

#[test]
fn f176_keys_of_every_section_are_known() {
    over_dark(
        "mermaid: {theme: dark}\nd2: {theme: 3}\ntypst: {horizontal_margin: 2}\nlayout_grid: {color: red}\npty_output: {cursor: {symbol: x}}",
    );
}

#[test]
fn f177_mistakes_have_their_place_in_the_deck() {
    let deck = "---\ntheme:\n  override:\n    slide_title:\n      potato: 1\n      bold: maybe\n\n    colunm_layout: {}\n    code:\n      minimum_margin: {percent: 200}\n    default:\n      colors:\n        foreground: p:nope\n      margin: 3\n    extends: dark\n---\n";
    let overrides = "slide_title:\n  potato: 1\n  bold: maybe\n\ncolunm_layout: {}\ncode:\n  minimum_margin: {percent: 200}\ndefault:\n  colors:\n    foreground: p:nope\n  margin: 3\nextends: dark\n";
    let (theme, report) = overridden(deck, overrides.trim_end());
    assert_eq!(theme.margin, Margin::Percent(8));
    insta::assert_snapshot!(report, @"
    warning: `slide_title` has no key `potato`
     --> talk.md:5:7
      |
    5 |       potato: 1
      |       ^^^^^^
    error: `slide_title.bold` must be true or false, not `maybe`
     --> talk.md:6:13
      |
    6 |       bold: maybe
      |             ^^^^^
    error: a theme has no key `colunm_layout`
     --> talk.md:8:5
      |
    8 |     colunm_layout: {}
      |     ^^^^^^^^^^^^^
      |
      = hint: did you mean `column_layout`?
    error: `code.minimum_margin` must be `fixed:` with cells or `percent:` with 0 to 100
      --> talk.md:10:23
       |
    10 |       minimum_margin: {percent: 200}
       |                       ^^^^^^^^^^^^^^
    error: the palette has no colour `nope`
      --> talk.md:13:21
       |
    13 |         foreground: p:nope
       |                     ^^^^^^
       |
       = hint: did you mean `palette:note`?
    error: `default.margin` must be `fixed:` with cells or `percent:` with 0 to 100, not `3`
      --> talk.md:14:15
       |
    14 |       margin: 3
       |               ^
    error: an override cannot extend a theme
      --> talk.md:15:5
       |
    15 |     extends: dark
       |     ^^^^^^^
       |
       = hint: choose the theme with `theme.name`
    ");
}

#[test]
fn mistake_in_a_two_line_override_has_its_place() {
    let deck = "---\ntheme:\n  override:\n    bold:\n      colours: 1\n---\n";
    let (_, report) = overridden(deck, "bold:\n  colours: 1");
    insta::assert_snapshot!(report, @"
    warning: `bold` has no key `colours`
     --> talk.md:5:7
      |
    5 |       colours: 1
      |       ^^^^^^^
      |
      = hint: did you mean `colors`?
    ");
}

#[test]
fn mistake_in_an_inline_override_has_its_place() {
    let deck = "---\ntheme: {override: {bold: {colours: {}}}}\n---\n";
    let at = deck.find("{bold").unwrap();
    let text = "{bold: {colours: {}}}";
    let span = Span::new(FileId(0), at..at + text.len());
    let (_, problems) = resolve(&Choice { overrides: Some((text, span)), ..named("dark") });
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!(&deck[problem.span.range()], "colours");
    assert_eq!(problem.hints, ["did you mean `colors`?"]);
}

#[test]
fn invalid_yaml_does_not_change_the_theme() {
    let overrides = "a: [1\nb";
    let (theme, problems) = resolve(&Choice {
        overrides: Some((overrides, Span::new(FileId(0), 3..11))),
        ..named("dark")
    });
    assert_eq!(theme, built_in("dark"));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.starts_with("not YAML: "), "{problems:?}");
    let (theme, report) = overridden("just text", "just text");
    assert_eq!(theme, built_in("dark"));
    insta::assert_snapshot!(report, @"
    error: a theme must be keys and values, not `just text`
     --> talk.md:1:1
      |
    1 | just text
      | ^^^^^^^^^
    ");
}

/// Renders the parts of a theme that a snapshot compares.
fn dump(theme: &Theme) -> String {
    let mut dump = String::new();
    let mut row = |name: &str, value: &dyn std::fmt::Debug| {
        writeln!(dump, "{name}: {value:?}").unwrap();
    };
    row("base", &theme.base);
    row("place", &(theme.margin, theme.alignment, theme.table.alignment, theme.column_margin));
    row("title", &theme.slide_title);
    for heading in &theme.headings {
        row("heading", heading);
    }
    row("code", &theme.code);
    row("output", &theme.output);
    row("inline code", &theme.inline_code);
    row("quote", &theme.quote);
    row("alerts", &theme.alerts);
    row("intro", &theme.intro);
    row("footer", &theme.footer);
    row("panel", &theme.panel);
    dump
}

#[test]
fn built_in_themes_match_their_snapshots() {
    for name in ["dark", "light", "catppuccin-latte", "catppuccin-mocha"] {
        insta::assert_snapshot!(name, dump(&built_in(name)));
    }
}
