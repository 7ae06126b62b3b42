/** One case: a value as somebody may log it, what must not be left of it, and what must. */
export interface RedactionCase {
  readonly what: string
  readonly value: unknown
  readonly hidden: readonly string[]
  readonly kept: readonly string[]
}

const jwt = ['eyJhbGciOiJFZERTQSJ9', 'eyJzdWIiOiJhZGEifQ', 'c2lnbmF0dXJlLWJ5dGVz'].join('.')
const pem = ['-----BEGIN PRIVATE', ' KEY-----\nMC4CAQAwBQYDK2Vw\nBCIEIJ+DYvh6\n-----END PRIVATE', ' KEY-----'].join('')
// Put together here, so that no scanner takes this file for a leak.
const github = `gh${'p'}_${'a1B2'.repeat(9)}`
const amazon = `AK${'IA'}IOSFODNN7EXAMPLE`
const openai = `s${'k'}-proj-${'x7Y'.repeat(8)}`
const slack = `xo${'xb'}-123456789012-abcdefGHIJKL`
const stripe = `s${'k'}_live_${'9aZ'.repeat(8)}`

function failing(): unknown {
  const error = new Error('login failed: password=hunter22', {
    cause: new Error(`the server said ${jwt}`, { cause: { apiKey: 'deep-cause-key' } }),
  })
  return Object.assign(error, { config: { headers: { Authorization: 'Bearer from-the-config' } }, code: 'EAUTH' })
}

function circular(): unknown {
  const node: Record<string, unknown> = { name: 'loop', secret: 'circular-secret' }
  node['self'] = node
  return node
}

function deep(levels: number, inner: unknown): unknown {
  let value = inner
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? { level: value } : [value]
  return value
}

