//! A whole Quire of a test's own: buckets, queues and a database that nobody else uses, and the functions' real binaries.
//!
//! Where the tests of the deployed stack prove the wiring, these bring about the faults: a process can be killed, held
//! or started twice at a chosen moment, and every threshold is the test's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: what is missing should stop the test where it stands"
)]

mod console;
mod failpoint;
mod function;
mod issuer;
mod mapping;
mod resources;
mod soundness;
mod volume;

pub use console::{Answer, Browser, ConsoleServer, PASSWORD, encoded};
pub use failpoint::Failpoints;
pub use function::{Ended, FunctionProcess, Program, container_client};
pub use issuer::Issuer;
pub use mapping::{Mapping, Running, event};
pub use queues::Queue;
pub use resources::Resources;
pub use volume::Volume;

use crate::proxy::{Fault, Proxy, Request};
use catalog::testing::TestDatabase;
use catalog::{Catalog, DatabaseSettings, Filter, ScanDetail, ScanSummary};
use engine::installation::Installation;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The functions that share the image.
const IN_IMAGE: [&str; 3] = ["compress", "scan", "split"];

/// Long enough for any volume of a test on a busy machine; who waits this long has found a scan that is stuck.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// A whole Quire of a test's own.
pub struct World {
    /// Its rows.
    pub catalog: Catalog,
    /// Its buckets and queues.
    pub resources: Resources,
    /// Its failpoints.
    pub failpoints: Failpoints,
    /// What the functions are told; a test may change it before it starts them.
    pub environment: BTreeMap<String, String>,
    /// Where single functions find AWS instead, by the function's name.
    pub endpoints: BTreeMap<String, String>,
    /// The container image in which compress, scan and split run, if not as programs of this machine.
    pub image: Option<Image>,
    /// Whether the functions of this machine have a single core.
    pub has_one_core: bool,
    /// Where the functions log.
    pub logs: TempDir,
    database: TestDatabase,
}

/// A container image of the functions.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its name and tag.
    pub name: String,
    /// AWS's Runtime Interface Emulator, if it is to stand between the events and the functions.
    pub emulator: Option<PathBuf>,
}

impl World {
    /// Makes one. Thresholds are seconds, the model is the small one, and nothing is read.
    pub async fn new() -> Self {
        let database = TestDatabase::create().await.expect("a database of the test's own");
        let url = database.settings().url;
        let (resources, failpoints) = (Resources::create().await, Failpoints::new());
        let logs = tempfile::tempdir().expect("a directory for logs");
        let mut environment = resources.environment();
        environment.extend(thresholds().map(|(name, value)| (name.to_owned(), value.to_owned())));
        environment.insert("DATABASE_URL".to_owned(), url.clone());
        environment.insert("QUIRE_FAILPOINTS".to_owned(), failpoints.directory().display().to_string());
        environment
            .insert("QUIRE_HOME".to_owned(), Installation::of_user().expect("a home").home().display().to_string());
        let catalog = Catalog::new(&DatabaseSettings { url }).expect("a database's address");
        Self {
            catalog,
            resources,
            failpoints,
            environment,
            endpoints: BTreeMap::new(),
            image: None,
            has_one_core: false,
            logs,
            database,
        }
    }

    /// Its database, for what only an administrator could do.
    #[must_use]
    pub const fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// A function as it is built for tests, or as it is in the image.
    #[must_use]
    pub fn program(&self, name: &str) -> Program {
        let mut environment = self.environment.clone();
        environment.extend(self.endpoints.get(name).map(|url| ("AWS_ENDPOINT_URL".to_owned(), url.clone())));
        let program = Program {
            binary: functions().join(name),
            arguments: Vec::new(),
            environment,
            log: self.logs.path().join(format!("{name}.log")),
            container: None,
            emulator: None,
        };
        match &self.image {
            Some(image) if IN_IMAGE.contains(&name) => program.in_image(&image.name, image.emulator.as_deref()),
            _ if self.has_one_core => program.on_one_core(),
            _ => program,
        }
    }

