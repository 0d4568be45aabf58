//! Values that a block shows besides text. A value arrives on the socket for reports; a mark in the
//! output gives its place. This module joins the two.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::deck::Align;
use crate::exec::io::markers::{MarkerMatch, MarkerScanner, StreamPart, TERMINATOR, match_literal};
use crate::exec::io::shown_values::{NewValue, ShownValues};
use crate::exec::os::temp_dir::TempRoot;
use crate::run::{DataColumn, DataTable, DisplayName, Event, OutputValue, RunId, latex};

/// The bytes of a marker before the number of its value.
const MARK_START: &[u8] = b"\x1b_livedeck;";

/// The most digits of a value's number.
const MAX_DIGITS: usize = 20;

/// Splits output at the markers of values; a marker's value is the number of the output value.
#[derive(Debug, Default)]
pub(in crate::exec) struct ValueScanner {
    scanner: MarkerScanner,
}

impl ValueScanner {
    /// Splits the next bytes.
    pub(in crate::exec) fn split(&mut self, bytes: &[u8]) -> Vec<StreamPart<u64>> {
        self.scanner.scan(bytes, match_value)
    }

    /// Returns the undecided bytes, which turned out to be no marker.
    pub(in crate::exec) fn take_partial(&mut self) -> Option<Vec<u8>> {
        self.scanner.finish()
    }
}

/// Matches the marker of a value: its number between [`MARK_START`] and the terminator.
fn match_value(bytes: &[u8]) -> MarkerMatch<u64> {
    match match_literal(bytes, MARK_START) {
        MarkerMatch::Complete(..) => {}
        MarkerMatch::Partial => return MarkerMatch::Partial,
        MarkerMatch::None => return MarkerMatch::None,
    }
    let rest = &bytes[MARK_START.len()..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > MAX_DIGITS {
        return MarkerMatch::None;
    }
    let number = std::str::from_utf8(&rest[..digits]).ok().and_then(|digits| digits.parse().ok());
    match (match_literal(&rest[digits..], TERMINATOR), number) {
        (MarkerMatch::Complete((), length), Some(number)) => {
            MarkerMatch::Complete(number, MARK_START.len() + digits + length)
        }
        (MarkerMatch::Partial, _) if rest.len() == digits || number.is_some() => {
            MarkerMatch::Partial
        }
        _ => MarkerMatch::None,
    }
}

/// The values of one run that have arrived and were not shown yet.
#[derive(Debug)]
pub(in crate::exec) struct PendingValues {
    pending: BTreeMap<u64, Vec<u8>>,
    shown: ShownValues,
}

impl PendingValues {
    /// Returns an empty set for a run whose pictures are kept in `temp_root`.
    pub(in crate::exec) fn new(run: RunId, temp_root: Arc<TempRoot>) -> Self {
        Self { pending: BTreeMap::new(), shown: ShownValues::new(run, temp_root) }
    }

    /// Adds a value.
    pub(in crate::exec) fn add(&mut self, number: u64, bytes: Vec<u8>) {
        self.pending.insert(number, bytes);
    }

    /// Returns whether the value with this number has arrived and was not shown.
    pub(in crate::exec) fn contains(&self, number: u64) -> bool {
        self.pending.contains_key(&number)
    }

    /// Returns the numbers of the pending values.
    pub(in crate::exec) fn numbers(&self) -> Vec<u64> {
        self.pending.keys().copied().collect()
    }

    /// Returns the event for a value, with a picture saved to a file, or for the message in its place.
    pub(in crate::exec) fn take(&mut self, number: u64) -> Option<Event> {
        let bytes = self.pending.remove(&number)?;
        match message(&bytes) {
            Ok(DisplayMessage::Value(value, name)) => self.shown.show(value, name),
            Ok(DisplayMessage::Clear { waits }) => Some(self.shown.clear(waits)),
            Err(why) => {
                Some(Event::Output(format!("this result cannot be shown: {why}\n").into_bytes()))
            }
        }
    }
}

/// What `display.py` sends.
#[derive(Debug, PartialEq)]
enum DisplayMessage {
    Value(NewValue, Option<DisplayName>),
    Clear { waits: bool },
}

/// Decodes a message of `display.py`: an optional name, the kind of the value, and the fields of that kind.
fn message(bytes: &[u8]) -> Result<DisplayMessage, String> {
    let mut fields = ValueFields(bytes);
    let mut kind = fields.text()?;
    let mut name = None;
    if let is_update @ ("new" | "update") = &*kind {
        let is_update = is_update == "update";
        name = Some(DisplayName { id: fields.text()?.into(), is_update });
        kind = fields.text()?;
    }
    let value = match &*kind {
        "clear" => return Ok(DisplayMessage::Clear { waits: fields.text()? == "wait" }),
        "picture" => NewValue::Picture(fields.next().ok_or("it is truncated")?.to_vec()),
        "text" => NewValue::Ready(OutputValue::Text(fields.text()?.into())),
        "markdown" => NewValue::Ready(OutputValue::Markdown(fields.text()?.into())),
        "formula" => {
            let (latex, plain) = (fields.text()?, fields.text()?);
            NewValue::Ready(match latex::formula(&latex) {
                Some(latex) => OutputValue::Formula { latex: latex.into(), plain: plain.into() },
                None => OutputValue::Text(plain.into()),
            })
        }
        "table" => NewValue::Ready(OutputValue::Table(table(&mut fields)?)),
        other => return Err(format!("unknown value kind `{other}`")),
    };
    Ok(DisplayMessage::Value(value, name))
}

fn table(fields: &mut ValueFields<'_>) -> Result<DataTable, String> {
    let (height, width, count) = (fields.number()?, fields.number()?, fields.number()?);
    let mut columns = Vec::new();
    for _ in 0..count {
        let (name, kind, how) = (fields.text()?, fields.text()?, fields.text()?);
        columns.push(DataColumn {
            name: name.into(),
            kind: (!kind.is_empty()).then(|| kind.into()),
            align: if how.contains('r') { Align::Right } else { Align::Left },
            is_index: how.contains('i'),
        });
    }
    let mut cells: Vec<Box<str>> = Vec::new();
    while !fields.0.is_empty() {
        cells.push(fields.text()?.into());
    }
    let rows = cells.chunks_exact(columns.len().max(1)).map(<[_]>::to_vec).collect();
    Ok(DataTable { columns, rows, height, width })
}

/// The fields of a value, each after its length.
struct ValueFields<'b>(&'b [u8]);

