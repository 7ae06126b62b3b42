import type { TaskContext } from 'taskwright'
import { defineTask } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { untyped } from './untyped.ts'
import { virtualWorld } from './virtual-runtime.ts'

const asking = (
  run: (task: TaskContext) => unknown,
  spec: Partial<Omit<Parameters<typeof defineTask>[0], 'run' | 'input' | 'output'>> = {},
) => defineTask({ type: 'asking', kind: 'control', input: z.unknown(), ...spec, run })

const approval = z.object({ approved: z.boolean(), by: z.string().min(1) })

describe('a question', () => {
  test('parks its task until somebody answers', async () => {
    const { runtime, run, advance, events } = await virtualWorld()
    const definition = asking((task) => task.ask(approval, 'Publish?'))
    const handle = await runtime.submit(definition, null)
    await advance(86_400_000)
    expect(handle.view()).toMatchObject({ stage: 'executing', activity: 'awaitingInput' })
    const [question] = handle.questions()
    expect(question).toMatchObject({
      taskId: handle.id,
      prompt: 'Publish?',
      askedAt: 0,
      expiresAt: null,
      schema: { type: 'object', required: ['approved', 'by'] },
    })
    expect(runtime.questions()).toEqual([question])
    await handle.answer({ approved: true, by: 'Ada' })
    expect(handle.questions()).toEqual([])
    expect(await run(handle.result())).toEqual({ approved: true, by: 'Ada' })
    expect(events.filter(({ type }) => type === 'task.asked' || type === 'task.answered')).toMatchObject([
      { questionId: question?.id, prompt: 'Publish?' },
      { questionId: question?.id },
    ])
  })

  test('refuses an answer of the wrong shape with every problem, and stays open', async () => {
    const { runtime, run, advance, refusal } = await virtualWorld()
    const handle = await runtime.submit(
      asking((task) => task.ask(approval, 'Publish?')),
      null,
    )
    await advance(1)
    for (const wrong of [undefined, null, 'yes', { approved: 'yes', by: '' }]) {
      expect(await refusal(handle.answer(wrong))).toMatchObject({ code: 'ANSWER_INVALID' })
    }
    expect(await refusal(handle.answer({ approved: 'yes', by: '' }))).toMatchObject({
      message: expect.stringContaining('"Publish?"'),
      problems: [expect.stringContaining('approved'), expect.stringContaining('by')],
    })
    expect(handle.view().activity).toBe('awaitingInput')
    await handle.answer({ approved: false, by: 'Bob' })
    expect(await run(handle.result())).toMatchObject({ approved: false })
  })

  test('takes what an asynchronous schema makes of the answer; one that throws refuses the answer', async () => {
    const { runtime, run, advance, refusal } = await virtualWorld()
    let parsed = 0
    const schema = z.string().transform(async (text) => {
      parsed += 1
      if (text === 'bad') throw new Error('the lookup is down')
      return text.length
    })
    const handle = await runtime.submit(
      asking((task) => task.ask(schema, 'How long?')),
      null,
    )
    await advance(1)
    expect(await refusal(handle.answer('bad'))).toMatchObject({
      code: 'ANSWER_INVALID',
      problems: ['the schema threw: the lookup is down'],
    })
    await handle.answer('four')
    expect(await run(handle.result())).toBe(4)
    expect(parsed).toBe(2)
  })

  test('answered twice at once takes the first answer', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const handle = await runtime.submit(
      asking((task) => task.ask(z.number(), 'n?')),
      null,
    )
    await advance(1)
    const answers = await run(Promise.allSettled([handle.answer(1), handle.answer(2)]))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(answers[1]).toMatchObject({ reason: { code: 'QUESTION_UNKNOWN' } })
    expect(await run(handle.result())).toBe(1)
  })

  test('of two that are open the one named is answered; without a name neither is', async () => {
    const { runtime, run, advance, refusal } = await virtualWorld()
    const handle = await runtime.submit(
      asking((task) => Promise.all([task.ask(z.string(), 'first?'), task.ask(z.number(), 'second?')])),
      null,
    )
    await advance(1)
    const [first, second] = handle.questions()
    expect(await refusal(handle.answer('x'))).toMatchObject({
      code: 'QUESTION_UNKNOWN',
      message: expect.stringContaining(`${first?.id}, ${second?.id}`),
    })
    await handle.answer(2, second?.id)
    expect(handle.view().activity).toBe('awaitingInput')
    await advance(1)
    expect(await refusal(handle.answer(2, second?.id))).toMatchObject({ code: 'QUESTION_UNKNOWN' })
    await handle.answer('one')
    expect(await run(handle.result())).toEqual(['one', 2])
  })

  test('nobody asked cannot be answered', async () => {
    const { runtime, run, advance, refusal } = await virtualWorld()
    const waiting = await runtime.submit(
      asking(() => 'x'),
      null,
      { delay: '1h' },
    )
    const running = await runtime.submit(
      asking((task) => task.sleep('1h')),
      null,
    )
    await advance(1)
    for (const handle of [waiting, running]) {
      expect(await refusal(handle.answer('x'))).toMatchObject({ code: 'QUESTION_UNKNOWN' })
    }
    await run(running.result())
    expect(await refusal(running.answer('x'))).toMatchObject({
      code: 'QUESTION_UNKNOWN',
      message: expect.stringContaining('completed'),
    })
  })

  test('of no schema fails the task that asks it, and leaves nothing open', async () => {
    const { runtime, run } = await virtualWorld()
    const handle = await runtime.submit(
      asking((task) => task.ask(untyped<z.ZodType>({}), 'Publish?')),
      null,
    )
    expect(await run(handle.outcome())).toMatchObject({ status: 'failed', failure: { code: 'HANDLER_FAILED' } })
    expect(runtime.questions()).toEqual([])
  })
})

