//! `livedeck schema`: the published schemas are the printed ones, and what livedeck accepts and ships
//! is valid by them.

use std::fs;
use std::process::Command;

use serde_json::Value;

/// Runs livedeck and returns what it prints.
fn printed(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_livedeck")).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&printed(&["schema", name])).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Returns why a value is invalid, by the keywords that the schemas use.
fn mistakes(value: &Value, schema: &Value, path: &str) -> Vec<String> {
    let is_a = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type `{other}`"),
    };
    let mut found = Vec::new();
    if let Some(options) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array())
        && !options.iter().any(|option| mistakes(value, option, path).is_empty())
    {
        found.push(format!("{path}: {value} is none of {options:?}"));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| is_a(name)) {
        found.push(format!("{path}: {value} is not {types:?}"));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        found.push(format!("{path}: {value} is not one of {}", schema["enum"]));
    }
    if let (Some(number), Some(least)) = (value.as_f64(), schema["minimum"].as_f64()) {
        let most = schema["maximum"].as_f64().unwrap_or(f64::MAX);
        if number < least || number > most {
            found.push(format!("{path}: {value} is out of range"));
        }
    }
    for (item, at) in value.as_array().into_iter().flatten().zip(0..) {
        found.extend(mistakes(item, &schema["items"], &format!("{path}[{at}]")));
    }
    for (key, inside) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        match (schema["properties"].get(key), &schema["additionalProperties"]) {
            (Some(schema), _) => found.extend(mistakes(inside, schema, &path)),
            (None, Value::Bool(false)) => found.push(format!("{path}: unknown")),
            (None, more) => found.extend(mistakes(inside, more, &path)),
        }
    }
    found
}

#[track_caller]
fn assert_valid(text: &str, schema: &Value) {
    let found = mistakes(&yaml(text), schema, "");
    assert!(found.is_empty(), "{found:#?}\n{text}");
}

#[test]
fn published_schemas_are_current() {
    for name in ["config", "theme", "front-matter"] {
        let file = format!("docs/schemas/{name}.json");
        let published = fs::read_to_string(&file).unwrap_or_default();
        let hint = format!("run `livedeck schema {name} > {file}`");
        assert!(published == printed(&["schema", name]), "{hint}");
    }
    assert_eq!(printed(&["config", "--schema"]), printed(&["schema", "config"]));
}

#[test]
fn default_configuration_is_valid_by_its_schema() {
    let schema = schema("config");
    assert_valid(&printed(&["config", "--default"]), &schema);
    for (wrong, path) in [
        ("defaults: {themes: dark}", ".defaults.themes"),
        ("options: {list_item_newlines: many}", ".options.list_item_newlines"),
    ] {
        let found = mistakes(&yaml(wrong), &schema, "");
        assert!(found.len() == 1 && found[0].starts_with(path), "{found:?}");
    }
}

#[test]
fn themes_are_valid_by_their_schema() {
    let schema = schema("theme");
    for entry in fs::read_dir("src/theme/builtin").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            assert_valid(&fs::read_to_string(&path).unwrap(), &schema);
        }
    }
    let page = fs::read_to_string("docs/THEMES.md").unwrap();
    for block in page.split("```yaml\n").skip(1) {
        assert_valid(block.split("```").next().unwrap(), &schema);
    }
    for wrong in ["defualt: {}", "default: {margin: {fixed: -1}}", "footer: {style: round}"] {
        assert_eq!(mistakes(&yaml(wrong), &schema, "").len(), 1, "{wrong}");
    }
}

#[test]
fn front_matter_of_the_manual_is_valid_by_its_schema() {
    let schema = schema("front-matter");
    let page = fs::read_to_string("docs/FORMAT.md").unwrap();
    let mut count = 0;
    for example in page.split("````markdown\n---\n").skip(1) {
        let front = example.split("\n---\n").next().unwrap();
        assert_valid(front, &schema);
        count += 1;
    }
    assert!(count > 5, "{count}");
    assert_valid("theme: {override: }", &schema);
    for wrong in ["titel: x", "options: {session: true}", "theme: {override: {foot: {}}}"] {
        assert_eq!(mistakes(&yaml(wrong), &schema, "").len(), 1, "{wrong}");
    }
}
