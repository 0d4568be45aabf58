//! Contrast of everything that the built-in themes show: each role, and each scope of their highlight
//! themes, against its ground.

use std::fmt;

use ratatui::style::{Color, Style};

use super::readable::{MIN_CODE_CONTRAST, MIN_COMMENT_CONTRAST, is_comment};
use super::{CodeGround, Highlighter, line_parser};
use crate::ansi::{contrast, fixed_rgb};
use crate::theme::{Choice, FooterStyle, FrameShape, Theme, names, resolve};

/// The least contrast of running text.
const BODY: f64 = 7.0;

/// The least contrast of titles, output and coloured words.
const TEXT: f64 = 4.5;

/// The least contrast of remarks: footers, status, muted lines.
const REMARK: f64 = 3.5;

/// The least contrast of frames.
const FRAME: f64 = 3.0;

/// The least contrast of a box and the slide.
const BOX: f64 = 1.15;

/// The least contrast of lines that show where something is.
const LINE: f64 = 3.0;

/// The least contrast of lines that only adorn.
const SEPARATOR: f64 = 1.5;

/// One colour of a theme on its ground.
struct Pair {
    role: String,
    ratio: f64,
    floor: f64,
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:5.2} of {:4.2} {}", self.ratio, self.floor, self.role)
    }
}

/// The pairs of a theme.
struct Pairs<'a> {
    theme: &'a Theme,
    pairs: Vec<Pair>,
}

impl Pairs<'_> {
    fn add(&mut self, role: &str, (color, ground): (Option<Color>, Option<Color>), floor: f64) {
        let base = self.theme.base;
        let [color, ground] =
            [color.or(base.fg), ground.or(base.bg)].map(|it| fixed_rgb(it.unwrap()).unwrap());
        let role = format!("{}: {role}", self.theme.name);
        self.pairs.push(Pair { role, ratio: contrast(color, ground), floor });
    }

    fn text(&mut self, role: &str, style: Style, floor: f64) {
        self.add(role, (style.fg, style.bg), floor);
    }

    fn boxed(&mut self, role: &str, ground: Option<Color>) {
        self.add(role, (ground, self.theme.base.bg), BOX);
    }
}

/// Returns the pairs of a built-in theme; none if the terminal chooses its colours.
fn pairs(name: &str) -> Vec<Pair> {
    let choice =
        Choice { forced: Some(name), name: None, file: None, default: "dark", overrides: None };
    let theme = resolve(&choice).0;
    if theme.base.bg.is_none() {
        return Vec::new();
    }
    let mut pairs = Pairs { theme: &theme, pairs: Vec::new() };
    prose(&mut pairs);
    lines(&mut pairs);
    boxes(&mut pairs);
    code(&mut pairs);
    pairs.pairs
}

fn prose(pairs: &mut Pairs<'_>) {
    let theme = pairs.theme;
    pairs.text("text", theme.base, BODY);
    pairs.text("bold", theme.bold, BODY);
    pairs.text("italics", theme.italics, BODY);
    pairs.text("title", theme.slide_title.style, TEXT);
    for (level, heading) in theme.headings.iter().enumerate() {
        pairs.text(&format!("heading {}", level + 1), heading.style, TEXT);
    }
    let intro = &theme.intro;
    pairs.text("intro title", intro.title.style, TEXT);
    pairs.text("subtitle", intro.subtitle.style, TEXT);
    pairs.text("author", intro.author.style, TEXT);
    for (role, line) in
        [("event", &intro.event), ("location", &intro.location), ("date", &intro.date)]
    {
        pairs.text(role, line.style, REMARK);
    }
    if let FooterStyle::Template { style, .. } | FooterStyle::ProgressBar { style, .. } =
        theme.footer
    {
        pairs.text("footer", style, REMARK);
    }
    for (name, (fg, bg)) in &theme.palette.classes {
        pairs.add(&format!("class {name}"), (*fg, *bg), REMARK);
    }
}

/// Headers, bullets and lines; text on both ends of a gradient.
fn lines(pairs: &mut Pairs<'_>) {
    let theme = pairs.theme;
    pairs.text("bullet", theme.list.marker, REMARK);
    pairs.text("table header", theme.table.header, TEXT);
    pairs.text("lines of a table", theme.table.lines, LINE);
    if let Some(stripe) = theme.table.stripe {
        pairs.add("striped row", (None, Some(stripe)), BODY);
        pairs.boxed("stripe", Some(stripe));
    }
    if let Some(color) = theme.slide_title.separator_color {
        pairs.add("separator", (Some(color), None), SEPARATOR);
    }
    if theme.code.frame != FrameShape::None {
        pairs.add("frame of code", (theme.code.frame_style.fg, theme.code.fill), LINE);
    }
    for (end, ground) in theme.gradient.iter().flat_map(|it| [("start", it.from), ("end", it.to)]) {
        let [red, green, blue] = ground;
        let ground = Some(Color::Rgb(red, green, blue));
        pairs.add(&format!("text on the gradient's {end}"), (None, ground), BODY);
        pairs.add(
            &format!("bullet on the gradient's {end}"),
            (theme.list.marker.fg, ground),
            REMARK,
        );
        let title = theme.slide_title.style.fg;
        pairs.add(&format!("title on the gradient's {end}"), (title, ground), TEXT);
        for (role, fill) in [("code", theme.code.fill), ("quote", theme.quote.style.bg)] {
            pairs.add(&format!("box of {role} on the gradient's {end}"), (fill, ground), BOX);
        }
        if let FooterStyle::Template { style, .. } = theme.footer {
            pairs.add(&format!("footer on the gradient's {end}"), (style.fg, ground), REMARK);
        }
    }
}

