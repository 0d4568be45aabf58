//! Lists, tables, quotes, alerts and pictures.

use insta::assert_snapshot;

use super::tree;

#[test]
fn lists_keep_their_numbers_depth_and_second_paragraphs() {
    assert_snapshot!(tree("1. a\n1. b\n   * c\n\n     second\n     5) d\n"), @"
    --- 1
    list
      1. a
      1. b
        * c
        * second␣5) d
    ");
    assert_snapshot!(tree("  * deeper\n    * still\n"), @"
    --- 1
    list
        * deeper
          * still
    ");
    assert_snapshot!(tree("- - nested at once\n-\n- [x] done\n"), @"
    --- 1
    list
        * nested at once
      * 
      * [x] done
    ");
}

#[test]
fn list_items_contain_blocks() {
    assert_snapshot!(tree("* a\n  > quote\n\n  ![](x.png)\n\n  | t |\n  |---|\n  | u |\n* # b\n"), @r#"
    --- 1
    list
      * a
        quote
          p quote
        picture x.png in "" ""
        table [None]
          t
          u
      * 
        h1 b
    "#);
}

#[test]
fn pause_splits_a_list_without_a_gap() {
    assert_snapshot!(tree("* a\n<!-- pause -->\n* b\n\ntext\n\n* c\n"), @"
    --- 1 steps=2
    list
      * a
    @1 list, continued
      @1 * b
    @1 p text
    @1 list
      @1 * c
    ");
    assert_snapshot!(tree("* a\n  <!-- pause -->\n* b\n"), @"
    --- 1 steps=2
    list
      * a
      @1 * b
    ");
}

#[test]
fn incremental_lists_and_tables_take_a_step_each() {
    assert_snapshot!(tree("t\n\n<!-- incremental_lists: true -->\n* a\n  * b\n\nafter\n\n* c\n"), @"
    --- 1 steps=5
    p t
    @1 list
      @1 * a
        @2 * b
    @3 p after
    @4 list
      @4 * c
    ");
    assert_snapshot!(tree("<!-- incremental_tables: true -->\n| a |\n|---|\n| 1 |\n| 2 |\n\nx\n"), @"
    --- 1 steps=4
    table [None]
      a
      @1 1
      @2 2
    @3 p x
    ");
}

#[test]
fn tables_keep_their_alignment() {
    assert_snapshot!(tree("| a | b | c |\n|:-:|--:|---|\n| x\\|y | **z** | |\n| only |\n"), @"
    --- 1
    table [Some(Center), Some(Right), None]
      a | b | c
      x|y | {b:z} | 
      only |  |
    ");
}

#[test]
fn quotes_hold_blocks() {
    assert_snapshot!(tree("> a\n> b\n>\n> * x\n>   * y\n>\n> ```sh +exec\n> echo\n> ```\n>> deep\n"), @r#"
    --- 1
    quote
      p a␣b
      list
        * x
          * y
      code sh
        | echo
        runs sh OnKey line 8 "echo\n"
      quote
        p deep
    "#);
}

#[test]
fn long_quotes_are_delimited_by_lines() {
    assert_snapshot!(tree("a\n\n>>>\nq\n\n* l\n\n>>>>\nb\n\n```\n>>>\n```\n"), @"
    --- 1
    p a
    quote
      p q
      list
        * l
    p b
    code 
      | >>>
    ");
    assert_snapshot!(tree(">>>\nnever closed\n"), @"
    --- 1
    problem: this quote is never closed
    p never closed
    ! talk.md:1:1: this quote is never closed
      ? end it with a line `>>>`
    ");
}

#[test]
fn alerts_have_a_kind_and_may_have_a_title() {
    assert_snapshot!(tree("> [!TIP] My **title**\n> text\n> more\n\n> [!note]\n> x\n\n> [!info]\n> x\n"), @"
    --- 1
    Tip My {b:title}
      p text␣more
    Note
      p x
    quote
      p [!info]␣x
    ");
}

#[test]
fn pictures_split_paragraphs_and_take_a_width() {
    assert_snapshot!(tree("before ![alt,image:w:40%](a.png) after\n\n![image:width:50%](b.png)\n\n![alt, image:w:40%](c.png)\n"), @r#"
    --- 1
    p before
    picture a.png in "" 40% "alt"
    p after
    picture b.png in "" 50% ""
    picture c.png in "" "alt, image:w:40%"
    "#);
}

#[test]
fn picture_keeps_its_place_after_superscript() {
    assert_snapshot!(tree("x^2^ y^3^ ![](a.png) z^4^\n\n^a^![](b.png)\n"), @r#"
    --- 1
    p x{^:2} y{^:3}
    picture a.png in "" ""
    p z{^:4}
    p {^:a}
    picture b.png in "" ""
    "#);
}
