import type { Machines } from '../machines/machines.ts'
import { ownMachines } from '../machines/machines.ts'
import { Runtime } from './runtime.ts'
import { RuntimeCore } from './runtime-core.ts'
import type { RuntimeOptions } from './runtime-options.ts'
import { resolveRuntimeOptions } from './runtime-options.ts'

/**
 * Creates a runtime and starts its supervisor.
 * @throws RefusedError `OPTIONS_INVALID` with every problem listed, `DUPLICATE_DEFINITION`, `DUPLICATE_TEMPLATE`,
 * `SECRET_UNPROTECTED`
 */
export function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return createRuntimeOn(ownMachines, options)
}

/** As {@link createRuntime}, on other statecharts: for tests that plant faults in ours. */
export async function createRuntimeOn(machines: Machines, options: RuntimeOptions): Promise<Runtime> {
  const resolved = await resolveRuntimeOptions(options)
  const { store, principal } = resolved
  try {
    const core = new RuntimeCore(resolved, machines)
    await core.start(store)
    return new Runtime(core, { principal, within: [] }, true)
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}
