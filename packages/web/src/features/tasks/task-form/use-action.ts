import { useInfiniteQuery } from '@tanstack/react-query'

import { pluginChoicesQuery, type Action } from '#features/tasks/task-queries.ts'

/** The action that the draft means: the named one, else `run`, else the first there is. */
export function useAction(plugin: string, action: string): Action | undefined {
  const { data } = useInfiniteQuery(pluginChoicesQuery)
  const actions = data?.pages.flatMap((page) => page.items).find(({ name }) => name === plugin)?.actions ?? []
  if (action !== '') return actions.find(({ name }) => name === action)
  return actions.find(({ name }) => name === 'run') ?? actions[0]
}
