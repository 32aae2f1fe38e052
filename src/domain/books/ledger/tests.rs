use super::*;
use crate::domain::books::{book::tests::settlement, feed::Outcome};

fn at(epoch: Option<u64>, ts: f64) -> Settlement {
    let mut settlement = settlement(epoch, 1.0, Outcome::Finished);
    settlement.decision.ts = ts;
    settlement
}

fn ledger(settlements: impl IntoIterator<Item = Settlement>) -> Ledger {
    let mut ledger = Ledger::default();
    for settlement in settlements {
        ledger.count(settlement, &Tunables::default(), 50);
    }
    ledger
}

fn place(ledger: &mut Ledger, number: u64, reset_at: Option<f64>) -> Placed {
    ledger.place(Epoch { number, reset_at }, &Tunables::default(), 50)
}

#[test]
fn a_ledger_begun_while_the_database_was_away_keeps_what_it_holds() {
    let mut ledger = ledger([at(None, 10.0), at(None, 20.0)]);
    // Made after they came: no reset, so nothing is forgotten.
    assert_eq!(place(&mut ledger, 500, None), Placed::Anew);
    assert_eq!(
        (ledger.book.epoch, ledger.book.calls, ledger.waiting.len()),
        (500, 2, 2)
    );
    assert_eq!(place(&mut ledger, 500, None), Placed::Same);
}

#[test]
fn a_reset_in_the_first_seconds_after_the_database_is_back_forgets_what_came_before() {
    let mut ledger = ledger([at(None, 1_700.2), at(None, 1_700.9)]);
    place(&mut ledger, 1_700, Some(1_700.5));
    assert_eq!(ledger.book.calls, 1, "to the part of a second");
    assert_eq!(ledger.hours.iter().map(|hour| hour.calls).sum::<u64>(), 1);
    let mut known = self::ledger([
        at(Some(1_600), 1_650.0),
        at(None, 1_699.0),
        at(None, 1_701.0),
    ]);
    assert_eq!(known.book.calls, 3);
    place(&mut known, 1_700, Some(1_700.5));
    assert_eq!(known.book.calls, 1, "one of the old epoch never comes back");
}

#[test]
fn a_database_restored_to_before_a_reset_is_told_apart() {
    let mut ledger = ledger([at(Some(7), 1.0)]);
    assert_eq!(place(&mut ledger, 6, None), Placed::Behind);
    assert_eq!(
        (ledger.book.epoch, ledger.book.calls),
        (7, 1),
        "nothing is lost by it"
    );
}

#[test]
fn one_that_was_begun_as_another_could_not_be_read_stays_newer_and_says_so() {
    let book = Book {
        seq: 1_000_000,
        set_aside: true,
        ..Book::default()
    };
    let mut anew = Ledger::of(book);
    for settlement in [at(Some(7), 1.0), at(Some(7), 2.0)] {
        anew.count(settlement, &Tunables::default(), 50);
    }
    assert!(anew.book.set_aside && anew.book.supersedes(&ledger([at(Some(7), 1.0)]).book));
    assert_eq!((anew.book.epoch, anew.book.calls), (7, 2));
    // A reset begins them all anew.
    place(&mut anew, 8, None);
    assert_eq!((anew.book.seq, anew.book.set_aside), (0, false));
}

#[test]
fn above_the_rate_a_share_is_kept_and_stands_for_all() {
    let mut ledger = ledger((0..1_000).map(|_| at(Some(1), 5.0)));
    assert!(ledger.waiting.len() < 150, "{}", ledger.waiting.len());
    let weight: f64 = ledger
        .waiting
        .iter()
        .map(|it| it.settlement.decision.detail.weight.unwrap_or(1.0))
        .sum();
    assert_eq!(weight + ledger.skipped as f64, 1_000.0);
    assert_eq!(ledger.book.calls, 1_000, "the books count every one");
    ledger.count(at(Some(1), 6.0), &Tunables::default(), 50);
    assert_eq!(ledger.skipped, 0);
}

#[test]
fn while_the_database_is_away_what_waits_is_bounded_and_nothing_of_the_sums_is_lost() {
    let ledger = ledger((0..5_000).map(|n| at(Some(1), n as f64)));
    assert_eq!(ledger.waiting.len(), MOST_WAITING);
    assert_eq!((ledger.book.calls, ledger.skipped), (5_000, 3_000));
    let days = self::ledger((0..100).map(|n| at(Some(1), n as f64 * 3_600.0)));
    assert_eq!(days.hours.len(), MOST_HOURS);
    assert_eq!(days.hours.iter().map(|hour| hour.calls).sum::<u64>(), 100);
}

