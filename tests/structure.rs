//! The laws of the tree: which room may know which, and no circle between files.

#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Who may know whom, by the beginning of a module's path; the longest that fits holds.
const LAWS: &[(&str, &[&str])] = &[
    // Nouns know only nouns, and nothing of how a request walks or of the platform. What all rooms
    // share knows none of them; a room knows rooms below it only. `settings` reads them all.
    ("domain", &["domain"]),
    ("domain::money", &[]),
    ("domain::considered", &[]),
    ("domain::reason", &[]),
    (
        "domain::refusal",
        &["domain::refusal", "domain::considered", "domain::money"],
    ),
    ("domain::tags", &["domain::refusal"]),
    (
        "domain::conversation",
        &["domain::reason", "domain::refusal"],
    ),
    (
        "domain::runtime",
        &["domain::runtime", "domain::money", "domain::refusal"],
    ),
    (
        "domain::account",
        &[
            "domain::account",
            "domain::money",
            "domain::refusal",
            "domain::settings",
        ],
    ),
    (
        "domain::policy",
        &[
            "domain::policy",
            "domain::reason",
            "domain::runtime::registry",
        ],
    ),
    // What comes in is read, and judged by nobody there: neither strategy nor books.
    (
        "domain::wire",
        &[
            "domain::wire",
            "domain::account::budget",
            "domain::account::terms",
            "domain::conversation",
            "domain::money",
            "domain::refusal",
            "domain::runtime",
            "domain::tags",
        ],
    ),
    (
        "domain::session",
        &[
            "domain::session",
            "domain::conversation",
            "domain::reason",
            "domain::runtime::registry",
            "domain::wire",
        ],
    ),
    // A protocol is written from what an answer was, not from how it came to be.
    (
        "domain::surface",
        &[
            "domain::surface",
            "domain::considered",
            "domain::conversation",
            "domain::policy",
            "domain::reason",
            "domain::refusal",
            "domain::session",
            "domain::tags",
            "domain::wire",
        ],
    ),
    // What is kept of a call has nothing of its text: no request, no answer, no key.
    (
        "domain::books",
        &[
            "domain::books",
            "domain::considered",
            "domain::money",
            "domain::policy",
            "domain::reason",
            "domain::refusal",
            "domain::runtime::registry",
            "domain::tags",
        ],
    ),
    (
        "domain::webhook",
        &[
            "domain::webhook",
            "domain::account",
            "domain::books",
            "domain::runtime",
        ],
    ),
    // What an isolate remembers, requests excepted.
    (
        "domain::isolate",
        &[
            "domain::isolate",
            "domain::account",
            "domain::books",
            "domain::policy",
            "domain::runtime",
            "domain::session",
        ],
    ),
    ("pipeline", &["pipeline", "domain"]),
    // A request comes in by http and walks the pipeline; http speaks to the world beside it.
    ("edge", &["edge", "pipeline", "domain"]),
    (
        "edge::store",
        &["edge::store", "edge::patience", "pipeline", "domain"],
    ),
];

