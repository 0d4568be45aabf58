//! What the audience can open.

use serde::{Deserialize, Serialize};

/// The addresses of a talk that is served, and who follows it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct ServeReport {
    /// The address for the audience.
    pub address: String,
    /// The address of the remote, with its secret.
    pub remote: String,
    /// Whether only this machine can open them.
    pub is_local: bool,
    /// How many pages follow the talk.
    pub viewers: u32,
    /// How many remotes are open.
    pub remotes: u32,
    /// How many requests were refused.
    pub refused: u64,
}

/// Which address the panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressPanel {
    /// The audience's.
    Audience,
    /// The remote's.
    Remote,
}
