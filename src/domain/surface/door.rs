//! What a protocol has to be able to do, so that the road need not know which one it serves.
//!
//! The law: a surface only writes. It asks nobody, holds no answer back, keeps a bounded state,
//! and takes what the runtime sends for untrusted. A whole answer is written once; a stream is
//! any number of `event` and `alive`, then once `finish` or `fail`, or nothing where the client
//! left; whatever was to be written is what `written` takes, in order.

use crate::domain::refusal::Refusal;
use completion::{
    Completion,
    sse::{Line, StreamReader},
};

use super::{Arbiter, Beside, Opening, Said};

/// A protocol that clients speak.
pub trait Surface {
    type Writer: Writer;
    /// The path that it is spoken at, for the log.
    fn route(&self) -> &'static str;
    /// A whole answer, as the body of a 200.
    fn whole(&self, opening: &Opening, completion: &Completion, arbiter: &Arbiter<'_>) -> String;
    /// A stream begins: made with its first event or its first sign of life.
    fn writer(&self, opening: Opening) -> Self::Writer;
    /// There is no answer, and nothing was streamed yet. `request`: the id of the request.
    fn refuse(&self, refusal: &Refusal, beside: Beside<'_>, request: &str) -> Said;
}

/// A stream of a protocol, on its way.
pub trait Writer {
    /// Does something follow the answer that waits for its grade. Where nothing does, `finish`
    /// comes at once, with the quality null where it is still owed.
    const AWAITS_GRADE: bool;
    /// A line of the runtime's stream, or several that hold one event's data; never the one that
    /// told of an error, nor one after the end. The data in it: `sse::data`.
    fn event(&mut self, line: &Line, raw: &[u8]);
    /// What of the answer could not be passed on, if anything: then it has failed, and nothing more of it
    /// is read.
    fn lost(&self) -> Option<&'static str> {
        None
    }
    /// A call failed before its first chunk, and another follows: what is held of it is dropped.
    fn forget(&mut self) {}
    /// A sign of life in a silence.
    fn alive(&mut self);
    /// The answer is whole and its grade is owed: what may go out before it.
    fn release(&mut self) {}
    /// The answer is whole.
    fn finish(&mut self, reader: &StreamReader, arbiter: &Arbiter<'_>);
    /// It failed after the stream had begun.
    fn fail(&mut self, refusal: &Refusal, beside: Beside<'_>);
    /// Takes what is to be written by now.
    fn written(&mut self) -> Vec<u8>;
}
