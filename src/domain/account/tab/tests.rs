use proptest::prelude::*;

use super::*;
use crate::domain::account::{budget::Period, limit::DAY};

/// What an account stores, as it is told to.
#[derive(Clone, Default)]
struct Stored {
    money: Option<Money>,
    rows: BTreeMap<i64, (Asked, bool)>,
}

impl Stored {
    fn read(&self, now: f64) -> Tab {
        let mut asked: Vec<Asked> = self.rows.values().map(|(row, _)| row.clone()).collect();
        asked.sort_by(|a, b| a.at.total_cmp(&b.at));
        Tab::read(self.money, asked, None, now)
    }

    fn look_up(&self, id: &str) -> Option<Found> {
        let (row, late) = self.rows.values().rfind(|(row, _)| row.id == id)?;
        Some(Found {
            place: row.place,
            at: row.at,
            reserved: row.reserved,
            given_back: row.given_back,
            late: *late,
        })
    }

    fn find(&self, tab: &Tab, id: &str) -> Option<Found> {
        tab.find(id).or_else(|| self.look_up(id))
    }

    fn take(&mut self, tab: &mut Tab, id: &str, at: f64, reserved: Option<Pico>) {
        let to = tab.take(id, at, reserved);
        if to.checkpoint {
            self.money = Some(tab.checkpoint());
        }
        if let Some(until) = to.drop {
            self.rows.retain(|_, (row, _)| row.at > until);
        }
        let row = Asked {
            place: to.place,
            id: id.to_owned(),
            at,
            reserved,
            given_back: false,
            settled: None,
        };
        self.rows.insert(to.place, (row, false));
    }

