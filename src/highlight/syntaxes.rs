//! Finds the syntax of a fence's language.

use std::sync::OnceLock;

use syntect::parsing::{Scope, SyntaxReference, SyntaxSet};

/// Fence languages that are neither the name nor a file extension of the wanted syntax.
const ALIASES: &[(&str, &str)] = &[
    ("csharp", "C#"),
    ("docker", "Dockerfile"),
    ("dot", "Graphviz (DOT)"),
    ("fsharp", "F#"),
    ("gdscript", "GDScript (Godot Engine)"),
    ("gnuplot", "gnuplot"),
    ("golang", "Go"),
    ("h", "C"),
    ("js", "JavaScript (Babel)"),
    ("javascript", "JavaScript (Babel)"),
    ("json5", "JSON"),
    ("jsonc", "JSON"),
    ("jsonl", "JSON"),
    ("mysql", "SQL"),
    ("node", "JavaScript (Babel)"),
    ("objc", "Objective-C"),
    ("plpgsql", "SQL"),
    ("postgres", "SQL"),
    ("postgresql", "SQL"),
    ("pwsh", "PowerShell"),
    ("py2", "Python"),
    ("python2", "Python"),
    ("python3", "Python"),
    ("rust-script", "Rust"),
    ("rust-script-pedantic", "Rust"),
    ("scheme", "Lisp"),
    ("shell", "Bourne Again Shell (bash)"),
    ("shellscript", "Bourne Again Shell (bash)"),
    ("sqlite", "SQL"),
    ("starlark", "Python"),
    ("uv", "Python"),
    ("viml", "VimL"),
    ("vimscript", "VimL"),
    ("wsl", "Bourne Again Shell (bash)"),
];

/// Returns all syntaxes; unpacks them on first use.
pub(super) fn all() -> &'static SyntaxSet {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    SYNTAXES.get_or_init(two_face::syntax::extra_newlines)
}

/// Returns the syntax of a language, ignoring case; `None` means plain text.
pub(super) fn find(language: &str) -> Option<&'static SyntaxReference> {
    let language = language.to_lowercase();
    if language.is_empty() {
        return None;
    }
    match ALIASES.iter().find(|(alias, _)| *alias == language) {
        Some((_, name)) => all().find_syntax_by_name(name),
        None => all().find_syntax_by_token(&language),
    }
}

/// Returns the scope of a Rust line comment, whose style dimmed lines have.
pub(super) fn comment() -> &'static [Scope] {
    static COMMENT: OnceLock<Vec<Scope>> = OnceLock::new();
    COMMENT.get_or_init(|| {
        let scopes = ["source.rust", "comment.line.double-slash.rust"];
        scopes.into_iter().filter_map(|scope| Scope::new(scope).ok()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presenterm_languages_have_a_syntax() {
        let languages = "ada asp awk bash bat cmd c cmake crontab csharp clojure cpp c++ css dart d \
            diff docker dotenv elixir elm erlang fish fsharp gdscript go graphql haskell html java \
            javascript js json jsonnet julia kotlin latex lua make markdown nix ocaml perl php \
            powershell pwsh protobuf puppet python r racket ruby rust rust-script scala shell sh \
            sql svelte swift tcl terraform toml typescript ts tsx verilog vue wsl xml yaml zig zsh \
            typst py rs rb yml md hs cs golang makefile dockerfile jsonc jsx vim RUST C#";
        for language in languages.split_whitespace() {
            assert!(find(language).is_some(), "{language}");
        }
        for language in ["", "mermaid", "d2", "nu", "rust,ignore", "text", "\u{1f980}"] {
            assert!(find(language).is_none(), "{language}");
        }
    }

    #[test]
    fn aliases_have_a_syntax() {
        for (alias, name) in ALIASES {
            assert!(all().find_syntax_by_name(name).is_some(), "{alias}: {name}");
        }
    }

    #[test]
    fn comment_scopes_are_valid() {
        assert_eq!(comment().len(), 2);
    }
}
