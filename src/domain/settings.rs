//! Every setting: its name, its default, its bounds. Read once, checked once, refused by name.

use std::collections::BTreeMap;

use runtimes::{
    address::{self, BaseUrl, DEFAULT, Runtime},
    charge::ChargeFrom,
};

use super::{
    account::{
        budget::Period,
        key::{self, KeySecret},
    },
    policy::{LearnFrom, Strategy, Tunables},
    refusal::Refusal,
    runtime::registry,
    webhook::Webhook,
};

/// Who may make the calls that change what everyone shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlScope {
    /// Any valid key, where the request was sent to this very machine; else operators.
    AnyKey,
    Operator,
    /// Any valid key, wherever it is served: for public demonstrations.
    AnyKeyPublic,
}

/// The settings of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What is called: the default one first. Never empty.
    pub runtimes: Vec<Runtime>,
    /// The keys of the runtimes, by the names of their secrets.
    pub keys: BTreeMap<String, String>,
    /// Where the runtime says what a call was charged.
    pub charge_from: ChargeFrom,
    pub baseline_model: String,
    /// `None` where it is not set: then what is known of the model.
    pub baseline_context: Option<u64>,
    /// Seconds until a plain answer is whole, or a stream has its first byte.
    pub request_timeout: f64,
    pub operator_keys: Vec<String>,
    /// Where there are any, only they administer.
    pub control_keys: Vec<String>,
    /// What keys are sealed with; without it, what the store has.
    pub key_secret: Option<KeySecret>,
    pub control_scope: ControlScope,
    /// Are fields taken out that some runtimes read as another model, provider, price or address.
    pub pass_safe_only: bool,
    /// Accepted chat requests of a minted key in any 6 hours, and in any 7 days.
    pub limit_6h: u64,
    pub limit_week: u64,
    /// What a minted key may spend in a period, USD, where its terms don't say; 0: as it likes.
    pub budget_usd_key: f64,
    pub budget_period_key: Period,
    /// What the deployment may spend in a day and in a month, USD, before only operators go on; 0:
    /// as it likes.
    pub budget_usd_day: f64,
    pub budget_usd_month: f64,
    /// What judging may cost in a day, USD; 0: what it takes.
    pub judge_budget_usd_day: f64,
    /// What all minted keys together may spend in a day, USD; 0: as they like.
    pub minted_usd_day: f64,
    /// Are the charges of classifier and judge part of what a key spends.
    pub budget_includes_overhead: bool,
    /// Bounds of one request with a minted key: choices, output tokens, requests under way.
    pub max_n: u64,
    pub max_output_tokens: u64,
    pub max_concurrent: u64,
    pub tunables: Tunables,
    /// `None`: nobody is asked.
    pub classifier_model: Option<String>,
    pub judge_model: Option<String>,
    /// Seconds that classifying and judging may take.
    pub classifier_timeout: f64,
    pub judge_timeout: f64,
    /// Seconds that the end of a stream waits for the judge after `[DONE]`.
    pub judge_stream_wait: f64,
    /// Seconds that a whole answer waits for the judge.
    pub judge_wait: f64,
    /// Seconds of silence after which a stream's client is given a sign of life; 0: never.
    pub keepalive_seconds: f64,
    /// Seconds of silence between two chunks after which a stream is given up.
    pub stream_idle_timeout: f64,
    /// Seconds after its last turn for which a conversation is remembered.
    pub session_idle: f64,
    /// Models tried in one request at most.
    pub max_attempts: u64,
    /// Seconds that a model which failed by its own doing is left out at first.
    pub quarantine_seconds: f64,
    pub max_body_bytes: u64,
    /// Seconds within which the body of a request is all there.
    pub body_timeout: f64,
    /// May anyone see the views that tell what happened; else operators only.
    pub views_open: bool,
    /// Is plain HTTP refused.
    pub require_https: bool,
    pub register_open: bool,
    /// Email domains that may register; empty: any.
    pub register_domains: Vec<String>,
    /// Registrations from one client address in an hour.
    pub register_limit: u64,
    /// What may read `/metrics` beside the operators' keys.
    pub metrics_token: Option<String>,
    /// Days for which decisions are kept, and how many at the most.
    pub decisions_days: u64,
    pub decisions_max: u64,
    /// Decisions that are kept of one (task, model) in a second: of more, a share with its weight.
    pub decisions_per_second: u64,
    /// Days for which the hours' sums are kept.
    pub history_days: u64,
    /// Where the owner is told what happens; `None`: nowhere.
    pub webhook: Option<Webhook>,
}

