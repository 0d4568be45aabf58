//! Takes over the terminal, draws on it, restores it. Only this file changes terminal modes.
//!
//! The terminal is restored on every exit: on drop, before a suspension, and in the panic hook, which
//! all call [`restore`]. It may be called repeatedly, from any thread.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;
use rustix::termios::{OptionalActions, Winsize};

use super::frame_diff::{changes, changes_of_blank};
use super::hyperlinks::{add_relinked, write_linked};
use super::screen_clear::{ground, terminal_clears_in_color};
use crate::ansi::write_clear;
use crate::layout::{LargeText, Size};
use crate::panics;
use crate::view::{self, ColorDepth, VisibleLink};

/// Alternate screen, hidden cursor, bracketed paste.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?2004h";
/// Starts and ends reports of mouse buttons, the wheel, and motion while a button is down.
const MOUSE: (&str, &str) = ("\x1b[?1002h\x1b[?1006h", "\x1b[?1006l\x1b[?1002l");
/// Undoes [`ENTER`] and [`MOUSE`], and ends a synchronized update and colours.
const LEAVE: &str =
    "\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?1004l\x1b[?1006l\x1b[?1002l\x1b[?25h\x1b[?1049l";
/// Starts and ends reports that the window has the keyboard.
const FOCUS: (&str, &str) = ("\x1b[?1004h", "\x1b[?1004l");
/// Start and end of a synchronized update.
const SYNC: (&str, &str) = ("\x1b[?2026h", "\x1b[?2026l");
/// Resets the terminal's background.
const OWN_BACKGROUND: &str = "\x1b]111\x1b\\";

/// Whether we have taken over the terminal.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether we have changed its background.
static HAS_BACKGROUND: AtomicBool = AtomicBool::new(false);

/// The terminal's screen.
#[derive(Debug)]
pub(crate) struct Screen {
    shown: Buffer,
    /// Whether the next frame clears the screen.
    must_clear: bool,
    /// Whether the terminal can clear in a colour.
    clears_in_color: bool,
    /// A buffer to reuse for the next frame.
    spare: Option<Buffer>,
    /// Number of changes to what is shown.
    count: u64,
    size: Size,
    /// Bytes to write before the next frame.
    before: Vec<u8>,
    background: Option<Color>,
    /// The terminal's colour depth.
    depth: ColorDepth,
    /// Whether the terminal reports the mouse.
    has_mouse: bool,
    /// The links of what is shown, if addresses become links.
    links: Option<Vec<VisibleLink>>,
}

/// How to use the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScreenOptions {
    /// Cell width and height in pixels, if the terminal does not report them.
    pub(crate) cell: (u16, u16),
    /// Its colour depth.
    pub(crate) depth: ColorDepth,
    /// Whether it reports the mouse.
    pub(crate) has_mouse: bool,
    /// Whether addresses become links.
    pub(crate) has_links: bool,
    /// How large text is drawn until the terminal reports what it can do.
    pub(crate) large_text: LargeText,
}

impl Screen {
    /// Takes over the terminal. From here on, a panic restores it before it is reported.
    pub(crate) fn take(options: ScreenOptions) -> io::Result<Self> {
        let ScreenOptions { cell, depth, has_mouse, has_links, large_text } = options;
        if !io::stdout().is_terminal() {
            return Err(io::Error::other("standard output is not a terminal"));
        }
        restore_on_panic();
        enter(has_mouse)?;
        let has_gradients = depth == ColorDepth::TrueColor;
        let size = Size { large_text, has_gradients, ..terminal_size(window_size(), cell) };
        let area = Rect::new(0, 0, size.columns, size.rows);
        Ok(Self {
            shown: Buffer::empty(area),
            must_clear: true,
            clears_in_color: terminal_clears_in_color(),
            spare: None,
            count: 0,
            size,
            before: Vec::new(),
            background: None,
            depth,
            has_mouse,
            links: has_links.then(Vec::new),
        })
    }

    /// The terminal's size, as of the last [`Screen::resize`].
    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// Returns the current content.
    pub(crate) fn shown(&self) -> &Buffer {
        &self.shown
    }

    /// Sets the cell size in pixels and the support for large text, as the terminal reported them.
    pub(crate) fn set_capabilities(&mut self, cell: Option<(u16, u16)>, large_text: LargeText) {
        if let Some(cell) = cell.filter(|cell| cell.0 > 0 && cell.1 > 0) {
            self.size.cell = cell;
        }
        self.size.large_text = large_text;
    }

    /// Sets whether pictures are drawn with characters.
    pub(crate) fn set_coarse(&mut self, is_coarse: bool) {
        self.size.is_coarse = is_coarse;
    }

    /// Returns the colour depth.
    pub(crate) fn depth(&self) -> ColorDepth {
        self.depth
    }

    /// Sets the colour depth.
    pub(crate) fn set_depth(&mut self, depth: ColorDepth) {
        if self.depth != depth {
            self.depth = depth;
            self.size.has_gradients = depth == ColorDepth::TrueColor;
            self.refresh();
        }
    }

