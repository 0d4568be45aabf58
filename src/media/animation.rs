//! Animations in terminals that do not play them: which frame is shown when.

use std::time::Duration;

use super::protocol::BlockPicture;

/// Frames, repeated for ever.
#[derive(Debug)]
pub(super) struct Animation {
    frames: Vec<(DrivenFrame, Duration)>,
    total: Duration,
}

/// A frame, ready to be shown.
#[derive(Debug)]
pub(super) enum DrivenFrame {
    /// Cells of block characters.
    Blocks(BlockPicture),
    /// Bytes for the terminal.
    Bytes(Vec<u8>),
}

impl Animation {
    /// Creates an animation; there are at least two frames, each with a duration.
    pub(super) fn new(frames: Vec<(DrivenFrame, Duration)>) -> Self {
        let total = frames.iter().map(|(_, duration)| *duration).sum();
        Self { frames, total }
    }

    /// Returns the number of the frame at this time, and how long it stays.
    pub(super) fn at(&self, elapsed: Duration) -> (usize, Duration) {
        let total = self.total.as_nanos().max(1);
        let mut rest =
            Duration::from_nanos(u64::try_from(elapsed.as_nanos() % total).unwrap_or_default());
        for (number, (_, duration)) in self.frames.iter().enumerate() {
            if rest < *duration {
                return (number, duration.saturating_sub(rest));
            }
            rest = rest.saturating_sub(*duration);
        }
        (0, Duration::from_millis(100))
    }

    /// Returns a frame.
    pub(super) fn frame(&self, number: usize) -> Option<&DrivenFrame> {
        self.frames.get(number).map(|(frame, _)| frame)
    }

    /// Returns the memory it takes in bytes.
    pub(super) fn len(&self) -> usize {
        self.frames.iter().map(|(frame, _)| frame.len()).sum()
    }
}

impl DrivenFrame {
    /// Returns the memory it takes in bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Blocks(picture) => picture.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_follow_their_durations() {
        let frame = |millis| (DrivenFrame::Bytes(Vec::new()), Duration::from_millis(millis));
        let animation = Animation::new(vec![frame(100), frame(50)]);
        let at = |millis| {
            let (number, left) = animation.at(Duration::from_millis(millis));
            (number, left.as_millis())
        };
        assert_eq!(
            [0, 99, 100, 149, 150, 1_600].map(at),
            [(0, 100), (0, 1), (1, 50), (1, 1), (0, 100), (1, 50)]
        );
    }
}
