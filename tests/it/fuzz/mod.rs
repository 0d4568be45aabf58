//! Fuzzes decks: no input may panic, hang or put a control character on the screen, at any size.
//! Inputs are mutations of our own decks by a small generator with a fixed seed, which makes runs
//! repeatable. `files` does the same for recordings, themes, configurations and terminal output.
//!
//! `LIVEDECK_FUZZ_SECONDS=600 cargo test --release --test it fuzz -- --nocapture` runs each of them
//! for ten minutes with a different seed each time, and reports the slowest slide;
//! `LIVEDECK_FUZZ_SEED` repeats one. Failing inputs are kept in `target/fuzz`.

#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test runs against the clock, and says how it went"
)]

mod files;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use livedeck::deck::{Cursor, SlideNo, Step};
use livedeck::diag;
use livedeck::headless::{SlideRenderer, inspect};
use livedeck::layout::Size;
use livedeck::project::{LoadOptions, LoadedDeck, load};
use livedeck::view::paint;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The number of inputs of a short run.
const SHORT: usize = 100;

/// The maximum time to draw a slide, in a release build.
const SLOWEST: Duration = Duration::from_millis(50);

/// The time after which an input counts as a hang.
const HANG: Duration = Duration::from_secs(if cfg!(debug_assertions) { 120 } else { 20 });

#[test]
fn any_input_draws_at_any_size() {
    let seconds = number("LIVEDECK_FUZZ_SECONDS");
    let seed = seed();
    let start = Instant::now();
    let more = |count: usize| match seconds {
        Some(seconds) => start.elapsed() < Duration::from_secs(seconds),
        None => count < SHORT,
    };
    let mut fuzz = Fuzz::new(seed);
    let mut count = 0;
    while more(count) {
        fuzz.round();
        count += 1;
    }
    println!(
        "seed {seed}: {count} decks in {:?}; slowest slide {:?}",
        start.elapsed(),
        fuzz.slowest.0
    );
    if seconds.is_some() && !cfg!(debug_assertions) {
        Fuzz::keep("slowest.md", &fuzz.slowest.1);
        assert!(fuzz.slowest.0 < SLOWEST, "see target/fuzz/slowest.md");
    }
}

/// Long decks: how many times a part is repeated, and the text before and after it.
const LONG: &[(usize, &str, &str, &str)] = &[
    (1_000_000, "", "x", ""),
    (200_000, "", "word ", ""),
    (170_000, "", "中文", ""),
    (40_000, "", "👩‍👩‍👧", ""),
    (300_000, "a", "\u{301}", ""),
    (1_000_000, "", "\0", ""),
    (300_000, "", "\r", ""),
    (300_000, "", "\u{feff}", ""),
    (250_000, "", "\u{627}\u{644}", ""),
    (100_000, "", "* item\n", ""),
    (10_000, "| a | b |\n|---|---|\n", "| 1 | 2 |\n", ""),
    (2_000, "|", " a |", "\n"),
    (10_000, "", ">", " x"),
    (10_000, "", "- ", "x"),
    (50_000, "", "[", ""),
    (50_000, "", "**a ", ""),
    (100_000, "", "_a ", ""),
    (20_000, "", "<span style=\"color: red\">a", ""),
    (50_000, "", "<b>", ""),
    (10_000, "", "<!-- puase -->\n\n", ""),
    (20_000, "", "<!-- a\n", ""),
    (20_000, "", "a\n\n<!-- pause -->\n\n", ""),
    (3_000, "", "<!-- column_layout: [1, 1] -->\n<!-- column: 0 -->\na\n", ""),
    (100_000, "", "^a^ ", ""),
    (100_000, "", "[a](b) ", ""),
    (50_000, "", "http://a.b/ ", ""),
    (500_000, "http://a.b", ")", ""),
    (10_000, "[^1]\n\n", "[^1]: note\n", ""),
    (20_000, "", ">>>\n", ""),
    (20_000, "```rust\n", "fn main() { let a = 1; }\n", "```\n"),
    (90_000, "```rust\n", "let a = 1; ", "\n```\n"),
    (1_000_000, "```\n", "x", "\n```\n"),
    (50_000, "", "```\n", ""),
    (100, "", "<!-- new_lines: 4000000000 -->\n", "a"),
    (5_000, "---\n", "a: b\n", "---\n"),
    (20_000, "---\ntitle: ", "[", "\n---\n"),
    (5_000, "---\ntheme:\n  override: ", "{a: ", "\n---\n"),
    (10_000, "", "# A\n\ntext **b** `c`\n\n* x\n\n<!-- end_slide -->\n\n", ""),
];

