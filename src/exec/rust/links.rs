//! Where the crates of a set are, for the compiler: read from the output of cargo, kept as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde_json::Value;

use super::cargo::CargoProfile;

/// The crates that code can name, and the folders of all that they depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Links {
    /// The files of the crates, by their names in the code.
    pub(super) externs: BTreeMap<String, PathBuf>,
    /// The folders of the crates' dependencies.
    pub(super) dependencies: BTreeSet<PathBuf>,
    /// The library folders of build scripts, as arguments of `-L`.
    pub(super) search: BTreeSet<String>,
}

impl Links {
    /// Reads the output of `cargo metadata` and `cargo build`. Returns `None` if it has another form.
    pub(super) fn parse(metadata: &[u8], messages: &[u8], profile: CargoProfile) -> Option<Self> {
        let metadata: Value = serde_json::from_slice(metadata).ok()?;
        let mut links = Self::default();
        let mut built: BTreeMap<String, PathBuf> = BTreeMap::new();
        let messages = messages.split(|byte| *byte == b'\n');
        for message in messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok()) {
            match message["reason"].as_str()? {
                "compiler-artifact" => {
                    links.add_artifact(&message, profile, &mut built);
                }
                "build-script-executed" => {
                    let paths = message["linked_paths"].as_array().into_iter().flatten();
                    links.search.extend(paths.filter_map(Value::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
        let root = metadata["resolve"]["root"].as_str()?;
        let nodes = metadata["resolve"]["nodes"].as_array()?;
        let root = nodes.iter().find(|node| node["id"] == root)?;
        for crate_ in root["deps"].as_array()? {
            let file = built.get(crate_["pkg"].as_str()?)?;
            links.externs.insert(crate_["name"].as_str()?.to_owned(), file.clone());
        }
        Some(links)
    }

    /// Adds the artifact of one target of a package.
    fn add_artifact(
        &mut self,
        message: &Value,
        profile: CargoProfile,
        built: &mut BTreeMap<String, PathBuf>,
    ) -> Option<()> {
        let kinds = message["target"]["kind"].as_array()?;
        let is = |kind: &str| kinds.iter().any(|known| known == kind);
        if is("custom-build") || is("bin") || is("test") || is("example") || is("bench") {
            return None;
        }
        let wanted: &[&str] = if is("proc-macro") { &["so", "dylib", "dll"] } else { &["rlib"] };
        let files = message["filenames"].as_array()?.iter().filter_map(Value::as_str);
        let is_wanted = |file: &&Path| {
            file.extension().is_some_and(|it| wanted.iter().any(|wanted| it == *wanted))
        };
        let file = files.map(Path::new).find(is_wanted)?;
        self.dependencies.extend(file.parent().map(Path::to_owned));
        // A crate that build scripts use too may be built twice.
        let is_for_code = is("proc-macro")
            || match profile {
                CargoProfile::Release => message["profile"]["opt_level"] != "0",
                CargoProfile::Dev => message["profile"]["debug_assertions"] == true,
            };
        if is_for_code {
            built.insert(message["package_id"].as_str()?.to_owned(), file.to_owned());
        }
        Some(())
    }

    /// Returns whether all crates still exist.
    pub(super) fn exist(&self) -> bool {
        self.externs.values().all(|file| file.is_file())
    }

    /// Returns the compiler's arguments.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let externs = self.externs.iter().flat_map(|(name, file)| {
            let mut named = OsString::from(format!("{name}="));
            named.push(file);
            ["--extern".into(), named]
        });
        let dependencies = self.dependencies.iter().map(|folder| {
            let mut search = OsString::from("-Ldependency=");
            search.push(folder);
            search
        });
        let search = self.search.iter().flat_map(|path| ["-L".into(), OsString::from(path)]);
        externs.chain(dependencies).chain(search).collect()
    }

    /// Returns bytes that change when the crates change or are built again.
    pub(super) fn identity(&self) -> Vec<u8> {
        let mut identity = Vec::new();
        for (name, file) in &self.externs {
            let modified = file.metadata().and_then(|metadata| metadata.modified()).ok();
            let modified = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            identity.extend(name.as_bytes());
            identity.extend(file.as_os_str().as_encoded_bytes());
            identity.extend(modified.unwrap_or_default().as_nanos().to_le_bytes());
        }
        identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_linked_by_their_names_in_code() {
        let metadata = r#"{"resolve":{"root":"me","nodes":[{"id":"x","deps":[]},
            {"id":"me","deps":[{"name":"js","pkg":"json#1"},{"name":"derive","pkg":"mac#1"}]}]}}"#;
        let artifact = |id: &str, kind: &str, level: &str, file: &str| {
            serde_json::json!({ "reason": "compiler-artifact", "package_id": id,
                "target": { "kind": [kind] }, "filenames": [file, "/t/deps/x.rmeta"],
                "profile": { "opt_level": level, "debug_assertions": level == "d" } })
            .to_string()
        };
        let script = r#"{"reason":"build-script-executed","linked_paths":["native=/lib"]}"#;
        let messages = [
            artifact("json#1", "lib", "3", "/t/deps/libjson-1.rlib"),
            artifact("json#1", "lib", "0", "/t/deps/libjson-2.rlib"),
            artifact("json#1", "custom-build", "0", "/t/build/run"),
            artifact("mac#1", "proc-macro", "0", "/t/deps/libmac.so"),
            script.to_owned(),
        ];
        let links = Links::parse(
            metadata.as_bytes(),
            messages.join("\n").as_bytes(),
            CargoProfile::Release,
        );
        let arguments = links.unwrap().arguments();
        assert_eq!(
            arguments,
            [
                "--extern",
                "derive=/t/deps/libmac.so",
                "--extern",
                "js=/t/deps/libjson-1.rlib",
                "-Ldependency=/t/deps",
                "-L",
                "native=/lib",
            ]
        );
        assert_eq!(Links::parse(b"{}", b"", CargoProfile::Dev), None);
    }
}
