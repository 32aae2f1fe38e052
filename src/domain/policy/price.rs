//! Did the price move? A call's charge against what the row's earlier charges let one expect
//! for this call's own tokens.
//!
//! A charge is predicted three ways: as the list price of its tokens, as so much a token, as so
//! much a call, each times the factor that the calls so far show. The runtime may bill by any
//! of them; a running variance of each prediction's error says which one it is. Until that is
//! known, a move counts only where all of them see it, so that a changed mix of tokens is
//! never taken for a changed price. Whatever rounding could explain counts for nothing.
//!
//! One call that is off by more than `PRICE_SHIFT` proves a move. A smaller one proves it when
//! it lasts: calls that are off are held apart from the reference, and once
//! [`LASTING_CALLS`] of them together are off by [`LASTING_SHIFT`], the price has moved.
//!
//! One key alone proves nothing: what only its calls show joins the reference, and there is taken
//! for no more than [`UNPROVEN`] times what was expected. An operator's word does, and so does a
//! multiplier that somebody who may has set.

use serde::{Deserialize, Serialize};

use super::Tunables;

/// A unit price that moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceShift {
    /// USD per token before and after.
    pub old_unit: f64,
    pub new_unit: f64,
}

/// Calls before a move that is too small for one call can be proven, and as many before the
/// predictions are told apart.
const LASTING_CALLS: u64 = 5;
/// A run that has proven nothing by then belongs to the reference.
const LONGEST_RUN: u64 = 12;
/// Off by that much on average, the calls of a run prove a move. Moves of 25 % and more are
/// to be found: the rest is room for rounding.
const LASTING_SHIFT: f64 = 0.17;
/// Off by that much, a call opens a run; back within it on average, the run is closed.
const NOTICEABLE: f64 = 0.10;
/// Standard errors that a deviation has to exceed.
const SURE: f64 = 4.0;
/// A way whose errors stay below this (standard deviation) is exact.
const EXACT: f64 = 0.05;
/// What a charge that proved nothing is taken for at most, and at least the inverse, of what was
/// expected.
const UNPROVEN: f64 = 2.0;
/// Calls after which old charges count half: a price that creeps is followed.
const HALF_LIFE: f64 = 200.0;
/// Where a prediction is exact, its error is still taken to vary by this much (variance of
/// the logarithm).
const FINEST: f64 = 1e-4;

/// A charge with everything that it is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct PricedCall {
    /// USD.
    pub charge: f64,
    /// Resolution of the charge, USD.
    pub quantum: f64,
    pub tokens: u64,
    /// List price of exactly these tokens, USD.
    pub list_cost: Option<f64>,
    /// The simulated multiplier that is in the charge.
    pub multiplier: f64,
    /// The mark of the key that asked; `None`: an operator.
    pub key: Option<u32>,
}

/// What a charge is predicted by, in the order of preference: list price, tokens, calls.
const WAYS: usize = 3;

/// Sums over some calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Sums {
    calls: f64,
    charge: f64,
    /// What each way goes by: USD at list price, tokens, calls.
    by: [f64; WAYS],
    /// Sum of squared quanta: the rounding noise in `charge`.
    rounding: f64,
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.calls += other.calls;
        self.charge += other.charge;
        self.rounding += other.rounding;
        for (sum, more) in self.by.iter_mut().zip(other.by) {
            *sum += more;
        }
    }

    fn fade(&mut self, keep: f64) {
        self.calls *= keep;
        self.charge *= keep;
        self.rounding *= keep;
        self.by.iter_mut().for_each(|sum| *sum *= keep);
    }

    fn of(call: &PricedCall) -> Sums {
        Sums {
            calls: 1.0,
            charge: call.charge,
            by: [call.list_cost.unwrap_or(0.0), call.tokens as f64, 1.0],
            rounding: call.quantum * call.quantum,
        }
    }
}

/// The price statistics of one row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceStats {
    /// Calls since the wipe, and their tokens.
    calls: u64,
    tokens: u64,
    /// Some call came without a list price: that way is closed.
    unlisted: bool,
    reference: Sums,
    /// Calls that are off in one direction, held apart.
    run: Sums,
    run_calls: u64,
    /// Running variance of the logarithm of charge over prediction, for each way.
    variance: [f64; WAYS],
    /// The same errors of the calls held apart, as a sum of squares: they count once the run
    /// turns out to be none.
    run_errors: [f64; WAYS],
    /// The key that alone saw the price move, and whether upwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspicion: Option<(u32, bool)>,
    /// Is the word of those whose calls are held apart enough.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    run_vouched: bool,
    /// The multiplier that the reference was charged under.
    #[serde(skip_serializing_if = "Option::is_none")]
    multiplier: Option<f64>,
}

