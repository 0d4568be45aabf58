//! What a block shows beside text: values come ahead over the socket for reports, marks in what is
//! written say where they stand. Here the two are brought together again.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::deck::Align;
use crate::exec::os::temp_dir::TempRoot;
use crate::run::{DataColumn, DataTable, Event, OutputValue, RunId};

/// What stands before a value's number in what is written, and behind it.
const MARK: (&[u8], u8) = (b"\x1b_livedeck;", b'\x1b');
/// What ends the whole mark.
const MARK_END: &[u8] = b"\x1b\\";

/// Digits of a number that the worker gives.
const MAX_DIGITS: usize = 20;

/// PendingValues that one run may show.
const MAX_VALUES: usize = 100;

/// A piece of what was written.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::exec::python) enum OutputPart {
    /// Bytes.
    Text(Vec<u8>),
    /// The place of the value with this number.
    Mark(u64),
}

/// Cuts what is written at its marks.
#[derive(Debug, Default)]
pub(in crate::exec::python) struct MarkScanner {
    /// The beginning of a mark, perhaps: kept until the next bytes tell.
    held: Vec<u8>,
}

impl MarkScanner {
    /// The pieces of these bytes, those held back before in front of them.
    pub(in crate::exec::python) fn cut(&mut self, bytes: &[u8]) -> Vec<OutputPart> {
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        let (mut from, mut at) = (0, 0);
        while let Some(found) = all[at..].iter().position(|byte| *byte == MARK.1) {
            at += found;
            match mark(&all[at..]) {
                Some(Ok((number, length))) => {
                    pieces.extend(text(&all[from..at]));
                    pieces.push(OutputPart::Mark(number));
                    at += length;
                    from = at;
                }
                Some(Err(())) => at += 1,
                None => {
                    pieces.extend(text(&all[from..at]));
                    self.held = all.split_off(at);
                    return pieces;
                }
            }
        }
        pieces.extend(text(&all[from..]));
        pieces
    }

    /// What was held back and is no mark.
    pub(in crate::exec::python) fn rest(&mut self) -> Option<Vec<u8>> {
        Some(std::mem::take(&mut self.held)).filter(|held| !held.is_empty())
    }
}

fn text(bytes: &[u8]) -> Option<OutputPart> {
    (!bytes.is_empty()).then(|| OutputPart::Text(bytes.to_vec()))
}

/// The number and the length of the mark that bytes begin with: an error if they begin with none,
/// nothing if they are too few to tell.
fn mark(bytes: &[u8]) -> Option<Result<(u64, usize), ()>> {
    let known = bytes.len().min(MARK.0.len());
    if bytes[..known] != MARK.0[..known] {
        return Some(Err(()));
    }
    let rest = bytes.get(MARK.0.len()..)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(&rest[..digits]).ok().and_then(|digits| digits.parse().ok());
    let end = &rest[digits..];
    let known = end.len().min(MARK_END.len());
    if digits > MAX_DIGITS || end[..known] != MARK_END[..known] || known > 0 && number.is_none() {
        return Some(Err(()));
    }
    if known < MARK_END.len() {
        None
    } else {
        Some(Ok((number?, MARK.0.len() + digits + MARK_END.len())))
    }
}

/// The values of one run that have come and have not been shown.
#[derive(Debug)]
pub(in crate::exec::python) struct PendingValues {
    run: RunId,
    temp_root: Arc<TempRoot>,
    waiting: BTreeMap<u64, Vec<u8>>,
    shown: usize,
}

impl PendingValues {
    /// None yet, of this run; pictures are kept in that folder.
    pub(in crate::exec::python) fn new(run: RunId, temp_root: Arc<TempRoot>) -> Self {
        Self { run, temp_root, waiting: BTreeMap::new(), shown: 0 }
    }

    /// Takes in a value.
    pub(in crate::exec::python) fn add(&mut self, number: u64, bytes: Vec<u8>) {
        self.waiting.insert(number, bytes);
    }

    /// Whether this value has come and not been shown.
    pub(in crate::exec::python) fn has(&self, number: u64) -> bool {
        self.waiting.contains_key(&number)
    }

    /// The numbers of those whose marks were not seen.
    pub(in crate::exec::python) fn left(&self) -> Vec<u64> {
        self.waiting.keys().copied().collect()
    }

    /// The value of this number, its picture kept in a file; or what to say in its place.
    pub(in crate::exec::python) fn show(&mut self, number: u64) -> Option<Event> {
        let bytes = self.waiting.remove(&number)?;
        self.shown += 1;
        let say = |what: String| Some(Event::Output(what.into_bytes()));
        match self.shown.cmp(&(MAX_VALUES + 1)) {
            Ordering::Less => {}
            Ordering::Equal => {
                return say(format!(
                    "the rest is not shown: a run shows {MAX_VALUES} results at most\n"
                ));
            }
            Ordering::Greater => return None,
        }
        match value(&bytes, || self.temp_root.shown(self.run, self.shown)) {
            Ok(value) => Some(Event::Value(value)),
            Err(why) => say(format!("this result cannot be shown: {why}\n")),
        }
    }
}

