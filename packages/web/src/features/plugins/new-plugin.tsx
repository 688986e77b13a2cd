import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { Button } from '#ui/button.tsx'
import { useDraft } from '#ui/draft.ts'
import { Field } from '#ui/field.tsx'
import { ProblemText } from '#ui/problem.tsx'
import { Select } from '#ui/select.tsx'
import { say } from '#ui/toasts.tsx'

import { LANGUAGES, templateOf } from './languages.ts'
import type { Language } from './plugin-queries.ts'
import { PluginWorkbench } from './plugin-workbench.tsx'

/** As the server has it: such a name is safe in every path and script. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/

interface Draft {
  readonly name: string
  readonly language: Language
  readonly source: string
}

export function NewPlugin(): ReactNode {
  const start: Draft = { name: '', language: 'python', source: templateOf('python') }
  const [draft, setDraft, forget] = useDraft<Draft>('new-plugin', start)
  const publish = useCall('putPlugin')
  const navigate = useNavigate()
  const save = (): void => {
    const { name, language, source } = draft
    publish.mutate(
      { params: { name }, body: { language, source } },
      {
        onSuccess: () => {
          forget()
          say(`${name} is published. Clients get it now.`)
          void navigate({ to: '/plugins/$name', params: { name } })
        },
      },
    )
  }
  const nameProblem =
    draft.name === '' || NAME.test(draft.name) ? undefined : 'A letter first, then letters, digits, "_" or "-"'
  const setLanguage = (language: Language): void => {
    const untouched = draft.source === '' || draft.source === templateOf(draft.language)
    setDraft({ ...draft, language, source: untouched ? templateOf(language) : draft.source })
  }
  return (
    <>
      <div className="fields plugin-fields">
        <Field label="Name" problem={nameProblem} hint="Tasks use it by this name.">
          {(control) => (
            <input
              {...control}
              autoCapitalize="none"
              autoComplete="off"
              spellCheck={false}
              value={draft.name}
              onChange={(event) => setDraft({ ...draft, name: event.target.value })}
            />
          )}
        </Field>
        <Field label="Language">
          {(control) => <Select {...control} value={draft.language} choices={LANGUAGES} onChange={setLanguage} />}
        </Field>
      </div>
      <ProblemText error={publish.error} />
      <PluginWorkbench
        language={draft.language}
        source={draft.source}
        onChange={(source) => setDraft({ ...draft, source })}
        buttons={
          <Button look="primary" busy={publish.isPending} disabled={!NAME.test(draft.name)} onClick={save}>
            Publish
          </Button>
        }
      />
    </>
  )
}
