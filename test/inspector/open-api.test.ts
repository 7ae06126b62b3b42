import { expect, it } from 'vitest'
import { z } from 'zod'
import { JournalCallers } from '../../src/inspector/callers.ts'
import { ChartDesk } from '../../src/inspector/charts/chart-routes.ts'
import { EventHistory } from '../../src/inspector/event-history.ts'
import { openApi } from '../../src/inspector/open-api.ts'
import { routes } from '../../src/inspector/routes.ts'
import { FoldedHistory } from '../../src/inspector/subject.ts'

const paths: Record<string, Record<string, unknown>> = openApi.paths

it('describes every route that there is, and no other', () => {
  const history = new FoldedHistory(new EventHistory({ events: 1_000, endedTasks: 10 }))
  const app = routes({
    door: { hosts: () => new Set() },
    callers: new JournalCallers(history),
    charts: new ChartDesk(null),
    files: new Map(),
  })
  const served = app.routes
    .filter(({ method, path }) => method !== 'ALL' && path !== '/openapi.json')
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.sort()).toEqual([...new Set(served)].sort())
})

it('declares every part of a path, and what an answer to each looks like', () => {
  const operation = z.looseObject({
    summary: z.string().min(1),
    parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).default([]),
    responses: z.looseObject({ 200: z.looseObject({ description: z.string() }) }),
  })
  for (const [path, methods] of Object.entries(paths))
    for (const one of Object.values(methods)) {
      const { parameters } = operation.parse(one)
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(inPath)
    }
})

it('describes each action of the command', () => {
  const schema = JSON.stringify(paths['/api/v1/commands'])
  for (const action of ['cancel', 'retry', 'pauseType', 'resumeType', 'drain', 'answer', 'resize'])
    expect(schema).toContain(`"const":"${action}"`)
})
