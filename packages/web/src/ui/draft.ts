import { useCallback, useState } from 'react'

/** State that survives a reload or a sign-in in between: what was typed is never lost. Kept for this tab only. */
export function useDraft<T>(name: string, start: T): readonly [T, (value: T) => void, () => void] {
  const key = `octopus-draft:${name}`
  const [value, setValue] = useState<T>(() => read<T>(key) ?? start)
  const set = useCallback(
    (next: T) => {
      setValue(next)
      try {
        sessionStorage.setItem(key, JSON.stringify(next))
      } catch {
        // Full or forbidden: the page still holds it.
      }
    },
    [key],
  )
  const forget = useCallback(() => sessionStorage.removeItem(key), [key])
  return [value, set, forget]
}

function read<T>(key: string): T | undefined {
  try {
    const text = sessionStorage.getItem(key)
    return text === null ? undefined : (JSON.parse(text) as T)
  } catch {
    return undefined
  }
}
