//! Terminal image protocols, one file each, and the table that chooses one.

mod blocks;
mod dots;
mod iterm;
mod kitty;
mod placeholders;
mod sixel;
mod tmux;

pub(super) use blocks::BlockPicture;
pub use blocks::PictureBlocks;
pub(super) use dots::{DottedPicture, sampled_size};
pub(super) use iterm::Parts;
pub(super) use kitty::{
    delete, delete_placement, place, transmit, transmit_animation, transmit_file,
};
pub(super) use placeholders::{paint as paint_placeholders, picture_id, place_virtually};
#[cfg(test)]
pub(super) use sixel::tests::decoded as decode_sixel;
pub use tmux::wrap as wrap_for_tmux;
pub(super) use tmux::{draw_through_tmux, move_to, wrap_each};
pub(super) use {iterm::inline, sixel::encode as encode_sixel};

/// An image protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Block characters, for any terminal.
    Blocks,
    /// iTerm2's inline files.
    Iterm2,
    /// iTerm2's multipart inline files, for terminals that limit the length of sequences.
    Iterm2Multipart,
    /// Kitty's graphics protocol; the terminal reads local files.
    KittyLocal,
    /// Kitty's graphics protocol; data is sent in escape sequences.
    KittyRemote,
    /// DEC's sixels.
    Sixel,
}

/// The values of `--image-protocol`, except `auto`.
const NAMES: &[(&str, Protocol)] = &[
    ("iterm2", Protocol::Iterm2),
    ("iterm2-multipart", Protocol::Iterm2Multipart),
    ("kitty-local", Protocol::KittyLocal),
    ("kitty-remote", Protocol::KittyRemote),
    ("sixel", Protocol::Sixel),
    ("ascii-blocks", Protocol::Blocks),
];

/// A terminal's answers to queries, and its environment variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent answer")]
pub struct Capabilities {
    /// It answered the kitty graphics query with OK.
    pub kitty: bool,
    /// It can read our files by kitty's protocol.
    pub kitty_files: bool,
    /// Its device attributes include 4.
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

/// Condition of a row of the table.
type Condition = fn(&Capabilities) -> bool;

/// The protocol to use; the first row whose condition holds decides.
const CHOICES: &[(Condition, Protocol)] = &[
    // What tmux passes on is only known later: see `through_tmux`.
    (Capabilities::is_tmux, Protocol::Blocks),
    // These support kitty's protocol in part or not at all, and this one well.
    (Capabilities::supports_iterm, Protocol::Iterm2),
    (|it| it.kitty_files, Protocol::KittyLocal),
    (|it| it.kitty, Protocol::KittyRemote),
    (Capabilities::supports_sixel, Protocol::Sixel),
];

impl Protocol {
    /// Chooses the best protocol that the terminal supports.
    pub fn choose(capabilities: &Capabilities) -> Self {
        let choice = CHOICES.iter().find(|(holds, _)| holds(capabilities));
        choice.map_or(Self::Blocks, |(_, protocol)| *protocol)
    }

    /// Chooses the best protocol for the terminal that tmux runs in, if tmux passes sequences on. `outer` has
    /// the answers of that terminal, and as its program the name that it reports.
    pub fn through_tmux(outer: &Capabilities) -> Self {
        let reported = outer.program.to_lowercase();
        let is = |names: &[&str]| names.iter().any(|name| reported.starts_with(name));
        if is(&["iterm2", "wezterm", "mintty", "konsole"]) {
            // tmux limits the length of sequences.
            Self::Iterm2Multipart
        } else if outer.kitty_files {
            Self::KittyLocal
        } else if outer.kitty {
            Self::KittyRemote
        } else if outer.sixel || is(&["foot", "mlterm", "contour"]) {
            Self::Sixel
        } else {
            Self::Blocks
        }
    }

    /// Returns the protocol of a name; `None` for `auto` and unknown names.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, protocol)| *protocol)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, known)| *known == self).map_or("auto", |(name, _)| *name)
    }

