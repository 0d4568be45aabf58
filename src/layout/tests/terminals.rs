//! Terminals on the slide and their frames.

use rstest::rstest;

use super::own_look::framed;
use super::*;
use crate::deck::{OutputPlace, Pty};
use crate::theme::OutputShape;

/// Lets the block of a fixture run this code on a terminal, which has drawn `hello`.
fn on_terminal(fixture: Fixture, text: &str, size: Option<(u16, u16)>) -> Fixture {
    let (columns, rows) = size.unwrap_or((30, 5));
    let mut emulator = Emulator::new(columns, rows);
    let _ = emulator.feed(b"hello");
    let mut fixture = fixture.run(drawing(emulator));
    let exec = ExecSpec { pty: Some(Pty { standby: false, size }), ..ExecSpec::default() };
    fixture.deck.cells = vec![Arc::new(Cell { exec, ..Cell::default() })];
    let code = CodeBlock { language: "bash".into(), cell: Some(CellId(0)), ..code(text) };
    fixture.deck.slides[0].blocks[0] = block(BlockKind::Code(Box::new(code)));
    fixture
}

fn exec(fixture: &mut Fixture) -> &mut ExecSpec {
    &mut Arc::make_mut(&mut fixture.deck.cells[0]).exec
}

/// Returns first column and columns of the line that ends a frame.
fn last_line(scene: &Scene) -> (u16, u16) {
    let mut ends = scene.body.iter().filter_map(|placed| match &placed.item {
        Item::Text(line) if line.to_string().starts_with('╰') => {
            Some((placed.x, line.to_string().chars().count() as u16))
        }
        _ => None,
    });
    ends.next_back().unwrap()
}

/// Returns first column and columns of the box of the code.
fn code_box(scene: &Scene) -> (u16, u16) {
    let fill = |placed: &PlacedItem| match placed.item {
        Item::Fill { width, .. } => Some((placed.x, width)),
        _ => None,
    };
    scene.body.iter().find_map(fill).unwrap()
}

fn terminal(scene: &Scene) -> (u16, u16, u16) {
    let area = |placed: &PlacedItem| match placed.item {
        Item::Terminal { width, height, .. } => Some((placed.x, width, height)),
        _ => None,
    };
    scene.body.iter().find_map(area).unwrap()
}

/// Returns the columns of other output of the same block.
fn columns_of_output(mut fixture: Fixture) -> u16 {
    exec(&mut fixture).pty = None;
    let wide = written(["x".repeat(500)]);
    let fixture = fixture.run(wide);
    let columns = |placed: &PlacedItem| match placed.item {
        Item::Cell { columns, .. } => Some(columns),
        _ => None,
    };
    fixture.scene().body.iter().find_map(columns).unwrap()
}

#[rstest]
fn terminal_frame_is_on_the_edges_of_its_code(
    #[values((80, 24), (120, 40), (200, 50))] size: (u16, u16),
    #[values(None, Some((60, 6)), Some((20, 4)))] asked: Option<(u16, u16)>,
    #[values(false, true)] is_own_look: bool,
    #[values(false, true)] is_focused: bool,
) {
    let blocks = || vec![cell("")];
    let make = || {
        let plain = if is_own_look { framed(blocks()) } else { Fixture::new(blocks()) };
        let mut fixture = on_terminal(plain.size(size.0, size.1), "top -d 1", asked);
        fixture.focus = is_focused.then_some(CellId(0));
        fixture
    };
    let scene = make().scene();
    let (x, width) = code_box(&scene);
    assert_eq!(last_line(&scene), (x, width), "{}", make().body());
    let (first, columns, _) = terminal(&scene);
    assert_eq!(columns, asked.map_or_else(|| columns_of_output(make()), |(columns, _)| columns));
    assert!(first > x && first + columns < x + width, "the program is inside");
}

