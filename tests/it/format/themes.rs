//! Themes: every key of their schema changes what is drawn, and nothing in one is fatal.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use livedeck::app::{Action, App, AppOptions, Effect, LayoutInfo, Msg, Trust, update};
use livedeck::deck::{Cursor, SlideNo, Step};
use livedeck::layout::{Inputs, LargeText, PictureKey, PictureSizes, PixelSize, Size, layout};
use livedeck::project::{LoadOptions, LoadedDeck, load};
use livedeck::run::{Event, Outcome, State};
use livedeck::view::draw;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A deck with something of everything that a theme speaks of, and code in each state.
const DECK: &str = "
A title of thirty-five characters..
===

text with **bold**, _italics_ and `code`, <span style=\"color: palette:own\">own</span> and
<span class=\"mine\">mine</span>

# one
## two
### three
#### four
##### five
###### six

| a | b |
|---|---|
| 1 | words that make this cell as wide as the slide is, and then some more of them, up to here |

| short |
|-------|
| row   |
| other |

* item
  * inner

> quote

<!-- end_slide -->

> [!note]
> text

> [!tip]
> text

> [!important]
> text

> [!warning]
> text

> [!caution]
> text

<!-- end_slide -->

<!-- column_layout: [1, 1] -->
<!-- column: 0 -->

```rust
fn main() {} // a comment
```

<!-- column: 1 -->

over there

<!-- reset_layout -->

```rust
fn long() {} // a line of code that is nearly as wide as the slide, so that margins matter.
```

```bash +exec
one
```

```bash +exec
two
```

```bash +exec
three
```

```bash +exec
four
```
";

/// A deck file, and what is drawn of it.
struct Deck {
    folder: tempfile::TempDir,
}

impl Deck {
    fn new(front: &str, body: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("---\n{front}---\n{body}");
        fs::write(folder.path().join("talk.md"), text).unwrap();
        Self { folder }
    }

    /// The deck under these overrides of the theme `dark`.
    fn over_dark(overrides: &str) -> Self {
        let palette = "palette: {colors: {own: red}, classes: {mine: {foreground: blue}}}";
        let palette = if overrides.starts_with("palette") { "" } else { palette };
        let front = format!(
            "title: T\nsub_title: S\nevent: E\nlocation: L\ndate: D\nauthor: A\ntheme:\n  name: \
             dark\n  override: {{{overrides},{palette}}}\n"
        );
        Self::new(&front.replace("{,", "{").replace(",}\n", "}\n"), DECK)
    }

    fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    fn load(&self) -> LoadedDeck {
        load(&LoadOptions::new(self.folder.path().join("talk.md")), None).unwrap()
    }

    /// What is wrong with it.
    fn problems(&self) -> Vec<String> {
        self.load().deck.diagnostics.iter().map(|problem| problem.message.clone()).collect()
    }

    /// Every slide, and every panel over the first, with colours.
    fn drawn(&self) -> String {
        let loaded = self.load();
        let mut app = App::new(
            loaded.deck.clone(),
            AppOptions { trust: Trust::Once, ..AppOptions::default() },
        );
        update(&mut app, Msg::Act(Action::ToggleGrid));
        if !loaded.deck.cells.is_empty() {
            run_all(&mut app);
        }
        let mut text = String::new();
        for slide in 0..loaded.deck.slides.len() {
            let at = Cursor { slide: SlideNo::new(slide), step: Step::LAST };
            update(&mut app, Msg::GoTo(at));
            write!(text, "{:?}", screen(&loaded, &mut app)).unwrap();
        }
        update(&mut app, Msg::GoTo(Cursor::default()));
        for key in [KeyEvent::from(KeyCode::Char('?')), chord('p')] {
            update(&mut app, Msg::Key(key.into()));
            write!(text, "{:?}", screen(&loaded, &mut app)).unwrap();
        }
        text
    }
}

fn chord(key: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL)
}

