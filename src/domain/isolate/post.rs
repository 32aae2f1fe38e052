//! What an isolate has to tell its Learners: numbered, in batches, one under way at a time each.
//!
//! Every Learner is told along a line of its own: its settlements are numbered and said in that
//! order, so that the highest number it has heard is all that a Learner has to keep
//! to count each once, however often it is said. A batch that cannot be delivered leaves with
//! its line (for the database to keep), and what comes next begins a new one.

use chat::Task;
use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use crate::domain::books::settlement::Settlement;

/// Settlements in one message at the most.
const BATCH: usize = 200;
/// Settlements of one Learner that wait in the isolate at the most.
const MOST: usize = 5_000;

#[derive(Debug, Default)]
pub struct Post {
    lines: BTreeMap<(Task, String), Line>,
    made: u64,
    /// When what is late is waited for again, Unix seconds.
    again_at: f64,
}

#[derive(Debug)]
struct Line {
    name: String,
    /// The number of the first that waits.
    first: u64,
    waiting: VecDeque<Rc<Settlement>>,
    /// Since when a batch of it is under way, Unix seconds.
    under_way: Option<f64>,
    /// Has one who looked on waited for it in vain.
    late: bool,
}

/// Where a settlement stands in its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    pub task: Task,
    pub model: String,
    number: u64,
}

/// What is told at once.
#[derive(Clone, Debug)]
pub struct Batch {
    pub task: Task,
    pub model: String,
    pub line: String,
    /// The number of the first of them.
    pub first: u64,
    pub settlements: Vec<Rc<Settlement>>,
}

impl Post {
    /// A batch under way for longer than this was lost with its request.
    pub const LOST_AFTER: f64 = 10.0;
    /// Seconds between two who wait for what was waited for in vain.
    pub const LATE: f64 = 2.0;

    /// Puts a settlement at the end of its line. `isolate` is a name that no other isolate has.
    /// Gives it back where too many wait already.
    pub fn put(
        &mut self,
        settlement: Settlement,
        isolate: &str,
    ) -> Result<Ticket, Box<Settlement>> {
        let decision = &settlement.decision;
        let key = (decision.task, decision.model.clone());
        let made = &mut self.made;
        let line = self.lines.entry(key.clone()).or_insert_with(|| {
            *made += 1;
            Line {
                name: format!("{isolate}.{made}"),
                first: 1,
                waiting: VecDeque::new(),
                under_way: None,
                late: false,
            }
        });
        if line.waiting.len() >= MOST {
            return Err(Box::new(settlement));
        }
        line.waiting.push_back(Rc::new(settlement));
        Ok(Ticket {
            task: key.0,
            model: key.1,
            number: line.first + line.waiting.len() as u64 - 1,
        })
    }

    /// Was it told, or did it leave with its line.
    pub fn is_told(&self, place: &Ticket) -> bool {
        self.lines
            .get(&(place.task, place.model.clone()))
            .is_none_or(|line| line.first > place.number)
    }

    /// What is to be told next of a (task, model); `None` while a batch of it is under way, and
    /// where nothing waits.
    pub fn take(&mut self, task: Task, model: &str, now: f64) -> Option<Batch> {
        let line = self.lines.get_mut(&(task, model.to_owned()))?;
        let busy = line
            .under_way
            .is_some_and(|since| (now - since).abs() < Self::LOST_AFTER);
        if busy || line.waiting.is_empty() {
            return None;
        }
        line.under_way = Some(now);
        Some(Batch {
            task,
            model: model.to_owned(),
            line: line.name.clone(),
            first: line.first,
            settlements: line.waiting.iter().take(BATCH).cloned().collect(),
        })
    }

    /// The Learner has it.
    pub fn delivered(&mut self, batch: &Batch) {
        let Some(line) = self.line_of(batch) else {
            return;
        };
        line.under_way = None;
        line.late = false;
        let next = batch.first + batch.settlements.len() as u64;
        let told = next.saturating_sub(line.first) as usize;
        line.waiting.drain(..told.min(line.waiting.len()));
        line.first = line.first.max(next);
    }

    /// The Learner did not answer: it may be told again.
    pub fn failed(&mut self, batch: &Batch) {
        if let Some(line) = self.line_of(batch) {
            line.under_way = None;
        }
    }

    /// Gives all of a batch's line up, for the database to keep: a batch of all that waits.
    pub fn give_up(&mut self, batch: &Batch) -> Option<Batch> {
        let line = self.line_of(batch)?;
        let rest = Batch {
            first: line.first,
            settlements: line.waiting.iter().cloned().collect(),
            ..batch.clone()
        };
        line.under_way = None;
        (!rest.settlements.is_empty()).then_some(rest)
    }

    /// The database keeps what was given up: what came since goes on under another name, so that
    /// the Learner can still tell whether it had heard what was kept.
    pub fn kept(&mut self, batch: &Batch, isolate: &str) {
        self.delivered(batch);
        self.made += 1;
        let name = format!("{isolate}.{}", self.made);
        if let Some(line) = self.line_of(batch) {
            line.name = name;
        }
    }

