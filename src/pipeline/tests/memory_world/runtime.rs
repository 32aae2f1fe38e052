//! The runtime: what it answers, as its script says.

use std::{cell::Cell, collections::VecDeque, rc::Rc};

use super::clock::Clock;
use crate::pipeline::{Body, Broken};

/// What the runtime does next, each after that many seconds.
#[derive(Clone, Debug)]
pub enum Step {
    Bytes(f64, &'static str),
    Break(f64),
    /// Silence for ever.
    Hang,
}

/// One answer of the runtime.
#[derive(Clone, Debug)]
pub struct Script {
    pub status: u16,
    /// Seconds until the head; `None`: the connection is refused.
    pub head_after: Option<f64>,
    pub charge: Option<&'static str>,
    pub retry_after: Option<u64>,
    pub steps: Vec<Step>,
}

impl Script {
    pub fn answer(text: &'static str) -> Script {
        Script {
            status: 200,
            head_after: Some(0.1),
            charge: Some("0.000010"),
            retry_after: None,
            steps: vec![Step::Bytes(0.0, text)],
        }
    }

    pub fn status(status: u16) -> Script {
        Script {
            status,
            charge: None,
            ..Script::answer(r#"{"error":{"message":"no"}}"#)
        }
    }

    pub fn refused() -> Script {
        Script {
            head_after: None,
            ..Script::status(0)
        }
    }

    pub fn hang() -> Script {
        Script {
            head_after: Some(1e9),
            ..Script::status(0)
        }
    }

    pub fn stream(steps: Vec<Step>) -> Script {
        Script {
            charge: None,
            steps,
            ..Script::answer("")
        }
    }
}

pub struct MemoryBody {
    pub clock: Rc<Clock>,
    pub steps: VecDeque<Step>,
    pub aborted: Rc<Cell<bool>>,
    pub ended: bool,
    pub leaves_at: f64,
}

impl MemoryBody {
    /// Waits, unless the client leaves first and takes the call along.
    pub async fn wait(&self, seconds: f64) -> Result<(), Broken> {
        let left = self.leaves_at - self.clock.now.get();
        if left < seconds {
            self.clock.sleep(left.max(0.0)).await;
            self.aborted.set(true);
            return Err(Broken::ClientGone);
        }
        self.clock.sleep(seconds).await;
        Ok(())
    }
}

impl Body for MemoryBody {
    type Chunk = &'static [u8];
    async fn next(&mut self) -> Option<Result<&'static [u8], Broken>> {
        let step = self.steps.pop_front();
        let (wait, result) = match step {
            None => {
                self.ended = true;
                return None;
            }
            Some(Step::Bytes(wait, text)) => (wait, Ok(text.as_bytes())),
            Some(Step::Break(wait)) => (wait, Err(Broken::Connection)),
            Some(Step::Hang) => (1e9, Err(Broken::Connection)),
        };
        if let Err(broken) = self.wait(wait).await {
            return Some(Err(broken));
        }
        Some(result)
    }
    fn abort(&mut self) {
        self.aborted.set(true);
    }
}

impl Drop for MemoryBody {
    fn drop(&mut self) {
        if !self.ended {
            self.aborted.set(true);
        }
    }
}

/// A call whose future is dropped is aborted.
pub struct Guard(pub Rc<Cell<bool>>, pub bool);

impl Drop for Guard {
    fn drop(&mut self) {
        if self.1 {
            self.0.set(true);
        }
    }
}
