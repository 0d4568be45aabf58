//! What the loop makes of an event: it becomes a message, and what the app asks for then is done.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::channel::Letters;
use super::input::Input;
use super::settings::protocol;
use super::{Ending, Event, Talk, effects, mouse, transition};
use crate::app::{Msg, update};
use crate::exec;
use crate::project::Show;
use crate::run::Event::{Finished, Output, Picture, Shown};
use crate::view::ColorDepth;

/// How long pieces of output are taken in before keys are looked at again.
const SIP: Duration = Duration::from_millis(4);

impl Talk {
    /// Takes in what waits already: all that is not output, and a sip of what is. True when the
    /// talk is over.
    pub(super) fn hear_all(&mut self, input: &mut Input, letters: &Letters) -> bool {
        let start = Instant::now();
        let mut keys = Vec::new();
        loop {
            if input.read(&mut keys).is_err() {
                // The terminal is gone: there is nobody left to present to.
                self.ending = Ending::HANGUP;
                return true;
            }
            let waiting = keys.drain(..).chain(letters.events.try_iter());
            for event in waiting.collect::<Vec<_>>() {
                if self.hear(event) {
                    return true;
                }
            }
            match letters.output.try_recv() {
                Ok(event) if start.elapsed() < SIP => {
                    self.hear(Event::Exec(event));
                }
                Ok(event) => return self.hear(Event::Exec(event)),
                Err(_) => return false,
            }
        }
    }

    /// Takes in one event; true when the talk is over.
    pub(super) fn hear(&mut self, event: Event) -> bool {
        let hurried = transition::is_cut_by(&event) && self.turn.take().is_some();
        let is_over = self.take_in(event);
        if hurried {
            // Who presses a key during a turn does not want another one.
            self.app.changed.transition = None;
        }
        is_over
    }

    fn take_in(&mut self, event: Event) -> bool {
        if !matches!(event, Event::Key(_)) {
            // It may change what the next slide looks like.
            self.ahead = None;
        }
        let msg = match event {
            Event::Key(key) => {
                self.frames.hurry();
                Msg::Key(key.into())
            }
            Event::Mouse(event) => match mouse::pointed(&self.app, &self.scene, event) {
                Some(msg) => {
                    self.frames.hurry();
                    msg
                }
                None => return false,
            },
            Event::Answers(answers) => {
                self.screen.learn(answers.cell, answers.large_text);
                if answers.true_color && self.settings.color_depth.is_none() {
                    self.screen.set_depth(ColorDepth::TrueColor);
                }
                self.media.set_protocol(protocol(&self.settings, answers));
                self.frames.hurry();
                Msg::Redraw
            }
            Event::Resized => {
                self.screen.resize();
                self.media.repaint();
                self.frames.hurry();
                Msg::Resized
            }
            Event::Suspend => {
                self.suspend();
                Msg::Resumed
            }
            Event::Terminate(ending) => {
                self.ending = ending;
                Msg::Terminate
            }
            Event::Opened(_) => return false,
            Event::Continued => {
                if std::mem::take(&mut self.was_suspended) {
                    return false;
                }
                self.take_back();
                Msg::Resumed
            }
            Event::Loaded(show) => {
                let loaded = self.replace(*show);
                if self.tell(loaded) {
                    return true;
                }
                Msg::Recorded(self.show.recorded.clone())
            }
            Event::NotLoaded(why) => Msg::Failed(why),
            Event::PicturesChanged => {
                self.media.forget();
                self.review.forget();
                Msg::Redraw
            }
            Event::PictureSeen | Event::Coloured => {
                self.frames.hurry();
                Msg::Redraw
            }
            Event::Validated(found) => Msg::Validated(found),
            Event::Examined(examined) => {
                // Of a deck that has changed since, the next letter tells.
                if !Arc::ptr_eq(&examined.deck, &self.show.deck) {
                    return false;
                }
                Msg::Examined(examined.inquiry)
            }
            Event::Reviewed(found) => Msg::Reviewed(found),
            Event::Picture(loaded) => {
                self.media.loaded(loaded);
                self.frames.hurry();
                Msg::Redraw
            }
            Event::Told(slide, pauses) => {
                self.frames.hurry();
                Msg::MovedTo(slide, pauses)
            }
            Event::Exec(exec::ExecEvent::Run(run, event)) => {
                if matches!(event, Output(_) | Shown(_) | Picture(_) | Finished(..)) {
                    self.frames.release();
                }
                Msg::Run(run, event)
            }
            Event::Exec(exec::ExecEvent::Prepared(code, how)) => Msg::Prepared(code, how),
            Event::Exec(exec::ExecEvent::Variables(run, names)) => Msg::Variables(run, names),
            Event::Exec(exec::ExecEvent::Warning(what)) => Msg::Failed(what),
        };
        self.tell(msg)
    }

    /// Updates the app and does what it asks for; true when the talk is over.
    pub(super) fn tell(&mut self, msg: Msg) -> bool {
        // What a key means depends on the scene that the speaker sees.
        if matches!(msg, Msg::Key(_) | Msg::Wheel(..)) && self.app.changed.scene {
            self.lay_out_unseen();
        }
        let wanted = update(&mut self.app, msg);
        wanted.iter().any(|effect| effects::perform(self, effect))
    }

    /// Puts what was read again in the place of what is shown.
    pub(super) fn replace(&mut self, show: Show) -> Msg {
        let other_python =
            show.deck.options.python_interpreter != self.show.deck.options.python_interpreter;
        self.show = show;
        if other_python {
            self.executor = effects::executor(&self.settings, &self.show, &self.mailbox);
        }
        self.frames.hurry();
        Msg::Loaded(self.show.deck.clone())
    }
}