/// Brings the four cells of the last slide into four states: done, failed, running, not started.
fn run_all(app: &mut App) {
    let at = Cursor { slide: app.deck().last_slide(), step: Step::LAST };
    update(app, Msg::GoTo(at));
    let mut runs = update(app, Msg::Key(chord('e').into()))
        .into_iter()
        .filter_map(|effect| if let Effect::Run { run, .. } = effect { Some(run) } else { None });
    let ends = [Some(0), Some(1), None];
    for (run, end) in runs.by_ref().zip(ends) {
        update(app, Msg::Run(run, Event::Started));
        update(app, Msg::Run(run, Event::Output(b"output\n".to_vec())));
        let finished = |status| Event::Finished(Outcome::Exited(status), Duration::ZERO);
        if let Some(status) = end {
            update(app, Msg::Run(run, finished(status)));
        }
    }
}

fn screen(loaded: &LoadedDeck, app: &mut App) -> Buffer {
    let size = Size { large_text: LargeText::Protocol, ..Size::new(100, 60) };
    let mut measures = PictureSizes::default();
    let logo = PictureKey::File { base: PathBuf::new(), source: "logo.png".into() };
    measures.pictures.insert(logo, Ok(PixelSize { width: 40, height: 40 }));
    // A queued cell is drawn as one that was not started.
    let mut runs = app.runs().clone();
    runs.retain(|_, run| run.state != State::Queued);
    let look = loaded.style(app.at().slide);
    let scene = layout(&Inputs {
        deck: &loaded.deck,
        at: app.at(),
        size,
        theme: &look.theme,
        highlighter: &look.highlighter,
        colours: livedeck::layout::Highlighting::Full,
        runs: &runs,
        measures: &measures,
        footer: &look.footer,
        focus: None,
        edited: None,
        typed: &std::collections::BTreeMap::new(),
        grid: app.shows_grid(),
        limits: loaded.limits,
        hints: &livedeck::layout::KeyHints::default(),
    });
    let terminal = (size.columns, size.rows);
    update(app, Msg::LaidOut(LayoutInfo { terminal, ..LayoutInfo::default() }));
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.columns, size.rows));
    draw(app, &scene, 0, &look.theme, &mut buffer);
    buffer
}

