//! What readers and browsers find in a page.

use ratatui::layout::Rect;
use ratatui::style::{Color, Style, Stylize as _};
use ratatui::text::Line;

use super::*;
use crate::layout::{Item, PlacedItem, Role, Size};
use crate::view;

const COLORS: fn() -> TerminalColors = || TerminalColors::new(Rgb(230, 230, 230), Rgb(20, 20, 20));

fn page_of(items: Vec<(u16, u32, Item)>) -> HtmlPage {
    let body: Vec<_> = items.into_iter().map(|(x, y, item)| PlacedItem { x, y, item }).collect();
    let scene = Scene { height: 9, body, ..Scene::blank(Size::new(40, 10), Style::new()) };
    let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 10));
    let overlays = view::paint(&scene, 0, &mut buffer);
    let pictures = overlays
        .into_iter()
        .map(|it| (it, crate::media::DocumentPicture::File(b"GIF89a".to_vec())))
        .collect();
    HtmlPage { scene, buffer, pictures, colors: COLORS() }
}

fn document(slides: Vec<(&str, Vec<HtmlPage>)>, notes: &[&str]) -> String {
    let mut document = HtmlDocument::new(HtmlMetadata {
        title: "A & B".to_owned(),
        language: "de".to_owned(),
        size: (40, 10),
        prints_steps: false,
    });
    for (number, (title, steps)) in (1..).zip(slides) {
        let notes = notes.iter().map(|&note| note.to_owned()).collect();
        document.add(&HtmlSlide { number, title: title.to_owned(), steps, notes });
    }
    document.finish()
}

/// The elements of a page without its picture, positions and styles.
fn elements(items: Vec<(u16, u32, Item)>) -> String {
    let whole = document(vec![("", vec![page_of(items)])], &[]);
    let (_, page) = whole.split_once("</svg>").unwrap();
    let (page, _) = page.split_once("</section>").unwrap();
    let styles = regex::Regex::new(" (style|class)=\"[^\"]*\"").unwrap();
    styles.replace_all(page, "").replace("<span>", "").replace("</span>", "").replace('\n', "")
}

fn text(text: &'static str) -> Item {
    Item::Text(Line::raw(text).into())
}

#[test]
fn faint_text_gets_enough_contrast() {
    let comment = |style: Style| Item::Text(Line::styled("// a comment", style).into());
    let faint = Style::new().fg(Color::Rgb(90, 90, 90));
    let page = document(vec![("", vec![page_of(vec![(1, 1, comment(faint))])])], &[]);
    assert!(!page.contains("#5a5a5a"), "{page}");
    let rule = Item::Text(Line::styled("────", faint).into());
    let page = document(vec![("", vec![page_of(vec![(1, 1, rule)])])], &[]);
    assert!(page.contains("#5a5a5a"), "lines keep their colour: {page}");
}

#[test]
fn f204_page_has_every_slide_and_is_self_contained() {
    let page = |words| page_of(vec![(1, 1, text(words))]);
    let slides = vec![("One \"1\"", vec![page("first")]), ("", vec![page("a"), page("second")])];
    let page = document(slides, &[]);
    assert!(page.contains("<title>A &amp; B</title>") && page.contains("<html lang=\"de\""));
    assert!(
        page.contains("id=\"s1\"") && page.contains("aria-label=\"Slide 1: One &quot;1&quot;\"")
    );
    assert!(page.contains("first") && page.contains("second"));
    assert_eq!(page.matches("<div class=\"page").count(), 3);
    assert_eq!(page.matches("<div class=\"page dark last").count(), 2);
    assert!(!page.contains("src=") && !page.contains("http"), "nothing is fetched");
}

#[test]
fn roles_are_elements_around_their_rows() {
    let item = |depth| Item::Begin(Role::ListItem { depth, is_numbered: false });
    let found = elements(vec![
        (0, 0, Item::Begin(Role::Heading(1))),
        (2, 0, text("Title")),
        (0, 0, Item::End),
        (0, 2, Item::Begin(Role::List)),
        (0, 2, item(0)),
        (0, 2, Item::Begin(Role::Decoration)),
        (0, 2, text("* ")),
        (0, 2, Item::End),
        (2, 2, text("a <b>")),
        (0, 2, Item::End),
        (0, 3, item(1)),
        (4, 3, text("c")),
        (0, 3, Item::End),
        (0, 3, Item::End),
        (0, 4, Item::Begin(Role::Paragraph)),
        (0, 4, Item::End),
    ]);
    let list = "<ul role=\"list\"><li dir=\"auto\">";
    assert_eq!(
        found.replace(" aria-hidden=\"true\"", "").replace("<span>", ""),
        format!("<h2>Title</h2>{list}*a &lt;b&gt;{list}c</li></ul></li></ul></div>")
    );
}

