//! Pictures that are rendered before they are shown.

use super::*;

const AREA: Rect = Rect::new(0, 0, 4, 4);

impl MediaHarness {
    /// Renders pictures ahead, and waits for them.
    fn prefetch(&mut self, names: &[&str]) {
        let expected: Vec<_> = names.iter().map(|name| (self.overlay(name, AREA), PAPER)).collect();
        self.media.prefetch(&expected, CELL, SCREEN);
    }

    fn finish(&mut self) {
        while self.media.renders.is_busy() {
            self.wait();
        }
    }

    /// Whether a picture is shown by the first frame that has it.
    fn is_ready(&mut self, name: &str) -> bool {
        let overlay = self.overlay(name, AREA);
        self.frame(&[overlay]).0 != Buffer::empty(SCREEN)
    }
}

fn harness(names: &[&str]) -> MediaHarness {
    let harness = MediaHarness::new(Protocol::Blocks);
    for name in names {
        harness.write(&format!("deck/{name}"), &flag(40, 40));
    }
    harness
}

#[test]
fn expected_pictures_are_shown_at_once() {
    let mut harness = harness(&["a.png", "b.png", "c.png"]);
    harness.prefetch(&["a.png", "b.png"]);
    harness.finish();
    assert!(harness.is_ready("a.png") && harness.is_ready("b.png"));
    assert!(!harness.is_ready("c.png"));
}

#[test]
fn only_awaited_pictures_change_the_frame() {
    let mut harness = harness(&["a.png", "b.png"]);
    harness.prefetch(&["a.png"]);
    let finished = harness.finished.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(!harness.media.accept(finished));
    // Shown before it is finished.
    harness.prefetch(&["b.png"]);
    assert!(!harness.is_ready("b.png"));
    let finished = harness.finished.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(harness.media.accept(finished));
    assert!(harness.is_ready("b.png"));
}

#[test]
fn memory_limit_holds() {
    let mut harness = harness(&["a.png", "b.png"]);
    // One takes 8 by 8 pixels of 4 bytes.
    harness.media.set_memory_limit(400);
    harness.prefetch(&["a.png", "b.png"]);
    harness.finish();
    assert!(harness.is_ready("a.png") && !harness.is_ready("b.png"));
}

#[test]
fn jump_cancels_what_was_not_begun() {
    let mut harness = harness(&["a.png", "b.png", "c.png"]);
    harness.prefetch(&["a.png", "b.png", "c.png"]);
    harness.media.cancel_prefetch();
    harness.finish();
    assert!(harness.is_ready("a.png") && !harness.is_ready("b.png"));
}

#[test]
fn unsent_files_for_the_terminal_are_deleted() {
    let mut harness = MediaHarness::new(Protocol::KittyLocal);
    // JPEG files are converted.
    let picture = DynamicImage::ImageRgba8(flag(40, 40)).into_rgb8();
    picture.save_with_format(harness.path("deck/a.jpg"), ImageFormat::Jpeg).unwrap();
    harness.prefetch(&["a.jpg"]);
    let finished = harness.finished.recv_timeout(Duration::from_secs(20)).unwrap();
    let FinishedWork::Rendition { rendition: Ok(Rendition::Temporary(path)), .. } = &finished.0
    else {
        panic!("{finished:?}")
    };
    let path = path.to_path_buf();
    harness.media.accept(finished);
    assert!(path.exists());
    harness.media.quit();
    assert!(!path.exists());
}

#[test]
fn pictures_in_tmux_are_placeholders() {
    let mut harness = harness(&["a.png"]);
    harness.media.set_protocol(Protocol::KittyRemote);
    harness.media.set_tmux(Some((0, 0)));
    let overlay = harness.overlay("a.png", AREA);
    let (buffer, bytes) = harness.shown(&[overlay]);
    assert!(buffer[(3, 3)].symbol().starts_with('\u{10eeee}'));
    assert!(bytes.contains("\x1bPtmux;\x1b\x1b_Ga=t,f=100,"), "{bytes:?}");
    assert!(bytes.contains("\x1bPtmux;\x1b\x1b_Ga=p,U=1,"), "{bytes:?}");
    let (buffer, bytes) = harness.frame(&[]);
    assert_eq!((buffer, &*bytes), (Buffer::empty(SCREEN), ""));
}

#[test]
fn sixels_in_tmux_are_drawn_in_the_pane() {
    let mut harness = harness(&["a.png"]);
    harness.media.set_protocol(Protocol::Sixel);
    harness.media.set_tmux(Some((30, 5)));
    let overlay = harness.overlay("a.png", AREA);
    let (_, bytes) = harness.shown(&[overlay]);
    assert!(bytes.contains("\x1bPtmux;\x1b\x1b7\x1b\x1b[6;31H\x1b\x1bP"), "{bytes:?}");
}
