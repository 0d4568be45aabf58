//! A deck and everything it needs, read from disk: its text, theme, highlighter, recording and
//! trust, and the requests that run its code. Nothing here starts a process or draws.

mod execution;
mod gallery;
mod load;
mod loaded_deck;
mod markdown;
mod notebook;
mod options;
mod paper_notes;
mod recording_store;
mod rehearsal;
mod requests;
mod style;
mod talk_log;
mod themes;
mod trust;

pub use execution::Execution;
pub use load::load;
pub use loaded_deck::LoadedDeck;
pub use options::LoadOptions;
pub use paper_notes::paper_notes;
pub use recording_store::{RecordingError, read_recording, recording_folder, save_recording};
pub use rehearsal::{Rehearsal, RehearsedSlide, read_rehearsal, rehearsal_file, save_rehearsal};
pub use style::SlideStyle;
pub use talk_log::{TalkLogError, TalkLogRuns, read_talk_log};
pub use themes::names as theme_names;
pub use trust::{FileDiagnostics, is_known as is_trusted, trust_store_mistakes};

pub(crate) use load::{contained, load_within, reload};
pub(crate) use markdown::{notes_of, read_all as read_markdown, to_msg};
pub(crate) use notebook::{editable_text, saved_text};
pub(crate) use options::{DraftsGuard, FILES_TIMEOUT, folder};
pub(crate) use rehearsal::title as rehearsed_title;
pub(crate) use requests::{RequestOptions, options, request, snippet};
pub(crate) use themes::depends_on_background;
pub(crate) use trust::{ExaminedDeck, TrustReport, TrustWorker};
