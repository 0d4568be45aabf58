//! `livedeck rehearse`: presents a deck, times its slides, and reports the times.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;

use super::stage_args::RehearseArgs;
use super::{lines, print, quoted, settings, themes};
use crate::app::Policy;
use crate::present;
use crate::project::{self, RehearsedSlide, read_rehearsal, rehearsal_file};
use crate::source::visible_line;

/// Presents a deck and reports how long its slides took.
///
/// # Errors
/// The deck cannot be presented, or the times cannot be saved.
pub(super) fn rehearse(args: &RehearseArgs) -> anyhow::Result<ExitCode> {
    let deck = &args.deck;
    let (config, mistakes) = settings::config_of_talk(args.choices.config.as_deref(), Some(deck))?;
    let mut settings = settings::default_settings(deck.clone(), &args.choices, &config);
    settings.load_options = args.variant.applied_to(settings.load_options);
    let mistakes = mistakes.map(|mistakes| (mistakes.sources, mistakes.found));
    settings.load_options.mistakes =
        mistakes.into_iter().chain(project::trust_store_mistakes()).collect();
    settings.policy = Policy {
        exec: args.enable_snippet_execution || config.snippet.exec,
        replace: config.snippet.exec_replace,
    };
    settings.execution = settings::execution(&config, args.sandbox)?;
    settings.control = config.control;
    settings.duration = args.duration;
    settings.rehearses = true;
    themes::check(&settings.load_options)?;
    let ending = present::present(settings).with_context(|| quoted(deck))?;
    let rehearsal = read_rehearsal(deck).unwrap_or_default();
    let total: Duration = rehearsal.slides.iter().map(RehearsedSlide::time).sum();
    let slide = |slide: &RehearsedSlide| {
        let title = visible_line(&slide.title);
        format!("{:>4}  {:>6}  {title}", slide.slide, budget(slide.time()))
    };
    let file = quoted(&rehearsal_file(deck));
    let report = rehearsal.slides.iter().map(slide).chain([
        format!("      {:>6}  in all, saved in {file}", budget(total)),
        "Plan the time of a slide with a comment on it: <!-- // budget: 1m30s -->".to_owned(),
    ]);
    print(&lines(report))?;
    Ok(ending.status().into())
}

/// Formats a time as a budget: `1m30s`.
fn budget(time: Duration) -> String {
    let seconds = (time.as_millis() + 500) / 1000;
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, 0) => format!("{minutes}m"),
        (minutes, seconds) => format!("{minutes}m{seconds:02}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn reported_times_are_budgets() {
        for (millis, text) in [(400, "0s"), (59_600, "1m"), (90_000, "1m30s"), (65_000, "1m05s")] {
            let time = Duration::from_millis(millis);
            assert_eq!(budget(time), text);
            let read = parse::duration(text).map_or(0, |time| time.as_secs());
            assert_eq!(read, (time + Duration::from_millis(500)).as_secs());
        }
    }
}
