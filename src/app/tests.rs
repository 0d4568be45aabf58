//! Scripts for `update`: keys in, state and effects out. No terminal, no clock, no process.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{
    App, CellPlace, Changed, Effect, Hit, Mode, Msg, OutputHit, Policy, Stage, Trust, update,
};
use crate::deck::{
    Block, BlockKind, Cell, CellId, Check, Cursor, Deck, Fingerprint, Form, How, Pty, Slide,
    SlideNo, Start, Step,
};
use crate::run::{Event, Outcome, Preparation, RunId, State};
use crate::source::{FileId, SourceFile, Span};

/// A slide for a test: its text (one block a line, revealed line by line) and its cells' code.
pub(super) struct Page<'a> {
    text: &'a str,
    code: &'a [&'a str],
}

pub(super) fn page<'a>(text: &'a str, code: &'a [&'a str]) -> Page<'a> {
    Page { text, code }
}

pub(super) fn deck(pages: &[Page<'_>]) -> Arc<Deck> {
    let mut deck = Deck::default();
    let mut text = String::new();
    for (number, page) in pages.iter().enumerate() {
        let start = text.len();
        let mut slide = Slide::default();
        for (step, line) in page.text.lines().enumerate() {
            let at = text.len();
            text.push_str(line);
            text.push('\n');
            slide.blocks.push(Block {
                kind: BlockKind::Paragraph(Vec::new()),
                span: Span::new(FileId(0), at..text.len()),
                step: Step(step as u16),
                align: None,
                font_size: None,
            });
        }
        slide.steps = slide.blocks.len().max(1) as u16;
        slide.title = Some(page.text.into());
        for code in page.code {
            deck.cells.push(Arc::new(Cell {
                id: CellId(deck.cells.len() as u32),
                slide: SlideNo::new(number),
                step: Step(0),
                language: "bash".into(),
                how: how(code),
                code: (*code).into(),
                fingerprint: Fingerprint::of("bash", None, code),
                span: Span::default(),
                first_line: 1,
                name: None,
                detached: false,
                check: Check::default(),
            }));
            text.push_str(code);
        }
        slide.span = Span::new(FileId(0), start..text.len());
        deck.slides.push(slide);
    }
    deck.sources.add(SourceFile::new("talk.md", text));
    Arc::new(deck)
}

/// How a cell runs: code that starts with `auto` or `replace` does so by itself, and code with a
/// digit and a colon is of the session with that number.
fn how(code: &str) -> How {
    let (start, form) = match code.split(' ').next() {
        Some("auto") => (Start::Auto, Form::Below),
        Some("replace") => (Start::Auto, Form::Replace),
        _ => (Start::OnKey, Form::Below),
    };
    let pty = code.starts_with("pty").then(Pty::default);
    let session = code.split_once(':').and_then(|(before, _)| before.rsplit(' ').next());
    let session = session.map(Into::into);
    How { start, form, pty, session, ..How::default() }
}

/// An app whose layout never changes: a screen of 20 rows, slides of `height`.
pub(super) struct Script {
    pub(super) app: App,
    height: u32,
}

impl Script {
    pub(super) fn new(pages: &[Page<'_>]) -> Self {
        let mut script =
            Self { app: App::new(deck(pages), Policy::default(), Trust::Once), height: 10 };
        script.lay_out();
        script
    }

    pub(super) fn tall(mut self, height: u32) -> Self {
        self.height = height;
        self.lay_out();
        self
    }

    pub(super) fn untrusted(mut self) -> Self {
        self.app.trust = Trust::Unknown;
        self
    }

    fn lay_out(&mut self) {
        let cells = self.app.deck.cells_of(self.app.at.slide);
        let cells = cells.map(|cell| CellPlace { id: cell.id, rows: 2..8, columns: 60 }).collect();
        let stage = Stage {
            terminal: (80, 24),
            viewport: 20,
            height: self.height,
            columns: 70,
            cells,
            ..Stage::default()
        };
        self.tell(Msg::LaidOut(stage));
    }

    pub(super) fn tell(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.app, msg)
    }

    /// Presses keys, named as in the help: `l`, `ctrl-e`, `esc`.
    pub(super) fn keys(&mut self, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for name in keys.split(' ') {
            let (modifiers, name) = match name.strip_prefix("ctrl-") {
                Some(name) => (KeyModifiers::CONTROL, name),
                None => (KeyModifiers::NONE, name),
            };
            let code = match name {
                "esc" => KeyCode::Esc,
                "enter" => KeyCode::Enter,
                "tab" => KeyCode::Tab,
                "down" => KeyCode::Down,
                "backspace" => KeyCode::Backspace,
                letter => KeyCode::Char(letter.chars().next().unwrap()),
            };
            effects.extend(self.tell(Msg::Key(KeyEvent::new(code, modifiers).into())));
            if self.app.pane.is_none() {
                self.lay_out();
            }
        }
        effects
    }

    fn at(&self) -> (usize, u16) {
        (self.app.at.slide.index(), self.app.at.step.0)
    }

    pub(super) fn state(&self, cell: u32) -> State {
        self.app.runs.get(&CellId(cell)).map(|run| run.state.clone()).unwrap_or_default()
    }

    pub(super) fn finish(&mut self, run: u64, outcome: Outcome) {
        self.tell(Msg::Run(RunId(run), Event::Started));
        self.tell(Msg::Run(RunId(run), Event::Output(b"hello\n".to_vec())));
        self.tell(Msg::Run(RunId(run), Event::Finished(outcome, Duration::from_millis(3))));
    }
}

pub(super) fn runs(effects: &[Effect]) -> Vec<u32> {
    let cells = effects.iter().filter_map(|effect| match effect {
        Effect::Run { cell, .. } => Some(cell.0),
        _ => None,
    });
    cells.collect()
}

#[test]
fn f191_next_walks_steps_then_slides_and_previous_walks_back_to_complete_slides() {
    let mut talk = Script::new(&[page("a\nb", &[]), page("c", &[])]);
    talk.keys("l");
    assert_eq!(talk.at(), (0, 1));
    talk.keys("l");
    assert_eq!(talk.at(), (1, 0));
    talk.keys("l");
    assert_eq!(talk.at(), (1, 0), "nothing behind the last slide");
    talk.keys("h");
    assert_eq!(talk.at(), (0, 1), "entered backwards, a slide is complete");
    talk.keys("h h h");
    assert_eq!(talk.at(), (0, 0));
}

#[test]
fn where_next_will_lead_is_known_ahead() {
    let mut talk = Script::new(&[page("a\nb", &["1"]), page("c", &[])]);
    for _ in 0..3 {
        let ahead = talk.app.ahead();
        talk.keys("l");
        assert!(ahead.is_none_or(|ahead| ahead == talk.app.at));
    }
    assert_eq!(talk.app.ahead(), None, "nothing behind the last slide");
    talk.keys("h");
    assert_eq!(talk.app.ahead().map(|at| at.slide), Some(SlideNo::new(1)));
    talk.keys("?");
    assert_eq!(talk.app.ahead(), None, "a panel is open");
    talk.keys("esc ctrl-e");
    assert_eq!(talk.app.ahead(), None, "something runs");
    let talk = talk.tall(50);
    assert_eq!(talk.app.ahead(), None, "next will scroll");
}

#[test]
fn f192_f193_f194_fast_moves_ignore_steps_and_jumps_go_to_the_first() {
    let mut talk = Script::new(&[page("a\nb", &[]), page("c\nd", &[]), page("e", &[])]);
    talk.keys("n");
    assert_eq!(talk.at(), (1, 0));
    talk.keys("s");
    assert_eq!(talk.at(), (1, 1));
    talk.keys("p");
    assert_eq!(talk.at(), (0, 0));
    talk.keys("G");
    assert_eq!(talk.at(), (2, 0));
    talk.keys("2 G");
    assert_eq!(talk.at(), (1, 0));
    talk.keys("9 9 G");
    assert_eq!(talk.at(), (1, 0), "a number past the end is ignored");
    talk.keys("0 G");
    assert_eq!(talk.at(), (0, 0));
    talk.keys("G g g");
    assert_eq!(talk.at(), (0, 0));
}

#[test]
fn a_tall_slide_scrolls_to_its_end_before_it_is_left() {
    let mut talk = Script::new(&[page("a", &[]), page("b", &[])]).tall(50);
    talk.keys("l");
    assert_eq!((talk.at(), talk.app.scroll), ((0, 0), 18));
    talk.keys("l");
    assert_eq!((talk.at(), talk.app.scroll), ((0, 0), 30));
    talk.keys("l");
    assert_eq!((talk.at(), talk.app.scroll), ((1, 0), 0));
    talk.keys("h");
    assert_eq!((talk.at(), talk.app.scroll), ((0, 0), 30), "entered at its end");
    talk.keys("h");
    assert_eq!(talk.app.scroll, 12);
    talk.keys("ctrl-d");
    assert_eq!(talk.app.scroll, 22);
    talk.keys("ctrl-u ctrl-u ctrl-u");
    assert_eq!(talk.app.scroll, 0);
}

#[test]
fn what_a_step_reveals_below_the_screen_is_scrolled_into_view() {
    let mut talk = Script::new(&[page("a\nb", &[])]);
    talk.tell(Msg::Key(KeyEvent::from(KeyCode::Char('l')).into()));
    let stage = Stage {
        terminal: (80, 24),
        viewport: 20,
        height: 35,
        revealed: Some(25..35),
        ..Stage::default()
    };
    talk.tell(Msg::LaidOut(stage));
    assert_eq!(talk.app.scroll, 15);
}

#[test]
fn what_a_step_reveals_and_is_taller_than_the_screen_is_shown_from_its_start() {
    let mut talk = Script::new(&[page("a\nb", &[]), page("c", &[])]);
    talk.tell(Msg::Key(KeyEvent::from(KeyCode::Char('l')).into()));
    let stage = Stage {
        terminal: (80, 24),
        viewport: 20,
        height: 60,
        revealed: Some(10..60),
        ..Stage::default()
    };
    talk.tell(Msg::LaidOut(stage.clone()));
    assert_eq!((talk.at(), talk.app.scroll), ((0, 1), 10));
    let mut press = |key| {
        talk.tell(Msg::Key(KeyEvent::from(KeyCode::Char(key)).into()));
        (talk.at(), talk.app.scroll)
    };
    assert_eq!([press('l'), press('l')], [((0, 1), 28), ((0, 1), 40)], "all of it can be seen");
    assert_eq!([press('h'), press('h')], [((0, 1), 22), ((0, 1), 10)], "and seen again");
    assert_eq!(press('h').0, (0, 0));
}

#[test]
fn a_smaller_slide_after_a_resize_pulls_the_scroll_back() {
    let mut talk = Script::new(&[page("a", &[])]).tall(50);
    talk.keys("l l");
    assert_eq!(talk.app.scroll, 30);
    let talk = talk.tall(25);
    assert_eq!(talk.app.scroll, 5);
}

#[test]
fn the_run_key_runs_what_has_not_run_then_everything_again() {
    let mut talk = Script::new(&[page("a", &["1", "2"]), page("b", &["3"])]);
    let effects = talk.keys("ctrl-e");
    assert_eq!(runs(&effects), [0, 1]);
    assert_eq!(
        effects[0],
        Effect::Run { run: RunId(1), cell: CellId(0), terminal: (60, 20), base: None }
    );
    assert_eq!(runs(&talk.keys("ctrl-e")), [0_u32; 0], "both are on their way");
    talk.finish(1, Outcome::Exited(0));
    talk.finish(2, Outcome::Exited(1));
    assert_eq!(runs(&talk.keys("ctrl-e")), [0, 1]);
}

#[test]
fn a_focused_block_runs_alone() {
    let mut talk = Script::new(&[page("a", &["1", "2"])]);
    assert_eq!(runs(&talk.keys("enter")), [0_u32; 0], "nothing is focused");
    assert_eq!(runs(&talk.keys("tab tab enter")), [1]);
    talk.keys("tab");
    assert_eq!(talk.app.focus, Some(CellId(0)), "the focus goes round");
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
    talk.keys("esc");
    assert_eq!(talk.app.focus, None);
}

#[test]
fn a_click_focuses_and_a_second_one_runs() {
    let mut talk = Script::new(&[page("a", &["1", "2"])]);
    let hit = Hit { cell: Some(CellId(1)), output: None };
    assert_eq!(talk.tell(Msg::Click(hit)), []);
    assert_eq!(talk.app.focus, Some(CellId(1)));
    assert_eq!(runs(&talk.tell(Msg::Click(hit))), [1]);
    talk.tell(Msg::Click(Hit::default()));
    assert_eq!(talk.app.focus, None);
}

#[test]
fn a_run_is_followed_from_queue_to_end() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    assert_eq!(talk.state(0), State::Queued);
    talk.tell(Msg::Run(RunId(1), Event::Compiling));
    assert_eq!(talk.state(0), State::Compiling);
    assert!(talk.app.is_running());
    talk.tell(Msg::Run(RunId(1), Event::Started));
    assert_eq!(talk.state(0), State::Running);
    talk.tell(Msg::Tick(Duration::from_millis(100)));
    assert_eq!(talk.app.runs[&CellId(0)].elapsed, Duration::from_millis(100));
    talk.finish(1, Outcome::Signaled(11));
    assert_eq!(talk.state(0), State::Ended(Outcome::Signaled(11)));
    assert!(!talk.app.is_running());
}

