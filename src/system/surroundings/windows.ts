import type { AskProgram } from '../process/ask-program.ts';
import { childEnvironment, processVariables } from '../process/processes.ts';
import type { FullScreenReading, PowerReading, ProgramsReading, Surroundings } from './readings.ts';

/** What Windows itself answers; in tests somebody else. */
export interface WindowsAnswers {
  /** `SYSTEM_POWER_STATUS`, of which the first byte is the state of the line. */
  readonly powerStatus: () => Promise<Uint8Array>;
  /** `QUERY_USER_NOTIFICATION_STATE`: what Windows would not disturb by a notification. */
  readonly notificationState: () => Promise<number>;
}

interface WindowsOptions {
  readonly ask: AskProgram;
  readonly limitMs: number;
  readonly answers?: WindowsAnswers;
}

/** A few hundred programs. */
const MAX_CHARACTERS = 1024 * 1024;

export function windowsSurroundings({ ask, limitMs, answers = SYSTEM }: WindowsOptions): Surroundings {
  return {
    power: async () => powerIn(await answers.powerStatus()),
    fullScreen: async () => fullScreenIn(await answers.notificationState()),
    async programs() {
      const tasklist = `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\tasklist.exe`;
      const env = childEnvironment(processVariables());
      const { output } = await ask([tasklist, '/FO', 'CSV', '/NH'], { env, limitMs, maxCharacters: MAX_CHARACTERS });
      return parseTasklist(output);
    },
  };
}

/** 0 is a line without power, 1 with, 255 unknown, as on a machine that has none to tell (Win32, winbase.h). */
export function powerIn(status: Uint8Array): PowerReading {
  const [line] = status;
  if (line === 0) return { is: 'battery', source: 'GetSystemPowerStatus' };
  if (line === 1) return { is: 'mains', source: 'GetSystemPowerStatus' };
  return { is: 'unknown', because: 'Windows does not say what this machine runs on' };
}

/** A full-screen program, one of Direct3D, and a presentation (Win32, shellapi.h). */
const FULL_SCREEN: ReadonlySet<number> = new Set([2, 3, 4]);

export const fullScreenIn = (state: number): FullScreenReading => ({
  is: FULL_SCREEN.has(state) ? 'full-screen' : 'windowed',
  source: 'SHQueryUserNotificationState',
});

/** A line for each process, its name first, all in quotes. */
export function parseTasklist(output: string): ProgramsReading {
  const names = [...output.matchAll(/^"([^"]+)"/gm)].map(([, name = '']) => name);
  if (names.length === 0) return { is: 'unknown', because: 'tasklist lists no programs' };
  return { is: 'known', names: [...new Set(names)] };
}

const POWER_STATUS_BYTES = 12;

const SYSTEM: WindowsAnswers = {
  async powerStatus() {
    const { dlopen, ptr } = await import('bun:ffi');
    const kernel = dlopen('kernel32.dll', { GetSystemPowerStatus: { args: ['ptr'], returns: 'i32' } });
    try {
      const status = new Uint8Array(POWER_STATUS_BYTES).fill(255);
      kernel.symbols.GetSystemPowerStatus(ptr(status));
      return status;
    } finally {
      kernel.close();
    }
  },
  async notificationState() {
    const { dlopen, ptr } = await import('bun:ffi');
    const shell = dlopen('shell32.dll', { SHQueryUserNotificationState: { args: ['ptr'], returns: 'i32' } });
    try {
      const state = new Int32Array(1);
      shell.symbols.SHQueryUserNotificationState(ptr(state));
      return state[0] ?? 0;
    } finally {
      shell.close();
    }
  },
};
