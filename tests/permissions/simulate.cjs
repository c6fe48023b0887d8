// Evaluates calls against policies: reads one JSON object from the standard input and prints one.
//
// Input:  policies  by name, each a list of statements
//         cases     { principal, action, resource, account, context, identity: [names], resourcePolicy: name or null }
//         changes   { policy: name, statements } - the policies with one of them replaced
// Output: results   what the simulator says of each case
//         changed   for each change, the indices of the cases that it decides otherwise

'use strict'
const { createRequire } = require('node:module')
const { readFileSync } = require('node:fs')

// Where `npm ci` installed the simulator is the only argument.
const { runSimulation } = createRequire(`${process.argv[2]}/`)('@cloud-copilot/iam-simulate')

const document = (statements) => ({ Version: '2012-10-17', Statement: statements })

async function decide(test, policies) {
  const { principal, action, resource, account, context } = test
  const answer = await runSimulation(
    {
      request: { principal, action, resource: { resource, accountId: account }, contextVariables: context },
      identityPolicies: test.identity.map((name) => ({ name, policy: document(policies[name]) })),
      resourcePolicy: test.resourcePolicy ? document(policies[test.resourcePolicy]) : undefined,
      serviceControlPolicies: [],
      resourceControlPolicies: []
    },
    {}
  )
  if (answer.resultType === 'error') {
    throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors)}`)
  }
  return answer.overallResult
}

async function main() {
  const { policies, cases, changes } = JSON.parse(readFileSync(0, 'utf8'))
  const results = []
  for (const test of cases) {
    results.push(await decide(test, policies))
  }
  const changed = []
  for (const { policy, statements } of changes) {
    const others = { ...policies, [policy]: statements }
    const different = []
    for (const [index, test] of cases.entries()) {
      const concerns = test.identity.includes(policy) || test.resourcePolicy === policy
      if (concerns && (await decide(test, others)) !== results[index]) {
        different.push(index)
      }
    }
    changed.push(different)
  }
  process.stdout.write(JSON.stringify({ results, changed }))
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
