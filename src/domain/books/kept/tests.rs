//! Whatever happens in whatever order: what is loaded is what was held, and the database has each once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::domain::{
    books::{book::tests::settlement, feed::Outcome, history::HOUR},
    policy::GradedBy,
};

const NOON: f64 = 43_200.0;

/// An object's storage.
#[derive(Clone, Default)]
struct Storage(BTreeMap<String, String>);

impl Storage {
    fn put(&mut self, rows: Rows) -> usize {
        let many = rows.len();
        self.0.extend(rows);
        many
    }

    fn load(&self, rules: Rules) -> Kept {
        let Some(state) = self.0.get("state") else {
            return Kept::default();
        };
        let mut kept = Kept::read(state, 1_000_000).unwrap();
        let row = |key: &str| Ok::<_, ()>(self.0.get(key).cloned());
        let lost = kept.load(rules, row).unwrap();
        assert_eq!(lost, Vec::<String>::new());
        kept
    }

    /// As a Learner looks it up.
    fn heard(&self, kept: &Kept, line: &str) -> u64 {
        kept.heard(line).unwrap_or_else(|| {
            let row = self.0.get(&Heard::key(line));
            row.map_or(0, |json| {
                serde_json::from_str::<Heard>(json).unwrap().number
            })
        })
    }
}

/// The database: the book and its open hour, hours, and decisions with their weights.
#[derive(Default)]
struct Database {
    book: Book,
    open: Option<Hour>,
    closed: BTreeMap<u64, (u64, Hour)>,
    weights: BTreeMap<String, f64>,
}

impl Database {
    fn write(&mut self, writing: &Writing) {
        if writing.book.supersedes(&self.book) {
            self.book = writing.book.clone();
            self.open.clone_from(&writing.hour);
        }
        for hour in &writing.closed {
            let (seq, row) = self.closed.entry(hour.start).or_default();
            if writing.book.seq > *seq {
                (*seq, *row) = (writing.book.seq, hour.clone());
            }
        }
        for decision in &writing.decisions {
            let weight = decision.detail.weight.unwrap_or(1.0);
            self.weights.entry(decision.id.clone()).or_insert(weight);
        }
    }

    fn calls(&self) -> u64 {
        let open = self.open.as_ref();
        let closed = self.closed.values().map(|(_, hour)| hour);
        let closed = closed.filter(|hour| open.is_none_or(|open| open.start != hour.start));
        closed.chain(open).map(|hour| hour.calls).sum()
    }
}

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn one(id: u64, epoch: Option<u64>, ts: f64) -> Settlement {
    let mut settlement = settlement(epoch, 1.0, Outcome::Finished);
    settlement.decision.id = format!("req_{id}");
    settlement.decision.ts = ts;
    settlement
}

fn said(line: &str, first: u64, settlements: Vec<Settlement>, heard: u64) -> Said<'_> {
    Said {
        line,
        first,
        settlements,
        heard,
        at: NOON,
        isolates: 3,
    }
}

/// The same, but for the last bit of a number that went through JSON.
fn assert_same<T: PartialEq + Serialize + ?Sized>(own: &T, other: &T) {
    fn same(own: &Value, other: &Value) -> bool {
        match (own, other) {
            (Value::Array(own), Value::Array(other)) => {
                own.len() == other.len() && own.iter().zip(other).all(|(a, b)| same(a, b))
            }
            (Value::Object(own), Value::Object(other)) => {
                let inside = |(key, it)| other.get(key).is_some_and(|other| same(it, other));
                own.len() == other.len() && own.iter().all(inside)
            }
            (Value::Number(own), Value::Number(other)) if own.is_f64() => {
                let (own, other) = (own.as_f64().unwrap(), other.as_f64().unwrap());
                (own - other).abs() <= 1e-9 * own.abs()
            }
            _ => own == other,
        }
    }
    if own == other {
        return;
    }
    let value = |it: &T| serde_json::to_value(it).unwrap();
    let (own, other) = (value(own), value(other));
    assert!(same(&own, &other), "{own}\n{other}");
}

