//! Signing in with OpenID Connect at a real issuer on loopback: who gets in, and what an attacker cannot.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use domain::Role;
use serde_json::{Value, json};
use tests::world::{Answer, Browser, ConsoleServer, Issuer, PASSWORD, World, encoded};

/// Everything that a page could take for its own markup.
const HOSTILE: &str = "<script>alert(1)</script>";

/// Who the issuer knows. The subjects are what they sign in as.
fn people() -> Value {
    json!({
        "ada": { "preferred_username": "nobody@example.org", "email": "Ada@Example.org", "email_verified": true, "groups": ["other", "owners", "staff"] },
        "ben": { "preferred_username": "ben", "email": "ada@example.org", "email_verified": false, "groups": "staff" },
        "cleo": { "preferred_username": "cleo", "groups": ["cn=law, ou=library"] },
        // Not the whole name of a group, not its case, and no text.
        "eve": { "preferred_username": "eve", "groups": ["staff2", "Owners", "law", "", 7, ["staff"], { "name": "staff" }] },
        "fay": { "preferred_username": HOSTILE, "groups": { "staff": true } },
        "gus": {},
        // Called like a local account.
        "imposter": { "preferred_username": "Local", "groups": ["staff"] },
    })
}

/// A console whose people sign in at an issuer. None where no issuer is installed.
async fn set_up(settings: &[(&str, &str)]) -> Option<(World, Issuer, ConsoleServer)> {
    let Some(issuer) = Issuer::start(&people()) else {
        println!("skipped: the packages of tests/issuer are not installed");
        return None;
    };
    let mut world = World::new().await;
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    world.environment.extend(issuer.settings().into_iter().chain(settings));
    let console = world.start_console();
    Some((world, issuer, console))
}

