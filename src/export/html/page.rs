//! One step of a slide as markup: each row of text at its place, inside the elements of its roles.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use super::markup::{HeadingLevels, ListLevels, attribute, escape};
use super::placed_drawing::{PlacedDrawing, items_within};
use super::{HtmlPage, SharedParts, backdrop};
use crate::ansi::readable;
use crate::export::canvas::{self, TextFit, TextRun};
use crate::export::palette::{CellStyle, Rgb};
use crate::export::shapes::{CELL_HEIGHT, CELL_WIDTH};
use crate::export::svg;
use crate::export::system_fonts::is_emoji;
use crate::layout::{Item, PictureKey, PlacedItem, Role, Scene};
use crate::media::DocumentPicture;
use crate::view::{self, Overlay, VisibleLink};

/// The least contrast of text and its background (WCAG 2.1, level AA; a little more, since colours are rounded).
const MIN_CONTRAST: f64 = 4.55;

/// Returns a page. `rows` is the height of pages that are not taller than others.
pub(super) fn page(page: &HtmlPage, shared: &mut SharedParts, is_last: bool, rows: u16) -> String {
    let area = page.buffer.area;
    let mut writer = PageWriter {
        page,
        shared,
        links: view::links(&page.scene, 0, &page.buffer),
        owners: Vec::new(),
        runs: HashMap::new(),
        pictures: page.pictures.iter().collect(),
        open: Vec::new(),
        headings: HeadingLevels::default(),
        last_row: None,
        out: String::new(),
    };
    let scheme = if page.colors.background.is_dark() { "dark" } else { "light" };
    let tall = if area.height > rows { format!(" t{}", area.height) } else { String::new() };
    let last = if is_last { " last" } else { "" };
    let _ = writeln!(
        writer.out,
        "<div class=\"page {scheme}{last}{tall}\" style=\"--h:{};background:{};color:{}\">",
        area.height, page.colors.background, page.colors.foreground
    );
    writer.shared.pages += 1;
    let name = format!("d{}", writer.shared.pages);
    writer.out.push_str(&backdrop::backdrop(&name, &page.buffer, &page.colors));
    writer.write();
    writer.out.push_str("</div>\n");
    writer.out
}

/// What a run of text belongs to: the number of its item from 1, 0 for none; the number of its cell of a
/// table's row from 1; the number of its link from 1.
#[derive(Clone, Copy, Debug, Default)]
struct RunOwner {
    item: u32,
    cell: u16,
    link: u16,
}

impl RunOwner {
    fn pack(self) -> u64 {
        u64::from(self.item) << 32 | u64::from(self.cell) << 16 | u64::from(self.link)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the parts of a packed value")]
    fn unpack(group: u64) -> Self {
        Self { item: (group >> 32) as u32, cell: (group >> 16) as u16, link: group as u16 }
    }
}

struct PageWriter<'a> {
    page: &'a HtmlPage,
    shared: &'a mut SharedParts,
    links: Vec<VisibleLink>,
    /// What each cell belongs to, row by row.
    owners: Vec<RunOwner>,
    /// The text of each item.
    runs: HashMap<u32, Vec<TextRun>>,
    /// The pictures that have not been written.
    pictures: Vec<&'a (Overlay, DocumentPicture)>,
    open: Vec<OpenElement>,
    headings: HeadingLevels,
    /// The last row of the preformatted text that is open.
    last_row: Option<f32>,
    out: String,
}

/// An element that has begun.
enum OpenElement {
    /// A tag and where it and its content start in the markup.
    Tag {
        tag: &'static str,
        start: usize,
        content: usize,
    },
    List(ListLevels),
    ListItem,
    /// The cells of a row, and what is between them.
    TableRow {
        is_header: bool,
        cells: Vec<String>,
        between: String,
        /// The columns of the page that each cell takes.
        columns: Vec<Range<u16>>,
    },
}

