//! Drains pending events: each becomes a message for the app, whose effects are then applied.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::channel::{Receivers, changes_output};
use super::input::Input;
use super::settings::protocol;
use super::terminal_probe::TerminalAnswers;
use super::{Ending, LoopEvent, Talk, effects, mouse, tmux_pane, transition};
use crate::app::{Msg, update};
use crate::layout::LargeText;
use crate::media::{Capabilities, Protocol};
use crate::project::LoadedDeck;
use crate::run::Event::Finished;
use crate::view::ColorDepth;

/// How long to drain run output before checking for keys again.
const OUTPUT_BUDGET: Duration = Duration::from_millis(4);

impl Talk {
    /// Handles all pending events, and output for at most [`OUTPUT_BUDGET`]. Returns true if the
    /// presentation ends.
    pub(super) fn drain_events(&mut self, input: &mut Input, receivers: &Receivers) -> bool {
        let start = Instant::now();
        let mut keys = Vec::new();
        loop {
            if input.read(&mut keys).is_err() {
                // The terminal is gone.
                self.ending = Ending::HANGUP;
                return true;
            }
            let waiting = keys.drain(..).chain(receivers.pending());
            for event in waiting.collect::<Vec<_>>() {
                if self.handle(event) {
                    return true;
                }
            }
            match receivers.output.try_recv() {
                Ok(event) if start.elapsed() < OUTPUT_BUDGET => {
                    self.handle(LoopEvent::Exec(event));
                }
                Ok(event) => return self.handle(LoopEvent::Exec(event)),
                Err(_) => return false,
            }
        }
    }

    /// Handles one event. Returns true if the presentation ends.
    pub(super) fn handle(&mut self, event: LoopEvent) -> bool {
        let ends_transition = transition::is_ended_by(&event) && self.transition.take().is_some();
        self.drop_outdated(&event);
        let is_over = self.apply(event);
        if ends_transition {
            // A key pressed during a transition skips the next transition, too.
            self.app.take_transition();
            self.app.take_step();
        }
        is_over
    }

    /// Drops what is kept or prepared and an event may change.
    fn drop_outdated(&mut self, event: &LoopEvent) {
        if !matches!(event, LoopEvent::Key(_)) {
            self.discard_prerender();
        }
        if matches!(event, LoopEvent::Resized) {
            self.note_new_size();
        } else {
            self.forget_last_size();
        }
    }

    fn apply(&mut self, event: LoopEvent) -> bool {
        let msg = match event {
            LoopEvent::Key(key) => {
                self.frame_pacing.draw_soon();
                Msg::Key(key.into())
            }
            LoopEvent::Paste(text) => {
                self.frame_pacing.draw_soon();
                Msg::Paste(text)
            }
            LoopEvent::Mouse(event) => {
                let msg = mouse::mouse_msg(&self.app, &self.scene, event);
                let Some(msg) = msg else { return false };
                self.frame_pacing.draw_soon();
                msg
            }
            LoopEvent::Answers(answers) => {
                self.on_answers(answers);
                Msg::Redraw
            }
            LoopEvent::Tmux(pane) => {
                self.on_tmux(pane);
                Msg::Redraw
            }
            LoopEvent::OuterGraphics(kitty, files) => {
                self.on_outer_graphics((kitty, files));
                Msg::Redraw
            }
            LoopEvent::Focused => {
                self.media.repaint();
                Msg::Redraw
            }
            LoopEvent::Resized => self.on_resized(),
            LoopEvent::Suspend => {
                self.suspend();
                Msg::Resumed
            }
            LoopEvent::Terminate(ending) => {
                self.ending = ending;
                Msg::Terminate
            }
            // Else the deck has changed since; a later event reports the new one.
            LoopEvent::Examined(examined) if Arc::ptr_eq(&examined.deck, &self.loaded.deck) => {
                Msg::Examined(examined.summary)
            }
            LoopEvent::Opened(_) | LoopEvent::Examined(_) | LoopEvent::Prefetched => return false,
            LoopEvent::Continued => {
                if std::mem::take(&mut self.was_suspended) {
                    return false;
                }
                self.take_back();
                Msg::Resumed
            }
            LoopEvent::Loaded(loaded) => {
                let loaded = self.replace(*loaded);
                if self.dispatch(loaded) {
                    return true;
                }
                self.report_unsaved();
                Msg::Recorded(self.loaded.recorded.clone())
            }
            LoopEvent::NotLoaded(why) => Msg::Failed(why),
            LoopEvent::PicturesChanged => {
                self.forget_pictures();
                Msg::Redraw
            }
            LoopEvent::PictureSeen | LoopEvent::Coloured => {
                self.picture_prefetch.invalidate();
                self.frame_pacing.draw_soon();
                Msg::Redraw
            }
            LoopEvent::Validated(found) => Msg::Validated(found),
            LoopEvent::Reviewed(found) => Msg::Reviewed(found),
            LoopEvent::Picture(loaded) => {
                if !self.media.accept(loaded) {
                    return false;
                }
                self.picture_prefetch.invalidate();
                self.frame_pacing.draw_soon();
                Msg::Redraw
            }
            LoopEvent::FollowTalk(slide, pauses) => {
                self.frame_pacing.draw_soon();
                Msg::MovedTo(slide, pauses)
            }
            LoopEvent::Link(event) => return self.on_link(event),
            LoopEvent::Control(event) => return self.on_control(event),
            LoopEvent::Serve(event) => return self.on_serve(event),
            LoopEvent::Exec(msg) => {
                if changes_output(&msg) {
                    self.frame_pacing.output_arrived();
                }
                msg
            }
        };
        self.dispatch(msg)
    }

