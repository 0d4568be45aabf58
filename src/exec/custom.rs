//! Executors of the user's own, as a configuration gives them.

use std::collections::BTreeMap;

/// How code of a language runs, in the place of what is built in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomExecutor {
    /// What is run with `+exec`.
    pub recipe: CustomRecipe,
    /// What starts a line that runs but is not shown.
    pub hidden_line_prefix: Option<String>,
    /// What is run with `+exec:name`, by name.
    pub alternatives: BTreeMap<String, CustomRecipe>,
}

/// One way to run code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomRecipe {
    /// The file that the code is put into.
    pub filename: String,
    /// Programs and their arguments, run one after the other; `$pwd` in them is the file's folder.
    pub commands: Vec<Vec<String>>,
    /// Variables beside our own.
    pub environment: BTreeMap<String, String>,
}
