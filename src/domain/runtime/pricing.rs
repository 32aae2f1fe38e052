//! A runtime's catalogue as `/v1/pricing` shows it: its chat models that have prices.

use runtimes::catalogue::Entry;
use serde::{Deserialize, Serialize};

use super::registry::Model;

/// A model that the runtime offers for chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    pub id: String,
    /// USD per 1M tokens.
    pub in_price: f64,
    pub out_price: f64,
    /// Context window in tokens; null where the runtime does not say.
    pub context: Option<u64>,
}

/// A row of `/v1/pricing`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Priced {
    #[serde(flatten)]
    pub listed: Listed,
    pub routable: bool,
}

/// What a runtime offers, without the models that lack a price.
pub fn priced(entries: Vec<Entry>) -> Vec<Listed> {
    entries.into_iter().filter_map(listed).collect()
}

fn listed(entry: Entry) -> Option<Listed> {
    Some(Listed {
        in_price: entry.prices.input?,
        out_price: entry.prices.output?,
        context: entry.context,
        id: entry.id,
    })
}

/// The pool in the catalogue's place.
pub fn of_pool(pool: &[Model]) -> Vec<Listed> {
    pool.iter()
        .filter_map(|model| {
            Some(Listed {
                id: model.id.clone(),
                in_price: model.in_price?,
                out_price: model.out_price?,
                context: model.context,
            })
        })
        .collect()
}

/// Cheapest first (input and output price weighed alike), with what can be routed to marked.
pub fn view(mut listed: Vec<Listed>, pool: &[Model]) -> Vec<Priced> {
    listed.sort_by(|a, b| {
        let (a_price, b_price) = (a.in_price + a.out_price, b.in_price + b.out_price);
        a_price.total_cmp(&b_price).then_with(|| a.id.cmp(&b.id))
    });
    listed
        .into_iter()
        .map(|listed| Priced {
            routable: pool.iter().any(|model| model.upstream_id == listed.id),
            listed,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::runtime::registry;
    use runtimes::catalogue::page;

    fn parse(text: &str) -> Option<Vec<Listed>> {
        page(text).map(|page| priced(page.entries))
    }

    #[test]
    fn only_chat_models_with_both_prices_are_listed() {
        let text = r#"{"data":[
            {"id":"b","compatible_endpoints":["/v1/chat/completions"],"benchmark_pricing":{"input_per_mtok_min":2,"output_per_mtok_min":3},"context_window":10},
            {"id":"gpt-4o","compatible_endpoints":["/v1/messages","/v1/chat/completions"],"benchmark_pricing":{"input_per_mtok_min":0,"output_per_mtok_min":1}},
            {"id":"claude","compatible_endpoints":["/v1/messages"],"benchmark_pricing":{"input_per_mtok_min":1,"output_per_mtok_min":1}},
            {"id":"half","compatible_endpoints":["/v1/chat/completions"],"benchmark_pricing":{"input_per_mtok_min":1}},
            {"id":"minus","compatible_endpoints":["/v1/chat/completions"],"benchmark_pricing":{"input_per_mtok_min":-1,"output_per_mtok_min":1}},
            {"id":"infinite","compatible_endpoints":["/v1/chat/completions"],"benchmark_pricing":{"input_per_mtok_min":"inf","output_per_mtok_min":1}},
            7, null, {"id":3}
        ]}"#;
        let rows = view(parse(text).unwrap(), &registry::pool("gpt-4o", 1));
        let ids: Vec<_> = rows
            .iter()
            .map(|row| (row.listed.id.as_str(), row.routable))
            .collect();
        assert_eq!(ids, [("gpt-4o", true), ("b", false)]);
        assert_eq!(rows[0].listed.context, None);
        for text in ["", "{}", "<html>", r#"{"data":7}"#] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_written_as_strings_or_with_a_fraction_are_read() {
        let text = r#"{"data":[{"id":"a","compatible_endpoints":["/v1/chat/completions"],
            "benchmark_pricing":{"input_per_mtok_min":"0.50","output_per_mtok_min":"1"},"context_window":128000.0}]}"#;
        let row = parse(text).unwrap().remove(0);
        assert_eq!((row.in_price, row.out_price), (0.5, 1.0));
        assert_eq!(row.context, Some(128_000));
    }
}
