import { writeFile } from 'node:fs/promises'
import { instance } from '@viz-js/viz'
import { supervisorMachine, taskMachine } from 'taskwright'
import { readChart } from '../../src/machines/chart.ts'
import { toDot } from './dot.ts'

/** Draws the statecharts from the machines that run: `npm run docs:statecharts`. */
const viz = await instance()
for (const [name, machine] of Object.entries({ task: taskMachine, supervisor: supervisorMachine })) {
  const svg = viz.renderString(toDot(readChart(machine)), { format: 'svg', engine: 'dot' })
  await writeFile(new URL(`${name}.svg`, import.meta.url), svg)
}
