//! What one decision costs: routing alone, which grows with the pool and not with the traffic,
//! and the whole of it, classified by the local rules, filtered and routed.

use std::{collections::BTreeMap, hint::black_box};

use arbiter::{
    domain::{
        isolate::memory::Memory,
        money::Pico,
        policy::{Candidate, Evidence, Learned, Load, Row, Strategy, Tunables, route},
        reason::ClassifiedBy,
        runtime::registry::{Model, Tier},
        wire::request::ChatRequest,
    },
    pipeline::{Brief, filter},
};
use chat::{RequestBounds, Task};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

fn learned(names: &[String], calls: usize) -> Learned {
    let tunables = Tunables::default();
    Task::ALL
        .into_iter()
        .map(|task| {
            let rows: BTreeMap<String, Row> = names
                .iter()
                .enumerate()
                .map(|(at, name)| {
                    let mut row = Row::default();
                    for call in 0..calls {
                        let evidence = Evidence {
                            ts: call as f64,
                            charge: Some(1e-5 * (at + 1) as f64),
                            charge_quantum: 1e-6,
                            in_tokens: Some(100),
                            out_tokens: Some(200),
                            list_cost: Some(1e-5 * (at + 1) as f64),
                            quality: Some(((at * 7 + call * 3) % 10) as f64 / 10.0),
                            ..Evidence::default()
                        };
                        row.fold(&evidence, &tunables);
                    }
                    (name.clone(), row)
                })
                .collect();
            (task, rows)
        })
        .collect()
}

fn decision(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("route");
    for strategy in [Strategy::Plain, Strategy::Adaptive] {
        for (models, calls) in [(9, 50), (9, 5_000), (50, 50), (300, 50)] {
            let names: Vec<String> = (0..models).map(|at| format!("vendor-model-{at}")).collect();
            let learned = learned(&names, calls);
            let candidates: Vec<Candidate<'_>> = names
                .iter()
                .map(|name| Candidate {
                    model: name,
                    tier: Tier::Mid,
                    estimate: 1e-4,
                    load: Load::default(),
                    narrowed: false,
                    ahead: None,
                    pending: 0,
                })
                .collect();
            let tunables = Tunables {
                strategy,
                ..Tunables::default()
            };
            let id = BenchmarkId::new(
                format!("{strategy:?}"),
                format!("{models} models, {calls} calls each"),
            );
            let mut seed = 0;
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    seed += 1;
                    black_box(route(Task::Code, &candidates, &learned, &tunables, seed))
                });
            });
        }
    }
    group.finish();
}

/// Classified by the local rules, filtered by window and budget, routed.
fn whole(criterion: &mut Criterion) {
    let body = r#"{"messages":[{"role":"user","content":"calculate 17 * 23"}],"max_tokens":200}"#;
    let Ok(request) = ChatRequest::parse(body.into(), RequestBounds::default()) else {
        return;
    };
    let mut group = criterion.benchmark_group("classify, filter, route");
    for (models, calls) in [(9, 50), (9, 5_000), (50, 50)] {
        let pool: Vec<Model> = (0..models)
            .map(|at| Model {
                context: Some(128_000),
                in_price: Some(0.1 * (at + 1) as f64),
                out_price: Some(0.4 * (at + 1) as f64),
                ..Model::named(&format!("vendor-model-{at}"))
            })
            .collect();
        let names: Vec<String> = pool.iter().map(|model| model.id.clone()).collect();
        let learned = learned(&names, calls);
        let tunables = Tunables::default();
        let mut seed = 0;
        group.bench_function(format!("{models} models, {calls} calls each"), |bencher| {
            bencher.iter(|| {
                seed += 1;
                let verdict = classifier::classify(black_box(&request.messages));
                let brief = Brief {
                    task: verdict.map_or(Task::Open, |verdict| verdict.task),
                    classified_by: ClassifiedBy::Rules,
                    confidence: None,
                    input_tokens: 5,
                    output_tokens: 200,
                    overhead: Pico::default(),
                    talk: None,
                };
                let shortlist = filter(&request, &brief, &pool, &Memory::default(), 0.0);
                let candidates = shortlist.candidates(|_| 0);
                black_box(route(brief.task, &candidates, &learned, &tunables, seed))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decision, whole);
criterion_main!(benches);
