//! One row of the policy: what is known of one model on one task, and how a call changes it.

use serde::{Deserialize, Serialize};

use super::{
    Tunables,
    latency::Latency,
    price::{PriceShift, PriceStats, PricedCall},
    skill::{QUALITY_HALF_LIFE, Skill},
    steady::Steady,
    teachers::{Voice, mark},
};

/// What one settled call tells. Only successful calls become evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// Unix seconds.
    pub ts: f64,
    /// USD charged, times the simulated multiplier; `None` where it was not measured
    /// (a stream, a header missing or malformed). An estimate never stands here.
    pub charge: Option<f64>,
    /// Where nothing was charged: the tokens that the runtime counted at list price, times what
    /// charges were of it so far, USD. It makes the mean; the price detector never sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computed: Option<f64>,
    /// The charge's own resolution in USD (1e-6 for `0.000012`): rounding noise is half of it.
    pub charge_quantum: f64,
    /// Was the answer, or a part of the request, served from the runtime's cache: its charge tells
    /// nothing about the price.
    pub cache_hit: bool,
    /// The simulated multiplier that is in the charge.
    pub multiplier: f64,
    /// Tokens of this call as the runtime counted them; `None` where it did not say.
    pub in_tokens: Option<u64>,
    pub out_tokens: Option<u64>,
    /// List price of exactly these tokens, USD; `None` without tokens.
    pub list_cost: Option<f64>,
    /// 0..=1 where graded.
    pub quality: Option<f64>,
    /// Who found that.
    pub graded_by: GradedBy,
    /// The id of the key that asked; `None`: an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Did the client say which models may answer, or how dear they may be: then it tells of the
    /// model that answered, to others who do.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub narrowed: bool,
    /// How much of it counts: told by whoever keeps the row's [`super::Teachers`].
    #[serde(skip)]
    pub voice: Voice,
}

/// Who found how good an answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GradedBy {
    /// A program that knows what is right.
    #[default]
    Check,
    /// A program that knows what is broken: that something parses hardly says that it is right.
    Form,
    /// The judge model.
    Judge,
    /// Whoever had the answer.
    Feedback,
}

impl Default for Evidence {
    fn default() -> Evidence {
        Evidence {
            ts: 0.0,
            charge: None,
            computed: None,
            charge_quantum: 0.0,
            cache_hit: false,
            multiplier: 1.0,
            in_tokens: None,
            out_tokens: None,
            list_cost: None,
            quality: None,
            graded_by: GradedBy::default(),
            key: None,
            narrowed: false,
            voice: Voice::default(),
        }
    }
}

/// The learned state of one (task, model). Its Learner is the only writer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    /// Observations since the row was last wiped.
    pub n: u64,
    /// Graded observations among them, and the sum of their qualities.
    pub quality_n: f64,
    pub quality_sum: f64,
    /// Calls with a charge, or a cost computed in its place, and their sum in USD.
    pub cost_n: u64,
    pub cost_sum: f64,
    /// Of calls whose charge and tokens are both known: tokens and USD.
    pub priced_tokens: u64,
    pub priced_cost: f64,
    /// What the charges say of the price.
    pub prices: PriceStats,
    /// What the grades say of the skill; unlike the figures above it survives a wipe, weakly.
    pub skill: Skill,
    /// The same of calls whose client had narrowed the choice: it counts for such calls only.
    #[serde(skip_serializing_if = "Skill::is_empty")]
    pub narrowed: Skill,
    /// How many answers that a check let pass which can only refute the judge has rated, and the sum
    /// of what it said of them.
    #[serde(skip_serializing_if = "is_nothing")]
    pub passed: (f64, f64),
    /// Grades by whom, since the row was last wiped.
    pub grades: Grades,
    /// Tokens of an answer, and what a call costs, USD.
    pub output: Steady,
    pub cost: Steady,
    /// Of calls whose cost was computed: that, and the list price of their tokens. USD.
    #[serde(skip_serializing_if = "is_nothing")]
    pub computed: (f64, f64),
    /// When the first of the `n` observations and the latest one were made, unix seconds: how long
    /// the model has been known for, beside the others. `None` before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Observed>,
    /// How long it takes; it survives a wipe.
    #[serde(skip_serializing_if = "Latency::is_empty")]
    pub latency: Latency,
}

/// How many grades a row has by whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Grades {
    pub check: u64,
    pub form: u64,
    pub judge: u64,
    pub feedback: u64,
}

impl Grades {
    pub fn total(&self) -> u64 {
        self.check + self.form + self.judge + self.feedback
    }

    fn count(&mut self, by: GradedBy) {
        let count = match by {
            GradedBy::Check => &mut self.check,
            GradedBy::Form => &mut self.form,
            GradedBy::Judge => &mut self.judge,
            GradedBy::Feedback => &mut self.feedback,
        };
        *count = count.saturating_add(1);
    }
}

