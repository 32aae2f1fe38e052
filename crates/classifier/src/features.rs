//! A conversation as the numbers that the model weighs.
//!
//! Three kinds stand side by side: shapes and word classes, which hold for any source and each
//! have a row of their own; and hashed words, word pairs and parts of words. Training and
//! classifying share this file, so that they cannot differ. The number of features is bounded
//! by [`LIMIT`], whatever the length of the conversation.

use super::{
    lexicon::{CLASSES, Classes, classes},
    reading::Reading,
    request::request,
    shape::{SHAPES, shapes},
    tokens::{Kind, Token, hash_of, lower, mix, pair, tokens},
};

/// Rows for hashed features: a power of two.
pub const HASHED: usize = 1 << 16;
/// Rows for shapes and word classes.
pub const DENSE: usize = 2048;
/// Rows of the model.
pub const ROWS: usize = DENSE + HASHED;
/// At most so many features are taken from a conversation.
pub const LIMIT: usize = 12_000;

/// Tokens read of a window.
const WINDOW_TOKENS: usize = 600;
/// Tokens of the first and of the last sentence.
const SENTENCE_TOKENS: usize = 40;
/// A last message of no more tokens may lean on what was said before it.
const SHORT: usize = 24;

/// How much of a long message counts where its request was found.
const WHOLE: f32 = 0.4;

/// Where the rows of word classes begin: by place, then the pairs within a sentence.
const CLASS_ROWS: usize = SHAPES;
const PAIR_ROWS: usize = CLASS_ROWS + PLACES * CLASSES;
const PLACES: usize = 7;

const _: () = assert!(PAIR_ROWS + 2 * CLASSES * CLASSES <= DENSE);

/// A row of the model and how much of it.
pub type Feature = (u32, f32);

/// Where in the conversation a word stands.
#[derive(Clone, Copy)]
enum Place {
    Body = 1,
    First,
    Last,
    Opening,
    System,
    FollowUp,
    Part,
}

/// The features of a conversation. A row may occur more than once: the values add up.
pub fn features(reading: &Reading<'_>) -> Vec<Feature> {
    let Some(request) = request(reading) else {
        return message(reading, 1.0);
    };
    // The request as if it stood alone, and a little of the whole.
    let alone = Reading {
        head: request,
        tail: "",
        length: request.len(),
        before: "",
        ..*reading
    };
    let mut found = message(&alone, 1.0);
    found.extend(message(
        &Reading {
            system: "",
            before: "",
            ..*reading
        },
        WHOLE,
    ));
    found.truncate(LIMIT);
    found
}

/// The features of a last message and what was said before it, as much of them as `share`.
fn message(reading: &Reading<'_>, share: f32) -> Vec<Feature> {
    let head = tokens(reading.head, WINDOW_TOKENS);
    let tail = tokens(reading.tail, WINDOW_TOKENS);
    let body: Vec<Token<'_>> = head.iter().chain(&tail).copied().collect();
    let first = first_sentence(&head);
    let last = last_sentence(if tail.is_empty() { &head } else { &tail });

    let mut found = Vec::with_capacity(2048);
    let seen = shapes(reading, &body);
    found.extend(seen.iter().map(|&shape| (shape, 0.3)));

    let mut group = Vec::with_capacity(1024);
    words(&body, Place::Body, &mut group);
    spread(&mut group, 1.0, &mut found);
    words(first, Place::First, &mut group);
    spread(&mut group, 0.8, &mut found);
    words(last, Place::Last, &mut group);
    spread(&mut group, 0.8, &mut found);
    opening(&head, &mut group);
    spread(&mut group, 0.7, &mut found);
    parts(first, &mut group);
    if last.first() != first.first() {
        parts(last, &mut group);
    }
    spread(&mut group, 0.8, &mut found);

    class_features(&body, first, last, &mut found);
    context(reading, &body, &mut found);
    for (_, value) in &mut found {
        *value *= share;
    }
    found.truncate(LIMIT);
    found
}

/// What was said before, in so far as a short last message may lean on it.
fn context(reading: &Reading<'_>, body: &[Token<'_>], found: &mut Vec<Feature>) {
    let mut group = Vec::new();
    if !reading.before.is_empty() {
        let before = tokens(reading.before, WINDOW_TOKENS);
        let lean = match body.len() {
            0..=6 => 0.7,
            7..=12 => 0.5,
            13..=SHORT => 0.3,
            25..=60 => 0.1,
            _ => 0.0,
        };
        if lean > 0.0 {
            // The rows of the message itself: what was asked then is asked again.
            words(&before, Place::Body, &mut group);
            spread(&mut group, lean, found);
            words(first_sentence(&before), Place::First, &mut group);
            spread(&mut group, lean, found);
            put_classes(set_of(&before), 4, lean, found);
        }
        if body.len() <= SHORT {
            words(body, Place::FollowUp, &mut group);
            spread(&mut group, 1.0, found);
            put_classes(set_of(body), 5, 0.5, found);
        }
    }
    if !reading.system.is_empty() {
        let system = tokens(reading.system, WINDOW_TOKENS);
        words(&system, Place::System, &mut group);
        spread(&mut group, 0.6, found);
        put_classes(set_of(&system), 6, 0.2, found);
    }
}

