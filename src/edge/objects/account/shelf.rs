//! What an account stores, and nothing else: reads make nothing, so that a key which does not
//! exist leaves nothing behind.

use serde::Deserialize;
use worker::{Result, SqlStorage, SqlStorageValue};

use crate::domain::{
    account::{
        Account,
        tab::{Asked, Found, Money, Paid, Place, Settled, Tab},
    },
    money::Pico,
};

#[derive(Deserialize)]
struct AskedRow {
    place: f64,
    id: String,
    at: f64,
    reserved: Option<f64>,
    given_back: f64,
    number: Option<f64>,
    spent: Option<f64>,
    settled: Option<f64>,
}

#[derive(Deserialize)]
struct FoundRow {
    place: f64,
    at: f64,
    reserved: Option<f64>,
    given_back: f64,
    late: f64,
}

/// The columns that tables of versions before do not have.
const COLUMNS: [(&str, &str); 6] = [
    ("reserved", "integer"),
    ("given_back", "integer not null default 0"),
    ("number", "integer"),
    ("spent", "integer"),
    ("settled", "real"),
    ("late", "integer not null default 0"),
];

fn pico(stored: f64) -> Pico {
    Pico(stored as i64)
}

#[derive(Deserialize)]
struct Json {
    json: String,
}

#[derive(Deserialize)]
struct Table {
    name: String,
    sql: Option<String>,
}

#[derive(Deserialize)]
struct Count {
    n: f64,
}

/// The storage of one account.
pub struct Shelf(pub SqlStorage);

impl Shelf {
    pub fn is_empty(&self) -> Result<bool> {
        let own = ["accepted", "account", "money", "leases"];
        let tables = self.tables()?;
        Ok(!tables
            .iter()
            .any(|table| own.contains(&table.name.as_str())))
    }

    /// All that is stored of a key, as it stands at `now`. Makes nothing.
    pub fn read(&self, now: f64) -> Result<(Option<Account>, Tab)> {
        let tables = self.tables()?;
        let has = |name: &str| tables.iter().find(|table| table.name == name);
        let account: Option<Account> = self.json(has("account"))?;
        let money: Option<Money> = self.json(has("money"))?;
        let asked = match has("accepted") {
            Some(table) => {
                self.bring_up_to_date(table)?;
                self.asked()?
            }
            None => Vec::new(),
        };
        let put_away = account.as_ref().map(|account| &account.spent);
        let tab = Tab::read(money, asked, put_away, now);
        Ok((account, tab))
    }

    pub fn keep_account(&self, account: &Account) -> Result<()> {
        self.keep_json("account", serde_json::to_string(account)?)
    }

    pub fn forget_account(&self) -> Result<()> {
        if self.has("account")? {
            self.0.exec("delete from account", None)?;
        }
        Ok(())
    }

    pub fn keep_money(&self, money: &Money) -> Result<()> {
        self.keep_json("money", serde_json::to_string(money)?)
    }

    /// Does the ledger hold anything of that day or later.
    pub fn leases_since(&self, day: f64) -> Result<bool> {
        if !self.has("leases")? {
            return Ok(false);
        }
        let since = vec![SqlStorageValue::Float(day)];
        let count: Count = self
            .0
            .exec("select count(*) as n from leases where day >= ?", since)?
            .one()?;
        Ok(count.n > 0.0)
    }

    fn asked(&self) -> Result<Vec<Asked>> {
        let select = "select rowid as place, id, at, cast(reserved as real) as reserved, \
             cast(given_back as real) as given_back, cast(number as real) as number, \
             cast(spent as real) as spent, settled from accepted order by at, rowid";
        let rows: Vec<AskedRow> = self.0.exec(select, None)?.to_array()?;
        let asked = rows.into_iter().map(|row| Asked {
            place: row.place as i64,
            id: row.id,
            at: row.at,
            reserved: row.reserved.map(pico),
            given_back: row.given_back > 0.0,
            settled: row.number.map(|number| Settled {
                number: number as u64,
                spent: pico(row.spent.unwrap_or(0.0)),
                at: row.settled.unwrap_or(row.at),
            }),
        });
        Ok(asked.collect())
    }

