import { type OctopusError, refusal } from '@octopus/protocol/errors.ts'
import { ROUTES } from '@octopus/protocol/rest/routes.ts'

/** Patterns of the table's paths, with the methods that each may be called with. */
const PATTERNS = [...Map.groupBy(Object.values(ROUTES), ({ path }) => path)].map(([path, routes]) => ({
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  methods: routes.map(({ method }) => method),
}))

/** There is no such route; or there is, but not with this method. */
export function noRoute(method: string, path: string): OctopusError {
  const methods = PATTERNS.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)
  if (methods.length === 0) return refusal('ROUTE_NOT_FOUND', { method, path })
  return refusal('METHOD_NOT_ALLOWED', { method, path, allowed: [...new Set(methods)].sort().join(', ') })
}
