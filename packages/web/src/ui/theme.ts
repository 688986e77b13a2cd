import { useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const KEY = 'octopus-theme'

/** The chosen theme; `public/theme.js` applies it before the first paint. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => (document.documentElement.dataset['theme'] as Theme) ?? 'system')
  const choose = (next: Theme): void => {
    setTheme(next)
    if (next === 'system') {
      delete document.documentElement.dataset['theme']
      localStorage.removeItem(KEY)
    } else {
      document.documentElement.dataset['theme'] = next
      localStorage.setItem(KEY, next)
    }
  }
  return [theme, choose]
}
