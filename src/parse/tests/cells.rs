//! How the attributes of a fence make a block run.

use std::path::Path;
use std::sync::Arc;

use rstest::rstest;

use crate::deck::{Cell, Check, Deck, OutputMode, OutputPlace, Pty, Start};
use crate::parse::parse;
use crate::source::MemFiles;

fn deck(text: &str) -> Deck {
    let files = [
        ("my.env", "# remarks\n\nFOO=a b\r\nBAR==\"x\"\n"),
        ("bad.env", "FOO=1\nnothing\n"),
        ("code.py", "one\ntwo\n/// three\nfour\n"),
    ];
    let files = files.map(|(name, text)| (name.into(), text.into()));
    let files = MemFiles(files.into_iter().collect());
    parse(Path::new("talk.md"), text, &files)
}

/// Returns the only cell of a deck with one block and no mistakes.
fn cell(fence: &str) -> Arc<Cell> {
    let deck = deck(&format!("```{fence}\ncode\n```\n"));
    assert!(deck.diagnostics.is_empty(), "{:?}", deck.diagnostics);
    assert_eq!(deck.cells.len(), 1, "{fence}");
    deck.cells[0].clone()
}

/// Returns the messages of a deck's diagnostics.
fn mistakes(text: &str) -> Vec<String> {
    deck(text).diagnostics.iter().map(|mistake| mistake.message.clone()).collect()
}

#[rstest]
#[case("bash +exec", Start::OnKey, OutputMode::Below)]
#[case("bash +auto_exec", Start::Auto, OutputMode::Below)]
#[case("bash +exec +auto_exec", Start::Auto, OutputMode::Below)]
#[case("bash +exec_replace", Start::Auto, OutputMode::Replace)]
#[case("bash +exec +exec_replace", Start::Auto, OutputMode::Replace)]
#[case("bash +image", Start::Auto, OutputMode::Picture)]
#[case("bash +validate", Start::OnCheck, OutputMode::Below)]
#[case("bash +exec +validate", Start::OnKey, OutputMode::Below)]
fn f150_to_f154_attributes_set_start_and_output_mode(
    #[case] fence: &str,
    #[case] start: Start,
    #[case] output_mode: OutputMode,
) {
    let exec = &cell(fence).exec;
    assert_eq!((exec.start, exec.output_mode), (start, output_mode));
}

#[test]
fn f154_output_attributes_cannot_be_combined() {
    let why = "`+exec_replace`, `+image` and `+acquire_terminal` cannot be combined";
    assert_eq!(mistakes("```bash +exec_replace +image\nx\n```\n"), [why]);
}

#[test]
fn f157_id_is_unique_and_needs_output_below_code() {
    let name = |fence: &str| cell(fence).name.clone();
    assert_eq!(name("bash +exec +id:a").as_deref(), Some("a"));
    assert_eq!(mistakes("```bash +id:x\nx\n```\n"), ["`+id` needs a block that runs"]);
    let replaced = mistakes("```bash +exec_replace +id:x\nx\n```\n");
    assert_eq!(replaced, ["`+id` needs output that is shown below its code"]);
    let twice = "```bash +exec +id:a\nx\n```\n\n```bash +exec +id:a\ny\n```\n";
    assert_eq!(mistakes(twice), ["`+id:a` is given twice"]);
    assert_eq!(deck(twice).diagnostics[0].hints, ["the first block with it is on line 2"]);
}

#[test]
fn f157_output_is_placed_by_the_blocks_id() {
    let placed =
        "```bash +exec +id:all\nx\n```\n\n<!-- end_slide -->\n<!-- snippet_output: all -->\n";
    let found = deck(placed);
    assert_eq!(found.diagnostics.len(), 0);
    assert!(found.cells[0].detached);
    assert_eq!(found.slides.len(), 2);
    let wrong = deck(&placed.replace("output: all", "output: al"));
    assert!(!wrong.cells[0].detached, "unplaced output is shown below its code");
    assert_eq!(wrong.diagnostics[0].message, "no block above has the name `al`");
    assert_eq!(wrong.diagnostics[0].hints, ["did you mean `all`?"]);
}

#[rstest]
#[case("python +exec:uv")]
#[case("python +auto_exec:uv")]
#[case("python +exec_replace:uv")]
#[case("python +exec:uv +auto_exec:other")]
fn f158_first_named_executor_runs_the_block(#[case] fence: &str) {
    assert_eq!(cell(fence).exec.alternative.as_deref(), Some("uv"));
}

