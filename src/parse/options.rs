//! The keys of `options`, in front matter and configuration, each declared once.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::crates::CratesSlot;
use super::duration::duration;
use super::language;
use super::manifest::EDITIONS;
use crate::deck::{
    ModuleAbi, Options, Profile, Replay, is_host_name, is_inside_path, is_plain_program,
    is_server_url, is_variable_name,
};
use crate::diag::{Diagnostic, Severity};
use crate::source::Span;
use crate::yaml::{
    self, DocumentKind, Fields, KeyVisitor, Node, NodeValue, Slot, YamlSource, one_of, parse, text,
    within,
};

/// How messages refer to the options.
const OPTIONS: DocumentKind = DocumentKind {
    name: "set of options",
    unknown_root_key: Severity::Error,
    unknown_key: Severity::Error,
};

/// The values of `replay`.
const REPLAY_WORDS: &[(&str, Replay)] = &[
    ("never", Replay::Never),
    ("on_failure", Replay::OnFailure),
    ("on_timeout", Replay::OnTimeout),
    ("until_run", Replay::UntilRun),
    ("always", Replay::Always),
];

/// Declares every option to `keys`.
pub fn declare_options(options: &mut Options, keys: &mut dyn KeyVisitor) {
    let switches = [
        (
            "implicit_slide_ends",
            "Whether a slide title ends the slide before it.",
            &mut options.implicit_slide_ends,
        ),
        ("end_slide_shorthand", "Whether `---` ends a slide.", &mut options.end_slide_shorthand),
        (
            "h1_slide_titles",
            "Whether a slide's first `#` heading is its title.",
            &mut options.h1_slide_titles,
        ),
        (
            "incremental_lists",
            "Whether lists are revealed item by item.",
            &mut options.incremental_lists,
        ),
        (
            "incremental_tables",
            "Whether tables are revealed row by row.",
            &mut options.incremental_tables,
        ),
        ("math", "Whether `$…$` and `$$…$$` in text are formulas.", &mut options.math),
        (
            "strict_front_matter_parsing",
            "Whether unknown front matter keys are errors.",
            &mut options.strict_front_matter,
        ),
        (
            "reduced_motion",
            "Whether transitions and fading highlights are off. A deck cannot turn them on again.",
            &mut options.reduced_motion,
        ),
    ];
    for (key, about, switch) in switches {
        keys.key(key, about, switch);
    }
    let about = "Rows from one list item to the next.";
    keys.key("list_item_newlines", about, &mut within(&mut options.list_item_newlines, 1..=255));
    let about = "Prefix of comment commands; if empty, any comment may be one.";
    keys.key("command_prefix", about, &mut options.command_prefix);
    let about = "Prefix of picture attributes.";
    keys.key("image_attributes_prefix", about, &mut options.image_attributes_prefix);
    let about = "Languages to render as pictures, as with `+render`.";
    keys.key("auto_render_languages", about, &mut options.auto_render_languages);
    let about = "The language of the text, as in `pt-BR`; exported documents name it.";
    keys.key("language", about, &mut LanguageSlot(&mut options.language));
    let about = "When recorded output is shown instead of a run; with `always` nothing runs.";
    keys.key("replay", about, &mut one_of(&mut options.replay, REPLAY_WORDS));
    let about =
        "How long the talk is planned to take, such as `30m`; the console shows what is left.";
    keys.key("duration", about, &mut DurationSlot(&mut options.duration));
    let about =
        "How long a slide is shown before the next one, such as `20s`; its steps share the time.";
    keys.key("auto_advance", about, &mut DurationSlot(&mut options.auto_advance));
    keys.section("python", "Python blocks.", &mut |keys| {
        let about =
            "The interpreter; the default is `$VIRTUAL_ENV`, `.venv` next to the deck, or `python3`.";
        keys.key("interpreter", about, &mut options.python_interpreter);
        let about = "Whether all blocks share one session, as with `+session`.";
        keys.key("session", about, &mut options.python_session);
        let about = "Modules to preimport, in addition to those that blocks import.";
        keys.key("preload", about, &mut PythonModulesSlot(&mut options.python_preload));
    });
    let about = "The Jupyter kernels of `+exec:kernel`, by language, as in `{r: ir}`.";
    keys.key("kernels", about, &mut KernelsSlot(&mut options.kernels));
    keys.section("jupyter", "A Jupyter server that runs the kernels.", &mut |keys| {
        let about = "Its address, as in `http://localhost:8888`, without a token.";
        keys.key("url", about, &mut CheckedText(&mut options.jupyter.url, SERVER));
        let about = "The environment variable that has its token; the default is `JUPYTER_TOKEN`.";
        keys.key(
            "token_env",
            about,
            &mut CheckedText(&mut options.jupyter.token_variable, VARIABLE),
        );
        let about = "The file that has its token: from the deck's folder, or with `~/` from yours.";
        keys.key("token_file", about, &mut options.jupyter.token_file);
    });
    keys.section("remote", "Another machine that runs the blocks, over ssh.", &mut |keys| {
        let about = "The machine, as `ssh` names it.";
        keys.key("host", about, &mut CheckedText(&mut options.remote.host, HOST));
        let about = "The Python there, 3.7 or newer; the default is `python3`.";
        keys.key("python", about, &mut CheckedText(&mut options.remote.python, PROGRAM));
        let about = "The folder there that code runs in, from the home folder.";
        keys.key("folder", about, &mut options.remote.folder);
        let about = "Files and folders of the deck's folder that are copied there.";
        keys.key("sync", about, &mut InsidePaths(&mut options.remote.sync));
    });
    keys.section("rust", "Rust blocks.", &mut |keys| {
        let about = "The Rust edition, unless a block sets its own.";
        keys.key("edition", about, &mut EditionSlot(&mut options.rust.edition));
        let about = "The optimisation profile.";
        keys.key("profile", about, &mut one_of(&mut options.rust.profile, PROFILES));
        let about =
            "The Pythons that a `+pymodule` works in: the deck's own, or `abi3` for 3.9 and later.";
        keys.key("pyo3", about, &mut one_of(&mut options.rust.module_abi, MODULE_ABIS));
        let about = "Crates that all blocks can use, as in `Cargo.toml`.";
        keys.key("dependencies", about, &mut CratesSlot(&mut options.rust.crates));
    });
}