#[test]
fn events_of_a_run_that_was_replaced_are_dropped() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.keys("ctrl-e");
    talk.tell(Msg::Run(RunId(1), Event::Output(b"late".to_vec())));
    assert!(talk.app.runs[&CellId(0)].output.is_empty());
}

#[test]
fn what_is_compiled_ahead_shows_ready_and_keeps_what_has_run() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    let code = Fingerprint::of("bash", None, "1");
    talk.tell(Msg::Prepared(code, Preparation::Compiling));
    assert_eq!(talk.state(0), State::Compiling);
    assert!(!talk.app.is_running(), "compiling ahead is no run");
    talk.tell(Msg::Prepared(code, Preparation::Ready));
    assert_eq!(talk.state(0), State::Ready);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.tell(Msg::Prepared(code, Preparation::Ready));
    assert_eq!(talk.state(0), State::Ended(Outcome::Exited(0)));
}

#[test]
fn control_c_interrupts_then_kills_then_leaves() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    assert_eq!(talk.keys("ctrl-c"), [Effect::Interrupt(RunId(1))]);
    assert_eq!(talk.keys("ctrl-c"), [Effect::Kill(RunId(1))]);
    talk.finish(1, Outcome::Stopped);
    assert_eq!(talk.keys("ctrl-c"), [Effect::Quit]);
    assert_eq!(talk.keys("q"), [Effect::Quit]);
}

