//! Landlock: which files a program may open.

use crate::confinement::Confinement;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, Scope, path_beneath_rules,
};
use std::path::Path;

/// Where systems keep programs, libraries, fonts and languages. Nobody keeps secrets there.
const PROGRAMS: &[&str] = &["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store"];

/// What libraries and programs read besides.
const SETTINGS: &[&str] = &[
    "/etc/fonts",
    "/etc/ghostscript",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/papersize",
    "/var/cache/fontconfig",
    "/var/lib/ghostscript",
];

/// Devices that hold nothing.
const DEVICES: &[&str] = &["/dev/full", "/dev/null", "/dev/random", "/dev/urandom", "/dev/zero"];

/// The newest version whose rights are asked for. An older kernel grants those that it has.
const NEWEST: ABI = ABI::V6;

/// The version that can forbid every change of a file's content. The filter of system calls forbids what later ones add.
const COMPLETE: ABI = ABI::V3;

/// Restricts this process and the program that it becomes, as far as the kernel can. Returns what it cannot.
pub(crate) fn confine(confinement: &Confinement, program: Option<&Path>) -> Result<Option<String>, RulesetError> {
    let read = BitFlags::from(AccessFs::ReadFile) | AccessFs::ReadDir;
    let programs = PROGRAMS.iter().map(Path::new).chain(program);
    let rules = ruleset()?
        .add_rules(path_beneath_rules(programs, read | AccessFs::Execute))?
        .add_rules(path_beneath_rules(SETTINGS, read))?
        .add_rules(path_beneath_rules(DEVICES, read | AccessFs::WriteFile))?
        .add_rules(path_beneath_rules(&confinement.reads, read))?
        .add_rules(path_beneath_rules(&confinement.writes, read | changes()))?;
    Ok(lack(rules.restrict_self()?.landlock))
}

/// Changes of files and directories. Links are not among them: whoever reads the results would follow them.
fn changes() -> BitFlags<AccessFs> {
    AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::MakeReg
        | AccessFs::MakeDir
}

/// Everything that Landlock can forbid: files, TCP, and signals and sockets to processes outside.
fn ruleset() -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()
}

/// What this kernel cannot forbid, as a sentence.
fn lack(status: LandlockStatus) -> Option<String> {
    match status {
        LandlockStatus::NotImplemented | LandlockStatus::NotEnabled => {
            Some("The kernel has no Landlock: programs can open every file that the user may open.".to_owned())
        }
        LandlockStatus::Available { effective_abi, .. } if effective_abi < COMPLETE => Some(format!(
            "The kernel's Landlock is of version {}: programs can truncate other files.",
            effective_abi as i32
        )),
        LandlockStatus::Available { .. } => None,
    }
}
