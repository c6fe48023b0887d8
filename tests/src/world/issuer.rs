//! An issuer of OpenID Connect on loopback (`tests/issuer`), and what a browser does there.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use ureq::Agent;
use ureq::http::Uri;

/// What the issuer and the console know of each other.
const CLIENT: &str = "quire";
const SECRET: &str = "a secret+that/both%know:well";

/// A running issuer.
#[derive(Debug)]
pub struct Issuer {
    /// Such as `http://127.0.0.1:1234`.
    pub url: String,
    child: Child,
    /// Node.js ends when it writes a warning and nobody can read it.
    _output: BufReader<ChildStdout>,
    agent: Agent,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Issuer {
    /// Starts an issuer that knows these people: claims by subject. None where its packages are not installed.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(people: &Value) -> Option<Self> {
        let packages =
            std::env::var_os("QUIRE_TEST_ISSUER_PACKAGES").map(PathBuf::from).filter(|path| path.exists())?;
        let client = json!({
            "client_id": CLIENT, "client_secret": SECRET,
            "redirect_uris": ["http://127.0.0.1/sign-in/openid/callback"],
        });
        let mut node = Command::new("node");
        node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("issuer/issuer.mjs"));
        node.env("QUIRE_ISSUER_PACKAGES", packages);
        node.env("QUIRE_ISSUER", json!({ "client": client, "people": people }).to_string());
        let mut child = node.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("node is installed");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut lines = output.by_ref().lines().map_while(Result::ok);
        let url = lines.find_map(|line| line.strip_prefix("the issuer listens on ").map(str::to_owned));
        let settings = Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        Some(Self {
            url: url.expect("the issuer starts"),
            child,
            _output: output,
            agent: Agent::new_with_config(settings),
        })
    }

    /// What the console is told about this issuer.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        let settings = [
            ("QUIRE_OPENID_ISSUER", self.url.as_str()),
            ("QUIRE_OPENID_CLIENT_ID", CLIENT),
            ("QUIRE_OPENID_CLIENT_SECRET", SECRET),
            ("QUIRE_OPENID_NAME", "the library's account"),
            ("QUIRE_OPENID_VIEWERS", "staff;cn=law, ou=library"),
            ("QUIRE_OPENID_OPERATORS", "operators"),
            ("QUIRE_OPENID_ADMINS", "owners"),
        ];
        settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// Makes the issuer sign wrong tokens from now on, in the way that `issuer.mjs` calls so. Nothing is wrong with an empty
    /// name.
    ///
    /// # Panics
    /// When the issuer does not answer.
    pub fn set_fault(&self, name: &str) {
        let answer = self.agent.get(format!("{}/faults?fault={name}", self.url)).call().expect("an answer");
        assert_eq!(answer.status(), 200);
    }

    /// Opens a page of the issuer as somebody who signs in as `person`, and follows it to the console. Returns the path of
    /// the console, with its query.
    ///
    /// # Panics
    /// When the issuer does not send the browser back.
    #[must_use]
    pub fn sign_in(&self, page: &str, person: &str) -> String {
        let mut next = format!("{page}&login_hint={person}");
        let mut cookies: Vec<(String, String)> = Vec::new();
        for _ in 0..10 {
            let uri: Uri = next.parse().expect("an address");
            if uri.path() == "/sign-in/openid/callback" {
                return uri.path_and_query().expect("a path").to_string();
            }
            let path = uri.path_and_query().expect("a path");
            let held: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = self.agent.get(format!("{}{path}", self.url)).header("cookie", held.join("; "));
            let mut answer = request.call().expect("an answer");
            for cookie in answer.headers().get_all("set-cookie") {
                let cookie = cookie.to_str().expect("a text").split(';').next().unwrap_or_default();
                let (name, value) = cookie.split_once('=').expect("a cookie");
                cookies.retain(|(known, _)| known != name);
                cookies.push((name.to_owned(), value.to_owned()));
            }
            let location =
                answer.headers().get("location").map(|location| location.to_str().expect("a text").to_owned());
            next = location.unwrap_or_else(|| panic!("{next}: {:?}", answer.body_mut().read_to_string()));
        }
        panic!("the issuer does not send the browser back")
    }
}
