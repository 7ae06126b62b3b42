import type { IsolatedTask } from '../../model/isolation.ts'

type Handler = (task: IsolatedTask, input: unknown) => unknown

/** @throws Error if the file cannot be loaded or has no such function */
export async function loadHandler(href: string | null, exportName: string): Promise<Handler> {
  if (href === null) throw new Error('a script runs at the level wasm only')
  const module: Readonly<Record<string, unknown>> = await import(href)
  const handler = module[exportName]
  if (typeof handler !== 'function') {
    const names = Object.keys(module).join(', ') || 'nothing'
    throw Object.assign(new Error(`${href} exports no function ${exportName}; it exports ${names}`), {
      name: 'NonRetryableError',
    })
  }
  return (task, input) => Reflect.apply(handler, undefined, [task, input])
}
