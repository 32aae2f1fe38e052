use serde_json::json;

use super::*;

fn head(stream: bool, headers: &[(&str, &str)]) -> Option<f64> {
    let header = |asked: &str| {
        let found = headers.iter().find(|(name, _)| *name == asked);
        found.map(|(_, value)| (*value).to_owned())
    };
    ChargeFrom::Auto.of_head(stream, header).map(|it| it.usd)
}

#[test]
fn a_charge_is_found_wherever_runtimes_say_it() {
    for (headers, usd) in [
        (
            &[("x-btl-customer-charge", "0.000012")][..],
            Some(0.000_012),
        ),
        (&[("x-litellm-response-cost", "1.5e-05")], Some(0.000_015)),
        (&[("llm_provider-x-btl-customer-charge", "0.5")], Some(0.5)),
        (&[("x-edenai-cost", "0.25")], Some(0.25)),
        (
            &[
                ("x-btl-customer-charge", "nan"),
                ("x-litellm-response-cost", "0.1"),
            ],
            Some(0.1),
        ),
        (
            &[
                ("x-litellm-key-spend", "12.5"),
                ("x-litellm-response-cost-original", "1"),
            ],
            None,
        ),
    ] {
        assert_eq!(head(false, headers), usd, "{headers:?}");
    }
    let zero = [("x-litellm-response-cost", "0.0")];
    assert_eq!(head(false, &zero), Some(0.0));
    assert_eq!(head(true, &zero), None, "written before it was known");
}

#[test]
fn a_charge_in_the_usage_is_read_in_every_form() {
    for (usage, usd) in [
        (json!({"cost": 0.00015}), Some(0.000_15)),
        (json!({"cost": "0.5"}), Some(0.5)),
        (json!({"cost": 0}), Some(0.0)),
        (
            json!({"cost": {"total_cost": 0.006, "input_tokens_cost": 1}}),
            Some(0.006),
        ),
        (json!({"cost_in_usd_ticks": 37_756_000}), Some(0.003_775_6)),
        (
            json!({"cost": 0.001, "is_byok": true, "cost_details": {"upstream_inference_cost": 0.019}}),
            Some(0.02),
        ),
        (
            json!({"cost": 0.001, "is_byok": false, "cost_details": {"upstream_inference_cost": 0.019}}),
            Some(0.001),
        ),
        (json!({"cost": null}), None),
        (json!({"cost": -1}), None),
        (json!({"cost": {}}), None),
        (json!({"prompt_tokens": 7}), None),
        (json!(null), None),
    ] {
        assert_eq!(
            ChargeFrom::Auto.of_usage(&usage).map(|it| it.usd),
            usd,
            "{usage}"
        );
    }
    let quantum = ChargeFrom::Auto
        .of_usage(&json!({"cost": 0.000012}))
        .unwrap()
        .quantum;
    assert!((quantum - 1e-6).abs() < 1e-15, "{quantum}");
}

#[test]
fn where_a_charge_stands_can_be_set() {
    let own = ChargeFrom::parse("usage.price.micros/1000000").unwrap();
    let usage = json!({"cost": 9, "price": {"micros": 250_000}});
    assert_eq!(own.of_usage(&usage).unwrap().usd, 0.25);
    let header = ChargeFrom::parse("header:X-Cost").unwrap();
    assert_eq!(header, ChargeFrom::Header("x-cost".into()));
    assert_eq!(header.of_usage(&usage), None);
    assert_eq!(ChargeFrom::parse("prices"), Some(ChargeFrom::Prices));
    assert_eq!(ChargeFrom::Prices.of_usage(&usage), None);
    for bad in [
        "",
        "header:",
        "header:a b",
        "usage.",
        "usage.a..b",
        "usage.a/0",
        "usage.a/x",
        "cost",
    ] {
        assert_eq!(ChargeFrom::parse(bad), None, "{bad}");
    }
}

#[test]
fn the_first_source_that_knows_is_taken() {
    let usage = Usage::read(
        &json!({"prompt_tokens": 1_000_000, "completion_tokens": 100_000,
        "prompt_tokens_details": {"cached_tokens": 500_000}}),
    );
    let prices = Prices {
        input: Some(2.0),
        output: Some(8.0),
        cached: Some(0.5),
    };
    let computed = prices.of(&usage);
    assert_eq!(computed, Some(2.05));
    let full = Prices {
        cached: None,
        ..prices
    };
    assert_eq!(full.of(&usage), Some(2.8));
    assert_eq!(
        Prices {
            input: None,
            ..prices
        }
        .of(&usage),
        None
    );
    assert_eq!(
        cost(Charge::parse("0"), computed, 1.0, 9.0),
        (0.0, CostSource::Charge)
    );
    assert_eq!(cost(None, computed, 2.0, 9.0), (4.1, CostSource::Computed));
    assert_eq!(cost(None, None, 2.0, 9.0), (9.0, CostSource::Estimated));
    assert_eq!(
        cost(None, computed, f64::NAN, 9.0),
        (9.0, CostSource::Estimated)
    );
}

#[test]
fn a_charge_is_read_with_its_last_digit() {
    let charge = Charge::parse("0.000012").unwrap();
    assert_eq!(charge.usd, 0.000012);
    assert!((charge.quantum - 1e-6).abs() < 1e-18);
    let charge = Charge::parse(" 2e-06 ").unwrap();
    assert_eq!(charge.usd, 2e-6);
    assert!((charge.quantum - 1e-6).abs() < 1e-18);
    assert_eq!(Charge::parse("0").unwrap().usd, 0.0);
}

#[test]
fn what_is_not_one_plain_number_is_not_a_cost() {
    for header in [
        "NaN",
        "-0.5",
        "inf",
        "1e308",
        "1, 2",
        "0.1,0.1",
        "",
        " ",
        "abc",
        "1e",
        "0x10",
        "1e400",
        "+1",
        "1_000",
        "²",
        "0.0000000000000000000000000000000000000001",
    ] {
        assert_eq!(Charge::parse(header), None, "{header}");
    }
}
