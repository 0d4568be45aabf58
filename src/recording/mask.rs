//! What is never the same twice, made equal before outputs are compared: times and durations,
//! addresses, temporary files, the numbers of processes, and what `+mask` names.

use std::sync::LazyLock;

use regex::Regex;

/// What stands where something was masked by the author's own expression.
const OWN: &str = "<masked>";

/// Patterns, in the order in which they are looked for, and what takes their place.
const BUILT_IN: [(&str, &str); 10] = [
    // Newer versions of Rust number the thread that panics.
    (r"thread '([^']*)' \(\d+\)", "thread '$1'"),
    (r#"(?:/private)?/(?:tmp|var/tmp|var/folders)/[^\s:'"`()<>,;]+"#, "<temporary>"),
    (
        r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? +(?:\d{1,2} +[A-Z]|[A-Z][a-z]{2,8} +\d).{0,40}?\b\d{4}\b",
        "<date>",
    ),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|\s?[+-]\d\d:?\d\d)?", "<time>"),
    (r"\b\d{4}-\d\d-\d\d\b", "<date>"),
    (r"\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b", "<time>"),
    (r"\b0x[0-9a-fA-F]{5,}\b", "<address>"),
    (
        r"\b(?:\d+ ?(?:h|m|min) ?)*\d+(?:[.,]\d+)? ?(?:ns|µs|μs|us|ms|s|secs?|seconds?|min|minutes?|hours?)\b",
        "<duration>",
    ),
    (r"(?i)\b(pid|process id)([ =:#]+)\d+", "$1$2<pid>"),
    (r"(?m)^\[(\d+)\] +\d+$", "[$1] <pid>"),
];

static MASKS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let compiled = |(pattern, with)| Some((Regex::new(pattern).ok()?, with));
    BUILT_IN.into_iter().filter_map(compiled).collect()
});

/// The text with everything masked that is never the same; `own` is the author's expression.
pub(super) fn masked(text: &str, own: Option<&str>) -> String {
    let own = own.and_then(|pattern| Regex::new(pattern).ok());
    let text = match &own {
        Some(own) => own.replace_all(text, OWN).into_owned(),
        None => text.to_owned(),
    };
    MASKS.iter().fold(text, |text, (mask, with)| mask.replace_all(&text, *with).into_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn every_pattern_is_one() {
        assert_eq!(MASKS.len(), BUILT_IN.len());
    }

    #[rstest]
    #[case("142858: 92.3ms", "142858: <duration>")]
    #[case("took 1.5µs, 3 s, 12 seconds", "took <duration>, <duration>, <duration>")]
    #[case("real 1m30.5s", "real <duration>")]
    #[case("5 passed in 0.03s", "5 passed in <duration>")]
    #[case("<object at 0x7f3a2c1d>", "<object at <address>>")]
    #[case("0xff stays", "0xff stays")]
    #[case("2026-11-22T21:39:13Z and 2026-11-22", "<time> and <date>")]
    #[case("2026-11-22 21:39:13.123456+01:00", "<time>")]
    #[case("Sun Nov 22 21:39:13 UTC 2026", "<date>")]
    #[case("Sun, 22 Nov 2026 21:39:13 GMT", "<date> <time> GMT")]
    #[case("at 9:05:01.5", "at <time>")]
    #[case("/tmp/livedeck-x/run-y/snippet.sh: line 3: oh", "<temporary>: line 3: oh")]
    #[case("open('/var/folders/a/b.txt')", "open('<temporary>')")]
    #[case("thread 'main' (2813) panicked at talk.md:6", "thread 'main' panicked at talk.md:6")]
    #[case("pid=12 PID: 7", "pid=<pid> PID: <pid>")]
    #[case("a\n[1] 4711\nb", "a\n[1] <pid>\nb")]
    #[case("20! = 2432902008176640000", "20! = 2432902008176640000")]
    #[case("3 stars, 5 mice, 4 ms", "3 stars, 5 mice, <duration>")]
    fn what_is_never_the_same_is_masked(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(masked(text, None), expected);
    }

    #[test]
    fn an_author_masks_the_rest() {
        assert_eq!(masked("seed 17, 3 ms", Some(r"seed \d+")), "<masked>, <duration>");
        assert_eq!(masked("a\nb\nc", Some("(?s)b.*")), "a\n<masked>");
        assert_eq!(masked("a", Some("(")), "a", "what is no expression was told at its fence");
    }
}
