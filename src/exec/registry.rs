//! How each language runs: one table. Names, files and commands are those of presenterm, whose decks
//! run unchanged.

use std::collections::BTreeMap;

use super::custom::{CustomExecutor, CustomRecipe};
use super::kernel::KernelChoice;

/// Runs a language's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    /// The Python worker.
    Python,
    /// The Rust engine.
    Rust,
    /// Commands, run in order.
    Process(CustomRecipe),
    /// A Jupyter kernel.
    Kernel(KernelChoice),
}

/// The built-in engine of a language.
#[derive(Clone, Copy)]
enum BuiltIn {
    Python,
    Rust,
    Process(Recipe),
}

/// How to run a file. `$pwd` in its commands is the folder of the file.
#[derive(Clone, Copy)]
struct Recipe {
    /// The name of the file that holds the code.
    file: &'static str,
    /// The commands, run in order until one fails.
    steps: &'static [&'static [&'static str]],
    /// Variables that the commands need.
    environment: &'static [(&'static str, &'static str)],
}

impl From<BuiltIn> for Engine {
    fn from(engine: BuiltIn) -> Self {
        let recipe = match engine {
            BuiltIn::Python => return Self::Python,
            BuiltIn::Rust => return Self::Rust,
            BuiltIn::Process(recipe) => recipe,
        };
        let words = |step: &&[&str]| step.iter().map(|&word| word.to_owned()).collect();
        let variables = recipe.environment.iter();
        Self::Process(CustomRecipe {
            filename: recipe.file.to_owned(),
            commands: recipe.steps.iter().map(words).collect(),
            environment: variables.map(|&(name, value)| (name.into(), value.into())).collect(),
        })
    }
}

/// A language: its names, its default engine, and the engines of `+exec:name`.
struct Language {
    names: &'static [&'static str],
    engine: BuiltIn,
    alternatives: &'static [(&'static str, BuiltIn)],
}

/// Executors from the configuration, by language.
pub(super) type CustomExecutors = BTreeMap<String, CustomExecutor>;

/// Returns the engine for a language, or for a named alternative of it. A custom executor replaces all
/// built-in engines of its language.
///
/// # Errors
/// There is no such language or alternative.
pub(super) fn find(
    customs: &CustomExecutors,
    language: &str,
    alternative: Option<&str>,
) -> Result<Engine, String> {
    let kernel = KernelChoice::of(language, alternative);
    let is_own = |custom: &CustomExecutor| {
        alternative.is_some_and(|name| custom.alternatives.contains_key(name))
    };
    if let Some(kernel) = kernel.filter(|_| !customs.get(language).is_some_and(is_own)) {
        return Ok(Engine::Kernel(kernel));
    }
    let engines = engines(customs, language)
        .ok_or_else(|| format!("no executor for `{language}`: remove `+exec`"))?;
    let Some(name) = alternative else { return Ok(engines.default) };
    if let Some((_, engine)) = engines.named.iter().find(|(known, _)| *known == name) {
        return Ok(engine.clone());
    }
    let known: Vec<_> = engines.named.iter().map(|(name, _)| format!("`+exec:{name}`")).collect();
    let known = if known.is_empty() { "`+exec`".to_owned() } else { known.join(" or ") };
    Err(format!("`{language}` has no executor `{name}`: use {known}"))
}

/// Returns the named alternatives of a language whose programs are installed, for a hint when another
/// program is missing.
pub(super) fn others(
    customs: &CustomExecutors,
    language: &str,
    is_installed: impl Fn(&str) -> bool,
) -> Vec<String> {
    let named = engines(customs, language).map_or(Vec::new(), |engines| engines.named);
    let runnable = named.into_iter().filter(|(_, engine)| match engine {
        Engine::Process(recipe) => recipe.commands.iter().all(|step| is_installed(&step[0])),
        Engine::Python | Engine::Rust | Engine::Kernel(_) => true,
    });
    runnable.map(|(name, _)| name.to_owned()).collect()
}

/// Returns the first names of all built-in languages.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter_map(|entry| entry.names.first().copied())
}

/// The engines of one language.
struct LanguageEngines<'a> {
    default: Engine,
    named: Vec<(&'a str, Engine)>,
}

fn engines<'a>(customs: &'a CustomExecutors, language: &str) -> Option<LanguageEngines<'a>> {
    if let Some(custom) = customs.get(language) {
        let named = custom.alternatives.iter();
        let named = named.map(|(name, recipe)| (name.as_str(), Engine::Process(recipe.clone())));
        let default = Engine::Process(custom.recipe.clone());
        return Some(LanguageEngines { default, named: named.collect() });
    }
    let entry = TABLE.iter().find(|entry| entry.names.contains(&language))?;
    let named = entry.alternatives.iter().map(|&(name, engine)| (name, engine.into())).collect();
    Some(LanguageEngines { default: entry.engine.into(), named })
}

