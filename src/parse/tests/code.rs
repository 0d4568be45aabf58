//! Code blocks and their fences.

use insta::assert_snapshot;

use super::{deck, tree};
use crate::deck::{Block, BlockKind};

#[test]
fn exec_attribute_makes_code_run() {
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

#[test]
fn f166_render_is_set_by_fence_or_options() {
    let drawn = |options: &str, fence: &str| {
        let deck = deck(&format!("---\noptions: {options}\n---\n```{fence}\nx\n```\n"));
        let BlockKind::Code(code) = &deck.slides[0].blocks[0].kind else { panic!() };
        code.render.map(|drawing| drawing.width_percent)
    };
    assert_eq!(drawn("{}", "mermaid"), None);
    assert_eq!(drawn("{}", "mermaid +render"), Some(None));
    assert_eq!(drawn("{}", "d2 +render +width:40%"), Some(Some(40)));
    assert_eq!(drawn("{auto_render_languages: [mermaid]}", "Mermaid"), Some(None));
    assert_eq!(drawn("{auto_render_languages: [rust]}", "rust"), None, "no tool draws it");
}

#[test]
fn stepped_highlights_come_before_the_next_pause() {
    assert_snapshot!(tree("```c {1|2|all}\na\nb\n```\n\n```c {1|2}\na\nb\n```\n\n<!-- pause -->\n\nx\n\n<!-- pause -->\n"), @"
    --- 1 steps=5
    code c {1-1|2-2|all} from 0
      | a
      | b
    code c {1-1|2-2} from 2
      | a
      | b
    @4 p x
    ");
}

#[test]
fn execution_attributes_do_not_change_the_code() {
    assert_snapshot!(tree("```bash +pty:standby:80:24\nvi\n```\n\n```mermaid +render +width:50%\nx\n```\n\n```python +exec +session:a\ny\n```\n\n```bash +exec +validate +expect:failure +id:z +no_background\nq\n```\n"), @r#"
    --- 1
    code bash
      | vi
      runs bash OnKey in Pty { standby: true, size: Some((80, 24)) } line 2 "vi\n"
    code mermaid
      | x
    code python
      | y
      runs python OnKey in session "a" line 10 "y\n"
    code bash bare
      | q
      runs bash OnKey called z checked Check { validates: true, alternative: None, expects_failure: true, varying: None, mask: None } line 14 "q\n"
    "#);
}

#[test]
fn livedeck_attributes_are_known() {
    let fence = "```python +exec +session:a +timeout:2s +input:a.txt +mask:x +output:right\nx\n```\n\n```rust +pymodule:m\nx\n```\n\n```rust +bench:a +timeout:2s\nx\n```\n";
    assert_eq!(deck(fence).diagnostics, []);
}

#[test]
fn indented_code_and_tilde_fences_are_code() {
    assert_snapshot!(tree("a\n\n    indented\n\n~~~~ rust\n```\n~~~~\n"), @"
    --- 1
    p a
    code 
      | indented
    code rust
      | ```
    ");
}

#[test]
fn slide_ends_in_code_are_only_code() {
    assert_snapshot!(tree("````markdown\na\n\n<!-- end_slide -->\nb\n````\nc\n\n<!-- end_slide -->\nd\n"), @"
    --- 1
    code markdown
      | a
      | 
      | <!-- end_slide -->
      | b
    p c
    --- 2
    p d
    ");
}

#[test]
fn attributes_without_a_language_make_a_plain_block() {
    assert_snapshot!(tree("``` +no_background\nplain\n```\n\n```{1}\none\n```\n\n``` +line_numbers {1|2}\none\ntwo\n```\n"), @"
    --- 1 steps=2
    code  bare
      | plain
    code  {1-1} from 0
      | one
    code  numbered {1-1|2-2} from 0
      | one
      | two
    ");
    let messages = |fence: &str| -> Vec<String> {
        deck(&format!("{fence}\nx\n```\n")).diagnostics.into_iter().map(|it| it.message).collect()
    };
    assert_eq!(messages("``` +no_background"), [""; 0]);
    for fence in ["+exec", "+validate", "+render", "+pymodule:m"] {
        let expected = format!("`{fence}` has no language before it");
        assert!(messages(&format!("```{fence}")).contains(&expected), "{fence}");
    }
}

/// Returns the first step of each block of code on the first slide, and the step that ends it.
fn places(text: &str) -> (Vec<(u16, Option<u16>)>, u16) {
    let deck = deck(text);
    let mut found = Vec::new();
    Block::walk_all(&deck.slides[0].blocks, &mut |block| {
        if let BlockKind::Code(code) = &block.kind {
            found.push((block.step.0, code.until.map(|step| step.0)));
        }
    });
    (found, deck.slides[0].steps)
}

#[test]
fn fences_of_one_place_follow_each_other() {
    let fence = |info: &str, code: &str| format!("```{info}\n{code}\n```\n\n");
    let (one, two) = (fence("rust +step:f", "a"), fence("rust +step:f", "b"));
    let three = fence("rust +exec {1|2} +step:f", "c\nd");
    let all = format!("{one}{two}{three}text\n");
    assert_eq!(places(&all), (vec![(0, Some(1)), (1, Some(2)), (2, None)], 4));
    assert_eq!(places(&format!("{one}text\n\n{two}")), (vec![(0, None), (0, None)], 1));
    let paused = format!("{one}<!-- pause -->\n\n{two}{three}");
    assert_eq!(places(&paused), (vec![(0, Some(1)), (1, Some(2)), (2, None)], 4));
    let comment = "<!-- // step: f -->\n";
    let comments = format!("{comment}{}{comment}{}", fence("sh", "a"), fence("sh", "b"));
    assert_eq!(places(&comments), (vec![(0, Some(1)), (1, None)], 2));
    assert_eq!(places(&format!("{one}{}", fence("rust +step:g", "b"))).0, [(0, None), (0, None)]);
}

#[test]
fn typed_blocks_have_their_own_keys() {
    let deck = deck(
        "```sh +exec +typed\nls\n```\n\n<!-- // typed: 3 -->\n```sh\nls\n```\n\n```sh\nls\n```\n",
    );
    let mut found = Vec::new();
    Block::walk_all(&deck.slides[0].blocks, &mut |block| {
        if let BlockKind::Code(code) = &block.kind {
            found.push(code.typed);
        }
    });
    let [Some(one), Some(two), None] = found[..] else { panic!("{found:?}") };
    assert_eq!((one.pace, two.pace), (1, 3));
    assert_ne!(one.key, two.key);
    let message = |text: &str| super::deck(text).diagnostics.into_iter().next().unwrap().message;
    assert!(message("```sh +typed:0\nls\n```\n").contains("not a number of characters"));
    assert!(message("```sh +auto_exec +typed\nls\n```\n").contains("automatically"));
}
