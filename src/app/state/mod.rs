//! The state itself: [`App`] and the types of its fields.

pub(super) mod edits;
pub(super) mod layout_info;
pub(super) mod pane;
pub(super) mod permission;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::app::input::block_editor::BlockEditor;
use crate::app::input::keymap::Keymap;
use crate::app::nav::index::Index;
use crate::app::nav::jumps::Jumps;
use crate::app::stage::command::Blank;
use crate::app::stage::light::Spotlight;
use crate::app::stage::overview_grid::Overview;
use crate::app::stage::served::{AddressPanel, ServeReport};
use crate::app::stage::typed_texts::TypedTexts;
use crate::deck::{Cell, CellId, Cursor, Deck, Replay, SlideNo, Start, Step};
use crate::diag::Diagnostic;
use crate::run::{CellRun, RunId, Runs, Variable};
use edits::Edits;
use layout_info::LayoutInfo;
use pane::Pane;
use permission::{Permission, Policy, Trust, TrustPrompt, TrustSummary};

/// The whole state of a presentation. Only [`update`](super::update()) changes it.
#[derive(Debug)]
pub struct App {
    /// The deck that is shown.
    pub(in crate::app) deck: Arc<Deck>,
    /// The position in the deck, and how the slide is shown.
    pub(in crate::app) view: ViewState,
    /// What is open on top of the slide.
    pub(in crate::app) mode: Mode,
    /// The output that fills the screen in place of the slide, below what is open on top.
    pub(in crate::app) pane: Option<Pane>,
    /// The runs, by cell.
    pub(in crate::app) runs: Runs,
    /// What the last layout measured.
    pub(in crate::app) layout: LayoutInfo,
    /// Problems found after parsing, and which ones the speaker has seen.
    pub(in crate::app) problems: ProblemState,
    /// A line for the speaker, until the next key or until it has been read.
    pub(in crate::app) notice: Option<Notice>,
    /// Which code may run.
    pub(in crate::app) permission: Permission,
    /// The key bindings and the keys typed of a sequence.
    pub(in crate::app) keymap: Keymap,
    /// What has to be drawn again.
    pub(in crate::app) changed: Changes,
    /// What only `update` reads.
    pub(in crate::app) internal: Internal,
}

/// A line for the speaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct Notice {
    /// The text.
    pub text: String,
    /// The kind.
    pub kind: NoticeKind,
}

/// The kind of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// The answer to a key, or a question.
    Information,
    /// Something failed.
    Failure,
}

/// The position in the deck, and how the slide is shown.
#[derive(Clone, Debug)]
pub(in crate::app) struct ViewState {
    /// The slide and step.
    pub(in crate::app) at: Cursor,
    /// The direction of the last move. The next one is most likely the same.
    pub(in crate::app) direction: Direction,
    /// Rows of the slide that are scrolled off above the screen.
    pub(in crate::app) scroll: u32,
    /// The cell that keys for one cell apply to; with none, the run key runs the whole slide.
    pub(in crate::app) focus: Option<CellId>,
    /// Whether the slide shows where its columns start.
    pub(in crate::app) grid: bool,
    /// Whether the notes are shown under the slide.
    pub(in crate::app) has_notes: bool,
    /// The spotlight, if it is on.
    pub(in crate::app) spotlight: Option<Box<Spotlight>>,
    /// How much of the typed texts is shown.
    pub(in crate::app) typed: TypedTexts,
    /// The mouse button that is down.
    pub(in crate::app) button: MouseButtonState,
    /// Whether the mouse is ours; without it, the terminal selects text.
    pub(in crate::app) has_mouse: bool,
    /// The colour of the screen while it is blank.
    pub(in crate::app) blank: Option<Blank>,
    /// What the audience can open, if the talk is served.
    pub(in crate::app) served: Option<Box<ServeReport>>,
}

/// The left mouse button since it was pressed.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::app) struct MouseButtonState {
    /// Where it was pressed: column of the screen, row of the body.
    pub(in crate::app) pressed_at: Option<(u16, u32)>,
    /// Whether a release runs the focused cell: it was pressed on it, and not moved.
    pub(in crate::app) runs_focused: bool,
}