    /// Starts or ends mouse reports, with the next frame.
    pub(crate) fn set_mouse(&mut self, has_mouse: bool) {
        self.has_mouse = has_mouse;
        self.count += 1;
        self.before.extend_from_slice(if has_mouse { MOUSE.0 } else { MOUSE.1 }.as_bytes());
    }

    /// Starts or ends reports of the keyboard's focus, with the next frame.
    pub(crate) fn set_focus_reports(&mut self, has_reports: bool) {
        self.count += 1;
        self.before.extend_from_slice(if has_reports { FOCUS.0 } else { FOCUS.1 }.as_bytes());
    }

    /// Updates the size and redraws everything.
    pub(crate) fn resize(&mut self) {
        let Size { large_text, has_gradients, is_coarse, cell, .. } = self.size;
        self.size =
            Size { large_text, has_gradients, is_coarse, ..terminal_size(window_size(), cell) };
        self.refresh();
    }

    /// Makes the next frame redraw everything.
    pub(crate) fn refresh(&mut self) {
        self.shown.resize(Rect::new(0, 0, self.size.columns, self.size.rows));
        self.count += 1;
        self.must_clear = true;
        self.background = None;
        self.links.iter_mut().for_each(Vec::clear);
    }

    /// Sets the terminal's background, which is visible around the cells.
    pub(crate) fn surround(&mut self, color: Option<Color>) {
        if self.background == color || std::env::var_os("TMUX").is_some() {
            return;
        }
        self.background = color;
        self.count += 1;
        // With fewer colours, cells have a different background.
        let exact = color.filter(|_| self.depth == ColorDepth::TrueColor);
        if let Some(Color::Rgb(red, green, blue)) = exact {
            HAS_BACKGROUND.store(true, Ordering::SeqCst);
            let set = format!("\x1b]11;#{red:02x}{green:02x}{blue:02x}\x1b\\");
            self.before.extend_from_slice(set.as_bytes());
        }
    }

    /// Composes a frame: `paint` fills the whole buffer. Only differences from the current frame are written.
    pub(crate) fn compose(&mut self, paint: impl FnOnce(&mut Buffer) -> PaintedFrame) -> Frame {
        let mut buffer = self.spare.take().unwrap_or_else(|| Buffer::empty(self.shown.area));
        buffer.resize(self.shown.area);
        let PaintedFrame { suffix, links } = paint(&mut buffer);
        view::reduce(&mut buffer, self.depth);
        let mut bytes = Vec::from(SYNC.0);
        bytes.extend_from_slice(&self.before);
        let mut changes = if self.must_clear {
            changes_of_blank(&self.write_blank(&mut bytes, &buffer), &buffer)
        } else {
            changes(&self.shown, &buffer)
        };
        let links = self.links.as_ref().map_or_else(Vec::new, |shown| {
            add_relinked(&mut changes, (shown, &links), &buffer);
            links
        });
        write_linked(&mut bytes, changes, &links);
        if bytes.len() > SYNC.0.len() {
            bytes.extend_from_slice(SYNC.1.as_bytes());
        } else {
            bytes.clear();
        }
        Frame { buffer, links, bytes, over: self.count }.followed_by(&suffix)
    }

    /// Writes what clears the screen before a frame, and returns what each cell shows then.
    fn write_blank(&self, bytes: &mut Vec<u8>, frame: &Buffer) -> Cell {
        let color = if self.clears_in_color { ground(frame) } else { Color::Reset };
        write_clear(bytes, color);
        let mut blank = Cell::EMPTY;
        blank.set_bg(color);
        blank
    }

    /// Returns whether links are written.
    pub(crate) fn has_links(&self) -> bool {
        self.links.is_some()
    }

    /// Returns whether the frame was composed for the current content.
    pub(crate) fn can_show(&self, frame: &Frame) -> bool {
        frame.over == self.count
    }

    /// Writes a frame that was composed for the current content.
    pub(crate) fn show(&mut self, frame: Frame) -> io::Result<()> {
        self.before.clear();
        self.must_clear = false;
        self.count += 1;
        self.spare = Some(std::mem::replace(&mut self.shown, frame.buffer));
        if let Some(links) = &mut self.links {
            *links = frame.links;
        }
        write(&frame.bytes)
    }

    /// Takes back a frame that is not shown: the next one is composed in its memory.
    pub(crate) fn recycle(&mut self, frame: Frame) {
        self.spare.get_or_insert(frame.buffer);
    }

    /// Takes over the terminal again after [`restore`].
    pub(crate) fn retake(&mut self) -> io::Result<()> {
        enter(self.has_mouse)?;
        self.resize();
        Ok(())
    }
}

/// What a frame has beside its cells.
#[derive(Debug, Default)]
pub(crate) struct PaintedFrame {
    /// The bytes to write after the cells (pictures).
    pub(crate) suffix: Vec<u8>,
    /// Its links; ignored if links are not written.
    pub(crate) links: Vec<VisibleLink>,
}

