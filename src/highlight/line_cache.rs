//! Cache of highlighted lines, by the parser's state before them. Slides that develop code step by step
//! repeat most of its lines. Each thread has its own: the states of syntect's parser stay in their thread.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use ratatui::text::Line;

use super::line_parser::Parser;

/// Number of lines kept. When there are more, all are dropped.
const MAX_LINES: usize = 4096;

/// Number of states kept. Most code has a few; lines after another state are not cached.
const MAX_STATES: usize = 64;

/// Identifies the rules that lines are highlighted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RulesId(u64);

impl RulesId {
    /// Returns an id that no other rules have.
    pub(super) fn unique() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Self(COUNT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Calls `run` with this thread's lines of these rules. Those of other rules are dropped.
pub(super) fn with_lines_of<T>(rules: RulesId, run: impl FnOnce(&mut LineCache) -> T) -> T {
    thread_local! {
        static LINES: RefCell<Option<(RulesId, LineCache)>> = const { RefCell::new(None) };
    }
    LINES.with_borrow_mut(|lines| {
        let lines = match lines {
            Some((known, lines)) if *known == rules => lines,
            lines => &mut lines.insert((rules, LineCache::default())).1,
        };
        run(lines)
    })
}

/// A highlighted line.
#[derive(Clone)]
pub(super) struct PaintedLine {
    pub(super) line: Line<'static>,
    /// The ends of its pieces, if these are not its spans.
    pub(super) ends: Box<[usize]>,
}

/// A parser's state, and its number in the cache, if it is there.
#[derive(Clone)]
pub(super) struct KnownState {
    pub(super) parser: Rc<Parser>,
    id: Option<StateId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct StateId {
    /// How often the cache had been emptied.
    epoch: u64,
    index: usize,
}

/// Highlighted lines.
#[derive(Default)]
pub(super) struct LineCache {
    states: Vec<CachedState>,
    line_count: usize,
    epoch: u64,
}

struct CachedState {
    parser: Rc<Parser>,
    lines: HashMap<Box<str>, (PaintedLine, KnownState)>,
}

impl LineCache {
    /// Returns the state of this parser.
    pub(super) fn state(&mut self, parser: Parser) -> KnownState {
        let epoch = self.epoch;
        if let Some(index) = self.states.iter().position(|known| known.parser.is_like(&parser)) {
            let parser = Rc::clone(&self.states[index].parser);
            return KnownState { parser, id: Some(StateId { epoch, index }) };
        }
        let parser = Rc::new(parser);
        let index = self.states.len();
        if index >= MAX_STATES {
            return KnownState { parser, id: None };
        }
        self.states.push(CachedState { parser: Rc::clone(&parser), lines: HashMap::new() });
        KnownState { parser, id: Some(StateId { epoch, index }) }
    }

    /// Returns a line after a state, and the state after it.
    pub(super) fn get(&self, before: &KnownState, text: &str) -> Option<(PaintedLine, KnownState)> {
        let id = before.id.filter(|id| id.epoch == self.epoch)?;
        self.states[id.index].lines.get(text).cloned()
    }

    /// Stores a line after a state. Returns the state after it.
    pub(super) fn insert(
        &mut self,
        before: &KnownState,
        text: &str,
        (painted, after): (PaintedLine, Parser),
    ) -> KnownState {
        if self.line_count >= MAX_LINES {
            *self = Self { epoch: self.epoch + 1, ..Self::default() };
        }
        let after = self.state(after);
        if let Some(id) = before.id.filter(|id| id.epoch == self.epoch) {
            self.line_count += 1;
            self.states[id.index].lines.insert(text.into(), (painted, after.clone()));
        }
        after
    }
}
