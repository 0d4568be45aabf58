//! Contrast of colours by WCAG 2, and the nearest lightness that is readable on a ground.

/// Red, green and blue.
pub type Channels = [u8; 3];

/// Steps of the search for a lightness: finer than a colour channel.
const SEARCH_STEPS: u32 = 10;

/// Returns the WCAG 2 contrast ratio, from 1 to 21.
pub fn contrast(one: Channels, other: Channels) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(color: Channels) -> f64 {
    let [red, green, blue] = color.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// Returns `text` with the nearest lightness that has at least the contrast `floor` on `ground`. Hue
/// and saturation stay. If no lightness reaches it, returns black or white.
pub fn readable(text: Channels, ground: Channels, floor: f64) -> Channels {
    if contrast(text, ground) >= floor {
        return text;
    }
    let color = Hsl::of(text);
    let is_readable = |lightness| contrast(color.at(lightness), ground) >= floor;
    let nearest = [0.0, 1.0].into_iter().filter(|&end| is_readable(end)).map(|end| {
        let (mut near, mut far) = (color.lightness, end);
        for _ in 0..SEARCH_STEPS {
            let middle = f64::midpoint(near, far);
            *(if is_readable(middle) { &mut far } else { &mut near }) = middle;
        }
        far
    });
    let moved = |lightness: &f64| (lightness - color.lightness).abs();
    match nearest.min_by(|one, other| moved(one).total_cmp(&moved(other))) {
        Some(lightness) => color.at(lightness),
        None if contrast([0; 3], ground) > contrast([255; 3], ground) => [0; 3],
        None => [255; 3],
    }
}

/// Mixes `percent` of `other` into `color`.
pub fn mix(color: Channels, other: Channels, percent: u16) -> Channels {
    [0, 1, 2].map(|channel| {
        let (from, to) = (u16::from(color[channel]), u16::from(other[channel]));
        ((from * (100 - percent) + to * percent + 50) / 100) as u8
    })
}

/// A colour as hue (0 to 6), saturation and lightness (0 to 1).
#[derive(Clone, Copy, Debug)]
struct Hsl {
    hue: f64,
    saturation: f64,
    lightness: f64,
}

impl Hsl {
    #[expect(clippy::float_cmp, reason = "finds which of the three is the greatest")]
    fn of(color: Channels) -> Self {
        let [red, green, blue] = color.map(|channel| f64::from(channel) / 255.0);
        let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
        let (range, lightness) = (most - least, f64::midpoint(most, least));
        let hue = if range == 0.0 {
            0.0
        } else if most == red {
            ((green - blue) / range).rem_euclid(6.0)
        } else if most == green {
            (blue - red) / range + 2.0
        } else {
            (red - green) / range + 4.0
        };
        let limit = 1.0 - (2.0 * lightness - 1.0).abs();
        let saturation = if limit == 0.0 { 0.0 } else { range / limit };
        Self { hue, saturation, lightness }
    }

    /// Returns the colour of this hue and saturation with another lightness.
    #[expect(clippy::cast_sign_loss, reason = "the values are from 0 to 255")]
    fn at(self, lightness: f64) -> Channels {
        let reach = self.saturation * lightness.min(1.0 - lightness);
        [0.0, 4.0, 2.0].map(|offset| {
            let turn = (self.hue + offset + 6.0).rem_euclid(6.0);
            let share = (turn - 3.0).abs() - 1.0;
            let value = lightness + reach * (2.0 * share.clamp(0.0, 1.0) - 1.0);
            (value * 255.0).round() as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        assert!((contrast([255; 3], [255; 3]) - 1.0).abs() < 1e-9);
        assert!((contrast([0x77; 3], [255; 3]) - 4.48).abs() < 0.01);
    }

    #[test]
    fn lightness_round_trips() {
        for step in 0..4096_u32 {
            let color = [0, 4, 8].map(|shift| ((step >> shift) & 15) as u8 * 17);
            let parsed = Hsl::of(color);
            assert_eq!(parsed.at(parsed.lightness), color);
        }
    }

    #[test]
    fn nearest_readable_lightness_keeps_the_hue() {
        let yellow = readable([255, 255, 0], [255; 3], 3.0);
        assert_eq!((yellow[0], yellow[2]), (yellow[1], 0), "darker, still yellow");
        assert!((3.0..3.1).contains(&contrast(yellow, [255; 3])), "{yellow:?}");
        assert_eq!(readable([0, 0, 0], [30; 3], 3.0), readable([10, 10, 10], [30; 3], 3.0));
        assert_eq!(readable([200, 0, 0], [255; 3], 3.0), [200, 0, 0], "already readable");
        assert_eq!(readable([100; 3], [128; 3], 20.0), [0; 3], "the most there is");
    }

    #[test]
    fn every_pair_becomes_readable() {
        for step in 0..4096_u32 {
            let part =
                |factor: u32| [0, 4, 8].map(|shift| (((step * factor) >> shift) & 15) as u8 * 17);
            let (text, ground) = (part(1), part(2654));
            assert!(contrast(readable(text, ground, 4.5), ground) >= 4.5, "{text:?} on {ground:?}");
        }
    }

    #[test]
    fn colours_are_mixed() {
        assert_eq!(mix([0, 100, 200], [100, 100, 0], 40), [40, 100, 120]);
    }
}
