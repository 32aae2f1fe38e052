//! Which models the client lets a request have, and which of them have what it needs.
//!
//! Its law: what is not known of a model passes; what is known to be missing does not. A list of the
//! client's is never widened: where nothing is left the request is refused, and told why.

use std::collections::BTreeMap;

use runtimes::needs::{Accepts, Need, Needs};

use crate::domain::refusal::Refusal;

/// What the client says of the models it wants: all optional, never sent on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    /// Only these; `None`: any.
    pub models: Option<Vec<Pattern>>,
    pub exclude: Vec<Pattern>,
    /// Only models that carry all of them.
    pub tags: Vec<String>,
    /// 0..1 in place of `QUALITY_TOLERANCE`.
    pub tolerance: Option<f64>,
    /// Seconds to the first token of a stream, or to the end of a whole answer.
    pub max_latency: Option<f64>,
}

/// Entries of a list at most, and characters of one.
const MOST_ENTRIES: usize = 32;
const MOST_CHARACTERS: usize = 200;

impl Wishes {
    /// Reads them through `field`, which gives a field's raw value by its name. Refuses with 422,
    /// naming the field.
    pub fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Wishes, Refusal> {
        let given = |name: &str| field(name).filter(|raw| *raw != "null");
        let patterns = |name: &str| {
            let list = given(name).map(|raw| list(name, raw)).transpose()?;
            Ok::<_, Refusal>(list.map(|list| list.into_iter().map(Pattern).collect()))
        };
        let number = |name: &str, bounds: std::ops::RangeInclusive<f64>| {
            let Some(raw) = given(name) else {
                return Ok(None);
            };
            let number = serde_json::from_str::<f64>(raw).ok();
            number
                .filter(|number| bounds.contains(number))
                .map(Some)
                .ok_or_else(|| {
                    let (from, to) = (bounds.start(), bounds.end());
                    wrong(name, &format!("must be a number from {from} to {to}"))
                })
        };
        Ok(Wishes {
            models: patterns("arbiter_models")?,
            exclude: patterns("arbiter_exclude")?.unwrap_or_default(),
            tags: given("arbiter_tags")
                .map(|raw| list("arbiter_tags", raw))
                .transpose()?
                .unwrap_or_default(),
            tolerance: number("arbiter_tolerance", 0.0..=1.0)?,
            max_latency: number("arbiter_max_latency", 0.001..=3_600.0)?,
        })
    }

    /// Do they name one of these models, and no other.
    pub fn pin<'a>(&self, models: impl Iterator<Item = &'a str>) -> bool {
        self.models.as_deref().is_some_and(|list| {
            let named = |id: &&str| list.iter().any(|pattern| pattern.fits(id));
            models.filter(named).count() == 1
        })
    }

    /// Is the choice among models narrowed by them.
    pub fn narrow(&self) -> bool {
        self.models.is_some() || !self.exclude.is_empty() || !self.tags.is_empty()
    }
}

fn list(name: &str, raw: &str) -> Result<Vec<String>, Refusal> {
    let expected = || {
        wrong(
            name,
            &format!("must be an array of 1 to {MOST_ENTRIES} strings"),
        )
    };
    let items: Vec<String> = serde_json::from_str(raw).map_err(|_| expected())?;
    if items.is_empty() || items.len() > MOST_ENTRIES {
        return Err(expected());
    }
    if items
        .iter()
        .any(|item| item.is_empty() || item.len() > MOST_CHARACTERS)
    {
        return Err(wrong(
            name,
            &format!("has an entry that is empty or longer than {MOST_CHARACTERS} characters"),
        ));
    }
    Ok(items)
}

fn wrong(name: &str, message: &str) -> Refusal {
    Refusal::invalid(Some(name.to_owned()), format!("`{name}` {message}"))
}

/// An id, in which `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    pub fn new(text: &str) -> Pattern {
        Pattern(text.to_owned())
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    pub fn fits(&self, id: &str) -> bool {
        text::pattern::fits(&self.0, id)
    }
}

/// A model, as far as it is looked at here.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    pub id: &'a str,
    pub accepts: &'a Accepts,
    pub tags: &'a [String],
    pub max_output: Option<u64>,
}

/// Why a model is out of the running for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Excluded {
    NotListed,
    Listed,
    Tags,
    /// It is known not to take it.
    Cannot(Need),
    /// It refused it within a day.
    Refused(Need),
    /// The terms of the caller's key.
    Key,
    /// Its window does not hold the request.
    Context,
    /// It may cost more than `arbiter_max_cost`, or take longer than `arbiter_max_latency`.
    Budget,
    Latency,
    /// It, or its runtime, failed lately.
    Out,
}

impl Excluded {
    pub fn name(self) -> String {
        match self {
            Excluded::NotListed => "arbiter_models".into(),
            Excluded::Listed => "arbiter_exclude".into(),
            Excluded::Tags => "arbiter_tags".into(),
            Excluded::Cannot(need) => format!("cannot_{}", need.name()),
            Excluded::Refused(need) => format!("refused_{}", need.name()),
            Excluded::Key => "key".into(),
            Excluded::Context => "context".into(),
            Excluded::Budget => "budget".into(),
            Excluded::Latency => "latency".into(),
            Excluded::Out => "out".into(),
        }
    }

    /// The first wish or need that keeps the model out; `refused` says whether it refused a need within a
    /// day. `output`: tokens that are asked for at most.
    pub fn of(
        offer: &Offer<'_>,
        wishes: &Wishes,
        needs: &Needs,
        output: Option<u64>,
        refused: impl Fn(Need) -> bool,
    ) -> Option<Excluded> {
        let named = |list: &[Pattern]| list.iter().any(|pattern| pattern.fits(offer.id));
        if wishes.models.as_ref().is_some_and(|list| !named(list)) {
            return Some(Excluded::NotListed);
        }
        if named(&wishes.exclude) {
            return Some(Excluded::Listed);
        }
        if !wishes.tags.iter().all(|tag| offer.tags.contains(tag)) {
            return Some(Excluded::Tags);
        }
        let too_long = output
            .zip(offer.max_output)
            .is_some_and(|(asked, most)| asked > most);
        for need in needs.list.iter().copied() {
            if offer.accepts.refuses(need) || (need == Need::Output && too_long) {
                return Some(Excluded::Cannot(need));
            }
            if refused(need) {
                return Some(Excluded::Refused(need));
            }
        }
        None
    }
}

/// How many models are out for which reason, as a refusal tells it.
pub fn tally(reasons: impl Iterator<Item = Excluded>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason.name()).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests;
