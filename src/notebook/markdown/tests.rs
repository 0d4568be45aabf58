//! Cells and the markdown that they become.

use rstest::rstest;

use super::deck_markdown;

fn written(text: &str) -> String {
    deck_markdown(text.to_owned())
}

#[test]
fn pictures_become_markdown() {
    assert_eq!(written("a <img src=\"b.png\" width=\"20\"/> c\n"), "a ![](b.png) c\n");
    assert_eq!(written("<img alt='a > b' src='x y.png'>"), "![a > b](<x y.png>)");
    assert_eq!(written("<img src=a.png><img src=b.png >"), "![](a.png)![](b.png)");
    assert_eq!(written("<img src=\"attachment:p.png\">"), "![](attachment:p.png)");
}

#[rstest]
#[case("<b>a</b> <STRONG> b </STRONG>c", "**a**  **b** c")]
#[case("<i>a<b>b</b></i> <em></em>", "*a**b*** ")]
#[case("<code>a &lt; b</code> <kbd>x</kbd>", "`a < b` `x`")]
#[case("<a href=\"https://e.org\">l</a><a id='x'></a> <a name=y>z</a>", "[l](https://e.org) z")]
#[case("H<sub>2</sub>O x<sub>max</sub> y<sub>q</sub> z<sup>2</sup>", "H₂O xₘₐₓ yq z<sup>2</sup>")]
#[case("<u>a</u><br/><font color=\"red\">b</font>", "a<br><span style=\"color: red\">b</span>")]
#[case("<span style=\"color:red\">a</span><span>b</span>", "<span style=\"color:red\">a</span>b")]
#[case("a<style>p {}</style>b", "ab")]
fn text_in_html_becomes_markdown(#[case] html: &str, #[case] markdown: &str) {
    assert_eq!(written(html), markdown);
}

#[rstest]
#[case("<center><h2>Big\n title</h2></center>", "## Big title")]
#[case("<div>\n    one\n    two\n</div>", "one\ntwo")]
#[case("<p>a<p>b", "a\n\nb")]
#[case("<ul>\n  <li>one\n  <li>two</ul>", "- one\n- two")]
#[case("<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>", "1. a\n   - b\n2. c")]
#[case(
    "<div class=\"alert alert-danger\"><b>No:</b>\n\nnot so\n</div>",
    "> [!caution]\n> **No:**\n>\n> not so"
)]
#[case("<pre><code>a &lt;b&gt;\n  <i>c</i></code></pre>", "```\na <b>\n  c\n```")]
#[case("<blockquote>a\nb</blockquote>", "> a\n> b")]
#[case(
    "<table>\n<thead><tr><th>a</th><th>b|c</th></tr></thead>\n<tr><td><b>1</b></td>\n</tr><tr><td>2<td>3</table>",
    "| a | b\\|c |\n|---|---|\n| **1** |  |\n| 2 | 3 |"
)]
#[case("<table><tr><td>1</td></tr></table>", "|  |\n|---|\n| 1 |")]
fn blocks_of_html_become_markdown(#[case] html: &str, #[case] markdown: &str) {
    let blocks = written(html);
    assert_eq!(blocks.trim(), markdown);
    assert!(blocks.starts_with("\n\n") && blocks.ends_with("\n\n"), "{blocks:?}");
}

#[rstest]
#[case("```html\n<img src=\"a.png\">\n~~~\n<b>\n```\n")]
#[case("code `<b>` and ``a ` <i>``")]
#[case("1 < 2, a <b, `")]
#[case("<!-- <b> pause -->")]
#[case("<image src=\"a\"> <iframe src=\"x\"></iframe>")]
#[case("<img src=\"a.png")]
fn code_and_other_tags_stay(#[case] text: &str) {
    assert_eq!(written(text), text);
    assert_eq!(written(&format!("{text}\n<b>x</b>")).len(), text.len() + 6);
}

#[rstest]
#[case(
    "so\n\\begin{align}\na &= b\n\\end{align}\nis",
    "so\n\n$$\n\\begin{align}\na &= b\n\\end{align}\n$$\n\nis"
)]
#[case("  \\begin{align*}\\end{align*}", "\n$$\n\\begin{align*}\\end{align*}\n$$\n")]
#[case(
    "\\begin{eqnarray*}x &=& 1\\end{eqnarray*}",
    "\n$$\n\\begin{array}{rcl}x &=& 1\\end{array}\n$$\n"
)]
#[case("\\begin{multline}x\\end{multline}", "\n$$\n\\begin{gather}x\\end{gather}\n$$\n")]
fn environments_become_formulas(#[case] latex: &str, #[case] markdown: &str) {
    assert_eq!(written(latex), markdown);
}

#[rstest]
#[case("```latex\n\\begin{align}\n\\end{align}\n```\n")]
#[case("$$\n\\begin{align}\n\\end{align}\n$$\n")]
#[case("$$x$$ \\begin{align}")]
#[case("$$ a <b> c $$\n")]
#[case("\\begin{itemize}\n\\end{itemize}")]
#[case("\\begin{align}\nno end")]
fn other_latex_stays(#[case] text: &str) {
    assert_eq!(written(text), text);
}

/// Parts of cells, of which some begin something that others end, in any order.
const PARTS: [&str; 26] = [
    "é",
    "日本",
    "\n",
    "\n\n",
    "    ",
    "<b>",
    "</b>",
    "<p>",
    "</p>",
    "<ul>",
    "<li>",
    "</ul>",
    "<table>",
    "<td>",
    "</table>",
    "<pre>",
    "</pre>",
    "`",
    "```\n",
    "$$",
    "<",
    "\\begin{align}",
    "\\end{align}",
    "<!--",
    "-->",
    "<a href=\"é",
];

#[test]
fn any_cell_is_translated_and_keeps_its_words() {
    let mut seed: u64 = 1;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..8 {
            // xorshift64*
            seed ^= seed >> 12;
            seed ^= seed << 25;
            seed ^= seed >> 27;
            let number = seed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
            text += PARTS[usize::try_from(number).unwrap() % PARTS.len()];
        }
        let markdown = written(&text);
        if !text.contains("href") && !text.contains("<table>") && !text.contains("<ul>") {
            let count = |of: &str| of.matches("日本").count();
            assert_eq!(count(&markdown), count(&text), "{text:?}: {markdown:?}");
        }
    }
}

#[test]
fn hostile_html_takes_little_time() {
    let deep = "<b>".repeat(100_000);
    assert!(written(&deep).len() >= 3 * (100_000 - 64));
    let unclosed = "<a \"".repeat(10_001);
    assert_eq!(written(&unclosed), unclosed);
    let endless = "\\begin{align}\n".repeat(10_000);
    assert_eq!(written(&endless), endless);
}
