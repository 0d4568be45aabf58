//! `+bench`: which blocks can be contenders of a benchmark, and benchmark names that look like
//! typos.

use std::collections::BTreeMap;

use super::fence::FenceInfo;
use crate::deck::{Cell, Deck};
use crate::diag::{self, Diagnostic};
use crate::source::Span;

/// The languages that can be timed.
const BENCH_LANGUAGES: [&str; 2] = ["python", "rust"];

/// Returns the name of the benchmark that a block belongs to, if its fence asks for one and the
/// block can be timed. Reports why it cannot.
pub(super) fn read(
    info: &FenceInfo<'_>,
    language: &str,
    span: Span,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<Box<str>> {
    let benchmark = info.bench.as_deref()?;
    if info.bench_conflict().is_some() {
        return None;
    }
    if !BENCH_LANGUAGES.contains(&language) {
        let mistake = Diagnostic::error(span, "`+bench` only works with Python and Rust");
        let hint = match diag::closest(language, BENCH_LANGUAGES) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "use `+exec`, which also shows how long the run took".to_owned(),
        };
        mistakes.push(mistake.hint(hint));
        return None;
    }
    Some(benchmark.into())
}

/// Warns about contenders that are alone while another benchmark has a similar name.
pub(super) fn warn_likely_typos(deck: &mut Deck) {
    let named: Vec<(&Cell, &str)> =
        deck.cells.iter().filter_map(|cell| Some((&**cell, name(cell)?))).collect();
    let mut contenders = BTreeMap::<&str, usize>::new();
    for (_, benchmark) in &named {
        *contenders.entry(benchmark).or_default() += 1;
    }
    let known: Vec<&str> = match *named {
        // Of two single contenders, the first name is taken as the intended one.
        [(_, first), _] => vec![first],
        _ => contenders
            .iter()
            .filter(|(_, count)| **count > 1)
            .map(|(benchmark, _)| *benchmark)
            .collect(),
    };
    let mut found = Vec::new();
    for (cell, own) in named.into_iter().filter(|(_, benchmark)| contenders[benchmark] == 1) {
        let others = known.iter().copied().filter(|benchmark| *benchmark != own);
        if let Some(meant) = diag::closest(own, others) {
            let what = format!("no other block is in the benchmark `{own}`");
            let hint = format!("did you mean `+bench:{meant}`?");
            found.push(Diagnostic::warning(fence_of(deck, cell), what).hint(hint));
        }
    }
    deck.diagnostics.extend(found);
}

/// Returns the name of a cell's benchmark, if it has one.
fn name(cell: &Cell) -> Option<&str> {
    cell.exec.bench.as_deref().filter(|benchmark| !benchmark.is_empty())
}

