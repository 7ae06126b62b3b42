import { createHash } from 'node:crypto'

// Source: RFC 9162 (Certificate Transparency 2.0), sections 2.1.1 to 2.1.3.

/** The hash of one entry. */
export function leafHash(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(data).digest()
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest()
}

/** The root of a tree without leaves. */
const emptyRoot = createHash('sha256').digest()

/** A tree that grows at its right edge: what is kept are the roots of its complete subtrees, the largest first. */
export class MerkleFrontier {
  #size = 0
  #roots: Buffer[] = []

  get size(): number {
    return this.#size
  }

  get roots(): readonly Buffer[] {
    return this.#roots
  }

  restore(size: number, roots: readonly Buffer[]): void {
    this.#size = size
    this.#roots = [...roots]
  }

  add(leaf: Buffer): void {
    let node = leaf
    // As in binary addition: each one-bit of the size is a complete subtree.
    for (let bits = this.#size; bits % 2 === 1; bits = Math.floor(bits / 2)) {
      const left = this.#roots.pop()
      if (left) node = nodeHash(left, node)
    }
    this.#roots.push(node)
    this.#size += 1
  }

  root(): Buffer {
    const [last, ...larger] = this.#roots.toReversed()
    if (!last) return emptyRoot
    return larger.reduce((right, left) => nodeHash(left, right), last)
  }
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  const frontier = new MerkleFrontier()
  for (const leaf of leaves) frontier.add(leaf)
  return frontier.root()
}

/** The largest power of two that is smaller than `size`. */
function splitOf(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1)
}

/** The hashes by which a leaf (from 0) and the root of all leaves are proven to belong together, the lowest first. */
export function inclusionProof(leaves: readonly Buffer[], index: number): Buffer[] {
  const path: Buffer[] = []
  let from = 0
  let to = leaves.length
  while (to - from > 1) {
    const middle = from + splitOf(to - from)
    if (index < middle) {
      path.push(rootOf(leaves.slice(middle, to)))
      to = middle
    } else {
      path.push(rootOf(leaves.slice(from, middle)))
      from = middle
    }
  }
  return path.reverse()
}

/** The root that a proof leads to; `null` if it cannot be one for that place in a tree of that size. */
export function rootByProof(leaf: Buffer, index: number, size: number, proof: readonly Buffer[]): Buffer | null {
  if (index < 0 || index >= size) return null
  let node = leaf
  let place = index
  let last = size - 1
  for (const sibling of proof) {
    if (last === 0) return null
    if (place % 2 === 1 || place === last) {
      node = nodeHash(sibling, node)
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2)
        last = Math.floor(last / 2)
      }
    } else node = nodeHash(node, sibling)
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? node : null
}
