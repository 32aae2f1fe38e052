use super::*;
use crate::domain::money::Pico;

const MINUTE: f64 = 60.0;

fn pool() -> Vec<Model> {
    ["a", "b"].map(Model::named).into()
}

fn seen(now: f64) -> Look {
    Look {
        now,
        pool: pool(),
        ..Look::default()
    }
}

/// Kinds and subjects of what is told at a look, and taken.
fn told(watch: &mut Watch, seen: &Look) -> Vec<String> {
    watch.look(seen);
    let mut all = Vec::new();
    for delivery in watch.due(seen.now, usize::MAX) {
        let Event { kind, subject, .. } = &delivery.event;
        all.push(format!("{} {subject}", kind.name()));
        watch.delivered(&delivery.event.id);
    }
    all
}

#[test]
fn a_price_shift_is_told_once_and_the_newest_of_several() {
    let mut watch = Watch::default();
    let alert = |ts: f64| Alert {
        task: Task::Math,
        model: "a".into(),
        old_unit: 1.0,
        new_unit: 2.0,
        direction: crate::domain::books::feed::Direction::Up,
        ts,
    };
    let with = |now: f64, alerts: &[f64]| Look {
        alerts: alerts.iter().map(|ts| alert(*ts)).collect(),
        ..seen(now)
    };
    assert_eq!(
        told(&mut watch, &with(1_000.0, &[900.0])),
        [""; 0],
        "before it began"
    );
    let price = ["price.shifted math/a"];
    assert_eq!(told(&mut watch, &with(1_060.0, &[1_020.0, 1_010.0])), price);
    assert_eq!(
        told(&mut watch, &with(1_120.0, &[1_020.0, 1_010.0])),
        [""; 0]
    );
    let again = |now| with(now, &[1_130.0, 1_020.0]);
    assert_eq!(
        told(&mut watch, &again(1_140.0)),
        [""; 0],
        "one in ten minutes"
    );
    assert_eq!(told(&mut watch, &again(1_660.0)), price);
    assert_eq!(told(&mut watch, &again(9_000.0)), [""; 0]);
}

#[test]
fn a_model_is_out_once_it_has_been_for_ten_minutes_and_back_when_it_answers() {
    let mut watch = Watch::default();
    let with = |now: f64, until: f64| Look {
        quarantined: [("a", until), ("gone", until)]
            .map(|(id, until)| {
                let quarantine = Quarantine {
                    until,
                    failed_at: until - 40.0,
                    failures: 3,
                    unknown: false,
                };
                (id.to_owned(), quarantine)
            })
            .into(),
        ..seen(now)
    };
    assert_eq!(told(&mut watch, &seen(990.0)), [""; 0]);
    assert_eq!(told(&mut watch, &with(1_010.0, 1_040.0)), [""; 0]);
    assert_eq!(told(&mut watch, &with(1_599.0, 1_700.0)), [""; 0]);
    let probation = with(1_700.0, 1_700.0);
    assert_eq!(
        told(&mut watch, &probation),
        [""; 0],
        "it may be asked again"
    );
    assert_eq!(told(&mut watch, &with(1_760.0, 1_800.0)), ["model.out a"]);
    assert_eq!(told(&mut watch, &with(9_000.0, 9_100.0)), [""; 0], "once");
    assert_eq!(told(&mut watch, &seen(9_060.0)), ["model.back a"]);
    assert_eq!(told(&mut watch, &with(9_120.0, 9_140.0)), [""; 0]);
    assert_eq!(
        told(&mut watch, &seen(9_180.0)),
        [""; 0],
        "out for a moment only"
    );
}

#[test]
fn a_runtime_that_flaps_is_told_of_once_in_ten_minutes_and_truly_in_the_end() {
    let mut watch = Watch::default();
    let with = |minute: f64, came: Came| Look {
        runtimes: [("default".to_owned(), came)].into(),
        ..seen(minute * MINUTE)
    };
    let mut at = |minute, came| told(&mut watch, &with(minute, came));
    assert_eq!(at(1.0, Came::Answers), [""; 0]);
    assert_eq!(at(2.0, Came::Nothing), ["runtime.down default"]);
    assert_eq!(at(3.0, Came::Answers), ["runtime.up default"]);
    for minute in [4.0, 5.0, 6.0] {
        assert_eq!(at(minute, Came::Nothing), [""; 0]);
        assert_eq!(at(minute + 0.5, Came::Answers), [""; 0]);
    }
    assert_eq!(at(11.0, Came::Nothing), [""; 0]);
    assert_eq!(at(12.0, Came::Nothing), ["runtime.down default"]);
}

