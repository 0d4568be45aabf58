//! Characters that are drawn as nothing, or that reorder the text around them. With them, code can
//! read differently from what runs ("trojan source"), and a title can carry hidden text.
//!
//! They are the characters with Unicode's property `Default_Ignorable_Code_Point`
//! (DerivedCoreProperties.txt of Unicode 17.0, including unassigned code points of its ranges), which
//! covers all bidirectional controls, and others that terminals do not draw: the line and paragraph
//! separators, the interlinear annotations, and the last two code points of each plane, which are
//! noncharacters (XML, and with it SVG and `JUnit`, forbids U+FFFE and U+FFFF).
//!
//! There are two kinds of text:
//! - *Code* keeps those that emoji need, which no language accepts in names: one variation selector
//!   after an emoji, the joiner between two, the tags of a flag. All others are replaced by a mark.
//! - *Prose* (and the output of programs) also keeps those that scripts need: joiner and non-joiner
//!   between letters of joining scripts; one variation selector after a sign or an ideograph; the
//!   fillers of old Hangul; Mongolian's selectors. All others are replaced, including every
//!   bidirectional control: cells are laid out from left to right, where these have no use.

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// The mark for a bidirectional control.
const BIDI_MARK: char = '⇄';

/// The mark for any other invisible character.
const MARK: char = char::REPLACEMENT_CHARACTER;

/// The property's ranges, and the other characters that terminals do not draw.
const INVISIBLE: [RangeInclusive<char>; 17] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    // Includes line and paragraph separators.
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    // Includes the interlinear annotations, the last three.
    '\u{fff0}'..='\u{fffb}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Returns whether a character is invisible, or reorders the text around it.
pub fn is_invisible(c: char) -> bool {
    c >= '\u{ad}' && (is_noncharacter(c) || INVISIBLE.iter().any(|range| range.contains(&c)))
}

/// Returns whether a code point is one of the last two of a plane. The parser uses the other
/// noncharacters.
fn is_noncharacter(c: char) -> bool {
    u32::from(c) & 0xfffe == 0xfffe
}

/// Returns whether a character changes the direction of text.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns the mark that is drawn for an invisible character that is not needed.
pub fn mark(c: char) -> char {
    if is_bidi(c) { BIDI_MARK } else { MARK }
}

/// The kind of a text, which determines the invisible characters it may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// Code: those in emoji.
    Code,
    /// Prose: those in emoji and scripts.
    Prose,
}

/// Replaces invisible characters that are not needed by marks; `before` is the character before the
/// text.
pub fn mark_invisible(kind: TextKind, before: Option<char>, text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_invisible) {
        return text.into();
    }
    if kind == TextKind::Prose && before.is_none() && is_spacer(text) {
        return text.into();
    }
    let mut marked = String::with_capacity(text.len());
    for (_, c, is_needed) in characters(kind, before, text) {
        marked.push(if is_needed { c } else { mark(c) });
    }
    marked.into()
}

/// Returns the text without control characters other than line feed and tab, and without invisible
/// characters that are not needed, which makes it safe to paste.
pub fn pasteable(text: &str) -> Cow<'_, str> {
    let is_control = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.chars().any(|c| is_control(c) || is_invisible(c)) {
        return text.into();
    }
    let kept = characters(TextKind::Prose, None, text)
        .filter(|&(_, c, is_needed)| is_needed && !is_control(c));
    kept.map(|(_, c, _)| c).collect::<String>().into()
}

/// Returns the invisible characters that are not needed, with their offsets.
pub fn invisible(kind: TextKind, text: &str) -> impl Iterator<Item = (usize, char)> {
    let all = characters(kind, None, text);
    all.filter(|(_, _, is_needed)| !is_needed).map(|(at, c, _)| (at, c))
}

/// Returns each character with its offset, and whether it is visible or needed.
fn characters(
    kind: TextKind,
    before: Option<char>,
    text: &str,
) -> impl Iterator<Item = (usize, char, bool)> {
    let mut before = before;
    text.char_indices().map(move |(at, c)| {
        let after = &text[at + c.len_utf8()..];
        let is_needed = !is_invisible(c)
            || before.is_some_and(|before| is_part_of_emoji(before, c, after))
            || kind == TextKind::Prose && is_needed_by_script(before, c, after);
        before = Some(if is_needed { c } else { mark(c) });
        (at, c, is_needed)
    })
}

