//! presenterm's flags for what is not there yet: accepted, so that one is not told it does not know
//! them, and refused in words that say what there is.

use anyhow::bail;

use super::args::Later;

/// Says so if a flag asks for what is not there yet.
pub(super) fn refuse(flags: &Later) -> anyhow::Result<()> {
    let export = "`livedeck export DECK --to html` makes a page that browsers print";
    let refusals = [(flags.export_pdf, "`--export-pdf`: there is no PDF export yet", export)];
    for (asked, what, instead) in refusals {
        if asked {
            bail!("{what}\nhint: {instead}");
        }
    }
    Ok(())
}