    /// Connects every queue with its function.
    #[must_use]
    pub fn start(&self) -> Vec<Running> {
        Queue::ALL.iter().map(|queue| self.start_one(*queue)).collect()
    }

    /// Connects one queue with its function.
    #[must_use]
    pub fn start_one(&self, queue: Queue) -> Running {
        let batch_size = if queue == Queue::Uploads { 10 } else { 1 };
        let (queue_url, queue_arn) = (self.resources.url(queue), self.resources.arn(queue));
        let limit = Duration::from_secs(120);
        let mapping = Mapping { queue_url, queue_arn, batch_size, program: self.program(queue.function()), limit };
        mapping.start(self.resources.sqs.clone())
    }

    /// Runs the function `reconcile` once, in a process of its own.
    ///
    /// # Panics
    /// When it fails.
    pub fn reconcile(&self) -> Value {
        self.schedule("reconcile").unwrap_or_else(|ended| panic!("reconcile: {ended:?}\n{}", self.log()))
    }

    /// Runs one of the scheduled tasks once.
    ///
    /// # Errors
    /// How it ended without an answer.
    pub fn schedule(&self, task: &str) -> Result<Value, Ended> {
        self.program("reconcile").start()?.invoke(&json!({ "task": task }), Duration::from_secs(60))
    }

    /// The newest scan of a key, if there is one yet.
    pub async fn scan(&self, key: &str) -> Option<ScanSummary> {
        let filter = Filter { key: Some(key.to_owned()), limit: 1, ..Filter::default() };
        self.catalog.scans(&filter).await.ok().and_then(|scans| scans.into_iter().next())
    }

    /// Everything about the newest scan of a key.
    ///
    /// # Panics
    /// When there is none.
    pub async fn detail(&self, key: &str) -> ScanDetail {
        let scan = self.scan(key).await.unwrap_or_else(|| panic!("{key} has no scan"));
        self.catalog.scan(scan.id).await.expect("the database answers").expect("it was there just now")
    }

    /// Waits until the newest scan of a key is as it should be.
    ///
    /// # Panics
    /// When it never is.
    pub async fn wait(&self, key: &str, is_reached: impl Fn(&ScanSummary) -> bool) -> ScanSummary {
        self.wait_while(key, is_reached, Duration::from_millis(100), |_| {}).await
    }

