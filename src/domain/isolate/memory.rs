//! What an isolate remembers of the shared brain: the newest copy of every book that it has
//! seen, and the choices that it has under way.
//!
//! A cache, never the truth: an isolate can vanish at any time, and other isolates' calls show
//! only with the next read of the store.

use chat::Task;
use runtimes::tokens::Density;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    account::{deployment::Deployment, key::KeySecret},
    books::book::Book,
    policy::{Latency, Learned, Row},
    runtime::{
        health::Health,
        limits::{Limit, Limits},
        quarantine::{Quarantine, Standing},
        registry::Model,
        role::{Numbers, Role},
    },
    session::Lengths,
};

use super::isolates::Isolates;

/// The shared state as the store gives it, read whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    pub epoch: u64,
    /// What keys are sealed with.
    pub key_secret: Option<KeySecret>,
    /// Who is served, and what was spent.
    pub deployment: Deployment,
    pub books: Vec<(Task, String, Book)>,
    /// Simulated price multipliers by model.
    pub overrides: BTreeMap<String, f64>,
    pub quarantine: BTreeMap<String, Quarantine>,
    /// What models and runtimes were found not to take.
    pub limits: Vec<Limit>,
    /// The pool's version, and its rows where they are not of the version that was known.
    pub pool: (u64, Vec<Model>),
    /// The epoch of a Learner that knows of a reset which the store does not.
    pub ahead: Option<u64>,
    /// Settlements that no Learner has taken yet, and those that cannot be read.
    pub undelivered: u64,
    pub aside: u64,
    /// When the newest of the books was written, by the store's clock. Unix seconds.
    pub newest: f64,
    /// Are all books in it, not only those that changed.
    pub whole: bool,
}

/// The isolate's view.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// `None` until the store was read once.
    pub epoch: Option<u64>,
    /// What keys are sealed with; `None` until the store was read once.
    pub key_secret: Option<KeySecret>,
    /// Who is served, and what was spent.
    pub deployment: Deployment,
    /// When the store was last read, Unix seconds.
    pub read_at: Option<f64>,
    /// When all of the store was last read, and when the newest book that was read had been
    /// written, Unix seconds.
    read_whole_at: f64,
    newest: f64,
    /// Learners know of a reset which the store does not: it was restored to before that.
    pub restored: bool,
    /// Settlements that no Learner has taken yet, and those that cannot be read.
    pub undelivered: u64,
    pub aside: u64,
    /// How many isolates serve.
    pub isolates: Isolates,
    /// How long conversations are, as this isolate has seen it.
    pub lengths: Lengths,
    pub overrides: BTreeMap<String, f64>,
    /// What models and runtimes were found not to take.
    pub limits: Limits,
    /// How models and runtimes have fared lately.
    pub health: Health,
    /// How many tokens a character is.
    pub density: Density,
    /// How the classifier model and the judge fare, and what the judge says.
    pub classifier: Role,
    pub judge: Role,
    pub judged: Numbers,
    books: BTreeMap<(Task, String), Book>,
    learned: Learned,
    quarantine: BTreeMap<String, Quarantine>,
    /// Models that failed for one key only, whose, and when, Unix seconds.
    accused: BTreeMap<String, (String, f64)>,
    /// When this isolate changed a model's quarantine last: until the store has it, a read of
    /// the store does not undo it.
    quarantine_changed: BTreeMap<String, f64>,
    /// Models on probation that a request of this isolate is trying, and until when it may.
    probing: BTreeMap<String, f64>,
    /// Choices under way: when each is given up, by task and model.
    pending: BTreeMap<(Task, String), Vec<(u64, f64)>>,
    next_ticket: u64,
}

/// A choice under way: a ticket to hand back when it is settled.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    task: Task,
    model: String,
    ticket: u64,
}

impl Memory {
    /// What an isolate knows in the beginning; `own` is drawn at random.
    pub fn begin(own: u64) -> Memory {
        Memory {
            isolates: Isolates::begin(own),
            ..Memory::default()
        }
    }

