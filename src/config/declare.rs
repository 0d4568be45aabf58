//! Every key of the configuration: its name, what it means, and where its value goes. What is read,
//! described and sampled is this.

use super::values::{self, AnyOf};
use super::{Config, Defaults, Export, Mermaid, Snippet, SpeakerNotes, Transition};
use crate::parse;
use crate::yaml::{KeyVisitor, one_of, within};

/// What is said of keys whose feature is still to come.
macro_rules! later {
    ($about:literal) => {
        concat!($about, " (read, used by a later version).")
    };
}

impl Config {
    /// Leads `keys` past every key.
    pub(super) fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        let Self { defaults, options, snippet, mermaid, export, .. } = self;
        keys.section("defaults", "How decks look that do not say.", &mut |keys| {
            defaults.declare(keys);
            declare_pauses(options, keys);
        });
        keys.section("options", "As under `options` in front matter, which wins.", &mut |keys| {
            parse::declare_options(options, keys);
        });
        keys.section("snippet", "What code may run, and how.", &mut |keys| snippet.declare(keys));
        keys.section("export", "How exports are made.", &mut |keys| export.declare(keys));
        keys.section("mermaid", "Mermaid diagrams.", &mut |keys| mermaid.declare(keys));
        keys.section("typst", "Formulas and documents in typst.", &mut |keys| {
            let about = later!("Dots per inch");
            keys.key("ppi", about, &mut within(&mut self.typst_ppi, 1..=10_000));
        });
        keys.section("d2", "d2 diagrams.", &mut |keys| {
            let about = later!("How much larger than natural; -1 leaves it to d2");
            keys.key("scale", about, &mut within(&mut self.d2_scale, -1.0..=100.0));
        });
        let notes = &mut self.speaker_notes;
        keys.section("speaker_notes", "The speaker's second window.", &mut |keys| {
            notes.declare(keys);
        });
        let transition = &mut self.transition;
        keys.section("transition", "What changes slides.", &mut |keys| transition.declare(keys));
        let bindings = &mut self.bindings;
        let about = "Keys: characters as they are, `<c-x>`, `<a-x>`, `<s-tab>`, `<page_down>`, \
                     `<number>`. What is given takes the place of an action's keys.";
        keys.section("bindings", about, &mut |keys| bindings.declare(keys));
    }
}

impl Defaults {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        let about = "The theme of decks that name none: a name, or `light:`, `dark:` and `timeout:` \
                     (milliseconds) to choose by the terminal's background.";
        keys.key("theme", about, &mut self.theme);
        let about =
            "A cell's width in pixels where the terminal does not tell; it is twice as high.";
        keys.key("terminal_font_size", about, &mut within(&mut self.terminal_font_size.0, 1..=255));
        let about = "How pictures are shown.";
        keys.key("image_protocol", about, &mut values::Shown(&mut self.image_protocol));
        let about = "How many colours the terminal has.";
        keys.key("color_depth", about, &mut one_of(&mut self.color_depth, values::COLOR_DEPTHS));
        let about = "When slides that do not fit are told of.";
        let mut slot = one_of(&mut self.validate_overflows, values::VALIDATE_OVERFLOWS);
        keys.key("validate_overflows", about, &mut slot);
        let limits = &mut self.limits;
        let about = "The most columns a slide uses.";
        keys.key("max_columns", about, &mut within(&mut limits.columns, 1..=u16::MAX));
        let about = "Where a narrower slide stands.";
        keys.key("max_columns_alignment", about, &mut one_of(&mut limits.across, values::ACROSS));
        let about = "The most rows a slide uses.";
        keys.key("max_rows", about, &mut within(&mut limits.rows, 1..=u16::MAX));
        let about = "Where a lower slide stands.";
        keys.key("max_rows_alignment", about, &mut one_of(&mut limits.down, values::DOWN));
    }
}

/// The pauses around what grows.
fn declare_pauses(options: &mut crate::deck::Options, keys: &mut dyn KeyVisitor) {
    let grown = [
        ("incremental_lists", "Lists that grow.", &mut options.list_pauses),
        ("incremental_tables", "Tables that grow.", &mut options.table_pauses),
    ];
    for (key, about, pauses) in grown {
        keys.section(key, about, &mut |keys| {
            keys.key("pause_before", "Whether it starts with a pause.", &mut pauses.before);
            keys.key("pause_after", "Whether it ends with a pause.", &mut pauses.after);
        });
    }
}

