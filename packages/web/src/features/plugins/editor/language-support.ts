import { javascript } from '@codemirror/lang-javascript'
import { python } from '@codemirror/lang-python'
import { StreamLanguage } from '@codemirror/language'
import { powerShell } from '@codemirror/legacy-modes/mode/powershell'
import { shell } from '@codemirror/legacy-modes/mode/shell'
import type { Extension } from '@codemirror/state'

import type { Language } from '#features/plugins/plugin-queries.ts'

/** Highlighting and indentation of a language. */
export function languageSupport(language: Language): Extension {
  switch (language) {
    case 'python':
      return python()
    case 'typescript':
      return javascript({ typescript: true })
    case 'javascript':
      return javascript()
    case 'shell':
      return StreamLanguage.define(shell)
    case 'powershell':
      return StreamLanguage.define(powerShell)
  }
}
