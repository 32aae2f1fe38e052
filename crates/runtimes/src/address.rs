//! The runtimes of a deployment: where they are, and how each is addressed.
//!
//! Its law: a bad entry is refused by its place and field. A key is named here, never held: the edge
//! looks it up, and sends it to its own runtime only.

use serde_json::{Map, Value};
use url::Url;

use super::pages;

/// How a key is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    #[default]
    Bearer,
    ApiKey,
    XApiKey,
    None,
}

impl Auth {
    fn parse(word: &str) -> Option<Auth> {
        match word {
            "bearer" => Some(Auth::Bearer),
            "api-key" => Some(Auth::ApiKey),
            "x-api-key" => Some(Auth::XApiKey),
            "none" => Some(Auth::None),
            _ => None,
        }
    }

    /// The header that carries the key.
    pub fn header(self, key: &str) -> Option<(&'static str, String)> {
        match self {
            Auth::Bearer => Some(("authorization", format!("Bearer {key}"))),
            Auth::ApiKey => Some(("api-key", key.to_owned())),
            Auth::XApiKey => Some(("x-api-key", key.to_owned())),
            Auth::None => None,
        }
    }
}

/// One runtime.
#[derive(Clone, Debug, PartialEq)]
pub struct Runtime {
    pub name: String,
    pub base: BaseUrl,
    /// The name of the secret that holds its key; `None`: it wants none.
    pub key: Option<String>,
    /// Seconds, in place of `REQUEST_TIMEOUT`.
    pub timeout: Option<f64>,
    /// Sent with every call.
    pub headers: Vec<(String, String)>,
    pub auth: Auth,
}

/// The name of the one runtime where none are listed.
pub const DEFAULT: &str = "default";
const MOST: usize = 32;
const MOST_HEADERS: usize = 16;
const MOST_CHARACTERS: usize = 2_000;
/// Headers that are ours to set.
const OWN: [&str; 9] = [
    "authorization",
    "content-type",
    "content-length",
    "transfer-encoding",
    "host",
    "connection",
    "accept",
    "cookie",
    "expect",
];

/// A base URL: what stands before the path of a call, and a query that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    before: String,
    query: String,
}

/// What is asked of a runtime.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// A call, below the base URL, with a leading slash.
    Call(&'static str),
    /// A page that the runtime has named.
    Page(&'a Url),
}

impl BaseUrl {
    /// Reads one with or without a slash at its end, `/v1`, or the path of a call. `None` for what is
    /// no http or https URL, or holds a user or a fragment.
    pub fn parse(text: &str) -> Option<BaseUrl> {
        let text = text.trim();
        let (scheme, rest) = ["https://", "http://"]
            .iter()
            .find_map(|scheme| Some((*scheme, text.strip_prefix(scheme)?)))?;
        let (place, query) = match rest.split_once('?') {
            Some((place, query)) => (place, format!("?{query}")),
            None => (rest, String::new()),
        };
        let (host, path) = match place.split_once('/') {
            Some((host, path)) => (host, path),
            None => (place, ""),
        };
        let fine = !host.is_empty()
            && text.len() <= MOST_CHARACTERS
            && text.bytes().all(|byte| byte.is_ascii_graphic())
            && !text.contains(['#', '@', '\\']);
        if !fine {
            return None;
        }
        let mut path = path.trim_matches('/');
        for call in ["chat/completions", "models"] {
            path = path
                .strip_suffix(call)
                .unwrap_or(path)
                .trim_end_matches('/');
        }
        let path = match path {
            "" => "/v1".to_owned(),
            path => format!("/{path}"),
        };
        Some(BaseUrl {
            before: format!("{scheme}{host}{path}"),
            query,
        })
    }

    /// The URL of what is asked; `None` for a page that is elsewhere.
    pub fn at(&self, place: Place<'_>) -> Option<String> {
        match place {
            Place::Call(path) => Some(self.to(path)),
            Place::Page(page) => {
                let own = Url::parse(&self.before).ok()?;
                pages::is_at(page, &own).then(|| page.to_string())
            }
        }
    }

    /// The URL of a call: `path` begins with a slash.
    pub fn to(&self, path: &str) -> String {
        format!("{}{path}{}", self.before, self.query)
    }

    /// The same, of what some runtimes have above `/v1`.
    pub fn above(&self, path: &str) -> String {
        let before = self.before.strip_suffix("/v1").unwrap_or(&self.before);
        format!("{before}{path}{}", self.query)
    }
}

impl Runtime {
    /// The one runtime of a deployment that lists none. A key of `none` is no key.
    pub fn only(base: BaseUrl, key: &str, has_key: bool) -> Runtime {
        Runtime {
            name: DEFAULT.into(),
            base,
            key: has_key.then(|| key.to_owned()),
            timeout: None,
            headers: Vec::new(),
            auth: if has_key { Auth::Bearer } else { Auth::None },
        }
    }
}

/// Reads the setting `RUNTIMES`. `Err` says what is wrong, by place and field; it quotes no value.
pub fn read(text: &str) -> Result<Vec<Runtime>, String> {
    let Ok(Value::Array(items)) = serde_json::from_str::<Value>(text) else {
        return Err("must be a JSON array of objects".into());
    };
    if items.is_empty() || items.len() > MOST {
        return Err(format!("must list 1 to {MOST} runtimes"));
    }
    let mut runtimes: Vec<Runtime> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let runtime = one(item).map_err(|why| format!("[{index}]{why}"))?;
        if runtimes.iter().any(|other| other.name == runtime.name) {
            return Err(format!("[{index}].name stands there more than once"));
        }
        runtimes.push(runtime);
    }
    Ok(runtimes)
}

