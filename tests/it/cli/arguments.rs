//! The command line: files and arguments in, text and an exit status out.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

/// A folder of files, and a command to run in it.
pub(crate) struct Shell {
    pub(crate) folder: TempDir,
    command: Command,
}

/// The result of a command.
pub(crate) struct Done {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Shell {
    /// Creates `livedeck` with these arguments, in an empty folder, without a user configuration.
    pub(crate) fn new(args: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_livedeck"));
        command.args(args).current_dir(folder.path());
        command.env("XDG_CONFIG_HOME", folder.path().join("home"));
        command.env_remove("LIVEDECK_CONFIG_FILE");
        Self { folder, command }
    }

    /// Adds a file to the folder.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Sets an environment variable.
    pub(crate) fn var(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn run(self) -> Done {
        self.run_in(|done| done)
    }

    /// Runs the command; the folder exists until `look` returns.
    pub(crate) fn run_in<T>(mut self, look: impl FnOnce(Done) -> T) -> T {
        let out = self.command.output().unwrap();
        look(Done {
            status: out.status.code().unwrap(),
            out: String::from_utf8(out.stdout).unwrap(),
            err: String::from_utf8(out.stderr).unwrap(),
        })
    }
}

impl Done {
    /// Returns the output of a successful command.
    pub(crate) fn text(self) -> String {
        assert_eq!(self.status, 0, "{}", self.err);
        self.out
    }
}

/// A deck of two slides if rules end slides.
const RULED: &str = "a\n\n---\n\nb\n";
/// The configuration that makes rules end slides.
const SHORTHAND: &str = "options:\n  end_slide_shorthand: true\n";

/// Exports the deck as text, with these arguments.
fn export(args: &[&str]) -> Shell {
    let export = ["export", "--to", "text", "talk.md"];
    Shell::new(&[&export, args].concat()).file("talk.md", RULED)
}

fn slides(done: Done) -> usize {
    done.text().matches('\x0c').count() + 1
}

#[test]
fn configuration_is_found_in_each_place() {
    assert_eq!(slides(export(&[]).run()), 1);
    for flag in ["-c", "--config", "--config-file"] {
        assert_eq!(slides(export(&[flag, "c.yaml"]).file("c.yaml", SHORTHAND).run()), 2);
    }
    let by_variable = export(&[]).file("c.yaml", SHORTHAND).var("LIVEDECK_CONFIG_FILE", "c.yaml");
    assert_eq!(slides(by_variable.run()), 2);
    assert_eq!(slides(export(&[]).file("livedeck.yaml", SHORTHAND).run()), 2);
    assert_eq!(slides(export(&[]).file("home/livedeck/config.yaml", SHORTHAND).run()), 2);
}

#[test]
fn configuration_precedence() {
    let off = "options:\n  end_slide_shorthand: false\n";
    let all = |shell: Shell| {
        shell.file("livedeck.yaml", SHORTHAND).file("home/livedeck/config.yaml", SHORTHAND)
    };
    assert_eq!(slides(all(export(&["-c", "c.yaml"])).file("c.yaml", "").run()), 1);
    let by_variable = all(export(&[])).file("c.yaml", "").var("LIVEDECK_CONFIG_FILE", "c.yaml");
    assert_eq!(slides(by_variable.run()), 1);
    let beside =
        export(&[]).file("livedeck.yaml", off).file("home/livedeck/config.yaml", SHORTHAND);
    assert_eq!(slides(beside.run()), 1);
    let other = "options:\n  list_item_newlines: 2\n";
    let both = export(&[]).file("livedeck.yaml", other);
    assert_eq!(slides(both.file("home/livedeck/config.yaml", SHORTHAND).run()), 2);
}

#[test]
fn front_matter_overrides_the_configuration() {
    let deck = format!("---\noptions:\n  end_slide_shorthand: false\n---\n{RULED}");
    let shell = export(&[]).file("talk.md", &deck).file("livedeck.yaml", SHORTHAND);
    assert_eq!(slides(shell.run()), 1);
}

#[test]
fn configuration_error_has_its_place() {
    let done = export(&[]).file("livedeck.yaml", "options:\n  end_slide_shorthnd: true\n").run();
    assert_eq!((done.status, done.out.as_str()), (1, ""));
    assert!(done.err.contains("livedeck.yaml:2:3"), "{}", done.err);
    assert!(done.err.contains("did you mean `end_slide_shorthand`?"), "{}", done.err);
    let done = export(&["-c", "nowhere.yaml"]).run();
    assert_eq!(done.status, 1);
    assert!(done.err.contains("`nowhere.yaml` cannot be read"), "{}", done.err);
}

#[test]
fn deck_configuration_cannot_set_user_keys() {
    let beside = "options: {end_slide_shorthand: true}\n\
                  snippet: {exec: {enable: true}}\n\
                  bindings: {exit: [x]}\n\
                  speaker_notes: {always_publish: true}\n";
    let done = export(&[]).file("livedeck.yaml", beside).run();
    for (line, key) in [(2, "snippet"), (3, "bindings"), (4, "speaker_notes")] {
        let place = format!("livedeck.yaml:{line}:1");
        assert!(done.err.contains(&place), "{}", done.err);
        let message = format!("only the user's own configuration may set `{key}`");
        assert!(done.err.contains(&message), "{}", done.err);
    }
    assert_eq!(slides(done), 2, "the rest of it counts");
    let same = export(&["-c", "livedeck.yaml"]).file("livedeck.yaml", beside).run();
    assert_eq!(same.err, "", "given on the command line it is the user's own");
    assert_eq!(slides(same), 2);
}

#[test]
fn check_reports_user_keys_in_deck_configuration() {
    let shell = Shell::new(&["check", "talk.md", "--format", "json"]).file("talk.md", RULED);
    let done = shell.file("livedeck.yaml", "bindings: {exit: [x]}\n").run();
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert!(
        done.out.contains("only the user's own configuration may set `bindings`"),
        "{}",
        done.out
    );
}

#[test]
fn default_configuration_is_valid() {
    let sample = Shell::new(&["config", "--default"]).run().text();
    assert!(sample.contains("  max_columns: 65535\n"), "{sample}");
    assert_eq!(slides(export(&["-c", "c.yaml"]).file("c.yaml", &sample).run()), 1);
    let schema = Shell::new(&["config", "--schema"]).run().text();
    assert!(schema.contains("\"title\": \"livedeck configuration\""), "{schema}");
    assert_eq!(Shell::new(&["config"]).run().status, 2);
}

#[test]
fn completions_and_manual_are_printed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Shell::new(&["completions", shell]).run().text();
        assert!(script.contains("validate-overflows"), "{shell}: {script}");
    }
    let page = Shell::new(&["man"]).run().text();
    assert!(page.starts_with(".ie") && page.contains("validate\\-overflows"), "{page}");
}

