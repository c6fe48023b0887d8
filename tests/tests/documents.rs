//! The documents: every relative link leads somewhere, every heading that a comment cites exists, every variable of the
//! functions is documented.
#![allow(clippy::unwrap_used, reason = "test code: what is missing should stop the test where it stands")]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

const REFERENCE: &str = "docs/reference-behaviour.md";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The files of the workspace with this extension. What Cargo and Git keep is left out.
fn files(extension: &str) -> Vec<PathBuf> {
    fn walk(directory: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                if name != "target" && name != ".git" && name != "out" && name != "node_modules" {
                    walk(&path, extension, found);
                }
            } else if path.extension().is_some_and(|it| it == extension) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), extension, &mut found);
    found.sort();
    found
}

/// The lines of a document that are not code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The targets of the links in a line of Markdown.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

fn headings(document: &Path) -> Vec<String> {
    let text = fs::read_to_string(document).unwrap();
    prose(&text)
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_owned())
        .collect()
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|character| character.is_alphanumeric() || " -_".contains(*character));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// What is wrong with a link, if anything is.
fn fault(document: &Path, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, fragment) = link.split_once('#').map_or((link, None), |(path, fragment)| (path, Some(fragment)));
    let target = if path.is_empty() { document.to_owned() } else { document.parent().unwrap().join(path) };
    if !target.exists() {
        return Some(format!("{}: {link} does not exist", document.display()));
    }
    let fragment = fragment?;
    let has_heading = headings(&target).iter().any(|heading| anchor(heading) == fragment);
    (!has_heading).then(|| format!("{}: {link} has no such heading", document.display()))
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut faults = Vec::new();
    for document in files("md") {
        let text = fs::read_to_string(&document).unwrap();
        faults.extend(prose(&text).flat_map(links).filter_map(|link| fault(&document, link)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_readme_is_short() {
    let lines = fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 200, "README.md has {lines} lines; move details to docs/.");
}

/// Comments cite the page as `docs/reference-behaviour.md, "Columns"`.
#[test]
fn every_cited_heading_of_the_reference_exists() {
    let headings: HashSet<String> = headings(&root().join(REFERENCE)).into_iter().collect();
    let mut cited = 0;
    for source in files("rs").iter().filter(|path| !path.ends_with("documents.rs")) {
        let text = fs::read_to_string(source).unwrap();
        let comments: String =
            text.lines().map(|line| line.trim_start_matches([' ', '/', '!'])).collect::<Vec<_>>().join(" ");
        for citation in comments.split(REFERENCE).skip(1).filter_map(|rest| rest.strip_prefix(", \"")) {
            let heading = citation.split('"').next().unwrap();
            assert!(headings.contains(heading), "{}: {REFERENCE} has no heading {heading:?}.", source.display());
            cited += 1;
        }
    }
    assert!(cited > 0, "No comment cites {REFERENCE} in the expected form.");
}

#[test]
fn every_variable_of_the_functions_is_documented() {
    let configuration = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let template = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let names = template.lines().filter_map(|line| line.trim().split_once(": !Ref ")).map(|(name, _)| name);
    let variables: Vec<&str> = names.filter(|name| name.starts_with("QUIRE_") || *name == "DATABASE_URL").collect();
    assert!(variables.len() > 20, "The template sets only {variables:?}.");
    let missing: Vec<&str> =
        variables.into_iter().filter(|name| !configuration.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/configuration.md does not mention {missing:?}.");
}
