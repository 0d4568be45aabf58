//! The talk in this repository: no diagnostics, all slides fit 80 by 24, speaker notes for half an hour,
//! and all code runs, with and without maturin.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::shipped::{Shipped, mistakes};
use crate::harness::{Opening, PtyHarness, write_program};
use livedeck::deck::{Cursor, Slide, SlideKind, SlideNo, Step};
use livedeck::export::{Rgb, TerminalColors, svg};
use livedeck::layout::{
    Inputs, PictureKey, PictureSizes, PixelSize, Scene, Size, SlideArea, layout,
};
use livedeck::media::DocumentPicture;
use livedeck::project::LoadedDeck;
use livedeck::run::Runs;
use livedeck::view::paint;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const TALK: Shipped = Shipped("slides/talk.md");

const CHART: &str = "../pics/perf.png";

/// Words that a speaker says in a minute.
const WORDS_A_MINUTE: usize = 130;

#[test]
fn talk_has_no_diagnostics() {
    assert_eq!(mistakes(&TALK.show()), []);
}

#[test]
fn notes_take_half_an_hour() {
    let loaded = TALK.show();
    let spoken = |slide: &Slide| -> usize {
        slide.notes.iter().map(|note| note.text.split_whitespace().count()).sum()
    };
    let slides = loaded.deck.slides.iter().filter(|slide| slide.kind != SlideKind::Intro);
    let words: Vec<usize> = slides.map(spoken).collect();
    assert!(words.len() > 40 && words.iter().all(|count| *count > 30), "{words:?}");
    let minutes = words.iter().sum::<usize>() / WORDS_A_MINUTE;
    assert!((25..30).contains(&minutes), "{minutes} minutes");
}

#[test]
fn talk_outputs_match_the_recording() {
    let blocks = TALK.show().deck.cells.len();
    assert!(blocks > 50);
    assert_eq!(TALK.recording().len(), blocks, "all are compared");
    assert!(TALK.check_run(0).success());
}

#[test]
fn talk_runs_slide_by_slide() {
    let recorded = recorded();
    // The real one builds PyO3, which takes minutes.
    let folder = tempfile::tempdir().unwrap();
    let talk = open(&[("PATH", &path_with_maturin(folder.path()))]);
    TALK.run_through(&talk, |title, runs| {
        talk.wait("its blocks are done", |screen| {
            let modules = screen.matches("` is ready").count();
            screen.matches("✓ ").count() == runs.len() + modules
        });
        for line in recorded.iter().filter(|(of, _)| of == title).map(|(_, line)| line) {
            talk.wait_for(line);
        }
    });
    talk.quit();
}

/// Returns the recorded lines with their slides, except times and the output of maturin, which may not
/// be installed.
fn recorded() -> Vec<(String, String)> {
    let blocks = TALK.recording().into_iter().filter(|block| block.language != "bash");
    let lines = blocks.flat_map(|block| {
        let slide = block.slide;
        block.lines.into_iter().map(move |line| (slide.clone(), line))
    });
    let tells_a_time = |line: &str| {
        ["ms", "µs", " s"].iter().any(|unit| line.ends_with(unit)) || line.starts_with("timed")
    };
    let lines: Vec<_> = lines.filter(|(_, line)| !tells_a_time(line)).collect();
    assert!(lines.len() > 40, "{lines:?}");
    lines
}

#[test]
fn talk_steps_change_the_screen() {
    let opening = Opening { args: &[], size: (120, 40), ..Opening::default() };
    let talk = PtyHarness::open(&TALK.file(), &opening);
    talk.wait_for("A beginner's guide");
    TALK.step_through(&talk);
    talk.quit();
}

/// A stand-in for maturin that builds nothing.
const MATURIN: &str = r#"#!/bin/sh
case $1 in
    new) mkdir "$4" ;;
    develop) echo 'def sum_as_string(a, b): return str(a + b)' > "$(basename "$PWD").py" ;;
esac
"#;

/// A stand-in for a Python that cannot make virtual environments: Debian has them in a package of their own.
const PYTHON: &str = r#"#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin" && ln -s PYTHON "$3/bin/python"
    echo "PATH='$PWD/$3/bin':\$PATH" > "$3/bin/activate"
else
    exec PYTHON "$@"
fi
"#;

/// Writes the stand-ins that are needed into a folder and returns a `PATH` that starts with it.
fn path_with_maturin(folder: &Path) -> String {
    write_program(&folder.join("maturin"), MATURIN);
    let asked = "import sys; print(sys.executable); import ensurepip";
    let python = Command::new("python3").args(["-c", asked]).output().unwrap();
    if !python.status.success() {
        let program = String::from_utf8(python.stdout).unwrap();
        write_program(&folder.join("python3"), &PYTHON.replace("PYTHON", program.trim()));
    }
    let mut path = OsString::from(folder);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    path.into_string().unwrap()
}

