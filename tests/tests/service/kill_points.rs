//! SIGKILL before and after every effect of every function (`pipeline::effects::EFFECTS`): no scan is lost, doubled or
//! stuck.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use domain::Status;
use pipeline::effects::{EFFECTS, Effect, failpoint};
use pipeline::function::Function;
use std::time::Duration;
use tests::world::{Ended, Running, Volume, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn intake_is_killed_around_each_write() {
    kill_around_each_write(Function::Intake).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compress_is_killed_around_each_write() {
    kill_around_each_write(Function::Compress).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scan_is_killed_around_each_write() {
    kill_around_each_write(Function::Scan).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn split_is_killed_around_each_write() {
    kill_around_each_write(Function::Split).await;
}

/// One upload for each kill point, all at once, while the reconciler runs all the time.
async fn kill_around_each_write(function: Function) {
    let world = World::new().await;
    let cases = cases(function);
    for case in &cases {
        case.prepare(&world);
    }
    let _running: Vec<Running> = world.start();
    for case in &cases {
        case.upload(&world).await;
    }
    for case in &cases {
        case.arm_by_scan(&world).await;
    }
    for case in &cases {
        let scan = world.ended_with_reconcile(&case.volume.key).await;
        assert!(!case.is_armed(&world, scan.id), "{} was never reached", case.point());
        case.assert_end(&world).await;
        println!("kill point {:<28} covered, ended as {:?}", case.point(), scan.status);
    }
}

fn cases(function: Function) -> Vec<Case> {
    let effects = EFFECTS.iter().find(|(of, _)| *of == function).expect("the function has effects").1;
    let both = |effect: &Effect| ["before", "after"].map(|moment| Case::new(function, *effect, moment));
    effects.iter().flat_map(both).collect()
}

struct Case {
    function: Function,
    effect: Effect,
    moment: &'static str,
    volume: Volume,
}

impl Case {
    fn new(function: Function, effect: Effect, moment: &'static str) -> Self {
        let volume = Volume::small();
        let case = Self { function, effect, moment, volume };
        if case.is_refused() {
            std::fs::write(case.volume.path(), "not a PDF, whatever its name says").expect("the file can be written");
        }
        case
    }

    fn point(&self) -> String {
        failpoint(self.function, self.effect, self.moment)
    }

    /// Intake publishes only the ends of the uploads that it refuses.
    fn is_refused(&self) -> bool {
        self.function == Function::Intake && matches!(self.effect, Effect::Publish | Effect::MarkSent)
    }

    /// What must happen first, so that the effect happens at all.
    fn harm(&self) -> Option<&'static str> {
        match (self.function, self.effect) {
            (Function::Intake, _) => None,
            (_, Effect::GiveBack | Effect::BackOff) => Some("fail"),
            (_, Effect::Fail) => Some("refuse"),
            // Split has no next stage: what it sends is a volume that goes back.
            (_, Effect::ReturnToCompress) | (Function::Split, Effect::Send) => Some("forget"),
            (Function::Compress | Function::Scan, Effect::Publish | Effect::MarkSent) => Some("refuse"),
            _ => None,
        }
    }

    /// A message names only the scan; the claim reads the key from the row.
    fn is_by_scan(&self) -> bool {
        self.effect == Effect::Claim
    }

    fn prepare(&self, world: &World) {
        let key = &self.volume.key;
        if let Some(harm) = self.harm() {
            world.failpoints.arm(&format!("{}.work", self.function.name()), key, harm);
        }
        if self.is_by_scan() {
            world.failpoints.arm("intake.send.before", key, "hold");
        } else {
            world.failpoints.arm(&self.point(), key, "kill");
        }
    }

    async fn upload(&self, world: &World) {
        world.resources.put(&self.volume.key, &self.volume.path()).await;
    }

    async fn arm_by_scan(&self, world: &World) {
        if self.is_by_scan() {
            world.failpoints.reached("intake.send.before", &self.volume.key).await;
            let scan = world.scan(&self.volume.key).await.expect("intake has committed").id;
            world.failpoints.arm(&self.point(), &scan.to_string(), "kill");
            world.failpoints.release("intake.send.before", &self.volume.key);
        }
    }

    fn is_armed(&self, world: &World, scan: i64) -> bool {
        let subject = if self.is_by_scan() { scan.to_string() } else { self.volume.key.clone() };
        world.failpoints.is_armed(&self.point(), &subject)
    }

    async fn assert_end(&self, world: &World) {
        let detail = world.assert_sound(&self.volume.key).await;
        // A worker that is killed before it writes the failure leaves a row that the next attempt finishes.
        let is_failed = self.harm() == Some("refuse") && (self.effect, self.moment) != (Effect::Fail, "before");
        let expected = if self.is_refused() || is_failed { Status::Failed } else { Status::PendingReview };
        assert_eq!(detail.scan.summary.status, expected, "{}: {detail:#?}\n{}", self.point(), world.log());
    }
}

/// The reconciler's own kill points: the next pass completes what a killed one left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconcile_is_killed_around_each_write() {
    for case in cases(Function::Reconcile) {
        let mut world = World::new().await;
        world.environment.insert("QUIRE_RESULT_SWEEP_AGE_SECONDS".to_owned(), "0".to_owned());
        let task = bring_about(&world, &case).await;
        world.failpoints.arm(&case.point(), "any", "kill");
        let ended = killed(&world, task).await;
        assert!(matches!(ended, Ended::Exited(status) if status.code().is_none()), "{}: {ended:?}", case.point());
        assert!(!world.failpoints.is_armed(&case.point(), "any"), "{} was never reached", case.point());
        let _running = world.start();
        world.schedule(task).expect("the next pass succeeds");
        world.ended_with_reconcile(&case.volume.key).await;
        world.assert_sound(&case.volume.key).await;
        let unsent = world.catalog.unsent_events(&[], 10).await.expect("the database answers");
        assert!(unsent.is_empty(), "{}: {unsent:?}", case.point());
        println!("kill point {:<28} covered", case.point());
    }
}

/// Causes what the reconciler has to repair, and returns which of its tasks does that.
async fn bring_about(world: &World, case: &Case) -> &'static str {
    let key = &case.volume.key;
    match case.effect {
        Effect::Announce | Effect::SaveCursor => {
            case.upload(world).await;
            world.resources.lose(tests::world::Queue::Uploads).await;
            "sweep_uploads"
        }
        Effect::Delete | Effect::MarkRemoved | Effect::Prune => {
            world.failpoints.arm("compress.upload.after", key, "kill");
            let _running = world.start();
            case.upload(world).await;
            world.ended_with_reconcile(key).await;
            "sweep_results"
        }
        Effect::Publish | Effect::MarkSent => {
            world.failpoints.arm("split.publish.before", key, "kill");
            let _running = world.start();
            case.upload(world).await;
            world.ended(key).await;
            "reconcile"
        }
        Effect::Resend => {
            let _running = [world.start_one(tests::world::Queue::Uploads)];
            case.upload(world).await;
            world.wait(key, |scan| scan.status == Status::Uploaded).await;
            world.resources.lose(tests::world::Queue::Compress).await;
            "reconcile"
        }
        _ => {
            world.failpoints.arm("compress.upload.before", key, "kill");
            let running = world.start();
            case.upload(world).await;
            world.wait(key, |scan| scan.status == Status::Compressing).await;
            while running.iter().all(|mapping| mapping.deaths() == 0) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            "reconcile"
        }
    }
}

/// Runs the task until the failpoint ends it: a row becomes stale only after a while.
async fn killed(world: &World, task: &str) -> Ended {
    for _ in 0..200 {
        match world.schedule(task) {
            Ok(_) => tokio::time::sleep(Duration::from_millis(250)).await,
            Err(ended) => return ended,
        }
    }
    panic!("the failpoint was never reached\n{}", world.log());
}
