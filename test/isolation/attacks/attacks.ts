import type { IsolatedTask } from '../../../src/index.ts'

/** What an attack is told: where to hurt. */
export interface Target {
  hostPid: number
  /** The value of CANARY in the host's environment. */
  canary: string
  /** A port of the host's that accepts connections. */
  port: number
  /** A folder that may be read; in it `link` leads to /etc/passwd. */
  folder: string
}

/** @returns a text that begins with `breached` if it got what it wanted. Stands alone: its own text is the script. */
type Attack = (task: IsolatedTask, target: Target) => unknown

interface NamedAttack {
  readonly name: string
  readonly attack: Attack
}

export const attacks: readonly NamedAttack[] = [
  {
    name: 'endless loop',
    attack: async () => {
      for (;;) Math.sqrt(2)
    },
  },
  {
    name: '4 GB of heap',
    attack: async () => {
      const kept: unknown[] = []
      for (let index = 0; index < 4_096; index += 1) kept.push(Array.from({ length: 131_072 }, () => index))
      return `breached: ${kept.length} MB`
    },
  },
  {
    name: '4 GB of buffers',
    attack: async () => {
      const kept: Uint8Array[] = []
      for (let index = 0; index < 64; index += 1) kept.push(new Uint8Array(0x400_0000).fill(1))
      return `breached: ${kept.length * 64} MB`
    },
  },
  {
    name: 'reading a system file',
    attack: async () => {
      const { readFileSync } = await import('node:fs')
      return readFileSync('/etc/passwd', 'utf8').includes('root:') ? 'breached' : 'nothing'
    },
  },
  {
    name: 'a secret in the environment',
    attack: async (_task, { canary }) => (JSON.stringify(process.env).includes(canary) ? 'breached' : 'nothing'),
  },
  {
    name: 'a network connection',
    attack: async (_task, { port }) => {
      const { connect } = await import('node:net')
      return new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => resolve('breached'))
        socket.on('error', reject)
      })
    },
  },
  {
    name: 'process.exit',
    attack: async () => {
      process.exit(0)
    },
  },
  {
    name: 'killing the host',
    attack: async (_task, { hostPid }) => {
      for (const pid of [hostPid, process.ppid]) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // The next.
        }
      }
    },
  },
  {
    name: 'prototype pollution',
    attack: async () => {
      Reflect.set(Object.prototype, 'polluted', 'yes')
      return JSON.parse('{"__proto__": {"polluted": "yes"}, "constructor": {"prototype": {"polluted": "yes"}}}')
    },
  },
  {
    name: 'fork bomb',
    attack: async () => {
      const { spawn } = await import('node:child_process')
      let started = 0
      for (let index = 0; index < 40; index += 1) {
        const child = spawn('/bin/sleep', ['1'])
        child.on('error', () => undefined)
        if (child.pid !== undefined) started += 1
      }
      return started === 40 ? 'breached' : `${started} started`
    },
  },
  {
    name: 'exhaustion of file descriptors',
    attack: async () => {
      const { openSync } = await import('node:fs')
      for (let index = 0; index < 100_000; index += 1) openSync('/dev/null', 'r')
    },
  },
  {
    name: 'huge output',
    attack: async () => 'x'.repeat(0x400_0000),
  },
  {
    name: 'slow output without an end',
    attack: async (task) => {
      for (;;) {
        task.progress(0.5, 'nearly')
        await task.sleep(50)
      }
    },
  },
  {
    name: 'a link out of the folder',
    attack: async (task, { folder }) => {
      for (const path of [`${folder}/link`, `${folder}/../../../../../../etc/passwd`, `${folder}/folder-link/passwd`]) {
        const text = await Promise.resolve()
          .then(() => task.read(path))
          .catch(() => '')
        if (text.includes('root:')) return 'breached'
      }
      const { readFileSync } = await import('node:fs')
      return readFileSync(`${folder}/link`, 'utf8').includes('root:') ? 'breached' : 'nothing'
    },
  },
  {
    name: '/proc of the host',
    attack: async (_task, { hostPid, canary }) => {
      const { readdirSync, readFileSync } = await import('node:fs')
      const seen = readdirSync('/proc').includes(String(hostPid))
      const environment = readFileSync(`/proc/${hostPid}/environ`, 'latin1')
      return seen && environment.includes(canary) ? 'breached' : 'nothing'
    },
  },
  {
    name: 'spam on standard output',
    attack: async () => {
      const { writeSync } = await import('node:fs')
      const spam = 'spam '.repeat(13_107)
      for (let index = 0; index < 512; index += 1) {
        process.stdout.write(spam)
        process.stderr.write(spam)
      }
      for (let index = 0; index < 512; index += 1) for (const fd of [1, 2]) writeSync(fd, spam)
    },
  },
  {
    name: 'signals to the host and its group',
    attack: async (_task, { hostPid }) => {
      for (const pid of [hostPid, process.ppid, 0, -hostPid]) {
        for (const signal of ['SIGSTOP', 'SIGTERM'] as const) {
          try {
            process.kill(pid, signal)
          } catch {
            // The next.
          }
        }
      }
    },
  },
  {
    name: 'opening a debugger in the host',
    attack: async (_task, { hostPid }) => {
      const open: unknown = Reflect.get(process, '_debugProcess')
      if (typeof open !== 'function') return 'nothing'
      open(hostPid)
      return 'breached'
    },
  },
  {
    name: 'JSON nested 100,000 deep',
    attack: async () => {
      const text = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
      const message = `{"type":"done","value":${text}}`
      if (typeof process === 'object') {
        const { writeSync } = await import('node:fs')
        const frame = Buffer.alloc(4 + message.length)
        frame.writeUInt32BE(message.length, 0)
        frame.write(message, 4)
        try {
          writeSync(3, frame)
        } catch {
          // Not there at this level.
        }
      }
      return JSON.parse(text)
    },
  },
  {
    name: 'a regular expression without an end',
    attack: async () => (/^(a+)+$/.test(`${'a'.repeat(40)}!`) ? 'breached' : 'nothing'),
  },
  {
    name: 'native code without an end',
    attack: async () => {
      const { pbkdf2Sync } = await import('node:crypto')
      pbkdf2Sync('password', 'salt', 2_000_000_000, 64, 'sha512')
    },
  },
  {
    name: 'garbage in place of messages',
    attack: async () => {
      const { writeSync } = await import('node:fs')
      const garbage = Buffer.alloc(0x1_0000, 'garbage\u0000\u00ff')
      for (let index = 0; index < 64; index += 1) writeSync(3, garbage)
      await new Promise(() => undefined)
    },
  },
  {
    name: 'half a message, then the end',
    attack: async () => {
      const { writeSync } = await import('node:fs')
      writeSync(3, Buffer.from([0, 0, 255, 255, 123, 34]))
      process.exit(0)
    },
  },
  {
    name: 'forged messages',
    attack: async () => {
      const { writeSync } = await import('node:fs')
      const say = (text: string) => {
        const frame = Buffer.alloc(4 + Buffer.byteLength(text))
        frame.writeUInt32BE(Buffer.byteLength(text), 0)
        frame.write(text, 4)
        writeSync(3, frame)
      }
      say('{"type":"stepEnded","id":7,"value":1}')
      say('{"type":"done","value":"breached","isAdmin":true}')
      say('{"type":"done","__proto__":{"polluted":"yes"},"value":"breached"}')
      await new Promise(() => undefined)
    },
  },
  {
    name: 'a flood of messages',
    attack: async (task) => {
      for (let index = 0; index < 2_000_000; index += 1) task.heartbeat()
      return 'breached'
    },
  },
  {
    name: 'a flood of calls',
    attack: async (task) => {
      for (let index = 0; index < 100_000; index += 1) void task.sleep(60_000).catch(() => undefined)
      return 'breached'
    },
  },
  {
    name: 'deaf to its signal',
    attack: async (task) => {
      for (;;) await task.sleep(10).catch(() => undefined)
    },
  },
  {
    name: 'writing a file',
    attack: async (_task, { folder }) => {
      const { writeFileSync } = await import('node:fs')
      writeFileSync(`${folder}/written`, 'was here')
      return 'breached'
    },
  },
  {
    name: 'bindings below the modules',
    attack: async () => {
      const binding: unknown = Reflect.get(process, 'binding')
      if (typeof binding !== 'function') return 'nothing'
      const found: unknown = binding('fs')
      return typeof found === 'object' && found !== null ? 'breached' : 'nothing'
    },
  },
  {
    name: 'threads without an end',
    attack: async () => {
      const { Worker } = await import('node:worker_threads')
      const kept = Array.from({ length: 12 }, () => new Worker('for (;;);', { eval: true }))
      return `breached: ${kept.length}`
    },
  },
]
