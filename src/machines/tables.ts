/** A message union's member of one type. */
type OfType<Event extends { type: string }, Type extends Event['type']> = Extract<Event, { type: Type }>

function isOfType<Event extends { type: string }, Type extends Event['type']>(
  event: Event,
  types: readonly Type[],
): event is OfType<Event, Type> {
  return types.some((type) => type === event.type)
}

/** A context update that applies to events of these types, and changes nothing on any other. */
export function on<Context, Event extends { type: string }, Type extends Event['type']>(
  type: Type | readonly Type[],
  update: (context: Context, event: OfType<Event, Type>) => Partial<Context>,
): (context: Context, event: Event) => Partial<Context> {
  const types = typeof type === 'string' ? [type] : type
  return (context, event) => (isOfType(event, types) ? update(context, event) : {})
}

/** Names of effects as actions that do nothing: a machine says when, the actor that runs it says what. */
export function effectsOf<const Name extends string>(names: readonly Name[]): { [K in Name]: () => void }
export function effectsOf(names: readonly string[]): Record<string, () => void> {
  return Object.fromEntries(names.map((name) => [name, () => undefined]))
}
