//! Finds all problems of a deck for `check`: parse errors, names that the theme does not define,
//! pictures that cannot be shown, and slides that do not fit the given sizes. Presentations report
//! the latter on request, too.

use std::collections::BTreeMap;

use super::inspect_code::{missing_kernels, not_runnable, python_problem, slow_blocks};
use super::scene_builder::{drawn_blocks, line_formulas, measure, visit};
use crate::deck::{Block, Cursor, Inline, SlideNo, SpanColors, Step};
use crate::diag::{Diagnostic, closest};
use crate::exec::CustomExecutor;
use crate::layout::{
    Inputs, PictureKey, PictureProblem, Size, drawing, line_drawing, overflow, place_in_code,
    place_in_formula,
};
use crate::media::Media;
use crate::project::LoadedDeck;
use crate::run::Runs;
use crate::theme::{FooterPart, FooterStyle, Palette};

/// Returns all problems of the deck in source order. `custom` are the user's own executors.
pub fn inspect(
    loaded: &LoadedDeck,
    sizes: &[Size],
    custom: &BTreeMap<String, CustomExecutor>,
) -> Vec<Diagnostic> {
    let mut found = loaded.deck.diagnostics.clone();
    let mut media = Media::for_documents();
    found.extend(unseen(loaded, &mut media));
    found.extend(not_runnable(loaded, custom));
    found.extend(missing_kernels(loaded));
    found.extend(python_problem(loaded, custom));
    found.extend(slow_blocks(loaded));
    for &size in sizes {
        found.extend(misfits(loaded, size, &loaded.recorded, &mut media));
    }
    found.sort_by_key(|found| (found.span.file, found.span.start));
    found
}

/// Returns problems that parsing does not find: names that the theme does not define, and pictures
/// that cannot be shown.
pub(crate) fn unseen(loaded: &LoadedDeck, media: &mut Media) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (number, slide) in loaded.deck.slides.iter().enumerate() {
        let theme = &loaded.style(SlideNo::new(number)).theme;
        palette(&slide.blocks, &theme.palette, &mut found);
        visit(&slide.blocks, &mut |key, span| {
            if let Err(PictureProblem { why, hint, .. }) = media.measure(&key) {
                let mistake = Diagnostic::error(span, why);
                found.push(hint.into_iter().fold(mistake, Diagnostic::hint));
            }
        });
        drawn_blocks(&slide.blocks, &mut |code, span| {
            let Some(drawing) = drawing(code, theme) else { return };
            if let Err(PictureProblem { why, hint, at }) =
                media.measure(&PictureKey::Drawing(drawing))
            {
                let place = at.map_or(span, |at| place_in_code(&loaded.deck, span, code, at));
                let mistake = Diagnostic::error(place, why);
                found.push(hint.into_iter().fold(mistake, Diagnostic::hint));
            }
        });
        line_formulas(&slide.blocks, &mut |formula| {
            let key = PictureKey::Drawing(line_drawing(formula, theme));
            if let Err(PictureProblem { why, hint, at }) = media.measure(&key) {
                let place = place_in_formula(&loaded.deck, formula, at);
                let mistake = Diagnostic::error(place, why);
                found.push(hint.into_iter().fold(mistake, Diagnostic::hint));
            }
        });
    }
    footers(loaded, media, &mut found);
    found
}

/// Reports footer pictures that cannot be shown, each once.
fn footers(loaded: &LoadedDeck, media: &mut Media, found: &mut Vec<Diagnostic>) {
    for look in &*loaded.styles {
        let FooterStyle::Template { left, center, right, .. } = &look.theme.footer else {
            continue;
        };
        for (part, key) in [left, center, right].into_iter().zip(&look.footer.pictures) {
            if let (Some(FooterPart::Image(_, at)), Some(key)) = (part, key)
                && let Err(PictureProblem { why, hint, .. }) = media.measure(key)
            {
                let mistake = Diagnostic::error(*at, format!("footer: {why}"));
                found.push(hint.into_iter().fold(mistake, Diagnostic::hint));
            }
        }
    }
}

/// Returns what does not fit this size, slide by slide, including the output of `runs`.
pub(crate) fn misfits(
    loaded: &LoadedDeck,
    size: Size,
    runs: &Runs,
    media: &mut Media,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for slide in 0..loaded.deck.slides.len() {
        let at = Cursor { slide: SlideNo::new(slide), step: Step::LAST };
        let look = loaded.style(at.slide);
        let mut of = |runs: &Runs| {
            overflow(&Inputs {
                deck: &loaded.deck,
                at,
                size,
                theme: &look.theme,
                highlighter: &look.highlighter,
                colours: crate::layout::Highlighting::Full,
                runs,
                measures: &measure(loaded, at, runs, media),
                footer: &look.footer,
                focus: None,
                edited: None,
                typed: &BTreeMap::new(),
                grid: false,
                limits: loaded.limits,
                hints: &crate::layout::KeyHints::default(),
            })
        };
        let mut misfits = of(runs);
        let has_output = loaded.deck.cells_of(at.slide).any(|cell| runs.contains_key(&cell.id));
        if has_output && !misfits.is_empty() {
            let without_output = of(&Runs::default());
            for misfit in misfits.iter_mut().filter(|misfit| !without_output.contains(misfit)) {
                misfit.hints.push("this includes the recorded output".to_owned());
            }
        }
        found.extend(misfits);
    }
    found
}

/// Reports colours and classes of spans that the theme's palette does not define.
fn palette(blocks: &[Block], palette: &Palette, found: &mut Vec<Diagnostic>) {
    let mut last = None;
    for block in blocks {
        block.each_text(&mut |text| {
            for colors in text.iter().filter_map(colors_of) {
                // Each part of a span's text repeats its colours.
                if last.replace(colors) != Some(colors) {
                    found.extend(unknown(colors, palette));
                }
            }
        });
    }
    for inner in blocks.iter().flat_map(Block::children) {
        self::palette(inner, palette, found);
    }
}

fn colors_of(piece: &Inline) -> Option<&SpanColors> {
    match piece {
        Inline::Text(_, style) | Inline::Counter(_, style) | Inline::Formula(_, style) => {
            style.colors.as_deref()
        }
        Inline::Break | Inline::SoftBreak => None,
    }
}

fn unknown(colors: &SpanColors, palette: &Palette) -> Vec<Diagnostic> {
    let name = |color: &Option<String>| -> Option<String> {
        let color = color.as_deref()?;
        let name = color.strip_prefix("palette:").or_else(|| color.strip_prefix("p:"))?;
        (!palette.colors.contains_key(name)).then(|| name.to_owned())
    };
    let refuse = |what: &str, key: &str, name: &str, known: Option<&str>| {
        let message = format!("the theme's palette has no {what} `{name}`");
        Diagnostic::error(colors.span, message).hint(match known {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("define it under `palette.{key}` in the theme"),
        })
    };
    let class = colors.class.as_deref().filter(|class| !palette.classes.contains_key(*class));
    let names = [&colors.foreground, &colors.background].into_iter().filter_map(name);
    let colors_known = || palette.colors.keys().map(String::as_str);
    let classes_known = || palette.classes.keys().map(String::as_str);
    let mut found: Vec<_> = names
        .map(|name| refuse("colour", "colors", &name, closest(&name, colors_known())))
        .collect();
    found.extend(
        class.map(|class| refuse("class", "classes", class, closest(class, classes_known()))),
    );
    found
}