/// Returns whether the invisible `c` is part of an emoji, given the text around it.
fn is_part_of_emoji(before: char, c: char, after: &str) -> bool {
    match c {
        '\u{fe0f}' if matches!(before, '0'..='9' | '#' | '*') => after.starts_with('\u{20e3}'),
        '\u{fe0e}' | '\u{fe0f}' => is_emoji(before),
        '\u{200d}' => (is_emoji(before) || before == '\u{fe0f}') && starts_with(after, is_emoji),
        '\u{e0020}'..='\u{e007f}' if before == '\u{1f3f4}' => is_flag(c, after),
        // Inside a flag: its start has checked that it is complete.
        '\u{e0020}'..='\u{e007f}' => is_tag(before),
        _ => false,
    }
}

/// Returns whether a script needs the invisible `c`, given the text around it.
fn is_needed_by_script(before: Option<char>, c: char, after: &str) -> bool {
    match (before, c) {
        (_, '\u{115f}') => starts_with(after, is_jamo),
        (Some(before), '\u{1160}') => matches!(before, '\u{1100}'..='\u{115e}'),
        (Some(before), '\u{fe00}'..='\u{fe0d}') => is_ideograph(before) || is_sign(before),
        (Some(before), '\u{e0100}'..='\u{e01ef}') => is_ideograph(before),
        (Some(before), '\u{200c}' | '\u{200d}') => joins(before) && starts_with(after, joins),
        (Some(before), '\u{180b}'..='\u{180f}') => matches!(before, '\u{1820}'..='\u{18aa}'),
        _ => false,
    }
}

/// Returns whether a text is a single zero-width character: decks use it as a blank row, and alone
/// it cannot hide anything.
fn is_spacer(text: &str) -> bool {
    let mut characters = text.trim().chars();
    matches!(characters.next(), Some('\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'))
        && characters.next().is_none()
}

fn starts_with(text: &str, is: impl Fn(char) -> bool) -> bool {
    text.chars().next().is_some_and(is)
}

/// Returns whether a character can start or end a part of an emoji: the blocks of symbols that
/// contain all characters with `Extended_Pictographic`, and the skin tone modifiers.
fn is_emoji(c: char) -> bool {
    matches!(
        c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{3030}'
            | '\u{303d}' | '\u{3297}' | '\u{3299}'
            | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{2460}'..='\u{24ff}'
            | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}'
            | '\u{1f000}'..='\u{1faff}'
    )
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Returns whether a character is a mathematical sign, East Asian punctuation or a Myanmar letter:
/// these have standardized variants.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{2200}'..='\u{2aff}' | '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff60}' | '\u{1000}'..='\u{109f}')
}

/// Returns whether a character is a vowel of old Hangul, or closes a syllable.
fn is_jamo(c: char) -> bool {
    matches!(c, '\u{1161}'..='\u{11ff}')
}

/// Returns whether a character belongs to a script with joining letters: those of the Near East,
/// North Africa, India and Southeast Asia, and Mongolian.
fn joins(c: char) -> bool {
    let is_of_one = matches!(
        c,
        '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{f00}'..='\u{109f}'
            | '\u{1780}'..='\u{18af}' | '\u{1a20}'..='\u{1c4f}' | '\u{a800}'..='\u{abff}'
            | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10a00}'..='\u{11fff}'
    );
    is_of_one && !is_invisible(c)
}

/// Returns whether a black flag is followed by the tags of a region, which are `first` and the
/// start of `after`.
fn is_flag(first: char, after: &str) -> bool {
    let letters = after.chars().take_while(|&c| is_tag(c)).count();
    let end = after.chars().nth(letters);
    is_tag(first) && (2..=5).contains(&letters) && end == Some('\u{e007f}')
}

