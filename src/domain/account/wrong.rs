//! Wrong keys: how many came lately, from where.
//!
//! The law: one address tries no more than a few a minute, and all together no more than the
//! store bears. It refuses wrong keys only: whoever has a key that is known to be right is not
//! asked where it comes from.

use std::collections::BTreeMap;

/// Wrong keys that one address may try in a minute.
pub const FROM_ONE: u64 = 20;
/// Keys that may be looked up in a minute in all.
const LOOK_UPS: u64 = 600;
/// Addresses that are remembered at the most.
const MAX_ADDRESSES: usize = 10_000;
const MINUTE: f64 = 60.0;

/// What an isolate saw of wrong keys.
#[derive(Debug, Default)]
pub struct WrongKeys {
    /// Since when and how many, by address. Unix seconds.
    from: BTreeMap<String, (f64, u64)>,
    looked_up: (f64, u64),
}

impl WrongKeys {
    /// Notes a wrong key.
    pub fn note(&mut self, address: &str, now: f64) {
        if self.from.len() >= MAX_ADDRESSES && !self.from.contains_key(address) {
            self.from.retain(|_, (since, _)| *since + MINUTE > now);
            if self.from.len() >= MAX_ADDRESSES {
                return;
            }
        }
        let (since, count) = self.from.entry(address.to_owned()).or_insert((now, 0));
        if *since + MINUTE <= now {
            (*since, *count) = (now, 0);
        }
        *count += 1;
    }

    /// Whole seconds until the address may try again; `None` where it may now.
    pub fn barred(&self, address: &str, now: f64) -> Option<u64> {
        let (since, count) = self.from.get(address)?;
        let left = since + MINUTE - now;
        (left > 0.0 && *count >= FROM_ONE).then(|| left.ceil() as u64)
    }

    /// May one more key be looked up, of which only the store knows whether it exists.
    pub fn may_look_up(&mut self, now: f64) -> bool {
        let (since, count) = &mut self.looked_up;
        if *since + MINUTE <= now {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= LOOK_UPS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_wrong_keys_a_minute_bar_an_address_and_no_other() {
        let mut wrong = WrongKeys::default();
        for at in 0..FROM_ONE {
            assert_eq!(wrong.barred("a", at as f64), None);
            wrong.note("a", at as f64);
        }
        assert_eq!(wrong.barred("a", 20.5), Some(40));
        assert_eq!(wrong.barred("b", 20.5), None);
        assert_eq!(wrong.barred("a", 60.0), None);
        wrong.note("a", 60.0);
        assert_eq!(wrong.barred("a", 60.0), None, "the count begins anew");
    }

    #[test]
    fn what_is_remembered_and_looked_up_is_bounded() {
        let mut wrong = WrongKeys::default();
        for address in 0..2 * MAX_ADDRESSES {
            wrong.note(&address.to_string(), 1.0);
        }
        assert_eq!(wrong.from.len(), MAX_ADDRESSES);
        wrong.note("late", 100.0);
        assert_eq!(wrong.from.len(), 1);
        let looked_up = |wrong: &mut WrongKeys, now| {
            (0..2 * LOOK_UPS).filter(|_| wrong.may_look_up(now)).count() as u64
        };
        assert_eq!(looked_up(&mut wrong, 1.0), LOOK_UPS);
        assert_eq!(looked_up(&mut wrong, 62.0), LOOK_UPS);
    }
}
