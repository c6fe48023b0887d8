//! Every function comes up over the real Runtime API. The figures are printed for people; no time is asserted.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use tests::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_function_reaches_its_first_poll() {
    let world = World::new().await;
    for name in ["intake", "compress", "scan", "split", "reconcile"] {
        let program = world.program(name).with("QUIRE_MODEL", "both");
        let mut starts: Vec<u128> = (0..5).map(|_| program.start().unwrap().cold_start.as_millis()).collect();
        starts.sort_unstable();
        println!("cold start of {name:<9} median {:>4} ms, worst {:>4} ms of 5", starts[2], starts[4]);
    }
}

/// A setting that is missing is named, and the function does not start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_setting_is_named() {
    let mut world = World::new().await;
    world.environment.remove("QUIRE_UPLOAD_BUCKET");
    assert!(world.program("intake").start().is_err());
    assert!(world.log().contains("QUIRE_UPLOAD_BUCKET"), "{}", world.log());
}
