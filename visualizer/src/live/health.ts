import type { Health } from './endings.ts'
import type { Shown } from './session.ts'

/** Twice a second is as often as anybody reads figures. */
const everyMs = 500

let last: { readonly of: object; readonly moment: number; readonly health: Health } | null = null

/** The health at the moment shown. */
export function healthOf({ recording, now }: Shown): Health {
  const moment = Math.floor(now / everyMs)
  if (last?.of !== recording || last.moment !== moment)
    last = { of: recording, moment, health: recording.endings.healthAt(now, recording.beginsAt) }
  return last.health
}
