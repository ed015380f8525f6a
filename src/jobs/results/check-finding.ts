/** What a check of a result found. */
export type CheckFinding =
  | { readonly is: 'good' }
  /** Not what the task asked for; the problem goes to the studio and the log. */
  | { readonly is: 'bad'; readonly problem: string }
  /** It could not be checked: it counts as good, and the log has the reason. */
  | { readonly is: 'unchecked'; readonly because: string };

/** As the task asked for it, as far as that can be seen. */
export const GOOD: CheckFinding = { is: 'good' };
/** Not what the task asked for; the problem in words that go to the studio and the log. */
export const bad = (problem: string): CheckFinding => ({ is: 'bad', problem });
/** Counts as good; the reason goes to the log. */
export const unchecked = (because: string): CheckFinding => ({ is: 'unchecked', because });

/** A result as another process sent it; undefined when it is none. */
export function readCheckFinding(value: unknown): CheckFinding | undefined {
  if (typeof value !== 'object' || value === null || !('is' in value)) return undefined;
  if (value.is === 'good') return GOOD;
  if (value.is === 'bad' && 'problem' in value) return bad(String(value.problem));
  return value.is === 'unchecked' && 'because' in value ? unchecked(String(value.because)) : undefined;
}
