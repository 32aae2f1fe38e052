//! One isolate: what it remembers of the books, what it has yet to tell, what is asked once for all who
//! look on, and whom it takes the others to be.
//!
//! The law: nothing here is the truth. An isolate can vanish at any time, and what it has not told
//! by then is told by nobody. It decides nothing: whom to choose is `policy`'s.

pub mod asked;
pub mod hanging;
pub mod isolates;
pub mod memory;
pub mod outages;
pub mod post;
