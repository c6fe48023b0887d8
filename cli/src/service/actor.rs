//! Who acts: the name that an action records.

use super::arguments::Acting;
use domain::Actor;
use std::os::unix::fs::MetadataExt;

/// The given name, or else the user of this process. Variables such as USER may name somebody else.
pub fn of(acting: &Acting) -> Actor {
    acting.actor.clone().unwrap_or_else(system_user)
}

fn system_user() -> Actor {
    // Linux: the owner of this file is the user of the process.
    let number = std::fs::metadata("/proc/self").map(|entry| entry.uid()).unwrap_or_default();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_of(number, &users).unwrap_or_else(|| Actor::of_number(number))
}

/// Lines of passwd(5): name, password, number and more, separated by colons.
fn name_of(number: u32, users: &str) -> Option<Actor> {
    let mut entries = users.lines().map(|line| line.split(':'));
    entries.find_map(|mut fields| {
        let (name, _, user) = (fields.next()?, fields.next()?, fields.next()?);
        if user == number.to_string() { name.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/bash\nbroken\nada:x:1000:1000::/home/ada:/bin/sh\n";
        assert_eq!(name_of(1000, users).unwrap().as_str(), "ada");
        assert_eq!(name_of(100, users), None);
        assert_eq!(Actor::of_number(100).as_str(), "user 100");
    }
}
