//! What one row of an account's storage holds: all that happened from one write to the next.

use serde::{Deserialize, Serialize};

use crate::domain::money::Pico;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Page {
    /// Oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
    /// Requests that are no longer counted, and when they were asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub given_back: Vec<(String, f64)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<Settled>,
    /// What came on top of a settlement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<Settled>,
    /// What may be asked after it before the next page is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Ahead>,
}

/// That many requests, for which so much is set aside together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ahead {
    pub requests: u64,
    pub reserved: Pico,
}

/// A request that was counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub id: String,
    /// Unix seconds.
    pub at: f64,
    /// What is set aside for it until it is settled; `None`: it is only counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Pico>,
}

/// What a request cost, and since when it is known. Unix seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    pub id: String,
    pub spent: Pico,
    pub at: f64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
}

/// What is known of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Known {
    /// When it was asked, Unix seconds.
    pub at: f64,
    pub reserved: Option<Pico>,
    /// Is it settled.
    pub ended: bool,
    pub given_back: bool,
    /// Was something paid for it that came on top.
    pub late: bool,
}

impl Asked {
    pub fn known(&self) -> Known {
        Known {
            at: self.at,
            reserved: self.reserved,
            ended: self.reserved.is_none(),
            ..Known::default()
        }
    }
}

impl Ahead {
    /// Takes one request out of it, if that is in it.
    pub fn take(&mut self, reserved: Option<Pico>) -> bool {
        let reserved = reserved.unwrap_or_default();
        let holds = self.requests > 0 && self.reserved >= reserved;
        if holds {
            self.requests -= 1;
            self.reserved = Pico(self.reserved.0 - reserved.0);
        }
        holds
    }
}

impl Page {
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty()
            && self.given_back.is_empty()
            && self.settled.is_empty()
            && self.late.is_empty()
    }

    /// What is known of a request by this page too, where `known` is known by those before it.
    pub fn add_to(&self, known: Option<Known>, id: &str) -> Option<Known> {
        let asked = self.asked.iter().find(|it| it.id == id);
        let known = asked.map(Asked::known).or(known);
        let given_back = self.given_back.iter().any(|it| it.0 == id);
        let ended = self.settled.iter().any(|it| it.id == id);
        let late = self.late.iter().any(|it| it.id == id);
        let known = match known {
            None if !ended && !late => return None,
            known => known.unwrap_or_default(),
        };
        Some(Known {
            ended: known.ended || ended,
            given_back: known.given_back || given_back,
            late: known.late || late,
            ..known
        })
    }
}
