//! The ways a terminal shows pictures, and which one to use. Each dialect is a file; choosing among
//! them is a table.

mod blocks;
mod iterm;
mod kitty;
mod sixel;

pub(super) use blocks::paint as paint_blocks;
pub(super) use iterm::Parts;
pub(super) use kitty::{delete, delete_placement, place, transmit, transmit_file, transmit_moving};
pub(super) use {iterm::inline, sixel::encode as encode_sixel};

/// How pictures are put on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Half blocks in two colours a cell, for any terminal.
    Blocks,
    /// iTerm2's inline files.
    Iterm2,
    /// iTerm2's inline files in several parts, for terminals that limit a sequence's length.
    Iterm2Multipart,
    /// Kitty's graphics protocol, the terminal reading files of this machine.
    KittyLocal,
    /// Kitty's graphics protocol, everything sent through the terminal's line.
    KittyRemote,
    /// DEC's sixels.
    Sixel,
}

/// The names of `--image-protocol`, beside `auto`.
const NAMES: &[(&str, Protocol)] = &[
    ("iterm2", Protocol::Iterm2),
    ("iterm2-multipart", Protocol::Iterm2Multipart),
    ("kitty-local", Protocol::KittyLocal),
    ("kitty-remote", Protocol::KittyRemote),
    ("sixel", Protocol::Sixel),
    ("ascii-blocks", Protocol::Blocks),
];

/// What a terminal said of itself, and what its environment says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent answer")]
pub struct Capabilities {
    /// It answered the question for kitty's graphics with OK.
    pub kitty: bool,
    /// Its device attributes have a 4.
    pub sixel: bool,
    /// `$TERM`.
    pub term: String,
    /// `$TERM_PROGRAM`.
    pub program: String,
    /// `$LC_TERMINAL`, which survives ssh.
    pub lc_terminal: String,
    /// `$KONSOLE_VERSION` is set.
    pub konsole: bool,
    /// `$WEZTERM_EXECUTABLE` is set.
    pub wezterm: bool,
    /// `$TMUX` is set.
    pub tmux: bool,
}

/// Whether a row of the table holds.
type Condition = fn(&Capabilities) -> bool;

/// Which terminals are shown pictures how: the first row that holds decides.
const CHOICES: &[(Condition, Protocol)] = &[
    // tmux passes none of the dialects on by itself.
    (Capabilities::is_tmux, Protocol::Blocks),
    // These know kitty's dialect in part, or not at all, and this one well.
    (Capabilities::knows_iterm, Protocol::Iterm2),
    (|it| it.kitty, Protocol::KittyRemote),
    (Capabilities::knows_sixel, Protocol::Sixel),
];

impl Protocol {
    /// The best way the terminal knows.
    pub fn choose(capabilities: &Capabilities) -> Self {
        let choice = CHOICES.iter().find(|(holds, _)| holds(capabilities));
        choice.map_or(Self::Blocks, |(_, protocol)| *protocol)
    }

    /// The way with this name; none for `auto` and for what is no name.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, protocol)| *protocol)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, known)| *known == self).map_or("auto", |(name, _)| *name)
    }

    /// Every name that [`Protocol::named`] knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// Whether a picture stays with the terminal and is placed by its number.
    pub(super) fn is_kitty(self) -> bool {
        matches!(self, Self::KittyLocal | Self::KittyRemote)
    }
}

impl Capabilities {
    /// What the environment says; nothing is known of the terminal's answers.
    pub fn from_env() -> Self {
        let text = |name: &str| std::env::var(name).unwrap_or_default();
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            kitty: false,
            sixel: false,
            term: text("TERM"),
            program: text("TERM_PROGRAM"),
            lc_terminal: text("LC_TERMINAL"),
            konsole: is_set("KONSOLE_VERSION"),
            wezterm: is_set("WEZTERM_EXECUTABLE"),
            tmux: is_set("TMUX"),
        }
    }

    fn is_tmux(&self) -> bool {
        self.tmux || self.program == "tmux"
    }

    fn knows_iterm(&self) -> bool {
        self.konsole
            || self.wezterm
            || matches!(&*self.program, "iTerm.app" | "WezTerm" | "mintty" | "rio")
            || self.lc_terminal == "iTerm2"
            || self.term.starts_with("mintty")
    }

    fn knows_sixel(&self) -> bool {
        self.sixel || ["foot", "yaft", "mlterm"].iter().any(|term| self.term.starts_with(term))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_known_way_is_chosen() {
        let nothing = Capabilities::default();
        let answers = Capabilities { kitty: true, sixel: true, ..nothing.clone() };
        let program = |name: &str| Capabilities { program: name.to_owned(), ..answers.clone() };
        let term = |name: &str| Capabilities { term: name.to_owned(), ..nothing.clone() };
        let table = [
            (nothing.clone(), Protocol::Blocks),
            (answers.clone(), Protocol::KittyRemote),
            (Capabilities { kitty: false, ..answers.clone() }, Protocol::Sixel),
            (Capabilities { konsole: true, ..answers.clone() }, Protocol::Iterm2),
            (Capabilities { wezterm: true, ..nothing.clone() }, Protocol::Iterm2),
            (
                Capabilities { lc_terminal: "iTerm2".to_owned(), ..nothing.clone() },
                Protocol::Iterm2,
            ),
            (Capabilities { tmux: true, ..answers.clone() }, Protocol::Blocks),
            (program("tmux"), Protocol::Blocks),
            (program("WezTerm"), Protocol::Iterm2),
            (program("ghostty"), Protocol::KittyRemote),
            (term("foot-extra"), Protocol::Sixel),
            (term("xterm-256color"), Protocol::Blocks),
        ];
        for (capabilities, expected) in table {
            assert_eq!(Protocol::choose(&capabilities), expected, "{capabilities:?}");
        }
    }

    #[test]
    fn names_are_known_both_ways() {
        assert_eq!(Protocol::named("sixel"), Some(Protocol::Sixel));
        assert_eq!(Protocol::named("ascii-blocks"), Some(Protocol::Blocks));
        assert_eq!(Protocol::named("auto"), None);
        assert!(Protocol::names().all(|name| Protocol::named(name).is_some()));
        assert_eq!(Protocol::names().count(), 6);
    }
}
