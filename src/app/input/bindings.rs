//! What keys can do, and the default keys: presenterm's and livedeck's own. The help panel shows the same table.

/// What a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Goes to the next step; scrolls a tall slide first, and goes to the next slide after the last step.
    Next,
    /// Goes to the next slide, skipping steps.
    NextFast,
    /// Goes back one step.
    Previous,
    /// Goes to the previous slide, skipping steps.
    PreviousFast,
    /// Goes to the first slide.
    FirstSlide,
    /// Goes to the last slide.
    LastSlide,
    /// Goes to the slide whose number was typed.
    GoToSlide,
    /// Goes back to where the last jump started.
    JumpBack,
    /// Undoes the last `JumpBack`.
    JumpForward,
    /// Reveals the whole slide.
    SkipPauses,
    /// Scrolls half a screen down.
    ScrollDown,
    /// Scrolls half a screen up.
    ScrollUp,
    /// Runs the focused cell, or the slide's cells.
    Execute,
    /// Focuses the next cell of the slide.
    FocusNext,
    /// Focuses the previous cell of the slide.
    FocusPrevious,
    /// Runs the focused cell.
    RunFocused,
    /// Edits the focused block on the slide.
    Edit,
    /// Opens the deck in the speaker's own editor.
    OpenEditor,
    /// Toggles between recorded and live output.
    ToggleRecorded,
    /// Toggles a block's output on the whole screen.
    ZoomOutput,
    /// Searches in a block's output.
    SearchOutput,
    /// Folds a block's output to one line, or unfolds it.
    FoldOutput,
    /// Copies a block's output to the clipboard.
    CopyOutput,
    /// Copies a block's code to the clipboard.
    CopyCode,
    /// Leaves the editor of a block, or takes the keys back from a program.
    ReleaseKeys,
    /// Stops what runs; quits if nothing runs.
    Stop,
    /// Reloads the deck and its pictures.
    Reload,
    /// Toggles the slide index.
    ToggleIndex,
    /// Toggles the key bindings.
    ToggleHelp,
    /// Toggles the list of problems.
    ToggleProblems,
    /// Toggles the variables of a session.
    ToggleVariables,
    /// Starts the deck's Jupyter kernels again.
    RestartKernels,
    /// Toggles the lines where columns start.
    ToggleGrid,
    /// Takes or releases the mouse.
    ToggleMouse,
    /// Turns the spotlight on, goes to other parts of the slide, turns it off.
    Spotlight,
    /// Shows or hides the notes under the slide.
    ToggleNotes,
    /// Scrolls the notes under the slide down.
    NotesDown,
    /// Scrolls them up.
    NotesUp,
    /// Toggles the overview.
    ToggleOverview,
    /// Toggles the audience's address.
    ToggleAddress,
    /// Turns the screen black, or shows the slide again.
    Blank,
    /// Turns the screen white, or shows the slide again.
    BlankWhite,
    /// Starts or pauses the timer.
    ToggleTimer,
    /// Sets the timer to zero.
    ResetTimer,
    /// Closes what is open on top of the slide.
    Close,
    /// Suspends the program until `fg`.
    Suspend,
    /// Quits.
    Exit,
}

/// An action, its keys, and its description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The action.
    pub action: Action,
    /// Its name in the configuration.
    pub name: &'static str,
    /// The key sequences, as written in the configuration.
    pub keys: Vec<String>,
    /// Its description in the help panel.
    pub help: &'static str,
}

/// The action with which a section of the help panel starts, and the section's heading.
pub(super) const SECTIONS: [(Action, &str); 4] = [
    (Action::Next, "Moving"),
    (Action::Execute, "Code"),
    (Action::ZoomOutput, "Output"),
    (Action::Reload, "Panels and program"),
];

impl Action {
    /// Returns whether presenterm has no such action.
    pub(super) fn is_ours(self) -> bool {
        matches!(
            self,
            Self::FocusNext
                | Self::FocusPrevious
                | Self::RunFocused
                | Self::ToggleRecorded
                | Self::ZoomOutput
                | Self::SearchOutput
                | Self::FoldOutput
                | Self::CopyOutput
                | Self::CopyCode
                | Self::Edit
                | Self::OpenEditor
                | Self::JumpBack
                | Self::JumpForward
                | Self::ScrollDown
                | Self::ScrollUp
                | Self::ToggleProblems
                | Self::ToggleVariables
                | Self::RestartKernels
                | Self::ReleaseKeys
                | Self::Spotlight
                | Self::ToggleNotes
                | Self::NotesDown
                | Self::NotesUp
                | Self::ToggleOverview
                | Self::ToggleAddress
                | Self::Blank
                | Self::BlankWhite
                | Self::ToggleTimer
                | Self::ResetTimer
                | Self::Stop
        )
    }
}

