//! Key bindings: presenterm's defaults and ours, what a configuration puts in their place, and the
//! reading of a key sequence as it is typed.
//!
//! The table is also what the help panel shows, so that the two cannot differ.

use crate::app::input::keys::{Key, Sequence, SequenceMatch, readable_keys};

/// What a key can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// One step on, or further down a tall slide, or to the next slide.
    Next,
    /// To the next slide, past all steps.
    NextFast,
    /// One step back.
    Previous,
    /// To the previous slide, past all steps.
    PreviousFast,
    /// To the first slide.
    FirstSlide,
    /// To the last slide.
    LastSlide,
    /// To the slide whose number was typed.
    GoToSlide,
    /// Back to where the last jump started.
    JumpBack,
    /// Forward again.
    JumpForward,
    /// Reveal all of the slide.
    SkipPauses,
    /// Half a screen down.
    ScrollDown,
    /// Half a screen up.
    ScrollUp,
    /// Run the focused cell, or the slide's.
    Execute,
    /// Focus the next cell of the slide.
    FocusNext,
    /// Focus the previous cell of the slide.
    FocusPrevious,
    /// Run the focused cell alone.
    RunFocused,
    /// Edit the focused block on the slide.
    Edit,
    /// Open the deck in the speaker's own editor.
    OpenEditor,
    /// What was recorded in the place of what runs, or back.
    ToggleRecorded,
    /// A block's output on the whole screen, or back.
    ZoomOutput,
    /// Search in a block's output.
    SearchOutput,
    /// A block's output in one line, or back.
    FoldOutput,
    /// A block's output to the clipboard.
    CopyOutput,
    /// A block's code to the clipboard.
    CopyCode,
    /// Stop what runs; leave when nothing does.
    Stop,
    /// Read the deck and its pictures again.
    Reload,
    /// The slide index.
    ToggleIndex,
    /// The key bindings.
    ToggleHelp,
    /// The deck's mistakes.
    ToggleProblems,
    /// The names that a session has.
    ToggleVariables,
    /// Where the columns start.
    ToggleGrid,
    /// Close what is open on top of the slide.
    Close,
    /// Back to the shell, until `fg`.
    Suspend,
    /// Leave.
    Exit,
}

/// One row of the table: an action, its keys, and what the help says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// What a configuration calls it.
    pub name: &'static str,
    /// The sequences that do it, as written.
    pub keys: Vec<String>,
    /// What the help says.
    pub help: &'static str,
}

/// Two bindings of which one can never be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The one: its action's name and its keys.
    pub one: (&'static str, String),
    /// The other.
    pub other: (&'static str, String),
}

/// What a key sequence means so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMatch {
    /// An action, with the number typed before it.
    Action(Action, Option<u32>),
    /// It may become one.
    Partial,
    /// Nothing.
    None,
}

/// The bindings and the keys typed so far.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<Binding>,
    sequences: Vec<(Sequence, Action)>,
    typed: Vec<Key>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::of(default_bindings())
    }
}

impl Keymap {
    /// The defaults with these keys for these actions in their place. A default key of ours that one
    /// of them needs gives way: presenterm's users may have it for something else. Only `stop`, which
    /// leaves when nothing runs, keeps its keys from `exit`.
    ///
    /// # Errors
    /// A key sequence is that of two actions, or how another one starts.
    pub fn with(chosen: &[(Action, Vec<String>)]) -> Result<Self, Conflict> {
        let mut bindings = default_bindings();
        let stop = keys_of(&bindings, Action::Stop);
        let is_chosen = |action| chosen.iter().any(|(other, _)| *other == action);
        for row in &mut bindings {
            let Some((_, keys)) = chosen.iter().find(|(action, _)| *action == row.action) else {
                continue;
            };
            row.keys.clone_from(keys);
            if row.action == Action::Exit && !is_chosen(Action::Stop) {
                row.keys.retain(|keys| !stop.contains(keys));
            }
        }
        let taken: Vec<Sequence> = chosen
            .iter()
            .flat_map(|(action, _)| keys_of(&bindings, *action))
            .filter_map(|keys| Sequence::read(&keys).ok())
            .collect();
        for row in bindings.iter_mut().filter(|row| row.action.is_ours() && !is_chosen(row.action))
        {
            let is_free = |keys: &String| {
                Sequence::read(keys).is_ok_and(|own| !taken.iter().any(|key| own.conflicts(key)))
            };
            row.keys.retain(is_free);
        }
        match conflict(&bindings) {
            Some(conflict) => Err(conflict),
            None => Ok(Self::of(bindings)),
        }
    }

