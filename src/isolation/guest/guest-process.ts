import { Socket } from 'node:net'
import { encodeFrame, FrameReader } from '../frames.ts'
import { createGuest } from './guest-task.ts'
import { loadHandler } from './load-handler.ts'

// The first code of a sandboxed process. Frames go over descriptor 3; nothing else of the host is open here.

const longestFromHost = 0x4000_0000
const socket = new Socket({ fd: 3, readable: true, writable: true })
const reader = new FrameReader(longestFromHost)
const receive = createGuest((text) => socket.write(encodeFrame(text)), loadHandler)

socket.on('data', (chunk: Buffer) => {
  for (const text of reader.read(chunk)) receive(text)
})
// The host has gone, or wants nothing more.
socket.on('close', () => process.exit())
socket.on('error', () => process.exit())
