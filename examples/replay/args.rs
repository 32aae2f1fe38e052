//! The command line.

use std::{collections::BTreeSet, fs, path::PathBuf};

use arbiter::domain::{
    policy::{Strategy, Tunables},
    runtime::registry::DEFAULT_BASELINE,
};

use super::{
    data::Set,
    run::{Event, Graded, Options},
};

pub const USAGE: &str = "\
Plays recorded answers through a routing policy, in many seeded orders.

  replay [OPTION…] FILE.jsonl.gz…
  replay --export FILE.ndjson… [--baseline MODEL] [--json]

The second adds up what GET /v1/export of a deployment gave, as its report does: calls, spend, what the
baseline would have cost, saved. The pages one after the other, in one file or several.

  --strategy plain|adaptive|both   which policy (both)
  --baseline MODEL                 what the saving is measured against (the best mean quality)
  --orders N                       seeded orders of the prompts (20)
  --calls N                        that many calls, prompts drawn with replacement: the long run
  --pool FILE                      only these models: a JSON list, an object of lists, or one name a line
  --graded all|explore             all: every answer is graded (default: the published figures are
                                   made so); explore: the judge's tasks (factual, open, math)
                                   where the call explores and where the policy has one sampled
  --judge-cost USD                 for each answer that the judge rates (0)
  --classifier-cost USD            for each request (0)
  --hostile SHARE                  beside the traffic as it is: that share of the calls is made by five
                                   keys which say of every answer that it is worth nothing; the
                                   figures are those of the others
  --set NAME=VALUE                 a tunable: MIN_SAMPLES, EPSILON, QUALITY_TOLERANCE
  --anonymous                      nothing published is known of the models: no head starts
  --drop MODEL@CALL:BY             its mean quality falls by BY from that call on
  --join MODEL@CALL                it is not in the pool before
  --price MODEL@CALL:FACTOR        its charges are multiplied from that call on
  --changes                        instead: on each task by itself, after 450 calls, a cheaper model
                                   joins, a bad one joins, the chosen one gets worse: how soon
                                   is it noticed?
  --plots DIR                      writes an SVG of saving and quality over calls for each set
  --json                           for machines

Saving, quality and the rest are means over the orders with a 95 % confidence interval.";

pub struct Args {
    pub strategies: Vec<Strategy>,
    pub baseline: Option<String>,
    pub orders: usize,
    /// Calls drawn with replacement; `None`: each prompt once.
    pub calls: Option<usize>,
    pub json: bool,
    pub changes: bool,
    pub anonymous: bool,
    pub plots: Option<PathBuf>,
    pub files: Vec<PathBuf>,
    pub hostile: f64,
    /// Are the files the export of a deployment.
    pub export: bool,
    pool: Option<PathBuf>,
    graded: Graded,
    judge_cost: f64,
    classifier_cost: f64,
    tunables: Tunables,
    /// Kind, model, call, amount.
    events: Vec<(String, String, usize, f64)>,
}