#[test]
fn hours_that_the_database_has_are_closed_and_late_ones_go_to_the_oldest_open() {
    let numbered = |n: u64| {
        let mut settlement = at(Some(1), n as f64 * 3_600.0);
        settlement.decision.id = format!("req_{n}");
        settlement
    };
    let mut ledger = ledger((0..5).map(numbered));
    let written = ledger.hours.clone();
    ledger.count(at(Some(1), 3_600.0), &Tunables::default(), 50);
    assert_eq!(ledger.written(Some("req_2"), &written), (3, 1));
    assert_eq!(ledger.hours.len(), 4, "one that changed since stays");
    assert_eq!(ledger.written(Some("req_2"), &written), (0, 0), "once");
    let written = ledger.hours.clone();
    assert_eq!(ledger.written(None, &written), (0, 2));
    assert_eq!((ledger.hours.len(), ledger.waiting.len()), (OPEN_HOURS, 3));
    ledger.count(at(Some(1), 0.0), &Tunables::default(), 50);
    let hours: Vec<_> = ledger
        .hours
        .iter()
        .map(|hour| (hour.start, hour.calls))
        .collect();
    assert_eq!(hours, [(3 * 3_600, 2), (4 * 3_600, 1)]);
}

/// Calls of a key with that grade, at a moment of a day.
fn by(key: Option<&str>, day: f64, quality: f64, times: usize) -> Vec<Settlement> {
    let mut settlement = at(Some(1), day * 86_400.0);
    if let Some(evidence) = &mut settlement.evidence {
        evidence.ts = day * 86_400.0;
        evidence.key = key.map(str::to_owned);
        evidence.quality = Some(quality);
    }
    vec![settlement; times]
}

fn skill(ledger: &Ledger) -> f64 {
    ledger.book.row.skill.mean().unwrap()
}

#[test]
fn a_key_that_sends_nothing_but_bad_answers_moves_a_row_by_a_twentieth_in_a_day() {
    let mut ledger = ledger(by(None, 1.0, 1.0, 100));
    for day in [1.0, 2.0] {
        for settlement in by(Some("hostile"), day, 0.0, 300) {
            ledger.count(settlement, &Tunables::default(), 50);
        }
        let least = 1.0 / 1.055_f64.powf(day);
        assert!(skill(&ledger) > least, "{}", skill(&ledger));
    }
    assert_eq!(ledger.book.row.n, 700, "its calls are counted all the same");
    // An operator is believed.
    for settlement in by(None, 2.0, 0.0, 100) {
        ledger.count(settlement, &Tunables::default(), 50);
    }
    assert!(skill(&ledger) < 0.55);
}

fn rating(id: usize, key: Option<&str>, score: f64) -> Rating {
    Rating {
        id: format!("req_{id}"),
        ts: 86_400.0,
        asked: 86_400.0,
        score,
        by: GradedBy::Feedback,
        key: key.map(str::to_owned),
        checked: None,
        passed: false,
        counts: true,
        overhead: Default::default(),
    }
}

#[test]
fn a_thousand_hostile_votes_of_one_key_move_a_row_by_less_than_the_tolerance() {
    for teacher in [None, Some("somebody"), Some("hostile")] {
        let mut ledger = ledger(by(teacher, 1.0, 0.95, 60));
        for id in 0..1_000 {
            ledger.rate(
                &rating(id, Some("hostile"), 0.0),
                None,
                &Tunables::default(),
            );
        }
        assert!(skill(&ledger) > 0.90, "{teacher:?}: {}", skill(&ledger));
    }
}

#[test]
fn a_vote_weighs_like_two_grades_and_another_on_the_same_request_takes_its_place() {
    let mut ledger = ledger(by(None, 1.0, 1.0, 18));
    let vote = |ledger: &mut Ledger, score, before| {
        ledger.rate(&rating(1, None, score), before, &Tunables::default())
    };
    let first = vote(&mut ledger, 0.0, None);
    assert!((skill(&ledger) - 0.9).abs() < 0.001);
    let mut last = first;
    for _ in 0..50 {
        last = vote(&mut ledger, 1.0, last);
        last = vote(&mut ledger, 0.0, last);
    }
    assert!((skill(&ledger) - 0.9).abs() < 0.005, "{}", skill(&ledger));
    vote(&mut ledger, 1.0, last);
    assert!(skill(&ledger) > 0.995);
    assert_eq!(ledger.book.row.grades.feedback, 1);
}