/// Word classes: where they stand, and which stand together in a sentence.
fn class_features(
    body: &[Token<'_>],
    first: &[Token<'_>],
    last: &[Token<'_>],
    found: &mut Vec<Feature>,
) {
    put_classes(set_of(body), 0, 0.2, found);
    for (at, sentence) in [first, last].into_iter().enumerate() {
        let set = set_of(sentence);
        put_classes(set, 1 + at, 0.4, found);
        let there: Vec<usize> = (0..CLASSES).filter(|class| set >> class & 1 == 1).collect();
        for (index, one) in there.iter().enumerate() {
            for other in there.iter().skip(index + 1) {
                let row = PAIR_ROWS + (at * CLASSES + one) * CLASSES + other;
                put(row, 0.25, found);
            }
        }
    }
    let opening = body
        .iter()
        .find(|token| matches!(token.kind, Kind::Word | Kind::Ideograph))
        .map_or(0, |token| classes(token.hash));
    put_classes(opening, 3, 0.5, found);
}

fn put_classes(set: Classes, place: usize, value: f32, found: &mut Vec<Feature>) {
    for class in (0..CLASSES).filter(|class| set >> class & 1 == 1) {
        put(CLASS_ROWS + place * CLASSES + class, value, found);
    }
}

fn put(row: usize, value: f32, found: &mut Vec<Feature>) {
    if let Ok(row) = u32::try_from(row) {
        found.push((row, value));
    }
}

/// The classes of all words of a text; of ideographs, pairs and triples are looked up too.
fn set_of(text: &[Token<'_>]) -> Classes {
    let mut set = 0;
    for (at, token) in text.iter().enumerate() {
        match token.kind {
            Kind::Word => set |= classes(token.hash),
            Kind::Ideograph => {
                let mut hash = token.hash;
                for next in text.iter().skip(at + 1).take(2) {
                    if next.kind != Kind::Ideograph {
                        break;
                    }
                    hash = next
                        .text
                        .chars()
                        .fold(hash, |hash, sign| mix(hash, lower(sign)));
                    set |= classes(hash);
                }
            }
            Kind::Number | Kind::Label | Kind::Sign | Kind::Break => {}
        }
    }
    set
}

/// Words and pairs of neighbours.
fn words(text: &[Token<'_>], place: Place, group: &mut Vec<u32>) {
    let mut before = 0;
    for token in text {
        group.push(row(token.hash, place));
        if before != 0 {
            group.push(row(pair(before, token.hash), place));
        }
        before = token.hash;
    }
}

/// The first words, by their position.
fn opening(text: &[Token<'_>], group: &mut Vec<u32>) {
    let mut hash = hash_of("");
    for token in text.iter().filter(|token| token.kind != Kind::Sign).take(3) {
        hash = pair(hash, token.hash);
        group.push(row(hash, Place::Opening));
    }
}

/// Runs of three to five letters within words, the word's ends marked.
fn parts(text: &[Token<'_>], group: &mut Vec<u32>) {
    const MARK: u64 = 0x11_0000;
    for token in text.iter().filter(|token| token.kind == Kind::Word) {
        let letters = token.text.chars().take(16).map(lower);
        let marked: Vec<u64> = [MARK].into_iter().chain(letters).chain([MARK]).collect();
        for start in 0..marked.len() {
            let mut hash = hash_of("");
            for (at, letter) in marked.iter().skip(start).take(5).enumerate() {
                hash = mix(hash, *letter);
                if at >= 2 {
                    group.push(row(hash, Place::Part));
                }
            }
        }
    }
}

/// Gives each distinct row of the group the same share of a vector of that length.
fn spread(group: &mut Vec<u32>, length: f32, found: &mut Vec<Feature>) {
    group.sort_unstable();
    group.dedup();
    let value = length / (group.len().max(1) as f32).sqrt();
    found.extend(group.drain(..).map(|row| (row, value)));
}

fn row(hash: u64, place: Place) -> u32 {
    let mixed = mix(hash ^ ((place as u64) << 56), place as u64);
    let bucket = (mixed ^ (mixed >> 29) ^ (mixed >> 47)) & (HASHED as u64 - 1);
    u32::try_from(DENSE as u64 + bucket).unwrap_or(0)
}

/// Up to the end of the first sentence or line that has some words.
fn first_sentence<'t, 'a>(text: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let end = text
        .iter()
        .enumerate()
        .position(|(at, token)| at >= 3 && ends(token))
        .map_or(text.len(), |at| at + 1);
    text.get(..end.min(SENTENCE_TOKENS)).unwrap_or_default()
}

/// From the beginning of the last sentence or line that has some words.
fn last_sentence<'t, 'a>(text: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let start = text
        .iter()
        .rev()
        .enumerate()
        .position(|(at, token)| at >= 4 && ends(token))
        .map_or(0, |at| text.len() - at);
    let start = start.max(text.len().saturating_sub(SENTENCE_TOKENS));
    text.get(start..).unwrap_or_default()
}

fn ends(token: &Token<'_>) -> bool {
    token.kind == Kind::Break
        || matches!(token.text, "." | "?" | "!" | "。" | "？" | "！" | "؟" | "।")
}
