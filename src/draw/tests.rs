//! Drawings, and SVG files that were made to do harm.

use super::*;
use crate::layout::DrawingColors;

fn colors() -> DrawingColors {
    DrawingColors {
        foreground: [230; 3],
        background: [20; 3],
        surface: [40; 3],
        accent: [100, 150, 250],
        series: [[90, 160, 250]; 5],
    }
}

fn drawn(language: DrawingLanguage, text: &str) -> Result<VectorPicture, DrawError> {
    drawn_with(language, text, DrawingLook::default())
}

fn drawn_with(
    language: DrawingLanguage,
    text: &str,
    look: DrawingLook,
) -> Result<VectorPicture, DrawError> {
    let drawing = Drawing { language, text: text.into(), colors: colors(), look };
    // As in a presentation.
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    thread.spawn(move || draw(&drawing)).unwrap().join().unwrap()
}

fn svg(inside: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         width=\"40\" height=\"20\">{inside}</svg>"
    )
}

fn read(svg: String) -> Result<VectorPicture, String> {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let read = thread.spawn(move || VectorPicture::read(&svg, SvgFonts::Named)).unwrap();
    read.join().unwrap().map_err(|error| error.why)
}

fn refused(svg: String) -> String {
    read(svg).unwrap_err()
}

#[test]
fn formula_has_the_colour_of_text_on_nothing() {
    let picture = drawn(DrawingLanguage::Latex, r"\frac{a}{b}").unwrap();
    let (width, height) = picture.size();
    assert!((20..60).contains(&width) && (30..90).contains(&height), "{width}x{height}");
    let pixels = picture.pixels((width, height)).unwrap();
    let is_text = |channel: &u8| channel.abs_diff(230) < 4;
    let solid = pixels.pixels().filter(|pixel| pixel.0[3] > 128);
    assert!(solid.clone().all(|pixel| pixel.0[..3].iter().all(is_text)) && solid.count() > 20);
    assert!(pixels.pixels().any(|pixel| pixel.0[3] == 255));
    assert!(!picture.svg().contains("<text"));
}

#[test]
fn formula_has_the_ground_and_margin_of_the_theme() {
    let plain = drawn(DrawingLanguage::Latex, "x").unwrap().size();
    let look = DrawingLook { ground: Some([1, 2, 3]), margin: (11, 22), ..DrawingLook::default() };
    let picture = drawn_with(DrawingLanguage::Latex, "x", look).unwrap();
    let (width, height) = picture.size();
    // A point is an eleventh of the size of letters.
    assert_eq!((width, height), (plain.0 + 48, plain.1 + 96));
    assert_eq!(picture.pixels((width, height)).unwrap().get_pixel(2, 2).0, [1, 2, 3, 255]);
}

