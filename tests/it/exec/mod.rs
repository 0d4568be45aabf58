//! Running code in the presenter.

mod attributes;
mod background;
mod bench;
mod faults;
mod kernels;
mod languages;
mod pymodule;
mod remote;
mod sandbox;
mod sessions;
