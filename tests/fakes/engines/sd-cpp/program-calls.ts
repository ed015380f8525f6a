import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a stand-in was given, in order. */
export interface ProgramCall {
  readonly program: 'sd-cli' | 'sd-server';
  readonly pid: number;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly request?: Readonly<Record<string, unknown>>;
  readonly initBytes?: number;
}

const JOURNAL = 'asked.jsonl';

/** Keeps what a program was given, for the test: one line of JSON in the folder of the model. */
export const keepCall = (folder: string, call: Readonly<Record<string, unknown>>): void =>
  appendFileSync(join(folder, JOURNAL), `${JSON.stringify(call)}\n`);

/** What programs were given for the model of this folder so far. A line that is still being written does not count. */
export function callsIn(folder: string): readonly ProgramCall[] {
  const path = join(folder, JOURNAL);
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  return lines.map((line): ProgramCall => JSON.parse(line));
}
