import { WorkerError } from '../../base/errors.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Environment } from '../../system/environment.ts';
import type { FileFacts, Files } from '../../system/disk/files.ts';
import type { ChildEnvironment } from '../../system/process/processes.ts';
import type { RunProgram } from '../../system/process/programs.ts';

/** Names the program to use. */
export const VARIABLE = 'STUDIO_WORKER_FFMPEG';
const INSTALL = `Install ffmpeg so that it is on the PATH (\`sudo apt install ffmpeg\`, \`brew install ffmpeg\`, \`winget install ffmpeg\`), or name the program in ${VARIABLE}.`;

export interface FfmpegProgram {
  readonly path: string;
  /** What it can write, by ffmpeg's own names: builds differ. */
  readonly encoders: ReadonlySet<string>;
}

export interface FinderOptions {
  readonly files: Pick<Files, 'stat'>;
  readonly environment: Pick<Environment, 'get' | 'platform'>;
  readonly run: RunProgram;
  readonly childEnv: ChildEnvironment;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Logger;
}

/**
 * The ffmpeg of this machine. Asked once what it can do, and again when its file has changed.
 *
 * @throws WorkerError `engine.unavailable` when there is none, or it does not run
 */
export type FindFfmpeg = () => Promise<FfmpegProgram>;

/** It prints a list and ends. */
const LISTS_WITHIN_MS = 10 * SECOND_MS;
const MOST_LISTED = 1_000_000;

/** The one that the operator named, else the first on the PATH. */
export function createFinder(options: FinderOptions): FindFfmpeg {
  const { environment, files, log } = options;
  let asked: { readonly key: string; readonly program: Promise<FfmpegProgram> } | undefined;
  let warned = '';

  async function byVariable(): Promise<Place | undefined> {
    const path = environment.get(VARIABLE);
    if (path === undefined) return undefined;
    const place = path.trim() === '' ? undefined : await placeAt(files, path);
    if (place === undefined && warned !== path) {
      log.warn('ffmpeg.variable-ignored', {
        variable: VARIABLE,
        because: path.trim() === '' ? 'it is blank' : 'no such file',
      });
    }
    warned = place === undefined ? path : '';
    return place;
  }

  async function onPath(): Promise<Place | undefined> {
    for (const path of placesOf(environment)) {
      const place = await placeAt(files, path);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  return async () => {
    const place = (await byVariable()) ?? (await onPath());
    if (place === undefined) {
      throw new WorkerError('engine.unavailable', 'ffmpeg is not installed on this machine', { hint: INSTALL });
    }
    if (asked?.key !== place.key) asked = { key: place.key, program: askWhatItWrites(place.path, options) };
    try {
      return await asked.program;
    } catch (thrown) {
      asked = undefined; // a machine under load may have been too slow for it
      throw thrown;
    }
  };
}

interface Place {
  readonly path: string;
  /** Another one when the file is another. */
  readonly key: string;
}

async function placeAt(files: FinderOptions['files'], path: string): Promise<Place | undefined> {
  const facts: FileFacts | undefined = await files.stat(path);
  if (facts === undefined || facts.isFolder) return undefined;
  return { path, key: `${path} ${facts.sizeBytes} ${facts.modifiedAt}` };
}

function placesOf({ get, platform }: FinderOptions['environment']): readonly string[] {
  const isWindows = platform === 'win32';
  const folders = (get('PATH') ?? '').split(isWindows ? ';' : ':').filter((folder) => folder !== '');
  return folders.map((folder) => `${folder}/${isWindows ? 'ffmpeg.exe' : 'ffmpeg'}`);
}

/** A line of the list: six flags, the encoder's name, and what it is. */
const ENCODER_LINE = /^ [VAS][A-Z.]{5} (\S+)/gm;

async function askWhatItWrites(path: string, { run, childEnv, clock }: FinderOptions): Promise<FfmpegProgram> {
  let text = '';
  try {
    const program = run([path, '-nostdin', '-hide_banner', '-encoders'], {
      env: childEnv,
      nice: 0,
      onOutput: (part) => void (text = (text + part).slice(0, MOST_LISTED)),
      onError: () => {},
    });
    const disarm = clock.after(LISTS_WITHIN_MS, () => program.killGroup('SIGKILL'));
    await program.ended;
    disarm();
  } catch (thrown) {
    throw doesNotRun(path, thrown);
  }
  const encoders = new Set([...text.matchAll(ENCODER_LINE)].map(([, name = '']) => name));
  if (encoders.size === 0) throw doesNotRun(path);
  return { path, encoders };
}

const doesNotRun = (path: string, cause?: unknown): WorkerError =>
  new WorkerError('engine.unavailable', `${path} does not run as ffmpeg`, {
    hint: `Run \`${path} -encoders\` to see why, or name another one in ${VARIABLE}.`,
    cause,
  });

/** Says which encoder a build lacks. */
export const lacks = ({ path }: FfmpegProgram, encoder: string, ext: string): WorkerError =>
  new WorkerError('engine.unavailable', `${path} was built without ${encoder}, so it cannot write ${ext}`, {
    hint: `Install an ffmpeg that has ${encoder}, or name one in ${VARIABLE}.`,
  });
