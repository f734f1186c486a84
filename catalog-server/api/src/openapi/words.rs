//! Enums that are words: generators of clients make an enum of `enum`, and a class for each word of a `oneOf` of them.

use serde_json::{Value, json};

/// Makes a choice among described words a list of words, described together.
pub(super) fn as_enum(schema: &mut Value) {
    let Some(all) = schema["oneOf"].as_array().and_then(|choices| choices.iter().map(word).collect::<Option<Vec<_>>>())
    else {
        return;
    };
    let words: Vec<_> = all.iter().map(|(word, _)| *word).collect();
    let lines = all.iter().map(|(word, meaning)| format!("- `{word}`: {meaning}"));
    let own = schema["description"].as_str().unwrap_or_default().to_owned();
    let description = std::iter::once(own + "\n").chain(lines).collect::<Vec<_>>().join("\n");
    *schema = json!({"type": "string", "enum": words, "description": description});
}

/// A word and what it means; `None` for what is no single word.
fn word(choice: &Value) -> Option<(&str, &str)> {
    Some((choice["const"].as_str()?, choice["description"].as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_an_enum_and_other_choices_stay() {
        let mut words = json!({"description": "d", "oneOf": [
            {"const": "a", "description": "A."}, {"const": "b", "description": "B."}]});
        as_enum(&mut words);
        assert_eq!(words, json!({"type": "string", "enum": ["a", "b"], "description": "d\n\n- `a`: A.\n- `b`: B."}));
        let mut other = json!({"oneOf": [{"const": "a", "description": "A."}, {"type": "object"}]});
        let before = other.clone();
        as_enum(&mut other);
        assert_eq!(other, before);
    }
}
