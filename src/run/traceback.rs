//! Tracebacks of kernels, which are made for notebooks.

use crate::ansi::strip_colors;

/// How `IPython` ends the first line of a traceback.
const HEADING: &str = "Traceback (most recent call last)";

/// The spaces before it.
const GAP: &str = "  ";

/// Returns a traceback as it fits on a slide: without the rule above it, which is as wide as a notebook, and
/// without the space before its heading.
pub fn short_traceback(text: &str) -> String {
    let is_rule = |line: &str| {
        let line = strip_colors(line);
        let line = line.trim();
        line.len() >= 10 && line.bytes().all(|byte| byte == b'-')
    };
    let lines = text.split('\n').enumerate().filter(|(at, line)| *at > 0 || !is_rule(line));
    let lines = lines.map(|(_, line)| match line.split_once(HEADING) {
        Some((before, after)) if before.ends_with(GAP) => {
            format!("{}{GAP}{HEADING}{after}", before.trim_end())
        }
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::short_traceback;

    #[test]
    fn traceback_fits_on_a_slide() {
        let rule = "-".repeat(75);
        let name = "\x1b[0;31mValueError\x1b[0m";
        let text = format!(
            "\x1b[0;31m{rule}\x1b[0m\n{name}             Traceback (most recent call last)\n{rule}\nno"
        );
        let short = format!("{name}  Traceback (most recent call last)\n{rule}\nno");
        assert_eq!(short_traceback(&text), short);
        let plain = "Traceback (most recent call last):\n  File";
        assert_eq!(short_traceback(plain), plain);
    }
}
