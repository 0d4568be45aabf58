//! Axes: round numbers between two ends, and how they are written.

/// The range of an axis, and the numbers on it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    /// The first number.
    pub(super) start: f64,
    /// The last one.
    pub(super) end: f64,
    /// The numbers written.
    pub(super) ticks: Vec<f64>,
    /// Decimals of the numbers.
    decimals: usize,
}

impl Axis {
    /// Creates an axis that has all values, with about `count` round numbers.
    pub(super) fn of(values: impl Iterator<Item = f64>, count: usize) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        let (low, high) = if high - low < f64::EPSILON * high.abs().max(1.0) {
            (low - low.abs().max(1.0) / 2.0, high + high.abs().max(1.0) / 2.0)
        } else {
            (low, high)
        };
        #[expect(clippy::cast_precision_loss, reason = "a few")]
        let rough = (high - low) / count.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * power);
        let step = steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(10.0 * power);
        let (start, end) = ((low / step).floor() * step, (high / step).ceil() * step);
        let mut ticks = Vec::new();
        let mut index = 0.0;
        // Rounding must not add or lose the last one.
        while start + index * step <= end + step / 2.0 && ticks.len() < 100 {
            ticks.push(start + index * step);
            index += 1.0;
        }
        #[expect(clippy::cast_sign_loss, reason = "at least 0")]
        let mut decimals = (-(step.log10() + 1e-9).floor()).clamp(0.0, 9.0) as usize;
        if (step / power - 2.5).abs() < 1e-9 {
            decimals += 1;
        }
        Self { start, end, ticks, decimals }
    }

    /// Returns where a value is on the axis, from 0 to 1.
    pub(super) fn place(&self, value: f64) -> f64 {
        ((value - self.start) / (self.end - self.start)).clamp(0.0, 1.0)
    }

    /// Writes a number of the axis.
    pub(super) fn label(&self, value: f64) -> String {
        let value = if value.abs() < (self.end - self.start) * 1e-9 { 0.0 } else { value };
        let is_long = self.start.abs().max(self.end.abs()) >= 10_000.0;
        if is_long { number(value) } else { format!("{value:.*}", self.decimals) }
    }
}

/// Writes a number in a few characters.
pub(super) fn number(value: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")];
    if value.abs() >= 1e15 || (value != 0.0 && value.abs() < 1e-4) {
        return format!("{value:.1e}");
    }
    if let Some((size, unit)) = UNITS.into_iter().find(|(size, _)| value.abs() >= *size) {
        let scaled = value / if unit == "k" { 1e3 } else { size };
        return format!("{}{unit}", trimmed(scaled, 2));
    }
    trimmed(value, if value.abs() < 1.0 { 4 } else { 2 })
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64], count: usize) -> Vec<String> {
        let axis = Axis::of(values.iter().copied(), count);
        axis.ticks.iter().map(|tick| axis.label(*tick)).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(&[0.0, 97.0], 5), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(
            labels(&[0.11, 0.32], 4),
            ["0.10", "0.20", "0.30", "0.40"].map(|it| it[..3].to_owned())
        );
        assert_eq!(labels(&[-1.0, 1.0], 4), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(labels(&[0.0, 10.0], 4), ["0.0", "2.5", "5.0", "7.5", "10.0"]);
        assert_eq!(labels(&[0.0, 50_000.0], 2), ["0", "25k", "50k"]);
    }

    #[test]
    fn odd_ranges_have_an_axis() {
        for values in [&[][..], &[0.0], &[7.0, 7.0], &[1e300, -1e300], &[1e-300, 2e-300]] {
            let axis = Axis::of(values.iter().copied(), 4);
            assert!(axis.ticks.len() <= 100 && axis.start < axis.end, "{values:?} {axis:?}");
        }
    }

    #[test]
    fn numbers_are_short() {
        let written = [0.0, 12.5, 1234.0, 12_345.0, 2.5e6, 1e20, 0.25, 1e-7].map(number);
        assert_eq!(written, ["0", "12.5", "1234", "12.35k", "2.5M", "1.0e20", "0.25", "1.0e-7"]);
    }
}
