//! The slide index: what it finds in a deck, and where it leads.

use std::path::Path;

use livedeck::app::Index;
use livedeck::deck::{Deck, SlideNo};
use livedeck::parse;
use livedeck::source::MemFiles;

const DECK: &str = "\
---
title: The orchard
author: Ann
---

Apples
===

<!-- end_slide -->

Pears
===

red

<!-- pause -->

* a Quince

<!-- end_slide -->

Plums
===

```rust
let x = 1;
let quince = x;
```

<!-- end_slide -->

Quinces
===

<!-- speaker_note: breathe deeply -->

| a |
|---|
| medlar |
";

fn deck() -> Deck {
    parse::parse(Path::new("talk.md"), DECK, &MemFiles::default())
}

/// The slides found, by their numbers, each with the line that was found.
fn found(query: &str) -> Vec<(u32, Option<String>)> {
    let deck = deck();
    let mut index = Index::open(&deck, SlideNo::new(0));
    index.search(&deck, query.to_owned());
    let hit = |hit: &Option<Box<str>>| hit.as_ref().map(ToString::to_string);
    index.found.iter().map(|found| (found.slide.human(), hit(&found.hit))).collect()
}

#[test]
fn titles_come_first_then_lines_in_the_order_of_the_deck() {
    assert_eq!(
        found("quince"),
        [(5, None), (3, Some("a Quince".to_owned())), (4, Some("let quince = x;".to_owned()))]
    );
    assert_eq!(
        found("Quince"),
        [(5, None), (3, Some("a Quince".to_owned()))],
        "a capital is meant"
    );
}

#[test]
fn notes_tables_and_the_intro_are_searched() {
    assert_eq!(found("deeply"), [(5, Some("breathe deeply".to_owned()))]);
    assert_eq!(found("medl"), [(5, Some("medlar".to_owned()))]);
    assert_eq!(found("orchard"), [(1, Some("The orchard".to_owned()))]);
    assert_eq!(found("ann"), [(1, Some("Ann".to_owned()))]);
}

#[test]
fn numbers_are_slides_and_titles_are_found_by_some_letters() {
    assert_eq!(found("4")[0], (4, None));
    assert_eq!(found("apls"), [(2, None)]);
    assert_eq!(found("zzz"), []);
    assert_eq!(found(" ").len(), 5);
}

#[test]
fn a_line_is_gone_to_at_the_step_that_shows_it() {
    let deck = deck();
    let mut index = Index::open(&deck, SlideNo::new(0));
    index.search(&deck, "a quince".to_owned());
    let at = index.choice().unwrap();
    assert_eq!((at.slide.human(), at.step.0), (3, 1));
}

#[test]
fn any_query_can_be_typed() {
    let deck = deck();
    let mut index = Index::open(&deck, SlideNo::new(0));
    for query in ["!", "^", "$", "\\", "'", "!a b", "é", "\u{1f600}", "\t", &"x".repeat(9999)] {
        index.search(&deck, query.to_owned());
        index.step(isize::MAX);
        assert!(index.choice().is_none_or(|at| at.slide <= deck.last_slide()), "{query}");
    }
}
