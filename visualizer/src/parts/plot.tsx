import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { colours } from '../shell/theme.ts'
import { colourOf, thinned } from './colour.ts'
import { formatAmount, formatClock } from './format.ts'

/** A line over time. */
export interface PlotLine {
  readonly name: string
  readonly colour: `--${string}`
  readonly form: 'area' | 'line' | 'dashed'
}

/** Times in seconds since the epoch, then the values of each line; `null` where nothing is known. */
export type PlotData = [number[], ...(number | null)[][]]

interface PlotProps {
  readonly lines: readonly PlotLine[]
  readonly data: PlotData
  /** What is drawn, in words: a canvas says nothing. */
  readonly label: string
  /** px */
  readonly height: number
}

function optionsOf(lines: readonly PlotLine[], box: HTMLElement, height: number): uPlot.Options {
  const ink = colourOf('--ink-3', box)
  const grid = { stroke: colourOf('--line', box), width: 1 }
  const font = `11px ${getComputedStyle(box).fontFamily}`
  return {
    width: Math.max(40, box.clientWidth),
    height,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.08)] } },
    axes: [
      {
        stroke: ink,
        grid: { show: false },
        ticks: { show: false },
        font,
        size: 24,
        space: 88,
        values: (_plot, ticks) => ticks.map((tick) => formatClock(tick * 1_000)),
      },
      {
        stroke: ink,
        grid,
        ticks: { show: false },
        font,
        size: 44,
        space: 32,
        values: (_plot, ticks) => ticks.map((tick) => formatAmount(tick)),
      },
    ],
    series: [
      {},
      ...lines.map(({ name, colour, form }): uPlot.Series => {
        const stroke = colourOf(colour, box)
        const stepped = uPlot.paths.stepped?.({ align: 1 })
        return {
          label: name,
          stroke,
          width: form === 'dashed' ? 1 : 1.5,
          ...(form === 'dashed' && { dash: [4, 4] }),
          ...(form === 'area' && { fill: thinned(stroke, 0.14) }),
          ...(stepped && { paths: stepped }),
          points: { show: false },
        }
      }),
    ],
  }
}

/** Lines over time on a canvas, as wide as there is room. */
export function Plot({ lines, data, label, height }: PlotProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const latest = useRef(data)
  latest.current = data
  const theme = colours.value

  useEffect(() => {
    const element = box.current
    if (!element) return
    // Made anew where colours have changed.
    void theme
    const made = new uPlot(optionsOf(lines, element, height), latest.current, element)
    plot.current = made
    const sizes = new ResizeObserver(() => made.setSize({ width: Math.max(40, element.clientWidth), height }))
    sizes.observe(element)
    return () => {
      sizes.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [lines, height, theme])
  useEffect(() => {
    plot.current?.setData(data)
  }, [data])

  return <div ref={box} class="plot" role="img" aria-label={label} />
}
