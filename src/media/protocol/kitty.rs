//! Kitty's graphics protocol: a picture is sent once, and placed and cropped by its id.
//!
//! All commands have `q=2`, which suppresses answers: they would be read as keys.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ratatui::layout::Rect;

/// Limit of the payload of one sequence.
const MAX_CHUNK_BYTES: usize = 4096;

/// Sends a PNG file as picture `id`.
pub(in crate::media) fn transmit(id: u32, png: &[u8]) -> Vec<u8> {
    send(&format!("a=t,f=100,t=d,i={id},q=2"), "", png)
}

/// Sends PNG files as the frames of picture `id`, an animation that loops. Each has its duration.
pub(in crate::media) fn transmit_animation(id: u32, frames: &[(Vec<u8>, Duration)]) -> Vec<u8> {
    let mut sequence = Vec::new();
    for (number, (png, duration)) in frames.iter().enumerate() {
        let duration = duration.as_millis();
        if number == 0 {
            sequence.extend(transmit(id, png));
            sequence.extend(format!("\x1b_Ga=a,i={id},r=1,z={duration},q=2\x1b\\").into_bytes());
        } else {
            let control = format!("a=f,f=100,t=d,i={id},z={duration},q=2");
            sequence.extend(send(&control, "a=f,", png));
        }
    }
    sequence.extend(format!("\x1b_Ga=a,i={id},s=3,v=1,q=2\x1b\\").into_bytes());
    sequence
}

/// Encodes bytes in chunks: the first with `control`, the others with `next_control`.
fn send(control: &str, next_control: &str, bytes: &[u8]) -> Vec<u8> {
    let encoded = STANDARD.encode(bytes);
    let mut sequence = Vec::with_capacity(encoded.len() + encoded.len() / 256 + 64);
    let chunks = encoded.as_bytes().chunks(MAX_CHUNK_BYTES);
    let last = chunks.len().saturating_sub(1);
    for (index, chunk) in chunks.enumerate() {
        let more = u8::from(index < last);
        let control = if index == 0 {
            format!("\x1b_G{control},m={more};")
        } else {
            format!("\x1b_G{next_control}m={more},q=2;")
        };
        sequence.extend_from_slice(control.as_bytes());
        sequence.extend_from_slice(chunk);
        sequence.extend_from_slice(b"\x1b\\");
    }
    sequence
}

/// Makes the terminal read a PNG file as picture `id`, and delete it if it is temporary.
pub(in crate::media) fn transmit_file(id: u32, path: &[u8], temporary: bool) -> Vec<u8> {
    let medium = if temporary { 't' } else { 'f' };
    let path = STANDARD.encode(path);
    format!("\x1b_Ga=t,f=100,t={medium},i={id},q=2;{path}\x1b\\").into_bytes()
}

/// Places picture `id` into the cells of `area`; `rows` are the first row of pixels and their number.
pub(in crate::media) fn place(id: u32, placement: u32, area: Rect, rows: (u32, u32)) -> Vec<u8> {
    let Rect { x, y, width, height } = area;
    let (top, tall) = rows;
    let (row, column) = (u32::from(y) + 1, u32::from(x) + 1);
    format!(
        "\x1b[{row};{column}H\x1b_Ga=p,i={id},p={placement},c={width},r={height},y={top},h={tall},C=1,q=2\x1b\\"
    )
    .into_bytes()
}

/// Removes one placement of picture `id`.
pub(in crate::media) fn delete_placement(id: u32, placement: u32) -> Vec<u8> {
    format!("\x1b_Ga=d,d=i,i={id},p={placement},q=2\x1b\\").into_bytes()
}

/// Removes picture `id` and its data.
pub(in crate::media) fn delete(id: u32) -> Vec<u8> {
    format!("\x1b_Ga=d,d=I,i={id},q=2\x1b\\").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the control keys and the joined payload of a transmission.
    fn received(sequence: &[u8]) -> (String, Vec<u8>) {
        let text = std::str::from_utf8(sequence).unwrap();
        let mut control = String::new();
        let mut payload = String::new();
        let mut ended = false;
        for part in text.split("\x1b_G").skip(1) {
            let (keys, data) = part.strip_suffix("\x1b\\").unwrap().split_once(';').unwrap();
            assert!(data.len() <= MAX_CHUNK_BYTES);
            assert!(!ended, "more than the last chunk");
            ended = keys.contains("m=0");
            if control.is_empty() {
                keys.clone_into(&mut control);
            }
            payload.push_str(data);
        }
        assert!(ended);
        (control, STANDARD.decode(payload).unwrap())
    }

    #[test]
    fn picture_of_any_length_is_complete() {
        for length in [1, 3, 3072, 3073, 10_000] {
            let png: Vec<u8> = (0..length).map(|byte: usize| byte as u8).collect();
            let sequence = transmit(7, &png);
            let (control, payload) = received(&sequence);
            assert!(control.starts_with("a=t,f=100,t=d,i=7,q=2"), "{control}");
            assert_eq!(payload, png);
        }
    }

    #[test]
    fn local_file_is_sent_by_path() {
        let sequence = transmit_file(3, b"/tmp/a.png", false);
        assert_eq!(sequence, b"\x1b_Ga=t,f=100,t=f,i=3,q=2;L3RtcC9hLnBuZw==\x1b\\");
        assert!(transmit_file(3, b"/tmp/a.png", true).starts_with(b"\x1b_Ga=t,f=100,t=t"));
    }

    #[test]
    fn placement_has_its_cells_and_rows() {
        let sequence = place(3, 2, Rect::new(4, 1, 10, 5), (30, 50));
        let expected = "\x1b[2;5H\x1b_Ga=p,i=3,p=2,c=10,r=5,y=30,h=50,C=1,q=2\x1b\\";
        assert_eq!(String::from_utf8(sequence).unwrap(), expected);
    }
}
