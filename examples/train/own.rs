//! The project's own prompts: `prompts.txt` in `data/classify/`, written by hand, and what
//! `templates.txt` and `situations.txt` expand to. The formats are told in the files themselves.

use std::{collections::BTreeMap, fs};

use chat::{Message, Task};

use crate::data::Prompt;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/classify");
/// The source of what was written by hand.
pub const WRITTEN: &str = "own";
/// Between the turns of a conversation on one line.
const TURN: &str = " ||| ";
/// So many slots are filled in one template.
const SLOTS: usize = 1000;
/// Before a system message.
const SYSTEM: &str = "@@";

/// All of the project's own prompts, in a fixed order.
pub fn prompts() -> Result<Vec<Prompt>, String> {
    let mut found = written(&read("prompts.txt")?)?;
    let mut slots = Slots::new();
    let templates = [
        (read("templates.txt")?, 0.5),
        (read("situations.txt")?, 0.4),
    ];
    for (text, weight) in &templates {
        found.extend(expanded(text, *weight, &mut slots)?);
    }
    Ok(found)
}

fn read(name: &str) -> Result<String, String> {
    let path = format!("{FOLDER}/{name}");
    fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
}

/// The section of prompts that say too little to tell their task.
const UNCLEAR: &str = "unclear";
/// They count for more: their pull, towards doubt, is weaker than that towards one task.
const UNCLEAR_WEIGHT: f32 = 3.0;

/// The task that a section is named for; `None` for [`UNCLEAR`].
fn task_of(name: &str) -> Result<Option<Task>, String> {
    match Task::parse(name) {
        None if name != UNCLEAR => Err(format!("no task {name}")),
        task => Ok(task),
    }
}

/// Sections `[task]`, one conversation a line.
fn written(text: &str) -> Result<Vec<Prompt>, String> {
    let mut task = None;
    let mut found = Vec::new();
    for line in lines(text) {
        if let Some(name) = section(line) {
            task = Some(task_of(name)?);
        } else {
            let task = task.ok_or("a prompt before the first section")?;
            found.push(prompt(task, line, WRITTEN, 1.0));
        }
    }
    Ok(found)
}

/// What may be filled in, by name.
type Slots<'t> = BTreeMap<&'t str, Vec<&'t str>>;

/// Lines `name = a | b`, then sections `[task count]` of templates with `«name»` in them.
fn expanded<'t>(text: &'t str, weight: f32, slots: &mut Slots<'t>) -> Result<Vec<Prompt>, String> {
    let mut section_now = None;
    let mut found = Vec::new();
    for line in lines(text) {
        if line == "[slots]" {
            section_now = None;
        } else if let Some(head) = section(line) {
            let (name, count) = head.split_once(' ').ok_or(format!("no count: {head}"))?;
            let task = task_of(name)?;
            let count: usize = count.parse().map_err(|_| format!("no count: {head}"))?;
            section_now = Some((task, count));
        } else if let Some((task, count)) = section_now {
            for copy in 0..count {
                let mut dice = Dice::new(hash(line) ^ copy as u64);
                found.push(prompt(
                    task,
                    &fill(line, slots, &mut dice)?,
                    "own/template",
                    weight,
                ));
            }
        } else {
            let (name, values) = line.split_once(" = ").ok_or(format!("no slot: {line}"))?;
            slots.entry(name).or_default().extend(values.split(" | "));
        }
    }
    Ok(found)
}

/// A template with each slot filled; slots may stand in what they are filled with, three deep.
fn fill(template: &str, slots: &Slots<'_>, dice: &mut Dice) -> Result<String, String> {
    let mut text = template.to_owned();
    for _ in 0..SLOTS {
        let Some((before, rest)) = text.split_once('«') else {
            return Ok(text);
        };
        let (name, after) = rest
            .split_once('»')
            .ok_or(format!("open slot: {template}"))?;
        let value = match name.split_once('-') {
            // «2-90» is a number.
            Some((low, high)) if low.bytes().all(|byte| byte.is_ascii_digit()) => {
                let low: usize = low.parse().map_err(|_| format!("bad range {name}"))?;
                let high: usize = high.parse().map_err(|_| format!("bad range {name}"))?;
                (low + dice.below(high - low + 1)).to_string()
            }
            _ => {
                let values = slots.get(name).ok_or(format!("no slot {name}"))?;
                (*values.get(dice.below(values.len())).unwrap_or(&"")).to_owned()
            }
        };
        text = format!("{before}{value}{after}");
    }
    Err(format!("too many slots: {template}"))
}

fn prompt(task: Option<Task>, line: &str, source: &str, weight: f32) -> Prompt {
    let mut messages = Vec::new();
    for turn in line.split(TURN) {
        let text = turn.trim().replace("\\n", "\n").replace("\\t", "\t");
        let says = |role: &str, text: &str| Message {
            role: role.into(),
            text: text.into(),
        };
        match text.strip_prefix(SYSTEM) {
            Some(system) => messages.push(says("system", system.trim())),
            None => {
                let user = messages
                    .iter()
                    .filter(|m: &&Message| m.role != "system")
                    .count()
                    % 2
                    == 0;
                messages.push(says(if user { "user" } else { "assistant" }, &text));
            }
        }
    }
    Prompt {
        source: source.into(),
        task,
        messages,
        own: true,
        weight: if task.is_none() {
            weight * UNCLEAR_WEIGHT
        } else {
            weight
        },
    }
}

/// Lines that are neither empty nor comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with("# "))
}

fn section(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.strip_suffix(']').filter(|name| {
        name.starts_with(|letter: char| letter.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
    })
}

/// FNV-1a.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Numbers that look random and are the same every time (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 for a limit of 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % (limit.max(1) as u64)) as usize
    }

    /// Puts the items in another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
