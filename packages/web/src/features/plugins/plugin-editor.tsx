import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { useMay } from '#domain/me.ts'
import { Button } from '#ui/button.tsx'
import { useDraft } from '#ui/draft.ts'
import { ProblemText } from '#ui/problem.tsx'
import { TextDifference } from '#ui/text-difference.tsx'
import { say } from '#ui/toasts.tsx'

import type { Plugin } from './plugin-queries.ts'
import { PluginWorkbench } from './plugin-workbench.tsx'

interface Draft {
  readonly source: string
  /** The version that was on the screen when typing began. */
  readonly basedOn: { readonly version: number; readonly checksum: string }
}

interface PluginEditorProps {
  readonly plugin: Plugin
  /** What stands below the editor for the source as it is typed. */
  readonly renderBelow: (source: string) => ReactNode
}

/**
 * Changes a plugin: what is typed stays in this tab until it is published or thrown away. A version that somebody else
 * published meanwhile is never replaced unseen.
 */
export function PluginEditor({ plugin, renderBelow }: PluginEditorProps): ReactNode {
  const [draft, setDraft, forget] = useDraft<Draft | null>(`plugin:${plugin.name}`, null)
  const publish = useCall('createPluginVersion')
  const admin = useMay('admin')
  const seen = { version: plugin.version, checksum: plugin.checksum }
  const basedOn = draft?.basedOn ?? seen
  const changed = draft !== null && draft.source !== plugin.source
  const source = draft?.source ?? plugin.source
  const reset = (): void => {
    setDraft(null)
    forget()
    publish.reset()
  }
  const save = (): void =>
    publish.mutate(
      { params: { name: plugin.name }, body: { language: plugin.language, source, basedOn: basedOn.checksum } },
      {
        onSuccess: (saved) => {
          reset()
          say(`Version ${saved.version} is published. Clients get it now.`)
        },
      },
    )
  const edit = (next: string): void => {
    if (next !== source) setDraft({ source: next, basedOn })
  }
  return (
    <>
      {changed && basedOn.checksum !== plugin.checksum ? (
        <div className="notice tone-warning stack" role="alert">
          <p>
            {plugin.updatedBy} published version {plugin.version} while you were editing version {basedOn.version}. Here
            is what yours would change of it.
          </p>
          <TextDifference before={plugin.source} after={source} />
          <div className="row">
            <Button onClick={() => setDraft({ source, basedOn: seen })}>I have seen it: keep mine</Button>
            <Button onClick={reset}>Take theirs</Button>
          </div>
        </div>
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
      {renderBelow(source)}
    </>
  )
}
