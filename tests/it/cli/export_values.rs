//! Every picture, table and Markdown that code shows is in every format.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder as _, Rgb, RgbImage};

use super::arguments::Shell;

/// Code that makes a picture, a figure as matplotlib does, a picture as PIL does, a data frame and
/// Markdown. Each has a slide.
const DECK: &str = "---
options: {implicit_slide_ends: true}
---

Picture
===

```bash +image
cat red.png
```

Figure
===

```python +exec +output:replace
class Figure:
    __module__ = 'matplotlib.figure'
    def savefig(self, file, **_):
        file.write(open('green.png', 'rb').read())
Figure()
```

Image
===

```python +exec +output:replace
class Image:
    def _repr_png_(self):
        return open('blue.png', 'rb').read()
Image()
```

Frame
===

```python +exec +output:replace
class Frame:
    def _repr_html_(self):
        return '<table><tr><th>name</th><th>n</th></tr><tr><td>alice</td><td>4107</td></tr></table>'
Frame()
```

Markdown
===

```python +exec +output:replace
class Words:
    def _repr_markdown_(self):
        return '- first **bold** item'
Words()
```
";

/// The pictures, by file name.
const PICTURES: [(&str, [u8; 3]); 3] =
    [("red.png", [255, 0, 0]), ("green.png", [0, 160, 0]), ("blue.png", [0, 0, 255])];

/// Exports the deck with these arguments; `look` gets the folder.
fn exported<T>(args: &[&str], look: impl FnOnce(&Path) -> T) -> T {
    let args = [&["export", "talk.md", "-x", "--size", "60x16"], args].concat();
    let shell = Shell::new(&args).file("talk.md", DECK);
    let folder = shell.folder.path().to_owned();
    for (name, color) in PICTURES {
        RgbImage::from_pixel(80, 60, Rgb(color)).save(folder.join(name)).unwrap();
    }
    shell.run_in(|done| {
        assert_eq!(done.status, 0, "{}", done.err);
        assert!(!done.err.contains("slide "), "{}", done.err);
        look(&folder)
    })
}

/// Returns the colours of [`PICTURES`] that fill an area of an image.
fn colors(image: &RgbImage) -> Vec<&'static str> {
    let mut counts = BTreeMap::<[u8; 3], usize>::new();
    image.pixels().for_each(|pixel| *counts.entry(pixel.0).or_default() += 1);
    let near = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 24);
    let area = |color| -> usize {
        counts.iter().filter(|(other, _)| near(color, **other)).map(|(_, count)| count).sum()
    };
    PICTURES.iter().filter(|(_, color)| area(*color) > 500).map(|(name, _)| *name).collect()
}

#[test]
fn values_are_in_text() {
    exported(&["--to", "text", "-o", "talk.txt"], |folder| {
        let text = fs::read_to_string(folder.join("talk.txt")).unwrap();
        let slides: Vec<_> = text.split('\x0c').collect();
        assert_eq!(slides.len(), 5);
        for (slide, expected) in [(3, "alice"), (3, "4107"), (4, "first bold item")] {
            assert!(slides[slide].contains(expected), "{}", slides[slide]);
        }
        // Pictures have space, and their code is replaced.
        for slide in &slides[..3] {
            assert!(!slide.contains("class") && slide.matches('\n').count() > 14, "{slide}");
        }
    });
}

#[test]
fn values_are_in_html() {
    exported(&["--to", "html", "-o", "talk.html"], |folder| {
        let page = fs::read_to_string(folder.join("talk.html")).unwrap();
        assert_eq!(page.matches("data:image/png;base64,").count(), 3);
        assert_eq!(page.matches("role=\"img\"").count(), 3);
        for part in ["<table", "alice", "4107", "<li", "bold"] {
            assert!(page.contains(part), "{part}");
        }
    });
}

