//! Accounts, invitations, sessions, and the limits of guessing.

use crate::test_bench::Bench;
use catalog::{ActivityFilter, Catalog, OpenIdEntry, OpenIdIdentity, Person, SecretHash, SignInLimits};
use domain::Role;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);
const LIMITS: SignInLimits = SignInLimits { within: HOUR, for_name: 3, from_address: 5 };

const fn token(number: u8) -> SecretHash {
    [number; 32]
}

/// A person who has chosen a password.
async fn member(catalog: &Catalog, name: &str, role: Role, number: u8) -> Person {
    catalog.invite(name, role, &token(number), HOUR).await.unwrap();
    catalog.accept_invitation(&token(number), "hash").await.unwrap().unwrap()
}

#[tokio::test]
async fn an_invitation_works_once_and_not_after_its_time() {
    let bench = Bench::new().await;
    bench.invite("ada", Role::Admin, &token(1), HOUR).await.unwrap();
    assert_eq!(bench.invitation(&token(1)).await.unwrap().unwrap().name, "ada");
    assert_eq!(bench.sign_in_secret("ada").await.unwrap(), None, "no password yet");
    let ada = bench.accept_invitation(&token(1), "hash").await.unwrap().unwrap();
    assert_eq!((ada.name.as_str(), ada.role), ("ada", Role::Admin));
    assert_eq!(bench.accept_invitation(&token(1), "other").await.unwrap(), None);
    assert_eq!(bench.sign_in_secret("ada").await.unwrap().unwrap().password_hash, "hash");
    bench.invite("ben", Role::Viewer, &token(2), Duration::ZERO).await.unwrap();
    assert_eq!(bench.invitation(&token(2)).await.unwrap(), None);
    assert_eq!(bench.accept_invitation(&token(2), "hash").await.unwrap(), None);
}

#[tokio::test]
async fn a_second_invitation_replaces_the_first_and_a_new_password_ends_all_sessions() {
    let bench = Bench::new().await;
    let ada = member(&bench, "ada", Role::Admin, 1).await;
    bench.sign_in(&ada, "here", &token(7)).await.unwrap();
    bench.invite("ada", Role::Operator, &token(2), HOUR).await.unwrap();
    bench.invite("ada", Role::Operator, &token(3), HOUR).await.unwrap();
    assert_eq!(bench.invitation(&token(2)).await.unwrap(), None);
    let again = bench.accept_invitation(&token(3), "new").await.unwrap().unwrap();
    assert_eq!((again.id, again.role), (ada.id, Role::Operator));
    assert_eq!(bench.session(&token(7), HOUR, HOUR).await.unwrap(), None);
}

#[tokio::test]
async fn two_who_accept_one_invitation_at_once_do_not_both_get_in() {
    let bench = Bench::new().await;
    bench.invite("ada", Role::Admin, &token(1), HOUR).await.unwrap();
    let other = bench.worker();
    let invitation = token(1);
    let (one, two) =
        tokio::join!(bench.accept_invitation(&invitation, "one"), other.accept_invitation(&invitation, "two"));
    assert_eq!([one.unwrap(), two.unwrap()].iter().flatten().count(), 1);
}

#[tokio::test]
async fn a_session_ends_after_its_time_when_it_is_idle_and_when_it_is_ended() {
    let bench = Bench::new().await;
    let ada = member(&bench, "ada", Role::Admin, 1).await;
    for number in [7, 8, 9] {
        bench.sign_in(&ada, "here", &token(number)).await.unwrap();
    }
    assert_eq!(bench.session(&token(7), HOUR, HOUR).await.unwrap(), Some(ada.clone()));
    assert_eq!(bench.session(&token(7), Duration::ZERO, HOUR).await.unwrap(), None);
    assert_eq!(bench.session(&token(7), HOUR, Duration::ZERO).await.unwrap(), None);
    assert_eq!(bench.session(&token(6), HOUR, HOUR).await.unwrap(), None, "nobody's");
    bench.sign_out(&token(8)).await.unwrap();
    assert_eq!(bench.session(&token(8), HOUR, HOUR).await.unwrap(), None);
    bench.sign_out_everywhere(ada.id).await.unwrap();
    for number in [7, 9] {
        assert_eq!(bench.session(&token(number), HOUR, HOUR).await.unwrap(), None);
    }
}