/// Presses the button, and returns the address of the issuer's page.
fn begin(browser: &mut Browser, next: &str) -> String {
    let answer = browser.post("/sign-in/openid", &[("next", next)]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.header("refresh").strip_prefix("0; url=").unwrap().to_owned()
}

/// A new browser, in which `person` has signed in at the issuer and was sent back.
fn sign_in(console: &ConsoleServer, issuer: &Issuer, person: &str) -> (Browser, Answer) {
    let mut browser = Browser::new(console);
    let page = begin(&mut browser, "/volumes?search=a");
    let answer = browser.get(&issuer.sign_in(&page, person));
    (browser, answer)
}

/// Refused with this code, and nobody is signed in.
fn assert_refused(browser: &mut Browser, answer: &Answer, code: &str, what: &str) {
    assert!(answer.status >= 400, "{what}: {} {}", answer.status, answer.text);
    assert!(answer.text.contains(&format!("<code>{code}</code>")), "{what}: {}", answer.text);
    assert!(!answer.text.contains(HOSTILE), "{what}: {}", answer.text);
    assert_eq!(browser.cookie, None, "{what}");
    assert_eq!(browser.get("/").status, 303, "{what}");
}

/// With another value of a parameter in the query of an address.
fn with(address: &str, name: &str, value: &str) -> String {
    let (page, query) = address.split_once('?').unwrap();
    let others = query.split('&').filter(|pair| !pair.starts_with(&format!("{name}=")));
    let pairs: Vec<String> = others.map(ToOwned::to_owned).chain([encoded(&[(name, value)])]).collect();
    format!("{page}?{}", pairs.join("&"))
}

fn parameter(address: &str, name: &str) -> String {
    let query = address.split_once('?').unwrap().1;
    query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_sign_in_and_their_groups_decide_the_role() {
    let Some((world, issuer, console)) = set_up(&[]).await else { return };
    let page = Browser::new(&console).get("/sign-in").text;
    assert!(page.contains("Sign in with the library&#39;s account") && page.contains("type=\"password\""), "{page}");
    for (person, name, role) in
        [("ada", "ada@example.org", Role::Admin), ("ben", "ben", Role::Viewer), ("cleo", "cleo", Role::Viewer)]
    {
        let (mut browser, answer) = sign_in(&console, &issuer, person);
        assert_eq!(answer.status, 303, "{person}: {}", answer.text);
        assert_eq!(answer.location.as_deref(), Some("/volumes?search=a"), "{person}");
        let page = browser.get("/").text;
        assert!(page.contains(&format!("<summary>{name}</summary>")), "{page}");
        assert!(page.contains(&format!("You are {role}.")), "{page}");
        assert_eq!(browser.openid_cookie, None, "the cookie of the sign-in is removed");
    }
    let (mut ada, _) = sign_in(&console, &issuer, "ada");
    assert_eq!(world.catalog.people().await.unwrap().len(), 3, "the same person is the same row");
    let activity = ada.get("/activity").text;
    assert!(activity.contains("Signed in") && activity.contains("ada@example.org"), "{activity}");
}

/// The request to the issuer has what protects its answer, and the page leads nowhere else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_issuer_is_asked_for_a_code_with_a_challenge_a_state_and_a_nonce() {
    let Some((_world, issuer, console)) = set_up(&[]).await else { return };
    let mut browser = Browser::new(&console);
    let [one, two] = [(); 2].map(|()| begin(&mut browser, "/"));
    assert!(one.starts_with(&format!("{}/auth?", issuer.url)), "{one}");
    assert_eq!([parameter(&one, "response_type"), parameter(&one, "code_challenge_method")], ["code", "S256"]);
    for name in ["state", "nonce", "code_challenge"] {
        assert!(parameter(&one, name).len() >= 43, "{name}: {one}");
        assert_ne!(parameter(&one, name), parameter(&two, name), "{name}");
    }
    assert!(!one.contains("secret"), "{one}");
    let cookie = browser.openid_cookie.clone().unwrap();
    assert!(!two.contains(cookie.split_once('=').unwrap().1), "the cookie stays in the browser");
    // Only a button of the console begins a sign-in.
    browser.site = Some("cross-site");
    assert_eq!(browser.post("/sign-in/openid", &[("next", "/")]).status, 403);
    assert_eq!(browser.get("/sign-in/openid").status, 405);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_in_no_allowed_group_is_refused_and_recorded() {
    let Some((world, issuer, console)) = set_up(&[]).await else { return };
    for person in ["eve", "fay", "gus"] {
        let (mut browser, answer) = sign_in(&console, &issuer, person);
        assert_eq!(answer.status, 403);
        assert_refused(&mut browser, &answer, "console.openid_group", person);
    }
    assert_eq!(world.catalog.people().await.unwrap(), []);
    let (mut ada, _) = sign_in(&console, &issuer, "ada");
    let activity = ada.get("/activity").text;
    assert_eq!(activity.matches("Was refused at the sign-in").count(), 3, "{activity}");
    assert!(activity.contains("groups at the issuer has a role") && !activity.contains(HOSTILE), "{activity}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_fails_one_check_signs_nobody_in() {
    let Some((world, issuer, console)) = set_up(&[]).await else { return };
    let faults =
        ["audience", "audiences", "issuer", "expired", "nonce", "no_nonce", "key", "unsigned", "shared_key", "changed"];
    for fault in faults {
        issuer.set_fault(fault);
        let (mut browser, answer) = sign_in(&console, &issuer, "ben");
        assert_refused(&mut browser, &answer, "console.openid_untrusted", fault);
    }
    assert_eq!(world.catalog.people().await.unwrap(), []);
    issuer.set_fault("");
    assert_eq!(sign_in(&console, &issuer, "ben").1.status, 303, "without a fault, the same sign-in works");
}

/// The issuer itself writes another nonce into the token if it is asked with another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nonce_of_another_sign_in_is_refused() {
    let Some((_world, issuer, console)) = set_up(&[]).await else { return };
    let mut browser = Browser::new(&console);
    let page = with(&begin(&mut browser, "/"), "nonce", "another");
    let answer = browser.get(&issuer.sign_in(&page, "ben"));
    assert_refused(&mut browser, &answer, "console.openid_untrusted", "nonce");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_and_answers_work_once_and_in_their_own_browser_alone() {
    let Some((_world, issuer, console)) = set_up(&[]).await else { return };
    let mut browser = Browser::new(&console);
    let returned = issuer.sign_in(&begin(&mut browser, "/"), "ada");
    let before = browser.clone();

    let mut stranger = Browser::new(&console);
    let answer = stranger.get(&returned);
    assert_refused(&mut stranger, &answer, "console.openid_state", "a browser that began nothing");
    begin(&mut stranger, "/");
    let answer = stranger.get(&returned);
    assert_refused(&mut stranger, &answer, "console.openid_state", "a browser that began another sign-in");
    for state in ["", "x", &parameter(&returned, "code")] {
        let answer = stranger.get(&with(&returned, "state", state));
        assert_refused(&mut stranger, &answer, "console.openid_state", "another state");
    }
    let answer = browser.clone().get(&with(&returned, "state", "x"));
    assert_eq!(answer.status, 400, "the right browser with another state");

    assert_eq!(browser.get(&returned).status, 303, "the sign-in itself is not harmed");
    assert_eq!(browser.get("/").status, 200);
    let mut again = before.clone();
    let answer = again.get(&returned);
    assert_refused(&mut again, &answer, "console.openid_state", "a replayed answer");

    // The used code of one sign-in, and then an unused one, in the answer to another.
    let unused = issuer.sign_in(&begin(&mut Browser::new(&console), "/"), "ada");
    for code in [parameter(&returned, "code"), parameter(&unused, "code"), "x".to_owned()] {
        let mut other = Browser::new(&console);
        let answer = with(&issuer.sign_in(&begin(&mut other, "/"), "ben"), "code", &code);
        let answer = other.get(&answer);
        assert_refused(&mut other, &answer, "console.openid_denied", "a code of another sign-in");
    }
}

/// A code for another client of the same issuer, an answer of another issuer, and an issuer that says no.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_not_for_this_console_are_refused() {
    let Some((_world, issuer, console)) = set_up(&[]).await else { return };
    let mut browser = Browser::new(&console);
    let page = with(&begin(&mut browser, "/"), "client_id", "another");
    let answer = browser.get(&issuer.sign_in(&page, "ada"));
    assert_refused(&mut browser, &answer, "console.openid_denied", "another client");
    let returned = issuer.sign_in(&begin(&mut browser, "/"), "ada");
    let answer = browser.get(&with(&returned, "iss", "https://elsewhere.example"));
    assert_refused(&mut browser, &answer, "console.openid_untrusted", "another issuer");
    let returned = issuer.sign_in(&begin(&mut browser, "/"), "denied");
    let answer = browser.get(&returned);
    assert!(answer.text.contains("access_denied"), "{}", answer.text);
    assert_refused(&mut browser, &answer, "console.openid_denied", "the issuer says no");
    let long = encoded(&[("error", &HOSTILE.repeat(50)), ("state", &parameter(&begin(&mut browser, "/"), "state"))]);
    let answer = browser.get(&format!("/sign-in/openid/callback?{long}"));
    assert_refused(&mut browser, &answer, "console.openid_denied", "markup for an error");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_revoked_stays_out_until_an_admin_gives_access_again() {
    let Some((world, issuer, console)) = set_up(&[]).await else { return };
    let (mut ada, _) = sign_in(&console, &issuer, "ada");
    let (mut ben, _) = sign_in(&console, &issuer, "ben");
    let people = world.catalog.people().await.unwrap();
    let id = people.iter().find(|person| person.name == "ben").unwrap().id;
    assert_eq!(ben.get("/").status, 200);
    assert_eq!(ada.post(&format!("/people/{id}/revoke"), &[]).status, 303);
    assert_eq!(ben.get("/").status, 303, "at once");
    let (mut again, answer) = sign_in(&console, &issuer, "ben");
    assert_refused(&mut again, &answer, "console.openid_revoked", "a revoked person");
    assert!(ada.get("/activity").text.contains("Was refused at the sign-in: An admin has revoked"));
    assert!(ada.get("/people").text.contains("Give access again"));
    let role = ada.post(&format!("/people/{id}/role"), &[("role", "admin")]);
    assert_eq!(role.status, 422, "the groups decide: {}", role.text);
    assert_eq!(ada.post(&format!("/people/{id}/readmit"), &[]).status, 303);
    assert_eq!(sign_in(&console, &issuer, "ben").1.status, 303);
}

/// Neither name nor address makes somebody another person, before or after the sign-in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_becomes_somebody_else_by_name() {
    let Some((world, issuer, console)) = set_up(&[]).await else { return };
    let mut local = world.sign_in(&console, "local", Role::Admin).await;
    let (mut imposter, answer) = sign_in(&console, &issuer, "imposter");
    assert_eq!(answer.status, 303);
    let page = imposter.get("/people").text;
    assert!(page.contains("<summary>local 2</summary>") && page.contains("You are viewer."), "{page}");
    assert_eq!(imposter.post("/people/invite", &[("name", "x"), ("role", "admin")]).status, 403);
    // An invitation for somebody of that name does not make the imposter an admin.
    let invited = local.post("/people/invite", &[("name", "local 2"), ("role", "admin")]);
    assert_eq!(invited.status, 422, "{}", invited.text);
    assert!(imposter.get("/").text.contains("You are viewer."));
    let password = [("name", "local 2"), ("password", PASSWORD), ("next", "/")];
    assert_eq!(Browser::new(&console).post("/sign-in", &password).status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_leads_to_this_console_only_and_not_from_everywhere() {
    let Some((_world, issuer, console)) = set_up(&[]).await else { return };
    let long = format!("/{}", "x".repeat(5_000));
    for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", &long] {
        let mut browser = Browser::new(&console);
        let returned = issuer.sign_in(&begin(&mut browser, foreign), "ben");
        assert_eq!(browser.get(&returned).location.as_deref(), Some("/"), "{foreign}");
    }
    let mut browser = Browser::new(&console);
    let limit = (0..60).position(|_| browser.post("/sign-in/openid", &[("next", "/")]).status == 429);
    assert_eq!(limit, Some(50), "sign-ins from one address that lead nowhere are limited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_can_be_switched_off() {
    let Some((world, issuer, console)) = set_up(&[("QUIRE_LOCAL_ACCOUNTS", "false")]).await else { return };
    let mut browser = Browser::new(&console);
    let page = browser.get("/sign-in").text;
    assert!(page.contains("Sign in with") && !page.contains("type=\"password\""), "{page}");
    let invitation = world.invite("local", Role::Admin).await;
    let password = [("password", PASSWORD), ("again", PASSWORD), ("name", "local")];
    for answer in [browser.get(&invitation), browser.post(&invitation, &password), browser.post("/sign-in", &password)]
    {
        assert!(answer.status == 403 && answer.text.contains("console.no_accounts"), "{}", answer.text);
    }
    let (mut ada, _) = sign_in(&console, &issuer, "ada");
    assert!(!ada.get("/people").text.contains("/people/invite"));
}

/// An issuer that does not answer stops nobody with a password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_is_away_is_told_and_passwords_still_work() {
    let Some((world, issuer, console)) = set_up(&[]).await else { return };
    drop(issuer);
    let mut browser = Browser::new(&console);
    let answer = browser.post("/sign-in/openid", &[("next", "/")]);
    assert_refused(&mut browser, &answer, "console.openid_unreachable", "no issuer");
    assert_eq!(answer.status, 503);
    world.sign_in(&console, "local", Role::Admin).await;
}

/// Settings with which nobody could sign in, or everybody, stop the console before it answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_cannot_work_are_named_at_the_start() {
    let world = World::new().await;
    let issuer = ("QUIRE_OPENID_ISSUER", "https://id.example.org");
    let client = ("QUIRE_OPENID_CLIENT_ID", "quire");
    let group = ("QUIRE_OPENID_ADMINS", "owners");
    for (settings, named) in [
        (&[("QUIRE_LOCAL_ACCOUNTS", "false")][..], "QUIRE_LOCAL_ACCOUNTS"),
        (&[issuer, group], "QUIRE_OPENID_CLIENT_ID"),
        (&[issuer, client], "QUIRE_OPENID_VIEWERS"),
        (&[("QUIRE_OPENID_ISSUER", "http://id.example.org"), client, group], "https://"),
    ] {
        let mut program = world.program("console");
        program.environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        assert!(program.start().is_err(), "{named}");
        assert!(world.log().contains(named), "{named}: {}", world.log());
    }
}
