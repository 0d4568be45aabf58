//! Exports: what is in the documents, and which slides and outputs they show.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::arguments::Shell;

#[test]
fn presenterm_export_flags_write_documents() {
    for (args, file) in [
        (&["-E"][..], "talk.html"),
        (&["-E", "-o", "x.html"], "x.html"),
        (&["-e"], "talk.pdf"),
        (&["-e", "-o", "x.pdf"], "x.pdf"),
    ] {
        let shell = Shell::new(&[args, &["talk.md"]].concat()).file("talk.md", "a slide");
        let folder = shell.folder.path().to_owned();
        let page = shell.run_in(|done| {
            assert_eq!((done.status, done.out.as_str()), (0, ""), "{}", done.err);
            fs::read(folder.join(file)).unwrap()
        });
        assert!(page.starts_with(b"<!doctype html>") || page.starts_with(b"%PDF-"), "{file}");
    }
}

#[test]
fn export_runs_code() {
    let config = "snippet: {exec: {custom: {shout: {filename: s.txt, commands: [[sed, s/quiet/LOUD/, \
                  $pwd/s.txt]]}}}}\n";
    let shell = Shell::new(&["export", "talk.md", "--to", "html", "-x"])
        .file("talk.md", "```shout +exec\nquiet\n```\n")
        .file("home/livedeck/config.yaml", config);
    let page = shell.run().text();
    assert!(page.contains("LOUD"), "{page}");
}

#[test]
fn damaged_picture_does_not_stop_an_export() {
    for format in ["pdf", "html", "png"] {
        let output = format!("talk.{format}");
        let shell = Shell::new(&["export", "talk.md", "--to", format, "-o", &output])
            .file("talk.md", "![](half.png)");
        let path = shell.folder.path().join("half.png");
        let mut png = Vec::new();
        let pixels: Vec<u8> = (0..3 * 80 * 80).map(|n: u32| (n * n % 251) as u8).collect();
        let encoder = image::codecs::png::PngEncoder::new(&mut png);
        image::ImageEncoder::write_image(encoder, &pixels, 80, 80, image::ExtendedColorType::Rgb8)
            .unwrap();
        fs::write(path, &png[..png.len() / 2]).unwrap();
        let done = shell.run();
        assert_eq!(done.status, 0, "{format}: {}", done.err);
    }
}

/// A PNG file of one red pixel, in base64.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

#[test]
fn exports_include_pictures_of_runs() {
    let deck = format!(
        "```bash +image\nprintf {PIXEL} | base64 -d\n```\n\n```python +exec\nimport base64\n\
         class Pixel:\n    def _repr_png_(self):\n        return base64.b64decode('{PIXEL}')\n\
         Pixel()\n```\n\n<!-- end_slide -->\n\n```bash +image\nprintf {PIXEL} | base64 -d\n```\n"
    );
    // A page embeds a picture once, wherever it is shown.
    for (format, mark, pictures) in
        [("html", "role=\"img\"", 3), ("svg", "data:image/png;base64,", 2)]
    {
        let shell = Shell::new(&["export", "talk.md", "--to", format, "-x", "-o", "-"]);
        let page = shell.file("talk.md", &deck).run().text();
        assert_eq!(page.matches(mark).count(), pictures, "{format}: {page}");
        assert!(page.contains("data:image/png;base64,"), "{format}: {page}");
        assert!(!page.contains("not found"), "{format}: {page}");
    }
}

/// Exports a deck of three slides to PDF with these arguments; returns the file.
fn pdf(args: &[&str]) -> Vec<u8> {
    let deck = "---\noptions: {implicit_slide_ends: true}\n---\n\nOne\n===\n\nsee https://pyo3.rs now\n\n\
                Two\n===\n\nsecond\n\n<!-- pause -->\n\npaused\n\nThree\n===\n\nthird\n";
    let args = [&["export", "talk.md", "--to", "pdf", "-o", "talk.pdf"], args].concat();
    let shell = Shell::new(&args).file("talk.md", deck);
    let folder = shell.folder.path().to_owned();
    shell.run_in(|done| {
        assert_eq!((done.status, done.out.as_str()), (0, ""), "{}", done.err);
        fs::read(folder.join("talk.pdf")).unwrap()
    })
}

