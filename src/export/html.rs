//! A deck as one page for a browser: every slide a picture that stays sharp and whose text can be
//! selected, moved through with keys, clicks and swipes, and printed a slide to a sheet.

use std::fmt::Write as _;

use super::svg::escape;
use crate::source::visible_line;

/// A slide, or one step of it, for the page.
#[derive(Clone, Debug)]
pub struct HtmlSlide {
    /// What it is called; empty for a slide without a title.
    pub title: String,
    /// The picture, as [`svg`](fn@super::svg) makes it.
    pub picture: String,
}

/// The whole page. It needs nothing but itself.
pub fn html(title: &str, slides: &[HtmlSlide]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escape(&visible_line(title))
    );
    for (number, HtmlSlide { title, picture }) in slides.iter().enumerate() {
        let label = escape(&visible_line(title)).replace('"', "&quot;");
        let _ = write!(
            page,
            "<section id=\"slide-{number}\" aria-label=\"{label}\">\n{picture}</section>\n"
        );
    }
    page + "<script>\n" + SCRIPT + "</script>\n</body>\n</html>\n"
}

/// A slide fills the window as far as its shape allows; printed, each has a sheet of its own.
const STYLE: &str = "\
html, body { margin: 0; height: 100%; background: #000; }
section { display: none; height: 100vh; }
section.shown, section:first-of-type:not(.waits) { display: flex; }
section svg { margin: auto; width: 100vw; height: 100vh; }
@media print {
  @page { margin: 0; size: landscape; }
  section, section.waits { display: flex; break-after: page; }
}
";

/// The place in the talk is the fragment of the address, `#slide-N` from 0, as in presenterm's.
const SCRIPT: &str = "\
'use strict';
const slides = [...document.querySelectorAll('section')];
let at = 0;
function show(number, isNews) {
  at = Math.max(0, Math.min(slides.length - 1, number));
  slides.forEach((slide, index) => {
    slide.classList.toggle('shown', index === at);
    slide.classList.toggle('waits', index !== at);
  });
  if (isNews) history.replaceState(null, '', '#slide-' + at);
}
function read() {
  const found = /^#slide-(\\d+)$/.exec(location.hash);
  show(found ? Number(found[1]) : 0, false);
}
const moves = {
  ArrowRight: 1, ArrowDown: 1, PageDown: 1, ' ': 1, l: 1, j: 1, n: 1,
  ArrowLeft: -1, ArrowUp: -1, PageUp: -1, h: -1, k: -1, p: -1,
  Home: -Infinity, End: Infinity, G: Infinity,
};
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in moves)) return;
  event.preventDefault();
  show(at + moves[event.key], true);
});
addEventListener('click', (event) => {
  if (String(getSelection())) return;
  show(at + (event.clientX < innerWidth / 3 ? -1 : 1), true);
});
let touched = null;
addEventListener('touchstart', (event) => { touched = event.changedTouches[0].clientX; });
addEventListener('touchend', (event) => {
  const way = event.changedTouches[0].clientX - touched;
  if (Math.abs(way) > 40) show(at + (way < 0 ? 1 : -1), true);
});
addEventListener('hashchange', read);
read();
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f204_a_page_holds_every_sheet_and_needs_nothing_else() {
        let sheet = |title: &str, picture: &str| HtmlSlide {
            title: title.to_owned(),
            picture: format!("<svg>{picture}</svg>\n"),
        };
        let page = html("A & B", &[sheet("One \"1\"", "first"), sheet("", "second")]);
        assert!(page.contains("<title>A &amp; B</title>"));
        assert!(page.contains("id=\"slide-0\" aria-label=\"One &quot;1&quot;\">\n<svg>first"));
        assert!(page.contains("id=\"slide-1\" aria-label=\"\">\n<svg>second"));
        assert!(!page.contains("src=") && !page.contains("http"), "nothing is fetched");
    }
}
