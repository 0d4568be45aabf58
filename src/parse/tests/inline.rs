//! Inline markup: styles, links, superscript, footnotes, colours.

use insta::assert_snapshot;

use super::tree;

#[test]
fn inline_styles_add_up_and_code_resets_them() {
    assert_snapshot!(tree("**b _bi `c`_** ~s~ ~~s~~ a\\\nb\nc  \nd\n"), @"
    --- 1
    p {b:b }{bi:bi }{c:c} {s:s} {s:s} a⏎b␣c⏎d
    ");
}

#[test]
fn links_show_label_address_and_title() {
    assert_snapshot!(tree("[a **b**](http://x 'T') and [](http://y) <http://z.com> <me@x.org>\n"), @r#"
    --- 1
    p {L:a }{bL:b} ({U:http://x} "{T:T}") and {U:http://y} {L:http://z.com} ({U:http://z.com}) {L:me@x.org} ({U:mailto:me@x.org})
    "#);
    assert_snapshot!(tree("**x [a](u)** [r][ref] [[wiki]] [[label|http://t]] http://bare\n\n[ref]: http://r\n"), @"
    --- 1
    p {b:x }{L:a}{b: (}{U:u}{b:)} {L:r} ({U:http://r}) {U:wiki} {L:label} ({U:http://t}) {U:http://bare}
    ");
}

#[test]
fn superscript_is_found_inside_words() {
    assert_snapshot!(tree("x^2^ b<sup>n</sup> \\^no^ 2^ 3 ^**b**^ `a^b^c`\n"), @"
    --- 1
    p x{^:2} b{^:n} ^no^ 2^ 3 {b^:b} {c:a^b^c}
    ");
}

#[test]
fn footnotes_are_shown_where_defined() {
    assert_snapshot!(tree("a[^1] b[^9]\n\n[^1]: note **b**\n\nafter\n"), @"
    --- 1
    p a{^:1} b[^9]
    footnote 1 note {b:b}
    p after
    ");
}

#[test]
fn spans_have_colours_and_nest() {
    assert_snapshot!(tree("<span style=\"color: red; background-color: #ff0\">a <span class=\"hot\">b</span> <span style='color: p:x'>c</span></span> d\n\n<span style=\"color: blue\">open **x**\n\nnext\n"), @"
    --- 1
    p {fg=redbg=#ff0:a }{class=hot:b}{fg=redbg=#ff0: }{fg=p:xbg=#ff0:c} d
    p {fg=blue:open }{bfg=blue:x}
    p next
    ");
}

#[test]
fn span_on_its_own_lines_is_a_paragraph() {
    assert_snapshot!(tree("<span style=\"color: red\">\nx\n</span>\n\na<br/>b\n\n<br>\n"), @"
    --- 1
    p {fg=red:x}
    p a⏎b
    space 1
    ");
}

#[test]
fn lists_of_lists_are_not_wiki_links() {
    assert_snapshot!(tree("[[\"a\", `b`], [\"c\", **d**]] x[[1, 2], [3]] [[a [b] c]]\n\n| t |\n|---|\n| [[1], [2]] |\n"), @r#"
    --- 1
    p [["a", {c:b}], ["c", {b:d}]] x[[1, 2], [3]] [[a [b] c]]
    table [None]
      t
      [[1], [2]]
    "#);
    assert_snapshot!(tree("[[page]] [[a\\]b]] [[label|page]] [[page|]] [[[x]]] [[]] [[ [[y]]\n"), @r#"
    --- 1
    p {U:page} {U:a\]b} {L:label} ({U:page}) {U:page} [{U:x}] [[]] [[ {U:y}
    "#);
}
