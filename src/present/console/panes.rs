//! How the console divides the screen: the current slide, the next step, the notes and the blocks, as far
//! as there is space.

use ratatui::layout::Rect;

/// From this width on there are two columns.
const TWO_COLUMNS_WIDTH: u16 = 70;

/// The fewest rows of the slide and of the notes.
const MIN_ROWS: u16 = 5;

/// The steps by which the notes grow and shrink, in percent of the height.
const SHARE_STEP: u16 = 8;

/// The share of the height for notes, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PaneShares {
    notes: u16,
}

/// The areas of the page. Frames are part of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Panes {
    /// Position, clock and timer.
    pub(super) header: Rect,
    /// The slide as the audience has it.
    pub(super) current: Rect,
    /// The next step; empty if there is no space.
    pub(super) next: Rect,
    /// The notes.
    pub(super) notes: Rect,
    /// The blocks and problems.
    pub(super) blocks: Rect,
    /// Notices and keys.
    pub(super) footer: Rect,
}

impl Default for PaneShares {
    fn default() -> Self {
        Self { notes: 40 }
    }
}

impl PaneShares {
    /// Gives the notes more space.
    pub(super) fn grow_notes(&mut self) {
        self.notes = (self.notes + SHARE_STEP).min(80);
    }

    /// Gives the notes less space.
    pub(super) fn shrink_notes(&mut self) {
        self.notes = self.notes.saturating_sub(SHARE_STEP).max(16);
    }

    /// Divides a screen. `block_rows` is how many rows the blocks would fill.
    pub(super) fn panes(self, screen: Rect, block_rows: u16) -> Panes {
        let header = Rect { height: 1.min(screen.height), ..screen };
        let footer_rows = u16::from(screen.height > 2);
        let footer =
            Rect { y: screen.bottom().saturating_sub(footer_rows), height: footer_rows, ..screen };
        let body = Rect {
            y: screen.y + header.height,
            height: screen.height.saturating_sub(header.height + footer_rows),
            ..screen
        };
        let notes_rows = share(body.height, self.notes);
        if screen.width < TWO_COLUMNS_WIDTH {
            return self.narrow((header, body, footer), block_rows);
        }
        let left = (u32::from(body.width) * 58 / 100) as u16;
        let upper = body.height - notes_rows;
        // The blocks need as many rows as they have, the next step gets the rest.
        let lower = (block_rows + 1)
            .clamp(MIN_ROWS, body.height.saturating_sub(body.height / 3).max(MIN_ROWS));
        let lower = lower.min(body.height);
        let right = Rect { x: body.x + left, width: body.width - left, ..body };
        let next_rows = (body.height - lower).min(upper.max(body.height / 2));
        Panes {
            header,
            current: Rect { width: left, height: upper, ..body },
            next: Rect { height: next_rows, ..right },
            notes: Rect { y: body.y + upper, width: left, height: notes_rows, ..body },
            blocks: Rect { y: body.y + next_rows, height: body.height - next_rows, ..right },
            footer,
        }
    }

    /// Divides a narrow screen: slide, notes and blocks below each other.
    fn narrow(self, (header, body, footer): (Rect, Rect, Rect), block_rows: u16) -> Panes {
        let most = (body.height / 4).max(3);
        let blocks = if block_rows == 0 { 0 } else { (block_rows + 1).clamp(3, most) };
        let rest = body.height.saturating_sub(blocks);
        let notes = share(rest, self.notes);
        let current = Rect { height: rest - notes, ..body };
        let notes = Rect { y: current.bottom(), height: notes, ..body };
        let blocks = Rect { y: notes.bottom(), height: blocks.min(body.height), ..body };
        Panes { header, current, next: Rect::default(), notes, blocks, footer }
    }
}

fn share(rows: u16, percent: u16) -> u16 {
    let part = (u32::from(rows) * u32::from(percent) / 100) as u16;
    if rows < 2 * MIN_ROWS { rows / 2 } else { part.clamp(MIN_ROWS, rows - MIN_ROWS) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_fill_the_screen_without_overlap() {
        for (columns, rows) in [(60, 20), (80, 24), (120, 40), (300, 100), (20, 6), (3, 3), (1, 1)]
        {
            for share in 0..4 {
                for block_rows in [0, 2, 50] {
                    let mut shares = PaneShares::default();
                    (0..share * 3).for_each(|_| shares.grow_notes());
                    let screen = Rect::new(0, 0, columns, rows);
                    let panes = shares.panes(screen, block_rows);
                    let Panes { header, current, next, notes, blocks, footer } = panes;
                    let all = [header, current, next, notes, blocks, footer];
                    let area: u32 = all.iter().map(|pane| pane.area()).sum();
                    assert_eq!(area, screen.area(), "{columns}x{rows}: {panes:?}");
                    for (at, one) in all.iter().enumerate() {
                        assert!(one.is_empty() || screen.intersection(*one) == *one, "{panes:?}");
                        let others = all[at + 1..].iter().filter(|other| !other.is_empty());
                        others.for_each(|other| assert!(!one.intersects(*other), "{panes:?}"));
                    }
                }
            }
        }
    }

    #[test]
    fn notes_grow_and_shrink() {
        let screen = Rect::new(0, 0, 80, 24);
        let mut shares = PaneShares::default();
        let rows = |shares: PaneShares| shares.panes(screen, 4).notes.height;
        let before = rows(shares);
        shares.grow_notes();
        assert!(rows(shares) > before);
        (0..20).for_each(|_| shares.shrink_notes());
        assert!((5..before).contains(&rows(shares)));
    }
}
