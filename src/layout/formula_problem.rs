//! Messages for formulas in lines that cannot be drawn, below their block.

use super::drawing::{line_drawing, place_in_formula};
use super::flow::Flow;
use super::inputs::{PictureContent, PictureKey};
use super::problem;
use crate::deck::Block;

/// Lays out the messages for the formulas in a block's text that cannot be drawn.
pub(super) fn lay_out(flow: &mut Flow<'_>, block: &Block) {
    let inputs = flow.context.inputs;
    if inputs.measures.content != PictureContent::Pixels {
        return;
    }
    block.each_formula(&mut |formula| {
        let key = PictureKey::Drawing(line_drawing(formula, flow.context.theme()));
        let Some(Err(problem)) = inputs.measures.pictures.get(&key) else { return };
        let place = inputs.deck.sources.place(place_in_formula(inputs.deck, formula, problem.at));
        let hint = problem.hint.as_ref().map(|hint| format!("hint: {hint}"));
        let details = [&*place, hint.as_deref().unwrap_or_default()];
        problem::notice(flow, &problem.why, details.into_iter());
    });
}