#[test]
fn terminal_frame_has_command_and_key() {
    let running = on_terminal(framed(vec![cell("")]).size(56, 14), "top -d 1", Some((20, 3)));
    insta::assert_snapshot!(running.body(), @"

    ╭─ bash ───────────────────────────────────────────────╮
    │ top -d 1                                             │
    ├─ top -d 1 ─────────── ● running · tab, enter to type ┤
    ┃ hello                                                │
    ┃                                                      │
    ┃                                                      │
    ╰──────────────────────────────────────────────────────╯
    ");
    let standby = |text: &str| {
        let mut fixture = on_terminal(Fixture::new(vec![cell("")]), text, None).size(56, 10);
        exec(&mut fixture).pty = Some(Pty { standby: true, size: None });
        fixture.run(CellRun::default())
    };
    insta::assert_snapshot!(standby("a\nb").body(), @"


                    a
                    b
    ╭─ bash ─────────────────── ◌ not run · ctrl-e ╮
    ┃                                              │
    ┃                                              │
    ┃                      ▶                       │
    ┃                                              │
    ┃                                              │
    ╰──────────────────────────────────────────────╯
    ");
}

#[test]
fn terminal_without_code_has_its_own_frame() {
    let make = |place| {
        let mut fixture = on_terminal(framed(vec![cell("")]), "vi notes.md", Some((20, 2)));
        exec(&mut fixture).place = place;
        fixture.size(70, 12)
    };
    let mut replaced = make(OutputPlace::Replace);
    replaced.focus = Some(CellId(0));
    insta::assert_snapshot!(replaced.body(), @"

    ╭─ bash ───────────── ▸ ● running · tab, enter to type ╮
    ┃ hello                                                │
    ┃                                                      │
    ╰──────────────────────────────────────────────────────╯
    ");
    insta::assert_snapshot!(make(OutputPlace::Right).body(), @"

    ╭─ bash ─────────────────────────╮  ╭─ vi notes.md ──────────────────╮
    │ vi notes.md                    │  ┃ hello                          │
    ╰ ● running · tab, enter to type ╯  ┃                                │
                                        ╰────────────────────────────────╯
    ");
    let mut rule = make(OutputPlace::Below);
    rule.theme.output.shape = OutputShape::Rule;
    insta::assert_snapshot!(rule.body(), @"

    ╭─ bash ─────────────────────────────────────────────────────────────╮
    │ vi notes.md                                                        │
    ╰────────────────────────────────────────────────────────────────────╯

    ——————————————————— [running · tab, enter to type] ———————————————————

    ╭─ vi notes.md ──────────────────────────────────────────────────────╮
    ┃ hello                                                              │
    ┃                                                                    │
    ╰────────────────────────────────────────────────────────────────────╯
    ");
}

#[test]
fn detached_terminal_is_only_at_its_place() {
    let mut fixture = on_terminal(framed(vec![cell("")]), "top", Some((20, 2))).size(40, 20);
    Arc::make_mut(&mut fixture.deck.cells[0]).detached = true;
    fixture.deck.slides[0].blocks.push(paragraph("text"));
    fixture.deck.slides[0].blocks.push(block(BlockKind::Output(CellId(0))));
    insta::assert_snapshot!(fixture.body(), @"

    ╭─ bash ───────────────────────────────╮
    │ top                                  │
    ╰────── ● running · tab, enter to type ╯

    text

    ╭─ top ────────────────╮
    ┃ hello                │
    ┃                      │
    ╰──────────────────────╯
    ");
}

#[test]
fn terminal_gives_up_columns_only_without_space() {
    let columns = |asked, screen| {
        let fixture = on_terminal(framed(vec![cell("")]), "top", Some((asked, 4)));
        let scene = fixture.size(screen, 24).scene();
        let (_, columns, _) = terminal(&scene);
        (columns, last_line(&scene).1)
    };
    let whole = columns(500, 80);
    assert_eq!(whole.0 + 2, whole.1, "only the frame is beside it");
    assert_eq!(columns(whole.0, 80), whole);
    assert_eq!(columns(whole.0 - 2, 80), (whole.0 - 2, whole.1));
}

#[test]
fn terminals_can_be_laid_out_at_any_size() {
    for (columns, rows) in [(1, 1), (2, 2), (3, 2), (6, 3), (26, 5), (300, 100)] {
        for asked in [None, Some((2, 1)), Some((1000, 300))] {
            for place in [OutputPlace::Below, OutputPlace::Right, OutputPlace::Replace] {
                let mut fixture = on_terminal(framed(vec![cell("")]), "a\tb\u{7}", asked);
                exec(&mut fixture).place = place;
                let scene = fixture.size(columns, rows).scene();
                assert!(terminal(&scene).1 <= columns);
            }
        }
    }
}

#[test]
fn long_command_leaves_space_for_the_status() {
    let text = format!("echo {}", "日本 ".repeat(80));
    let body = on_terminal(framed(vec![cell("")]), &text, Some((20, 2))).size(80, 30).body();
    let title = body.lines().find(|line| line.starts_with("├─ echo")).unwrap();
    assert!(title.contains("… ") && title.contains("to type"), "{title}");
}
