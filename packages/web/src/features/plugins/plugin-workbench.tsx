import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, type ReactNode } from 'react'

import { useMay } from '#domain/me.ts'
import { Section } from '#ui/page.tsx'
import { ProblemText } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'
import { useDebounced } from '#ui/use-debounced.ts'

import { FoundActions } from './found-actions.tsx'
import { checkQuery, type Language } from './plugin-queries.ts'

/** The editor is the largest part of the dashboard: it is loaded when a plugin is opened. */
const SourceEditor = lazy(async () => ({
  default: (await import('#features/plugins/editor/source-editor.tsx')).SourceEditor,
}))

/** After so long without a key press the source is checked. */
const STILL_MS = 400
const NO_PROBLEMS: never[] = []

interface WorkbenchProps {
  readonly language: Language
  readonly source: string
  readonly onChange: (source: string) => void
  readonly buttons: ReactNode
}

/** Source on one side, what the server finds in it on the other. */
export function PluginWorkbench({ language, source, onChange, buttons }: WorkbenchProps): ReactNode {
  const still = useDebounced(source, STILL_MS)
  const operator = useMay('operator')
  const admin = useMay('admin')
  const check = useQuery({ ...checkQuery(language, still), enabled: operator && still.trim() !== '' })
  return (
    <div className="columns workbench">
      <Section title="Source" aside={<div className="row">{buttons}</div>}>
        <Suspense fallback={<Skeleton lines={12} label="Loading the editor" />}>
          <SourceEditor
            source={source}
            language={language}
            problems={check.data?.problems ?? NO_PROBLEMS}
            readOnly={!admin}
            onChange={onChange}
          />
        </Suspense>
      </Section>
      <Section title="What it offers">
        <div className="card">
          <ProblemText error={check.error} />
          {check.data ? (
            <FoundActions checked={check.data} />
          ) : (
            <p className="quiet-text">{check.isFetching ? 'Reading the source…' : 'Nothing to read yet.'}</p>
          )}
        </div>
      </Section>
    </div>
  )
}
