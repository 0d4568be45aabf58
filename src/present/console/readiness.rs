//! How ready a block is: a few words for its line in the console.

use std::time::Duration;

use crate::control::{BlockReport, BlockStatus};
use crate::run::format_duration;

/// How much a line matters to the speaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockUrgency {
    /// All is well.
    Fine,
    /// Something goes on.
    Busy,
    /// The speaker may want to know.
    Look,
    /// It does not work.
    Broken,
}

/// A block whose recorded run took longer than this is worth a mention.
const LONG_RUN: Duration = Duration::from_secs(2);

/// Returns the words for a block: what it is doing first, then what to expect of it.
pub(super) fn readiness(block: &BlockReport, now_ms: u64) -> (String, BlockUrgency) {
    let (mut words, mut urgency) = state(block, now_ms);
    let mut note = |note: &str, level: BlockUrgency| {
        words.push_str(" · ");
        words.push_str(note);
        if urgency == BlockUrgency::Fine || level == BlockUrgency::Broken {
            urgency = level;
        }
    };
    if block.stale {
        note("out of date", BlockUrgency::Look);
    }
    let has_run = matches!(
        block.status,
        BlockStatus::Done | BlockStatus::Failed | BlockStatus::Stopped | BlockStatus::TimedOut
    );
    if block.reads_input && !has_run {
        note("will ask for input", BlockUrgency::Look);
    }
    if block.recorded.recorded_failure && !has_run {
        note("failed in the recording", BlockUrgency::Broken);
    }
    let recorded = block.recorded.recorded_ms.map(Duration::from_millis);
    if let Some(took) = recorded.filter(|took| !has_run && *took >= LONG_RUN) {
        note(&format!("took {} in the recording", format_duration(took)), BlockUrgency::Look);
    }
    if block.recorded.differs {
        note("differs from the recording", BlockUrgency::Look);
    }
    (words, urgency)
}

fn state(block: &BlockReport, now_ms: u64) -> (String, BlockUrgency) {
    let since = block.since_ms.map(|since| now_ms.saturating_sub(since) / 1000);
    let for_seconds = |word: &str| match since {
        Some(seconds @ 1..) => format!("{word} {seconds} s"),
        _ => word.to_owned(),
    };
    let took = block.elapsed_ms.map(|millis| format_duration(Duration::from_millis(millis)));
    let reason = block.reason.as_deref();
    match block.status {
        BlockStatus::NotRun => ("not run".to_owned(), BlockUrgency::Fine),
        BlockStatus::NotAllowed => ("may not run yet".to_owned(), BlockUrgency::Look),
        BlockStatus::Queued => (for_seconds("queued"), BlockUrgency::Busy),
        BlockStatus::Compiling => (for_seconds(reason.unwrap_or("compiling")), BlockUrgency::Busy),
        BlockStatus::Ready => ("ready".to_owned(), BlockUrgency::Fine),
        BlockStatus::Running => (for_seconds("running"), BlockUrgency::Busy),
        BlockStatus::WaitsForInput => ("waits for input".to_owned(), BlockUrgency::Look),
        BlockStatus::Done => {
            (took.map_or("done".to_owned(), |took| format!("done in {took}")), BlockUrgency::Fine)
        }
        BlockStatus::Failed => (
            reason.map_or("failed".to_owned(), |why| format!("failed: {why}")),
            BlockUrgency::Broken,
        ),
        BlockStatus::Stopped => ("stopped".to_owned(), BlockUrgency::Look),
        BlockStatus::TimedOut => ("reached its time limit".to_owned(), BlockUrgency::Broken),
        BlockStatus::Unknown => ("unknown".to_owned(), BlockUrgency::Look),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::RecordedReport;

    fn words(block: &BlockReport) -> String {
        readiness(block, 10_000).0
    }

    #[test]
    fn line_says_what_the_block_does_and_what_to_expect() {
        let block = |status| BlockReport { status, ..BlockReport::default() };
        let compiling = BlockReport { since_ms: Some(2_000), ..block(BlockStatus::Compiling) };
        assert_eq!(words(&compiling), "compiling 8 s");
        let recorded = RecordedReport { recorded_ms: Some(11_000), ..RecordedReport::default() };
        let slow = BlockReport { recorded: recorded.clone(), ..block(BlockStatus::Ready) };
        assert_eq!(words(&slow), "ready · took 11.0 s in the recording");
        let ran = BlockReport { elapsed_ms: Some(3), recorded, ..block(BlockStatus::Done) };
        assert_eq!(words(&ran), "done in 3.0 ms");
        let asks = BlockReport { reads_input: true, ..block(BlockStatus::NotRun) };
        assert_eq!(words(&asks), "not run · will ask for input");
        let old = BlockReport { stale: true, ..block(BlockStatus::Done) };
        assert_eq!(readiness(&old, 0), ("done · out of date".to_owned(), BlockUrgency::Look));
    }

    #[test]
    fn failures_are_the_most_urgent() {
        let recorded = RecordedReport { recorded_failure: true, ..RecordedReport::default() };
        let block = BlockReport { status: BlockStatus::Ready, recorded, ..BlockReport::default() };
        let (words, urgency) = readiness(&block, 0);
        assert_eq!(
            (words.as_str(), urgency),
            ("ready · failed in the recording", BlockUrgency::Broken)
        );
        let failed = BlockReport {
            status: BlockStatus::Failed,
            reason: Some("exit status 3".to_owned()),
            ..BlockReport::default()
        };
        assert_eq!(readiness(&failed, 0).0, "failed: exit status 3");
    }
}