#[test]
fn nothing_runs_before_the_user_said_so() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    assert_eq!(talk.keys("ctrl-e"), []);
    assert!(matches!(talk.app.mode, Mode::Ask(_)));
    assert_eq!(talk.keys("l x"), [], "no other key answers");
    assert_eq!(talk.at(), (0, 0));
    assert_eq!(talk.keys("n"), []);
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert_eq!(talk.keys("ctrl-e"), [], "no is for now: it asks again");
    let effects = talk.keys("a");
    assert_eq!(effects[..2], [Effect::Prepare, Effect::Remember]);
    assert_eq!(runs(&effects), [0]);
    assert_eq!(talk.app.trust, Trust::Always);
}

#[test]
fn the_grid_comes_and_goes() {
    let mut talk = Script::new(&[page("a", &[])]);
    talk.app.changed = Changed::default();
    talk.keys("T");
    assert!(talk.app.grid && talk.app.changed.scene);
    talk.keys("T");
    assert!(!talk.app.grid);
}

#[test]
fn once_is_not_remembered() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    talk.keys("ctrl-e");
    let effects = talk.keys("o");
    assert!(!effects.contains(&Effect::Remember));
    assert_eq!(runs(&effects), [0]);
}

#[test]
fn f195_the_index_finds_by_letters_and_goes_there() {
    let mut talk = Script::new(&[page("Apples", &[]), page("Pears", &[]), page("Plums", &[])]);
    talk.keys("ctrl-p p l u enter");
    assert_eq!(talk.at(), (2, 0));
    talk.keys("ctrl-p z z");
    let Mode::Index(index) = &talk.app.mode else { panic!("closed") };
    assert!(index.found.is_empty());
    talk.keys("enter");
    assert_eq!(talk.at(), (2, 0), "nothing found, nothing moves");
    talk.keys("ctrl-p z backspace down esc");
    assert!(matches!(talk.app.mode, Mode::Slide));
}

