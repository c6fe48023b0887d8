use proptest::prelude::*;

use super::*;

fn notified(event: &str, key: &str) -> String {
    serde_json::json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventName": event,
        "eventTime": "2026-11-20T09:00:00.000Z", "userIdentity": { "principalId": "A" },
        "s3": {
            "s3SchemaVersion": "1.0", "bucket": { "name": "uploads", "arn": "arn:aws:s3:::uploads" },
            "object": { "key": key, "size": 1, "eTag": "d41d", "versionId": "1", "sequencer": "0055" },
        },
    }]})
    .to_string()
}

fn key(encoded: &str) -> String {
    let uploads = upload_events(&notified("ObjectCreated:Put", encoded)).unwrap();
    assert_eq!(uploads.len(), 1);
    assert_eq!(uploads[0].bucket, "uploads");
    uploads[0].key.clone()
}

#[test]
fn a_key_is_decoded_once() {
    for (encoded, decoded) in [
        ("original_scans/U.S./1.pdf", "original_scans/U.S./1.pdf"),
        ("a+b", "a b"),
        ("a%20b", "a b"),
        ("a%2Bb", "a+b"),
        ("a%2520b", "a%20b"),
        ("a%252Bb", "a%2Bb"),
        ("a%25b", "a%b"),
        ("%C3%A4/%F0%90%80%80", "ä/\u{10000}"),
        ("%c3%a4", "ä"),
        ("ä", "ä"),
        ("a%0Ab", "a\nb"),
        ("100%", "100%"),
        ("a%zzb", "a%zzb"),
    ] {
        assert_eq!(key(encoded), decoded, "{encoded}");
    }
}

#[test]
fn a_key_that_is_not_utf8_is_an_error() {
    for encoded in ["%FF", "%C3", "a%C3%28", "%ED%A0%80"] {
        let error = upload_events(&notified("ObjectCreated:Put", encoded)).unwrap_err();
        assert_eq!((error.code().as_str(), error.is_transient()), ("queues.malformed", false));
    }
}

#[test]
fn only_new_objects_count() {
    for event in ["ObjectCreated:Put", "ObjectCreated:CompleteMultipartUpload", "s3:ObjectCreated:Copy"] {
        assert_eq!(upload_events(&notified(event, "a")).unwrap().len(), 1, "{event}");
    }
    for event in ["ObjectRemoved:Delete", "ObjectRestore:Post", "ReducedRedundancyLostObject", "ObjectCreatedNot"] {
        assert_eq!(upload_events(&notified(event, "a")).unwrap(), [], "{event}");
    }
}

#[test]
fn the_test_event_has_no_uploads() {
    let event = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-20T09:00:00.000Z","Bucket":"uploads",
        "RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE"}"#;
    assert_eq!(upload_events(event).unwrap(), []);
    assert_eq!(upload_events(r#"{"Records":[]}"#).unwrap(), []);
}

#[test]
fn what_is_no_notification_is_an_error() {
    for body in ["", "{}", "[]", "null", r#"{"Event":"other"}"#, r#"{"Records":[{}]}"#, r#"{"stage":"split","scan":1}"#]
    {
        assert_eq!(upload_events(body).unwrap_err().code(), "queues.malformed", "{body}");
    }
}

fn principal(identity: serde_json::Value) -> Option<String> {
    let mut event: serde_json::Value = serde_json::from_str(&notified("ObjectCreated:Put", "a")).unwrap();
    event["Records"][0]["userIdentity"] = identity;
    upload_events(&event.to_string()).unwrap().remove(0).principal
}

#[test]
fn an_event_names_the_identity_that_uploaded() {
    let endless = "\0\n".repeat(100_000);
    for name in ["AIDAJDPLRKLG7UEXAMPLE", "AWS:AROAEXAMPLE:ada@example.org", "Grüße\u{1b}[31m", "", &endless] {
        assert_eq!(principal(serde_json::json!({ "principalId": name })).as_deref(), Some(name));
    }
}

#[test]
fn an_event_may_name_nobody() {
    for identity in ["null", "{}", r#"{"principalId":null}"#] {
        assert_eq!(principal(serde_json::from_str(identity).unwrap()), None, "{identity}");
    }
    assert_eq!(upload_events(&notification("uploads", "a")).unwrap()[0].principal, None);
}

proptest! {
    #[test]
    fn no_body_panics(body in any::<String>()) {
        drop(upload_events(&body));
    }

    #[test]
    fn no_key_panics(encoded in "[%+0-9a-fA-F/é]{0,40}") {
        drop(upload_events(&notified("ObjectCreated:Put", &encoded)));
    }

    #[test]
    fn every_announced_key_is_read_as_it_was(key in any::<String>()) {
        let uploads = upload_events(&notification("a bucket", &key)).unwrap();
        prop_assert_eq!(uploads, [UploadEvent { bucket: "a bucket".to_owned(), key, principal: None }]);
    }
}
