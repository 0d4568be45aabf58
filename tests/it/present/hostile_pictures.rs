//! Pictures and drawings that were made to do harm: each is bounded and reported, no other file is read,
//! and keys work while one is on the slide.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::{Opening, PtyHarness};

/// A file, and the start of what is reported about it; none if it is shown within the limits.
const FILES: [(&str, Option<&str>); 7] = [
    ("references.svg", Some("its references show more than 400000 elements")),
    ("entities.svg", Some("not valid SVG: a possible entity reference loop")),
    ("files.svg", Some("not valid SVG: unknown entity reference")),
    ("deep.svg", Some("its elements are nested more than 200 deep")),
    ("huge.svg", None),
    ("canvas.gif", Some("65535x65535 pixels are too many")),
    ("frames.gif", None),
];

fn svg(attributes: &str, inside: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         {attributes}>{inside}</svg>"
    )
}

/// Returns a GIF with this many frames of one pixel on a canvas of this size.
fn gif(size: u16, frames: usize) -> Vec<u8> {
    let size = [size.to_le_bytes(), size.to_le_bytes()].concat();
    let mut bytes = [&b"GIF89a"[..], &size, b"\x80\0\0\0\0\0\xff\xff\xff"].concat();
    for _ in 0..frames {
        bytes.extend(b"\x21\xf9\x04\x04\x05\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    bytes.push(0x3b);
    bytes
}

fn write_files(folder: &Path) {
    let small = "width=\"40\" height=\"20\"";
    let group = |level: usize| {
        let uses = format!("<use xlink:href=\"#a{}\"/>", level - 1).repeat(10);
        format!("<g id=\"a{level}\">{uses}</g>")
    };
    let groups: Vec<_> = (1..40).map(group).collect();
    let references =
        format!("<g id=\"a0\"><rect width=\"1\" height=\"1\"/></g>{}", groups.concat());
    let entity = |level: usize| {
        let inner = format!("&a{};", level - 1).repeat(10);
        format!("<!ENTITY a{level} \"{inner}\">")
    };
    let entities: Vec<_> = (1..10).map(entity).collect();
    let entities = format!(
        "<!DOCTYPE svg [<!ENTITY a0 \"aaaaaaaaaa\">{}]>{}",
        entities.concat(),
        svg(small, "<text>&a9;</text>")
    );
    let other_files = format!(
        "<!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}",
        svg(small, "<text>&x;</text>")
    );
    let deep = svg(small, &format!("{}{}", "<g>".repeat(50_000), "</g>".repeat(50_000)));
    let huge = svg("width=\"1e9\" height=\"1e9\"", "<rect width=\"1e9\" height=\"1e9\"/>");
    let texts = [
        ("references.svg", svg(small, &references)),
        ("entities.svg", entities),
        ("files.svg", other_files),
        ("deep.svg", deep),
        ("huge.svg", huge),
    ];
    for (name, text) in texts {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(folder.join("canvas.gif"), gif(65_535, 2)).unwrap();
    fs::write(folder.join("frames.gif"), gif(100, 10_000)).unwrap();
}

/// Returns a slide for each file, one with a deep formula, and the last.
fn deck() -> String {
    let pictures = FILES.map(|(name, _)| format!("![]({name})\n\nslide of {name}\n"));
    let formula = format!("{}x{}", "\\frac{1}{".repeat(3_000), "}".repeat(3_000));
    let formula = format!("```latex +render\n{formula}\n```\n\nslide of a formula\n");
    let last = "the end\n".to_owned();
    pictures.into_iter().chain([formula, last]).collect::<Vec<_>>().join("\n<!-- end_slide -->\n\n")
}

#[test]
fn hostile_pictures_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path());
    fs::write(folder.path().join("talk.md"), deck()).unwrap();
    let check = Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(["check", "talk.md"])
        .current_dir(folder.path())
        .env("XDG_CONFIG_HOME", folder.path())
        .output()
        .unwrap();
    let report = String::from_utf8(check.stdout).unwrap();
    for (name, why) in FILES {
        match why {
            Some(why) => {
                let message = format!("picture `{name}` cannot be shown: {why}");
                assert!(report.contains(&message), "{name}: {report}");
            }
            None => assert!(!report.contains(&format!("picture `{name}`")), "{report}"),
        }
    }
    assert!(report.contains("this formula is not valid") && !report.contains("root:"), "{report}");
}

#[test]
fn keys_work_on_slides_with_hostile_pictures() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path());
    let file = folder.path().join("talk.md");
    fs::write(&file, deck()).unwrap();
    let talk = PtyHarness::open(&file, &Opening::default());
    for (name, _) in FILES {
        talk.wait_for(&format!("slide of {name}"));
        talk.keys("n");
    }
    // Its text is below the screen once the formula's source is shown.
    talk.wait_for("this formula is not valid");
    talk.keys("n");
    talk.wait_for("the end");
    talk.quit();
}