#[test]
fn help_and_problems_scroll_with_the_moving_keys() {
    let mut talk = Script::new(&[page("a", &[]), page("b", &[])]);
    talk.keys("? l l");
    assert!(matches!(talk.app.mode, Mode::Help(2)));
    talk.keys("D");
    assert!(matches!(talk.app.mode, Mode::Problems(0)));
    assert_eq!(talk.keys("q"), [], "q closes the panel");
    assert_eq!(talk.at(), (0, 0));
}

#[test]
fn f196_a_save_goes_to_the_first_change() {
    let mut talk = Script::new(&[page("a", &[]), page("b\nc\nd", &[]), page("e", &[])]);
    talk.tell(Msg::Loaded(deck(&[page("a", &[]), page("b\nX\nd", &[]), page("e", &[])])));
    assert_eq!(talk.app.at, Cursor { slide: SlideNo::new(1), step: Step(1) });
    talk.tell(Msg::Loaded(deck(&[
        page("a", &[]),
        page("b\nX\nd", &[]),
        page("e", &[]),
        page("f", &[]),
    ])));
    assert_eq!(talk.at(), (3, 0), "a slide added at the end");
    talk.tell(Msg::Loaded(deck(&[page("a", &[])])));
    assert_eq!(talk.at(), (0, 0), "slides taken away: the last that is left");
}

