//! What versions before stored: a row a request.

use super::Known;
use crate::domain::money::Pico;

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: String,
    /// When it was asked, Unix seconds.
    pub at: f64,
    /// `None` once it was settled.
    pub reserved: Option<Pico>,
    pub given_back: bool,
    pub late: bool,
    /// The number of its settlement, what it had cost, and since when that was known; `None` where it
    /// is not settled, or stands in the sums.
    pub settled: Option<(u64, Pico, f64)>,
}

impl Row {
    pub fn known(&self) -> Known {
        Known {
            at: self.at,
            reserved: self.reserved,
            ended: self.reserved.is_none(),
            given_back: self.given_back,
            late: self.late,
        }
    }
}
