//! `livedeck export --to gif|cast`: what the screen shows while keys are pressed and code runs.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use ratatui::buffer::Buffer;

use super::{Exporter, policy, terminal_colors};
use crate::cli::args::{Format, OutputSource};
use crate::config::Config;
use crate::deck::{Cursor, SlideNo, Step};
use crate::export::{Cast, CastHeader, Gif, Rasterizer};
use crate::headless::{WalkFrame, WalkOptions, WalkStep, read_walk, walk};
use crate::project::LoadedDeck;

/// Maximum bytes of a file.
const MAX_BYTES: usize = 100 * 1024 * 1024;

/// A finished film.
pub(super) struct Film {
    /// The file.
    pub(super) bytes: Vec<u8>,
    /// How often the screen changes.
    pub(super) frames: usize,
    /// How long it takes.
    pub(super) duration: Duration,
}

/// Walks through the deck and returns the film. Without a walk, it shows the chosen slides.
///
/// # Errors
/// The walk has unknown keys, the first slide does not exist, or the file would become too large.
pub(super) fn film(
    exporter: &Exporter<'_>,
    config: &Config,
    pages: &[Cursor],
) -> anyhow::Result<Film> {
    let Exporter { args, loaded, size, .. } = *exporter;
    let mut slides: Vec<SlideNo> = pages.iter().map(|at| at.slide).collect();
    slides.dedup();
    let steps = match &args.walk {
        Some(text) => read_walk(text).map_err(anyhow::Error::msg).context("`--walk`")?,
        None if args.slides.is_some() => slides.iter().copied().map(WalkStep::Slide).collect(),
        None => vec![WalkStep::ToEnd],
    };
    let first = args.slide.unwrap_or(1) as usize;
    let count = loaded.deck.slides.len();
    ensure!((1..=count).contains(&first), "there is no slide {first}: the deck has {count}");
    let first = slides.first().copied().filter(|_| args.slides.is_some());
    let start = first.unwrap_or(SlideNo::new(args.slide.unwrap_or(1) as usize - 1));
    let execution = (exporter.source == OutputSource::Run).then_some(&exporter.execution);
    let options = WalkOptions {
        size,
        start: Cursor { slide: start, step: Step(0) },
        keymap: config.bindings.keymap(),
        execution,
        policy: policy(args),
    };
    let mut recorder = if let Format::Gif = args.to {
        Recorder::Gif(Rasterizer::new(args.scale.unwrap_or(1)), None)
    } else {
        let title = super::title(args, loaded);
        let size = (size.columns, size.rows);
        let cast = Cast::new(CastHeader { title: &title, size, started: None });
        Recorder::Cast(Rasterizer::new(1), cast, None)
    };
    let mut frames = 0;
    let mut on_frame = |frame: &WalkFrame<'_>| {
        frames += 1;
        recorder.frame(frame, loaded)
    };
    let end = walk(loaded, &args.deck, &steps, options, &mut on_frame);
    let duration = end.map_err(anyhow::Error::msg)?;
    let bytes = recorder.finish(duration).map_err(anyhow::Error::msg)?;
    Ok(Film { bytes, frames, duration })
}

/// A file in the making.
enum Recorder {
    Gif(Rasterizer, Option<Gif>),
    /// The last slide that was marked is last.
    Cast(Rasterizer, Cast, Option<SlideNo>),
}

impl Recorder {
    fn frame(&mut self, frame: &WalkFrame<'_>, loaded: &LoadedDeck) -> Result<(), String> {
        let colors = terminal_colors(&loaded.style(frame.slide.slide).theme);
        let pictures = frame.pictures;
        let written = match self {
            Self::Gif(rasterizer, gif) => {
                let pixels = rasterizer.draw(frame.buffer, pictures, &colors);
                let pixels = pixels.ok_or(
                    "the screen is too large for a picture\nhint: a smaller `--size` makes it smaller",
                )?;
                if gif.is_none() {
                    *gif = Some(Gif::new(pixels.width, pixels.height)?);
                }
                let Some(gif) = gif else { return Ok(()) };
                gif.frame(frame.at, pixels)?;
                gif.bytes()
            }
            Self::Cast(rasterizer, cast, marked) => {
                let mut buffer: Buffer = frame.buffer.clone();
                for (overlay, content) in pictures {
                    rasterizer.half_blocks(overlay, content, colors.background, &mut buffer);
                }
                let slide = frame.slide.slide;
                if marked.replace(slide) != Some(slide) {
                    let title = loaded.deck.slide(slide).title.as_deref().unwrap_or_default();
                    cast.mark(frame.at, title);
                }
                cast.frame(frame.at, &buffer);
                cast.bytes()
            }
        };
        if written > MAX_BYTES {
            let most = MAX_BYTES / 1024 / 1024;
            return Err(format!("the file has more than {most} MiB; use a shorter `--walk`"));
        }
        Ok(())
    }

    fn finish(self, end: Duration) -> Result<Vec<u8>, String> {
        match self {
            Self::Gif(_, gif) => gif.ok_or("there are no frames")?.finish(end),
            Self::Cast(_, cast, _) => Ok(cast.finish(end).into_bytes()),
        }
    }
}
