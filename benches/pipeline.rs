//! How long the pipeline takes from text to deck, on a deck of 1,000 mixed slides.

use std::path::Path;

use divan::Bencher;
use livedeck::parse;
use livedeck::source::MemFiles;

fn main() {
    divan::main();
}

#[divan::bench(args = [10, 1_000])]
fn parse(bencher: Bencher<'_, '_>, slides: usize) {
    let text = deck(slides);
    bencher
        .counter(divan::counter::BytesCount::of_str(&text))
        .bench(|| parse::parse(Path::new("talk.md"), &text, &MemFiles::default()));
}

/// A deck of text, lists, tables, quotes and code in turn.
fn deck(slides: usize) -> String {
    let bodies = [
        "Some *words* of **running** text with `code`, [a link](https://example.org) and more.\n",
        "* **first** point\n  * a point below it\n* second point\n",
        "| a | b |\n|---|---|\n| one | two |\n| three | four |\n",
        "> quoted words\n> on two lines\n\n1. *first*\n2. second\n",
        "```python +exec {1|2}\nx = [n * n for n in range(10)]\nprint(sum(x))\n```\n",
        "```rust\nfn main() {\n    println!(\"{}\", 6 * 7);\n}\n```\n",
    ];
    let slide = |(number, body)| format!("Slide {number}\n===\n\n{body}");
    let slides: Vec<_> = bodies.iter().cycle().take(slides).enumerate().map(slide).collect();
    slides.join("\n<!-- end_slide -->\n\n")
}
