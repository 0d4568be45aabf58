//! Which slides and steps an export has a page for.

use anyhow::ensure;

use crate::cli::args::{ExportArgs, Format, SlideRanges};
use crate::deck::{Cursor, Deck, Slide, SlideNo, Step};

/// The pages, in order: every chosen slide with all of its steps, or each of its steps, or each of its
/// pauses, as presenterm's `export.pauses: new_slide` has it.
///
/// # Errors
/// A chosen slide does not exist.
pub(super) fn pages(
    deck: &Deck,
    args: &ExportArgs,
    page_per_pause: bool,
) -> anyhow::Result<Vec<Cursor>> {
    let count = deck.slides.len();
    let is_single = matches!(args.to, Format::Svg);
    // A walk starts at the slide.
    let is_film = matches!(args.to, Format::Gif | Format::Cast);
    let single =
        args.slide.filter(|_| !is_film).or((is_single && args.slides.is_none()).then_some(1));
    let largest = single.or(args.slides.as_ref().map(SlideRanges::last)).unwrap_or(1);
    let exists = (1..=count.max(1)).contains(&(largest as usize));
    ensure!(exists, "there is no slide {largest}: the deck has {count}");
    let is_chosen = |number: u32| match (single, &args.slides) {
        (Some(single), _) => single == number,
        (None, Some(slides)) => slides.contain(number),
        (None, None) => true,
    };
    let slides = (1..).zip(&deck.slides).filter(|(number, _)| is_chosen(*number));
    let cursors = slides.flat_map(|(number, slide)| {
        let steps = steps(slide, args, page_per_pause);
        let slide = SlideNo::new(number as usize - 1);
        steps.into_iter().map(move |step| Cursor { slide, step })
    });
    Ok(if is_single { cursors.take(1).collect() } else { cursors.collect() })
}

fn steps(slide: &Slide, args: &ExportArgs, page_per_pause: bool) -> Vec<Step> {
    let last = slide.steps.max(1) - 1;
    let pauses = slide.pauses.iter().map(|pause| pause.0.saturating_sub(1));
    let steps: Vec<u16> = match () {
        () if matches!(args.to, Format::Svg) => vec![last],
        () if args.steps || matches!(args.to, Format::Html) => (0..=last).collect(),
        () if page_per_pause => pauses.chain([last]).collect(),
        () => vec![Step::LAST.0],
    };
    steps.into_iter().map(Step).collect()
}