#[test]
fn values_are_in_a_pdf() {
    exported(&["--to", "pdf", "-o", "talk.pdf"], |folder| {
        let file = fs::read(folder.join("talk.pdf")).unwrap();
        let file = String::from_utf8_lossy(&file);
        assert_eq!(file.matches("/Subtype/Image").count(), 3);
        let mut tool = Command::new("pdftotext");
        tool.args(["-layout", "talk.pdf", "-"]);
        let Some(text) = output(&mut tool, folder) else { return };
        for part in ["alice", "4107", "first bold item"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    });
}

/// Runs a tool; `None`, with a message, without it.
#[expect(clippy::print_stdout, reason = "says why a test did nothing")]
fn output(tool: &mut Command, folder: &Path) -> Option<String> {
    let Ok(done) = tool.current_dir(folder).output() else {
        println!("skipped: no {}", tool.get_program().to_string_lossy());
        return None;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8_lossy(&done.stdout).into_owned())
}

#[test]
fn values_are_in_svg_pictures() {
    for (slide, parts) in [
        ("1", &["data:image/png;base64,"][..]),
        ("2", &["data:image/png;base64,"]),
        ("3", &["data:image/png;base64,"]),
        ("4", &["alice", "4107"]),
        ("5", &["bold"]),
    ] {
        exported(&["--to", "svg", "--slide", slide, "-o", "slide.svg"], |folder| {
            let page = fs::read_to_string(folder.join("slide.svg")).unwrap();
            for part in parts {
                assert!(page.contains(part), "slide {slide}: {part}");
            }
        });
    }
}

#[test]
fn pictures_are_in_png_files() {
    exported(&["--to", "png", "-o", "s%d.png"], |folder| {
        let shown = |slide: usize| {
            colors(&image::open(folder.join(format!("s{slide}.png"))).unwrap().to_rgb8())
        };
        let slides: Vec<_> = (1..=5).map(shown).collect();
        assert_eq!(slides, [&["red.png"][..], &["green.png"], &["blue.png"], &[], &[]]);
    });
}

#[test]
fn values_are_in_moving_pictures() {
    let walk = ["--walk", "l ctrl-e l ctrl-e l ctrl-e l ctrl-e"];
    exported(&[&["--to", "gif", "-o", "talk.gif"], &walk[..]].concat(), |folder| {
        let file = std::io::BufReader::new(fs::File::open(folder.join("talk.gif")).unwrap());
        let mut seen = Vec::new();
        for frame in GifDecoder::new(file).unwrap().into_frames() {
            let image = image::DynamicImage::from(frame.unwrap().into_buffer()).to_rgb8();
            for color in
                colors(&image).into_iter().filter(|it| !seen.contains(it)).collect::<Vec<_>>()
            {
                seen.push(color);
            }
        }
        assert_eq!(seen, ["red.png", "green.png", "blue.png"]);
    });
    exported(&[&["--to", "cast", "-o", "talk.cast"], &walk[..]].concat(), |folder| {
        let cast = fs::read_to_string(folder.join("talk.cast")).unwrap();
        for part in ["38;2;255;0;0", "38;2;0;160;0", "38;2;0;0;255", "alice", "4107", "bold"] {
            assert!(cast.contains(part), "{part}");
        }
    });
}

/// A deck with a secret in text, a table, Markdown and a terminal.
const SECRETS: &str = "```bash +exec +mask:\"sk-\\w+\"
printf 'key: sk-%s\n' 123abc
```

```python +exec +mask:\"sk-\\w+\"
class Words:
    def _repr_markdown_(self):
        return '- **sk-' + '123abc** item'
class Frame:
    def _repr_html_(self):
        return '<table><tr><th>a</th></tr><tr><td>sk-' + '123abc</td></tr></table>'
display(Words(), Frame())
```

```bash +pty:standby:30:3 +mask:\"sk-\\w+\"
printf 'tty sk-%s' 123abc
```
";

#[test]
fn masked_output_is_in_no_format() {
    for (format, masks) in [("text", 3), ("html", 3), ("svg", 3), ("cast", 3)] {
        let mut args = vec!["export", "talk.md", "-x", "--to", format, "-o", "out"];
        args.extend(["--size", "70x60"]);
        if format == "cast" {
            args.extend(["--walk", "ctrl-e @4"]);
        }
        let shell = Shell::new(&args).file("talk.md", SECRETS);
        let folder = shell.folder.path().to_owned();
        shell.run_in(|done| {
            assert_eq!(done.status, 0, "{}", done.err);
            let text = fs::read_to_string(folder.join("out")).unwrap();
            assert!(!text.contains("sk-123abc"), "{format}: {text}");
            let text = text.replace("&lt;", "<").replace("&gt;", ">");
            assert!(text.matches("<masked>").count() >= masks, "{format}: {text}");
            assert!(text.matches('•').count() >= 9, "{format}: {text}");
        });
    }
}
