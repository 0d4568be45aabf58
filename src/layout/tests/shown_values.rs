//! Displayed values: data tables, pictures, markdown.

use super::*;

#[test]
fn data_table_counts_omitted_rows() {
    let fixture = Fixture::new(vec![cell("x")]).size(44, 24).run(table_of(5000, 9));
    insta::assert_snapshot!(fixture.body());
    let mut scrolled = table_of(5000, 9);
    scrolled.view.scroll.insert(1, 990);
    let fixture = Fixture::new(vec![cell("x")]).size(44, 24).run(scrolled);
    insta::assert_snapshot!(fixture.body());
}

#[test]
fn small_data_table_is_complete() {
    let fixture = Fixture::new(vec![cell("x")]).size(60, 24).run(table_of(2, 2));
    insta::assert_snapshot!(fixture.body());
    let none = Fixture::new(vec![cell("x")]).size(60, 24).run(table_of(0, 1));
    assert!(none.body().contains("column 0"), "{}", none.body());
}

#[test]
fn values_fit_any_size() {
    for size in [(1, 1), (3, 2), (12, 4), (300, 100)] {
        let mut run = table_of(40, 3);
        run.output.show(OutputValue::Picture("/somewhere/picture".into()));
        let blocks = vec![paragraph("# head")];
        run.output.show_markdown(MarkdownOutput { text: "# head".into(), blocks }, None);
        Fixture::new(vec![cell("x")]).size(size.0, size.1).run(run).body();
    }
}

#[test]
fn displayed_markdown_looks_like_a_slide() {
    let mut run = written(["before".to_owned()]);
    let blocks = vec![list(vec![item(0, "read")])];
    run.output.show_markdown(MarkdownOutput { text: "- read".into(), blocks }, None);
    run.output.show(OutputValue::Markdown("- not *read*".into()));
    let fixture = Fixture::new(vec![cell("x")]).size(44, 20).run(run);
    insta::assert_snapshot!(fixture.body());
}

#[test]
fn text_after_named_text_is_a_part_of_its_own() {
    use crate::run::DisplayName;
    let mut run = written(["before".to_owned()]);
    let name = DisplayName { id: "a".into(), is_update: false };
    run.output.show_as(OutputValue::Text("named".into()), Some(&name));
    run.output.feed(b"after\nlast");
    let fixture = Fixture::new(vec![cell("x")]).size(44, 20).run(run);
    insta::assert_snapshot!(fixture.body());
}