const fn process(file: &'static str, steps: &'static [&'static [&'static str]]) -> BuiltIn {
    process_with(file, steps, &[])
}

const fn process_with(
    file: &'static str,
    steps: &'static [&'static [&'static str]],
    environment: &'static [(&'static str, &'static str)],
) -> BuiltIn {
    BuiltIn::Process(Recipe { file, steps, environment })
}

const fn language(names: &'static [&'static str], engine: BuiltIn) -> Language {
    Language { names, engine, alternatives: &[] }
}

const COLOUR: &[(&str, &str)] = &[("FORCE_COLOR", "true")];
const CARGO_COLOUR: &[(&str, &str)] = &[("CARGO_TERM_COLOR", "always")];
const CARGO_PEDANTIC: &[(&str, &str)] =
    &[("CARGO_TERM_COLOR", "always"), ("RUSTFLAGS", "--deny warnings")];

/// A language that `node`, `deno` and `bun` run. The four of them differ in the file's name only.
macro_rules! javascript {
    ($names:expr, $file:literal) => {
        Language {
            names: $names,
            engine: process_with($file, &[&["node", concat!("$pwd/", $file)]], COLOUR),
            alternatives: &[
                (
                    "deno",
                    process_with($file, &[&["deno", "run", "-A", concat!("$pwd/", $file)]], COLOUR),
                ),
                ("bun", process_with($file, &[&["bun", "run", concat!("$pwd/", $file)]], COLOUR)),
            ],
        }
    };
}

const RUST_SCRIPT: &[&[&str]] = &[&["rust-script", "--debug", "$pwd/snippet.rs"]];