/// What is loaded may still hold in front of it what the database has: that was not stored.
fn assert_loaded(loaded: &Kept, held: &Kept) {
    let (own, other) = (&loaded.ledger, &held.ledger);
    let more = own.waiting.len().checked_sub(other.waiting.len());
    assert_same(&own.waiting[more.unwrap()..], other.waiting.as_slice());
    let more = own.hours.len().checked_sub(other.hours.len());
    assert_same(&own.hours[more.unwrap()..], other.hours.as_slice());
    let rest = |ledger: &Ledger| {
        let mut rest = serde_json::to_value(ledger).unwrap();
        rest["hours"].take();
        rest
    };
    assert_same(&rest(own), &rest(other));
    assert_eq!(loaded.lines, held.lines);
    assert_eq!((loaded.number, loaded.log), (held.number, held.log));
    assert!(loaded.is_behind() || !held.is_behind());
}

/// A life with much of everything; `resets`: with new epochs.
fn live(seed: u64, resets: bool) {
    let tunables = Tunables::default();
    let mut dice = Dice(seed);
    let rules = (&tunables, 1 + dice.roll(20));
    let (mut kept, mut storage, mut database) =
        (Kept::default(), Storage::default(), Database::default());
    let mut lines: BTreeMap<u64, u64> = BTreeMap::new();
    let (mut epoch, mut reset_at) = (1_000_u64, None);
    let (mut now, mut ids) = (NOON, 0_u64);
    let mut under_way: Option<Writing> = None;
    let most = if dice.roll(2) == 0 { 4 } else { 150 };
    for _ in 0..200 {
        now += [0.0, 0.125, 3.0, 900.0][dice.roll(4) as usize];
        match dice.roll(20) {
            // A batch, of which some may have been said before.
            0..10 => {
                let name = dice.roll(2 * LINES as u64);
                let line = format!("line{name}");
                let heard = storage.heard(&kept, &line);
                let known = lines.entry(name).or_default();
                assert_eq!(heard, *known, "{line}");
                let again = dice.roll(3).min(*known);
                let first = *known + 1 - again;
                let many = again + 1 + dice.roll(most);
                let mut batch = Vec::new();
                for _ in 0..many {
                    ids += 1;
                    let late = if dice.roll(10) == 0 {
                        1.5 * HOUR as f64
                    } else {
                        0.0
                    };
                    let own = (dice.roll(5) > 0).then_some(epoch);
                    batch.push(one(ids, own, now - late));
                }
                let stored = kept.tell(said(&line, first, batch, heard), rules).unwrap();
                *known = first + many - 1;
                storage.put(stored);
            }
            // The database is written, and what comes meanwhile is none of it.
            10..12 => under_way = kept.writing(),
            12..15 => {
                if let Some(writing) = under_way.take() {
                    if writing.book.epoch == epoch {
                        database.write(&writing);
                    }
                    // What it is of another epoch than the database's it does not take for written.
                    let number = epoch;
                    let (placed, stored) = kept.place(Epoch { number, reset_at }, rules).unwrap();
                    storage.put(stored);
                    if placed == Placed::Same {
                        kept.written(&writing);
                    }
                }
            }
            15 => {
                let rating = Rating {
                    id: format!("req_{ids}"),
                    ts: now,
                    asked: now,
                    score: dice.roll(2) as f64,
                    by: [GradedBy::Judge, GradedBy::Feedback][dice.roll(2) as usize],
                    key: None,
                    checked: None,
                    passed: false,
                    counts: true,
                    overhead: Default::default(),
                };
                let name = (Task::Math, "m".to_owned());
                let (_, stored) = kept.rate(name, &rating, None, &tunables).unwrap();
                storage.put(stored);
            }
            16 if resets && dice.roll(3) == 0 => {
                epoch += 1;
                database = Database::default();
                reset_at = Some(now);
                if dice.roll(2) == 0 {
                    let number = epoch;
                    let (_, stored) = kept.place(Epoch { number, reset_at }, rules).unwrap();
                    storage.put(stored);
                }
            }
            // It dies, and goes on with what is stored.
            17 => {
                under_way = under_way.filter(|_| dice.roll(2) == 0);
                kept = storage.load(rules);
            }
            _ => {}
        }
        // What is much takes long to read.
        let now_and_then = kept.ledger.waiting.len() < 100 || dice.roll(16) == 0;
        if now_and_then && storage.0.contains_key("state") {
            assert_loaded(&storage.load(rules), &kept);
        }
    }
    if !resets {
        let number = epoch;
        kept.place(Epoch { number, reset_at }, rules).unwrap();
        let mut writes = 0;
        while let Some(writing) = kept.writing() {
            database.write(&writing);
            kept.written(&writing);
            writes += 1;
            assert!(writes < 10_000, "it comes to an end");
        }
        let calls: u64 = lines.values().sum();
        assert_eq!(
            (kept.ledger.book.calls, database.book.calls),
            (calls, calls)
        );
        assert_eq!(database.calls(), calls, "each in one hour");
        let weight: f64 = database.weights.values().sum();
        assert_eq!(
            weight as u64 + kept.ledger.skipped,
            calls,
            "each stood for once"
        );
    }
}

