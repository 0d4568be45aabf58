//! Finds the known name nearest to a misspelt one, for "did you mean".

/// Longer words are not compared.
const MAX_WORD_LENGTH: usize = 60;

/// Returns the candidate with the fewest edits to `word`, if it is near enough to be a typo of it.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().take(MAX_WORD_LENGTH + 1).count();
    if length > MAX_WORD_LENGTH {
        return None;
    }
    let limit = (length / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|&(edits, _)| edits <= limit)
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, candidate)| candidate)
}

/// The maximum number of names in one hint.
const MAX_NAMES: usize = 3;

/// Returns the hint for a name that is not in `names`: the nearest name, or those that share a part
/// with it (`latte` is a part of `catppuccin-latte`).
pub fn did_you_mean<'a>(
    word: &str,
    names: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(name) = closest(word, names.clone()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let wanted = parts(word);
    let shared = |name: &str| -> usize {
        let parts = parts(name);
        let common = wanted.iter().filter(|part| parts.contains(part));
        common.map(|part| part.chars().count()).sum()
    };
    let mut nearest: Vec<_> = names
        .into_iter()
        .map(|name| (shared(name), name))
        .filter(|(shared, _)| *shared > 2)
        .collect();
    nearest.sort_by_key(|&(shared, _)| std::cmp::Reverse(shared));
    let best = nearest.first()?.0;
    let nearest = nearest.into_iter().filter(|(shared, _)| *shared == best).take(MAX_NAMES);
    let names: Vec<_> = nearest.map(|(_, name)| format!("`{name}`")).collect();
    let (last, others) = names.split_last()?;
    Some(match others {
        [] => format!("did you mean {last}?"),
        others => format!("did you mean {} or {last}?", others.join(", ")),
    })
}

/// Returns the words of a name, in lower case.
fn parts(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

/// Returns the number of insertions, deletions, substitutions and swaps of neighbours that turn `a`
/// into `b`, ignoring case (the optimal string alignment distance).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typo_finds_its_word() {
        let names = ["pause", "end_slide", "column_layout"];
        assert_eq!(closest("puase", names), Some("pause"));
        assert_eq!(closest("end-slide", names), Some("end_slide"));
        assert_eq!(closest("columlayout", names), Some("column_layout"));
        assert_eq!(closest("zzzzz", names), None);
    }

    #[test]
    fn part_of_a_name_suggests_full_names() {
        let names = ["catppuccin-latte", "catppuccin-mocha", "dark", "tokyonight-day"];
        let hint = |word| did_you_mean(word, names);
        assert_eq!(hint("latte").unwrap(), "did you mean `catppuccin-latte`?");
        assert_eq!(hint("Drak").unwrap(), "did you mean `dark`?");
        let both = "did you mean `catppuccin-latte` or `catppuccin-mocha`?";
        assert_eq!(hint("catppuccin").unwrap(), both);
        assert_eq!(hint("Catppuccin Latte").unwrap(), "did you mean `catppuccin-latte`?");
        assert_eq!(hint("nord"), None);
    }
}
