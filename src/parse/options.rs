//! The keys of `options`, in front matter and in the configuration: each declared once.

use crate::deck::Options;
use crate::diag::{Diagnostic, Severity};
use crate::source::Span;
use crate::yaml::{Anything, Fields, Keys, Kind, Place, parse, within};

/// What messages call a mapping of options.
const OPTIONS: Kind =
    Kind { name: "set of options", strange_root: Severity::Error, strange_key: Severity::Error };

/// Leads `keys` past every option.
pub fn declare_options(options: &mut Options, keys: &mut dyn Keys) {
    let switches = [
        (
            "implicit_slide_ends",
            "Whether a slide title ends the slide before it.",
            &mut options.implicit_slide_ends,
        ),
        ("end_slide_shorthand", "Whether `---` ends a slide.", &mut options.end_slide_shorthand),
        (
            "h1_slide_titles",
            "Whether a slide's first `#` heading is its title.",
            &mut options.h1_slide_titles,
        ),
        (
            "incremental_lists",
            "Whether lists are revealed item by item.",
            &mut options.incremental_lists,
        ),
        (
            "incremental_tables",
            "Whether tables are revealed row by row.",
            &mut options.incremental_tables,
        ),
        (
            "strict_front_matter_parsing",
            "Whether unknown keys of front matter are mistakes.",
            &mut options.strict_front_matter,
        ),
    ];
    for (key, about, switch) in switches {
        keys.key(key, about, switch);
    }
    let about = "Rows from one list item to the next.";
    keys.key("list_item_newlines", about, &mut within(&mut options.list_item_newlines, 1..=255));
    let about = "What a comment starts with to be a command.";
    keys.key("command_prefix", about, &mut options.command_prefix);
    let about = "What a picture's attributes start with.";
    keys.key("image_attributes_prefix", about, &mut options.image_attributes_prefix);
    let about = "Languages whose blocks are drawn, as with `+render`.";
    keys.key("auto_render_languages", about, &mut options.auto_render_languages);
    keys.section("python", "Blocks of Python.", &mut |keys| {
        let about =
            "The interpreter; without it `$VIRTUAL_ENV`, `.venv` beside the deck, `python3`.";
        keys.key("interpreter", about, &mut options.python_interpreter);
        let about = "Whether all blocks share one session (read, used by a later version).";
        keys.key("session", about, &mut options.python_session);
    });
    let about = "What blocks of Rust depend on (read, used by a later version).";
    keys.key("rust", about, &mut Anything);
}

/// Reads the front matter's options, whose text stands at `span`.
pub(super) fn read(text: &str, span: Span, options: &mut Options) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    // What is not YAML is told of for the front matter as a whole.
    if let Ok(node) = parse(text) {
        let place = Place::new(text, span, OPTIONS);
        Fields::under("options", &node, place, &mut problems, |fields| {
            declare_options(options, fields);
        });
    }
    problems
}
