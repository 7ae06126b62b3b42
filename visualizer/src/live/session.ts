import { signal } from '@preact/signals'
import type { Subject } from '../../../src/inspector/protocol.ts'
import type { RuntimeView } from '../../../src/inspector/view/runtime-view.ts'
import type { ResourceUsage } from '../../../src/model/resources.ts'
import { forgetToken, requestToken, token, tokenGiven } from '../operator/token.ts'
import { momentAsked, timeOf } from '../replay/playhead.ts'
import { address } from '../shell/address.ts'
import { painted, repaint } from './painter.ts'
import { Recording, Rewound } from './recording.ts'
import { Wire } from './wire.ts'

/** `catchingUp`: what was kept is still arriving. `refused`: the server does not know us. */
export type Link = 'connecting' | 'catchingUp' | 'live' | 'lost' | 'refused'

/** What a view draws: the runtime as it is, or as it was at the moment in the address bar. */
export interface Shown {
  /** Plain data that is changed in place as events arrive: read it while drawing, keep nothing of it. */
  readonly view: RuntimeView
  /** The time to draw at, ms since the epoch: the runtime's own now, or the past moment. */
  readonly now: number
  readonly isPast: boolean
  readonly recording: Recording
  readonly resources: readonly ResourceUsage[]
  readonly subject: Subject
}

export const link = signal<Link>('connecting')

interface Heard {
  readonly recording: Recording
  readonly rewound: Rewound
  readonly subject: Subject
  readonly historyEnds: number
  resources: readonly ResourceUsage[]
}

let heard: Heard | null = null
/** Server's clock minus ours. */
let skewMs = 0

const wire = new Wire({
  hello({ subject, resources, base, dropped, lastSeq }) {
    const recording = new Recording(base, dropped)
    heard = { recording, rewound: new Rewound(recording), subject, historyEnds: lastSeq, resources }
    skewMs = subject.now - performance.now()
    recording.samples.tick(recording.live, 0, [])
    settle()
  },
  events(events) {
    heard?.recording.take(events)
    settle()
  },
  tick({ now, resources }) {
    skewMs = now - performance.now()
    if (!heard) return
    heard.resources = resources
    if (heard.recording.live.seq >= heard.historyEnds)
      heard.recording.samples.tick(heard.recording.live, now, resources)
    settle()
  },
  lost() {
    link.value = 'lost'
  },
  async refused() {
    const isKnown = token.value !== null
    forgetToken()
    const reason = isKnown
      ? 'The server does not know this token.'
      : 'This runtime shows itself only to those it knows.'
    link.value = 'refused'
    void requestToken(reason)
    await tokenGiven()
    link.value = 'connecting'
  },
})

function settle(): void {
  link.value = heard && heard.recording.live.seq >= heard.historyEnds ? 'live' : 'catchingUp'
  repaint()
}

/** The runtime's time, ms since the epoch. A journal after the fact stands still. */
export function serverNow(): number {
  if (heard?.subject.source === 'file') return heard.recording.live.at
  return performance.now() + skewMs
}

export function openSession(): void {
  void wire.run()
  // Ages and countdowns move on while nothing happens.
  window.setInterval(repaint, 1_000)
}

/**
 * What to draw now. A component that calls it is drawn again with each paint; one that reads other signals has to call
 * it too, as its parent's paint does not reach it. `null`: nothing has arrived yet.
 */
export function shown(): Shown | null {
  void painted.value
  const at = momentAsked(address.value.at)
  if (!heard) return null
  const { recording, rewound, resources, subject } = heard
  if (at === null || at >= recording.live.seq)
    return { view: recording.live, now: serverNow(), isPast: false, recording, resources, subject }
  const view = rewound.at(at)
  return { view, now: timeOf(at, view.at), isPast: true, recording, resources, subject }
}
