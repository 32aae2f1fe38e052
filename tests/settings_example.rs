//! `.dev.vars.example` is what the scripts and the reader take for the list of settings.

use std::{cell::RefCell, collections::BTreeMap};

use arbiter::domain::settings::Settings;

/// What the example says, commented out or not.
fn example() -> BTreeMap<&'static str, &'static str> {
    include_str!("../.dev.vars.example")
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| {
            name.bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        })
        .collect()
}

#[test]
fn the_example_lists_every_setting_and_no_other() {
    let read = RefCell::new(Vec::new());
    Settings::read(|name| {
        read.borrow_mut().push(name.to_owned());
        None
    })
    .unwrap();
    let mut read = read.into_inner();
    read.sort();
    read.dedup();
    assert_eq!(example().into_keys().collect::<Vec<_>>(), read);
}

#[test]
fn the_example_shows_the_defaults() {
    let example = example();
    let shown = Settings::read(|name| example.get(name).map(|value| (*value).to_owned())).unwrap();
    assert_eq!(shown, Settings::read(|_| None).unwrap());
}