#[test]
fn tables_have_cells_and_headers() {
    let row = |is_header| Item::Begin(Role::TableRow { is_header, cells: vec![0..4, 7..9] });
    let found = elements(vec![
        (1, 0, Item::Begin(Role::Table)),
        (1, 0, row(true)),
        (1, 0, text("name │ n ")),
        (1, 0, Item::End),
        (1, 1, text("─────┼───")),
        (1, 2, row(false)),
        (1, 2, text("one  │ 1")),
        (1, 3, text("more │  ")),
        (1, 2, Item::End),
        (1, 2, Item::End),
    ]);
    let header = "<th scope=\"col\">name</th><th scope=\"col\">n</th>";
    assert_eq!(
        found,
        format!("<table><tr>{header}</tr><tr><td>onemore</td><td>1</td></tr></table></div>")
    );
}

#[test]
fn cells_of_a_table_have_all_their_letters() {
    // Lam and alef are one column in a text, but two in a row of cells.
    let cells = vec![0..6, 9..15];
    let found = elements(vec![
        (1, 0, Item::Begin(Role::Table)),
        (1, 0, Item::Begin(Role::TableRow { is_header: true, cells })),
        (1, 0, text("الاسم  │ القيمة")),
        (1, 0, Item::End),
        (1, 2, Item::End),
    ]);
    assert!(found.contains("القيمة</"), "{found}");
}