#[test]
fn unchanged_code_keeps_its_output_over_a_save_and_changed_code_shows_it_as_stale() {
    let mut talk = Script::new(&[page("a", &["1", "2"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.finish(2, Outcome::Exited(0));
    let effects = talk.tell(Msg::Loaded(deck(&[page("a", &["1", "changed"])])));
    assert_eq!(effects, [Effect::Prepare]);
    let seen: Vec<_> = talk
        .app
        .runs
        .values()
        .map(|run| (run.stale, run.output.plain_text().lines().count()))
        .collect();
    assert_eq!(seen, [(false, 1), (true, 1)]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [1], "only the changed one has not run");
}

#[test]
fn outputs_move_with_their_code() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.tell(Msg::Loaded(deck(&[page("new", &["0"]), page("a", &["1"])])));
    assert_eq!(talk.app.runs.keys().collect::<Vec<_>>(), [&CellId(1)]);
}

#[test]
fn a_run_whose_code_is_gone_is_killed() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    let effects = talk.tell(Msg::Loaded(deck(&[page("a", &[])])));
    assert_eq!(effects[0], Effect::Kill(RunId(1)));
}

#[test]
fn the_wheel_scrolls_an_output_and_at_its_end_follows_again() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    let (cell, part, shown, total) = (CellId(0), 2, 10, 100);
    let over = |first, follows| Hit {
        cell: Some(cell),
        output: Some(OutputHit { cell, part, follows, first, shown, total }),
    };
    let scroll = |talk: &Script| talk.app.runs[&cell].scroll.get(&part).copied();
    talk.tell(Msg::Wheel(-3, over(90, true)));
    assert_eq!(scroll(&talk), Some(87));
    talk.tell(Msg::Wheel(3, over(87, true)));
    assert_eq!(scroll(&talk), None);
    talk.tell(Msg::Wheel(-3, over(1, true)));
    assert_eq!(scroll(&talk), Some(0));
    talk.tell(Msg::Wheel(3, over(87, false)));
    assert_eq!(scroll(&talk), Some(90), "a table follows nothing");
}

fn of_three_slides() -> Script {
    Script::new(&[
        page("a", &["auto 1", "key 1"]),
        page("b", &["replace 2"]),
        page("c", &["auto 3"]),
        page("d", &["auto 4"]),
    ])
}

#[test]
fn f153_what_runs_by_itself_starts_when_its_slide_or_its_neighbour_is_shown() {
    let mut talk = of_three_slides();
    assert_eq!(runs(&talk.tell(Msg::Shown)), [0, 2]);
    assert_eq!(runs(&talk.tell(Msg::Shown)), [0_u32; 0], "once");
    talk.keys("n");
    assert_eq!(runs(&talk.tell(Msg::Shown)), [3]);
    talk.keys("G");
    assert_eq!(runs(&talk.tell(Msg::Shown)), [4]);
    talk.finish(1, Outcome::Exited(1));
    talk.keys("g g");
    assert_eq!(runs(&talk.tell(Msg::Shown)), [0_u32; 0], "a failure is an answer, too");
}

#[test]
fn f151_what_may_not_run_by_itself_says_so_and_asks_at_the_key() {
    let mut talk = Script::new(&[page("a", &["replace 1"]), page("b", &["auto 2"])]).untrusted();
    assert_eq!(talk.tell(Msg::Shown), []);
    assert_eq!((talk.state(0), talk.state(1)), (State::NotAllowed, State::NotAllowed));
    assert!(matches!(talk.app.mode, Mode::Slide), "nobody asked for anything yet");
    talk.keys("ctrl-e");
    assert!(matches!(talk.app.mode, Mode::Ask(_)));
    assert_eq!(runs(&talk.keys("o")), [0]);
    assert_eq!(runs(&talk.tell(Msg::Shown)), [1]);
}

#[test]
fn f150_and_f152_each_permission_is_for_its_own_blocks() {
    let pages = [page("a", &["key 1", "auto 2", "replace 3"])];
    let mut talk = Script::new(&pages).untrusted();
    talk.app.policy = Policy { exec: true, replace: false };
    assert_eq!(runs(&talk.tell(Msg::Shown)), [1]);
    assert_eq!(talk.state(2), State::NotAllowed);
    assert_eq!(runs(&talk.keys("ctrl-e")), [0], "what may not run is not asked about");
    let mut talk = Script::new(&pages).untrusted();
    talk.app.policy = Policy { exec: false, replace: true };
    assert_eq!(runs(&talk.tell(Msg::Shown)), [2]);
    assert_eq!((talk.state(0), talk.state(1)), (State::NotRun, State::NotAllowed));
}

#[test]
fn an_edit_runs_what_changed_again_and_keeps_its_output_until_there_is_new() {
    let mut talk = Script::new(&[page("a", &["auto 1", "replace 2"])]);
    talk.tell(Msg::Shown);
    talk.finish(1, Outcome::Exited(0));
    talk.finish(2, Outcome::Exited(0));
    talk.tell(Msg::Loaded(deck(&[page("a", &["auto 1", "replace changed"])])));
    assert_eq!(runs(&talk.tell(Msg::Shown)), [1]);
    let seen = |talk: &Script| {
        talk.app
            .runs
            .values()
            .map(|run| (run.stale, run.output.plain_text().lines().count()))
            .collect::<Vec<_>>()
    };
    assert_eq!(seen(&talk), [(false, 1), (true, 1)]);
    let run = talk.app.runs[&CellId(1)].run;
    talk.tell(Msg::Run(run, Event::Output(b"x\ny\n".to_vec())));
    assert_eq!(seen(&talk), [(false, 1), (false, 2)]);
}

#[test]
fn code_that_changed_while_it_ran_is_stopped_and_says_so() {
    let mut talk = Script::new(&[page("a", &["key 1"])]);
    talk.keys("ctrl-e");
    talk.tell(Msg::Run(RunId(1), Event::Started));
    talk.tell(Msg::Run(RunId(1), Event::Output(b"x\n".to_vec())));
    let effects = talk.tell(Msg::Loaded(deck(&[page("a", &["key changed"])])));
    assert_eq!(effects[0], Effect::Kill(RunId(1)));
    assert_eq!(talk.state(0), State::Ended(Outcome::Stopped));
    assert!(!talk.app.is_running());
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
}

#[test]
fn f156_the_focused_program_has_the_keys_until_the_chord_or_its_end() {
    let mut talk = Script::new(&[page("a", &["pty 1"]), page("b", &[])]);
    assert_eq!(runs(&talk.keys("tab enter")), [0]);
    assert!(matches!(talk.app.mode, Mode::Typing(CellId(0))));
    talk.tell(Msg::Run(RunId(1), Event::Started));
    assert_eq!(talk.keys("q"), [Effect::Type(RunId(1), b"q".to_vec())]);
    assert_eq!(talk.keys("ctrl-c"), [Effect::Type(RunId(1), vec![3])]);
    assert_eq!(talk.keys("ctrl-5"), []);
    assert!(matches!(talk.app.mode, Mode::Slide));
    talk.keys("esc n");
    assert_eq!(talk.at(), (1, 0), "the keys are the talk's again");
    talk.keys("p tab enter");
    assert!(matches!(talk.app.mode, Mode::Typing(_)), "it still runs, and has them again");
    talk.finish(1, Outcome::Exited(0));
    assert!(matches!(talk.app.mode, Mode::Slide));
}

#[test]
fn f156_a_terminal_follows_its_room_and_answers_its_program() {
    let mut talk = Script::new(&[page("a", &["pty 1"])]);
    talk.keys("ctrl-e");
    assert!(matches!(talk.app.mode, Mode::Slide), "ctrl-e runs, and takes no keys away");
    talk.app.stage.screens = vec![(CellId(0), (40, 12))];
    assert_eq!(talk.tell(Msg::Shown), [Effect::ResizeRun(RunId(1), (40, 12))]);
    assert_eq!(talk.tell(Msg::Shown), [], "once");
    let asked = Msg::Run(RunId(1), Event::Output(b"ab\x1b[6n".to_vec()));
    assert_eq!(talk.tell(asked), [Effect::Type(RunId(1), b"\x1b[1;3R".to_vec())]);
}

#[test]
fn a_block_that_waits_for_input_opens_its_prompt_and_gets_what_is_typed() {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &[])]);
    let tell = |talk: &mut Script, event| talk.tell(Msg::Run(RunId(1), event));
    talk.keys("ctrl-e");
    tell(&mut talk, Event::Started);
    tell(&mut talk, Event::Waits { hidden: false });
    assert!(matches!(talk.app.mode, Mode::Input(CellId(0))));
    assert_eq!(talk.keys("n o t backspace backspace backspace y é ctrl-a q"), []);
    assert_eq!(talk.keys("enter"), [Effect::Type(RunId(1), "qyé\n".into())]);
    assert_eq!(talk.keys("2"), [], "what is typed ahead of the next question is kept");
    tell(&mut talk, Event::Waits { hidden: false });
    assert_eq!(talk.keys("enter"), [Effect::Type(RunId(1), b"2\n".to_vec())]);
    talk.tell(Msg::Tick(Duration::from_secs(1)));
    assert!(matches!(talk.app.mode, Mode::Slide), "it asks no more");
    talk.keys("n");
    assert_eq!(talk.at(), (1, 0));
}