fn count(bytes: &[u8], part: &str) -> usize {
    String::from_utf8_lossy(bytes).matches(part).count()
}

#[test]
fn pdf_has_a_page_for_each_chosen_slide() {
    let pages = |args: &[&str]| count(&pdf(args), "/Type/Page/");
    assert_eq!(pages(&[]), 3);
    assert_eq!(pages(&["--steps"]), 4);
    assert_eq!(pages(&["--slides", "1,3"]), 2);
    assert_eq!(pages(&["--slides", "2-3"]), 2);
    assert_eq!(pages(&["--slide", "2", "--steps"]), 2);
}

#[test]
fn pdf_has_an_outline_and_links() {
    let file = pdf(&[]);
    for title in ["(One)", "(Two)", "(Three)", "(https://pyo3.rs)"] {
        assert!(count(&file, title) > 0, "{title}");
    }
}

/// Poppler reads the text of a page as it was written; the test passes with a message without it.
#[test]
fn text_of_a_pdf_can_be_extracted() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("talk.pdf"), pdf(&[])).unwrap();
    let Some(text) = extracted(folder.path()) else { return };
    for line in ["One", "see https://pyo3.rs now", "second", "paused", "third", "3 / 3"] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn font_that_is_not_there_is_replaced() {
    let fonts = "normal: none.ttf, bold: none.ttf, italic: other.ttf";
    let config = format!("export: {{pdf: {{fonts: {{{fonts}}}}}}}\n");
    let args = ["export", "talk.md", "--to", "pdf", "-c", "config.yaml", "-o", "out.pdf"];
    let done = Shell::new(&args).file("talk.md", "one\n").file("config.yaml", &config).run();
    assert_eq!(done.status, 0, "{}", done.err);
    assert_eq!(done.err.matches("none.ttf`: there is no such file").count(), 1, "{}", done.err);
    assert!(done.err.contains("other.ttf`: there is no such file"), "{}", done.err);
}

#[test]
fn notes_of_a_pdf_are_below_their_slide() {
    let deck =
        "One\n===\n\nslide\n\n<!-- speaker_note: say **hello** -->\n\n<!-- end_slide -->\n\ntwo\n";
    let args = ["export", "talk.md", "--to", "pdf", "-o", "talk.pdf", "--notes"];
    let shell = Shell::new(&args).file("talk.md", deck);
    let folder = shell.folder.path().to_owned();
    shell.run_in(|done| {
        assert_eq!(done.status, 0, "{}", done.err);
        let file = fs::read(folder.join("talk.pdf")).unwrap();
        assert_eq!(count(&file, "/MediaBox[0 0 595.28 841.89]"), 2);
        let Some(text) = extracted(&folder) else { return };
        let (slide, notes) = (text.find("slide").unwrap(), text.find("say hello").unwrap());
        assert!(slide < notes && notes < text.find("two").unwrap(), "{text}");
    });
}

/// Ligatures, marks, vowels around their letter, and pictures.
#[test]
fn text_that_is_drawn_in_a_pdf_can_be_read() {
    let lines = [
        "السلام عليكم",
        "هذا محمّد",
        "الْحَمْدُ لِلَّهِ",
        "אֶחָד שְׁנַיִם",
        "ta மொழி ok",
        "hi हिन्दी ok",
        "crab 🦀, tea ☕ ok",
    ];
    let deck = lines.join("\n\n");
    let args = ["export", "talk.md", "--to", "pdf", "-o", "talk.pdf"];
    let shell = Shell::new(&args).file("talk.md", &deck);
    let folder = shell.folder.path().to_owned();
    shell.run_in(|done| {
        assert_eq!(done.status, 0, "{}", done.err);
        let Some(text) = extracted(&folder) else { return };
        let is_direction =
            |c: &char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}');
        let text: String = text.chars().filter(|c| !is_direction(c)).collect();
        // The system may lack the font of a line.
        let has_font = |line: &&str| !line.chars().any(|c| done.err.contains(c) && !c.is_ascii());
        for line in lines.into_iter().filter(has_font) {
            assert!(text.contains(line), "{line}: {text}");
        }
    });
}