#[test]
fn code_keeps_its_indentation_and_can_be_copied() {
    let code = Role::Code { language: "c".into(), text: "if (x)\n    y </script>;".into() };
    let whole = document(
        vec![(
            "",
            vec![page_of(vec![
                (9, 0, Item::Begin(code)),
                (1, 0, Item::Begin(Role::CodeLine)),
                (1, 0, text("if (x)")),
                (1, 0, Item::End),
                (1, 1, Item::Begin(Role::CodeLine)),
                (1, 1, Item::Text(Line::from(vec!["    ".into(), "y".bold(), " z".into()]).into())),
                (1, 1, Item::End),
                (1, 0, Item::End),
            ])],
        )],
        &[],
    );
    assert!(whole.contains("--x:1;--y:1\">    <span class=\"s0\">y</span> z</span>"), "{whole}");
    assert!(whole.contains("<button class=\"copy\" data-code=\"0\""));
    assert!(whole.contains(r#"["if (x)\n    y \u003c/script>;"]"#));
}

#[test]
fn blank_rows_of_outputs_stay_in_the_flowing_text() {
    let rows = [(1, text("one")), (2, text("two")), (5, text("five"))];
    let rows = rows.into_iter().map(|(y, row)| (1, y, row));
    let items = std::iter::once((1, 1, Item::Begin(Role::Output))).chain(rows);
    let items = items.chain([(1, 6, Item::End), (1, 7, text("after"))]).collect();
    let whole = document(vec![("", vec![page_of(items)])], &[]);
    for row in ["--y:1\">one", "--y:2\">two", "--y:5;--g:2\">five", "--y:7\">after"] {
        assert!(whole.contains(row), "{row}: {whole}");
    }
    assert!(whole.contains("<pre class=\"out\" style=\"--b:#141414\">"), "{whole}");
}

#[test]
fn drawn_characters_keep_their_places_in_the_flowing_text() {
    let bullet = [(1, 2, Item::Begin(Role::Decoration)), (1, 2, text("▌")), (1, 2, Item::End)];
    let rows = [(3, 2, text("┌─┐")), (3, 3, text("│a│")), (3, 4, text("└─┘ b"))];
    for role in [Role::Output, Role::Drawing] {
        let items = std::iter::once((3, 2, Item::Begin(role)));
        let items = items.chain(bullet.clone()).chain(rows.clone()).chain([(0, 5, Item::End)]);
        let whole = document(vec![("", vec![page_of(items.collect())])], &[]);
        assert!(whole.contains("--X:3;--Y:2;--w:5;--h:3\"><svg"), "{whole}");
        assert!(whole.contains("viewBox=\"30 40 50 60\""), "{whole}");
        assert!(
            whole.contains("<g id=\"d1\">") && whole.contains("<use href=\"#d1\"/>"),
            "{whole}"
        );
    }
    let blanks = Line::from(vec![" ".on_red(), "  ".on_blue()]);
    let areas = vec![
        (3, 2, Item::Begin(Role::Output)),
        (3, 2, Item::Text(blanks.into())),
        (3, 3, Item::End),
    ];
    let whole = document(vec![("", vec![page_of(areas)])], &[]);
    assert!(whole.contains("<pre class=\"out g\" style=\"--X:3;--Y:2;--w:3;--h:1\">"), "{whole}");
    let plain = vec![(3, 2, Item::Begin(Role::Output)), (3, 2, text("a - b")), (3, 3, Item::End)];
    let whole = document(vec![("", vec![page_of(plain)])], &[]);
    assert!(!whole.contains("<use"), "{whole}");
}

#[test]
fn cards_do_not_shade_single_words_of_the_flowing_text() {
    let card = Style::new().bg(Color::Rgb(50, 50, 60));
    let fill = Item::Fill { width: 20, height: 2, style: card };
    let inline = Style::new().bg(Color::Rgb(60, 60, 60));
    let page = page_of(vec![
        (1, 1, fill),
        (3, 1, Item::Text(Line::styled("on a card", card).into())),
        (3, 5, Item::Text(Line::styled("inline code", inline).into())),
    ]);
    let whole = document(vec![("", vec![page])], &[]);
    assert!(!whole.contains("--b:#32323c"), "{whole}");
    assert!(whole.contains("--b:#3c3c3c"), "{whole}");
}

#[test]
fn emoji_and_ideographs_have_their_own_classes() {
    let whole = document(vec![("", vec![page_of(vec![(1, 1, text("☕漢☆"))])])], &[]);
    for class in ["w e\" style=\"--w:2\">☕", "w c\" style=\"--w:2\">漢", "w\" style=\"--w:1\">☆"]
    {
        assert!(whole.contains(class), "{class}: {whole}");
    }
}

#[test]
fn words_whose_letters_join_are_one_element() {
    let whole = document(vec![("", vec![page_of(vec![(1, 1, text("a नमत b"))])])], &[]);
    assert!(whole.contains("w j\" style=\"--w:3\">नमत</span> b"), "{whole}");
}

#[test]
fn footer_is_marked() {
    let mut page = page_of(vec![(1, 1, text("body"))]);
    page.scene.frame = vec![PlacedItem { x: 1, y: 9, item: text("footer") }];
    page.buffer.set_string(1, 9, "footer", Style::new());
    let whole = document(vec![("", vec![page])], &[]);
    let footer = whole.split("<div class=\"k\">").nth(1).unwrap();
    let footer = footer.split("</div>").next().unwrap();
    assert!(footer.contains("footer") && !footer.contains("body"), "{whole}");
}

#[test]
fn pictures_are_embedded_once_and_have_a_text() {
    let key = crate::layout::PictureKey::File { base: "".into(), source: "a.gif".into() };
    let picture =
        |alt: &str| Item::Picture { width: 4, height: 2, key: key.clone(), alt: alt.into() };
    let items = vec![(3, 0, picture("a \"cat\"")), (9, 4, picture(""))];
    let page = page_of(items);
    let whole = document(vec![("", vec![page.clone()]), ("", vec![page])], &[]);
    assert_eq!(whole.matches("data:image/gif;base64,").count(), 1);
    assert_eq!(whole.matches("aria-label=\"a &quot;cat&quot;\" class=\"i p0\"").count(), 2);
    assert_eq!(whole.matches("aria-label=\"a.gif\"").count(), 2);
}

#[test]
fn addresses_are_links() {
    let found = elements(vec![(0, 0, text("see https://pyo3.rs/a?b&c now"))]);
    assert_eq!(
        found,
        "see <a href=\"https://pyo3.rs/a?b&amp;c\">https://pyo3.rs/a?b&amp;c</a> now</div>"
    );
}

#[test]
fn only_wanted_notes_are_in_the_page() {
    let page = || vec![("", vec![page_of(vec![])])];
    let with = document(page(), &["say <this>"]);
    assert!(with.contains("<p>say &lt;this&gt;</p>") && with.contains("class=\"dark has-notes\""));
    assert!(!document(page(), &[]).contains("<aside"));
}