impl Settings {
    /// Seconds of silence until a sign of life; infinite where none is given.
    pub fn keepalive(&self) -> f64 {
        match self.keepalive_seconds {
            0.0 => f64::INFINITY,
            seconds => seconds,
        }
    }

    /// The runtime of that name, else the default one.
    pub fn runtime(&self, name: &str) -> Option<&Runtime> {
        let named = self.runtimes.iter().find(|runtime| runtime.name == name);
        named.or(self.runtimes.first())
    }

    /// Seconds until a plain answer of the runtime is whole, or a stream has its first byte.
    pub fn timeout_of(&self, runtime: &str) -> f64 {
        let own = self.runtime(runtime).and_then(|runtime| runtime.timeout);
        own.unwrap_or(self.request_timeout)
    }

    /// The key that a runtime is sent; `None` for one that wants none.
    pub fn key_of(&self, runtime: &Runtime) -> Option<&str> {
        self.keys.get(runtime.key.as_ref()?).map(String::as_str)
    }

    /// Has every runtime the key that it names. Without it chat answers 503.
    pub fn has_keys(&self) -> Result<(), Refusal> {
        let missing = |runtime: &&Runtime| {
            let named = runtime.key.as_ref();
            named.is_some_and(|name| !self.keys.contains_key(name))
        };
        let Some(runtime) = self.runtimes.iter().find(missing) else {
            return Ok(());
        };
        let name = runtime.key.as_deref().unwrap_or_default();
        let whose = match runtime.name.as_str() {
            DEFAULT => "the runtime",
            name => name,
        };
        Err(bad(
            name,
            format!("is missing: {whose} cannot be called without it"),
        ))
    }

