//! Executable blocks: status, output, input.

use ratatui::style::Color;

use super::*;
use crate::deck::Pty;
use crate::run::{Emulator, OutputView, Prompt};

#[test]
fn cell_that_never_ran_shows_a_status_line() {
    let mut fixture = Fixture::new(vec![cell("print(1)"), paragraph("after")]);
    fixture.focus = Some(CellId(0));
    insta::assert_snapshot!(fixture.body(), @"

            ╭──────────────────╮
            │ print(1)         │
             ▸ ◌ not run · ctrl-e

    after
    ");
}

#[test]
fn output_is_below_the_status() {
    let fixture = Fixture::new(vec![cell("print(1)"), paragraph("after")])
        .run(written(["1".to_owned(), "a second line, wider than the code".to_owned()]));
    insta::assert_snapshot!(fixture.body(), @"


              print(1)
      ▍                      ✓ 12 ms
      ▍ 1
      ▍ a second line, wider than
      ▍↳the code
      ▍

    after
    ");
    let scene = fixture.scene();
    assert_eq!(scene.extent_of(CellId(0)), Some(1..8));
    let output_at = |row, scroll| scene.output_at(12, row, scroll).is_some();
    assert_eq!(scene.cell_at(10, 3, 0), Some(CellId(0)));
    assert!(!output_at(3, 0) && output_at(4, 0) && output_at(3, 1));
}

#[test]
fn input_line_is_below_the_output() {
    let mut run = written(["Who? ".to_owned()]);
    run.state = State::Running;
    let mut prompt = Prompt::default();
    prompt.waits = true;
    run.prompt = Some(prompt.clone());
    let fixture = Fixture::new(vec![cell("input()"), paragraph("after")]).size(60, 16);
    insta::assert_snapshot!(fixture.run(run.clone()).body(), @"

                        input()
      ▍                   ● waits for input · tab, enter
      ▍ Who?
      ▍
      ▍ › tab, enter to type here
      ▍

    after
    ");
    prompt.open = true;
    "Zoë".chars().for_each(|c| prompt.edit(tui_input::InputRequest::InsertChar(c)));
    run.prompt = Some(prompt);
    let fixture = Fixture::new(vec![cell("input()"), paragraph("after")]).size(60, 16);
    insta::assert_snapshot!(fixture.run(run).body(), @"

                        input()
      ▍                                ● waits for input
      ▍ Who?
      ▍
      ▍ › Zoë
      ▍

    after
    ");
}

#[test]
fn long_output_follows_its_end_unless_scrolled() {
    let lines = || (1..=30).map(|n| format!("line {n}"));
    let fixture = Fixture::new(vec![cell("x")]).size(40, 12).run(written(lines()));
    insta::assert_snapshot!(fixture.body(), @"

      x
    ▍          ✓ 12 ms
    ▍ line 25
    ▍ line 26
    ▍ line 27
    ▍ line 28
    ▍ line 29
    ▍ line 30
    ▍ rows 25-30 of 30
    ▍
    ");
    let scrolled = CellRun {
        view: OutputView { scroll: [(0, 4)].into(), is_folded: false },
        ..written(lines())
    };
    let fixture = Fixture::new(vec![cell("x")]).size(40, 12).run(scrolled);
    insta::assert_snapshot!(fixture.body(), @"

      x
    ▍          ✓ 12 ms
    ▍ line 5
    ▍ line 6
    ▍ line 7
    ▍ line 8
    ▍ line 9
    ▍ line 10
    ▍  rows 5-10 of 30
    ▍
    ");
}

#[test]
fn f157_detached_output_looks_the_same() {
    let output = || block(BlockKind::Output(CellId(0)));
    let lay_out = |blocks, detached| {
        let mut fixture = Fixture::new(blocks).run(written(["hi".to_owned()]));
        Arc::make_mut(&mut fixture.deck.cells[0]).detached = detached;
        fixture.body()
    };
    let elsewhere = vec![cell("echo hi"), paragraph("between"), output(), output()];
    insta::assert_snapshot!(lay_out(elsewhere, true), @"

              echo hi
            ▍          ✓ 12 ms

    between

            ▍
            ▍ hi
            ▍

            ▍
            ▍ hi
            ▍
    ");
    let mut fixture = Fixture::new(vec![cell("echo hi"), paragraph("between"), output()])
        .run(written(["hi".to_owned()]));
    Arc::make_mut(&mut fixture.deck.cells[0]).detached = true;
    let rows = fixture.scene().extent_of(CellId(0)).unwrap();
    assert_eq!(rows, 1..10, "includes the detached output");
    let behind = |detached, blocks| {
        let mut fixture = Fixture::new(blocks).run(written(["hi".to_owned()]));
        fixture.theme.output.shape = crate::theme::OutputShape::Rule;
        Arc::make_mut(&mut fixture.deck.cells[0]).detached = detached;
        fixture.body()
    };
    let attached = behind(false, vec![cell("echo hi")]);
    assert_eq!(behind(true, vec![cell("echo hi"), output()]), attached);
}

/// Returns the colours of the text `word` on the slide.
fn colors_of(fixture: &Fixture, word: &str) -> Vec<Option<Color>> {
    let scene = fixture.scene();
    let texts = scene.body.iter().filter_map(|placed| match &placed.item {
        Item::Text(line) => Some(line.spans.clone()),
        _ => None,
    });
    texts.flatten().filter(|span| span.content == word).map(|span| span.format.style.fg).collect()
}

#[test]
fn output_and_terminals_have_the_themes_colours() {
    let expected = [Some(Color::Rgb(1, 2, 3))];
    let with_ansi = |run| {
        let mut fixture = Fixture::new(vec![cell("x")]).run(run);
        fixture.theme.palette.ansi = Some([Color::Rgb(1, 2, 3); 16]);
        fixture.theme.output.minimum_contrast = 1.0;
        fixture
    };
    let output = with_ansi(written(["\x1b[31mred\x1b[m".to_owned()]));
    assert_eq!(colors_of(&output, "red"), expected);
    let mut emulator = Emulator::new(20, 3);
    let _ = emulator.feed(b"\x1b[31mred\x1b[m");
    let run = drawing(emulator);
    let mut terminal = with_ansi(run);
    let pty = Some(Pty { standby: false, size: Some((20, 3)) });
    let exec = ExecSpec { pty, ..ExecSpec::default() };
    terminal.deck.cells = vec![Arc::new(Cell { exec, ..Cell::default() })];
    assert_eq!(colors_of(&terminal, "red"), expected);
}

#[test]
fn focused_block_has_a_frame() {
    let mut fixture = Fixture::new(vec![cell("print(1)")])
        .size(60, 12)
        .run(written(["a line that is much wider than the code".to_owned()]));
    fixture.focus = Some(CellId(0));
    insta::assert_snapshot!(fixture.body(), @"

    ╭─────────────────────────────────────────╮
    │        print(1)                         │
    ╰────────────────────────────── ▸ ✓ 12 ms ╯
    ▍ a line that is much wider than the code
    ▍
    ");
}

#[test]
fn rule_puts_the_status_between_code_and_output() {
    let mut fixture = Fixture::new(vec![cell("print(1)")]).run(written(["1".to_owned()]));
    let rows = |fixture: &Fixture| fixture.scene().height;
    let card = rows(&fixture);
    fixture.theme.output.shape = crate::theme::OutputShape::Rule;
    insta::assert_snapshot!(fixture.body(), @"

          print(1)


    ————————— [done 12 ms] —————————


          1
    ");
    assert_eq!(rows(&fixture), card + 4);
}

#[test]
fn card_does_not_move_when_it_runs() {
    let height = |run| Fixture::new(vec![cell("print(1)"), paragraph("after")]).run(run).body();
    let states = [State::NotRun, State::Running, State::Ended(Outcome::Exited(0))];
    let bodies = states.map(|state| height(CellRun { state, ..CellRun::default() }));
    let code = |body: &String| body.lines().position(|line| line.contains("print(1)"));
    let after = |body: &String| body.lines().position(|line| line.contains("after"));
    assert!(bodies.iter().all(|body| code(body) == code(&bodies[0])), "{bodies:?}");
    assert!(bodies.iter().all(|body| after(body) == after(&bodies[0])), "{bodies:?}");
}

#[test]
fn failed_build_shows_its_first_error_first() {
    let lines = |count: usize| {
        let errors = (1..=count).map(|line| format!("error: number {line}"));
        std::iter::once("warning: unused".to_owned()).chain(errors)
    };
    let body = |outcome| {
        let run = CellRun { state: State::Ended(outcome), ..written(lines(40)) };
        Fixture::new(vec![cell("x")]).run(run).body()
    };
    let first = |body: &str| body.lines().find(|line| line.contains("number")).unwrap().to_owned();
    for outcome in [Outcome::NotCompiled, Outcome::Exited(1)] {
        let body = body(outcome);
        assert!(first(&body).ends_with("error: number 1") && !body.contains("warning"), "{body}");
    }
    assert!(body(Outcome::Exited(0)).contains("error: number 40"));
}

/// Only symbols and words: what a terminal without colours shows.
#[test]
fn states_differ_without_colours() {
    let ended = |outcome| CellRun { state: State::Ended(outcome), ..CellRun::default() };
    let runs = [
        CellRun::default(),
        CellRun { state: State::Queued, wanted: true, ..CellRun::default() },
        CellRun { state: State::Running, ..CellRun::default() },
        ended(Outcome::Exited(0)),
        ended(Outcome::Exited(3)),
        ended(Outcome::TimedOut),
        ended(Outcome::Stopped),
        CellRun { origin: stale(), ..ended(Outcome::Exited(0)) },
        CellRun { origin: recorded("2026-11-23"), ..ended(Outcome::Exited(0)) },
    ];
    let blocks = (0..).zip(&runs).map(|(id, _)| cell_of(id, "run()")).collect();
    let mut fixture = Fixture::new(blocks).size(60, 60);
    let cell = |id| Arc::new(Cell { id: CellId(id), ..Cell::default() });
    fixture.deck.cells = (0..).zip(&runs).map(|(id, _)| cell(id)).collect();
    for (id, run) in (0..).zip(runs) {
        fixture = fixture.run_of(id, run);
    }
    fixture.focus = Some(CellId(3));
    insta::assert_snapshot!(fixture.body());
}
