import type { AskProgram } from '../process/ask-program.ts';
import { childEnvironment, processVariables } from '../process/processes.ts';
import { type IdleSource, noIdleTime } from './source.ts';

const NANOSECONDS_PER_MS = 1_000_000;

/** Part of the system, at this path since its first releases; the one class alone, not what lies below it. */
const IOREG = ['/usr/sbin/ioreg', '-rd1', '-c', 'IOHIDSystem'];

/** What `ioreg` knows of keyboards and pointing devices. */
export function macSource({ ask, limitMs }: { readonly ask: AskProgram; readonly limitMs: number }): IdleSource {
  return {
    name: 'ioreg',
    async idleMs() {
      const { end, output } = await ask(IOREG, { env: childEnvironment(processVariables()), limitMs });
      if (end.is === 'timed-out') throw noIdleTime(`no answer within ${limitMs} ms`);
      const idleMs = parseHidIdleTime(output);
      if (idleMs === undefined) throw noIdleTime('reports no HIDIdleTime');
      return idleMs;
    },
  };
}

/** Milliseconds since the last input, which `ioreg` prints in nanoseconds; undefined where it prints none. */
export function parseHidIdleTime(output: string): number | undefined {
  const [, nanoseconds] = /"HIDIdleTime" = (\d+)/.exec(output) ?? [];
  return nanoseconds === undefined ? undefined : Math.floor(Number(nanoseconds) / NANOSECONDS_PER_MS);
}
