//! What models cost by list, and since when: a row where a price changes, in the batch that changes the
//! pool; those of the built-in pool by the clock.

use worker::{D1PreparedStatement, Error, Result};

use super::{Store, number, text};
use crate::{
    domain::runtime::registry::{MOST_PRICES, Model, PriceSince},
    edge::patience::now,
};

impl Store {
    /// Notes what the built-in models cost, for as long as no pool is stored.
    pub async fn note_built_in(&self, models: &[Model]) -> Result<()> {
        self.noted(models, now(), true)?.run().await?;
        Ok(())
    }

    /// The statement that notes prices from then on, where they are others than those known.
    pub(super) fn noted(
        &self,
        models: &[Model],
        since: f64,
        built_in: bool,
    ) -> Result<D1PreparedStatement> {
        let models =
            serde_json::to_string(models).map_err(|error| Error::from(error.to_string()))?;
        let built_in = f64::from(u8::from(built_in));
        self.statement(
            include_str!("sql/note_prices.sql"),
            &[text(&models), number(since), number(built_in)],
        )
    }

    /// What a model has cost, oldest first.
    pub async fn prices(&self, model: &str) -> Result<Vec<PriceSince>> {
        let values = [text(model), number(MOST_PRICES as f64)];
        let found = self
            .statement(include_str!("sql/prices.sql"), &values)?
            .all()
            .await?;
        let mut rows = found.results::<PriceSince>()?;
        rows.reverse();
        Ok(rows)
    }
}
