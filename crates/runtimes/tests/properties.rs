//! Whatever a runtime sends: no panic, bounded time and memory, nothing made up.

use proptest::prelude::*;
use runtimes::{charge::Charge, pages::Reading, retry_after};
use serde_json::{Value, json};

fn odd() -> impl Strategy<Value = Value> {
    let shapes = [
        json!(null),
        json!(-7),
        json!(0.5),
        json!([null]),
        json!({"code": [7], "message": {}}),
    ];
    prop_oneof![
        prop::sample::select(shapes.to_vec()),
        "\\PC{0,12}".prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_catalogue_of_any_text_comes_to_an_end(
        first in "\\PC{0,300}", next in odd(), last in odd(), more in any::<bool>(),
    ) {
        let page = json!({"data": [{"id": "a"}], "links": {"next": next}, "has_more": more, "last_id": last});
        for page in [first, page.to_string()] {
            let mut reading = Reading::of("https://h.example/v1/models").unwrap();
            let mut asked = 0;
            while let Some((url, _)) = reading.next() {
                prop_assert_eq!(url.host_str(), Some("h.example"));
                asked += 1;
                reading.take(Some(&page));
            }
            prop_assert!(asked <= 20);
            let _ = reading.end();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_cost_is_a_sum_of_money_or_nothing(text in "\\PC{0,50}|[0-9.eE+-]{0,45}") {
        if let Some(charge) = Charge::parse(&text) {
            prop_assert!(charge.usd.is_finite() && charge.usd >= 0.0);
            prop_assert!(charge.quantum.is_finite() && charge.quantum > 0.0);
        }
    }

    #[test]
    fn a_wait_is_at_most_a_day_or_nothing(
        text in "\\PC{0,70}|[0-9]{0,30}|[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,5} [0-9:]{0,10} GMT",
        now in any::<f64>(),
    ) {
        if let Some(wait) = retry_after::parse(&text, now) {
            prop_assert!(wait <= retry_after::LONGEST);
        }
    }
}
