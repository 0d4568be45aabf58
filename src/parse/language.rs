//! What code languages are called, and how each marks lines that run but are not shown.

use super::hidden_lines::HiddenLines;

/// Names that fences use, each with the language's own.
const LANGUAGES: &[(&str, &str)] = &[
    ("bash", "bash"),
    ("bat", "cmd"),
    ("c", "c"),
    ("c#", "csharp"),
    ("c++", "c++"),
    ("cmd", "cmd"),
    ("cpp", "c++"),
    ("cs", "csharp"),
    ("csharp", "csharp"),
    ("cxx", "c++"),
    ("elixir", "elixir"),
    ("ex", "elixir"),
    ("f#", "fsharp"),
    ("fish", "fish"),
    ("fs", "fsharp"),
    ("fsharp", "fsharp"),
    ("go", "go"),
    ("golang", "go"),
    ("haskell", "haskell"),
    ("hs", "haskell"),
    ("java", "java"),
    ("javascript", "js"),
    ("jl", "julia"),
    ("js", "js"),
    ("jsonnet", "jsonnet"),
    ("jsx", "jsx"),
    ("julia", "julia"),
    ("kotlin", "kotlin"),
    ("kt", "kotlin"),
    ("lua", "lua"),
    ("nu", "nushell"),
    ("nushell", "nushell"),
    ("perl", "perl"),
    ("php", "php"),
    ("pl", "perl"),
    ("powershell", "pwsh"),
    ("ps1", "pwsh"),
    ("pwsh", "pwsh"),
    ("py", "python"),
    ("python", "python"),
    ("python3", "python"),
    ("r", "r"),
    ("rb", "ruby"),
    ("rs", "rust"),
    ("ruby", "ruby"),
    ("rust", "rust"),
    ("rust-script", "rust-script"),
    ("sh", "sh"),
    ("shell", "sh"),
    ("ts", "ts"),
    ("tsx", "tsx"),
    ("typescript", "ts"),
    ("wsl", "wsl"),
    ("zsh", "zsh"),
];

/// The key that executors know a fence's language by: `py` is `python`. Unknown names stay, in
/// lower case.
pub(super) fn key(name: &str) -> Box<str> {
    let name = name.to_lowercase();
    match LANGUAGES.binary_search_by_key(&name.as_str(), |(alias, _)| alias) {
        Ok(at) => LANGUAGES[at].1.into(),
        Err(_) => name.into(),
    }
}

/// How the language of this key marks lines that are not shown.
pub(super) fn hidden_lines(key: &str) -> Option<HiddenLines<'static>> {
    match key {
        "rust" | "rust-script" => Some(HiddenLines::Rustdoc),
        "elixir" | "jsonnet" => Some(HiddenLines::Prefix("## ")),
        "bash" | "sh" | "zsh" | "fish" | "pwsh" | "cmd" | "wsl" | "c" | "c++" | "csharp"
        | "fsharp" | "go" | "java" | "js" | "jsx" | "ts" | "tsx" | "julia" | "kotlin" | "php"
        | "python" => Some(HiddenLines::Prefix("/// ")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_that_the_search_needs() {
        assert!(LANGUAGES.is_sorted());
    }

    #[test]
    fn a_language_has_many_names_and_one_key() {
        assert_eq!(&*key("PY"), "python");
        assert_eq!(&*key("shell"), "sh");
        assert_eq!(&*key("Brainfuck"), "brainfuck");
    }
}