/// How far a charge is from what a way predicts.
#[derive(Clone, Copy)]
struct Deviation {
    /// charge / expected − 1, moved towards 0 by what rounding could explain.
    shift: f64,
    expected: f64,
}

impl PriceStats {
    /// What was charged for each USD of list price; `None` while either is unknown or nothing.
    pub fn of_list(&self) -> Option<f64> {
        let [list, ..] = self.reference.by;
        let factor = self.reference.charge / list;
        (!self.unlisted && list > 0.0 && factor.is_finite()).then_some(factor)
    }

    /// What so many calls are expected to be charged of which is known what they cost at list price,
    /// USD, and how many tokens they have; `None` before the first charge.
    pub fn expected(&self, list_cost: f64, tokens: f64, calls: f64) -> Option<f64> {
        let way = self.way().or_else(|| self.open().next())?;
        let by = [list_cost, tokens, calls];
        let (by, known) = (by.get(way)?, self.reference.by.get(way)?);
        let expected = self.reference.charge * by / known;
        (*by > 0.0 && expected.is_finite()).then_some(expected)
    }

    /// Takes one more charge in. Where it proves that the price moved, nothing is taken in and
    /// the move is returned: the caller starts again with fresh statistics.
    pub(super) fn fold(&mut self, call: &PricedCall, tunables: &Tunables) -> Option<PriceShift> {
        let one = Sums::of(call);
        let ripe =
            self.calls >= tunables.min_samples && self.tokens >= tunables.min_tokens_for_price;
        self.unlisted |= call.list_cost.is_none_or(|cost| cost <= 0.0);
        let under = *self.multiplier.get_or_insert(call.multiplier);
        let vouched = call.key.is_none() || under != call.multiplier;
        let at_once = self.at_once(&one, call, tunables).filter(|_| ripe);
        if let Some(shift) = at_once
            && (vouched || self.is_seconded(call, shift.new_unit > shift.old_unit))
        {
            return Some(shift);
        }
        let errors = self.errors(&one);
        let young = self.way().is_none();
        self.calls = self.calls.saturating_add(1);
        self.tokens = self.tokens.saturating_add(call.tokens);
        let Some(way) = self.way().filter(|_| !young) else {
            // No way is known to hold yet: nothing can be told from a small deviation.
            self.settle(&self.unproven(one, vouched), errors);
            return None;
        };
        let off = self.deviation(&one, way);
        let noticeable = off.is_some_and(|off| off.shift.abs() > NOTICEABLE);
        if self.run_calls == 0 && !(ripe && noticeable) {
            self.settle(&one, errors);
            return None;
        }
        let same_side = self.run_calls == 0
            || self.deviation(&self.run, way).is_none_or(|run| {
                off.is_none_or(|off| off.shift == 0.0 || run.shift * off.shift > 0.0)
            });
        self.run_vouched |= vouched;
        if noticeable && off.is_some_and(|off| self.is_seconded(call, off.shift > 0.0)) {
            self.run_vouched = true;
        }
        self.run.add(&one);
        self.run_calls += 1;
        for (sum, error) in self.run_errors.iter_mut().zip(errors) {
            *sum += error;
        }
        let run = self.deviation(&self.run, way);
        let spread = self.spread(way) / (self.run_calls as f64).sqrt();
        if let Some(run) = run
            && self.run_calls >= LASTING_CALLS
            && run.shift.abs() > LASTING_SHIFT
            && run.shift.abs() > SURE * spread
            && self.run_vouched
        {
            let tokens = self.run.by[1].max(1.0);
            return Some(PriceShift {
                old_unit: run.expected / tokens,
                new_unit: self.run.charge / tokens,
            });
        }
        let lasting = run.is_some_and(|run| run.shift.abs() > NOTICEABLE / 2.0);
        if !lasting || !same_side || self.run_calls >= LONGEST_RUN {
            let run = std::mem::take(&mut self.run);
            let errors = std::mem::take(&mut self.run_errors);
            self.run_calls = 0;
            let vouched = std::mem::take(&mut self.run_vouched);
            self.multiplier = Some(call.multiplier);
            self.suspicion = None;
            self.settle(&self.unproven(run, vouched), errors);
        }
        None
    }

    /// Did another key see the price move in that direction lately; if none did, this one has now.
    fn is_seconded(&mut self, call: &PricedCall, up: bool) -> bool {
        let Some(key) = call.key else { return true };
        let seconded = self
            .suspicion
            .is_some_and(|(other, way)| other != key && way == up);
        self.suspicion = Some((key, up));
        seconded
    }

