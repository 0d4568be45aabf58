//! What this program tells its watchdog through their pipe: commands of bytes.

use std::collections::BTreeMap;
use std::net::SocketAddr;

/// A process that may stop this program starts, and has ended.
pub(super) const STARTED_BYTE: u8 = b'+';
pub(super) const ENDED_BYTE: u8 = b'-';
/// A farewell begins, and is no longer needed.
const FAREWELL_BYTE: u8 = b'f';
const CANCEL_BYTE: u8 = b'c';

/// What the watchdog knows of this program.
#[derive(Debug, Default)]
pub(super) struct WatchdogInput {
    /// Bytes of a command that is not complete.
    received: Vec<u8>,
    /// How many processes may stop this program.
    pub(super) stoppers: usize,
    /// The bytes to send at the end, and where to, by number.
    pub(super) farewells: BTreeMap<u32, (SocketAddr, Vec<u8>)>,
}

/// Returns the command that adds a farewell.
pub(super) fn farewell(number: u32, address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let address = address.to_string();
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_le_bytes();
    let mut command = vec![FAREWELL_BYTE];
    command.extend(number.to_le_bytes());
    for part in [address.as_bytes(), bytes] {
        command.extend(length(part));
        command.extend(&part[..part.len().min(usize::from(u16::MAX))]);
    }
    command
}

/// Returns the command that removes a farewell.
pub(super) fn cancel(number: u32) -> Vec<u8> {
    [&[CANCEL_BYTE][..], &number.to_le_bytes()].concat()
}

impl WatchdogInput {
    /// Takes bytes of the pipe.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(used) = self.take_command(start) {
            start += used;
        }
        self.received.drain(..start);
    }

    /// Takes the command at a position. Returns its length, or `None` if it is not complete.
    fn take_command(&mut self, start: usize) -> Option<usize> {
        let command = self.received.get(start..)?;
        let number = |bytes: Option<&[u8]>| Some(u32::from_le_bytes(bytes?.try_into().ok()?));
        match *command.first()? {
            STARTED_BYTE => self.stoppers += 1,
            ENDED_BYTE => self.stoppers = self.stoppers.saturating_sub(1),
            CANCEL_BYTE => {
                let number = number(command.get(1..5))?;
                self.farewells.remove(&number);
                return Some(5);
            }
            FAREWELL_BYTE => {
                let number = number(command.get(1..5))?;
                let (address, end) = part(command, 5)?;
                let (bytes, end) = part(command, end)?;
                let address = std::str::from_utf8(address).ok().and_then(|it| it.parse().ok());
                let farewell = address.map(|address| (number, (address, bytes.to_vec())));
                self.farewells.extend(farewell);
                return Some(end);
            }
            _ => {}
        }
        Some(1)
    }
}

/// Returns the part of a command at a position, and the position behind it.
fn part(command: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let length = u16::from_le_bytes(command.get(at..at + 2)?.try_into().ok()?);
    let end = at + 2 + usize::from(length);
    Some((command.get(at + 2..end)?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_arrive_in_any_pieces() {
        let address: SocketAddr = "[::1]:80".parse().unwrap();
        let commands = [
            vec![STARTED_BYTE, STARTED_BYTE],
            farewell(1, address, b"DELETE +-fc"),
            farewell(2, address, b"x"),
            vec![ENDED_BYTE],
            cancel(2),
        ];
        let all = commands.concat();
        for size in [1, 3, all.len()] {
            let mut input = WatchdogInput::default();
            all.chunks(size).for_each(|bytes| input.take(bytes));
            assert_eq!(input.stoppers, 1);
            let left: Vec<_> = input.farewells.into_iter().collect();
            assert_eq!(left, [(1, (address, b"DELETE +-fc".to_vec()))], "{size}");
        }
    }
}