fn one(item: &Value) -> Result<Runtime, String> {
    let fields = item.as_object().ok_or(" must be an object")?;
    const KNOWN: [&str; 6] = ["name", "base_url", "key", "timeout", "headers", "auth"];
    if fields.keys().any(|name| !KNOWN.contains(&name.as_str())) {
        return Err(format!(" has a field that is none of {}", KNOWN.join(", ")));
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let name = text("name")
        .filter(|name| is_name(name, b"-"))
        .ok_or(".name must be 1 to 64 letters, digits, `-` or `_`")?;
    let base = text("base_url")
        .and_then(BaseUrl::parse)
        .ok_or(".base_url must be an http or https URL without user or fragment")?;
    let key = match fields.get("key") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) if is_name(key, b"") => Some(key.clone()),
        Some(_) => return Err(".key must be the name of a secret, or null".into()),
    };
    let timeout = match fields.get("timeout") {
        None | Some(Value::Null) => None,
        Some(value) => Some(
            value
                .as_f64()
                .filter(|seconds| (0.001..=3_600.0).contains(seconds))
                .ok_or(".timeout must be a number of seconds from 0.001 to 3600")?,
        ),
    };
    let auth = match fields.get("auth") {
        None | Some(Value::Null) if key.is_some() => Auth::Bearer,
        None | Some(Value::Null) => Auth::None,
        Some(value) => value
            .as_str()
            .and_then(Auth::parse)
            .ok_or(".auth must be one of: bearer, api-key, x-api-key, none")?,
    };
    if key.is_none() && auth != Auth::None {
        return Err(".auth has no key to send: name one in `key`".into());
    }
    Ok(Runtime {
        name: name.to_owned(),
        base,
        key,
        timeout,
        headers: headers(fields)?,
        auth,
    })
}

fn headers(fields: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let given = match fields.get("headers") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(given)) if given.len() <= MOST_HEADERS => given,
        Some(_) => {
            return Err(format!(
                ".headers must be an object of at most {MOST_HEADERS} texts"
            ));
        }
    };
    let mut headers = Vec::new();
    for (name, value) in given {
        let lower = name.to_ascii_lowercase();
        if !is_name(name, b"-") || OWN.contains(&lower.as_str()) {
            return Err(".headers has a name that can't be set".into());
        }
        let value = value
            .as_str()
            .filter(|value| value.len() <= MOST_CHARACTERS)
            .filter(|value| value.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
            .ok_or_else(|| format!(".headers.{lower} must be printable ASCII"))?;
        headers.push((lower, value.to_owned()));
    }
    Ok(headers)
}

