//! What a run asks of the agent: its program, its environment, its terminal.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::link::Machine;
use crate::exec::custom::CustomRecipe;
use crate::exec::process::pagers;
use crate::exec::rust::RemoteBuild;
use crate::run::{Request, RunId, SessionStart, StdinSource, Target};

/// The program of a run on another machine.
#[derive(Clone, Debug)]
pub(in crate::exec) enum RemoteProgram {
    /// The Python worker there.
    Python,
    /// Rust, compiled there.
    Rust(RemoteBuild),
    /// Commands, run in order.
    Recipe(CustomRecipe),
}

impl RemoteProgram {
    /// Returns the program for a run: a Python with a terminal of its own is a process of its own.
    pub(super) fn for_target(self, request: &Request, machine: &Machine) -> Self {
        match self {
            Self::Python if request.target == Target::Screen => Self::Recipe(CustomRecipe {
                filename: "snippet.py".to_owned(),
                commands: vec![vec![
                    machine.program.clone(),
                    "-u".to_owned(),
                    "$pwd/snippet.py".to_owned(),
                ]],
                ..CustomRecipe::default()
            }),
            other => other,
        }
    }

    /// Adds the files of the deck's folder that the program is made from.
    ///
    /// # Errors
    /// One of them is not on the machine: a message.
    pub(super) fn with_files(mut self, request: &Request, folder: &Path) -> Result<Self, String> {
        if let Self::Rust(build) = &mut self {
            build.add_includes(&request.code, folder)?;
        }
        Ok(self)
    }

    /// Returns the name of the file with the code, if messages may name it.
    pub(super) fn file(&self) -> Option<&str> {
        match self {
            Self::Recipe(recipe) => Some(&recipe.filename),
            Self::Python | Self::Rust(_) => None,
        }
    }

    /// Returns the fields of the frame that starts a run.
    pub(super) fn fields(&self, request: &Request) -> Value {
        let is_screen = request.target == Target::Screen;
        let mut fields = json!({
            "kind": "process",
            "files": {},
            "steps": [],
            "columns": request.columns,
            "rows": request.rows,
            "input": input(&request.input),
            // A person who sees its terminal types there.
            "watched": match request.input {
                StdinSource::Empty => is_screen,
                StdinSource::Speaker => !is_screen,
                StdinSource::Text(_) => true,
            },
            "screen": is_screen,
            "picture": request.target == Target::Picture,
            "memory": request.limits.memory,
            "environment": self.environment(request),
        });
        let code = &request.code;
        match self {
            Self::Python => {
                let (session, base) = match request.session {
                    None => ("alone", None),
                    Some(SessionStart::Fresh) => ("first", None),
                    Some(SessionStart::After(RunId(base))) => ("next", Some(base)),
                };
                fields["kind"] = "python".into();
                fields["code"] = code.code.as_str().into();
                fields["first_line"] = code.first_line.into();
                fields["file"] = code.file.to_string_lossy().into();
                fields["session"] = session.into();
                fields["base"] = base.into();
            }
            Self::Rust(build) => {
                fields["kind"] = "rust".into();
                fields["build"] = build.fields();
            }
            Self::Recipe(recipe) => {
                fields["files"] = json!({ recipe.filename.as_str(): code.code });
                fields["steps"] = json!(recipe.commands);
            }
        }
        fields
    }

    fn environment<'a>(&'a self, request: &'a Request) -> BTreeMap<&'a str, &'a str> {
        let mut all =
            BTreeMap::<&str, &str>::from([("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]);
        if request.target != Target::Screen {
            all.extend(pagers::disabled().map(|(name, value)| -> (&str, &str) { (name, value) }));
        }
        match self {
            Self::Recipe(recipe) => {
                let own = recipe.environment.iter();
                all.extend(own.map(|(name, value)| (name.as_str(), value.as_str())));
            }
            Self::Rust(build) if build.is_tests => drop(all.insert("RUST_TEST_THREADS", "1")),
            Self::Python | Self::Rust(_) => {}
        }
        let own = request.code.environment.iter();
        all.extend(own.map(|(name, value)| (name.as_str(), value.as_str())));
        all
    }
}

/// Returns the lines to answer with: none for the end of input at once, null for the speaker's.
fn input(source: &StdinSource) -> Value {
    match source {
        StdinSource::Empty => "".into(),
        StdinSource::Speaker => Value::Null,
        StdinSource::Text(text) => (**text).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Snippet;

    fn request(code: &str, target: Target) -> Request {
        let code = Snippet {
            code: code.to_owned(),
            file: "talk.md".into(),
            first_line: 7,
            environment: vec![("WHO".to_owned(), "$(ada)".to_owned())],
            ..Snippet::default()
        };
        Request {
            run: RunId(3),
            code,
            columns: 80,
            rows: 24,
            limits: crate::run::RunLimits::default(),
            target,
            session: None,
            input: StdinSource::Empty,
        }
    }

    #[test]
    fn code_and_variables_pass_through_no_shell() {
        let recipe = CustomRecipe {
            filename: "script.sh".to_owned(),
            commands: vec![vec!["bash".to_owned(), "$pwd/script.sh".to_owned()]],
            ..CustomRecipe::default()
        };
        let program = RemoteProgram::Recipe(recipe);
        let fields = program.fields(&request("echo '$x' \"", Target::Terminal));
        assert_eq!(fields["files"]["script.sh"], "echo '$x' \"");
        assert_eq!(fields["steps"], json!([["bash", "$pwd/script.sh"]]));
        assert_eq!(fields["environment"]["WHO"], "$(ada)");
        assert_eq!(fields["environment"]["PAGER"], "cat");
        assert_eq!((&fields["input"], &fields["watched"]), (&json!(""), &json!(false)));
    }

    #[test]
    fn block_of_a_session_names_the_run_before_it() {
        let mut request = request("x", Target::Terminal);
        let session = |request: &Request| {
            let fields = RemoteProgram::Python.fields(request);
            (fields["session"].clone(), fields["base"].clone())
        };
        assert_eq!(session(&request), (json!("alone"), Value::Null));
        request.session = Some(SessionStart::Fresh);
        assert_eq!(session(&request), (json!("first"), Value::Null));
        request.session = Some(SessionStart::After(RunId(2)));
        assert_eq!(session(&request), (json!("next"), json!(2)));
    }

    #[test]
    fn python_with_a_terminal_is_a_process_of_its_own() {
        let machine = Machine { program: "/usr/bin/python3".to_owned(), ..Machine::default() };
        let request = request("x", Target::Screen);
        let program = RemoteProgram::Python.for_target(&request, &machine);
        let fields = program.fields(&request);
        assert_eq!(fields["steps"], json!([["/usr/bin/python3", "-u", "$pwd/snippet.py"]]));
        assert_eq!(fields["environment"].get("PAGER"), None);
    }
}
