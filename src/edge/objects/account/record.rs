//! What an account knows: in memory, and in storage. Whatever happens is noted in memory, and stored
//! before anybody is told, but for what storage has room for.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use worker::{Result, wasm_bindgen_futures::spawn_local};

use super::shelf::Shelf;
use crate::{
    domain::{
        account::{
            Account as Row,
            budget::Period,
            tab::{Ahead, Known, Tab},
        },
        money::Pico,
    },
    edge::patience::{self, now},
};

/// Milliseconds for which what ends a request waits to be stored with one that comes in: nobody waits for
/// it.
const ENDING: u64 = 250;

/// What is held in memory, what is stored, and how much of the one is in the other.
pub struct Record {
    held: RefCell<Option<Held>>,
    kept: Kept,
    pub shelf: Shelf,
    /// Will it be stored in a moment, whoever comes.
    closing: Cell<bool>,
}

/// How much of what has happened is stored: each event has the number of how many there were before it.
#[derive(Default)]
struct Kept {
    events: Cell<u64>,
    stored: Cell<u64>,
    /// After which one those begin that could not be stored, and the last of them. Some between may be
    /// stored all the same: what is said again counts once.
    lost: Cell<(u64, u64)>,
}

/// What is held in memory: the same as in storage, but for what is marked.
#[derive(Default)]
pub struct Held {
    pub row: Option<Row>,
    /// Only in memory: the highest revision that was seen.
    pub revision: u64,
    /// Only in memory: until when the key is known to be valid nowhere.
    pub absent_until: f64,
    pub tab: Tab,
    /// Only in memory: when dry runs were asked for within the last minute, Unix seconds.
    pub looks: Vec<f64>,
}

impl Held {
    /// What is left of its lease of the day.
    pub fn left_of_lease(&self, now: f64) -> i64 {
        let money = &self.tab.money;
        let leased = match money.leased_on == Period::Day.bounds(now).0 {
            true => money.leased.0,
            false => 0,
        };
        let spent = money.spent.within(Period::Day, now);
        leased.saturating_sub(spent.plus(self.tab.reserved()).0)
    }
}

impl Record {
    pub fn new(shelf: Shelf) -> Record {
        Record {
            held: RefCell::new(None),
            kept: Kept::default(),
            shelf,
            closing: Cell::new(false),
        }
    }

    pub fn with<R>(&self, with: impl FnOnce(&mut Held) -> R) -> R {
        with(self.held.borrow_mut().get_or_insert_default())
    }

    /// Reads storage, and makes nothing there.
    pub fn load(&self) -> Result<()> {
        if self.held.borrow().is_some() {
            return Ok(());
        }
        let (row, tab) = self.shelf.read(now())?;
        *self.held.borrow_mut() = Some(Held {
            revision: row.as_ref().map_or(0, |row| row.revision),
            row,
            absent_until: 0.0,
            tab,
            looks: Vec::new(),
        });
        Ok(())
    }

    /// Stores all that has happened; `sums`: they changed by something that stands on no page.
    pub fn store(&self, sums: bool) -> Result<()> {
        let kept = &self.kept;
        let (stored, last) = (kept.stored.get(), kept.events.get());
        kept.stored.set(last);
        let Some(write) = self.with(|held| held.tab.write(sums, now())) else {
            return Ok(());
        };
        let written = self.shelf.write(&write);
        if written.is_err() {
            let first = match kept.lost.get() {
                (_, 0) => stored,
                (first, _) => first,
            };
            kept.lost.set((first, last));
            // Memory is ahead of what is stored: it is read anew.
            if let Ok((_, tab)) = self.shelf.read(now()) {
                self.with(|held| held.tab = tab);
            }
        }
        written
    }

    pub fn find(&self, id: &str) -> Result<Option<Known>> {
        self.with(|held| held.tab.find(id, || self.shelf.find(id)))
    }

    /// Counts a request: in memory, and where what is stored has no room for it in storage, with what
    /// has happened since. `most`: room that may be made for others.
    pub fn count(
        self: &Rc<Self>,
        id: &str,
        at: f64,
        reserved: Option<Pico>,
        most: Ahead,
    ) -> Result<()> {
        if self.note(|tab| tab.take(id, at, reserved)) {
            return Ok(());
        }
        let looks = self.with(|held| held.tab.look_ahead(most));
        self.store(false)?;
        if looks && !self.closing.replace(true) {
            // Room that nobody took would count as asked, should the object be put out of memory.
            let record = Rc::clone(self);
            spawn_local(async move {
                patience::pause(ENDING).await;
                record.closing.set(false);
                // What was told meanwhile counts all the same: there was room for it.
                let _ = record.store(false);
            });
        }
        Ok(())
    }

    /// Something happens, in memory: it is to be stored before anybody is told.
    pub fn note<R>(&self, happens: impl FnOnce(&mut Tab) -> R) -> R {
        let kept = &self.kept;
        kept.events.set(kept.events.get() + 1);
        self.with(|held| happens(&mut held.tab))
    }

    /// Returns once all that has happened so far is stored: with what comes next, or after [`ENDING`].
    pub async fn stored(&self) -> Result<()> {
        let kept = &self.kept;
        let last = kept.events.get();
        patience::pause(ENDING).await;
        if kept.stored.get() < last {
            // Whether it worked is said below, to all who waited for it.
            let _ = self.store(false);
        }
        let (after, until) = kept.lost.get();
        match after < last && last <= until {
            true => Err("what happened could not be stored".into()),
            false => Ok(()),
        }
    }
}
