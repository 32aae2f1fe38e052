use super::*;
use crate::domain::policy::{Evidence, Observed, Tunables};

fn book(epoch: u64, seq: u64) -> Book {
    Book {
        epoch,
        seq,
        ..Book::default()
    }
}

fn snapshot(epoch: u64, seq: u64) -> Snapshot {
    Snapshot {
        epoch,
        books: vec![(Task::Math, "m".into(), book(epoch, seq))],
        ..Snapshot::default()
    }
}

#[test]
fn the_newest_copy_of_a_book_wins_whichever_way_it_came() {
    let mut memory = Memory::default();
    memory.take_in(snapshot(1, 5), 10.0);
    memory.absorb(Task::Math, "m".into(), book(1, 7));
    memory.take_in(snapshot(1, 6), 11.0);
    assert_eq!(memory.book(Task::Math, "m").unwrap().seq, 7);
    memory.absorb(Task::Math, "m".into(), book(0, 99));
    assert_eq!(memory.book(Task::Math, "m").unwrap().seq, 7, "an old epoch");
    memory.take_in(snapshot(2, 1), 12.0);
    assert_eq!(memory.book(Task::Math, "m").unwrap().seq, 1);
    memory.take_in(snapshot(1, 9), 13.0);
    assert_eq!(memory.epoch, Some(2), "a late read resurrects nothing");
}

#[test]
fn a_choice_counts_until_it_is_done_or_given_up() {
    let mut memory = Memory::default();
    let first = memory.choose(Task::Code, "m", 10.0);
    memory.choose(Task::Code, "m", 20.0);
    assert_eq!(memory.pending(Task::Code, "m", 5.0), 2);
    assert_eq!(memory.pending(Task::Code, "m", 15.0), 1);
    memory.done(&first);
    memory.done(&first);
    assert_eq!(memory.pending(Task::Code, "m", 5.0), 1);
    memory.sweep(30.0);
    assert_eq!(memory.pending(Task::Code, "m", 5.0), 0);
}

#[test]
fn a_choice_of_before_a_reset_is_no_sample_after_it() {
    let mut memory = Memory::default();
    memory.choose(Task::Code, "m", 10.0);
    memory.turn_to(1);
    assert_eq!(memory.pending(Task::Code, "m", 5.0), 1, "no reset");
    let old = memory.choose(Task::Code, "m", 10.0);
    memory.turn_to(2);
    assert_eq!(memory.pending(Task::Code, "m", 5.0), 0);
    memory.choose(Task::Code, "m", 10.0);
    memory.done(&old);
    assert_eq!(memory.pending(Task::Code, "m", 5.0), 1);
}

#[test]
fn how_many_isolates_serve_is_known_from_the_books_and_outlives_a_reset() {
    let mut memory = Memory::begin(7);
    let mut told = book(1, 5);
    told.isolates = 40;
    told.row.seen = Some(Observed {
        first: 90.0,
        last: 100.0,
    });
    memory.absorb(Task::Math, "m".into(), told);
    memory.turn_to(2);
    memory.choose(Task::Code, "m", 200.0);
    let under_way = |memory: &Memory, now| memory.samples_under_way(Task::Code, "m", 2, now);
    assert_eq!(under_way(&memory, 110.0), 40);
    assert_eq!(
        under_way(&memory, 300.0),
        0,
        "given up, and nobody heard of"
    );
}

fn out(until: f64, failed_at: f64) -> Quarantine {
    Quarantine {
        until,
        failed_at,
        failures: 1,
        unknown: false,
    }
}

fn stored(quarantine: &[(&str, Quarantine)]) -> Snapshot {
    Snapshot {
        epoch: 1,
        quarantine: quarantine
            .iter()
            .map(|(model, quarantine)| ((*model).to_owned(), *quarantine))
            .collect(),
        ..Snapshot::default()
    }
}

#[test]
fn a_read_that_began_before_a_change_was_stored_does_not_undo_it() {
    let mut memory = Memory::default();
    memory.take_in(stored(&[("back", out(900.0, 1.0))]), 10.0);
    memory.set_quarantine("failed", Some(out(500.0, 11.0)), 11.0);
    memory.set_quarantine("back", None, 11.0);
    memory.take_in(stored(&[("back", out(900.0, 1.0))]), 12.0);
    assert_eq!(memory.standing("failed", 12.0), Standing::Out);
    assert_eq!(memory.standing("back", 12.0), Standing::Good);
    memory.take_in(stored(&[("failed", out(800.0, 9.0))]), 12.5);
    let longest = memory.quarantine("failed").unwrap();
    assert_eq!((longest.until, longest.failed_at), (800.0, 11.0));
    memory.take_in(stored(&[]), 20.0);
    assert_eq!(
        memory.standing("failed", 20.0),
        Standing::Good,
        "elsewhere it answered"
    );
}

