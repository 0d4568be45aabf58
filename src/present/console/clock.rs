//! The texts of the clock, the timer, and how far the talk is ahead or behind.

use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};

use crate::control::{TalkState, TimerReport};
use crate::deck::{Deck, SlideNo};
use crate::project::Rehearsal;

/// How far the talk is ahead of its plan or behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// This slide is due.
    OnTime,
    /// This slide is due only later.
    Ahead(Duration),
    /// This slide should be over.
    Behind(Duration),
}

/// Formats the local time: `14:05:12`.
pub(super) fn clock(now_ms: u64, offset: UtcOffset) -> String {
    let seconds = i64::try_from(now_ms / 1000).unwrap_or_default();
    let now = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second) = now.to_offset(offset).to_hms();
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// Formats a time as `12:31` or `1:02:03`.
pub(super) fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Returns the elapsed time of a timer.
pub(super) fn elapsed(timer: &TimerReport, now_ms: u64) -> Duration {
    Duration::from_millis(timer.elapsed_ms_at(now_ms))
}

/// Returns the times that the plan gives to the slides: each slide's budget, or else its time in the last
/// rehearsal, or else an equal share of what is left of the duration. `None` if nothing is planned.
pub(super) fn plan(
    deck: &Deck,
    rehearsal: &Rehearsal,
    duration: Option<Duration>,
) -> Option<Vec<Duration>> {
    let slides = deck.slides.iter().zip(rehearsal.times(deck));
    let budgets: Vec<Option<Duration>> =
        slides.map(|(slide, rehearsed)| slide.budget.or(rehearsed)).collect();
    let planned: Duration = budgets.iter().flatten().sum();
    let open = budgets.iter().filter(|budget| budget.is_none()).count();
    if duration.is_none() && planned.is_zero() {
        return None;
    }
    let rest = duration.unwrap_or_default().saturating_sub(planned);
    let share = rest.checked_div(u32::try_from(open).unwrap_or(u32::MAX)).unwrap_or_default();
    Some(budgets.into_iter().map(|budget| budget.unwrap_or(share)).collect())
}

/// Returns how far the talk is ahead or behind, if there is a plan and the timer has started.
pub(super) fn pace(plan: &[Duration], state: &TalkState, now_ms: u64) -> Option<Pace> {
    let elapsed = elapsed(&state.timer, now_ms);
    if elapsed.is_zero() {
        return None;
    }
    let index = SlideNo::new(state.position.slide.saturating_sub(1) as usize).index();
    let start: Duration = plan.iter().take(index).sum();
    let end = start + plan.get(index).copied().unwrap_or_default();
    Some(match () {
        () if elapsed < start => Pace::Ahead(start.saturating_sub(elapsed)),
        () if elapsed > end => Pace::Behind(elapsed.saturating_sub(end)),
        () => Pace::OnTime,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::StagePosition;
    use crate::deck::Slide;
    use crate::project::RehearsedSlide;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn times_are_short() {
        assert_eq!(minutes(seconds(9)), "0:09");
        assert_eq!(minutes(seconds(751)), "12:31");
        assert_eq!(minutes(seconds(3_723)), "1:02:03");
        let east = UtcOffset::from_hms(2, 0, 0).unwrap();
        assert_eq!(clock(1_000 * (3_600 * 23 + 61), east), "01:01:01");
    }

    #[test]
    fn plan_shares_what_budgets_leave() {
        let slide = |budget| Slide { budget, ..Slide::default() };
        let none = Rehearsal::default();
        let slides = vec![slide(None), slide(Some(seconds(60))), slide(None)];
        let deck = Deck { slides, ..Deck::default() };
        let planned = plan(&deck, &none, Some(seconds(180))).unwrap();
        assert_eq!(planned, [seconds(60), seconds(60), seconds(60)]);
        assert_eq!(plan(&deck, &none, None).unwrap(), [seconds(0), seconds(60), seconds(0)]);
        let bare = Deck { slides: vec![slide(None)], ..Deck::default() };
        assert_eq!(plan(&bare, &none, None), None);
        let rehearsed =
            RehearsedSlide { slide: 1, steps_ms: vec![90_000], ..RehearsedSlide::default() };
        let rehearsal = Rehearsal { slides: vec![rehearsed] };
        assert_eq!(plan(&bare, &rehearsal, None).unwrap(), [seconds(90)]);
    }

    #[test]
    fn pace_compares_the_timer_with_the_plan() {
        let plan = [seconds(60), seconds(60)];
        let at = |slide, elapsed_ms| TalkState {
            position: StagePosition { slide, ..StagePosition::default() },
            timer: TimerReport { elapsed_ms, ..TimerReport::default() },
            ..TalkState::default()
        };
        assert_eq!(pace(&plan, &at(2, 0), 0), None);
        assert_eq!(pace(&plan, &at(2, 50_000), 0), Some(Pace::Ahead(seconds(10))));
        assert_eq!(pace(&plan, &at(2, 100_000), 0), Some(Pace::OnTime));
        assert_eq!(pace(&plan, &at(1, 75_000), 0), Some(Pace::Behind(seconds(15))));
        assert_eq!(pace(&plan, &at(9, 130_000), 0), Some(Pace::Behind(seconds(10))));
    }
}