#[test]
fn what_is_loaded_is_what_was_held_whatever_happened() {
    for seed in 0..4 {
        live(seed, false);
        live(seed, true);
    }
}

fn told(kept: &mut Kept, storage: &mut Storage, line: &str, many: u64) -> usize {
    let tunables = Tunables::default();
    let heard = storage.heard(kept, line);
    let batch = (1..=many)
        .map(|n| one(kept.ledger.book.seq * 1_000 + n, Some(7), NOON))
        .collect();
    let rows = kept
        .tell(said(line, heard + 1, batch, heard), (&tunables, 50))
        .unwrap();
    storage.put(rows)
}

#[test]
fn a_message_is_one_row_however_much_waits_and_whichever_of_the_lines_it_is() {
    let (mut kept, mut storage) = (Kept::default(), Storage::default());
    let mut rows = 0;
    for n in 0..1_000 {
        let line = format!("line{}", n % LINES);
        rows += told(&mut kept, &mut storage, &line, 1);
    }
    // Of those of the log's ends: what waits then, once.
    assert!((1_000..1_040).contains(&rows), "{rows}");
    assert!(storage.0.len() < 2 * MOST_LOG, "{}", storage.0.len());
    let mut quiet = 0;
    for n in 0..100 {
        let writing = kept.writing();
        writing.iter().for_each(|writing| kept.written(writing));
        quiet += told(&mut kept, &mut storage, &format!("line{}", n % LINES), 2);
    }
    assert!((100..=110).contains(&quiet), "{quiet}");
}

#[test]
fn what_waits_beyond_one_batch_is_seen_to_fill_another() {
    let mut kept = Kept::default();
    let tunables = Tunables::default();
    let many = (0..BATCH as u64 + 5).map(|n| one(n, Some(7), NOON));
    kept.tell(said("line", 1, many.collect(), 0), (&tunables, 1_000))
        .unwrap();
    assert!(kept.fills_a_batch());
    let writing = kept.writing().unwrap();
    assert_eq!(writing.decisions.len(), BATCH);
    kept.written(&writing);
    assert!(!kept.fills_a_batch() && kept.is_behind());
}

#[test]
fn a_line_that_fell_out_is_known_by_a_row_of_its_own() {
    let (mut kept, mut storage) = (Kept::default(), Storage::default());
    told(&mut kept, &mut storage, "first", 3);
    for n in 0..LINES {
        told(&mut kept, &mut storage, &format!("line{n}"), 1);
    }
    assert_eq!(kept.heard("first"), None);
    assert_eq!(storage.heard(&kept, "first"), 3);
    let before = kept.ledger.book.calls;
    let tunables = Tunables::default();
    let again = said(
        "first",
        1,
        (0..3).map(|n| one(n, Some(7), NOON)).collect(),
        3,
    );
    assert_eq!(kept.tell(again, (&tunables, 50)).unwrap(), Rows::new());
    assert_eq!(kept.ledger.book.calls, before);
}

