import { z } from 'zod'
import { taskStages } from '../model/stage.ts'
import { apiBase, commandResultSchema, commandSchema, problemSchema } from './protocol.ts'

const json = (schema: unknown) => ({ 'application/json': { schema } })
const problems = { description: 'why not', content: json(z.toJSONSchema(problemSchema, { io: 'output' })) }

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: unknown
}

function inQuery(name: string, schema: unknown = { type: 'string' }): Parameter {
  return { name, in: 'query', required: false, schema }
}

function read(summary: string, schema: unknown, parameters: readonly Parameter[] = []) {
  const responses = { 200: { description: 'ok', content: json(schema) }, default: problems }
  return { get: { summary, parameters, responses } }
}

function stream(summary: string, parameters: readonly Parameter[] = []) {
  const content = { 'text/event-stream': { schema: { type: 'string' } } }
  const responses = { 200: { description: 'a stream of events `frame`', content }, default: problems }
  return { get: { summary, parameters, responses } }
}

const rows = { type: 'array', items: { type: 'object' } }

/** The API as OpenAPI 3.1: what is read, and the one command. */
export const openApi = {
  openapi: '3.1.0',
  info: { title: 'Taskwright inspector', version: '1', license: { name: 'MIT' } },
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  paths: {
    [`${apiBase}/stream`]: {
      get: {
        summary: 'Everything that happens: server-sent events hello, events, tick; resumes by Last-Event-ID',
        parameters: [
          { name: 'last-event-id', in: 'header', required: false, schema: { type: 'integer' } },
          inQuery('after', { type: 'integer' }),
        ],
        responses: {
          200: { description: 'a stream', content: { 'text/event-stream': { schema: { type: 'string' } } } },
        },
      },
    },
    [`${apiBase}/machines`]: read('Machines that can be drawn', rows),
    [`${apiBase}/machines/{id}/geometry`]: read('One machine laid out', { type: 'object' }, [
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
      inQuery('labels', { enum: ['full', 'events'] }),
      inQuery('folded'),
    ]),
    [`${apiBase}/tasks/{id}/chart-events`]: stream('Transitions that a task and its handler take, as they do', [
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    ]),
    [`${apiBase}/supervisor/chart-events`]: stream('Transitions that the supervisor takes, as it does'),
    [`${apiBase}/messages`]: stream('What the actors tell each other, as they do; narrowed by task', [inQuery('task')]),
    [`${apiBase}/actors`]: read('The actors that live, parents first', rows, [
      inQuery('limit', { type: 'integer', minimum: 1, maximum: 100_000 }),
    ]),
    [`${apiBase}/tasks`]: read('Tasks, oldest first; narrowed by stage, type, principal, limit', rows, [
      inQuery('stage', { enum: taskStages }),
      inQuery('type'),
      inQuery('principal'),
      inQuery('limit', { type: 'integer', minimum: 1, maximum: 100_000 }),
    ]),
    [`${apiBase}/tasks/{id}`]: read('One task: its events, children, and why it waits', { type: 'object' }, [
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    ]),
    [`${apiBase}/queue`]: read('The order of the next grants, with the reason of each place', rows),
    [`${apiBase}/questions`]: read('Questions that nobody has answered', rows),
    [`${apiBase}/resources`]: read('Resources by pool: capacity, held, available, who holds and who waits', rows),
    [`${apiBase}/stats`]: read('Counts, rates and percentiles', { type: 'object' }),
    [`${apiBase}/caller`]: read('Who calls, by its token, and until when', { type: 'object' }),
    '/metrics': {
      get: {
        summary: 'What the runtime counts, for Prometheus',
        responses: {
          200: { description: 'the text format', content: { 'text/plain': { schema: { type: 'string' } } } },
          default: problems,
        },
      },
    },
    [`${apiBase}/commands`]: {
      post: {
        summary: 'Does something; with dryRun it only counts',
        security: [{ token: [] }],
        requestBody: { required: true, content: json(z.toJSONSchema(commandSchema, { io: 'input' })) },
        responses: {
          200: { description: 'what it came to', content: json(z.toJSONSchema(commandResultSchema, { io: 'output' })) },
          default: problems,
        },
      },
    },
  },
} as const
