import type { CommentStyle } from './languages.ts'
import { lineCounter } from './line-counter.ts'

/** A file as its tokens: a hash of each, and the line it stands on, from 1. */
export interface Tokens {
  readonly hashes: Uint32Array
  readonly lines: Uint32Array
}

/**
 * Words, numbers, strings on one line, and single marks; blanks and comments fall away. One rule for all languages
 * finds the same tokens in the same text, which is all that comparing needs (as CPD's "any language" lexer does).
 */
const token = String.raw`[\p{L}_$][\p{L}\p{N}_$]*|\d[\w.]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^\s]`
const comments: Readonly<Record<CommentStyle, string>> = {
  slash: String.raw`//[^\n]*|/\*[\s\S]*?(?:\*/|$)|`,
  hash: String.raw`#[^\n]*|`,
  dash: String.raw`--[^\n]*|`,
  none: '',
}

/** FNV-1a over UTF-16 code units, 32 bits. Source: G. Fowler, L. C. Noll, K.-P. Vo. */
function hashOf(text: string, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

function isComment(text: string, at: number, style: CommentStyle): boolean {
  switch (style) {
    case 'slash':
      return text.startsWith('//', at) || text.startsWith('/*', at)
    case 'hash':
      return text.startsWith('#', at)
    case 'dash':
      return text.startsWith('--', at)
    case 'none':
      return false
  }
}

/** Cuts a text into tokens. */
export function tokenize(text: string, style: CommentStyle): Tokens {
  const pattern = new RegExp(comments[style] + token, 'gu')
  const hashes: number[] = []
  const lines: number[] = []
  const lineAt = lineCounter(text)
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (isComment(text, match.index, style)) continue
    hashes.push(hashOf(text, match.index, pattern.lastIndex))
    lines.push(lineAt(match.index).line)
  }
  return { hashes: Uint32Array.from(hashes), lines: Uint32Array.from(lines) }
}