/// A composed frame that is not shown yet.
#[derive(Debug)]
pub(crate) struct Frame {
    buffer: Buffer,
    links: Vec<VisibleLink>,
    bytes: Vec<u8>,
    /// [`Screen::count`] when it was composed.
    over: u64,
}

impl Frame {
    /// Adds bytes to write after the cells.
    pub(crate) fn followed_by(mut self, suffix: &[u8]) -> Self {
        if suffix.is_empty() {
            return self;
        }
        if self.bytes.is_empty() {
            self.bytes.extend_from_slice(SYNC.0.as_bytes());
        } else {
            self.bytes.truncate(self.bytes.len() - SYNC.1.len());
        }
        self.bytes.extend_from_slice(suffix);
        self.bytes.extend_from_slice(SYNC.1.as_bytes());
        self
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Resets what a program may have left on: screen, mouse, keys, colours, character sets, margins.
const RESET: &str = "\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\
    \x1b[?1015l\x1b[?2004l\x1b[?1l\x1b>\x1b[<u\x1b[r\x1b[?6l\x1b[?7h\x1b[4l\x1b(B\x0f\x1b[0m\x1b[?25h";

/// Hands over the terminal to `run` in its original state, and restores that state afterwards. Call
/// [`Screen::retake`] next.
pub(crate) fn lend<T>(run: impl FnOnce(BorrowedFd<'_>) -> T) -> io::Result<T> {
    let terminal = File::options().read(true).write(true).open("/dev/tty")?;
    restore();
    let modes = rustix::termios::tcgetattr(&terminal)?;
    let made = run(terminal.as_fd());
    // Discards input meant for the program.
    let _ = rustix::termios::tcsetattr(&terminal, OptionalActions::Flush, &modes);
    let _ = write(RESET.as_bytes());
    Ok(made)
}

/// Restores the terminal. Does nothing if it is not taken over.
pub(crate) fn restore() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let own = if HAS_BACKGROUND.swap(false, Ordering::SeqCst) { OWN_BACKGROUND } else { "" };
    // Errors are ignored: the terminal is gone.
    let mut out = io::stdout();
    let _ = write!(out, "{own}{LEAVE}").and_then(|()| out.flush());
    let _ = disable_raw_mode();
}

fn enter(has_mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    IS_TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    out.write_all(ENTER.as_bytes())?;
    if has_mouse {
        out.write_all(MOUSE.0.as_bytes())?;
    }
    out.flush()
}

/// Installs a panic hook. A panic of the main thread restores the terminal before it is reported.
/// Panics of other threads are not reported while slides are shown: the message would overwrite the
/// slide, and only one block's work is lost. Contained panics become diagnostics.
fn restore_on_panic() {
    let main = std::thread::current().id();
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if panics::is_contained() {
            return;
        }
        let ours = IS_TAKEN.load(Ordering::SeqCst);
        if std::thread::current().id() == main {
            restore();
            report(info);
        } else if !ours {
            report(info);
        }
    }));
}

/// The largest part of the terminal that is drawn on, from its corner. A terminal can claim any size, and a
/// frame of it has to fit into memory.
const MAX_COLUMNS: u16 = 2_000;
const MAX_ROWS: u16 = 1_000;

/// Returns the terminal's size as the kernel knows it.
fn window_size() -> Option<Winsize> {
    rustix::termios::tcgetwinsize(io::stdout()).ok()
}

/// Returns columns, rows and cell size; 80x24 and `cell` if unknown.
fn terminal_size(known: Option<Winsize>, cell: (u16, u16)) -> Size {
    let Some(known) = known.filter(|size| size.ws_col > 0 && size.ws_row > 0) else {
        return Size { cell, ..Size::new(80, 24) };
    };
    let reported = (known.ws_xpixel / known.ws_col, known.ws_ypixel / known.ws_row);
    let cell = if reported.0 > 0 && reported.1 > 0 { reported } else { cell };
    Size { cell, ..Size::new(known.ws_col.min(MAX_COLUMNS), known.ws_row.min(MAX_ROWS)) }
}

/// Writes bytes with as few system calls as possible: the buffer of [`io::stdout`] would flush at
/// each line feed.
pub(crate) fn write(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = rustix::io::retry_on_intr(|| rustix::io::write(io::stdout(), bytes))?;
        bytes = &bytes[count..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huge_terminal_is_drawn_on_in_part() {
        let size = |columns, rows| {
            let known = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
            let Size { columns, rows, .. } = terminal_size(Some(known), (8, 16));
            (columns, rows)
        };
        assert_eq!(size(300, 100), (300, 100));
        assert_eq!(size(u16::MAX, u16::MAX), (MAX_COLUMNS, MAX_ROWS));
        assert_eq!(size(0, u16::MAX), (80, 24));
    }
}
