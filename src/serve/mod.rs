//! The web server of a talk (`--serve`): a page that mirrors the slide for the audience, and a remote for the
//! speaker's phone. [docs/SERVE.md](../../docs/SERVE.md) documents it.
//!
//! The talk hands over what it shows to the `handle` and never waits: `publish` replaces what was handed over before. One thread
//! (`renderer`) makes pages of it, another (`server`) serves all connections without ever blocking on one of
//! them. `request` parses requests and `route` decides what they get; both are pure. `limits` bounds everything.

mod address;
mod connection;
mod exchange;
mod handle;
mod limits;
mod page;
mod renderer;
mod request;
mod response;
mod route;
mod server;
mod token;

pub use address::{ServeAddress, ServeLinks};
pub use exchange::{ServeCallId, ServeEvent};
pub use handle::{BoundServer, WebServer};
pub use page::{Publication, RemoteBlock, RemoteView, ServedSlide};