/// Returns whether a character is a letter or digit of a flag's tags.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::heart("❤\u{fe0f}")]
    #[case::keycap("1\u{fe0f}\u{20e3}")]
    #[case::family("👩\u{200d}👩\u{200d}👧")]
    #[case::with_skin("👩🏽\u{200d}🚀")]
    #[case::with_selector("🏳\u{fe0f}\u{200d}🌈")]
    #[case::scotland("🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}")]
    #[case::persian("می\u{200c}خواهم")]
    #[case::sinhala("ක\u{dca}\u{200d}ර")]
    #[case::ideograph("葛\u{e0100}")]
    #[case::old_hangul("\u{115f}\u{1161}\u{1100}\u{1160}")]
    #[case::mongolian("\u{1820}\u{180b}")]
    fn needed_characters_are_kept(#[case] text: &str) {
        let is_emoji = text.chars().any(super::is_emoji) || text.starts_with('1');
        assert_eq!(invisible(TextKind::Code, text).count() == 0, is_emoji);
        assert_eq!(mark_invisible(TextKind::Prose, None, text), text);
        assert_eq!(pasteable(text), text);
        assert_eq!(invisible(TextKind::Prose, text).count(), 0);
    }

    #[rstest]
    #[case("a\u{202e}b\u{2066}c\u{2069}", "a⇄b⇄c⇄")]
    #[case("\u{200e}\u{200f}\u{61c}\u{202a}\u{202c}", "⇄⇄⇄⇄⇄")]
    #[case("a\u{200b}b\u{2060}\u{ad}\u{feff}\u{34f}", "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}\u{fffd}")]
    #[case::joiner_of_nothing("a\u{200d}b👩\u{200d}", "a\u{fffd}b👩\u{fffd}")]
    #[case::between_letters("ma\u{200c}in", "ma\u{fffd}in")]
    #[case::selectors_hide_a_text("😀\u{fe0f}\u{fe0e}\u{e0150}", "😀\u{fe0f}\u{fffd}\u{fffd}")]
    #[case::selector_behind_a_letter("x\u{fe0f}1\u{fe0f}", "x\u{fffd}1\u{fffd}")]
    #[case::tags_without_a_flag("a\u{e0061}", "a\u{fffd}")]
    #[case::tags_that_say_more(
        "🏴\u{e0061}\u{e0062}\u{e0063}\u{e0064}\u{e0065}\u{e0066}\u{e0067}\u{e007f}",
        "🏴\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}"
    )]
    #[case::separators("a\u{2028}b\u{2029}", "a\u{fffd}b\u{fffd}")]
    #[case::noncharacters("a\u{fffe}\u{ffff}\u{10ffff}", "a\u{fffd}\u{fffd}\u{fffd}")]
    #[case::fillers("a\u{3164}\u{ffa0}\u{115f}\u{1160}", "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}")]
    fn unneeded_characters_are_marked(#[case] text: &str, #[case] marked: &str) {
        assert_eq!(mark_invisible(TextKind::Prose, None, text), marked);
        assert_eq!(mark_invisible(TextKind::Prose, None, marked), marked);
        let bare: String = marked.chars().filter(|c| !matches!(c, '⇄' | '\u{fffd}')).collect();
        assert_eq!(pasteable(text), bare);
    }

    #[test]
    fn single_spacer_is_kept() {
        assert_eq!(mark_invisible(TextKind::Prose, None, "\u{200c} "), "\u{200c} ");
        assert_eq!(mark_invisible(TextKind::Prose, None, "\u{200c}\u{200c}"), "\u{fffd}\u{fffd}");
        assert_eq!(mark_invisible(TextKind::Prose, Some('a'), "\u{200c}"), "\u{fffd}");
        assert_eq!(mark_invisible(TextKind::Code, None, "\u{200c}"), "\u{fffd}");
        assert_eq!(mark_invisible(TextKind::Prose, None, "\u{202e}"), "⇄");
    }

    #[test]
    fn preceding_character_counts() {
        assert_eq!(mark_invisible(TextKind::Prose, Some('👩'), "\u{200d}👧"), "\u{200d}👧");
        assert_eq!(mark_invisible(TextKind::Prose, Some('a'), "\u{200d}👧"), "\u{fffd}👧");
    }

    #[test]
    fn pasted_text_has_no_control_characters() {
        assert_eq!(pasteable("a\tb\r\n\x1b[201~\u{9b}c\u{202e}\x07é"), "a\tb\n[201~cé");
        assert!(matches!(pasteable("a\tb\né"), Cow::Borrowed(_)));
    }

    #[test]
    fn all_code_points_of_the_property_are_covered() {
        // DerivedCoreProperties.txt lists 4174 with the property; the others are 2 separators, 3
        // annotations and 34 noncharacters.
        let all = ('\0'..=char::MAX).filter(|&c| is_invisible(c)).count();
        assert_eq!(all, 4174 + 2 + 3 + 34);
    }
}
