//! How models and runtimes have fared lately, as one isolate has seen it.
//!
//! Its law: a runtime that is away is not a model that is bad. Who failed beside others that failed
//! alike is under suspicion only: it is asked like before, and comes last where another has failed.

use std::collections::{BTreeMap, VecDeque};

use chat::Task;

use super::breaker::{Breaker, Gate};

/// Seconds for which a failed sample counts as tried, and for which a model is under suspicion.
const KEPT: f64 = 600.0;
/// Failed samples that are remembered of a task and model.
const MOST_SAMPLES: usize = 100;
/// Of so many of a model's newest whole answers that many have to have outlasted their time.
const ANSWERS: usize = 5;
const TOO_MANY_SLOW: usize = 3;

#[derive(Clone, Debug, Default)]
pub struct Health {
    breakers: BTreeMap<String, Breaker>,
    /// When failed samples are forgotten, Unix seconds.
    failed: BTreeMap<(Task, String), VecDeque<f64>>,
    /// Until when a model is under suspicion, Unix seconds.
    suspects: BTreeMap<String, f64>,
    /// Did the newest whole answers of a model outlast their time.
    slow: BTreeMap<String, VecDeque<bool>>,
    /// Models that failed alone, as their runtime may have, since that answered last: whose they are and
    /// when it was, Unix seconds.
    alone: BTreeMap<String, (String, f64)>,
}

impl Health {
    pub fn clear(&mut self) {
        *self = Health::default();
    }

    /// What may be sent to a runtime.
    pub fn gate(&self, runtime: &str, now: f64) -> Gate {
        self.breakers
            .get(runtime)
            .map_or(Gate::Closed, |breaker| breaker.gate(now))
    }

    /// Has it answered since it last failed.
    pub fn is_clean(&self, runtime: &str) -> bool {
        self.breakers.get(runtime).is_none_or(Breaker::is_clean)
    }

    /// Runtimes whose breakers are open, and whole seconds until they are tried again.
    pub fn away(&self, now: f64) -> BTreeMap<String, u64> {
        self.breakers
            .iter()
            .filter(|(_, breaker)| breaker.gate(now) != Gate::Closed)
            .map(|(name, breaker)| (name.clone(), breaker.retry_after(now)))
            .collect()
    }

    pub fn asked(&mut self, runtime: &str, now: f64) {
        if let Some(breaker) = self.breakers.get_mut(runtime) {
            breaker.asked(now);
        }
    }

    /// A runtime was away, or let nobody in. Whole seconds until it is tried again.
    pub fn runtime_failed(&mut self, runtime: &str, now: f64, retry_after: Option<u64>) -> u64 {
        let breaker = self.breakers.entry(runtime.to_owned()).or_default();
        breaker.failed(now, retry_after);
        breaker.retry_after(now)
    }

    pub fn runtime_answered(&mut self, runtime: &str) {
        self.breakers.remove(runtime);
        self.alone.retain(|_, (of, _)| of != runtime);
    }

    /// A model failed as its runtime may have, and no other of it was asked in that request. Have two or more of it
    /// failed like that since it answered last: then it is the runtime that is away.
    pub fn failed_alone(&mut self, runtime: &str, model: &str, now: f64) -> bool {
        let told = (runtime.to_owned(), now);
        self.alone.insert(model.to_owned(), told);
        let lately = |(of, at): &(String, f64)| of == runtime && now - at < KEPT;
        self.alone.values().filter(|it| lately(it)).count() > 1
    }

    /// A runtime is away: the models of it that failed alone, and when. It was not their own doing.
    pub fn acquitted(&mut self, runtime: &str) -> Vec<(String, f64)> {
        let own = self.alone.iter().filter(|(_, (of, _))| of == runtime);
        let own = own.map(|(model, (_, at))| (model.clone(), *at)).collect();
        self.alone.retain(|_, (of, _)| of != runtime);
        own
    }

    /// A sample of a model failed; it counts as tried for so many seconds at most.
    pub fn sample_failed(&mut self, task: Task, model: &str, now: f64, seconds: f64) {
        let samples = self.failed.entry((task, model.to_owned())).or_default();
        samples.retain(|until| *until > now);
        if samples.len() < MOST_SAMPLES {
            samples.push_back(now + seconds.min(KEPT));
        }
    }

