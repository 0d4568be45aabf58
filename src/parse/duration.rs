//! Durations as authors write them.

use std::time::Duration;

/// The longest duration: all those of a deck can be added up.
const MAX_MILLIS: u64 = 10_000 * 3_600_000;

/// Parses a duration: `90s`, `500ms`, `2m`, `1m30s`, `1h`, or seconds as a bare number. `None` if the text
/// is not one, or if it is zero.
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let factor = match &rest[..unit] {
            "ms" => 1,
            "" | "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        rest = rest[unit..].trim_start();
        total = total.saturating_add(number.saturating_mul(factor));
    }
    (total > 0).then(|| Duration::from_millis(total.min(MAX_MILLIS)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("30m", Some(1_800_000))]
    #[case("1h 5m", Some(3_900_000))]
    #[case("90", Some(90_000))]
    #[case("500ms", Some(500))]
    #[case("99999999999999999h", Some(MAX_MILLIS))]
    #[case("0s", None)]
    #[case("soon", None)]
    #[case("", None)]
    #[case("5 x", None)]
    fn durations_are_read(#[case] text: &str, #[case] millis: Option<u64>) {
        assert_eq!(duration(text), millis.map(Duration::from_millis));
    }
}