    /// Returns all names that [`Protocol::named`] accepts.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// Whether pictures are lost when other text is written over them, and have to be drawn again.
    pub fn is_drawn_once(self) -> bool {
        matches!(self, Self::Iterm2 | Self::Iterm2Multipart | Self::Sixel)
    }

    /// Whether the terminal stores pictures and places them by id.
    pub(super) fn is_kitty(self) -> bool {
        matches!(self, Self::KittyLocal | Self::KittyRemote)
    }
}

impl Capabilities {
    /// Reads the environment variables; answers to queries are unset.
    pub fn from_env() -> Self {
        let text = |name: &str| std::env::var(name).unwrap_or_default();
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            kitty: false,
            kitty_files: false,
            sixel: false,
            term: text("TERM"),
            program: text("TERM_PROGRAM"),
            lc_terminal: text("LC_TERMINAL"),
            konsole: is_set("KONSOLE_VERSION"),
            wezterm: is_set("WEZTERM_EXECUTABLE"),
            tmux: is_set("TMUX"),
        }
    }

    /// Whether the program runs in tmux.
    pub fn is_tmux(&self) -> bool {
        self.tmux || self.program == "tmux"
    }

    /// Whether the terminal has kitty's pictures, but not its animations.
    pub fn lacks_animations(&self) -> bool {
        self.term.contains("ghostty") || self.program.starts_with("ghostty")
    }

    fn supports_iterm(&self) -> bool {
        self.konsole
            || self.wezterm
            || matches!(&*self.program, "iTerm.app" | "WezTerm" | "mintty" | "rio")
            || self.lc_terminal == "iTerm2"
            || self.term.starts_with("mintty")
    }

    fn supports_sixel(&self) -> bool {
        self.sixel || ["foot", "yaft", "mlterm"].iter().any(|term| self.term.starts_with(term))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_supported_protocol_is_chosen() {
        let nothing = Capabilities::default();
        let answers = Capabilities { kitty: true, sixel: true, ..nothing.clone() };
        let program = |name: &str| Capabilities { program: name.to_owned(), ..answers.clone() };
        let term = |name: &str| Capabilities { term: name.to_owned(), ..nothing.clone() };
        let table = [
            (nothing.clone(), Protocol::Blocks),
            (answers.clone(), Protocol::KittyRemote),
            (Capabilities { kitty_files: true, ..answers.clone() }, Protocol::KittyLocal),
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
    fn protocol_through_tmux_is_that_of_the_outer_terminal() {
        let outer = |program: &str, kitty, sixel| Capabilities {
            program: program.to_owned(),
            kitty,
            sixel,
            tmux: true,
            ..Capabilities::default()
        };
        let table = [
            (outer("kitty(0.42.0)", true, false), Protocol::KittyRemote),
            (outer("iTerm2 3.5.0", true, true), Protocol::Iterm2Multipart),
            (outer("foot(1.16.2)", false, false), Protocol::Sixel),
            (outer("XTerm(390)", false, true), Protocol::Sixel),
            (outer("", false, false), Protocol::Blocks),
        ];
        for (capabilities, expected) in table {
            assert_eq!(Protocol::through_tmux(&capabilities), expected, "{capabilities:?}");
        }
        let files = Capabilities { kitty_files: true, ..outer("", true, false) };
        assert_eq!(Protocol::through_tmux(&files), Protocol::KittyLocal);
    }

    #[test]
    fn names_convert_both_ways() {
        assert_eq!(Protocol::named("sixel"), Some(Protocol::Sixel));
        assert_eq!(Protocol::named("ascii-blocks"), Some(Protocol::Blocks));
        assert_eq!(Protocol::named("auto"), None);
        assert!(Protocol::names().all(|name| Protocol::named(name).is_some()));
        assert_eq!(Protocol::names().count(), 6);
    }
}