#[test]
fn a_model_that_is_another_by_now_is_asked_again_and_owes_nothing_for_before() {
    let unknown = Quarantine::unknown(None, 11.0);
    let mut memory = Memory::default();
    memory.take_in(stored(&[]), 10.0);
    for model in ["mended", "elsewhere", "same", "failing"] {
        memory.health.sample_failed(Task::Math, model, 11.0, 600.0);
    }
    memory.set_quarantine("mended", Some(unknown), 11.0);
    memory.set_quarantine("same", Some(unknown), 11.0);
    memory.set_quarantine("failing", Some(out(900.0, 11.0)), 11.0);
    let ids = ["mended", "failing", "never-out"].map(str::to_owned);
    memory.ask_anew(&ids.into());
    let standing = |memory: &Memory, now| {
        ["mended", "same", "failing"].map(|model| memory.standing(model, now))
    };
    let expected = [Standing::Good, Standing::Out, Standing::Out];
    assert_eq!(standing(&memory, 12.0), expected);
    memory.take_in(stored(&[]), 12.0);
    assert_eq!(standing(&memory, 12.0), expected, "told just before");
    let failed = |memory: &Memory, model| memory.health.failed_samples(Task::Math, model, 12.0);
    assert_eq!(failed(&memory, "mended"), 0);
    assert_eq!(failed(&memory, "same") + failed(&memory, "failing"), 2);

    memory.take_in(stored(&[("elsewhere", unknown), ("same", unknown)]), 30.0);
    assert_eq!(memory.standing("elsewhere", 30.0), Standing::Out);
    memory.take_in(stored(&[("same", unknown)]), 31.0);
    assert_eq!(memory.standing("elsewhere", 31.0), Standing::Good);
    assert_eq!(failed(&memory, "elsewhere"), 0, "another isolate was told");
    assert_eq!(failed(&memory, "same"), 1);
}

#[test]
fn what_changed_since_is_not_told_late() {
    let mut memory = Memory::default();
    let first = out(400.0, 100.0);
    memory.set_quarantine("m", Some(first), 100.0);
    assert!(memory.still_holds("m", Some(&first)));
    assert!(!memory.still_holds("m", None));
    memory.take_in(stored(&[("m", out(900.0, 90.0))]), 101.0);
    assert!(memory.still_holds("m", Some(&first)), "only longer");
    memory.set_quarantine("m", Some(out(402.0, 102.0)), 102.0);
    assert!(!memory.still_holds("m", Some(&first)), "it failed again");
    memory.set_quarantine("m", None, 103.0);
    assert!(!memory.still_holds("m", Some(&first)), "it is back in");
    assert!(memory.still_holds("m", None));
    memory.set_quarantine("m", Some(first), 104.0);
    memory.turn_to(2);
    assert!(!memory.still_holds("m", Some(&first)), "a reset lifted it");
}

#[test]
fn what_is_usual_to_answer_is_the_mean_of_all_models_by_what_was_heard_of_each() {
    let mut memory = Memory::default();
    assert_eq!(memory.usual_output(None), None);
    for (task, model, tokens, times) in [
        (Task::Math, "often", 100, 30),
        (Task::Math, "seldom", 1_000, 3),
        (Task::Code, "often", 900, 5),
    ] {
        let mut known = book(1, 1);
        for _ in 0..times {
            let evidence = Evidence {
                out_tokens: Some(tokens),
                ..Evidence::default()
            };
            known.row.fold(&evidence, &Tunables::default());
        }
        memory.absorb(task, model.into(), known);
    }
    let math = memory.usual_output(Some(Task::Math)).unwrap();
    assert!((150.0..220.0).contains(&math), "{math}");
    assert_eq!(memory.usual_output(Some(Task::Open)), None);
    assert!(
        (memory.usual_output(None).unwrap() - 900.0).abs() < 1.0,
        "the longest"
    );
}

#[test]
fn one_key_alone_puts_no_model_out() {
    let mut memory = Memory::default();
    for second in 0..50 {
        assert!(!memory.accuse("m", Some("a"), f64::from(second)));
    }
    assert!(memory.accuse("m", Some("b"), 60.0));
    assert!(!memory.accuse("other", Some("b"), 60.0));
    assert!(!memory.accuse("other", Some("a"), 500.0), "too long ago");
    assert!(memory.accuse("other", None, 501.0), "an operator");
}

#[test]
fn one_probe_at_a_time_lets_a_model_back_in() {
    let mut memory = Memory::default();
    memory.set_quarantine("m", Some(out(100.0, 50.0)), 50.0);
    assert_eq!(memory.standing("m", 99.0), Standing::Out);
    assert_eq!(memory.standing("m", 100.0), Standing::Probation);
    memory.probe("m", 100.0, 160.0);
    assert_eq!(memory.standing("m", 101.0), Standing::Out, "being tried");
    assert_eq!(
        memory.standing("m", 160.0),
        Standing::Probation,
        "the trial was lost"
    );
    memory.probe("m", 160.0, 220.0);
    memory.probed("m");
    assert_eq!(
        memory.standing("m", 161.0),
        Standing::Probation,
        "it told nothing"
    );
    memory.set_quarantine("m", None, 162.0);
    assert_eq!(memory.standing("m", 162.0), Standing::Good);
}
