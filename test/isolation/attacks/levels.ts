/** How the attacks are run: a level, and for processes with or without bubblewrap. */
export const attackedLevels = ['inline', 'thread', 'process without bubblewrap', 'process', 'wasm'] as const

export type AttackedLevel = (typeof attackedLevels)[number]

/** What a level does not promise to hold. Everything else it does. */
const notPromised: Readonly<Record<AttackedLevel, readonly string[] | 'anything'>> = {
  inline: 'anything',
  thread: [
    '4 GB of buffers',
    'reading a system file',
    'a network connection',
    'killing the host',
    'fork bomb',
    'exhaustion of file descriptors',
    'a link out of the folder',
    '/proc of the host',
    'spam on standard output',
    'signals to the host and its group',
    'opening a debugger in the host',
    'native code without an end',
    'garbage in place of messages',
    'half a message, then the end',
    'forged messages',
    'writing a file',
    'bindings below the modules',
    'threads without an end',
  ],
  'process without bubblewrap': ['a network connection'],
  process: [],
  wasm: [],
}

export function isPromised(level: AttackedLevel, attack: string): boolean {
  const open = notPromised[level]
  return open !== 'anything' && !open.includes(attack)
}
