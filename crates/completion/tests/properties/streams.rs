//! Streams of the runtime, in every split.

use completion::sse::{Line, StreamReader};
use proptest::prelude::*;

/// Reads the bytes in pieces of those lengths, over and over; gives the lines and all bytes.
fn read(bytes: &[u8], pieces: &[usize]) -> (Vec<Line>, Vec<u8>, StreamReader) {
    let (mut reader, mut lines, mut out) = (StreamReader::default(), Vec::new(), Vec::new());
    let mut rest = bytes;
    let mut lengths = pieces.iter().copied().cycle();
    while !rest.is_empty() {
        let length = lengths.next().unwrap_or(rest.len()).clamp(1, rest.len());
        let (piece, tail) = rest.split_at(length);
        reader.feed(piece, |line, raw| {
            lines.push(line);
            out.extend_from_slice(raw);
        });
        rest = tail;
    }
    reader.finish(|line, raw| {
        lines.push(line);
        out.extend_from_slice(raw);
    });
    (lines, out, reader)
}

/// Lines as runtimes write them, well and badly.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("data: [DONE]".to_owned()),
        Just("data:[DONE]".to_owned()),
        Just(": comment".to_owned()),
        Just(String::new()),
        Just("event: x".to_owned()),
        Just("data: {\"error\":{\"message\":\"x\",\"code\":429}}".to_owned()),
        Just("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}".to_owned()),
        "\\PC{0,20}".prop_map(|text| format!(
            "data: {}",
            serde_json::json!({"id": "c", "choices": [{"index": 0, "delta": {"content": text}}]})
        )),
        (any::<u32>(), "\\PC{0,10}").prop_map(|(index, text)| format!(
            "data: {{\"choices\":[{{\"index\":{index},\"delta\":{{\"tool_calls\":[{{\"index\":{index},\"function\":{{\"arguments\":{text:?}}}}}]}}}}]}}"
        )),
        "data: \\PC{0,40}",
        "\\PC{0,40}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_byte_is_lost_or_made_up_however_they_are_split(
        lines in prop::collection::vec((line(), prop_oneof![Just("\n"), Just("\r\n")]), 0..12),
        pieces in prop::collection::vec(1usize..40, 1..6),
    ) {
        let text: String = lines.iter().map(|(line, end)| format!("{line}{end}")).collect();
        let (whole, _, first) = read(text.as_bytes(), &[usize::MAX]);
        let (split, out, second) = read(text.as_bytes(), &pieces);
        prop_assert_eq!(out, text.as_bytes());
        prop_assert_eq!(split, whole);
        prop_assert_eq!(&first.choices, &second.choices);
        prop_assert_eq!(first.complete(), second.complete());
        prop_assert_eq!(first.usage, second.usage);
    }

    #[test]
    fn bytes_that_are_no_stream_pass_unharmed(
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
        pieces in prop::collection::vec(1usize..200, 1..6),
    ) {
        let (_, out, reader) = read(&bytes, &pieces);
        prop_assert_eq!(out, bytes);
        prop_assert!(reader.choices.len() <= 128);
    }

    #[test]
    fn a_stream_is_whole_only_if_it_says_so(
        text in "\\PC{0,30}",
        cut in 0.0..1.0f64,
    ) {
        let stream = format!(
            "data: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
            serde_json::json!({"choices": [{"index": 0, "delta": {"content": text}}]}),
            serde_json::json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
        );
        let says_so = stream.find("\"finish_reason\"").unwrap_or(0);
        let cut = (cut * says_so as f64) as usize;
        let (_, _, reader) = read(&stream.as_bytes()[..cut], &[7]);
        prop_assert!(!reader.complete());
        let (_, _, reader) = read(stream.as_bytes(), &[7]);
        prop_assert!(reader.complete());
    }
}

#[test]
fn a_line_without_end_is_read_in_linear_time_and_bounded_memory() {
    let mut reader = StreamReader::default();
    let mut passed = 0;
    for _ in 0..512 {
        reader.feed(&[b'x'; 64 * 1024], |line, raw| {
            assert_eq!(line, Line::Pass);
            passed += raw.len();
        });
    }
    // What follows in the same line is text of that line, whatever it looks like.
    reader.feed(b"data: [DONE]\n", |line, _| assert_eq!(line, Line::Pass));
    assert!(!reader.complete());
    assert!(passed >= 31 * 1024 * 1024);
}