fn is_name(text: &str, also: &[u8]) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || also.contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_may_be_written_in_any_of_the_usual_ways() {
        for (base, url) in [
            ("http://h:1/v1", "http://h:1/v1/x"),
            ("http://h:1/v1/", "http://h:1/v1/x"),
            ("http://h:1", "http://h:1/v1/x"),
            ("http://h:1/", "http://h:1/v1/x"),
            (
                "https://openrouter.ai/api/v1",
                "https://openrouter.ai/api/v1/x",
            ),
            ("https://h/v1/chat/completions", "https://h/v1/x"),
            (
                "https://h/openai/v1?api-version=7",
                "https://h/openai/v1/x?api-version=7",
            ),
            ("https://h?a=1", "https://h/v1/x?a=1"),
            (" https://h/v1beta/openai/ ", "https://h/v1beta/openai/x"),
        ] {
            assert_eq!(BaseUrl::parse(base).unwrap().to("/x"), url, "{base}");
        }
        let base = BaseUrl::parse("http://h/proxy/v1").unwrap();
        let page = |url: &str| base.at(Place::Page(&Url::parse(url).unwrap()));
        assert_eq!(page("http://h/x?p=2").as_deref(), Some("http://h/x?p=2"));
        for elsewhere in [
            "http://other/x",
            "https://h/x",
            "http://h:81/x",
            "http://u@h/x",
        ] {
            assert_eq!(page(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(base.above("/model/info"), "http://h/proxy/model/info");
        for bad in [
            "",
            "h",
            "ftp://h",
            "https://",
            "https:///v1",
            "https://u@h",
            "https://h#x",
            "https://h/ x",
        ] {
            assert_eq!(BaseUrl::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn several_runtimes_are_read_with_their_defaults() {
        let runtimes = read(
            r#"[{"name":"openrouter","base_url":"https://openrouter.ai/api/v1","key":"OPENROUTER_API_KEY"},
                {"name":"local","base_url":"http://127.0.0.1:11434","key":null,"timeout":600,"headers":{"X-Team":"search"}},
                {"name":"azure","base_url":"https://h/openai?api-version=1","key":"AZURE_KEY","auth":"api-key"}]"#,
        )
        .unwrap();
        assert_eq!(
            runtimes[0].auth.header("k"),
            Some(("authorization", "Bearer k".into()))
        );
        assert_eq!(
            (runtimes[1].auth, runtimes[1].timeout),
            (Auth::None, Some(600.0))
        );
        assert_eq!(
            runtimes[1].headers,
            [("x-team".to_owned(), "search".to_owned())]
        );
        assert_eq!(runtimes[2].auth.header("k"), Some(("api-key", "k".into())));
    }

    #[test]
    fn a_bad_entry_is_refused_by_its_place_and_field() {
        let good = r#"{"name":"a","base_url":"http://h"}"#;
        for (entry, place) in [
            ("7", "[1] "),
            (r#"{"name":"a b","base_url":"http://h"}"#, "[1].name"),
            (r#"{"name":"a","base_url":"http://h"}"#, "[1].name"),
            (r#"{"name":"b"}"#, "[1].base_url"),
            (
                r#"{"name":"b","base_url":"http://h","key":"sk-not-a-name"}"#,
                "[1].key",
            ),
            (
                r#"{"name":"b","base_url":"http://h","timeout":0}"#,
                "[1].timeout",
            ),
            (
                r#"{"name":"b","base_url":"http://h","auth":"basic","key":"K"}"#,
                "[1].auth",
            ),
            (
                r#"{"name":"b","base_url":"http://h","auth":"bearer"}"#,
                "[1].auth",
            ),
            (
                r#"{"name":"b","base_url":"http://h","headers":[]}"#,
                "[1].headers",
            ),
            (
                r#"{"name":"b","base_url":"http://h","headers":{"Authorization":"x"}}"#,
                "[1].headers",
            ),
            (
                r#"{"name":"b","base_url":"http://h","headers":{"x":"a\nb"}}"#,
                "[1].headers.x",
            ),
            (r#"{"name":"b","base_url":"http://h","keys":"K"}"#, "[1] "),
        ] {
            let why = read(&format!("[{good},{entry}]")).unwrap_err();
            assert!(why.starts_with(place), "{entry}: {why}");
            assert!(!why.contains("sk-not"), "{why}");
        }
        for text in ["", "{}", "[]", "[", "null"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
