//! Markers in the byte stream of a terminal. Workers and harnesses write them as APC strings
//! (`ESC _ … ESC \`), which terminals ignore; a [`MarkerScanner`] removes them from the output, also
//! when a marker is split between two reads.

/// The first byte of every marker.
const ESC: u8 = 0x1b;

/// The end of an APC string.
pub(in crate::exec) const TERMINATOR: &[u8] = b"\x1b\\";

/// A part of the scanned bytes.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::exec) enum StreamPart<T> {
    /// Output; never empty.
    Text(Vec<u8>),
    /// A marker's value.
    Marker(T),
}

/// Whether bytes that start with `ESC` are a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec) enum MarkerMatch<T> {
    /// They start with a marker of this value and length in bytes.
    Complete(T, usize),
    /// They may be the start of one.
    Partial,
    /// They are not.
    None,
}

impl<T> MarkerMatch<T> {
    /// Converts the value of a complete marker.
    pub(in crate::exec) fn map<U>(self, convert: impl FnOnce(T) -> U) -> MarkerMatch<U> {
        match self {
            Self::Complete(value, length) => MarkerMatch::Complete(convert(value), length),
            Self::Partial => MarkerMatch::Partial,
            Self::None => MarkerMatch::None,
        }
    }

    /// Returns this match, or the other one if this is none.
    pub(in crate::exec) fn or(self, other: Self) -> Self {
        if matches!(self, Self::None) { other } else { self }
    }
}

/// Splits a byte stream at its markers.
#[derive(Debug, Default)]
pub(in crate::exec) struct MarkerScanner {
    /// The start of a possible marker, kept until more bytes arrive.
    held: Vec<u8>,
}

impl MarkerScanner {
    /// Splits the next bytes. `parse` gets slices that start with `ESC`.
    pub(in crate::exec) fn scan<T>(
        &mut self,
        bytes: &[u8],
        parse: impl Fn(&[u8]) -> MarkerMatch<T>,
    ) -> Vec<StreamPart<T>> {
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        let mut parts = Vec::new();
        let (mut text_start, mut at) = (0, 0);
        while let Some(found) = all[at..].iter().position(|byte| *byte == ESC) {
            at += found;
            match parse(&all[at..]) {
                MarkerMatch::Complete(value, length) => {
                    parts.extend(text(&all[text_start..at]));
                    parts.push(StreamPart::Marker(value));
                    at += length;
                    text_start = at;
                }
                MarkerMatch::Partial => {
                    parts.extend(text(&all[text_start..at]));
                    self.held = all.split_off(at);
                    return parts;
                }
                MarkerMatch::None => at += 1,
            }
        }
        parts.extend(text(&all[text_start..]));
        parts
    }

    /// Returns the held bytes at the end of the stream, where they are text.
    pub(in crate::exec) fn finish(&mut self) -> Option<Vec<u8>> {
        Some(std::mem::take(&mut self.held)).filter(|held| !held.is_empty())
    }
}

/// Matches a fixed marker.
pub(in crate::exec) fn match_literal(bytes: &[u8], marker: &[u8]) -> MarkerMatch<()> {
    let known = bytes.len().min(marker.len());
    match () {
        () if bytes[..known] != marker[..known] => MarkerMatch::None,
        () if known < marker.len() => MarkerMatch::Partial,
        () => MarkerMatch::Complete((), marker.len()),
    }
}

/// Matches `prefix … ESC \`, at most `max_length` bytes long, and returns what is between the two.
pub(in crate::exec) fn match_framed<'b>(
    bytes: &'b [u8],
    prefix: &[u8],
    max_length: usize,
) -> MarkerMatch<&'b [u8]> {
    match match_literal(bytes, prefix) {
        MarkerMatch::None => return MarkerMatch::None,
        MarkerMatch::Partial => return MarkerMatch::Partial,
        MarkerMatch::Complete(..) => {}
    }
    let content = &bytes[prefix.len()..];
    match content.windows(TERMINATOR.len()).position(|window| window == TERMINATOR) {
        Some(end) => MarkerMatch::Complete(&content[..end], prefix.len() + end + TERMINATOR.len()),
        None if bytes.len() > max_length => MarkerMatch::None,
        None => MarkerMatch::Partial,
    }
}

fn text<T>(bytes: &[u8]) -> Option<StreamPart<T>> {
    (!bytes.is_empty()).then(|| StreamPart::Text(bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKER: &str = "\x1b_id;7\x1b\\";

    fn scan(parts: &[&str]) -> (String, Vec<String>) {
        let mut scanner = MarkerScanner::default();
        let (mut output, mut markers) = (Vec::new(), Vec::new());
        let parse = |bytes: &[u8]| {
            match_framed(bytes, b"\x1b_id;", 20).map(|it| String::from_utf8_lossy(it).into_owned())
        };
        for part in parts {
            for part in scanner.scan(part.as_bytes(), parse) {
                match part {
                    StreamPart::Text(bytes) => output.extend(bytes),
                    StreamPart::Marker(value) => markers.push(value),
                }
            }
        }
        output.extend(scanner.finish().unwrap_or_default());
        (String::from_utf8(output).unwrap(), markers)
    }

    #[test]
    fn split_marker_is_found() {
        let whole = format!("a{MARKER}b");
        for at in 0..=whole.len() {
            let (one, other) = whole.split_at(at);
            assert_eq!(scan(&[one, other]), ("ab".to_owned(), vec!["7".to_owned()]), "{at}");
        }
    }

    #[test]
    fn similar_bytes_are_text() {
        for similar in ["\x1b[31mred", "\x1b_else\x1b\\", "\x1b_id;7", "a\x1b"] {
            assert_eq!(scan(&[similar]), (similar.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn overlong_marker_is_text() {
        let long = format!("\x1b_id;{}", "x".repeat(50));
        let mut scanner = MarkerScanner::default();
        let parts =
            scanner.scan(long.as_bytes(), |bytes| match_framed(bytes, b"\x1b_id;", 20).map(|_| ()));
        assert_eq!(parts, [StreamPart::Text(long.into_bytes())]);
    }
}