#[test]
fn a_vote_is_averaged_with_what_a_program_found() {
    let mut ledger = ledger(by(None, 1.0, 1.0, 18));
    let checked = Rating {
        checked: Some(1.0),
        ..rating(1, None, 0.0)
    };
    ledger.rate(&checked, None, &Tunables::default());
    assert!((skill(&ledger) - 0.95).abs() < 0.001);
}

#[test]
fn what_the_judge_says_of_answers_that_parse_completes_what_parsing_tells() {
    let mut forms = by(None, 1.0, 1.0, 40);
    for form in &mut forms {
        form.evidence.as_mut().unwrap().graded_by = GradedBy::Form;
    }
    let mut ledger = ledger(forms.clone());
    assert_eq!(skill(&ledger), 1.0);
    let judged = Rating {
        by: GradedBy::Judge,
        passed: true,
        ..rating(1, None, 0.4)
    };
    for form in forms.iter().cycle().take(200) {
        ledger.count(form.clone(), &Tunables::default(), 50);
        ledger.rate(&judged, None, &Tunables::default());
    }
    assert!(skill(&ledger) < 0.55, "{}", skill(&ledger));
    let grades = ledger.book.row.grades;
    assert_eq!((grades.form, grades.judge), (240, 200));
}

#[test]
fn a_vote_on_what_was_asked_before_a_reset_moves_nothing() {
    let mut ledger = ledger(by(None, 2.0, 1.0, 10));
    ledger.rate(&rating(1, None, 0.0), None, &Tunables::default());
    assert_eq!(skill(&ledger), 1.0);
}

#[test]
fn a_key_that_is_alone_teaches_as_an_operator_does() {
    let alone = ledger(by(Some("mine"), 1.0, 0.5, 60));
    assert!((alone.book.row.skill.n - 60.0).abs() < 1.0);
}

#[test]
fn who_learns_from_operators_only_counts_the_calls_of_others() {
    let tunables = Tunables {
        learn_from: LearnFrom::Operators,
        ..Tunables::default()
    };
    let mut ledger = Ledger::default();
    for settlement in by(Some("anyone"), 1.0, 0.0, 10) {
        ledger.count(settlement, &tunables, 50);
    }
    let row = &ledger.book.row;
    assert_eq!((row.n, row.quality(), row.factor()), (10, None, None));
}

#[test]
fn a_request_whose_client_narrowed_the_choice_lowers_nobody_for_others() {
    let mut ledger = ledger(by(None, 1.0, 0.9, 50));
    for mut settlement in by(Some("a"), 1.0, 0.0, 50) {
        settlement.evidence.as_mut().unwrap().narrowed = true;
        ledger.count(settlement, &Tunables::default(), 50);
    }
    let row = &ledger.book.row;
    assert!((row.skill.mean().unwrap() - 0.9).abs() < 1e-9);
    assert_eq!(row.narrowed.mean(), Some(0.0));
}

/// As a Learner stores it: a change of this is a change of what the next version has to read.
#[test]
fn what_is_stored_is_pinned() {
    let mut ledger = ledger([at(Some(7), 3_601.0)]);
    ledger.waiting.clear();
    let stored = serde_json::to_string(&ledger).unwrap();
    let read: Ledger = serde_json::from_str(&stored).unwrap();
    assert_eq!(read.book, ledger.book);
    assert_eq!(read.hours, ledger.hours);
    assert!(
        stored.starts_with(r#"{"book":{"epoch":7,"seq":1,"row":{"n":1,"#),
        "{stored}"
    );
    let hours = r#""hours":[{"start":3600,"calls":1,"dropped":0,"failed":0,"failovers":0,"spend":1000000000000,"estimated":0,"baseline":1000000000000,"overhead":0,"quality_n":1,"quality_sum":1.0,"in_tokens":0,"cached_tokens":0,"out_tokens":0,"first":[0,0,0,0,0,0,0,0,0,0,0,0],"whole":[0,0,0,0,0,0,0,0,0,0,0,0]}],"skipped":0,"teachers":{"several":true,"day":0,"today":[]},"rate":[3601,1]}"#;
    assert!(stored.ends_with(hours), "{stored}");
    assert_eq!(
        serde_json::from_str::<Ledger>("{}").unwrap(),
        Ledger::default()
    );
}
