//! Which options go together. Each says what to do with the other formats.

use crate::cli::Usage;
use crate::cli::args::{ExportArgs, Format, OutputSource};

/// Checks that all options have an effect on the document.
///
/// # Errors
/// Names the first one that has none.
pub(super) fn check(args: &ExportArgs) -> Result<(), Usage> {
    let is_film = matches!(args.to, Format::Gif | Format::Cast);
    let has_walk = args.walk.is_some();
    #[cfg(feature = "pdf")]
    let is_pdf = matches!(args.to, Format::Pdf);
    #[cfg(not(feature = "pdf"))]
    let is_pdf = false;
    let has_notes = is_pdf || matches!(args.to, Format::Html);
    let runs_nothing = args.from.as_ref().is_some_and(|from| *from != OutputSource::Run);
    let rules = [
        (has_walk && !is_film, "`--walk` is for `--to gif` and `--to cast`"),
        (
            has_walk && args.slides.is_some(),
            "`--slides` and `--walk` exclude each other\nhint: `--slide N` is where the walk starts",
        ),
        (
            has_walk && args.steps,
            "`--steps` and `--walk` exclude each other\nhint: `l` shows the next step",
        ),
        (
            args.scale.is_some() && !matches!(args.to, Format::Png | Format::Gif),
            "`--scale` is for `--to png` and `--to gif`",
        ),
        (args.notes && !has_notes, "`--notes` is for `--to pdf` and `--to html`"),
        (
            args.no_alt_text && !matches!(args.to, Format::Text),
            "`--no-alt-text` is for `--to text`",
        ),
        (
            args.overflow.is_some() && is_film,
            "`--overflow` is not for films, which show a screen that scrolls\nhint: `--size` makes it larger",
        ),
        (
            args.steps && matches!(args.to, Format::Svg),
            "`--steps` is not for SVG, which is one picture\nhint: `--to png --steps` writes a file for each step",
        ),
        (
            args.slides.as_ref().is_some_and(|it| it.count() > 1) && matches!(args.to, Format::Svg),
            "an SVG file shows one slide\nhint: use `--slide N`, or `--to png` for a file for each slide",
        ),
        (
            args.run.is_any() && runs_nothing,
            "`-x` and `-X` run code, but `--from` says that nothing runs\nhint: omit one of them",
        ),
    ];
    match rules.into_iter().find(|(is_broken, _)| *is_broken) {
        Some((_, message)) => Err(Usage(message.to_owned())),
        None => Ok(()),
    }
}