/// Returns the span of the line above a block's code.
fn fence_of(deck: &Deck, cell: &Cell) -> Span {
    let text = deck.sources.get(cell.span.file).map_or("", |file| file.text());
    let above = text.get(..cell.span.range().start).and_then(|text| text.strip_suffix('\n'));
    let Some(above) = above else { return cell.span };
    let start = above.rfind('\n').map_or(0, |at| at + 1);
    Span::new(cell.span.file, start..above.len())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::*;
    use crate::deck::Start;
    use crate::parse::parse;
    use crate::source::MemFiles;

    fn deck(text: &str) -> Deck {
        parse(Path::new("talk.md"), text, &MemFiles::default())
    }

    /// Returns a deck with a block for each of these fences.
    fn blocks(fences: &[&str]) -> Deck {
        let blocks = fences.iter().map(|fence| format!("```{fence}\nf()\n```\n"));
        deck(&blocks.collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn contenders_run_by_key_and_find_each_other() {
        let deck = blocks(&["python +bench:f", "rust +bench:f", "py +bench", "rust +exec +bench"]);
        assert_eq!(deck.diagnostics, []);
        assert!(deck.cells.iter().all(|cell| cell.exec.start == Start::OnKey));
        let contenders = |id: u32| {
            deck.contenders(crate::deck::CellId(id)).map(|cell| cell.id.0).collect::<Vec<_>>()
        };
        assert_eq!((contenders(0), contenders(1)), (vec![0, 1], vec![0, 1]));
        assert_eq!((contenders(2), contenders(3)), (vec![2, 3], vec![2, 3]));
        assert_ne!(deck.cells[0].fingerprint, blocks(&["python +exec"]).cells[0].fingerprint);
    }

    #[test]
    fn unnamed_benchmark_belongs_to_its_slide() {
        let fence = "```python +bench\nf()\n```\n\n";
        let deck = deck(&format!("{fence}<!-- end_slide -->\n\n{fence}```bash +exec\nx\n```\n"));
        let contenders = |id: u32| deck.contenders(crate::deck::CellId(id)).count();
        assert_eq!([contenders(0), contenders(1), contenders(2)], [1, 1, 0]);
    }

    #[rstest]
    #[case(
        "bash +bench",
        "`+bench` only works with Python and Rust",
        "use `+exec`, which also shows how long the run took"
    )]
    #[case("pyton +bench", "`+bench` only works with Python and Rust", "did you mean `python`?")]
    #[case(
        "python +bench +pty",
        "`+bench` cannot be combined with `+pty`",
        "remove one of them: a benchmark has no terminal"
    )]
    #[case(
        "python +bench +image",
        "`+bench` cannot be combined with `+image`",
        "remove one of them: a benchmark draws a chart"
    )]
    #[case(
        "python +acquire_terminal +bench",
        "`+bench` cannot be combined with `+acquire_terminal`",
        "remove one of them: a benchmark has no terminal"
    )]
    #[case(
        "python +bench +session",
        "`+bench` cannot be combined with `+session`",
        "remove one of them: a benchmark sets up its own state"
    )]
    #[case(
        "python +exec:uv +bench",
        "`+bench` cannot be combined with `+exec:NAME`",
        "remove the executor name: livedeck times Python and Rust itself"
    )]
    #[case(
        "rust +bench +pymodule:m",
        "`+bench` cannot be combined with `+pymodule`",
        "time a Python block that imports the module: `python +bench`"
    )]
    #[case("rust +bnech", "unknown attribute `+bnech`", "did you mean `+bench`?")]
    fn mistakes_are_reported_at_the_fence_with_a_hint(
        #[case] fence: &str,
        #[case] message: &str,
        #[case] hint: &str,
    ) {
        let deck = blocks(&[fence]);
        let reported: Vec<_> =
            deck.diagnostics.iter().map(|it| (&*it.message, &*it.hints)).collect();
        assert_eq!(reported, [(message, &[hint.to_owned()][..])]);
        assert!(deck.cells.iter().all(|cell| cell.exec.bench.is_none()));
    }

    #[rstest]
    #[case(&["primes", "primse"], &["did you mean `+bench:primes`?"])]
    #[case(&["primse", "primes", "primes"], &["did you mean `+bench:primes`?"])]
    #[case(&["primes", "primes", "body"], &[])]
    #[case(&["one"], &[])]
    #[case(&["sum1", "sum1", "sum2", "sum2"], &[])]
    fn single_contender_may_be_a_typo(#[case] names: &[&str], #[case] hints: &[&str]) {
        let fences: Vec<_> = names.iter().map(|name| format!("python +bench:{name}")).collect();
        let deck = blocks(&fences.iter().map(|fence| &**fence).collect::<Vec<_>>());
        let reported: Vec<_> = deck.diagnostics.iter().flat_map(|it| &it.hints).collect();
        assert_eq!(reported, hints);
        for slip in &deck.diagnostics {
            let fence = &deck.sources.get(slip.span.file).unwrap().text()[slip.span.range()];
            assert!(fence.starts_with("```python +bench:primse"), "{fence}");
        }
    }

    #[test]
    fn many_benchmarks_are_checked_quickly() {
        // Comparing all pairs of names takes minutes for this many.
        let fences: Vec<_> =
            (0..3_000).map(|contender| format!("python +bench:name{contender}")).collect();
        let deck = blocks(&fences.iter().map(|fence| &**fence).collect::<Vec<_>>());
        assert_eq!((deck.cells.len(), deck.diagnostics.len()), (3_000, 0));
    }

    #[test]
    fn contender_is_not_in_the_decks_session() {
        let front = "---\noptions:\n  python:\n    session: true\n---\n\n";
        let deck = deck(&format!("{front}```python +bench\nf()\n```\n"));
        assert_eq!(deck.diagnostics, []);
        assert_eq!(deck.cells[0].exec.session, None);
    }
}
