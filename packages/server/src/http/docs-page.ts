import { CATALOGUE } from '@octopus/protocol/errors.ts'
import { type Route, ROUTES } from '@octopus/protocol/rest/routes.ts'
import { OCTOPUS_VERSION } from '@octopus/protocol/version.ts'

/** The API for people: one plain page made from the table of routes, without a script, so that it needs no rights. */
export function docsPage(): string {
  const routes: [string, Route][] = Object.entries(ROUTES)
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Octopus API</title></head>
<body>
<h1>Octopus API ${OCTOPUS_VERSION}</h1>
<p>For programs: <a href="/api/openapi.json">OpenAPI 3.1</a>. Send an API token as
<code>Authorization: Bearer octo_…</code>. Bodies are JSON; unknown keys are refused. Lists answer
<code>{"items", "nextCursor", "total"}</code>; ask for the next page with <code>?cursor=</code>.
Changes that need a revision send it as <code>If-Match</code>. A request that makes something may carry an
<code>Idempotency-Key</code> (a UUID, say): sent again within a day, it makes nothing more and gets the first answer, with
<code>Idempotency-Replayed: true</code>; with another body it is refused.</p>
<h2>Routes</h2>
<ul>
${routes.map(([name, route]) => `<li><a href="#${name}"><code>${escape(route.method)} ${escape(route.path)}</code></a> ${escape(route.summary)}</li>`).join('\n')}
</ul>
${routes.map(([name, route]) => routeSection(name, route)).join('\n')}
<h2>Errors</h2>
<p>Errors are <code>application/problem+json</code> with one of these codes.</p>
<table>
<tr><th>Code</th><th>Status</th></tr>
${Object.entries(CATALOGUE)
  .map(([code, { status }]) => `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td></tr>`)
  .join('\n')}
</table>
</body>
</html>
`
}

function routeSection(name: string, route: Route): string {
  const parts: readonly [string, object | undefined][] = [
    ['Path', route.params],
    ['Query', route.query],
    ['Body', route.body],
    [`Answer, ${route.status}`, route.answer],
  ]
  const schemas = parts.flatMap(([title, schema]) =>
    schema ? [`<h4>${title}</h4>\n<pre>${escape(JSON.stringify(schema, undefined, 2))}</pre>`] : [],
  )
  const revision = route.needsRevision ? ' Needs <code>If-Match</code>.' : ''
  const key = route.creates ? ' Takes an <code>Idempotency-Key</code>.' : ''
  return `<section id="${name}">
<h3><code>${escape(route.method)} ${escape(route.path)}</code></h3>
<p>${escape(route.summary)}. Who: ${escape(WHO[route.access])}.${revision}${key}</p>
${schemas.join('\n')}
</section>`
}

const WHO: Readonly<Record<Route['access'], string>> = {
  stranger: 'anybody',
  viewer: 'viewer, operator, admin',
  operator: 'operator, admin',
  admin: 'admin',
  'client-session': 'a connected client',
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
