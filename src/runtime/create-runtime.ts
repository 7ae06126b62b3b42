import { Runtime } from './runtime.ts'
import { RuntimeCore } from './runtime-core.ts'
import type { RuntimeOptions } from './runtime-options.ts'
import { resolveRuntimeOptions } from './runtime-options.ts'

/**
 * Creates a runtime and starts its supervisor.
 * @throws RefusedError `OPTIONS_INVALID` with every problem listed, `DUPLICATE_DEFINITION`, `DUPLICATE_TEMPLATE`,
 * `SECRET_UNPROTECTED`
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const resolved = await resolveRuntimeOptions(options)
  const { store, principal } = resolved
  try {
    const core = new RuntimeCore(resolved)
    await core.start(store)
    return new Runtime(core, { principal, within: [] }, true)
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}
