//! What is kept of every call and told of it: books, hours, decisions, votes, and the views of them.
//!
//! The law: what happened is counted once and adds up. Who may see it, when it is stored and what
//! is learned from it are not decided here: a row of evidence is folded by `policy`.

pub mod book;
pub mod feed;
pub mod history;
pub mod kept;
pub mod ledger;
pub mod like_for_like;
pub mod live;
pub mod metrics;
pub mod query;
pub mod rating;
pub mod report;
pub mod ring;
pub mod series;
pub mod settlement;