#[test]
fn no_room_knows_what_its_law_does_not_name() {
    let tree = Tree::of("src");
    let mut broken = Vec::new();
    for (from, to) in tree.edges() {
        let law = LAWS
            .iter()
            .filter(|(room, _)| is_in(from, room))
            .max_by_key(|(room, _)| room.len());
        if let Some((room, may)) = law
            && !may.iter().any(|other| is_in(to, other))
        {
            broken.push(format!("{from} (of {room}) knows {to}"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn no_circle_between_files() {
    let crates = fs::read_dir("crates").unwrap();
    let crates = crates.map(|entry| entry.unwrap().path().join("src"));
    let mut circles = Vec::new();
    for root in std::iter::once(PathBuf::from("src")).chain(crates) {
        for circle in Tree::of(&root).circles() {
            circles.push(format!("{}: {}", root.display(), circle.join(" ↔ ")));
        }
    }
    assert_eq!(circles, Vec::<String>::new());
}

fn is_in(module: &str, room: &str) -> bool {
    module
        .strip_prefix(room)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The modules of one crate, by their paths, and whom each uses.
struct Tree {
    uses: BTreeMap<String, BTreeSet<String>>,
}

impl Tree {
    fn of(root: impl AsRef<Path>) -> Tree {
        let root = root.as_ref();
        let mut files = Vec::new();
        gather(root, &mut files);
        let mut named_in_passing = BTreeMap::new();
        let sources: BTreeMap<String, syn::File> = files
            .iter()
            .map(|file| {
                let text = fs::read_to_string(file).unwrap();
                let module = module_of(root, file);
                named_in_passing.insert(module.clone(), in_passing(&text, &module));
                (module, syn::parse_file(&text).unwrap())
            })
            .collect();
        // What a module hands on under a name of its own: `pub use child::Name`.
        let mut handed_on = BTreeMap::new();
        for (module, source) in &sources {
            for path in used(source, module, true) {
                if let Some(name) = path.last().cloned() {
                    let from: Vec<String> = segments(module).chain([name]).collect();
                    handed_on.insert(from, path);
                }
            }
        }
        let known = |path: &[String]| sources.contains_key(&path.join("::"));
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, source) in &sources {
            let mine = uses.entry(module.clone()).or_default();
            let in_passing = named_in_passing.remove(module).unwrap_or_default();
            for path in used(source, module, false).into_iter().chain(in_passing) {
                let path = handed_on.get(&path).unwrap_or(&path);
                let other = (0..=path.len())
                    .rev()
                    .map(|length| &path[..length])
                    .find(|path| known(path));
                let Some(other) = other.map(|path| path.join("::")) else {
                    continue;
                };
                // A room and what is in it are one story: what counts is who is beside whom.
                if !is_in(&other, module) && !is_in(module, &other) && !other.is_empty() {
                    mine.insert(other);
                }
            }
        }
        Tree { uses }
    }

    fn edges(&self) -> impl Iterator<Item = (&str, &str)> {
        self.uses
            .iter()
            .flat_map(|(from, to)| to.iter().map(move |to| (from.as_str(), to.as_str())))
    }

    /// Sets of files each of which reaches all others of its set.
    fn circles(&self) -> Vec<Vec<&str>> {
        let mut found: Vec<Vec<&str>> = Vec::new();
        for module in self.uses.keys() {
            if found.iter().any(|circle| circle.contains(&module.as_str())) {
                continue;
            }
            let reached = self.reached(module);
            let circle: Vec<&str> = reached
                .iter()
                .copied()
                .filter(|other| self.reached(other).contains(module.as_str()))
                .collect();
            if !circle.is_empty() {
                found.push(circle);
            }
        }
        found
    }

    fn reached<'a>(&'a self, from: &str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = self
            .uses
            .get(from)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        while let Some(module) = open.pop() {
            if reached.insert(module) {
                open.extend(
                    self.uses
                        .get(module)
                        .into_iter()
                        .flatten()
                        .map(String::as_str),
                );
            }
        }
        reached
    }
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() && name != "tests" {
            gather(&path, files);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            files.push(path);
        }
    }
}

/// `domain::policy` for `domain/policy/mod.rs` and for `domain/policy.rs`; empty for `lib.rs`.
fn module_of(root: &Path, file: &Path) -> String {
    let path = file.strip_prefix(root).unwrap().with_extension("");
    let mut names: Vec<&str> = path.iter().map(|name| name.to_str().unwrap()).collect();
    if matches!(names.last(), Some(&("mod" | "lib" | "main"))) {
        names.pop();
    }
    names.join("::")
}

fn segments(module: &str) -> impl Iterator<Item = String> {
    module
        .split("::")
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

/// The paths that a file's `use` items name, from the crate's root; tests are left out. Of
/// `handed_on` only those that are public.
fn used(source: &syn::File, module: &str, handed_on: bool) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for item in &source.items {
        let syn::Item::Use(item) = item else { continue };
        let public = !matches!(item.vis, syn::Visibility::Inherited);
        if item
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("cfg"))
            || handed_on && !public
        {
            continue;
        }
        spread(&item.tree, Vec::new(), &mut paths);
    }
    let children = |name: &str| {
        source
            .items
            .iter()
            .any(|item| matches!(item, syn::Item::Mod(child) if child.ident == name))
    };
    let absolute = |path: Vec<String>| {
        let mut here: Vec<String> = segments(module).collect();
        let mut rest = path.as_slice();
        match rest.first().map(String::as_str)? {
            "crate" => {
                here.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    here.pop();
                    rest = &rest[1..];
                }
            }
            name if children(name) => {}
            _ => return None,
        }
        here.extend(rest.iter().cloned());
        Some(here)
    };
    paths.into_iter().filter_map(absolute).collect()
}

/// The paths that a file's code names without a `use`, from the crate's root; tests at its end are left out.
fn in_passing(text: &str, module: &str) -> Vec<Vec<String>> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = code.lines().map(str::trim_start);
    let plain = lines.filter(|line| !line.starts_with("//") && !line.contains("use "));
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut paths = Vec::new();
    for path in plain.flat_map(|line| line.split(|c| !word(c))) {
        let mut here: Vec<String> = segments(module).collect();
        let mut rest: Vec<&str> = path.split("::").filter(|name| !name.is_empty()).collect();
        match rest.first() {
            Some(&"crate") => here.clear(),
            Some(&"super") => _ = here.pop(),
            _ => continue,
        }
        rest.remove(0);
        while rest.first() == Some(&"super") {
            here.pop();
            rest.remove(0);
        }
        here.extend(rest.into_iter().map(str::to_owned));
        paths.push(here);
    }
    paths
}

#[test]
fn a_path_that_is_named_in_passing_is_seen() {
    let text = "fn f() -> crate::edge::World {\n    super::super::money::sum(1)\n}\n// crate::no\n#[cfg(test)]\nmod tests { fn g() { crate::not(); } }";
    let seen: Vec<String> = in_passing(text, "domain::books::book")
        .iter()
        .map(|path| path.join("::"))
        .collect();
    assert_eq!(seen, ["edge::World", "domain::money::sum"]);
}

fn spread(tree: &syn::UseTree, before: Vec<String>, paths: &mut Vec<Vec<String>>) {
    let with = |name: &syn::Ident| {
        let mut path = before.clone();
        path.push(name.to_string());
        path
    };
    match tree {
        syn::UseTree::Path(path) => spread(&path.tree, with(&path.ident), paths),
        syn::UseTree::Name(name) if name.ident == "self" => paths.push(before),
        syn::UseTree::Name(name) => paths.push(with(&name.ident)),
        syn::UseTree::Rename(name) => paths.push(with(&name.ident)),
        syn::UseTree::Glob(_) => paths.push(before),
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                spread(tree, before.clone(), paths);
            }
        }
    }
}
