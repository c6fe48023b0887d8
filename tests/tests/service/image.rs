//! The container image: a whole upload with compress, scan and split in it, as Lambda runs them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use domain::Status;
use pipeline::rebuild::RECORD;
use std::collections::BTreeMap;
use std::process::Command;
use tests::world::{Image, Volume, World, container_client};

/// Names the image, and the program that emulates Lambda in it. `cargo xtask image --try` sets both.
const IMAGE: &str = "QUIRE_TEST_IMAGE";
const EMULATOR: &str = "QUIRE_TEST_EMULATOR";

/// Set if the containers must not reach other machines. `cargo xtask image --debian --try` sets it.
const CUT_OFF: &str = "QUIRE_TEST_IMAGE_CUT_OFF";

/// Names a directory for results that differ.
const DIFFERENCES: &str = "QUIRE_TEST_DIFFERENCES";

/// The results of an upload by their names below the attempt's prefix.
async fn results(world: &World, volume: &Volume) -> BTreeMap<String, Vec<u8>> {
    let _running = world.start();
    world.resources.put(&volume.key, &volume.path()).await;
    assert_eq!(world.ended(&volume.key).await.status, Status::PendingReview, "{}", world.log());
    let detail = world.assert_sound(&volume.key).await;
    let prefix = detail.scan.result_prefix.unwrap();
    let mut results = BTreeMap::new();
    for key in world.stored(&prefix).await {
        let call = world.resources.s3.get_object().bucket(&world.resources.results).key(&key);
        let bytes = call.send().await.unwrap().body.collect().await.unwrap().to_vec();
        results.insert(key[prefix.len()..].to_owned(), bytes);
    }
    // It names the attempt.
    assert!(results.remove(RECORD).is_some());
    results
}

/// The containers' routes to other machines. There are none through loopback.
fn routes(image: &str) -> Vec<String> {
    let mut command = Command::new(container_client());
    command.args(["run", "--rm", "--network", "host", "--entrypoint", "cat", image, "/proc/net/route"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().skip(1).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_image_gives_what_the_local_programs_give() {
    let Ok(name) = std::env::var(IMAGE) else {
        println!("skipped: {IMAGE} names no image; `cargo xtask image --try` builds and names one");
        return;
    };
    let routes = routes(&name);
    println!("network: the containers have {} routes to other machines", routes.len());
    if std::env::var_os(CUT_OFF).is_some() {
        assert_eq!(routes, Vec::<String>::new());
    }
    let volume = Volume::small();
    // The containers have 1.7 CPUs, and the engine counts whole ones.
    let mut local = World::new().await;
    local.has_one_core = true;
    let local = results(&local, &volume).await;
    let mut world = World::new().await;
    world.image = Some(Image { name: name.clone(), emulator: None });
    for name in ["compress", "scan", "split"] {
        let cold_start = world.program(name).start().unwrap().cold_start;
        println!("{name}: {:.2} s from the start of the container to the first poll", cold_start.as_secs_f64());
    }
    world.image = Some(Image { name, emulator: std::env::var_os(EMULATOR).map(Into::into) });
    let in_image = results(&world, &volume).await;
    assert_eq!(local.keys().collect::<Vec<_>>(), in_image.keys().collect::<Vec<_>>());
    let differing: Vec<&String> =
        local.iter().filter(|(name, bytes)| in_image[*name] != **bytes).map(|(name, _)| name).collect();
    if let Ok(directory) = std::env::var(DIFFERENCES) {
        for name in &differing {
            for (side, results) in [("local", &local), ("image", &in_image)] {
                let path = std::path::Path::new(&directory).join(side).join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, &results[*name]).unwrap();
            }
        }
    }
    assert_eq!(differing, Vec::<&String>::new(), "{DIFFERENCES} names a directory to compare them in");
}