#[cfg(feature = "mermaid")]
#[test]
fn mermaid_has_the_theme_and_configuration_asked_for() {
    const TEXT: &str = "flowchart LR\n  A[one] --> B";
    let svg = |look: DrawingLook| drawn_with(DrawingLanguage::Mermaid, TEXT, look).unwrap().svg();
    let own = svg(DrawingLook::default());
    let forest =
        svg(DrawingLook { mermaid_theme: Some("forest".into()), ..DrawingLook::default() });
    assert!(forest.contains("#cde498") && !own.contains("#cde498"), "{forest}");
    let config = |text: Result<&str, &str>| DrawingLook {
        mermaid_config: Some(std::sync::Arc::new(crate::theme::MermaidConfigFile {
            name: "mermaid.json".into(),
            text: text.map(Into::into).map_err(Into::into),
        })),
        ..DrawingLook::default()
    };
    let vars = r##"{"theme": "base", "themeVariables": {"primaryColor": "#123456"}}"##;
    assert!(svg(config(Ok(vars))).contains("#123456"));
    assert_ne!(svg(config(Ok(r#"{"flowchart": {"nodeSpacing": 400, "rankSpacing": 400}}"#))), own);
    let why = |text| drawn_with(DrawingLanguage::Mermaid, TEXT, config(text)).unwrap_err().why;
    assert_eq!(why(Err("not found")), "`mermaid.config_path`: mermaid.json: not found");
    assert!(why(Ok("{,}")).starts_with("`mermaid.config_path`: mermaid.json is not JSON: "));
}

#[test]
fn nothing_and_too_much_are_refused() {
    let why = |text: &str| drawn(DrawingLanguage::Latex, text).unwrap_err().why;
    assert_eq!(why(" \n"), "there is nothing to draw");
    assert_eq!(why(&"x".repeat(70_000)), "it has 70000 bytes; at most 65536 are drawn");
}

#[test]
fn deep_formulas_are_refused() {
    for text in [
        format!("{}x{}", r"\frac{1}{".repeat(2_000), "}".repeat(2_000)),
        "{".repeat(60_000),
        format!("{}x", "x^".repeat(20_000)),
        r"\def\a{\a\a}\a".to_owned(),
    ] {
        assert!(drawn(DrawingLanguage::Latex, &text).is_err());
    }
}

#[cfg(feature = "mermaid")]
#[test]
fn mermaid_mistakes_have_a_place() {
    let error = drawn(DrawingLanguage::Mermaid, "flowchart LR\n  A --> \n  B[").unwrap_err();
    assert!(error.why.starts_with("this diagram is not valid"), "{error:?}");
    let error = drawn(DrawingLanguage::Mermaid, "flowchrt LR\nA").unwrap_err();
    assert_eq!(error.at, Some((1, 1)), "{error:?}");
}

#[cfg(feature = "mermaid")]
#[test]
fn huge_diagrams_are_bounded() {
    let nodes =
        (0..10_000).fold(String::new(), |nodes, n| nodes + &format!("  n{n} --> n{}\n", n / 2));
    let text = format!("flowchart TD\n{}", &nodes[..60_000]);
    // Either answer is fine: the library has limits of its own.
    drop(drawn(DrawingLanguage::Mermaid, &text));
}

#[cfg(feature = "mermaid")]
#[test]
fn diagram_text_has_its_place() {
    let picture =
        drawn(DrawingLanguage::Mermaid, "flowchart LR\n  A[one two] --> B[three]").unwrap();
    let (texts, shapes) = picture.texts_and_shapes().unwrap();
    let words: Vec<_> = texts.iter().map(|text| text.text.as_str()).collect();
    assert_eq!(words, ["one two", "three"]);
    assert!(texts[0].center < texts[1].center && texts[0].width > texts[1].width);
    assert!(shapes.texts_and_shapes().is_err(), "the shapes are not read again");
}

#[test]
fn references_do_not_multiply() {
    let mut bomb = "<g id=\"a0\"><rect width=\"1\" height=\"1\"/></g>".to_owned();
    for level in 1..40 {
        let one = format!("<use xlink:href=\"#a{}\"/>", level - 1);
        bomb = format!("{bomb}<g id=\"a{level}\">{}</g>", one.repeat(10));
    }
    assert_eq!(refused(svg(&bomb)), "its references show more than 400000 elements");
    let entities = "<!DOCTYPE svg [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\
                    <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">\
                    <!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;\">]>";
    let laughs = format!("{entities}{}", svg("<text>&f;&f;&f;&f;</text>"));
    let refused = refused(laughs);
    assert!(refused.starts_with("not valid SVG"), "{refused}");
}

#[test]
fn circles_are_harmless() {
    let circle =
        svg("<g id=\"a\"><use xlink:href=\"#b\"/></g><g id=\"b\"><use xlink:href=\"#a\"/></g>");
    // An error or a picture, but an answer.
    drop(read(circle));
}

#[test]
fn deep_elements_are_refused() {
    let deep = svg(&format!("{}{}", "<g>".repeat(100_000), "</g>".repeat(100_000)));
    assert_eq!(refused(deep), "its elements are nested more than 200 deep");
    let chain = (0..5_000).fold(String::new(), |text, n| {
        let next = n + 1;
        text + &format!("<g id=\"a{n}\"><use xlink:href=\"#a{next}\"/></g>")
    });
    assert_eq!(refused(svg(&chain)), "its references are nested more than 200 deep");
}

#[test]
fn other_files_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret.png");
    image::RgbaImage::from_pixel(4, 4, image::Rgba([255, 0, 0, 255])).save(&file).unwrap();
    let picture =
        svg(&format!("<image width=\"40\" height=\"20\" xlink:href=\"{}\"/>", file.display()));
    let pixels = read(picture).unwrap().pixels((40, 20)).unwrap();
    assert!(pixels.pixels().all(|pixel| pixel.0[3] == 0), "nothing is shown");
    let entity = format!(
        "<!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}",
        svg("<text>&x;</text>")
    );
    // Unknown entities are an error or nothing, but never the file.
    if let Ok(picture) = read(entity) {
        assert!(!picture.svg().contains("root:"));
    }
}

#[test]
fn sizes_are_limited() {
    let huge =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1e9\" height=\"5e8\"/>".to_owned();
    let picture = read(huge).unwrap();
    assert_eq!(picture.size(), (4096, 2048));
    assert!(picture.pixels((4097, 10)).is_err() && picture.pixels((0, 10)).is_err());
    let layers = svg(&format!(
        "{}<rect width=\"40\" height=\"20\"/>{}",
        "<g opacity=\"0.9\">".repeat(150),
        "</g>".repeat(150)
    ));
    let picture = read(layers).unwrap();
    assert!(picture.pixels((40, 20)).is_ok());
    assert_eq!(picture.pixels((4000, 2000)).unwrap_err(), "its effects need too much memory");
}

#[test]
fn drawing_keeps_its_proportions() {
    let square = svg("<rect width=\"40\" height=\"20\" fill=\"#f00\"/>");
    let picture = read(square).unwrap();
    let reds = |pixels: image::RgbaImage| -> Vec<(u32, u32)> {
        let red = pixels.enumerate_pixels().filter(|(.., pixel)| pixel.0[3] > 0);
        red.map(|(x, y, _)| (x, y)).collect()
    };
    let kept = reds(picture.pixels((40, 60)).unwrap());
    assert_eq!((kept.first(), kept.last()), (Some(&(0, 20)), Some(&(39, 39))));
    assert_eq!(reds(picture.stretched_pixels((40, 60)).unwrap()).len(), 40 * 60);
}

#[test]
fn mistakes_in_files_are_named() {
    assert!(refused("<svg".to_owned()).starts_with("not valid SVG"));
    assert_eq!(refused("<html/>".to_owned()), "the document is `html`, not `svg`");
}

#[test]
fn formulas_in_lines_have_the_height_of_rows() {
    let rows = |text: &str| {
        let look = DrawingLook { is_in_line: true, ..DrawingLook::default() };
        let picture = drawn_with(DrawingLanguage::Latex, text, look).unwrap();
        let again = VectorPicture::read(&picture.svg(), SvgFonts::Bundled);
        assert!(again.is_ok());
        let (width, height) = picture.size();
        let is_whole = width.is_multiple_of(10) && height.is_multiple_of(20);
        assert!(width > 5 && is_whole, "{text}: {width}x{height}");
        (height / 20, picture.rows_above())
    };
    assert_eq!(rows("x_i^2 + q"), (1, 0));
    assert_eq!(rows(r"e^{i\pi} + 1 = 0"), (1, 0));
    let (fraction, above) = rows(r"\frac{a+b}{\sqrt{c}}");
    assert!((2..=3).contains(&fraction) && above < fraction as u16);
    let (matrix, above) = rows(r"\begin{pmatrix}1\\2\\3\end{pmatrix}");
    assert!((3..=5).contains(&matrix) && (1..3).contains(&above));
    assert!(rows(&format!("{}1{}", r"\frac{1}{1+".repeat(12), "}".repeat(12))).0 <= 9);
}

#[test]
fn formulas_in_lines_have_an_ink_of_the_text() {
    let look = DrawingLook { is_in_line: true, ..DrawingLook::default() };
    let picture = drawn_with(DrawingLanguage::Latex, "x^2", look).unwrap();
    let (width, height) = picture.size();
    let pixels = picture.pixels((width * 2, height * 2)).unwrap();
    let inked =
        |row: u32| (0..pixels.width()).any(|column| pixels.get_pixel(column, row).0[3] > 128);
    let last = (0..pixels.height()).rfind(|row| inked(*row)).unwrap();
    // The letter ends on the baseline, 0.76 of the row.
    assert!((29..=32).contains(&last), "{last} of {}", pixels.height());
}
