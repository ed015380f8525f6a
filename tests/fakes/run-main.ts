import { assertEndedByItself } from './system/left-open.ts';

/** How a program ended, with everything that it printed. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

type Piped = Bun.Subprocess<Bun.SpawnOptions.Writable, 'pipe', 'pipe'>;

/** Waits for a child and for everything that it prints. */
export async function endOf(child: Piped): Promise<Ended> {
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

/** Runs a command of this program to its end, with these variables and no others; without any it gets ours. */
export async function runMain(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> {
  const command = [process.execPath, 'src/main.ts', ...argv];
  const end = await endOf(Bun.spawn(command, { ...(env && { env: { ...env } }), stdio: ['ignore', 'pipe', 'pipe'] }));
  assertEndedByItself(end.err);
  return end;
}