/// Problems found after parsing, and which ones the speaker has seen.
#[derive(Debug, Default)]
pub(in crate::app) struct ProblemState {
    /// Problems with pictures, colour names and overflows.
    pub(in crate::app) reviewed: Vec<Diagnostic>,
    /// Problems found by running the blocks marked `+validate`.
    pub(in crate::app) invalid: Vec<Diagnostic>,
    /// Whether slides never show the number of errors, as in presentation mode (`-p`).
    pub(in crate::app) hidden: bool,
    /// The errors that the speaker has seen in the panel.
    pub(in crate::app) seen_errors: BTreeSet<u64>,
}

/// State that only `update` reads.
#[derive(Debug, Default)]
pub(in crate::app) struct Internal {
    /// The recorded outputs, by cell.
    pub(in crate::app) recorded: Runs,
    /// The last run id in use.
    pub(in crate::app) last_run: u64,
    /// What the next layout scrolls into view.
    pub(in crate::app) scroll_target: Option<ScrollTarget>,
    /// The last cell the speaker ran. While the end of its output is on the screen, it stays there.
    pub(in crate::app) watched: Option<CellId>,
    /// The slide that was shown last.
    pub(in crate::app) shown: Option<SlideNo>,
    /// Whether the running cells were already interrupted once.
    pub(in crate::app) interrupted: bool,
    /// The number of keys pressed so far.
    pub(in crate::app) pressed: u64,
    /// The number of the key that last stopped a run.
    pub(in crate::app) stopped: Option<u64>,
    /// The positions that jumps started from.
    pub(in crate::app) jumps: Jumps,
    /// See [`AppOptions::repeats_lost_runs`].
    pub(in crate::app) repeats_lost_runs: bool,
    /// The speaker's edits of blocks.
    pub(in crate::app) edits: Edits,
    /// See [`AppOptions::loops`].
    pub(in crate::app) loops: bool,
}

/// What the next layout scrolls into view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum ScrollTarget {
    /// What the current step revealed.
    Revealed,
    /// The end of the slide.
    End,
    /// A cell's output.
    Cell(CellId),
    /// What the spotlight lights.
    Lit,
}

/// What is open on top of the slide.
#[derive(Debug, Default)]
pub enum Mode {
    /// Nothing: keys go to the slide.
    #[default]
    Slide,
    /// The slide index.
    Index(Index),
    /// Miniatures of the slides.
    Overview(Box<Overview>),
    /// The key bindings, scrolled by this many rows.
    Help(u16),
    /// The deck's problems; this one is selected.
    Problems(u16),
    /// The variables of a session.
    Variables(Variables),
    /// The audience's address, or the remote's.
    Address(AddressPanel),
    /// The question whether the deck's code may run.
    TrustPrompt(TrustPrompt),
    /// Nothing: keys go to the program of this cell.
    Passthrough(CellId),
    /// Nothing: keys edit an input line for the program of this cell.
    StdinPrompt(CellId),
    /// The editor of a block.
    Edit(Box<BlockEditor>),
}

/// The panel that lists the variables of a session.
#[derive(Clone, Debug)]
pub struct Variables {
    /// The block after which they are listed.
    pub cell: CellId,
    /// The variables, or why they cannot be listed; none while the answer is pending.
    pub found: Option<Result<Vec<Variable>, String>>,
    /// The number of rows scrolled.
    pub row: u16,
    /// The run that was asked.
    pub(in crate::app) run: RunId,
}

/// What has to be drawn again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The scene: another slide, step, size, or output.
    pub scene: bool,
    /// What is painted: the scene, the scroll offset, panels, notices.
    pub paint: bool,
    /// The slide changed by a step forward or back, which starts a transition.
    pub transition: Option<Direction>,
    /// The step before the last change within a slide, whose highlighted lines fade.
    pub step: Option<Step>,
}

/// A direction through the deck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To a later slide.
    Forward,
    /// To an earlier slide.
    Back,
}

