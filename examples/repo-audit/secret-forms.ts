/** A secret that is known by how it looks. The pattern starts with fixed text, so it is quick on any input. */
export interface SecretForm {
  readonly rule: string
  readonly pattern: RegExp
}

/** Forms that secretlint's recommended preset does not look for. */
export const furtherForms: readonly SecretForm[] = [
  { rule: 'AWS access key id', pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g },
  { rule: 'Google API key', pattern: /\bAIza[\w-]{35}(?![\w-])/g },
  { rule: 'GitLab access token', pattern: /\bglpat-[\w-]{20,60}(?![\w-])/g },
  { rule: 'Stripe live key', pattern: /\b[rs]k_live_[0-9A-Za-z]{20,120}\b/g },
  { rule: 'JSON Web Token', pattern: /\beyJ[\w-]{10,1000}\.eyJ[\w-]{10,2000}\.[\w-]{20,1000}/g },
]

/** What secretlint's messages are about, by their ids. Those not named here are no secrets, such as account ids. */
export const secretlintRules: Readonly<Record<string, string>> = {
  ANTHROPIC_API_KEY: 'Anthropic API key',
  AWSAccessKeyID: 'AWS access key id',
  AWSSecretAccessKey: 'AWS secret access key',
  BasicAuth: 'password in a URL',
  GITHUB_TOKEN: 'GitHub token',
  IncomingWebhook: 'Slack webhook',
  LINEAR_API_TOKEN: 'Linear API token',
  MongoDBConnection: 'password in a database address',
  MySQLConnection: 'password in a database address',
  NPM_ACCESS_TOKEN: 'npm access token',
  Npmrc_authToken: 'npm access token',
  OPENAI_TOKEN: 'OpenAI API key',
  OPS_TOKEN: '1Password token',
  PackageJSON_xOauthToken: 'GitHub token',
  PostgreSQLConnection: 'password in a database address',
  PrivateKey: 'private key',
  PrivateKeyJSON: 'Google service account key',
  SENDGRID_KEY: 'SendGrid API key',
  SHOPIFY_KEY: 'Shopify API key',
  SLACK_TOKEN: 'Slack token',
}

/** A value given to something whose name says that it is a secret: `apiToken: "…"`, `DB_PASSWORD=…`. */
export const assignment =
  /(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)[\w-]{0,40}["']?\s{0,3}(?::|=|=>)\s{0,3}(?:(["'`])([^"'`\s]{12,200})\1|([^\s"'`,;(){}]{12,200})(?=\s|$))/gi

const standIn = /example|placeholder|dummy|redacted|x{6}|\*{3}|\.{3}|…|<[^>]*>|\$\{|\$\(|\{\{|%[({]/i
/** Only in a short value: zeros repeat in the encoding of a real private key. */
const repeated = /(.)\1{7}/
const shortValue = 200
const countedOut = /x{4}|0123456789|abcdefgh/i
const madeUp = /change.?me|your|sample|insert|fake|mock|fixture|process\.|import\.|env\b|test|todo|none|null|undefined/i

/** Passwords that guard nothing: what documentation and local databases are full of. */
const commonWords: ReadonlySet<string> = new Set(
  'admin pass passwd password postgres root secret test user username guest mysql mongo pwd pw token'.split(' '),
)

/** Whether a value only shows where a secret would go. */
export function standsIn(value: string): boolean {
  return standIn.test(value) || (value.length < shortValue && repeated.test(value))
}

/** Whether the password in `scheme://user:password@host` only shows where one would go. */
export function standsInAddress(address: string): boolean {
  const [, user = '', password = ''] = /\/\/([^:@/]*):([^@]*)@/.exec(address) ?? []
  const plain = password.toLowerCase()
  return standIn.test(`${user}:${password}`) || commonWords.has(plain) || plain === user.toLowerCase()
}

/** Bits per character, by how often each occurs. Source: C. Shannon, 1948. */
function entropy(value: string): number {
  const counts = new Map<string, number>()
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1)
  return [...counts.values()].reduce(
    (bits, count) => bits - (count / value.length) * Math.log2(count / value.length),
    0,
  )
}

/** Whether a value that a name calls a secret looks like one: mixed, random, not a path, an address or a word. */
export function looksRandom(value: string): boolean {
  if (standsIn(value) || madeUp.test(value) || countedOut.test(value)) return false
  if (/^[./~]|:\/\/|^[\w.]+\($/.test(value)) return false
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false
  if (/^[a-z]+(?:[._-][a-z\d]{1,12})*$/.test(value)) return false
  return entropy(value) >= 3.5
}