impl Args {
    /// `None` where help is asked for.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Args>, String> {
        let mut args = Args {
            strategies: vec![Strategy::Plain, Strategy::Adaptive],
            baseline: None,
            orders: 20,
            calls: None,
            json: false,
            changes: false,
            anonymous: false,
            plots: None,
            files: Vec::new(),
            hostile: 0.0,
            export: false,
            pool: None,
            graded: Graded::All,
            judge_cost: 0.0,
            classifier_cost: 0.0,
            tunables: Tunables::default(),
            events: Vec::new(),
        };
        while let Some(word) = words.next() {
            if !word.starts_with("--") {
                args.files.push(word.into());
                continue;
            }
            if word == "--help" {
                return Ok(None);
            }
            if word == "--json" {
                args.json = true;
                continue;
            }
            if word == "--export" {
                args.export = true;
                continue;
            }
            if word == "--changes" {
                args.changes = true;
                continue;
            }
            if word == "--anonymous" {
                args.anonymous = true;
                continue;
            }
            let value = words
                .next()
                .ok_or_else(|| format!("{word} needs a value"))?;
            args.option(&word, &value)?;
        }
        if args.files.is_empty() {
            return Err("no file given".into());
        }
        Ok(Some(args))
    }

    fn option(&mut self, word: &str, value: &str) -> Result<(), String> {
        match word {
            "--strategy" => {
                self.strategies = match value {
                    "plain" => vec![Strategy::Plain],
                    "adaptive" => vec![Strategy::Adaptive],
                    "both" => vec![Strategy::Plain, Strategy::Adaptive],
                    _ => return Err(format!("no strategy {value}")),
                }
            }
            "--baseline" => self.baseline = Some(value.into()),
            "--orders" => self.orders = number::<usize>(word, value)?.max(1),
            "--calls" => self.calls = Some(number::<usize>(word, value)?.max(1)),
            "--pool" => self.pool = Some(value.into()),
            "--plots" => self.plots = Some(value.into()),
            "--graded" => {
                self.graded = match value {
                    "all" => Graded::All,
                    "explore" => Graded::Explore,
                    _ => return Err(format!("--graded is all or explore, not {value}")),
                }
            }
            "--hostile" => self.hostile = number(word, value)?,
            "--judge-cost" => self.judge_cost = number(word, value)?,
            "--classifier-cost" => self.classifier_cost = number(word, value)?,
            "--set" => self.tunable(value)?,
            "--drop" | "--join" | "--price" => {
                let (model, rest) = value
                    .rsplit_once('@')
                    .ok_or_else(|| format!("{word} wants MODEL@CALL, not {value}"))?;
                let (call, by) = rest.split_once(':').unwrap_or((rest, "0"));
                self.events.push((
                    word.into(),
                    model.into(),
                    number(word, call)?,
                    number(word, by)?,
                ));
            }
            _ => return Err(format!("no option {word}")),
        }
        Ok(())
    }

    fn tunable(&mut self, setting: &str) -> Result<(), String> {
        let (name, value) = setting
            .split_once('=')
            .ok_or_else(|| format!("--set wants NAME=VALUE, not {setting}"))?;
        match name {
            "MIN_SAMPLES" => self.tunables.min_samples = number(name, value)?,
            "EPSILON" => self.tunables.epsilon = number(name, value)?,
            "QUALITY_TOLERANCE" => self.tunables.quality_tolerance = number(name, value)?,
            _ => return Err(format!("no tunable {name}")),
        }
        Ok(())
    }

    pub fn options(&self, strategy: Strategy, set: &Set) -> Result<Options, String> {
        let events = self
            .events
            .iter()
            .map(|(kind, name, at, by)| {
                let model = set
                    .position(name)
                    .ok_or_else(|| format!("{}: no model {name}", set.name))?;
                let (at, by) = (*at, *by);
                Ok(match kind.as_str() {
                    "--drop" => Event::Drop { model, at, by },
                    "--join" => Event::Join { model, at },
                    _ => Event::Price { model, at, by },
                })
            })
            .collect::<Result<_, String>>()?;
        Ok(Options {
            tunables: Tunables {
                strategy,
                ..self.tunables.clone()
            },
            graded: self.graded,
            judge_cost: self.judge_cost,
            classifier_cost: self.classifier_cost,
            events,
            hostile: 0.0,
        })
    }

    /// What an export is measured against.
    pub fn export_baseline(&self) -> &str {
        self.baseline.as_deref().unwrap_or(DEFAULT_BASELINE)
    }

    /// The names that the pool file lists, whichever of its shapes it has.
    pub fn pool(&self) -> Result<Option<BTreeSet<String>>, String> {
        let Some(path) = &self.pool else {
            return Ok(None);
        };
        let text =
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let names = match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(serde_json::Value::Array(list)) => strings(&list),
            Ok(serde_json::Value::Object(object)) => object
                .values()
                .filter_map(serde_json::Value::as_array)
                .flat_map(|list| strings(list))
                .collect(),
            _ => text
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(Into::into)
                .collect(),
        };
        Ok(Some(names))
    }
}

fn strings(list: &[serde_json::Value]) -> BTreeSet<String> {
    list.iter()
        .filter_map(|value| value.as_str().map(Into::into))
        .collect()
}

fn number<N: std::str::FromStr>(word: &str, value: &str) -> Result<N, String> {
    value
        .parse()
        .map_err(|_| format!("{word}: {value} is not a number it can take"))
}
