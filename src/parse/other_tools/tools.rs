//! Identifying keys and lines of other tools, from their manuals, and the equivalents in livedeck.

/// A tool whose decks are recognised.
pub(super) struct Tool {
    /// Its name.
    pub(super) name: &'static str,
    /// Front matter keys that only this tool uses.
    pub(super) keys: &'static [&'static str],
    /// Keys at the start of its decks, outside front matter.
    pub(super) bare_keys: &'static [&'static str],
    /// Lines that are specific to it.
    pub(super) marks: &'static [Mark],
}

/// A line with a special meaning in the tool.
pub(super) struct Mark {
    /// The pattern it matches.
    pub(super) pattern: Pattern,
    /// Whether it identifies the tool by itself.
    pub(super) is_decisive: bool,
    /// What to write instead; may be empty.
    pub(super) hint: &'static str,
}

/// A pattern for a line.
pub(super) enum Pattern {
    /// The whole line.
    Is(&'static str),
    /// The start of the line.
    Starts(&'static str),
    /// A part of the line.
    Has(&'static str),
    /// The start and the end of the line.
    Between(&'static str, &'static str),
}

impl Pattern {
    /// Returns whether a line matches; white space around it is ignored.
    pub(super) fn matches(&self, line: &str) -> bool {
        let line = line.trim();
        match self {
            Self::Is(text) => line == *text,
            Self::Starts(start) => line.starts_with(start),
            Self::Has(part) => line.contains(part),
            Self::Between(start, end) => {
                line.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
            }
        }
    }
}

const fn sign(pattern: Pattern, hint: &'static str) -> Mark {
    Mark { pattern, is_decisive: true, hint }
}

const fn also(pattern: Pattern, hint: &'static str) -> Mark {
    Mark { pattern, is_decisive: false, hint }
}

use Pattern::{Between, Has, Is, Starts};

const COLUMNS: &str =
    "for columns write `<!-- column_layout: [1, 1] -->`, and `<!-- column: 0 -->` before each";
const NO_DIRECTIVES: &str =
    "remove its comments that set a style: livedeck reports each as unknown";
const PICTURES: &str = "for a picture's width write `![image:width:50%](picture.png)`";

/// The tools, those that are easiest to identify first.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        name: "patat",
        keys: &["patat"],
        bare_keys: &[],
        marks: &[
            sign(Starts("<!--config:"), NO_DIRECTIVES),
            sign(Starts("<!-- config:"), NO_DIRECTIVES),
            sign(Is(". . ."), "for `. . .` write `<!-- pause -->`"),
            also(Starts("```{."), "for `{.haskell}` after a fence write `haskell`"),
        ],
    },
    Tool {
        name: "Marp",
        keys: &[
            "marp",
            "headingDivider",
            "paginate",
            "_class",
            "backgroundColor",
            "backgroundImage",
        ],
        bare_keys: &[],
        marks: &[
            sign(Is("marp: true"), ""),
            sign(Starts("<!-- _"), NO_DIRECTIVES),
            sign(Starts("<!-- class:"), NO_DIRECTIVES),
            sign(Starts("<!-- paginate:"), NO_DIRECTIVES),
            sign(Starts("<!-- backgroundColor:"), NO_DIRECTIVES),
            sign(Starts("<!-- headingDivider:"), NO_DIRECTIVES),
            sign(Starts("![bg"), PICTURES),
            also(Has("![w:"), PICTURES),
            also(Has("![width:"), PICTURES),
            also(Starts("<style"), "remove `<style>`: a look is set with `theme: {override: …}`"),
            also(Starts("<!-- fit"), "for `<!-- fit -->` write `<!-- font_size: 2 -->`"),
        ],
    },
    Tool {
        name: "Slidev",
        keys: &[
            "layout",
            "mdc",
            "drawings",
            "highlighter",
            "seoMeta",
            "canvasWidth",
            "routerMode",
            "colorSchema",
            "aspectRatio",
            "themeConfig",
            "lineNumbers",
            "hideInToc",
            "fonts",
            "transition",
            "background",
            "class",
        ],
        bare_keys: &[],
        marks: &[
            sign(
                Starts("<v-click"),
                "for `<v-click>` write `<!-- pause -->`, for `<v-clicks>` `<!-- incremental_lists: true -->`",
            ),
            sign(Is("::right::"), COLUMNS),
            also(
                Starts("layout: "),
                "remove everything between `---` and `---` at the start of a slide",
            ),
            also(Starts("<div"), "remove HTML: livedeck draws markdown"),
        ],
    },
    Tool {
        name: "reveal.js",
        keys: &["revealOptions", "verticalSeparator", "notesSeparator", "highlightTheme"],
        bare_keys: &[],
        marks: &[
            sign(Has("<!-- .slide:"), NO_DIRECTIVES),
            sign(
                Has("<!-- .element:"),
                "for a `fragment` write `<!-- pause -->`, for one in each item `<!-- incremental_lists: true -->`",
            ),
            sign(Is("Note:"), "for `Note:` write `<!-- speaker_note: … -->`"),
            also(Starts("Note:"), "for `Note:` write `<!-- speaker_note: … -->`"),
            also(Is("----"), "for `----`, a slide below, write `---`"),
        ],
    },
    Tool {
        name: "slides",
        keys: &["paging"],
        bare_keys: &[],
        marks: &[
            sign(
                Starts("~~~graph-easy"),
                "for `~~~` with a program write a block with `bash +exec_replace`",
            ),
            also(Starts("~~~"), "for `~~~` with a program write a block with `bash +exec_replace`"),
        ],
    },
    Tool {
        name: "lookatme",
        keys: &["extensions", "styles"],
        bare_keys: &[],
        marks: &[
            sign(Is("<!-- stop -->"), "for `<!-- stop -->` write `<!-- pause -->`"),
            sign(Starts("```terminal"), "for a `terminal` block write `bash +exec +pty`"),
            also(
                Is("```file"),
                "in a `file` block, write `path: …` and `language: …`, each on its own line",
            ),
        ],
    },
    Tool {
        name: "mdp",
        keys: &[],
        bare_keys: &["%title", "%author", "%date", "@title", "@author", "@date"],
        marks: &[
            also(
                Starts("%"),
                "for `%title: …` write `title: …` in the front matter, for `%author` `author`",
            ),
            also(
                Between("->", "<-"),
                "for `-> centred <-` write `<!-- alignment: center -->` above",
            ),
            also(Is("^"), "for a line `^` write `<!-- pause -->`"),
        ],
    },
    Tool {
        name: "Deckset",
        keys: &["slidenumbers", "build-lists", "autoscale", "slide-transition", "slidecount"],
        bare_keys: &["slidenumbers", "build-lists", "autoscale", "slide-transition", "slidecount"],
        marks: &[
            sign(
                Between("[.", "]"),
                "remove lines like `[.background-color: #fff]`: livedeck shows them as text",
            ),
            sign(Starts("# [fit]"), "for `[fit]` write `<!-- font_size: 2 -->` above the title"),
            also(Starts("^ "), "for `^ a note` write `<!-- speaker_note: a note -->`"),
            also(
                Is("[.build-lists: true]"),
                "for `[.build-lists: true]` write `<!-- incremental_lists: true -->`",
            ),
            also(
                Is("build-lists: true"),
                "for `build-lists: true` write `options: {incremental_lists: true}`",
            ),
            also(Starts("![inline"), PICTURES),
            also(Starts("![right"), PICTURES),
            also(Starts("![left"), PICTURES),
            also(Starts("![fit"), PICTURES),
        ],
    },
];
