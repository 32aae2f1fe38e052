//! What models and runtimes were found not to take: remembered, so that nobody runs into it twice.
//!
//! Its law: a limit is of one model, or of one runtime, and ends by itself. What a model cannot do
//! touches no request that does not need it.

use std::collections::{BTreeMap, BTreeSet};

use runtimes::{faults::Wording, needs::Need};

/// Seconds for which a model is not asked again for what it refused.
const REFUSAL_KEPT: f64 = 86_400.0;
/// Seconds for which a runtime is not sent again a field that it refused.
const WORDING_KEPT: f64 = 3_600.0;

/// What is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A model can't do it.
    Need(Need),
    /// A field has to be spelled otherwise, or left out.
    Wording(Wording),
    /// More tokens than a window holds which is smaller than was believed.
    Window,
}

/// A limit that showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// The id of the model, or the name of the runtime where it is all of its models'.
    pub of: String,
    pub what: What,
    /// Tokens that the window holds.
    pub tokens: Option<u64>,
    /// When it is forgotten, Unix seconds.
    pub until: f64,
}

/// All that are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    held: BTreeMap<(String, What), Held>,
    /// The most tokens of a request that each model has answered.
    answered: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Held {
    tokens: Option<u64>,
    until: f64,
    /// When this isolate noted it itself, Unix seconds.
    noted: Option<f64>,
}

/// Seconds after which the store has what this isolate told it, or never will.
const STORED_AFTER: f64 = 5.0;

impl What {
    pub fn name(self) -> &'static str {
        match self {
            What::Need(need) => need.name(),
            What::Wording(wording) => wording.name(),
            What::Window => "window",
        }
    }

    pub fn parse(name: &str) -> Option<What> {
        let need = || Need::parse(name).map(What::Need);
        let wording = || Wording::parse(name).map(What::Wording);
        (name == "window")
            .then_some(What::Window)
            .or_else(need)
            .or_else(wording)
    }
}

impl Limit {
    /// A model refused what it was asked to do.
    pub fn need(model: &str, need: Need, now: f64) -> Limit {
        Limit::new(model, What::Need(need), None, now + REFUSAL_KEPT)
    }

    /// A field was refused as it was written; `of`: the runtime where it is [`Wording::of_runtime`],
    /// else the model.
    pub fn wording(of: &str, wording: Wording, now: f64) -> Limit {
        let kept = match wording.of_runtime() {
            true => WORDING_KEPT,
            false => REFUSAL_KEPT,
        };
        Limit::new(of, What::Wording(wording), None, now + kept)
    }

    /// A model's window holds no more than that.
    pub fn window(model: &str, tokens: u64, now: f64) -> Limit {
        Limit::new(model, What::Window, Some(tokens), now + REFUSAL_KEPT)
    }

    fn new(of: &str, what: What, tokens: Option<u64>, until: f64) -> Limit {
        Limit {
            of: of.to_owned(),
            what,
            tokens,
            until,
        }
    }
}

impl Limits {
    /// Takes in what showed just now.
    pub fn note(&mut self, limit: Limit, now: f64) {
        let held = Held {
            tokens: limit.tokens,
            until: limit.until,
            noted: Some(now),
        };
        self.held.insert((limit.of, limit.what), held);
    }

    /// Takes in what the store holds. What this isolate noted a moment ago stays.
    pub fn take_in(&mut self, stored: Vec<Limit>, read_at: f64) {
        let lately = |held: &Held| held.noted.is_some_and(|at| at + STORED_AFTER > read_at);
        self.held.retain(|_, held| lately(held));
        for limit in stored {
            self.held.entry((limit.of, limit.what)).or_insert(Held {
                tokens: limit.tokens,
                until: limit.until,
                noted: None,
            });
        }
    }

    pub fn clear(&mut self) {
        *self = Limits::default();
    }

    /// A model answered a request of so many tokens: its window holds that, whatever was said.
    pub fn answered(&mut self, model: &str, tokens: u64) {
        match self.answered.get_mut(model) {
            Some(most) => *most = tokens.max(*most),
            None => {
                self.answered.insert(model.to_owned(), tokens);
            }
        }
    }

    /// Did the model refuse that within a day.
    pub fn refuses(&self, model: &str, need: Need, now: f64) -> bool {
        self.get(model, What::Need(need), now).is_some()
    }

    /// How a request to the model has to be worded.
    pub fn wordings(&self, model: &str, runtime: &str, now: f64) -> BTreeSet<Wording> {
        let known = |wording: &Wording| {
            let of = match wording.of_runtime() {
                true => runtime,
                false => model,
            };
            self.get(of, What::Wording(*wording), now).is_some()
        };
        Wording::ALL.into_iter().filter(known).collect()
    }

    /// Tokens that the model's window holds, where that is less than was believed.
    pub fn window(&self, model: &str, now: f64) -> Option<u64> {
        let told = self.get(model, What::Window, now)?.tokens?;
        Some(
            self.answered
                .get(model)
                .map_or(told, |most| told.max(*most)),
        )
    }

    fn get(&self, of: &str, what: What, now: f64) -> Option<&Held> {
        if self.held.is_empty() {
            return None;
        }
        let held = self.held.get(&(of.to_owned(), what));
        held.filter(|held| held.until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_of_its_own_model_or_runtime_and_ends_by_itself() {
        let mut limits = Limits::default();
        limits.note(Limit::need("m", Need::Images, 0.0), 0.0);
        limits.note(Limit::window("m", 4_096, 0.0), 0.0);
        limits.note(Limit::wording("m", Wording::NoTemperature, 0.0), 0.0);
        limits.note(Limit::wording("r", Wording::NoStreamOptions, 0.0), 0.0);
        assert!(limits.refuses("m", Need::Images, 86_399.0));
        assert!(!limits.refuses("m", Need::Images, 86_400.0));
        assert!(!limits.refuses("m", Need::Tools, 1.0) && !limits.refuses("n", Need::Images, 1.0));
        assert_eq!(
            (limits.window("m", 1.0), limits.window("n", 1.0)),
            (Some(4_096), None)
        );
        let worded = |model, now| limits.wordings(model, "r", now).into_iter().collect();
        let both: Vec<Wording> = worded("m", 1.0);
        assert_eq!(both, [Wording::NoTemperature, Wording::NoStreamOptions]);
        let of_runtime: Vec<Wording> = worded("n", 1.0);
        assert_eq!(of_runtime, [Wording::NoStreamOptions]);
        let later: Vec<Wording> = worded("m", 3_600.0);
        assert_eq!(later, [Wording::NoTemperature], "a runtime's for an hour");
    }

    #[test]
    fn a_read_that_began_before_a_limit_was_stored_does_not_forget_it() {
        let mut limits = Limits::default();
        limits.note(Limit::need("own", Need::Tools, 100.0), 100.0);
        let stored = vec![Limit::need("other", Need::Audio, 90.0)];
        limits.take_in(stored.clone(), 101.0);
        assert!(limits.refuses("own", Need::Tools, 101.0));
        assert!(limits.refuses("other", Need::Audio, 101.0));
        limits.take_in(stored, 110.0);
        assert!(!limits.refuses("own", Need::Tools, 110.0), "a reset");
    }

    #[test]
    fn every_limit_has_a_name_that_is_read_again() {
        let needs = [Need::Tools, Need::Output, Need::Parameters].map(What::Need);
        let wordings = Wording::ALL.map(What::Wording);
        for what in needs.into_iter().chain(wordings).chain([What::Window]) {
            assert_eq!(What::parse(what.name()), Some(what));
        }
        assert_eq!(What::parse("else"), None);
    }
}
