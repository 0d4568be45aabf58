//! The ground of a drawing and the space around it, where a theme sets them.

use super::{DrawError, svg_limits};
use crate::ansi::Channels;

/// Returns an SVG of this size with space at its sides, above and below, filled with a colour.
///
/// # Errors
/// It is not an SVG, or exceeds a limit.
pub(super) fn with_ground(
    svg: &str,
    (width, height): (f32, f32),
    ground: Option<Channels>,
    (across, down): (f64, f64),
) -> Result<String, DrawError> {
    let document = svg_limits::parse(svg)?;
    let root = document.root_element();
    let Some(content) = root.first_child() else { return Ok(svg.to_owned()) };
    let numbers = |text: &str| -> Option<Vec<f64>> {
        text.split([' ', ',']).filter(|it| !it.is_empty()).map(|it| it.parse().ok()).collect()
    };
    let (width, height) = (f64::from(width), f64::from(height));
    let own = root.attribute("viewBox").and_then(numbers).filter(|own| own.len() == 4);
    let own = own.unwrap_or_else(|| vec![0.0, 0.0, width, height]);
    // One unit of the drawing, in units of its content.
    let unit = if width > 0.0 { own[2] / width } else { 1.0 };
    let (x, y) = (own[0] - across * unit, own[1] - down * unit);
    let (inner_width, inner_height) = (own[2] + 2.0 * across * unit, own[3] + 2.0 * down * unit);
    let start = root.range().start;
    let mut tag = svg[start..content.range().start].to_owned();
    let mut replaced: Vec<_> = root
        .attributes()
        .filter(|it| {
            ["width", "height", "viewBox"].contains(&it.name()) && it.namespace().is_none()
        })
        .map(|it| it.range())
        .collect();
    replaced.sort_by_key(|range| range.start);
    for range in replaced.into_iter().rev() {
        tag.replace_range(range.start - start..range.end - start, "");
    }
    let size = format!(
        " width=\"{}\" height=\"{}\" viewBox=\"{x} {y} {inner_width} {inner_height}\"",
        width + 2.0 * across,
        height + 2.0 * down
    );
    tag.insert_str("<svg".len(), &size);
    let ground = ground.map(|[red, green, blue]| {
        format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{inner_width}\" height=\"{inner_height}\" \
             fill=\"rgb({red},{green},{blue})\"/>"
        )
    });
    let rest = &svg[content.range().start..];
    Ok(format!("{}{tag}{}{rest}", &svg[..start], ground.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{SvgFonts, VectorPicture};

    const RED: &str = "<rect x=\"10\" width=\"4\" height=\"2\" fill=\"#f00\"/></svg>";

    fn corner_and_middle(svg: &str) -> ((u32, u32), [u8; 4], [u8; 4]) {
        let size = (4.0, 2.0);
        let framed = with_ground(svg, size, Some([0, 0, 255]), (3.0, 2.0)).unwrap();
        let picture = VectorPicture::read(&framed, SvgFonts::Bundled).unwrap();
        let (width, height) = picture.size();
        let pixels = picture.pixels((width, height)).unwrap();
        let middle = pixels.get_pixel(width / 2, height / 2).0;
        ((width, height), pixels.get_pixel(0, 0).0, middle)
    }

    #[test]
    fn ground_is_around_and_behind() {
        let [red, blue] = [[255, 0, 0, 255], [0, 0, 255, 255]];
        let start = "<svg xmlns=\"http://www.w3.org/2000/svg\"";
        let seen = corner_and_middle(&format!(
            "{start} width=\"4\" height=\"2\" viewBox=\"10 0 4 2\" style=\"max-width: 4px\">{RED}"
        ));
        assert_eq!(seen, ((10, 6), blue, red));
        let seen = corner_and_middle(&format!("{start} viewBox='10,0 4,2' width='100%'>{RED}"));
        assert_eq!(seen, ((10, 6), blue, red));
    }
}
