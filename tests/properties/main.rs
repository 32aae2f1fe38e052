//! Whatever comes from outside: no panic, bounded time and memory, nothing lost, nothing made up.

mod answers;
mod headers;
mod requests;
