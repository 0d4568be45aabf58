//! Splits Rust code into tokens with the compiler's own lexer, which accepts broken code too.

use std::ops::Range;

use ra_ap_rustc_lexer::{DocStyle, FrontmatterAllowed, LiteralKind, TokenKind, tokenize};

/// A token, a comment or a run of white space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'c> {
    /// The offset of its first byte.
    pub(super) start: usize,
    /// Its text.
    pub(super) text: &'c str,
    kind: TokenKind,
}

impl Token<'_> {
    /// Returns the offset behind its last byte.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Returns its bytes in the code.
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end()
    }

    /// Returns whether it is a comment, documentation included.
    pub(super) fn is_comment(&self) -> bool {
        matches!(self.kind, TokenKind::LineComment { .. } | TokenKind::BlockComment { .. })
    }

    /// Returns whether it is `//! …` or `/*! … */`.
    pub(super) fn is_inner_doc(&self) -> bool {
        const INNER: Option<DocStyle> = Some(DocStyle::Inner);
        matches!(
            self.kind,
            TokenKind::LineComment { doc_style: INNER }
                | TokenKind::BlockComment { doc_style: INNER, .. }
        )
    }

    /// Returns whether it is an identifier or a keyword.
    pub(super) fn is_word(&self) -> bool {
        matches!(self.kind, TokenKind::Ident | TokenKind::RawIdent)
    }

    /// Returns whether it is a lifetime or a loop label.
    pub(super) fn is_lifetime(&self) -> bool {
        matches!(self.kind, TokenKind::Lifetime { .. } | TokenKind::RawLifetime)
    }

    /// Returns whether it is a literal: a number, a character or a string.
    pub(super) fn is_literal(&self) -> bool {
        matches!(self.kind, TokenKind::Literal { .. })
    }

    /// Returns whether it is a number without its sign.
    pub(super) fn is_number(&self) -> bool {
        self.is_literal() && self.text.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Returns whether it is a plain or raw string, as an ABI is: `extern "C"`.
    pub(super) fn is_string(&self) -> bool {
        use LiteralKind::{RawStr, Str};
        matches!(self.kind, TokenKind::Literal { kind: Str { .. } | RawStr { .. }, .. })
    }

    /// Returns whether it is a string, a character or a comment without its end.
    pub(super) fn is_unterminated(&self) -> bool {
        use LiteralKind::{Byte, ByteStr, CStr, Char, RawByteStr, RawCStr, RawStr, Str};
        match self.kind {
            TokenKind::BlockComment { terminated, .. } => !terminated,
            TokenKind::Literal { kind, .. } => matches!(
                kind,
                Char { terminated: false }
                    | Byte { terminated: false }
                    | Str { terminated: false }
                    | ByteStr { terminated: false }
                    | CStr { terminated: false }
                    | RawStr { n_hashes: None }
                    | RawByteStr { n_hashes: None }
                    | RawCStr { n_hashes: None }
            ),
            _ => false,
        }
    }
}

/// Splits code into tokens, comments and white space.
pub(super) fn lex(code: &str) -> impl Iterator<Item = Token<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let token = tokenize(&code[start..], FrontmatterAllowed::No).next()?;
        let (kind, length) = match token.kind {
            // Reserved in edition 2024; before it, a `#` and whatever follows.
            TokenKind::GuardedStrPrefix => (TokenKind::Pound, 1),
            kind => (kind, token.len as usize),
        };
        let token = Token { start, text: &code[start..start + length], kind };
        start += length;
        Some(token)
    })
}

/// Returns the tokens of some code, without comments and white space.
pub(super) fn tokens(code: &str) -> Vec<Token<'_>> {
    lex(code).filter(|it| it.kind != TokenKind::Whitespace && !it.is_comment()).collect()
}

/// Returns the texts of tokens, for matching against patterns.
pub(super) fn texts<'c>(tokens: &[Token<'c>]) -> Vec<&'c str> {
    tokens.iter().map(|it| it.text).collect()
}

/// Returns the offset behind the last token of some code.
pub(super) fn end_of_tokens(code: &str) -> usize {
    tokens(code).last().map_or(0, Token::end)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("'a: loop { 'b' }", &["'a", ":", "loop", "{", "'b'", "}"])]
    #[case("r#fn(1.5, 0..3)", &["r#fn", "(", "1.5", ",", "0", ".", ".", "3", ")"])]
    #[case("c\"a\" /* /* b */ */ br##\"\"#\"##", &["c\"a\"", "br##\"\"#\"##"])]
    #[case("m!(#\"a\")", &["m", "!", "(", "#", "\"a\"", ")"])]
    #[case("é // ü", &["é"])]
    fn tokens_are_those_of_the_compiler(#[case] code: &str, #[case] expected: &[&str]) {
        assert_eq!(texts(&tokens(code)), expected);
    }

    #[rstest]
    #[case("\"")]
    #[case("'\\")]
    #[case("b'x")]
    #[case("c\"")]
    #[case("r#\"\"")]
    #[case("/* /* */")]
    fn unterminated_tokens_are_known(#[case] code: &str) {
        assert!(lex(code).any(|it| it.is_unterminated()), "{code}");
        assert!(!lex("'a' b'\"' \"\" r\"\" /**/ 'b 1").any(|it| it.is_unterminated()));
    }
}
