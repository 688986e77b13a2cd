import { useState, type ReactNode } from 'react'

import { Button } from '#ui/button.tsx'
import { CopyText } from '#ui/copy-text.tsx'
import { Dialog } from '#ui/dialog.tsx'

import { commandLines } from './command-lines.ts'
import type { Task } from './task-queries.ts'

/** The definition to take along: as JSON, and as the line that creates it again. */
export function ExportTask({ task }: { readonly task: Task }): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button onClick={() => setOpen(true)}>Export</Button>
      <Dialog open={open} title="Create this task elsewhere" onClose={() => setOpen(false)}>
        <div className="stack">
          {commandLines(task, window.location.origin).map(({ label, text }) => (
            <div key={label}>
              <h3>{label}</h3>
              <CopyText text={text} label={label} />
            </div>
          ))}
        </div>
        <div className="dialog-actions">
          <Button onClick={() => setOpen(false)}>Close</Button>
        </div>
      </Dialog>
    </>
  )
}
