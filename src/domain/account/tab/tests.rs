use proptest::prelude::*;

use super::*;
use crate::domain::account::{budget::Period, limit::DAY};

fn paid(id: &str, spent: i64, at: f64) -> Settled {
    Settled {
        id: id.to_owned(),
        spent: Pico(spent),
        at,
        answered: true,
    }
}

/// What an account stores, as it is told to.
#[derive(Clone, Default)]
struct Storage {
    money: Option<Money>,
    old: Vec<Row>,
    pages: BTreeMap<i64, Stored>,
}

impl Storage {
    fn read(&self, now: f64) -> Tab {
        let mut pages: Vec<Stored> = self.pages.values().cloned().collect();
        pages.sort_by_key(|it| it.number);
        Tab::read(self.money, self.old.clone(), pages, None, now)
    }

    fn find(&self, tab: &Tab, id: &str) -> Option<Known> {
        let found = tab.find(id, || {
            let mut pages: Vec<&Stored> = self.pages.values().collect();
            pages.sort_by_key(|it| it.number);
            let each = pages.into_iter();
            Ok::<_, ()>(each.fold(None, |known, it| it.page.add_to(known, id)))
        });
        found.unwrap()
    }

    /// Stores the first `parts` of what there is to store.
    fn write(&mut self, tab: &mut Tab, sums: bool, now: f64, parts: usize) {
        let Some(write) = tab.write(sums, now) else {
            return;
        };
        if let Some(page) = write.page.filter(|_| parts > 0) {
            self.pages.insert(page.place, page);
        }
        if let Some(money) = write.checkpoint.filter(|_| parts > 1) {
            self.money = Some(money);
        }
        if let Some(until) = write.drop.filter(|_| parts > 2) {
            self.pages.retain(|_, it| it.until > until);
        }
    }

    /// A request that costs that much, all of it on one page.
    fn ask(&mut self, tab: &mut Tab, id: &str, spent: i64, now: f64) {
        tab.take(id, now, Some(Pico(5)));
        tab.settle(paid(id, spent, now), tab.remembered(id));
        self.write(tab, false, now, 3);
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
    /// The sums change, and are stored.
    Lease,
    Write,
    /// It ends after so many parts of what there is to store, and begins again.
    Kill(usize),
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
        5 => Just(Step::Write),
        2 => (0..4_usize).prop_map(Step::Kill),
    ]
}

