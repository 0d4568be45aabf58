//! Reading configurations: values, and the errors for wrong ones.

use super::*;
use crate::app::default_bindings;
use crate::deck::{Pauses, Profile};
use crate::diag::plain;
use crate::exec::SandboxOptions;
use crate::layout::{HorizontalAlign, LargeText, VerticalAlign};
use crate::source::{SourceFile, Sources};
use crate::view::Motion;

/// Reads a text over the defaults; returns the configuration and the errors.
fn read(text: &str) -> (Config, String) {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new("config.yaml", text));
    let mut config = Config::default();
    let problems = config.read(text, file);
    let said: Vec<_> = problems.iter().map(|problem| plain(problem, &sources)).collect();
    (config, said.join("\n"))
}

/// Reads a text without errors.
fn good(text: &str) -> Config {
    let (config, said) = read(text);
    assert_eq!(said, "");
    config
}

#[test]
fn empty_files_change_nothing() {
    for text in ["", "# nothing", "---", "defaults:", "defaults:\n  theme:"] {
        assert_eq!(good(text), Config::default(), "{text:?}");
    }
}

#[test]
fn the_sample_reads_back_as_the_defaults() {
    let sample = Config::sample();
    let mut config = good(&sample);
    assert_eq!(config.bindings.keymap().bindings(), default_bindings());
    config.bindings = Bindings::default();
    assert_eq!(config, Config::default());
    // Keys without a default are commented out.
    let commented: Vec<_> = sample.lines().filter(|line| line.trim_end().ends_with(':')).collect();
    assert!(commented.iter().any(|line| line.trim() == "# config_path:"), "{commented:?}");
}

/// A value for every key of the configuration that is not its default.
const ALL: &str = r#"
defaults:
  theme: {light: light, dark: gruvbox-dark, timeout: 50}
  terminal_font_size: 10
  image_protocol: sixel
  picture_blocks: sextants
  picture_memory: 16
  color_depth: 256
  large_text: blocks
  mouse: off
  links: on
  validate_overflows: when_presenting
  max_columns: 80
  max_columns_alignment: left
  max_rows: 24
  max_rows_alignment: bottom
  incremental_lists: {pause_before: false, pause_after: false}
  incremental_tables: {pause_before: false}
options:
  implicit_slide_ends: true
  end_slide_shorthand: true
  h1_slide_titles: true
  incremental_lists: true
  incremental_tables: true
  strict_front_matter_parsing: false
  reduced_motion: true
  list_item_newlines: 2
  command_prefix: "cmd:"
  image_attributes_prefix: ""
  auto_render_languages: [mermaid]
  math: true
  replay: on_failure
  duration: 30m
  auto_advance: 20s
  language: pt-BR
  python: {interpreter: python3.12, session: true, preload: [numpy, a.b]}
  kernels: {r: ir}
  jupyter: {url: 'http://gpu:8888', token_env: GPU, token_file: ~/.gpu}
  remote: {host: gpu, python: python3.12, folder: talk, sync: [data]}
  rust: {edition: "2021", profile: debug, pyo3: abi3, dependencies: {rand: "1"}}
snippet:
  exec:
    enable: true
    timeout: 30
    memory: 512
    processes: 99
    sandbox: net
    custom:
      SQL:
        filename: q.sql
        commands: [[sqlite3, "$pwd/q.sql"]]
        environment: {A: b}
        hidden_line_prefix: "-- "
        alternative: {psql: {filename: q.sql, commands: [[psql, -f, "$pwd/q.sql"]]}}
  exec_replace: {enable: true}
  render: {threads: 4}
  validate: true
typst: {ppi: 96}
mermaid: {cli: mm, scale: 3, config_path: a, puppeteer_config_path: b}
d2: {scale: 1.5}
speaker_notes:
  listen_address: 0.0.0.0:1
  publish_address: "[::1]:2"
  always_publish: true
export:
  dimensions: {columns: 80, rows: 24}
  pauses: new_slide
  snippets: sequential
  pdf: {page: a4, margin: 10, fonts: {normal: a, bold: b, italic: c, bold_italic: d}}
bindings: {next: [x]}
control: {enable: false}
transition: {duration_millis: 500, frames: 10, animation: {style: collapse_horizontal}}
"#;

