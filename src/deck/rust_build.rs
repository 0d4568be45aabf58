//! How blocks of Rust are built: edition, profile and crates, as the deck and their own headers say.

use std::path::PathBuf;

/// What a block of Rust is built with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RustBuild {
    /// The language's edition; none for the newest.
    pub edition: Option<Box<str>>,
    /// How it is optimised.
    pub profile: Profile,
    /// The crates it may use, each name once.
    pub crates: Vec<Crate>,
}

/// How far code is optimised, and what is checked while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Crates as in a release; the block itself so far as that costs next to no time, with a debug
    /// build's checks.
    #[default]
    Quick,
    /// As `cargo build --release` does.
    Release,
    /// As `cargo build` does.
    Debug,
}

/// A crate that a block may use, as cargo knows one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Crate {
    /// What the code calls it.
    pub name: Box<str>,
    /// Which versions will do; none for any.
    pub version: Option<Box<str>>,
    /// Features that are wanted.
    pub features: Vec<Box<str>>,
    /// Whether its default features are.
    pub default_features: bool,
    /// What it is really called, if not by its name.
    pub package: Option<Box<str>>,
    /// Where else than in a registry it is.
    pub origin: CrateOrigin,
}

/// Where a crate comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum CrateOrigin {
    /// From crates.io.
    #[default]
    CratesIo,
    /// From another registry that cargo knows by this name.
    Registry(Box<str>),
    /// From a folder, as the deck's folder sees it.
    Path(PathBuf),
    /// From a git repository: its address, and the kind (`branch`, `tag`, `rev`) and name of what of
    /// it is meant.
    Git(Box<str>, Option<(&'static str, Box<str>)>),
}

impl Crate {
    /// A crate from crates.io of which nothing but its name is known.
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self {
            name: name.into(),
            version: None,
            features: Vec::new(),
            default_features: true,
            package: None,
            origin: CrateOrigin::default(),
        }
    }
}

impl RustBuild {
    /// This, and over it what a block says of its own.
    #[must_use]
    pub fn with(&self, own: &Self) -> Self {
        let is_own = |known: &&Crate| !own.crates.iter().any(|it| it.name == known.name);
        let mut crates: Vec<_> = self.crates.iter().filter(is_own).cloned().collect();
        crates.extend(own.crates.iter().cloned());
        crates.sort_by(|one, other| one.name.cmp(&other.name));
        let edition = own.edition.clone().or_else(|| self.edition.clone());
        Self { edition, profile: self.profile, crates }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_block_says_stands_over_what_its_deck_says() {
        let version =
            |name: &str, version: &str| Crate { version: Some(version.into()), ..Crate::new(name) };
        let deck = RustBuild {
            edition: Some("2021".into()),
            profile: Profile::Release,
            crates: vec![version("b", "1"), version("a", "1")],
        };
        let own = RustBuild { crates: vec![version("b", "2")], ..RustBuild::default() };
        let both = deck.with(&own);
        assert_eq!(both.crates, [version("a", "1"), version("b", "2")]);
        assert_eq!((both.edition.as_deref(), both.profile), (Some("2021"), Profile::Release));
        let newer = RustBuild { edition: Some("2024".into()), ..RustBuild::default() };
        assert_eq!(deck.with(&newer).edition.as_deref(), Some("2024"));
    }
}
