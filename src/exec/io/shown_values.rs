//! The values that a run shows: how many it may show, and the files of its pictures.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::exec::os::temp_dir::TempRoot;
use crate::files;
use crate::run::{DisplayName, Event, OutputValue, RunId};

/// The most values that a run may show at a time.
const MAX_VALUES: usize = 100;

/// The files of pictures that were replaced and are kept: the screen may not have changed yet.
const MAX_REPLACED: usize = 8;

/// The values of one run.
#[derive(Debug)]
pub(in crate::exec) struct ShownValues {
    run: RunId,
    temp_root: Arc<TempRoot>,
    count: usize,
    /// How many pictures it has shown, replaced ones included.
    pictures: usize,
    /// The files of the pictures that are shown, by name or without one.
    named: BTreeMap<Box<str>, Option<PathBuf>>,
    unnamed: Vec<PathBuf>,
    replaced: VecDeque<PathBuf>,
}

/// A value as a program sends it.
#[derive(Debug, PartialEq)]
pub(in crate::exec) enum NewValue {
    /// What needs no file.
    Ready(OutputValue),
    /// The content of a picture file.
    Picture(Vec<u8>),
}

impl ShownValues {
    /// Returns those of a run that has shown nothing, whose pictures are kept in `temp_root`.
    pub(in crate::exec) fn new(run: RunId, temp_root: Arc<TempRoot>) -> Self {
        Self {
            run,
            temp_root,
            count: 0,
            pictures: 0,
            named: BTreeMap::new(),
            unnamed: Vec::new(),
            replaced: VecDeque::new(),
        }
    }

    /// Returns the event that shows a value, or a message in its place; `None` if too many are shown.
    pub(in crate::exec) fn show(
        &mut self,
        value: NewValue,
        name: Option<DisplayName>,
    ) -> Option<Event> {
        let is_known =
            name.as_ref().is_some_and(|name| name.is_update && self.named.contains_key(&name.id));
        if !is_known {
            self.count += 1;
        }
        let message = |text: String| Some(Event::Output(text.into_bytes()));
        if !is_known && self.count > MAX_VALUES {
            let is_first = self.count == MAX_VALUES + 1;
            return message(format!(
                "the rest is not shown: a run shows {MAX_VALUES} results at most\n"
            ))
            .filter(|_| is_first);
        }
        let value = match value {
            NewValue::Ready(value) => {
                self.keep(None, name.as_ref());
                value
            }
            NewValue::Picture(bytes) => match self.save(&bytes) {
                Ok(file) => {
                    self.keep(Some(file.clone()), name.as_ref());
                    OutputValue::Picture(file)
                }
                Err(error) => return message(format!("this result cannot be shown: {error}\n")),
            },
        };
        Some(Event::Value(value, name))
    }

    /// Returns the event that removes what is shown, at once or with the next output.
    pub(in crate::exec) fn clear(&mut self, waits: bool) -> Event {
        self.count = 0;
        let named = std::mem::take(&mut self.named).into_values().flatten();
        self.replaced.extend(named.chain(self.unnamed.drain(..)));
        Event::Clear { waits }
    }

    fn save(&mut self, bytes: &[u8]) -> io::Result<PathBuf> {
        self.pictures += 1;
        let file = self.temp_root.shown_picture(self.run, self.pictures)?;
        files::write_private(&file, bytes)?;
        Ok(file)
    }

    /// Keeps the file of a value that is shown now, and removes those that no longer are.
    fn keep(&mut self, file: Option<PathBuf>, name: Option<&DisplayName>) {
        match name {
            Some(name) => {
                let before = self.named.insert(name.id.clone(), file);
                match before.flatten() {
                    Some(before) if name.is_update => self.replaced.push_back(before),
                    // Another place shows it.
                    Some(before) => self.unnamed.push(before),
                    None => {}
                }
            }
            None => self.unnamed.extend(file),
        }
        while self.replaced.len() > MAX_REPLACED {
            let _ = self.replaced.pop_front().map(std::fs::remove_file);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "reads the files of pictures")]

    use super::*;

    fn named(is_update: bool) -> DisplayName {
        DisplayName { id: "plot".into(), is_update }
    }

    fn files(root: &TempRoot) -> usize {
        let first = root.shown_picture(RunId(1), 1).unwrap();
        std::fs::read_dir(first.parent().unwrap()).unwrap().count()
    }

    #[test]
    fn replaced_pictures_take_little_space() {
        let root = Arc::new(TempRoot::default());
        let mut values = ShownValues::new(RunId(1), root.clone());
        let show = |values: &mut ShownValues, name| {
            values.show(NewValue::Picture(b"bytes".to_vec()), name)
        };
        let Some(Event::Value(OutputValue::Picture(first), _)) =
            show(&mut values, Some(named(false)))
        else {
            panic!("no picture");
        };
        for _ in 0..300 {
            let Some(Event::Value(OutputValue::Picture(file), name)) =
                show(&mut values, Some(named(true)))
            else {
                panic!("no picture");
            };
            assert_eq!(
                (std::fs::read(file).unwrap(), name),
                (b"bytes".to_vec(), Some(named(true)))
            );
        }
        assert!(!first.exists());
        assert_eq!(files(&root), 1 + MAX_REPLACED);
        for _ in 0..300 {
            assert_eq!(values.clear(true), Event::Clear { waits: true });
            assert!(matches!(show(&mut values, None), Some(Event::Value(..))));
        }
        assert_eq!(files(&root), 1 + MAX_REPLACED);
    }

    #[test]
    fn values_at_a_time_are_limited() {
        let mut values = ShownValues::new(RunId(1), Arc::new(TempRoot::default()));
        let show = |values: &mut ShownValues| {
            values.show(NewValue::Ready(OutputValue::Markdown("m".into())), None)
        };
        for _ in 0..MAX_VALUES {
            assert!(matches!(show(&mut values), Some(Event::Value(..))));
        }
        let Some(Event::Output(message)) = show(&mut values) else { panic!("no message") };
        assert!(String::from_utf8(message).unwrap().starts_with("the rest is not shown"));
        assert_eq!(show(&mut values), None);
        values.clear(false);
        assert!(matches!(show(&mut values), Some(Event::Value(..))));
    }
}
