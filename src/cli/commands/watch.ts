import { z } from 'zod'
import { fold } from '../../inspector/view/fold.ts'
import { emptyView, viewOf } from '../../inspector/view/runtime-view.ts'
import type { RuntimeEvent } from '../../model/events.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../command-error.ts'
import { flag } from '../option-values.ts'
import { InspectorClient, remoteFlags, remoteOptions } from '../remote/inspector-client.ts'
import type { LiveFrame } from '../remote/live-stream.ts'
import { liveFrames } from '../remote/live-stream.ts'
import { eventLine } from '../remote/text.ts'
import type { Watched } from '../remote/watch-view.ts'
import { watchLines } from '../remote/watch-view.ts'
import type { Screen, Terminal } from '../terminal.ts'

type Frames = AsyncIterable<LiveFrame>

/** How often the view is drawn at most. */
const everyMs = 200

/** A line for each event from now on. */
async function print(frames: Frames, json: boolean, terminal: Terminal): Promise<void> {
  let from = 0
  const print = (event: RuntimeEvent) => terminal.out(json ? JSON.stringify(event) : eventLine(event))
  for await (const frame of frames) {
    if (frame.form === 'hello') from = frame.hello.lastSeq
    else if (frame.form === 'events') {
      for (const event of frame.events) if (event.seq > from) print(event)
    } else if (frame.form === 'lost') terminal.err(`taskwright watch: ${frame.reason}`)
  }
}

function take(watched: Watched, frame: LiveFrame): Watched {
  switch (frame.form) {
    case 'hello':
      return {
        ...watched,
        view: viewOf(frame.hello.base),
        resources: frame.hello.resources,
        now: frame.hello.subject.now,
        lost: null,
      }
    case 'events':
      for (const event of frame.events) fold(watched.view, event)
      return { ...watched, now: Math.max(watched.now, watched.view.at), lost: null }
    case 'tick':
      return { ...watched, ...frame.tick, lost: null }
    case 'lost':
      return { ...watched, lost: frame.reason }
  }
}

/** One view that is drawn again when something has changed, a few times a second at most. */
async function show(frames: Frames, place: string, screen: Screen): Promise<void> {
  let watched: Watched = { place, view: emptyView(), resources: [], now: Date.now(), lost: null }
  let timer: NodeJS.Timeout | null = null
  const draw = () => {
    timer = null
    screen.draw(watchLines(watched, screen.rows))
  }
  try {
    for await (const frame of frames) {
      watched = take(watched, frame)
      timer ??= setTimeout(draw, everyMs)
    }
  } finally {
    if (timer) clearTimeout(timer)
    screen.end()
  }
}

export const watch = defineCommand({
  name: 'watch',
  summary: 'Shows what a program that runs does, live, until it is interrupted',
  usage: '[--url <url>] [--json]',
  flags: [...remoteFlags, { flags: '--json', description: 'print each event as a line of JSON' }],
  notes: `On a terminal it is one view that is drawn again and again; else, or with --json, a line is printed for each event
from now on. An inspector that goes away is asked again each second.

Exit code 0: interrupted; 1: nobody listens there; 2: a bad call.`,
  operands: { name: 'nothing', max: 0 },
  options: z.object({ ...remoteOptions, json: flag }),
  async run(_, { json, ...remote }, { terminal, signal }) {
    const client = new InspectorClient(remote, signal)
    const frames = liveFrames(client, signal)
    const { screen } = terminal
    if (screen && !json) await show(frames, client.place.href, screen)
    else await print(frames, json, terminal)
    return exitCodes.done
  },
})
