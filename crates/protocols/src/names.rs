//! Names of tools, there and back: chat knows flat names of 64 letters, clients know more.

use std::collections::BTreeMap;

use super::ids;

/// What a client calls a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    pub name: String,
    pub namespace: Option<String>,
    /// Does it take a text instead of arguments.
    pub custom: bool,
}

/// The names of one request. Nothing of it outlives the answer.
#[derive(Clone, Debug, Default)]
pub struct Names {
    tools: BTreeMap<String, Tool>,
    known: BTreeMap<(String, String), String>,
}

const LONGEST: usize = 64;
/// What is kept of a name that has to be changed: room for `_` and eight digits of its hash.
const KEPT: usize = 55;

impl Names {
    /// The name that chat knows a tool by.
    pub fn chat(&mut self, namespace: Option<&str>, name: &str, custom: bool) -> String {
        let key = (namespace.unwrap_or_default().to_owned(), name.to_owned());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let full = match namespace {
            Some(namespace) => format!("{namespace}__{name}"),
            None => name.to_owned(),
        };
        let chat = if fits(&full) && !self.tools.contains_key(&full) {
            full
        } else {
            changed(&full, &key)
        };
        let tool = Tool {
            name: name.to_owned(),
            namespace: namespace.map(str::to_owned),
            custom,
        };
        self.tools.insert(chat.clone(), tool);
        self.known.insert(key, chat.clone());
        chat
    }

    /// What the client calls the tool that chat calls by this name.
    pub fn tool(&self, chat: &str) -> Tool {
        self.tools.get(chat).cloned().unwrap_or_else(|| Tool {
            name: chat.to_owned(),
            namespace: None,
            custom: false,
        })
    }
}

fn fits(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_plain)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn changed(full: &str, (namespace, name): &(String, String)) -> String {
    let plain: String = full
        .chars()
        .map(|it| {
            if it.is_ascii() && is_plain(it as u8) {
                it
            } else {
                '_'
            }
        })
        .take(KEPT)
        .collect();
    format!("{plain}_{}", ids::hex(&format!("{namespace}\0{name}"), 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_back_as_it_went() {
        let mut names = Names::default();
        let long = "a".repeat(90);
        let other = format!("{}b", "a".repeat(89));
        let asked = [
            (None, "get_weather"),
            (Some("multi_agent"), "close"),
            (None, "multi_agent__close"),
            (None, "mcp.files/read"),
            (None, "日本"),
            (None, ""),
            (None, long.as_str()),
            (None, other.as_str()),
        ];
        let mut chats = Vec::new();
        for (namespace, name) in asked {
            let chat = names.chat(namespace, name, false);
            assert!(fits(&chat), "{chat}");
            assert_eq!(names.chat(namespace, name, false), chat);
            let tool = names.tool(&chat);
            assert_eq!(
                (tool.namespace.as_deref(), tool.name.as_str()),
                (namespace, name)
            );
            assert!(!chats.contains(&chat), "{chat}");
            chats.push(chat);
        }
        assert_eq!(chats.first().map(String::as_str), Some("get_weather"));
        assert_eq!(chats.get(1).map(String::as_str), Some("multi_agent__close"));
    }

    #[test]
    fn a_name_that_nobody_gave_is_a_function_of_that_name() {
        let tool = Names::default().tool("made_up");
        assert_eq!((tool.name.as_str(), tool.custom), ("made_up", false));
    }
}
