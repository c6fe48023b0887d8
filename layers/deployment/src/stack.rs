use crate::DeploymentError;
use aws::{CallError, SdkConfig};
use aws_sdk_cloudformation::Client;
use std::collections::BTreeMap;

/// The outputs of a stack by their names.
///
/// # Errors
/// [`DeploymentError::UnknownStack`], or when CloudFormation does not answer or refuses.
pub async fn outputs(sdk: &SdkConfig, stack: &str) -> Result<BTreeMap<String, String>, DeploymentError> {
    let answer = Client::new(sdk).describe_stacks().stack_name(stack).send().await;
    let answer = answer.map_err(|error| failure(stack, error.into()))?;
    let outputs = answer.stacks.unwrap_or_default().into_iter().flat_map(|found| found.outputs.unwrap_or_default());
    Ok(outputs.filter_map(|output| output.output_key.zip(output.output_value)).collect())
}

fn failure(stack: &str, error: CallError) -> DeploymentError {
    match error {
        // CloudFormation has no error code of its own for this.
        CallError::Refused { refusal, .. } if refusal.message.contains("does not exist") => {
            DeploymentError::UnknownStack { name: stack.to_owned() }
        }
        error => DeploymentError::of("read the outputs of the stack", error),
    }
}
