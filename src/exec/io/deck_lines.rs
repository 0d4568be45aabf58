//! Names the deck's file and lines in messages of compilers and interpreters, which name the temporary file
//! of the code.

use std::path::Path;

use regex::bytes::{Captures, Regex};

/// What tools write between a file and a line: `:3`, `: line 3`, `", line 3`, `(3)`, ` line 3`.
const SEPARATORS: &str = r#"(?:: ?(?:line )?|", line |\(| (?:on )?line )"#;

/// More bytes than a separator and a line have.
const MAX_PLACE_LEN: usize = 20;

/// As much of a path as is not the end of something else.
const MIN_PREFIX_LEN: usize = 8;

/// Replaces places in a stream of output.
pub(in crate::exec) struct DeckLines {
    /// How the file is written before a line: its path, and its name in brackets, as in Java's stacks.
    names: [Vec<u8>; 2],
    places: Regex,
    deck: String,
    first_line: u32,
    /// The end of the output so far, which may be the beginning of a place.
    held: Vec<u8>,
}

impl DeckLines {
    /// Returns a filter that replaces this file by a deck in which its code begins at this line. Returns
    /// `None` if the file's path is not text.
    pub(in crate::exec) fn new(file: &Path, deck: &Path, first_line: u32) -> Option<Self> {
        let path = file.to_str()?;
        let in_brackets = format!("({}", file.file_name()?.to_str()?);
        let place = format!(r"(?<between>{SEPARATORS})(?<line>\d{{1,7}})");
        // A compiler names the file before a message about a whole function; Perl, when it ends.
        let message = r"(?<message>:[ \x1b]| aborted due| had compilation)";
        let [name, bracketed] = [path, &in_brackets].map(regex::escape);
        let places = format!(r"{name}(?:{place}|{message})|{bracketed}:(?<row>\d{{1,7}})\)");
        Some(Self {
            names: [path.into(), in_brackets.into()],
            places: Regex::new(&places).ok()?,
            deck: deck.to_string_lossy().into_owned(),
            first_line: first_line.max(1),
            held: Vec::new(),
        })
    }

    /// Returns the output so far that cannot be the beginning of a place, with its places replaced.
    pub(in crate::exec) fn push(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let mut all = std::mem::take(&mut self.held);
        all.extend(bytes);
        self.held = all.split_off(self.undecided(&all));
        self.replace(all)
    }

    /// Returns the rest of the output.
    pub(in crate::exec) fn flush(&mut self) -> Vec<u8> {
        let rest = std::mem::take(&mut self.held);
        self.replace(rest)
    }

    fn replace(&self, bytes: Vec<u8>) -> Vec<u8> {
        let place = |found: &Captures<'_>| {
            if let Some(message) = found.name("message") {
                return [self.deck.as_bytes(), message.as_bytes()].concat();
            }
            if let Some(line) = found.name("row") {
                let line = self.line(line.as_bytes());
                return format!("({}:{line})", self.deck).into_bytes();
            }
            let line = self.line(&found["line"]).to_string();
            [self.deck.as_bytes(), &found["between"], line.as_bytes()].concat()
        };
        match self.places.replace_all(&bytes, place) {
            std::borrow::Cow::Borrowed(_) => bytes,
            std::borrow::Cow::Owned(replaced) => replaced,
        }
    }

    /// Returns the deck's line for one of the file, in digits.
    fn line(&self, digits: &[u8]) -> u32 {
        let line = String::from_utf8_lossy(digits).parse().unwrap_or(0_u32);
        line.saturating_add(self.first_line).saturating_sub(1)
    }

    /// Returns where the end begins that may be a part of a place.
    fn undecided(&self, bytes: &[u8]) -> usize {
        let longest = self.names[0].len() + MAX_PLACE_LEN;
        let from = bytes.len().saturating_sub(longest);
        let may_begin = |at: &usize| {
            let rest = &bytes[*at..];
            self.names.iter().any(|name| match rest.strip_prefix(&**name) {
                Some(after) => !after.contains(&b'\n'),
                None => rest.len() >= MIN_PREFIX_LEN && name.starts_with(rest),
            })
        };
        (from..bytes.len()).find(may_begin).unwrap_or(bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter() -> DeckLines {
        DeckLines::new(Path::new("/tmp/x-1/snippet.sh"), Path::new("talk.md"), 7).unwrap()
    }

    #[test]
    fn places_are_the_decks() {
        for (written, shown) in [
            ("/tmp/x-1/snippet.sh: line 3: nope", "talk.md: line 9: nope"),
            ("/tmp/x-1/snippet.sh: 1: nope", "talk.md: 7: nope"),
            ("at f (/tmp/x-1/snippet.sh:2:5)\n", "at f (talk.md:8:5)\n"),
            ("File \"/tmp/x-1/snippet.sh\", line 2", "File \"talk.md\", line 8"),
            ("in /tmp/x-1/snippet.sh on line 2", "in talk.md on line 8"),
            ("at /tmp/x-1/snippet.sh line 2.", "at talk.md line 8."),
            ("/tmp/x-1/snippet.sh: In function `main`", "talk.md: In function `main`"),
            ("at Main.main(snippet.sh:2)\n", "at Main.main(talk.md:8)\n"),
            ("of /tmp/x-1/snippet.sh aborted due to", "of talk.md aborted due to"),
            ("(snippet.sh:2 and 3)", "(snippet.sh:2 and 3)"),
            ("it is /tmp/x-1/snippet.sh", "it is /tmp/x-1/snippet.sh"),
            ("/tmp/x-1/snippet.sha:1", "/tmp/x-1/snippet.sha:1"),
        ] {
            let mut whole = filter();
            let mut text = whole.push(written.into());
            text.extend(whole.flush());
            assert_eq!(String::from_utf8_lossy(&text), shown);
        }
    }

    #[test]
    fn place_may_arrive_in_two_parts() {
        let written = b"error: /tmp/x-1/snippet.sh:12:3: no\n";
        for at in b"error: /tmp/x-1".len()..written.len() {
            let mut filter = filter();
            let mut text = filter.push(written[..at].to_vec());
            text.extend(filter.push(written[at..].to_vec()));
            assert_eq!(String::from_utf8_lossy(&text), "error: talk.md:18:3: no\n", "{at}");
        }
    }

    #[test]
    fn name_in_brackets_may_arrive_in_two_parts() {
        let written = b"at a.b(snippet.sh:12)\n";
        for at in b"at a.b(snippet".len()..written.len() {
            let mut filter = filter();
            let mut text = filter.push(written[..at].to_vec());
            text.extend(filter.push(written[at..].to_vec()));
            assert_eq!(String::from_utf8_lossy(&text), "at a.b(talk.md:18)\n", "{at}");
        }
    }

    #[test]
    fn other_output_is_not_held() {
        assert_eq!(filter().push(b"name: ".to_vec()), b"name: ");
        assert_eq!(filter().push(b"/tmp/x-1/snippet.sh\nx".to_vec()), b"/tmp/x-1/snippet.sh\nx");
    }
}