    fn pay(&mut self, tab: &mut Tab, paid: Option<Paid>) {
        let Some(paid) = paid else { return };
        if let Some(place) = paid.place {
            let (row, late) = self.rows.get_mut(&place).unwrap();
            match paid.settled {
                Some(settled) => {
                    row.reserved = None;
                    row.settled = Some(settled);
                }
                None => *late = true,
            }
        }
        if paid.checkpoint {
            self.money = Some(tab.checkpoint());
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Take(i64),
    /// Of those asked, counted from the newest.
    Settle(usize, i64),
    GiveBack(usize),
    Add(usize, i64),
    Pass(f64),
    Lease,
    Restart,
}

fn step() -> impl proptest::strategy::Strategy<Value = Step> {
    prop_oneof![
        6 => (1..100_i64).prop_map(Step::Take),
        6 => (0..6_usize, 0..100_i64).prop_map(|(which, spent)| Step::Settle(which, spent)),
        1 => (0..6_usize).prop_map(Step::GiveBack),
        1 => (0..6_usize, 1..100_i64).prop_map(|(which, spent)| Step::Add(which, spent)),
        3 => prop_oneof![Just(0.0), Just(0.5), Just(1_000.0), Just(DAY), Just(3.0 * DAY)]
            .prop_map(Step::Pass),
        1 => Just(Step::Lease),
        2 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    /// Whenever it begins again from its storage it knows what it knew: nothing is lost, nothing
    /// counts twice, whatever is said twice or late, and whatever leaves the week.
    #[test]
    fn what_is_read_back_is_what_was_known(steps in proptest::collection::vec(step(), 1..400)) {
        let (mut stored, mut now) = (Stored::default(), 1_795_728_500.0);
        let mut tab = stored.read(now);
        let mut spent = Spent::default();
        // Of each request: when it was asked, is it counted, is it settled, came something on top.
        let mut all: Vec<(f64, bool, bool, bool)> = Vec::new();
        for step in steps {
            let at = |back: usize| all.len().checked_sub(back + 1);
            let takes = matches!(step, Step::Take(_));
            match step {
                Step::Take(reserved) => {
                    stored.take(&mut tab, &all.len().to_string(), now, Some(Pico(reserved)));
                    all.push((now, true, false, false));
                }
                Step::Settle(back, cost) => {
                    let Some(n) = at(back) else { continue };
                    let found = stored.find(&tab, &n.to_string());
                    // What has left the week, and was settled long before, nobody settles again.
                    if found.is_none() && all[n].2 {
                        continue;
                    }
                    let paid = tab.settle(&n.to_string(), found, Pico(cost), now);
                    prop_assert_eq!(paid.is_none(), all[n].2);
                    stored.pay(&mut tab, paid);
                    if !all[n].2 {
                        spent.add(Pico(cost), now);
                        all[n].2 = true;
                    }
                }
                Step::GiveBack(back) => {
                    let Some(n) = at(back) else { continue };
                    let found = stored.find(&tab, &n.to_string());
                    if let Some(place) = tab.give_back(&n.to_string(), found) {
                        stored.rows.get_mut(&place).unwrap().0.given_back = true;
                    }
                    all[n].1 = false;
                }
                Step::Add(back, cost) => {
                    let Some(n) = at(back) else { continue };
                    let found = stored.look_up(&n.to_string());
                    if found.is_none() && all[n].3 {
                        continue;
                    }
                    let paid = tab.add(found, Pico(cost), now);
                    stored.pay(&mut tab, paid);
                    if !all[n].3 {
                        spent.add(Pico(cost), now);
                        all[n].3 = true;
                    }
                }
                Step::Pass(seconds) => now += seconds,
                Step::Lease => stored.money = Some(tab.checkpoint()),
                Step::Restart => tab = stored.read(now),
            }
            let within = |at: &f64| at + WEEK > now;
            let counted: Vec<f64> = all.iter().filter(|it| it.1).map(|it| it.0).filter(within).collect();
            let open = all.iter().filter(|it| !it.2 && it.0 + LOST > now).count() as u64;
            let mut again = stored.read(now);
            for known in [&mut tab, &mut again] {
                for (_, period) in Period::ALL {
                    prop_assert_eq!(known.money.spent.within(period, now), spent.within(period, now));
                }
                prop_assert_eq!(known.under_way(now), open);
                let accepted: Vec<f64> = known.accepted.iter().copied().filter(within).collect();
                prop_assert_eq!(&accepted, &counted);
            }
            // A row that nobody needs goes with the next request.
            let live = all.iter().filter(|it| within(&it.0)).count();
            prop_assert!(!takes || stored.rows.len() <= 2 * live + SPARE + 1, "{} rows, {live} live", stored.rows.len());
        }
    }
}

#[test]
fn a_settlement_is_one_row_and_the_sums_are_written_once_in_a_while() {
    let (mut stored, mut tab) = (Stored::default(), Tab::default());
    let mut checkpoints = 0;
    for n in 0..640 {
        stored.take(&mut tab, &n.to_string(), 1.0, Some(Pico(5)));
        let found = tab.find(&n.to_string());
        let paid = tab.settle(&n.to_string(), found, Pico(1), 2.0);
        checkpoints += u64::from(paid.unwrap().checkpoint);
        stored.pay(&mut tab, paid);
    }
    assert_eq!(checkpoints, 640 / EVERY);
    assert_eq!(tab.money.spent.within(Period::Total, 3.0), Pico(640));
}

#[test]
fn a_request_takes_the_row_of_one_that_left_the_week() {
    let (mut stored, mut tab) = (Stored::default(), Tab::default());
    for n in 0..100 {
        let at = f64::from(n) * DAY;
        stored.take(&mut tab, &n.to_string(), at, Some(Pico(5)));
        let found = tab.find(&n.to_string());
        let paid = tab.settle(&n.to_string(), found, Pico(1), at);
        stored.pay(&mut tab, paid);
    }
    assert_eq!(stored.rows.len(), 7);
    assert_eq!(stored.read(99.0 * DAY).money.spent.total, Pico(100));
}

/// As the version before left it: sums that have everything in them, rows without a number.
#[test]
fn a_state_of_the_version_before_goes_on() {
    let old = r#"{"spent":{"day":{"since":0.0,"spent":5},"week":{"since":0.0,"spent":5},"month":{"since":0.0,"spent":5},"total":5},"leased":7,"leased_on":0.0}"#;
    let money: Money = serde_json::from_str(old).unwrap();
    assert_eq!((money.spent.total, money.settled), (Pico(5), None));
    let row = |place, reserved, settled| Asked {
        place,
        id: place.to_string(),
        at: 10.0,
        reserved,
        given_back: false,
        settled,
    };
    let mut stored = Stored {
        money: Some(money),
        ..Stored::default()
    };
    stored.rows.insert(3, (row(3, None, None), false));
    stored.rows.insert(4, (row(4, Some(Pico(9)), None), false));
    let mut tab = stored.read(20.0);
    assert_eq!((tab.money.spent.total, tab.reserved()), (Pico(5), Pico(9)));
    // One that was settled then, said again.
    assert_eq!(tab.settle("3", stored.find(&tab, "3"), Pico(2), 21.0), None);
    let paid = tab.settle("4", stored.find(&tab, "4"), Pico(2), 21.0);
    assert!(paid.unwrap().checkpoint, "the sums get their number");
    stored.pay(&mut tab, paid);
    stored.take(&mut tab, "5", 22.0, Some(Pico(1)));
    let paid = tab.settle("5", tab.find("5"), Pico(3), 23.0);
    assert!(!paid.unwrap().checkpoint);
    stored.pay(&mut tab, paid);
    assert_eq!(stored.read(24.0).money.spent.total, Pico(10));
    // It went back to the version before, which knows nothing of numbers, and came again.
    stored.money.as_mut().unwrap().settled = None;
    stored.money.as_mut().unwrap().spent.add(Pico(3), 25.0);
    assert_eq!(stored.read(26.0).money.spent.total, Pico(10));
}

#[test]
fn what_was_put_away_comes_back_and_is_not_lost_with_the_memory() {
    let mut away = Spent::default();
    away.add(Pico(50), 1.0);
    let mut stored = Stored::default();
    let mut tab = Tab::read(None, Vec::new(), Some(&away), 2.0);
    stored.take(&mut tab, "a", 2.0, Some(Pico(5)));
    let paid = tab.settle("a", tab.find("a"), Pico(1), 3.0);
    stored.pay(&mut tab, paid);
    assert_eq!(stored.read(4.0).money.spent.total, Pico(51));
}

#[test]
fn the_checkpoint_is_stored_like_this() {
    let mut tab = Tab::default();
    let stored = r#"{"spent":{"day":{"since":0.0,"spent":0},"week":{"since":0.0,"spent":0},"month":{"since":0.0,"spent":0},"total":0},"leased":0,"leased_on":0.0,"settled":0}"#;
    assert_eq!(serde_json::to_string(&tab.checkpoint()).unwrap(), stored);
}
