//! A catalogue that comes in several pages.
//!
//! Its law: a page may name the next one at the origin of the first and nowhere else, for the runtime's key
//! goes with the question. Pages and bytes are bounded, and none is read twice. What was read stays where a
//! later page can't be had, and that it is not all is said.

use std::collections::BTreeSet;

use url::Url;

use super::catalogue::{self, Entry, NextPage};

/// What a runtime offers for chat.
#[derive(Debug, PartialEq)]
pub struct Catalogue {
    pub entries: Vec<Entry>,
    /// Why it is not all; `None`: it is.
    pub cut: Option<Cut>,
}

/// Why a catalogue ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The next page is at another origin, or named by what is no URL.
    Elsewhere,
    /// The next page could not be had.
    Failed,
    /// The next page is one that was read.
    Again,
    /// More pages, models or bytes than are read.
    TooMuch,
}

impl Cut {
    pub fn told(self) -> &'static str {
        match self {
            Cut::Elsewhere => "its next page is at another address, which is not asked",
            Cut::Failed => "its next page could not be read",
            Cut::Again => "its next page is one that was read already",
            Cut::TooMuch => "it is longer than what is read of one",
        }
    }
}

/// Pages of a catalogue: each is a request of the few that a request of ours may make.
const MOST_PAGES: usize = 20;
/// Bytes of all of them.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Characters of a page's URL.
const MOST_CHARACTERS: usize = 2_000;

/// How far a catalogue has been read.
pub struct Reading {
    /// The page that is to be read.
    next: Option<Url>,
    read: BTreeSet<Url>,
    bytes_left: usize,
    entries: Vec<Entry>,
    ids: BTreeSet<String>,
    cut: Option<Cut>,
}

impl Reading {
    /// From its first page on; `None` where that has no URL.
    pub fn of(first: &str) -> Option<Reading> {
        Some(Reading {
            next: Some(Url::parse(first).ok()?),
            read: BTreeSet::new(),
            bytes_left: MOST_BYTES,
            entries: Vec::new(),
            ids: BTreeSet::new(),
            cut: None,
        })
    }

    /// The page to be read, and the bytes that it may have.
    pub fn next(&self) -> Option<(&Url, usize)> {
        self.next.as_ref().map(|url| (url, self.bytes_left))
    }

    /// Takes that page in; `None`: it could not be had.
    pub fn take(&mut self, page: Option<&str>) {
        let Some(at) = self.next.take() else { return };
        let Some((page, text)) = page.and_then(|text| Some((catalogue::page(text)?, text))) else {
            self.cut = Some(Cut::Failed);
            return;
        };
        self.bytes_left = self.bytes_left.saturating_sub(text.len());
        for entry in page.entries {
            if self.entries.len() < catalogue::MOST && self.ids.insert(entry.id.clone()) {
                self.entries.push(entry);
            }
        }
        let next = page.next.map(|next| after(&at, &next));
        self.read.insert(at);
        match next {
            None => {}
            Some(None) => self.cut = Some(Cut::Elsewhere),
            Some(Some(url)) if self.read.contains(&url) => self.cut = Some(Cut::Again),
            Some(Some(_)) if self.is_full() => self.cut = Some(Cut::TooMuch),
            Some(url) => self.next = url,
        }
    }

    fn is_full(&self) -> bool {
        self.read.len() >= MOST_PAGES
            || self.bytes_left == 0
            || self.entries.len() >= catalogue::MOST
    }

    /// What was read; `None` where the first page could not be.
    pub fn end(self) -> Option<Catalogue> {
        (!self.read.is_empty()).then_some(Catalogue {
            entries: self.entries,
            cut: self.cut,
        })
    }
}

/// Where the page after this one is; `None` where that is not at the same origin.
fn after(at: &Url, next: &NextPage) -> Option<Url> {
    let url = match next {
        NextPage::Link(link) => at.join(link).ok()?,
        NextPage::After(id) => {
            let kept: Vec<(String, String)> = at
                .query_pairs()
                .filter(|(name, _)| name != "after_id")
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
            let mut url = at.clone();
            let mut query = url.query_pairs_mut();
            query.clear().extend_pairs(kept).append_pair("after_id", id);
            drop(query);
            url
        }
    };
    let fits = is_at(&url, at) && url.as_str().len() <= MOST_CHARACTERS;
    fits.then_some(url)
}