    /// Reads the settings through `look_up`, which gives a variable's text by name. An absent or
    /// blank one has its default; one that is out of bounds is refused by its name.
    pub fn read(look_up: impl Fn(&str) -> Option<String>) -> Result<Settings, Refusal> {
        let read = Reader {
            look_up: |name: &str| {
                look_up(name)
                    .map(|text| text.trim().to_owned())
                    .filter(|text| !text.is_empty())
            },
        };
        let defaults = Tunables::default();
        let (runtimes, keys) = read.runtimes()?;
        let settings = Settings {
            runtimes,
            keys,
            charge_from: read.charge_from("CHARGE_FROM")?,
            baseline_model: read.model("BASELINE_MODEL", registry::DEFAULT_BASELINE)?,
            baseline_context: read.whole_if_set("BASELINE_CONTEXT", 1..=1_000_000_000)?,
            request_timeout: read.number("REQUEST_TIMEOUT", 120.0, 0.001..=3_600.0)?,
            operator_keys: read.list("ARBITER_API_KEYS"),
            key_secret: read.secret("KEY_SECRET")?.map(KeySecret::new),
            control_keys: read.list("CONTROL_KEYS"),
            control_scope: read.one_of(
                "CONTROL_SCOPE",
                ControlScope::AnyKey,
                &[
                    ("any-key", ControlScope::AnyKey),
                    ("operator", ControlScope::Operator),
                    ("any-key-public", ControlScope::AnyKeyPublic),
                ],
            )?,
            pass_safe_only: read.one_of("PASS_FIELDS", false, &[("all", false), ("safe", true)])?,
            limit_6h: read.whole("LIMIT_6H", 50, 1..=100_000)?,
            limit_week: read.whole("LIMIT_WEEK", 600, 1..=100_000)?,
            budget_usd_key: read.number("BUDGET_USD_KEY", 0.0, 0.0..=100_000.0)?,
            budget_period_key: read.one_of("BUDGET_PERIOD_KEY", Period::default(), &Period::ALL)?,
            budget_usd_day: read.number("BUDGET_USD_DAY", 0.0, 0.0..=100_000.0)?,
            budget_usd_month: read.number("BUDGET_USD_MONTH", 0.0, 0.0..=1_000_000.0)?,
            minted_usd_day: read.number("MINTED_USD_DAY", 5.0, 0.0..=100_000.0)?,
            budget_includes_overhead: read.one_of(
                "BUDGET_INCLUDES_OVERHEAD",
                true,
                &[("true", true), ("false", false)],
            )?,
            max_n: read.whole("MAX_N", 4, 1..=128)?,
            max_output_tokens: read.whole("MAX_OUTPUT_TOKENS", 32_000, 1..=10_000_000)?,
            max_concurrent: read.whole("MAX_CONCURRENT", 8, 1..=10_000)?,
            tunables: Tunables {
                strategy: read.one_of(
                    "STRATEGY",
                    defaults.strategy,
                    &[("plain", Strategy::Plain), ("adaptive", Strategy::Adaptive)],
                )?,
                learn_from: read.one_of(
                    "LEARN_FROM",
                    defaults.learn_from,
                    &[("all", LearnFrom::All), ("operators", LearnFrom::Operators)],
                )?,
                min_samples: read.whole("MIN_SAMPLES", defaults.min_samples, 1..=1_000)?,
                epsilon: read.number("EPSILON", defaults.epsilon, 0.0..=1.0)?,
                quality_tolerance: read.number(
                    "QUALITY_TOLERANCE",
                    defaults.quality_tolerance,
                    0.0..=1.0,
                )?,
                price_shift: read.number("PRICE_SHIFT", defaults.price_shift, 0.01..=1_000.0)?,
                min_tokens_for_price: read.whole(
                    "MIN_TOKENS_FOR_PRICE",
                    defaults.min_tokens_for_price,
                    0..=1_000_000,
                )?,
            },
            classifier_model: read.role("CLASSIFIER_MODEL", "deepseek-v4-flash")?,
            judge_model: read.role("JUDGE_MODEL", "deepseek-v4-pro")?,
            classifier_timeout: read.number("CLASSIFIER_TIMEOUT", 5.0, 0.001..=60.0)?,
            judge_timeout: read.number("JUDGE_TIMEOUT", 15.0, 0.001..=60.0)?,
            judge_budget_usd_day: read.number("JUDGE_BUDGET_USD_DAY", 1.0, 0.0..=100_000.0)?,
            judge_stream_wait: read.number("JUDGE_STREAM_WAIT", 1.0, 0.0..=60.0)?,
            judge_wait: read.number("JUDGE_WAIT", 2.0, 0.0..=60.0)?,
            keepalive_seconds: read.number("KEEPALIVE_SECONDS", 15.0, 0.0..=3_600.0)?,
            stream_idle_timeout: read.number("STREAM_IDLE_TIMEOUT", 60.0, 0.001..=3_600.0)?,
            session_idle: read.number("SESSION_IDLE", 1_800.0, 60.0..=86_400.0)?,
            max_attempts: read.whole("MAX_ATTEMPTS", 3, 1..=10)?,
            quarantine_seconds: read.number("QUARANTINE_SECONDS", 20.0, 0.0..=86_400.0)?,
            max_body_bytes: read.whole(
                "MAX_BODY_BYTES",
                4 * 1024 * 1024,
                1_024..=64 * 1024 * 1024,
            )?,
            body_timeout: read.number("BODY_TIMEOUT", 60.0, 0.001..=3_600.0)?,
            views_open: read.one_of("VIEWS", true, &[("public", true), ("operator", false)])?,
            require_https: read.one_of(
                "REQUIRE_HTTPS",
                false,
                &[("true", true), ("false", false)],
            )?,
            register_open: read.one_of(
                "REGISTER_OPEN",
                true,
                &[("true", true), ("false", false)],
            )?,
            register_domains: read.list("REGISTER_DOMAINS"),
            register_limit: read.whole("REGISTER_LIMIT", 60, 1..=1_000_000)?,
            metrics_token: read.header_text("METRICS_TOKEN")?,
            decisions_days: read.whole("DECISIONS_DAYS", 30, 1..=3_650)?,
            decisions_max: read.whole("DECISIONS_MAX", 200_000, 0..=10_000_000)?,
            decisions_per_second: read.whole("DECISIONS_PER_SECOND", 50, 0..=10_000)?,
            history_days: read.whole("HISTORY_DAYS", 400, 1..=3_650)?,
            webhook: read.webhook()?,
        };
        settings.has_decent_keys()?;
        Ok(settings)
    }

