import { ProblemDetailSchema } from '#rest/common.ts'
import { type Route, ROUTES } from '#rest/routes.ts'

import { CATALOGUE } from './errors.ts'
import { OCTOPUS_VERSION } from './version.ts'

/** The OpenAPI 3.1 document, made from the table of routes: there is no second description to forget. */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [name, route] of Object.entries(ROUTES)) {
    const operations = (paths[route.path] ??= {})
    operations[route.method.toLowerCase()] = operation(name, route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Octopus',
      version: OCTOPUS_VERSION,
      description: `Errors are application/problem+json with one of these codes: ${Object.keys(CATALOGUE).join(', ')}.`,
    },
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'octopus_session' },
      },
      schemas: { Problem: plain(ProblemDetailSchema) },
    },
  }
}

function operation(name: string, route: Route): object {
  const answer = route.answer ? { 'application/json': { schema: plain(route.answer) } } : undefined
  const other = route.answerType ? { [route.answerType]: { schema: { type: 'string' } } } : undefined
  const content = answer ?? other
  return {
    operationId: name,
    summary: route.summary,
    'x-access': route.access,
    ...(route.access === 'stranger' ? {} : { security: [{ token: [] }, { session: [] }] }),
    parameters: [...parameters(route, 'path'), ...parameters(route, 'query'), ...headers(route)],
    ...(route.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: plain(route.body) } } } }
      : {}),
    responses: {
      [route.status]: { description: 'done', ...(content ? { content } : {}) },
      default: {
        description: 'refused',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

interface ObjectSchema {
  readonly properties: Readonly<Record<string, object>>
  readonly required?: readonly string[]
}

function parameters(route: Route, where: 'path' | 'query'): readonly object[] {
  const schema = (where === 'path' ? route.params : route.query) as ObjectSchema | undefined
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || (schema?.required ?? []).includes(name),
    schema: plain(property),
  }))
}

function headers(route: Route): readonly object[] {
  const header = (name: string, required: boolean): object => ({
    name,
    in: 'header',
    required,
    schema: { type: 'string' },
  })
  return [
    ...(route.needsRevision ? [header('if-match', true)] : []),
    ...(route.creates ? [header('idempotency-key', false)] : []),
  ]
}

/** Schemas carry hidden marks of their builder; JSON has none. */
function plain(schema: object): object {
  return JSON.parse(JSON.stringify(schema)) as object
}
