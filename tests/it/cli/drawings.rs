//! Formulas, diagrams, charts and QR codes in exports and in `check`.

use std::path::Path;
use std::process::{Command, Output};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use tempfile::TempDir;

use crate::harness::write_program;

fn folder(deck: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("talk.md"), deck).unwrap();
    folder
}

fn livedeck(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(arguments)
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .output()
        .unwrap()
}

fn export(folder: &Path, to: &str, more: &[&str]) -> String {
    let size = if more.contains(&"--size") { &[][..] } else { &["--size", "80x24"] };
    let arguments = [&["export", "talk.md", "--to", to, "-o", "-"], size, more].concat();
    let output = livedeck(folder, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const DRAWN: &str = "A\n===\n\n```latex +render\n\\frac{1}{2}\n```\n";

#[test]
fn exports_have_drawings_as_vectors() {
    let folder = folder(DRAWN);
    for to in ["svg", "html"] {
        let document = export(folder.path(), to, &[]);
        assert!(document.contains("data:image/svg+xml;base64,"), "{to}: {document}");
        // The source is the description, not text.
        let seen = document.replace("aria-label=\"\\frac{1}{2}\"", "");
        assert!(!seen.contains("\\frac"), "{to}");
    }
    let text = export(folder.path(), "text", &[]);
    assert!(text.contains("\\frac{1}{2}"), "{text}");
}

#[test]
fn broken_drawings_show_message_and_source() {
    let folder = folder("A\n===\n\n```math +render\na + \\nosuch\n```\n");
    let document = export(folder.path(), "svg", &[]);
    assert!(document.contains("undefined control sequence") && document.contains("talk.md:5:5"));
    let check = livedeck(folder.path(), &["check", "talk.md"]);
    let report = String::from_utf8(check.stdout).unwrap();
    assert!(report.contains("--> talk.md:5:5"), "{report}");
    assert!(!check.status.success());
}

#[test]
fn svg_files_are_pictures() {
    let folder = folder("![a red box](box.svg)\n");
    let svg = "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" \
               height=\"100\"><rect width=\"200\" height=\"100\" fill=\"red\"/></svg>";
    std::fs::write(folder.path().join("box.svg"), svg).unwrap();
    let document = export(folder.path(), "svg", &[]);
    assert!(document.contains("<image y=\"-0\" width=\"200\" height=\"100\""), "{document}");
    assert!(export(folder.path(), "text", &[]).contains("a red box"));
    std::fs::write(folder.path().join("box.svg"), "<svg><rect").unwrap();
    let check = livedeck(folder.path(), &["check", "talk.md"]);
    let report = String::from_utf8(check.stdout).unwrap();
    assert!(report.contains("picture `box.svg` cannot be shown: not valid SVG"), "{report}");
}

#[test]
fn text_of_pictures_changes_no_other_rows() {
    let folder = folder(
        "A\n===\n\n![a red box that is long enough to be cut](box.svg)\n\nbetween\n\n```math +render\na\n= b\n```\n\nafter\n",
    );
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60\" height=\"80\"/>";
    std::fs::write(folder.path().join("box.svg"), svg).unwrap();
    let size = ["--size", "30x20"];
    let with = export(folder.path(), "text", &size);
    assert!(with.contains("a red box that is long") && with.contains("= b"), "{with}");
    let without = export(folder.path(), "text", &[&size[..], &["--no-alt-text"]].concat());
    assert!(!without.contains("red") && !without.contains("= b"), "{without}");
    let row = |page: &str, text: &str| page.lines().position(|row| row.trim() == text).unwrap();
    assert_eq!(row(&with, "between"), row(&without, "between"));
}

/// Returns the pixels of an SVG page, as a PNG file.
fn png(page: &str) -> Vec<u8> {
    let mut options = Options::default();
    options.fontdb_mut().load_system_fonts();
    let tree = Tree::from_str(page, &options).unwrap();
    let size = tree.size().to_int_size();
    let mut pixels = Pixmap::new(size.width(), size.height()).unwrap();
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().unwrap()
}

#[test]
fn qr_codes_can_be_scanned() {
    let address = "https://www.rust-lang.org";
    let folder = folder(&format!("Scan me\n===\n\n```qr\n{address}\n```\n"));
    if Command::new("zbarimg").arg("--version").output().is_err() {
        println!("skipped: `zbarimg` is not installed (Debian: zbar-tools)");
        return;
    }
    for theme in ["dark", "light"] {
        for size in ["80x24", "120x40"] {
            let page = export(folder.path(), "svg", &["--theme", theme, "--size", size]);
            assert!(page.contains(address));
            std::fs::write(folder.path().join("page.png"), png(&page)).unwrap();
            let scanned = Command::new("zbarimg")
                .args(["-q", "--raw", "page.png"])
                .current_dir(folder.path())
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&scanned.stdout).trim(), address, "{theme} {size}");
        }
    }
}