#[test]
fn f162_env_file_is_read_line_by_line() {
    let cell = cell("bash +exec_replace +env:my.env");
    let variables: Vec<_> =
        cell.exec.environment.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(variables, [("FOO", "a b"), ("BAR", "=\"x\"")]);
    let plain = self::cell("bash +exec_replace");
    assert_ne!(cell.fingerprint, plain.fingerprint, "other variables are another run");
}

#[test]
fn f162_invalid_env_file_is_reported_at_its_line() {
    let deck = deck("```bash +exec +env:bad.env\nx\n```\n");
    let mistake = &deck.diagnostics[0];
    assert_eq!(mistake.message, "`nothing` does not set a variable");
    let file = deck.sources.get(mistake.span.file).unwrap();
    assert_eq!((file.path(), file.line(mistake.span.start)), (Path::new("bad.env"), 2));
    assert!(deck.cells.is_empty());
    let missing = mistakes("```bash +exec +env:none.env\nx\n```\n");
    assert!(missing[0].starts_with("cannot read `none.env`"), "{missing:?}");
}

#[test]
fn f163_and_f164_validate_and_expect_are_parsed() {
    let check = |fence: &str| cell(fence).check.clone();
    let validates = Check { validates: true, ..Check::default() };
    assert_eq!(check("bash +exec"), Check::default());
    let by_uv = Check { alternative: Some("uv".into()), ..validates.clone() };
    assert_eq!(check("python +exec +validate:uv"), by_uv);
    let failing = Check { expects_failure: true, ..validates };
    for word in ["fail", "failure"] {
        assert_eq!(check(&format!("bash +validate +expect:{word}")), failing);
    }
    assert_eq!(check("bash +exec +expect:success"), Check::default());
    assert_eq!(mistakes("```bash +exec +expect:luck\nx\n```\n"), ["unknown value `+expect:luck`"]);
}

#[test]
fn block_edition_overrides_the_decks() {
    let text = "---\noptions: {rust: {edition: \"2018\"}}\n---\n\n```rust +exec\na\n```\n\n\
                ```rust +exec +edition:2015\nb\n```\n";
    let deck = deck(text);
    let editions = deck.cells.iter().map(|cell| cell.exec.rust.as_ref()?.edition.as_deref());
    assert_eq!(editions.collect::<Vec<_>>(), [Some("2018"), Some("2015")]);
    assert_ne!(cell("rust +exec +edition:2021").fingerprint, cell("rust +exec").fingerprint);
    let wrong = "`+edition:2022` is not a Rust edition";
    assert_eq!(mistakes("```rust +exec +edition:2022\nx\n```\n"), [wrong]);
    let other = "`+edition` only works with Rust";
    assert_eq!(mistakes("```python +exec +edition:2021\nx\n```\n"), [other]);
}

#[test]
fn hidden_lines_of_rust_are_those_of_rustdoc() {
    let text = "```rust +exec\n#\n  # a();\n## b\n#[c]\nd();\n```\n\n```python +exec\n# e\n```\n";
    let deck = deck(text);
    let codes: Vec<_> = deck.cells.iter().map(|cell| &*cell.code).collect();
    assert_eq!(codes, ["\na();\n# b\n#[c]\nd();\n", "# e\n"]);
}

