import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { StatelyFeed } from './stately-feed.ts'
import { statelyPath } from './stately-feed.ts'

/** Why a client is not let in, as a status; `null`: it is. As at the door: no other name, no page of another origin. */
function refusal({ url = '', headers }: IncomingMessage, hosts: ReadonlySet<string>): number | null {
  const host = headers.host?.toLowerCase() ?? ''
  if (!hosts.has(host)) return 421
  if (headers.origin !== undefined && headers.origin !== `http://${host}`) return 403
  return url.split('?')[0] === statelyPath ? null : 404
}

/** Lets WebSockets in to the feed, and to nothing else. @param hosts names under which the server may be called */
export function serveUpgrades(server: Server, feed: StatelyFeed, hosts: () => ReadonlySet<string>): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A client that is gone before it is let in.
    socket.on('error', () => socket.destroy())
    const status = refusal(request, hosts())
    if (status === null) feed.accept(request, socket, head)
    else socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  })
}
