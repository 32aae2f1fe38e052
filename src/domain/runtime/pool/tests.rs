use serde_json::json;

use super::*;

const RUNTIMES: [&str; 2] = ["default", "local"];

fn row(value: Value) -> Result<Model, Refusal> {
    Model::read("m", &value, &RUNTIMES)
}

fn entry(id: &str, input: Option<f64>, output: Option<f64>) -> Entry {
    Entry {
        id: id.into(),
        prices: Prices {
            input,
            output,
            cached: None,
        },
        ..Entry::default()
    }
}

#[test]
fn a_model_needs_nothing_but_an_id() {
    let row = row(json!({})).unwrap();
    assert_eq!(
        (row.runtime.as_str(), row.upstream_id.as_str()),
        ("default", "m")
    );
    assert_eq!(
        (row.in_price, row.out_price),
        (None, None),
        "unknown, not 0"
    );
    assert!(row.enabled);
    let again: Model = serde_json::from_value(serde_json::to_value(&row).unwrap()).unwrap();
    assert_eq!(again, row);
}

#[test]
fn a_bad_field_is_refused_by_its_name() {
    for (field, value) in [
        ("runtime", json!("elsewhere")),
        ("upstream_id", json!("a b")),
        ("enabled", json!("yes")),
        ("tier", json!("huge")),
        ("context", json!(0)),
        ("context", json!(1.5)),
        ("max_output", json!(-1)),
        ("in_price", json!(-0.1)),
        ("out_price", json!("1")),
        ("accepts", json!({"images": "yes"})),
        ("accepts", json!({"smell": true})),
        ("tags", json!(["a b"])),
        ("tags", json!(["a", "a", "a", "a", "a", "a", "a", "a", "a"])),
        ("price_from", json!("thin air")),
        ("position", json!(-1)),
        ("id", json!("other")),
    ] {
        match row(json!({ field: value })) {
            Err(Refusal::Invalid { field: named, .. }) => assert_eq!(named.as_deref(), Some(field)),
            other => panic!("{field}: {other:?}"),
        }
    }
    assert!(row(json!({"price": 1})).is_err());
    assert!(row(json!([])).is_err());
    assert!(Model::read("a b", &json!({}), &RUNTIMES).is_err());
}

