import type { Mutant } from './mutants.ts'

const policies = ['test/security/policy.test.ts', 'test/security/tokens.test.ts']
const audit = ['test/security/audit-runtime.test.ts', 'test/security/audit-tampering.test.ts']

const permissions = 'src/runtime/permissions.ts'

export const securityMutants: readonly Mutant[] = [
  {
    name: 'those on whose behalf one acts are not asked',
    file: 'src/security/access.ts',
    from: 'for (const principal of by.within) {',
    to: 'for (const principal of by.within.slice(1)) {',
    tests: policies,
  },
  {
    name: 'a recovered task has forgotten on whose behalf it acts',
    file: 'src/actors/recovery/recovery.ts',
    from: 'within: accepted.within ?? nobody',
    to: 'within: nobody',
    tests: policies,
  },
  {
    name: 'a policy that throws allows',
    file: 'src/security/access.ts',
    from: 'return { allowed: false, rule: `the policy failed',
    to: 'return { allowed: true, rule: `the policy failed',
    tests: policies,
  },
  {
    name: 'a token without an end is taken',
    file: 'src/security/tokens.ts',
    from: '  exp: z.number(),\n',
    to: '  exp: z.number().default(1e12),\n',
    tests: policies,
  },
  {
    name: 'an expired face still reads',
    file: 'src/security/access.ts',
    from: 'return !this.hasExpired(by) && this.#decide',
    to: 'return this.#decide',
    tests: policies,
  },
  {
    name: 'hidden tasks can be waited for',
    file: permissions,
    from: 'if (hidden.length > 0) throw unknownDependencies(hidden)',
    to: '',
    tests: policies,
  },
  {
    name: 'a face of a face asks nobody',
    file: permissions,
    from: "if (to.id !== by.principal.id && !this.isOpen) this.authorise(by, 'delegate', principalResource(to))",
    to: '',
    tests: policies,
  },
  {
    name: 'what is held by a principal is not looked at',
    file: 'src/scheduling/quota-book.ts',
    from: 'if (limit !== undefined && taken + amount > limit + slackOf(limit))',
    to: 'if (limit !== undefined && amount > limit + slackOf(limit))',
    tests: ['test/security/quotas.test.ts'],
  },
  {
    name: 'what was spent today is forgotten with the process',
    file: 'src/actors/supervisor.ts',
    from: 'for (const [resource, amount] of amounts) quotas.spend(principal, resource, amount, now)',
    to: '',
    tests: ['test/security/quotas.test.ts'],
  },
  {
    name: 'an operator action does not wait for its entry',
    file: permissions,
    from: 'if (this.#parts.auditor === null || this.#isClosed) return perform()',
    to: 'if (this.#parts.auditor !== null || this.#isClosed) return perform()',
    tests: audit,
  },
  {
    name: 'the audit log is written in a transaction of its own',
    file: 'src/store/sqlite/sqlite-file.ts',
    from: "      if (audit) this.audit.write(audit)\n      database.exec('COMMIT')\n",
    to: "      database.exec('COMMIT')\n      if (audit) this.audit.write(audit)\n",
    tests: audit,
  },
  {
    name: 'entries are not chained',
    file: 'src/security/audit/audit-chain.ts',
    from: '      prev: this.#head,\n',
    to: '      prev: firstPrev,\n',
    tests: audit,
  },
  {
    name: 'the hash of an entry is not looked at',
    file: 'src/security/audit/verify-log.ts',
    from: 'if (prev !== this.#prev)',
    to: 'if (prev.length !== this.#prev.length)',
    tests: audit,
  },
  {
    name: 'any signature will do',
    file: 'src/security/audit/checkpoint.ts',
    from: 'return verify(null, Buffer.from(text), publicKey, bytes.subarray(keyIdBytes))',
    to: 'return true',
    tests: audit,
  },
  {
    name: 'a sealed value opens anywhere',
    file: 'src/security/keyring.ts',
    from: "return JSON.stringify(['taskwright', 1, keyId, taskId, field])",
    to: "return JSON.stringify(['taskwright', 1, keyId])",
    tests: ['test/security/encryption.test.ts'],
  },
  {
    name: 'answers are written down as they are',
    file: 'src/model/stored-values.ts',
    from: 'value: of(answer.value, ',
    to: 'value: (<Value>(value: Value, _place: string) => value)(answer.value, ',
    tests: ['test/security/encryption.test.ts'],
  },
  {
    name: 'reasons that come from outside are not scrubbed',
    file: 'src/actors/task-actor.ts',
    from: "if ('failure' in event) return { ...event, failure: this.secrets.failure(event.failure) }",
    to: '',
    tests: ['test/security/secrets.test.ts'],
  },
  {
    name: 'log lines are not scrubbed',
    file: 'src/actors/scrubbed-happening.ts',
    from: 'message: secrets.text(happening.message), data: secrets.record(happening.data)',
    to: 'message: happening.message, data: happening.data',
    tests: ['test/security/secrets.test.ts'],
  },
  {
    name: 'an input is measured after its schema has read it',
    file: 'src/runtime/door.ts',
    from: '    this.#assertLimits(definition, input, options, by)\n',
    to: '',
    tests: ['test/security/limits.test.ts'],
  },
]
