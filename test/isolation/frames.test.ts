import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeFrame, FrameReader } from '../../src/isolation/frames.ts'
import { parseJson } from '../../src/isolation/json-text.ts'
import { guestMessageSchema } from '../../src/isolation/messages.ts'

const cap = 1_000

/** Bytes cut at any places. */
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 })

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const length = lengths[index % lengths.length] ?? 1
    parts.push(bytes.subarray(at, at + length))
    at += length
  }
  return parts
}

describe('frames', () => {
  test('texts come out as they went in, however the bytes are cut', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }))
    fc.assert(
      fc.property(texts, cuts, (sent, lengths) => {
        const reader = new FrameReader(cap)
        const bytes = Buffer.concat(sent.map(encodeFrame))
        expect(cut(bytes, lengths).flatMap((part) => [...reader.read(part)])).toEqual(sent)
        expect(reader.isInside).toBe(false)
      }),
    )
  })

  test('garbage gives texts under the cap or an error, and never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), cuts, (garbage, lengths) => {
        const reader = new FrameReader(cap)
        try {
          for (const part of cut(Buffer.from(garbage), lengths))
            for (const text of reader.read(part)) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(cap)
        } catch (thrown) {
          expect(String(thrown)).toMatch(/empty frame|over the limit|no UTF-8/)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('a length over the cap is refused before anything is kept for it', () => {
    const reader = new FrameReader(cap)
    expect(() => [...reader.read(Buffer.from([255, 255, 255, 255]))]).toThrow('over the limit of 1000')
    expect(() => [...new FrameReader(cap).read(Buffer.from([0, 0, 0, 0]))]).toThrow('an empty frame')
    expect(() => [...new FrameReader(cap).read(Buffer.from([0, 0, 0, 1, 255]))]).toThrow('no UTF-8')
  })

  test('half a frame is known as half', () => {
    const reader = new FrameReader(cap)
    expect([...reader.read(encodeFrame('whole').subarray(0, 6))]).toEqual([])
    expect(reader.isInside).toBe(true)
  })
})

describe('messages', () => {
  test('JSON that sets prototypes, or is too deep, is refused; brackets inside of strings do not count', () => {
    for (const text of [
      '{"__proto__":{"a":1}}',
      '{"a":[{"__proto__":null}]}',
      '{"\\u005f_proto__":{"a":1}}',
      '{"constructor":{"prototype":{"a":1}}}',
    ])
      expect(() => parseJson(text)).toThrow('forbidden prototype')
    expect(() => parseJson('['.repeat(65) + ']'.repeat(65))).toThrow('deeper than 64')
    expect(() => parseJson('['.repeat(5_000_000))).toThrow('deeper than 64')
    expect(parseJson('['.repeat(64) + ']'.repeat(64))).toBeInstanceOf(Array)
    expect(parseJson(JSON.stringify({ a: '[[\\"'.repeat(100) }))).toEqual({ a: '[[\\"'.repeat(100) })
  })

  test.each([
    { type: 'done', value: 1, more: true },
    { type: 'unknown' },
    { type: 'heartbeat', id: 1 },
    { type: 'step', id: 0, name: 'x', hasUndo: false, hasUndoInDoubt: false },
    { type: 'step', id: 1, name: '', hasUndo: false, hasUndoInDoubt: false },
    { type: 'used', usage: { slots: -1 } },
    { type: 'progress', fraction: null, message: '' },
    { type: 'log', level: 'fatal', message: '', data: {} },
    { type: 'fetch', id: 1, url: 'http://a', request: { method: 'GET\r\nX: y' } },
    { type: 'fetch', id: 1, url: 'http://a', request: { headers: { 'x y': 'z' } } },
    [],
    null,
    'done',
  ])('%j is none', (message) => {
    expect(guestMessageSchema.safeParse(message).success).toBe(false)
  })

  test('any JSON is a message or refused, without an exception', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        try {
          guestMessageSchema.safeParse(parseJson(text))
        } catch (thrown) {
          expect(String(thrown)).toMatch(/forbidden prototype|deeper than/)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