impl PageWriter<'_> {
    fn write(&mut self) {
        let page = self.page;
        self.owners = owners(&page.scene, &self.links, page.buffer.area.width);
        let width = usize::from(page.buffer.area.width);
        let owners = &self.owners;
        let group = |column: u16, row: u16| {
            let at = usize::from(row) * width + usize::from(column);
            owners.get(at).copied().unwrap_or_default().pack()
        };
        for run in canvas::text_runs(&page.buffer, &page.colors, &group) {
            self.runs.entry(RunOwner::unpack(run.group).item).or_default().push(run);
        }
        let mut numbers = 1..;
        for (placed, number) in page.scene.body.iter().zip(&mut numbers) {
            self.item(number, placed);
        }
        // The footer: it is not searched.
        let start = self.out.len();
        for (placed, number) in page.scene.frame.iter().zip(&mut numbers) {
            self.item(number, placed);
        }
        if self.out.len() > start {
            self.out.insert_str(start, "<div class=\"k\">");
            self.out.push_str("</div>\n");
        }
        // Marks are not items.
        if let Some(runs) = self.runs.remove(&0) {
            self.out.push_str("<div aria-hidden=\"true\">");
            for run in runs {
                self.row(std::slice::from_ref(&run), None);
            }
            self.out.push_str("</div>\n");
        }
    }

    fn item(&mut self, number: u32, placed: &PlacedItem) {
        match &placed.item {
            Item::Begin(role) => self.begin(number, role, placed),
            Item::End => self.end(),
            Item::Text(_) | Item::LargeText { .. } => {
                let Some(runs) = self.runs.remove(&number) else { return };
                self.text(&runs, placed.x);
            }
            Item::Picture { key, width, height, alt } => {
                let whole = std::mem::take(&mut self.out);
                self.picture(key, (*width, *height), alt);
                let markup = std::mem::replace(&mut self.out, whole);
                match self.open.last_mut() {
                    Some(OpenElement::TableRow { cells, columns, .. }) => {
                        let cell = usize::from(cell_at(columns, placed.x)).checked_sub(1);
                        let cell = cell.and_then(|cell| cells.get_mut(cell));
                        cell.unwrap_or(&mut self.out).push_str(&markup);
                    }
                    _ => self.out.push_str(&markup),
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, number: u32, role: &Role, placed: &PlacedItem) {
        const HEADINGS: [&str; 7] = ["h1", "h1", "h2", "h3", "h4", "h5", "h6"];
        match role {
            Role::Heading(level) => {
                let level = self.headings.next(*level);
                self.tag(HEADINGS[level], "");
            }
            Role::Paragraph => self.tag("p", ""),
            Role::Quote => self.tag("blockquote", ""),
            Role::Rule => self.tag("div", " role=\"separator\""),
            Role::Code { language, text } => {
                let code = self.shared.code(text);
                let label = if language.is_empty() { "code" } else { &**language };
                let _ = writeln!(
                    self.out,
                    "<button class=\"copy\" data-code=\"{code}\" style=\"--x:{};--y:{}\" \
                     aria-label=\"Copy {}\">Copy</button>",
                    placed.x,
                    placed.y,
                    attribute(label)
                );
                self.preformatted(number, "code");
            }
            Role::CodeLine => self.tag("code", ""),
            Role::Drawing => {
                let drawing = self.drawing(number);
                let style = drawing
                    .as_ref()
                    .map_or_else(String::new, |it| format!(" class=\"g\" style=\"{}\"", it.style));
                self.tag("div", &style);
                self.out.extend(drawing.map(|it| it.picture));
            }
            Role::Output => self.preformatted(number, "out"),
            Role::Table => self.tag("table", ""),
            Role::Decoration => self.tag("span", " class=\"d\" aria-hidden=\"true\""),
            Role::List => self.open.push(OpenElement::List(ListLevels::default())),
            Role::ListItem { depth, is_numbered } => {
                let list = self.open.iter_mut().rev().find_map(|element| match element {
                    OpenElement::List(levels) => Some(levels),
                    _ => None,
                });
                if let Some(levels) = list {
                    levels.item(*depth, *is_numbered, &mut self.out);
                }
                self.open.push(OpenElement::ListItem);
            }
            Role::TableRow { is_header, cells } => self.open.push(OpenElement::TableRow {
                is_header: *is_header,
                cells: vec![String::new(); cells.len()],
                between: String::new(),
                columns: cells.iter().map(|it| placed.x + it.start..placed.x + it.end).collect(),
            }),
        }
    }

    /// Begins text with the background of its first row.
    fn preformatted(&mut self, number: u32, class: &str) {
        self.last_row = None;
        let runs = (number + 1..number + 10).find_map(|next| self.runs.get(&next)?.first());
        let background = runs.map(|run| format!("--b:{}", run.style.background));
        let drawing = self.drawing(number);
        let class = if drawing.is_some() { format!("{class} g") } else { class.to_owned() };
        let style: Vec<_> =
            background.into_iter().chain(drawing.as_ref().map(|it| it.style.clone())).collect();
        let style = if style.is_empty() {
            String::new()
        } else {
            format!(" style=\"{}\"", style.join(";"))
        };
        self.tag("pre", &format!(" class=\"{class}\"{style}"));
        self.out.extend(drawing.map(|it| it.picture));
    }

    /// Returns what the flowing text shows of what item `number` begins, if some of its cells are drawn.
    fn drawing(&self, number: u32) -> Option<PlacedDrawing> {
        let items = items_within(&self.page.scene.body, number);
        let width = usize::from(self.page.buffer.area.width);
        let cells = (self.owners.iter().enumerate())
            .filter(|(_, owner)| items.contains(&owner.item))
            .map(|(at, _)| (at % width, at / width));
        PlacedDrawing::of(self.page, self.shared.pages, &cells.collect::<Vec<_>>())
    }

    fn tag(&mut self, tag: &'static str, attributes: &str) {
        let start = self.out.len();
        let _ = write!(self.out, "<{tag}{attributes}>");
        self.open.push(OpenElement::Tag { tag, start, content: self.out.len() });
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some(OpenElement::Tag { tag, start, content }) => {
                self.last_row = self.last_row.filter(|_| tag != "pre");
                if self.out.len() == content && tag != "div" {
                    self.out.truncate(start);
                } else {
                    let _ = writeln!(self.out, "</{tag}>");
                }
            }
            Some(OpenElement::List(levels)) => levels.end(&mut self.out),
            Some(OpenElement::TableRow { is_header, mut cells, between, .. }) => {
                if cells.iter().all(String::is_empty) {
                    return;
                }
                if let Some(last) = cells.last_mut().filter(|_| !between.is_empty()) {
                    let _ = write!(last, "<span aria-hidden=\"true\">{between}</span>");
                }
                self.out.push_str("<tr>");
                for cell in cells {
                    // A header cell without a name is not a header.
                    let is_header = is_header && !cell.is_empty();
                    let (open, close) =
                        if is_header { ("<th scope=\"col\">", "</th>") } else { ("<td>", "</td>") };
                    self.out.extend([open, &cell, close]);
                }
                self.out.push_str("</tr>\n");
            }
            Some(OpenElement::ListItem) | None => {}
        }
    }

    /// Writes the text of an item that starts in a column.
    fn text(&mut self, runs: &[TextRun], column: u16) {
        let is_row = matches!(self.open.last(), Some(OpenElement::TableRow { .. }));
        if !is_row {
            let is_preformatted = self
                .open
                .iter()
                .rev()
                .any(|element| matches!(element, OpenElement::Tag { tag: "pre", .. }));
            let start = is_preformatted.then_some(f32::from(column) * CELL_WIDTH);
            return self.row(runs, start);
        }
        // One part for each cell.
        let cell = |run: &TextRun| usize::from(RunOwner::unpack(run.group).cell);
        for part in runs.chunk_by(|a, b| cell(a) == cell(b)) {
            let whole = std::mem::take(&mut self.out);
            self.row(part, None);
            let markup = std::mem::replace(&mut self.out, whole);
            let Some(OpenElement::TableRow { cells, between, .. }) = self.open.last_mut() else {
                return;
            };
            match cell(&part[0]).checked_sub(1).and_then(|cell| cells.get_mut(cell)) {
                Some(cell) => cell.push_str(&markup),
                None => between.push_str(&markup),
            }
        }
    }

    /// Writes runs of one row, with blanks between them, and before them from `start` on.
    fn row(&mut self, runs: &[TextRun], start: Option<f32>) {
        let Some(first) = runs.first() else { return };
        let scale = first.scale;
        let left = start.unwrap_or(first.area.x).min(first.area.x);
        let _ = write!(
            self.out,
            "<span class=\"r\" style=\"--x:{};--y:{}",
            left / CELL_WIDTH,
            first.area.y / CELL_HEIGHT
        );
        if scale.to_bits() != 1.0_f32.to_bits() {
            let _ = write!(self.out, ";--s:{scale}");
        }
        if start.is_some() {
            let row = first.area.y / CELL_HEIGHT;
            let blank_rows = self.last_row.replace(row).map_or(0.0, |last| row - last - 1.0);
            if blank_rows > 0.0 {
                let _ = write!(self.out, ";--g:{blank_rows}");
            }
        }
        self.out.push_str("\">");
        let (mut end, mut link) = (left, 0);
        for run in runs {
            let own = RunOwner::unpack(run.group).link;
            if own != link && link > 0 {
                self.out.push_str("</a>");
            }
            let blanks = ((run.area.x - end) / (CELL_WIDTH * scale)).round();
            #[expect(clippy::cast_sign_loss, reason = "`as` saturates")]
            self.out.extend(std::iter::repeat_n(' ', blanks as usize));
            let target = usize::from(own).checked_sub(1).and_then(|link| self.links.get(link));
            if let Some(target) = target.filter(|_| own != link) {
                let _ = write!(self.out, "<a href=\"{}\">", attribute(&target.address));
            }
            link = own;
            self.run(run);
            end = run.area.x + run.area.width;
        }
        self.out.push_str(if link > 0 { "</a></span>\n" } else { "</span>\n" });
    }

    /// The style of a run. A background that shades the whole page, or a card around the text, is that of
    /// the page, since the flowing text has neither.
    fn style(&self, run: &TextRun) -> CellStyle {
        let colors = &self.page.colors;
        let row = (run.area.y / CELL_HEIGHT) as i32;
        let is_shaded = |column: f32| {
            let at = u16::try_from(column as i32).ok().zip(u16::try_from(row).ok());
            let cell = at.and_then(|at| self.page.buffer.cell(at));
            cell.is_some_and(|cell| colors.cell_style(cell).background == run.style.background)
        };
        let left = (run.area.x / CELL_WIDTH).round();
        let right = ((run.area.x + run.area.width) / CELL_WIDTH).round();
        let is_shade = (is_shaded(0.0) || is_shaded(left - 1.0) && is_shaded(right))
            && run.style.background.is_dark() == colors.background.is_dark();
        let is_preformatted = self.last_row.is_some();
        let text = legible(&run.text, run.style.text, run.style.background);
        if is_shade && !is_preformatted {
            let background = colors.background;
            return CellStyle {
                background,
                text: legible(&run.text, text, background),
                ..run.style
            };
        }
        CellStyle { text, ..run.style }
    }

    fn run(&mut self, run: &TextRun) {
        let colors = &self.page.colors;
        let style = self.style(run);
        let CellStyle { text, background, bold, italic, dim, .. } = style;
        let is_plain = text == colors.foreground && background == colors.background;
        let has_lines = style.underlined || style.struck;
        let is_plain = is_plain && !bold && !italic && !dim && !has_lines;
        let text = escape(&run.text);
        let is_in_columns = run.fit == TextFit::Columns;
        if is_plain && is_in_columns {
            self.out.push_str(&text);
            return;
        }
        let style = self.shared.style(style);
        if is_in_columns {
            let _ = write!(self.out, "<span class=\"s{style}\">{text}</span>");
        } else {
            let columns = run.area.width / CELL_WIDTH / run.scale;
            let kind = match run.fit {
                TextFit::Shaped => "w j",
                _ if is_emoji(&run.text) => "w e",
                _ if run.area.width > 1.5 * CELL_WIDTH * run.scale => "w c",
                _ => "w",
            };
            let _ = write!(
                self.out,
                "<span class=\"s{style} {kind}\" style=\"--w:{columns}\">{text}</span>"
            );
        }
    }

    fn picture(&mut self, key: &PictureKey, whole: (u16, u32), alt: &str) {
        let is_it = |(overlay, _): &&(Overlay, DocumentPicture)| {
            overlay.key == *key && overlay.whole == whole
        };
        let Some(at) = self.pictures.iter().position(is_it) else { return };
        let (overlay, content) = self.pictures.remove(at);
        let number = self.shared.picture(&svg::embedded(content));
        let alt = if alt.is_empty() { key.description() } else { alt };
        // In a line, it is part of the text.
        let (tag, class) = if is_in_line(key) { ("span", "i f") } else { ("div", "i") };
        let _ = write!(
            self.out,
            "<{tag} role=\"img\" aria-label=\"{}\" class=\"{class} p{number}\" \
             style=\"--x:{};--y:{};--w:{};--h:{}",
            attribute(alt),
            overlay.area.x,
            overlay.area.y,
            overlay.area.width,
            overlay.area.height,
        );
        let is_cropped = u32::from(overlay.area.height) < overlay.whole.1
            || overlay.area.width < overlay.whole.0;
        if is_cropped {
            let _ = write!(
                self.out,
                ";--W:{};--R:{};--S:{}",
                overlay.whole.0, overlay.whole.1, overlay.skipped
            );
        }
        let class = if is_cropped { "\" data-cropped=\"" } else { "" };
        let _ = writeln!(self.out, "{class}\"></{tag}>");
    }
}

fn is_in_line(key: &PictureKey) -> bool {
    matches!(key, PictureKey::Drawing(drawing) if drawing.look.is_in_line)
}

/// Returns what each cell of the page belongs to, row by row.
fn owners(scene: &Scene, links: &[VisibleLink], columns: u16) -> Vec<RunOwner> {
    let rows = scene.size.rows;
    let mut owners = vec![RunOwner::default(); usize::from(columns) * usize::from(rows)];
    let screen = ratatui::layout::Rect::new(0, 0, columns, rows);
    let body = scene.body.iter().map(|placed| (placed, scene.viewport.intersection(screen)));
    let frame = scene.frame.iter().map(|placed| (placed, screen));
    let mut cells: Option<(u16, &[Range<u16>])> = None;
    for (number, (placed, area)) in (1..).zip(body.chain(frame)) {
        let (width, size) = match &placed.item {
            Item::Begin(Role::TableRow { cells: ranges, .. }) => {
                cells = Some((placed.x, ranges));
                continue;
            }
            Item::End => {
                cells = None;
                continue;
            }
            Item::Text(line) => (line.width(), 1),
            Item::LargeText { line, size } => (line.width(), usize::from(*size)),
            _ => continue,
        };
        let end = u16::try_from(width * size).unwrap_or(u16::MAX).saturating_add(placed.x);
        let first = u16::try_from(placed.y).unwrap_or(u16::MAX).saturating_add(area.y);
        let last = first.saturating_add(size as u16).min(area.bottom());
        for column in placed.x..end.min(area.right()) {
            let cell = cells.map_or(0, |(x, ranges)| cell_at(ranges, column.saturating_sub(x)));
            for row in first..last {
                let at = usize::from(row) * usize::from(columns) + usize::from(column);
                owners[at] = RunOwner { item: number, cell, link: 0 };
            }
        }
    }
    for (number, link) in (1..).zip(links) {
        let row = usize::from(link.cells.y) * usize::from(columns);
        for column in link.cells.x..link.cells.right() {
            if let Some(owner) = owners.get_mut(row + usize::from(column)) {
                owner.link = number;
            }
        }
    }
    owners
}

/// Returns the number, from 1, of the cell that has a column; 0 for none.
fn cell_at(ranges: &[Range<u16>], column: u16) -> u16 {
    let found = ranges.iter().position(|range| range.contains(&column));
    found.and_then(|at| u16::try_from(at + 1).ok()).unwrap_or(0)
}

/// Returns the colour of a text, changed to [`MIN_CONTRAST`] if it has letters or digits.
fn legible(text: &str, color: Rgb, ground: Rgb) -> Rgb {
    // Text in the colour of its ground is hidden on purpose.
    if color == ground || !text.contains(char::is_alphanumeric) {
        return color;
    }
    let channels = |Rgb(red, green, blue)| [red, green, blue];
    let [red, green, blue] = readable(channels(color), channels(ground), MIN_CONTRAST);
    Rgb(red, green, blue)
}
