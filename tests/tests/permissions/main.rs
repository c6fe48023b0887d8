//! The permissions of the functions, proved without an account: every call that the service tests recorded, and those
//! that Lambda makes for a function, against the policies of the template, in a simulator of IAM.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

mod cases;
mod changes;
mod policies;
mod simulator;

use cases::Case;
use changes::Change;
use policies::Policies;
use std::sync::LazyLock;
use tests::template::Template;

static TEMPLATE: LazyLock<Template> = LazyLock::new(Template::read);
static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::of(&TEMPLATE));

/// Fails for each case that is decided otherwise than it should be.
fn decide(cases: &[Case]) {
    let Some(outcome) = simulator::run(&POLICIES, cases, &[]) else { return };
    let wrong = cases.iter().zip(&outcome.results).filter(|(case, result)| !case.is_right(result));
    let wrong: Vec<String> = wrong.map(|(case, result)| format!("{case}: {result}")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!cases.is_empty());
}

#[test]
fn every_call_is_allowed() {
    decide(&cases::own(&TEMPLATE));
}

#[test]
fn a_function_is_denied_what_only_others_do() {
    decide(&cases::of_others(&TEMPLATE));
}

#[test]
fn an_operator_may_use_every_command() {
    decide(&cases::of_operator(&TEMPLATE));
}

#[test]
fn who_comes_from_outside_may_do_what_is_meant_and_no_more() {
    decide(&cases::from_outside(&TEMPLATE));
}

/// Takes each statement away, and each action, resource and condition of one. Then some case must be decided wrongly: what
/// was taken away was needed, and the tests above fail without it.
#[test]
fn every_part_of_a_policy_is_needed() {
    let cases = cases::all(&TEMPLATE);
    let changes = changes::all(&POLICIES);
    let Some(outcome) = simulator::run(&POLICIES, &cases, &changes) else { return };
    let goes_wrong = |index: &usize| cases[*index].is_right(&outcome.results[*index]);
    let unnoticed = changes.iter().zip(&outcome.changed).filter(|(_, changed)| !changed.iter().any(goes_wrong));
    let unnoticed: Vec<&str> = unnoticed.map(|(change, _): (&Change, _)| change.what.as_str()).collect();
    assert!(unnoticed.is_empty(), "not needed by any call:\n{}", unnoticed.join("\n"));
    assert!(changes.iter().filter(|change| change.is_whole).count() > 30, "{} changes", changes.len());
}