fn is_nothing(sums: &(f64, f64)) -> bool {
    *sums == (0.0, 0.0)
}

/// What a request is, as far as its cost follows from that.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Tokens of the request.
    pub in_tokens: f64,
    /// The most tokens that the answer may have; `None`: as many as it likes.
    pub most_output: Option<f64>,
    /// List prices, USD a token.
    pub in_price: f64,
    pub out_price: f64,
}

/// Unix seconds of a row's first and latest observation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    pub first: f64,
    pub last: f64,
}

impl Row {
    /// Mean quality, 0..=1; `None` before the first graded call.
    pub fn quality(&self) -> Option<f64> {
        let mean = (self.quality_n > 0.0).then(|| self.quality_sum / self.quality_n);
        mean.or_else(|| self.narrowed.mean())
    }

    /// What a request is expected to cost here, USD: its own tokens and an answer as the model
    /// usually writes them, at list price, times what was charged of that so far; what a call
    /// usually costs, where no list price is known. `None` before anything was charged or computed.
    pub fn expected_cost(&self, load: &Load) -> Option<f64> {
        let usual = self.cost.mean().or_else(|| self.avg_cost())?;
        let Some(output) = self.output.mean() else {
            return Some(usual);
        };
        let output = load.most_output.map_or(output, |most| output.min(most));
        let listed = load.in_tokens * load.in_price + output * load.out_price;
        if !(listed > 0.0 && listed.is_finite()) {
            return Some(usual);
        }
        let (computed, of_list) = self.computed;
        let by_tokens = || (of_list > 0.0).then(|| listed * computed / of_list);
        let charged = self.prices.expected(listed, load.in_tokens + output, 1.0);
        charged.or_else(by_tokens).or(Some(usual))
    }

    /// What so many calls with so many tokens, which cost so much at list price, are expected to be
    /// charged here together, USD; `None` before anything was.
    pub fn expected_of(&self, listed: f64, tokens: f64, calls: f64) -> Option<f64> {
        let usual = self.avg_cost()?;
        let (computed, of_list) = self.computed;
        let by_tokens = || (of_list > 0.0).then(|| listed * computed / of_list);
        let charged = self.prices.expected(listed, tokens, calls);
        charged.or_else(by_tokens).or(Some(usual * calls))
    }

    /// Mean measured cost in USD; `None` before the first that was charged or computed.
    pub fn avg_cost(&self) -> Option<f64> {
        (self.cost_n > 0).then(|| self.cost_sum / self.cost_n as f64)
    }

    /// What was charged for each USD of list price; `None` while that is not known of the model.
    pub fn factor(&self) -> Option<f64> {
        self.prices.of_list()
    }

    /// Was it ever charged since its price last moved.
    pub fn is_charged(&self) -> bool {
        self.priced_tokens > 0
    }

    /// Folds one call in. Where its unit price proves that the price moved, the row is wiped,
    /// starts again from this call, and the shift is returned.
    pub fn fold(&mut self, evidence: &Evidence, tunables: &Tunables) -> Option<PriceShift> {
        let priced = priced(evidence).filter(|_| evidence.voice.price);
        let shift = priced.and_then(|call| self.prices.fold(&call, tunables));
        if shift.is_some() {
            let mut skill = std::mem::take(&mut self.skill);
            skill.weaken();
            *self = Row {
                skill,
                latency: std::mem::take(&mut self.latency),
                ..Row::default()
            };
            if let Some(call) = priced {
                self.prices.fold(&call, tunables);
            }
        }
        if evidence.ts.is_finite() {
            self.seen = Some(Observed {
                first: self.seen.map_or(evidence.ts, |seen| seen.first),
                last: evidence.ts,
            });
        }
        self.n = self.n.saturating_add(1);
        if let Some(quality) = graded(evidence) {
            self.grade(evidence, quality);
        }
        if let Some(charge) = charged(evidence).or_else(|| cost(evidence.computed)) {
            self.cost_n = self.cost_n.saturating_add(1);
            self.cost_sum += charge;
            self.cost.fold(charge, evidence.voice.usage);
        }
        if let (Some(computed), Some(listed)) = (cost(evidence.computed), cost(evidence.list_cost))
        {
            let (usd, of_list) = self.computed;
            self.computed = (usd + computed, of_list + listed);
        }
        if let Some(tokens) = evidence.out_tokens.filter(|tokens| *tokens < MOST_TOKENS) {
            self.output.fold(tokens as f64, evidence.voice.usage);
        }
        if let Some(call) = priced {
            self.priced_tokens = self.priced_tokens.saturating_add(call.tokens);
            self.priced_cost += call.charge;
        }
        shift
    }

