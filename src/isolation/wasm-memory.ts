import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const pageBytes = 0x1_0000
const preambleBytes = 8
const memorySection = 5

/** An unsigned number as WebAssembly writes it (LEB128). */
function readNumber(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0
  for (let shift = 0, next = at; ; shift += 7) {
    const byte = bytes[next] ?? 0
    next += 1
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return { value, next }
  }
}

function writeNumber(number: number): number[] {
  const bytes: number[] = []
  for (let rest = number; ; rest = Math.floor(rest / 0x80)) {
    if (rest < 0x80) return [...bytes, rest]
    bytes.push((rest % 0x80) + 0x80)
  }
}

/**
 * A module whose own memory cannot grow over `maxBytes`: its memory section is given a maximum, which the engine that
 * runs it enforces. Source: WebAssembly Core Specification 1.0, 5.5.8 Memory Section.
 */
function withMemoryCap(module: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [module.subarray(0, preambleBytes)]
  let at = preambleBytes
  while (at < module.length) {
    const { value: length, next: body } = readNumber(module, at + 1)
    if (module[at] === memorySection) {
      const count = readNumber(module, body)
      const pages = readNumber(module, count.next + 1)
      const capped = [1, 1, ...writeNumber(pages.value), ...writeNumber(Math.floor(maxBytes / pageBytes))]
      parts.push(Uint8Array.from([memorySection, ...writeNumber(capped.length), ...capped]))
    } else parts.push(module.subarray(at, body + length))
    at = body + length
  }
  return Buffer.concat(parts)
}

const engines = new Map<number, SharedArrayBuffer>()

/** The script engine with that much memory at most, for threads to share. */
export function cappedEngine(memoryMb: number): SharedArrayBuffer {
  const known = engines.get(memoryMb)
  if (known) return known
  const file = fileURLToPath(import.meta.resolve('quickjs-wasi/quickjs.wasm'))
  const module = withMemoryCap(readFileSync(file), memoryMb * 0x10_0000)
  const engine = new SharedArrayBuffer(module.length)
  new Uint8Array(engine).set(module)
  engines.set(memoryMb, engine)
  return engine
}