impl Snippet {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        keys.section("exec", "Code that is run by key.", &mut |keys| {
            let about = "Whether it may run without a question, as with `-x`.";
            keys.key("enable", about, &mut self.exec);
            let about = "Executors of your own, by language: `filename`, `commands`, `environment`, \
                         `hidden_line_prefix`, and more of them by name under `alternative`.";
            keys.key("custom", about, &mut self.custom);
            let about = "Seconds after which a block without a `+timeout` of its own is stopped.";
            keys.key("timeout", about, &mut self.timeout);
            let about = "Mebibytes of memory that each process of a block may have for its data.";
            keys.key("memory", about, &mut self.memory);
            let about = "Processes that a block may have at a time, 1000 if nothing is said; with more, all \
                         of it is killed.";
            keys.key("processes", about, &mut self.processes);
            let about = "Whether all code runs in a sandbox, without a question, as with `--sandbox`; `net` \
                         opens the network to it. Linux only.";
            keys.key("sandbox", about, &mut one_of(&mut self.sandbox, values::SANDBOX));
        });
        keys.section("exec_replace", "Code whose output replaces it.", &mut |keys| {
            let about = "Whether it may run without a question, as with `-X`.";
            keys.key("enable", about, &mut self.exec_replace);
        });
        keys.section("render", "Code that is drawn.", &mut |keys| {
            let about = later!("How many renderers run at once");
            keys.key("threads", about, &mut within(&mut self.render_threads, 1..=1000));
        });
        let about = "Whether blocks marked `+validate` are run when a deck is opened, as with \
                     `--validate-snippets`.";
        keys.key("validate", about, &mut self.validate);
    }
}

impl Export {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        keys.section("dimensions", "A page's size in cells.", &mut |keys| {
            keys.key("columns", "Columns.", &mut values::Side(&mut self.columns));
            keys.key("rows", "Rows.", &mut values::Side(&mut self.rows));
        });
        let about = "Whether a slide is a page for each of its pauses (`new_slide`).";
        keys.key("pauses", about, &mut one_of(&mut self.page_per_step, values::PAUSES));
        let about = later!("How the code on slides is run");
        keys.key("snippets", about, &mut one_of(&mut self.one_by_one, values::SNIPPETS));
        keys.section("pdf", "PDF files.", &mut |keys| {
            keys.section("fonts", "Font files.", &mut |keys| {
                let names = ["normal", "bold", "italic", "bold_italic"];
                for (name, font) in names.into_iter().zip(&mut self.fonts) {
                    keys.key(name, later!("A font file"), font);
                }
            });
        });
    }
}

impl Mermaid {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        keys.key("cli", later!("The program that draws them"), &mut self.cli);
        let about = later!("How much larger than natural");
        keys.key("scale", about, &mut within(&mut self.scale, 1..=100));
        keys.key("config_path", later!("That program's configuration"), &mut self.config_path);
        let about = later!("The configuration of that program's browser");
        keys.key("puppeteer_config_path", about, &mut self.puppeteer_config_path);
    }
}

impl SpeakerNotes {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        let about = "Where the second window listens.";
        keys.key("listen_address", about, &mut AnyOf(&mut self.listen_address, values::ADDRESS));
        let about = "Where the talk says at which slide it is.";
        keys.key("publish_address", about, &mut AnyOf(&mut self.publish_address, values::ADDRESS));
        let about = "Whether it says so without being asked to.";
        keys.key("always_publish", about, &mut self.always_publish);
    }
}

impl Transition {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        let about = "How long it takes, in milliseconds.";
        keys.key("duration_millis", about, &mut within(&mut self.duration_millis, 1..=u16::MAX));
        let about = "In how many pictures.";
        keys.key("frames", about, &mut within(&mut self.frames, 1..=1000));
        keys.section("animation", "What it looks like.", &mut |keys| {
            let about = "Its style; without one slides change at once.";
            keys.key("style", about, &mut one_of(&mut self.style, values::ANIMATIONS));
        });
    }
}
