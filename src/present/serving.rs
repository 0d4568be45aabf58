//! The talk's side of its web server: hands over what it shows while anyone follows the talk, and performs what
//! the speaker's remote asks for.

use ratatui::style::Style;

use super::channel::EventSender;
use super::talk_log::has_masked_output;
use super::talk_report::TalkReporter;
use super::{LoopEvent, Settings, Talk};
use crate::app::{App, Msg, RemoteCommand, update};
use crate::control::TalkCall;
use crate::export::TerminalColors;
use crate::headless;
use crate::layout::{Highlighting, Item, Scene};
use crate::project::LoadedDeck;
use crate::serve::{
    BoundServer, Publication, RemoteBlock, RemoteView, ServeCallId, ServeEvent, ServedSlide,
    WebServer,
};

/// The web server of a talk.
pub(super) struct Serving {
    server: WebServer,
    reporter: TalkReporter,
}

/// Takes the address of a talk that is to be served, before the deck is loaded: footers show it. A failure is
/// for the speaker.
pub(super) fn bind(settings: &mut Settings) -> Option<Result<BoundServer, String>> {
    let address = settings.serve?;
    let bound = BoundServer::bind(address).map_err(|error| {
        let port = address.port.map_or_else(String::new, |port| format!(" port {port}"));
        format!("cannot serve the talk at {}{port}: {error}", address.ip)
    });
    if let Ok(server) = &bound {
        settings.load_options.serve_url = Some(server.links().audience.as_str().into());
    }
    Some(bound)
}

impl Serving {
    /// Starts to serve. A failure is a notice.
    pub(super) fn start(
        bound: Option<Result<BoundServer, String>>,
        settings: &Settings,
        app: &mut App,
        sender: &EventSender,
    ) -> Option<Self> {
        let sender = sender.clone();
        let send = move |event| sender.send(LoopEvent::Serve(event));
        let started = bound?.and_then(|server| {
            let is_elsewhere = server.is_elsewhere();
            let server =
                server.start(send).map_err(|error| format!("cannot serve the talk: {error}"))?;
            Ok((server, is_elsewhere))
        });
        match started {
            Ok((server, is_elsewhere)) => {
                update(app, Msg::Served(server.addresses().clone()));
                if is_elsewhere {
                    let address = &server.addresses().address;
                    let notice = format!("the usual port is taken; the talk is at {address}");
                    update(app, Msg::Notice(notice));
                }
                Some(Self { server, reporter: TalkReporter::new(&settings.load_options.path) })
            }
            Err(why) => {
                update(app, Msg::Failed(why));
                None
            }
        }
    }
}

impl Talk {
    /// Handles a message of the web server. Returns true if the presentation ends.
    pub(super) fn on_serve(&mut self, event: ServeEvent) -> bool {
        match event {
            ServeEvent::Refresh => self.publish_served(),
            ServeEvent::Audience(report) => {
                update(&mut self.app, Msg::Served(report));
                self.publish_state(false);
            }
            ServeEvent::Call(call, request) => return self.on_served_call(call, &request),
        }
        false
    }

    fn on_served_call(&mut self, id: ServeCallId, request: &TalkCall) -> bool {
        let command = match request.command() {
            // A phone cannot see the question whether code may run.
            Some(RemoteCommand::Run { block }) => RemoteCommand::RunAllowed { block },
            Some(command) => command,
            None => return false,
        };
        let mut answer = Ok(());
        let ends = self.perform(command, &mut answer);
        if let Some(serving) = &self.serving {
            serving.server.answer(id, answer);
        }
        ends
    }

    /// Hands over what the talk shows, if anyone follows it. Making pages of it is the work of other threads.
    pub(super) fn publish_served(&mut self) {
        if !self.serving.as_ref().is_some_and(|serving| serving.server.has_clients()) {
            return;
        }
        let slide =
            if self.app.blank().is_some() { None } else { Some(Box::new(self.served_slide())) };
        let timer = self.timer.report(self.duration());
        let Self { serving: Some(Serving { server, reporter }), app, loaded, settings, .. } = self
        else {
            return;
        };
        let state = reporter.report(app, loaded, timer, false);
        let deck = app.deck();
        let at = app.at();
        let here = state.position.slide;
        let blocks = state.blocks.into_iter().filter(|block| block.slide == here).map(|report| {
            let cell = deck.cells.iter().find(|cell| cell.id.0 == report.number);
            let allowed = cell.is_some_and(|cell| app.is_run_allowed(cell.id));
            RemoteBlock { report, allowed }
        });
        let notes = deck.slide(at.slide).notes.iter().filter(|note| note.step <= at.step);
        let remote = RemoteView {
            blocks: blocks.collect(),
            position: state.position,
            titles: state.titles,
            mode: state.screen.mode,
            blank: state.screen.blank,
            timer: state.timer,
            notes: notes.map(|note| note.text.trim().to_owned()).collect(),
        };
        let file = || settings.load_options.path.file_stem().unwrap_or_default().to_string_lossy();
        let title = deck.meta.title_source.as_deref().map_or_else(file, Into::into).into_owned();
        let document = (title, deck.options.language.clone());
        server.publish(Publication { slide, remote, document });
    }

    /// Returns the slide at its step, without what `+mask` matches.
    fn served_slide(&mut self) -> ServedSlide {
        let size = self.slide_size();
        let Self { app, loaded, scene, media, .. } = self;
        let scene = if has_masked_output(app.deck(), app.runs()) {
            let masked = LoadedDeck { hides_masked: true, ..loaded.clone() };
            headless::current_scene(&masked, app, (size, Highlighting::Cached), media)
        } else {
            scene.clone()
        };
        let pictures = keys(&scene).into_iter().filter_map(|key| {
            let picture = media.unread_picture(&key)?;
            Some((key, picture))
        });
        let pictures = pictures.collect();
        let base: Style = loaded.style(app.at().slide).theme.base;
        ServedSlide { scene, pictures, colors: TerminalColors::of_style(base) }
    }
}

/// Returns the pictures of a scene.
fn keys(scene: &Scene) -> Vec<crate::layout::PictureKey> {
    let items = scene.body.iter().chain(&scene.frame);
    let key = |item: &Item| match item {
        Item::Picture { key, .. } => Some(key.clone()),
        _ => None,
    };
    items.filter_map(|placed| key(&placed.item)).collect()
}