impl<'b> ValueFields<'b> {
    fn next(&mut self) -> Option<&'b [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let (field, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some(field)
    }

    fn text(&mut self) -> Result<String, String> {
        let field = self.next().ok_or("it is truncated")?;
        Ok(String::from_utf8_lossy(field).into_owned())
    }

    fn number(&mut self) -> Result<usize, String> {
        self.text()?.parse().map_err(|_| "a number is missing".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(parts: &[&str]) -> (Vec<StreamPart<u64>>, Option<Vec<u8>>) {
        let mut scanner = ValueScanner::default();
        let split = parts.iter().flat_map(|part| scanner.split(part.as_bytes())).collect();
        (split, scanner.take_partial())
    }

    fn text(text: &str) -> StreamPart<u64> {
        StreamPart::Text(text.into())
    }

    #[test]
    fn marks_are_removed_from_the_text() {
        let parts = vec![text("a\n"), StreamPart::Marker(12), text("b"), StreamPart::Marker(3)];
        assert_eq!(split(&["a\n\x1b_livedeck;12\x1b\\b\x1b_livedeck;3\x1b\\"]), (parts, None));
    }

    #[test]
    fn mark_split_across_reads_is_found() {
        let whole = "\x1b_livedeck;7\x1b\\";
        for at in 1..whole.len() {
            let (one, other) = whole.split_at(at);
            let parts = vec![text("a"), StreamPart::Marker(7), text("b")];
            assert_eq!(split(&[&format!("a{one}"), &format!("{other}b")]), (parts, None), "{at}");
        }
    }

    #[test]
    fn incomplete_marks_are_text() {
        for other in
            ["\x1b[31mred", "\x1b_else\x1b\\", "\x1b_livedeck;x\x1b\\", "\x1b_livedeck;\x1b\\"]
        {
            let seen = split(&[other]).0.into_iter().map(|part| match part {
                StreamPart::Text(text) => String::from_utf8(text).unwrap(),
                StreamPart::Marker(number) => panic!("{number} in {other:?}"),
            });
            assert_eq!(seen.collect::<String>(), other);
        }
        assert_eq!(split(&["a\x1b"]), (vec![text("a")], Some(b"\x1b".into())));
        assert_eq!(split(&["\x1b_livedeck;123456789012345678901234"]).0.len(), 1);
    }

    fn sent(fields: &[&str]) -> Vec<u8> {
        let field = |field: &&str| [&(field.len() as u32).to_le_bytes(), field.as_bytes()].concat();
        fields.iter().flat_map(field).collect()
    }

    #[test]
    fn table_is_decoded() {
        let fields =
            ["table", "9", "1", "2", "", "", "ri", "n", "i64", "r", "0", "5", "1", "6", "cut"];
        let Ok(DisplayMessage::Value(NewValue::Ready(OutputValue::Table(table)), None)) =
            message(&sent(&fields))
        else {
            panic!("no table")
        };
        assert_eq!((table.height, table.width, table.rows.len()), (9, 1, 2));
        assert_eq!(table.rows[1], ["1".into(), "6".into()]);
        assert!(table.columns[0].is_index && table.columns[0].align == Align::Right);
        assert_eq!(table.columns[1].kind.as_deref(), Some("i64"));
    }

    #[test]
    fn truncated_value_is_an_error() {
        let whole = sent(&["table", "9", "1", "1", "n", "", "r", "5"]);
        for length in 0..whole.len() {
            let _ = message(&whole[..length]);
        }
        assert!(message(&whole[..20]).is_err());
        assert!(message(b"").is_err() && message(&sent(&["other"])).is_err());
        assert!(message(&sent(&["update", "x"])).is_err());
    }

    #[test]
    fn named_value_and_clear_are_decoded() {
        let name = |is_update| Some(DisplayName { id: "plot".into(), is_update });
        for (fields, expected) in [
            (
                &["new", "plot", "text", "one"][..],
                DisplayMessage::Value(
                    NewValue::Ready(OutputValue::Text("one".into())),
                    name(false),
                ),
            ),
            (
                &["update", "plot", "picture", "png"],
                DisplayMessage::Value(NewValue::Picture(b"png".to_vec()), name(true)),
            ),
            (&["clear", "wait"], DisplayMessage::Clear { waits: true }),
            (&["clear", "now"], DisplayMessage::Clear { waits: false }),
        ] {
            assert_eq!(message(&sent(fields)), Ok(expected));
        }
    }

    #[test]
    fn value_is_shown_once() {
        let mut values = PendingValues::new(RunId(1), Arc::default());
        values.add(0, sent(&["markdown", "a"]));
        assert!(matches!(values.take(0), Some(Event::Value(OutputValue::Markdown(_), None))));
        assert_eq!(values.take(0), None);
    }
}