#[test]
fn f206_lists_are_printed_without_a_deck() {
    let commands = Shell::new(&["--list-comment-commands"]).run().text();
    for line in ["<!-- pause -->", "<!-- alignment: right -->", "<!-- incremental_tables: true -->"]
    {
        assert!(commands.lines().any(|other| other == line), "{commands}");
    }
    assert!(commands.lines().count() >= 23, "{commands}");
    // The list consists of commands: a deck of them has only diagnostics of what they refer to.
    let deck = commands.replace("-->", "-->\n");
    let checked = Shell::new(&["check", "talk.md"]).file("talk.md", &deck).run();
    assert!(!checked.out.contains("command `"), "{}", checked.out);
    let themes = Shell::new(&["--list-themes"]).run().text();
    assert_eq!(themes.lines().count(), 15, "{themes}");
    assert_eq!(Shell::new(&["--current-theme"]).run().text(), "dark\n");
    let light = Shell::new(&["--current-theme"])
        .file("home/livedeck/config.yaml", "defaults: {theme: light}");
    assert_eq!(light.run().text(), "light\n");
    assert!(Shell::new(&["--acknowledgements"]).run().text().contains("presenterm"));
}

#[test]
fn conflicting_arguments_are_errors() {
    for args in [
        &["-P", "-l", "talk.md"][..],
        &["-e", "-E", "talk.md"],
        &["-o", "x.pdf", "talk.md"],
        &["--list-themes", "--current-theme"],
        &["--list-themes", "talk.md"],
        &["--image-protocol", "kitty", "talk.md"],
        &["--only", "a b", "talk.md"],
        &["-p"],
        &[],
    ] {
        assert_eq!(Shell::new(args).run().status, 2, "{args:?}");
    }
}

