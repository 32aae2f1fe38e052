use super::*;

/// Reads all that is read of a body.
fn read(text: &str) -> Result<(Body, Vec<Message>), Wrong> {
    let bounds = RequestBounds::default();
    let body = Body::parse(text.to_owned(), bounds)?;
    let messages = body.messages(bounds)?;
    body.boolean("stream")?;
    body.whole("max_tokens")?;
    Ok((body, messages))
}

#[test]
fn a_field_stays_as_it_was_written_and_null_is_none() {
    let text = r#"{"messages":[{"role":"user","content":"h\u00e9"}],"x":{"b":1,"a":1.10}, "stream": null}"#;
    let (body, messages) = read(text).unwrap();
    assert_eq!(body.text(), text);
    assert_eq!(body.get("x"), Some(r#"{"b":1,"a":1.10}"#));
    assert_eq!((body.get("stream"), body.get("y")), (None, None));
    assert_eq!(messages[0].text, "hé");
    let raw: Vec<&str> = body.raw_messages().iter().map(|it| it.get()).collect();
    assert_eq!(raw, [r#"{"role":"user","content":"h\u00e9"}"#]);
}

#[test]
fn more_messages_than_are_taken_are_refused() {
    let bounds = RequestBounds {
        max_messages: 1,
        ..RequestBounds::default()
    };
    let text = r#"{"messages":[{"role":"user"},{"role":"user"}]}"#;
    let body = Body::parse(text.to_owned(), bounds).unwrap();
    let wrong = body.messages(bounds).unwrap_err();
    assert_eq!(
        wrong.message,
        "`messages` has 2 entries: at most 1 are taken"
    );
}

#[test]
fn a_picture_weighs_what_it_is_read_as_and_text_its_bytes() {
    let weight = |content: &str| {
        let text = format!(r#"{{"messages":[{{"role":"user","content":"{content}"}}]}}"#);
        read(&text).unwrap().0.weight()
    };
    let plain = weight("");
    assert_eq!(weight(&"x".repeat(4_000)), plain + 1_000);
    let picture = weight(&format!("data:image/png;base64,{}", "A".repeat(400_000)));
    assert!(
        (plain + 1_500..plain + 1_520).contains(&picture),
        "{picture}"
    );
    let file = weight(&format!(
        "data:application/pdf;base64,{}",
        "A".repeat(400_000)
    ));
    assert!((plain + 25_000..plain + 25_020).contains(&file), "{file}");
    // Text does not hide behind the word.
    for head in [";base64,", "data:image/png;base64,"] {
        let hidden = weight(&format!("{head}{}", "some words ".repeat(10_000)));
        assert!(hidden > plain + 27_000, "{hidden}");
    }
    // Nor do many of them take long, or weigh as pictures.
    let many = weight(&"data:image/png;base64,".repeat(200_000));
    assert!(many > plain + 1_000_000, "{many}");
}

#[test]
fn whether_a_body_names_stops_is_told_by_what_stands_there() {
    for (stop, names) in [
        (r#""```""#, true),
        (r#"["a","b"]"#, true),
        (r#""""#, false),
        ("[]", false),
        ("[ ]", false),
        ("null", false),
        ("7", false),
    ] {
        let body = format!(r#"{{"messages":[{{"role":"user","content":"x"}}],"stop":{stop}}}"#);
        let body = Body::parse(body, RequestBounds::default()).unwrap();
        assert_eq!(body.names_stops(), names, "{stop}");
    }
}

#[test]
fn a_bad_field_is_refused_by_its_name() {
    let with = |rest: &str| format!(r#"{{"messages":[{{"role":"user","content":"x"}}],{rest}}}"#);
    for (body, field) in [
        ("{}".to_owned(), "messages"),
        (r#"{"messages":[]}"#.into(), "messages"),
        (r#"{"messages":"hi"}"#.into(), "messages"),
        (r#"{"messages":null}"#.into(), "messages"),
        (r#"{"messages":["hi"]}"#.into(), "messages[0]"),
        (
            r#"{"messages":[{"role":"user"},{"content":"x"}]}"#.into(),
            "messages[1]",
        ),
        (r#"{"messages":[{"role":7}]}"#.into(), "messages[0]"),
        (
            r#"{"messages":[{"role":"user"},{"role":"user","content":"a","content":"b"}]}"#.into(),
            "messages[1].content",
        ),
        (
            r#"{"messages":[{"role":"user","content":"a","role":"user"}]}"#.into(),
            "messages[0].role",
        ),
        (with(r#""stream":"yes""#), "stream"),
        (with(r#""max_tokens":-1"#), "max_tokens"),
        (with(r#""max_tokens":1.5"#), "max_tokens"),
        (with(r#""max_tokens":"9""#), "max_tokens"),
        (with(r#""temperature":1e400"#), "temperature"),
        (with(r#""temperature":NaN"#), "temperature"),
        (with(r#""temperature":Infinity"#), "temperature"),
    ] {
        let wrong = read(&body).unwrap_err();
        assert_eq!(wrong.field.as_deref(), Some(field), "{body}");
    }
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    for body in ["", "[]", "null", "\"x\"", "{\"messages\":", "\u{0}"] {
        assert!(read(body).is_err(), "{body}");
    }
    assert!(read(&"[".repeat(200_000)).is_err());
    assert!(read(&"{\"a\":".repeat(200_000)).is_err());
}