    /// Calls as they join the reference, where nobody's word but one key's speaks for them.
    fn unproven(&self, mut sums: Sums, vouched: bool) -> Sums {
        let way = self.way().or_else(|| self.open().next());
        let expected = way
            .and_then(|way| self.deviation(&sums, way))
            .map_or(0.0, |off| off.expected);
        if !vouched && expected > 0.0 {
            sums.charge = sums.charge.clamp(expected / UNPROVEN, expected * UNPROVEN);
        }
        sums
    }

    /// Off by more than `PRICE_SHIFT` by the true way; while that is not known, by every way
    /// that was exact so far, or by every one where none was.
    fn at_once(&self, one: &Sums, call: &PricedCall, tunables: &Tunables) -> Option<PriceShift> {
        let proves = |way: usize| {
            self.deviation(one, way).filter(|off| {
                off.shift.abs() > tunables.price_shift && off.shift.abs() > SURE * self.spread(way)
            })
        };
        let off = match self.way() {
            Some(way) => proves(way)?,
            None => {
                let exact = |way: &usize| self.spread(*way) < EXACT;
                let some_exact = self.open().any(|way| exact(&way));
                let all: Vec<Deviation> = self
                    .open()
                    .filter(|way| !some_exact || exact(way))
                    .map(proves)
                    .collect::<Option<_>>()?;
                let first = *all.first()?;
                let agreed = all.iter().all(|off| off.shift * first.shift > 0.0);
                agreed.then_some(first)?
            }
        };
        let tokens = call.tokens as f64;
        Some(PriceShift {
            old_unit: off.expected / tokens,
            new_unit: call.charge / tokens,
        })
    }

    /// The ways that can be gone by at all.
    fn open(&self) -> impl Iterator<Item = usize> {
        (usize::from(self.unlisted)..WAYS)
            .filter(|&way| self.reference.by.get(way).is_some_and(|&by| by > 0.0))
    }

    /// The way whose errors vary least, once enough calls were seen to tell.
    fn way(&self) -> Option<usize> {
        if self.calls < LASTING_CALLS {
            return None;
        }
        self.open()
            .min_by(|&a, &b| self.spread(a).total_cmp(&self.spread(b)))
    }

    /// Standard deviation of a way's relative error.
    fn spread(&self, way: usize) -> f64 {
        self.variance
            .get(way)
            .copied()
            .unwrap_or(0.0)
            .max(FINEST)
            .sqrt()
    }

    /// `None` where the reference predicts nothing.
    fn deviation(&self, sums: &Sums, way: usize) -> Option<Deviation> {
        let (by, known) = (*sums.by.get(way)?, *self.reference.by.get(way)?);
        if by <= 0.0 || known <= 0.0 {
            return None;
        }
        let share = by / known;
        let expected = self.reference.charge * share;
        // Rounding is uniform over a quantum: its standard deviation is a √12th of it, and it is
        // never more than half of it, which tells more of a single call.
        let sd = |squares: f64| SURE * (squares / 12.0).sqrt();
        let known_noise = self.reference.rounding * share * share;
        let most = 0.5 * (sums.rounding * sums.calls).sqrt() + sd(known_noise);
        let noise = sd(sums.rounding + known_noise).min(most);
        let off = sums.charge - expected;
        let off = off.signum() * (off.abs() - noise).max(0.0);
        Some(Deviation {
            // A price that was nothing moves without bound as soon as something is charged.
            shift: off / expected.max(f64::MIN_POSITIVE),
            expected,
        })
        .filter(|deviation| deviation.shift.is_finite())
        .or((off > 0.0).then_some(Deviation {
            shift: f64::MAX,
            expected,
        }))
    }

    /// Squared error of each way on this call.
    fn errors(&self, one: &Sums) -> [f64; WAYS] {
        let mut errors = [0.0; WAYS];
        for (way, error) in errors.iter_mut().enumerate() {
            if let Some(off) = self.deviation(one, way) {
                // As a logarithm, and bounded: one wild call is no reason to trust nothing.
                let off = (1.0 + off.shift).max(1e-3).ln().clamp(-2.0, 2.0);
                *error = off * off;
            }
        }
        errors
    }

    /// Lets calls, with the sums of their errors, into the reference.
    fn settle(&mut self, sums: &Sums, errors: [f64; WAYS]) {
        // The first call has nothing to be compared with.
        let compared = self.calls.saturating_sub(1).max(1) as f64;
        let weight = (sums.calls / compared).clamp(0.02, 1.0);
        if self.reference.calls > 0.0 {
            for (variance, error) in self.variance.iter_mut().zip(errors) {
                *variance += weight * (error / sums.calls - *variance);
            }
        }
        self.reference.fade(0.5_f64.powf(sums.calls / HALF_LIFE));
        self.reference.add(sums);
    }
}
