import { Download, type Handlers } from '#http/route.ts'

import type { Measures } from './measures.ts'

export function metricsRoutes({
  measures,
}: {
  readonly measures: Pick<Measures, 'text' | 'contentType'>
}): Handlers<'metrics'> {
  return { metrics: async () => new Download(measures.contentType, await measures.text(), {}) }
}
