import type { CoverageReport } from './coverage-report.ts'
import { coverageKinds, coveredShare } from './coverage-report.ts'

/** The report as a table for a terminal. */
export function coverageText(report: CoverageReport): string {
  const rows = coverageKinds.map((kind) => `${kind.padEnd(12)} ${coveredShare(report, kind).toFixed(1)} %`)
  return [`${report.definition}: ${report.ran} of ${report.paths} paths`, ...rows].join('\n')
}

/** The report as JSON. */
export function coverageJson(report: CoverageReport): string {
  return JSON.stringify(report, null, 2)
}

/** The report as one page that needs nothing else. */
export function coverageHtml(report: CoverageReport): string {
  return `<!doctype html><title>${report.definition}</title><pre>${coverageText(report)}</pre>`
}
