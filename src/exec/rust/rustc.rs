//! How `rustc` is called for a block: its source, its arguments, the key of its result in the cache, and
//! which of its messages are shown.

use std::ffi::OsString;
use std::path::Path;

use super::includes::Includes;
use super::links::Links;
use super::rewrite::{self, BlackBox, IncludedItems};
use super::toolchain::Toolchain;
use crate::deck::Profile;
use crate::run::Snippet;

/// Arguments of every call.
const FLAGS: &[&str] =
    &["--error-format=human", "--color=always", "-Awarnings", "-Cdebuginfo=0", "-Cstrip=debuginfo"];

/// The default edition: the newest.
const DEFAULT_EDITION: &str = "2024";

/// Part of every cache key. Change it when programs are made in another way.
const FORMAT_VERSION: &[u8] = b"7";

/// Returns the arguments for a profile. The default optimises as far as that takes next to no time,
/// because talks show how fast Rust is, and has the checks of a debug build, because they also show
/// how an overflow is caught.
fn optimization(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Quick => &["-Copt-level=1", "-Cdebug-assertions=on"],
        Profile::Release => &["-Copt-level=3"],
        Profile::Debug => &["-Copt-level=0", "-Cdebug-assertions=on"],
    }
}

/// Returns the arguments for the kind of crate: a program, or a library that Python loads.
fn crate_kind(snippet: &Snippet) -> Vec<String> {
    let Some(module) = &snippet.module else {
        let name = rewrite::crate_name(&snippet.code).unwrap_or("snippet");
        let mut kind = vec!["--crate-type=bin".to_owned(), format!("--crate-name={name}")];
        kind.extend(is_tests(snippet).then(|| "--test".to_owned()));
        return kind;
    };
    let mut kind = vec!["--crate-type=cdylib".to_owned(), format!("--crate-name={}", module.name)];
    if cfg!(target_os = "macos") {
        // Python provides the missing symbols.
        kind.extend(["-Clink-arg=-undefined", "-Clink-arg=dynamic_lookup"].map(str::to_owned));
    }
    kind
}

/// Returns whether running a snippet runs its tests.
pub(super) fn is_tests(snippet: &Snippet) -> bool {
    snippet.module.is_none() && !snippet.is_timed && rewrite::is_tests(&snippet.code)
}

/// Returns the source that a snippet is compiled from.
pub(super) fn source(snippet: &Snippet, items: &IncludedItems) -> String {
    let Snippet { code, first_line, module, is_timed, .. } = snippet;
    match module {
        None if *is_timed => rewrite::bench(code, *first_line, BlackBox::Inputs),
        None => rewrite::program(code, *first_line, items),
        Some(module) => {
            let name = Some(&*module.name).filter(|_| !module.is_whole);
            rewrite::pymodule(code, *first_line, name)
        }
    }
}

/// Returns the source of a program that prints the snippet's last value, if it has one.
pub(super) fn source_with_value(snippet: &Snippet, items: &IncludedItems) -> Option<String> {
    let is_program = snippet.module.is_none() && !snippet.is_timed;
    let source = || rewrite::program_with_value(&snippet.code, snippet.first_line, items);
    is_program.then(source).flatten()
}

/// Returns the arguments for a snippet whose source is in this file.
pub(super) fn arguments(snippet: &Snippet, links: &Links, source: &Path) -> Vec<OsString> {
    let mut remap = OsString::from("--remap-path-prefix=");
    remap.push(source);
    remap.push("=");
    remap.push(snippet.file.to_string_lossy().replace('=', "_"));
    let flags = FLAGS.iter().chain(optimization(profile(snippet))).map(OsString::from);
    let flags = flags.chain(crate_kind(snippet).into_iter().map(OsString::from));
    let edition = format!("--edition={}", edition(snippet)).into();
    flags.chain([edition, remap]).chain(links.arguments()).collect()
}

fn profile(snippet: &Snippet) -> Profile {
    if snippet.is_timed {
        return Profile::Release;
    }
    snippet.rust.as_ref().map_or(Profile::default(), |build| build.profile)
}

