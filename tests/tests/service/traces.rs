//! X-Ray's trace of an upload, from message to message.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::types::MessageSystemAttributeName;
use domain::Status;
use tests::world::{Queue, Volume, World};

/// The header of a traced upload.
const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// S3 puts the header of an upload into its notification.
async fn put_with_trace(world: &World, volume: &Volume) {
    let body = ByteStream::from_path(volume.path()).await.unwrap();
    let call = world.resources.s3.put_object().bucket(&world.resources.uploads).key(&volume.key).body(body);
    let traced = call.customize().mutate_request(|request| {
        request.headers_mut().insert("x-amzn-trace-id", TRACE);
    });
    traced.send().await.unwrap();
}

/// Intake, compress and scan have passed it on when the message for split carries it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trace_of_an_upload_reaches_the_last_function() {
    let (world, volume) = (World::new().await, Volume::small());
    put_with_trace(&world, &volume).await;
    let _running = [Queue::Uploads, Queue::Compress, Queue::Scan].map(|queue| world.start_one(queue));
    world.wait(&volume.key, |scan| scan.status == Status::Scanned).await;
    let call = world.resources.sqs.receive_message().queue_url(world.resources.url(Queue::Split)).wait_time_seconds(20);
    let call = call.message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader);
    let messages = call.send().await.unwrap().messages.unwrap();
    let header = messages[0].attributes().unwrap().get(&MessageSystemAttributeName::AwsTraceHeader);
    // The lineage is that of the last invocation.
    let header = header.and_then(|header| header.strip_suffix(";Lineage=1:a87bd80c:1"));
    assert_eq!(header, Some(TRACE), "{messages:?}\n{}", world.log());
}
