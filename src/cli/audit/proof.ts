import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { describeThrown } from '../../model/errors.ts'
import { isSignedBy, readCheckpoint } from '../../security/audit/checkpoint.ts'
import { inclusionProof, leafHash, rootByProof } from '../../security/audit/merkle-tree.ts'

const proofSchema = z.object({
  size: z.int().min(1),
  /** Of the first `size` entries, in hex. */
  root: z.string().regex(/^[0-9a-f]{64}$/),
  checkpoint: z.string().nullable(),
  entries: z
    .array(z.object({ seq: z.int().min(1), line: z.string(), hashes: z.array(z.string().regex(/^[0-9a-f]{64}$/)) }))
    .min(1),
})

/** That entries are in a log of which only the root, or a checkpoint, is known. */
export type AuditProof = z.output<typeof proofSchema>

/** @param lines of the log, as many as the root covers @param seqs of the entries to prove */
export function proofOf(lines: readonly string[], seqs: readonly number[], checkpoint: string | null): AuditProof {
  const leaves = lines.map(leafHash)
  const entries = seqs.map((seq) => ({
    seq,
    line: lines[seq - 1] ?? '',
    hashes: inclusionProof(leaves, seq - 1).map((hash) => hash.toString('hex')),
  }))
  const [first] = entries
  const root = first && rootOfEntry(first, lines.length)
  return { size: lines.length, root: root?.toString('hex') ?? '', checkpoint, entries }
}

/** What is wrong with a proof; empty: it holds. @param trusted a checkpoint that was kept elsewhere */
export function problemsOfProof(text: string, trusted: string | null, key: KeyObject | null): string[] {
  let proof: AuditProof
  try {
    proof = proofSchema.parse(JSON.parse(text))
  } catch (thrown) {
    return [`it is no proof: ${describeThrown(thrown)}`]
  }
  const problems: string[] = []
  const note = trusted ?? proof.checkpoint
  const checkpoint = note === null ? null : readCheckpoint(note)
  if (note === null) problems.push('there is no checkpoint to hold it against; give one with --checkpoint')
  else if (checkpoint === null) problems.push('the checkpoint is none')
  else if (key && !isSignedBy(note, key)) problems.push('the checkpoint is not signed by the key')
  for (const entry of proof.entries) {
    const root = rootOfEntry(entry, checkpoint?.size ?? proof.size)
    if (!root?.equals(checkpoint?.root ?? Buffer.from(proof.root, 'hex')))
      problems.push(`entry ${entry.seq}: it is not in the log that the checkpoint is of`)
  }
  return problems
}

function rootOfEntry({ seq, line, hashes }: AuditProof['entries'][number], size: number): Buffer | null {
  return rootByProof(
    leafHash(line),
    seq - 1,
    size,
    hashes.map((hash) => Buffer.from(hash, 'hex')),
  )
}