#[test]
fn maturin_runs_if_installed() {
    let folder = tempfile::tempdir().unwrap();
    let talk = open(&[("PATH", &path_with_maturin(folder.path()))]);
    start(&talk);
    talk.wait("its sum", |screen| {
        screen.lines().any(|line| line.trim_matches([' ', '▍', '│', '┃']) == "25")
    });
    talk.wait_for("✓ ");
    talk.quit();
}

#[test]
fn missing_maturin_shows_how_to_install_it() {
    let folder = tempfile::tempdir().unwrap();
    let bash = ["/bin/bash", "/usr/bin/bash"].into_iter().find(|bash| Path::new(bash).exists());
    std::os::unix::fs::symlink(bash.unwrap(), folder.path().join("bash")).unwrap();
    let talk = open(&[("PATH", folder.path().to_str().unwrap())]);
    start(&talk);
    talk.wait_for("maturin is not installed here");
    talk.wait_for("pipx install maturin");
    talk.wait_for("✓ ");
    talk.keys("r");
    talk.wait_for("↺ recorded");
    talk.wait("the sum of then", |screen| {
        screen.lines().any(|line| line.trim_matches([' ', '▍', '│', '┃']) == "25")
    });
    talk.quit();
}

/// Goes to the slide about maturin and runs it.
fn start(talk: &PtyHarness) {
    let loaded = TALK.show();
    let is_it = |slide: &Slide| slide.title.as_deref() == Some("Getting started");
    let number = loaded.deck.slides.iter().position(is_it).unwrap() + 1;
    for digit in number.to_string().chars() {
        talk.keys(&digit.to_string());
    }
    talk.keys("G s");
    talk.wait_for(&format!(" {number} / {}", loaded.deck.slides.len()));
    talk.keys("ctrl-e");
}

/// Opens the talk with `-x` and these environment variables.
fn open(env: &[(&str, &str)]) -> PtyHarness {
    let talk =
        PtyHarness::open(&TALK.file(), &Opening { size: (120, 40), env, ..Opening::default() });
    talk.wait_for("A beginner's guide");
    talk
}

#[test]
fn talk_slides_export_as_svg() {
    let loaded = TALK.show();
    let look = TerminalColors::new(Rgb(0x4c, 0x4f, 0x69), Rgb(0xef, 0xf1, 0xf5));
    for slide in slides(&loaded) {
        let scene = scene(&loaded, slide, Size::new(120, 40));
        let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
        let overlays = paint(&scene, 0, &mut buffer);
        let chart = std::fs::read(chart()).unwrap();
        let chart = DocumentPicture::File(chart);
        let pictures: Vec<_> = overlays.into_iter().map(|at| (at, chart.clone())).collect();
        let picture = svg(&buffer, &pictures, &[], &look);
        assert_eq!(picture.contains("<image"), !pictures.is_empty());
        assert!(picture.ends_with("</svg>\n") && picture.contains("<text"), "{slide:?}");
    }
}

fn slides(loaded: &LoadedDeck) -> impl Iterator<Item = SlideNo> {
    loaded.deck.slides.iter().enumerate().map(|(index, _): (usize, &Slide)| SlideNo::new(index))
}

fn scene(loaded: &LoadedDeck, slide: SlideNo, size: Size) -> Scene {
    layout(&Inputs {
        deck: &loaded.deck,
        at: Cursor { slide, step: Step::LAST },
        size,
        theme: &loaded.style(slide).theme,
        highlighter: &loaded.style(slide).highlighter,
        colours: livedeck::layout::Highlighting::Full,
        runs: &Runs::default(),
        measures: &measures(),
        footer: &loaded.style(slide).footer,
        focus: None,
        edited: None,
        typed: &std::collections::BTreeMap::new(),
        grid: false,
        limits: SlideArea::default(),
        hints: &livedeck::layout::KeyHints::default(),
    })
}

fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("slides").join(CHART)
}

/// Returns the chart's size, from its header.
fn measures() -> PictureSizes {
    let file = std::fs::read(chart()).unwrap();
    let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("slides");
    let key = PictureKey::File { base, source: CHART.into() };
    let size = PixelSize { width: number(16), height: number(20) };
    PictureSizes { pictures: [(key, Ok(size))].into(), ..PictureSizes::default() }
}
