//! No window is too small for anything that can be open: each is opened, the window is shrunk, drawn,
//! typed into and pointed at, and grows again.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::draw_editor;
use super::mouse;
use crate::app::{App, AppOptions, Effect, Mode, Msg, Trust, update};
use crate::headless;
use crate::highlight::EditedCode;
use crate::layout::{Highlighting, Size};
use crate::media::{Media, Protocol};
use crate::project::{LoadOptions, LoadedDeck, load};
use crate::run::{Event, Outcome, RunId};
use crate::view;

const DECK: &str = r#"---
title: A rather long title 日本語
---

Columns 日本
===

<!-- column_layout: [1, 2, 1] -->
<!-- column: 0 -->

* a
  * b 日本語

| a | 日本 | two words |
|---|---|---|
| 1 | 2 | 3 |

<!-- column: 1 -->

```python +exec +line_numbers {1|2}
print("日本語" * 5)
	x = 1
```

```bash +pty
top
```

<!-- column: 2 -->

```bash +pty:standby:80:24
top
```

```bash +exec +output:right
seq 100
```

> [!note]
> a note

<!-- puase -->

<!-- end_slide -->

Last
===
"#;

/// The windows to shrink to.
fn sizes() -> impl Iterator<Item = (u16, u16)> {
    let tiny = (1..=6).flat_map(|columns| (1..=6).map(move |rows| (columns, rows)));
    tiny.chain([(12, 4), (12, 5), (13, 4), (20, 6), (80, 4), (80, 3), (100, 3), (12, 40), (300, 2)])
}

/// A talk without a terminal.
struct TestTalk {
    loaded: LoadedDeck,
    app: App,
    media: Media,
    size: (u16, u16),
}

impl TestTalk {
    fn new(trust: Trust) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talk.md");
        std::fs::write(&path, DECK).unwrap();
        let loaded = load(&LoadOptions::new(path), None).unwrap();
        let app = App::new(loaded.deck.clone(), AppOptions { trust, ..AppOptions::default() });
        let media = Media::new(PathBuf::from("."), Some(Protocol::Blocks), |_| {});
        let mut talk = Self { loaded, app, media, size: (100, 30) };
        talk.draw();
        talk
    }

    fn dispatch(&mut self, msg: Msg) {
        for effect in update(&mut self.app, msg) {
            // What a program writes as soon as it is started.
            if let Effect::Run { run, .. } = effect {
                self.dispatch(Msg::Run(run, Event::Started));
                self.dispatch(Msg::Run(run, Event::Output(OUTPUT.as_bytes().to_vec())));
            }
        }
    }

    /// Lays out and draws as the loop does.
    fn draw(&mut self) {
        let (columns, rows) = self.size;
        let how = (Size::new(columns, rows), Highlighting::Full);
        let mut scene = headless::scene(&self.loaded, &mut self.app, how, &mut self.media);
        self.dispatch(Msg::Shown);
        if self.app.changes().scene {
            scene = headless::scene(&self.loaded, &mut self.app, how, &mut self.media);
        }
        let look = self.loaded.style(self.app.at().slide).clone();
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        let above = self.app.rows_above();
        let overlays = view::draw(&self.app, &scene, above, &look.theme, &mut buffer);
        if let Mode::Edit(editing) = self.app.mode() {
            draw_editor(
                &self.app,
                (editing, &mut EditedCode::default()),
                &scene,
                &look,
                &mut buffer,
            );
        }
        let base = look.theme.base.bg.unwrap_or_default();
        self.media.paint(&overlays, base, (8, 16), &mut buffer);
        let kinds = [
            MouseEventKind::Down(MouseButton::Left),
            MouseEventKind::Drag(MouseButton::Right),
            MouseEventKind::ScrollDown,
            MouseEventKind::ScrollUp,
        ];
        let corners = [(0, 0), (columns / 2, rows / 2), (columns - 1, rows - 1), (999, 999)];
        for (kind, (column, row)) in kinds.into_iter().zip(corners) {
            let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
            // Only what it points at: a click would close what is open.
            let _ = mouse::mouse_msg(&self.app, &scene, event);
        }
    }

    fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.dispatch(Msg::Resized);
        self.draw();
    }

    /// Presses keys, a letter each, or `^e`, `tab`, `enter`, `down`.
    fn keys(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let control = key.strip_prefix('^').filter(|rest| !rest.is_empty());
            let code = match control.unwrap_or(key) {
                "tab" => KeyCode::Tab,
                "enter" => KeyCode::Enter,
                "down" => KeyCode::Down,
                "end" => KeyCode::End,
                letter => KeyCode::Char(letter.chars().next().unwrap()),
            };
            let control = control.map_or(KeyModifiers::NONE, |_| KeyModifiers::CONTROL);
            self.dispatch(Msg::Key(KeyEvent::new(code, control).into()));
            self.draw();
        }
    }
}

