import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inclusionProof, leafHash, MerkleFrontier, rootByProof } from '../../src/security/audit/merkle-tree.ts'

// Source: the test vectors of the reference implementation of Certificate Transparency.
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

function leavesOf(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => leafHash(`entry ${index}`))
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  const frontier = new MerkleFrontier()
  for (const leaf of leaves) frontier.add(leaf)
  return frontier.root()
}

test('the published roots', () => {
  const frontier = new MerkleFrontier()
  expect(frontier.root().toString('hex')).toBe(roots[0])
  for (const [index, input] of inputs.entries()) {
    frontier.add(leafHash(Buffer.from(input, 'hex')))
    expect(frontier.root().toString('hex')).toBe(roots[index + 1])
  }
})

test('every entry of every tree is proven, and at no other place, by no other leaf, in no other tree', () => {
  for (let size = 1; size <= 40; size += 1) {
    const leaves = leavesOf(size)
    const root = rootOf(leaves)
    for (const [index, leaf] of leaves.entries()) {
      const proof = inclusionProof(leaves, index)
      expect(rootByProof(leaf, index, size, proof)?.equals(root)).toBe(true)
      for (let other = 0; other < size; other += 1)
        if (other !== index) expect(rootByProof(leaf, other, size, proof)?.equals(root) ?? false).toBe(false)
      expect(rootByProof(leafHash('another'), index, size, proof)?.equals(root) ?? false).toBe(false)
      if (proof.length > 0) expect(rootByProof(leaf, index, size, proof.slice(1))?.equals(root) ?? false).toBe(false)
      expect(rootByProof(leaf, index, size, [...proof, leaf])?.equals(root) ?? false).toBe(false)
    }
  }
})

test('a frontier that was put down and taken up goes on as if it had not been', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(300), (before, after) => {
      const leaves = leavesOf(before + after)
      const first = new MerkleFrontier()
      for (const leaf of leaves.slice(0, before)) first.add(leaf)
      const second = new MerkleFrontier()
      second.restore(first.size, first.roots)
      for (const leaf of leaves.slice(before)) second.add(leaf)
      expect(second.root().equals(rootOf(leaves))).toBe(true)
    }),
    { seed: 5, numRuns: 50 },
  )
})
