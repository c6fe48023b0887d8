use super::*;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

const BEGIN: &str = "<!-- codes: generated, see layers/domain -->\n";
const END: &str = "<!-- end of codes -->";

fn table() -> String {
    let mut text = String::new();
    for class in FailureClass::VARIANTS {
        let status = class.exit_status().map_or("no exit status".to_owned(), |status| format!("exit status {status}"));
        writeln!(text, "\n### {class:?} ({status})\n\n{}\n", class.meaning()).unwrap();
        writeln!(text, "| code | what happened | what to do |\n| --- | --- | --- |").unwrap();
        for code in FailureCode::ALL.iter().filter(|code| code.class() == *class) {
            writeln!(text, "| `{code}` | {} | {} |", code.meaning(), code.advice()).unwrap();
        }
    }
    text + "\n"
}

/// `QUIRE_UPDATE_DOCS=1 cargo test -p domain` writes the table into the document.
#[test]
fn the_document_of_errors_holds_this_table() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("docs/errors.md has the line that begins the table");
    let (written, after) = rest.split_once(END).expect("docs/errors.md has the line that ends the table");
    let table = table();
    if std::env::var_os("QUIRE_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(written, table, "run `QUIRE_UPDATE_DOCS=1 cargo test -p domain` to write docs/errors.md again");
}

#[test]
fn every_code_is_found_by_its_text_and_by_no_other() {
    let texts: BTreeSet<&str> = FailureCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(texts.len(), FailureCode::ALL.len());
    for code in FailureCode::ALL {
        assert_eq!(FailureCode::parse(code.as_str()), Some(*code));
    }
    assert_eq!(FailureCode::parse("no.such_code"), None);
}

#[test]
fn every_meaning_and_advice_is_a_sentence() {
    for code in FailureCode::ALL {
        for sentence in [code.meaning(), code.advice()] {
            let begins = sentence.starts_with(|first: char| first.is_uppercase()) || sentence.starts_with("quire");
            assert!(begins && sentence.ends_with('.'), "{code}: {sentence}");
        }
    }
}
