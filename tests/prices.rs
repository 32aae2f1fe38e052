//! The price detector on the token mixes of real calls: silent while no price moves, whichever
//! way the runtime bills, and quick when one does.

// Helpers outside #[test] functions may stop a test as the functions themselves may.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../examples/replay/data.rs"]
#[allow(dead_code)]
mod data;

use std::path::Path;

use arbiter::domain::policy::{Evidence, PriceShift, Row, Tunables};
use data::{Cell, Set};

const QUANTUM: f64 = 1e-6;

fn fixture() -> Set {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/replay/common12.jsonl.gz");
    data::read(&path, None).unwrap()
}

/// All calls of one model over all tasks, `count` of them, in an order of that seed.
fn calls(set: &Set, model: usize, count: usize, seed: u64) -> Vec<Cell> {
    let cells: Vec<Cell> = set.prompts.iter().filter_map(|p| p.cells[model]).collect();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            cells[(state >> 16) as usize % cells.len()]
        })
        .collect()
}

fn evidence(cell: &Cell, charge: f64) -> Evidence {
    Evidence {
        charge: Some((charge / QUANTUM).round() * QUANTUM),
        charge_quantum: QUANTUM,
        in_tokens: Some(cell.in_tokens as u64),
        out_tokens: Some(cell.out_tokens as u64),
        list_cost: Some(cell.cost),
        quality: Some(1.0),
        ..Evidence::default()
    }
}

/// How a runtime may turn tokens into a charge.
type Billing = fn(&Cell) -> f64;

const BILLINGS: [(&str, Billing); 4] = [
    ("list price", |cell| cell.cost),
    ("a share of the list price", |cell| cell.cost * 0.37),
    ("so much a token", |cell| {
        (cell.in_tokens + cell.out_tokens) * 1.3e-6
    }),
    ("so much a call", |_| 4e-4),
];

#[test]
fn ten_thousand_calls_at_unmoved_prices_raise_no_alert_however_they_are_billed() {
    let set = fixture();
    for (name, billing) in BILLINGS {
        for model in 0..set.models.len() {
            let mut row = Row::default();
            for (at, cell) in calls(&set, model, 10_000, model as u64).iter().enumerate() {
                let shift = row.fold(&evidence(cell, billing(cell)), &Tunables::default());
                assert_eq!(shift, None, "{name}, {}, call {at}", set.models[model].name);
            }
        }
    }
}

#[test]
fn young_rows_raise_no_alert_when_the_mix_of_tokens_changes() {
    let set = fixture();
    for (name, billing) in BILLINGS {
        let mut alerts = 0;
        for seed in 0..2_000 {
            let mut row = Row::default();
            for cell in calls(&set, seed % set.models.len(), 12, seed as u64) {
                let shift = row.fold(&evidence(&cell, billing(&cell)), &Tunables::default());
                alerts += u32::from(shift.is_some());
            }
        }
        assert_eq!(alerts, 0, "{name}");
    }
}

/// The calls that [`delay`] plays: some before the move, ten after it.
fn calls_of(set: &Set, before: usize, seed: u64) -> Vec<Cell> {
    calls(set, seed as usize % set.models.len(), before + 10, seed)
}

/// Calls until a move by that factor is told, after `before` calls at the old price.
fn delay(set: &Set, factor: f64, before: usize, seed: u64) -> Option<(usize, PriceShift)> {
    let mut row = Row::default();
    let all = calls_of(set, before, seed);
    for cell in &all[..before] {
        assert_eq!(
            row.fold(&evidence(cell, cell.cost), &Tunables::default()),
            None
        );
    }
    all[before..].iter().enumerate().find_map(|(at, cell)| {
        let shift = row.fold(&evidence(cell, cell.cost * factor), &Tunables::default())?;
        assert_eq!(row.n, 1, "the row starts again from this call");
        Some((at + 1, shift))
    })
}

#[test]
fn a_move_beyond_the_threshold_is_told_by_the_very_call() {
    let set = fixture();
    for factor in [1.8, 8.0] {
        for seed in 0..200 {
            let (calls, shift) = delay(&set, factor, 20 + seed as usize % 300, seed).unwrap();
            // On the smallest charges rounding alone could be the 5 % between ×1.8 and ×1.75.
            let before = 20 + seed as usize % 300;
            let first = calls_of(&set, before, seed)[before].cost;
            assert!(
                calls == 1 || (factor < 2.0 && calls <= 10 && first < 40.0 * QUANTUM),
                "×{factor}, seed {seed}: {calls} calls"
            );
            assert!(shift.new_unit > shift.old_unit);
        }
    }
}

#[test]
fn a_smaller_move_that_lasts_is_told_within_ten_calls_and_not_before_five() {
    let set = fixture();
    for factor in [1.25, 0.5, 0.75, 1.5] {
        for seed in 0..200 {
            let told = delay(&set, factor, 20 + seed as usize % 300, seed);
            let (calls, shift) = told.unwrap_or_else(|| panic!("×{factor}, seed {seed}: missed"));
            assert!(
                (5..=10).contains(&calls),
                "×{factor}, seed {seed}: {calls} calls"
            );
            let ratio = shift.new_unit / shift.old_unit;
            assert!(
                (ratio / factor - 1.0).abs() < 0.12,
                "×{factor} told as ×{ratio}"
            );
        }
    }
}

#[test]
fn a_price_that_moves_early_is_told_as_soon_as_the_contract_lets_it() {
    let set = fixture();
    for seed in 0..200 {
        let (calls, _) = delay(&set, 8.0, 2, seed).unwrap();
        assert!(calls <= 5, "seed {seed}: {calls} calls");
    }
}
