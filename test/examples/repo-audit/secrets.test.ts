import { describe, expect, test } from 'vitest'
import { findSecrets } from '../../../examples/repo-audit/secrets.ts'
import { named } from './scratch-folder.ts'

// Put together here, so that no scanner takes this file itself for a leak.
const planted = {
  github: `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`,
  gitlab: `glpat-${'Zk3mQ9xYv7LpR2tWsB5n'}`,
  awsId: `AKIA${'Q3EGRIBGVWZ4LMNP'}`,
  awsSecret: `${'wJalrXUtnFEMIqK7MDENG'}bPxRfiCYzT4uVw9LmQs`,
  slack: `xoxb-${'123456789012-1234567890123'}-AbCdEfGhIjKlMnOpQrStUvWx`,
  stripe: `sk_live_${'4eC39HqLyjWDarjtT1zdp7dc'}`,
  google: `AIza${'SyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe'}`,
  npm: `npm_${'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5'}`,
  jwt: `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI4ODQyIiwibmFtZSI6IkpvIn0.${'SflKxwRJSMeKKF2QT4fwpMeJf36POk6y'}`,
  key: `-----BEGIN RSA PRIVATE ${'KEY'}-----\nMIIEowIBAAKCAQEAz7Q1LmXk9vB2nTqRsW8yHcPdJf5uGaEoAAAAAAAAAABAAE\nq2LmZ9vXw4RtY7uuPak8JbnTqRsW8yHcPdJf5uGaEo9vB2\nZ3mQ9xYv7LpR2tWsB5nKj4Hg8Fd6Sa1PoIuYtRe\n-----END RSA PRIVATE KEY-----`,
  password: `Tr0ub4dor${'9xQ'}`,
}

const rulesIn = async (text: string, name = 'a.ts') => (await findSecrets(named(name), text)).map(({ rule }) => rule)

describe('what is found', () => {
  test.each([
    ['GitHub token', `const t = '${planted.github}'`],
    ['GitLab access token', `url: ${planted.gitlab}`],
    ['AWS access key id', `id = "${planted.awsId}"`],
    ['AWS secret access key', `aws_secret_access_key = ${planted.awsSecret}`],
    ['Slack token', `slack("${planted.slack}")`],
    ['Stripe live key', `new Stripe('${planted.stripe}')`],
    ['Google API key', `maps?v=${planted.google}`],
    ['npm access token', `//registry/:_authToken=${planted.npm}`],
    ['JSON Web Token', `Authorization: Bearer ${planted.jwt}`],
    ['private key', planted.key],
    ['password in a URL', `fetch('https://deploy:${planted.password}@host.corp/api')`],
    ['password in a database address', `postgres://app:${planted.password}@db.corp:5432/prod`],
    ['value of a secret by its name', `const apiToken = 'k8Jq2LmZ9vXw4RtY7uPa'`],
    ['value of a secret by its name', 'DB_PASSWORD=k8Jq2LmZ9vXw4RtY7uPa'],
    ['value of a secret by its name', `"clientSecret": "k8Jq2LmZ9vXw4RtY7uPa",`],
  ])('%s', async (rule, text) => {
    expect(await rulesIn(`// first line\n${text}\n`)).toEqual([rule])
  })
})

describe('what is left alone', () => {
  test.each([
    ['AWS’s documented example', `id = "AKIA${'IOSFODNN7'}EXAMPLE"`],
    ['a stand-in of one letter', `const t = 'ghp_${'a'.repeat(36)}'`],
    ['a stand-in', `const t = 'ghp_${'x'.repeat(36)}'`],
    ['a template', 'const url = `https://' + '$' + '{user}:' + '$' + '{password}@host.corp`'],
    ['a documented address', 'postgres://user:password@localhost:5432/db'],
    ['a local default', 'postgres://postgres:postgres@localhost:5432/db'],
    ['a variable', 'const token = process.env.GITHUB_TOKEN_FOR_DEPLOYS1'],
    ['a call', 'const token = createAccessToken1(user)'],
    ['a word', `const passwordField = 'current-password'`],
    ['a path', `const tokenFile = './secrets/token2.json'`],
    ['an address', `const tokenUrl = 'https://auth.corp/oauth2/token'`],
    ['a sentence', `const message = "the password must have 12 characters or more"`],
    ['a hash under another name', `const integrity = 'sha512-k8Jq2LmZ9vXw4RtY7uPa'`],
    ['a made-up value', `const apiKey = 'your-api-key-goes-here-123'`],
    ['a type', 'interface Options { readonly accessToken: string | undefined }'],
    ['a number', 'const maxTokens = 128000000000000'],
    ['a test key', `const k = 'sk_test_${'4eC39HqLyjWDarjtT1zdp7dc'}'`],
  ])('%s', async (_what, text) => {
    expect(await rulesIn(text)).toEqual([])
  })
})

test('a secret is told by place and length, and nothing of it is kept', async () => {
  const text = `line one\n  const t = '${planted.github}'\nconst u = '${planted.stripe}'\n`
  const secrets = await findSecrets(named('src/a.ts'), text)
  expect(secrets).toEqual([
    { file: 'src/a.ts', line: 2, column: 14, rule: 'GitHub token', certainty: 'known form', characters: 40 },
    { file: 'src/a.ts', line: 3, column: 12, rule: 'Stripe live key', certainty: 'known form', characters: 32 },
  ])
  for (const secret of [planted.github, planted.stripe]) {
    for (let at = 0; at + 6 <= secret.length; at += 1) {
      expect(JSON.stringify(secrets)).not.toContain(secret.slice(at, at + 6))
    }
  }
})

test('a secret that several rules know is told once, as what is known surest', async () => {
  expect(await rulesIn(`const githubToken = '${planted.github}'`)).toEqual(['GitHub token'])
})