    fn of(bindings: Vec<Binding>) -> Self {
        let of_row = |row: &Binding| sequences(&row.keys).map(|keys| (keys, row.action)).collect();
        let sequences = bindings.iter().flat_map::<Vec<_>, _>(of_row).collect();
        Self { bindings, sequences, typed: Vec::new() }
    }

    /// The table, for the help.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The first key of an action as people say it, if it has one.
    pub fn first_of(&self, action: Action) -> Option<String> {
        let row = self.bindings.iter().find(|row| row.action == action)?;
        row.keys.first().map(|keys| readable_keys(keys))
    }

    /// Takes in one more key. A key that continues no sequence starts a new one.
    pub fn press(&mut self, key: Key) -> KeyMatch {
        self.typed.push(key);
        let reading = self.read();
        let reading = if reading == KeyMatch::None && self.typed.len() > 1 {
            self.typed = vec![key];
            self.read()
        } else {
            reading
        };
        if reading != KeyMatch::Partial {
            self.typed.clear();
        }
        reading
    }

    /// Forgets what was typed of a sequence.
    pub(in crate::app) fn forget_typed(&mut self) {
        self.typed.clear();
    }

    fn read(&self) -> KeyMatch {
        let mut more = false;
        for (sequence, action) in &self.sequences {
            match sequence.matched(&self.typed) {
                SequenceMatch::Full(number) => return KeyMatch::Action(*action, number),
                SequenceMatch::Partial => more = true,
                SequenceMatch::None => {}
            }
        }
        if more { KeyMatch::Partial } else { KeyMatch::None }
    }
}

impl Action {
    /// Whether presenterm has no such action.
    fn is_ours(self) -> bool {
        matches!(
            self,
            Self::FocusNext
                | Self::FocusPrevious
                | Self::RunFocused
                | Self::ToggleRecorded
                | Self::ZoomOutput
                | Self::SearchOutput
                | Self::FoldOutput
                | Self::CopyOutput
                | Self::CopyCode
                | Self::Edit
                | Self::OpenEditor
                | Self::JumpBack
                | Self::JumpForward
                | Self::ScrollDown
                | Self::ScrollUp
                | Self::ToggleProblems
                | Self::ToggleVariables
                | Self::Stop
        )
    }
}

/// The keys of an action.
fn keys_of(bindings: &[Binding], action: Action) -> Vec<String> {
    let row = bindings.iter().find(|row| row.action == action);
    row.map(|row| row.keys.clone()).unwrap_or_default()
}

/// The sequences of a row that can be read.
fn sequences(keys: &[String]) -> impl Iterator<Item = Sequence> {
    keys.iter().filter_map(|keys| Sequence::read(keys).ok())
}

/// The first two bindings of which one can never be typed. What an action has twice is no conflict.
fn conflict(bindings: &[Binding]) -> Option<Conflict> {
    let all = bindings.iter().flat_map(|row| row.keys.iter().map(move |keys| (row, keys)));
    let all: Vec<_> =
        all.filter_map(|(row, keys)| Some((row, keys, Sequence::read(keys).ok()?))).collect();
    all.iter().enumerate().find_map(|(at, (row, keys, sequence))| {
        let clash = |(other, others, one): &&(&Binding, &String, Sequence)| {
            (row.action != other.action || *keys != *others) && sequence.conflicts(one)
        };
        all[at + 1..].iter().find(clash).map(|(other, others, _)| Conflict {
            one: (row.name, (*keys).clone()),
            other: (other.name, (*others).clone()),
        })
    })
}