#[rustfmt::skip]
const TABLE: &[Language] = &[
    language(&["bash"], process("script.sh", &[&["bash", "$pwd/script.sh"]])),
    language(&["sh", "shell"], process("script.sh", &[&["sh", "$pwd/script.sh"]])),
    language(&["zsh"], process("script.sh", &[&["zsh", "$pwd/script.sh"]])),
    language(&["fish"], process("script.fish", &[&["fish", "$pwd/script.fish"]])),
    language(&["nushell", "nu"], process("snippet.nu", &[&["nu", "$pwd/snippet.nu"]])),
    language(&["pwsh", "powershell"], process("script.ps1", &[&["pwsh", "$pwd/script.ps1"]])),
    language(&["cmd", "bat"], process("script.cmd", &[&["cmd", "/q", "/c", "$pwd/script.cmd"]])),
    language(&["wsl"], process("script.sh", &[&["wsl", "$pwd/script.sh"]])),
    language(&["c"], process("snippet.c", &[
        &["gcc", "$pwd/snippet.c", "-fdiagnostics-color=always", "-o", "$pwd/snippet"],
        &["$pwd/snippet"],
    ])),
    language(&["c++", "cpp"], process("snippet.cpp", &[
        &["g++", "-std=c++20", "-fdiagnostics-color=always", "$pwd/snippet.cpp", "-o", "$pwd/snippet"],
        &["$pwd/snippet"],
    ])),
    language(&["csharp", "c#", "cs"], process("snippet.cs", &[&["dotnet-script", "$pwd/snippet.cs"]])),
    language(&["fsharp", "f#", "fs"], process("snippet.fsx", &[&["dotnet", "fsi", "$pwd/snippet.fsx"]])),
    // Drawings: the picture is written to standard output. Typst reads the code from standard input, so
    // that files are found in the deck's folder.
    language(&["d2"], process("diagram.d2", &[&["d2", "--pad", "0", "$pwd/diagram.d2", "-"]])),
    language(&["typst"], process("document.typ", &[&["typst", "compile", "--format", "svg", "-", "-"]])),
    language(&["elixir"], process("snippet.exs", &[&["elixir", "$pwd/snippet.exs"]])),
    language(&["go"], process_with("snippet.go", &[&["go", "run", "$pwd/snippet.go"]], &[("GO11MODULE", "off")])),
    language(&["haskell"], process("snippet.hs", &[&["runhaskell", "-w", "$pwd/snippet.hs"]])),
    language(&["java"], process("Snippet.java", &[&["java", "$pwd/Snippet.java"]])),
    javascript!(&["js", "javascript"], "snippet.js"),
    javascript!(&["jsx"], "snippet.jsx"),
    javascript!(&["ts", "typescript"], "snippet.ts"),
    javascript!(&["tsx"], "snippet.tsx"),
    language(&["julia"], process("snippet.jl", &[&["julia", "$pwd/snippet.jl"]])),
    language(&["jsonnet"], process("snippet.jsonnet", &[&["jsonnet", "$pwd/snippet.jsonnet"]])),
    language(&["kotlin"], process("snippet.kts", &[&["kotlinc", "-script", "$pwd/snippet.kts"]])),
    language(&["lua"], process("snippet.lua", &[&["lua", "$pwd/snippet.lua"]])),
    language(&["perl"], process("snippet.pl", &[&["perl", "$pwd/snippet.pl"]])),
    language(&["php"], process("snippet.php", &[&["php", "-f", "$pwd/snippet.php"]])),
    Language {
        names: &["python", "py"],
        engine: BuiltIn::Python,
        alternatives: &[
            ("script", process("snippet.py", &[&["python3", "-u", "$pwd/snippet.py"]])),
            ("uv", process("snippet.py", &[&["uv", "run", "--script", "-q", "$pwd/snippet.py"]])),
        ],
    },
    language(&["r"], process("snippet.R", &[&["Rscript", "$pwd/snippet.R"]])),
    language(&["ruby"], process("snippet.rb", &[&["ruby", "$pwd/snippet.rb"]])),
    Language {
        names: &["rust", "rs"],
        engine: BuiltIn::Rust,
        alternatives: &[
            ("rust-script", process_with("snippet.rs", RUST_SCRIPT, CARGO_COLOUR)),
            ("rust-script-pedantic", process_with("snippet.rs", RUST_SCRIPT, CARGO_PEDANTIC)),
        ],
    },
    language(&["rust-script"], process_with("snippet.rs", RUST_SCRIPT, CARGO_COLOUR)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_consistent() {
        let mut names: Vec<_> = TABLE.iter().flat_map(|entry| entry.names).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for entry in TABLE {
            let alternatives = entry.alternatives.iter().map(|(_, engine)| engine);
            for engine in alternatives.chain([&entry.engine]) {
                let BuiltIn::Process(recipe) = engine else { continue };
                let file = format!("$pwd/{}", recipe.file);
                assert!(recipe.steps.iter().all(|step| !step.is_empty()));
                let reads_it =
                    |step: &&[&str]| step.contains(&file.as_str()) || step.contains(&"-");
                assert!(recipe.steps.iter().any(reads_it));
            }
        }
    }

    #[test]
    fn languages_are_found_by_all_names() {
        assert_eq!(
            find(&CustomExecutors::new(), "cpp", None),
            find(&CustomExecutors::new(), "c++", None)
        );
        assert_eq!(find(&CustomExecutors::new(), "python", None), Ok(Engine::Python));
        let uv = find(&CustomExecutors::new(), "python", Some("uv")).unwrap();
        assert!(matches!(uv, Engine::Process(recipe) if recipe.commands[0][0] == "uv"));
    }

    #[test]
    fn kernels_run_any_language_unless_the_configuration_says_otherwise() {
        let find = |customs: &CustomExecutors, name| find(customs, "sql", Some(name));
        let kernel = Ok(Engine::Kernel(KernelChoice::Named("xsql".to_owned())));
        let mut customs = CustomExecutors::new();
        assert_eq!(find(&customs, "kernel=xsql"), kernel);
        let language = Ok(Engine::Kernel(KernelChoice::Language("sql".to_owned())));
        assert_eq!(find(&customs, "kernel"), language);
        let alternatives = [("kernel".to_owned(), CustomRecipe::default())].into();
        let custom = CustomExecutor { alternatives, ..CustomExecutor::default() };
        customs.insert("sql".to_owned(), custom);
        assert_eq!(find(&customs, "kernel"), Ok(Engine::Process(CustomRecipe::default())));
        assert_eq!(find(&customs, "kernel=xsql"), kernel);
    }

    #[test]
    fn errors_list_known_executors() {
        let why = find(&CustomExecutors::new(), "sql", None).unwrap_err();
        assert_eq!(why, "no executor for `sql`: remove `+exec`");
        let why = find(&CustomExecutors::new(), "js", Some("dino")).unwrap_err();
        assert_eq!(why, "`js` has no executor `dino`: use `+exec:deno` or `+exec:bun`");
        let why = find(&CustomExecutors::new(), "bash", Some("posix")).unwrap_err();
        assert_eq!(why, "`bash` has no executor `posix`: use `+exec`");
    }

    #[test]
    fn custom_executor_replaces_built_in_ones() {
        let recipe = |program: &str| CustomRecipe {
            filename: "q.sql".to_owned(),
            commands: vec![vec![program.to_owned(), "$pwd/q.sql".to_owned()]],
            ..CustomRecipe::default()
        };
        let alternatives = [("fast".to_owned(), recipe("fast"))].into();
        let custom =
            CustomExecutor { recipe: recipe("slow"), alternatives, ..CustomExecutor::default() };
        let customs =
            CustomExecutors::from(["sql", "python"].map(|name| (name.to_owned(), custom.clone())));
        for language in ["sql", "python"] {
            assert_eq!(find(&customs, language, None), Ok(Engine::Process(recipe("slow"))));
            assert_eq!(find(&customs, language, Some("fast")), Ok(Engine::Process(recipe("fast"))));
        }
        let why = find(&customs, "python", Some("uv")).unwrap_err();
        assert_eq!(why, "`python` has no executor `uv`: use `+exec:fast`");
        assert_eq!(others(&customs, "sql", |program| program == "fast"), ["fast"]);
    }
}