/// Reads a value as `display.py` sends it.
fn value(
    bytes: &[u8],
    place: impl FnOnce() -> io::Result<std::path::PathBuf>,
) -> Result<OutputValue, String> {
    let mut fields = ValueFields(bytes);
    match fields.text()?.as_ref() {
        "picture" => {
            let picture = fields.next().ok_or("it is cut short")?;
            let file = place().map_err(|error| error.to_string())?;
            save(&file, picture).map_err(|error| error.to_string())?;
            Ok(OutputValue::Picture(file))
        }
        "markdown" => Ok(OutputValue::Markdown { text: fields.text()?.into(), blocks: Vec::new() }),
        "table" => table(&mut fields).map(OutputValue::Table),
        other => Err(format!("nobody knows what `{other}` is")),
    }
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

/// The fields of a value, each behind its length.
struct ValueFields<'b>(&'b [u8]);

impl<'b> ValueFields<'b> {
    fn next(&mut self) -> Option<&'b [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let (field, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some(field)
    }

    fn text(&mut self) -> Result<String, String> {
        let field = self.next().ok_or("it is cut short")?;
        Ok(String::from_utf8_lossy(field).into_owned())
    }

    fn number(&mut self) -> Result<usize, String> {
        self.text()?.parse().map_err(|_| "a number is missing".to_owned())
    }
}

fn save(file: &Path, bytes: &[u8]) -> io::Result<()> {
    crate::files::write_private(file, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(parts: &[&str]) -> (Vec<OutputPart>, Option<Vec<u8>>) {
        let mut marks = MarkScanner::default();
        let pieces = parts.iter().flat_map(|part| marks.cut(part.as_bytes())).collect();
        (pieces, marks.rest())
    }

    fn text(text: &str) -> OutputPart {
        OutputPart::Text(text.into())
    }

    #[test]
    fn a_mark_is_taken_out() {
        let pieces = vec![text("a\n"), OutputPart::Mark(12), text("b"), OutputPart::Mark(3)];
        assert_eq!(cut(&["a\n\x1b_livedeck;12\x1b\\b\x1b_livedeck;3\x1b\\"]), (pieces, None));
    }

    #[test]
    fn a_mark_in_pieces_is_a_mark() {
        let whole = "\x1b_livedeck;7\x1b\\";
        for at in 1..whole.len() {
            let (one, other) = whole.split_at(at);
            let pieces = vec![text("a"), OutputPart::Mark(7), text("b")];
            assert_eq!(cut(&[&format!("a{one}"), &format!("{other}b")]), (pieces, None), "{at}");
        }
    }

    #[test]
    fn what_only_begins_like_one_is_text() {
        for other in
            ["\x1b[31mred", "\x1b_else\x1b\\", "\x1b_livedeck;x\x1b\\", "\x1b_livedeck;\x1b\\"]
        {
            let seen = cut(&[other]).0.into_iter().map(|piece| match piece {
                OutputPart::Text(text) => String::from_utf8(text).unwrap(),
                OutputPart::Mark(number) => panic!("{number} in {other:?}"),
            });
            assert_eq!(seen.collect::<String>(), other);
        }
        assert_eq!(cut(&["a\x1b"]), (vec![text("a")], Some(b"\x1b".into())));
        assert_eq!(cut(&["\x1b_livedeck;123456789012345678901234"]).0.len(), 1);
    }

    fn sent(fields: &[&str]) -> Vec<u8> {
        let field = |field: &&str| [&(field.len() as u32).to_le_bytes(), field.as_bytes()].concat();
        fields.iter().flat_map(field).collect()
    }

    fn read(bytes: &[u8]) -> Result<OutputValue, String> {
        value(bytes, || Err(io::Error::other("no place")))
    }

    #[test]
    fn a_table_is_read() {
        let fields =
            ["table", "9", "1", "2", "", "", "ri", "n", "i64", "r", "0", "5", "1", "6", "cut"];
        let Ok(OutputValue::Table(table)) = read(&sent(&fields)) else { panic!("no table") };
        assert_eq!((table.height, table.width, table.rows.len()), (9, 1, 2));
        assert_eq!(table.rows[1], ["1".into(), "6".into()]);
        assert!(table.columns[0].is_index && table.columns[0].align == Align::Right);
        assert_eq!(table.columns[1].kind.as_deref(), Some("i64"));
    }

    #[test]
    fn what_is_cut_short_is_an_error_and_no_panic() {
        let whole = sent(&["table", "9", "1", "1", "n", "", "r", "5"]);
        for length in 0..whole.len() {
            let _ = read(&whole[..length]);
        }
        assert!(read(&whole[..20]).is_err());
        assert!(read(b"").is_err() && read(&sent(&["other"])).is_err());
        assert_eq!(read(&sent(&["picture", "x"])), Err("no place".to_owned()));
    }

    #[test]
    fn a_run_shows_so_many_results_and_says_that_there_were_more() {
        let mut values = PendingValues::new(RunId(1), Arc::default());
        for number in 0..MAX_VALUES as u64 + 5 {
            values.add(number, sent(&["markdown", "a"]));
            let expected = number.cmp(&(MAX_VALUES as u64));
            match values.show(number) {
                Some(Event::Value(_)) => assert!(expected.is_lt()),
                Some(event) => {
                    let said = Event::Output(
                        "the rest is not shown: a run shows 100 results at most\n".into(),
                    );
                    assert!(expected.is_eq() && event == said, "{event:?}");
                }
                None => assert!(expected.is_gt()),
            }
        }
        assert_eq!(values.show(0), None, "nothing is shown twice");
    }
}
