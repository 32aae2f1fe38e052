//! What is said, as blocks one after another: the one machine behind every surface but chat.
//!
//! Chat lets text and calls come in any order, and calls in each other's midst. Here one block is
//! open at a time: what belongs to a later one waits until the one before is over. A text is over
//! when something else begins; a call is over when something else has begun and its arguments are
//! a whole object, or when nothing more comes. Nothing else is held back.

use std::collections::VecDeque;

use completion::Usage;

use super::delta::{CallPiece, Delta, Piece};

/// What a block holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Thought,
    Text,
    Refusal,
    /// `id` as the runtime gave it; empty where it gave none, or one that was there before.
    Call {
        id: String,
        name: String,
    },
}

/// A block that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub kind: Kind,
    /// Its text, or the arguments of a call: `{}` where there were none.
    pub text: String,
    /// Was the answer cut off in it.
    pub cut: bool,
}

/// Who writes blocks down as they come. `at` counts them from 0.
pub trait Pen {
    fn open(&mut self, at: usize, kind: &Kind);
    fn more(&mut self, at: usize, kind: &Kind, text: &str);
    fn close(&mut self, at: usize, block: Block);
}

/// Collects whole blocks.
impl Pen for Vec<Block> {
    fn open(&mut self, _: usize, _: &Kind) {}
    fn more(&mut self, _: usize, _: &Kind, _: &str) {}
    fn close(&mut self, _: usize, block: Block) {
        self.push(block);
    }
}

/// More blocks than any answer has.
const MOST_BLOCKS: usize = 1_024;
/// An answer of more bytes is given up.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// An answer that is longer than is passed on: more than 8 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// What has been said so far.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// The block at hand, and those that wait for its end.
    queue: VecDeque<Waiting>,
    /// Is the first of them open.
    open: bool,
    closed: usize,
    begun: usize,
    ids: Vec<String>,
    /// The highest number of a call so far.
    highest: Option<u32>,
    bytes: usize,
    without_thoughts: bool,
    /// Was it more than is taken.
    pub overflowed: bool,
    pub finish: Option<String>,
    pub stop: Option<String>,
    pub tokens: Usage,
}

#[derive(Clone, Debug)]
struct Waiting {
    kind: Kind,
    text: String,
    /// Bytes of it that were written.
    written: usize,
    index: Option<u32>,
    /// The id that later pieces of a call may carry.
    key: String,
    scan: Scan,
}

impl Blocks {
    /// `thoughts`: are they blocks too, or left out.
    pub fn new(thoughts: bool) -> Blocks {
        Blocks {
            without_thoughts: !thoughts,
            ..Blocks::default()
        }
    }

    /// Characters in all, roughly: what stands in for tokens.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a chunk in, and writes what can be written of it.
    pub fn take(&mut self, delta: Delta, pen: &mut impl Pen) {
        self.finish = delta.finish.or(self.finish.take());
        self.stop = delta.stop.or(self.stop.take());
        self.tokens = delta.tokens.or(self.tokens);
        for piece in delta.pieces {
            match piece {
                Piece::Thought(text) => {
                    self.count(&text);
                    if !self.without_thoughts {
                        self.text(Kind::Thought, &text);
                    }
                }
                Piece::Text(text) => {
                    self.count(&text);
                    self.text(Kind::Text, &text);
                }
                Piece::Refusal(text) => {
                    self.count(&text);
                    self.text(Kind::Refusal, &text);
                }
                Piece::Call(call) => {
                    self.count(&call.arguments);
                    self.call(call);
                }
            }
            self.advance(pen);
        }
    }

    /// Nothing more comes: writes what waited. An answer of nothing is one empty text.
    pub fn end(&mut self, pen: &mut impl Pen) {
        // A call that never had a name calls nothing.
        let first = usize::from(self.open);
        let mut at = 0;
        self.queue.retain(|waiting| {
            at += 1;
            at <= first || !matches!(&waiting.kind, Kind::Call { name, .. } if name.is_empty())
        });
        if self.closed == 0 && self.queue.is_empty() {
            self.push(Kind::Text, None, String::new());
        }
        let cut = self.finish.as_deref() == Some("length");
        while !self.queue.is_empty() {
            self.write(true, pen);
            let last = self.queue.len() == 1;
            self.close(cut && last, pen);
        }
    }