/// Returns the text of `talk.pdf` as poppler reads it; `None`, with a message, without poppler.
#[expect(clippy::print_stdout, reason = "says why a test did nothing")]
fn extracted(folder: &Path) -> Option<String> {
    let tool =
        Command::new("pdftotext").args(["-layout", "talk.pdf", "-"]).current_dir(folder).output();
    let Ok(done) = tool else {
        println!("skipped: no pdftotext");
        return None;
    };
    assert_eq!(String::from_utf8_lossy(&done.stderr), "", "poppler reports an error");
    Some(String::from_utf8(done.stdout).unwrap())
}

#[test]
fn slide_that_does_not_exist_is_an_error_and_the_old_file_stays() {
    for args in [["--slides", "1-9"], ["--slide", "9"]] {
        let args = [&["export", "talk.md", "--to", "pdf", "-o", "old.pdf"], &args[..]].concat();
        let shell = Shell::new(&args).file("talk.md", "one").file("old.pdf", "old");
        let folder = shell.folder.path().to_owned();
        shell.run_in(|done| {
            assert_eq!(done.status, 1);
            assert!(done.err.contains("there is no slide 9"), "{}", done.err);
            assert_eq!(fs::read_to_string(folder.join("old.pdf")).unwrap(), "old");
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no temporary file is left");
        });
    }
}

#[test]
fn wrong_slide_ranges_are_errors() {
    for ranges in ["0", "3-1", "a", "1,,2", ""] {
        let done = Shell::new(&["export", "talk.md", "--to", "text", "--slides", ranges]).run();
        assert_eq!(done.status, 2, "{ranges}");
        assert!(done.err.contains("expected slides such as `3-7,12`"), "{}", done.err);
    }
}

/// Records a deck in a folder.
pub(super) fn record(folder: &Path) {
    let livedeck = Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(["record", "talk.md"])
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder.join("home"))
        .output()
        .unwrap();
    assert!(livedeck.status.success(), "{}", String::from_utf8_lossy(&livedeck.stderr));
}

#[test]
fn recorded_output_is_shown_unless_another_source_is_chosen() {
    let deck = "```bash +exec\necho $((6 * 7)) is it\n```\n";
    for (args, is_shown) in
        [(&[][..], true), (&["--from", "recording"], true), (&["--from", "none"], false)]
    {
        let shell = Shell::new(&[&["export", "talk.md", "--to", "text"], args].concat());
        let shell = shell.file("talk.md", deck);
        record(shell.folder.path());
        let text = shell.run().text();
        assert_eq!(text.contains("42 is it"), is_shown, "{args:?}: {text}");
    }
}

#[test]
fn hidden_rows_are_reported() {
    let deck = "a\n\n".repeat(60);
    let hide = ["export", "talk.md", "--to", "html", "--overflow", "hide", "-o", "talk.html"];
    let done = Shell::new(&hide).file("talk.md", &deck).run();
    assert!(done.err.contains("slide 1: some rows do not fit"), "{}", done.err);
    let done = Shell::new(&["export", "talk.md", "--to", "html"]).file("talk.md", &deck).run();
    assert_eq!(done.err, "");
}

#[test]
fn exports_show_whole_typed_code_and_the_last_of_a_place() {
    let deck = [
        "```sh +exec +typed\nls -l\n```\n",
        "```sh +step:f\ndate one\n```\n",
        "```sh +step:f\ndate two\n```\n",
        "<!-- speaker_note: secret -->\n",
    ];
    let deck = &deck.join("\n");
    let export = |args: &[&str]| {
        let args = [&["export", "talk.md", "--to", "text"], args].concat();
        Shell::new(&args).file("talk.md", deck).run().text()
    };
    let page = export(&[]);
    assert!(page.contains("ls -l") && page.contains("date two"), "{page}");
    assert!(!page.contains("date one") && !page.contains("secret"), "{page}");
    let steps = export(&["--steps"]);
    assert_eq!((steps.matches("date one").count(), steps.matches("date two").count()), (1, 1));
    assert_eq!(steps.matches("ls -l").count(), 2, "{steps}");
}

