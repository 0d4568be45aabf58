//! Tests of the card, and of benchmarks without one.

use std::sync::Arc;

use rstest::rstest;

use crate::deck::{Cell, CellId, ExecSpec, OutputPlace, SlideNo, Step};
use crate::layout::Item;
use crate::layout::tests::{Fixture, cell_of};
use crate::run::{CellRun, Outcome, OutputValue, RunId, Sampling, SessionLink, State, Timing};

fn timing(timed: &str, median: f64) -> Timing {
    let (low, high) = (median * 0.97, median * 1.02);
    let (calls, samples, total) = (3_257, 50, 1.02e9);
    Timing { timed: timed.into(), calls, samples, total, median, low, high, is_empty: false }
}

/// Creates a run that took this many nanoseconds per call.
fn took(timed: &str, median: f64) -> CellRun {
    let mut run = ended(Outcome::Exited(0));
    run.output.show(OutputValue::Timing(timing(timed, median)));
    run
}

fn ended(outcome: Outcome) -> CellRun {
    CellRun { run: RunId(1), state: State::Ended(outcome), ..CellRun::default() }
}

/// Creates a slide with a contender in each of these languages.
fn bench(languages: &[&str]) -> Fixture {
    let blocks = (0..).zip(languages).map(|(id, _)| cell_of(id, "f(10_000)")).collect();
    let mut fixture = Fixture::new(blocks).size(80, 24);
    let cell = |(id, language): (u32, &&str)| {
        let exec = ExecSpec { bench: Some("f".into()), ..ExecSpec::default() };
        let id = CellId(id);
        Arc::new(Cell { id, language: (*language).into(), exec, ..Cell::default() })
    };
    fixture.deck.cells = (0..).zip(languages).map(cell).collect();
    fixture
}

fn done() -> Fixture {
    let python = took("primes(10_000)", 20.3e6);
    bench(&["python", "rust"]).run(python).run_of(1, took("primes(10_000)", 307e3))
}

#[test]
fn card_is_below_the_last_contender() {
    insta::assert_snapshot!(done().body());
}

#[test]
fn card_grows_as_contenders_finish() {
    let waits = SessionLink { waits: true, ..SessionLink::default() };
    let queued = CellRun { state: State::Queued, wanted: true, link: waits, ..CellRun::default() };
    let failed = ended(Outcome::Raised);
    let contenders = bench(&["python", "rust", "python", "rust"]).run(took("f(10_000)", 20.3e6));
    let contenders = contenders.run_of(1, failed).run_of(2, queued).run_of(3, CellRun::default());
    insta::assert_snapshot!(bench_card(&contenders.body()));
    let mut empty = timing("1 + 1", 2.0);
    empty.is_empty = true;
    let mut nothing = ended(Outcome::Exited(0));
    nothing.output.show(OutputValue::Timing(empty));
    let mut stale = took("f(9)", 2e6);
    stale.origin.is_stale = true;
    let contenders = contenders.run_of(1, nothing).run_of(2, stale);
    insta::assert_snapshot!(bench_card(&contenders.body()));
}

/// Returns the rows of the card.
fn bench_card(body: &str) -> String {
    let rows: Vec<_> = body.lines().collect();
    let first = rows.iter().position(|row| row.contains("Python")).unwrap_or(0);
    rows[first..].join("\n").trim_end().to_owned()
}

#[rstest]
#[case(120, 40)]
#[case(80, 15)]
#[case(80, 13)]
#[case(80, 10)]
#[case(70, 40)]
#[case(60, 40)]
#[case(30, 40)]
#[case(12, 40)]
#[case(1, 40)]
fn narrow_cards_show_less(#[case] columns: u16, #[case] rows: u16) {
    insta::with_settings!({snapshot_suffix => format!("{columns}x{rows}")}, {
        insta::assert_snapshot!(bench_card(&done().size(columns, rows).body()));
    });
}

