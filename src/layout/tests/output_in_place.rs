//! Output in place of the code, and when the code is shown after all.

use super::*;

/// Creates a slide with one cell between two paragraphs.
fn between(form: OutputMode, start: Start, run: CellRun) -> Fixture {
    let blocks = vec![paragraph("before"), cell("echo hi"), paragraph("after")];
    Fixture::new(blocks).exec(form, start).run(run)
}

#[test]
fn f151_disallowed_block_shows_code_and_a_hint() {
    let run = || CellRun { state: State::NotAllowed, ..CellRun::default() };
    let replaced = between(OutputMode::Replace, Start::Auto, run());
    insta::assert_snapshot!(replaced.body(), @"

    before


              echo hi
           ⊘ may not run · ctrl-e or -X

    after
    ");
    let auto = between(OutputMode::Below, Start::Auto, run());
    assert!(auto.body().contains("⊘ may not run · ctrl-e or -x"), "{}", auto.body());
}

#[test]
fn f152_output_in_place_has_no_status() {
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
fn f152_failure_in_place_shows_output_and_status() {
    let state = State::Ended(Outcome::Exited(3));
    let failed = CellRun { state, ..written(["oh".to_owned()]) };
    insta::assert_snapshot!(between(OutputMode::Replace, Start::Auto, failed).body(), @"

    before


              oh

              ✗ exit 3 · 12 ms

    after
    ");
    let state = State::Ended(Outcome::NotStarted("`fish` is not installed".to_owned()));
    let missing = CellRun { state, ..written([]) };
    insta::assert_snapshot!(between(OutputMode::Replace, Start::Auto, missing).body(), @"

    before


              echo hi
            ▍    ✗ not started

          `fish` is not installed

    after
    ");
}

#[test]
fn f152_only_long_runs_in_place_show_a_status() {
    let running = |millis| CellRun {
        state: State::Running,
        elapsed: Duration::from_millis(millis),
        ..CellRun::default()
    };
    let body = |millis| between(OutputMode::Replace, Start::Auto, running(millis)).body();
    assert!(!body(100).contains("running"), "{}", body(100));
    assert!(body(800).contains("● running"), "{}", body(800));
}

#[test]
fn f154_picture_replaces_its_code() {
    let file = Path::new("/tmp/talk/picture-1");
    let mut run = written([]);
    run.output.picture = Some(file.to_owned());
    let mut made = between(OutputMode::Picture, Start::Auto, run);
    let key = PictureKey::of_file(file);
    made.measures.pictures.insert(key.clone(), Ok(PixelSize { width: 100, height: 80 }));
    let scene = made.scene();
    let found = scene.body.iter().find_map(|placed| match &placed.item {
        Item::Picture { width, height, key, .. } => Some((*width, *height, key.clone())),
        _ => None,
    });
    assert_eq!(found, Some((10, 4, key.clone())));
    let refusal = PictureProblem {
        why: "it is not a PNG, JPEG or GIF file".to_owned(),
        hint: None,
        at: None,
    };
    made.measures.pictures.insert(key, Err(refusal));
    insta::assert_snapshot!(made.body(), @"

    before

    ┌──────────────────────────────────┐
    │ it is not a PNG, JPEG or GIF     │
    │ file                             │
    └──────────────────────────────────┘

    after
    ");
}

#[test]
fn f163_validated_block_is_plain_code() {
    let checked = between(OutputMode::Below, Start::OnCheck, CellRun::default());
    assert!(!checked.body().contains("not run"), "{}", checked.body());
}

#[test]
fn f167_bare_output_in_place_is_centred() {
    let bare = CodeBlock { cell: Some(CellId(0)), no_background: true, ..code("echo hi") };
    let fixture = Fixture::new(vec![paragraph("left"), block(BlockKind::Code(Box::new(bare)))])
        .exec(OutputMode::Replace, Start::Auto)
        .run(written(["centred".to_owned()]));
    insta::assert_snapshot!(fixture.body(), @"

    left

                  centred
    ");
}
