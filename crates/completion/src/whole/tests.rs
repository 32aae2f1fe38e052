use super::*;

#[test]
fn parts_that_are_no_text_and_what_tools_found_are_seen() {
    let choice = |message: &str| {
        let body = format!(r#"{{"choices":[{{"message":{message}}}]}}"#);
        Completion::parse(body).unwrap().choices.remove(0)
    };
    for message in [
        r#"{"content":[{"type":"image_url","image_url":{"url":"data:,"}}]}"#,
        r#"{"content":null,"audio":{"id":"a"}}"#,
        r#"{"content":"","images":[{"type":"image_url"}]}"#,
        r#"{"content":[{"type":"output_audio","data":""}]}"#,
        r#"{"content":[{"inline_data":{"mime_type":"image/png","data":""}}]}"#,
        r#"{"content":"","video":{"url":"x"}}"#,
        r#"{"content":"","image_urls":["x"]}"#,
    ] {
        assert!(choice(message).media, "{message}");
    }
    let found = choice(r#"{"content":"","annotations":[{"type":"url_citation"}]}"#);
    assert!(found.beside && !found.media);
    let plain = choice(r#"{"content":[{"type":"text","text":"a"}],"annotations":[]}"#);
    assert!(!plain.beside && !plain.media && plain.text.as_deref() == Some("a"));
}

#[test]
fn parts_of_an_answer_are_told_apart_and_their_texts_are_one() {
    let choice = |content: &str| {
        let body = format!(r#"{{"choices":[{{"message":{{"content":{content}}}}}]}}"#);
        let completion = Completion::parse(body).unwrap();
        let characters = completion.characters();
        (completion.choices.into_iter().next().unwrap(), characters)
    };
    for content in [
        r#"[{"type":"thinking","thinking":[{"type":"text","text":"{no"}]},{"type":"text","text":"ab"}]"#,
        r#"[{"type":"thinking","thinking":"{no"},{"type":"text","text":"ab"}]"#,
        r#"[{"type":"reasoning","text":"{no"},{"type":"output_text","text":"ab"}]"#,
    ] {
        let (choice, characters) = choice(content);
        assert_eq!(choice.text.as_deref(), Some("ab"), "{content}");
        assert!(characters > 4, "thinking is output: {content}");
    }
    for content in [
        r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#,
        r#"[{"type":"text","text":{"value":"ab","annotations":[]}}]"#,
        r#"{"type":"text","text":"ab"}"#,
    ] {
        assert_eq!(choice(content).0.text.as_deref(), Some("ab"), "{content}");
    }
    let (refused, _) = choice(r#"[{"type":"refusal","refusal":"No."}]"#);
    assert_eq!(refused.refusal.as_deref(), Some("No."));
    for content in [
        r#"[{"type":"tool_use","id":"t","name":"f","input":{}}]"#,
        r#"[{"type":"server_tool_use","name":"web_search"},{"type":"web_search_tool_result"}]"#,
    ] {
        assert!(choice(content).0.beside, "{content}");
    }
}

#[test]
fn calls_are_read_as_runtimes_write_them() {
    let call = |call: &str| {
        let body = format!(r#"{{"choices":[{{"message":{{"tool_calls":[{call}]}}}}]}}"#);
        Completion::parse(body).unwrap().choices[0].tool_calls[0].clone()
    };
    for (written, arguments) in [
        (r#""{\"a\":1}""#, r#"{"a":1}"#),
        (r#"{"a":1}"#, r#"{"a":1}"#),
        ("null", ""),
        ("7", ""),
    ] {
        let found = call(&format!(
            r#"{{"function":{{"name":"f","arguments":{written}}}}}"#
        ));
        assert_eq!(
            (found.name.as_str(), found.arguments.as_str(), found.custom),
            ("f", arguments, false)
        );
    }
    for kind in ["web_search", "builtin_function", "mcp", "code_interpreter"] {
        let function = r#""function":{"name":"f","arguments":"{}"}"#;
        for rest in [function, r#""x":{}"#] {
            let found = call(&format!(r#"{{"type":"{kind}",{rest}}}"#));
            assert!(found.custom, "{kind} {rest}");
        }
    }
}

#[test]
fn every_field_of_the_answer_is_kept() {
    let body = r#"{"id":"x","choices":[{"index":0,"message":{"content":"hi","x":[1.10]},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":0},"arbiter":"theirs","odd":{"z":1}}"#;
    let completion = Completion::parse(body.into()).unwrap();
    assert_eq!(completion.choices[0].text.as_deref(), Some("hi"));
    assert_eq!(completion.usage().input, Some(3));
    assert_eq!(completion.usage().output, Some(0), "zero is not absent");
    assert_eq!(
        completion.with("arbiter", "{}"),
        r#"{"id":"x","choices":[{"index":0,"message":{"content":"hi","x":[1.10]},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":0},"odd":{"z":1},"arbiter":{}}"#
    );
}

#[test]
fn an_answer_behind_blank_lines_is_one_and_its_usage_may_stand_elsewhere() {
    // DeepSeek fills the wait with empty lines.
    let body = "\n\n\n{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"eos\"}],\"usage\":null,\"x_groq\":{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}}\n";
    let completion = Completion::parse(body.into()).unwrap();
    let usage = completion.usage();
    assert_eq!((usage.input, usage.output), (Some(3), Some(4)));
    assert_eq!(completion.choices[0].finish_reason.as_deref(), Some("stop"));
}

#[test]
fn what_is_no_answer_is_told_apart() {
    for body in [
        "",
        "  ",
        "<html>",
        "[]",
        "{}",
        "null",
        "7",
        r#"{"choices":[]}"#,
        r#"{"choices":7}"#,
        r#"{"choices":[7]}"#,
        r#"{"error":{"message":"x"}}"#,
        r#"{"choices":[{"me"#,
        r#"{"error":"x","choices":[{}]}"#,
    ] {
        assert!(Completion::parse(body.into()).is_err(), "{body}");
    }
    assert!(Completion::parse(r#"{"error":null,"choices":[{}]}"#.into()).is_ok());
}

#[test]
fn a_call_of_the_older_form_is_a_call() {
    let body = r#"{"choices":[{"message":{"content":null,"function_call":{"name":"f","arguments":"{}"}},"finish_reason":"function_call"}]}"#;
    let completion = Completion::parse(body.into()).unwrap();
    let call = &completion.choices[0].tool_calls[0];
    assert_eq!((call.name.as_str(), call.arguments.as_str()), ("f", "{}"));
}

#[test]
fn usage_and_content_may_be_of_any_type() {
    for usage in [
        "null",
        "[]",
        "\"x\"",
        "7",
        "{\"prompt_tokens\":\"x\"}",
        "{\"prompt_tokens\":-1}",
        "{\"prompt_tokens\":1e300,\"completion_tokens\":1.5}",
    ] {
        assert_eq!(Usage::parse(usage), Usage::default(), "{usage}");
    }
    for message in [
        "null",
        "7",
        "[]",
        r#"{"content":7}"#,
        r#"{"content":{},"tool_calls":{}}"#,
        r#"{"tool_calls":[null,7,{"function":{"arguments":{}}}]}"#,
    ] {
        let body = format!(r#"{{"choices":[{{"message":{message}}}]}}"#);
        assert_eq!(Completion::parse(body).unwrap().choices[0].text, None);
    }
}

#[test]
fn a_completion_is_a_stream_whatever_stands_in_it() {
    let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
    for (odd, text) in [
        (r#""x":"\ud83e""#.to_owned(), "hi"),
        (format!(r#""x":{deep}"#), "hi"),
        (
            r#""content":"\ud83e""#.to_owned(),
            "\u{fffd}\u{fffd}\u{fffd}",
        ),
        ("\n\"x\" :\r\n1".to_owned(), "hi"),
    ] {
        let call =
            |name: &str| format!(r#"{{"index":7,"id":"{name}","function":{{"name":"{name}"}}}}"#);
        let body = format!(
            r#"{{"object":"chat.completion","choices":[{{"message":{{"content":"hi","tool_calls":[{},{}],{odd}}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":3}},{odd}}}"#,
            call("f"),
            call("g"),
        );
        let stream = Completion::parse(body).unwrap().as_stream();
        let mut reader = crate::sse::StreamReader::default();
        let mut lines = Vec::new();
        reader.feed(stream.as_bytes(), |line, _| lines.push(line));
        use crate::sse::Line::{Chunk, Done, Pass, UsageOnly};
        assert_eq!(
            lines,
            [Chunk, Pass, UsageOnly, Pass, Done, Pass],
            "{stream}"
        );
        let choice = &reader.choices[0];
        assert_eq!(choice.text.as_deref(), Some(text), "{odd}");
        let calls: Vec<_> = choice.tool_calls.iter().map(|it| &*it.name).collect();
        assert_eq!(calls, ["f", "g"]);
        assert_eq!(choice.finish_reason.as_deref(), Some("stop"));
        assert_eq!(reader.usage.input, Some(3));
        assert_eq!(stream.matches("chat.completion.chunk").count(), 2);
        assert!(!stream.contains("message") && !stream.contains("\"index\":7"));
    }
}
