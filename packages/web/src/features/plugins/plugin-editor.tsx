import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { useMay } from '#domain/me.ts'
import { Button } from '#ui/button.tsx'
import { useDraft } from '#ui/draft.ts'
import { ProblemText } from '#ui/problem.tsx'
import { say } from '#ui/toasts.tsx'

import type { Plugin } from './plugin-queries.ts'
import { PluginWorkbench } from './plugin-workbench.tsx'

interface Draft {
  readonly source: string
  /** The version that was on the screen when typing began. */
  readonly basedOn: number
}

/** Changes a plugin: what is typed stays in this tab until it is published or thrown away. */
export function PluginEditor({ plugin }: { readonly plugin: Plugin }): ReactNode {
  const [draft, setDraft, forget] = useDraft<Draft | null>(`plugin:${plugin.name}`, null)
  const publish = useCall('putPlugin')
  const admin = useMay('admin')
  const changed = draft !== null && draft.source !== plugin.source
  const source = draft?.source ?? plugin.source
  const reset = (): void => {
    setDraft(null)
    forget()
    publish.reset()
  }
  const save = (): void =>
    publish.mutate(
      { params: { name: plugin.name }, body: { language: plugin.language, source } },
      {
        onSuccess: (saved) => {
          reset()
          say(`Version ${saved.version} is published. Clients get it now.`)
        },
      },
    )
  const edit = (next: string): void => {
    if (next !== source) setDraft({ source: next, basedOn: draft?.basedOn ?? plugin.version })
  }
  return (
    <>
      {changed && draft.basedOn < plugin.version ? (
        <p className="notice tone-warning" role="alert">
          {plugin.updatedBy} published version {plugin.version} while you were editing version {draft.basedOn}.
          Publishing yours replaces it; reset to see it.
        </p>
      ) : null}
      <ProblemText error={publish.error} />
      <PluginWorkbench
        language={plugin.language}
        source={source}
        onChange={edit}
        buttons={
          admin ? (
            <>
              {changed ? <span className="quiet-text">Not published</span> : null}
              <Button disabled={!changed} onClick={reset}>
                Reset
              </Button>
              <Button look="primary" busy={publish.isPending} disabled={!changed} onClick={save}>
                Publish
              </Button>
            </>
          ) : null
        }
      />
    </>
  )
}
