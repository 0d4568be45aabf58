//! The programs that draw blocks which livedeck does not draw itself, with the user's settings for
//! them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Config, DEFAULT_MERMAID_SCALE, DEFAULT_TYPST_PPI, Mermaid};
use crate::exec::{CustomExecutor, CustomRecipe};
use crate::files::{self, FileKind};
use crate::theme::{DrawingSettings, MermaidConfigFile};

impl Config {
    /// Returns what is set for drawings that livedeck makes itself, with mermaid's configuration read.
    pub fn drawings(&self) -> DrawingSettings {
        let config = self.mermaid.config_path.as_deref().map(|path| {
            let text = files::read_text(path, FileKind::Text);
            let text = text.map(Into::into).map_err(|error| error.to_string().into());
            Arc::new(MermaidConfigFile { name: path.display().to_string().into(), text })
        });
        DrawingSettings {
            mermaid_percent: self.mermaid.scale.saturating_mul(100) / DEFAULT_MERMAID_SCALE,
            typst_percent: self.typst_ppi.saturating_mul(100) / DEFAULT_TYPST_PPI,
            mermaid_config: config,
        }
    }

    /// Returns the executors that the configuration defines: the user's own, and the programs of
    /// drawings whose arguments it sets.
    pub fn executors(&self) -> BTreeMap<String, CustomExecutor> {
        let mut executors = self.snippet.custom.clone();
        let mut add = |language: &str, filename: &str, command: Vec<String>| {
            let recipe = CustomRecipe {
                filename: filename.to_owned(),
                commands: vec![command],
                ..CustomRecipe::default()
            };
            let executor = CustomExecutor { recipe, ..CustomExecutor::default() };
            executors.entry(language.to_owned()).or_insert(executor);
        };
        add("mermaid", "diagram.mmd", self.mermaid.command());
        if self.d2_scale > 0.0 {
            let scale = self.d2_scale.to_string();
            let words = ["d2", "--pad", "0", "--scale", &scale, "$pwd/diagram.d2", "-"];
            add("d2", "diagram.d2", words.map(str::to_owned).into());
        }
        executors
    }
}

impl Mermaid {
    /// Returns the command that draws a file. PNG: in its SVG, the text is HTML.
    fn command(&self) -> Vec<String> {
        let scale = self.scale.to_string();
        let words = [&self.cli, "-i", "$pwd/diagram.mmd", "-o", "-", "-e", "png", "-s", &scale];
        let mut command: Vec<_> = words.map(str::to_owned).into();
        command.extend(["-b", "transparent"].map(str::to_owned));
        let mut file = |flag: &str, path: &Option<PathBuf>| {
            let Some(path) = path else { return };
            command.extend([flag.to_owned(), path.to_string_lossy().into_owned()]);
        };
        file("-c", &self.config_path);
        file("-p", &self.puppeteer_config_path);
        command
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write files")]
mod tests {
    use super::*;

    #[test]
    fn settings_become_arguments() {
        let mut config = Config::default();
        config.mermaid.scale = 3;
        config.mermaid.config_path = Some("m.json".into());
        let command = |config: &Config, language: &str| {
            config.executors().get(language).map(|it| it.recipe.commands[0].join(" "))
        };
        assert_eq!(
            command(&config, "mermaid").as_deref(),
            Some("mmdc -i $pwd/diagram.mmd -o - -e png -s 3 -b transparent -c m.json")
        );
        assert_eq!(command(&config, "d2"), None, "d2 chooses");
        config.d2_scale = 0.5;
        assert_eq!(
            command(&config, "d2").as_deref(),
            Some("d2 --pad 0 --scale 0.5 $pwd/diagram.d2 -")
        );
    }

    #[test]
    fn sizes_are_relative_to_the_defaults() {
        assert_eq!(Config::default().drawings(), DrawingSettings::default());
        let mut config = Config::default();
        config.mermaid.scale = 3;
        config.typst_ppi = 450;
        let drawings = config.drawings();
        assert_eq!((drawings.mermaid_percent, drawings.typst_percent), (150, 150));
    }

    #[test]
    fn configuration_of_mermaid_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "{}").unwrap();
        let mut config = Config::default();
        let mut read = |path: PathBuf| {
            config.mermaid.config_path = Some(path);
            config.drawings().mermaid_config.unwrap().text.clone()
        };
        assert_eq!(read(file.path().to_owned()).as_deref(), Ok("{}"));
        assert_eq!(read("/nowhere/m.json".into()).as_deref(), Err(&"there is no such file".into()));
    }

    #[test]
    fn own_executors_come_first() {
        let mut config = Config::default();
        let own = CustomExecutor {
            recipe: CustomRecipe { filename: "a".to_owned(), ..CustomRecipe::default() },
            ..CustomExecutor::default()
        };
        config.snippet.custom.insert("mermaid".to_owned(), own.clone());
        assert_eq!(config.executors()["mermaid"], own);
    }
}
