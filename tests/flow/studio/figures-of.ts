import type { FakeStudio } from '../../fakes/studio/fake-studio.ts';

/** The figures of a studio as a monitoring system reads them: each line with a value, by its name and labels. */
export async function figuresOf(studio: Pick<FakeStudio, 'url' | 'studio'>) {
  const answer = await fetch(`${studio.url}/metrics`, {
    headers: { authorization: `Bearer ${studio.studio.operatorToken}` },
  });
  const text = await answer.text();
  const values = new Map<string, number>();
  for (const [, name = '', value = ''] of text.matchAll(/^(\w+(?:\{.*\})?) (\S+)$/gm)) values.set(name, Number(value));
  return { text, values, status: answer.status, headers: answer.headers };
}

export type Figures = Awaited<ReturnType<typeof figuresOf>>;

/** Those lines that have a value other than 0, of names that begin so. */
export const countedIn = ({ values }: Figures, ...names: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...values].filter(([line, value]) => value !== 0 && names.some((name) => /^\w+/.exec(line)?.[0] === name)),
  );
