//! Kernel specifications: where Jupyter keeps them, and which one a block means. Starts no process, and
//! looks at no file before a block needs a kernel.

#![expect(clippy::disallowed_methods, reason = "the environment names folders of specifications")]

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::deck::KERNEL;
use crate::diag;
use crate::exec::python::likely_python;
use crate::files::{self, FileKind};

/// The file of a specification, in a folder with the kernel's name.
const SPEC_FILE: &str = "kernel.json";

/// Names that languages have in decks and in specifications.
const LANGUAGE_SYNONYMS: [(&str, &str); 4] =
    [("js", "javascript"), ("ts", "typescript"), ("cpp", "c++"), ("shell", "bash")];

/// How to install the kernel of a language, once the language itself is installed.
const INSTALLATIONS: [(&str, &str); 8] = [
    ("bash", "pip install bash_kernel && python -m bash_kernel.install"),
    ("javascript", "deno jupyter --install"),
    ("julia", "julia -e 'using Pkg; Pkg.add(\"IJulia\")'"),
    ("octave", "pip install octave_kernel"),
    ("python", "pip install ipykernel"),
    ("r", "Rscript -e 'install.packages(\"IRkernel\"); IRkernel::installspec()'"),
    ("rust", "cargo install evcxr_jupyter && evcxr_jupyter --install"),
    ("typescript", "deno jupyter --install"),
];

/// The kernel that a block asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KernelChoice {
    /// The one with this name.
    Named(String),
    /// The first one for this language.
    Language(String),
}

/// A kernel that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelSpec {
    /// Its name: that of its folder.
    pub name: String,
    /// Its folder, which has its `kernel.json`.
    pub folder: PathBuf,
    /// The program and its arguments. `{connection_file}` is the file that tells it where to listen.
    pub argv: Vec<String>,
    /// Its name for people.
    pub display_name: String,
    /// The language that it runs.
    pub language: String,
    /// Whether it is interrupted by a message instead of a signal.
    pub has_interrupt_message: bool,
    /// Variables that are added to its environment.
    pub environment: BTreeMap<String, String>,
}

/// The kernels of this machine, as a deck sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KernelSpecs {
    /// The kernels, in order of precedence; each name once.
    pub found: Vec<KernelSpec>,
    /// The folders that were searched.
    pub searched: Vec<PathBuf>,
    /// Specifications that cannot be read, and why.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// The content of a `kernel.json`.
#[derive(Deserialize)]
struct SpecFile {
    argv: Vec<String>,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    interrupt_mode: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

impl KernelChoice {
    /// Returns the kernel that a block with this language and executor asks for, if it asks for one.
    pub fn of(language: &str, executor: Option<&str>) -> Option<Self> {
        match executor?.strip_prefix(KERNEL)? {
            "" => Some(Self::Language(language.to_owned())),
            rest => rest.strip_prefix('=').map(|name| Self::Named(name.to_owned())),
        }
    }

    /// Returns the position of the kernel, among kernels with these names and languages.
    pub(super) fn find<'k>(
        &self,
        mut kernels: impl Iterator<Item = (&'k str, &'k str)> + Clone,
    ) -> Option<usize> {
        match self {
            Self::Named(wanted) => {
                let exact = kernels.clone().position(|(name, _)| name == wanted);
                exact.or_else(|| kernels.position(|(name, _)| name.eq_ignore_ascii_case(wanted)))
            }
            Self::Language(wanted) => {
                kernels.position(|(_, language)| is_language(language, wanted))
            }
        }
    }

    /// Says that no kernel with these names and languages is the one, `place`, and what to write instead.
    pub(super) fn missing<'k>(
        &self,
        kernels: impl Iterator<Item = (&'k str, &'k str)> + Clone,
        place: &str,
    ) -> String {
        let what = format!("there is no kernel {}{place}", self.wanted());
        if let Self::Named(name) = self
            && let Some(near) = diag::closest(name, kernels.clone().map(|(name, _)| name))
        {
            return format!("{what}: did you mean `{near}`?");
        }
        match kernels.map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => format!("{what}: no kernel is installed"),
            names => format!("{what}: installed: {names}"),
        }
    }

    /// Returns the command that installs it on this machine, if it is known.
    fn installation(&self) -> Option<&'static str> {
        let language = match self {
            Self::Language(language) => language,
            Self::Named(name) if name == "ir" => "r",
            Self::Named(name) => name.split('-').next().unwrap_or(name),
        };
        let known = INSTALLATIONS.iter().find(|(known, _)| is_language(language, known));
        known.map(|(_, command)| *command)
    }

    fn wanted(&self) -> String {
        match self {
            Self::Named(name) => format!("`{name}`"),
            Self::Language(language) => format!("for `{language}`"),
        }
    }
}

