import type { Phase } from '../../../../src/inspector/view/task-row.ts'

const phases = ['waiting', 'queued', 'running', 'paused', 'asking', 'stopping', 'backoff', 'rollingBack'] as const
export type DrawnPhase = (typeof phases)[number]

/** What phases are called, in the order of a life. */
export const phaseNames: Readonly<Record<DrawnPhase, string>> = {
  waiting: 'Waiting',
  queued: 'Queued',
  running: 'Running',
  paused: 'Paused',
  asking: 'Asking',
  stopping: 'Stopping',
  backoff: 'Back-off',
  rollingBack: 'Rolling back',
}

export function isDrawn(phase: Phase): phase is DrawnPhase {
  return phase !== 'ended'
}

/** The page's colours, for a canvas. */
export interface Palette {
  readonly phase: Readonly<Record<DrawnPhase, string>>
  readonly bg: string
  readonly band: string
  readonly line: string
  readonly ink: string
  readonly faint: string
  readonly accent: string
  readonly bad: string
  readonly good: string
}

/** Reads what custom properties come to: `light-dark()` and `color-mix()` are worked out by the browser. */
export function readPalette(probe: HTMLElement): Palette {
  const read = (name: string) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const phase = Object.fromEntries(phases.map((name) => [name, read(`--phase-${name}`)]))
  const of = (name: DrawnPhase) => phase[name] ?? 'gray'
  return {
    phase: {
      waiting: of('waiting'),
      queued: of('queued'),
      running: of('running'),
      paused: of('paused'),
      asking: of('asking'),
      stopping: of('stopping'),
      backoff: of('backoff'),
      rollingBack: of('rollingBack'),
    },
    bg: read('--surface'),
    band: read('--bg'),
    line: read('--line'),
    ink: read('--ink'),
    faint: read('--ink-3'),
    accent: read('--accent'),
    bad: read('--stage-failed'),
    good: read('--stage-completed'),
  }
}