/// Returns a JSON schema of the options.
pub(super) fn options_schema() -> serde_json::Value {
    let mut options = Options::default();
    yaml::schema(&yaml::declared(&mut |keys| declare_options(&mut options, keys)))
}

/// The values of `options.rust.profile`.
const PROFILES: &[(&str, Profile)] =
    &[("quick", Profile::Quick), ("release", Profile::Release), ("debug", Profile::Debug)];

/// The values of `options.rust.pyo3`.
const MODULE_ABIS: &[(&str, ModuleAbi)] =
    &[("python", ModuleAbi::Python), ("abi3", ModuleAbi::Stable)];

/// A rule for a text, and the description of what follows it.
type TextRule = (fn(&str) -> bool, &'static str);

/// The rule of `options.remote.host`.
const HOST: TextRule =
    (is_host_name, "a machine as `ssh` names it, such as `gpu` or `me@gpu.example.org`");

/// The rule of `options.remote.python`.
const PROGRAM: TextRule = (
    is_plain_program,
    "a program such as `python3` or `~/venv/bin/python`, without blanks or quotes",
);

/// The rule of `options.jupyter.url`.
const SERVER: TextRule = (
    is_server_url,
    "an address such as `http://localhost:8888`, without a token; for a server with `https`, \
     open a tunnel with `ssh -L`",
);

/// The rule of `options.jupyter.token_env`.
const VARIABLE: TextRule = (is_variable_name, "the name of an environment variable, not the token");

/// The slot of a text that follows a rule.
struct CheckedText<'s>(&'s mut Option<String>, TextRule);

impl Slot for CheckedText<'_> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let (is_valid, expected) = self.1;
        let given = text(node).filter(|given| is_valid(given));
        *self.0 = Some(given.ok_or_else(|| expected.to_owned())?.to_owned());
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        self.0.clone()
    }

    fn schema(&self) -> serde_json::Value {
        serde_json::json!({ "type": "string" })
    }
}

/// The slot of a list of paths in the deck's folder.
struct InsidePaths<'s>(&'s mut Vec<String>);