#[tokio::test]
async fn guesses_are_limited_by_name_from_many_addresses_and_by_address_for_many_names() {
    let bench = Bench::new().await;
    let begin = async |name: &str, address: &str| bench.begin_sign_in(name, address, &LIMITS).await.unwrap();
    for address in ["a", "b", "c"] {
        assert!(begin("ada", address).await);
    }
    assert!(!begin("ada", "d").await, "a fourth address does not help");
    for name in ["ben", "cleo", "dora", "emil", "fay"] {
        assert!(begin(name, "z").await);
    }
    assert!(!begin("gus", "z").await && begin("gus", "y").await);
}

#[tokio::test]
async fn guesses_in_parallel_are_counted_one_after_the_other() {
    let bench = Bench::new().await;
    let allowed =
        bench.at_once(8, |_, catalog| async move { catalog.begin_sign_in("ada", "here", &LIMITS).await.unwrap() });
    assert_eq!(allowed.await.into_iter().filter(|allowed| *allowed).count(), 3);
}

#[tokio::test]
async fn who_signs_in_is_not_held_back_by_earlier_mistakes() {
    let bench = Bench::new().await;
    let ada = member(&bench, "ada", Role::Admin, 1).await;
    for _ in 0..10 {
        assert!(bench.begin_sign_in("ada", "here", &LIMITS).await.unwrap());
        bench.sign_in(&ada, "here", &token(7)).await.unwrap();
        bench.sign_out(&token(7)).await.unwrap();
    }
}

#[tokio::test]
async fn what_means_nothing_any_more_is_pruned() {
    let bench = Bench::new().await;
    let ada = member(&bench, "ada", Role::Admin, 1).await;
    bench.sign_in(&ada, "here", &token(7)).await.unwrap();
    bench.begin_sign_in("ada", "here", &LIMITS).await.unwrap();
    bench.invite("ben", Role::Viewer, &token(2), HOUR).await.unwrap();
    bench.begin_openid_sign_in(&token(3), "/").await.unwrap();
    assert_eq!(bench.prune().await.unwrap(), 0);
    let later = "UPDATE sessions SET seen_at = seen_at - interval '31 days';
         UPDATE invitations SET expires_at = expires_at - interval '31 days';
         UPDATE openid_sign_ins SET begun_at = begun_at - interval '2 days';
         UPDATE sign_in_failures SET at = at - interval '2 days';
         UPDATE activity SET at = at - interval '401 days'";
    bench.database.execute(later).await.unwrap();
    let told = bench.database.text("SELECT count(*)::text FROM activity").await.unwrap();
    assert_eq!(bench.prune().await.unwrap(), 4 + told.parse::<i64>().unwrap());
    assert_eq!(bench.people().await.unwrap().len(), 2, "people stay");
}

#[tokio::test]
async fn the_last_admin_stays_and_the_revoked_are_out() {
    let bench = Bench::new().await;
    let ada = member(&bench, "ada", Role::Admin, 1).await;
    bench.sign_in(&ada, "here", &token(7)).await.unwrap();
    for refused in [bench.revoke(ada.id).await, bench.change_role(ada.id, Role::Viewer).await] {
        assert_eq!(refused.unwrap_err().code(), "catalog.invalid");
    }
    let ben = member(&bench, "ben", Role::Viewer, 2).await;
    bench.change_role(ben.id, Role::Admin).await.unwrap();
    bench.revoke(ada.id).await.unwrap();
    assert_eq!(bench.session(&token(7), HOUR, HOUR).await.unwrap(), None);
    assert_eq!(bench.sign_in_secret("ada").await.unwrap(), None);
    let people = bench.people().await.unwrap();
    let told: Vec<_> = people.iter().map(|person| (person.name.as_str(), person.revoked_at.is_some())).collect();
    assert_eq!(told, [("ada", true), ("ben", false)]);
    assert_eq!(bench.revoke(99).await.unwrap_err().code(), "catalog.invalid");
}