    /// Takes the terminal's answers to the questions of the start.
    fn on_answers(&mut self, answers: TerminalAnswers) {
        let known = if answers.large_text { LargeText::Protocol } else { LargeText::Blocks };
        let large_text = self.settings.large_text.unwrap_or(known);
        self.screen.set_capabilities(answers.cell, large_text);
        if answers.true_color && self.settings.color_depth.is_none() {
            self.screen.set_depth(ColorDepth::TrueColor);
            self.media.set_blocks(self.settings.blocks(ColorDepth::TrueColor));
        }
        if !Capabilities::from_env().is_tmux() {
            self.show_pictures_by(protocol(&self.settings, answers));
        }
        self.frame_pacing.draw_soon();
    }

    fn on_resized(&mut self) -> Msg {
        if Capabilities::from_env().is_tmux() {
            // The pane may have moved.
            tmux_pane::query(self.sender.clone());
        }
        self.screen.resize();
        self.media.repaint();
        self.frame_pacing.draw_soon();
        Msg::Resized
    }

    /// Reads the files of pictures again.
    fn forget_pictures(&mut self) {
        self.media.forget();
        self.picture_prefetch.invalidate();
        self.review.forget();
    }

    pub(super) fn show_pictures_by(&mut self, protocol: Protocol) {
        self.media.set_protocol(protocol);
        self.media.set_lacks_animations(Capabilities::from_env().lacks_animations());
        self.picture_prefetch.invalidate();
        self.screen.set_coarse(protocol == Protocol::Blocks);
    }

    /// Updates the app with a message and applies the effects. Returns true if the presentation ends.
    pub(super) fn dispatch(&mut self, msg: Msg) -> bool {
        // The meaning of a key depends on the scene that the speaker sees.
        match msg {
            Msg::Key(_) if self.app.changes().scene => self.settle_unseen(),
            Msg::Wheel(..) if self.app.changes().scene => self.lay_out_unseen(),
            _ => {}
        }
        let has_ended = matches!(msg, Msg::Run(_, Finished(..)));
        let wanted = update(&mut self.app, msg);
        if has_ended {
            self.log_runs();
        }
        wanted.iter().any(|effect| effects::apply(self, effect))
    }

    /// Replaces the current deck with a reloaded one.
    pub(super) fn replace(&mut self, loaded: LoadedDeck) -> Msg {
        let other_python =
            loaded.deck.options.python_interpreter != self.loaded.deck.options.python_interpreter;
        self.loaded = loaded;
        self.notes.forget();
        self.picture_prefetch.invalidate();
        if other_python {
            self.executor = effects::executor(&self.settings, &self.loaded, &self.sender);
        }
        self.frame_pacing.draw_soon();
        Msg::Loaded(self.loaded.deck.clone())
    }
}