describe('a question that nobody answers', () => {
  test('takes its default in time', async () => {
    const { runtime, run, environment } = await virtualWorld()
    const handle = await runtime.submit(
      asking((task) => task.ask(z.string(), 'Colour?', { timeout: '1h', default: 'blue' })),
      null,
    )
    expect(await run(handle.result())).toBe('blue')
    expect(environment.clock.now()).toBe(3_600_000)
  })

  test('takes a default that is false, null or nothing at all', async () => {
    const { runtime, run } = await virtualWorld()
    const handle = await runtime.submit(
      asking((task) =>
        Promise.all([
          task.ask(z.boolean(), 'Sure?', { timeout: 1, default: false }),
          task.ask(z.null(), 'Null?', { timeout: 1, default: null }),
          task.ask(z.string().optional(), 'Any?', { timeout: 1, default: undefined }),
        ]),
      ),
      null,
    )
    expect(await run(handle.result())).toEqual([false, null, undefined])
  })

  test('without a default throws, which the handler may catch; asking again is no matter of retries', async () => {
    const { runtime, run } = await virtualWorld()
    const caught = await runtime.submit(
      asking(async (task) => {
        try {
          return await task.ask(z.string(), 'Colour?', { timeout: '5m' })
        } catch (thrown) {
          return `caught: ${thrown instanceof Error ? thrown.message : ''}`
        }
      }),
      null,
    )
    expect(await run(caught.result())).toContain('nobody answered "Colour?" in time')
    const uncaught = await runtime.submit(
      asking((task) => task.ask(z.string(), 'Colour?', { timeout: '5m' }), { retry: { attempts: 3 } }),
      null,
    )
    expect(await run(uncaught.outcome())).toMatchObject({
      status: 'failed',
      attempts: 1,
      failure: {
        code: 'HANDLER_FAILED',
        message: expect.stringContaining('nobody answered'),
        cause: { code: 'QUESTION_UNANSWERED' },
      },
    })
  })

  test('does not use up the time of its task, nor count as its silence', async () => {
    const { runtime, run, advance, environment } = await virtualWorld()
    const definition = asking(
      async (task) => {
        await task.sleep('600ms')
        await task.ask(z.string(), 'Go on?')
        await task.sleep('600ms')
      },
      { timeout: '1s', heartbeat: '900ms', grace: 0 },
    )
    const handle = await runtime.submit(definition, null)
    await advance(3_600_000)
    expect(handle.view().activity).toBe('awaitingInput')
    await handle.answer('yes')
    expect(await run(handle.outcome())).toMatchObject({ status: 'failed', failure: { code: 'TIMEOUT' } })
    expect(environment.clock.now()).toBe(3_600_400)
  })
})

describe('an open question', () => {
  test.each(['cancel', 'stop', 'deadline', 'retry'])('ends with its attempt: %s', async (how) => {
    const { runtime, run, advance, refusal, types } = await virtualWorld()
    const reasons: unknown[] = []
    const definition = asking(
      async (task) => {
        const question = task.ask(z.string(), `Attempt ${task.attempt}?`)
        question.catch((reason: unknown) => reasons.push(reason))
        if (how === 'retry' && task.attempt === 1) throw new Error('again')
        return question
      },
      { retry: { attempts: 2, backoff: 1_000, jitter: false } },
    )
    const handle = await runtime.submit(definition, null, how === 'deadline' ? { deadlineAt: 500 } : {})
    await advance(100)
    const asked = runtime.questions()
    if (how === 'cancel') void handle.cancel('never mind')
    if (how === 'stop') void runtime.stop()
    await advance(2_000)
    if (how === 'retry') {
      expect(runtime.questions()).toMatchObject([{ prompt: 'Attempt 2?' }])
      await handle.answer('yes')
      expect(await run(handle.result())).toBe('yes')
    } else {
      expect(asked).toHaveLength(1)
      expect(runtime.questions()).toEqual([])
      expect(await refusal(handle.answer('x', asked[0]?.id))).toMatchObject({ code: 'QUESTION_UNKNOWN' })
      expect((await run(handle.outcome())).status).toBe(how === 'deadline' ? 'failed' : 'cancelled')
      expect(reasons).toMatchObject([
        { code: how === 'cancel' ? 'CANCELLED' : how === 'stop' ? 'SHUTDOWN' : 'DEADLINE_EXCEEDED' },
      ])
      expect(types()).not.toContain('task.answered')
    }
  })

  test('waits on while its task is paused; the answer is taken when it is resumed', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const notes: string[] = []
    const handle = await runtime.submit(
      asking(async (task) => {
        notes.push(await task.ask(z.string(), 'Colour?'))
        return 'over'
      }),
      null,
    )
    await advance(1)
    handle.pause()
    expect(handle.view().activity).toBe('awaitingInput')
    await handle.answer('red')
    await advance(1_000)
    expect(handle.view().activity).toBe('paused')
    expect(notes).toEqual([])
    handle.resume()
    expect(await run(handle.result())).toBe('over')
    expect(notes).toEqual(['red'])
  })

  test('paused and resumed before the answer goes on at the answer', async () => {
    const { runtime, run, advance } = await virtualWorld()
    const handle = await runtime.submit(
      asking((task) => task.ask(z.string(), 'Colour?')),
      null,
    )
    await advance(1)
    handle.pause()
    handle.resume()
    await handle.answer('red')
    expect(await run(handle.result())).toBe('red')
  })
})
