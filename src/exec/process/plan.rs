//! What a run executes: commands, their environment, and the folder of its code.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::ops::ControlFlow::{self, Break, Continue};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::handle::RunHandle;
use super::{BuiltProgram, ProgramSource};
use crate::exec::RunSink;
use crate::exec::custom::CustomRecipe;
use crate::exec::os::temp_dir::TempRoot;
use crate::files;
use crate::run::Outcome;

/// The commands of a run. Dropping it removes the run's folder.
pub(super) struct Plan {
    pub(super) steps: Vec<PlanStep>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) folder: Option<TempDir>,
    /// The file of the code, in that folder.
    pub(super) file: Option<PathBuf>,
}

/// One command: the program as its recipe names it, and its arguments.
pub(super) struct PlanStep {
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
}

impl Plan {
    /// Builds the program of a run, or writes the code that its recipe runs.
    pub(super) fn new(
        program: ProgramSource,
        code: &str,
        temp_root: &TempRoot,
        (handle, sink): (&RunHandle, &RunSink),
    ) -> ControlFlow<Outcome, Self> {
        let recipe = match program {
            ProgramSource::Build(build) => {
                let BuiltProgram { program, environment } = build(handle, sink)?;
                let steps = vec![PlanStep { program: program.into(), arguments: Vec::new() }];
                return Continue(Self { steps, environment, folder: None, file: None });
            }
            ProgramSource::Found(find) => match find() {
                Ok(recipe) => recipe,
                Err(why) => return Break(Outcome::NotStarted(why)),
            },
            ProgramSource::Recipe(recipe) => recipe,
        };
        match Self::from_recipe(recipe, code, temp_root) {
            Ok(plan) => Continue(plan),
            Err(error) => Break(Outcome::NotStarted(format!("cannot save its code: {error}"))),
        }
    }

    fn from_recipe(recipe: CustomRecipe, code: &str, temp_root: &TempRoot) -> io::Result<Self> {
        let folder = temp_root.run_folder()?;
        let file = folder.path().join(recipe.filename);
        files::write_private(&file, code)?;
        let step = |step: &Vec<String>| {
            let mut words = step.iter().map(|word| expand(word, folder.path()));
            PlanStep { program: words.next().unwrap_or_default(), arguments: words.collect() }
        };
        let steps = recipe.commands.iter().map(step).collect();
        Ok(Self { steps, environment: recipe.environment, folder: Some(folder), file: Some(file) })
    }
}

/// Replaces `$pwd` in a word of a command with the run's folder.
fn expand(word: &str, folder: &Path) -> OsString {
    let mut expanded = OsString::new();
    for (number, part) in word.split("$pwd").enumerate() {
        if number > 0 {
            expanded.push(folder);
        }
        expanded.push(part);
    }
    expanded
}