impl Slot for InsidePaths<'_> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        const EXPECTED: &str =
            "a list of paths in the deck's folder, `[data, lib/model.py]`, without `..`";
        let NodeValue::List(items) = &node.value else { return Err(EXPECTED.to_owned()) };
        let path = |item: &Rc<Node>| {
            let path = text(item).map(|path| path.trim_end_matches('/'));
            path.filter(|path| is_inside_path(path)).map(str::to_owned).ok_or(EXPECTED)
        };
        *self.0 = items.iter().map(path).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        Some("[]".to_owned())
    }

    fn schema(&self) -> serde_json::Value {
        serde_json::json!({ "type": "array", "items": { "type": "string" } })
    }
}

/// The slot of a language tag.
struct LanguageSlot<'s>(&'s mut String);

impl Slot for LanguageSlot<'_> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let is_part = |part: &str| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let tag = text(node).filter(|tag| tag.split('-').all(is_part));
        let tag = tag.ok_or_else(|| "a language such as `en` or `pt-BR`".to_owned())?;
        tag.clone_into(self.0);
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        Some(self.0.clone())
    }

    fn schema(&self) -> serde_json::Value {
        serde_json::json!({ "type": "string" })
    }
}

/// The slot of a Rust edition.
struct EditionSlot<'s>(&'s mut Option<Box<str>>);

impl Slot for EditionSlot<'_> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let named = text(node).filter(|edition| EDITIONS.contains(edition));
        let expected = || format!("one of `{}`", EDITIONS.join("`, `"));
        *self.0 = Some(named.ok_or_else(expected)?.into());
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        self.0.as_deref().map(str::to_owned)
    }

    fn schema(&self) -> serde_json::Value {
        serde_json::json!({ "enum": EDITIONS })
    }
}

/// The slot of a duration.
struct DurationSlot<'s>(&'s mut Option<Duration>);

impl Slot for DurationSlot<'_> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let time = text(node).and_then(duration);
        *self.0 = Some(time.ok_or("a duration, such as `30m` or `1h 15m`")?);
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        self.0.map(|time| format!("{}s", time.as_secs()))
    }

    fn schema(&self) -> serde_json::Value {
        serde_json::json!({ "type": ["string", "integer"] })
    }
}

/// The slot of a list of Python modules.
struct PythonModulesSlot<'s>(&'s mut Vec<String>);

impl Slot for PythonModulesSlot<'_> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let NodeValue::List(items) = &node.value else { return Err(EXPECTED_MODULES.to_owned()) };
        let module = |item: &Rc<Node>| {
            let name = text(item).filter(|name| name.split('.').all(is_python_name));
            name.map(str::to_owned).ok_or(EXPECTED_MODULES)
        };
        *self.0 = items.iter().map(module).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        Some("[]".to_owned())
    }

    fn schema(&self) -> serde_json::Value {
        serde_json::json!({ "type": "array", "items": { "type": "string" } })
    }
}

/// The expected value of `options.python.preload`.
const EXPECTED_MODULES: &str = "a list of Python's modules, `[numpy, matplotlib.pyplot]`";

/// The slot of kernels by language.
struct KernelsSlot<'s>(&'s mut BTreeMap<String, String>);

impl Slot for KernelsSlot<'_> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        const EXPECTED: &str =
            "languages and the names of their kernels, `{r: ir, julia: julia-1.10}`";
        let NodeValue::Map(entries) = &node.value else { return Err(EXPECTED.to_owned()) };
        for (language, kernel) in entries {
            let kernel = text(kernel).filter(|name| is_kernel_name(name)).ok_or(EXPECTED)?;
            self.0.insert(language::key(&language.name).into(), kernel.to_owned());
        }
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        Some("{}".to_owned())
    }

    fn schema(&self) -> serde_json::Value {
        serde_json::json!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}

/// Returns whether Jupyter allows this name of a kernel.
pub(super) fn is_kernel_name(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && name.chars().all(is_allowed)
}

fn is_python_name(name: &str) -> bool {
    let is_first = |c: char| c == '_' || c.is_alphabetic();
    name.starts_with(is_first) && name.chars().all(|c| is_first(c) || c.is_numeric())
}

/// Reads the options of the front matter, whose text is at `span`.
pub(super) fn read(text: &str, span: Span, options: &mut Options) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    // Invalid YAML is reported for the front matter as a whole.
    if let Ok(node) = parse(text) {
        let place = YamlSource::new(text, span, OPTIONS);
        Fields::under("options", &node, place, &mut problems, |fields| {
            declare_options(options, fields);
        });
    }
    problems
}
