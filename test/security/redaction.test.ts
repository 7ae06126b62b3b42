import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redact } from '../../src/security/redaction.ts'
import { redactText } from '../../src/security/secret-text.ts'
import { SecretValues } from '../../src/security/secret-values.ts'
import { corpus } from './redaction-corpus.ts'

describe('redaction', () => {
  for (const { what, value, hidden, kept } of corpus) {
    test(what, () => {
      const shown = JSON.stringify(redact(value))
      for (const secret of hidden) {
        expect(shown).not.toContain(secret)
        expect(shown).not.toContain(JSON.stringify(secret).slice(1, -1))
      }
      for (const word of kept) expect(shown).toContain(JSON.stringify(word).slice(1, -1))
    })
  }

  test('wherever a case is put, nothing of it shows', () => {
    const wrap: fc.Arbitrary<(value: unknown) => unknown> = fc.constantFrom(
      (value: unknown) => ({ inner: value }),
      (value: unknown) => [1, value],
      (value: unknown) => new Map([['k', value]]),
      (value: unknown) => new Error('wrapped', { cause: value }),
      (value: unknown) => JSON.stringify(redactable(value)),
      (value: unknown) => ({ text: `before ${typeof value === 'string' ? value : JSON.stringify(redactable(value))}` }),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...corpus.filter(({ what }) => what !== 'a loop' && what !== 'bytes')),
        fc.array(wrap, { maxLength: 3 }),
        ({ value, hidden }, wraps) => {
          const wrapped = wraps.reduce((inner, around) => around(inner), value)
          const shown = JSON.stringify(redact(wrapped))
          for (const secret of hidden) expect(shown).not.toContain(secret)
        },
      ),
      { numRuns: 2_000, seed: 11 },
    )
  })

  test('never throws, and gives plain data', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withMap: true, withSet: true, withDate: true }), (value) => {
        JSON.stringify(redact(value))
      }),
      { seed: 12 },
    )
    const hostile = {
      get trap() {
        throw new Error('password=in-a-getter')
      },
    }
    expect(JSON.stringify(redact(hostile))).not.toContain('in-a-getter')
  })

  test('redacting twice changes nothing more', () => {
    for (const { value } of corpus) {
      const once = redact(value)
      expect(redact(once)).toEqual(once)
    }
  })

  test('JSON in a text that is nested beyond measure is looked at as text', () => {
    const deep = `${'{"a":'.repeat(20_000)}{"password":"deep-secret"}${'}'.repeat(20_000)}`
    expect(JSON.stringify(redact(deep))).not.toContain('deep-secret')
  })

  test('a hostile text costs in proportion to its length', () => {
    const units = [
      '://a:',
      'password=',
      '-----BEGIN PRIVATE KEY-----',
      'eyJaaaaa.',
      'basic aaaaaaa',
      'token:"\\',
      'bearer ',
      'token:\\"',
      '\\',
      'a.',
      '--token ',
      'cookie:',
    ]
    for (const unit of units) {
      const text = unit.repeat(Math.ceil(1_000_000 / unit.length))
      const startedAt = performance.now()
      redactText(text)
      // Some 50 ms; what grows with the square of the length would take minutes.
      expect(performance.now() - startedAt).toBeLessThan(2_000)
    }
  })
})

/** As JSON can hold it. */
function redactable(value: unknown): unknown {
  if (value instanceof Map || value instanceof Headers) return Object.fromEntries(value.entries())
  if (value instanceof Set) return [...value]
  if (value instanceof Error) return { message: value.message }
  return value
}

describe('known values', () => {
  test('are hidden in every form', () => {
    const values = new SecretValues()
    const secret = 'p@ss "word" ü/1'
    values.add(secret)
    const forms = [
      secret,
      JSON.stringify({ x: secret }),
      JSON.stringify(JSON.stringify({ x: secret })),
      encodeURIComponent(secret),
      new URLSearchParams({ q: 'p@ss' }).toString() && encodeURIComponent(secret).replaceAll('%20', '+'),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret).toString('hex'),
    ]
    for (const form of forms) {
      const shown = values.hide(`before ${form} after`)
      expect(shown).toMatch(/^before .*\[redacted\].* after$/)
      expect(shown).not.toContain('word')
    }
  })

  test('a value that is a part of another does not uncover it', () => {
    const values = new SecretValues()
    values.add('open')
    values.add('open-sesame')
    expect(values.hide('say open-sesame')).toBe('say [redacted]')
  })
})