/// Checks a deck with these user themes.
fn check_with_themes(deck: &str, themes: &[(&str, &str)]) -> Done {
    let shell = Shell::new(&["check", "talk.md"]).file("talk.md", deck);
    let file = |shell: Shell, (name, text): &(&str, &str)| {
        shell.file(&format!("home/livedeck/themes/{name}"), text)
    };
    themes.iter().fold(shell, file).run()
}

#[test]
fn f171_user_themes_are_files_with_unused_names() {
    let deck = "---\ntheme:\n  name: mine\n---\n";
    let mine = ("mine.yaml", "default: {colors: {foreground: red}}");
    assert_eq!(check_with_themes(deck, &[mine]).status, 0);
    let done = check_with_themes(deck, &[("mine.yml", "")]);
    assert!(done.out.contains("there is no theme `mine`"), "{}", done.out);
    let done = check_with_themes(deck, &[mine, ("dark.yaml", "")]);
    assert!(done.out.contains("`dark` is a built-in theme"), "{}", done.out);
    assert_eq!(done.status, 1);
    let shell = Shell::new(&["themes"]).file("home/livedeck/themes/mine.yaml", "");
    assert!(shell.run().text().lines().any(|name| name == "mine"));
}

#[test]
fn f172_themes_can_extend_each_other_without_cycles() {
    let deck = "---\ntheme:\n  name: a\n---\n";
    let (a, b) = (("a.yaml", "extends: b"), ("b.yaml", "extends: c"));
    assert_eq!(check_with_themes(deck, &[a, b, ("c.yaml", "extends: dark")]).status, 0);
    let done = check_with_themes(deck, &[a, b, ("c.yaml", "extends: a")]);
    assert!(done.out.contains("extend each other: a → b → c → a"), "{}", done.out);
    assert!(done.out.contains("themes/c.yaml:1:10"), "{}", done.out);
    let done = check_with_themes(deck, &[a, b]);
    assert!(done.out.contains("there is no theme `c`"), "{}", done.out);
    assert!(done.out.contains("themes/b.yaml:1:10"), "{}", done.out);
}

#[test]
fn f185_highlight_themes_are_files_too() {
    let deck =
        "---\ntheme:\n  override: {code: {theme_name: Mine}}\n---\n```rust\nfn main() {}\n```\n";
    let done = check_with_themes(deck, &[]);
    assert!(done.out.contains("there is no highlight theme `Mine`"), "{}", done.out);
    let done = check_with_themes(deck, &[("highlighting/Mine.tmTheme", TM_THEME)]);
    assert_eq!(done.status, 0, "{}", done.out);
    let done = check_with_themes(deck, &[("highlighting/Mine.tmTheme", "not a theme")]);
    assert!(done.out.contains("is not a highlight theme"), "{}", done.out);
}

#[test]
fn presenterm_themes_are_found() {
    let deck = "---\ntheme:\n  name: theirs\n---\n```rust\nfn main() {}\n```\n";
    let theirs = "code: {theme_name: Mine}\ndefault: {colors: {foreground: red}}\n";
    let check = |own: &[(&str, &str)]| {
        let shell = Shell::new(&["check", "talk.md"])
            .file("talk.md", deck)
            .file("home/presenterm/themes/theirs.yaml", theirs)
            .file("home/presenterm/themes/dark.yaml", "not: ours")
            .file("home/presenterm/themes/highlighting/Mine.tmTheme", TM_THEME);
        let file = |shell: Shell, (name, text): &(&str, &str)| {
            shell.file(&format!("home/livedeck/themes/{name}"), text)
        };
        own.iter().fold(shell, file).run()
    };
    assert_eq!(check(&[]).out, "talk.md: 1 slide, no problems\n");
    let done = check(&[("theirs.yaml", "colour: red")]);
    assert!(done.out.contains("livedeck/themes/theirs.yaml:1:1"), "{}", done.out);
}

#[test]
fn missing_theme_says_where_it_looked() {
    let deck = "---\ntheme:\n  name: latte\n  override: {code: {theme_name: monokai}}\n---\n";
    let done = check_with_themes(deck, &[]);
    for expected in [
        "home/livedeck/themes` and `",
        "home/presenterm/themes`",
        "home/presenterm/themes/highlighting`",
    ] {
        assert!(done.out.contains(expected), "{expected}\n{}", done.out);
    }
    assert!(done.out.contains("did you mean `catppuccin-latte`?"), "{}", done.out);
}

