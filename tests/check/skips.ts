/** What a test may need of the machine it runs on. */
export interface Need {
  readonly kind: 'program' | 'platform' | 'permission' | 'variable';
  readonly name: string;
}

/** What a skipped test has at the end of its title, so that every reader of a report sees why. */
export const tagOf = ({ kind, name }: Need): string => ` [needs the ${kind} ${name}]`;

const TAG = / \[needs the (program|platform|permission|variable) ([^\]]+)\]/g;

/** The needs that a title names; none for a test that was skipped in another way. */
export const needsIn = (title: string): readonly Need[] =>
  [...title.matchAll(TAG)].map(([, kind, name = '']) => ({ kind: kind as Need['kind'], name }));

/** Whether this machine could have run the test, had somebody installed a program. */
export const isInstallable = (title: string): boolean => needsIn(title).every(({ kind }) => kind === 'program');

/** What was missing, the most frequent first: `zsh (3), the variable STUDIO_WORKER_PIPER_VOICE (1)`. */
export function missingIn(titles: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const { kind, name } of titles.flatMap(needsIn)) {
    const what = kind === 'program' ? name : `the ${kind} ${name}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return sorted.map(([what, count]) => `${what} (${count})`).join(', ');
}
