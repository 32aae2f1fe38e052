//! How a stream is read, whatever its bytes are split into.

use super::*;

const STREAM: &str = concat!(
    ": hello\r\n\r\n",
    "data: {\"id\":\"c1\",\"created\":5,\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n",
    "data:{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"grüß 🦀\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":1,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\"\"}}]}}]}\n\n",
    "data: {\"choices\":[{\"index\":1,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":9}}\n\n",
    "data: [DONE]\n\n",
);

fn read(chunks: impl Iterator<Item = Vec<u8>>) -> (StreamReader, Vec<Line>, Vec<u8>) {
    let (mut reader, mut lines, mut bytes) = (StreamReader::default(), vec![], vec![]);
    for chunk in chunks {
        reader.feed(&chunk, |line, raw| {
            lines.push(line);
            bytes.extend_from_slice(raw);
        });
    }
    reader.finish(|line, raw| {
        lines.push(line);
        bytes.extend_from_slice(raw);
    });
    (reader, lines, bytes)
}

#[test]
fn the_same_is_read_however_the_bytes_are_split() {
    let whole = read(std::iter::once(STREAM.as_bytes().to_vec()));
    assert_eq!(whole.0.choices[0].text.as_deref(), Some("grüß 🦀"));
    assert_eq!(whole.0.choices[1].tool_calls[0].arguments, "{\"a\":1}");
    assert_eq!(whole.0.usage.input, Some(0));
    assert!(whole.0.complete() && whole.0.done);
    assert_eq!(
        whole
            .1
            .iter()
            .filter(|line| **line == Line::UsageOnly)
            .count(),
        1
    );
    for size in 1..40 {
        let split = read(STREAM.as_bytes().chunks(size).map(<[u8]>::to_vec));
        assert_eq!(split.1, whole.1, "chunks of {size}");
        assert_eq!(split.0.choices, whole.0.choices);
        assert_eq!(split.2, STREAM.as_bytes(), "no byte is lost");
    }
}

#[test]
fn an_event_under_our_own_name_is_left_out_and_the_answer_around_it_is_not() {
    let before = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
    let after = concat!(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\n",
        "data: [DONE]\n\n",
    );
    let said = r#"{"choices":[{"index":0,"delta":{"content":"x"}}],"quality":1,"cost":0}"#;
    for event in [
        format!("event: arbiter\ndata: {said}\n\n"),
        format!("event:arbiter\r\ndata:{said}\r\n\r\n"),
        format!("event:  ARBITER \ndata: {said}\n\n"),
        format!("event: other\nevent: arbiter\ndata: {said}\n\n"),
        "event: arbiter\ndata: {\"choices\":\ndata: []}\n\n".to_owned(),
        "event: arbiter\ndata: no JSON\n\n".to_owned(),
        "event: arbiter\ndata: {\"error\":{\"message\":\"x\"}}\n\n".to_owned(),
        "event: arbiter\n\n".to_owned(),
    ] {
        let whole = format!("{before}{event}{after}");
        for size in 1..whole.len() {
            let (reader, lines, bytes) = read(whole.as_bytes().chunks(size).map(<[u8]>::to_vec));
            let bytes = String::from_utf8(bytes).unwrap();
            let named = bytes.to_ascii_lowercase().contains("arbiter");
            assert!(!named && !bytes.contains("quality"), "{event:?}: {bytes:?}");
            assert_eq!(reader.choices[0].text.as_deref(), Some("ab"), "{event:?}");
            assert!(reader.done && !lines.iter().any(|it| matches!(it, Line::Error(_))));
        }
    }
    // Named after its data: the name is not passed on, and the end of a stream is one under any name.
    let late = format!("data: {said}\nevent: arbiter\n\nevent: arbiter\ndata: [DONE]\n\n");
    let (reader, _, bytes) = read(std::iter::once(late.into_bytes()));
    assert!(reader.done && !String::from_utf8(bytes).unwrap().contains("arbiter"));
    let (_, lines, bytes) = read(std::iter::once(b"event: arbiters\ndata: {}\n\n".to_vec()));
    assert_eq!((lines.len(), bytes.len()), (3, 26), "another name");
}

