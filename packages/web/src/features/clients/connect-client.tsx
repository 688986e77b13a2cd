import { problemOf } from '@octopus/api-client/api-error.ts'
import type { Answer } from '@octopus/api-client/request.ts'
import { useState, type ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { Button } from '#ui/button.tsx'
import { CopyText } from '#ui/copy-text.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Field } from '#ui/field.tsx'
import { ProblemText } from '#ui/problem.tsx'

/** "Connect a client": a button with its dialog. It must stand where the coming client does not take it away. */
export function ConnectClient({ primary = true }: { readonly primary?: boolean }): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <>
      <ConnectButton primary={primary} onClick={() => setOpen(true)} />
      <ConnectDialog open={open} onClose={() => setOpen(false)} />
    </>
  )
}

interface ConnectButtonProps {
  readonly primary?: boolean
  readonly onClick: () => void
}

export function ConnectButton({ primary = true, onClick }: ConnectButtonProps): ReactNode {
  return (
    <Button look={primary ? 'primary' : 'plain'} icon="plus" onClick={onClick}>
      Connect a client
    </Button>
  )
}

interface ConnectDialogProps {
  readonly open: boolean
  readonly onClose: () => void
}

/** Makes an enrolment token and shows the line to copy on the PC. The token is shown this once, so it stays till closed. */
export function ConnectDialog({ open, onClose }: ConnectDialogProps): ReactNode {
  return (
    <Dialog open={open} title="Connect a client" onClose={onClose}>
      <ConnectForm onClose={onClose} />
    </Dialog>
  )
}

function ConnectForm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [user, setUser] = useState('')
  const [approves, setApproves] = useState(true)
  const [maxUses, setMaxUses] = useState('1')
  const create = useCall('createEnrollmentToken')
  const make = (): void =>
    create.mutate({
      body: { approves, maxUses: Number(maxUses) || 1, ...(user.trim() === '' ? {} : { user: user.trim() }) },
    })
  if (create.data) {
    return (
      <div className="stack">
        <ConnectLines {...create.data} />
        <p className="hint">
          The token in it is shown this once. It works{' '}
          {create.data.usesLeft === 1 ? 'once' : `${create.data.usesLeft} times`} until{' '}
          {new Date(create.data.expiresAt).toLocaleString()}.
          {create.data.approves ? '' : ' Clients that use it wait for your approval.'}
        </p>
        <div className="dialog-actions">
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </div>
    )
  }
  return (
    <div className="stack">
      <Field
        label="User"
        optional
        hint="Whose PC is it? Tasks for this user then run there. Can be set later."
        problem={problemOf(create.error, 'user')}
      >
        {(control) => (
          <input
            {...control}
            autoCapitalize="none"
            spellCheck={false}
            value={user}
            onChange={(event) => setUser(event.target.value)}
          />
        )}
      </Field>
      <Field label="How many PCs" problem={problemOf(create.error, 'maxUses')}>
        {(control) => (
          <input
            {...control}
            type="number"
            min={1}
            max={10_000}
            value={maxUses}
            onChange={(event) => setMaxUses(event.target.value)}
          />
        )}
      </Field>
      <label className="check">
        <input type="checkbox" checked={approves} onChange={(event) => setApproves(event.target.checked)} />
        May work at once, without approval
      </label>
      <ProblemText error={create.error} />
      <div className="dialog-actions">
        <Button onClick={onClose}>Close</Button>
        <Button look="primary" busy={create.isPending} onClick={make}>
          Make the command
        </Button>
      </div>
    </div>
  )
}

type Lines = Pick<Answer<'createEnrollmentToken'>, 'command' | 'install'>

/** The lines to copy: for a PC without anything, where the server has packed clients; and for a copy of Octopus. */
function ConnectLines({ command, install }: Lines): ReactNode {
  const systems = install?.targets ?? []
  const unix = systems.some((target) => !target.startsWith('win'))
  const windows = systems.some((target) => target.startsWith('win'))
  return (
    <>
      {install === null ? null : (
        <p>
          Run this on the PC, which needs nothing else. It installs the client, connects it at once, and has it start
          with the PC. As root or administrator it serves the whole machine, else your account.
        </p>
      )}
      {install && unix ? <Line title="Linux and macOS, in a terminal" text={install.sh} /> : null}
      {install && windows ? <Line title="Windows, in PowerShell" text={install.powershell} /> : null}
      <Line title="In a copy of Octopus, after npm ci" text={command} label="Command" />
      {install === null ? (
        <p className="hint">
          For PCs without anything, pack the client once: <code>npm run build:client</code> in the server’s copy of
          Octopus. Then this dialog shows a line that installs it.
        </p>
      ) : (
        <p className="hint">There are clients for {systems.join(', ')}.</p>
      )}
    </>
  )
}

interface LineProps {
  readonly title: string
  readonly text: string
  readonly label?: string
}

function Line({ title, text, label = title }: LineProps): ReactNode {
  return (
    <div>
      <p className="hint">{title}:</p>
      <CopyText text={text} label={label} />
    </div>
  )
}
