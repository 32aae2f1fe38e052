//! The laws of the pipeline, told by a world in memory: a scripted runtime and a virtual clock.

mod charges;
mod dry_runs;
mod faults;
mod laws;
mod memory_world;
mod roles;
mod sessions;
mod streams;
mod teaching;
mod told;
mod waiting;