    async fn wait_while(
        &self,
        key: &str,
        is_reached: impl Fn(&ScanSummary) -> bool,
        pause: Duration,
        meanwhile: impl Fn(Option<&ScanSummary>),
    ) -> ScanSummary {
        let began = Instant::now();
        loop {
            match self.scan(key).await {
                Some(scan) if is_reached(&scan) => return scan,
                last if began.elapsed() > PATIENCE => panic!("{key} is stuck: {last:?}\n{}", self.log()),
                last => meanwhile(last.as_ref()),
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Waits until the newest scan of a key has come to its end.
    pub async fn ended(&self, key: &str) -> ScanSummary {
        self.wait(key, |scan| scan.status.is_ended()).await
    }

    /// The same, while the reconciler runs, as it does in a real system.
    pub async fn ended_with_reconcile(&self, key: &str) -> ScanSummary {
        self.wait_with_reconcile(key, |scan| scan.status.is_ended()).await
    }

    /// Waits until the newest scan of a key is as it should be, while the reconciler and the sweep of the bucket run.
    ///
    /// # Panics
    /// When it never is.
    pub async fn wait_with_reconcile(&self, key: &str, is_reached: impl Fn(&ScanSummary) -> bool) -> ScanSummary {
        // A message that was in one batch with deadly ones may be among the dead letters: the sweep finds its upload.
        let task = |scan: Option<&ScanSummary>| if scan.is_some() { "reconcile" } else { "sweep_uploads" };
        self.wait_while(key, is_reached, Duration::from_millis(500), |scan| drop(self.schedule(task(scan)))).await
    }

    /// Every scan of a key, the newest first.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn scans(&self, key: &str) -> Vec<ScanSummary> {
        let filter = Filter { key: Some(key.to_owned()), ..Filter::default() };
        self.catalog.scans(&filter).await.expect("the database answers")
    }

    /// Puts a proxy between the functions and the database.
    ///
    /// # Panics
    /// When the database's address has no host and port.
    pub fn through_proxy_to_database(&mut self) -> Proxy {
        let url = self.environment["DATABASE_URL"].clone();
        let (head, rest) = url.split_once('@').expect("a user in the address");
        let (service, path) = rest.split_once('/').expect("a database in the address");
        let proxy = Proxy::to(service);
        self.environment.insert("DATABASE_URL".to_owned(), format!("{head}@{}/{path}", proxy.address()));
        proxy
    }

    /// Puts a proxy between the functions and S3.
    pub fn through_proxy_to_s3(&mut self) -> Proxy {
        self.through_http_proxy_to_s3(|_| None)
    }

    /// Puts a proxy between the functions and S3 that may spoil requests.
    pub fn through_http_proxy_to_s3<F>(&mut self, decide: F) -> Proxy
    where
        F: Fn(&Request) -> Option<Fault> + Send + Sync + 'static,
    {
        self.through_http_proxy("AWS_ENDPOINT_URL_S3", decide)
    }

    /// Puts a proxy between the functions and EventBridge that may spoil requests.
    pub fn through_http_proxy_to_event_bridge<F>(&mut self, decide: F) -> Proxy
    where
        F: Fn(&Request) -> Option<Fault> + Send + Sync + 'static,
    {
        self.through_http_proxy("AWS_ENDPOINT_URL_EVENTBRIDGE", decide)
    }

    fn through_http_proxy<F>(&mut self, variable: &str, decide: F) -> Proxy
    where
        F: Fn(&Request) -> Option<Fault> + Send + Sync + 'static,
    {
        let proxy = Proxy::http(&self.environment["AWS_ENDPOINT_URL"], decide);
        self.environment.insert(variable.to_owned(), proxy.endpoint.clone());
        proxy
    }

    /// What the functions logged, the last lines of each.
    #[must_use]
    pub fn log(&self) -> String {
        let mut text = String::new();
        for entry in std::fs::read_dir(self.logs.path()).into_iter().flatten().flatten() {
            let log = std::fs::read_to_string(entry.path()).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            text += &format!("== {}\n{}\n", entry.path().display(), lines[lines.len().saturating_sub(25)..].join("\n"));
        }
        text
    }
}

fn thresholds() -> [(&'static str, &'static str); 12] {
    [
        ("QUIRE_HEARTBEAT_SECONDS", "1"),
        ("QUIRE_STALE_AFTER_SECONDS", "4"),
        ("QUIRE_MAXIMUM_INTERRUPTIONS", "20"),
        ("QUIRE_BACKOFF_BASE_SECONDS", "1"),
        ("QUIRE_BACKOFF_CAP_SECONDS", "1"),
        ("QUIRE_REVIVAL_GRACE_SECONDS", "3"),
        ("QUIRE_RESEND_AFTER_SECONDS", "3"),
        ("QUIRE_UPLOAD_SWEEP_AGE_SECONDS", "0"),
        ("QUIRE_RANGE_PAGES", "2"),
        ("QUIRE_MODEL", "small"),
        ("QUIRE_OCR", "false"),
        ("RUST_LOG", "info"),
    ]
}

/// Where the functions' test builds are: `cargo xtask test` says so.
///
/// # Panics
/// When nobody says so.
#[must_use]
pub fn functions() -> PathBuf {
    required("QUIRE_TEST_FUNCTIONS").into()
}

/// A variable that `cargo xtask test` sets.
///
/// # Panics
/// When it is not set.
#[must_use]
pub fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests with `cargo xtask test`"))
}
