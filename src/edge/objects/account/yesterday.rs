//! The requests that versions before stored: a row each, until it has left the week.

use serde::Deserialize;
use worker::{Result, SqlStorage};

use crate::domain::{
    account::tab::{Money, yesterday::Row},
    money::Pico,
};

/// The columns that tables of older versions do not have.
const COLUMNS: [(&str, &str); 6] = [
    ("reserved", "integer"),
    ("given_back", "integer not null default 0"),
    ("number", "integer"),
    ("spent", "integer"),
    ("settled", "real"),
    ("late", "integer not null default 0"),
];

const SELECT: &str = "select id, at, cast(reserved as real) as reserved, \
     cast(given_back as real) as given_back, cast(late as real) as late, \
     cast(number as real) as number, cast(spent as real) as spent, settled from accepted \
     order by at, rowid";

#[derive(Deserialize)]
struct AcceptedRow {
    id: String,
    at: f64,
    reserved: Option<f64>,
    given_back: f64,
    late: f64,
    number: Option<f64>,
    spent: Option<f64>,
    settled: Option<f64>,
}

#[derive(Deserialize)]
struct Newest {
    at: Option<f64>,
}

impl From<AcceptedRow> for Row {
    fn from(row: AcceptedRow) -> Row {
        let pico = |stored: f64| Pico(stored as i64);
        Row {
            at: row.at,
            reserved: row.reserved.map(pico),
            given_back: row.given_back > 0.0,
            late: row.late > 0.0,
            settled: row.number.map(|number| {
                let spent = pico(row.spent.unwrap_or(0.0));
                (number as u64, spent, row.settled.unwrap_or(row.at))
            }),
            id: row.id,
        }
    }
}

/// In the order in which they were asked; `made`: the statement that made their table. That goes away
/// once all of it has left the week, and the sums have it.
pub fn rows(
    sql: &SqlStorage,
    made: &str,
    money: Option<&Money>,
    week_ago: f64,
) -> Result<Vec<Row>> {
    let newest: Newest = sql
        .exec("select max(at) as at from accepted", None)?
        .one()?;
    let in_sums = money.is_some_and(|money| money.page.is_some());
    if in_sums && newest.at.is_none_or(|at| at <= week_ago) {
        sql.exec("drop table accepted", None)?;
        return Ok(Vec::new());
    }
    for (name, kind) in COLUMNS.iter().filter(|(name, _)| !made.contains(name)) {
        let add = format!("alter table accepted add column {name} {kind}");
        sql.exec(&add, None)?;
    }
    let rows: Vec<AcceptedRow> = sql.exec(SELECT, None)?.to_array()?;
    Ok(rows.into_iter().map(Row::from).collect())
}
