//! The state of a talk and every decision about it, with no I/O: [`update()`] changes the state and
//! returns what is to be done outside.
//!
//! `App` holds what must survive a redraw: where the talk is, what ran, what is open on top of the
//! slide. It does not hold themes, scenes or terminals; what the last layout found out that
//! decisions need (heights, where cells stand) comes back as a [`LayoutInfo`].

mod effect;
mod input;
mod msg;
mod nav;
mod panels;
mod reload;
mod runs;
#[cfg(test)]
mod tests;
mod update;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::deck::{Cell, CellId, Cursor, Deck, OutputMode, SlideNo, Start};
use crate::diag::Diagnostic;
use crate::run::{CellRun, Runs};

use nav::{jumps, movement};

pub use effect::Effect;
pub use input::editor::{AfterEdit, BlockEditor, Edit};
pub use input::keymap::{Action, Binding, Conflict, KeyMatch, Keymap, default_bindings};
pub use input::keys::{Key, Sequence, readable_keys};
pub use msg::{Hit, Msg, OutputHit};
pub use nav::index::{Index, IndexEntry, IsTitle, title as slide_title};
pub use panels::pane::Pane;
pub use panels::trust_prompt::{TrustPrompt, TrustSummary};
pub use panels::variables::Variables;
pub use update::update;

/// The least size at which a slide is drawn: columns and rows.
pub const MIN_TERMINAL_SIZE: (u16, u16) = (12, 4);

/// Why there is no sandbox where the runtime has not said otherwise.
const NO_SANDBOX: &str = "there is no sandbox here";

/// The whole state of a talk being given.
#[derive(Debug)]
pub struct App {
    /// The deck that is shown.
    pub deck: Arc<Deck>,
    /// Where the talk is.
    pub at: Cursor,
    /// Which way the speaker has gone last: most likely, the next key leads on the same way.
    pub direction: Direction,
    /// How many rows of the slide are scrolled away above the screen.
    pub scroll: u32,
    /// What is open on top of the slide.
    pub mode: Mode,
    /// The output that is shown in the slide's place, below what is open on top.
    pub pane: Option<Pane>,
    /// What has run, by cell.
    pub runs: Runs,
    /// What was recorded, by cell.
    pub recorded: Runs,
    /// The cell that the run key goes to; none: to all of the slide.
    pub focus: Option<CellId>,
    /// Whether the slide shows where its columns start.
    pub grid: bool,
    /// What the last layout found out.
    pub layout: LayoutInfo,
    /// What else is wrong with it: pictures, names of the theme, what does not fit if that was looked
    /// for.
    pub reviewed: Vec<Diagnostic>,
    /// What running the blocks that carry `+validate` found.
    pub invalid: Vec<Diagnostic>,
    /// Whether slides never count the deck's errors: in a talk that is given (`-p`).
    pub hides_problems: bool,
    /// A line for the speaker, until the next key.
    pub notice: Option<String>,
    /// What may run without a question.
    pub policy: Policy,
    /// What the user answered to the question.
    pub trust: Trust,
    /// What was found out about the deck for the question; none before that, and after an edit.
    pub inquiry: Option<Arc<TrustSummary>>,
    /// What the sandbox cannot hold on this machine; why there is none.
    pub sandbox: Result<Vec<&'static str>, &'static str>,
    /// The key bindings and the sequence being typed.
    pub keymap: Keymap,
    /// What has changed since the runtime last asked.
    pub changed: Changed,
    internal: Internal,
}

/// What the app keeps for itself.
#[derive(Debug, Default)]
struct Internal {
    /// The last run id given out.
    last_run: u64,
    /// What the next layout should bring into view.
    scroll_target: Option<ScrollTarget>,
    /// The last cell that was asked to run: as long as its end is on the screen, it stays there.
    watched: Option<CellId>,
    /// The slide that was shown last.
    shown: Option<SlideNo>,
    /// Whether the running cells were already interrupted once.
    interrupted: bool,
    /// How many keys were pressed.
    pressed: u64,
    /// Which of them stopped something last.
    stopped: Option<u64>,
    /// The cells that were asked for while it is found out whether the deck is trusted.
    waiting: Vec<CellId>,
    /// Where jumps started.
    jumps: jumps::Jumps,
    /// The errors that the speaker has seen in the panel of problems.
    seen_errors: BTreeSet<u64>,
}

/// Something to bring into view as soon as its place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScrollTarget {
    /// What the current step revealed.
    Revealed,
    /// The end of the slide.
    End,
    /// A cell's output.
    Cell(CellId),
}

/// What is open on top of the slide.
#[derive(Debug, Default)]
pub enum Mode {
    /// Nothing: the slide has the keys.
    #[default]
    Slide,
    /// The slide index.
    Index(Index),
    /// The key bindings, scrolled by this many rows.
    Help(u16),
    /// The deck's problems, of which this one is chosen.
    Problems(u16),
    /// The names of a session.
    Variables(Variables),
    /// The question whether the deck's code may run.
    TrustPrompt(TrustPrompt),
    /// Nothing, but the program of this cell has the keys.
    Passthrough(CellId),
    /// Nothing, but a line is typed for the program of this cell.
    StdinPrompt(CellId),
    /// A block that is being edited.
    Edit(Box<BlockEditor>),
}

