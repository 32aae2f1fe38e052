//! A stream, cut where the first byte says: no byte is lost, and the split changes nothing.
#![no_main]

use arbiter::domain::sse::{Line, StreamReader};
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
    assert_eq!(out, bytes);
    assert_eq!(read(bytes, usize::from(*length).max(1)), (whole, out));
});
