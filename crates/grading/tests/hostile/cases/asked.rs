//! Sums, schemas and tools that are short to ask for and long to work out.

use chat::Task;
use serde_json::{Value, json};

use super::Case;

/// All of them.
pub fn cases() -> Vec<Case> {
    [sums(), schemas(), tools()].concat()
}

/// What is short to write and long to work out.
fn sums() -> Vec<Case> {
    let mut asked = vec![
        "Calculate 7^3000 to 4 significant figures".to_owned(),
        "Calculate 1/7^3000 to 4 significant figures".into(),
        "Calculate 9^9^9^9".into(),
        "What is 999! / 998!?".into(),
        format!("Calculate sqrt(2){}", " * sqrt(2)".repeat(40)),
        format!("Calculate {}", "1/3+1/7+1/11+".repeat(30)),
        format!("What is {}1?", "1+".repeat(240)),
        format!("What is {} * {}?", "9".repeat(240), "8".repeat(240)),
        format!("What is {} / {}?", "9".repeat(240), "7".repeat(240)),
        format!("lcm of {}", "9999999967, 9999999943, ".repeat(18)),
        "Wie viel ist siebenundneunzigtausendsechshunderteinundzwanzig mal drei?".into(),
        "soixante-dix-sept mille ".repeat(12) + "plus 3?",
        "一万二千三百四十五加".repeat(9) + "三等于多少？",
        "twenty one thousand plus ".repeat(11) + "two?",
        "What is 50% of 1/3 in percent of 12?".into(),
    ];
    asked.push(format!("What is {}5?", "-".repeat(400)));
    let answers = [
        "It is 1.2e34.".to_owned(),
        "1".repeat(8_000),
        "= 1 ".repeat(2_000),
        "**1** ".repeat(1_300),
        "\\boxed{1} ".repeat(800),
        "1/3 ".repeat(2_000),
        "twenty-one hundred and ".repeat(340),
        "einundzwanzig".repeat(600),
        "一万二千".repeat(650),
        "½".repeat(4_000),
        "1.000.000,00 ".repeat(600),
        "answer is 7^9, no, wait, ".repeat(300),
        "3 * 15 - 5 = 45 - 5 = 41\n".repeat(300),
    ];
    let mut cases: Vec<Case> = Vec::new();
    for asked in &asked {
        for answer in &answers {
            cases.push(Case::new("sum", Task::Math, asked, answer.clone()));
        }
    }
    for answer in answers {
        cases.push(Case::new(
            "steps",
            Task::Math,
            "A story of 3 apples.",
            answer.clone(),
        ));
        let long = "Tom has 12 apples. ".repeat(25);
        cases.push(Case::new("steps", Task::Open, &long, answer));
    }
    for steps in [
        "1+1=2\n",
        "9^99=3\n",
        "1/3 + 1/7 = 2\n",
        "sqrt(2)*sqrt(3) = 2\n",
        "a = 3 * (4 + 5) / 7 - 2 = 1\n",
    ] {
        let answer = steps.repeat(8_000 / steps.len());
        cases.push(Case::new(
            "steps",
            Task::Math,
            "A story of 3 apples.",
            answer,
        ));
    }
    cases
}