/// Prose, wide characters at the edge, a screen of its own, moves to where no cell is.
const OUTPUT: &str = "one 日本語日本語\r\n1\u{fe0f}\u{fe0f}\x1b[?1049h\x1b[999;999H中\x1b[31mx\x1b[2;1r\n\n中中\x1b[9b";

/// What is open: whether its user was asked before, the keys that open it, and keys for it.
const OPEN: &[(&str, Trust, &str, &str)] = &[
    ("nothing", Trust::Once, "l", "l l h ^d ^u G g g"),
    ("index", Trust::Once, "l ^p", "down down L a s t"),
    ("help", Trust::Once, "l ?", "down down ^d"),
    ("problems", Trust::Once, "l D", "down down"),
    ("ask", Trust::Unknown, "l ^e", "down n"),
    ("editor", Trust::Once, "l i", "end down end 日 x enter 本"),
    ("editor of the second block", Trust::Once, "l tab tab i", "end down x enter"),
    ("terminals", Trust::Once, "l ^e", "l h ^d"),
    ("terminal with the keys", Trust::Once, "l ^e tab tab enter", "x 日 ^d"),
    ("pane", Trust::Once, "l ^e tab z", "down G g g / o n e enter n N"),
    ("terminal as pane", Trust::Once, "l ^e tab tab z", "down G h"),
    ("grid", Trust::Once, "l T", "down"),
];

#[test]
fn nothing_panics_in_any_window() {
    for &(name, trust, open, keys) in OPEN {
        let mut talk = TestTalk::new(trust);
        talk.keys(open);
        for size in sizes() {
            // Named where it panics.
            println!("{name} at {size:?}");
            talk.resize(size);
            for run in 1..=4 {
                talk.dispatch(Msg::Run(RunId(run), Event::Output(OUTPUT.as_bytes().to_vec())));
            }
            talk.draw();
        }
        talk.resize((100, 30));
        for size in [(1, 1), (6, 3), (12, 4), (14, 5)] {
            let mut talk = TestTalk::new(trust);
            talk.keys(open);
            talk.resize(size);
            println!("{name} typed into at {size:?}");
            talk.keys(keys);
            let end = Event::Finished(Outcome::Exited(0), std::time::Duration::ZERO);
            talk.dispatch(Msg::Run(RunId(1), end));
            talk.draw();
            talk.resize((100, 30));
        }
    }
}

#[test]
fn what_a_test_opens_is_open() {
    let mode = |name: &str| {
        let &(_, trust, open, _) = OPEN.iter().find(|(known, ..)| *known == name).unwrap();
        let mut talk = TestTalk::new(trust);
        talk.keys(open);
        talk.app
    };
    assert!(matches!(mode("index").mode(), Mode::Index(_)));
    assert!(matches!(mode("help").mode(), Mode::Help(_)));
    assert!(matches!(mode("problems").mode(), Mode::Problems(_)));
    assert!(matches!(mode("ask").mode(), Mode::TrustPrompt(_)));
    assert!(matches!(mode("editor").mode(), Mode::Edit(_)));
    assert!(matches!(mode("terminal with the keys").mode(), Mode::Passthrough(_)));
    assert!(mode("pane").pane().is_some());
    assert!(mode("terminals").runs().values().any(|run| run.output.screen.is_some()));
}
