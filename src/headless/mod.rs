//! Slides and runs without a terminal: for exports, checks, recordings and `doctor`.

mod code_colors;
mod driver;
mod inspect;
mod inspect_code;
mod probe;
mod render;
mod run_all;
mod scene_builder;
mod walk;

pub use inspect::inspect;
pub use probe::{DeckProbe, DrawnKind, MissingTool, drawn_kinds};
pub use render::SlideRenderer;
pub use run_all::{CapturedRun, PlanEvent, capture, run_all};

pub use walk::{WalkFrame, WalkOptions, WalkStep, read_walk, walk};

pub(crate) use code_colors::{colors, has_code, highlight, unknown};
pub(crate) use driver::control_run;
pub(crate) use inspect::{misfits, unseen};
pub(crate) use inspect_code::python_problem;
pub(crate) use scene_builder::{
    current_scene, draw_ahead, has_pictures, hidden, scene, scene_at, settle_fitting, stage,
};