    /// What is served to the world is not to be had by guessing.
    fn has_decent_keys(&self) -> Result<(), Refusal> {
        let lists = [
            ("ARBITER_API_KEYS", &self.operator_keys),
            ("CONTROL_KEYS", &self.control_keys),
        ];
        let short = |entry: &String| key::named(entry).1.len() < MIN_OPERATOR_KEY;
        match lists.into_iter().find(|(_, keys)| keys.iter().any(short)) {
            Some((name, _)) if self.require_https => Err(bad(
                name,
                format!(
                    "holds a key of fewer than {MIN_OPERATOR_KEY} characters, which is not enough \
                     where REQUIRE_HTTPS is true"
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// The model of a role that nobody plays.
const NOBODY: &str = "none";
/// The key of a runtime that wants none.
const NO_KEY: &str = "none";
/// Characters of a secret at the least.
const MIN_SECRET: usize = 32;
/// Characters of an operator's key at the least, in production.
const MIN_OPERATOR_KEY: usize = 24;

struct Reader<F> {
    look_up: F,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    fn text(&self, name: &str) -> Option<String> {
        (self.look_up)(name)
    }

    fn header_text(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.text(name) {
            Some(text) if !text.bytes().all(|byte| byte.is_ascii_graphic()) => Err(bad(
                name,
                "must be printable ASCII without spaces".to_owned(),
            )),
            text => Ok(text),
        }
    }

    fn secret(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.text(name) {
            Some(text) if text.len() < MIN_SECRET => Err(bad(
                name,
                format!("must have at least {MIN_SECRET} characters"),
            )),
            text => Ok(text),
        }
    }

    fn webhook(&self) -> Result<Option<Webhook>, Refusal> {
        const URL: &str = "WEBHOOK_URL";
        let secret = self.secret("WEBHOOK_SECRET")?;
        let Some(url) = self.text(URL) else {
            return Ok(None);
        };
        let message = "must be an https URL without user or fragment; http only of this machine";
        match Webhook::new(&url, secret) {
            None => Err(bad(URL, message.into())),
            hook => Ok(hook),
        }
    }

    fn model(&self, name: &str, default: &str) -> Result<String, Refusal> {
        Ok(self.header_text(name)?.unwrap_or_else(|| default.into()))
    }

    /// The model that plays a role, if any does.
    fn role(&self, name: &str, default: &str) -> Result<Option<String>, Refusal> {
        Ok(Some(self.model(name, default)?).filter(|model| model != NOBODY))
    }

    fn url(&self, name: &str, default: &str) -> Result<BaseUrl, Refusal> {
        let url = self.text(name).unwrap_or_else(|| default.into());
        let message = "must be an http or https URL without user or fragment";
        BaseUrl::parse(&url).ok_or_else(|| bad(name, message.into()))
    }

    /// The runtimes that are listed, or else the one that has settings of its own; and their keys, as
    /// far as they are set.
    fn runtimes(&self) -> Result<(Vec<Runtime>, BTreeMap<String, String>), Refusal> {
        const KEY: &str = "GATEWAY_API_KEY";
        let key = self.header_text(KEY)?;
        let base = self.url("BTL_BASE_URL", "https://api.badtheorylabs.com/v1")?;
        let runtimes = match self.text("RUNTIMES") {
            None => vec![Runtime::only(base, KEY, key.as_deref() != Some(NO_KEY))],
            Some(text) => address::read(&text).map_err(|why| match why.starts_with('[') {
                true => Refusal::Setting {
                    name: "RUNTIMES".into(),
                    message: format!("setting RUNTIMES{why}"),
                },
                false => bad("RUNTIMES", why),
            })?,
        };
        let mut keys = BTreeMap::new();
        for name in runtimes.iter().filter_map(|runtime| runtime.key.as_ref()) {
            if let Some(key) = self.header_text(name)? {
                keys.insert(name.clone(), key);
            }
        }
        Ok((runtimes, keys))
    }

    fn charge_from(&self, name: &str) -> Result<ChargeFrom, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(ChargeFrom::Auto);
        };
        let message =
            "must be one of: auto, prices, none, header:NAME, usage.PATH, usage.PATH/DIVISOR";
        ChargeFrom::parse(&text).ok_or_else(|| bad(name, message.into()))
    }

    fn number(
        &self,
        name: &str,
        default: f64,
        bounds: std::ops::RangeInclusive<f64>,
    ) -> Result<f64, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        text.parse::<f64>()
            .ok()
            .filter(|number| bounds.contains(number))
            .ok_or_else(|| {
                bad(
                    name,
                    format!(
                        "must be a number from {} to {}",
                        bounds.start(),
                        bounds.end()
                    ),
                )
            })
    }

    fn whole(
        &self,
        name: &str,
        default: u64,
        bounds: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, Refusal> {
        Ok(self.whole_if_set(name, bounds)?.unwrap_or(default))
    }

    fn whole_if_set(
        &self,
        name: &str,
        bounds: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        let (from, to) = (bounds.start(), bounds.end());
        let refusal = || bad(name, format!("must be a whole number from {from} to {to}"));
        number.map(Some).ok_or_else(refusal)
    }

    fn list(&self, name: &str) -> Vec<String> {
        self.text(name)
            .unwrap_or_default()
            .split(',')
            .map(|item| item.trim().to_owned())
            .filter(|item| !item.is_empty())
            .collect()
    }

    fn one_of<T: Copy>(&self, name: &str, default: T, words: &[(&str, T)]) -> Result<T, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                bad(name, format!("must be one of: {}", words.join(", ")))
            })
    }
}

fn bad(name: &str, message: String) -> Refusal {
    Refusal::Setting {
        name: name.into(),
        message: format!("setting {name} {message}"),
    }
}

#[cfg(test)]
mod tests;
