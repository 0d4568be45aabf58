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
    /// Whether it alone identifies the tool.
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

const fn decisive(pattern: Pattern, hint: &'static str) -> Mark {
    Mark { pattern, is_decisive: true, hint }
}

const fn supporting(pattern: Pattern, hint: &'static str) -> Mark {
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
            decisive(Starts("<!--config:"), NO_DIRECTIVES),
            decisive(Starts("<!-- config:"), NO_DIRECTIVES),
            decisive(Is(". . ."), "for `. . .` write `<!-- pause -->`"),
            supporting(Starts("```{."), "for `{.haskell}` after a fence write `haskell`"),
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
            decisive(Is("marp: true"), ""),
            decisive(Starts("<!-- _"), NO_DIRECTIVES),
            decisive(Starts("<!-- class:"), NO_DIRECTIVES),
            decisive(Starts("<!-- paginate:"), NO_DIRECTIVES),
            decisive(Starts("<!-- backgroundColor:"), NO_DIRECTIVES),
            decisive(Starts("<!-- headingDivider:"), NO_DIRECTIVES),
            decisive(Starts("![bg"), PICTURES),
            supporting(Has("![w:"), PICTURES),
            supporting(Has("![width:"), PICTURES),
            supporting(
                Starts("<style"),
                "remove `<style>`: a look is set with `theme: {override: …}`",
            ),
            supporting(Starts("<!-- fit"), "for `<!-- fit -->` write `<!-- font_size: 2 -->`"),
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
            decisive(
                Starts("<v-click"),
                "for `<v-click>` write `<!-- pause -->`, for `<v-clicks>` `<!-- incremental_lists: true -->`",
            ),
            decisive(Is("::right::"), COLUMNS),
            supporting(
                Starts("layout: "),
                "remove everything between `---` and `---` at the start of a slide",
            ),
            supporting(Starts("<div"), "remove HTML: livedeck draws markdown"),
        ],
    },
    Tool {
        name: "reveal.js",
        keys: &["revealOptions", "verticalSeparator", "notesSeparator", "highlightTheme"],
        bare_keys: &[],
        marks: &[
            decisive(Has("<!-- .slide:"), NO_DIRECTIVES),
            decisive(
                Has("<!-- .element:"),
                "for a `fragment` write `<!-- pause -->`, for one in each item `<!-- incremental_lists: true -->`",
            ),
            decisive(Is("Note:"), "for `Note:` write `<!-- speaker_note: … -->`"),
            supporting(Starts("Note:"), "for `Note:` write `<!-- speaker_note: … -->`"),
            supporting(Is("----"), "for `----`, a slide below, write `---`"),
        ],
    },
    Tool {
        name: "slides",
        keys: &["paging"],
        bare_keys: &[],
        marks: &[
            decisive(
                Starts("~~~graph-easy"),
                "for `~~~` with a program write a block with `bash +exec_replace`",
            ),
            supporting(
                Starts("~~~"),
                "for `~~~` with a program write a block with `bash +exec_replace`",
            ),
        ],
    },
    Tool {
        name: "lookatme",
        keys: &["extensions", "styles"],
        bare_keys: &[],
        marks: &[
            decisive(Is("<!-- stop -->"), "for `<!-- stop -->` write `<!-- pause -->`"),
            decisive(Starts("```terminal"), "for a `terminal` block write `bash +exec +pty`"),
            supporting(
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
            supporting(
                Starts("%"),
                "for `%title: …` write `title: …` in the front matter, for `%author` `author`",
            ),
            supporting(
                Between("->", "<-"),
                "for `-> centred <-` write `<!-- alignment: center -->` above",
            ),
            supporting(Is("^"), "for a line `^` write `<!-- pause -->`"),
        ],
    },
    Tool {
        name: "Deckset",
        keys: &["slidenumbers", "build-lists", "autoscale", "slide-transition", "slidecount"],
        bare_keys: &["slidenumbers", "build-lists", "autoscale", "slide-transition", "slidecount"],
        marks: &[
            decisive(
                Between("[.", "]"),
                "remove lines like `[.background-color: #fff]`: livedeck shows them as text",
            ),
            decisive(
                Starts("# [fit]"),
                "for `[fit]` write `<!-- font_size: 2 -->` above the title",
            ),
            supporting(Starts("^ "), "for `^ a note` write `<!-- speaker_note: a note -->`"),
            supporting(
                Is("[.build-lists: true]"),
                "for `[.build-lists: true]` write `<!-- incremental_lists: true -->`",
            ),
            supporting(
                Is("build-lists: true"),
                "for `build-lists: true` write `options: {incremental_lists: true}`",
            ),
            supporting(Starts("![inline"), PICTURES),
            supporting(Starts("![right"), PICTURES),
            supporting(Starts("![left"), PICTURES),
            supporting(Starts("![fit"), PICTURES),
        ],
    },
];
