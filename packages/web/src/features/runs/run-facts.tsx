import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { causeWords } from '#domain/words.ts'
import { visibleText } from '#text/visible-text.ts'
import { Facts } from '#ui/page.tsx'
import { Time, Took } from '#ui/time.tsx'

import type { Run } from './run-queries.ts'

export function RunFacts({ run }: { readonly run: Run }): ReactNode {
  return (
    <div className="card">
      <Facts
        facts={[
          ['Due', <Time key="due" at={run.dueAt} />],
          ['Cause', causeWords(run.cause)],
          ['Took', <Took key="took" from={run.createdAt} to={run.endedAt} />],
          ['Ended', <Time key="ended" at={run.endedAt} none="not yet" />],
          [
            'Plugin',
            <Link key="plugin" to="/plugins/$name" params={{ name: run.task.plugin }}>
              {run.task.plugin} · {visibleText(run.task.action)}
            </Link>,
          ],
        ]}
      />
    </div>
  )
}