#[test]
fn a_chunk_ahead_of_the_answer_does_not_name_the_stream() {
    let ahead = "data: {\"id\":\"\",\"created\":0,\"model\":\"\",\"choices\":[]}\n\n";
    let (reader, _, _) = read([ahead, STREAM].map(|text| text.into()).into_iter());
    assert_eq!(
        (reader.id.as_deref(), reader.created),
        (Some("c1"), Some(5.0))
    );
}

#[test]
fn the_end_of_the_bytes_does_not_make_an_answer_whole() {
    let cut = STREAM.find("\"finish_reason\":\"stop\"").unwrap();
    let (reader, _, _) = read(std::iter::once(STREAM.as_bytes()[..cut].to_vec()));
    assert!(!reader.complete());
}

#[test]
fn an_error_frame_is_told_apart_from_a_chunk() {
    let (_, lines, _) = read(std::iter::once(
        b"data: {\"error\":{\"message\":\"x\"}}\n\ndata: {\"error\":null,\"choices\":[]}\n\n"
            .to_vec(),
    ));
    assert_eq!(lines[0], Line::Error("{\"message\":\"x\"}".into()));
    assert_eq!(lines[2], Line::Chunk);
}

#[test]
fn an_endless_line_is_not_kept() {
    let mut reader = StreamReader::default();
    let mut passed = 0;
    for _ in 0..80 {
        reader.feed(&vec![b'x'; 64 * 1024], |_, raw| passed += raw.len());
    }
    assert!(reader.overflowed && passed >= MAX_LINE);
    assert!(reader.partial.len() <= MAX_LINE);
}

#[test]
fn indices_from_outside_allocate_nothing() {
    let (reader, _, _) = read(std::iter::once(
        b"data: {\"choices\":[{\"index\":4000000000,\"delta\":{\"content\":\"x\"}}]}\n\n".to_vec(),
    ));
    assert!(reader.choices.is_empty());
    assert!(reader.overflowed, "what was not read is no empty answer");
}

#[test]
fn an_answer_with_bytes_that_are_no_utf8_is_read_as_clients_read_it() {
    let mut bytes = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"caf".to_vec();
    bytes.extend_from_slice(b"\xE9 391\"},\"finish_reason\":\"stop\"}]}\n\n");
    let (reader, lines, passed) = read(std::iter::once(bytes.clone()));
    assert_eq!(lines[0], Line::Chunk);
    assert_eq!(reader.choices[0].text.as_deref(), Some("caf\u{fffd} 391"));
    assert!(reader.complete());
    assert_eq!(passed, bytes, "passed on as they came");
}

fn event(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{text}}}]}}\n\n")
}

#[test]
fn data_that_is_spread_over_several_lines_is_one_event() {
    let spread = STREAM
        .replace("data: {", "data: {\ndata:   ")
        .replace("],\"usage\"", "],\n: still here\ndata: \"usage\"");
    let whole = read(std::iter::once(STREAM.as_bytes().to_vec()));
    for size in [1, 2, 3, 7, 40, 10_000] {
        let split = read(spread.as_bytes().chunks(size).map(<[u8]>::to_vec));
        assert_eq!(split.0.choices, whole.0.choices, "chunks of {size}");
        assert_eq!(split.1, whole.1);
        assert_eq!(split.2, spread.as_bytes(), "no byte is lost");
    }
    let error = b"data: {\ndata: \"error\": {\"message\":\ndata: \"x\"}}\n\n";
    let (_, lines, _) = read(std::iter::once(error.to_vec()));
    assert!(matches!(lines[0], Line::Error(_)), "{lines:?}");
}

#[test]
fn data_that_never_becomes_whole_hides_nothing_and_is_not_kept() {
    let broken = "data: {\"choices\":[{\"del\n";
    let (reader, lines, _) = read(std::iter::once(
        format!("{broken}data: [DONE]\n\n").into_bytes(),
    ));
    assert_eq!(lines, [Line::Pass, Line::Done, Line::Pass]);
    assert!(reader.done && !reader.overflowed);
    let mut reader = StreamReader::default();
    let mut passed = 0;
    reader.feed(b"data: [\n", |_, raw| passed += raw.len());
    for _ in 0..80 {
        let line = format!("data: {}\n", "1,".repeat(32 * 1024));
        reader.feed(line.as_bytes(), |_, raw| passed += raw.len());
    }
    assert!(reader.overflowed && passed > MAX_LINE);
}