#[test]
fn presenterm_config_is_imported() {
    let import = || Shell::new(&["config", "--import"]);
    let config = "defaults: {theme: light}\nsomething_else: 1\n";
    let text = import().file("home/presenterm/config.yaml", config).run().text();
    assert!(text.contains("\ndefaults: {theme: light}\n"), "{text}");
    assert!(text.contains("\n# something_else: 1\n"), "{text}");
    let done = Shell::new(&["--current-theme"]).file("home/livedeck/config.yaml", &text).run();
    assert_eq!(done.text(), "light\n");
    let done = import().run();
    assert_eq!(done.status, 1);
    assert!(done.err.contains("presenterm/config.yaml` cannot be read"), "{}", done.err);
}

/// A minimal `.tmTheme` file.
const TM_THEME: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>name</key><string>Mine</string>
<key>settings</key><array><dict><key>settings</key><dict>
<key>background</key><string>#101010</string>
<key>foreground</key><string>#f0f0f0</string>
</dict></dict></array>
</dict></plist>
"#;

#[test]
fn missing_deck_name_is_escaped() {
    for command in [&[][..], &["check"], &["record"], &["doctor"], &["export", "--to", "text"]] {
        let done = Shell::new(&[command, &["no\x1b[31m\nwhere.md"]].concat()).run();
        let expected = "error: `no␛[31m␊where.md`: there is no such file\n";
        assert_eq!((done.status, &*done.err), (1, expected), "{command:?}");
    }
}

#[test]
fn error_prefix_is_printed_once() {
    let done = export(&[]).file("livedeck.yaml", "options: [\n").run();
    assert!(done.err.starts_with("error: ") && !done.err.contains("error: error"), "{}", done.err);
}

#[test]
fn home_that_is_a_file_is_not_fatal() {
    let shell = Shell::new(&["export", "--to", "text", "-x", "talk.md"]);
    let deck = "```bash +exec\necho $((20 + 22))\n```\n";
    let mut shell = shell.file("talk.md", deck).file("house", "");
    let house = shell.folder.path().join("house");
    for name in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"] {
        shell.command.env_remove(name);
    }
    let temporary = shell.folder.path().to_owned();
    let shell = shell.var("TMPDIR", temporary.to_str().unwrap());
    let text = shell.var("HOME", house.to_str().unwrap()).run().text();
    assert!(text.contains("echo"), "{text}");
}

#[test]
fn missing_theme_is_reported_before_the_screen() {
    let done = Shell::new(&["-t", "drak", "talk.md"]).file("talk.md", "a").run();
    assert_eq!(done.status, 2, "{}", done.err);
    assert!(done.err.contains("did you mean `dark`?"), "{}", done.err);
}

#[test]
fn unknown_default_theme_is_not_fatal() {
    let config = ("livedeck.yaml", "defaults: {theme: ligth}");
    let done =
        Shell::new(&["check", "talk.md"]).file("talk.md", "a").file(config.0, config.1).run();
    assert_eq!(done.status, 1);
    assert!(done.out.contains("did you mean `light`?"), "{}", done.out);
    assert_eq!(slides(export(&[]).file(config.0, config.1).run()), 1);
}

#[test]
fn configuration_manual_examples_are_valid() {
    let page = include_str!("../../../docs/CONFIG.md");
    let sample = Shell::new(&["config", "--default"]).run().text();
    let blocks: Vec<_> =
        page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(
        blocks[0], sample,
        "put what `livedeck config --default` prints into docs/CONFIG.md"
    );
    for block in blocks {
        assert_eq!(slides(export(&["-c", "c.yaml"]).file("c.yaml", block).run()), 1, "{block}");
    }
}

#[test]
fn misspelt_commands_are_suggested() {
    let wrong: [&[&str]; 3] =
        [&["chekc"], &["chekc", "talk.md"], &["chekc", "talk.md", "--size", "80x24"]];
    for args in wrong {
        let done = Shell::new(args).file("talk.md", "text\n").run();
        let said = "error: there is no command `chekc`\nhint: did you mean `check`?\n";
        assert_eq!((done.status, &*done.err), (2, said), "{args:?}");
    }
    let known = Shell::new(&["export", "talk.md", "--sise"]).file("talk.md", "text\n").run();
    assert!(known.err.contains("unexpected argument '--sise'"), "{}", known.err);
    let other = Shell::new(&["talk.md", "--sise"]).file("talk.md", "text\n").run();
    assert_eq!(other.status, 2);
    assert!(other.err.contains("unexpected argument '--sise'"), "{}", other.err);
}