#[test]
fn what_is_left_of_an_earlier_log_is_not_read() {
    let tunables = Tunables::default();
    let (mut kept, mut storage) = (Kept::default(), Storage::default());
    for _ in 0..20 {
        told(&mut kept, &mut storage, "a", 1);
    }
    assert!(kept.log > 5 && storage.0.contains_key("log/5"));
    storage.put(kept.rows().unwrap());
    told(&mut kept, &mut storage, "a", 1);
    let loaded = storage.load((&tunables, 50));
    assert_eq!((loaded.log, loaded.ledger.book.calls), (1, 21));
    // One that is begun anew has a number that no log of before it has.
    let mut anew = Kept::begin(1_000, None, Ledger::default());
    let rows = anew
        .tell(
            said("b", 1, vec![one(9, Some(7), NOON)], 0),
            (&tunables, 50),
        )
        .unwrap();
    storage.put(rows);
    assert_eq!(storage.load((&tunables, 50)).ledger.book.calls, 1);
}

#[test]
fn a_row_that_cannot_be_read_is_told_and_takes_no_other_with_it() {
    let tunables = Tunables::default();
    let (mut kept, mut storage) = (Kept::default(), Storage::default());
    for _ in 0..20 {
        told(&mut kept, &mut storage, "a", 1);
    }
    let broken = storage.0.get_mut("log/3").unwrap();
    *broken = format!(r#"{{"state":{},"line":7}}"#, kept.number);
    let mut loaded = Kept::read(&storage.0["state"], 0).unwrap();
    let row = |key: &str| Ok::<_, ()>(storage.0.get(key).cloned());
    assert_eq!(
        loaded.load((&tunables, 50), row),
        Ok(vec!["log/3".to_owned()])
    );
    assert_eq!(loaded.ledger.book.calls, 19);
}

/// As the version before stored it, whose numbers all stand in rows of their own.
#[test]
fn what_the_version_before_stored_is_read() {
    let tunables = Tunables::default();
    let waiting = |id| serde_json::json!([{"settlement": one(id, Some(7), NOON), "kept": true}]);
    let state = serde_json::json!({
        "task": "math",
        "model": "m",
        "ledger": {"book": {"epoch": 7, "seq": 2, "calls": 2}, "hours": [], "skipped": 0},
        "inbox": 2,
        "waiting": [],
    });
    let log = serde_json::json!({"state": 0, "let_go": [0, 0], "line": "b", "last": 9, "at": 1.0, "isolates": 1,
        "settlements": [one(5, Some(7), NOON)]}).to_string();
    let mut storage = Storage::default();
    storage.put(vec![
        ("state".into(), state.to_string()),
        ("inbox/0".into(), waiting(1).to_string()),
        ("inbox/1".into(), waiting(2).to_string()),
        // Left by this version, before that one took its place again.
        ("log/0".into(), log),
        ("heard/a".into(), r#"{"number":2,"at":1.0}"#.into()),
    ]);
    let mut kept = storage.load((&tunables, 50));
    assert_eq!((kept.ledger.book.calls, kept.ledger.waiting.len()), (2, 2));
    assert_eq!(storage.heard(&kept, "a"), 2);
    told(&mut kept, &mut storage, "a", 1);
    let loaded = storage.load((&tunables, 50));
    assert_eq!((loaded.ledger.book.calls, loaded.number), (3, 1_000_001));
    assert_eq!(kept.heard("a"), Some(3));
}

/// As a Learner stores it: a change of this is a change of what the next version has to read.
#[test]
fn what_is_stored_is_pinned() {
    let (mut kept, mut storage) = (Kept::default(), Storage::default());
    told(&mut kept, &mut storage, "a", 1);
    let state = &storage.0["state"];
    assert!(
        state.starts_with(r#"{"task":"math","model":"m","ledger":{"book":{"epoch":7,"#),
        "{state}"
    );
    assert!(
        state.contains(r#""inbox":0,"passed":0,"waiting":[{"settlement":{"#),
        "{state}"
    );
    assert!(
        state.ends_with(r#""number":1,"lines":[["a",1,43200.0]]}"#),
        "{state}"
    );
    told(&mut kept, &mut storage, "a", 9);
    let log = &storage.0["log/0"];
    let begin = r#"{"state":1,"let_go":[0,0],"line":"a","last":10,"at":43200.0,"isolates":3,"settlements":[{"epoch":7,"#;
    assert!(log.starts_with(begin), "{log}");
}