    /// The snapshot older than this many seconds is read anew.
    pub const FRESH: f64 = 1.0;
    /// For so long it may be gone by where nothing is being gathered: a change of the pool is seen
    /// by then.
    pub const STALE: f64 = 5.0;
    /// Seconds after which all of the store is read, not only what changed.
    const WHOLE: f64 = 60.0;
    /// What changed is read from so many seconds before the newest that is known.
    const OVERLAP: f64 = 2.0;
    /// Seconds after which the store has what this isolate told it, or never will.
    const STORED_AFTER: f64 = 5.0;
    /// Seconds for which one key's word waits for another's.
    const ACCUSED_FOR: f64 = 300.0;

    pub fn is_fresh(&self, now: f64) -> bool {
        self.read_at
            .is_some_and(|read_at| (now - read_at).abs() < Self::FRESH)
    }

    /// May what is remembered be gone by at `now`, though it is not fresh, while another request
    /// reads the store anew. While models gather their first samples a second matters.
    pub fn serves_stale(&self, now: f64, pool: &[Model], min_samples: u64) -> bool {
        self.read_at
            .is_some_and(|read_at| (now - read_at).abs() < Self::STALE)
            && !self.is_gathering(pool, min_samples)
    }

    /// Is any model of the pool short of samples on a task that is asked for.
    fn is_gathering(&self, pool: &[Model], min_samples: u64) -> bool {
        self.learned.values().any(|rows| {
            pool.iter()
                .any(|model| rows.get(&model.id).map_or(0, |row| row.n) < min_samples)
        })
    }

    /// From when on books have to be read to know of all that changed, by the store's clock.
    pub fn since(&self, now: f64) -> f64 {
        if (now - self.read_whole_at).abs() >= Self::WHOLE {
            return 0.0;
        }
        (self.newest - Self::OVERLAP).max(0.0)
    }

    /// Takes in what the store holds, all of it or what changed `since`. A book that this isolate knows a newer copy of stays.
    pub fn take_in(&mut self, snapshot: Snapshot, read_at: f64) {
        let ahead = snapshot.ahead.is_some_and(|ahead| ahead > snapshot.epoch);
        if self.epoch.is_some_and(|epoch| snapshot.epoch < epoch) {
            // Also a read that was late: then the next one tells the newer epoch again.
            self.restored |= ahead;
            if ahead {
                self.read_at = Some(read_at);
            }
            return;
        }
        self.restored = ahead;
        (self.undelivered, self.aside) = (snapshot.undelivered, snapshot.aside);
        self.turn_to(snapshot.epoch);
        self.key_secret = snapshot.key_secret.or(self.key_secret.take());
        // Of two reads that overtook each other the one that began later holds.
        if self.read_at.is_none_or(|known| known <= read_at) {
            self.read_at = Some(read_at);
            self.newest = self.newest.max(snapshot.newest);
            if snapshot.whole {
                self.read_whole_at = read_at;
                self.newest = snapshot.newest;
            }
            self.overrides = snapshot.overrides;
            self.limits.take_in(snapshot.limits, read_at);
            self.deployment = snapshot.deployment;
            self.take_in_quarantine(snapshot.quarantine, read_at);
        }
        for (task, model, book) in snapshot.books {
            self.absorb(task, model, book);
        }
    }

    fn take_in_quarantine(&mut self, stored: BTreeMap<String, Quarantine>, read_at: f64) {
        self.quarantine_changed
            .retain(|_, at| *at + Self::STORED_AFTER > read_at);
        let changed = &self.quarantine_changed;
        let health = &mut self.health;
        self.quarantine.retain(|model, known| {
            if known.unknown && !stored.contains_key(model) && !changed.contains_key(model) {
                health.forget(model);
            }
            changed.contains_key(model)
        });
        for (model, quarantine) in stored {
            match self.quarantine.get_mut(&model) {
                // Failures seen elsewhere add up to the longest time out.
                Some(own) => *own = own.or_longer(&quarantine),
                None if changed.contains_key(&model) => {}
                None => {
                    self.quarantine.insert(model, quarantine);
                }
            }
        }
    }

