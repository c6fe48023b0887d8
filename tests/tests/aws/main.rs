//! `objects` and `queues` against the S3, SQS and EventBridge of the emulator. One program: each that links the AWS SDK
//! costs a minute to build.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code: what is missing should stop the test")]

mod objects {
    mod faults;
    mod listing;
    mod transfers;
    mod versions;
}

mod queues {
    mod batch;
    mod bus;
    mod notifications;
    mod send;
}
