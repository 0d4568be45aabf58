//! Durations formatted for people.

use std::time::Duration;

/// Formats a duration: `43 µs`, `0.8 ms`, `123 ms`, `4.2 s`, `1 min 05 s`.
pub fn format_duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match time.as_micros() {
        micros @ 1..100 => format!("{micros} µs"),
        micros @ 0..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        10_000..1_000_000 => format!("{} ms", time.as_millis()),
        1_000_000..60_000_000 => format!("{seconds}.{} s", time.subsec_millis() / 100),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// Formats how long something has been going on, in whole seconds: `3 s`. Empty in the first second.
/// With fractions, what shows it would change all the time.
pub fn format_elapsed(time: Duration) -> String {
    match time.as_secs() {
        0 => String::new(),
        seconds @ 1..60 => format!("{seconds} s"),
        _ => format_duration(time),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0.0 ms")]
    #[case(43, "43 µs")]
    #[case(100, "0.1 ms")]
    #[case(9_999, "9.9 ms")]
    #[case(10_000, "10 ms")]
    #[case(999_999, "999 ms")]
    #[case(1_250_000, "1.2 s")]
    #[case(65_000_000, "1 min 05 s")]
    fn durations_are_formatted_briefly(#[case] micros: u64, #[case] expected: &str) {
        assert_eq!(format_duration(Duration::from_micros(micros)), expected);
    }

    #[rstest]
    #[case(999, "")]
    #[case(1_999, "1 s")]
    #[case(65_400, "1 min 05 s")]
    fn elapsed_time_has_whole_seconds(#[case] millis: u64, #[case] expected: &str) {
        assert_eq!(format_elapsed(Duration::from_millis(millis)), expected);
    }
}
