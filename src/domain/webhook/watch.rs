//! What was told, and what is to be told next: a pure step from what the clock finds.

use std::collections::{BTreeMap, BTreeSet};

use chat::Task;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Came, Event, Kind};
use crate::domain::{
    account::deployment::Mark,
    books::feed::Alert,
    runtime::{quarantine::Quarantine, registry::Model},
};

/// Seconds for which a model is left out before that is told.
const LONG_OUT: f64 = 600.0;
/// Seconds between two events of a kind of one subject.
const APART: f64 = 600.0;
/// Seconds after which an alert that was never told no longer is.
const OLD: f64 = 3_600.0;
/// Seconds until each further try, counted from the one before.
const AGAIN: [f64; 4] = [60.0, 300.0, 900.0, 3_600.0];
/// Events that wait at the most: of more the oldest are given up.
const MOST: usize = 100;

/// All that is remembered from one look to the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Watch {
    /// When the first look was: nothing from before is told. Unix seconds.
    began: f64,
    /// Events so far.
    events: u64,
    /// When the newest shift was that was told, by its subject. Unix seconds.
    prices: BTreeMap<String, f64>,
    out: BTreeMap<String, Out>,
    /// Runtimes of which it was told that they are down.
    down: BTreeSet<String>,
    budgets: BTreeMap<String, Level>,
    /// By task, the winner that was known last, and one that was seen in its place at the last look.
    winners: BTreeMap<String, String>,
    rivals: BTreeMap<String, String>,
    /// When each kind was last told of each subject, Unix seconds.
    told: BTreeMap<String, f64>,
    waiting: Vec<Delivery>,
}

/// A model that is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Out {
    /// Since when, Unix seconds.
    since: f64,
    told: bool,
}

/// How far a budget is spent, and when it begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Level {
    spent: bool,
    resets_at: Option<f64>,
}

/// An event on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub event: Event,
    /// Tries that failed.
    pub tries: usize,
    /// When it is tried next, Unix seconds.
    next: f64,
}

/// What the clock finds.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Unix seconds.
    pub now: f64,
    pub pool: Vec<Model>,
    /// The newest price shifts.
    pub alerts: Vec<Alert>,
    pub quarantined: BTreeMap<String, Quarantine>,
    pub runtimes: BTreeMap<String, Came>,
    pub marks: Vec<Mark>,
    pub winners: BTreeMap<Task, String>,
}

impl Watch {
    /// Notes what is new.
    pub fn look(&mut self, seen: &Look) {
        if self.began == 0.0 {
            self.began = seen.now;
        }
        self.told.retain(|_, at| seen.now - *at < APART);
        self.prices(seen);
        self.models(seen);
        self.runtimes(seen);
        self.budgets(seen);
        self.winners(seen);
        let over = self.waiting.len().saturating_sub(MOST);
        self.waiting.drain(..over);
    }

    /// What is to be sent now, the oldest first.
    pub fn due(&self, now: f64, most: usize) -> Vec<Delivery> {
        let due = self.waiting.iter().filter(|it| it.next <= now);
        due.take(most).cloned().collect()
    }

    /// It was taken.
    pub fn delivered(&mut self, id: &str) {
        self.waiting.retain(|it| it.event.id != id);
    }

    /// It was not. Says whether that was the last try.
    pub fn failed(&mut self, id: &str, now: f64) -> bool {
        let Some(delivery) = self.waiting.iter_mut().find(|it| it.event.id == id) else {
            return false;
        };
        match AGAIN.get(delivery.tries) {
            Some(wait) => {
                delivery.tries += 1;
                delivery.next = now + wait;
                false
            }
            None => {
                self.delivered(id);
                true
            }
        }
    }

    fn prices(&mut self, seen: &Look) {
        let since = self.began.max(seen.now - OLD);
        self.prices.retain(|_, at| *at > since);
        let mut newest: BTreeMap<String, &Alert> = BTreeMap::new();
        for alert in seen.alerts.iter().filter(|alert| alert.ts > since) {
            let subject = format!("{}/{}", alert.task.name(), alert.model);
            let known = newest.entry(subject).or_insert(alert);
            if alert.ts > known.ts {
                *known = alert;
            }
        }
        for (subject, alert) in newest {
            if self.prices.get(&subject).is_some_and(|at| alert.ts <= *at) {
                continue;
            }
            let (model, task) = (&alert.model, alert.task.name());
            let times = alert.new_unit / alert.old_unit;
            let text =
                format!("a token of {model} on {task} costs {times:.2} times as much as before");
            if self.tell(Kind::PriceShifted, &subject, seen.now, text, json!(alert)) {
                self.prices.insert(subject, alert.ts);
            }
        }
    }

