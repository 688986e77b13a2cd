import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { isFinal } from '#domain/states.ts'
import { slotWords } from '#domain/words.ts'
import { visibleText } from '#text/visible-text.ts'
import { JsonTree } from '#ui/json-tree.tsx'
import { Facts, Section } from '#ui/page.tsx'
import { Time } from '#ui/time.tsx'

import { Attempts } from './attempts-view.tsx'
import type { Execution } from './execution-queries.ts'
import { Output } from './output-view.tsx'
import { ResultView } from './result-view.tsx'
import { Timeline } from './timeline-view.tsx'
import { Why } from './why-view.tsx'

/** Everything of one execution: result and output first, then how it came to be. */
export function ExecutionDetails({ execution }: { readonly execution: Execution }): ReactNode {
  const final = isFinal(execution.state)
  return (
    <div className="columns execution">
      <div>
        {execution.progress && !final ? <Progress progress={execution.progress} /> : null}
        {execution.result ? (
          <Section title={execution.result.error ? 'Error' : 'Result'}>
            <ResultView result={execution.result} />
          </Section>
        ) : null}
        <Output id={execution.id} attempt={execution.attempt} final={final} />
        <Attempts execution={execution} />
        <LateResults execution={execution} />
      </div>
      <div>
        <Section title="Timeline">
          <div className="card">
            <Timeline execution={execution} />
            {execution.waitingFor.map((reason) => (
              <p key={reason.code} className="notice tone-waiting waiting">
                {visibleText(reason.text)}
              </p>
            ))}
            {execution.endsAtLatest === null ? null : (
              <p className="hint">
                Ends at the latest <Time at={execution.endsAtLatest} />
              </p>
            )}
          </div>
        </Section>
        <Why id={execution.id} />
        <Section title="What and where">
          <div className="card">
            <Where execution={execution} />
          </div>
        </Section>
        <Section title="Arguments">
          <div className="json">
            <JsonTree value={{ args: execution.args, kwargs: execution.kwargs }} />
          </div>
        </Section>
      </div>
    </div>
  )
}

function Where({ execution }: { readonly execution: Execution }): ReactNode {
  const { plugin, client } = execution
  return (
    <Facts
      facts={[
        ['For', visibleText(slotWords(execution.slot))],
        [
          'Client',
          client ? (
            <Link key="client" to="/clients/$id" params={{ id: client.id }}>
              {visibleText(client.name)}
            </Link>
          ) : (
            'none yet'
          ),
        ],
        [
          'Plugin',
          <Link key="plugin" to="/plugins/$name" params={{ name: plugin.name }}>
            {plugin.name}
          </Link>,
        ],
        [
          'Version',
          plugin.version === null
            ? plugin.checksum.slice(0, 12)
            : `${plugin.version} (${plugin.checksum.slice(0, 12)})`,
        ],
        ['Action', visibleText(execution.action)],
        ['Attempt', `${execution.attempt} of ${execution.retry.maxAttempts}`],
        ['When the connection is lost', execution.onDisconnect],
        ...(execution.reason === null ? [] : [['Reason', visibleText(execution.reason)] as const]),
      ]}
    />
  )
}

function Progress({ progress }: { readonly progress: NonNullable<Execution['progress']> }): ReactNode {
  const label = visibleText(progress.text) || 'Progress'
  return (
    <Section title="Progress">
      <div className="stack">
        {progress.fraction === null ? null : <progress value={progress.fraction} max={1} aria-label={label} />}
        <p>{visibleText(progress.text)}</p>
      </div>
    </Section>
  )
}

function LateResults({ execution }: { readonly execution: Execution }): ReactNode {
  if (execution.lateResults.length === 0) return null
  return (
    <Section title="Late results">
      <p className="hint">They came after the execution had ended, or for an older hand-over, and changed nothing.</p>
      {execution.lateResults.map((late) => (
        <details key={`${late.fence}-${late.receivedAt}`} className="card">
          <summary>
            Attempt {late.attempt} {visibleText(late.end)} ({visibleText(late.reason)}), <Time at={late.receivedAt} />
          </summary>
          <ResultView result={late.result} />
        </details>
      ))}
    </Section>
  )
}
