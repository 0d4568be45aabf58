//! The keymap: the default bindings with the configured keys, and the lookup of key sequences as they are
//! typed.

use crate::app::input::bindings::{Action, Binding, SECTIONS, default_bindings};
use crate::app::input::keys::{Key, Sequence, SequenceMatch, readable_keys};

/// Two bindings of which one can never be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The name and keys of the first.
    pub one: (&'static str, String),
    /// The name and keys of the second.
    pub other: (&'static str, String),
}

/// What the keys typed so far match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMatch {
    /// An action, with the number typed before it.
    Action(Action, Option<u32>),
    /// The start of a binding.
    Partial,
    /// No binding.
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
        Self::from_bindings(default_bindings())
    }
}

impl Keymap {
    /// Returns the defaults with these keys for these actions. Default keys of livedeck's own actions
    /// that conflict with a chosen key are removed: presenterm's users may use them for something
    /// else. Only `stop`, which quits when nothing runs, takes precedence over `exit`.
    ///
    /// # Errors
    /// Two actions have the same key sequence, or one is a prefix of the other.
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
            None => Ok(Self::from_bindings(bindings)),
        }
    }

    fn from_bindings(bindings: Vec<Binding>) -> Self {
        let of_row = |row: &Binding| sequences(&row.keys).map(|keys| (keys, row.action)).collect();
        let sequences = bindings.iter().flat_map::<Vec<_>, _>(of_row).collect();
        Self { bindings, sequences, typed: Vec::new() }
    }

    /// Returns the bindings of these actions only.
    #[must_use]
    pub fn only(&self, actions: &[Action]) -> Self {
        let rows = self.bindings.iter().filter(|row| actions.contains(&row.action));
        Self::from_bindings(rows.cloned().collect())
    }

    /// Returns all bindings.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// Returns the bindings that have keys in sections with headings.
    pub fn sections(&self) -> Vec<(&'static str, Vec<&Binding>)> {
        let mut sections: Vec<(&str, Vec<&Binding>)> = Vec::new();
        for binding in &self.bindings {
            let heading = SECTIONS.iter().find(|(first, _)| *first == binding.action);
            sections.extend(heading.map(|(_, heading)| (*heading, Vec::new())));
            if let Some((_, bindings)) = sections.last_mut().filter(|_| !binding.keys.is_empty()) {
                bindings.push(binding);
            }
        }
        sections.retain(|(_, bindings)| !bindings.is_empty());
        sections
    }

    /// Returns the first key of an action in readable form, if it has one.
    pub fn first_of(&self, action: Action) -> Option<String> {
        let row = self.bindings.iter().find(|row| row.action == action)?;
        row.keys.first().map(|keys| readable_keys(keys))
    }

    /// Returns the first two keys of an action in readable form.
    pub fn first_two_of(&self, action: Action) -> String {
        let keys =
            self.bindings.iter().filter(|row| row.action == action).flat_map(|row| &row.keys);
        keys.take(2).map(|keys| readable_keys(keys)).collect::<Vec<_>>().join(" or ")
    }

    /// Returns whether a single key is bound to an action.
    pub(in crate::app) fn is_bound(&self, key: Key, action: Action) -> bool {
        let is_full = |keys: &Sequence| matches!(keys.matched(&[key]), SequenceMatch::Full(_));
        self.sequences.iter().any(|(keys, bound)| *bound == action && is_full(keys))
    }

    /// Adds a key to the typed sequence. A key that continues no sequence starts a new one.
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

    /// Clears the typed sequence.
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

/// Returns the keys of an action.
fn keys_of(bindings: &[Binding], action: Action) -> Vec<String> {
    let row = bindings.iter().find(|row| row.action == action);
    row.map(|row| row.keys.clone()).unwrap_or_default()
}

/// Parses key sequences; skips invalid ones.
fn sequences(keys: &[String]) -> impl Iterator<Item = Sequence> {
    keys.iter().filter_map(|keys| Sequence::read(keys).ok())
}

