//! What the parser makes of each piece of the format, feature by feature.

use std::path::Path;

use insta::assert_snapshot;

use super::dump::dump;
use super::parse;
use crate::deck::Deck;
use crate::source::MemFiles;

fn deck(text: &str) -> Deck {
    parse(Path::new("talk.md"), text, &MemFiles::default())
}

fn tree(text: &str) -> String {
    dump(&deck(text))
}

#[test]
fn slides_end_at_the_command_and_titles_are_underlined() {
    assert_snapshot!(tree("# A\n\n<!-- end_slide -->\nB\n===\n\nC\n---\n\ntext *i* **b** `c`\n"), @r#"
    --- 1
    h1 A
    --- 2 "B"
    title B
    title C
    p text {i:i} {b:b} {c:c}
    "#);
}

#[test]
fn a_deck_has_at_least_one_slide() {
    assert_snapshot!(tree(""), @"--- 1");
    assert_snapshot!(tree("a\n\n<!-- skip_slide -->\n"), @"--- 1");
}

#[test]
fn a_trailing_end_leaves_an_empty_slide() {
    assert_snapshot!(tree("a\n\n<!-- end_slide -->\n"), @"
    --- 1
    p a
    --- 2
    ");
}

#[test]
fn code_runs_where_its_fence_says_so() {
    assert_snapshot!(tree(
        "```rust +exec {1|2} +line_numbers\n# use std::fs;\nfn a() {}\nfn b() {}\n```\n\n* x\n  ```py +auto_exec:uv +timeout:2m\n  print(1)\n  ```\n"
    ), @r#"
    --- 1 steps=2
    code rust numbered {1-1|2-2} from 0
      | fn a() {}
      | fn b() {}
      runs rust OnKey line 2 "use std::fs;\nfn a() {}\nfn b() {}\n"
    list
      * x
        code py
          | print(1)
          runs python Auto by uv for 120000ms line 9 "print(1)\n"
    "#);
}
