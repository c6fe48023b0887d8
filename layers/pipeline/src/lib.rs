//! One attempt of one stage, and what operators do: claim, work, publish, next.