fn boxes(pairs: &mut Pairs<'_>) {
    let theme = pairs.theme;
    pairs.text("inline code", theme.inline_code, TEXT);
    pairs.boxed("box of inline code", theme.inline_code.bg);
    pairs.text("quote", theme.quote.style, BODY);
    pairs.text("prefix of a quote", theme.quote.prefix_style, REMARK);
    pairs.boxed("box of a quote", theme.quote.style.bg);
    pairs.text("alert", theme.alerts.style, BODY);
    pairs.boxed("box of an alert", theme.alerts.style.bg);
    for kind in &theme.alerts.kinds {
        pairs.add(&format!("alert {}", kind.title), (kind.color, theme.alerts.style.bg), TEXT);
    }
    panels(pairs);
}

fn panels(pairs: &mut Pairs<'_>) {
    let panel = &pairs.theme.panel;
    let (text, selection) = (panel.text, panel.selection);
    pairs.text("panel", text, BODY);
    pairs.boxed("box of a panel", text.bg);
    pairs.text("selection", selection, TEXT);
    pairs.add("box of the selection", (selection.bg, text.bg), BOX);
    let output = &pairs.theme.output;
    let warning = Style { fg: pairs.theme.alerts.kinds[3].color, ..Style::new() };
    for (role, style) in
        [("accent", panel.accent), ("failure", output.failure), ("warning", warning)]
    {
        pairs.add(&format!("{role} on a panel"), (style.fg, text.bg), REMARK);
        let selected = panel.on_selection(style);
        pairs.add(&format!("{role} on the selection"), (selected.fg, selection.bg), REMARK);
    }
    pairs.add("frame of a panel", (panel.frame.fg, text.bg), FRAME);
    pairs.text("notice", panel.notice, BODY);
    pairs.boxed("box of a notice", panel.notice.bg);
}

fn code(pairs: &mut Pairs<'_>) {
    let theme = pairs.theme;
    let own = Highlighter::new(&theme.code.highlight_theme).unwrap();
    let ground = match CodeGround::in_theme(theme) {
        CodeGround::OfTheme => own.background(),
        CodeGround::Color(color) => color,
    };
    let highlighter = own.readable_on(CodeGround::in_theme(theme));
    pairs.add("code", (highlighter.foreground().fg, ground), MIN_CODE_CONTRAST);
    pairs.boxed("box of code", ground);
    for item in &highlighter.unpacked().theme.scopes {
        let floor = if is_comment(item) { MIN_COMMENT_CONTRAST } else { MIN_CODE_CONTRAST };
        if let Some(color) = item.style.foreground.and_then(line_parser::color) {
            pairs.add(&format!("code scope {:?}", item.scope), (Some(color), ground), floor);
        }
    }
    pairs.text("output", theme.output.style, TEXT);
    pairs.boxed("box of output", theme.output.style.bg);
    let output = &theme.output;
    for (role, style) in [
        ("not started", output.not_started),
        ("running", output.running),
        ("success", output.success),
        ("failure", output.failure),
    ] {
        for (place, ground) in
            [("slide", None), ("code", ground), ("output", theme.output.style.bg)]
        {
            pairs.add(&format!("status {role} on {place}"), (style.fg, ground), REMARK);
        }
    }
}

#[test]
fn built_in_themes_reach_the_contrast_floors() {
    let mut all: Vec<Pair> = names().flat_map(pairs).collect();
    all.sort_by(|one, other| (one.ratio / one.floor).total_cmp(&(other.ratio / other.floor)));
    let list =
        |pairs: &[Pair]| pairs.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let too_low = all.iter().take_while(|it| it.ratio < it.floor).count();
    println!("the worst of {}:\n{}", all.len(), list(&all[..20]));
    assert!(
        too_low == 0,
        "{too_low} of {} are below their floor:\n{}",
        all.len(),
        list(&all[..too_low])
    );
}

#[test]
fn comments_are_told_from_code() {
    let highlighter = Highlighter::new("Catppuccin Latte").unwrap();
    let white = Some(Color::Rgb(255, 255, 255));
    let comments =
        highlighter.unpacked().theme.scopes.iter().filter(|item| is_comment(item)).count();
    assert!((1..highlighter.unpacked().theme.scopes.len() / 4).contains(&comments), "{comments}");
    let colors = |highlighter: &Highlighter| {
        let lines = highlighter.lines("python", "# note\nx = 'text'");
        lines.iter().flat_map(|line| line.spans.clone()).map(|it| it.style.fg).collect::<Vec<_>>()
    };
    let before = colors(&highlighter);
    let after = colors(&highlighter.readable_on(CodeGround::Color(white)));
    assert_ne!(before, after);
    let ratios: Vec<f64> =
        after.iter().map(|color| contrast(fixed_rgb(color.unwrap()).unwrap(), [255; 3])).collect();
    assert!((3.5..4.5).contains(&ratios[0]), "comments may be paler: {ratios:?}");
    assert!(ratios[1..].iter().all(|ratio| *ratio >= 4.5), "{ratios:?}");
}

#[test]
fn terminal_colours_of_code_stay() {
    let ansi = |ground| Highlighter::new("ansi").unwrap().readable_on(CodeGround::Color(ground));
    let ground = Some(Color::Rgb(255, 255, 255));
    assert_eq!(ansi(ground).lines("rust", "fn a() {}"), ansi(None).lines("rust", "fn a() {}"));
}
