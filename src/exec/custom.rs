//! Executors that the configuration defines.

use std::collections::BTreeMap;

/// How a language's code runs, in place of the built-in executor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomExecutor {
    /// The recipe of `+exec`.
    pub recipe: CustomRecipe,
    /// The prefix of lines that run but are not shown.
    pub hidden_line_prefix: Option<String>,
    /// The recipes of `+exec:name`, by name.
    pub alternatives: BTreeMap<String, CustomRecipe>,
}

/// One way to run code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomRecipe {
    /// The name of the file that holds the code.
    pub filename: String,
    /// Programs with their arguments, run in order. `$pwd` is the folder of the file.
    pub commands: Vec<Vec<String>>,
    /// Variables that are added to the environment.
    pub environment: BTreeMap<String, String>,
}
