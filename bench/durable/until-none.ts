import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'

/** Resolves when all handlers have returned and `unfinished` finds no row: the last outcomes are stored after that. */
export async function untilNone(client: Client, unfinished: string, handled: () => boolean): Promise<void> {
  while (!handled()) await sleep(2)
  while ((await client.query(unfinished)).rows.length > 0) await sleep(2)
}
