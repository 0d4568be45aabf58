//! Typed code: keys reveal the prepared text of a `+typed` block, character by character.

use std::collections::BTreeMap;

use crossterm::event::KeyCode;

use crate::app::input::keys::Key;
use crate::app::state::{App, Mode};
use crate::deck::{Block, BlockKind, CellId, CodeBlock, Deck, Fingerprint, SlideNo};

impl App {
    /// Returns the typed texts of a slide of which a part is shown, and how many bytes. The overview shows
    /// other slides whole.
    pub fn partial_texts(&self, slide: SlideNo) -> BTreeMap<Fingerprint, usize> {
        let is_other = matches!(self.mode, Mode::Overview(_)) && slide != self.view.at.slide;
        if !self.view.typed.is_on() || is_other {
            return BTreeMap::new();
        }
        let part = |code: &CodeBlock| Some((code.typed?.key, self.view.typed.shown_bytes(code)?));
        typed_blocks(&self.deck, slide).into_iter().filter_map(part).collect()
    }

    /// Returns the block that keys type: the first visible one of the slide that is not whole.
    pub(in crate::app) fn typing(&self) -> Option<&CodeBlock> {
        let is_free = matches!(self.mode, Mode::Slide) && self.pane.is_none();
        if !is_free || self.view.blank.is_some() || !self.view.typed.is_on() {
            return None;
        }
        let step = self.view.at.step;
        let is_open = |block: &Block, code: &CodeBlock| {
            block.step <= step && !code.is_replaced(step) && !self.view.typed.is_whole(code)
        };
        find(&self.deck, self.view.at.slide, is_open)
    }
}

/// Returns the first block of code of a slide that is wanted.
fn find(
    deck: &Deck,
    slide: SlideNo,
    wanted: impl Fn(&Block, &CodeBlock) -> bool,
) -> Option<&CodeBlock> {
    let mut found = None;
    Block::walk_all(&deck.slide(slide).blocks, &mut |block| match &block.kind {
        BlockKind::Code(code) if found.is_none() && wanted(block, code) => found = Some(&**code),
        _ => {}
    });
    found
}

/// Types with a printable key or enter. Returns whether the key did that.
pub(in crate::app) fn press(app: &mut App, key: Key) -> bool {
    let types = matches!(key.code, KeyCode::Char(_) | KeyCode::Enter) && !key.ctrl && !key.alt;
    if !types {
        return false;
    }
    let Some(code) = app.typing().cloned() else { return false };
    app.view.typed.type_key(&code);
    typed(app, &code);
    true
}

/// Shows the whole block that keys type. Returns whether there is one.
pub(in crate::app) fn complete(app: &mut App) -> bool {
    let Some(code) = app.typing().cloned() else { return false };
    app.view.typed.complete(&code);
    typed(app, &code);
    true
}

/// Shows the whole block of a cell that runs.
pub(in crate::app) fn complete_cell(app: &mut App, cell: CellId) {
    let block = app.deck.cell(cell).and_then(|cell| app.deck.block_of(cell));
    if let Some(code) = block.filter(|code| !app.view.typed.is_whole(code)).cloned() {
        app.view.typed.complete(&code);
        app.scene_changed();
    }
}

/// A part of a block was typed. The focus goes to a block that is whole, for the key that runs it.
fn typed(app: &mut App, code: &CodeBlock) {
    if app.view.typed.is_whole(code) && code.cell.is_some() {
        app.view.focus = code.cell;
    }
    app.scene_changed();
}

/// Keeps what is typed when the deck is replaced. A text that was changed is as whole as the one that it
/// replaces.
pub(in crate::app) fn carry(app: &mut App, new: &Deck) {
    if app.view.typed.is_empty() {
        return;
    }
    for number in 0..new.slides.len() {
        let slide = SlideNo::new(number);
        let before = typed_blocks(&app.deck, slide);
        let after = typed_blocks(new, slide);
        for (old, new) in before.into_iter().zip(after) {
            let is_known = app.view.typed.is_begun(new);
            if !is_known && old.typed != new.typed && app.view.typed.is_whole(old) {
                app.view.typed.complete(new);
            }
        }
    }
}

/// Returns the typed blocks of a slide, in order; none of a slide that does not exist.
fn typed_blocks(deck: &Deck, slide: SlideNo) -> Vec<&CodeBlock> {
    let mut found = Vec::new();
    let blocks = deck.slides.get(slide.index()).map_or(&[][..], |slide| &*slide.blocks);
    Block::walk_all(blocks, &mut |block| match &block.kind {
        BlockKind::Code(code) if code.typed.is_some() => found.push(&**code),
        _ => {}
    });
    found
}
