import { MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import { createAskProgram } from '../process/ask-program.ts';
import { runProgram } from '../process/programs.ts';
import { systemClock } from '../clock.ts';
import type { Environment } from '../environment.ts';
import type { IdleSource } from './source.ts';

/** Whether a person is using this machine: `active` while there is input, `idle` once there was none for a while. */
export type UserPresence = 'idle' | 'active';

/** For how long nobody has touched this machine, or why that is not known. */
export type PresenceReading =
  | { readonly is: 'known'; readonly idleMs: number; readonly source: string }
  | { readonly is: 'unknown'; readonly reasons: readonly string[] };

/** Asks this machine. It may take a few seconds: `watchPresence` keeps the last answer at hand. */
export interface Presence {
  /** Never rejects: a source without an answer is one of the reasons. */
  read(): Promise<PresenceReading>;
}

/** As long without input is idle (studio contract). */
const IDLE_AFTER_MS = 2 * MINUTE_MS;

/** A source that takes longer counts as unanswered, so that no old answer is taken for a new one. */
const SOURCE_LIMIT_MS = 2 * SECOND_MS;

/** What a reading means; undefined while it is not known. */
export function presenceOf(reading: PresenceReading | undefined): UserPresence | undefined {
  if (reading?.is !== 'known') return undefined;
  return reading.idleMs >= IDLE_AFTER_MS ? 'idle' : 'active';
}

/** The presence of a person at this machine, by the first of its sources that has an answer. */
export function createPresence(environment: Environment): Presence {
  let opening: Promise<Presence> | undefined;
  const open = async (): Promise<Presence> => firstOf(await sourcesOf(environment));
  return { read: async () => await (await (opening ??= open())).read() };
}

/** Asks the sources in order, until one answers. */
export function firstOf(sources: readonly IdleSource[]): Presence {
  return {
    async read() {
      const reasons: string[] = [];
      for (const source of sources) {
        try {
          return { is: 'known', idleMs: Math.max(0, await source.idleMs()), source: source.name };
        } catch (thrown) {
          reasons.push(`${source.name}: ${thrown instanceof Error ? thrown.message : 'no answer'}`);
        }
      }
      return { is: 'unknown', reasons };
    },
  };
}

/** Those of this system, loaded with the first reading: their sockets and buses take milliseconds of a start. */
async function sourcesOf(environment: Environment): Promise<readonly IdleSource[]> {
  const { platform } = environment;
  if (platform === 'darwin') {
    const { macSource } = await import('./macos.ts');
    return [macSource({ ask: createAskProgram(runProgram, systemClock), limitMs: SOURCE_LIMIT_MS })];
  }
  if (platform === 'win32') return [(await import('./windows.ts')).windowsSource()];
  // Other systems have X and message buses as well.
  const { linuxSources } = await import('./linux.ts');
  return linuxSources(environment, { clock: systemClock, limitMs: SOURCE_LIMIT_MS });
}
