//! The service: the functions' real binaries, the deployed stack, and the command that talks to both. One program, because
//! each that is linked with the AWS SDK costs a minute to build.

mod browser;
mod cold_start;
mod command;
mod console;
mod deployed;
mod faults;
mod image;
mod kill_points;
mod letters;
mod openid;
mod operators;
mod outages;
mod permissions;
mod stacks;
mod traces;
mod trigger;
