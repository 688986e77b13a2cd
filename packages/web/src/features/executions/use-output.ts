import { useQuery, useQueryClient } from '@tanstack/react-query'

import { call } from '#api/call.ts'

import { addOutput, NO_OUTPUT, type OutputText } from './output-lines.ts'

/** A page of output is bounded by the server; a long one is read in at most this many steps at a time. */
const STEPS_MAX = 40

/** An execution's output, read on from the byte where we are whenever there is news of it. */
export function useOutput(id: string) {
  const queries = useQueryClient()
  const queryKey = [`output:${id}`]
  return useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<OutputText> => {
      let read = queries.getQueryData<OutputText>(queryKey) ?? NO_OUTPUT
      for (let step = 0; step < STEPS_MAX && !read.complete; step += 1) {
        const from = read.next
        const page = await call('getOutput', { params: { id }, query: { from } }, signal)
        read = addOutput(read, page)
        // A newer attempt prints: the older one's output stays until there is some of the newer one's.
        if (read.next < from) continue
        // What has been read is shown while the rest of a long output is still being read.
        queries.setQueryData(queryKey, read)
        if (read.next === from) break
      }
      return read
    },
    structuralSharing: false,
  })
}
