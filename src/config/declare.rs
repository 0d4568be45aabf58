//! Declares every configuration key: its name, its description, and the field it sets. Parsing, the
//! schema and the sample file all use these declarations.

use super::values::{self, AnyOf};
use super::{Config, Defaults, Export, Mermaid, SnippetConfig, SpeakerNotes, TransitionConfig};
use crate::parse;
use crate::yaml::{KeyVisitor, one_of, within};

/// The description of a key whose feature is not implemented yet.
macro_rules! later {
    ($about:literal) => {
        concat!($about, " (accepted, but not used yet).")
    };
}

/// A key of the program that draws mermaid diagrams.
macro_rules! mermaid_program {
    ($about:literal) => {
        concat!($about, " (used by builds of livedeck that do not draw mermaid themselves).")
    };
}

impl Config {
    /// Visits every key.
    pub(super) fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        let Self { defaults, options, snippet, mermaid, export, .. } = self;
        keys.section("defaults", "Defaults for decks that do not set these.", &mut |keys| {
            defaults.declare(keys);
            declare_pauses(options, keys);
        });
        keys.section(
            "options",
            "Deck options. The front matter's `options` override these.",
            &mut |keys| {
                parse::declare_options(options, keys);
            },
        );
        keys.section("snippet", "Running code.", &mut |keys| snippet.declare(keys));
        keys.section("export", "Exports.", &mut |keys| export.declare(keys));
        keys.section("mermaid", "Mermaid diagrams.", &mut |keys| mermaid.declare(keys));
        keys.section("typst", "Typst formulas and documents.", &mut |keys| {
            let about = "Size of typst documents and LaTeX formulas: at 300, text is as large as the slide's.";
            keys.key("ppi", about, &mut within(&mut self.typst_ppi, 1..=10_000));
        });
        keys.section("d2", "d2 diagrams.", &mut |keys| {
            let about = "Scale factor; -1 lets d2 choose.";
            keys.key("scale", about, &mut within(&mut self.d2_scale, -1.0..=100.0));
        });
        let notes = &mut self.speaker_notes;
        keys.section("speaker_notes", "Speaker notes in a second window.", &mut |keys| {
            notes.declare(keys);
        });
        let control = &mut self.control;
        let about = "The socket through which `livedeck console`, `livedeck remote` and other programs follow \
                     and drive a talk.";
        keys.section("control", about, &mut |keys| {
            keys.key("enable", "Whether talks have one.", control);
        });
        let transition = &mut self.transition;
        keys.section("transition", "Slide transitions.", &mut |keys| transition.declare(keys));
        let bindings = &mut self.bindings;
        let about = "Key bindings: characters, `<c-x>`, `<a-x>`, `<s-tab>`, `<page_down>`, \
                     `<number>`. A list replaces the action's default keys.";
        keys.section("bindings", about, &mut |keys| bindings.declare(keys));
    }
}

impl Defaults {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        let about = "The default theme: a name, or `light:`, `dark:` and `timeout:` \
(milliseconds) to choose by the terminal's background.";
        keys.key("theme", about, &mut self.theme);
        let about =
            "Cell width in pixels if the terminal does not report it; the height is twice that.";
        keys.key("terminal_font_size", about, &mut within(&mut self.terminal_font_size.0, 1..=255));
        let about = "The image protocol.";
        keys.key("image_protocol", about, &mut values::ProtocolSlot(&mut self.image_protocol));
        let about = "What pictures are drawn from in terminals without pictures: `halves`, `quadrants`, \
                     `sextants` or `octants`, if your font has them; `auto` draws quadrants with 24-bit \
                     colour, else halves.";
        let mut slot = one_of(&mut self.picture_blocks, values::PICTURE_BLOCKS);
        keys.key("picture_blocks", about, &mut slot);
        let about = "Memory for pictures, here and in the terminal, in MiB. Within it, the pictures of the next and \
                     previous slides are drawn ahead.";
        keys.key("picture_memory", about, &mut within(&mut self.picture_memory.0, 1..=4096));
        let about = "The terminal's colour depth.";
        keys.key("color_depth", about, &mut one_of(&mut self.color_depth, values::COLOR_DEPTHS));
        let about = "Titles larger than a cell: by `kitty`'s protocol, drawn from `blocks`, or `off`; `auto` \
                     draws blocks where the terminal lacks the protocol.";
        keys.key("large_text", about, &mut one_of(&mut self.large_text, values::LARGE_TEXT));
        let about = "Whether clicks and the wheel work. Without the mouse, the terminal selects text. \
                     `toggle_mouse` changes it.";
        keys.key("mouse", about, &mut one_of(&mut self.mouse, values::ON_OFF));
        let about = "Whether addresses can be clicked (OSC 8 links); `auto` if the terminal is known \
                     for it.";
        keys.key("links", about, &mut one_of(&mut self.links, values::LINKS));
        let about = "When to report slides that do not fit the terminal.";
        let mut slot = one_of(&mut self.validate_overflows, values::VALIDATE_OVERFLOWS);
        keys.key("validate_overflows", about, &mut slot);
        let limits = &mut self.limits;
        let about = "Maximum slide width in columns.";
        keys.key("max_columns", about, &mut within(&mut limits.columns, 1..=u16::MAX));
        let about = "Horizontal position of slides narrower than the terminal.";
        keys.key("max_columns_alignment", about, &mut one_of(&mut limits.across, values::ACROSS));
        let about = "Maximum slide height in rows.";
        keys.key("max_rows", about, &mut within(&mut limits.rows, 1..=u16::MAX));
        let about = "Vertical position of slides shorter than the terminal.";
        keys.key("max_rows_alignment", about, &mut one_of(&mut limits.down, values::DOWN));
    }
}