#[test]
fn qr_code_without_room_says_how_much_it_needs() {
    let folder = folder("A\n===\n\n```qr\nhttps://www.rust-lang.org\n```\n");
    let page = export(folder.path(), "text", &["--size", "40x16"]);
    let is_between = |c: char| c.is_whitespace() || c == '│';
    let words: Vec<_> = page.split(is_between).filter(|word| !word.is_empty()).collect();
    assert!(words.join(" ").contains("needs 29 columns and 16 rows"), "{page}");
}

#[test]
fn charts_are_text() {
    let folder = folder(
        "```chart\ntype: bar\ntitle: Times\ndata: {one: 10, two: 5}\n```\n\n<!-- end_slide -->\n\n\
         ```chart\ntype: line\nx: hour\ndata: |\n  h,a,b\n  0,1,5\n  1,2,4\n  2,4,1\n```\n",
    );
    let text = export(folder.path(), "text", &[]);
    assert!(text.contains("Times") && text.contains("one ███"), "{text}");
    assert!(text.contains("■ a   ■ b") && text.contains("└┬─") && text.contains("hour"), "{text}");
}

#[test]
fn chart_mistakes_have_their_line() {
    let folder =
        folder("```chart\ntype: bar\ndata: |\n  a,1\n  b,x\n```\n\n```chart\ntipe: bar\n```\n");
    let check = livedeck(folder.path(), &["check", "talk.md"]);
    let report = String::from_utf8(check.stdout).unwrap();
    assert!(report.contains("`x` is not a number\n --> talk.md:5:"), "{report}");
    assert!(report.contains("a chart has no key `tipe`\n --> talk.md:9:1"), "{report}");
    assert!(report.contains("did you mean `type`?"), "{report}");
}

#[test]
fn chart_shows_the_output_of_a_block() {
    let folder = folder(
        "```bash +exec +id:numbers\nprintf 'n,v\\na,1\\nb,2\\n'\n```\n\n```chart\noutput: numbers\n```\n",
    );
    let before = export(folder.path(), "text", &[]);
    assert!(before.contains("not there yet"), "{before}");
    let after = export(folder.path(), "text", &["-x"]);
    assert!(after.contains("a ████") && after.contains("b ████"), "{after}");
}

#[test]
fn formulas_in_text_need_the_option() {
    let text = "A $x^2 \\le \\alpha$, $5 and $10.\n\n$$\\frac{1}{2}$$\n";
    let off = folder(text);
    assert!(export(off.path(), "text", &[]).contains("$x^2 \\le \\alpha$"));
    let check = livedeck(off.path(), &["check", "talk.md"]);
    let report = String::from_utf8(check.stdout).unwrap();
    assert!(report.contains("formulas in text are off\n --> talk.md:1:3"), "{report}");
    let on = folder(&format!("---\noptions: {{math: true}}\n---\n\n{text}"));
    let page = export(on.path(), "text", &[]);
    assert!(page.contains("A x² ≤ α, $5 and $10."), "{page}");
    assert!(export(on.path(), "svg", &[]).contains("data:image/svg+xml"));
}

/// A program that writes what it was given into the picture's size.
const TYPST: &str = "#!/bin/sh
test \"$1\" = compile || exit 9
code=$(cat)
case \"$code\" in
    '#set page'*'fill: rgb('*') '*) ;;
    *'fill: rgb('*) ;;
    *) echo no colours >&2; exit 8 ;;
esac
echo '<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"160\" height=\"40\"><rect width=\"160\" height=\"40\"/></svg>'
";

/// A program in the place of `mmdc`.
#[cfg(not(feature = "mermaid"))]
const MMDC: &str = "#!/bin/sh
test \"$1 $3 $4 $5 $6\" = '-i -o - -e png' || exit 9
grep -q 'init: {\"theme\": \"dark\"}' \"$2\" || exit 8
echo '<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"160\" height=\"40\"><rect width=\"160\" height=\"40\"/></svg>'
";