/// Schemas whose patterns, references, lengths or combinations multiply work.
fn schemas() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |schema: Value, value: Value| {
        cases.push(Case::with_schema("schema", &schema, value.to_string()));
    };
    let name = "n".repeat(150_000);
    let numbers: Vec<u32> = (0..15_000).collect();
    let mut other = numbers.clone();
    other.push(1);
    let names: Vec<String> = (0..20_000).map(|n| format!("n{n}")).collect();
    let objects = json!(vec![json!({}); 3_000]);
    add(
        json!({"$defs": {name.clone(): {"type": "object"}}, "items": {"$ref": format!("#/$defs/{name}")}}),
        objects.clone(),
    );
    add(
        json!({"anyOf": vec![json!({"const": numbers}); 100]}),
        json!(other),
    );
    add(
        json!({"allOf": vec![json!({"minLength": 1}); 5_000]}),
        json!("é".repeat(40_000)),
    );
    for step in [
        json!(0.001),
        json!(1e-300),
        json!(3e-320),
        json!(1.000_000_000_000_1e200),
    ] {
        for value in [1e300, 1e-300, 0.1, 123_456_789.123] {
            add(
                json!({"items": {"multipleOf": step}}),
                json!(vec![value; 10_000]),
            );
        }
    }
    add(
        json!({"items": {"minLength": 1.2e-300, "maxLength": 1e300}}),
        json!(vec!["a"; 20_000]),
    );
    add(
        json!({"type": "array", "minItems": 64, "items": {"const": numbers}}),
        json!([1]),
    );
    add(
        json!({"type": "array", "minItems": 64, "items": {"type": "object", "required": names}}),
        json!([1]),
    );
    // Many large items that are alike to the last.
    let alike: Vec<Value> = (0..300)
        .map(|n| json!(format!("{}{n}", "x".repeat(300))))
        .collect();
    add(json!({"uniqueItems": true}), json!(alike));
    let nested: Vec<Value> = (0..1_000)
        .map(|n| json!([[[[[[[[{"a": [1, 2, 3, n]}]]]]]]]]))
        .collect();
    add(json!({"uniqueItems": true}), json!(nested));
    add(
        json!({"uniqueItems": true, "items": {"uniqueItems": true, "items": {"uniqueItems": true}}}),
        json!(nested),
    );
    add(
        json!({"uniqueItems": true}),
        json!((0..16_000).collect::<Vec<u32>>()),
    );
    add(
        json!({"allOf": vec![json!({"uniqueItems": true}); 500]}),
        json!((0..3_000).collect::<Vec<u32>>()),
    );
    let floats: Vec<f64> = (0..5_000).map(|n| f64::from(n) * 1.1e-7).collect();
    add(
        json!({"uniqueItems": true, "items": {"multipleOf": 1e-7}}),
        json!(floats),
    );
    // Branches of which none fits, to the last.
    let wide = json!({"a": 1, "b": [1, 2], "c": {"d": null}});
    add(
        json!({"items": {"anyOf": vec![json!({"type": "string"}); 2_000]}}),
        json!(vec![wide.clone(); 500]),
    );
    add(
        json!({"items": {"oneOf": vec![json!({"required": ["a"]}); 100]}}),
        json!(vec![wide.clone(); 500]),
    );
    add(
        json!({"items": {"enum": names}}),
        json!(vec!["n19999"; 5_000]),
    );
    add(
        json!({"items": {"enum": vec![wide.clone(); 3_000]}}),
        json!(vec![json!({"a": 1, "b": [1, 2], "c": {"d": 0}}); 1_000]),
    );
    add(
        json!({"not": {"not": {"not": {"items": {"not": {"enum": names}}}}}}),
        json!(names),
    );
    // What was looked at, kept and joined at every level.
    let keys: serde_json::Map<String, Value> =
        (0..5_000).map(|n| (format!("key{n}"), json!(n))).collect();
    add(
        json!({"allOf": vec![json!({"additionalProperties": true}); 200], "unevaluatedProperties": false}),
        json!(keys),
    );
    let mut deep = json!({"additionalProperties": true});
    for _ in 0..70 {
        deep = json!({"allOf": [deep], "unevaluatedProperties": false});
    }
    add(deep, json!(keys));
    let mut deep = json!({"contains": {}});
    for _ in 0..70 {
        deep = json!({"allOf": [deep], "unevaluatedItems": false});
    }
    add(deep, json!((0..15_000).collect::<Vec<u32>>()));
    add(
        json!({"patternProperties": (0..300).map(|n| (format!("^[a-z]+{n}$"), json!({}))).collect::<serde_json::Map<_, _>>()}),
        json!(keys),
    );
    add(
        json!({"propertyNames": {"pattern": "^([a-z]+[0-9]*)+$"}, "patternProperties": {"(k|e|y|[0-9])+": {"type": "number"}}}),
        json!(keys),
    );
    add(
        json!({"dependentRequired": names.iter().map(|name| (name.clone(), json!(names.iter().take(10).collect::<Vec<_>>()))).collect::<serde_json::Map<_, _>>()}),
        json!(keys),
    );
    // Patterns that are long to compile, and long to match.
    let text = json!("a".repeat(90_000));
    for pattern in [
        "^(a+)+$",
        "^(a|aa)*b$",
        "(.*)*(.*)*(.*)*x",
        "((a{0,100}){0,100}){0,100}",
        "\\p{L}+\\w+\\s*$",
        "(a|b|ab|ba|a?b?)*c",
        "(?i)(a{1,30}b?){1,30}$",
        "^[^b]*[^c]*[^d]*[^e]*[^f]*$",
        "(x+x+)+y",
        "[\\s\\S]*[\\s\\S]*$",
        "^(?:a?){400}a{400}$",
        "((((((((((a*)*)*)*)*)*)*)*)*)*)*b",
        "(\\w+\\W*)+\\.$",
        "a{900}",
        "(a{30}){30}",
        "^.{1,}(.|\\n){1,}x$",
        "(?i:[a-zà-ÿ]+ )+",
        "(a?a?a?a?a?a?a?a?a?a?){3,40}$",
    ] {
        add(json!({"pattern": pattern}), text.clone());
        add(
            json!({"items": {"pattern": pattern}}),
            json!(vec!["a".repeat(20); 4_000]),
        );
        add(
            json!({"items": {"pattern": pattern}}),
            json!(vec!["é😀a "; 3_000]),
        );
    }
    let many: Vec<Value> = (0..400)
        .map(|n| json!({"pattern": format!("(a{{1,{n}}}|b?){{1,5}}{n}")}))
        .collect();
    add(json!({"anyOf": many}), json!("ab"));
    // References that lead round, and to one another.
    add(json!({"$ref": "#"}), text.clone());
    add(
        json!({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}),
        text.clone(),
    );
    add(
        json!({"$defs": {"a": {"properties": {"a": {"$ref": "#/$defs/a"}, "b": {"$ref": "#/$defs/a"}}, "items": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}}, "$ref": "#/$defs/a"}),
        objects.clone(),
    );
    let chain: serde_json::Map<String, Value> = (0..6_000)
        .map(|n| {
            (
                format!("c{n}"),
                json!({"$ref": format!("#/$defs/c{}", n + 1)}),
            )
        })
        .collect();
    add(
        json!({"$defs": chain, "items": {"$ref": "#/$defs/c0"}}),
        objects.clone(),
    );
    let ids: Vec<Value> = (0..6_000)
        .map(|n| json!({"$id": format!("{}{n}", "i/".repeat(200)), "$anchor": "a".repeat(400)}))
        .collect();
    add(
        json!({"$id": "http://a/", "$defs": {"x": {"allOf": ids}}, "items": {"$ref": "#nowhere"}}),
        objects.clone(),
    );
    add(
        json!({"$id": format!("http://a/{}", "b/".repeat(240)), "items": {"$ref": format!("{}#x", "../c".repeat(1_000))}}),
        objects.clone(),
    );
    let mut nest = json!({"type": "string"});
    for _ in 0..95 {
        nest = json!({"$id": "i/".repeat(240), "allOf": [nest.clone(), {"$id": "j".repeat(400)}]});
    }
    add(nest, objects.clone());
    let pointers: Vec<Value> = (0..8_000)
        .map(|n| json!({"$ref": format!("#/{}", "a/".repeat(n % 50))}))
        .collect();
    add(json!({"a": {}, "anyOf": pointers}), objects);
    // Wide, deep and long schemas that say little.
    let properties: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| (name.clone(), json!({"type": "string"})))
        .collect();
    add(
        json!({"type": "object", "properties": properties, "required": names}),
        json!(properties),
    );
    add(
        json!({"type": "object", "properties": properties}),
        json!({}),
    );
    add(json!({"anyOf": vec![json!({}); 30_000]}), json!({}));
    add(
        json!({"enum": vec!["a".repeat(60_000); 10]}),
        json!("b".repeat(60_000)),
    );
    add(
        json!({"enum": [], "description": "long ".repeat(100_000)}),
        json!({}),
    );
    add(
        json!({"type": (0..50_000).map(|_| "string").collect::<Vec<_>>()}),
        json!([]),
    );
    add(
        json!({"items": {"type": (0..900).map(|_| "string").collect::<Vec<_>>()}}),
        json!((0..16_000).collect::<Vec<u32>>()),
    );
    add(
        json!({"type": "array", "items": {"type": "string", "minLength": 4_000}, "minItems": 64}),
        json!([]),
    );
    add(
        json!({"anyOf": vec![json!({"type": "string", "minLength": 4_096, "pattern": "^a{1000}b$"}); 400], "not": {}}),
        json!([]),
    );
    cases
}

