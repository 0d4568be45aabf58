//! Tables of the deck: columns, borders, and narrowing.

use super::*;

#[test]
fn headers_are_aligned_like_their_columns() {
    let aligns = [Some(Align::Center), Some(Align::Right), None];
    let table = table(&[&["a", "b", "c"], &["xxxx", "yyy", "z"], &["only"]], &aligns);
    let fixture = Fixture::new(vec![block(BlockKind::Table(table))]);
    insta::assert_snapshot!(fixture.body(), @"

     a   │   b │ c
    ─────┼─────┼──
    xxxx │ yyy │ z
    only │     │
    ");
}

#[test]
fn wide_table_wraps_its_cells() {
    let table = table(
        &[&["id", "what it is"], &["1", "a cell with more words than the row has room for"]],
        &[],
    );
    let fixture = Fixture::new(vec![block(BlockKind::Table(table)), paragraph("after")]);
    insta::assert_snapshot!(fixture.body(), @"

    id │ what it is
    ───┼────────────────────────────────
    1  │ a cell with more words than the
         row has room for

    after
    ");
}

#[test]
fn f070_table_with_many_columns_is_running_text() {
    let words = ["alphabet", "betatron", "gammaray", "deltawing", "epsilons", "zetaform"];
    let table = |columns: usize| {
        let cells: Vec<_> = words[..columns].iter().map(|word| text(word)).collect();
        let row = TableRow { cells: cells.clone(), step: Step(0) };
        block(BlockKind::Table(Table { aligns: vec![], header: cells, rows: vec![row] }))
    };
    insta::assert_snapshot!(Fixture::new(vec![table(5)]).size(40, 12).body(), @"

    alphabet │ betatron │ gammaray │
    deltawing │ epsilons
    ─────────┼──────────┼──────────┼────
    ───────┼─────────
    alphabet │ betatron │ gammaray │
    deltawing │ epsilons
    ");
    insta::assert_snapshot!(Fixture::new(vec![table(4)]).size(30, 12).body(), @"

    alphabet │ betatron │
    gammaray │ deltawing
    ─────────┼──────────┼─────
    ─────┼──────────
    alphabet │ betatron │
    gammaray │ deltawing
    ");
    insta::assert_snapshot!(Fixture::new(vec![table(3)]).size(26, 12).body(), @"

    alpha │ betat │ gammar
    bet   │ ron   │ ay
    ──────┼───────┼───────
    alpha │ betat │ gammar
    bet   │ ron   │ ay
    ");
}
