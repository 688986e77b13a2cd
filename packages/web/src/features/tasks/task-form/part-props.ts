import type { TaskDraft } from './draft.ts'

/** What a part of the form needs. */
export interface PartProps {
  readonly draft: TaskDraft
  readonly change: (part: Partial<TaskDraft>) => void
  /** What is wrong, by field. Empty until somebody has tried to send the form. */
  readonly problems: Readonly<Record<string, string>>
}