/// presenterm's defaults, then what it has no key for.
pub fn default_bindings() -> Vec<Binding> {
    let row = |action, name, keys: &[&str], help| {
        let keys = keys.iter().map(|&keys| keys.to_owned()).collect();
        Binding { action, name, keys, help }
    };
    vec![
        row(
            Action::Next,
            "next",
            &["l", "j", "<right>", "<page_down>", "<down>", " "],
            "next step, further down, next slide",
        ),
        row(Action::Previous, "previous", &["h", "k", "<left>", "<page_up>", "<up>"], "back"),
        row(Action::NextFast, "next_fast", &["n"], "next slide, past its steps"),
        row(Action::PreviousFast, "previous_fast", &["p"], "previous slide"),
        row(Action::FirstSlide, "first_slide", &["gg", "<home>"], "first slide"),
        row(Action::LastSlide, "last_slide", &["G", "<end>"], "last slide"),
        row(Action::GoToSlide, "go_to_slide", &["<number>G"], "slide of that number"),
        row(Action::JumpBack, "jump_back", &["<c-o>", "<a-left>"], "back to before the last jump"),
        row(Action::JumpForward, "jump_forward", &["<a-o>", "<a-right>"], "forward again"),
        row(Action::SkipPauses, "skip_pauses", &["s"], "show all of the slide"),
        row(Action::ScrollDown, "scroll_down", &["<c-d>"], "scroll down"),
        row(Action::ScrollUp, "scroll_up", &["<c-u>"], "scroll up"),
        row(Action::Execute, "execute_code", &["<c-e>"], "run the slide's or the focused code"),
        row(Action::FocusNext, "focus_next", &["<tab>"], "focus the next block"),
        row(Action::FocusPrevious, "focus_previous", &["<s-tab>"], "focus the previous block"),
        row(Action::RunFocused, "run_focused", &["<cr>"], "run the focused block; go to a problem"),
        row(Action::Edit, "edit", &["i"], "edit the block on the slide"),
        row(Action::OpenEditor, "open_editor", &["e"], "open the deck here in $EDITOR"),
        row(Action::ToggleRecorded, "toggle_recorded", &["r"], "recorded output, and back"),
        row(Action::ZoomOutput, "zoom_output", &["z"], "output on the whole screen, and back"),
        row(Action::SearchOutput, "search_output", &["/"], "search in the output"),
        row(Action::FoldOutput, "fold_output", &["f"], "fold the output, and back"),
        row(Action::CopyOutput, "copy_output", &["y"], "copy the output to the clipboard"),
        row(Action::CopyCode, "copy_code", &["Y"], "copy the code to the clipboard"),
        row(Action::Stop, "stop", &["<c-c>"], "stop, then kill; end background processes; leave"),
        row(Action::Reload, "reload", &["<c-r>"], "read the deck again"),
        row(Action::ToggleIndex, "toggle_slide_index", &["<c-p>"], "slide index, and search"),
        row(Action::ToggleHelp, "toggle_bindings", &["?"], "this help"),
        row(Action::ToggleProblems, "toggle_problems", &["D"], "the deck's problems"),
        row(Action::ToggleVariables, "toggle_names", &["v"], "the names of the block's session"),
        row(Action::ToggleGrid, "toggle_layout_grid", &["T"], "show where columns start"),
        row(Action::Close, "close_modal", &["<esc>"], "close a panel, drop the focus"),
        row(Action::Suspend, "suspend", &["<c-z>"], "suspend"),
        row(Action::Exit, "exit", &["q"], "leave"),
    ]
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;

    fn press(keymap: &mut Keymap, text: &str) -> Vec<KeyMatch> {
        text.chars().map(|c| keymap.press(KeyCode::Char(c).into())).collect()
    }

    #[test]
    fn every_default_can_be_read_and_none_is_the_start_of_another() {
        let keymap = Keymap::default();
        let written: usize = keymap.bindings().iter().map(|binding| binding.keys.len()).sum();
        assert_eq!(keymap.sequences.len(), written);
        assert_eq!(conflict(keymap.bindings()), None);
    }

    fn with(chosen: &[(Action, &[&str])]) -> Result<Keymap, Conflict> {
        let owned = |keys: &[&str]| keys.iter().map(|&keys| keys.to_owned()).collect();
        let chosen: Vec<_> = chosen.iter().map(|(action, keys)| (*action, owned(keys))).collect();
        Keymap::with(&chosen)
    }

    #[test]
    fn chosen_keys_take_the_place_of_the_defaults() {
        let mut keymap = with(&[(Action::Next, &["x", "<a-x>"])]).unwrap();
        assert_eq!(
            press(&mut keymap, "xl"),
            [KeyMatch::Action(Action::Next, None), KeyMatch::None]
        );
        let alt_x = Key { alt: true, ..KeyCode::Char('x').into() };
        assert_eq!(keymap.press(alt_x), KeyMatch::Action(Action::Next, None));
        assert_eq!(keymap.bindings()[0].keys, ["x", "<a-x>"]);
    }

    #[test]
    fn a_key_for_two_actions_names_both() {
        let conflict = with(&[(Action::Next, &["h"])]).unwrap_err();
        assert_eq!(conflict.one, ("next", "h".to_owned()));
        assert_eq!(conflict.other, ("previous", "h".to_owned()));
        let conflict = with(&[(Action::Exit, &["g"])]).unwrap_err();
        assert_eq!((conflict.one.0, conflict.other.0), ("first_slide", "exit"));
        assert!(with(&[(Action::Next, &["a"]), (Action::Exit, &["ab"])]).is_err());
    }

    #[test]
    fn presenterm_s_own_keys_to_leave_leave_ours_to_stop() {
        let mut keymap = with(&[(Action::Exit, &["<c-c>", "x"])]).unwrap();
        let ctrl_c = Key { ctrl: true, ..KeyCode::Char('c').into() };
        assert_eq!(keymap.press(ctrl_c), KeyMatch::Action(Action::Stop, None));
        assert_eq!(press(&mut keymap, "x"), [KeyMatch::Action(Action::Exit, None)]);
    }

    #[test]
    fn what_presenterm_has_no_key_for_gives_way() {
        let mut keymap = with(&[(Action::Next, &["<tab>", "D"])]).unwrap();
        assert_eq!(press(&mut keymap, "D"), [KeyMatch::Action(Action::Next, None)]);
        let problems = |row: &&Binding| row.action == Action::ToggleProblems;
        assert!(keymap.bindings().iter().find(problems).unwrap().keys.is_empty());
        assert!(with(&[(Action::Next, &["D"]), (Action::ToggleProblems, &["D"])]).is_err());
    }

    #[test]
    fn a_sequence_is_read_key_by_key() {
        let mut keymap = Keymap::default();
        assert_eq!(
            press(&mut keymap, "gg").pop(),
            Some(KeyMatch::Action(Action::FirstSlide, None))
        );
        assert_eq!(
            press(&mut keymap, "12G"),
            [KeyMatch::Partial, KeyMatch::Partial, KeyMatch::Action(Action::GoToSlide, Some(12))]
        );
        assert_eq!(press(&mut keymap, "G"), [KeyMatch::Action(Action::LastSlide, None)]);
    }

    #[test]
    fn a_key_that_continues_nothing_starts_anew() {
        let mut keymap = Keymap::default();
        assert_eq!(
            press(&mut keymap, "gl"),
            [KeyMatch::Partial, KeyMatch::Action(Action::Next, None)]
        );
        assert_eq!(press(&mut keymap, "7l").pop(), Some(KeyMatch::Action(Action::Next, None)));
        assert_eq!(press(&mut keymap, "x"), [KeyMatch::None]);
    }

    #[test]
    fn twenty_digits_are_no_overflow() {
        let mut keymap = Keymap::default();
        let readings = press(&mut keymap, "99999999999999999999G");
        assert_eq!(readings.last(), Some(&KeyMatch::Action(Action::GoToSlide, Some(u32::MAX))));
    }

    #[test]
    fn control_is_part_of_the_key() {
        let mut keymap = Keymap::default();
        let ctrl_e = Key { ctrl: true, ..KeyCode::Char('e').into() };
        assert_eq!(keymap.press(ctrl_e), KeyMatch::Action(Action::Execute, None));
        assert_eq!(
            keymap.press(KeyCode::Char('e').into()),
            KeyMatch::Action(Action::OpenEditor, None)
        );
    }
}
