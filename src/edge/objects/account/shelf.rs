//! What an account stores, and nothing else: reads make nothing, so that a key which does not
//! exist leaves nothing behind.

use serde::Deserialize;
use worker::{Result, SqlStorage, SqlStorageValue};

use super::yesterday;
use crate::domain::account::{
    Account,
    limit::WEEK,
    tab::{Known, Money, Page, Stored, Tab, Write},
};

const PAGES: &str = "create table if not exists pages (place integer primary key, number integer \
     not null, until real not null, json text not null) strict";

#[derive(Deserialize)]
struct PageRow {
    place: f64,
    number: f64,
    until: f64,
    json: String,
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
        let own = ["accepted", "pages", "account", "money", "leases"];
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
        let old = match has("accepted") {
            Some(table) => {
                let made = table.sql.as_deref().unwrap_or_default();
                yesterday::rows(&self.0, made, money.as_ref(), now - WEEK)?
            }
            None => Vec::new(),
        };
        let pages = match has("pages") {
            Some(_) => self.pages()?,
            None => Vec::new(),
        };
        let put_away = account.as_ref().map(|account| &account.spent);
        let tab = Tab::read(money, old, pages, put_away, now);
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

    /// In the order in which they were written.
    fn pages(&self) -> Result<Vec<Stored>> {
        let select = "select place, cast(number as real) as number, until, json from pages \
             order by number";
        let rows: Vec<PageRow> = self.0.exec(select, None)?.to_array()?;
        let pages = rows.into_iter().map(|row| Stored {
            place: row.place as i64,
            number: row.number as u64,
            until: row.until,
            page: read_page(&row.json),
        });
        Ok(pages.collect())
    }

    /// A request that is not remembered. Those of versions before are, unless many came after them.
    pub fn find(&self, id: &str) -> Result<Option<Known>> {
        if !self.has("pages")? {
            return Ok(None);
        }
        let select = "select json from pages where instr(json, ?) > 0 order by number";
        let quoted = SqlStorageValue::String(serde_json::to_string(id)?);
        let rows: Vec<Json> = self.0.exec(select, vec![quoted])?.to_array()?;
        let pages = rows.iter().map(|row| read_page(&row.json));
        Ok(pages.fold(None, |known, page| page.add_to(known, id)))
    }

    /// In that order: where storing ends half-way, what is stored so far counts once.
    pub fn write(&self, write: &Write) -> Result<()> {
        if let Some(it) = &write.page {
            let json = serde_json::to_string(&it.page)?;
            let insert =
                "insert or replace into pages (place, number, until, json) values (?, ?, ?, ?)";
            self.insert(
                || PAGES.to_owned(),
                insert,
                || {
                    vec![
                        SqlStorageValue::Integer(it.place),
                        SqlStorageValue::Integer(it.number as i64),
                        SqlStorageValue::Float(it.until),
                        SqlStorageValue::String(json.clone()),
                    ]
                },
            )?;
        }
        if let Some(money) = &write.checkpoint {
            self.keep_json("money", serde_json::to_string(money)?)?;
        }
        if let Some(until) = write.drop {
            let until = vec![SqlStorageValue::Float(until)];
            self.0.exec("delete from pages where until <= ?", until)?;
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

/// One that cannot be read counts as empty.
fn read_page(json: &str) -> Page {
    serde_json::from_str(json).unwrap_or_default()
}
