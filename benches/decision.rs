//! What one routing decision costs: it grows with the pool, not with the traffic.

use std::{collections::BTreeMap, hint::black_box};

use arbiter::domain::{
    policy::{Candidate, Evidence, Learned, Row, Strategy, Tunables, route},
    registry::Tier,
    task::Task,
};
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
                            cache_hit: false,
                            in_tokens: Some(100),
                            out_tokens: Some(200),
                            list_cost: Some(1e-5 * (at + 1) as f64),
                            quality: Some(((at * 7 + call * 3) % 10) as f64 / 10.0),
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

criterion_group!(benches, decision);
criterion_main!(benches);