#[test]
fn masks_are_regular_expressions() {
    let mask = |fence: &str| cell(fence).check.mask.clone();
    let check = cell("bash +exec +varies:\\d+ms +mask:sk-x").check.clone();
    assert_eq!(check.varying.as_deref(), Some(r"\d+ms"));
    assert_eq!(check.uncompared().as_deref(), Some(r"(?:\d+ms)|(?:sk-x)"));
    assert_eq!(mask(r"bash +exec +mask:\d+ms {1}").as_deref(), Some(r"\d+ms"));
    assert_eq!(mask(r#"bash +mask:"a{2} \"b\"" +exec"#).as_deref(), Some(r#"a{2} "b""#));
    let why = "`(a` is not a regular expression: unclosed group";
    assert_eq!(mistakes("```bash +exec +mask:(a\nx\n```\n"), [why]);
    assert_eq!(mistakes("```bash +exec +mask\nx\n```\n"), ["`+mask` needs a value"]);
    let deck = deck("```bash +exec +id:\"a +expect:failure\nx\n```\n");
    assert_eq!(deck.diagnostics[0].message, "`+id:\"a +expect:failure` is never closed");
    assert_eq!(deck.cells.len(), 1, "the block runs all the same");
}

#[test]
fn f148_code_in_a_file_runs_with_its_hidden_lines() {
    let text = "```file +exec\npath: code.py\nlanguage: python\nstart_line: 2\nend_line: 3\n```\n";
    let deck = deck(text);
    let cell = &deck.cells[0];
    assert_eq!((&*cell.language, &*cell.code, cell.first_line), ("python", "two\nthree\n", 2));
    let file = deck.sources.get(cell.span.file).unwrap();
    assert_eq!(file.path(), Path::new("code.py"));
}

#[rstest]
#[case("bash +pty", false, None)]
#[case("bash +pty:standby", true, None)]
#[case("bash +pty:40:14", false, Some((40, 14)))]
#[case("bash +pty:standby:40:14", true, Some((40, 14)))]
#[case("bash +pty:2:1", false, Some((2, 1)))]
#[case("bash +pty:1000:300", false, Some((1000, 300)))]
fn f156_terminal_has_the_requested_size(
    #[case] fence: &str,
    #[case] standby: bool,
    #[case] size: Option<(u16, u16)>,
) {
    assert_eq!(cell(fence).exec.pty, Some(Pty { standby, size }));
}

#[rstest]
#[case("0:5")]
#[case("1:1")]
#[case("80:0")]
#[case("1001:24")]
#[case("standby:65535:65535")]
#[case("4294967295:24")]
#[case("80:99999999999999999999")]
fn impossible_terminal_size_is_an_error(#[case] value: &str) {
    let why = format!("`+pty:{value}` is not a possible terminal size");
    assert_eq!(mistakes(&format!("```bash +pty:{value}\nx\n```\n")), [why]);
}

#[rstest]
#[case("80")]
#[case("standby80:24")]
#[case("standby:80")]
#[case("80:24:10")]
#[case("+80:24")]
#[case("-1:24")]
#[case("1e3:NaN")]
#[case(":")]
fn f156_invalid_terminal_size_is_an_error(#[case] value: &str) {
    let why = format!("`+pty:{value}` is not a terminal size");
    assert_eq!(mistakes(&format!("```bash +pty:{value}\nx\n```\n")), [why]);
}

#[rstest]
#[case("bash +pty", Start::OnKey, OutputMode::Below)]
#[case("bash +auto_exec +pty", Start::Auto, OutputMode::Below)]
#[case("bash +exec_replace +pty", Start::Auto, OutputMode::Replace)]
#[case("bash +acquire_terminal", Start::OnKey, OutputMode::Handover)]
#[case("bash +auto_exec +acquire_terminal", Start::OnKey, OutputMode::Handover)]
fn f155_and_f156_only_slide_terminals_autorun(
    #[case] fence: &str,
    #[case] start: Start,
    #[case] output_mode: OutputMode,
) {
    let exec = &cell(fence).exec;
    assert_eq!((exec.start, exec.output_mode), (start, output_mode));
}

#[test]
fn python_block_joins_the_session_it_names() {
    let session = |fence: &str| cell(fence).exec.session.clone();
    assert_eq!(session("python +exec").as_deref(), None);
    assert_eq!(session("python +exec +session").as_deref(), Some(""));
    assert_eq!(session("py +auto_exec +session:a").as_deref(), Some("a"));
    assert_eq!(cell("python +session").exec.start, Start::OnKey, "it runs as with `+exec`");
    let plain =
        "```python +exec\nx\n```\n```python +exec +session:a\nx\n```\n```bash +exec\nx\n```\n";
    let all = deck(&format!("---\noptions:\n  python:\n    session: true\n---\n{plain}"));
    let sessions: Vec<_> = all.cells.iter().map(|cell| cell.exec.session.as_deref()).collect();
    assert_eq!(sessions, [Some(""), Some("a"), None]);
}

#[rstest]
#[case("bash +exec +session", "`+session` only works with Python")]
#[case("python +exec:uv +session", "`+session` cannot use a named executor")]
#[case("bash +exec:kernel +session", "`+session` cannot be combined with a kernel")]
#[case("python +pty +session:a", "a block with its own terminal cannot be in a session")]
#[case("python +acquire_terminal +session", "a block with its own terminal cannot be in a session")]
fn block_that_cannot_join_a_session_runs_alone(#[case] fence: &str, #[case] why: &str) {
    let deck = deck(&format!("```{fence}\ncode\n```\n"));
    assert_eq!(deck.diagnostics[0].message, why);
    assert_eq!((deck.cells.len(), &deck.cells[0].exec.session), (1, &None));
}

#[test]
fn kernel_of_a_block_is_that_of_its_language() {
    let front = "---\noptions: {kernels: {R: ir, py: python3}, python: {session: true}}\n---\n";
    let fences = ["r +exec:kernel", "r +exec_replace:kernel=xr", "python +exec:kernel", "r +exec"];
    let text = fences.map(|fence| format!("```{fence}\n1\n```\n")).concat();
    let deck = deck(&format!("{front}{text}```bash +auto_exec:kernel\n1\n```\n"));
    assert_eq!(deck.diagnostics, []);
    let executors = deck.cells.iter().map(|cell| cell.exec.alternative.as_deref());
    let expected =
        [Some("kernel=ir"), Some("kernel=xr"), Some("kernel=python3"), None, Some("kernel")];
    assert_eq!(executors.collect::<Vec<_>>(), expected);
    assert!(deck.cells.iter().all(|cell| cell.exec.session.is_none()));
    let kernels = deck.cells.iter().map(|cell| cell.exec.has_kernel());
    assert_eq!(kernels.collect::<Vec<_>>(), [true, true, true, false, true]);
}

#[rstest]
#[case("r +exec:kernel=../x", "`../x` is no name of a kernel")]
#[case("r +exec:kernel +pty", "`+pty` cannot be combined with a kernel")]
#[case("r +acquire_terminal:kernel", "`+acquire_terminal` cannot be combined with a kernel")]
#[case("r +image +exec:kernel", "`+image` cannot be combined with a kernel")]
#[case("r +exec:kernel +env:file", "`+env` cannot be combined with a kernel")]
fn attributes_that_no_kernel_has_are_reported(#[case] fence: &str, #[case] why: &str) {
    let deck = deck(&format!("```{fence}\n1\n```\n"));
    assert_eq!(deck.diagnostics[0].message, why);
}

#[rstest]
#[case("[ir]")]
#[case("ir")]
#[case("{r: [ir]}")]
#[case("{r: a/b}")]
#[case("{r: ''}")]
fn malformed_kernels_are_reported(#[case] kernels: &str) {
    let deck = deck(&format!("---\noptions: {{kernels: {kernels}}}\n---\n"));
    assert!(deck.diagnostics[0].message.contains("kernels"), "{:?}", deck.diagnostics);
    assert!(deck.options.kernels.is_empty());
}

#[test]
fn session_contains_its_blocks_in_deck_order() {
    let block = |attributes: &str| format!("```python {attributes}\nx\n```\n\n");
    let fences = ["+exec +session", "+exec", "+exec +session:a", "+validate", "+exec +session"];
    let deck = deck(&fences.map(block).concat());
    let chain = deck.session_up_to(deck.cells[4].id);
    assert_eq!(chain.iter().map(|cell| cell.id.0).collect::<Vec<_>>(), [0, 4]);
    assert!(deck.session_up_to(deck.cells[1].id).is_empty());
}

#[test]
fn input_attribute_supports_escapes() {
    let input = |fence: &str| cell(fence).exec.input.clone();
    assert_eq!(input("bash +exec").as_deref(), None);
    assert_eq!(input("bash +exec +input:Ada").as_deref(), Some("Ada"));
    assert_eq!(
        input(r#"bash +exec +input:"Ada L\n41\t\"\\n""#).as_deref(),
        Some("Ada L\n41\t\"\\n")
    );
    assert_ne!(cell("bash +exec +input:a").fingerprint, cell("bash +exec").fingerprint);
    let wrong = deck("```bash +exec +input:\"a\\x\"\nread\n```\n");
    assert_eq!(wrong.diagnostics[0].message, "unknown escape `\\x`");
}

#[rstest]
#[case("bash +exec", OutputPlace::Below)]
#[case("bash +exec +output:below", OutputPlace::Below)]
#[case("bash +auto_exec +output:right", OutputPlace::Right)]
#[case("bash +exec +output:replace", OutputPlace::Replace)]
#[case("bash +output:none +exec", OutputPlace::Nowhere)]
#[case("bash +pty:standby +output:right", OutputPlace::Right)]
fn output_attribute_sets_the_place(#[case] fence: &str, #[case] place: OutputPlace) {
    assert_eq!(cell(fence).exec.place, place);
}

#[rstest]
#[case(
    "+exec +output:left",
    "`+output:left` is not a place for output",
    "use `below`, `right`, `replace` or `none`"
)]
#[case(
    "+exec +output:rigth",
    "`+output:rigth` is not a place for output",
    "did you mean `+output:right`?"
)]
#[case("+exec +output", "`+output` needs a value", "write `+output:…`")]
#[case("+output:right", "`+output` needs a block that runs", "add `+exec`")]
#[case(
    "+exec_replace +output:right",
    "`+output` conflicts with another attribute that places the output",
    "use `+output` with `+exec`, `+auto_exec` or `+pty`, and without `+id`"
)]
#[case(
    "+exec +id:a +output:none",
    "`+output` conflicts with another attribute that places the output",
    "use `+output` with `+exec`, `+auto_exec` or `+pty`, and without `+id`"
)]
fn impossible_output_place_is_an_error(
    #[case] fence: &str,
    #[case] message: &str,
    #[case] hint: &str,
) {
    let deck = deck(&format!("```bash {fence}\nx\n```\n\n<!-- snippet_output: a -->\n"));
    let mistake = &deck.diagnostics[0];
    assert_eq!((&*mistake.message, &*mistake.hints), (message, &[hint.to_owned()][..]));
    let places = deck.cells.iter().map(|cell| cell.exec.place);
    assert!(places.into_iter().all(|place| place == OutputPlace::Below), "output is shown below");
}