#[test]
fn lines_may_end_in_a_bare_return() {
    let whole = read(std::iter::once(STREAM.as_bytes().to_vec()));
    let bare = STREAM.replace("\r\n", "\n").replace('\n', "\r");
    for size in 1..40 {
        let split = read(bare.as_bytes().chunks(size).map(<[u8]>::to_vec));
        assert_eq!(split.0.choices, whole.0.choices, "chunks of {size}");
        assert_eq!(split.1, whole.1);
        assert_eq!(split.2, bare.as_bytes());
    }
    let (mut reader, mut lines) = (StreamReader::default(), 0);
    let event = event(r#"{"content":"a"}"#).replace('\n', "\r");
    reader.feed(event.as_bytes(), |_, _| lines += 1);
    assert_eq!(lines, 2, "an event is not held until the next begins");
}

#[test]
fn a_byte_order_mark_before_the_first_line_is_dropped() {
    let marked = format!("\u{feff}{}\u{feff}: x\n", event(r#"{"content":"a"}"#));
    for size in [1, 2, 4, 1_000] {
        let (reader, lines, bytes) = read(marked.as_bytes().chunks(size).map(<[u8]>::to_vec));
        assert_eq!(lines, [Line::Chunk, Line::Pass, Line::Pass]);
        assert_eq!(reader.choices[0].text.as_deref(), Some("a"));
        assert_eq!(bytes, &marked.as_bytes()[3..]);
    }
}

#[test]
fn an_empty_finish_reason_does_not_make_an_answer_whole() {
    for reason in ["\"\"", "\"null\"", "null"] {
        let chunk = format!(
            "data: {{\"choices\":[{{\"delta\":{{\"content\":\"a\"}},\"finish_reason\":{reason}}}]}}\n\n"
        );
        let (reader, _, _) = read(std::iter::once(chunk.into_bytes()));
        assert!(!reader.complete(), "{reason}");
    }
}

#[test]
fn tool_calls_without_an_index_stay_apart() {
    let stream = [
        r#"{"tool_calls":[{"function":{"name":"f","arguments":"{\"a\":"}}]}"#,
        r#"{"tool_calls":[{"function":{"arguments":"1}"}}]}"#,
        r#"{"tool_calls":[{"function":{"name":"g","arguments":"{}"}}]}"#,
        r#"{"function_call":{"name":"h","arguments":"{}"}}"#,
    ]
    .map(event)
    .concat();
    let (reader, _, _) = read(std::iter::once(stream.into_bytes()));
    let calls: Vec<_> = reader.choices[0]
        .tool_calls
        .iter()
        .map(|call| (call.name.as_str(), call.arguments.as_str()))
        .collect();
    assert_eq!(calls, [("f", "{\"a\":1}"), ("g", "{}"), ("h", "{}")]);
}

#[test]
fn whatever_the_split_no_byte_of_mixed_line_ends_is_lost() {
    let mixed = "data: a\rdata: b\r\n\r\n: c\r\r\nid: 1\n\rdata: {\r\ndata: }\r";
    for size in 1..mixed.len() {
        let (_, _, bytes) = read(mixed.as_bytes().chunks(size).map(<[u8]>::to_vec));
        assert_eq!(bytes, mixed.as_bytes(), "chunks of {size}");
    }
}

fn calls(events: &[&str]) -> Vec<(String, String)> {
    let stream: String = events.iter().map(|delta| event(delta)).collect();
    let (reader, _, _) = read(std::iter::once(stream.into_bytes()));
    let calls = reader.choices[0].tool_calls.iter();
    calls
        .map(|call| (call.name.clone(), call.arguments.clone()))
        .collect()
}

#[test]
fn a_name_that_is_repeated_with_every_part_is_one_name() {
    let part = |arguments: &str| {
        format!(
            r#"{{"tool_calls":[{{"index":0,"id":"c1","function":{{"name":"f","arguments":{arguments}}}}}]}}"#
        )
    };
    let parts = [part(r#""""#), part(r#""{\"a\":""#), part(r#""1}""#)];
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    assert_eq!(calls(&parts), [("f".into(), "{\"a\":1}".into())]);
}

#[test]
fn calls_that_all_have_the_same_number_stay_apart() {
    let by_id = [
        r#"{"tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":"{}"}}]}"#,
        r#"{"tool_calls":[{"index":0,"id":"c2","function":{"name":"f","arguments":"{\"a\""}}]}"#,
        r#"{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}"#,
    ];
    let both = [
        ("f".to_owned(), "{}".to_owned()),
        ("f".into(), "{\"a\":1}".into()),
    ];
    assert_eq!(calls(&by_id), both);
    let by_name = by_id.map(|part| {
        part.replace("\"id\":\"c1\",", "")
            .replace("\"id\":\"c2\",", "")
    });
    let by_name: Vec<&str> = by_name.iter().map(String::as_str).collect();
    assert_eq!(calls(&by_name), both);
}

#[test]
fn parts_without_a_number_belong_to_the_call_of_their_id_or_name() {
    let weather = [("get_weather".to_owned(), "{\"city\":\"Oslo\"}".to_owned())];
    let part = |id: &str, name: &str, arguments: &str| {
        let id = if id.is_empty() {
            String::new()
        } else {
            format!(r#""id":"{id}","#)
        };
        let name = if name.is_empty() {
            String::new()
        } else {
            format!(r#""name":"{name}","#)
        };
        format!(r#"{{{id}"function":{{{name}"arguments":{arguments:?}}}}}"#)
    };
    let (w, head, tail) = ("get_weather", "{\"city\":", "\"Oslo\"}");
    let in_calls = |parts: &[String], index: &str| {
        let deltas: Vec<String> = parts
            .iter()
            .map(|part| format!(r#"{{"tool_calls":[{}]}}"#, part.replacen('{', index, 1)))
            .collect();
        calls(&deltas.iter().map(String::as_str).collect::<Vec<_>>())
    };
    for parts in [
        [part("c1", w, ""), part("c1", w, head), part("c1", w, tail)],
        [part("", w, ""), part("", w, head), part("", w, tail)],
        [part("c1", w, ""), part("", w, head), part("", w, tail)],
        [part("c1", w, ""), part("", "", head), part("", "", tail)],
    ] {
        for index in [
            "{",
            r#"{"index":null,"#,
            r#"{"index":"0","#,
            r#"{"index":0,"#,
        ] {
            assert_eq!(in_calls(&parts, index), weather, "{parts:?} {index}");
        }
    }
    // Some make up a new id with every part.
    for name in ["", w] {
        let parts = [
            part("c1", w, ""),
            part("c2", name, head),
            part("c3", name, tail),
        ];
        assert_eq!(in_calls(&parts, r#"{"index":0,"#), weather, "{name}");
    }
    let woven = [
        part("c1", w, ""),
        part("c2", "f", ""),
        part("c1", "", "{\"city\":\"Oslo\"}"),
        part("c2", "", "{}"),
    ];
    let both = [weather[0].clone(), ("f".into(), "{}".into())];
    assert_eq!(in_calls(&woven, "{"), both);
    let twice = [
        part("", w, "{\"city\":\"Oslo\"}"),
        part("", w, "{\"city\":\"Oslo\"}"),
    ];
    assert_eq!(in_calls(&twice, "{").len(), 2, "two that are whole are two");
    let older = [w; 3]
        .iter()
        .zip(["", head, tail])
        .map(|(name, arguments)| {
            format!(r#"{{"function_call":{{"name":"{name}","arguments":{arguments:?}}}}}"#)
        })
        .collect::<Vec<_>>();
    let older: Vec<&str> = older.iter().map(String::as_str).collect();
    assert_eq!(calls(&older), weather);
}

#[test]
fn a_call_of_a_custom_tool_is_read_as_one_with_its_text() {
    let parts = [
        r#"{"tool_calls":[{"index":0,"id":"c1","type":"custom","custom":{"name":"patch","input":""}}]}"#,
        r#"{"tool_calls":[{"index":0,"id":null,"type":null,"function":null,"custom":{"input":"*** Begin"}}]}"#,
        r#"{"tool_calls":[{"index":0,"custom":{"input":" Patch"}}]}"#,
    ];
    assert_eq!(calls(&parts), [("patch".into(), "*** Begin Patch".into())]);
}

#[test]
fn usage_is_found_where_runtimes_put_it_and_what_was_told_apart_is_one() {
    let chunk = |rest: &str| {
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"a\"}}{rest}}}\n\n")
    };
    for (who, stream, usage) in [
        (
            "Groq",
            chunk(
                "}],\"x_groq\":{\"id\":\"r\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}",
            ),
            (Some(5), Some(7)),
        ),
        (
            "Moonshot",
            chunk(",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}]"),
            (Some(5), Some(7)),
        ),
        (
            "two halves",
            format!(
                "{}{}",
                chunk("}],\"usage\":{\"prompt_tokens\":\"5\",\"completion_tokens\":null}"),
                chunk("}],\"usage\":{\"completion_tokens\":7}")
            ),
            (Some(5), Some(7)),
        ),
        (
            "null in every chunk, and a word in the answer",
            chunk("}],\"usage\":null").replace("\"a\"", "\"\\\"usage\\\": 3\""),
            (None, None),
        ),
    ] {
        let (reader, lines, _) = read([stream.into_bytes()].into_iter());
        assert_eq!((reader.usage.input, reader.usage.output), usage, "{who}");
        assert!(
            !lines.contains(&Line::UsageOnly),
            "{who}: it holds an answer"
        );
    }
}

#[test]
fn reasons_to_end_are_read_in_the_words_of_every_runtime() {
    let ended = |reason: &str| {
        let stream = format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"a\"}},\"finish_reason\":{reason}}}]}}\n\n"
        );
        let (reader, lines, _) = read([stream.into_bytes()].into_iter());
        let failed = matches!(lines.first(), Some(Line::Error(_)));
        let choice = reader.choices.into_iter().next();
        (choice.and_then(|it| it.finish_reason), failed)
    };
    for (reason, expected) in [
        ("\"eos\"", Some("stop")),
        ("\"end_turn\"", Some("stop")),
        ("\"STOP\"", Some("stop")),
        ("\"model_length\"", Some("length")),
        ("\"FINISH_REASON_MAX_TOKENS\"", Some("length")),
        ("\"COMPLETE\"", Some("stop")),
        ("\"RECITATION\"", Some("content_filter")),
        ("\"refusal\"", Some("content_filter")),
        ("\"MAX_TOKENS\"", Some("length")),
        ("\"tool_use\"", Some("tool_calls")),
        ("\"SAFETY\"", Some("content_filter")),
        ("\"\"", None),
        ("\"null\"", None),
        ("7", None),
        ("\"odd\"", Some("odd")),
    ] {
        assert_eq!(
            ended(reason),
            (expected.map(str::to_owned), false),
            "{reason}"
        );
    }
    for reason in ["\"error\"", "\"insufficient_system_resource\"", "\"abort\""] {
        assert_eq!(ended(reason), (None, true), "{reason}");
    }
}

#[test]
fn an_event_that_breaks_off_is_an_error_and_an_empty_one_is_none() {
    for data in ["{\"choices\":[{\"del", "[", "{\ndata: \"choices\":"] {
        let stream = format!("data: {data}\n\n{}", event(r#"{"content":"a"}"#));
        for size in [1, 7, 1_000] {
            let (_, lines, bytes) = read(stream.as_bytes().chunks(size).map(<[u8]>::to_vec));
            assert!(matches!(&lines[0], Line::Error(_)), "{data}: {lines:?}");
            assert_eq!(bytes, stream.as_bytes());
        }
    }
    for empty in ["data:\n\n", "data: \r\n\r\n", "data:\ndata:\n\n"] {
        let (_, lines, _) = read(std::iter::once(empty.into()));
        assert_eq!(lines, [Line::Pass, Line::Pass], "{empty:?}");
    }
}

#[test]
fn data_that_is_too_long_to_be_read_is_told_and_counts_by_its_length() {
    let long = "x".repeat(MAX_LINE + 100_000);
    for (begin, line) in [
        ("data: {\"", Line::Unread),
        ("data: {\ndata: \"", Line::Unread),
        (": ", Line::Pass),
    ] {
        let stream = format!("{begin}{long}\n\n{}", event(r#"{"content":"four"}"#));
        let (reader, lines, bytes) = read(stream.as_bytes().chunks(60_000).map(<[u8]>::to_vec));
        assert!(bytes == stream.as_bytes());
        let (last, before) = lines.split_last_chunk::<3>().map(|(a, b)| (b, a)).unwrap();
        assert!(before.iter().all(|it| *it == line), "{begin}");
        assert_eq!(*last, [Line::Pass, Line::Chunk, Line::Pass]);
        let told = stream.find("\n\n").unwrap() + 1;
        let counted = if line == Line::Unread { told } else { 0 };
        assert_eq!(reader.characters, counted + 4, "{begin}");
    }
}