#[test]
fn every_key_is_read() {
    let config = good(ALL);
    let Defaults {
        theme,
        terminal_font_size,
        image_protocol,
        picture_blocks,
        picture_memory,
        color_depth,
        large_text,
        mouse,
        links,
        validate_overflows,
        limits,
    } = &config.defaults;
    assert_eq!((*mouse, *links), (false, Some(true)));
    assert_eq!(*color_depth, Some(ColorDepth::Ansi256));
    assert_eq!(*picture_blocks, Some(PictureBlocks::Sextants));
    assert_eq!(*large_text, Some(LargeText::Blocks));
    let (light, dark) = ("light".to_owned(), "gruvbox-dark".to_owned());
    assert_eq!(*theme, DefaultTheme::ByBackground { light, dark, timeout: 50 });
    assert_eq!(picture_memory.bytes(), 16 << 20);
    assert_eq!((terminal_font_size.0, *image_protocol), (10, Some(Protocol::Sixel)));
    assert_eq!(*validate_overflows, ValidateOverflows::WhenPresenting);
    let wanted = SlideArea {
        columns: 80,
        across: HorizontalAlign::Left,
        rows: 24,
        down: VerticalAlign::Bottom,
    };
    assert_eq!(*limits, wanted);
    let options = &config.options;
    assert_eq!(options.list_pauses, Pauses { before: false, after: false });
    assert_eq!(options.table_pauses, Pauses { before: false, after: true });
    assert_eq!((options.list_item_newlines, options.command_prefix.as_str()), (2, "cmd:"));
    assert_eq!(options.python_interpreter.as_deref(), Some("python3.12"));
    assert_eq!(options.python_preload, ["numpy", "a.b"]);
    assert_eq!(options.kernels["r"], "ir");
    assert_eq!(options.jupyter.url.as_deref(), Some("http://gpu:8888"));
    let remote = &options.remote;
    assert_eq!((remote.host.as_deref(), &remote.sync[..]), (Some("gpu"), &["data".to_owned()][..]));
    assert_eq!(options.rust.edition.as_deref(), Some("2021"));
    assert_eq!((options.rust.profile, options.rust.crates.len()), (Profile::Debug, 1));
    assert_eq!((config.snippet.timeout, config.snippet.memory), (Some(30), Some(512)));
    assert_eq!(config.snippet.sandbox, Some(SandboxOptions { has_network: true }));
    let custom = &config.snippet.custom["sql"];
    assert_eq!(custom.recipe.commands, [["sqlite3", "$pwd/q.sql"]]);
    assert_eq!(custom.recipe.environment["A"], "b");
    assert_eq!(custom.hidden_line_prefix.as_deref(), Some("-- "));
    assert_eq!(custom.alternatives["psql"].commands[0][0], "psql");
    assert_eq!(config.transition.style, Some(Motion::Collapse));
    assert_eq!(config.export.fonts.len(), config.export.fonts.iter().flatten().count());
    assert_eq!((config.export.page, config.export.margin), (Some(Paper::A4), Some(10)));
}

#[test]
fn test_configuration_has_every_key() {
    fn leaves(keys: &[yaml::KeyDeclaration], path: &str, out: &mut Vec<String>) {
        for declared in keys {
            let path = format!("{path}/{}", declared.key);
            match &declared.holds {
                yaml::KeyContent::Section(inside) => leaves(inside, &path, out),
                yaml::KeyContent::Value(..) => out.push(path),
            }
        }
    }
    let mut paths = Vec::new();
    leaves(&Config::declared(), "", &mut paths);
    let all = yaml::parse(ALL).unwrap();
    for path in &paths {
        let found = path[1..].split('/').try_fold(&*all, |node, key| node.get(key));
        let defaulted =
            path == "/defaults/incremental_tables/pause_after" || path.starts_with("/bindings/");
        assert!(found.is_some() || defaulted, "{path}");
    }
    assert!(paths.len() > 45, "{}", paths.len());
}

#[test]
fn bindings_replace_default_keys() {
    let config = good("bindings: {next: [x, <a-x>], exit: [<c-q>]}");
    let keymap = config.bindings.keymap();
    let keys = |name| &keymap.bindings().iter().find(|row| row.name == name).unwrap().keys;
    assert_eq!(keys("next"), &["x", "<a-x>"]);
    assert_eq!(keys("exit"), &["<c-q>"]);
    assert_eq!(keys("previous").len(), 5);
}

