//! The pool as this isolate knows it: its rows as the store had them last, and what can be routed
//! to by them. Read with the rest of what is shared; a store that is away leaves it as it is.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use crate::domain::{
    runtime::{
        pool,
        registry::{self, Model},
    },
    settings::Settings,
};

#[derive(Default)]
struct Known {
    /// `None` until the store was read once.
    version: Option<u64>,
    rows: Vec<Model>,
    /// Worked out once a version.
    live: Option<Rc<[Model]>>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::new(Known::default());
}

/// The version of the rows that are known.
pub fn version() -> Option<u64> {
    KNOWN.with_borrow(|known| known.version)
}

/// What can be routed to.
pub fn live(settings: &Settings) -> Rc<[Model]> {
    KNOWN.with_borrow_mut(|known| {
        let rows = &known.rows;
        let work_out =
            || registry::live(rows, &settings.baseline_model, settings.baseline_context).into();
        Rc::clone(known.live.get_or_insert_with(work_out))
    })
}

/// Takes in a version and its rows. A replica may be behind: only a `whole` read turns back, to
/// what a restored database holds. Gives the ids of the rows that are another by that.
pub fn take_in((version, rows): (u64, Vec<Model>), whole: bool) -> BTreeSet<String> {
    KNOWN.with_borrow_mut(|known| {
        let newer = known.version.is_none_or(|own| version > own);
        let other = known.version != Some(version);
        if !(newer || (whole && other)) {
            return BTreeSet::new();
        }
        let changed = match known.version {
            Some(_) => pool::changed(&known.rows, &rows),
            None => BTreeSet::new(),
        };
        *known = Known {
            version: Some(version),
            rows,
            live: None,
        };
        changed
    })
}
