/** A fault to plant in the real code: the text is replaced once, and the simulation must find it. */
export interface SimulationMutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

const actors = 'src/actors'
const recovery = `${actors}/recovery`

export const simulationMutants: readonly SimulationMutant[] = [
  {
    name: 'what waits for the disk is told before the sync',
    file: `${actors}/commit-queue.ts`,
    from: '    this.#waiting.push(then)\n',
    to: '    then()\n',
  },
  {
    name: 'what waits for the disk is told although the sync failed',
    file: `${actors}/commit-queue.ts`,
    from: '    this.#waiting = [...told, ...this.#waiting]\n',
    to: '    for (const then of told) then()\n',
  },
  {
    name: 'a failed sync is never tried again',
    file: `${actors}/commit-queue.ts`,
    from: '      this.#retry = null\n      this.#commit()',
    to: '      this.#retry = null',
  },
  {
    name: 'a submission is acknowledged before it is on the disk',
    file: `${actors}/admission.ts`,
    from: 'this.#services.journal.whenDurable(() => reply.accepted(task))',
    to: 'reply.accepted(task)',
  },
  {
    name: 'an outcome is told before it is on the disk',
    file: `${actors}/supervisor.ts`,
    from: '    this.#services.journal.whenDurable(() => {\n      this.#settling -= 1',
    to: '    queueMicrotask(() => {\n      this.#settling -= 1',
  },
  {
    name: 'an attempt begins before its grant is on the disk',
    file: `${actors}/task-effects.ts`,
    from: "this.#services.journal.whenDurable(() => task.send({ type: 'allocation.ready', epoch }))",
    to: "queueMicrotask(() => task.send({ type: 'allocation.ready', epoch }))",
  },
  {
    name: 'a step runs before the record that it may',
    file: `${actors}/step-runner.ts`,
    from: '    if (host.keepsState) await this.#mayRun(name)\n',
    to: '',
  },
  {
    name: 'a handler goes on before the result of its step is on the disk',
    file: `${actors}/step-runner.ts`,
    from: '    if (host.keepsState) await host.recorded()\n    return result',
    to: '    return result',
  },
  {
    name: 'a finished step is run again',
    file: `${actors}/step-runner.ts`,
    from: '    if (!memo) return',
    to: '    if (memo !== null) return',
  },
  {
    name: 'a step in doubt is taken as done',
    file: `${recovery}/recovery.ts`,
    from: "? 'inDoubt' : state",
    to: "? 'finished' : state",
  },
  {
    name: 'a step in doubt is taken as never begun',
    file: `${recovery}/recovery.ts`,
    from: '    for (const [name, step] of steps) {',
    to: '    for (const [name, step] of steps) {\n      if (isInDoubt(step)) continue',
  },
  {
    name: 'the steps of an earlier process are forgotten',
    file: `${recovery}/recovery.ts`,
    from: '    this.#restoreSteps(task, history)\n    const actor',
    to: '    const actor',
  },
  {
    name: 'an undo that was made is made again after a crash',
    file: `${recovery}/step-history.ts`,
    from: "  if (isDone) step.state = 'undone'\n",
    to: '',
  },
  {
    name: 'an undo is made twice',
    file: `${actors}/rollback.ts`,
    from: '    if (stands) standing.push(stands)\n',
    to: '    await undoOne(undoing, policy, timeoutMs, services)\n    if (stands) standing.push(stands)\n',
  },
  {
    name: 'a failing undo is dropped',
    file: `${actors}/rollback.ts`,
    from: '    if (stands) standing.push(stands)\n    else undone.push(undoing.step)',
    to: '    if (!stands) undone.push(undoing.step)',
  },
  {
    name: 'steps are undone in the order in which they were made',
    file: `${actors}/step-log.ts`,
    from: '.filter(stands).reverse()',
    to: '.filter(stands)',
  },
  {
    name: 'what a step that threw may have done is not undone',
    file: `${actors}/step-log.ts`,
    from: "    case 'failed':\n      return hasUndoInDoubt",
    to: "    case 'failed':\n      return false",
  },
  {
    name: 'the handler is not replayed for its undos',
    file: `${recovery}/undo-replay.ts`,
    from: "  if (handler.form === 'actor') return Promise.resolve()",
    to: "  if (handler.form !== 'actor') return Promise.resolve()",
  },
  {
    name: 'what a step does that ends after its task is not undone',
    file: `${actors}/step-runner.ts`,
    from: "      if (fate === 'undo' && undo)",
    to: "      if (fate === 'keep' && undo)",
  },
  {
    name: 'a step that ran on when its process ended is not swept up after',
    file: `${recovery}/recovery.ts`,
    from: '    if (hasLateStep) this.#late.push(task)\n',
    to: '',
  },
  {
    name: 'a retry does not release its lease',
    file: 'src/machines/task-machine.ts',
    from: "entry: ['releaseLease', 'dropLease', 'armBackoff']",
    to: "entry: ['dropLease', 'armBackoff']",
  },
  {
    name: 'a rollback does not release its lease',
    file: 'src/machines/task-machine.ts',
    from: "entry: ['releaseLease', 'dropLease', 'rollBack']",
    to: "entry: ['dropLease', 'rollBack']",
  },
  {
    name: 'a finished task does not release its lease',
    file: `${actors}/supervisor.ts`,
    from: '    if (lease) this.#leases.release(lease.id, lease.epoch)\n',
    to: '',
  },
  {
    name: 'more is granted than there is',
    file: 'src/scheduling/reusable-meter.ts',
    from: '<= this.#capacity',
    to: '<= this.#capacity + 1',
  },
  {
    name: 'epochs begin anew after a crash',
    file: `${recovery}/restored-state.ts`,
    from: '    attempt,\n    epoch,\n    held,',
    to: '    attempt,\n    epoch: 0,\n    held,',
  },
  {
    name: 'messages of an older epoch count',
    file: 'src/machines/task-tables.ts',
    from: "isCurrent: (context: Context, event: Event) => 'epoch' in event && event.epoch === context.epoch",
    to: "isCurrent: (context: Context, event: Event) => 'epoch' in event && event.epoch <= context.epoch",
  },
  {
    name: 'queued tasks are not queued again after a crash',
    file: `${recovery}/recovery.ts`,
    from: "        if (task.stage === 'queued') supervisor.send({ type: 'task.ready', taskId: task.id })\n",
    to: '',
  },
  {
    name: 'a step whose undo came before the end of a run that was given up is done with',
    file: `${recovery}/step-history.ts`,
    from: '  else if (isDone && !stillRuns) step.open = []',
    to: '  else if (isDone) step.open = []',
  },
  {
    name: 'an undo does not say that a run that was given up still goes',
    file: `${actors}/step-log.ts`,
    from: '    return (this.#runs.get(name) ?? 0) > 0',
    to: '    return (this.#runs.get(name) ?? 0) > 9',
  },
  {
    name: 'a backoff is not armed again after a crash',
    file: `${recovery}/recovery.ts`,
    from: '        return task.effects.retry.armAt(',
    to: '        return (() => undefined)(',
  },
  {
    name: 'a start time is not armed again after a crash',
    file: `${recovery}/recovery.ts`,
    from: '        admission.armStart(task)\n',
    to: '',
  },
  {
    name: 'dependencies are forgotten in a crash',
    file: `${recovery}/recovery.ts`,
    from: 'awaitDependencies(task, this.#dependenciesOf(task))',
    to: 'awaitDependencies(task, [])',
  },
  {
    name: 'an interrupted rollback does not go on',
    file: `${recovery}/recovery.ts`,
    from: "      case 'rollingBack':\n        return task.effects.resume()",
    to: "      case 'rollingBack':\n        return",
  },
  {
    name: 'children are not given back to their recovered parent',
    file: `${recovery}/recovery.ts`,
    from: 'parent.effects.undo.takeBack(childKey, task)',
    to: 'task.effects.undo.takeBack(childKey, parent)',
  },
  {
    name: 'the journal begins anew with each process',
    file: 'src/runtime/runtime-core.ts',
    from: '      this.journal.continueAfter(reader.lastSeq)\n',
    to: '',
  },
  {
    name: 'the end of a task whose actor is lost is not on record',
    file: `${actors}/supervisor.ts`,
    from: '    announceGivenUp(task, this.#services, outcome)\n',
    to: '',
  },
  {
    name: 'the restart intensity is never spent',
    file: `${actors}/restart-intensity.ts`,
    from: 'return this.#recent.length <= this.restarts',
    to: 'return this.#recent.length > 0',
  },
  {
    name: 'a reserved task goes before a more urgent one that asks for the same',
    file: 'src/scheduling/selector.ts',
    from: '  return headOf(waiting.lane)\n',
    to: '  return waiting\n',
  },
  {
    name: 'low priorities go first',
    file: 'src/scheduling/policies/order.ts',
    from: 'const key = task.queuedAt - task.priority * ageingMs',
    to: 'const key = task.queuedAt + task.priority * ageingMs',
  },
  {
    name: 'a heavier principal gets no more than a lighter one',
    file: 'src/scheduling/policies/share.ts',
    from: 'first.service - second.service || first.weightedShare - second.weightedShare',
    to: 'first.weightedShare - second.weightedShare',
  },
]
