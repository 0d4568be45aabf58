//! Sequences for the terminal that tmux runs in: tmux passes them on if they are wrapped, and
//! `allow-passthrough` is on.

/// Limit of the bytes that tmux accepts in one sequence.
const MAX_WRAPPED_BYTES: usize = 1_000_000;

/// Returns the sequence that moves the cursor to a column and row, counted from 0.
pub(in crate::media) fn move_to((column, row): (u16, u16)) -> Vec<u8> {
    format!("\x1b[{};{}H", u32::from(row) + 1, u32::from(column) + 1).into_bytes()
}

/// Returns the bytes that draw a picture at a position of the outer terminal, with sequences of iTerm2 or
/// sixels; none if they exceed tmux's limit.
pub(in crate::media) fn draw_through_tmux(sequences: &[u8], at: (u16, u16)) -> Vec<u8> {
    // The terminal draws at the end of the last part.
    let end = sequences.strip_suffix(b"\x07").unwrap_or(sequences);
    let last = end.iter().rposition(|&byte| byte == 0x07).map_or(0, |bell| bell + 1);
    let (parts, last) = sequences.split_at(last);
    if last.len() > MAX_WRAPPED_BYTES {
        return Vec::new();
    }
    let mut bytes = Vec::new();
    for part in parts.split_inclusive(|&byte| byte == 0x07) {
        bytes.extend(wrap(part));
    }
    bytes.extend(wrap(&[b"\x1b7", &move_to(at)[..], last, b"\x1b8"].concat()));
    bytes
}

/// Wraps bytes for the outer terminal.
pub fn wrap(bytes: &[u8]) -> Vec<u8> {
    let mut wrapped = Vec::with_capacity(bytes.len() + bytes.len() / 32 + 16);
    wrapped.extend_from_slice(b"\x1bPtmux;");
    for &byte in bytes {
        if byte == 0x1b {
            wrapped.push(byte);
        }
        wrapped.push(byte);
    }
    wrapped.extend_from_slice(b"\x1b\\");
    wrapped
}

/// Wraps each of the sequences in `bytes`, which end with ST.
pub(in crate::media) fn wrap_each(mut bytes: &[u8]) -> Vec<u8> {
    let mut wrapped = Vec::new();
    while !bytes.is_empty() {
        let end = bytes.windows(2).position(|pair| pair == b"\x1b\\");
        let (sequence, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 2));
        wrapped.extend(wrap(sequence));
        bytes = rest;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_part_is_drawn_at_its_place() {
        let drawn = draw_through_tmux(b"\x1b]1\x07\x1b]2\x07", (3, 1));
        let expected: &[u8] =
            b"\x1bPtmux;\x1b\x1b]1\x07\x1b\\\x1bPtmux;\x1b\x1b7\x1b\x1b[2;4H\x1b\x1b]2\x07\x1b\x1b8\x1b\\";
        assert_eq!(drawn, expected);
        assert_eq!(draw_through_tmux(&vec![b'x'; 2 * MAX_WRAPPED_BYTES], (0, 0)), b"");
    }

    #[test]
    fn each_sequence_is_wrapped() {
        let wrapped = wrap_each(b"\x1b_Ga=1\x1b\\\x1b_Ga=2\x1b\\");
        let expected: &[u8] =
            b"\x1bPtmux;\x1b\x1b_Ga=1\x1b\x1b\\\x1b\\\x1bPtmux;\x1b\x1b_Ga=2\x1b\x1b\\\x1b\\";
        assert_eq!(wrapped, expected);
        assert_eq!(wrap_each(b""), b"");
    }
}
