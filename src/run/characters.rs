//! Characters that are split across reads.

/// Returns how many of the bytes end with a complete character. vte 0.15.0 loses what follows a
/// character that is split across calls.
pub(super) fn whole_characters(bytes: &[u8]) -> usize {
    let is_continuation = |byte: &u8| matches!(byte, 0x80..=0xbf);
    let Some(lead) = bytes.iter().rposition(|byte| !is_continuation(byte)) else {
        return bytes.len();
    };
    let wanted = match bytes[lead] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    if bytes.len() - lead < wanted { lead } else { bytes.len() }
}
