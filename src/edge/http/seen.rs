//! What this isolate has seen of keys lately: what their accounts said of them, and wrong ones.
//!
//! The law: it spares a question, and decides nothing: a key that was refused is asked for again, one that was
//! vouched for is let in by its account only.

use std::{cell::RefCell, collections::BTreeMap};

use crate::{
    domain::account::{
        key::{KeyHash, KeyStatus},
        wrong::WrongKeys,
    },
    edge::patience::now,
};

/// Seconds for which it is remembered.
const SEEN: f64 = 300.0;
/// Keys that are remembered at the most.
const MOST: usize = 10_000;

/// When it was said, Unix seconds, and how the key stands; `None` where it is valid nowhere.
type Said = (f64, Option<KeyStatus>);

thread_local! {
    static WRONG: RefCell<WrongKeys> = RefCell::new(WrongKeys::default());
    static KNOWN: RefCell<BTreeMap<KeyHash, Said>> = const { RefCell::new(BTreeMap::new()) };
}

/// What was said of a key, if anything was: how it stands, or `None` where it is valid nowhere.
pub fn of(key: &KeyHash) -> Option<Option<KeyStatus>> {
    KNOWN.with_borrow(|known| {
        let (at, said) = known.get(key)?;
        (now() - at < SEEN).then_some(*said)
    })
}

/// Notes how a key stands; `None` where it is valid nowhere.
pub fn note(key: &KeyHash, status: Option<KeyStatus>) {
    let status = status.filter(|status| *status != KeyStatus::Revoked);
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key.clone(), (now(), status));
    });
}

/// The wrong keys that came.
pub fn wrong<R>(with: impl FnOnce(&mut WrongKeys) -> R) -> R {
    WRONG.with_borrow_mut(with)
}
