import { lookup } from 'node:dns/promises'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { NonRetryableError } from '../model/errors.ts'
import type { FetchGrant, FetchRequest, FetchResponse } from '../model/isolation.ts'
import { isPublicAddress } from './public-address.ts'

const mostRedirects = 5
/** The host's own to set, or of no use to a handler. */
const ownHeaders = /^(host|connection|content-length|transfer-encoding|upgrade|te|trailer|expect|keep-alive|proxy-.*)$/i
const credentials = /^(authorization|cookie)$/i

export interface FetchBounds {
  readonly maxBytes: number
  readonly signal: AbortSignal
}

function grantFor(grants: readonly FetchGrant[], { hostname, host, protocol }: URL): FetchGrant | undefined {
  if (protocol !== 'http:' && protocol !== 'https:') return undefined
  const portOf = (name: string) => name.slice(hostname.length)
  return grants.find(({ host: granted }) => {
    if (granted === host) return true
    if (!granted.startsWith('*.')) return false
    return host.endsWith(granted.slice(1)) && portOf(host) === (granted.match(/:\d+$/)?.[0] ?? '')
  })
}

/** One address of the host, checked; the connection goes there and nowhere else. */
async function addressOf(url: URL, grant: FetchGrant): Promise<{ address: string; family: number }> {
  const name = url.hostname.replace(/^\[|\]$/g, '')
  const family = isIP(name)
  const found = family === 0 ? await lookup(name, { all: true }) : [{ address: name, family }]
  const fit = grant.private ? found : found.filter(({ address }) => isPublicAddress(address))
  const [first] = fit
  // One private address among public ones is a name that cannot be trusted.
  if (!first || fit.length < found.length)
    throw new NonRetryableError(`${url.host} has a private address, and its grant in can.fetch does not allow that`)
  return first
}

function ask(url: URL, options: RequestOptions, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, resolve)
    request.on('error', reject)
    request.end(body)
  })
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    const part: Buffer = chunk
    bytes += part.length
    if (bytes > maxBytes) {
      response.destroy()
      throw new NonRetryableError(`the response has more than ${maxBytes} bytes`)
    }
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || name === 'set-cookie' ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )
}

function readUrl(text: string, base?: URL): URL {
  try {
    return new URL(text, base)
  } catch (thrown) {
    throw new NonRetryableError(`${text.slice(0, 200)} is no address`, { cause: thrown })
  }
}

/**
 * Fetches for a handler: from hosts that it was granted, at public addresses, and each redirect held to the same.
 * @throws (rejects) NonRetryableError for what it may not fetch
 */
export async function hostFetch(
  grants: readonly FetchGrant[],
  address: string,
  { method = 'GET', headers = {}, body }: FetchRequest,
  { maxBytes, signal }: FetchBounds,
): Promise<FetchResponse> {
  let url = readUrl(address)
  let verb = method
  let content = body
  let sent = Object.entries(headers).filter(([name]) => !ownHeaders.test(name))
  for (let redirects = 0; ; redirects += 1) {
    const grant = grantFor(grants, url)
    if (!grant || url.username !== '' || url.password !== '') {
      const granted = grants.map(({ host }) => host).join(', ') || 'none'
      throw new NonRetryableError(`${url.protocol}//${url.host} is not granted: can.fetch has ${granted}`)
    }
    const { address: to, family } = await addressOf(url, grant)
    const response = await ask(
      url,
      {
        method: verb,
        headers: {
          ...Object.fromEntries(sent),
          ...(content !== undefined && { 'content-length': Buffer.byteLength(content) }),
        },
        agent: false,
        signal,
        lookup: (_name, { all }, done) => (all ? done(null, [{ address: to, family }]) : done(null, to, family)),
      },
      content,
    )
    const { statusCode: status = 0 } = response
    const { location } = response.headers
    const isRedirect = status >= 300 && status < 400 && location !== undefined
    if (!isRedirect)
      return { status, url: url.href, headers: headersOf(response), body: await bodyOf(response, maxBytes) }
    response.destroy()
    if (redirects >= mostRedirects) throw new NonRetryableError(`more than ${mostRedirects} redirects`)
    const next = readUrl(location, url)
    // As browsers do: what is sent on after these is a GET.
    if (status === 303 || (verb === 'POST' && (status === 301 || status === 302))) {
      verb = 'GET'
      content = undefined
    }
    if (next.origin !== url.origin) sent = sent.filter(([name]) => !credentials.test(name))
    url = next
  }
}