/// Returns the machines of the blocks of a deck with these options, `-` for this one.
fn machines(options: &str, fences: &[&str]) -> (Vec<String>, Deck) {
    let blocks: Vec<_> = fences.iter().map(|fence| format!("```{fence}\nx\n```\n")).collect();
    let blocks = blocks.concat();
    let deck = deck(&format!("---\noptions:\n  remote: {options}\n---\n{blocks}"));
    let name =
        |cell: &Arc<Cell>| cell.exec.remote.as_ref().map_or("-".into(), |it| it.name.to_string());
    (deck.cells.iter().map(name).collect(), deck)
}

#[test]
fn blocks_run_on_the_machine_of_the_deck_or_their_own() {
    let fences = [
        "bash +exec",
        "bash +exec +local",
        "python +session +remote:me@big",
        "rust +exec +remote",
        "bash +acquire_terminal",
        "rust +pymodule:m",
    ];
    let (machines, deck) = machines("{host: gpu, sync: [data], folder: talk}", &fences);
    assert_eq!(machines, ["gpu", "-", "me@big", "gpu", "-", "-"]);
    assert_eq!(deck.cells[2].exec.session.as_deref(), Some("@me@big"), "state stays there");
    let host = deck.cells[0].exec.remote.clone().unwrap();
    assert_eq!((host.folder.as_deref(), &*host.sync), (Some("talk"), &["data".into()][..]));
}

