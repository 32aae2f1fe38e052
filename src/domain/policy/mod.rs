//! What was learned, and what follows from it: rows of evidence, the routing rule over them.
//!
//! Folding and routing are pure: a row after a call follows from the row before it and the
//! call's evidence; a plan follows from the snapshot and a seed. Nothing here knows a clock,
//! a request's text or a platform.

mod adaptive;
mod belief;
mod candidate;
mod dice;
mod front;
mod latency;
mod plain;
mod price;
mod prior;
mod row;
mod skill;
mod steady;
mod strategy;
mod teachers;
mod tunables;

pub use candidate::{Candidate, Learned, Mode, Ranking, Weighed};
pub use latency::Latency;
pub use price::{PriceShift, PriceStats};
pub use row::{Evidence, GradedBy, Grades, Load, Observed, Row};
pub use skill::{RECENT, Skill};
pub use steady::Steady;
pub use strategy::route;
pub use teachers::{Lesson, Teachers, Voice};
pub use tunables::{LearnFrom, Strategy, Tunables};
