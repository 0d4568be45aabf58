//! Parses highlighted lines: `1,3-5` is one group, `1|3-4|all` are three to step through.

use super::sanitize::excerpt;
use crate::deck::LineGroup;

/// Parses the text between the braces. An empty text means no groups.
///
/// # Errors
/// A part is not a line, a range of lines or `all`.
pub(super) fn read(text: &str) -> Result<Vec<LineGroup>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    text.split('|').map(group).collect()
}

fn group(text: &str) -> Result<LineGroup, String> {
    let mut ranges = Vec::new();
    let mut all = false;
    for part in text.split(',').map(str::trim) {
        if part == "all" {
            all = true;
            continue;
        }
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<u16>();
        match (number(from), number(to)) {
            (Ok(from), Ok(to)) => ranges.push((from, to)),
            _ if part.is_empty() => return Err("a group of lines is empty".to_owned()),
            _ => return Err(format!("`{}` is not a line or range of lines", excerpt(part))),
        }
    }
    Ok(if all { LineGroup::All } else { LineGroup::Lines(ranges) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_split_at_bars_and_commas() {
        let lines = |ranges: &[(u16, u16)]| LineGroup::Lines(ranges.to_vec());
        assert_eq!(read(""), Ok(vec![]));
        assert_eq!(read("1, 3-5"), Ok(vec![lines(&[(1, 1), (3, 5)])]));
        assert_eq!(
            read("1|2 - 3|all"),
            Ok(vec![lines(&[(1, 1)]), lines(&[(2, 3)]), LineGroup::All])
        );
        assert_eq!(read("0"), Ok(vec![lines(&[(0, 0)])]));
        assert_eq!(read("5-2"), Ok(vec![lines(&[(5, 2)])]));
    }

    #[test]
    fn incomplete_groups_are_errors() {
        for text in ["1|", ",", "1-", "x", "70000", "1,,2"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