    fn models(&mut self, seen: &Look) {
        let known = |id: &String| seen.pool.iter().any(|model| model.id == *id);
        self.out.retain(|id, _| known(id));
        for (id, quarantine) in seen.quarantined.iter().filter(|(id, _)| known(id)) {
            let out = *self.out.entry(id.clone()).or_insert(Out {
                since: seen.now,
                told: false,
            });
            let seconds = seen.now - out.since;
            if out.told || seconds < LONG_OUT || quarantine.until <= seen.now {
                continue;
            }
            let minutes = (seconds / 60.0).floor();
            let text = format!("{id} has answered nothing for {minutes} min and is left out");
            let data = json!({"since": out.since, "until": quarantine.until, "failures": quarantine.failures});
            if self.tell(Kind::ModelOut, id, seen.now, text, data) {
                self.out.insert(id.clone(), Out { told: true, ..out });
            }
        }
        let back: Vec<(String, Out)> = self
            .out
            .iter()
            .filter(|(id, _)| !seen.quarantined.contains_key(*id))
            .map(|(id, out)| (id.clone(), *out))
            .collect();
        for (id, out) in back {
            let text = format!("{id} is no longer left out");
            let data = json!({"since": out.since});
            if !out.told || self.tell(Kind::ModelBack, &id, seen.now, text, data) {
                self.out.remove(&id);
            }
        }
    }

    fn runtimes(&mut self, seen: &Look) {
        let known = |name: &String| seen.pool.iter().any(|model| model.runtime == *name);
        self.down.retain(known);
        for (name, came) in &seen.runtimes {
            let is_down = self.down.contains(name);
            match came {
                Came::Nothing if !is_down => {
                    let text = format!("the runtime `{name}` answers nothing");
                    if self.tell(Kind::RuntimeDown, name, seen.now, text, json!({})) {
                        self.down.insert(name.clone());
                    }
                }
                Came::Answers if is_down => {
                    let text = format!("the runtime `{name}` answers again");
                    if self.tell(Kind::RuntimeUp, name, seen.now, text, json!({})) {
                        self.down.remove(name);
                    }
                }
                _ => {}
            }
        }
    }

    fn budgets(&mut self, seen: &Look) {
        let still = |name: &str| seen.marks.iter().find(|mark| mark.name == name);
        self.budgets.retain(|name, level| {
            // A limit that was raised, or a new period, is told of anew.
            still(name).is_some_and(|mark| mark.resets_at == level.resets_at)
        });
        for mark in &seen.marks {
            let spent = mark.is_spent();
            let known = self.budgets.get(mark.name).copied();
            let level = Level {
                spent,
                resets_at: mark.resets_at,
            };
            let kind = match (known.map(|level| level.spent), spent) {
                (None, false) => Kind::BudgetWarning,
                (None | Some(false), true) => Kind::BudgetSpent,
                (Some(true), false) => {
                    self.budgets.insert(mark.name.to_owned(), level);
                    continue;
                }
                _ => continue,
            };
            let (percent, limit) = (mark.percent(), mark.limit.usd());
            let text = format!("{percent} % of {} ({limit} USD) are spent", mark.name);
            let data = json!({
                "limit": limit,
                "spent": mark.spent.usd(),
                "resets_at": mark.resets_at,
            });
            if self.tell(kind, mark.name, seen.now, text, data) {
                self.budgets.insert(mark.name.to_owned(), level);
            }
        }
    }

    /// One that wins at a single look may do so because another is left out for a moment.
    fn winners(&mut self, seen: &Look) {
        let rivals = std::mem::take(&mut self.rivals);
        for (task, winner) in &seen.winners {
            let task = task.name();
            let before = self.winners.get(task).cloned();
            let Some(before) = before else {
                self.winners.insert(task.to_owned(), winner.clone());
                continue;
            };
            if before == *winner {
                continue;
            }
            self.rivals.insert(task.to_owned(), winner.clone());
            if rivals.get(task) != Some(winner) {
                continue;
            }
            let text = format!("{winner} is chosen for {task} now, in place of {before}");
            let data = json!({"from": before, "to": winner});
            if self.tell(Kind::WinnerChanged, task, seen.now, text, data) {
                self.winners.insert(task.to_owned(), winner.clone());
            }
        }
    }

    /// Queues an event, unless one of its kind and subject was told a moment ago: what still stands
    /// then is told at a later look.
    fn tell(&mut self, kind: Kind, subject: &str, now: f64, text: String, data: Value) -> bool {
        let key = format!("{} {subject}", kind.name());
        if self.told.contains_key(&key) {
            return false;
        }
        self.told.insert(key, now);
        self.events += 1;
        let begun = self.began as u64;
        self.waiting.push(Delivery {
            event: Event {
                id: format!("evt_{begun:x}_{}", self.events),
                kind,
                subject: subject.to_owned(),
                time: now,
                text,
                data,
            },
            tries: 0,
            next: now,
        });
        true
    }
}

#[cfg(test)]
mod tests;
