import { expect, it, onTestFinished } from 'vitest'
import { readGraph } from '../../src/inspector/charts/read-graph.ts'
import type { ChartFrame, MessageFrame } from '../../src/inspector/view/chart/chart-protocol.ts'
import { supervisorMachine } from '../../src/machines/supervisor-machine.ts'
import { taskMachine } from '../../src/machines/task-machine.ts'
import { brew, brewing } from './machines.ts'
import { sample, serveSample } from './served.ts'

type Served = Awaited<ReturnType<typeof serveSample>>

/** The frames of a stream, read while the test goes on. */
async function listen<Frame>(call: Served['call'], path: string) {
  const response = await call(path)
  expect(response.status).toBe(200)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (!reader) throw new Error('no body')
  onTestFinished(() => reader.cancel())
  const frames: Frame[] = []
  let rest = ''
  return async (isEnough: (frames: readonly Frame[]) => boolean) => {
    while (!isEnough(frames)) {
      const { value = '', done } = await reader.read()
      if (done) throw new Error('the stream has ended')
      rest += value
      const parts = rest.split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) if (part.startsWith('event: frame\ndata: ')) frames.push(JSON.parse(part.slice(19)))
    }
    return frames
  }
}

function labelsOf(machine: Parameters<typeof readGraph>[0]) {
  const { graph } = readGraph(machine)
  return (key: string) => {
    const transition = graph.transitions.find((one) => one.key === key)
    return `${transition?.source} on ${transition?.label} to ${transition?.targets.join(', ')}`
  }
}

const takenIn = (frames: readonly ChartFrame[], machine: string) =>
  frames.flatMap(({ moves }) => moves.filter((move) => move.machine === machine).flatMap(({ taken }) => taken))

it('lists the machines that can be drawn, and lays one out', async () => {
  const { runtime, call } = await serveSample()
  runtime.registry.add(brew)
  const lines: unknown = await (await call('/api/v1/machines')).json()
  expect(lines).toMatchObject([
    { id: 'task', kind: 'task', states: 26 },
    { id: 'supervisor', kind: 'supervisor', states: 8 },
    { id: 'brew@1', kind: 'handler', states: 12 },
  ])
  const geometry: unknown = await (await call('/api/v1/machines/brew@1/geometry?labels=events')).json()
  expect(geometry).toMatchObject({ root: 'brewing' })
  const folded: unknown = await (await call('/api/v1/machines/task/geometry?folded=task.executing')).json()
  expect(folded).toMatchObject({
    states: expect.arrayContaining([expect.objectContaining({ key: 'executing', folded: 12 })]),
  })
})

it('refuses a machine that there is not, and a query that is none', async () => {
  const { call } = await serveSample()
  expect((await call('/api/v1/machines/sample@1/geometry')).status).toBe(404)
  expect((await call('/api/v1/machines/task/geometry?labels=some')).status).toBe(400)
  expect((await call('/api/v1/tasks/task_none/chart-events')).status).toBe(404)
})

it('tells which transitions a task takes, and what it is in', async () => {
  const { runtime, call } = await serveSample()
  const asking = await runtime.submit(sample, { what: 'ask' })
  while (asking.view().activity !== 'awaitingInput') await new Promise((resolve) => setImmediate(resolve))
  const frames = await listen<ChartFrame>(call, `/api/v1/tasks/${asking.id}/chart-events`)
  const [first] = await frames((seen) => seen.length > 0)
  expect(first?.active['task']).toContain('task.executing.work.awaitingInput')
  await asking.answer(true)
  const seen = await frames((all) => takenIn(all, 'task').length >= 3)
  expect(takenIn(seen, 'task').map(labelsOf(taskMachine))).toEqual([
    'task.executing.work.awaitingInput on question.closed to task.executing.work.running',
    'task.executing.work on handler.completed to task.completing',
    'task.completing on output.accepted to task.completed',
  ])
  expect(seen.at(-1)?.active['task']).toEqual(['task', 'task.completed'])
})

it('tells which transitions a handler’s machine takes, always and delayed ones too, and when the next is due', async () => {
  const { runtime, call } = await serveSample()
  const brewed = await runtime.submit(brew, {})
  const frames = await listen<ChartFrame>(call, `/api/v1/tasks/${brewed.id}/chart-events`)
  await frames((all) => all.some(({ active }) => active['brew@1']?.includes('brewing.brewing.water.hot')))
  for (const type of ['stir', 'pour', 'pour']) runtime.get(brewed.id)?.handlerActor?.send({ type })
  await brewed.outcome()
  const seen = await frames((all) => all.at(-1)?.active['task']?.includes('task.completed') === true)
  expect(takenIn(seen, 'brew@1').map(labelsOf(brewing))).toEqual(
    expect.arrayContaining([
      'brewing.brewing.water.heating on after 20 ms to brewing.brewing.water.hot',
      'brewing.brewing.cup.empty on stir to brewing.brewing.cup.empty',
      'brewing.brewing.cup.empty on always to brewing.brewing.cup.full',
      'brewing.brewing on done to brewing.ready',
      'brewing.ready on after settle to brewing.drunk',
    ]),
  )
  const due = seen.flatMap(({ timers, now }) => timers.map(({ dueAt }) => dueAt - now))
  expect(due.length).toBeGreaterThan(0)
  for (const left of due) expect(left).toBeLessThanOrEqual(41)
})

