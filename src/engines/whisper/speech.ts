/** From when to when, in seconds. */
export interface SpeechSpan {
  readonly start: number;
  readonly end: number;
}

/** Speech without the silence around it, and the way back to when it was spoken. */
export interface Condensed {
  readonly samples: Float32Array;
  /** A span of the condensed samples as a span of the whole recording. */
  readonly when: (span: SpeechSpan) => SpeechSpan;
}

/** Around each part, so that no consonant is cut; and what stays of a pause between two. */
const MARGIN_SECONDS = 0.1;
const PAUSE_SECONDS = 0.1;

/** Puts the parts with speech one behind the other. Parts that touch each other become one. */
export function condense(samples: Float32Array, speech: readonly SpeechSpan[], rate: number): Condensed {
  const parts = joined(speech, samples.length / rate).map(({ start, end }) => ({
    from: Math.round(start * rate),
    to: Math.min(samples.length, Math.round(end * rate)),
  }));
  const pause = Math.round(PAUSE_SECONDS * rate);
  const length = parts.reduce((sum, { from, to }) => sum + to - from + pause, 0) - (parts.length > 0 ? pause : 0);
  const condensed = new Float32Array(length);
  const placed: { readonly at: number; readonly from: number; readonly to: number }[] = [];
  let at = 0;
  for (const { from, to } of parts) {
    condensed.set(samples.subarray(from, to), at);
    placed.push({ at, from, to });
    at += to - from + pause;
  }
  const last = placed.at(-1);
  /** A pause belongs to what comes before it when something ends there, else to what comes after. */
  const moment = (seconds: number, side: 'start' | 'end'): number => {
    const place = seconds * rate;
    const inside = placed.find(({ at, from, to }) => place < at + to - from + (side === 'end' ? pause : 0)) ?? last;
    if (inside === undefined) return 0;
    return Math.min(inside.to, Math.max(inside.from, inside.from + place - inside.at)) / rate;
  };
  return {
    samples: condensed,
    when: ({ start, end }) => {
      const from = moment(start, 'start');
      return { start: from, end: Math.max(from, moment(end, 'end')) };
    },
  };
}

function joined(speech: readonly SpeechSpan[], seconds: number): readonly SpeechSpan[] {
  const parts: { start: number; end: number }[] = [];
  for (const { start, end } of speech.toSorted((a, b) => a.start - b.start)) {
    const from = Math.max(0, start - MARGIN_SECONDS);
    const to = Math.min(seconds, end + MARGIN_SECONDS);
    const before = parts.at(-1);
    if (before !== undefined && from <= before.end) before.end = Math.max(before.end, to);
    else if (to > from) parts.push({ start: from, end: to });
  }
  return parts;
}
