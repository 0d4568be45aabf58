//! The talk's side of its control socket: publishes the state while programs are connected, and performs
//! their calls.

use std::io;

use super::channel::EventSender;
use super::talk_link::LinkEvent;
use super::talk_report::TalkReporter;
use super::{LoopEvent, Settings, Talk, effects};
use crate::app::{App, Effect, Msg, RemoteCommand, TimerCommand, update};
use crate::control::{CallId, ControlEvent, ControlServer, TalkCall};
use crate::deck::{Cursor, SlideNo, Step};
use crate::project;

/// The control socket of a talk.
pub(super) struct RemoteControl {
    server: ControlServer,
    reporter: TalkReporter,
}

impl RemoteControl {
    /// Opens the socket, unless the configuration turns it off. A failure is a notice.
    pub(super) fn start(settings: &Settings, app: &mut App, sender: &EventSender) -> Option<Self> {
        if !settings.control {
            return None;
        }
        let deck = &settings.load_options.path;
        let sender = sender.clone();
        let send = move |event| sender.send(LoopEvent::Control(event));
        match ControlServer::start(deck, send) {
            Ok(server) => Some(Self { server, reporter: TalkReporter::new(deck) }),
            Err(error) => {
                let why = format!("no control socket for `livedeck console` and `remote`: {error}");
                update(app, Msg::Failed(why));
                None
            }
        }
    }
}

impl Talk {
    /// Handles a message of the control socket. Returns true if the presentation ends.
    pub(super) fn on_control(&mut self, event: ControlEvent) -> bool {
        match event {
            ControlEvent::Refresh => {
                self.publish_state(true);
                false
            }
            ControlEvent::Call(call, request) => self.on_call(call, &request),
        }
    }

    fn on_call(&mut self, call: CallId, request: &TalkCall) -> bool {
        let Some(command) = request.command() else { return false };
        let mut answer = Ok(());
        let ends = self.perform(command, &mut answer);
        if let Some(control) = &self.control {
            control.server.answer(call, answer);
        }
        ends
    }

    /// Performs a command of another program. Returns true if the presentation ends.
    pub(super) fn perform(
        &mut self,
        command: RemoteCommand,
        answer: &mut Result<(), String>,
    ) -> bool {
        self.frame_pacing.draw_soon();
        if self.app.changes().scene {
            self.lay_out_unseen();
        }
        let mut ends = false;
        for effect in update(&mut self.app, Msg::Remote(command)) {
            match effect {
                Effect::Answer(result) => *answer = result,
                // Not on the audience's screen.
                Effect::Timer(command) => {
                    self.timer.command(command);
                    self.publish_served();
                }
                effect => ends |= effects::apply(self, &effect),
            }
        }
        self.publish_state(false);
        ends
    }

    /// Handles news of the talk whose notes this window shows. Returns true if the window closes.
    pub(super) fn on_link(&mut self, event: LinkEvent) -> bool {
        self.follow_link(event).is_some_and(|msg| self.dispatch(msg))
    }

    /// Follows the talk whose notes this window shows. Returns the message for the app, if there is one.
    fn follow_link(&mut self, event: LinkEvent) -> Option<Msg> {
        match event {
            LinkEvent::State(state) => {
                self.frame_pacing.draw_soon();
                let slide = SlideNo::new(state.position.slide.saturating_sub(1) as usize);
                let step = u16::try_from(state.position.step.saturating_sub(1)).unwrap_or(u16::MAX);
                Some(Msg::Follow(Cursor { slide, step: Step(step) }))
            }
            LinkEvent::Waiting(_) if self.app.at() == Cursor::default() => {
                let why = "waiting for a talk: start `livedeck` or `presenterm -P` with this deck";
                Some(Msg::Notice(why.to_owned()))
            }
            LinkEvent::Waiting(_) | LinkEvent::Connected(_) | LinkEvent::Refused(_) => None,
        }
    }

    /// Publishes the state if any program is connected. `always` publishes it even if it has not changed.
    pub(super) fn publish_state(&mut self, always: bool) {
        let Some(control) = &mut self.control else { return };
        if !control.server.has_clients() {
            return;
        }
        let timer = self.timer.report(self.duration());
        let Some(control) = &mut self.control else { return };
        let watched = control.server.has_watchers();
        let state = control.reporter.report(&self.app, &self.loaded, timer, watched);
        control.server.publish(state, always);
    }

    /// Changes the timer and says so.
    pub(super) fn set_timer(&mut self, command: TimerCommand) {
        let notice = self.timer.command(command);
        self.publish_served();
        update(&mut self.app, Msg::Notice(notice));
    }

    /// Notes when the current step was shown, if this is a rehearsal.
    pub(super) fn time_rehearsal(&mut self) {
        let (at, elapsed) = (self.app.at(), self.timer.elapsed());
        if let Some(rehearsing) = &mut self.rehearsing {
            rehearsing.shown(at, elapsed);
        }
    }

    /// Saves the times of the rehearsal that ends, if this is one.
    pub(super) fn save_rehearsal(&mut self) -> io::Result<()> {
        let Some(rehearsing) = self.rehearsing.take() else { return Ok(()) };
        let rehearsal = rehearsing.end(&self.loaded.deck, self.timer.elapsed());
        project::save_rehearsal(&self.settings.load_options.path, &rehearsal)
    }

    /// Returns the planned duration of the talk.
    pub(super) fn duration(&self) -> Option<std::time::Duration> {
        self.settings.duration.or(self.loaded.deck.options.duration)
    }
}
