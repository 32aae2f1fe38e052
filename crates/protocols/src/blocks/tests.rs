use super::*;

fn call(index: Option<u32>, id: &str, name: &str, arguments: &str) -> Piece {
    Piece::Call(CallPiece {
        index,
        id: id.into(),
        name: name.into(),
        arguments: arguments.into(),
    })
}

fn text(text: &str) -> Piece {
    Piece::Text(text.into())
}

/// Every piece a chunk of its own; blocks as `kind:text`.
fn said(pieces: &[Piece]) -> Vec<String> {
    let mut blocks = Blocks::new(true);
    let mut pen = Trace::default();
    for piece in pieces {
        let delta = Delta {
            pieces: vec![piece.clone()],
            ..Delta::default()
        };
        blocks.take(delta, &mut pen);
    }
    blocks.end(&mut pen);
    pen.blocks
        .iter()
        .map(|block| match &block.kind {
            Kind::Call { id, name } => format!("{name}#{id}:{}", block.text),
            kind => format!("{kind:?}:{}", block.text),
        })
        .collect()
}

/// Checks that blocks stand one after another, and that what was streamed is what they hold.
#[derive(Default)]
struct Trace {
    open: Option<(usize, String)>,
    blocks: Vec<Block>,
}

impl Pen for Trace {
    fn open(&mut self, at: usize, _: &Kind) {
        assert!(self.open.is_none(), "one at a time");
        assert_eq!(at, self.blocks.len());
        self.open = Some((at, String::new()));
    }

    fn more(&mut self, at: usize, _: &Kind, text: &str) {
        let open = self.open.as_mut().expect("an open block");
        assert_eq!(open.0, at);
        assert!(!text.is_empty());
        open.1.push_str(text);
    }

    fn close(&mut self, at: usize, block: Block) {
        assert_eq!(self.open.take(), Some((at, block.text.clone())));
        self.blocks.push(block);
    }
}

#[test]
fn calls_that_come_in_each_others_midst_are_blocks_one_after_another() {
    let pieces = [
        call(Some(0), "a", "f", ""),
        call(Some(1), "b", "g", ""),
        call(Some(0), "", "", r#"{"x""#),
        call(Some(1), "", "", r#"{"y":2"#),
        call(Some(0), "", "", ":1}"),
        call(Some(1), "", "", "}"),
    ];
    assert_eq!(said(&pieces), [r#"f#a:{"x":1}"#, r#"g#b:{"y":2}"#]);
}

#[test]
fn no_arguments_mean_an_empty_object() {
    for arguments in ["", "null", "{}", "{ }"] {
        let whole = said(&[call(Some(0), "a", "f", arguments)]);
        let expected = if arguments == "{ }" { "{ }" } else { "{}" };
        assert_eq!(whole, [format!("f#a:{expected}")]);
        let bytes: Vec<Piece> = arguments
            .chars()
            .map(|one| call(Some(0), "", "", &one.to_string()))
            .collect();
        let bytes = [vec![call(Some(0), "a", "f", "")], bytes].concat();
        assert_eq!(said(&bytes), [format!("f#a:{expected}")]);
    }
}

#[test]
fn an_empty_object_ahead_of_the_arguments_is_none_of_them() {
    let late = [
        call(Some(0), "a", "f", "{}"),
        call(Some(0), "", "", r#"{"x":1}"#),
    ];
    assert_eq!(said(&late), [r#"f#a:{"x":1}"#]);
    for arguments in [r#"{}{"x":1}"#, r#"{"x":1}{}"#] {
        let one = [call(Some(0), "a", "f", arguments)];
        assert_eq!(said(&one), [r#"f#a:{"x":1}"#]);
    }
}

#[test]
fn a_call_whose_tail_comes_after_text_stays_one_call() {
    let pieces = [
        call(Some(0), "a", "f", r#"{"x":"#),
        text("meanwhile"),
        call(Some(0), "", "", "1}"),
    ];
    assert_eq!(said(&pieces), [r#"f#a:{"x":1}"#, "Text:meanwhile"]);
}

#[test]
fn thought_call_thought_text_are_four_blocks() {
    let pieces = [
        Piece::Thought("a".into()),
        call(Some(0), "a", "f", r#"{"x":"}"}"#),
        Piece::Thought("b".into()),
        Piece::Thought("c".into()),
        text("d"),
    ];
    let expected = ["Thought:a", r#"f#a:{"x":"}"}"#, "Thought:bc", "Text:d"];
    assert_eq!(said(&pieces), expected);
}

#[test]
fn calls_that_all_have_number_0_are_told_apart() {
    let ids = [
        call(Some(0), "a", "f", r#"{"x":1}"#),
        call(Some(0), "b", "f", r#"{"x":2}"#),
    ];
    assert_eq!(said(&ids), [r#"f#a:{"x":1}"#, r#"f#b:{"x":2}"#]);
    let names = [call(Some(0), "", "f", "{}"), call(Some(0), "", "g", "{}")];
    assert_eq!(said(&names), ["f#:{}", "g#:{}"]);
    let neither = [
        call(None, "", "f", r#"{"x":1}"#),
        call(None, "", "f", r#"{"x":2}"#),
    ];
    assert_eq!(said(&neither), [r#"f#:{"x":1}"#, r#"f#:{"x":2}"#]);
}

#[test]
fn an_id_and_a_name_in_every_piece_are_one_call() {
    let pieces = [
        call(Some(0), "a", "f", r#"{"x""#),
        call(Some(0), "a", "f", ":"),
        call(Some(0), "a", "f", "1}"),
        call(Some(0), "a", "f", ""),
    ];
    assert_eq!(said(&pieces), [r#"f#a:{"x":1}"#]);
    let fresh = [
        call(Some(0), "a", "f", r#"{"x""#),
        call(Some(0), "b", "", ":1}"),
    ];
    assert_eq!(said(&fresh), [r#"f#a:{"x":1}"#]);
}

#[test]
fn a_name_may_come_late_and_a_call_without_one_is_none() {
    let late = [
        call(Some(0), "a", "", ""),
        call(Some(0), "", "f", ""),
        call(Some(0), "", "", "{}"),
    ];
    assert_eq!(said(&late), ["f#a:{}"]);
    assert_eq!(said(&[call(Some(0), "a", "", "{}")]), ["Text:"]);
    let between = [call(Some(0), "a", "", "{}"), text("x")];
    assert_eq!(said(&between), ["Text:x"]);
}

#[test]
fn what_comes_of_a_call_that_is_over_is_passed_over() {
    let pieces = [
        call(Some(0), "a", "f", "{}"),
        call(Some(1), "b", "g", r#"{"x""#),
        call(Some(0), "a", "", ""),
        call(Some(1), "", "", ":1}"),
    ];
    assert_eq!(said(&pieces), ["f#a:{}", r#"g#b:{"x":1}"#]);
}

#[test]
fn an_id_that_was_there_before_is_none() {
    let pieces = [call(Some(0), "a", "f", "{}"), call(Some(1), "a", "g", "{}")];
    assert_eq!(said(&pieces), ["f#a:{}", "g#:{}"]);
}

#[test]
fn nothing_at_all_is_an_empty_text() {
    assert_eq!(said(&[]), ["Text:"]);
}

#[test]
fn an_answer_without_end_is_given_up() {
    let mut blocks = Blocks::new(true);
    for _ in 0..=8 {
        let delta = Delta {
            pieces: vec![text(&"x".repeat(1024 * 1024))],
            ..Delta::default()
        };
        blocks.take(delta, &mut Vec::new());
    }
    assert!(blocks.overflowed);
}