    /// A request that is not known to be under way. It is one of the newest as a rule: the search
    /// begins there.
    pub fn find(&self, id: &str) -> Result<Option<Found>> {
        let select = "select rowid as place, at, cast(reserved as real) as reserved, \
             cast(given_back as real) as given_back, cast(late as real) as late \
             from accepted where id = ? order by rowid desc limit 1";
        let id = vec![SqlStorageValue::String(id.to_owned())];
        let rows: Vec<FoundRow> = match self.0.exec(select, id) {
            Ok(rows) => rows.to_array()?,
            // Nothing was counted, or what was is gone with a key that was revoked.
            Err(_) if !self.has("accepted")? => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(rows.first().map(|row| Found {
            place: row.place as i64,
            at: row.at,
            reserved: row.reserved.map(pico),
            given_back: row.given_back > 0.0,
            late: row.late > 0.0,
        }))
    }

    /// Counts a request; `reserved`: what is set aside for it until it is settled.
    pub fn take(&self, id: &str, at: f64, reserved: Option<Pico>, to: &Place) -> Result<()> {
        if let Some(until) = to.drop {
            self.0.exec(
                "delete from accepted where at <= ?",
                vec![SqlStorageValue::Float(until)],
            )?;
        }
        let create = || {
            let columns = COLUMNS.map(|(name, kind)| format!(", {name} {kind}"));
            format!(
                "create table if not exists accepted (id text not null, at real not null{}) strict",
                columns.concat()
            )
        };
        let insert =
            "insert or replace into accepted (rowid, id, at, reserved) values (?, ?, ?, ?)";
        self.insert(create, insert, || {
            vec![
                SqlStorageValue::Integer(to.place),
                SqlStorageValue::String(id.to_owned()),
                SqlStorageValue::Float(at),
                reserved.map_or(SqlStorageValue::Null, |it| {
                    SqlStorageValue::Float(it.0 as f64)
                }),
            ]
        })
    }

    pub fn give_back(&self, place: i64) -> Result<()> {
        self.0.exec(
            "update accepted set given_back = 1 where rowid = ?",
            vec![SqlStorageValue::Integer(place)],
        )?;
        Ok(())
    }

    /// Writes what a request cost into its row.
    pub fn settle(&self, place: i64, paid: &Paid) -> Result<()> {
        let mut values = Vec::with_capacity(4);
        let update = match &paid.settled {
            Some(settled) => {
                values.push(SqlStorageValue::Integer(settled.number as i64));
                values.push(SqlStorageValue::Float(settled.spent.0 as f64));
                values.push(SqlStorageValue::Float(settled.at));
                "update accepted set reserved = null, number = ?, spent = ?, settled = ? where rowid = ?"
            }
            None => "update accepted set late = 1 where rowid = ?",
        };
        values.push(SqlStorageValue::Integer(place));
        self.0.exec(update, values)?;
        Ok(())
    }

    fn bring_up_to_date(&self, accepted: &Table) -> Result<()> {
        let made = accepted.sql.as_deref().unwrap_or_default();
        for (name, kind) in COLUMNS.iter().filter(|(name, _)| !made.contains(name)) {
            let add = format!("alter table accepted add column {name} {kind}");
            self.0.exec(&add, None)?;
        }
        Ok(())
    }

    /// One that cannot be read (of another version, say) counts as missing.
    fn json<T: for<'a> Deserialize<'a>>(&self, table: Option<&Table>) -> Result<Option<T>> {
        let Some(table) = table else {
            return Ok(None);
        };
        let select = format!("select json from {}", table.name);
        let rows: Vec<Json> = self.0.exec(&select, None)?.to_array()?;
        Ok(rows
            .first()
            .and_then(|row| serde_json::from_str(&row.json).ok()))
    }

    fn keep_json(&self, table: &str, json: String) -> Result<()> {
        let create = || {
            format!(
                "create table if not exists {table} (one integer primary key check (one = 1), \
                 json text not null) strict"
            )
        };
        let insert = format!("insert or replace into {table} (one, json) values (1, ?)");
        self.insert(create, &insert, || {
            vec![SqlStorageValue::String(json.clone())]
        })
    }

    /// Writes a row. Its table is there but for the first time: only then it is made.
    fn insert(
        &self,
        create: impl FnOnce() -> String,
        insert: &str,
        values: impl Fn() -> Vec<SqlStorageValue>,
    ) -> Result<()> {
        if self.0.exec(insert, values()).is_err() {
            self.0.exec(&create(), None)?;
            self.0.exec(insert, values())?;
        }
        Ok(())
    }

    fn has(&self, table: &str) -> Result<bool> {
        Ok(self.tables()?.iter().any(|found| found.name == table))
    }

    fn tables(&self) -> Result<Vec<Table>> {
        self.0
            .exec(
                "select name, sql from sqlite_master where type = 'table'",
                None,
            )?
            .to_array()
    }
}
