import type { ReactNode } from 'react'

import { visibleText } from '#text/visible-text.ts'
import { Facts } from '#ui/page.tsx'
import { Time } from '#ui/time.tsx'

import { Fingerprint } from './approve-client.tsx'
import type { Client } from './client-queries.ts'

/** What is known of a client; what the PC says of itself is marked as that. */
export function ClientFacts({ client }: { readonly client: Client }): ReactNode {
  const { reported, slots, plugins } = client
  const runtimes = client.runtimes.map(({ language, version }) => `${language} ${visibleText(version)}`)
  return (
    <div className="card stack">
      <Facts
        facts={[
          ['User', client.user ?? 'nobody'],
          ['Last seen', <Time key="seen" at={client.lastSeenAt} none="never" />],
          ['Slots in use', slots ? `${slots.used} of ${slots.total}` : '–'],
          ['Plugins', plugins.inSync ? 'in sync' : `${plugins.missing} missing`],
          ['Labels', client.labels.length === 0 ? 'none' : visibleText(client.labels.join(', '))],
          ['Known since', <Time key="created" at={client.createdAt} />],
          ['Octopus version', visibleText(client.version)],
          ['Fingerprint', <Fingerprint key="fingerprint" text={client.fingerprint} />],
        ]}
      />
      {reported ? (
        <>
          <h3>What the PC says of itself</h3>
          <Facts
            facts={[
              ['Host name', visibleText(reported.hostName)],
              ['System', `${visibleText(reported.os)} (${visibleText(reported.arch)})`],
              ['Runs as', visibleText(reported.account)],
              ['Wished user', visibleText(reported.wishedUser ?? '–')],
              ['Own labels', visibleText(reported.labels.join(', ')) || 'none'],
              ['Can run', runtimes.join(', ') || 'nothing known'],
            ]}
          />
        </>
      ) : null}
    </div>
  )
}
