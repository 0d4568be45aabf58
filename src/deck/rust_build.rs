//! How Rust blocks are built: edition, profile and crates, as set by the deck and by the blocks'
//! headers.

use std::path::PathBuf;

/// Build settings of a Rust block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RustBuild {
    /// The Rust edition; `None` for the newest.
    pub edition: Option<Box<str>>,
    /// The optimisation profile.
    pub profile: Profile,
    /// The Pythons that a module is for.
    pub module_abi: ModuleAbi,
    /// The crates available to it, each name once.
    pub crates: Vec<Crate>,
}

/// The optimisation level and the run-time checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Crates as in a release build; the block itself optimised as far as that costs almost no
    /// build time, with the checks of a debug build.
    #[default]
    Quick,
    /// As `cargo build --release` does.
    Release,
    /// As `cargo build` does.
    Debug,
}

/// The Pythons that modules are built for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ModuleAbi {
    /// The deck's Python, with all that `PyO3` offers for it.
    #[default]
    Python,
    /// Python 3.9 and all later ones, with the stable ABI.
    Stable,
}

/// A dependency, as in a `Cargo.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Crate {
    /// The name used in the code.
    pub name: Box<str>,
    /// The version requirement; `None` for any.
    pub version: Option<Box<str>>,
    /// The enabled features.
    pub features: Vec<Box<str>>,
    /// Whether default features are enabled.
    pub default_features: bool,
    /// The package name, if it differs.
    pub package: Option<Box<str>>,
    /// The source of the crate.
    pub origin: CrateOrigin,
}

/// The source of a crate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum CrateOrigin {
    /// From crates.io.
    #[default]
    CratesIo,
    /// A registry configured in cargo under this name.
    Registry(Box<str>),
    /// A folder, relative to the deck's folder.
    Path(PathBuf),
    /// A git repository: its address, and the kind (`branch`, `tag`, `rev`) and name of the
    /// reference.
    Git(Box<str>, Option<(&'static str, Box<str>)>),
}

impl Crate {
    /// Creates a crate from crates.io with any version.
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
    /// Returns these settings extended and overridden by those of a block.
    #[must_use]
    pub fn with(&self, own: &Self) -> Self {
        let is_own = |known: &&Crate| !own.crates.iter().any(|it| it.name == known.name);
        let mut crates: Vec<_> = self.crates.iter().filter(is_own).cloned().collect();
        crates.extend(own.crates.iter().cloned());
        crates.sort_by(|one, other| one.name.cmp(&other.name));
        let edition = own.edition.clone().or_else(|| self.edition.clone());
        Self { edition, crates, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_settings_override_the_decks() {
        let version =
            |name: &str, version: &str| Crate { version: Some(version.into()), ..Crate::new(name) };
        let deck = RustBuild {
            edition: Some("2021".into()),
            profile: Profile::Release,
            module_abi: ModuleAbi::Stable,
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
