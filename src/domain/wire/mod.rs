//! What comes from outside and goes there: requests, pages.
//!
//! The law: nothing is trusted and nothing is held that no bound was put to. A reader says what
//! stands there; it does not choose a model or know which protocol is spoken.

pub mod page;
pub mod reminders;
pub mod request;