/// Every key of the schema with a value that `dark` does not have.
const KEYS: &[&str] = &[
    "default: {margin: {fixed: 1}}",
    "default: {margin: {percent: 20}}",
    "default: {alignment: right}",
    "default: {alignment: center, minimum_size: 60}",
    "default: {colors: {foreground: beeeff}}",
    "default: {colors: {background: '102030'}}",
    "slide_title: {alignment: left}",
    "slide_title: {alignment: left, margin: {fixed: 9}}",
    "slide_title: {alignment: center, minimum_margin: {percent: 30}}",
    "slide_title: {colors: {foreground: f00}}",
    "slide_title: {bold: false}",
    "slide_title: {italics: true}",
    "slide_title: {italic: true}",
    "slide_title: {underlined: true}",
    "slide_title: {prefix: '>>'}",
    "slide_title: {font_size: 3}",
    "slide_title: {padding_top: 4}",
    "slide_title: {padding_bottom: 4}",
    "slide_title: {separator: true}",
    "headings: {h1: {alignment: right}}",
    "headings: {h1: {prefix: '##'}}",
    "headings: {h2: {colors: {foreground: f0f}}}",
    "headings: {h3: {font_size: 2}}",
    "headings: {h4: {underlined: true}}",
    "headings: {h5: {bold: true}}",
    "headings: {h6: {italics: true}}",
    "code: {alignment: left}",
    "code: {alignment: center, minimum_size: 70}",
    "code: {alignment: center, minimum_margin: {percent: 20}}",
    "code: {theme_name: GitHub}",
    "code: {padding: {horizontal: 5}}",
    "code: {padding: {vertical: 0}}",
    "code: {background: false}",
    "code: {line_numbers: true}",
    "execution_output: {colors: {foreground: f0f}}",
    "execution_output: {colors: {background: '012345'}}",
    "execution_output: {padding: {horizontal: 9}}",
    "execution_output: {padding: {vertical: 0}}",
    "execution_output: {status: {not_started: {foreground: f0f}}}",
    "execution_output: {status: {running: {foreground: f0f}}}",
    "execution_output: {status: {success: {background: f0f}}}",
    "execution_output: {status: {failure: {foreground: f0f}}}",
    "default: {vertical_alignment: center}",
    "default: {background: {gradient: {to: f0f}}}",
    "default: {background: {gradient: {from: '012', to: f0f, direction: radial}}}",
    "default: {list: {indent: 0}}",
    "default: {list: {gap: 4}}",
    "default: {list: {colors: {foreground: f0f}}}",
    "slide_title: {separator: true, colors: {separator: f0f}}",
    "code: {frame: rounded}",
    "code: {frame: rounded, colors: {frame: f0f}}",
    "code: {width: full}",
    "table: {frame: rounded}",
    "table: {colors: {lines: f0f}}",
    "table: {colors: {stripe: f0f}}",
    "table: {header: {bold: false}}",
    "table: {header: {colors: {foreground: f0f}}}",
    "block_quote: {padding: {horizontal: 2}}",
    "block_quote: {padding: {vertical: 1}}",
    "alert: {padding: {horizontal: 2, vertical: 1}}",
    "footer: {margin: {fixed: 9}}",
    "inline_code: {colors: {foreground: f0f}}",
    "bold: {colors: {foreground: f0f}}",
    "italics: {colors: {foreground: f0f}}",
    "italic: {colors: {background: f0f}}",
    "table: {alignment: right}",
    "table: {alignment: center, minimum_margin: {fixed: 20}}",
    "block_quote: {alignment: right}",
    "block_quote: {prefix: '$ '}",
    "block_quote: {colors: {foreground: f0f}}",
    "block_quote: {colors: {background: f0f}}",
    "block_quote: {colors: {prefix: f0f}}",
    "alert: {alignment: right}",
    "alert: {prefix: '$ '}",
    "alert: {base_colors: {foreground: f0f}}",
    "alert: {styles: {note: {color: f0f}}}",
    "alert: {styles: {tip: {title: Hm}}}",
    "alert: {styles: {important: {icon: '!'}}}",
    "alert: {styles: {warning: {color: f0f}}}",
    "alert: {styles: {caution: {title: Stop}}}",
    "column_layout: {margin: {fixed: 20}}",
    "intro_slide: {title: {alignment: left}}",
    "intro_slide: {title: {colors: {foreground: f0f}}}",
    "intro_slide: {title: {font_size: 4}}",
    "intro_slide: {subtitle: {colors: {foreground: f0f}}}",
    "intro_slide: {event: {alignment: right}}",
    "intro_slide: {location: {colors: {foreground: f0f}}}",
    "intro_slide: {date: {alignment: right}}",
    "intro_slide: {author: {colors: {foreground: f0f}}}",
    "intro_slide: {author: {positioning: below_title}}",
    "intro_slide: {footer: true}",
    "footer: {style: template, left: here}",
    "footer: {style: template, center: '{author}'}",
    "footer: {style: template, right: there}",
    "footer: {style: template, colors: {foreground: f0f}}",
    "footer: {style: template, left: here, height: 7}",
    "footer: {style: progress_bar}",
    "footer: {style: progress_bar, character: '='}",
    "footer: {style: progress_bar, colors: {foreground: f0f}}",
    "footer: {style: empty}",
    "modals: {colors: {background: f0f}}",
    "modals: {selection_colors: {foreground: f0f}}",
    "layout_grid: {color: f0f}",
    "palette: {colors: {own: green}, classes: {mine: {foreground: blue}}}",
    "palette: {colors: {own: red}, classes: {mine: {background: green}}}",
];

#[test]
fn every_key_changes_what_is_drawn() {
    let plain = Deck::over_dark("").drawn();
    let mut idle: Vec<&str> = Vec::new();
    for key in KEYS {
        let deck = Deck::over_dark(key);
        assert_eq!(deck.problems(), [""; 0], "{key}");
        idle.extend((deck.drawn() == plain).then_some(key));
    }
    assert!(idle.is_empty(), "these change nothing: {idle:#?}");
}

#[test]
fn keys_of_features_to_come_are_read() {
    let deck = Deck::over_dark(
        "pty_output: {colors: {foreground: red}, standby: LargePlay, cursor: {symbol: x, \
         highlight_colors: {background: blue}}}",
    );
    assert_eq!(deck.problems(), [""; 0]);
}

