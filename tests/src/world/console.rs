//! The console's real program as a server on loopback, and browsers without a window.

use super::World;
use domain::Role;
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use ureq::http::{Method, Response};
use ureq::{Agent, Body};

/// What everybody in the tests chose.
pub const PASSWORD: &str = "correct horse battery staple";

/// A running console.
#[derive(Debug)]
pub struct ConsoleServer {
    /// Such as `http://127.0.0.1:1234`.
    pub url: String,
    child: Child,
}

impl Drop for ConsoleServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl World {
    /// Starts the console of this world.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_console(&self) -> ConsoleServer {
        let path = self.logs.path().join(format!("console-{}.log", uuid::Uuid::new_v4()));
        let log = File::create(&path).expect("the log can be written");
        let mut command = Command::new(super::functions().join("console"));
        // The system chooses the port: one that a test chose could be another test's by the time the console binds it.
        command.env_clear().envs(&self.environment).env("QUIRE_CONSOLE_ADDRESS", "127.0.0.1:0");
        command.stdin(Stdio::null()).stderr(log.try_clone().expect("the log can be shared")).stdout(log);
        let mut child = command.spawn().expect("the console is built");
        let began = Instant::now();
        loop {
            let log = std::fs::read_to_string(&path).unwrap_or_default();
            if let Some((_, rest)) = log.split_once("the console listens on ") {
                let url = rest.split(['"', '\n']).next().unwrap_or_default().to_owned();
                return ConsoleServer { url, child };
            }
            let is_gone = child.try_wait().is_ok_and(|ended| ended.is_some());
            assert!(!is_gone && began.elapsed() < super::PATIENCE, "the console did not start\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The path of a new invitation.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn invite(&self, name: &str, role: Role) -> String {
        let name = name.parse().expect("a name");
        pipeline::invitation::invite(&self.catalog, &name, role).await.expect("an invitation").path
    }

    /// A browser of a person who has just chosen the password.
    ///
    /// # Panics
    /// When the console does not take the password.
    pub async fn sign_in(&self, console: &ConsoleServer, name: &str, role: Role) -> Browser {
        let invitation = self.invite(name, role).await;
        let mut browser = Browser::new(console);
        let answer = browser.post(&invitation, &[("password", PASSWORD), ("again", PASSWORD)]);
        assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/")), "{}", answer.text);
        browser
    }
}

/// Sends what a browser sends: its cookie, where it comes from, and the token that is in the last page.
#[derive(Debug, Clone)]
pub struct Browser {
    url: String,
    agent: Agent,
    pub cookie: Option<String>,
    /// The cookie of a sign-in with OpenID Connect that has begun.
    pub openid_cookie: Option<String>,
    pub form_token: Option<String>,
    /// `Sec-Fetch-Site`. None for a client that does not send it.
    pub site: Option<&'static str>,
    /// `Origin`.
    pub origin: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Answer {
    /// # Panics
    /// When there is no such header.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("no header {name}: {:?}", self.headers), |(_, value)| value)
    }

    /// What the form fields with this name hold, in their order on the page.
    #[must_use]
    pub fn field_values(&self, name: &str) -> Vec<String> {
        let before = format!("name=\"{name}\" value=\"");
        let fields = self.text.split(&before).skip(1);
        fields.filter_map(|rest| rest.split_once('"')).map(|(value, _)| value.to_owned()).collect()
    }
}

impl Browser {
    #[must_use]
    pub fn new(console: &ConsoleServer) -> Self {
        let settings =
            Agent::config_builder().http_status_as_error(false).max_redirects(0).max_idle_connections(0).build();
        let (agent, url) = (Agent::new_with_config(settings), console.url.clone());
        Self {
            url,
            agent,
            cookie: None,
            openid_cookie: None,
            form_token: None,
            site: Some("same-origin"),
            origin: None,
        }
    }

    /// Opens a page. Its form token is sent with the next forms.
    pub fn get(&mut self, path: &str) -> Answer {
        let answer = self.send(Method::GET, path, None);
        let token = answer.text.split_once("data-form-token=\"").and_then(|(_, rest)| rest.split_once('"'));
        if let Some((token, _)) = token.filter(|(token, _)| !token.is_empty()) {
            self.form_token = Some(token.to_owned());
        }
        answer
    }

    /// Sends a form, with the token of the session.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        if self.cookie.is_some() && self.form_token.is_none() {
            self.get("/");
        }
        let token = self.form_token.clone();
        let token = token.iter().map(|token| ("form_token", token.as_str()));
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain(token).collect();
        self.send(Method::POST, path, Some(&encoded(&fields)))
    }

    /// Sends a request as it is.
    ///
    /// # Panics
    /// When the console does not answer.
    pub fn send(&mut self, method: Method, path: &str, form: Option<&str>) -> Answer {
        self.attempt(method.clone(), path, form).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// The same, for a request that the console need not read to its end before it hangs up.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub fn attempt(&mut self, method: Method, path: &str, form: Option<&str>) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        let cookies: Vec<&str> =
            [&self.cookie, &self.openid_cookie].into_iter().flatten().map(String::as_str).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if let Some(site) = self.site {
            request = request.header("sec-fetch-site", site);
        }
        if let Some(origin) = &self.origin {
            request = request.header("origin", origin);
        }
        let answer = match form {
            None => self.agent.run(request.body(())?)?,
            Some(form) => {
                let request = request.header("content-type", "application/x-www-form-urlencoded");
                self.agent.run(request.body(form.to_owned())?)?
            }
        };
        Ok(self.read(answer))
    }

    fn read(&mut self, mut answer: Response<Body>) -> Answer {
        let headers: Vec<(String, String)> = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let of = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        for (_, cookie) in headers.iter().filter(|(name, _)| name == "set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default().to_owned();
            let value = Some(pair.clone()).filter(|pair| !pair.ends_with('='));
            if pair.starts_with("quire-openid=") {
                self.openid_cookie = value;
            } else {
                (self.cookie, self.form_token) = (value, None);
            }
        }
        let text = answer.body_mut().read_to_string().expect("a text");
        Answer { status: answer.status().as_u16(), location: of("location"), headers, text }
    }
}

/// Fields as a form sends them.
#[must_use]
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}