/// Returns the first two bindings of which one can never be typed. A key that one action has twice is
/// not a conflict.
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

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;

    fn press(keymap: &mut Keymap, text: &str) -> Vec<KeyMatch> {
        text.chars().map(|c| keymap.press(KeyCode::Char(c).into())).collect()
    }

    #[test]
    fn defaults_parse_and_do_not_conflict() {
        let keymap = Keymap::default();
        let written: usize = keymap.bindings().iter().map(|binding| binding.keys.len()).sum();
        assert_eq!(keymap.sequences.len(), written);
        assert_eq!(conflict(keymap.bindings()), None);
    }

    #[test]
    fn every_binding_is_in_a_section() {
        let keymap = Keymap::default();
        let sections = keymap.sections();
        assert_eq!(
            sections.iter().map(|(heading, _)| *heading).collect::<Vec<_>>(),
            ["Moving", "Code", "Output", "Panels and program"]
        );
        let count: usize = sections.iter().map(|(_, bindings)| bindings.len()).sum();
        assert_eq!(count, keymap.bindings().len());
    }

    fn with(chosen: &[(Action, &[&str])]) -> Result<Keymap, Conflict> {
        let owned = |keys: &[&str]| keys.iter().map(|&keys| keys.to_owned()).collect();
        let chosen: Vec<_> = chosen.iter().map(|(action, keys)| (*action, owned(keys))).collect();
        Keymap::with(&chosen)
    }

    #[test]
    fn chosen_keys_replace_the_defaults() {
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
    fn conflict_names_both_actions() {
        let conflict = with(&[(Action::Next, &["h"])]).unwrap_err();
        assert_eq!(conflict.one, ("next", "h".to_owned()));
        assert_eq!(conflict.other, ("previous", "h".to_owned()));
        let conflict = with(&[(Action::Exit, &["g"])]).unwrap_err();
        assert_eq!((conflict.one.0, conflict.other.0), ("first_slide", "exit"));
        assert!(with(&[(Action::Next, &["a"]), (Action::Exit, &["ab"])]).is_err());
    }

    #[test]
    fn exit_does_not_take_the_keys_of_stop() {
        let mut keymap = with(&[(Action::Exit, &["<c-c>", "x"])]).unwrap();
        let ctrl_c = Key { ctrl: true, ..KeyCode::Char('c').into() };
        assert_eq!(keymap.press(ctrl_c), KeyMatch::Action(Action::Stop, None));
        assert_eq!(press(&mut keymap, "x"), [KeyMatch::Action(Action::Exit, None)]);
    }

    #[test]
    fn chosen_keys_remove_our_own_defaults() {
        let mut keymap = with(&[(Action::Next, &["<tab>", "D"])]).unwrap();
        assert_eq!(press(&mut keymap, "D"), [KeyMatch::Action(Action::Next, None)]);
        let problems = |row: &&Binding| row.action == Action::ToggleProblems;
        assert!(keymap.bindings().iter().find(problems).unwrap().keys.is_empty());
        assert!(with(&[(Action::Next, &["D"]), (Action::ToggleProblems, &["D"])]).is_err());
    }

    #[test]
    fn sequences_match_key_by_key() {
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
    fn unmatched_key_starts_a_new_sequence() {
        let mut keymap = Keymap::default();
        assert_eq!(
            press(&mut keymap, "gl"),
            [KeyMatch::Partial, KeyMatch::Action(Action::Next, None)]
        );
        assert_eq!(press(&mut keymap, "7l").pop(), Some(KeyMatch::Action(Action::Next, None)));
        assert_eq!(press(&mut keymap, "x"), [KeyMatch::None]);
    }

    #[test]
    fn number_saturates() {
        let mut keymap = Keymap::default();
        let readings = press(&mut keymap, "99999999999999999999G");
        assert_eq!(readings.last(), Some(&KeyMatch::Action(Action::GoToSlide, Some(u32::MAX))));
    }

    #[test]
    fn control_distinguishes_keys() {
        let mut keymap = Keymap::default();
        let ctrl_e = Key { ctrl: true, ..KeyCode::Char('e').into() };
        assert_eq!(keymap.press(ctrl_e), KeyMatch::Action(Action::Execute, None));
        assert_eq!(
            keymap.press(KeyCode::Char('e').into()),
            KeyMatch::Action(Action::OpenEditor, None)
        );
    }
}
