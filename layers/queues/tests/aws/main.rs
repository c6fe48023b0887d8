//! Messages and events against the real thing: SQS, EventBridge and S3 of the local stack.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first thing that is not there")]

mod batch;
mod bus;
#[path = "../../../objects/tests/aws/emulator.rs"]
mod emulator;
mod notifications;
#[allow(dead_code, reason = "it is shared, and not every fault is needed here")]
#[path = "../../../objects/tests/aws/proxy.rs"]
mod proxy;
mod send;
mod stack;