#[test]
fn conflicting_keys_name_both_actions() {
    let (_, said) = read("bindings:\n  next: [x]\n  previous: [xy]\n");
    insta::assert_snapshot!(said, @"
    error: `x` (`next`) and `xy` (`previous`): one binding is a prefix of the other
     --> config.yaml:3:13
      |
    3 |   previous: [xy]
      |             ^^^^
      |
      = hint: change one of them
    ");
    let (_, said) = read("bindings: {next: [q]}");
    assert!(said.contains("`q` is bound to both `next` and `exit`"), "{said}");
}

#[test]
fn invalid_preload_module_is_an_error() {
    for wrong in ["[numpy, import os]", "numpy", "[a..b]", "{a: b}", "[1]"] {
        let (config, said) = read(&format!("options: {{python: {{preload: {wrong}}}}}"));
        assert_eq!(config, Config::default(), "{wrong}");
        assert!(said.contains("a list of Python's modules"), "{said}");
        assert!(said.contains("config.yaml:1:29"), "{said}");
    }
}

#[test]
fn wrong_keys_and_values_have_positions() {
    let (config, said) = read("defaults:\n  tehme: dark\n  max_rows: 0\nsnipet: {}\n");
    assert_eq!(config, Config::default());
    insta::assert_snapshot!(said, @"
    error: `defaults` has no key `tehme`
     --> config.yaml:2:3
      |
    2 |   tehme: dark
      |   ^^^^^
      |
      = hint: did you mean `theme`?
    error: `defaults.max_rows` must be a number from 1 to 65535, not `0`
     --> config.yaml:3:13
      |
    3 |   max_rows: 0
      |             ^
    error: a configuration has no key `snipet`
     --> config.yaml:4:1
      |
    4 | snipet: {}
      | ^^^^^^
      |
      = hint: did you mean `snippet`?
    ");
}

#[test]
fn wrong_values_name_the_expected_ones() {
    let wrong = [
        ("defaults: {theme: {light: a}}", "a theme's name, or"),
        ("defaults: {theme: {light: a, dark: b, timout: 3}}", "a theme's name, or"),
        ("defaults: {theme: [a]}", "a theme's name, or"),
        ("defaults: {image_protocol: kitty}", "one of `auto`, `iterm2`"),
        ("defaults: {max_rows_alignment: left}", "one of `top`, `center`, `bottom`"),
        ("options: {list_item_newlines: 0}", "a number from 1 to 255"),
        ("options: {list_item_newlines: 256}", "a number from 1 to 255"),
        ("options: {auto_render_languages: mermaid}", "a list"),
        ("snippet: {exec: {enable: yes}}", "`true` or `false`"),
        ("snippet: {exec: {custom: {sql: {filename: a}}}}", "`sql` to have a `filename` and"),
        ("snippet: {exec: {custom: {sql: {filename: a, commands: [[]]}}}}", "a list of commands"),
        ("speaker_notes: {listen_address: 'localhost:1'}", "an address and a port"),
        ("bindings: {next: [<foo>]}", "unknown key `<foo>`"),
        ("bindings: {next: x}", "a list"),
        ("bindings: {go_to_slide: [x]}", "keys with `<number>`"),
        ("bindings: {nxt: [x]}", "did you mean `next`?"),
        ("defaults: [1]", "keys and values"),
        ("d2: {scale: NaN}", "a number from -1 to 100"),
    ];
    for (text, expected) in wrong {
        let (config, said) = read(text);
        assert!(said.contains(expected), "{text}: {said}");
        assert_eq!(config, Config::default(), "{text}");
    }
    assert!(read("a: [").1.contains("not YAML"));
}

#[test]
fn schema_describes_keys() {
    let schema = Config::schema();
    let theme = &schema["properties"]["defaults"]["properties"]["theme"];
    assert!(theme["description"].as_str().unwrap().starts_with("The default theme"));
    assert_eq!(schema["additionalProperties"], false);
    let newlines = &schema["properties"]["options"]["properties"]["list_item_newlines"];
    assert_eq!((&newlines["minimum"], &newlines["maximum"]), (&1.into(), &255.into()));
    assert_eq!(newlines["type"], "integer");
    let scale = &schema["properties"]["d2"]["properties"]["scale"];
    assert_eq!(scale["type"], "number");
}

/// Reads a file beside a deck over the defaults.
fn read_beside(text: &str) -> (Config, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new(BESIDE, text));
    let mut config = Config::default();
    let problems = config.read_beside(text, file);
    (config, problems)
}

#[test]
fn deck_configuration_sets_allowed_keys_only() {
    let (config, problems) = read_beside(ALL);
    let all = good(ALL);
    assert_eq!((&config.options, &config.transition), (&all.options, &all.transition));
    assert_eq!(config.defaults.theme, all.defaults.theme);
    assert_eq!(config.defaults.limits, all.defaults.limits);
    assert_eq!((config.export.columns, config.export.rows), (Some(80), Some(24)));
    assert!(config.export.page_per_step);
    assert_eq!((config.typst_ppi, config.d2_scale, config.mermaid.scale), (96, 1.5, 3));
    let Config { snippet, speaker_notes, bindings, .. } = Config::default();
    assert_eq!(config.snippet, snippet);
    assert_eq!(config.speaker_notes, speaker_notes);
    assert_eq!(config.bindings, bindings);
    assert_eq!(config.mermaid.cli, Config::default().mermaid.cli);
    assert_eq!(config.defaults.image_protocol, None);
    let refused: Vec<_> = problems.iter().map(|it| it.message.as_str()).collect();
    let refused: Vec<_> = refused.iter().filter_map(|it| it.split('`').nth(1)).collect();
    let wanted = [
        "defaults.terminal_font_size",
        "defaults.image_protocol",
        "defaults.picture_blocks",
        "defaults.picture_memory",
        "defaults.color_depth",
        "defaults.large_text",
        "defaults.mouse",
        "defaults.links",
        "snippet",
        "mermaid.cli",
        "mermaid.config_path",
        "mermaid.puppeteer_config_path",
        "speaker_notes",
        "export.snippets",
        "export.pdf.fonts",
        "bindings",
        "control",
    ];
    assert_eq!(refused, wanted);
    assert!(problems.iter().all(|it| it.severity == Severity::Warning));
}

#[test]
fn refused_key_is_reported_with_its_position() {
    let text = "speaker_notes: {publish_address: 10.0.0.1:1, always_publish: true}\nbindings: 7\n";
    let (config, problems) = read_beside(text);
    assert_eq!(config, Config::default());
    let mut sources = Sources::default();
    sources.add(SourceFile::new(BESIDE, text));
    let said: Vec<_> = problems.iter().map(|problem| plain(problem, &sources)).collect();
    insta::assert_snapshot!(said.join("\n"), @"
    warning: only the user's own configuration may set `speaker_notes`
     --> livedeck.yaml:1:1
      |
    1 | speaker_notes: {publish_address: 10.0.0.1:1, always_publish: true}
      | ^^^^^^^^^^^^^
      |
      = hint: `livedeck.yaml` beside a deck sets looks and deck options; set this in your own configuration
    warning: only the user's own configuration may set `bindings`
     --> livedeck.yaml:2:1
      |
    2 | bindings: 7
      | ^^^^^^^^
      |
      = hint: `livedeck.yaml` beside a deck sets looks and deck options; set this in your own configuration
    ");
}

#[test]
fn allowed_keys_exist() {
    for allowed in beside::ALLOWED {
        let mut keys = Config::declared();
        for part in allowed.split('.') {
            let found = keys.into_iter().find(|declared| declared.key == part);
            keys = match found.unwrap_or_else(|| panic!("{allowed}")).holds {
                yaml::KeyContent::Section(inside) => inside,
                yaml::KeyContent::Value(..) => Vec::new(),
            };
        }
    }
}

#[test]
fn numbers_have_bounds() {
    let keys = [
        ("defaults: {terminal_font_size: N}", &["0", "65535"][..]),
        ("defaults: {picture_memory: N}", &["0", "65535"]),
        ("defaults: {max_columns: N}", &["0"]),
        ("defaults: {max_rows: N}", &["0"]),
        ("defaults: {theme: {light: a, dark: b, timeout: N}}", &["10001", "4294967295"]),
        ("snippet: {exec: {timeout: N}}", &["0"]),
        ("snippet: {exec: {memory: N}}", &["0"]),
        ("snippet: {exec: {processes: N}}", &["0"]),
        ("snippet: {render: {threads: N}}", &["0", "65535"]),
        ("typst: {ppi: N}", &["0", "4294967295"]),
        ("mermaid: {scale: N}", &["0", "65535"]),
        ("d2: {scale: N}", &["4294967295"]),
        ("speaker_notes: {listen_address: \"127.0.0.1:N\"}", &[]),
        ("transition: {frames: N}", &["0", "65535"]),
        ("transition: {duration_millis: N}", &["0"]),
        ("export: {dimensions: {columns: N}}", &["0", "1001", "65535"]),
        ("export: {dimensions: {rows: N}}", &["0", "1001", "65535"]),
        ("export: {pdf: {margin: N}}", &["101", "-1"]),
    ];
    for (key, wrong) in keys {
        for number in ["1e308", "NaN", "inf", "99999999999999999999", "''"].iter().chain(wrong) {
            let (_, said) = read(&key.replace('N', number));
            assert!(said.contains("config.yaml:1:"), "{key} takes {number}");
        }
        assert_eq!(good(&key.replace('N', "1")), good(&key.replace('N', "1")), "{key} takes 1");
    }
}
