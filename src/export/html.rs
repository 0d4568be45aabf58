//! A deck as one HTML page: each slide is an SVG picture with selectable text. Keys, clicks and swipes
//! navigate; printing puts one slide on each page.

use std::fmt::Write as _;

use super::svg::escape;
use crate::source::visible_line;

/// A slide, or one step of it.
#[derive(Clone, Debug)]
pub struct HtmlSlide {
    /// Its title, or an empty string.
    pub title: String,
    /// Its picture, as returned by [`svg`](fn@super::svg).
    pub picture: String,
}

/// Returns a self-contained page.
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

/// A slide fills the window, keeping its aspect ratio; each is printed on its own page.
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

/// The URL fragment is the current slide, `#slide-N` from 0, as in presenterm.
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
    fn f204_page_has_every_slide_and_is_self_contained() {
        let slide = |title: &str, picture: &str| HtmlSlide {
            title: title.to_owned(),
            picture: format!("<svg>{picture}</svg>\n"),
        };
        let page = html("A & B", &[slide("One \"1\"", "first"), slide("", "second")]);
        assert!(page.contains("<title>A &amp; B</title>"));
        assert!(page.contains("id=\"slide-0\" aria-label=\"One &quot;1&quot;\">\n<svg>first"));
        assert!(page.contains("id=\"slide-1\" aria-label=\"\">\n<svg>second"));
        assert!(!page.contains("src=") && !page.contains("http"), "nothing is fetched");
    }
}
