//! Tests of panes: visible parts of long outputs, tables and terminals, and search matches.

use ratatui::style::Modifier;
use rstest::rstest;
use tui_input::InputRequest;

use super::*;
use crate::layout::tests::{Fixture, cell, drawing, folded, item, list, rows, table_of, written};
use crate::run::{Emulator, MarkdownOutput, Outcome, OutputValue, State};

const VIEW: PaneView<'static> =
    PaneView { cell: CellId(0), top: None, left: 0, query: "", current: None, typed: None };

fn fixture(run: CellRun, (columns, rows): (u16, u16)) -> Fixture {
    Fixture::new(vec![cell("x")]).size(columns, rows).run(run)
}

fn numbered(count: usize) -> CellRun {
    let mut run = written((1..=count).map(|line| format!("line {line}")));
    run.state = State::Ended(Outcome::Exited(0));
    run
}

/// Returns the visible rows of the body, and the bar.
fn screen(pane: &PaneScene) -> String {
    let Scene { size, body, frame, .. } = &pane.scene;
    let shown = body.iter().filter(|placed| !matches!(placed.item, Item::Cell { .. }));
    let onto_screen = |placed: &PlacedItem| {
        Some(PlacedItem { y: placed.y.checked_sub(pane.top)?, ..placed.clone() })
    };
    let shown: Vec<_> = shown.filter_map(onto_screen).chain(frame.iter().cloned()).collect();
    assert!(shown.iter().all(|placed| placed.y < size.rows.into()), "all of it shows");
    rows(&shown, size.columns, size.rows)
}

fn looked(run: CellRun, size: (u16, u16), view: &PaneView<'_>) -> PaneScene {
    fixture(run, size).with(|inputs| pane(inputs, view))
}

/// Returns the parts of the body with this modifier.
fn marked(pane: &PaneScene, modifier: Modifier) -> Vec<String> {
    let lines = pane.scene.body.iter().filter_map(|placed| match &placed.item {
        Item::Text(line) => Some(line),
        _ => None,
    });
    let spans = lines.flat_map(|line| &line.spans);
    let spans = spans.filter(|span| span.format.style.add_modifier.contains(modifier));
    spans.map(|span| span.content.to_string()).collect()
}

#[test]
fn end_is_visible_unless_scrolled() {
    insta::assert_snapshot!(screen(&looked(numbered(100), (60, 5), &VIEW)));
    let view = PaneView { top: Some(9), ..VIEW };
    insta::assert_snapshot!(screen(&looked(numbered(100), (80, 5), &view)));
    let past = PaneView { top: Some(900), ..VIEW };
    assert_eq!(looked(numbered(100), (80, 5), &past).top, 96);
    insta::assert_snapshot!(screen(&looked(numbered(2), (80, 5), &VIEW)));
}

#[test]
fn running_block_is_followed() {
    let mut run = numbered(30);
    run.state = State::Running;
    let bar = |view: &PaneView<'_>| {
        screen(&looked(run.clone(), (80, 5), view)).lines().last().unwrap().to_owned()
    };
    assert!(bar(&VIEW).contains("running · rows 27-30 of 30 · follows"), "{}", bar(&VIEW));
    let view = PaneView { top: Some(3), ..VIEW };
    assert!(!bar(&view).contains("follows"), "{}", bar(&view));
}

#[test]
fn only_visible_rows_are_created() {
    let pane = looked(numbered(2_000), (80, 24), &PaneView { top: Some(700), ..VIEW });
    assert_eq!((pane.scene.height, pane.top), (2_000, 700));
    let texts = pane.scene.body.iter().filter(|placed| matches!(placed.item, Item::Text(_)));
    assert_eq!(texts.count(), 23);
}

#[test]
fn matches_are_found_in_wrapped_lines() {
    let run = written(["short".to_owned(), "word ".repeat(9) + "needle in it"]);
    let view = PaneView { top: Some(0), query: "needle", current: Some(0), ..VIEW };
    let pane = looked(run, (22, 6), &view);
    insta::assert_snapshot!(screen(&pane));
    assert_eq!(pane.matches, [3]);
}

#[rstest]
#[case("line 9", &[8, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98])]
#[case("LINE 7", &[])]
#[case("line 100", &[99])]
#[case("e 4.", &[])]
#[case("", &[])]
fn search_returns_rows(#[case] query: &str, #[case] expected: &[u32]) {
    let pane = looked(numbered(100), (80, 24), &PaneView { query, ..VIEW });
    assert_eq!(pane.matches, expected);
}

#[test]
fn search_is_smart_case() {
    let run = || written(["Crab crab CRAB".to_owned()]);
    let found = |query| looked(run(), (80, 5), &PaneView { query, ..VIEW }).matches.len();
    assert_eq!((found("crab"), found("Crab"), found("CRAB"), found("cRab")), (3, 1, 1, 0));
}