/// A request as it went.
#[derive(Clone, Copy, Debug)]
struct Went {
    at: f64,
    counted: bool,
    settled: bool,
    late: bool,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    /// Whenever it begins again from its storage it knows what it knew when it stored last: nothing is
    /// lost, nothing counts twice, whatever is said twice or late, and whatever leaves the week.
    #[test]
    fn what_is_read_back_is_what_was_known(steps in proptest::collection::vec(step(), 1..400)) {
        let (mut storage, mut now) = (Storage::default(), 1_795_728_500.0);
        let mut tab = storage.read(now);
        let (mut spent, mut all) = (Spent::default(), Vec::<Went>::new());
        let mut written = (spent, all.clone());
        for step in steps {
            let of = |back: usize| all.len().checked_sub(back + 1);
            match step {
                Step::Take(reserved) => {
                    tab.take(&all.len().to_string(), now, Some(Pico(reserved)));
                    all.push(Went { at: now, counted: true, settled: false, late: false });
                }
                Step::Settle(back, cost) => {
                    let Some(n) = of(back) else { continue };
                    let found = storage.find(&tab, &n.to_string());
                    // What has left the week, and was settled long before, nobody settles again.
                    if all[n].settled && all[n].at + WEEK <= now {
                        continue;
                    }
                    tab.settle(paid(&n.to_string(), cost, now), found);
                    // What nobody knows of, and cost nothing, is nothing.
                    if !all[n].settled && (found.is_some() || cost > 0) {
                        spent.add(Pico(cost), now);
                        all[n].settled = true;
                    }
                }
                Step::GiveBack(back) => {
                    let Some(n) = of(back) else { continue };
                    let found = storage.find(&tab, &n.to_string());
                    tab.give_back(&n.to_string(), found);
                    all[n].counted = false;
                }
                Step::Add(back, cost) => {
                    let Some(n) = of(back) else { continue };
                    let found = storage.find(&tab, &n.to_string());
                    if all[n].late && all[n].at + WEEK <= now {
                        continue;
                    }
                    tab.add(paid(&n.to_string(), cost, now), found);
                    if !all[n].late {
                        spent.add(Pico(cost), now);
                        all[n].late = true;
                    }
                }
                Step::Pass(seconds) => now += seconds,
                Step::Lease | Step::Write => {
                    let pages = storage.pages.len();
                    storage.write(&mut tab, matches!(step, Step::Lease), now, 3);
                    written = (spent, all.clone());
                    let live = storage.pages.values().filter(|it| it.until + WEEK > now).count();
                    prop_assert!(storage.pages.len() <= pages || storage.pages.len() <= 2 * live + SPARE + 1);
                }
                Step::Kill(parts) => {
                    storage.write(&mut tab, false, now, parts);
                    if parts > 0 {
                        written = (spent, all.clone());
                    }
                    (spent, all) = written.clone();
                    tab = storage.read(now);
                }
            }
            let mut again = storage.read(now);
            for (known, (spent, all)) in [(&mut tab, &(spent, all.clone())), (&mut again, &written)] {
                for (_, period) in Period::ALL {
                    prop_assert_eq!(known.money.spent.within(period, now), spent.within(period, now));
                }
                let open = all.iter().filter(|it| !it.settled && it.at + LOST > now).count();
                prop_assert_eq!(known.under_way(now), open);
                let within = |at: &f64| at + WEEK > now;
                let counted: Vec<f64> = all.iter().filter(|it| it.counted).map(|it| it.at).filter(within).collect();
                let accepted: Vec<f64> = known.accepted.iter().copied().filter(within).collect();
                prop_assert_eq!(accepted, counted);
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Fast {
    Take(i64),
    /// Of those asked, counted from the newest.
    Settle(usize),
    Pass(f64),
    Write,
    Kill,
}

fn fast() -> impl proptest::strategy::Strategy<Value = Fast> {
    prop_oneof![
        9 => (0..20_i64).prop_map(Fast::Take),
        3 => (0..20_usize).prop_map(Fast::Settle),
        4 => prop_oneof![Just(0.001), Just(0.02), Just(0.3)].prop_map(Fast::Pass),
        1 => Just(Fast::Write),
        1 => Just(Fast::Kill),
    ]
}

/// A request that was told that it may be answered.
#[derive(Clone, Copy, Debug)]
struct Told {
    reserved: i64,
    settled: bool,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    /// Where requests are told before they are stored, whenever it ends: each counts, what is set aside
    /// for it is, and there is no more room than `MOST` for any that nobody asked.
    #[test]
    fn what_was_told_before_it_was_stored_counts(steps in proptest::collection::vec(fast(), 1..300)) {
        const MOST: Ahead = Ahead { requests: 7, reserved: Pico(60) };
        let (mut storage, mut now) = (Storage::default(), 1_795_728_500.0);
        let mut tab = storage.read(now);
        let (mut told, mut kills) = (Vec::<Told>::new(), 0);
        let mut written = told.clone();
        for step in steps {
            match step {
                Fast::Take(reserved) => {
                    let id = told.len().to_string();
                    let foreseen = tab.take(&id, now, Some(Pico(reserved)));
                    told.push(Told { reserved, settled: false });
                    if !foreseen {
                        tab.look_ahead(MOST);
                        storage.write(&mut tab, false, now, 3);
                        written = told.clone();
                    }
                }
                Fast::Settle(back) => {
                    let Some(n) = told.len().checked_sub(back + 1) else { continue };
                    let found = storage.find(&tab, &n.to_string());
                    tab.settle(paid(&n.to_string(), 1, now), found);
                    told[n].settled = true;
                }
                Fast::Pass(seconds) => now += seconds,
                Fast::Write => {
                    storage.write(&mut tab, false, now, 3);
                    written = told.clone();
                }
                Fast::Kill => {
                    tab = storage.read(now);
                    kills += 1;
                    for (n, it) in told.iter_mut().enumerate() {
                        it.settled = written.get(n).is_some_and(|it| it.settled);
                    }
                    written = told.clone();
                }
            }
            let open = |told: &[Told]| {
                let each = told.iter().filter(|it| !it.settled);
                each.map(|it| it.reserved).sum::<i64>()
            };
            let spent = |told: &[Told]| told.iter().filter(|it| it.settled).count() as i64;
            let again = storage.read(now);
            let mut stored = told.clone();
            for (n, it) in stored.iter_mut().enumerate() {
                it.settled = written.get(n).is_some_and(|it| it.settled);
            }
            for (known, told, ends) in [(&tab, &told, kills), (&again, &stored, kills + 1)] {
                let (asked, more) = (told.len() as u64, MOST.requests * ends);
                let counted = known.accepted.len() as u64;
                prop_assert!(asked <= counted && counted <= asked + more, "{counted} of {asked}");
                let (needed, more) = (open(told), MOST.reserved.0 * ends as i64);
                let aside = known.reserved().0;
                prop_assert!(needed <= aside, "{aside} of {needed}");
                prop_assert!(aside <= told.iter().map(|it| it.reserved).sum::<i64>() + more);
                prop_assert_eq!(known.money.spent.total.0, spent(told));
                prop_assert_eq!(known.money.spent.answered as i64, spent(told));
            }
        }
    }
}

#[test]
fn many_at_once_are_stored_with_few_pages_and_one_alone_at_once() {
    let most = Ahead {
        requests: 1_000,
        reserved: Pico(10_000),
    };
    let (mut storage, mut tab) = (Storage::default(), Tab::default());
    let mut ask = |tab: &mut Tab, n: usize, at: f64| {
        let foreseen = tab.take(&n.to_string(), at, Some(Pico(5)));
        if !foreseen {
            tab.look_ahead(most);
            storage.write(tab, false, at, 3);
        }
        foreseen
    };
    assert!((0..5).all(|n| !ask(&mut tab, n, n as f64)));
    let told = (0..64).filter(|n| ask(&mut tab, 100 + n, 10.0)).count();
    assert!(told >= 64 - 4, "{told}");
    // Nobody came for the rest of the room: it is taken back, once.
    storage.write(&mut tab, false, 10.3, 3);
    assert_eq!(tab.write(false, 10.6), None);
    let read = storage.read(10.6);
    assert_eq!(
        (read.accepted.len(), read.reserved()),
        (5 + 64, Pico(5 * 69))
    );
}

#[test]
fn what_happens_at_once_is_one_page_and_the_sums_are_written_once_in_a_while() {
    let (mut storage, mut tab) = (Storage::default(), Tab::default());
    let mut checkpoints = 0;
    for n in 0..64 {
        for one in 0..10 {
            let id = format!("{n} {one}");
            tab.take(&id, 1.0, Some(Pico(5)));
            tab.settle(paid(&id, 1, 2.0), tab.remembered(&id));
        }
        let before = storage.money;
        storage.write(&mut tab, false, 2.0, 3);
        checkpoints += usize::from(storage.money != before);
    }
    assert_eq!(storage.pages.len(), 64);
    assert_eq!(checkpoints, 640 / 70);
    assert_eq!(tab.write(false, 3.0), None, "nothing has happened since");
    assert_eq!(tab.money.spent.within(Period::Total, 3.0), Pico(640));
}

#[test]
fn a_page_takes_the_place_of_one_that_left_the_week() {
    let (mut storage, mut tab) = (Storage::default(), Tab::default());
    for n in 0..100 {
        storage.ask(&mut tab, &n.to_string(), 1, f64::from(n) * DAY);
    }
    assert!(storage.pages.len() <= 9, "{}", storage.pages.len());
    assert_eq!(storage.read(99.0 * DAY).money.spent.total, Pico(100));
}

/// What is said of a request again, long after it ended, is looked for in storage.
#[test]
fn few_of_those_that_ended_are_remembered() {
    let (mut storage, mut tab) = (Storage::default(), Tab::default());
    for n in 0..2 * REMEMBERED {
        storage.ask(&mut tab, &n.to_string(), 1, 1.0);
    }
    assert_eq!((tab.remembered("0"), tab.past.len()), (None, REMEMBERED));
    let found = storage.find(&tab, "0");
    assert!(found.is_some_and(|it| it.ended));
    tab.settle(paid("0", 1, 2.0), found);
    tab.add(paid("0", 7, 2.0), found);
    tab.add(paid("0", 7, 2.0), tab.remembered("0"));
    assert_eq!(tab.money.spent.total, Pico(2 * REMEMBERED as i64 + 7));
}

fn row(id: &str, reserved: Option<Pico>, settled: Option<(u64, Pico, f64)>) -> Row {
    Row {
        id: id.to_owned(),
        at: 10.0,
        reserved,
        given_back: false,
        late: false,
        settled,
    }
}

/// As the version before left it: a row a request, and a checkpoint that names a settlement.
#[test]
fn a_state_of_the_version_before_goes_on() {
    let old = r#"{"spent":{"day":{"since":0.0,"spent":5},"week":{"since":0.0,"spent":5},"month":{"since":0.0,"spent":5},"total":5},"leased":7,"leased_on":0.0,"settled":3}"#;
    let money: Money = serde_json::from_str(old).unwrap();
    let mut storage = Storage {
        money: Some(money),
        old: vec![
            row("in the sums", None, Some((3, Pico(5), 11.0))),
            row("settled since", None, Some((4, Pico(2), 12.0))),
            row("open", Some(Pico(9)), None),
            row("counted", None, None),
        ],
        ..Storage::default()
    };
    let mut tab = storage.read(20.0);
    assert_eq!((tab.money.spent.total, tab.reserved()), (Pico(7), Pico(9)));
    assert_eq!((tab.accepted.len(), tab.attempts.len()), (4, 4));
    // One that was settled then, said again, and one that was under way.
    for id in ["settled since", "open"] {
        let found = storage.find(&tab, id);
        tab.settle(paid(id, 2, 21.0), found);
    }
    storage.write(&mut tab, false, 21.0, 3);
    for tab in [&tab, &storage.read(22.0)] {
        assert_eq!((tab.money.spent.total, tab.reserved()), (Pico(9), Pico(0)));
    }
    let sums = storage.money.unwrap();
    assert_eq!(
        (sums.settled, sums.page),
        (Some(4), Some(1)),
        "the rows may go"
    );
    // It went back to the version before, which knows nothing of pages, and came again.
    storage.money.as_mut().unwrap().page = None;
    storage.money.as_mut().unwrap().spent.add(Pico(3), 25.0);
    assert_eq!(storage.read(26.0).money.spent.total, Pico(12));
}

/// As an older one left it: sums that have everything in them, rows without a number.
#[test]
fn a_state_of_before_that_goes_on_too() {
    let old = r#"{"spent":{"day":{"since":0.0,"spent":5},"week":{"since":0.0,"spent":5},"month":{"since":0.0,"spent":5},"total":5},"leased":7,"leased_on":0.0}"#;
    let mut storage = Storage {
        money: serde_json::from_str(old).unwrap(),
        old: vec![row("3", None, None), row("4", Some(Pico(9)), None)],
        ..Storage::default()
    };
    let mut tab = storage.read(20.0);
    assert_eq!((tab.money.spent.total, tab.reserved()), (Pico(5), Pico(9)));
    for id in ["3", "4"] {
        let found = storage.find(&tab, id);
        tab.settle(paid(id, 2, 21.0), found);
    }
    storage.write(&mut tab, false, 21.0, 3);
    storage.ask(&mut tab, "5", 3, 22.0);
    assert_eq!(storage.read(24.0).money.spent.total, Pico(10));
}

#[test]
fn what_was_put_away_comes_back_and_is_not_lost_with_the_memory() {
    let mut away = Spent::default();
    away.add(Pico(50), 1.0);
    let mut storage = Storage::default();
    let mut tab = Tab::read(None, Vec::new(), Vec::new(), Some(&away), 2.0);
    storage.ask(&mut tab, "a", 1, 2.0);
    assert_eq!(storage.read(4.0).money.spent.total, Pico(51));
}

#[test]
fn what_is_stored_looks_like_this() {
    let mut tab = Tab::default();
    tab.take("a", 1.5, Some(Pico(5)));
    tab.take("b", 1.5, None);
    tab.give_back("a", tab.remembered("a"));
    tab.settle(paid("a", 2, 2.5), tab.remembered("a"));
    let late = Settled {
        answered: false,
        ..paid("a", 1, 3.5)
    };
    tab.add(late, tab.remembered("a"));
    tab.look_ahead(Ahead {
        requests: 9,
        reserved: Pico(7),
    });
    let write = tab.write(true, 4.0).unwrap();
    let page = r#"{"asked":[{"id":"a","at":1.5,"reserved":5},{"id":"b","at":1.5}],"given_back":[["a",1.5]],"settled":[{"id":"a","spent":2,"at":2.5,"answered":true}],"late":[{"id":"a","spent":1,"at":3.5}],"ahead":{"requests":3,"reserved":0}}"#;
    let stored = write.page.unwrap().page;
    assert_eq!(serde_json::to_string(&stored).unwrap(), page);
    assert_eq!(serde_json::from_str::<Page>(page).unwrap(), stored);
    let money = r#"{"spent":{"day":{"since":0.0,"spent":3},"week":{"since":0.0,"spent":3},"month":{"since":0.0,"spent":3},"total":3,"answered":1},"leased":0,"leased_on":0.0,"settled":0,"page":1}"#;
    let checkpoint = write.checkpoint.unwrap();
    assert_eq!(serde_json::to_string(&checkpoint).unwrap(), money);
}