export const corpus: readonly RedactionCase[] = [
  // The six places where redaction by path leaks.
  { what: 'any depth', value: deep(20, { password: 'deep-secret' }), hidden: ['deep-secret'], kept: [] },
  { what: 'a message', value: 'connect with password=hunter22 failed', hidden: ['hunter22'], kept: ['failed'] },
  {
    what: 'an error and its causes',
    value: failing(),
    hidden: ['hunter22', jwt, 'deep-cause-key', 'from-the-config'],
    kept: ['EAUTH', 'login failed'],
  },
  {
    what: 'a URL',
    value: 'GET https://ada:pa55@host/x?access_token=tok123&page=2',
    hidden: ['pa55', 'tok123'],
    kept: ['host', 'page=2'],
  },
  {
    what: 'JSON in a string',
    value: { body: JSON.stringify({ user: 'ada', client_secret: 'cs-1' }) },
    hidden: ['cs-1'],
    kept: ['ada'],
  },
  {
    what: 'other spellings of a name',
    value: { 'X-Api-Key': 'k1-value', dbPassword: 'k2-value', ACCESS_TOKEN: 'k3-value' },
    hidden: ['k1-value', 'k2-value', 'k3-value'],
    kept: ['X-Api-Key'],
  },
  // Names and places.
  {
    what: 'a map',
    value: new Map([
      ['token', 'map-secret'],
      ['city', 'Ghent'],
    ]),
    hidden: ['map-secret'],
    kept: ['Ghent'],
  },
  { what: 'a set of lines', value: new Set(['token=set-secret']), hidden: ['set-secret'], kept: [] },
  {
    what: 'headers',
    value: new Headers({ authorization: 'Bearer head-secret', accept: 'text/html' }),
    hidden: ['head-secret'],
    kept: ['text/html'],
  },
  {
    what: 'raw headers',
    value: ['Host', 'h.test', 'Authorization', 'Token raw-secret'],
    hidden: ['raw-secret'],
    kept: ['h.test'],
  },
  {
    what: 'pairs',
    value: [
      ['cookie', 'pair-secret'],
      ['host', 'h.test'],
    ],
    hidden: ['pair-secret'],
    kept: ['h.test'],
  },
  {
    what: 'named values',
    value: {
      headers: [
        { name: 'Authorization', value: 'har-secret' },
        { name: 'Host', value: 'h.test' },
      ],
    },
    hidden: ['har-secret'],
    kept: ['h.test'],
  },
  {
    what: 'a command line',
    value: ['deploy', '--token', 'cli-secret', '--verbose'],
    hidden: ['cli-secret'],
    kept: ['deploy', '--verbose'],
  },
  {
    what: 'a command line as text',
    value: 'deploy --api-key cli-secret --verbose',
    hidden: ['cli-secret'],
    kept: ['--verbose'],
  },
  { what: 'a secret object', value: { credentials: { user: 'ada', pin: 4711 } }, hidden: ['4711'], kept: [] },
  { what: 'a number under a name', value: { otp: 123456 }, hidden: ['123456'], kept: [] },
  { what: 'a loop', value: circular(), hidden: ['circular-secret'], kept: ['loop'] },
  {
    what: 'an instance of a class',
    value: new (class Client {
      readonly host = 'h.test'
      readonly apiKey = 'class-secret'
    })(),
    hidden: ['class-secret'],
    kept: ['h.test'],
  },
  { what: 'a secret as a key', value: { [github]: 1 }, hidden: [github], kept: [] },
  {
    what: 'an aggregate of errors',
    value: new AggregateError([new Error('token=agg-secret')], 'all failed'),
    hidden: ['agg-secret'],
    kept: ['all failed'],
  },
  {
    what: 'bytes',
    value: { body: Buffer.from('password=bytes-secret') },
    hidden: ['bytes-secret', Buffer.from('bytes-secret').toString('base64').slice(0, 10)],
    kept: ['bytes'],
  },
  {
    what: 'JSON in JSON in a string',
    value: JSON.stringify({ log: JSON.stringify({ password: 'twice-secret' }) }),
    hidden: ['twice-secret'],
    kept: [],
  },
  {
    what: 'JSON in the middle of a text',
    value: `got {"user":"ada","password":"mid\\"dle"} back`,
    hidden: ['mid', 'dle'],
    kept: ['ada', 'back'],
  },
  {
    what: 'escaped JSON in a text',
    value: 'got "{\\"password\\":\\"esc-secret\\",\\"a\\":1}"',
    hidden: ['esc-secret'],
    kept: ['got'],
  },
  { what: 'cut JSON', value: '{"user":"ada","password":"cut-secre', hidden: ['cut-secre'], kept: ['ada'] },
  // Texts.
  {
    what: 'a header line',
    value: 'Authorization: Basic YWRhOmh1bnRlcg==\r\nHost: h.test',
    hidden: ['YWRhOmh1bnRlcg'],
    kept: ['h.test'],
  },
  { what: 'cookies', value: 'Set-Cookie: sid=c00kie; HttpOnly', hidden: ['c00kie'], kept: ['Set-Cookie'] },
  { what: 'a bearer', value: 'sent Bearer abc.def-ghi to h.test', hidden: ['abc.def-ghi'], kept: ['h.test'] },
  {
    what: 'an environment',
    value: 'PGPASSWORD=env-secret NODE_ENV=test',
    hidden: ['env-secret'],
    kept: ['NODE_ENV=test'],
  },
  { what: 'quoted', value: `curl -d "api_key='quoted secret'" h.test`, hidden: ['quoted secret'], kept: ['h.test'] },
  {
    what: 'a form',
    value: 'grant_type=password&client_secret=form-secret&scope=read',
    hidden: ['form-secret'],
    kept: ['scope=read'],
  },
  { what: 'YAML', value: 'db:\n  user: ada\n  password: yaml-secret\n', hidden: ['yaml-secret'], kept: ['ada'] },
  { what: 'a connection string', value: 'postgres://ada:p@ss@db.test:5432/x', hidden: ['p@ss'], kept: ['db.test'] },
  {
    what: 'a token as the user of a URL',
    value: 'https://some-token@git.test/x.git',
    hidden: ['some-token'],
    kept: ['git.test'],
  },
  {
    what: 'a value that holds a pair',
    value: 'url=https://h.test/?token=inner-secret',
    hidden: ['inner-secret'],
    kept: ['h.test'],
  },
  { what: 'a JWT', value: `id ${jwt}.`, hidden: [jwt, 'c2lnbmF0dXJl'], kept: ['id'] },
  { what: 'a private key', value: `key:\n${pem}\nend`, hidden: ['MC4CAQAwBQYDK2Vw'], kept: ['end'] },
  { what: 'a private key that was cut', value: pem.slice(0, 50), hidden: ['MC4CAQAwBQYDK2V'], kept: [] },
  {
    what: 'tokens by their shape',
    value: `${github} ${amazon} ${openai} ${slack} ${stripe}`,
    hidden: [github, amazon, openai, slack, stripe],
    kept: [],
  },
  // What is no secret stays.
  {
    what: 'counts of tokens',
    value: { tokens: 800, 'llm.tokens': 90, maxTokens: 5, message: 'tokens: 812 used' },
    hidden: [],
    kept: ['800', '90', '5', '812'],
  },
  {
    what: 'words that end alike',
    value: 'compass: north, bypass=no, monkey: yes, turkey=2',
    hidden: [],
    kept: ['north', 'bypass=no', 'yes', 'turkey=2'],
  },
  {
    what: 'prose',
    value: 'basic implementation; the token is required; key: 12; primaryKey=id',
    hidden: [],
    kept: ['implementation', 'required', 'key: 12', 'primaryKey=id'],
  },
  {
    what: 'whether there is one',
    value: { hasPassword: true, token: null, secret: '' },
    hidden: [],
    kept: ['true', 'null'],
  },
]