#[test]
fn matches_are_highlighted() {
    let view = PaneView { top: Some(0), query: "ine 1", current: Some(1), ..VIEW };
    let pane = looked(numbered(12), (80, 24), &view);
    assert_eq!(marked(&pane, Modifier::REVERSED), ["ine 1"]);
    assert_eq!(marked(&pane, Modifier::UNDERLINED), ["ine 1"; 3]);
    let bar = screen(&pane).lines().last().unwrap().to_owned();
    assert!(bar.contains("`ine 1` 2 of 4"), "{bar}");
}

#[test]
fn search_updates_while_typing() {
    let mut typed = Prompt::default();
    "ine 2".chars().for_each(|c| typed.edit(InputRequest::InsertChar(c)));
    let view = PaneView { query: typed.text(), typed: Some(&typed), ..VIEW };
    let pane = looked(numbered(30), (60, 4), &view);
    insta::assert_snapshot!(screen(&pane));
    assert_eq!(pane.matches.len(), 11);
}

#[test]
fn table_header_stays_and_columns_scroll() {
    let at = |top, left| PaneView { top: Some(top), left, ..VIEW };
    insta::assert_snapshot!(screen(&looked(table_of(5000, 9), (50, 8), &at(0, 0))));
    insta::assert_snapshot!(screen(&looked(table_of(5000, 9), (50, 8), &at(40, 2))));
    let end = looked(table_of(5000, 9), (50, 8), &at(u32::MAX, 99));
    insta::assert_snapshot!(screen(&end));
    assert_eq!(end.left, 5, "the last columns fill the room");
    let whole = looked(table_of(5, 2), (50, 20), &at(0, 7));
    assert_eq!(whole.left, 0, "nothing is hidden that could be scrolled to");
    let found = PaneView { query: "998", ..at(0, 0) };
    let found = looked(table_of(5000, 9), (50, 8), &found);
    assert_eq!(found.matches.first(), Some(&1002), "behind the text, its gap, and the head");
}

#[test]
fn values_are_stacked_and_searched() {
    let mut run = written(["before".to_owned()]);
    let blocks = vec![list(vec![item(0, "read")])];
    run.output.show_markdown(MarkdownOutput { text: "- read".into(), blocks }, None);
    run.output.show(OutputValue::Markdown("not read".into()));
    let pane = looked(run, (40, 8), &PaneView { query: "read", ..VIEW });
    insta::assert_snapshot!(screen(&pane));
    assert_eq!(pane.matches, [2, 4]);
}

#[test]
fn terminal_uses_the_whole_screen() {
    let mut emulator = Emulator::new(20, 3);
    let _ = emulator.feed(b"\x1b[2;5Hhello");
    let run = drawing(emulator);
    let mut fixture = fixture(run, (40, 12));
    let mut cell = crate::deck::Cell::default();
    cell.exec.pty = Some(crate::deck::Pty::default());
    fixture.deck.cells = vec![std::sync::Arc::new(cell)];
    let pane = fixture.with(|inputs| pane(inputs, &VIEW));
    let room = pane.scene.body.iter().find_map(|placed| match placed.item {
        Item::Terminal { width, height, id } => Some((placed.x, placed.y, width, height, id)),
        _ => None,
    });
    assert_eq!(room, Some((1, 0, 38, 11, CellId(0))));
    assert!(screen(&pane).contains("\n     hello\n"), "{}", screen(&pane));
}

#[test]
fn missing_output_is_noted() {
    let pane = looked(CellRun::default(), (50, 3), &VIEW);
    insta::assert_snapshot!(screen(&pane));
    let state = State::Ended(Outcome::Exited(0));
    let pane = looked(CellRun { state, ..CellRun::default() }, (50, 3), &VIEW);
    assert!(screen(&pane).contains("no output"));
    let why = "no `foo` here: install it";
    let state = State::Ended(Outcome::NotStarted(why.to_owned()));
    let pane = looked(CellRun { state, ..CellRun::default() }, (50, 3), &VIEW);
    assert!(screen(&pane).contains(why));
}

#[test]
fn panes_fit_any_screen() {
    for size in [(1, 1), (2, 2), (3, 2), (12, 4), (300, 100)] {
        for top in [None, Some(0), Some(7), Some(u32::MAX)] {
            let mut run = table_of(40, 3);
            run.output.show(OutputValue::Picture("/somewhere/picture".into()));
            let markdown = OutputValue::Markdown("# head".into());
            run.output.show(markdown);
            let view = PaneView { top, left: 2, query: "e", current: Some(3), ..VIEW };
            let pane = looked(run, size, &view);
            assert!(pane.top <= pane.scene.height);
        }
    }
}

#[test]
fn folded_output_shows_its_amount() {
    let mut run = table_of(5000, 2);
    run.output.show(OutputValue::Picture("/somewhere/picture".into()));
    run.view.is_folded = true;
    run.state = State::Ended(Outcome::Exited(0));
    insta::assert_snapshot!(fixture(run, (50, 20)).body());
    let run = CellRun { view: folded(), ..CellRun::default() };
    assert!(!fixture(run, (50, 20)).body().contains("folded"), "there is nothing to fold");
}
