//! What a terminal sends its program for the mouse, as the program asked for it (xterm's modes 9,
//! 1000, 1002, 1003 and encodings 1005 and 1006).

use vt100::{MouseProtocolEncoding as Encoding, MouseProtocolMode as Mode};

/// Something that the mouse did over a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// What it did.
    pub action: MouseAction,
    /// Column, from 0.
    pub column: u16,
    /// Row, from 0.
    pub row: u16,
    /// Whether shift, alt and control were held.
    pub held: [bool; 3],
}

/// What a mouse can do, with which button: 0 to 2, left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseAction {
    /// A button went down.
    Press(u8),
    /// A button came up.
    Release(u8),
    /// It moved with a button down.
    Drag(u8),
    /// The wheel turned up, or down.
    Wheel {
        /// Whether up.
        up: bool,
    },
}

/// The bytes for a program that asked for this; none if it did not ask for that.
pub(super) fn bytes(pointer: Pointer, mode: Mode, encoding: Encoding) -> Option<Vec<u8>> {
    let is_wanted = match pointer.action {
        MouseAction::Press(_) | MouseAction::Wheel { .. } => mode != Mode::None,
        MouseAction::Release(_) => !matches!(mode, Mode::None | Mode::Press),
        MouseAction::Drag(_) => matches!(mode, Mode::ButtonMotion | Mode::AnyMotion),
    };
    if !is_wanted {
        return None;
    }
    let (button, is_release) = match pointer.action {
        MouseAction::Press(button) => (button, false),
        MouseAction::Release(button) => (button, true),
        MouseAction::Drag(button) => (button + 32, false),
        MouseAction::Wheel { up } => (if up { 64 } else { 65 }, false),
    };
    let held = pointer.held.iter().zip([4, 8, 16]);
    let held: u8 = held.filter(|(held, _)| **held).map(|(_, code)| code).sum();
    let (column, row) = (u32::from(pointer.column) + 1, u32::from(pointer.row) + 1);
    if encoding == Encoding::Sgr {
        let end = if is_release { 'm' } else { 'M' };
        return Some(format!("\x1b[<{};{column};{row}{end}", button + held).into_bytes());
    }
    // The older ones do not say which button came up.
    let button = u32::from(if is_release { 3 } else { button } + held);
    let mut bytes = b"\x1b[M".to_vec();
    for number in [button, column, row] {
        let code = number + 32;
        match encoding {
            Encoding::Utf8 => {
                let sign = char::from_u32(code)?;
                bytes.extend(sign.encode_utf8(&mut [0; 4]).bytes());
            }
            _ => bytes.push(u8::try_from(code).ok()?),
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(MouseAction::Press(0), Mode::PressRelease, Encoding::Sgr, Some("\x1b[<0;5;3M"))]
    #[case(MouseAction::Release(2), Mode::PressRelease, Encoding::Sgr, Some("\x1b[<2;5;3m"))]
    #[case(MouseAction::Drag(0), Mode::ButtonMotion, Encoding::Sgr, Some("\x1b[<32;5;3M"))]
    #[case(MouseAction::Wheel { up: true }, Mode::Press, Encoding::Sgr, Some("\x1b[<64;5;3M"))]
    #[case(MouseAction::Press(1), Mode::PressRelease, Encoding::Default, Some("\x1b[M!%#"))]
    #[case(MouseAction::Release(1), Mode::PressRelease, Encoding::Default, Some("\x1b[M#%#"))]
    #[case(MouseAction::Press(0), Mode::None, Encoding::Sgr, None)]
    #[case(MouseAction::Release(0), Mode::Press, Encoding::Sgr, None)]
    #[case(MouseAction::Drag(0), Mode::PressRelease, Encoding::Sgr, None)]
    fn a_program_is_sent_what_it_asked_for(
        #[case] action: MouseAction,
        #[case] mode: Mode,
        #[case] encoding: Encoding,
        #[case] expected: Option<&str>,
    ) {
        let pointer = Pointer { action, column: 4, row: 2, held: [false; 3] };
        assert_eq!(bytes(pointer, mode, encoding).as_deref(), expected.map(str::as_bytes));
    }

    #[test]
    fn a_place_that_an_encoding_has_no_sign_for_is_not_sent() {
        let pointer = Pointer {
            action: MouseAction::Press(0),
            column: 300,
            row: 0,
            held: [false, false, true],
        };
        assert_eq!(bytes(pointer, Mode::Press, Encoding::Default), None);
        let sent = bytes(pointer, Mode::Press, Encoding::Utf8).unwrap();
        assert_eq!(sent, "\x1b[M0\u{14d}!".as_bytes());
    }
}