#[tokio::test]
async fn what_people_do_is_told_with_their_names() {
    let bench = Bench::new().await;
    let catalog = bench.acting_as(&"ada".parse().unwrap());
    let scan = bench.uploaded().await;
    catalog.cancel(scan).await.unwrap();
    catalog.record_activity("letter_discarded", serde_json::json!({ "reason": "twice" })).await.unwrap();
    bench.acting_as(&"ben".parse().unwrap()).retry(scan).await.unwrap();
    let filter = ActivityFilter { actor: None, kind: None, scan: None, before: None, limit: 10 };
    let told = async |filter: ActivityFilter| -> Vec<(String, String, Option<i64>)> {
        let activities = bench.activity(&filter).await.unwrap();
        activities.into_iter().map(|activity| (activity.actor, activity.kind, activity.scan)).collect()
    };
    let of = |actor: &str, kind: &str, scan| (actor.to_owned(), kind.to_owned(), scan);
    let all = told(filter.clone()).await;
    assert_eq!(
        all,
        [of("ben", "retried", Some(scan)), of("ada", "letter_discarded", None), of("ada", "cancelled", Some(scan))]
    );
    assert_eq!(told(ActivityFilter { actor: Some("ben".to_owned()), ..filter.clone() }).await, all[..1]);
    assert_eq!(told(ActivityFilter { kind: Some("cancelled".to_owned()), ..filter.clone() }).await, all[2..]);
    assert_eq!(told(ActivityFilter { scan: Some(scan), ..filter.clone() }).await.len(), 2);
    assert_eq!(told(ActivityFilter { limit: 1, ..filter }).await, all[..1]);
}

fn identity(issuer: &str, subject: &str, name: &str) -> OpenIdIdentity {
    OpenIdIdentity { issuer: issuer.to_owned(), subject: subject.to_owned(), name: name.to_owned() }
}

async fn allowed(catalog: &Catalog, identity: &OpenIdIdentity, role: Role) -> Person {
    match catalog.enter_with_openid(identity, role).await.unwrap() {
        OpenIdEntry::Allowed(person) => person,
        OpenIdEntry::Revoked(person) => panic!("{person:?} is revoked"),
    }
}

#[tokio::test]
async fn a_sign_in_that_was_begun_is_used_once_and_not_after_its_time() {
    let bench = Bench::new().await;
    for number in [1, 2] {
        bench.begin_openid_sign_in(&token(number), "/volumes").await.unwrap();
    }
    assert_eq!(bench.take_openid_sign_in(&token(3), HOUR).await.unwrap(), None, "nobody's");
    let (first, again) = (token(1), bench.worker());
    let (one, two) = tokio::join!(bench.take_openid_sign_in(&first, HOUR), again.take_openid_sign_in(&first, HOUR));
    assert_eq!([one.unwrap(), two.unwrap()].into_iter().flatten().collect::<Vec<_>>(), ["/volumes"]);
    assert_eq!(bench.take_openid_sign_in(&token(2), Duration::ZERO).await.unwrap(), None);
    assert_eq!(bench.take_openid_sign_in(&token(2), HOUR).await.unwrap(), None, "the attempt used it up");
}

