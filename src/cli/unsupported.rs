//! presenterm's flags for features that are not supported yet. They are parsed, so the error can name
//! an alternative.

use anyhow::bail;

use super::args::ExportFlags;

/// Returns an error if an unsupported flag is set.
pub(super) fn refuse(flags: &ExportFlags) -> anyhow::Result<()> {
    let export = "use `livedeck export DECK --to html`, and print the page from a browser";
    let refusals = [(flags.export_pdf, "`--export-pdf` is not supported yet", export)];
    for (asked, what, instead) in refusals {
        if asked {
            bail!("{what}\nhint: {instead}");
        }
    }
    Ok(())
}
