//! The value that an answer states before it explains or checks it.

use text::window;

use super::{
    super::lexer::{Lexeme, Token, lex},
    Final, WINDOW, after_cue, read_with_end,
};

/// Words that take back what stands before them.
const CORRECTS: [&str; 12] = [
    "? no",
    " not ",
    " no, ",
    "wait",
    "actually",
    "correction",
    "mistake",
    "sorry",
    "instead",
    "incorrect",
    "wrong",
    "recalc",
];

/// The value that an answer begins with or states in its first sentence, before it explains or checks
/// it; `None` where it is taken back.
pub fn first_stated(text: &str) -> Option<Final> {
    let text = text.trim_start_matches(['*', '#', '>', ' ', '\n', '$', '`', '=', '(']);
    let line = text.lines().next()?;
    let line = window::head(line, 400);
    let rest = window::head(text, WINDOW).to_lowercase();
    if CORRECTS.iter().any(|word| rest.contains(word)) {
        return None;
    }
    let tokens = lex(line);
    if let Some((found, _)) = lone_number(&tokens, 0) {
        return Some(found);
    }
    let end = tokens
        .iter()
        .position(|lexeme| matches!(lexeme.token, Token::Stop('.' | '?' | '!' | '。')))
        .unwrap_or(tokens.len());
    let sentence = tokens.get(..end)?;
    let asked = matches!(
        tokens.get(end).map(|lexeme| &lexeme.token),
        Some(Token::Stop('?'))
    );
    let states = |lexeme: &Lexeme| {
        lexeme.token == Token::Equals
            || matches!(
                lexeme.word(),
                Some("is" | "equals" | "ist" | "est" | "es" | "é")
            )
    };
    let mut after = (1..sentence.len().min(60)).filter(|_| !asked);
    let (found, _) = after.find_map(|at| {
        sentence.get(at - 1).filter(|lexeme| states(lexeme))?;
        lone_number(sentence, at)
    })?;
    Some(found)
}

/// One number that no operation follows: no expression that comes to something.
fn lone_number(tokens: &[Lexeme], at: usize) -> Option<(Final, usize)> {
    let (found, end) = read_with_end(tokens, at)?;
    let inside = tokens.get(at..end)?;
    let numbers = inside.iter().filter(|lexeme| lexeme.number().is_some());
    (numbers.count() == 1 && stands_alone(tokens, end)).then_some((found, end))
}

/// Whether no operation and no more of the number follows.
fn stands_alone(tokens: &[Lexeme], end: usize) -> bool {
    tokens.get(end).is_none_or(|lexeme| {
        !lexeme.token.operates()
            && !matches!(
                lexeme.token,
                Token::Equals
                    | Token::Approximately
                    | Token::Number(_)
                    | Token::Percent
                    | Token::Factorial
            )
    })
}

/// Whether a number in the text, alone between words, is one that `right` takes: not one beside an
/// operation. An answer that says which number is its last word is taken at that.
pub fn names(text: &str, right: impl Fn(&Final) -> bool) -> bool {
    /// Numbers that are looked at.
    const MOST: usize = 60;
    let text = window::tail(text, 2_000);
    if text.contains("\\boxed") || text.contains("####") || after_cue(text).is_some() {
        return false;
    }
    let tokens = lex(text);
    let numbers = tokens
        .iter()
        .enumerate()
        .filter(|(_, lexeme)| lexeme.number().is_some());
    numbers.take(MOST).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let operated = before.is_some_and(|it| it.token.operates() || it.token == Token::Open);
        !operated && lone_number(&tokens, at).is_some_and(|(found, _)| right(&found))
    })
}