#[test]
fn keys_of_drawings_are_read() {
    let deck = Deck::over_dark(
        "typst: {horizontal_margin: 3, vertical_margin: 4, colors: {background: red}}, \
         mermaid: {theme: dark, background: white}, d2: {theme: 3}",
    );
    assert_eq!(deck.problems(), [""; 0]);
    let deck = Deck::over_dark("d2: {theme: dark}, typst: {margin: 3}");
    assert_eq!(deck.problems().len(), 2);
}

#[test]
fn f173_a_theme_file_goes_over_the_theme_it_extends() {
    let deck = Deck::new("theme:\n  path: t.yaml\n", "# one\n");
    let deck = deck.file("t.yaml", "extends: dark\nheadings: {h1: {prefix: '>>'}}\n");
    assert_eq!(deck.problems(), [""; 0]);
    assert!(deck.drawn_text().contains(">> one"), "{}", deck.drawn_text());
    let dark = Deck::new("theme:\n  name: dark\n", "# one\n").load();
    assert_eq!(deck.load().styles[0].theme.base, dark.styles[0].theme.base);
}

#[test]
fn f174_colours_are_names_digits_or_of_the_palette() {
    for color in ["red", "dark_grey", "f00", "'123456'", "123456", "palette:own", "p:own", "'#f00'"]
    {
        let deck = Deck::over_dark(&format!("bold: {{colors: {{foreground: {color}}}}}"));
        assert_eq!(deck.problems(), [""; 0], "{color}");
    }
    for color in ["reddish", "ff", "p:other"] {
        let deck = Deck::over_dark(&format!("bold: {{colors: {{foreground: {color}}}}}"));
        assert_eq!(deck.problems().len(), 1, "{color}");
    }
}

#[test]
fn f175_classes_are_of_the_palette() {
    let front =
        "theme:\n  override:\n    palette: {colors: {a: f00}, classes: {x: {foreground: p:a}}}\n";
    let deck = Deck::new(front, "<span class=\"x\">red</span>\n");
    assert_eq!(deck.problems(), [""; 0]);
    assert!(deck.drawn().contains("fg: Rgb(255, 0, 0)"));
}

#[test]
fn f176_an_unknown_key_is_an_error_at_the_root_and_a_warning_below() {
    use livedeck::diag::Severity::{Error, Warning};
    for (overrides, severity) in [("potato: 1", Error), ("slide_title: {potato: 1}", Warning)] {
        let loaded = Deck::over_dark(overrides).load();
        let severities: Vec<_> = loaded.deck.diagnostics.iter().map(|one| one.severity).collect();
        assert_eq!(severities, [severity], "{overrides}");
    }
}

#[test]
fn f177_a_bad_alignment_leaves_the_base_theme_s() {
    let deck = Deck::over_dark("slide_title: {alignment: middle}");
    assert_eq!(deck.problems().len(), 1);
    let plain = Deck::over_dark("");
    let title = |deck: &Deck| deck.load().styles[0].theme.slide_title.clone();
    assert_eq!(title(&deck), title(&plain));
}

#[test]
fn f178_a_footer_is_a_template() {
    let front = "author: Me\ntheme:\n  override:\n    footer: {style: template, left: '{{x}} \
                 **{author}**', right: '{current_slide}/{total_slides}'}\n";
    let deck = Deck::new(front, "hi\n");
    assert_eq!(deck.problems(), [""; 0]);
    let text = deck.drawn_text();
    assert!(text.contains("{x} Me") && text.contains("2/2"), "{text}");
}

#[test]
fn f179_a_template_that_cannot_be_filled_is_told() {
    for left in ["'{date}'", "'{potato}'", "'{author'"] {
        let front = format!(
            "author: Me\ntheme:\n  override:\n    footer: {{style: template, left: {left}}}\n"
        );
        assert_eq!(Deck::new(&front, "hi\n").problems().len(), 1, "{left}");
    }
}

#[test]
fn f181_a_progress_bar_is_full_on_the_last_slide() {
    let front = "theme:\n  override:\n    footer: {style: progress_bar, character: '='}\n";
    let slides = ["x\n"; 4].join("\n<!-- end_slide -->\n\n");
    let deck = Deck::new(front, &slides);
    assert_eq!(deck.problems(), [""; 0]);
    let loaded = deck.load();
    let mut app =
        App::new(loaded.deck.clone(), AppOptions { trust: Trust::Once, ..AppOptions::default() });
    let bars: Vec<_> = (0..4)
        .map(|slide| {
            let at = Cursor { slide: SlideNo::new(slide), ..Cursor::default() };
            update(&mut app, Msg::GoTo(at));
            let buffer = screen(&loaded, &mut app);
            // What the next slide will add is paler.
            let bright = |x: &u16| buffer[(*x, 59)].fg == buffer[(0, 59)].fg;
            (0..100).filter(|&x| buffer[(x, 59)].symbol() == "=").filter(bright).count()
        })
        .collect();
    assert_eq!(bars, [25, 50, 75, 100]);
}