/// What an [`App`] is created with besides the deck.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the user, each on its own")]
pub struct AppOptions {
    /// What the command line and the configuration allow to run.
    pub policy: Policy,
    /// What the user has allowed.
    pub trust: Trust,
    /// What the sandbox cannot restrict on this machine, or why there is no sandbox.
    pub sandbox: Result<Vec<&'static str>, &'static str>,
    /// The key bindings.
    pub keymap: Keymap,
    /// Whether slides never show the number of errors.
    pub hides_problems: bool,
    /// Whether a block whose state is lost, because it was killed, runs again for the later blocks of its
    /// session. Without a terminal it would be killed for each of them.
    pub repeats_lost_runs: bool,
    /// A notice to show at the start.
    pub notice: Option<String>,
    /// Whether the mouse is ours at the start.
    pub has_mouse: bool,
    /// Whether the first slide follows the last one.
    pub loops: bool,
    /// Whether keys type the blocks marked `+typed`; otherwise they are shown whole.
    pub types_code: bool,
}

impl Default for AppOptions {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            trust: Trust::default(),
            sandbox: Err("there is no sandbox here"),
            keymap: Keymap::default(),
            hides_problems: false,
            repeats_lost_runs: true,
            notice: None,
            has_mouse: true,
            loops: false,
            types_code: false,
        }
    }
}

impl App {
    /// Creates the state of a presentation at its first slide.
    pub fn new(deck: Arc<Deck>, options: AppOptions) -> Self {
        let AppOptions { policy, trust, sandbox, keymap, .. } = options;
        let AppOptions {
            hides_problems,
            repeats_lost_runs,
            notice,
            has_mouse,
            loops,
            types_code,
            ..
        } = options;
        let direction = Direction::Forward;
        Self {
            deck,
            view: ViewState {
                at: Cursor::default(),
                direction,
                scroll: 0,
                focus: None,
                grid: false,
                has_notes: false,
                spotlight: None,
                typed: TypedTexts::new(types_code),
                button: MouseButtonState::default(),
                has_mouse,
                blank: None,
                served: None,
            },
            mode: Mode::default(),
            pane: None,
            runs: Runs::default(),
            layout: LayoutInfo::default(),
            problems: ProblemState { hidden: hides_problems, ..ProblemState::default() },
            notice: notice.map(|text| Notice { text, kind: NoticeKind::Information }),
            permission: Permission { policy, trust, sandbox, summary: None, waiting: Vec::new() },
            keymap,
            changed: Changes { scene: true, paint: true, transition: None, step: None },
            internal: Internal { repeats_lost_runs, loops, ..Internal::default() },
        }
    }

    /// Returns the deck that is shown.
    pub fn deck(&self) -> &Arc<Deck> {
        &self.deck
    }

    /// Returns the slide and step that are shown.
    pub fn at(&self) -> Cursor {
        self.view.at
    }

    /// Returns the direction of the last move.
    pub fn direction(&self) -> Direction {
        self.view.direction
    }

    /// Returns how many rows of the slide are scrolled off above the screen.
    pub fn scroll(&self) -> u32 {
        self.view.scroll
    }

    /// Returns how many rows of the pane, or of the slide if no pane is open, are scrolled off above
    /// the screen.
    pub fn rows_above(&self) -> u32 {
        self.pane.as_ref().map_or(self.view.scroll, |pane| pane.first_row(&self.layout))
    }

    /// Returns the focused cell.
    pub fn focus(&self) -> Option<CellId> {
        self.view.focus
    }

    /// Returns whether the slide shows where its columns start.
    pub fn shows_grid(&self) -> bool {
        self.view.grid
    }

    /// Returns whether the notes are shown under the slide.
    pub fn shows_notes(&self) -> bool {
        self.view.has_notes
    }

    /// Returns what is open on top of the slide.
    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// Returns the output that fills the screen in place of the slide.
    pub fn pane(&self) -> Option<&Pane> {
        self.pane.as_ref()
    }

    /// Returns the runs, by cell.
    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// Returns what the last layout measured.
    pub fn layout(&self) -> &LayoutInfo {
        &self.layout
    }

