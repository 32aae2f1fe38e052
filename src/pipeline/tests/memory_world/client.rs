//! The client: what it gets, and when.

use std::{cell::RefCell, pin::pin, rc::Rc};

use futures_util::future::{Either, select};

use super::{clock::Clock, runtime::MemoryBody};
use crate::pipeline::{self, Body, Broken, Pace, Reply, Sink, Whole};

/// What the client got, and when.
#[derive(Debug, Default)]
pub struct Got {
    pub whole: Option<Whole>,
    pub headers: Option<Vec<(&'static str, String)>>,
    pub text: String,
    pub closed: bool,
    pub broken_off: bool,
    /// When the answer was there, seconds.
    pub at: f64,
}

pub struct MemoryReply {
    pub got: Rc<RefCell<Got>>,
    pub clock: Rc<Clock>,
    pub leaves_at: f64,
    pub takes: bool,
}

impl Reply for MemoryReply {
    type Sink = MemorySink;
    fn whole(self, whole: Whole) {
        let mut got = self.got.borrow_mut();
        assert!(got.whole.is_none() && got.headers.is_none(), "one answer");
        got.at = self.clock.now.get();
        got.whole = Some(whole);
    }
    fn stream(self, headers: Vec<(&'static str, String)>) -> MemorySink {
        self.got.borrow_mut().headers = Some(headers);
        self.got.borrow_mut().at = self.clock.now.get();
        MemorySink(self)
    }
}

pub struct MemorySink(MemoryReply);

impl Sink for MemorySink {
    type Body = MemoryBody;
    async fn flow(
        &mut self,
        first: Vec<u8>,
        body: &mut MemoryBody,
        pace: Pace,
        mut step: impl FnMut(Option<&[u8]>) -> pipeline::Step,
    ) -> Result<(), Broken> {
        assert!(!body.ended, "there is nothing to carry on");
        let clock = Rc::clone(&self.0.clock);
        let silence = clock.sleep(pace.idle);
        match select(pin!(self.write(&first)), silence).await {
            Either::Left((Ok(()), _)) => {}
            _ => return Err(Broken::ClientGone),
        }
        loop {
            let mut next = pin!(body.next());
            let mut silence = pin!(clock.sleep(pace.idle));
            let chunk = loop {
                let company = clock.sleep(pace.alive);
                let waiting = select(&mut next, &mut silence);
                match select(waiting, company).await {
                    Either::Left((Either::Left((chunk, _)), _)) => break chunk,
                    Either::Left((Either::Right(_), _)) => return Err(Broken::Silent),
                    Either::Right(_) => {
                        if let pipeline::Step::Write(bytes) = step(None) {
                            self.write(&bytes).await?;
                        }
                    }
                }
            };
            let Some(chunk) = chunk.transpose()? else {
                return Ok(());
            };
            let bytes = match step(Some(chunk)) {
                pipeline::Step::Stop => return Ok(()),
                pipeline::Step::Skip => continue,
                pipeline::Step::Pass => chunk.to_vec(),
                pipeline::Step::Write(bytes) => bytes,
            };
            let silence = clock.sleep(pace.idle);
            match select(pin!(self.write(&bytes)), silence).await {
                Either::Left((Ok(()), _)) => {}
                _ => return Err(Broken::ClientGone),
            }
        }
    }
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        if !self.0.takes {
            self.0.clock.sleep(1e9).await;
        }
        if self.0.clock.now.get() >= self.0.leaves_at {
            return Err(Broken::ClientGone);
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.0.got.borrow_mut().text.push_str(&text);
        Ok(())
    }
    async fn end(&mut self, last: &[u8]) -> Result<(), Broken> {
        self.write(last).await?;
        if !self.0.takes {
            self.0.clock.sleep(1e9).await;
        }
        self.0.got.borrow_mut().closed = true;
        Ok(())
    }
    fn abort(&mut self) {
        self.0.got.borrow_mut().broken_off = true;
    }
}