#[test]
fn f182_a_footer_stands_in_the_middle_of_three_rows() {
    let front = "theme:\n  override:\n    footer: {style: template, left: here}\n";
    let text = Deck::new(front, "hi\n").drawn_text();
    let row = text.lines().position(|row| row.contains("here"));
    assert_eq!(row, Some(60 - 2), "{text}");
}

#[test]
fn f183_what_an_override_does_not_say_of_a_footer_stays() {
    let front = "theme:\n  name: dark\n  override:\n    footer: {style: template, left: here}\n";
    let text = Deck::new(front, "hi\n").drawn_text();
    assert!(text.contains("here") && text.contains("1 / 1"), "{text}");
}

#[test]
fn f184_margins_may_change_their_unit() {
    for margin in ["{fixed: 5}", "{percent: 5}"] {
        let deck = Deck::over_dark(&format!(
            "default: {{margin: {margin}}}, column_layout: {{margin: {margin}}}, code: {{alignment: \
             center, minimum_margin: {margin}}}"
        ));
        assert_eq!(deck.problems(), [""; 0]);
    }
    let deck =
        Deck::new("theme:\n  name: dark\n  override:\n    default: {margin: {fixed: 5}}\n", "hi\n");
    assert!(deck.drawn_text().lines().any(|row| row == "     hi"), "{}", deck.drawn_text());
}

impl Deck {
    /// The text of each slide.
    fn texts(&self) -> Vec<String> {
        let loaded = self.load();
        let mut app = App::new(
            loaded.deck.clone(),
            AppOptions { trust: Trust::Once, ..AppOptions::default() },
        );
        let slides = 0..loaded.deck.slides.len();
        slides
            .map(|slide| {
                let at = Cursor { slide: SlideNo::new(slide), step: Step::LAST };
                update(&mut app, Msg::GoTo(at));
                let buffer = screen(&loaded, &mut app);
                let row = |y| (0..buffer.area.width).map(move |x| (x, y));
                let text = |y| row(y).map(|at| buffer[at].symbol()).collect::<String>();
                let rows = (0..buffer.area.height).map(|y| text(y).trim_end().to_owned() + "\n");
                rows.collect()
            })
            .collect()
    }

    /// The text of the last slide.
    fn drawn_text(&self) -> String {
        self.texts().pop().unwrap()
    }
}

/// The page's theme with every key.
fn every_key() -> String {
    let page = fs::read_to_string("docs/THEMES.md").unwrap();
    let section = page.split("## Every key").nth(1).unwrap();
    section.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

#[test]
fn the_manual_shows_every_key_at_its_default() {
    let theme = |text: &str| {
        let deck = Deck::new("theme:\n  path: own.yaml\n", "text\n").file("own.yaml", text);
        let loaded = deck.load();
        assert_eq!(deck.problems(), [""; 0], "{text}");
        let mut theme = (*loaded.style(SlideNo::new(0)).theme).clone();
        theme.code.highlight_theme_at = livedeck::source::Span::default();
        theme
    };
    assert_eq!(theme(&every_key()), theme("default: {}\n"));
}

#[test]
fn the_manual_names_every_key() {
    let source = fs::read_to_string("src/theme/raw.rs").unwrap();
    let calls = ["section", "set", "each", "each_section"].map(|call| format!("fields.{call}(\""));
    let names = calls.iter().flat_map(|call| source.split(call.as_str()).skip(1));
    let page = fs::read_to_string("docs/THEMES.md").unwrap();
    let words: Vec<&str> = page.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let names: Vec<&str> = names.filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.len() > 60, "{names:?}");
    for name in names {
        assert!(words.contains(&name), "docs/THEMES.md does not name `{name}`");
    }
}