    fn count(&mut self, text: &str) {
        self.bytes = self.bytes.saturating_add(text.len());
        self.overflowed |= self.bytes > MOST_BYTES;
    }

    fn text(&mut self, kind: Kind, text: &str) {
        if self.overflowed {
            return;
        }
        if self.queue.back().is_none_or(|last| last.kind != kind) {
            self.push(kind, None, String::new());
        }
        if let Some(last) = self.queue.back_mut() {
            last.text.push_str(text);
        }
    }

    fn call(&mut self, call: CallPiece) {
        if self.overflowed {
            return;
        }
        let Some(at) = self.place(&call) else {
            return;
        };
        let Some(waiting) = self.queue.get_mut(at) else {
            return;
        };
        if let Kind::Call { id, name } = &mut waiting.kind
            // What is open has been told.
            && !(at == 0 && self.open)
        {
            if name.is_empty() {
                *name = call.name;
            }
            if id.is_empty() && !self.ids.contains(&call.id) {
                id.clone_from(&call.id);
                self.ids.push(call.id.clone());
            }
        }
        if waiting.key.is_empty() {
            waiting.key = call.id;
        }
        waiting.arguments(&call.arguments);
    }

    /// Which of those that wait a piece belongs to; `None` where its call is over.
    fn place(&mut self, piece: &CallPiece) -> Option<usize> {
        let same_index = |waiting: &Waiting| {
            piece.index.is_none() || waiting.index.is_none() || waiting.index == piece.index
        };
        let is_call = |waiting: &Waiting| matches!(waiting.kind, Kind::Call { .. });
        let found = self
            .queue
            .iter()
            .rposition(|waiting| is_call(waiting) && same_index(waiting));
        // Without a number, an id that is known tells.
        let by_id = self.queue.iter().rposition(|waiting| {
            is_call(waiting) && !piece.id.is_empty() && waiting.key == piece.id
        });
        let found = match piece.index {
            None => by_id.or(found),
            Some(_) => found,
        };
        let begins = match found.and_then(|at| self.queue.get(at)) {
            None => self.is_fresh(piece),
            Some(waiting) => waiting.is_another(piece),
        };
        if !begins {
            return found;
        }
        self.highest = self.highest.max(piece.index);
        let kind = Kind::Call {
            id: String::new(),
            name: String::new(),
        };
        self.push(kind, piece.index, piece.id.clone());
        self.queue.len().checked_sub(1)
    }

    /// Does a piece of no call that waits begin one, or come after its call is over.
    fn is_fresh(&self, piece: &CallPiece) -> bool {
        !piece.name.is_empty()
            || !(piece.id.is_empty() || self.ids.contains(&piece.id))
            || piece.index > self.highest
            || self.begun == 0
    }

    fn push(&mut self, kind: Kind, index: Option<u32>, key: String) {
        self.begun += 1;
        if self.begun > MOST_BLOCKS {
            self.overflowed = true;
        }
        self.queue.push_back(Waiting {
            kind,
            text: String::new(),
            written: 0,
            index,
            key,
            scan: Scan::default(),
        });
    }

    /// Writes what can be written, and closes what is over.
    fn advance(&mut self, pen: &mut impl Pen) {
        loop {
            self.write(false, pen);
            let over = self.queue.len() > 1
                && self.open
                && self.queue.front().is_some_and(|first| match first.kind {
                    Kind::Call { .. } => first.scan.is_whole(),
                    _ => true,
                });
            if !over {
                return;
            }
            self.close(false, pen);
        }
    }

    /// Writes what is there of the first. `all`: nothing more comes of it.
    fn write(&mut self, all: bool, pen: &mut impl Pen) {
        let at = self.closed;
        let Some(first) = self.queue.front_mut() else {
            return;
        };
        if !self.open {
            if matches!(&first.kind, Kind::Call { name, .. } if name.is_empty()) {
                return;
            }
            self.open = true;
            pen.open(at, &first.kind);
        }
        if matches!(first.kind, Kind::Call { .. }) {
            if all || self.queue.len() > 1 && self.is_first_whole() {
                self.settle_arguments();
            } else if self.is_first_nothing_yet() {
                return;
            }
        }
        let Some(first) = self.queue.front_mut() else {
            return;
        };
        let text = first.text.get(first.written..).unwrap_or_default();
        if !text.is_empty() {
            pen.more(at, &first.kind, text);
            first.written = first.text.len();
        }
    }