#[test]
#[cfg(not(feature = "mermaid"))]
fn mermaid_has_a_program_or_says_what_is_missing() {
    let folder = folder("A\n===\n\n```mermaid +render\npie\n```\n");
    let page = |path: &str, more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_livedeck"))
            .args(["export", "talk.md", "--to", "svg", "-o", "-", "--size", "100x24"])
            .args(more)
            .current_dir(folder.path())
            .env("PATH", path)
            .env("XDG_CONFIG_HOME", folder.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let missing = page("/nonexistent", &[]);
    assert!(missing.contains("does not draw mermaid itself"), "{missing}");
    assert!(missing.contains("hint: install `mmdc`") && missing.contains("pie"), "{missing}");
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    write_program(&bin.join("mmdc"), MMDC);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let without = page(&path, &[]);
    assert!(!without.contains("svg+xml") && without.contains("pie"), "{without}");
    let with = page(&path, &["-x"]);
    assert!(with.contains("data:image/svg+xml"), "{with}");
}

#[test]
fn typst_runs_with_permission() {
    let folder = folder("A\n===\n\n```typst +render +width:50%\n= Hi\n```\n");
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    write_program(&bin.join("typst"), TYPST);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let run = |more: &[&str]| {
        let arguments = ["export", "talk.md", "--to", "svg", "-o", "-", "--size", "80x24"];
        let output = Command::new(env!("CARGO_BIN_EXE_livedeck"))
            .args(arguments)
            .args(more)
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("XDG_CONFIG_HOME", folder.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let without = run(&[]);
    assert!(!without.contains("svg+xml") && without.contains("= Hi"), "{without}");
    let text = |more: &[&str]| export(folder.path(), "text", more);
    assert!(text(&[]).contains("= Hi") && !text(&["--no-alt-text"]).contains("= Hi"));
    let with = run(&["-x"]);
    assert!(with.contains("data:image/svg+xml"), "{with}");
    // Of one that fails, the message is shown, and not what the program read.
    let fails = "#!/bin/sh\ncat > read.typ\necho error: no such symbol >&2\nexit 1\n";
    write_program(&bin.join("typst"), fails);
    let failed = run(&["-x"]);
    assert!(failed.contains("no such symbol") && !failed.contains("#set page"), "{failed}");
}

#[test]
fn formulas_are_drawn_in_their_line() {
    let formula = r"$\frac{a+b}{\sqrt{c}}$";
    let deck = format!(
        "---\noptions: {{math: true}}\n---\n\nHead {formula}\n===\n\nsee {formula}, then\n\n\
         - item {formula} end\n\n| a | b |\n|---|---|\n| x {formula} | y |\n\n> quote {formula} end\n\n\
         $$\n\\frac{{x}}{{y}}\n$$\n"
    );
    let folder = folder(&deck);
    let page = export(folder.path(), "html", &["--size", "80x40"]);
    assert_eq!(page.matches(r#"aria-label="\frac{a+b}{\sqrt{c}}" class="i f "#).count(), 5);
    assert!(
        page.contains(r#"aria-label="\frac{x}{y}" class="i "#),
        "its source is its description"
    );
    assert_eq!(page.matches("<span role=\"img\"").count(), 5, "a `div` would end the paragraph");
    let cell = page.split("<td>").nth(1).unwrap().split("</td>").next().unwrap();
    assert!(cell.contains("role=\"img\""), "{cell}");
    assert_eq!(export(folder.path(), "svg", &["--size", "80x40"]).matches("<image ").count(), 6);
    let text = export(folder.path(), "text", &["--size", "80x40"]);
    assert!(text.contains(&format!("see {formula}, then")), "{text}");
    assert!(livedeck(folder.path(), &["check", "talk.md", "--size", "80x40"]).status.success());
}

#[test]
fn mistake_in_a_formula_of_a_line_has_its_place() {
    let deck = "---\noptions: {math: true}\n---\n\nsee $\\frac{a}{b} + \\nosuch$\n";
    let folder = folder(deck);
    let check = livedeck(folder.path(), &["check", "talk.md"]);
    let report = String::from_utf8(check.stdout).unwrap();
    assert!(report.contains("undefined control sequence"), "{report}");
    assert!(report.contains("--> talk.md:5:20"), "{report}");
    let page = export(folder.path(), "svg", &[]);
    assert!(page.contains("undefined control sequence") && page.contains("nosuch$"), "{page}");
}
