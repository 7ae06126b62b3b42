/** Words that end the name of a secret, or of a thing that holds one. */
const lastWords = new Set([
  'authorization',
  'authorisation',
  'cookie',
  'cookies',
  'credential',
  'credentials',
  'cvc',
  'cvv',
  'jwt',
  'otp',
  'pass',
  'passcode',
  'passphrase',
  'passwd',
  'password',
  'passwords',
  'pwd',
  'secret',
  'secrets',
  'ssn',
  'token',
])

/** Kinds of keys that are secret; `primary key` and `foreign key` are not. */
const keyWords = new Set(['access', 'api', 'auth', 'encryption', 'master', 'private', 'secret', 'shared', 'signing'])

/** Names in one piece, as in `apikey` and `PGPASSWORD`. */
const lastPiece =
  /(?:password|passwd|passphrase|passcode|secret|apikey|accesskey|privatekey|authtoken|sessionid|accesstoken)$/

const longestName = 200

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
}

function sounds(name: string): boolean {
  const words = wordsOf(name)
  const last = words.at(-1)
  if (last === undefined) return false
  if (words.includes('secret') || words.includes('credential') || words.includes('credentials')) return true
  if (lastWords.has(last) || lastPiece.test(last)) return true
  const before = words.at(-2) ?? ''
  return ((last === 'key' || last === 'keys') && keyWords.has(before)) || (last === 'id' && before === 'session')
}

const judged = new Map<string, boolean>()

/** Whether what a name stands for is a secret, by the sound of it: `apiKey`, `X-Auth-Token`, `db_password`. */
export function isSecretKey(name: string): boolean {
  if (name.length > longestName) return false
  let isSecret = judged.get(name)
  if (isSecret === undefined) {
    isSecret = sounds(name)
    // Names are few, and those of an attacker must not fill the memory.
    if (judged.size >= 10_000) judged.clear()
    judged.set(name, isSecret)
  }
  return isSecret
}
