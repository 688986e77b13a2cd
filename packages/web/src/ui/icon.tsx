import type { ReactNode } from 'react'

/** Paths on a 24 × 24 grid, drawn with a stroke of the text's colour. */
const PATHS = {
  alert: 'M12 4 2.800 20h18.400L12 4Zm0 6v4.500m0 2.500v.1',
  arrow: 'M4 12h15m-5-5 5 5-5 5',
  check: 'm4.500 12.500 5 5 10-11',
  chevron: 'm9 5 7 7-7 7',
  clients: 'M4 5h16v11H4V5Zm5 15h6m-3-4v4',
  clock: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17Zm0 4v5l3 2',
  copy: 'M9 9h11v11H9V9Zm-3 6H4V4h11v2',
  cross: 'm6 6 12 12M18 6 6 18',
  download: 'M12 4v11m-5-4 5 5 5-5M5 20h14',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500Z',
  more: 'M5 12h.1m6.900 0h.1m6.900 0h.1',
  overview: 'M4 4h7v9H4V4Zm9 0h7v5h-7V4Zm0 7h7v9h-7v-9Zm-9 4h7v5H4v-5Z',
  pause: 'M8 5v14m8-14v14',
  play: 'M7 4.500v15l12-7.500L7 4.500Z',
  plugins: 'M9 3v5m6-5v5M6 8h12v4a6 6 0 0 1-12 0V8Zm6 10v3',
  plus: 'M12 5v14m-7-7h14',
  question: 'M9 9a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400m0 3.500v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  runs: 'M4 6h10M4 12h16M4 18h7m6-14 3 2-3 2m-3 8 3 2-3 2',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm5 12 4.500 4.500',
  settings: 'M4 7h9m5 0h2M4 17h2m5 0h9M15.500 4.500v5m-7 5v5',
  skip: 'm5 5 9 7-9 7V5Zm13 0v14',
  stop: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17ZM6 6l12 12',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-6v2m0 16v2M2 12h2m16 0h2M5 5l1.400 1.400m11.200 11.200L19 19M5 19l1.400-1.400M17.600 6.400 19 5',
  tasks: 'M9 6h11M9 12h11M9 18h11M4 6h.1M4 12h.1M4 18h.1',
  theme: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17Zm0 0v17m2-14 4 4m-4 0 4.800 4.800M14 14.500l3 3',
  unplug: 'm3 3 18 18M9 3v5m6-5v5m-6.500 0H6v4c0 3.300 2.700 6 6 6 1.700 0 3.200-.7 4.200-1.800M18 12.500V8h-5m-1 10v3',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.500 20c.8-4 4-5.500 7.500-5.500s6.700 1.500 7.500 5.500',
} as const

export type IconName = keyof typeof PATHS

/** Never the only carrier of a meaning: a word stands beside it, so screen readers skip it. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactNode {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
