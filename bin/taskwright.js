#!/usr/bin/env node
// Plain JavaScript that any Node can parse: it finds a Node that is new enough, then starts the command.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const oldest = '22.13'

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldest.split('.').map(Number)
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}

/** The Node of the package `node`, a dev dependency of the repository, or null where it is not installed. */
function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json')
    const { version, bin } = JSON.parse(readFileSync(manifest, 'utf8'))
    return isNewEnough(version) ? join(dirname(manifest), bin.node) : null
  } catch {
    return null
  }
}

function refuse(reason) {
  process.stderr.write(`taskwright: ${reason}\n`)
  process.exitCode = 1
}

function runOn(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  // a terminal sends Ctrl-C to both processes: passing it on would make it two
  const fromTerminal = process.stdin.isTTY === true
  const forwarders = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
    const forward = () => {
      if (signal !== 'SIGINT' || !fromTerminal) child.kill(signal)
    }
    process.on(signal, forward)
    return [signal, forward]
  })
  child.on('error', (error) => refuse(`cannot run ${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    for (const [name, forward] of forwarders) process.off(name, forward)
    if (signal === null) process.exitCode = code
    else process.kill(process.pid, signal)
  })
}

async function main() {
  if (!isNewEnough(process.versions.node)) {
    const node = bundledNode()
    if (node !== null) return runOn(node)
    return refuse(`needs Node ${oldest} or newer, and this is Node ${process.versions.node}: install a newer Node.`)
  }
  const entry = new URL('../dist/cli/main.js', import.meta.url)
  try {
    await import(entry.href)
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || error.url !== entry.href) throw error
    refuse('is not built yet: run `npm run build` first.')
  }
}

await main()
