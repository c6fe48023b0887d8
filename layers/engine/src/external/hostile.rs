//! Hostile input under the engine's own commands: Ghostscript executes it, with and without its own protection.

use super::ghostscript::{self, CompressionOptions};
use crate::cancellation::Cancellation;
use crate::programs::command::{Command, CommandError};
use crate::programs::launcher;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

const SECRET: &str = "a secret";

/// A directory with a secret, and in it one for the work.
fn ground() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("secret"), SECRET).unwrap();
    std::fs::create_dir(directory.path().join("work")).unwrap();
    directory
}

/// Runs PostScript as a volume is compressed. `source` refuses such a file, so this is what comes after a gap in it.
fn compress(ground: &TempDir, postscript: &str) -> Result<(), CommandError> {
    let (source, target) = (ground.path().join("volume.pdf"), ground.path().join("work/compressed.pdf"));
    std::fs::write(&source, postscript).unwrap();
    ghostscript::compress(&source, &[0], &target, &CompressionOptions::default(), &Cancellation::new())
}

/// The same without Ghostscript's own protection.
fn unprotected(ground: &TempDir, postscript: &str) -> Command {
    let (source, target) = (ground.path().join("volume.ps"), ground.path().join("work/out.pdf"));
    std::fs::write(&source, postscript).unwrap();
    let options = ["-q", "-dNOSAFER", "-dNOPAUSE", "-dBATCH", "-sDEVICE=nullpage"];
    Command::new("gs", "ghostscript").arguments(options).argument(&source).reads(&source).writes(&target)
}

/// PostScript that copies the first line of a file into the directory of the work.
fn stealing(file: &Path, ground: &TempDir) -> String {
    let loot = ground.path().join("work/loot");
    let (file, loot) = (file.display(), loot.display());
    format!("({file}) (r) file 200 string readline pop ({loot}) (w) file dup 3 -1 roll writestring closefile")
}

fn loot(ground: &TempDir) -> Option<String> {
    std::fs::read_to_string(ground.path().join("work/loot")).ok()
}

/// False, with the note by which `cargo xtask test` counts the test as skipped, where the kernel has no Landlock.
fn restricts_files() -> bool {
    let lacks = launcher::lacks().unwrap();
    let lack = lacks.iter().find(|lack| lack.contains("has no Landlock"));
    if let Some(lack) = lack {
        eprintln!("skipped: {lack}");
    }
    lack.is_none()
}

#[test]
fn a_file_outside_is_not_read() {
    if !restricts_files() {
        return;
    }
    let ground = ground();
    let environment = format!("/proc/{}/environ", std::process::id());
    for file in [ground.path().join("secret"), "/etc/passwd".into(), environment.into()] {
        assert!(compress(&ground, &stealing(&file, &ground)).is_err());
        let error = unprotected(&ground, &stealing(&file, &ground)).run(&Cancellation::new()).unwrap_err();
        assert!(error.to_string().contains("Permission denied"), "{error}");
        assert_eq!(loot(&ground), None, "{file:?}");
    }
    // A file that the command names can be stolen, so that the attempt itself works.
    let secret = ground.path().join("secret");
    unprotected(&ground, &stealing(&secret, &ground)).reads(&secret).run(&Cancellation::new()).unwrap();
    assert_eq!(loot(&ground).as_deref(), Some(SECRET));
}

#[test]
fn nothing_is_written_outside() {
    if !restricts_files() {
        return;
    }
    let ground = ground();
    let secret = ground.path().join("secret");
    let overwriting = format!("({}) (w) file (gone) writestring", secret.display());
    assert!(compress(&ground, &overwriting).is_err());
    assert!(unprotected(&ground, &overwriting).run(&Cancellation::new()).is_err());
    assert_eq!(std::fs::read_to_string(secret).unwrap(), SECRET);
}

#[test]
fn no_process_is_started() {
    let ground = ground();
    let mark = ground.path().join("work/mark");
    let starting = format!("(%pipe%setsid sleep 1000 & echo $! > {}) (w) file closefile", mark.display());
    let _refused_or_ignored = (compress(&ground, &starting), unprotected(&ground, &starting).run(&Cancellation::new()));
    assert!(!mark.exists());
}

#[test]
fn no_connection_is_made() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected");
    let error = Command::new("bash", "bash").argument("-c").argument(script).run(&Cancellation::new()).unwrap_err();
    assert!(error.to_string().contains("Operation not permitted"), "{error}");
    assert!(listener.accept().is_err());
}

#[test]
fn an_endless_program_is_stopped() {
    let ground = ground();
    let endless = unprotected(&ground, "{ } loop").time_limit(Duration::from_secs(2));
    assert_eq!(endless.run(&Cancellation::new()).unwrap_err().code(), "external.timed_out");
}

#[test]
fn its_starter_is_not_killed() {
    let script = format!("kill -9 {}", std::process::id());
    let error = Command::new("sh", "dash").argument("-c").argument(script).run(&Cancellation::new()).unwrap_err();
    assert!(error.to_string().contains("not permitted"), "{error}");
}