/// Declares the pauses around incremental lists and tables.
fn declare_pauses(options: &mut crate::deck::Options, keys: &mut dyn KeyVisitor) {
    let incremental = [
        ("incremental_lists", "Incremental lists.", &mut options.list_pauses),
        ("incremental_tables", "Incremental tables.", &mut options.table_pauses),
    ];
    for (key, about, pauses) in incremental {
        keys.section(key, about, &mut |keys| {
            keys.key("pause_before", "Pause before the first item or row.", &mut pauses.before);
            keys.key("pause_after", "Pause after the last item or row.", &mut pauses.after);
        });
    }
}

impl SnippetConfig {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        keys.section("exec", "`+exec` blocks.", &mut |keys| {
            let about = "Run these blocks without asking, like `-x`.";
            keys.key("enable", about, &mut self.exec);
            let about = "Your own executors, by language: `filename`, `commands`, `environment`, \
                         `hidden_line_prefix`, and named variants under `alternative`.";
            keys.key("custom", about, &mut self.custom);
            let about = "Timeout in seconds for blocks without `+timeout`.";
            keys.key("timeout", about, &mut self.timeout);
            let about = "Memory limit for each process of a block, in MiB.";
            keys.key("memory", about, &mut self.memory);
            let about = "Maximum number of processes of a block (default 1000); a block that exceeds it \
                         is killed.";
            keys.key("processes", about, &mut self.processes);
            let about = "Run all code in a sandbox, without asking, like `--sandbox`; `net` allows \
                         network access. Linux only.";
            keys.key("sandbox", about, &mut one_of(&mut self.sandbox, values::SANDBOX));
        });
        keys.section("exec_replace", "`+exec_replace` and `+image` blocks.", &mut |keys| {
            let about = "Run these blocks without asking, like `-X`.";
            keys.key("enable", about, &mut self.exec_replace);
        });
        keys.section("render", "`+render` blocks.", &mut |keys| {
            let about = "Number of formulas and diagrams that are drawn at the same time.";
            keys.key("threads", about, &mut within(&mut self.render_threads, 1..=1000));
        });
        let about = "Run `+validate` blocks whenever the deck is loaded, like \
                     `--validate-snippets`.";
        keys.key("validate", about, &mut self.validate);
    }
}

impl Export {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        keys.section("dimensions", "Page size in cells.", &mut |keys| {
            keys.key(
                "columns",
                "Columns.",
                &mut values::OptionalNumber(&mut self.columns, values::PAGE_SIDE),
            );
            keys.key(
                "rows",
                "Rows.",
                &mut values::OptionalNumber(&mut self.rows, values::PAGE_SIDE),
            );
        });
        let about = "Start a new page at each pause (`new_slide`).";
        keys.key("pauses", about, &mut one_of(&mut self.page_per_step, values::PAUSES));
        let about = later!("How to run the code on slides");
        keys.key("snippets", about, &mut one_of(&mut self.one_by_one, values::SNIPPETS));
        keys.section("pdf", "PDF export.", &mut |keys| {
            let about = "The paper: `a4`, `letter`, or pages as large as a `slide`.";
            keys.key("page", about, &mut one_of(&mut self.page, values::PAPERS));
            let about = "The margin in millimetres; by default 13 on paper, else none.";
            let mut slot = values::OptionalNumber(&mut self.margin, values::PAGE_MARGIN);
            keys.key("margin", about, &mut slot);
            keys.section("fonts", "Font files.", &mut |keys| {
                let names = ["normal", "bold", "italic", "bold_italic"];
                for (name, font) in names.into_iter().zip(&mut self.fonts) {
                    keys.key(name, "A font file, TrueType or OpenType.", font);
                }
            });
        });
    }
}

impl Mermaid {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        keys.key("cli", mermaid_program!("The mermaid program"), &mut self.cli);
        let about = "Size of diagrams: at 2, text is as large as the slide's.";
        keys.key("scale", about, &mut within(&mut self.scale, 1..=100));
        keys.key("config_path", "Mermaid's configuration, a JSON file.", &mut self.config_path);
        let about = mermaid_program!("The puppeteer configuration file");
        keys.key("puppeteer_config_path", about, &mut self.puppeteer_config_path);
    }
}

impl SpeakerNotes {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        let about = "Address that the speaker-notes window listens on.";
        keys.key("listen_address", about, &mut AnyOf(&mut self.listen_address, values::ADDRESS));
        let about = "Address that the presentation publishes its current slide to.";
        keys.key("publish_address", about, &mut AnyOf(&mut self.publish_address, values::ADDRESS));
        let about = "Always publish, as if `-P` were given.";
        keys.key("always_publish", about, &mut self.always_publish);
    }
}

impl TransitionConfig {
    fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        let about = "Duration in milliseconds.";
        keys.key("duration_millis", about, &mut within(&mut self.duration_millis, 1..=u16::MAX));
        let about = "Number of frames.";
        keys.key("frames", about, &mut within(&mut self.frames, 1..=1000));
        keys.section("animation", "The animation.", &mut |keys| {
            let about = "The animation's style. Without one, there is no transition.";
            keys.key("style", about, &mut one_of(&mut self.style, values::ANIMATIONS));
        });
    }
}