fn edition(snippet: &Snippet) -> &str {
    snippet.rust.as_ref().and_then(|build| build.edition.as_deref()).unwrap_or(DEFAULT_EDITION)
}

/// Returns the cache key of a snippet: a hash of all that its program is made from, including the
/// line that panics report.
pub(super) fn cache_key(
    toolchain: &Toolchain,
    (links, includes): (&Links, &Includes),
    snippet: &Snippet,
) -> String {
    let flags = [FLAGS, optimization(profile(snippet)), &[edition(snippet)]].concat().concat();
    let harness = if snippet.is_timed { rewrite::HARNESS } else { "" };
    let kind = crate_kind(snippet).concat() + harness;
    hash_of(&[
        FORMAT_VERSION,
        &toolchain.version,
        flags.as_bytes(),
        kind.as_bytes(),
        snippet.file.as_os_str().as_encoded_bytes(),
        &snippet.first_line.to_le_bytes(),
        snippet.code.as_bytes(),
        &links.identity(),
        includes.identity(),
    ])
}

/// Returns the first 32 hexadecimal digits of a hash of these byte strings.
pub(super) fn hash_of(parts: &[&[u8]]) -> String {
    let mut hash = blake3::Hasher::new();
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().to_hex()[..32].to_owned()
}

/// Returns whether the code causes the errors. A missing linker may be installed later.
pub(super) fn is_about_the_code(output: &[u8]) -> bool {
    !String::from_utf8_lossy(output).contains("linker `")
}

/// Returns the argument with which files beside the source have the names that the block uses.
pub(super) fn remap_folder(folder: &Path) -> OsString {
    let mut remap = OsString::from("--remap-path-prefix=");
    remap.push(folder);
    remap.push("=");
    remap
}

/// Returns the errors with paths as the block has them, instead of those of a folder in the cache.
pub(super) fn without_folder(output: &[u8], folder: &Path) -> Vec<u8> {
    let folder = format!("{}/", folder.display());
    String::from_utf8_lossy(output).replace(&folder, "").into_bytes()
}

/// Returns the errors without the lines that only summarize them, and without code that we added.
pub(super) fn without_summary(output: &[u8]) -> Vec<u8> {
    let text = rewrite::without_added_main(&String::from_utf8_lossy(output));
    let is_summary = |line: &&str| {
        line.contains("aborting due to")
            || line.contains("For more information about")
            || line.contains("Some errors have detailed explanations")
    };
    let lines: Vec<_> = text.lines().filter(|line| !is_summary(line)).collect();
    let mut text = lines.join("\n").trim_end().to_owned();
    text.push('\n');
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn missing_linker_is_not_about_the_code() {
        assert!(!is_about_the_code(b"error: linker `cc` not found"));
        assert!(is_about_the_code(b"error[E0308]: mismatched types"));
    }

    #[test]
    fn summary_is_removed_from_errors() {
        let errors = b"error: no\n  |\n\nerror: aborting due to 1 previous error\n\n";
        assert_eq!(without_summary(errors), b"error: no\n  |\n");
    }

    #[test]
    fn cache_key_depends_on_code_file_and_line() {
        let toolchain =
            Toolchain { rustc: PathBuf::new(), cargo: PathBuf::new(), version: b"1.95".to_vec() };
        let snippet = Snippet {
            language: "rust".to_owned(),
            code: "fn main() {}".to_owned(),
            fingerprint: crate::deck::Fingerprint(1),
            file: PathBuf::from("talk.md"),
            first_line: 7,
            ..Snippet::default()
        };
        let (mut code, mut file, mut line) = (snippet.clone(), snippet.clone(), snippet.clone());
        code.code.push(' ');
        file.file.push("x");
        line.first_line = 8;
        let key = |snippet: &Snippet| {
            cache_key(&toolchain, (&Links::default(), &Includes::default()), snippet)
        };
        let keys: BTreeSet<_> = [&snippet, &code, &file, &line].map(key).into();
        assert_eq!(keys.len(), 4);
        assert_eq!(key(&snippet), key(&snippet.clone()));
    }
}
