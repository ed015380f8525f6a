/** What a thing's colour says, always beside a word and a shape. `plain` has none. */
export type Tone = 'ok' | 'busy' | 'bad' | 'accent' | 'rest';