/// Returns the default bindings: presenterm's and livedeck's own.
pub fn default_bindings() -> Vec<Binding> {
    let row = |action, name, keys: &[&str], help| {
        let keys = keys.iter().map(|&keys| keys.to_owned()).collect();
        Binding { action, name, keys, help }
    };
    vec![
        row(
            Action::Next,
            "next",
            &["l", "j", " ", "<right>", "<down>", "<page_down>"],
            "next step (scrolls tall slides first)",
        ),
        row(
            Action::Previous,
            "previous",
            &["h", "k", "<left>", "<page_up>", "<up>"],
            "previous step",
        ),
        row(Action::NextFast, "next_fast", &["n"], "next slide, skipping steps"),
        row(Action::PreviousFast, "previous_fast", &["p"], "previous slide"),
        row(Action::FirstSlide, "first_slide", &["gg", "<home>"], "first slide"),
        row(Action::LastSlide, "last_slide", &["G", "<end>"], "last slide"),
        row(Action::GoToSlide, "go_to_slide", &["<number>G"], "go to slide number"),
        row(Action::JumpBack, "jump_back", &["<c-o>", "<a-left>"], "jump back"),
        row(Action::JumpForward, "jump_forward", &["<a-o>", "<a-right>"], "jump forward"),
        row(Action::SkipPauses, "skip_pauses", &["s"], "show the whole slide"),
        row(Action::ScrollDown, "scroll_down", &["<c-d>"], "scroll down"),
        row(Action::ScrollUp, "scroll_up", &["<c-u>"], "scroll up"),
        row(
            Action::Execute,
            "execute_code",
            &["<c-e>"],
            "run the slide's blocks or the focused one",
        ),
        row(Action::FocusNext, "focus_next", &["<tab>"], "focus the next block"),
        row(Action::FocusPrevious, "focus_previous", &["<s-tab>"], "focus the previous block"),
        row(Action::RunFocused, "run_focused", &["<cr>"], "run the focused block; go to a problem"),
        row(Action::Edit, "edit", &["i"], "edit the block on the slide"),
        row(Action::OpenEditor, "open_editor", &["e"], "open the deck in $EDITOR"),
        row(Action::ToggleRecorded, "toggle_recorded", &["r"], "toggle recorded output"),
        row(Action::ZoomOutput, "zoom_output", &["z"], "toggle full-screen output"),
        row(Action::SearchOutput, "search_output", &["/"], "search the output"),
        row(Action::FoldOutput, "fold_output", &["f"], "fold or unfold the output"),
        row(Action::CopyOutput, "copy_output", &["y"], "copy the output to the clipboard"),
        row(Action::CopyCode, "copy_code", &["Y"], "copy the code to the clipboard"),
        row(Action::Stop, "stop", &["<c-c>"], "stop, then kill; end background processes; quit"),
        row(Action::Reload, "reload", &["<c-r>"], "reload the deck"),
        row(Action::ToggleIndex, "toggle_slide_index", &["<c-p>"], "slide index and search"),
        row(Action::ToggleHelp, "toggle_bindings", &["?"], "this help"),
        row(Action::ToggleProblems, "toggle_problems", &["D"], "list problems"),
        row(Action::ToggleVariables, "toggle_names", &["v"], "list the session's variables"),
        row(Action::RestartKernels, "restart_kernels", &["K"], "restart Jupyter kernels"),
        row(Action::ToggleGrid, "toggle_layout_grid", &["T"], "toggle the column grid"),
        row(Action::ToggleMouse, "toggle_mouse", &["M"], "take or release the mouse"),
        row(
            Action::ToggleOverview,
            "toggle_overview",
            &["o"],
            "overview: miniatures of all slides",
        ),
        row(Action::Spotlight, "spotlight", &["S"], "spotlight: blocks, lines, columns, off"),
        row(Action::ToggleNotes, "toggle_notes", &["N"], "speaker notes under the slide"),
        row(Action::NotesDown, "notes_down", &["<a-down>"], "scroll the notes down"),
        row(Action::NotesUp, "notes_up", &["<a-up>"], "scroll the notes up"),
        row(
            Action::ToggleAddress,
            "toggle_address",
            &["a"],
            "the audience's address as a QR code (`--serve`)",
        ),
        row(Action::Blank, "blank", &["b", "."], "black screen, or the slide again"),
        row(Action::BlankWhite, "blank_white", &["w"], "white screen, or the slide again"),
        row(Action::ToggleTimer, "toggle_timer", &["t"], "start or pause the timer"),
        row(Action::ResetTimer, "reset_timer", &["<a-t>"], "set the timer to zero"),
        row(Action::Close, "close_modal", &["<esc>"], "close a panel, clear the focus"),
        row(
            Action::ReleaseKeys,
            "release_keys",
            &["<c-]>", "<f12>", "<c-5>"],
            "leave the editor; take the keys back from a program",
        ),
        row(Action::Suspend, "suspend", &["<c-z>"], "suspend"),
        row(Action::Exit, "exit", &["q"], "quit"),
    ]
}