impl KernelSpecs {
    /// Finds the kernels for a deck in `directory` whose front matter names `python`, if anything.
    pub fn find(directory: &Path, python: Option<&str>) -> Self {
        let python = likely_python(directory, python).ok().flatten().map(|it| it.program);
        let mut specs = Self { searched: folders(python.as_deref()), ..Self::default() };
        for folder in specs.searched.clone() {
            let mut kernels = files::list(&folder);
            kernels.sort();
            for kernel in kernels {
                specs.add(&kernel, python.as_deref());
            }
        }
        specs
    }

    /// Adds the kernel of a folder, unless one with its name was found before.
    fn add(&mut self, folder: &Path, python: Option<&Path>) {
        let file = folder.join(SPEC_FILE);
        let Some(name) = folder.file_name().and_then(OsStr::to_str) else { return };
        if !file.is_file() || self.found.iter().any(|known| known.name == name) {
            return;
        }
        let text = files::read_text(&file, FileKind::Text).map_err(|error| error.to_string());
        match text.and_then(|text| parse(name, folder, &text)) {
            Ok(mut spec) => {
                find_python(&mut spec, python);
                self.found.push(spec);
            }
            Err(why) => self.unreadable.push((file, why)),
        }
    }

    /// Returns the kernel that a block asks for.
    ///
    /// # Errors
    /// There is none: a message that names the folders that were searched.
    pub fn get(&self, choice: &KernelChoice) -> Result<&KernelSpec, String> {
        let kernels = || self.found.iter().map(|spec| (&*spec.name, &*spec.language));
        let found = choice.find(kernels()).and_then(|at| self.found.get(at));
        if let Some(spec) = found {
            return Ok(spec);
        }
        if let Some((file, why)) = self.unreadable_one(choice) {
            let wanted = choice.wanted();
            return Err(format!(
                "there is no kernel {wanted}: `{}` cannot be read ({why})",
                file.display()
            ));
        }
        let install = choice.installation().map(|command| format!("`{command}` installs one; "));
        let searched = self.searched_words();
        Err(format!(
            "{} ({}{searched})",
            choice.missing(kernels(), ""),
            install.unwrap_or_default()
        ))
    }

    fn unreadable_one(&self, choice: &KernelChoice) -> Option<&(PathBuf, String)> {
        let KernelChoice::Named(name) = choice else { return None };
        let is_it = |file: &Path| file.parent().is_some_and(|folder| folder.ends_with(name));
        self.unreadable.iter().find(|(file, _)| is_it(file))
    }

    fn searched_words(&self) -> String {
        let folders = self.searched.iter().map(|folder| folder.display().to_string());
        format!("searched {}", folders.collect::<Vec<_>>().join(", "))
    }
}

impl KernelSpec {
    /// Returns its command as one line, for people.
    pub fn command(&self) -> String {
        self.argv.join(" ")
    }

    /// Returns the file of the specification.
    pub fn file(&self) -> PathBuf {
        self.folder.join(SPEC_FILE)
    }
}

/// Returns whether a specification's language is that of a block.
fn is_language(theirs: &str, ours: &str) -> bool {
    let canonical = |name: &str| {
        let name = name.to_lowercase();
        let known = LANGUAGE_SYNONYMS.iter().find(|(short, _)| *short == name);
        known.map_or(name, |(_, long)| (*long).to_owned())
    };
    canonical(theirs) == canonical(ours)
}

fn parse(name: &str, folder: &Path, text: &str) -> Result<KernelSpec, String> {
    let spec: SpecFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if spec.argv.first().is_none_or(String::is_empty) {
        return Err("it names no program".to_owned());
    }
    let display_name = if spec.display_name.is_empty() { name } else { &spec.display_name };
    Ok(KernelSpec {
        name: name.to_owned(),
        folder: folder.to_owned(),
        display_name: display_name.to_owned(),
        argv: spec.argv,
        language: spec.language,
        has_interrupt_message: spec.interrupt_mode == "message",
        environment: spec.env,
    })
}