    /// Takes in the newest copy of one book, as its Learner answered it.
    pub fn absorb(&mut self, task: Task, model: String, book: Book) {
        match self.epoch {
            Some(epoch) if book.epoch < epoch => return,
            Some(epoch) if book.epoch > epoch => self.turn_to(book.epoch),
            _ => {}
        }
        let rows = self.learned.entry(task).or_default();
        let known = self.books.entry((task, model.clone())).or_default();
        if book.supersedes(known) || *known == Book::default() {
            if let Some(seen) = book.row.seen {
                self.isolates.note(book.isolates, seen.last);
            }
            rows.insert(model, book.row.clone());
            *known = book;
        }
    }

    /// Forgets what was learned before a reset, and the choices under way that were made before it: what
    /// they teach is dropped, so they are no samples. Those made while no epoch was known stay.
    pub fn turn_to(&mut self, epoch: u64) {
        if self.epoch == Some(epoch) {
            return;
        }
        if self.epoch.is_some() {
            self.pending.clear();
        }
        self.epoch = Some(epoch);
        self.read_whole_at = 0.0;
        self.books.clear();
        self.learned.clear();
        self.overrides.clear();
        self.limits.clear();
        self.health.clear();
        self.quarantine.clear();
        self.quarantine_changed.clear();
        self.probing.clear();
    }

    pub fn learned(&self) -> &Learned {
        &self.learned
    }

    pub fn book(&self, task: Task, model: &str) -> Option<&Book> {
        self.books.get(&(task, model.to_owned()))
    }

    pub fn books(&self) -> impl Iterator<Item = (Task, &str, &Book)> {
        self.books
            .iter()
            .map(|((task, model), book)| (*task, model.as_str(), book))
    }

    /// Seconds that half of a model's calls take at the most, whatever their task, as it was of late: to
    /// the first token of a stream, or to the end of a whole answer. `None` where none was measured.
    pub fn latency(&self, model: &str, streamed: bool, now: f64) -> Option<f64> {
        let rows = self.learned.values().filter_map(|rows| rows.get(model));
        let millis = Latency::of_all(rows.map(|row| &row.latency), streamed, now)?;
        Some(millis / 1_000.0)
    }

    /// Tokens of an answer as a rule: on that task, or where it is not known yet on the one with the
    /// longest. `None` where none were counted.
    pub fn usual_output(&self, task: Option<Task>) -> Option<f64> {
        let mean = |rows: &BTreeMap<String, Row>| {
            let (heard, sum) = rows
                .values()
                .filter_map(|row| Some((row.output.heard(), row.output.mean()?)))
                .fold((0.0, 0.0), |(heard, sum), (n, mean)| {
                    (heard + n, sum + n * mean)
                });
            (heard > 0.0).then(|| sum / heard)
        };
        match task {
            Some(task) => self.learned.get(&task).and_then(mean),
            None => self.learned.values().filter_map(mean).reduce(f64::max),
        }
    }

    /// What a model is charged for each USD of list price: on that task, or where nothing of it was
    /// charged yet on the others. `None` where nobody knows.
    pub fn charged_of_list(&self, task: Task, model: &str) -> Option<f64> {
        let of = |rows: &BTreeMap<String, Row>| rows.get(model)?.factor();
        let own = self.learned.get(&task).and_then(of);
        own.or_else(|| {
            let known: Vec<f64> = self.learned.values().filter_map(of).collect();
            let sum: f64 = known.iter().sum();
            (!known.is_empty()).then(|| sum / known.len() as f64)
        })
    }

    pub fn multiplier(&self, model: &str) -> f64 {
        self.overrides.get(model).copied().unwrap_or(1.0)
    }

    /// Notes a choice; `until` is when it is given up should it never be settled.
    pub fn choose(&mut self, task: Task, model: &str, until: f64) -> Pending {
        self.next_ticket += 1;
        let ticket = self.next_ticket;
        self.pending
            .entry((task, model.to_owned()))
            .or_default()
            .push((ticket, until));
        Pending {
            task,
            model: model.to_owned(),
            ticket,
        }
    }

    /// The choice is settled: what it taught, if anything, stands in the book by now.
    pub fn done(&mut self, pending: &Pending) {
        if let Some(tickets) = self.pending.get_mut(&(pending.task, pending.model.clone())) {
            tickets.retain(|(ticket, _)| *ticket != pending.ticket);
        }
    }

