//! Messages, batches and events: all the SQS and EventBridge.
