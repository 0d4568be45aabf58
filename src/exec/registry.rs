//! Which language is run how: one table. Keys, file names and commands are those of presenterm
//! decks, so that a deck written for it runs here.

/// What runs a language's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    /// Our Python worker.
    Python,
    /// Our Rust compile queue.
    Rust,
    /// Commands, one after the other.
    Process(Recipe),
}

/// How to run a file: its name, the commands (with `$pwd` for the folder that it lies in), and what
/// they need in their environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recipe {
    /// The name that the code gets as a file.
    pub(super) file: &'static str,
    /// The commands; the first that fails is the last.
    pub(super) steps: &'static [&'static [&'static str]],
    /// Variables that are set for them.
    pub(super) environment: &'static [(&'static str, &'static str)],
}

/// A language: its names, the key first, and its engines: the default, then those by name.
struct Language {
    names: &'static [&'static str],
    engine: Engine,
    alternatives: &'static [(&'static str, Engine)],
}

/// The engine for a language, and for an alternative of it if one is named; else why there is none.
pub(super) fn find(language: &str, alternative: Option<&str>) -> Result<Engine, String> {
    let Some(entry) = TABLE.iter().find(|entry| entry.names.contains(&language)) else {
        return Err(format!("nothing here runs `{language}` code: drop its `+exec`"));
    };
    let Some(name) = alternative else { return Ok(entry.engine) };
    let found = entry.alternatives.iter().find(|(known, _)| *known == name);
    found.map(|(_, engine)| *engine).ok_or_else(|| {
        let known: Vec<_> =
            entry.alternatives.iter().map(|(name, _)| format!("`+exec:{name}`")).collect();
        let known = if known.is_empty() { "only `+exec`".to_owned() } else { known.join(", ") };
        format!("`{language}` has no executor `{name}`: there is {known}")
    })
}

/// The named alternatives of a language whose program `is_there`: what to try when one is missing.
pub(super) fn others(language: &str, is_there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let entry = TABLE.iter().find(|entry| entry.names.contains(&language));
    let alternatives = entry.map_or(&[][..], |entry| entry.alternatives);
    let runnable = alternatives.iter().filter(|(_, engine)| match engine {
        Engine::Process(recipe) => recipe.steps.iter().all(|step| is_there(step[0])),
        Engine::Python | Engine::Rust => true,
    });
    runnable.map(|(name, _)| *name).collect()
}

const fn process(file: &'static str, steps: &'static [&'static [&'static str]]) -> Engine {
    process_with(file, steps, &[])
}

const fn process_with(
    file: &'static str,
    steps: &'static [&'static [&'static str]],
    environment: &'static [(&'static str, &'static str)],
) -> Engine {
    Engine::Process(Recipe { file, steps, environment })
}

const fn language(names: &'static [&'static str], engine: Engine) -> Language {
    Language { names, engine, alternatives: &[] }
}

const COLOUR: &[(&str, &str)] = &[("FORCE_COLOR", "true")];
const CARGO_COLOUR: &[(&str, &str)] = &[("CARGO_TERM_COLOR", "always")];
const CARGO_PEDANTIC: &[(&str, &str)] =
    &[("CARGO_TERM_COLOR", "always"), ("RUSTFLAGS", "--deny warnings")];

/// The four dialects that `node`, `deno` and `bun` run differ in the file's name only.
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
        engine: Engine::Python,
        alternatives: &[
            ("uv", process("snippet.py", &[&["uv", "run", "--script", "-q", "$pwd/snippet.py"]])),
        ],
    },
    language(&["r"], process("snippet.R", &[&["Rscript", "$pwd/snippet.R"]])),
    language(&["ruby"], process("snippet.rb", &[&["ruby", "$pwd/snippet.rb"]])),
    Language {
        names: &["rust", "rs"],
        engine: Engine::Rust,
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
    fn a_language_has_one_entry_and_each_step_a_program() {
        let mut names: Vec<_> = TABLE.iter().flat_map(|entry| entry.names).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for entry in TABLE {
            let alternatives = entry.alternatives.iter().map(|(_, engine)| engine);
            for engine in alternatives.chain([&entry.engine]) {
                let Engine::Process(recipe) = engine else { continue };
                let file = format!("$pwd/{}", recipe.file);
                assert!(recipe.steps.iter().all(|step| !step.is_empty()));
                assert!(recipe.steps.iter().any(|step| step.contains(&file.as_str())));
            }
        }
    }

    #[test]
    fn a_language_is_found_by_each_of_its_names() {
        assert_eq!(find("cpp", None), find("c++", None));
        assert_eq!(find("python", None), Ok(Engine::Python));
        let uv = find("python", Some("uv")).unwrap();
        assert!(matches!(uv, Engine::Process(recipe) if recipe.steps[0][0] == "uv"));
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        let why = find("sql", None).unwrap_err();
        assert_eq!(why, "nothing here runs `sql` code: drop its `+exec`");
        let why = find("js", Some("dino")).unwrap_err();
        assert_eq!(why, "`js` has no executor `dino`: there is `+exec:deno`, `+exec:bun`");
        let why = find("bash", Some("posix")).unwrap_err();
        assert_eq!(why, "`bash` has no executor `posix`: there is only `+exec`");
    }
}
