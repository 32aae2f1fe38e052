//! The replay format: what each model answered to each prompt, scored, with tokens and price.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use arbiter::domain::runtime::registry::Tier;
use chat::Task;
use flate2::read::GzDecoder;
use serde::Deserialize;

/// One model's answer to one prompt.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// 0..=1
    pub quality: f64,
    pub in_tokens: f64,
    pub out_tokens: f64,
    /// List price of the call, USD.
    pub cost: f64,
}

#[derive(Clone)]
pub struct Prompt {
    pub task: Task,
    /// One for each of the set's models, in their order; `None` where it has no answer.
    pub cells: Vec<Option<Cell>>,
}

#[derive(Clone)]
pub struct Model {
    pub name: String,
    pub tier: Tier,
    /// USD per token, read off the set's own costs.
    pub in_price: f64,
    pub out_price: f64,
}

pub struct Set {
    pub name: String,
    pub models: Vec<Model>,
    pub prompts: Vec<Prompt>,
}

#[derive(Deserialize)]
struct Line {
    task: String,
    models: BTreeMap<String, Answer>,
}

#[derive(Deserialize)]
struct Answer {
    quality: Option<f64>,
    in_tok: Option<f64>,
    out_tok: Option<f64>,
    cost_usd: Option<f64>,
}

/// Behind the name of a model of which nothing published is to be known.
const ANONYMOUS: &str = " (anonymous)";

impl Set {
    /// The place of the model of that name.
    pub fn position(&self, name: &str) -> Option<usize> {
        let bare = |model: &Model| model.name.trim_end_matches(ANONYMOUS) == name;
        self.models.iter().position(bare)
    }

    /// Mean quality of the answers of a model, 0..=1; 0 where it has none.
    pub fn quality(&self, model: usize) -> f64 {
        let cells = self.prompts.iter().filter_map(|prompt| prompt.cells[model]);
        let (sum, n) = cells.fold((0.0, 0.0), |(sum, n), cell| (sum + cell.quality, n + 1.0));
        sum / f64::max(n, 1.0)
    }

    /// Renames the models, so that no published figure is found for any of them.
    pub fn make_anonymous(&mut self) {
        for model in &mut self.models {
            model.name.push_str(ANONYMOUS);
        }
    }
}

/// Reads a gzipped file of the format, restricted to `pool` where one is given.
pub fn read(path: &Path, pool: Option<&BTreeSet<String>>) -> Result<Set, String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| named(&error))?;
    let mut lines = Vec::new();
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let line = line.map_err(|error| named(&error))?;
        let line: Line = serde_json::from_str(&line).map_err(|error| named(&error))?;
        lines.push(line);
    }
    let names: Vec<String> = lines
        .iter()
        .flat_map(|line| line.models.keys().cloned())
        .filter(|name| pool.is_none_or(|pool| pool.contains(name)))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut prompts = Vec::with_capacity(lines.len());
    for line in &lines {
        let task = Task::parse(&line.task).ok_or_else(|| named(&"an unknown task"))?;
        let cells: Vec<Option<Cell>> = names
            .iter()
            .map(|name| line.models.get(name).and_then(cell))
            .collect();
        if cells.iter().any(Option::is_some) {
            prompts.push(Prompt { task, cells });
        }
    }
    let models = names
        .into_iter()
        .enumerate()
        .map(|(index, name)| model(name, index, &prompts))
        .collect();
    let name = path.file_name().map_or_else(String::new, |name| {
        name.to_string_lossy().replace(".jsonl.gz", "")
    });
    Ok(Set {
        name,
        models,
        prompts,
    })
}

fn cell(answer: &Answer) -> Option<Cell> {
    Some(Cell {
        quality: answer.quality?.clamp(0.0, 1.0),
        in_tokens: answer.in_tok.unwrap_or(0.0),
        out_tokens: answer.out_tok.unwrap_or(0.0),
        cost: answer.cost_usd?,
    })
}

/// List prices by least squares over the model's own calls (exact where costs are list costs).
/// The tier follows the price of output, as it does in the pool of the product.
fn model(name: String, index: usize, prompts: &[Prompt]) -> Model {
    let (mut ii, mut io, mut oo, mut ic, mut oc, mut tokens, mut cost) =
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for cell in prompts
        .iter()
        .filter_map(|prompt| prompt.cells.get(index).copied().flatten())
    {
        let (i, o, c) = (cell.in_tokens, cell.out_tokens, cell.cost);
        ii += i * i;
        io += i * o;
        oo += o * o;
        ic += i * c;
        oc += o * c;
        tokens += i + o;
        cost += c;
    }
    let determinant = ii * oo - io * io;
    let flat = if tokens > 0.0 { cost / tokens } else { 0.0 };
    let (mut in_price, mut out_price) = (flat, flat);
    if determinant > 1e-9 * ii * oo {
        let fitted = (
            (ic * oo - oc * io) / determinant,
            (oc * ii - ic * io) / determinant,
        );
        if fitted.0 >= 0.0 && fitted.1 >= 0.0 {
            (in_price, out_price) = fitted;
        }
    }
    let tier = match out_price * 1e6 {
        price if price <= 1.5 => Tier::Small,
        price if price < 10.0 => Tier::Mid,
        _ => Tier::Large,
    };
    Model {
        name,
        tier,
        in_price,
        out_price,
    }
}