/// Replaces a plain `python` by the Python that the kernel belongs to, as Jupyter does: the one that the
/// specification is installed in, or else the deck's.
fn find_python(spec: &mut KernelSpec, python: Option<&Path>) {
    let program = &spec.argv[0];
    let version = program.strip_prefix("python");
    if !version.is_some_and(|it| it.chars().all(|c| c.is_ascii_digit() || c == '.')) {
        return;
    }
    // The folder is `PREFIX/share/jupyter/kernels/NAME`.
    let prefix = spec.folder.ancestors().nth(4).filter(|_| {
        spec.folder.parent().is_some_and(|folder| folder.ends_with("share/jupyter/kernels"))
    });
    let own = prefix.map(|prefix| prefix.join("bin").join(program)).filter(|path| path.is_file());
    if let Some(python) = own.or_else(|| python.map(Path::to_owned)) {
        spec.argv[0] = python.to_string_lossy().into_owned();
    }
}

/// Returns the folders with kernels, in Jupyter's order: `$JUPYTER_PATH`, a virtual environment, the
/// user's, another Python's, the system's.
fn folders(python: Option<&Path>) -> Vec<PathBuf> {
    let named = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let mut data: Vec<PathBuf> =
        named("JUPYTER_PATH").map_or_else(Vec::new, |path| env::split_paths(&path).collect());
    let prefix = python.and_then(prefix_of);
    let (environment, other): (Option<PathBuf>, _) = match prefix {
        Some((prefix, true)) => (Some(prefix.join("share/jupyter")), None),
        Some((prefix, false)) => (None, Some(prefix.join("share/jupyter"))),
        None => (None, None),
    };
    data.extend(environment);
    data.extend(named("JUPYTER_DATA_DIR").map(PathBuf::from).or_else(user_folder));
    data.extend(other);
    data.extend(["/usr/local/share/jupyter", "/usr/share/jupyter"].map(PathBuf::from));
    // Relative entries would find kernels in the deck's folder.
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in data.iter().filter(|it| it.is_absolute()).map(|folder| folder.join("kernels")) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// Returns the user's folder for Jupyter's data.
fn user_folder() -> Option<PathBuf> {
    let home = || env::home_dir().filter(|home| home.is_absolute());
    if cfg!(target_os = "macos") {
        return Some(home()?.join("Library/Jupyter"));
    }
    let data = env::var_os("XDG_DATA_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    Some(data.or_else(|| Some(home()?.join(".local/share")))?.join("jupyter"))
}

/// Returns the prefix that a Python is installed in, and whether it is a virtual environment.
fn prefix_of(python: &Path) -> Option<(PathBuf, bool)> {
    let prefix = python.parent()?.parent()?;
    if prefix.join("pyvenv.cfg").is_file() {
        return Some((prefix.to_owned(), true));
    }
    Some((python.canonicalize().ok()?.parent()?.parent()?.to_owned(), false))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn spec(name: &str, text: &str) -> Result<KernelSpec, String> {
        parse(name, &Path::new("/p/share/jupyter/kernels").join(name), text)
    }

    fn specs(names: &[&str]) -> KernelSpecs {
        let spec = |name: &&str| {
            let text = format!("{{\"argv\": [\"{name}\"], \"language\": \"{}\"}}", &name[..1]);
            spec(name, &text).unwrap()
        };
        KernelSpecs {
            found: names.iter().map(spec).collect(),
            searched: vec!["/a/kernels".into(), "/b/kernels".into()],
            unreadable: Vec::new(),
        }
    }

    #[rstest]
    #[case(Some("kernel"), Some(KernelChoice::Language("r".to_owned())))]
    #[case(Some("kernel=ir"), Some(KernelChoice::Named("ir".to_owned())))]
    #[case(Some("kernels"), None)]
    #[case(Some("uv"), None)]
    #[case(None, None)]
    fn executor_chooses_a_kernel(
        #[case] executor: Option<&str>,
        #[case] expected: Option<KernelChoice>,
    ) {
        assert_eq!(KernelChoice::of("r", executor), expected);
    }

    #[test]
    fn specification_is_read() {
        let text = r#"{"argv": ["R", "-f", "{connection_file}"], "display_name": "R", "language": "R",
            "interrupt_mode": "message", "env": {"A": "b"}, "metadata": {"x": [1]}}"#;
        let spec = spec("ir", text).unwrap();
        assert_eq!((&*spec.name, &*spec.display_name, &*spec.language), ("ir", "R", "R"));
        assert_eq!(spec.command(), "R -f {connection_file}");
        assert!(spec.has_interrupt_message);
        assert_eq!(spec.environment, [("A".to_owned(), "b".to_owned())].into());
    }

    #[test]
    fn useless_specifications_are_refused() {
        for text in ["", "[]", "{}", r#"{"argv": []}"#, r#"{"argv": [""]}"#, r#"{"argv": "R"}"#] {
            assert!(spec("x", text).is_err(), "{text}");
        }
    }

    #[test]
    fn kernel_is_found_by_name_and_by_language() {
        let specs = specs(&["python3", "ir", "IRkernel"]);
        let name = |choice| specs.get(&choice).map(|spec| spec.name.clone());
        assert_eq!(name(KernelChoice::Named("ir".to_owned())), Ok("ir".to_owned()));
        assert_eq!(name(KernelChoice::Named("Python3".to_owned())), Ok("python3".to_owned()));
        assert_eq!(name(KernelChoice::Language("I".to_owned())), Ok("ir".to_owned()));
        assert!(is_language("JavaScript", "js") && is_language("R", "r") && !is_language("", "r"));
    }

    #[test]
    fn missing_kernel_is_explained() {
        let why = |names: &[&str], choice| specs(names).get(&choice).unwrap_err();
        let named = |name: &str| KernelChoice::Named(name.to_owned());
        let searched = "(searched /a/kernels, /b/kernels)";
        assert_eq!(
            why(&["python3", "lua-5.10"], named("lua-5.1")),
            format!("there is no kernel `lua-5.1`: did you mean `lua-5.10`? {searched}")
        );
        assert_eq!(
            why(&["python3", "bash"], named("zzz")),
            format!("there is no kernel `zzz`: installed: `python3`, `bash` {searched}")
        );
        assert_eq!(
            why(&[], KernelChoice::Language("lua".to_owned())),
            format!("there is no kernel for `lua`: no kernel is installed {searched}")
        );
        let broken = (PathBuf::from("/a/kernels/ir/kernel.json"), "no JSON".to_owned());
        let specs = KernelSpecs { unreadable: vec![broken], ..specs(&["bash"]) };
        assert_eq!(
            specs.get(&named("ir")).unwrap_err(),
            "there is no kernel `ir`: `/a/kernels/ir/kernel.json` cannot be read (no JSON)"
        );
    }

    #[test]
    fn missing_kernel_comes_with_its_installation() {
        for choice in [
            KernelChoice::Language("r".to_owned()),
            KernelChoice::Language("julia".to_owned()),
            KernelChoice::Language("js".to_owned()),
            KernelChoice::Named("ir".to_owned()),
            KernelChoice::Named("julia-1.10".to_owned()),
        ] {
            let why = specs(&["bash"]).get(&choice).unwrap_err();
            let command = choice.installation().unwrap();
            assert!(
                why.contains(&format!(": installed: `bash` (`{command}` installs one; ")),
                "{why}"
            );
        }
    }

    #[test]
    fn plain_python_is_that_of_the_specification() {
        let prefix = tempfile::tempdir().unwrap();
        let bin = prefix.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::fs::write(bin.join("python"), "").unwrap();
        let folder = prefix.path().join("share/jupyter/kernels/x");
        let found = |program: &str, deck: Option<&str>| {
            let text = format!("{{\"argv\": [\"{program}\"]}}");
            let mut spec = parse("x", &folder, &text).unwrap();
            find_python(&mut spec, deck.map(Path::new));
            spec.argv[0].clone()
        };
        assert_eq!(found("python", Some("/d/python")), bin.join("python").to_str().unwrap());
        assert_eq!(found("python3.9", Some("/d/python")), "/d/python");
        assert_eq!(found("python3", None), "python3");
        assert_eq!(found("pythonic", Some("/d/python")), "pythonic");
        assert_eq!(found("R", Some("/d/python")), "R");
    }

    #[test]
    fn folders_are_those_of_jupyter() {
        let venv = tempfile::tempdir().unwrap();
        std::fs::create_dir(venv.path().join("bin")).unwrap();
        std::fs::write(venv.path().join("pyvenv.cfg"), "").unwrap();
        let folders = folders(Some(&venv.path().join("bin/python3")));
        let place = |path: &Path| folders.iter().position(|folder| folder == path);
        let own = place(&venv.path().join("share/jupyter/kernels"));
        let system = place(Path::new("/usr/share/jupyter/kernels"));
        assert!(own.is_some() && own < system, "{folders:?}");
    }
}