#[test]
fn options_without_an_effect_are_errors() {
    for (args, message) in [
        (&["--to", "pdf", "--walk", "l"][..], "`--walk` is for"),
        (&["--to", "gif", "--walk", "l", "--slides", "1-2"], "`--slides` and `--walk` exclude"),
        (&["--to", "cast", "--walk", "l", "--steps"], "`--steps` and `--walk` exclude"),
        (&["--to", "html", "--scale", "2"], "`--scale` is for"),
        (&["--to", "text", "--notes"], "`--notes` is for"),
        (&["--to", "gif", "--overflow", "hide"], "`--overflow` is not for films"),
        (&["--to", "svg", "--steps"], "`--steps` is not for SVG"),
        (&["--to", "svg", "--slides", "1-2"], "an SVG file shows one slide"),
        (&["--to", "text", "-x", "--from", "none"], "`-x` and `-X` run code"),
        (&["--to", "html", "-X", "--from", "recording"], "`-x` and `-X` run code"),
    ] {
        let args = [&["export", "talk.md", "-o", "out"], args].concat();
        let shell = Shell::new(&args).file("talk.md", "one\n\n<!-- end_slide -->\n\ntwo\n");
        let folder = shell.folder.path().to_owned();
        shell.run_in(|done| {
            assert_eq!((done.status, done.out.as_str()), (2, ""), "{args:?}: {}", done.err);
            assert!(done.err.contains(message), "{args:?}: {}", done.err);
            assert!(!folder.join("out").exists(), "{args:?}");
        });
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error_before_code_runs() {
    let deck = "```bash +exec\ntouch ran\n```\n";
    for to in ["html", "text", "svg", "png", "gif", "cast"] {
        for (output, message) in
            [("none/out", "there is no folder `none`"), ("home", "is a folder")]
        {
            if to == "png" && output == "home" {
                // It holds the pictures.
                continue;
            }
            let args = ["export", "talk.md", "--to", to, "-x", "-o", output];
            let shell = Shell::new(&args).file("talk.md", deck).file("home/x", "");
            let folder = shell.folder.path().to_owned();
            shell.run_in(|done| {
                assert_eq!((done.status, done.out.as_str()), (1, ""), "{to}: {}", done.err);
                assert!(done.err.contains(message), "{to}: {}", done.err);
                assert!(!folder.join("ran").exists(), "{to}");
            });
        }
    }
}

#[test]
fn several_pictures_do_not_fit_a_stream() {
    for (output, name) in [("-", "standard output"), ("/dev/null", "`/dev/null`")] {
        let args = ["export", "talk.md", "--to", "png", "-o", output];
        let done = Shell::new(&args).file("talk.md", "one\n\n<!-- end_slide -->\n\ntwo\n").run();
        assert_eq!((done.status, done.out.as_str()), (1, ""), "{}", done.err);
        assert!(done.err.contains(&format!("{name} holds one picture")), "{}", done.err);
    }
}

#[test]
fn read_only_file_is_not_replaced() {
    for (to, output) in [("html", "old"), ("pdf", "old"), ("png", "old"), ("png", "old-%02d")] {
        let args = ["export", "talk.md", "--to", to, "-o", output];
        let files = ["old", "old-01"];
        let shell =
            files.into_iter().fold(Shell::new(&args), |shell, file| shell.file(file, "old"));
        let shell = shell.file("talk.md", "one\n");
        let folder = shell.folder.path().to_owned();
        for file in files {
            let mut permissions = fs::metadata(folder.join(file)).unwrap().permissions();
            permissions.set_readonly(true);
            fs::set_permissions(folder.join(file), permissions).unwrap();
        }
        shell.run_in(|done| {
            assert_eq!(done.status, 1, "{to}");
            assert!(done.err.contains("is read-only"), "{to}: {}", done.err);
            for file in files {
                assert_eq!(fs::read_to_string(folder.join(file)).unwrap(), "old");
            }
        });
    }
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_an_error() {
    for to in ["pdf", "html", "svg", "text", "gif", "cast", "png"] {
        let args = ["export", "talk.md", "--to", to, "-o", "/dev/full"];
        let done = Shell::new(&args).file("talk.md", "one\n").run();
        assert_eq!(done.status, 1, "{to}");
        assert_eq!(done.err, "error: `/dev/full`: No space left on device\n", "{to}");
    }
}

#[test]
fn unknown_theme_is_an_error() {
    for args in [&["export", "talk.md", "--to", "html"][..], &["-E", "talk.md"], &["-e", "talk.md"]]
    {
        let args = [args, &["--theme", "nope", "-o", "out"]].concat();
        let done = Shell::new(&args).file("talk.md", "one\n").run();
        assert_eq!(done.status, 2, "{args:?}");
        assert!(done.err.contains("there is no theme `nope`"), "{args:?}: {}", done.err);
    }
}

#[test]
fn flags_choose_which_code_runs() {
    let deck = "```bash +exec\necho $((6 * 7)) below\n```\n\n```bash +exec_replace\necho $((6 * 7)) instead\n```\n";
    for (args, below, instead) in [
        (&["export", "talk.md", "--to", "text"][..], false, false),
        (&["export", "talk.md", "--to", "text", "-x"], true, true),
        (&["export", "talk.md", "--to", "text", "-X"], false, true),
        (&["export", "talk.md", "--to", "text", "-x", "-X"], true, true),
        (&["export", "talk.md", "--to", "text", "--from", "run"], true, true),
        (&["-E", "talk.md", "-o", "-"], false, false),
        (&["-E", "talk.md", "-o", "-", "-x"], true, false),
        (&["-E", "talk.md", "-o", "-", "-X"], false, true),
    ] {
        let page = Shell::new(args).file("talk.md", deck).run().text();
        let found = (page.contains("42 below"), page.contains("42 instead"));
        assert_eq!(found, (below, instead), "{args:?}: {page}");
        assert!(!page.contains("ctrl-e"), "documents have no keys: {page}");
    }
}

#[test]
fn recording_that_is_not_there_is_reported() {
    let args = ["export", "talk.md", "--to", "text", "--from", "recording"];
    let done = Shell::new(&args).file("talk.md", "one").run();
    assert_eq!(done.status, 0);
    assert!(done.err.contains("the deck has no recording"), "{}", done.err);
}

#[test]
fn temporary_files_are_where_the_flag_says() {
    let deck =
        "```bash +exec\ncase $0 in */scratch/livedeck-*) echo $((6 * 7)) there;; esac\n```\n";
    let args = ["-E", "talk.md", "-o", "talk.html", "-x", "--export-temporary-path", "new/scratch"];
    let shell = Shell::new(&args).file("talk.md", deck);
    let folder = shell.folder.path().to_owned();
    shell.run_in(|done| {
        assert_eq!(done.status, 0, "{}", done.err);
        let page = fs::read_to_string(folder.join("talk.html")).unwrap();
        assert!(page.contains("42 there"), "{page}");
        let left = fs::read_dir(folder.join("new/scratch")).unwrap().count();
        assert_eq!(left, 0, "they are removed");
    });
    let shell = Shell::new(&["-E", "talk.md", "--export-temporary-path", "talk.md/no"]);
    let done = shell.file("talk.md", "one").run();
    assert_eq!(done.status, 1);
    assert!(done.err.contains("talk.md/no"), "{}", done.err);
}

#[test]
fn hidden_rows_are_reported_in_every_format() {
    let deck = "1\n\n2\n\n3\n\n4\n\n5\n\n<!-- end_slide -->\n\nshort\n";
    for format in ["text", "html", "svg"] {
        for (overflow, is_reported) in [("hide", true), ("show", false)] {
            let args = ["export", "talk.md", "--to", format, "--size", "30x6", "--overflow"];
            let args = [&args[..], &[overflow, "-o", "page"]].concat();
            let done = Shell::new(&args).file("talk.md", deck).run();
            assert_eq!(done.status, 0, "{}", done.err);
            let report = "slide 1: some rows do not fit and are hidden";
            assert_eq!(done.err.contains(report), is_reported, "{format}: {}", done.err);
            assert!(!done.err.contains("slide 2"), "{}", done.err);
        }
    }
    let done = Shell::new(&["export", "talk.md", "--to", "text", "--size", "30x6"]);
    assert!(done.file("talk.md", deck).run().err.contains("slide 1: some rows"));
}