/// Calls of tools, of which there are many.
fn tools() -> Vec<Case> {
    let call = |tools: Value, calls: Vec<String>| Case {
        tools: Some(tools.to_string()),
        calls,
        ..Case::new("tools", Task::Open, "x", String::new())
    };
    let tool = |name: &str, parameters: Value| json!({"type": "function", "function": {"name": name, "parameters": parameters}});
    let mut last: Vec<Value> = (0..7_000)
        .map(|n| tool(&format!("g{n}"), json!({})))
        .collect();
    last.push(tool("f", json!({"type": "object", "required": ["a"]})));
    let never = json!({"type": "object", "required": ["a"], "properties": {"a": {"anyOf": vec![json!({"pattern": "^x{50}y$"}); 300]}}});
    let list = format!("{{\"a\":[{}1]}}", "1,".repeat(8_000));
    vec![
        call(json!(last), vec!["{}".into(); 64]),
        call(json!(last), vec![list.clone(); 4]),
        call(json!([tool("f", never.clone())]), vec!["{}".into(); 64]),
        call(
            json!([tool("f", never)]),
            vec!["{\"a\":\"xxxxxxxxxx\"}".into(); 64],
        ),
        call(
            json!([tool("f", json!({"uniqueItems": true}))]),
            vec![list; 8],
        ),
        call(
            json!([tool("f", json!({"description": "long ".repeat(90_000)}))]),
            vec!["{}".into(); 64],
        ),
        call(json!([tool("f", json!({}))]), vec!["{".into(); 64]),
    ]
}
