//! The key that restarts the deck's Jupyter kernels.

use crate::app::effect::Effect;
use crate::app::state::App;

/// Ends the kernels and starts them again, with no state. Blocks keep their output.
pub(in crate::app) fn restart(app: &mut App) -> Vec<Effect> {
    app.paint_changed();
    let has_kernels = app.deck.cells.iter().any(|cell| cell.exec.has_kernel());
    if !has_kernels {
        app.notify("no block of this deck runs in a Jupyter kernel");
        return Vec::new();
    }
    app.notify("restarting the kernels");
    vec![Effect::RestartKernels]
}
