use super::*;

#[test]
fn a_row_that_is_never_charged_learns_its_mean_from_what_is_computed() {
    let (mut row, tunables) = (Row::default(), Tunables::default());
    let computed = |usd: f64| Evidence {
        charge: None,
        computed: Some(usd),
        list_cost: Some(usd),
        ..Evidence::graded(0.0, 1.0)
    };
    for _ in 0..20 {
        assert_eq!(row.fold(&computed(0.25), &tunables), None);
    }
    assert_eq!(row.avg_cost(), Some(0.25));
    assert_eq!(row.fold(&computed(25.0), &tunables), None, "no price moved");
    assert_eq!(
        (row.prices.clone(), row.factor()),
        (PriceStats::default(), None)
    );
    row.fold(&computed(f64::NAN), &tunables);
    assert_eq!(row.cost_n, 21);
}

#[test]
fn what_is_charged_of_the_list_price_is_learned() {
    let (mut row, tunables) = (Row::default(), Tunables::default());
    for _ in 0..10 {
        let charged = Evidence {
            list_cost: Some(0.004),
            ..Evidence::graded(0.001, 1.0)
        };
        row.fold(&charged, &tunables);
    }
    assert_eq!(row.factor(), Some(0.25));
}

/// A row that an operator taught, and a call of a key at so many times the price.
fn dearer(row: &mut Row, key: &str, times: f64, multiplier: f64) -> Option<PriceShift> {
    let call = Evidence {
        key: Some(key.into()),
        multiplier,
        list_cost: Some(0.01),
        ..Evidence::graded(0.01 * times, 1.0)
    };
    row.fold(&call, &Tunables::default())
}

fn taught() -> Row {
    let mut row = Row::default();
    for _ in 0..30 {
        row.fold(&Evidence::graded(0.01, 1.0), &Tunables::default());
    }
    row
}

#[test]
fn one_key_alone_proves_no_price_and_a_second_does() {
    for times in [8.0, 0.1, 1.5] {
        let mut row = taught();
        for _ in 0..60 {
            assert_eq!(dearer(&mut row, "a", times, 1.0), None, "{times}");
        }
        let mut row = taught();
        let told = ["a", "b", "a", "b", "a", "b"].map(|key| dearer(&mut row, key, times, 1.0));
        assert_eq!(told.iter().flatten().count(), 1, "{times}");
    }
}

#[test]
fn a_cached_charge_is_no_price_shift_and_moves_no_price() {
    let mut row = taught();
    let factor = row.factor();
    for _ in 0..60 {
        let cached = Evidence {
            cache_hit: true,
            list_cost: Some(0.01),
            ..Evidence::graded(0.001, 1.0)
        };
        assert_eq!(row.fold(&cached, &Tunables::default()), None);
    }
    assert_eq!(row.factor(), factor);
}

#[test]
fn a_multiplier_that_was_set_needs_no_witness() {
    let mut row = taught();
    assert!(dearer(&mut row, "a", 3.0, 3.0).is_some());
}

#[test]
fn one_wild_charge_of_a_key_moves_what_others_are_expected_to_pay_by_little() {
    let mut row = taught();
    dearer(&mut row, "a", 1e4, 1.0);
    for _ in 0..12 {
        dearer(&mut row, "a", 1.0, 1.0);
    }
    let load = Load {
        in_tokens: 100.0,
        in_price: 1e-5,
        out_price: 4.5e-5,
        ..Load::default()
    };
    let expected = row.expected_cost(&load).unwrap();
    assert!((0.008..0.0145).contains(&expected), "{expected}");
}

#[test]
fn a_request_is_priced_by_its_own_tokens_and_one_long_prompt_moves_nobody() {
    let (mut row, tunables) = (Row::default(), Tunables::default());
    let call = |tokens: u64| Evidence {
        charge: Some(tokens as f64 * 1e-6 + 200.0 * 4e-6),
        in_tokens: Some(tokens),
        out_tokens: Some(200),
        list_cost: Some(tokens as f64 * 1e-6 + 200.0 * 4e-6),
        ..Evidence::graded(0.0, 1.0)
    };
    let load = |tokens: f64| Load {
        in_tokens: tokens,
        in_price: 1e-6,
        out_price: 4e-6,
        most_output: None,
    };
    for tokens in [100, 120_000, 100] {
        row.fold(&call(tokens), &tunables);
    }
    let expected = row.expected_cost(&load(100.0)).unwrap();
    assert!((expected - 9e-4).abs() < 1e-5, "{expected}");
    assert!(
        row.avg_cost().unwrap() > 0.03,
        "the view's mean is the bare one"
    );
    let long = row.expected_cost(&load(120_000.0)).unwrap();
    assert!((long - 0.1208).abs() < 1e-3, "{long}");
    let short = Load {
        most_output: Some(10.0),
        ..load(100.0)
    };
    assert!(row.expected_cost(&short).unwrap() < 2e-4);
}

#[test]
fn what_only_refutes_counts_less_towards_one_and_the_row_says_how_many() {
    let mut row = Row::default();
    for quality in [1.0, 0.0] {
        let form = Evidence {
            graded_by: GradedBy::Form,
            ..Evidence::graded(0.01, quality)
        };
        row.fold(&form, &Tunables::default());
    }
    assert!((row.skill.n - 1.7).abs() < 1e-3 && row.skill.sum < 0.701);
    assert_eq!(row.quality(), Some(0.5), "the view's mean is the bare one");
    assert_eq!((row.grades.form, row.grades.check), (2, 0));
}

#[test]
fn evidence_of_yesterday_is_read() {
    let json = r#"{"ts":1,"charge":0.5,"charge_quantum":0,"cache_hit":false,"in_tokens":1,
            "out_tokens":1,"list_cost":null,"quality":null}"#;
    assert_eq!(
        serde_json::from_str::<Evidence>(json).unwrap().computed,
        None
    );
}
