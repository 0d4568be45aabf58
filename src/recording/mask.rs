//! Masks text that differs on each run before outputs are compared: times and durations, addresses,
//! temporary files, process ids, and what `+mask` matches.

use std::sync::LazyLock;

use regex::Regex;

/// Replaces text that the author's `+mask` matches.
const CUSTOM_MASK: &str = "<masked>";

/// Patterns in order of application, and their replacements.
const BUILT_IN_MASKS: [(&str, &str); 10] = [
    // Newer versions of Rust number the panicking thread.
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
    BUILT_IN_MASKS.into_iter().filter_map(compiled).collect()
});

/// Masks text that differs on each run. `own` is the author's regular expression.
pub(super) fn masked(text: &str, own: Option<&str>) -> String {
    let own = own.and_then(|pattern| Regex::new(pattern).ok());
    let text = match &own {
        Some(own) => own.replace_all(text, CUSTOM_MASK).into_owned(),
        None => text.to_owned(),
    };
    MASKS.iter().fold(text, |text, (mask, with)| mask.replace_all(&text, *with).into_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn built_in_patterns_are_valid() {
        assert_eq!(MASKS.len(), BUILT_IN_MASKS.len());
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
    fn variable_text_is_masked(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(masked(text, None), expected);
    }

    #[test]
    fn custom_masks_are_applied() {
        assert_eq!(masked("seed 17, 3 ms", Some(r"seed \d+")), "<masked>, <duration>");
        assert_eq!(masked("a\nb\nc", Some("(?s)b.*")), "a\n<masked>");
        assert_eq!(masked("a", Some("(")), "a", "an invalid expression is reported by the parser");
    }
}
