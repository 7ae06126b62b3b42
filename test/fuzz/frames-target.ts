import { encodeFrame, FrameReader } from '../../src/isolation/frames.ts'
import { parseJson } from '../../src/isolation/json-text.ts'
import { guestMessageSchema } from '../../src/isolation/messages.ts'

const said = [
  { type: 'step', id: 1, name: 'first', hasUndo: true, hasUndoInDoubt: false },
  { type: 'progress', fraction: 0.5, message: 'half' },
  { type: 'used', usage: { slots: 1 } },
  { type: 'log', level: 'info', message: 'said', data: { a: [1, null] } },
  { type: 'failed', message: 'no', permanent: true },
  { type: 'done', value: { deep: [1, null, { a: 'x' }] } },
]

/** What a sandbox says: bytes in frames, cut anywhere, with JSON in them. One character is one byte. */
export const framesTarget = {
  name: 'frames',
  seeds: () =>
    Promise.resolve([Buffer.concat(said.map((message) => encodeFrame(JSON.stringify(message)))).toString('latin1')]),
  read(text: string): void {
    const reader = new FrameReader(64 * 1024)
    const bytes = Buffer.from(text, 'latin1')
    try {
      for (let at = 0; at < bytes.length; at += 7)
        for (const frame of reader.read(bytes.subarray(at, at + 7))) guestMessageSchema.safeParse(parseJson(frame))
    } catch (thrown) {
      // A refusal says what is wrong; these say that nobody thought of it.
      if (!(thrown instanceof Error) || thrown instanceof TypeError || thrown instanceof RangeError) throw thrown
    }
    if (Reflect.get({}, 'polluted') !== undefined) throw new Error('a prototype was polluted')
  },
}