#[test]
fn extreme_recorded_times_can_be_drawn() {
    for (length, median) in [(70_000, 1.0), (5, 1e300), (5, 0.0), (5, -1.0), (5, 5e-324)] {
        let strange = took(&"x".repeat(length), median);
        let contenders = bench(&["python", "rust"]).run(strange.clone());
        let body = contenders.run_of(1, took("f", 20.0)).body();
        assert!(body.contains("Rust"), "{body}");
    }
}

#[test]
fn fastest_contender_has_the_success_colour() {
    let mut empty = timing("1 + 1", 2.0);
    empty.is_empty = true;
    let mut nothing = ended(Outcome::Exited(0));
    nothing.output.show(OutputValue::Timing(empty));
    let contenders = bench(&["python", "rust", "rust"]).run(took("f(9)", 20.3e6));
    let contenders = contenders.run_of(1, took("f(9)", 307e3)).run_of(2, nothing);
    let scene = contenders.scene();
    let theme = contenders.with(|inputs| inputs.theme.output.clone());
    let bars = scene.body.iter().filter_map(|placed| match &placed.item {
        // The card's edge and the digits are lines of one style.
        Item::Text(line) if line.spans.len() > 1 => line
            .spans
            .iter()
            .find(|span| span.content.contains(['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉'])),
        _ => None,
    });
    let styles: Vec<_> = bars.map(|span| span.format.style).collect();
    assert_eq!(styles, [theme.running, theme.success, theme.running]);
}

#[test]
fn bars_grow_while_they_are_timed() {
    let mut run = CellRun { state: State::Running, ..CellRun::default() };
    let lengths = [100, 500, 1000].map(|done| {
        run.output.sample(Sampling { done, timing: timing("f(1)", 20.3e6) });
        let body = bench(&["python", "rust"]).run(run.clone()).body();
        assert!(body.contains("● 20.3 ms") && body.contains("not run"), "{body}");
        body.matches('█').count()
    });
    assert!(lengths.is_sorted() && lengths[0] * 9 < lengths[2], "{lengths:?}");
    run.state = State::Ended(Outcome::Stopped);
    let body = bench(&["python", "rust"]).run(run).body();
    assert!(body.contains("■ stopped") && !body.contains("20.3 ms"), "{body}");
}

#[test]
fn result_of_a_contender_is_only_in_the_card() {
    let body = done().body();
    assert_eq!(body.matches("19.7–20.7 ms").count(), 1, "{body}");
    let mut contenders = done();
    let mut last = (*contenders.deck.cells[1]).clone();
    last.exec.place = OutputPlace::Nowhere;
    contenders.deck.cells[1] = Arc::new(last);
    let body = contenders.body();
    assert!(body.contains("timed primes(10_000)") && !body.contains("Python"), "{body}");
}

#[test]
fn contenders_on_other_slides_appear_once_run() {
    let mut contenders = bench(&["python", "rust"]);
    contenders.deck.slides[0].blocks.truncate(1);
    let other = Arc::make_mut(&mut contenders.deck.cells[1]);
    other.slide = SlideNo::new(1);
    let contenders = contenders.run(took("f(1)", 20.3e6));
    assert!(!contenders.body().contains("Rust"), "{}", contenders.body());
    assert!(contenders.run_of(1, took("f(1)", 3e3)).body().contains("Rust"));
}

#[test]
fn card_is_below_the_last_visible_contender() {
    let mut contenders = done();
    Arc::make_mut(&mut contenders.deck.cells[1]).step = Step(3);
    contenders.deck.slides[0].blocks[1].step = Step(3);
    assert!(bench_card(&contenders.body()).contains("Rust"));
    let before = contenders.step(0).body();
    assert!(bench_card(&before).contains("Python  "), "{before}");
}

#[test]
fn no_card_before_the_first_run() {
    assert!(!bench(&["python", "rust"]).body().contains("Python"));
}
