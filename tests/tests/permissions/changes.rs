//! Policies with something taken away.

use crate::policies::Policies;
use serde_json::{Value, json};

pub struct Change {
    /// The policy, and what was taken away.
    pub what: String,
    pub policy: String,
    pub statements: Vec<Value>,
    /// Whether it is a whole statement.
    pub is_whole: bool,
}

impl Change {
    pub fn json(&self) -> Value {
        json!({ "policy": self.policy, "statements": self.statements })
    }
}

/// Each statement, and each action, resource and condition of one that has several.
pub fn all(policies: &Policies) -> Vec<Change> {
    let mut changes = Vec::new();
    for (policy, statements) in &policies.0 {
        for (index, statement) in statements.iter().enumerate() {
            let what = format!("{policy}, statement {}", index + 1);
            let mut add = |what: String, replacement: Option<Value>| {
                let is_whole = replacement.is_none();
                let mut statements = statements.clone();
                statements.splice(index..=index, replacement);
                changes.push(Change { what, policy: policy.clone(), statements, is_whole });
            };
            add(format!("{what}: {statement}"), None);
            for pointer in lists(statement) {
                for taken in 0..statement.pointer(&pointer).and_then(Value::as_array).map_or(0, Vec::len) {
                    let mut statement = statement.clone();
                    let gone = statement.pointer_mut(&pointer).and_then(Value::as_array_mut).unwrap().remove(taken);
                    add(format!("{what}: {gone} of {pointer}"), Some(statement));
                }
            }
            if statement.get("Condition").is_some() && statement["Effect"] == "Allow" {
                let mut statement = statement.clone();
                statement.as_object_mut().unwrap().remove("Condition");
                add(format!("{what}: its condition"), Some(statement));
            }
        }
    }
    changes
}

/// Pointers to the lists of a statement that have several entries.
fn lists(statement: &Value) -> Vec<String> {
    let mut pointers = vec!["/Action".to_owned(), "/Resource".to_owned()];
    for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
        pointers.extend(keys.as_object().unwrap().keys().map(|key| format!("/Condition/{operator}/{key}")));
    }
    let is_long =
        |pointer: &String| statement.pointer(pointer).and_then(Value::as_array).is_some_and(|list| list.len() > 1);
    pointers.retain(is_long);
    pointers
}