#[test]
fn a_prompt_is_left_and_come_back_to_and_the_talk_goes_on() {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &[])]);
    let tell = |talk: &mut Script, event| talk.tell(Msg::Run(RunId(1), event));
    talk.keys("ctrl-e");
    tell(&mut talk, Event::Started);
    tell(&mut talk, Event::Waits { hidden: false });
    talk.keys("x esc");
    tell(&mut talk, Event::Waits { hidden: false });
    talk.keys("n");
    assert_eq!(talk.at(), (1, 0), "it still waits, and takes no keys");
    talk.keys("p tab enter");
    assert!(matches!(talk.app.mode, Mode::Input(CellId(0))));
    assert_eq!(talk.keys("ctrl-d"), [], "that would end the input, if nothing were typed");
    talk.keys("backspace");
    assert_eq!(talk.keys("ctrl-d"), [Effect::Type(RunId(1), vec![4])]);
    assert!(matches!(talk.app.mode, Mode::Slide), "the next key is the talk's");
    tell(&mut talk, Event::Waits { hidden: false });
    assert_eq!(talk.keys("ctrl-c"), [Effect::Interrupt(RunId(1))], "it reads again all the same");
    talk.finish(1, Outcome::Stopped);
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert!(talk.app.runs[&CellId(0)].prompt.is_none());
}

#[test]
fn a_block_that_runs_by_itself_takes_no_keys() {
    let mut talk = Script::new(&[page("a", &["auto 1"]), page("b", &[])]);
    talk.tell(Msg::Shown);
    talk.tell(Msg::Run(RunId(1), Event::Started));
    talk.tell(Msg::Run(RunId(1), Event::Waits { hidden: true }));
    talk.keys("n");
    assert_eq!(talk.at(), (1, 0));
}