    /// Choices under way of a task for a model.
    pub fn pending(&self, task: Task, model: &str, now: f64) -> u64 {
        self.pending
            .get(&(task, model.to_owned()))
            .map_or(0, |tickets| {
                tickets.iter().filter(|(_, until)| *until > now).count() as u64
            })
    }

    /// Samples of a model on a task that are under way, where `least` are wanted: also in other isolates.
    pub fn samples_under_way(&self, task: Task, model: &str, least: u64, now: f64) -> u64 {
        let folded = self.book(task, model).map_or(0, |book| book.row.n);
        let (pending, owed) = (self.pending(task, model, now), least.saturating_sub(folded));
        self.isolates.under_way(task, model, pending, owed, now)
    }

    /// May the model be tried now.
    pub fn standing(&self, model: &str, now: f64) -> Standing {
        match self.quarantine.get(model) {
            None => Standing::Good,
            Some(quarantine) if quarantine.until > now => Standing::Out,
            Some(_) if self.probing.get(model).is_some_and(|until| *until > now) => Standing::Out,
            Some(_) => Standing::Probation,
        }
    }

    pub fn quarantine(&self, model: &str) -> Option<&Quarantine> {
        self.quarantine.get(model)
    }

    pub fn quarantined(&self) -> &BTreeMap<String, Quarantine> {
        &self.quarantine
    }

    /// Notes that a model on probation is being tried: until the trial ends nobody else does.
    pub fn probe(&mut self, model: &str, now: f64, until: f64) {
        if self.standing(model, now) == Standing::Probation {
            self.probing.insert(model.to_owned(), until);
        }
    }

    /// The trial told nothing of the model: another may try it.
    pub fn probed(&mut self, model: &str) {
        self.probing.remove(model);
    }

    /// A model failed for that key. Is that enough to leave it out: the word of an operator (`None`)
    /// is, and that of a second key.
    pub fn accuse(&mut self, model: &str, key: Option<&str>, now: f64) -> bool {
        let Some(key) = key else { return true };
        let told = (key.to_owned(), now);
        let before = self.accused.insert(model.to_owned(), told);
        before.is_some_and(|(other, at)| other != key && now - at < Self::ACCUSED_FOR)
    }

    /// Leaves a model out, or lets it back in, as this isolate saw it at `now`.
    pub fn set_quarantine(&mut self, model: &str, quarantine: Option<Quarantine>, now: f64) {
        self.probing.remove(model);
        self.accused.remove(model);
        self.quarantine_changed.insert(model.to_owned(), now);
        match quarantine {
            Some(quarantine) => {
                self.quarantine.insert(model.to_owned(), quarantine);
            }
            None => {
                self.quarantine.remove(model);
            }
        }
    }

    /// A runtime is away: the models that are out for what was its doing.
    pub fn acquitted(&mut self, runtime: &str) -> Vec<String> {
        let mut models = self.health.acquitted(runtime);
        models.retain(|(model, failed_at)| {
            // Put out for something else since, it stays out.
            let is_that = |it: &Quarantine| !it.unknown && it.failed_at <= failed_at + 1.0;
            self.quarantine.get(model).is_some_and(is_that)
        });
        models.into_iter().map(|(model, _)| model).collect()
    }

    /// These models are another by now: that their runtime did not know them holds no longer.
    pub fn ask_anew(&mut self, models: &BTreeSet<String>) {
        for model in models {
            if self.quarantine.get(model).is_some_and(|it| it.unknown) {
                self.quarantine.remove(model);
                self.quarantine_changed.remove(model);
                self.health.forget(model);
            }
        }
    }

    /// Is a model still out, or still in, as it was set: where that has changed since, telling the
    /// store late would undo the change.
    pub fn still_holds(&self, model: &str, quarantine: Option<&Quarantine>) -> bool {
        match (self.quarantine.get(model), quarantine) {
            (Some(held), Some(told)) => held.failed_at <= told.failed_at,
            (held, told) => held.is_none() == told.is_none(),
        }
    }

    /// Drops choices that were given up, so that lost ones do not pile up.
    pub fn sweep(&mut self, now: f64) {
        for tickets in self.pending.values_mut() {
            tickets.retain(|(_, until)| *until > now);
        }
        self.pending.retain(|_, tickets| !tickets.is_empty());
    }
}

#[cfg(test)]
mod tests;
