//! iTerm2's inline images: a file in one sequence, which the terminal scales to a number of cells; or
//! in several, for terminals that limit the length of sequences.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Limit of the payload of one part.
const MAX_PART_BYTES: usize = 64 * 1024;

/// The number of sequences in which a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::media) enum Parts {
    /// One.
    One,
    /// Several.
    Several,
}

/// Returns the sequences that show a file at the cursor, in `columns` by `rows` cells.
pub(in crate::media) fn inline(file: &[u8], (columns, rows): (u16, u16), parts: Parts) -> Vec<u8> {
    let arguments = format!(
        "size={};width={columns};height={rows};preserveAspectRatio=0;inline=1;doNotMoveCursor=1",
        file.len()
    );
    let encoded = STANDARD.encode(file);
    let mut sequence = Vec::with_capacity(encoded.len() + 1024);
    match parts {
        Parts::One => command(&mut sequence, &format!("File={arguments}:"), encoded.as_bytes()),
        Parts::Several => {
            command(&mut sequence, &format!("MultipartFile={arguments}"), b"");
            for part in encoded.as_bytes().chunks(MAX_PART_BYTES) {
                command(&mut sequence, "FilePart=", part);
            }
            command(&mut sequence, "FileEnd", b"");
        }
    }
    sequence
}

fn command(sequence: &mut Vec<u8>, name: &str, payload: &[u8]) {
    sequence.extend_from_slice(b"\x1b]1337;");
    sequence.extend_from_slice(name.as_bytes());
    sequence.extend_from_slice(payload);
    sequence.push(0x07);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_sent_in_one_sequence() {
        let file: Vec<u8> = (0..=255).collect();
        let text = String::from_utf8(inline(&file, (10, 4), Parts::One)).unwrap();
        let (arguments, payload) = text.split_once(':').unwrap();
        assert_eq!(
            arguments,
            "\x1b]1337;File=size=256;width=10;height=4;preserveAspectRatio=0;inline=1;doNotMoveCursor=1"
        );
        assert_eq!(STANDARD.decode(payload.strip_suffix('\x07').unwrap()).unwrap(), file);
    }

    #[test]
    fn file_is_sent_in_parts() {
        let file = vec![9; 100_000];
        let text = String::from_utf8(inline(&file, (10, 4), Parts::Several)).unwrap();
        let commands: Vec<_> = text
            .split_terminator('\x07')
            .map(|it| it.strip_prefix("\x1b]1337;").unwrap())
            .collect();
        assert!(commands[0].starts_with("MultipartFile=size=100000;width=10;height=4;"));
        assert_eq!(commands.last(), Some(&"FileEnd"));
        let payload: String =
            commands.iter().filter_map(|command| command.strip_prefix("FilePart=")).collect();
        assert_eq!(STANDARD.decode(payload).unwrap(), file);
        assert_eq!(commands.len(), 5);
    }
}