    /// Returns the text of the line for the speaker.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_ref().map(|notice| &*notice.text)
    }

    /// Returns what the line for the speaker is about.
    pub fn notice_kind(&self) -> Option<NoticeKind> {
        self.notice.as_ref().map(|notice| notice.kind)
    }

    /// Returns what the command line and the configuration allow to run.
    pub fn policy(&self) -> Policy {
        self.permission.policy
    }

    /// Returns what the user has allowed to run.
    pub fn trust(&self) -> Trust {
        self.permission.trust
    }

    /// Returns what is known about the deck's code; none until it was examined, and after an edit.
    pub fn trust_summary(&self) -> Option<&Arc<TrustSummary>> {
        self.permission.summary.as_ref()
    }

    /// Returns what the sandbox cannot restrict on this machine.
    ///
    /// # Errors
    /// Returns why there is no sandbox.
    pub fn sandbox(&self) -> Result<&[&'static str], &'static str> {
        self.permission.sandbox.as_deref().map_err(|why| *why)
    }

    /// Returns the key bindings.
    pub fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// Returns what has to be drawn again.
    pub fn changes(&self) -> Changes {
        self.changed
    }

    /// Returns the transition to play, if one is due, and clears it.
    pub fn take_transition(&mut self) -> Option<Direction> {
        self.changed.transition.take()
    }

    /// Returns the step from which highlighted lines fade, if one changed, and clears it.
    pub fn take_step(&mut self) -> Option<Step> {
        self.changed.step.take()
    }

    /// Returns whether a cell has an edit that is not saved.
    pub fn is_unsaved(&self, cell: CellId) -> bool {
        let span = self.deck.cell(cell).map(|cell| cell.span);
        span.is_some_and(|span| self.internal.edits.unsaved.contains(span))
    }

    /// Returns whether a cell is queued or running, so that elapsed times change.
    pub fn is_running(&self) -> bool {
        self.runs.values().any(CellRun::is_under_way)
    }

    /// Returns how long until the time shown by a running cell changes; none if no cell runs.
    pub fn next_tick(&self) -> Option<Duration> {
        let running = self.runs.values().filter(|run| run.is_under_way());
        running.map(CellRun::next_change).min()
    }

    /// Returns whether no code runs and recorded outputs are shown instead.
    pub fn only_replays(&self) -> bool {
        self.deck.options.replay == Replay::Always
    }

    /// Returns all problems of the deck.
    pub fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        let ProblemState { reviewed, invalid, .. } = &self.problems;
        self.deck.diagnostics.iter().chain(reviewed).chain(invalid)
    }

    /// Returns whether a cell may run without a question.
    pub fn may_run(&self, cell: &Cell) -> bool {
        self.permission.trust.allows() || self.permission.policy.allows(cell.exec.output_mode)
    }

    /// Returns the runnable cells that are visible at the current step.
    pub fn visible_cells(&self) -> impl Iterator<Item = &Arc<Cell>> {
        let Cursor { slide, step } = self.view.at;
        self.deck
            .cells_of(slide)
            .filter(move |cell| cell.exec.start != Start::OnCheck && self.deck.shows(cell, step))
    }

    /// Keeps the output of the last of these cells in the deck on the screen.
    pub(in crate::app) fn watch(&mut self, cells: &[CellId]) {
        self.internal.watched = cells.iter().max().copied();
        self.internal.scroll_target = self.internal.watched.map(ScrollTarget::Cell);
    }

    /// Shows a line to the speaker until the next key, or until it has been read.
    pub(in crate::app) fn notify(&mut self, notice: impl Into<String>) {
        self.set_notice(notice.into(), NoticeKind::Information);
    }

    /// Reports to the speaker that something failed.
    pub(in crate::app) fn report_failure(&mut self, why: impl Into<String>) {
        self.set_notice(why.into(), NoticeKind::Failure);
    }

    fn set_notice(&mut self, text: String, kind: NoticeKind) {
        self.notice = Some(Notice { text, kind });
        self.paint_changed();
    }

    pub(in crate::app) fn clear_notice(&mut self) {
        if self.notice.take().is_some() {
            self.paint_changed();
        }
    }

    pub(in crate::app) fn scene_changed(&mut self) {
        self.changed.scene = true;
        self.changed.paint = true;
    }

    pub(in crate::app) fn paint_changed(&mut self) {
        self.changed.paint = true;
    }
}
