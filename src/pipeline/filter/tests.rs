use super::*;
use crate::domain::{
    books::book::Book,
    money::Pico,
    reason::ClassifiedBy,
    runtime::{
        limits::Limit,
        registry::{self, DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT},
    },
};
use chat::{RequestBounds, Task};

fn shortlist(input_tokens: u64, max_tokens: u64, ceiling: &str) -> (usize, Option<bool>, String) {
    let body = format!(r#"{{"messages":[{{"role":"user"}}],"arbiter_max_cost":{ceiling}}}"#);
    let request = ChatRequest::parse(body, RequestBounds::default()).unwrap();
    let brief = Brief {
        task: Task::Open,
        classified_by: ClassifiedBy::Rules,
        confidence: None,
        input_tokens,
        output_tokens: max_tokens,
        overhead: Pico::default(),
        talk: None,
    };
    let pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
    let shortlist = filter(&request, &brief, &pool, &Memory::default(), 0.0);
    (
        shortlist.models.len(),
        shortlist.budget_met,
        shortlist.models[0].0.id.clone(),
    )
}

#[test]
fn a_window_that_is_too_small_is_out_before_cost_has_a_say() {
    assert_eq!(shortlist(100, 512, "null").0, 9);
    assert_eq!(shortlist(128_000, 0, "null").0, 9);
    assert_eq!(shortlist(128_000, 1, "null").0, 5);
    assert_eq!(shortlist(200_000, 512, "0").2, "gemini-2.5-flash");
}

#[test]
fn where_nothing_fits_the_whole_pool_is_eligible() {
    assert_eq!(shortlist(u64::MAX, u64::MAX, "null").0, 9);
}

#[test]
fn a_ceiling_keeps_what_is_within_it_or_the_cheapest() {
    let (count, met, _) = shortlist(1_000, 512, "0.001");
    assert_eq!((count, met), (4, Some(true)));
    let (count, met, model) = shortlist(1_000, 512, "0");
    assert_eq!((count, met), (1, Some(false)));
    assert_eq!(model, "mistral-small-3.2-24b-instruct-2506");
}

fn asked(fields: &str, pool: &[Model], memory: &Memory) -> Result<Vec<String>, Refusal> {
    let body = format!(r#"{{"messages":[{{"role":"user"}}]{fields}}}"#);
    let request = ChatRequest::parse(body, RequestBounds::default()).unwrap();
    open_to(&request, pool, memory, 10.0)?;
    let brief = Brief {
        task: Task::Open,
        classified_by: ClassifiedBy::Rules,
        confidence: None,
        input_tokens: 5_000,
        output_tokens: 512,
        overhead: Pico::default(),
        talk: None,
    };
    let shortlist = filter(&request, &brief, pool, memory, 10.0);
    let ids = shortlist.models.iter().map(|(model, _)| model.id.clone());
    Ok(ids.collect())
}

#[test]
fn a_client_has_the_models_that_it_wants_or_none() {
    let pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
    let memory = Memory::default();
    let of = |fields: &str| asked(fields, &pool, &memory);
    assert_eq!(of(r#","arbiter_models":["gpt-4o"]"#).unwrap(), ["gpt-4o"]);
    let gpts = of(r#","arbiter_models":["gpt-*"],"arbiter_exclude":["*-mini"]"#).unwrap();
    assert_eq!(gpts, ["gpt-4.1", "gpt-4o"]);
    for (fields, field, reason) in [
        (
            r#","arbiter_models":["gpt-9"]"#,
            Some("arbiter_models"),
            "arbiter_models",
        ),
        (
            r#","arbiter_exclude":["x*"]"#,
            Some("arbiter_exclude"),
            "arbiter_exclude",
        ),
        (r#","arbiter_exclude":["*"]"#, None, "arbiter_exclude"),
        (r#","arbiter_tags":["eu"]"#, None, "arbiter_tags"),
    ] {
        let Err(Refusal::NoModelFits {
            field: named,
            excluded,
            ..
        }) = of(fields)
        else {
            panic!("{fields}");
        };
        assert_eq!(named, field, "{fields}");
        assert_eq!(excluded.get(reason), Some(&9), "{fields}");
    }
}

#[test]
fn what_a_model_cannot_or_refused_lately_keeps_it_from_such_requests_only() {
    let mut pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
    pool.truncate(3);
    let mut memory = Memory::default();
    pool[0].accepts.images = Some(false);
    let id = pool[1].id.clone();
    memory.limits.note(Limit::need(&id, Need::Images, 5.0), 5.0);
    let last = pool[2].id.clone();
    let picture = r#","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]"#;
    let body = format!(r#"{{"stream":false{picture}}}"#);
    let request = ChatRequest::parse(body, RequestBounds::default()).unwrap();
    let open = open_to(&request, &pool, &memory, 10.0).unwrap();
    assert_eq!(open.iter().map(|it| &it.id).collect::<Vec<_>>(), [&last]);
    assert_eq!(asked("", &pool, &memory).unwrap().len(), 3);
    memory.limits.note(Limit::window(&last, 4_096, 5.0), 5.0);
    assert!(!asked("", &pool, &memory).unwrap().contains(&last));
}

#[test]
fn a_bound_that_no_model_can_answer_keeps_none_from_trying() {
    let mut pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
    for model in &mut pool {
        model.max_output = Some(16_384);
    }
    let memory = Memory::default();
    let of = |fields: &str| asked(fields, &pool, &memory).unwrap().len();
    assert_eq!(of(r#","max_tokens":128000"#), 9);
    pool[0].max_output = Some(200_000);
    let asked = asked(r#","max_tokens":128000"#, &pool, &memory).unwrap();
    assert_eq!(asked, [pool[0].id.clone()]);
}

#[test]
fn a_ceiling_throws_no_model_out_and_each_is_reckoned_with_what_it_gives() {
    let mut pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
    pool[0].max_output = Some(1_000);
    let body = r#"{"messages":[{"role":"user"}]}"#.to_owned();
    let mut request = ChatRequest::parse(body, RequestBounds::default()).unwrap();
    request.ceiling = Some(128_000);
    let brief = |output_tokens| Brief {
        task: Task::Open,
        classified_by: ClassifiedBy::Rules,
        confidence: None,
        input_tokens: 127_000,
        output_tokens,
        overhead: Pico::default(),
        talk: None,
    };
    let memory = Memory::default();
    let held = |brief: &Brief| -> Vec<(String, f64)> {
        let models = filter(&request, brief, &pool, &memory, 0.0).models;
        let told = models.iter().map(|(model, cost)| (model.id.clone(), *cost));
        told.collect()
    };
    let long = held(&brief(12_000));
    let ids: Vec<&str> = long.iter().map(|(id, _)| id.as_str()).collect();
    assert!(
        ids.contains(&pool[0].id.as_str()),
        "its window holds its own most"
    );
    assert!(!ids.contains(&"gpt-4o") && ids.contains(&"gpt-4.1"));
    let own = (127_000.0 * 0.075 + 1_000.0 * 0.2) / 1e6;
    assert!((long[0].1 - own).abs() < 1e-12, "{}", long[0].1);
    assert_eq!(held(&brief(900)).len(), 9);
}

#[test]
fn who_is_too_slow_is_out_and_the_quickest_answers_where_all_are() {
    let pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
    let mut memory = Memory::default();
    for (at, model) in pool.iter().enumerate() {
        let mut book = Book::default();
        // 0.4 s at the first, more at each.
        let millis = 400.0 * 2_f64.powi(at as i32);
        book.row.latency.note(9.0, None, millis);
        book.seq = 1;
        memory.absorb(Task::Code, model.id.clone(), book);
    }
    let quick = asked(r#","arbiter_max_latency":1.0"#, &pool, &memory).unwrap();
    assert_eq!(quick.len(), 2);
    let none = asked(r#","arbiter_max_latency":0.01"#, &pool, &memory).unwrap();
    assert_eq!(none, [pool[0].id.clone()]);
}
