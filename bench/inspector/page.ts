/** Stands for a page: reads the stream of the inspector whose address it is given, in a process of its own. */
const [, , address = ''] = process.argv
const response = await fetch(new URL('/api/v1/stream', address))
let rest = ''
const decoder = new TextDecoder()
for await (const bytes of response.body ?? []) {
  const frames = `${rest}${decoder.decode(bytes, { stream: true })}`.split('\n\n')
  rest = frames.pop() ?? ''
  for (const frame of frames) JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? 'null')
  if (process.connected) process.send?.('read')
}