    fn is_first_whole(&self) -> bool {
        self.queue
            .front()
            .is_some_and(|first| first.scan.is_whole())
    }

    /// Arguments that may yet turn out to mean none.
    fn is_first_nothing_yet(&self) -> bool {
        self.queue.front().is_some_and(Waiting::may_be_nothing)
    }

    /// No arguments, and `null` for them, mean an empty object.
    fn settle_arguments(&mut self) {
        if let Some(first) = self.queue.front_mut()
            && first.written == 0
            && matches!(first.text.trim(), "" | "null" | "{}")
        {
            first.text = "{}".into();
        }
    }

    fn close(&mut self, cut: bool, pen: &mut impl Pen) {
        let Some(first) = self.queue.pop_front() else {
            return;
        };
        let block = Block {
            kind: first.kind,
            text: first.text,
            cut,
        };
        pen.close(self.closed, block);
        self.closed += 1;
        self.open = false;
    }
}

impl Waiting {
    /// Is the piece the beginning of another call than this.
    fn is_another(&self, piece: &CallPiece) -> bool {
        let Kind::Call { name, .. } = &self.kind else {
            return true;
        };
        if piece.name.is_empty() || name.is_empty() {
            // An id alone begins one where calls are told apart by nothing else.
            return piece.index.is_none()
                && self.index.is_none()
                && !piece.id.is_empty()
                && !self.key.is_empty()
                && self.key != piece.id
                && self.scan.is_whole();
        }
        if !piece.id.is_empty() && !self.key.is_empty() {
            return self.key != piece.id;
        }
        // Without ids each name begins one, but for runtimes that repeat it with every piece.
        *name != piece.name || (self.scan.is_whole() && !piece.arguments.is_empty())
    }

    /// Adds to the arguments. What follows a whole object is no part of them; but an empty one
    /// that another follows was only a beginning.
    fn arguments(&mut self, piece: &str) {
        if self.scan.is_whole() {
            let next = piece.trim_start();
            if self.written == 0 && next.starts_with('{') && self.text.trim() == "{}" {
                self.text.clear();
                self.scan = Scan::default();
            } else {
                return;
            }
        }
        let taken = self.scan.take(piece);
        self.text.push_str(piece.get(..taken).unwrap_or(piece));
        let rest = piece.get(taken..).unwrap_or_default();
        if !rest.trim().is_empty() {
            self.arguments(rest);
        }
    }

    fn may_be_nothing(&self) -> bool {
        let text = self.text.trim();
        "null".starts_with(text) || "{}".starts_with(text)
    }
}

/// Where the text of an object is, byte by byte: is it whole by now.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
    state: State,
    depth: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Before,
    Inside,
    Text,
    Escape,
    Whole,
    /// It is no object: nothing tells its end.
    Other,
}

impl Scan {
    fn is_whole(self) -> bool {
        self.state == State::Whole
    }

    /// Bytes up to the end of the object, or all.
    fn take(&mut self, piece: &str) -> usize {
        for (at, byte) in piece.bytes().enumerate() {
            self.state = match (self.state, byte) {
                (State::Before, b' ' | b'\n' | b'\r' | b'\t') => State::Before,
                (State::Before, b'{') => State::Inside,
                (State::Before, _) => State::Other,
                (State::Text, b'\\') => State::Escape,
                (State::Text, b'"') => State::Inside,
                (State::Escape, _) => State::Text,
                (State::Inside, b'"') => State::Text,
                (state, _) => state,
            };
            if self.state == State::Inside {
                match byte {
                    b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                    b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                if self.depth == 0 {
                    self.state = State::Whole;
                    return at + 1;
                }
            }
        }
        piece.len()
    }
}

#[cfg(test)]
mod tests;
