//! Random sequences of steps on a few scans by a few workers. After every sequence the rows are consistent, every
//! acknowledged result is kept, and every scan can still end.

mod invariants;
mod steps;

use crate::test_bench::Bench;
use invariants::{assert_invariants, drain};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use steps::{Leases, Step, step};

fn configuration() -> ProptestConfig {
    ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() }
}

fn run(life: impl Future<Output = ()>) -> TestCaseResult {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(life);
    Ok(())
}

/// One step after another, each checked by itself.
async fn alone(steps: Vec<Step>) {
    let bench = Bench::new().await;
    let leases = Leases::default();
    for step in steps {
        step.take_alone(&bench, &leases).await;
        assert_invariants(&bench).await;
    }
    drain(&bench).await;
}

/// Several workers at once. Only the final state is checked.
async fn together(lives: Vec<Vec<Step>>) {
    let bench = Bench::new().await;
    let leases = Leases::default();
    bench
        .at_once(lives.len(), |place, worker| {
            let (steps, leases) = (lives[place].clone(), leases.clone());
            async move {
                for step in steps {
                    step.take(&worker, &leases).await;
                }
            }
        })
        .await;
    assert_invariants(&bench).await;
    drain(&bench).await;
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn one_after_another(steps in vec(step(), 80)) {
        run(alone(steps))?;
    }

    #[test]
    fn all_at_once(lives in vec(vec(step(), 60), 4)) {
        run(together(lives))?;
    }
}