/// What may run without a question, by the command line and the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Code that is run on a slide: `-x`, `snippet.exec.enable`.
    pub exec: bool,
    /// Code that gives way to its output: `-X`, `snippet.exec_replace.enable`.
    pub replace: bool,
}

impl Policy {
    /// Whether code of this form may run.
    pub fn allows(self, output_mode: OutputMode) -> bool {
        if output_mode.replaces_code() { self.replace } else { self.exec }
    }
}

/// What may run, as far as the user has said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Not asked yet.
    #[default]
    Unknown,
    /// It is being found out whether it was asked before.
    Checking,
    /// For this session: `-x`, or *once*.
    Once,
    /// This deck, always.
    Always,
    /// For this session, in the sandbox: `--sandbox`, or *sandboxed*.
    Sandboxed,
    /// No, for this session.
    No,
}

impl Trust {
    /// Whether code may run.
    pub fn allows(self) -> bool {
        matches!(self, Self::Once | Self::Always | Self::Sandboxed)
    }
}

/// What the last layout found out that decisions depend on, in rows of the slide's body, or of the
/// pane's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayoutInfo {
    /// Columns and rows of the terminal.
    pub terminal: (u16, u16),
    /// Rows of the body that fit on the screen.
    pub viewport: u32,
    /// Rows of the body.
    pub height: u32,
    /// The rows that the current step added.
    pub revealed: Option<Range<u32>>,
    /// Columns that output can have, where nothing narrows it.
    pub columns: u16,
    /// The terminals on the slide: whose, and their columns and rows.
    pub screens: Vec<(CellId, (u16, u16))>,
    /// Where each cell stands, and how many columns its output has.
    pub cells: Vec<CellPlace>,
    /// The rows of what the pane's search has found, in order.
    pub matches: Vec<u32>,
    /// How many columns of its tables are scrolled away.
    pub left: usize,
}

/// Where a cell stands on the slide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellPlace {
    /// Which cell.
    pub id: CellId,
    /// Its rows, code to output.
    pub rows: Range<u32>,
    /// Columns of its output.
    pub columns: u16,
}

impl LayoutInfo {
    /// How far the body can be scrolled.
    pub fn scroll_limit(&self) -> u32 {
        self.height.saturating_sub(self.viewport)
    }

    /// Whether the terminal is too small to show a slide.
    pub fn is_too_small(&self) -> bool {
        self.terminal.0 < MIN_TERMINAL_SIZE.0 || self.terminal.1 < MIN_TERMINAL_SIZE.1
    }
}

/// What the runtime has to do again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The scene: another slide, step, size, or output.
    pub scene: bool,
    /// Only what is painted: scroll, panels, notices.
    pub paint: bool,
    /// One slide gave way to the next one or the one before, step by step: time for a transition.
    pub transition: Option<Direction>,
}

/// Which way the talk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To a later slide.
    Forward,
    /// To an earlier one.
    Back,
}

impl App {
    /// A talk at its first slide.
    pub fn new(deck: Arc<Deck>, policy: Policy, trust: Trust) -> Self {
        Self {
            deck,
            at: Cursor::default(),
            direction: Direction::Forward,
            scroll: 0,
            mode: Mode::default(),
            pane: None,
            runs: Runs::default(),
            recorded: Runs::default(),
            focus: None,
            grid: false,
            layout: LayoutInfo::default(),
            reviewed: Vec::new(),
            invalid: Vec::new(),
            hides_problems: false,
            notice: None,
            policy,
            trust,
            inquiry: None,
            sandbox: Err(NO_SANDBOX),
            keymap: Keymap::default(),
            changed: Changed { scene: true, paint: true, transition: None },
            internal: Internal::default(),
        }
    }

    /// Whether a run is under way, so that time has to be shown.
    pub fn is_running(&self) -> bool {
        self.runs.values().any(CellRun::is_under_way)
    }

    /// The deck's mistakes, and what else is wrong with it.
    pub fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        self.deck.diagnostics.iter().chain(&self.reviewed).chain(&self.invalid)
    }

    /// Where the next key press will most likely lead, if that can be told.
    pub fn ahead(&self) -> Option<Cursor> {
        movement::ahead(self)
    }

    /// Whether a cell may run without a question.
    pub fn may_run(&self, cell: &Cell) -> bool {
        self.trust.allows() || self.policy.allows(cell.exec.output_mode)
    }

    /// The cells that can be seen at the current step, and run.
    pub fn visible_cells(&self) -> impl Iterator<Item = &Arc<Cell>> {
        let step = self.at.step;
        self.deck
            .cells_of(self.at.slide)
            .filter(move |cell| cell.step <= step && cell.exec.start != Start::OnCheck)
    }

    fn scene_changed(&mut self) {
        self.changed.scene = true;
        self.changed.paint = true;
    }

    fn paint_changed(&mut self) {
        self.changed.paint = true;
    }
}
