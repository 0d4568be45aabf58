//! The launch specification: the policy, and the program that the launcher becomes. It travels in an
//! anonymous file that only the launcher inherits, so the launcher's arguments and environment, which a
//! deck may influence, decide nothing before the sandbox is in force.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::policy::{Access, Rule, SandboxPolicy};

/// The program that the launcher becomes, and its restrictions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LaunchSpec {
    /// What it may access.
    pub(super) policy: SandboxPolicy,
    /// The limit of its data, in bytes.
    pub(super) memory: Option<u64>,
    /// The program and its arguments; never empty.
    pub(super) line: Vec<OsString>,
    /// All of its environment, as `NAME=value`.
    pub(super) environment: Vec<OsString>,
}

impl LaunchSpec {
    /// Encodes it: numbers as 8 bytes, strings after their length.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_number(&mut bytes, u64::from(self.policy.has_network));
        put_number(&mut bytes, self.memory.unwrap_or(0));
        put_number(&mut bytes, self.policy.rules.len() as u64);
        for rule in &self.policy.rules {
            let access = Access::ALL.iter().position(|access| *access == rule.access);
            put_number(&mut bytes, access.unwrap_or_default() as u64);
            put_text(&mut bytes, rule.path.as_os_str());
        }
        for list in [&self.line, &self.environment] {
            put_number(&mut bytes, list.len() as u64);
            for text in list {
                put_text(&mut bytes, text);
            }
        }
        bytes
    }

    /// Decodes the bytes of [`encode`](Self::encode). Returns `None` if they are invalid.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let has_network = number(&mut rest)? == 1;
        let memory = Some(number(&mut rest)?).filter(|memory| *memory > 0);
        let mut rules = Vec::new();
        for _ in 0..number(&mut rest)? {
            let access = *Access::ALL.get(usize::try_from(number(&mut rest)?).ok()?)?;
            rules.push(Rule { access, path: PathBuf::from(text(&mut rest)?) });
        }
        let (line, environment) = (texts(&mut rest)?, texts(&mut rest)?);
        let policy = SandboxPolicy { rules, has_network };
        let is_whole = rest.is_empty() && !line.is_empty();
        is_whole.then_some(Self { policy, memory, line, environment })
    }
}

fn put_number(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend(number.to_le_bytes());
}

fn put_text(bytes: &mut Vec<u8>, text: &OsStr) {
    put_number(bytes, text.len() as u64);
    bytes.extend(text.as_bytes());
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let (number, after) = rest.split_first_chunk::<8>()?;
    *rest = after;
    Some(u64::from_le_bytes(*number))
}

fn text(rest: &mut &[u8]) -> Option<OsString> {
    let length = usize::try_from(number(rest)?).ok()?;
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(OsString::from_vec(text.to_vec()))
}

fn texts(rest: &mut &[u8]) -> Option<Vec<OsString>> {
    (0..number(rest)?).map(|_| text(rest)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_survives_encoding() {
        let mut policy = SandboxPolicy { has_network: true, ..SandboxPolicy::default() };
        policy.allow(Access::Read, "/usr");
        policy.allow(Access::InPlace, OsString::from_vec(b"/not/utf-8/\xff".to_vec()));
        let launch = LaunchSpec {
            policy,
            memory: Some(1 << 30),
            line: vec!["/bin/sh".into(), "-c".into(), "".into()],
            environment: vec!["A=b=c".into()],
        };
        let bytes = launch.encode();
        assert_eq!(LaunchSpec::decode(&bytes), Some(launch));
        assert_eq!(LaunchSpec::decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(LaunchSpec::decode(b""), None);
        assert_eq!(LaunchSpec::decode(&LaunchSpec::default().encode()), None, "no program");
    }
}
