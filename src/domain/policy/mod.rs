//! What was learned, and what follows from it: rows of evidence, the routing rule over them.

mod row;
mod strategy;
mod tunables;

pub use row::{Evidence, PriceShift, Row};
pub use strategy::{Candidate, Learned, Mode, Plan, route};
pub use tunables::{Strategy, Tunables};
