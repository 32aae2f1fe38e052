//! The laws of the pipeline, told by a world in memory: a scripted runtime and a virtual clock.

mod charges;
mod laws;
mod memory_world;
mod sessions;
mod streams;
mod waiting;
