//! A stream, cut where the first byte says: no byte is lost but a byte order mark before the first
//! line, and the split changes nothing. Where some lines end in `\r` alone and others in `\r\n`, a
//! cut inside the latter may make one more empty line.
#![no_main]

use completion::sse::{Line, StreamReader};
use libfuzzer_sys::fuzz_target;

fn read(bytes: &[u8], length: usize) -> (Vec<Line>, Vec<u8>) {
    let (mut reader, mut lines, mut out) = (StreamReader::default(), Vec::new(), Vec::new());
    for piece in bytes.chunks(length) {
        reader.feed(piece, |line, raw| {
            lines.push(line);
            out.extend_from_slice(raw);
        });
    }
    reader.finish(|line, raw| {
        lines.push(line);
        out.extend_from_slice(raw);
    });
    (lines, out)
}

fuzz_target!(|data: &[u8]| {
    let Some((length, bytes)) = data.split_first() else {
        return;
    };
    let (whole, out) = read(bytes, usize::MAX);
    let (split, out_split) = read(bytes, usize::from(*length).max(1));
    assert_eq!(out, bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
    assert_eq!(out_split, out);
    let bare = bytes
        .iter()
        .enumerate()
        .any(|(at, byte)| *byte == b'\r' && bytes.get(at + 1).is_some_and(|next| *next != b'\n'));
    if !bare {
        assert_eq!(split, whole);
    }
});
