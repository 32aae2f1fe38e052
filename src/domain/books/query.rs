//! Which of the decisions that are kept somebody asks for.

use chat::Task;

use super::feed::{Decision, id_at};
use crate::domain::refusal::Refusal;

/// Which decisions are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Ids that they stand between.
    pub after: String,
    pub before: String,
    pub task: Option<String>,
    pub model: Option<String>,
    pub mode: Option<String>,
    pub outcome: Option<String>,
    /// At least, and at most.
    pub quality: (Option<f64>, Option<f64>),
    pub key: Option<String>,
    /// A tag and its value.
    pub tag: Option<(String, String)>,
    /// At the most.
    pub many: u64,
}

impl Query {
    /// Most that a page has.
    pub const PAGE: u64 = 200;
    /// The names of what may be asked.
    pub const NAMES: [&'static str; 12] = [
        "task",
        "model",
        "mode",
        "outcome",
        "min_quality",
        "max_quality",
        "key",
        "tag",
        "from",
        "to",
        "cursor",
        "limit",
    ];

    /// Reads a query; what can't be asked is refused by its name.
    pub fn read(query: impl Fn(&str) -> Option<String>) -> Result<Query, Refusal> {
        let query = |name: &str| query(name).filter(|value| !value.is_empty());
        let refused = |name: &str, must: &str| {
            Refusal::invalid(Some(name.to_owned()), format!("`{name}` must be {must}"))
        };
        let figure = |name: &str, most: f64, must: &str| match query(name) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(value) if (0.0..=most).contains(&value) => Ok(Some(value)),
                _ => Err(refused(name, must)),
            },
        };
        let word = |name: &str, words: &[&str]| match query(name) {
            Some(word) if !words.contains(&word.as_str()) => {
                Err(refused(name, &format!("one of {}", words.join(", "))))
            }
            word => Ok(word),
        };
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let moment = |name| figure(name, 1e10, "a time in Unix seconds");
        let share = |name| figure(name, 1.0, "a number from 0 to 1");
        let to = moment("to")?.map_or("req_z".to_owned(), id_at);
        let cursor = query("cursor").filter(|cursor| *cursor < to);
        let tag = match query("tag").map(|tag| tag.split_once(':').map(owned)) {
            Some(None) => return Err(refused("tag", "`name:value`")),
            tag => tag.flatten(),
        };
        let many = figure("limit", 1e9, "a whole number above 0")?;
        Ok(Query {
            after: id_at(moment("from")?.unwrap_or(0.0)),
            before: cursor.unwrap_or(to),
            task: word("task", &Task::ALL.map(Task::name))?,
            model: query("model"),
            mode: word("mode", &["explore", "exploit"])?,
            outcome: word("outcome", &["finished", "dropped", "failed"])?,
            quality: (share("min_quality")?, share("max_quality")?),
            key: query("key"),
            tag,
            many: many.map_or(Query::PAGE, |many: f64| (many as u64).clamp(1, Query::PAGE)),
        })
    }

    /// Adds what the database may not have yet to a page of it. Gives the cursor of one that is full.
    pub fn with(&self, rows: &mut Vec<Decision>, own: Vec<Decision>) -> Option<String> {
        let own = own
            .into_iter()
            .filter(|own| rows.iter().all(|row| row.id != own.id));
        let own: Vec<Decision> = own.collect();
        rows.extend(own);
        rows.sort_by(|a, b| b.id.cmp(&a.id));
        rows.truncate(self.many as usize);
        let last = rows.last().filter(|_| rows.len() as u64 >= self.many)?;
        Some(last.id.clone())
    }

    /// Is it one of those that are asked for, as the database tells them.
    pub fn takes(&self, it: &Decision) -> bool {
        let is = |asked: &Option<String>, own: &str| asked.as_deref().is_none_or(|one| one == own);
        let (least, most) = self.quality;
        let quality = |asked: Option<f64>, fits: fn(f64, f64) -> bool| {
            asked.is_none_or(|asked| it.quality.is_some_and(|own| fits(own, asked)))
        };
        self.after < it.id
            && it.id < self.before
            && is(&self.task, it.task.name())
            && is(&self.model, &it.model)
            && is(&self.mode, it.mode.name())
            && is(&self.outcome, it.outcome.name())
            && is(&self.key, it.detail.key.as_deref().unwrap_or_default())
            && quality(least, |own, least| own >= least)
            && quality(most, |own, most| own <= most)
            && self
                .tag
                .as_ref()
                .is_none_or(|(name, value)| it.detail.tags.get(name) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pairs: &'static [(&str, &str)]) -> Result<Query, Refusal> {
        Query::read(|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_decision_is_asked_for_by_all_that_is_named() {
        let mut it: Decision = serde_json::from_str(r#"{"ts":1.5,"task":"math","classified_by":"rules","model":"m","mode":"explore","quality":null,"cost":0.5,"saved":null,"cost_estimated":false,"propensity":1.0,"outcome":"finished","id":"r"}"#).unwrap();
        it.id = id_at(1_000.0) + "0";
        it.detail.tags.insert("team".into(), "a".into());
        for (pairs, takes) in [
            (&[][..], true),
            (
                &[
                    ("task", "math"),
                    ("model", "m"),
                    ("mode", "explore"),
                    ("outcome", "finished"),
                    ("tag", "team:a"),
                ],
                true,
            ),
            (&[("task", "code")], false),
            (&[("model", "n")], false),
            (&[("mode", "exploit")], false),
            (&[("outcome", "failed")], false),
            (&[("tag", "team:b")], false),
            (&[("key", "key_1")], false),
            (&[("min_quality", "0")], false),
            (&[("from", "1000"), ("to", "1001")], true),
            (&[("from", "1001")], false),
            (&[("to", "999")], false),
        ] {
            assert_eq!(ask(pairs).unwrap().takes(&it), takes, "{pairs:?}");
        }
        let asked = ask(&[("limit", "2")]).unwrap();
        let at = |moment| Decision {
            id: id_at(moment),
            ..it.clone()
        };
        let mut rows = vec![at(3.0)];
        assert_eq!(asked.with(&mut rows, vec![at(3.0)]), None);
        assert_eq!(rows, [at(3.0)], "once");
        let cursor = asked.with(&mut rows, vec![at(5.0), at(4.0)]);
        assert_eq!(rows, [at(5.0), at(4.0)], "the newest first");
        assert_eq!(cursor, Some(id_at(4.0)), "the rest is the next page");
        (it.quality, it.detail.key) = (Some(0.5), Some("key_1".into()));
        for (pairs, takes) in [
            (
                &[
                    ("min_quality", "0.5"),
                    ("max_quality", "0.5"),
                    ("key", "key_1"),
                ][..],
                true,
            ),
            (&[("min_quality", "0.6")], false),
            (&[("max_quality", "0.4")], false),
        ] {
            assert_eq!(ask(pairs).unwrap().takes(&it), takes, "{pairs:?}");
        }
    }

    #[test]
    fn what_is_asked_for_is_read_or_refused_by_name() {
        let all = ask(&[]).unwrap();
        assert_eq!((all.many, &all.task, &all.key), (Query::PAGE, &None, &None));
        assert!(all.after.as_str() < "req_01" && all.before.as_str() > "req_fff");
        let some = ask(&[
            ("task", "math"),
            ("min_quality", "0.5"),
            ("limit", "3"),
            ("from", "1000"),
            ("cursor", "req_00000ffffff"),
            ("tag", "team:a:b"),
        ])
        .unwrap();
        assert_eq!(some.after, "req_000000f4240");
        assert_eq!(some.before, "req_00000ffffff");
        assert_eq!((some.many, some.quality), (3, (Some(0.5), None)));
        assert_eq!(some.tag, Some(("team".into(), "a:b".into())));
        for (name, value) in [
            ("task", "poetry"),
            ("mode", "guess"),
            ("outcome", "odd"),
            ("max_quality", "2"),
            ("from", "NaN"),
            ("limit", "-1"),
            ("tag", "team"),
        ] {
            let refused = Query::read(|known| (known == name).then(|| value.to_owned()));
            assert!(
                matches!(&refused, Err(Refusal::Invalid { field: Some(field), .. }) if field == name),
                "{name}: {refused:?}"
            );
        }
    }
}
