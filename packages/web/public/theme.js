// Before the first paint, so that a chosen theme does not flash. No module: those run after the paint.
try {
  const theme = localStorage.getItem('octopus-theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden; then the system's theme it is.
}