/// Is it at that one's origin: scheme, host and port are the same, and it brings no user of its own.
pub fn is_at(url: &Url, origin: &Url) -> bool {
    url.origin().is_tuple()
        && url.origin() == origin.origin()
        && url.username().is_empty()
        && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIRST: &str = "https://h.example/api/v1/models?api-version=7";

    fn ids(catalogue: &Catalogue) -> Vec<&str> {
        let ids = catalogue.entries.iter().map(|entry| entry.id.as_str());
        ids.collect()
    }

    /// Reads by those pages, whatever they are asked by; and the URLs that were asked.
    fn read(pages: &[Option<String>]) -> (Option<Catalogue>, Vec<String>) {
        let mut reading = Reading::of(FIRST).unwrap();
        let mut asked = Vec::new();
        while let Some((url, _)) = reading.next() {
            asked.push(url.to_string());
            let page = pages.get(asked.len() - 1).cloned().flatten();
            reading.take(page.as_deref());
        }
        (reading.end(), asked)
    }

    fn page(id: &str, next: serde_json::Value) -> Option<String> {
        Some(json!({"data": [{"id": id}], "links": {"next": next}}).to_string())
    }

    #[test]
    fn the_next_page_is_at_the_origin_of_this_one_or_is_not_asked() {
        for (link, wanted) in [
            (
                "https://h.example/api/v1/models?p=2",
                Some("https://h.example/api/v1/models?p=2"),
            ),
            ("https://h.example:443/x", Some("https://h.example/x")),
            (
                "/api/v1/models?p=2",
                Some("https://h.example/api/v1/models?p=2"),
            ),
            ("?p=2", Some("https://h.example/api/v1/models?p=2")),
            ("HTTPS://H.EXAMPLE/x", Some("https://h.example/x")),
            ("https://h.example:8443/x", None),
            ("http://h.example/x", None),
            ("https://h.example.evil/x", None),
            ("https://evil/x", None),
            ("//evil/x", None),
            ("\\\\evil\\x", None),
            ("https://h.example@evil/x", None),
            ("https://u:p@h.example/x", None),
            ("https:evil", Some("https://h.example/api/v1/evil")),
            ("javascript:alert(1)", None),
            ("data:,x", None),
            ("file:///etc/passwd", None),
            ("https://", None),
        ] {
            let (catalogue, asked) = read(&[page("a", json!(link)), page("b", json!(null))]);
            let catalogue = catalogue.unwrap();
            let second = asked.get(1).map(String::as_str);
            assert_eq!(second, wanted, "{link}");
            let (held, cut) = match wanted {
                Some(_) => (vec!["a", "b"], None),
                None => (vec!["a"], Some(Cut::Elsewhere)),
            };
            assert_eq!((ids(&catalogue), catalogue.cut), (held, cut), "{link}");
        }
        let long = format!("/{}", "x".repeat(3_000));
        let (catalogue, _) = read(&[page("a", json!(long))]);
        assert_eq!(catalogue.unwrap().cut, Some(Cut::Elsewhere));
    }

    #[test]
    fn a_page_says_how_it_goes_on_or_is_the_last() {
        let second = |first: serde_json::Value| {
            let (_, mut asked) = read(&[Some(first.to_string())]);
            (asked.len() > 1).then(|| asked.remove(1))
        };
        let data = json!([{"id": "a"}]);
        for last in [
            json!({"data": data}),
            json!([{"id": "a"}]),
            json!({"data": data, "links": null}),
            json!({"data": data, "links": {}}),
            json!({"data": data, "links": {"next": null}}),
            json!({"data": data, "links": {"next": ""}}),
            json!({"data": data, "links": {"next": 7}}),
            json!({"data": data, "links": 7}),
            json!({"data": data, "has_more": false, "last_id": "a"}),
            json!({"data": data, "has_more": "yes", "last_id": "a"}),
            json!({"data": data, "has_more": true}),
            json!({"data": data, "has_more": true, "last_id": null}),
        ] {
            assert_eq!(second(last.clone()), None, "{last}");
        }
        let more =
            json!({"data": data, "has_more": true, "first_id": "a", "last_id": "claude a&b"});
        let after = "https://h.example/api/v1/models?api-version=7&after_id=claude+a%26b";
        assert_eq!(second(more).as_deref(), Some(after));
        // Each page after the one before it.
        let ends = |id: &str| {
            Some(json!({"data": [{"id": id}], "has_more": true, "last_id": id}).to_string())
        };
        let (catalogue, asked) = read(&[ends("a"), ends("b"), page("c", json!(null))]);
        assert_eq!(ids(&catalogue.unwrap()), ["a", "b", "c"]);
        assert_eq!(
            asked[2],
            "https://h.example/api/v1/models?api-version=7&after_id=b"
        );
    }

    #[test]
    fn a_circle_ends_and_so_does_an_endless_catalogue() {
        let (catalogue, asked) = read(&[page("a", json!("?p=2")), page("b", json!("?p=2"))]);
        let catalogue = catalogue.unwrap();
        assert_eq!((ids(&catalogue), asked.len()), (vec!["a", "b"], 2));
        assert_eq!(catalogue.cut, Some(Cut::Again));

        let pages: Vec<_> = (0..100)
            .map(|n| page(&format!("m{n}"), json!(format!("?p={n}"))))
            .collect();
        let (catalogue, asked) = read(&pages);
        assert_eq!(asked.len(), MOST_PAGES);
        assert_eq!(catalogue.unwrap().cut, Some(Cut::TooMuch));

        let mut reading = Reading::of(FIRST).unwrap();
        let filler = "x".repeat(MOST_BYTES / 2);
        for n in 0..2 {
            let (_, left) = reading.next().unwrap();
            assert!(n == 0 || left < MOST_BYTES / 2);
            reading.take(Some(&json!({"data": [{"id": n.to_string(), "x": filler}], "links": {"next": format!("?p={n}")}}).to_string()));
        }
        assert_eq!(reading.next(), None);
        assert_eq!(reading.end().unwrap().cut, Some(Cut::TooMuch));
    }

    #[test]
    fn what_was_read_stays_where_a_later_page_fails() {
        for broken in [None, Some("<html>".to_owned()), Some("{}".to_owned())] {
            let (catalogue, _) = read(&[page("a", json!("?p=2")), broken]);
            let catalogue = catalogue.unwrap();
            assert_eq!(
                (ids(&catalogue), catalogue.cut),
                (vec!["a"], Some(Cut::Failed))
            );
        }
        assert_eq!(read(&[None]).0, None);
        assert_eq!(read(&[Some("<html>".to_owned())]).0, None);
        // The same model on two pages is one.
        let (catalogue, _) = read(&[page("a", json!("?p=2")), page("a", json!(null))]);
        assert_eq!(ids(&catalogue.unwrap()), ["a"]);
    }
}