/// Draws long decks without hanging or overflowing the stack; a long run also prints their times.
#[test]
fn long_decks_draw_without_hanging() {
    let in_full = !cfg!(debug_assertions);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.md");
    watch(path.clone());
    let mut times_taken = Vec::new();
    for (times, before, part, after) in LONG {
        let times = if in_full { *times } else { times / 50 };
        std::fs::write(&path, format!("{before}{}{after}", part.repeat(times))).unwrap();
        BEGUN.store(now(), Ordering::Relaxed);
        let begun = Instant::now();
        let loaded = load(&LoadOptions::new(&path), None).unwrap();
        let load_time = begun.elapsed();
        let mut stills = SlideRenderer::new(&loaded);
        let mut slowest = Duration::ZERO;
        for size in [Size::new(80, 24), Size::new(3, 2), Size::new(300, 100)] {
            let begun = Instant::now();
            let at = Cursor { slide: SlideNo::new(0), step: Step::LAST };
            let scene = stills.quick_scene(at, size);
            let mut buffer = Buffer::empty(Rect::new(0, 0, size.columns, size.rows));
            paint(&scene, 0, &mut buffer);
            slowest = slowest.max(begun.elapsed());
        }
        BEGUN.store(0, Ordering::Relaxed);
        times_taken.push((slowest, load_time, times, *part));
    }
    times_taken.sort();
    for (slide, load_time, times, part) in
        times_taken.iter().rev().take(if in_full { 100 } else { 3 })
    {
        println!("slide {slide:?}, deck {load_time:?}: {times} times {part:?}");
    }
}

/// Returns the seed: different on each long run.
fn seed() -> u64 {
    number("LIVEDECK_FUZZ_SEED").unwrap_or_else(|| match number("LIVEDECK_FUZZ_SECONDS") {
        Some(_) => std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs(),
        None => 1,
    })
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

/// The state of a fuzz run.
struct Fuzz {
    chance: Chance,
    seeds: Vec<String>,
    /// The folder with the deck, `talk.md`, and its includes.
    folder: tempfile::TempDir,
    before: Option<LoadedDeck>,
    slowest: (Duration, String),
}

/// Returns the CPU time of this thread, which excludes other programs.
fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap()
}

/// Milliseconds since the start at which the current input was begun; 0 for none.
static BEGUN: AtomicU64 = AtomicU64::new(0);

