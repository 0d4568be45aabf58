//! Names of languages, and how each marks hidden lines.

use super::hidden_lines::HiddenLines;

/// Names used in fences, each with the executor's key.
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

/// Returns the executor's key of a fence's language: `py` is `python`. Unknown names are returned
/// in lower case.
pub(super) fn key(name: &str) -> Box<str> {
    let name = name.to_lowercase();
    match LANGUAGES.binary_search_by_key(&name.as_str(), |(alias, _)| alias) {
        Ok(at) => LANGUAGES[at].1.into(),
        Err(_) => name.into(),
    }
}

/// Returns how the language with this key marks hidden lines.
pub(super) fn hidden_lines(key: &str) -> Option<HiddenLines<'static>> {
    match key {
        "rust" | "rust-script" => Some(HiddenLines::Rustdoc),
        "elixir" | "jsonnet" => Some(HiddenLines::Prefix("## ")),
        "bash" | "sh" | "zsh" | "fish" | "pwsh" | "cmd" | "wsl" | "c" | "c++" | "csharp"
        | "fsharp" | "go" | "java" | "js" | "jsx" | "ts" | "tsx" | "julia" | "kotlin" | "php"
        | "python"
        // presenterm has none in these. Notebooks do, and no line of them starts like this.
        | "matlab" | "octave" | "r" | "scheme" => Some(HiddenLines::Prefix("/// ")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_names_are_sorted() {
        assert!(LANGUAGES.is_sorted());
    }

    #[test]
    fn language_names_map_to_one_key() {
        assert_eq!(&*key("PY"), "python");
        assert_eq!(&*key("shell"), "sh");
        assert_eq!(&*key("Brainfuck"), "brainfuck");
    }
}