    /// Samples of a model that failed lately.
    pub fn failed_samples(&self, task: Task, model: &str, now: f64) -> u64 {
        if self.failed.is_empty() {
            return 0;
        }
        let samples = self.failed.get(&(task, model.to_owned()));
        samples.map_or(0, |samples| {
            samples.iter().filter(|until| **until > now).count() as u64
        })
    }

    /// A model is another by now: what failed of it says nothing.
    pub fn forget(&mut self, model: &str) {
        self.failed.retain(|(_, of), _| of != model);
        self.suspects.remove(model);
        self.slow.remove(model);
        self.alone.remove(model);
    }

    /// It failed, and so did all others.
    pub fn suspect(&mut self, model: &str, now: f64) {
        self.suspects.insert(model.to_owned(), now + KEPT);
    }

    pub fn is_suspect(&self, model: &str, now: f64) -> bool {
        self.suspects.get(model).is_some_and(|until| *until > now)
    }

    /// It answered; `whole`: in one piece.
    pub fn answered(&mut self, model: &str, whole: bool) {
        self.suspects.remove(model);
        if whole && let Some(answers) = self.slow.get_mut(model) {
            push(answers, false);
        }
    }

    /// Its whole answer outlasted its time. Has that been so too often.
    pub fn outlasted(&mut self, model: &str) -> bool {
        let answers = self.slow.entry(model.to_owned()).or_default();
        push(answers, true);
        answers.iter().filter(|slow| **slow).count() >= TOO_MANY_SLOW
    }
}

fn push(answers: &mut VecDeque<bool>, slow: bool) {
    if answers.len() == ANSWERS {
        answers.pop_front();
    }
    answers.push_back(slow);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_out_counts_once_three_of_five_answers_outlasted_their_time() {
        let mut health = Health::default();
        assert!(!health.outlasted("m"));
        health.answered("m", true);
        assert!(!health.outlasted("m"));
        health.answered("m", false);
        assert!(health.outlasted("m"), "three of the last four");
        (0..3).for_each(|_| health.answered("m", true));
        assert!(!health.outlasted("m"), "two of the last five");
    }

    #[test]
    fn a_failed_sample_counts_for_a_while_and_for_its_task_only() {
        let mut health = Health::default();
        health.sample_failed(Task::Math, "m", 0.0, 60.0);
        health.sample_failed(Task::Math, "m", 0.0, 1e9);
        let failed = |task, now| health.failed_samples(task, "m", now);
        assert_eq!((failed(Task::Math, 1.0), failed(Task::Code, 1.0)), (2, 0));
        assert_eq!(
            (failed(Task::Math, 61.0), failed(Task::Math, 600.0)),
            (1, 0)
        );
    }

    #[test]
    fn two_models_that_fail_alone_before_their_runtime_answers_are_the_runtime() {
        let mut health = Health::default();
        assert!(!health.failed_alone("r", "a", 1.0));
        assert!(!health.failed_alone("r", "a", 2.0), "the same one again");
        assert!(!health.failed_alone("other", "c", 2.0));
        health.runtime_answered("r");
        assert!(!health.failed_alone("r", "b", 3.0), "a's was its own");
        assert!(health.failed_alone("r", "a", 4.0));
        let own = [("a".to_owned(), 4.0), ("b".to_owned(), 3.0)];
        assert_eq!(health.acquitted("r"), own);
        assert!(health.acquitted("r").is_empty());
    }

    #[test]
    fn a_runtime_is_clean_again_once_it_answers() {
        let mut health = Health::default();
        assert!(health.is_clean("r"));
        (0..3).for_each(|_| {
            health.runtime_failed("r", 0.0, None);
        });
        assert!(!health.is_clean("r") && health.gate("r", 0.5) == Gate::Open);
        assert_eq!(health.away(0.5).get("r"), Some(&1));
        health.runtime_answered("r");
        assert!(health.is_clean("r") && health.away(0.5).is_empty());
    }
}