impl Fuzz {
    fn new(seed: u64) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = [
            "tests/decks",
            "tests/decks/bad",
            "tests/decks/others",
            "tests/decks/parts",
            "slides",
            "docs",
        ];
        let mut files: Vec<PathBuf> = folders
            .iter()
            .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
            .collect();
        files.sort();
        let read =
            |path: &PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        let seeds = files.iter().map(read).collect();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("parts")).unwrap();
        let part = "in\n\n<!-- pause -->\n\n<!-- include: ../talk.md -->\n<!-- end_slide -->\n";
        for file in ["part.md", "parts/part.md", "parts/code.rs", "mine.yaml"] {
            std::fs::write(folder.path().join(file), part).unwrap();
        }
        watch(folder.path().join("talk.md"));
        let slowest = (Duration::ZERO, String::new());
        Self { chance: Chance(seed.max(1)), seeds, folder, before: None, slowest }
    }

    /// Creates one deck and draws it.
    fn round(&mut self) {
        let text = self.input();
        let path = self.folder.path().join("talk.md");
        std::fs::write(&path, &text).unwrap();
        let chance = self.chance.0;
        BEGUN.store(now(), Ordering::Relaxed);
        let drawn = catch_unwind(AssertUnwindSafe(|| self.draw(&path)));
        BEGUN.store(0, Ordering::Relaxed);
        let (loaded, slowest) = drawn.unwrap_or_else(|panic| {
            Self::keep("panic.md", &text);
            std::panic::resume_unwind(panic)
        });
        if slowest > self.slowest.0 {
            // The first time fills caches: only consistently slow slides count.
            let took = (0..4).map(|_| self.again(&path, chance)).fold(slowest, Duration::min);
            if took > self.slowest.0 {
                self.slowest = (took, text);
            }
        }
        self.before = Some(loaded);
    }

    /// Returns the longest time of a slide when the deck is loaded and drawn again.
    fn again(&mut self, path: &Path, chance: u64) -> Duration {
        self.before = None;
        self.chance.0 = chance;
        self.draw(path).1
    }

    fn keep(name: &str, text: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
        println!("kept in {}", folder.join(name).display());
    }

    /// Loads the deck, draws its slides at some sizes, and renders its diagnostics. Returns the
    /// time of the slowest slide.
    fn draw(&mut self, path: &Path) -> (LoadedDeck, Duration) {
        let loaded = load(&LoadOptions::new(path), self.before.as_ref()).unwrap();
        let sizes = [self.size(), self.size()];
        let mut slowest = Duration::ZERO;
        let mut stills = SlideRenderer::new(&loaded);
        let slides = loaded.deck.slides.len();
        assert!(slides > 0);
        for index in 0..slides.min(40) {
            let steps = loaded.deck.slides[index].steps;
            assert!(steps > 0);
            let step = Step(self.chance.below(usize::from(steps) + 1) as u16);
            for (size, step) in sizes.iter().zip([Step::LAST, step]) {
                let begun = worked();
                let scene = stills.quick_scene(Cursor { slide: SlideNo::new(index), step }, *size);
                let mut buffer = Buffer::empty(Rect::new(0, 0, size.columns, size.rows));
                let scroll = self.chance.below(scene.scroll_limit() as usize + 2) as u32;
                paint(&scene, scroll, &mut buffer);
                slowest = slowest.max(worked().saturating_sub(begun));
                let symbols = buffer.content.iter().map(ratatui::buffer::Cell::symbol);
                let raw = symbols.into_iter().find(|symbol| symbol.contains(char::is_control));
                assert_eq!(raw, None, "a control character on the screen");
            }
        }
        let found = inspect(&loaded, &sizes[..1], &BTreeMap::new());
        for found in found.iter().take(200) {
            let report = diag::plain(found, &loaded.deck.sources);
            assert!(!report.contains(|c: char| c.is_control() && c != '\n'), "{report:?}");
        }
        let reports = [(&*found, &loaded.deck.sources)];
        assert!(diag::json(&reports, None).len() > 20);
        (loaded, slowest)
    }

    /// Returns a random size; half of them are small, where layouts break.
    fn size(&mut self) -> Size {
        let (columns, rows) = if self.chance.below(2) == 0 { (40, 12) } else { (300, 100) };
        Size::new(1 + self.chance.below(columns) as u16, 1 + self.chance.below(rows) as u16)
    }

    /// Returns one of our decks, mutated in a few places.
    fn input(&mut self) -> String {
        let mut text = self.seed();
        for _ in 0..=self.chance.below(12) {
            text = self.change(text);
        }
        // Longer texts find no more bugs and take longer.
        let end = text.floor_char_boundary(100_000);
        text.truncate(end);
        text
    }

    fn seed(&mut self) -> String {
        let at = self.chance.below(self.seeds.len());
        self.seeds[at].clone()
    }

    fn change(&mut self, mut text: String) -> String {
        let (from, to) = self.range(&text);
        match self.chance.below(9) {
            0 => text.replace_range(from..to, ""),
            1 => {
                let part = text[from..to].to_owned();
                text.insert_str(from, &part);
            }
            2 => text.insert_str(from, self.token()),
            3 => text.replace_range(from..to, self.token()),
            4 => {
                let many = [3, 20, 200, 10_000][self.chance.below(4)];
                let token = self.token();
                text.insert_str(from, &token.repeat(many.min(20_000 / token.len().max(1))));
            }
            5 => {
                let other = self.seed();
                let (start, end) = self.range(&other);
                text.insert_str(from, &other[start..end]);
            }
            6 => {
                let mut lines: Vec<_> = text.split_inclusive('\n').collect();
                if !lines.is_empty() {
                    let (a, b) = (self.chance.below(lines.len()), self.chance.below(lines.len()));
                    lines.swap(a, b);
                }
                text = lines.concat();
            }
            7 => {
                let token = self.token();
                let lines = text[from..to].split_inclusive('\n');
                let marked: String = lines.flat_map(|line| [token, line]).collect();
                text.replace_range(from..to, &marked);
            }
            _ => {
                let mut bytes = text.into_bytes();
                if !bytes.is_empty() {
                    let at = self.chance.below(bytes.len());
                    bytes[at] ^= 1 << self.chance.below(8);
                }
                text = String::from_utf8_lossy(&bytes).into_owned();
            }
        }
        text
    }

    /// Returns a range of a text, short more often than long.
    fn range(&mut self, text: &str) -> (usize, usize) {
        let from = self.chance.below(text.len() + 1);
        let longest = [4, 60, 600, text.len()][self.chance.below(4)];
        let to = (from + self.chance.below(longest + 1)).min(text.len());
        (text.floor_char_boundary(from), text.ceil_char_boundary(to))
    }

    fn token(&mut self) -> &'static str {
        TOKENS[self.chance.below(TOKENS.len())]
    }
}