#[test]
fn output_of_another_machine_is_stale_here() {
    let fingerprint = |fence: &str| cell(fence).fingerprint;
    assert_ne!(fingerprint("bash +exec"), fingerprint("bash +exec +remote:gpu"));
    assert_eq!(fingerprint("bash +exec"), fingerprint("bash +exec +local"));
}

#[rstest]
#[case("{host: -oProxyCommand=x}", "bash +exec", "a machine as `ssh` names it")]
#[case("{host: gpu, sync: [../x]}", "bash +exec", "a list of paths in the deck's folder")]
#[case("{host: gpu, sync: [/etc]}", "bash +exec", "a list of paths in the deck's folder")]
#[case("{host: gpu, python: 'python3; rm x'}", "bash +exec", "a program such as `python3`")]
#[case("{hots: gpu}", "bash +exec", "`options.remote` has no key `hots`")]
#[case("{}", "bash +exec +remote", "`+remote` names no machine")]
#[case("{}", "bash +exec +remote:-x", "`+remote:-x` does not name a machine")]
#[case("{host: gpu}", "bash +exec +remote +local", "`+remote` and `+local` contradict")]
#[case("{host: gpu}", "bash +remote", "`+remote` needs a block that runs")]
#[case("{host: gpu}", "bash +acquire_terminal +remote", "cannot be combined with `+acquire")]
#[case("{host: gpu}", "rust +pymodule:m +remote", "cannot be combined with `+pymodule`")]
fn mistakes_about_machines_are_reported(
    #[case] options: &str,
    #[case] fence: &str,
    #[case] message: &str,
) {
    let (_, deck) = machines(options, &[fence]);
    let [mistake] = &deck.diagnostics[..] else { panic!("{:?}", deck.diagnostics) };
    assert!(mistake.message.contains(message), "{}", mistake.message);
    assert!(!mistake.span.range().is_empty());
}