#[tokio::test]
async fn issuer_and_subject_say_who_somebody_is_and_a_name_does_not() {
    let bench = Bench::new().await;
    let local = member(&bench, "ada", Role::Admin, 1).await;
    let ada = allowed(&bench, &identity("one", "7", "Ada"), Role::Viewer).await;
    assert_eq!((ada.name.as_str(), ada.role), ("ada 2", Role::Viewer));
    assert_ne!(ada.id, local.id);
    let renamed = allowed(&bench, &identity("one", "7", "ada lovelace"), Role::Viewer).await;
    assert_eq!(renamed, ada, "the name of the first sign-in stays");
    let elsewhere = allowed(&bench, &identity("two", "7", "ada"), Role::Viewer).await;
    assert_eq!((elsewhere.name.as_str(), elsewhere.id == ada.id), ("ada 3", false));
    let long = allowed(&bench, &identity("one", "8", &"é".repeat(300)), Role::Viewer).await;
    assert_eq!(long.name.chars().count(), 100);
    assert_eq!(bench.sign_in_secret("ada 2").await.unwrap(), None, "no password opens it");
}

#[tokio::test]
async fn the_role_is_that_of_the_groups_at_each_sign_in_and_nobody_else_changes_it() {
    let bench = Bench::new().await;
    member(&bench, "ben", Role::Admin, 1).await;
    let of = identity("one", "7", "ada");
    let ada = allowed(&bench, &of, Role::Viewer).await;
    assert_eq!(allowed(&bench, &of, Role::Operator).await, Person { role: Role::Operator, ..ada.clone() });
    let filter =
        ActivityFilter { actor: None, kind: Some("role_changed".to_owned()), scan: None, before: None, limit: 10 };
    let told = bench.activity(&filter).await.unwrap();
    assert_eq!(told.iter().map(|activity| activity.actor.as_str()).collect::<Vec<_>>(), ["ada"]);
    assert_eq!(bench.change_role(ada.id, Role::Admin).await.unwrap_err().code(), "catalog.invalid");
    let invited = bench.invite("ada", Role::Admin, &token(2), HOUR).await;
    assert_eq!(
        invited.unwrap_err().code(),
        "catalog.invalid",
        "a name may have been chosen to be mistaken for another"
    );
    assert_eq!(bench.invitation(&token(2)).await.unwrap(), None);
    assert_eq!(allowed(&bench, &of, Role::Operator).await.role, Role::Operator);
}

#[tokio::test]
async fn whoever_is_revoked_stays_out_until_somebody_readmits_them() {
    let bench = Bench::new().await;
    let ben = member(&bench, "ben", Role::Admin, 1).await;
    let of = identity("one", "7", "ada");
    let ada = allowed(&bench, &of, Role::Admin).await;
    bench.sign_in(&ada, "here", &token(7)).await.unwrap();
    bench.revoke(ada.id).await.unwrap();
    assert_eq!(bench.session(&token(7), HOUR, HOUR).await.unwrap(), None);
    assert_eq!(bench.enter_with_openid(&of, Role::Viewer).await.unwrap(), OpenIdEntry::Revoked(ada.clone()));
    assert_eq!(bench.revoke(ben.id).await.unwrap_err().code(), "catalog.invalid", "the revoked are no admins");
    bench.readmit(ada.id).await.unwrap();
    assert_eq!(allowed(&bench, &of, Role::Admin).await, ada);
    bench.revoke(ben.id).await.unwrap();
    assert_eq!(bench.readmit(ben.id).await.unwrap_err().code(), "catalog.invalid", "a password needs an invitation");
}

#[tokio::test]
async fn one_person_who_signs_in_for_the_first_time_twice_at_once_is_one_row() {
    let bench = Bench::new().await;
    let same = bench.at_once(8, |number, catalog| async move {
        let subject = if number % 2 == 0 { "even" } else { "odd" };
        allowed(&catalog, &identity("one", subject, "ada"), Role::Viewer).await.id
    });
    let ids: std::collections::HashSet<i64> = same.await.into_iter().collect();
    assert_eq!(ids.len(), 2);
    let people = bench.people().await.unwrap();
    assert_eq!(people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["ada", "ada 2"]);
}
