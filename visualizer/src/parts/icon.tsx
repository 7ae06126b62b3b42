/** Strokes of 1.5 on a grid of 16. */
const strokes = {
  tasks: 'M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01',
  timeline: 'M2.5 3.5h6M5.5 8h6M8.5 12.5h5',
  chart: 'M2.5 2.5h4v4h-4zM9.5 9.5h4v4h-4zM4.5 6.5v5h5M11.5 9.5v-5h-5',
  messages: 'M3.5 2v12M12.5 2v12M3.5 5.5h9M10.5 3.5l2 2-2 2M12.5 10.5h-9M5.5 8.5l-2 2 2 2',
  resources: 'M2.5 13.5h11M4 13V8.5M8 13V3M12 13V6',
  queue: 'M3 3.5h10M3 8h7M3 12.5h4M12.5 8v5.5M10.5 11.5l2 2 2-2',
  inbox: 'M2 9l2-6h8l2 6v4.5H2zM2 9h3.5l1 2h3l1-2H14',
  health: 'M1.5 8.5h3l2-5 3 9 2-4h3',
  replay: 'M2.5 8a5.5 5.5 0 1 0 1.8-4.1M2.5 2.5v3h3M8 5v3l2 1.5',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  light:
    'M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7',
  dark: 'M13.5 9.5A5.8 5.8 0 0 1 6.5 2.5a5.8 5.8 0 1 0 7 7z',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2v9.6L12.5 8z',
  cancel: 'M4 4l8 8M12 4l-8 8',
  retry: 'M13.5 8a5.5 5.5 0 1 1-1.8-4.1M13.5 2.5v3h-3',
  priority: 'M8 13V3.5M4 7l4-4 4 4',
  drain: 'M8 2v8M4.5 6.5L8 10l3.5-3.5M2.5 13.5h11',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.3 10.3l3.2 3.2',
  back: 'M9.5 3.5L5 8l4.5 4.5',
  forth: 'M6.5 3.5L11 8l-4.5 4.5',
  down: 'M3.5 6.5L8 11l4.5-4.5',
  check: 'M3 8.5l3.2 3.2L13 4.5',
  key: 'M10.5 2.5a3 3 0 1 1-2.6 4.5L3 12v1.5h2.5V12H7v-1.5h1l1-1.6M11 5h.01',
  warning: 'M8 2.5l6 11H2zM8 6.5v3M8 11.5h.01',
  question: 'M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.3-1 .8-1 1.5M8 12h.01M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13',
  clock: 'M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M8 4.5V8l2.5 1.5',
  sliders: 'M2.5 4.5h6M11.5 4.5h2M2.5 11.5h2M7.5 11.5h6M8.5 3v3M4.5 10v3',
} as const

export type IconName = keyof typeof strokes

/** Beside words: it says nothing that they do not. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={strokes[name]} />
    </svg>
  )
}