#[test]
fn a_budget_is_told_at_four_fifths_and_when_it_is_spent_in_each_period_anew() {
    let mut watch = Watch::default();
    let with = |now: f64, spent: f64, resets_at: f64| Look {
        marks: vec![Mark {
            name: "BUDGET_USD_DAY",
            limit: Pico::from_usd(10.0),
            spent: Pico::from_usd(spent),
            resets_at: Some(resets_at),
        }],
        ..seen(now)
    };
    let (warning, spent) = (
        ["budget.warning BUDGET_USD_DAY"],
        ["budget.spent BUDGET_USD_DAY"],
    );
    assert_eq!(told(&mut watch, &with(60.0, 8.0, 1e5)), warning);
    assert_eq!(told(&mut watch, &with(120.0, 9.0, 1e5)), [""; 0]);
    assert_eq!(told(&mut watch, &with(180.0, 10.0, 1e5)), spent);
    assert_eq!(told(&mut watch, &with(9e3, 11.0, 1e5)), [""; 0]);
    assert_eq!(
        told(&mut watch, &with(1e5, 9.0, 2e5)),
        warning,
        "the next day"
    );
    assert_eq!(told(&mut watch, &seen(1.1e5)), [""; 0]);
    assert_eq!(
        told(&mut watch, &with(1.2e5, 12.0, 2e5)),
        spent,
        "past both at once"
    );
}

#[test]
fn a_winner_is_told_when_another_was_before() {
    let mut watch = Watch::default();
    let with = |minute: f64, winner: Option<&str>| Look {
        winners: winner
            .map(|it| (Task::Code, it.to_owned()))
            .into_iter()
            .collect(),
        ..seen(minute * MINUTE)
    };
    let mut at = |minute, winner| told(&mut watch, &with(minute, winner));
    assert_eq!(at(1.0, Some("a")), [""; 0], "the first is no change");
    assert_eq!(at(2.0, Some("b")), [""; 0], "for a moment, perhaps");
    assert_eq!(at(3.0, Some("a")), [""; 0]);
    assert_eq!(at(4.0, Some("b")), [""; 0]);
    assert_eq!(at(5.0, Some("b")), ["winner.changed code"]);
    assert_eq!(at(6.0, Some("a")), [""; 0]);
    assert_eq!(at(7.0, Some("a")), [""; 0], "one in ten minutes");
    assert_eq!(at(8.0, None), [""; 0]);
    assert_eq!(at(15.0, Some("a")), [""; 0]);
    assert_eq!(at(16.0, Some("a")), ["winner.changed code"]);
}

#[test]
fn what_is_not_taken_is_tried_five_times_ever_later() {
    let mut watch = Watch::default();
    let mut now = MINUTE;
    let down = Look {
        runtimes: [("default".to_owned(), Came::Nothing)].into(),
        ..seen(now)
    };
    watch.look(&down);
    let id = watch.due(now, 9)[0].event.id.clone();
    for wait in AGAIN {
        assert!(!watch.failed(&id, now));
        assert!(watch.due(now + wait - 1.0, 9).is_empty());
        now += wait;
        assert_eq!(watch.due(now, 9)[0].event.id, id);
    }
    assert!(watch.failed(&id, now), "the fifth was the last");
    assert!(watch.due(1e9, 9).is_empty());
    assert!(!watch.failed("evt_unknown", now));
}

#[test]
fn it_is_remembered_as_it_was_and_no_more_waits_than_a_hundred() {
    let mut watch = Watch::default();
    let many = Look {
        runtimes: (0..150).map(|n| (format!("r{n}"), Came::Nothing)).collect(),
        pool: (0..150)
            .map(|n| Model {
                runtime: format!("r{n}"),
                ..Model::named(&n.to_string())
            })
            .collect(),
        ..seen(MINUTE)
    };
    watch.look(&many);
    assert_eq!(watch.waiting.len(), MOST);
    let ids: BTreeSet<String> = watch.waiting.iter().map(|it| it.event.id.clone()).collect();
    assert_eq!(ids.len(), MOST);
    let stored = serde_json::to_string(&watch).unwrap();
    assert_eq!(serde_json::from_str::<Watch>(&stored).unwrap(), watch);
    // What stood there before anything was known.
    assert_eq!(
        serde_json::from_str::<Watch>("{}").unwrap(),
        Watch::default()
    );
    let events: Vec<Value> = watch.waiting.iter().map(|it| json!(it.event)).collect();
    assert_eq!(events[0]["type"], "runtime.down");
    assert!(events.iter().all(|event| event.to_string().len() < 4_096));
}