    /// What is still to be told, of each line the last: what whoever looks on waits for. Of lines
    /// that one has waited for in vain it is told to one in [`Post::LATE`].
    pub fn untold(&mut self, now: f64) -> Vec<Ticket> {
        let again = self.again_at <= now;
        if again {
            self.again_at = now + Self::LATE;
        }
        let waits = |line: &Line| !line.waiting.is_empty() && (again || !line.late);
        let untold = self.lines.iter().filter(|(_, line)| waits(line));
        let untold = untold.map(|((task, model), line)| Ticket {
            task: *task,
            model: model.clone(),
            number: line.first + line.waiting.len() as u64 - 1,
        });
        untold.collect()
    }

    /// That was waited for in vain.
    pub fn late(&mut self, place: &Ticket, now: f64) {
        if let Some(line) = self.lines.get_mut(&(place.task, place.model.clone())) {
            line.late = true;
            self.again_at = now + Self::LATE;
        }
    }

    fn line_of(&mut self, batch: &Batch) -> Option<&mut Line> {
        self.lines
            .get_mut(&(batch.task, batch.model.clone()))
            .filter(|line| line.name == batch.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::books::{book::tests::settlement, feed::Outcome};

    fn put(post: &mut Post) -> Ticket {
        post.put(settlement(Some(1), 1.0, Outcome::Finished), "iso")
            .unwrap()
    }

    fn take(post: &mut Post, now: f64) -> Option<Batch> {
        post.take(Task::Math, "m", now)
    }

    #[test]
    fn what_gathers_while_a_batch_is_under_way_is_told_with_the_next() {
        let mut post = Post::default();
        let first = put(&mut post);
        let batch = take(&mut post, 0.0).unwrap();
        let second = put(&mut post);
        let third = put(&mut post);
        assert!(take(&mut post, 1.0).is_none(), "one at a time");
        post.delivered(&batch);
        assert!(post.is_told(&first) && !post.is_told(&second));
        let next = take(&mut post, 1.0).unwrap();
        assert_eq!((next.first, next.settlements.len()), (2, 2));
        assert_eq!(next.line, batch.line);
        post.delivered(&next);
        assert!(post.is_told(&third));
        assert!(post.untold(0.0).is_empty());
    }

    #[test]
    fn a_batch_that_failed_or_was_lost_is_told_again_under_the_same_numbers() {
        let mut post = Post::default();
        put(&mut post);
        let batch = take(&mut post, 0.0).unwrap();
        post.failed(&batch);
        let again = take(&mut post, 0.1).unwrap();
        assert_eq!((again.first, &again.line), (1, &batch.line));
        put(&mut post);
        assert!(take(&mut post, 5.0).is_none());
        let lost = take(&mut post, 0.1 + Post::LOST_AFTER).unwrap();
        assert_eq!((lost.first, lost.settlements.len()), (1, 2));
        post.delivered(&lost);
        post.delivered(&again);
        assert!(
            post.untold(0.0).is_empty(),
            "a late answer takes nothing away"
        );
        let next = put(&mut post);
        assert_eq!(next.number, 3);
    }

    #[test]
    fn what_is_given_up_leaves_with_its_line() {
        let mut post = Post::default();
        let first = put(&mut post);
        let batch = take(&mut post, 0.0).unwrap();
        let second = put(&mut post);
        let rest = post.give_up(&batch).unwrap();
        assert_eq!((rest.first, rest.settlements.len()), (1, 2));
        let third = put(&mut post);
        assert!(!post.is_told(&first), "not before it is kept");
        post.kept(&rest, "iso");
        assert!(post.is_told(&first) && post.is_told(&second));
        let next = take(&mut post, 0.0).unwrap();
        assert_ne!(next.line, rest.line);
        assert_eq!((next.first, next.settlements.len()), (3, 1));
        assert!(!post.is_told(&third));
        post.delivered(&next);
        assert!(post.is_told(&third));
    }

    #[test]
    fn whoever_looks_on_waits_for_what_was_settled_before_and_for_none_that_is_late() {
        let mut post = Post::default();
        put(&mut post);
        let untold = post.untold(10.0);
        put(&mut post);
        let batch = take(&mut post, 10.0).unwrap();
        post.delivered(&Batch {
            settlements: batch.settlements.iter().take(1).cloned().collect(),
            ..batch
        });
        let told = |post: &Post, untold: &[Ticket]| untold.iter().all(|it| post.is_told(it));
        assert!(told(&post, &untold), "what came later it does not wait for");
        let untold = post.untold(10.0);
        assert!(!told(&post, &untold));
        untold.iter().for_each(|it| post.late(it, 11.0));
        assert!(post.untold(12.9).is_empty(), "it is left alone");
        assert_eq!(post.untold(13.0), untold, "but by one");
        assert!(post.untold(13.0).is_empty(), "and by no second");
        let batch = take(&mut post, 13.1).unwrap();
        post.delivered(&batch);
        put(&mut post);
        assert_eq!(post.untold(13.2).len(), 1, "it is back");
    }

    #[test]
    fn an_isolate_that_can_tell_nobody_holds_no_more_than_it_may() {
        let mut post = Post::default();
        for _ in 0..MOST {
            put(&mut post);
        }
        assert!(
            post.put(settlement(None, 1.0, Outcome::Finished), "iso")
                .is_err()
        );
        assert_eq!(take(&mut post, 0.0).unwrap().settlements.len(), BATCH);
    }
}