it('tells what the supervisor does', async () => {
  const { runtime, call } = await serveSample()
  const frames = await listen<ChartFrame>(call, '/api/v1/supervisor/chart-events')
  await frames((all) => all.length > 0)
  runtime.pause()
  runtime.resume()
  const seen = await frames((all) => takenIn(all, 'supervisor').length >= 2)
  expect(takenIn(seen, 'supervisor').slice(0, 2).map(labelsOf(supervisorMachine))).toEqual([
    'supervisor.running on pause to supervisor.paused',
    'supervisor.paused on resume to supervisor.running',
  ])
})

it('tells who says what to whom, with what waits in the mailboxes', async () => {
  const { runtime, call } = await serveSample()
  const frames = await listen<MessageFrame>(call, '/api/v1/messages')
  const ended = await runtime.submit(sample, { what: 'end' })
  await ended.outcome()
  const seen = await frames((all) =>
    all.some(({ messages }) => messages.some(({ type }) => type.startsWith('xstate.done.actor.'))),
  )
  const said = seen.flatMap(({ messages }) => messages).filter(({ taskId }) => taskId === ended.id)
  const lines = said.map(({ from, type, to }) => `${from} ${type} ${to}`)
  const { id } = ended
  expect(lines).toEqual(
    expect.arrayContaining([
      'outside task.submit supervisor',
      `supervisor start ${id}`,
      `${id} task.ready supervisor`,
      `supervisor lease.granted ${id}`,
      `${id}/handler handler.completed ${id}`,
      `${id} xstate.done.actor.${id} supervisor`,
    ]),
  )
  expect(said.map(({ n }) => n)).toEqual([...said.map(({ n }) => n)].sort((one, other) => one - other))
  expect(seen[0]?.mailboxes['supervisor']?.deepest).toBeGreaterThan(0)
})

it('tells only what is about one task, if that is asked for; and lists the actors that live', async () => {
  const { runtime, call } = await serveSample()
  const brewed = await runtime.submit(brew, {})
  const frames = await listen<MessageFrame>(call, `/api/v1/messages?task=${brewed.id}`)
  const other = await runtime.submit(sample, { what: 'end' })
  await other.outcome()
  await new Promise((resolve) => setImmediate(resolve))
  runtime.get(brewed.id)?.handlerActor?.send({ type: 'give up' })
  const seen = await frames((all) => all.some(({ messages }) => messages.some(({ type }) => type === 'give up')))
  expect(new Set(seen.flatMap(({ messages }) => messages.map(({ taskId }) => taskId)))).toEqual(new Set([brewed.id]))
  const waiting = await runtime.submit(sample, { what: 'wait' })
  const lines: unknown = await (await call('/api/v1/actors')).json()
  expect(lines).toMatchObject([
    { id: 'supervisor', parent: null, state: 'running' },
    { id: waiting.id, kind: 'task', parent: 'supervisor' },
  ])
})

it('names an actor that a handler invokes by its place below it', async () => {
  const { runtime, call } = await serveSample()
  const frames = await listen<MessageFrame>(call, '/api/v1/messages')
  const { id } = await runtime.submit(brew, {})
  const mill = `${id}/handler/mill`
  const seen = await frames((all) => all.some(({ messages }) => messages.some(({ from }) => from === mill)))
  const said = seen.flatMap(({ messages }) => messages).find(({ from, to }) => from === mill && to !== mill)
  expect(said).toMatchObject({ to: `${id}/handler`, type: 'xstate.done.actor.mill', taskId: id })
})

it('watches nothing when nobody looks', async () => {
  const { runtime, call } = await serveSample()
  const before = runtime.actor.system
  let watchers = 0
  const inspect = before.inspect.bind(before)
  before.inspect = (observer) => {
    const subscription = inspect(observer)
    watchers += 1
    return {
      unsubscribe() {
        watchers -= 1
        subscription.unsubscribe()
      },
    }
  }
  const abort = new AbortController()
  const response = await call('/api/v1/messages', { signal: abort.signal })
  expect([response.status, watchers]).toEqual([200, 1])
  abort.abort()
  while (watchers > 0) await new Promise((resolve) => setImmediate(resolve))
  expect(watchers).toBe(0)
})
