//! The user's own executors: parses `snippet.exec.custom`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::exec::{CustomExecutor, CustomRecipe};
use crate::yaml::{Node, NodeValue, Slot, text};

/// Description of a valid entry, for error messages.
const NEEDED: &str = "a `filename` and `commands`: a list of commands, each a list of words";

impl Slot for BTreeMap<String, CustomExecutor> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let NodeValue::Map(entries) = &node.value else { return Err("languages".to_owned()) };
        for (language, node) in entries {
            let custom = custom(node).map_err(|what| format!("`{}` to have {what}", language.name));
            self.insert(language.name.to_lowercase(), custom?);
        }
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        (!self.is_empty()).then(|| "{}".to_owned())
    }

    fn schema(&self) -> Json {
        let text = json!({ "type": "string" });
        let recipe = json!({
            "filename": text,
            "commands": {
                "type": "array",
                "minItems": 1,
                "items": { "type": "array", "minItems": 1, "items": text },
            },
            "environment": { "type": "object", "additionalProperties": text },
        });
        let needed = json!(["filename", "commands"]);
        let mut custom = recipe.clone();
        custom["hidden_line_prefix"] = text;
        custom["alternative"] = json!({
            "type": "object",
            "additionalProperties": { "type": "object", "required": needed, "properties": recipe },
        });
        let custom = json!({ "type": "object", "required": needed, "properties": custom });
        json!({ "type": "object", "additionalProperties": custom })
    }
}

fn custom(node: &Node) -> Result<CustomExecutor, String> {
    let mut alternatives = BTreeMap::new();
    if let Some(NodeValue::Map(entries)) = node.get("alternative").map(|node| &node.value) {
        for (name, node) in entries {
            let recipe = recipe(node).map_err(|what| format!("in `{}` {what}", name.name))?;
            alternatives.insert(name.name.clone(), recipe);
        }
    }
    let hidden_line_prefix = node.get("hidden_line_prefix").and_then(text).map(str::to_owned);
    Ok(CustomExecutor { recipe: recipe(node)?, hidden_line_prefix, alternatives })
}

fn recipe(node: &Node) -> Result<CustomRecipe, String> {
    let filename = node.get("filename").and_then(text).filter(|name| !name.is_empty());
    let mut commands: Vec<Vec<String>> = Vec::new();
    node.get("commands").map_or(Ok(()), |node| commands.take(node)).map_err(|_| NEEDED)?;
    let whole = !commands.is_empty() && commands.iter().all(|words| !words.is_empty());
    let mut environment = BTreeMap::new();
    if let Some(NodeValue::Map(entries)) = node.get("environment").map(|node| &node.value) {
        for (name, node) in entries {
            let value = text(node).ok_or("text for each variable of `environment`")?;
            environment.insert(name.name.clone(), value.to_owned());
        }
    }
    match filename {
        Some(filename) if whole => {
            Ok(CustomRecipe { filename: filename.to_owned(), commands, environment })
        }
        _ => Err(NEEDED.to_owned()),
    }
}
