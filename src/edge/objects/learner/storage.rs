//! The rows of a Learner: how they are read when it begins, and written.

use serde::Deserialize;
use worker::{Result, SqlStorage, SqlStorageValue};

use super::{Keeper, rules};
use crate::{
    domain::{
        books::{
            book::Book,
            kept::{Heard, Kept, Rows},
            ledger::Ledger,
            rating::RATED_WITHIN,
        },
        settings::Settings,
    },
    edge::{
        objects::{atomically, yesterday},
        patience::now,
    },
};

/// Rows in one statement at the most.
const STATEMENT: usize = 40;
/// Seconds for which a line that says nothing is remembered, and lines remembered at the most.
const REMEMBERED: f64 = 86_400.0;
const MOST_LINES: i64 = 4_096;
/// Seconds between two looks for lines to forget.
const FORGET_EVERY: f64 = 600.0;

#[derive(Deserialize)]
struct Row {
    json: String,
}

impl Keeper {
    pub(super) fn load(&self, settings: &Settings) -> Result<Kept> {
        self.sql().exec(
            "create table if not exists kept (key text not null primary key, json text not null) \
             strict, without rowid",
            None,
        )?;
        let Some(state) = self.row("state")? else {
            return self.begin();
        };
        let mut held = match Kept::read(&state, millis()) {
            Ok(held) => held,
            Err(error) => return self.set_aside(&state, &error.to_string()),
        };
        for key in held.load(rules(settings), |key| self.row(key))? {
            worker::console_error!("learner: {key} cannot be read");
        }
        Ok(held)
    }

    /// Begins with what the version before left, or with nothing.
    fn begin(&self) -> Result<Kept> {
        let sql = self.sql();
        let left = match yesterday::learner(&sql) {
            Ok(left) => left,
            Err(error) => {
                return self.set_aside("yesterday's tables are kept", &error.to_string());
            }
        };
        let Some(left) = left else {
            return Ok(Kept::begin(millis(), None, Ledger::default()));
        };
        let mut held = Kept::begin(millis(), Some(left.name), left.ledger);
        let mut rows = held.rows()?;
        for id in left.seen {
            let once = Heard {
                number: 1,
                at: now(),
            };
            rows.push((Heard::key(&id), serde_json::to_string(&once)?));
        }
        self.put(rows)?;
        yesterday::forget_learner(&sql)?;
        Ok(held)
    }

    /// A ledger that cannot be read is kept for whoever can, and said; a new one is begun.
    fn set_aside(&self, json: &str, why: &str) -> Result<Kept> {
        worker::console_error!("learner: its ledger cannot be read and is set aside: {why}");
        let key = format!("aside/{}", now());
        self.put(vec![(key, json.to_owned())])?;
        // Newer than any copy of what it was.
        let seq = millis();
        let book = Book {
            seq,
            set_aside: true,
            ..Book::default()
        };
        Ok(Kept::begin(seq, None, Ledger::of(book)))
    }

    pub(super) fn row(&self, key: &str) -> Result<Option<String>> {
        let key = vec![SqlStorageValue::String(key.to_owned())];
        let rows: Vec<Row> = self
            .sql()
            .exec("select json from kept where key = ?", key)?
            .to_array()?;
        Ok(rows.into_iter().next().map(|row| row.json))
    }

    /// Stores rows: all of them, or none.
    pub(super) fn put(&self, rows: Rows) -> Result<()> {
        if rows.len() <= STATEMENT {
            return put(&self.sql(), rows);
        }
        let (sql, mut rows) = (self.sql(), rows);
        atomically(&self.state.storage(), move || {
            while !rows.is_empty() {
                let rest = rows.split_off(rows.len().min(STATEMENT));
                put(&sql, std::mem::replace(&mut rows, rest))?;
            }
            Ok(())
        })
    }

    /// Lines that said nothing for long say nothing again.
    pub(super) fn forget_lines(&self) -> Result<()> {
        let now = now();
        if now - self.forgot_at.get() < FORGET_EVERY {
            return Ok(());
        }
        self.forgot_at.set(now);
        self.sql().exec(
            "delete from kept where key >= 'vote/' and key < 'vote0' and json ->> 'at' < ?",
            vec![SqlStorageValue::Float(now - 2.0 * RATED_WITHIN)],
        )?;
        self.sql().exec(
            "delete from kept where key >= 'heard/' and key < 'heard0' and ( \
             json ->> 'at' < ? or key not in ( \
             select key from kept where key >= 'heard/' and key < 'heard0' \
             order by json ->> 'at' desc limit ?))",
            vec![
                SqlStorageValue::Float(now - REMEMBERED),
                SqlStorageValue::Integer(MOST_LINES),
            ],
        )?;
        Ok(())
    }

    fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }
}

/// Unix time in milliseconds: higher than any number that was counted up to now.
fn millis() -> u64 {
    (now() * 1_000.0) as u64
}

fn put(sql: &SqlStorage, rows: Rows) -> Result<()> {
    let holes = vec!["(?, ?)"; rows.len()].join(", ");
    if holes.is_empty() {
        return Ok(());
    }
    let values = rows.into_iter().flat_map(|(key, json)| [key, json]);
    let values = values.map(SqlStorageValue::String).collect::<Vec<_>>();
    let statement = format!("insert or replace into kept (key, json) values {holes}");
    sql.exec(&statement, values)?;
    Ok(())
}
