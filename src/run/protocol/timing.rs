//! Benchmark results: the measured statement, its median and spread, and the amount of sampling.

use super::group_digits;

/// Minimum number of samples for quartiles. With fewer, the spread is from the fastest to the
/// slowest.
const MIN_QUARTILE_SAMPLES: u32 = 4;

/// The result of one contender of a benchmark. Times are nanoseconds per call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timing {
    /// The measured statement on one line.
    pub timed: Box<str>,
    /// Total number of calls.
    pub calls: u64,
    /// Number of samples, each with the same number of calls.
    pub samples: u32,
    /// Total time of all samples.
    pub total: f64,
    /// The median of the samples.
    pub median: f64,
    /// Lower end of the spread: the first quartile, or the fastest sample if there are few.
    pub low: f64,
    /// Upper end of the spread: the third quartile, or the slowest sample if there are few.
    pub high: f64,
    /// Whether a call takes no longer than an empty one: the compiler has optimized it away.
    pub is_empty: bool,
}

/// What a benchmark has measured so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampling {
    /// The share of the time for samples that is used up, in thousandths.
    pub done: u16,
    /// The result of the samples.
    pub timing: Timing,
}

impl Timing {
    /// Returns the formatted median.
    pub fn median_text(&self) -> String {
        let (number, unit) = with_unit(self.median);
        format!("{number} {unit}")
    }

    /// Returns the spread of the samples: `1.19–1.31 ms`. Empty for a single sample.
    pub fn spread_text(&self) -> String {
        if self.samples < 2 {
            return String::new();
        }
        let (low, high) = (with_unit(self.low), with_unit(self.high));
        let from = if low.1 == high.1 { low.0 } else { format!("{} {}", low.0, low.1) };
        format!("{from}–{} {}", high.0, high.1)
    }

    /// Returns the number of calls: `40,000 calls`.
    pub fn calls_text(&self) -> String {
        let calls = if self.calls == 1 { "call" } else { "calls" };
        format!("{} {calls}", grouped_number(self.calls))
    }

    /// Describes the median, its spread and the amount of sampling.
    pub fn words(&self) -> String {
        let spread = match self.samples {
            0 | 1 => String::new(),
            few if few < MIN_QUARTILE_SAMPLES => format!(", all {}", self.spread_text()),
            _ => format!(", quartiles {}", self.spread_text()),
        };
        let (total, unit) = with_unit(self.total);
        let much = format!("{} in {total} {unit}", self.calls_text());
        format!("median {}{spread} · {much}", self.median_text())
    }

    /// Returns the whole result on one line.
    pub fn plain_text(&self) -> String {
        let empty = if self.is_empty { format!(" · {OPTIMIZED_AWAY}") } else { String::new() };
        format!("timed {} · {}{empty}", self.timed, self.words())
    }

    /// Returns the text without the measured times, which differ on each run.
    pub fn stable_text(&self) -> String {
        format!("timed {}", self.timed)
    }

    /// Formats how many times faster this is than `slowest`: `1.7×`, `47×`, `1,230×`. `None` if it
    /// cannot be compared.
    pub fn speedup(&self, slowest: f64) -> Option<String> {
        let times = slowest / self.median;
        let is_comparable = times.is_finite() && times > 0.0 && !self.is_empty;
        is_comparable.then(|| match times {
            same if same < 1.05 => "1×".to_owned(),
            less if less < 9.95 => format!("{less:.1}×"),
            more => {
                let whole = format!("{more:.0}").parse().unwrap_or(u64::MAX);
                format!("{}×", grouped_number(whole))
            }
        })
    }
}

/// The note on a call that takes no time.
pub const OPTIMIZED_AWAY: &str =
    "as fast as doing nothing: the compiler knows the result; hide its input with `black_box(…)`";

fn grouped_number(number: u64) -> String {
    group_digits(usize::try_from(number).unwrap_or(usize::MAX))
}

/// Formats a time in nanoseconds to three digits, with its unit.
fn with_unit(time: f64) -> (String, &'static str) {
    const UNITS: [(f64, &str); 4] = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];
    // A value that rounds to 1000 of a unit becomes 1 of the next unit.
    let unit = UNITS.into_iter().find(|(size, _)| time >= size * 0.9995);
    let (size, unit) = unit.unwrap_or((1.0, "ns"));
    let number = time / size;
    let digits = match number {
        small if small < 9.995 => 2,
        middle if middle < 99.95 => 1,
        _ => 0,
    };
    (format!("{number:.digits$}"), unit)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0.31, "0.31 ns")]
    #[case(4.0, "4.00 ns")]
    #[case(99.96, "100 ns")]
    #[case(999.6, "1.00 µs")]
    #[case(92_140.0, "92.1 µs")]
    #[case(4_312_000.0, "4.31 ms")]
    #[case(2_005_000_000.0, "2.00 s")]
    #[case(123_456_000_000.0, "123 s")]
    fn times_have_three_digits(#[case] nanoseconds: f64, #[case] expected: &str) {
        let timing = Timing { median: nanoseconds, ..Timing::default() };
        assert_eq!(timing.median_text(), expected);
    }

    fn timing(samples: u32, (low, median, high): (f64, f64, f64)) -> Timing {
        let (calls, total) = (u64::from(samples) * 800, 1.04e9);
        Timing { timed: "f(10)".into(), calls, samples, total, median, low, high, is_empty: false }
    }

    #[test]
    fn summary_names_the_kind_of_spread() {
        assert_eq!(
            timing(50, (1.19e6, 1.23e6, 1.31e6)).plain_text(),
            "timed f(10) · median 1.23 ms, quartiles 1.19–1.31 ms · 40,000 calls in 1.04 s"
        );
        assert_eq!(
            timing(2, (990.0, 1_000.0, 1_010.0)).words(),
            "median 1.00 µs, all 990 ns–1.01 µs · 1,600 calls in 1.04 s"
        );
        let one = Timing { calls: 1, ..timing(1, (2e9, 2e9, 2e9)) };
        assert_eq!(one.words(), "median 2.00 s · 1 call in 1.04 s");
    }

    #[rstest]
    #[case(4.31e6, "1×")]
    #[case(4.0e6, "1.1×")]
    #[case(1.0e6, "4.3×")]
    #[case(4.33e5, "10×")]
    #[case(92_100.0, "47×")]
    #[case(3_500.0, "1,231×")]
    fn speedup_has_at_least_two_digits(#[case] median: f64, #[case] expected: &str) {
        let timing = Timing { median, ..Timing::default() };
        assert_eq!(timing.speedup(4.31e6).as_deref(), Some(expected));
    }

    #[test]
    fn empty_call_has_no_speedup() {
        let nothing = Timing { median: 1.0, is_empty: true, ..Timing::default() };
        assert_eq!(nothing.speedup(1e6), None);
        assert!(nothing.plain_text().ends_with("`black_box(…)`"));
        assert_eq!(Timing::default().speedup(1e6), None, "a default timing has no speed-up");
        let strange = Timing { median: f64::NAN, ..Timing::default() };
        assert_eq!(strange.speedup(f64::NAN), None);
    }
}