    fn grade(&mut self, evidence: &Evidence, quality: f64) {
        let voice = evidence.voice.grade;
        if voice <= 0.0 {
            return;
        }
        let (weight, worth) = match evidence.graded_by {
            GradedBy::Form => (
                voice * (1.0 - HARDLY * quality),
                quality * self.worth_of_passing(),
            ),
            _ => (voice, quality),
        };
        self.grades.count(evidence.graded_by);
        if evidence.narrowed && evidence.key.is_some() {
            return self.narrowed.fold(worth, weight, weight);
        }
        self.quality_n += voice;
        self.quality_sum += voice * quality;
        let recent = weight * evidence.voice.recent;
        self.skill.fold(worth, weight, recent);
    }

    /// The judge's grade of an answer that was counted already; `passed`: a check let it pass that can
    /// only refute.
    pub fn complete(&mut self, score: f64, passed: bool, weight: f64, recent: f64) {
        if weight <= 0.0 {
            return;
        }
        self.grades.count(GradedBy::Judge);
        if passed {
            let was = self.worth_of_passing();
            let (n, sum) = self.passed;
            self.passed = (n + weight, sum + weight * score);
            let kept = (1.0 - HARDLY) * weight;
            self.skill.amend(weight - kept, weight * score - kept * was);
        } else {
            self.quality_n += weight;
            self.quality_sum += weight * score;
            self.skill.fold(score, weight, recent);
        }
    }

    /// A client's word of an answer.
    pub fn vote(&mut self, score: f64, weight: f64, recent: f64) {
        if weight > 0.0 {
            self.grades.count(GradedBy::Feedback);
            self.skill.fold(score, weight, recent);
        }
    }

    /// The client thinks better of it, after so many more grades of the row.
    pub fn revote(&mut self, by: f64, weight: f64, since: u64) {
        let left = 0.5_f64.powf(since as f64 / QUALITY_HALF_LIFE);
        self.skill.amend(0.0, by * weight * left);
    }

    /// What an answer is taken for that a check let pass which can only refute: what the judge says
    /// of such answers, and right while it has said nothing.
    fn worth_of_passing(&self) -> f64 {
        let (n, sum) = self.passed;
        (sum + BENEFIT) / (n + BENEFIT)
    }
}

/// The call as far as its charge tells of the price.
fn priced(evidence: &Evidence) -> Option<PricedCall> {
    let charge = charged(evidence)?;
    let plausible = |usd: &f64| usd.is_finite() && (0.0..MOST_CHARGE).contains(usd);
    Some(PricedCall {
        charge,
        quantum: Some(evidence.charge_quantum)
            .filter(plausible)
            .unwrap_or(0.0),
        tokens: tokens_of(evidence)?,
        list_cost: evidence.list_cost.filter(plausible),
        multiplier: evidence.multiplier,
        key: evidence.key.as_deref().map(mark),
    })
}

/// Tokens of a call whose charge may enter the price statistics.
fn tokens_of(evidence: &Evidence) -> Option<u64> {
    let tokens = evidence.in_tokens?.saturating_add(evidence.out_tokens?);
    (tokens > 0 && tokens < MOST_TOKENS && !evidence.cache_hit).then_some(tokens)
}

/// A charge that can be one: finite, not negative, not beyond any bill.
fn charged(evidence: &Evidence) -> Option<f64> {
    cost(evidence.charge)
}

fn cost(usd: Option<f64>) -> Option<f64> {
    usd.filter(|usd| (0.0..MOST_CHARGE).contains(usd))
}

/// A quality that is a number, held within 0..=1.
fn graded(evidence: &Evidence) -> Option<f64> {
    evidence
        .quality
        .filter(|quality| quality.is_finite())
        .map(|quality| quality.clamp(0.0, 1.0))
}

/// What a grade towards 1 loses of its weight where the check could only have refuted the answer.
const HARDLY: f64 = 0.3;
/// Grades of the judge that the benefit of the doubt counts like there.
const BENEFIT: f64 = 2.0;
/// No single call costs as much, USD: what claims to is a broken header, not a charge.
const MOST_CHARGE: f64 = 1e6;
/// No single call holds as many tokens: what claims to is a broken usage figure.
const MOST_TOKENS: u64 = 1_000_000_000;

#[cfg(test)]
impl Evidence {
    /// A graded call of 100 and 200 tokens at that charge.
    pub fn graded(charge: f64, quality: f64) -> Evidence {
        Evidence {
            charge: Some(charge),
            charge_quantum: 1e-6,
            in_tokens: Some(100),
            out_tokens: Some(200),
            list_cost: Some(charge),
            quality: Some(quality),
            ..Evidence::default()
        }
    }
}

#[cfg(test)]
mod tests;
