/** What a colour stands for. Each tone has a text, a soft background and a solid colour in styles/tokens.css. */
export type Tone = 'good' | 'bad' | 'warning' | 'active' | 'waiting' | 'muted'