#[test]
fn a_whole_pool_is_read_in_its_order_and_refused_by_place() {
    let rows = read_all(&json!({"models": [{"id": "b"}, {"id": "a"}]}), &RUNTIMES).unwrap();
    let places: Vec<_> = rows
        .iter()
        .map(|row| (row.id.as_str(), row.position))
        .collect();
    assert_eq!(places, [("b", 0), ("a", 1)]);
    for (models, place) in [
        (json!([{"id": "a"}, {"id": "a"}]), "models[1].id"),
        (
            json!([{"id": "a"}, {"id": "b", "context": 0}]),
            "models[1].context",
        ),
        (json!([{"id": 7}]), "models[0].id"),
        (json!([]), "models"),
        (json!(7), "models"),
    ] {
        match read_all(&models, &RUNTIMES) {
            Err(Refusal::Invalid { field, .. }) => assert_eq!(field.as_deref(), Some(place)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_catalogue_reprices_its_own_and_adds_only_what_was_asked_for() {
    let with = |id: &str, price_from: &str, price: f64| {
        let value = json!({"price_from": price_from, "in_price": price, "out_price": price});
        Model::read(id, &value, &RUNTIMES).unwrap()
    };
    let rows = [
        with("mine", "operator", 1.0),
        with("theirs", "catalogue", 1.0),
        with("same", "catalogue", 2.0),
        with("silent", "catalogue", 1.0),
        with("lost", "catalogue", 1.0),
    ];
    let entries = [
        entry("mine", Some(2.0), Some(2.0)),
        entry("theirs", Some(2.0), Some(3.0)),
        entry("same", Some(2.0), Some(2.0)),
        entry("silent", None, None),
        entry("new", Some(0.1), Some(0.2)),
        entry("other", None, None),
    ];
    let ids = ["new".to_owned(), "mine".to_owned()];
    let changes = changes(&rows, "default", &entries, Some(&ids));
    let added: Vec<_> = changes
        .added
        .iter()
        .map(|row| (row.id.as_str(), row.tier))
        .collect();
    assert_eq!(added, [("new", Tier::Small)]);
    assert_eq!(changes.repriced.len(), 1);
    assert_eq!(changes.repriced[0].to, [Some(2.0), Some(3.0), None]);
    assert_eq!(changes.gone, ["lost"]);
    let after = applied(rows.to_vec(), &changes);
    assert_eq!(after.len(), 6);
    assert_eq!(
        (after[0].in_price, after[1].out_price),
        (Some(1.0), Some(3.0))
    );
    assert!(!after[4].enabled, "taken off, but kept");
    assert!(
        super::changes(&rows, "default", &entries, None)
            .added
            .is_empty()
    );
}

#[test]
fn models_of_two_runtimes_that_are_called_alike_are_two() {
    let rows = [row(json!({})).unwrap()];
    let entries = [entry("m", None, None)];
    let ids = ["m".to_owned()];
    let changes = changes(&rows, "local", &entries, Some(&ids));
    assert_eq!(changes.added[0].id, "local/m");
    assert_eq!(changes.added[0].upstream_id, "m");
    assert!(
        changes.gone.is_empty(),
        "a catalogue speaks for its own runtime"
    );
}

#[test]
fn an_import_fills_in_what_nobody_said_and_overwrites_nothing() {
    let bare = Model::read("bare", &json!({}), &RUNTIMES).unwrap();
    let said =
        json!({"context": 8_192, "in_price": 9, "accepts": {"images": false}, "max_output": 7});
    let said = Model::read("said", &said, &RUNTIMES).unwrap();
    let free = json!({"in_price": 0, "out_price": 0, "cached_in_price": 0});
    let free = Model::read("free", &free, &RUNTIMES).unwrap();
    let known = |id: &str| Entry {
        context: Some(128_000),
        max_output: Some(16_384),
        accepts: serde_json::from_value(json!({"images": true, "tools": true})).unwrap(),
        prices: Prices {
            input: Some(1.0),
            output: Some(2.0),
            cached: Some(0.5),
        },
        ..entry(id, None, None)
    };
    let rows = [bare, said, free, row(json!({})).unwrap()];
    let entries = ["bare", "said", "free"].map(known);
    let changes = changes(&rows, "default", &entries, None);
    let fields: Vec<(&str, Vec<&str>)> = changes
        .filled
        .iter()
        .map(|it| {
            (
                it.id.as_str(),
                it.fields.keys().map(String::as_str).collect(),
            )
        })
        .collect();
    let all = vec![
        "context",
        "max_output",
        "in_price",
        "out_price",
        "cached_in_price",
        "accepts",
        "price_from",
    ];
    assert_eq!(
        fields,
        [
            ("bare", all),
            ("said", vec!["out_price", "accepts"]),
            ("free", vec!["context", "max_output", "accepts"]),
        ]
    );
    let after = applied(rows.to_vec(), &changes);
    assert_eq!(after[0].prices(), known("bare").prices);
    assert_eq!(
        after[0].price_from,
        PriceFrom::Catalogue,
        "repriced by the day"
    );
    let said = &after[1];
    assert_eq!((said.context, said.max_output), (Some(8_192), Some(7)));
    assert_eq!((said.in_price, said.out_price), (Some(9.0), Some(2.0)));
    assert_eq!(
        (said.cached_in_price, said.price_from),
        (None, PriceFrom::Operator)
    );
    assert_eq!(
        (said.accepts.images, said.accepts.tools),
        (Some(false), Some(true))
    );
    assert_eq!(
        (after[2].in_price, after[2].out_price),
        (Some(0.0), Some(0.0))
    );
    assert!(
        super::changes(&after, "default", &entries, None)
            .filled
            .is_empty()
    );
}

#[test]
fn rows_that_are_another_or_new_are_told_from_those_that_are_the_same() {
    let named = |id: &str| Model::named(id);
    let before = ["same", "priced", "off", "gone"].map(named);
    let mut after = ["same", "priced", "off", "new"].map(named);
    after[1].in_price = Some(1.0);
    after[2].enabled = false;
    let changed: Vec<String> = changed(&before, &after).into_iter().collect();
    assert_eq!(changed, ["new", "priced"]);
}
