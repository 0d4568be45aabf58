//! Output in place of the code that made it, and when the code shows after all.

use super::*;

/// A slide with one cell of this form, in this state, between two paragraphs.
fn between(form: OutputMode, start: Start, run: CellRun) -> Fixture {
    let blocks = vec![paragraph("before"), cell("echo hi"), paragraph("after")];
    Fixture::new(blocks).exec(form, start).run(run)
}

#[test]
fn f151_what_may_not_run_shows_its_code_and_what_would_allow_it() {
    let run = || CellRun { state: State::NotAllowed, ..CellRun::default() };
    let replaced = between(OutputMode::Replace, Start::Auto, run());
    insta::assert_snapshot!(replaced.body(), @"

    before


              echo hi


        — [may not run · ctrl-e or -X] —

    after
    ");
    let auto = between(OutputMode::Below, Start::Auto, run());
    assert!(auto.body().contains("[may not run · ctrl-e or -x]"), "{}", auto.body());
}

#[test]
fn f152_output_in_place_of_the_code_says_nothing_of_itself() {
    let done = between(OutputMode::Replace, Start::Auto, written(["hi".to_owned()]));
    insta::assert_snapshot!(done.body(), @"

    before


              hi


    after
    ");
    let silent = between(OutputMode::Replace, Start::Auto, written([]));
    insta::assert_snapshot!(silent.body(), @"

    before



    after
    ");
}

#[test]
fn f152_a_failure_in_place_of_the_code_shows_its_output_and_how_it_failed() {
    let state = State::Ended(Outcome::Exited(3));
    let failed = CellRun { state, ..written(["oh".to_owned()]) };
    insta::assert_snapshot!(between(OutputMode::Replace, Start::Auto, failed).body(), @"

    before


              oh


        ——— [failed: exit 3 · 12 ms] ———

    after
    ");
    let state = State::Ended(Outcome::NotStarted("`fish` is not installed".to_owned()));
    let missing = CellRun { state, ..written([]) };
    insta::assert_snapshot!(between(OutputMode::Replace, Start::Auto, missing).body(), @"

    before


              echo hi


        ———————— [not started] —————————

          `fish` is not installed

    after
    ");
}

#[test]
fn f152_a_short_run_in_place_of_the_code_shows_no_status_and_a_long_one_does() {
    let running = |millis| CellRun {
        state: State::Running,
        elapsed: Duration::from_millis(millis),
        ..CellRun::default()
    };
    let body = |millis| between(OutputMode::Replace, Start::Auto, running(millis)).body();
    assert!(!body(100).contains("running"), "{}", body(100));
    assert!(body(800).contains("running 800 ms"), "{}", body(800));
}

#[test]
fn f154_a_picture_stands_in_place_of_the_code_that_made_it() {
    let file = Path::new("/tmp/talk/picture-1");
    let run = CellRun { picture: Some(file.to_owned()), ..written([]) };
    let mut made = between(OutputMode::Picture, Start::Auto, run);
    let key = PictureKey::of_file(file);
    made.measures.pictures.insert(key.clone(), Ok(PixelSize { width: 100, height: 80 }));
    let scene = made.scene();
    let found = scene.body.iter().find_map(|placed| match &placed.item {
        Item::Picture { width, height, key } => Some((*width, *height, key.clone())),
        _ => None,
    });
    assert_eq!(found, Some((10, 4, key.clone())));
    let refusal =
        PictureProblem { why: "it is no PNG, JPEG or GIF picture".to_owned(), hint: None };
    made.measures.pictures.insert(key, Err(refusal));
    insta::assert_snapshot!(made.body(), @"

    before

    ┌──────────────────────────────────┐
    │ it is no PNG, JPEG or GIF        │
    │ picture                          │
    └──────────────────────────────────┘

    after
    ");
}

#[test]
fn f163_what_only_a_check_runs_is_plain_code() {
    let checked = between(OutputMode::Below, Start::OnCheck, CellRun::default());
    assert!(!checked.body().contains("not run"), "{}", checked.body());
}

#[test]
fn f167_bare_output_in_place_of_the_code_stands_in_the_middle() {
    let bare = CodeBlock { cell: Some(CellId(0)), no_background: true, ..code("echo hi") };
    let fixture = Fixture::new(vec![paragraph("left"), block(BlockKind::Code(Box::new(bare)))])
        .exec(OutputMode::Replace, Start::Auto)
        .run(written(["centred".to_owned()]));
    insta::assert_snapshot!(fixture.body(), @"

    left

                  centred
    ");
}