/// Tokens of decks, and text that breaks parsers.
const TOKENS: &[&str] = &[
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "    ",
    "\t",
    "\0",
    "\u{1b}[31m",
    "\u{9b}",
    "\u{7f}",
    "\u{feff}",
    "\u{202e}",
    "\u{200d}",
    "\u{301}",
    "\u{fe0f}",
    "👩‍👩‍👧",
    "中文",
    "العربية",
    "ﷺ",
    "\u{2028}",
    "🇩🇪",
    "\u{fdd0}",
    "# ",
    "###### ",
    "===\n",
    "---\n",
    "***\n",
    "* ",
    "- ",
    "1. ",
    "999999999) ",
    "> ",
    ">>>\n",
    "> [!note]\n",
    "> [!TIP] title\n",
    "`",
    "```\n",
    "````",
    "~~~\n",
    "```rust +exec\n",
    "```bash {1|2-3|all}\n",
    "```file\npath: parts/code.rs\nlanguage: rust\n```\n",
    "```mermaid +render +width:50%\n",
    " +line_numbers",
    " +no_background",
    " +exec_replace +pty:standby:80:24",
    " {65535|0-9}",
    "|",
    "| a |\n|---|\n",
    ":-:",
    "*",
    "**",
    "_",
    "~~",
    "^",
    "[",
    "](",
    ")",
    "![](a.png)\n",
    "![image:w:50%](a.png)\n",
    "[[",
    "]]",
    "[^1]",
    "[^1]: ",
    "[a]: b\n",
    "http://x.y",
    "<",
    ">",
    "<span style=\"color: red\">",
    "<span class=\"x\">",
    "</span>",
    "<sup>",
    "</sup>",
    "<br>",
    "<div>",
    "&amp;",
    "\\",
    "<!--",
    "-->",
    "<!-- pause -->\n",
    "<!-- end_slide -->\n",
    "<!-- column_layout: [1, 2] -->\n",
    "<!-- column: 0 -->\n",
    "<!-- column: 1 -->\n",
    "<!-- reset_layout -->\n",
    "<!-- new_lines: 4000000000 -->\n",
    "<!-- jump_to_middle -->\n",
    "<!-- incremental_lists: true -->\n",
    "<!-- incremental_tables: true -->\n",
    "<!-- list_item_newlines: 255 -->\n",
    "<!-- font_size: 7 -->\n",
    "<!-- alignment: center -->\n",
    "<!-- alignment: right -->\n",
    "<!-- no_footer -->\n",
    "<!-- skip_slide -->\n",
    "<!-- include: part.md -->\n",
    "<!-- speaker_note: |\n  a\n-->\n",
    "<!-- snippet_output: a -->\n",
    "---\ntitle: ",
    "author: x\n",
    "options:\n",
    "  implicit_slide_ends: true\n",
    "  h1_slide_titles: true\n",
    "  end_slide_shorthand: true\n",
    "theme:\n  override:\n",
    "    footer: {style: template, left: \"{title}\", right: \"{current_slide}\"}\n",
    "    default: {margin: {percent: 60}}\n",
    "    slide_title: {prefix: \"中\", font_size: 7, padding_top: 255}\n",
    "    code: {alignment: center, minimum_size: 60000, padding: {horizontal: 255, vertical: 255}}\n",
    "    block_quote: {prefix: \"long prefix long prefix long prefix \"}\n",
    "&a [*a, *a]",
    ": ",
    "{",
    "}",
    "%",
    ",",
];

/// Pseudorandom numbers, repeatable by seed (xorshift64*).
struct Chance(u64);

impl Chance {
    /// Returns a number below `end`; 0 if `end` is 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        (number as usize).checked_rem(end).unwrap_or(0)
    }
}

/// Returns milliseconds since the first call, plus 1.
fn now() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_millis() as u64 + 1
}

/// Aborts the process and keeps the deck when an input hangs.
fn watch(deck: PathBuf) {
    now();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let begun = BEGUN.load(Ordering::Relaxed);
            if begun > 0 && now().saturating_sub(begun) > HANG.as_millis() as u64 {
                let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz/hang.md");
                let _ = std::fs::create_dir_all(kept.parent().unwrap());
                let _ = std::fs::copy(&deck, &kept);
                eprintln!("hangs: {}", kept.display());
                std::process::abort();
            }
        }
    });
}
