use super::*;

fn read(name: &'static str, value: &'static str) -> Result<Settings, Refusal> {
    Settings::read(|asked| (asked == name).then(|| value.to_owned()))
}

#[test]
fn without_any_variable_every_setting_has_its_default() {
    let settings = Settings::read(|_| None).unwrap();
    assert_eq!(settings.request_timeout, 120.0);
    assert_eq!(settings.tunables, Tunables::default());
    assert_eq!(settings.runtimes.len(), 1);
    match settings.has_keys() {
        Err(Refusal::Setting { name, .. }) => assert_eq!(name, "GATEWAY_API_KEY"),
        other => panic!("{other:?}"),
    }
    assert_eq!(read("EPSILON", "  ").unwrap(), settings, "blank is absent");
}

#[test]
fn a_bad_value_is_refused_by_name() {
    for (name, value) in [
        ("REQUEST_TIMEOUT", "soon"),
        ("REQUEST_TIMEOUT", "0"),
        ("REQUEST_TIMEOUT", "NaN"),
        ("BODY_TIMEOUT", "never"),
        ("EPSILON", "1.5"),
        ("EPSILON", "-0"),
        ("MIN_SAMPLES", "0"),
        ("MIN_SAMPLES", "2.5"),
        ("CONTROL_SCOPE", "anyone"),
        ("STRATEGY", "best"),
        ("BTL_BASE_URL", "ftp://x"),
        ("BTL_BASE_URL", "https://user@host"),
        ("BTL_BASE_URL", "https://"),
        ("CHARGE_FROM", "the bill"),
        ("GATEWAY_API_KEY", "a\nb"),
        ("LIMIT_6H", "-1"),
        ("BASELINE_CONTEXT", "0"),
        ("REGISTER_OPEN", "yes"),
        ("VIEWS", "nobody"),
        ("KEY_SECRET", "short"),
        ("WEBHOOK_SECRET", "short"),
        ("WEBHOOK_URL", "http://hooks.example/"),
    ] {
        match read(name, value) {
            Err(Refusal::Setting { name: named, .. }) => assert_eq!(named, name),
            Ok(_) if value == "-0" => {}
            other => panic!("{name}={value}: {other:?}"),
        }
    }
}

#[test]
fn every_runtime_has_its_own_key_and_time() {
    let settings = |keys: bool| {
        Settings::read(|name| {
            let text = match name {
                "RUNTIMES" => {
                    r#"[{"name":"far","base_url":"https://h/v1","key":"FAR_KEY"},
                            {"name":"near","base_url":"http://h","timeout":600}]"#
                }
                "FAR_KEY" if keys => "far-key",
                "GATEWAY_API_KEY" => "another",
                _ => return None,
            };
            Some(text.to_owned())
        })
        .unwrap()
    };
    let set = settings(true);
    let runtime = |name| set.runtime(name).unwrap();
    assert_eq!(set.key_of(runtime("far")), Some("far-key"));
    assert_eq!(set.key_of(runtime("near")), None);
    assert_eq!(runtime("default").name, "far", "the first is the default");
    assert_eq!(
        (set.timeout_of("far"), set.timeout_of("near")),
        (120.0, 600.0)
    );
    assert!(set.has_keys().is_ok());
    match settings(false).has_keys() {
        Err(Refusal::Setting { name, message }) => {
            assert_eq!(name, "FAR_KEY");
            assert_eq!(
                message,
                "setting FAR_KEY is missing: far cannot be called without it"
            );
        }
        other => panic!("{other:?}"),
    }
    let bad = read("RUNTIMES", r#"[{"name":"a","base_url":"ftp://h"}]"#);
    assert!(matches!(bad, Err(Refusal::Setting { message, .. })
        if message.starts_with("setting RUNTIMES[0].base_url must be")));
}

#[test]
fn values_are_read() {
    assert_eq!(
        read("BTL_BASE_URL", "http://127.0.0.1:1/v1/")
            .unwrap()
            .runtimes[0]
            .base
            .to("/models"),
        "http://127.0.0.1:1/v1/models"
    );
    assert_eq!(
        read("ARBITER_API_KEYS", " a, b,,").unwrap().operator_keys,
        ["a", "b"]
    );
    assert_eq!(
        read("CONTROL_SCOPE", "operator").unwrap().control_scope,
        ControlScope::Operator
    );
}

#[test]
fn keys_of_operators_are_long_enough_where_the_world_is_served() {
    let with = |name: &'static str, keys: &'static str, https: &'static str| {
        Settings::read(move |asked| match asked {
            "REQUIRE_HTTPS" => Some(https.to_owned()),
            asked => (asked == name).then(|| keys.to_owned()),
        })
    };
    let long = "ada:abcdefghijklmnopqrstuvwx";
    for name in ["ARBITER_API_KEYS", "CONTROL_KEYS"] {
        assert!(with(name, long, "true").is_ok());
        assert!(with(name, "short", "false").is_ok());
        for short in [
            "short",
            "a-long-name-is-no-help:k",
            "abcdefghijklmnopqrstuvwx,short",
        ] {
            match with(name, short, "true") {
                Err(Refusal::Setting { name: named, .. }) => assert_eq!(named, name),
                other => panic!("{short}: {other:?}"),
            }
        }
    }
}
